/**
 * Cells of the fault matrix in memory: a restore with a target, a disk and a pipe that fail, on a clock that the cell
 * moves.
 */
import { Path } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { assert } from "@effect/vitest"
import { Pipe, Progress, Restore, type SluiceError, Staging, StreamMode, Target } from "@sluice/pipeline"
import { Contents, Faults, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Layer, type Stream } from "effect"
import * as Report from "sluice/Report"

import * as flows from "../flows.js"
import type { Left, Mode, Outcome } from "./Fault.js"
import { hurried } from "./hurried.js"
import { contents, dumpOptions } from "./memory.js"
import { outcomeOf } from "./stage.js"

export interface Setting {
  readonly target?: ReadonlyArray<Faults.TargetFault>
  /** Asked before each operation on the restore's disk. */
  readonly disk?: ((call: MemoryFileSystem.Call) => PlatformError | undefined) | undefined
  /** What all files in memory may take, where there is no folder. */
  readonly budget?: number
  /** How the stream comes. */
  readonly coming?: (stream: Uint8Array) => Stream.Stream<Uint8Array, SluiceError.BackupError>
}

/** The stream of a backup. */
const stream = Effect.gen(function*() {
  const from = yield* MemoryServer.make(contents)
  const pipe = yield* flows.record
  yield* flows.dump(dumpOptions).pipe(
    Effect.provide(StreamMode.layerTraditionalDump),
    Effect.provide(Staging.layerMemory({ budget: 1_000_000, threads: 2 })),
    Effect.provide(pipe.out),
    Effect.provide(from.layerSource),
    Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer))
  )
  return yield* pipe.bytes
})

/** How the files of a stream with content come: into memory, or into a folder that keeps them. */
const arriving = (mode: Mode, { budget = 1_000_000 }: Setting) =>
  mode === "TRADITIONAL"
    ? Layer.provideMerge(StreamMode.layerTraditionalRestore, Staging.layerMemory({ budget, threads: 2 }))
    : Layer.provideMerge(
      StreamMode.layerRestore(StreamMode.StreamMode.NoDelete()),
      flows.folder("/restored", "Nothing")
    )

/** Restores with faults, and gives what was said and what is on the target. What it made of the disk is put away. */
export const restore = (mode: Mode, setting: Setting): Effect.Effect<Outcome, unknown> =>
  Effect.gen(function*() {
    const bytes = yield* stream
    const said: Array<string> = []
    const screen: Report.Screen = {
      isTerminal: false,
      write: (text) => Effect.sync(() => void said.push(text))
    }
    return yield* Effect.gen(function*() {
      const memory = yield* MemoryFileSystem.MemoryFileSystem
      const to = yield* MemoryServer.make()
      const { fired, target } = yield* Faults.target(to.target, setting.target ?? [])
      const exit = yield* Restore.run({ ...Restore.defaults, threads: 2 }).pipe(
        Report.whileRunning(screen),
        Effect.provide(Progress.layer),
        Effect.provide(arriving(mode, setting)),
        Effect.provide(
          setting.coming === undefined
            ? flows.play([bytes])
            : Layer.succeed(Pipe.PipeIn, { bytes: setting.coming(bytes) })
        ),
        Effect.provideService(Target.Target, target),
        Effect.exit,
        hurried
      )
      assert.strictEqual((yield* fired).length, (setting.target ?? []).length, "faults that struck")
      assert.deepStrictEqual(yield* memory.opened, [], "files that were left open")
      const there = yield* to.contents
      const left: Left = there.databases.length === 0
        ? "Nothing"
        : Contents.equal(contents, there)
        ? "Complete"
        : "Part"
      const outcome = outcomeOf(exit, left)
      return { ...outcome, said: said.join("") + outcome.said }
    }).pipe(
      Effect.scoped,
      Effect.provide(Layer.merge(
        MemoryFileSystem.layer({ fault: (call) => setting.disk?.(call) }),
        Path.layer
      ))
    )
  })
