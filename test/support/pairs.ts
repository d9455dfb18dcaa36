/**
 * All pairs of modes, what becomes of a database that is sent through each, and one way of trying them that works on
 * servers and folders of any kind.
 */
import { FileSystem, Path } from "@effect/platform"
import { assert } from "@effect/vitest"
import { Frame } from "@sluice/format"
import type { Dump, Restore, SluiceError, Source, Target, Verdict } from "@sluice/pipeline"
import { Data, Effect, Either, Exit, type Layer, Option } from "effect"

import * as flows from "./flows.js"

export type Outcome = Data.TaggedEnum<{
  /** The target holds what the source held. */
  readonly Moved: {}
  /** The restore fails, says why and names the file, and the target holds nothing. */
  readonly Refused: { readonly reason: "WrongMode" | "Missing"; readonly file: string }
}>

export const Outcome = Data.taggedEnum<Outcome>()

export interface Pair {
  readonly name: string
  readonly dump: flows.Mode
  readonly restore: flows.Mode
  readonly outcome: Outcome
}

const moved = Outcome.Moved()
const wrongMode = Outcome.Refused({ reason: "WrongMode", file: "metadata.header" })
/** The dump has deleted every file by the time that its name can be read. */
const missing = Outcome.Refused({ reason: "Missing", file: "metadata.header" })

const modeOf = (name: string): flows.Mode =>
  Option.getOrThrow(Option.fromNullable(flows.modes.find((mode) => mode.name === name)))

/** By the mode of the dump; for each the outcome with every mode of the restore. */
const table = {
  TRADITIONAL: { TRADITIONAL: moved, NO_DELETE: moved, NO_STREAM_AND_NO_DELETE: wrongMode, NO_STREAM: wrongMode },
  NO_DELETE: { TRADITIONAL: moved, NO_DELETE: moved, NO_STREAM_AND_NO_DELETE: wrongMode, NO_STREAM: wrongMode },
  NO_STREAM_AND_NO_DELETE: {
    TRADITIONAL: wrongMode,
    NO_DELETE: wrongMode,
    NO_STREAM_AND_NO_DELETE: moved,
    NO_STREAM: moved
  },
  NO_STREAM: { TRADITIONAL: wrongMode, NO_DELETE: wrongMode, NO_STREAM_AND_NO_DELETE: missing, NO_STREAM: missing }
}

export const all: ReadonlyArray<Pair> = Object.entries(table).flatMap(([dump, outcomes]) =>
  Object.entries(outcomes).map(([restore, outcome]) => ({
    name: `${dump} to ${restore}`,
    dump: modeOf(dump),
    restore: modeOf(restore),
    outcome
  }))
)

export const keeps = (mode: flows.Mode): boolean => mode.name.endsWith("NO_DELETE")

export const sendsContent = (mode: flows.Mode): boolean => !mode.name.startsWith("NO_STREAM")

/** The sizes that the headers of a stream say. */
export const sizesOf = (bytes: Uint8Array): ReadonlyArray<number> =>
  Either.getOrThrow(Frame.decoder().push(bytes)).flatMap((event) => event._tag === "Header" ? [event.size] : [])

/** What one dump and the restore of what came out left behind. */
export interface Attempt {
  readonly dumped: Exit.Exit<Verdict.Verdict, SluiceError.DumpError>
  readonly restored: Exit.Exit<Verdict.Verdict, SluiceError.RestoreError>
  /** What went down the pipe. */
  readonly bytes: Uint8Array
  /** What lay in the dump's folder before the restore began. */
  readonly left: ReadonlyArray<string>
  readonly dumpFolder: ReadonlyArray<string>
  /** What lies in the folder of the restore, unless it looked into the dump's. */
  readonly restoreFolder: Option.Option<ReadonlyArray<string>>
}

/** Dumps, and when that is done restores, over a pipe in memory and new folders on whatever file system there is. */
export const attempt = (pair: Pair, options: {
  readonly source: Layer.Layer<Source.Source>
  readonly target: Layer.Layer<Target.Target>
  readonly dumpOptions?: Partial<Dump.Options>
  readonly restoreOptions?: Partial<Restore.Options>
}) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const home = yield* fs.makeTempDirectoryScoped({ prefix: "sluice-pairs-" })
    const dumpPath = path.join(home, "dump")
    const restorePath = sendsContent(pair.restore) ? path.join(home, "restore") : dumpPath
    const pipe = yield* flows.record
    const dumped = yield* Effect.exit(
      flows.dump(options.dumpOptions ?? {}).pipe(
        Effect.provide(pair.dump.dump),
        Effect.provide(flows.folder(dumpPath, "Nothing")),
        Effect.provide(pipe.out),
        Effect.provide(options.source)
      )
    )
    const bytes = yield* pipe.bytes
    const left = [...(yield* fs.readDirectory(dumpPath))].sort()
    const restored = yield* Effect.exit(
      flows.restore(options.restoreOptions ?? {}).pipe(
        Effect.provide(pair.restore.restore),
        Effect.provide(flows.folder(restorePath)),
        Effect.provide(flows.play([bytes])),
        Effect.provide(options.target)
      )
    )
    const attempt: Attempt = {
      dumped,
      restored,
      bytes,
      left,
      dumpFolder: [...(yield* fs.readDirectory(dumpPath))].sort(),
      restoreFolder: restorePath === dumpPath
        ? Option.none()
        : Option.some([...(yield* fs.readDirectory(restorePath))].sort())
    }
    return attempt
  })

/** Holds an attempt against the table, but for what the target holds. */
export const check = (pair: Pair, attempt: Attempt): void => {
  const names = [...flows.namesOf(attempt.bytes)].sort()
  assert.isTrue(Exit.isSuccess(attempt.dumped), String(attempt.dumped))
  assert.include(names, "metadata")
  assert.deepStrictEqual(attempt.left, keeps(pair.dump) ? names : [])
  assert.isTrue(sizesOf(attempt.bytes).every((size) => sendsContent(pair.dump) ? size > 0 : size === 0))
  Outcome.$match(pair.outcome, {
    Moved: () => {
      assert(Exit.isSuccess(attempt.restored), String(attempt.restored))
      assert.isTrue(attempt.restored.value.complete)
      const kept = keeps(pair.restore) ? names : []
      assert.deepStrictEqual(
        Option.getOrElse(attempt.restoreFolder, () => attempt.dumpFolder),
        kept
      )
      assert.deepStrictEqual(attempt.dumpFolder, Option.isSome(attempt.restoreFolder) ? attempt.left : kept)
    },
    Refused: ({ file, reason }) => {
      const error = flows.failureOf(attempt.restored)
      assert(error?._tag === "BackupError", String(attempt.restored))
      assert.strictEqual(error.reason, reason)
      assert.strictEqual(error.where, file)
      assert.isAbove(error.advice?.length ?? 0, 0, "it says what to do")
      // nothing that the dump left is lost
      assert.deepStrictEqual(attempt.dumpFolder, attempt.left)
      assert.deepStrictEqual(Option.getOrElse(attempt.restoreFolder, () => []), [])
    }
  })
}
