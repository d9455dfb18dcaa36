/**
 * Faults as data: what goes wrong, what the program ends with and says, and what is there afterwards.
 *
 * `test/fault/Matrix.test.ts` makes each of them happen and holds the program to its row; docs/reliability.md is
 * rendered from the same rows. A row of yours goes into `dump.ts`, `restore.ts` or `backup.ts`.
 */
import type { Fingerprint } from "@sluice/mysql"
import type { ScratchServer, ServerPrograms } from "@sluice/testing"
import type { Effect, Scope } from "effect"

/** What the fault strikes: a dump, a restore, or the backup between them. */
export type Side = "dump" | "restore" | "backup"

/** A stream mode, or none at all. */
export type Mode = "directory" | "TRADITIONAL" | "NO_DELETE" | "NO_STREAM_AND_NO_DELETE" | "NO_STREAM"

export const modes: ReadonlyArray<Mode> = [
  "directory",
  "TRADITIONAL",
  "NO_DELETE",
  "NO_STREAM_AND_NO_DELETE",
  "NO_STREAM"
]

export const vendors: ReadonlyArray<ServerPrograms.Vendor> = ["mariadb", "mysql"]

/**
 * What is there afterwards, as the test found it: in the folder or on the pipe after a dump, on the target after a
 * restore.
 */
export type Left = keyof typeof left

/** The same, as docs/reliability.md says it. */
export const left = {
  /** No file and no byte; no database. */
  Nothing: "nothing",
  /** The folder or the target holds what it held before. */
  AsItWas: "what was there before, untouched",
  /** Some of a backup, without `metadata`: a restore of it was tried, and ended with 6. */
  Unfinished: "whole files and no `metadata`; a restore of it ends with 6",
  /** The same, with files under their temporary names. */
  Debris: "whole files, files under temporary names, and no `metadata`; a restore of it ends with 6",
  /** Some of the rows or tables; the end of the run says so. */
  Part: "a part",
  /** Everything: it was restored, or is on the target, and is equal to the source. */
  Complete: "all of it, proven equal to the source"
} as const

export type Lefts = { readonly [M in Mode]?: Left } & { readonly otherwise: Left }

/** What a cell comes to. */
export interface Outcome {
  /** The exit code; 128 and the signal's number when it was killed. */
  readonly code: number
  /** What was said to people: standard error. */
  readonly said: string
  readonly left: Left
}

/**
 * What a cell runs on. The database `shop` of the source has tables with and without a key, and stays as it is; any
 * other database there is the cell's own to make and to drop. The target is empty, and is emptied afterwards. Whoever
 * kills or restarts a server need not wait until it is back.
 */
export interface Stage {
  readonly mode: Mode
  readonly source: ScratchServer.ScratchServer
  readonly target: ScratchServer.ScratchServer
  /** What `shop` is like on the source. */
  readonly picture: Fingerprint.Fingerprint
  /** A folder of the cell's own. */
  readonly home: string
}

interface Row {
  /** The fault in words, such as `the disk is full`. No two rows of a side have the same. */
  readonly name: string
  readonly side: Side
  readonly modes: ReadonlyArray<Mode>
  readonly code: number
  /** What the last line on standard error says; `…` stands for any words. */
  readonly message: string
  /** One for all modes, or what it is in some of them and otherwise. */
  readonly left: Left | Lefts
}

/** A fault that strikes the real program between real servers. */
export interface OnServers extends Row {
  readonly _tag: "OnServers"
  readonly vendors: ReadonlyArray<ServerPrograms.Vendor>
  /**
   * How much of it runs in CI: `pairs` in every mode and with every vendor, though not in every mode of every vendor;
   * `vendors` with every vendor, which is what it is when nothing is given; `once` in any mode with any vendor. All of
   * it runs in the long job.
   */
  readonly ci?: "pairs" | "vendors" | "once"
  readonly cell: (stage: Stage) => Effect.Effect<Outcome, unknown, Scope.Scope>
}

/** A fault that strikes a flow between servers, folders and pipes in memory. */
export interface InMemory extends Row {
  readonly _tag: "InMemory"
  readonly cell: (mode: Mode) => Effect.Effect<Outcome, unknown, Scope.Scope>
}

export type Fault = OnServers | InMemory

/** A row whose fault strikes the real program; it is tried with both vendors when none are given. */
export const onServers = (
  row: Omit<OnServers, "_tag" | "vendors"> & Partial<Pick<OnServers, "vendors">>
): Fault => ({ _tag: "OnServers", vendors, ...row })

/** A row whose fault strikes a flow in memory. */
export const inMemory = (row: Omit<InMemory, "_tag">): Fault => ({ _tag: "InMemory", ...row })

/** What is left in a mode. */
export const leftIn = ({ left }: Fault, mode: Mode): Left =>
  typeof left === "string" ? left : left[mode] ?? left.otherwise

/** Whether a line says a message, in which `…` stands for any words. */
export const says = (line: string, message: string): boolean => {
  let from = 0
  for (const part of message.split("…").map((part) => part.trim())) {
    const at = line.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return true
}
