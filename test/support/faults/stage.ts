/**
 * What the cells of the fault matrix run on, and what they look at afterwards.
 */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

import { NodeContext } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import type { Fingerprint } from "@sluice/mysql"
import type { SluiceError } from "@sluice/pipeline"
import { ScratchServer, type ServerPrograms } from "@sluice/testing"
import { Context, Effect, Exit, Layer, Option, Redacted } from "effect"
import * as ExitCode from "sluice/ExitCode"

import { failureOf } from "../flows.js"
import { connect, run } from "../mysqlSource.js"
import { assertDiscreet, type Ended, ended, fill, login, namesIn, secrets } from "../program.js"
import { differences, pictureOf } from "../realServers.js"
import type { Left, Mode, Outcome, Stage } from "./Fault.js"

/** Two servers, shared by all cells of a vendor. */
export class Servers extends Context.Tag("test/faults/Servers")<Servers, {
  readonly source: ScratchServer.ScratchServer
  readonly target: ScratchServer.ScratchServer
  /** What `shop` is like on the source. */
  readonly picture: Fingerprint.Fingerprint
}>() {}

/** The rows of `large`, of about 150 bytes each; `heap` has three times as many and no key. */
const rows = 7_000

/** Starts them and makes `shop`. */
export const servers = (vendor: ServerPrograms.Vendor) =>
  Layer.provideMerge(
    Layer.scoped(
      Servers,
      Effect.gen(function*() {
        const one = ScratchServer.make({ vendor, rootPassword: Redacted.make(secrets.right) })
        const [source, target] = yield* Effect.all([one, one])
        yield* fill(source, "shop", rows)
        yield* tell(
          source,
          "CREATE TABLE shop.heap AS SELECT id % 100 AS n, filling FROM shop.large, (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS three",
          "ANALYZE TABLE shop.heap",
          // the server hands numbers out in blocks, and forgets what it has not used when it is restarted
          "ALTER TABLE shop.large AUTO_INCREMENT = 1"
        )
        return { source, target, picture: yield* pictureOf(source, "shop") }
      })
    ),
    NodeContext.layer
  )

/** Runs statements on a connection of its own, for which a server that a fault has ended is started again. */
export const tell = (server: ScratchServer.ScratchServer, ...statements: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    yield* awake(server)
    yield* Effect.scoped(Effect.flatMap(connect(server), (connection) => run(connection, ...statements)))
  })

/** Starts a server again that a fault has ended. */
export const awake = (server: ScratchServer.ScratchServer) =>
  Effect.flatMap(server.pid, Option.match({ onNone: () => server.restart, onSome: () => Effect.void }))

/** A stage for one cell. Its end empties the target. */
export const make = (mode: Mode) =>
  Effect.gen(function*() {
    const { picture, source, target } = yield* Servers
    yield* awake(source)
    yield* awake(target)
    const home = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "sluice-fault-"))),
      (home) => Effect.sync(() => Fs.rmSync(home, { recursive: true, force: true }))
    )
    yield* Effect.addFinalizer(() => Effect.orDie(tell(target, "DROP DATABASE IF EXISTS shop")))
    const stage: Stage = { mode, source, target, picture, home }
    return stage
  })

/** The folder of the cell's backup. */
export const folder = (stage: Stage): string => Path.join(stage.home, "backup")

/** All names in the folder of the cell's backup, hidden ones too. */
export const names = (stage: Stage): ReadonlyArray<string> => namesIn(folder(stage))

/** Where a restore keeps the files of a stream that carries them. */
export const restoredFolder = (stage: Stage): string => Path.join(stage.home, "restored")

/** The words of a stream mode; `TRADITIONAL` has no folder. */
const words = ({ mode }: Stage, option: string, folder: string): ReadonlyArray<string> =>
  mode === "directory"
    ? [option, folder]
    : mode === "TRADITIONAL"
    ? ["--stream"]
    : [`--stream=${mode}`, option, folder]

/** The words of a dump of `shop` in the stage's mode. */
export const dump = (stage: Stage, ...more: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...[
    "dump",
    "--no-defaults",
    ...login(stage.source),
    "--ssl-mode=DISABLED",
    "-B",
    "shop",
    "-t",
    "4",
    "--memory-budget=8M"
  ],
  ...words(stage, "-o", folder(stage)),
  ...more
]

