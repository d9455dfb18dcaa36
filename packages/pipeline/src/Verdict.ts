/**
 * The last word of a run: what was done, and what was left out.
 *
 * @since 0.1.0
 */
import * as Printable from "./Printable.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Verdict {
  readonly job: "dump" | "restore" | "verify" | "unpack"
  /** Every row, file and object that was asked for is there, and was proven as far as the job can prove it. */
  readonly complete: boolean
  readonly databases: number
  readonly tables: number
  /** Sequences, views, triggers, routines and events. */
  readonly objects: number
  readonly files: number
  readonly rows: number
  readonly bytes: number
  /** What the run left out by choice, such as `triggers`. */
  readonly leftOut: ReadonlyArray<string>
  /** What a reader should know, such as how consistent the dump is. */
  readonly remarks: ReadonlyArray<string>
}

const counted = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`

/**
 * The verdict in one line.
 *
 * @since 0.1.0
 * @category rendering
 */
export const line = (verdict: Verdict): string =>
  `${verdict.complete ? "COMPLETE" : "INCOMPLETE"}: ${verdict.job} of ${
    [
      counted(verdict.databases, "database"),
      counted(verdict.tables, "table"),
      counted(verdict.rows, "row"),
      counted(verdict.objects, "object"),
      `${counted(verdict.files, "file")} of ${counted(verdict.bytes, "byte")}`
    ].join(", ")
  }${
    verdict.leftOut.length === 0
      ? ""
      : `; left out: ${verdict.leftOut.map((what) => Printable.line(what, 300)).join(", ")}`
  }`
