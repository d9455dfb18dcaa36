/**
 * Cells of the fault matrix in memory: a dump with a source, a disk and a pipe that fail, and what can be made of what
 * it left.
 */
import { FileSystem, Path } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { assert } from "@effect/vitest"
import type { SluiceError } from "@sluice/pipeline"
import { type Dump, Pipe, Staging, StreamMode } from "@sluice/pipeline"
import { Contents, Faults, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Context, Effect, Exit, Layer, Option } from "effect"
import * as ExitCode from "sluice/ExitCode"

import * as flows from "../flows.js"
import type { Left, Mode, Outcome } from "./Fault.js"
import { isTemporary, outcomeOf } from "./stage.js"

/** What is dumped: some tables, one of them of many small files. */
export const contents = Contents.make(
  Contents.database("shop", {
    tables: [
      Contents.table("large", [Contents.column("id", "bigint"), Contents.column("filling", "text")], {
        primaryKey: "id",
        rows: Array.from({ length: 60 }, (_, i) => [`${i}`, "x".repeat(40)])
      }),
      Contents.table("heap", [Contents.column("n", "int")], { rows: [["1"], ["1"], ["2"]] })
    ]
  })
)

export const dumpOptions: Partial<Dump.Options> = { threads: 2, fileBytes: Option.some(700) }

const spelled = (mode: Mode) => Option.getOrThrow(Option.fromNullable(flows.modes.find(({ name }) => name === mode)))

/** How files leave in a mode, and where they wait: `TRADITIONAL` has no folder. */
const out = (mode: Mode) => {
  const folder = flows.folder("/dump", "Nothing")
  return mode === "directory"
    ? Layer.provideMerge(StreamMode.layerDumpDirectory, folder)
    : mode === "TRADITIONAL"
    ? Layer.provideMerge(StreamMode.layerTraditionalDump, Staging.layerMemory({ budget: 1_000_000, threads: 2 }))
    : Layer.provideMerge(spelled(mode).dump, folder)
}

/** Restores from the folder, or from a stream in its mode, on the file system that there is. */
const restored = (mode: Mode, stream: Uint8Array) =>
  Effect.gen(function*() {
    const to = yield* MemoryServer.make()
    const exit = yield* Effect.exit(
      mode === "directory"
        ? flows.restore({}).pipe(
          Effect.provide(Layer.provideMerge(StreamMode.layerRestoreDirectory, flows.folder("/dump", "Present"))),
          Effect.provide(to.layerTarget)
        )
        : flows.restore({}).pipe(
          Effect.provide(spelled(mode).restore),
          Effect.provide(flows.folder(mode === "NO_DELETE" || mode === "TRADITIONAL" ? "/restored" : "/dump")),
          Effect.provide(flows.play([stream])),
          Effect.provide(to.layerTarget)
        )
    )
    if (Exit.isSuccess(exit)) {
      assert.deepStrictEqual(Contents.diff(contents, yield* to.contents), [], "what a restore took for complete")
    }
    return exit
  })

/** What can be made of what a dump left. */
const leftBy = (mode: Mode, stream: Uint8Array) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const names = yield* Effect.orElseSucceed(fs.readDirectory("/dump"), (): ReadonlyArray<string> => [])
    const left: Left = yield* Effect.gen(function*() {
      if (names.length === 0 && stream.length === 0) return "Nothing" as const
      const exits = [
        ...(mode === "directory" ? [] : [yield* restored(mode, stream)]),
        ...(mode === "TRADITIONAL" || mode === "NO_STREAM" || names.length === 0
          ? []
          : [yield* restored("directory", stream)])
      ]
      if (exits.every(Exit.isSuccess)) return "Complete" as const
      for (const exit of exits) {
        const error = flows.failureOf(exit)
        assert(error !== undefined, String(exit))
        assert.strictEqual(ExitCode.ofFailure(error), 6, `what a restore of an unfinished backup ends with: ${error}`)
      }
      assert.notInclude(names, "metadata")
      return names.some(isTemporary) ? "Debris" as const : "Unfinished" as const
    })
    return left
  })

export interface Setting {
  readonly source?: ReadonlyArray<Faults.SourceFault>
  /** Asked before each operation on the dump's disk. */
  readonly disk?: ((call: MemoryFileSystem.Call) => PlatformError | undefined) | undefined
  readonly capacity?: number | undefined
  /** Done before the dump. */
  readonly before?: Effect.Effect<void, PlatformError, FileSystem.FileSystem>
  /** What happens before the pipe takes what is written to it. */
  readonly pipe?: (bytes: Uint8Array) => Effect.Effect<void, SluiceError.OutputError>
}

/** Dumps with faults; then they are over, and what was left is looked at. */
export const dump = (mode: Mode, setting: Setting): Effect.Effect<Outcome, unknown> =>
  Effect.suspend(() => {
    let over = false
    return Effect.gen(function*() {
      const memory = yield* MemoryFileSystem.MemoryFileSystem
      yield* setting.before ?? Effect.void
      const from = yield* MemoryServer.make(contents)
      const pipe = yield* flows.record
      const dumped = yield* Effect.exit(
        flows.dump(dumpOptions).pipe(
          Effect.provide(out(mode)),
          Effect.provide(Layer.map(pipe.out, (context) => {
            const { write } = Context.get(context, Pipe.PipeOut)
            const before = setting.pipe ?? (() => Effect.void)
            return Context.make(Pipe.PipeOut, { write: (bytes) => Effect.zipRight(before(bytes), write(bytes)) })
          })),
          Effect.provide(Layer.provide(Faults.layerSource(setting.source ?? []), from.layerSource))
        )
      )
      over = true
      assert.deepStrictEqual(yield* memory.opened, [], "files that were left open")
      return outcomeOf(dumped, yield* leftBy(mode, yield* pipe.bytes))
    }).pipe(
      Effect.scoped,
      Effect.provide(Layer.merge(
        MemoryFileSystem.layer({
          capacity: setting.capacity,
          fault: (call) => over ? undefined : setting.disk?.(call)
        }),
        Path.layer
      ))
    )
  })