/** The words of a restore in the stage's mode, into the target, over a wire that a proxy can read. */
export const restore = (stage: Stage, ...more: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...["restore", "--no-defaults", ...login(stage.target), "--ssl-mode=DISABLED", "-t", "2"],
  ...words(stage, "-d", stage.mode === "NO_DELETE" ? restoredFolder(stage) : folder(stage)),
  ...more
]

/** Whether the mode has a pipe. */
export const hasPipe = ({ mode }: Stage): boolean => mode !== "directory"

/** Whether the mode has a folder. */
export const hasFolder = ({ mode }: Stage): boolean => mode !== "TRADITIONAL"

const signalNumbers = Os.constants.signals

/** The code of a program, as a shell tells it. */
export const codeOf = ({ code, signal }: Ended): number =>
  code ?? (signal === null ? -1 : 128 + (signalNumbers[signal] ?? 0))

/** How the program ended, and what it left. It told no password, and but one line when it failed. */
export const outcome = (end: Ended, left: Left): Outcome => {
  assertDiscreet(end)
  return { code: codeOf(end), said: end.stderr, left }
}

/** How a flow ended that the program has not run, as the program would have said it. */
export const outcomeOf = <A>(
  exit: Exit.Exit<A, SluiceError.DumpError | SluiceError.RestoreError>,
  left: Left
): Outcome => {
  if (Exit.isSuccess(exit)) return { code: 0, said: "COMPLETE: ", left }
  const failure = failureOf(exit)
  assert(failure !== undefined, String(exit))
  return { code: ExitCode.ofFailure(failure), said: `sluice: ${failure.message}`, left }
}

/** What differs between the source and the target, in words. */
export const unequal = (stage: Stage) =>
  Effect.gen(function*() {
    yield* awake(stage.target)
    return differences(stage.picture, yield* pictureOf(stage.target, "shop"))
  })

/** Whether the target has no database `shop`. */
const isEmpty = (stage: Stage) =>
  Effect.scoped(Effect.flatMap(connect(stage.target), (connection) =>
    Effect.map(
      connection.query("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'shop'"),
      ({ rows }) => rows.length === 0
    )))

/** What a restore left on the target. */
export const leftOnTarget = (stage: Stage) =>
  Effect.gen(function*() {
    yield* awake(stage.target)
    const left: Left = (yield* isEmpty(stage))
      ? "Nothing"
      : (yield* unequal(stage)).length === 0
      ? "Complete"
      : "Part"
    return left
  })

/** Whether a name is the one of a file under way. */
export const isTemporary = (name: string): boolean => name.startsWith(".") && name.endsWith(".partial")

/**
 * What a dump left, in its folder and on the pipe. A backup that looks whole is restored and compared; with any other
 * a restore is tried, of what came down the pipe and of the folder, and has to refuse it.
 */
export const leftByDump = (stage: Stage, end: Pick<Ended, "stdout">) =>
  Effect.gen(function*() {
    const all = names(stage)
    const whole = all.filter((name) => !isTemporary(name))
    if (all.length === 0 && end.stdout.length === 0) {
      const left: Left = "Nothing"
      return left
    }
    const tries = [
      ...(hasPipe(stage) ? [{ words: restore(stage), options: { stdin: end.stdout } }] : []),
      ...(hasFolder(stage) && stage.mode !== "NO_STREAM"
        ? [{ words: restore({ ...stage, mode: "directory" }), options: {} }]
        : [])
    ]
    const codes: Array<number> = []
    for (const { options, words } of tries) {
      yield* tell(stage.target, "DROP DATABASE IF EXISTS shop")
      yield* Effect.sync(() => Fs.rmSync(restoredFolder(stage), { recursive: true, force: true }))
      const back = yield* ended(words, options)
      codes.push(codeOf(back))
      if (back.code === 0) {
        assert.deepStrictEqual(yield* unequal(stage), [], "what a restore took for complete")
      }
    }
    if (codes.every((code) => code === 0)) {
      assert.deepStrictEqual(all.filter(isTemporary), [], "beside a complete backup")
      const left: Left = "Complete"
      return left
    }
    assert.deepStrictEqual(codes.map(() => 6), codes, "what a restore of an unfinished backup ends with")
    assert.notInclude(whole, "metadata")
    const left: Left = all.length === whole.length ? "Unfinished" : "Debris"
    return left
  })
