/**
 * A dump that loses a reader: another one takes the chunk, from its beginning, unless a part of it has left.
 */
import { FileSystem, Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Dump, Progress, Source, StreamMode } from "@sluice/pipeline"
import { Contents, Faults, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Exit, FastCheck as fc, Layer, Option } from "effect"

import * as flows from "../support/flows.js"

const rows = Array.from({ length: 40 }, (_, i) => [`${i}`, "x".repeat(50)])
const columns = [Contents.column("id", "bigint"), Contents.column("filling", "text")]

const keyed = Contents.make(
  Contents.database("d", { tables: [Contents.table("t", columns, { primaryKey: "id", rows })] })
)
const keyless = Contents.make(Contents.database("d", { tables: [Contents.table("t", columns, { rows })] }))

/** Many small tables, of which several are read at once, and some are empty. */
const small = Contents.make(
  Contents.database("d", {
    tables: Array.from(
      { length: 60 },
      (_, i) => Contents.table(`t${i}`, columns, { primaryKey: "id", rows: rows.slice(0, i % 3 === 2 ? 0 : 1) })
    )
  })
)

/** Dumps into a folder with a reader that is lost at the pieces whose numbers are given, and restores it. */
const moved = (contents: Contents.Contents, options: Partial<Dump.Options>, lost: ReadonlyArray<number>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const disk = yield* MemoryFileSystem.MemoryFileSystem
    const from = yield* MemoryServer.make(contents)
    const to = yield* MemoryServer.make()
    const { fired, source } = yield* Faults.source(
      from.source,
      lost.map((nth) => Faults.SourceFault.Piece({ nth, failure: "ConnectionLost" }))
    )
    const [dumped, progress] = yield* Effect.gen(function*() {
      // a statement for each row, so that there are many pieces
      const read = { statementSize: 1, completeInsert: false, utc: true }
      const exit = yield* Effect.exit(Dump.run({ ...Dump.defaults, read, threads: 1, ...options }))
      return [exit, yield* (yield* Progress.Progress).snapshot] as const
    }).pipe(
      Effect.provide(Layer.provideMerge(StreamMode.layerDumpDirectory, flows.folder("/dump"))),
      Effect.provide(Layer.succeed(Source.Source, source)),
      Effect.provide(Progress.layer)
    )
    const restored = yield* Effect.exit(
      flows.restore({}).pipe(
        Effect.provide(Layer.provideMerge(StreamMode.layerRestoreDirectory, flows.folder("/dump", "Present"))),
        Effect.provide(to.layerTarget)
      )
    )
    assert.deepStrictEqual(yield* disk.opened, [])
    return {
      dumped,
      restored,
      rows: progress.rows,
      fired: (yield* fired).length,
      names: yield* fs.readDirectory("/dump"),
      target: yield* to.contents,
      contents
    }
  }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)))

const isRetaken = (run: Effect.Effect.Success<ReturnType<typeof moved>>): void => {
  assert(Exit.isSuccess(run.dumped), String(run.dumped))
  assert(Exit.isSuccess(run.restored), String(run.restored))
  assert.deepStrictEqual(Contents.diff(run.contents, run.target), [], "what came back is what was there")
  assert.deepStrictEqual([run.dumped.value.rows, run.rows], [40, 40], "no row was counted twice")
  assert.deepStrictEqual(run.names.filter((name) => name.endsWith(".partial")), [])
  assert.match(run.dumped.value.remarks.join("\n"), /connections? of the snapshot w.* lost/)
}

describe("a reader that is lost", () => {
  for (const [name, contents] of [["with", keyed], ["without", keyless]] as const) {
    it.effect.prop(
      `costs nothing while none of the chunk's files has left, ${name} a key`,
      [fc.uniqueArray(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 4 })],
      ([lost]) =>
        Effect.gen(function*() {
          const run = yield* moved(contents, {}, lost)
          assert.isAbove(run.fired, 0)
          isRetaken(run)
        }).pipe(Effect.orDie),
      { fastCheck: { numRuns: 6 } }
    )
  }

  it.effect("costs the dump when a file of the chunk has left, and nothing before that", () =>
    Effect.gen(function*() {
      const outcomes: Array<"retaken" | "failed"> = []
      for (const nth of [1, 2, 3, 5, 8, 12, 18]) {
        const run = yield* moved(keyless, { fileBytes: Option.some(700), split: false }, [nth])
        if (Exit.isSuccess(run.dumped)) {
          isRetaken(run)
          outcomes.push("retaken")
        } else {
          const error = flows.failureOf(run.dumped)
          assert(error?._tag === "SourceError", String(run.dumped))
          assert.strictEqual(error.reason, "ConnectionLost")
          assert.include(error.message, "a part of it had left already")
          assert.notInclude(run.names, "metadata")
          assert.deepStrictEqual(run.names.filter((name) => name.endsWith(".partial")), [])
          assert.strictEqual(flows.failureOf(run.restored)?._tag, "BackupError")
          outcomes.push("failed")
        }
      }
      assert.deepStrictEqual([outcomes[0], outcomes.at(-1)], ["retaken", "failed"])
      assert.deepStrictEqual(outcomes, [...outcomes].sort().reverse())
    }))

  it.effect("is no other failure", () =>
    Effect.gen(function*() {
      const from = yield* MemoryServer.make(keyed)
      const { fired, source } = yield* Faults.source(from.source, [
        Faults.SourceFault.Piece({ nth: 1, failure: "ConnectionLost" }),
        Faults.SourceFault.Piece({ nth: 2, failure: "AccessDenied" })
      ])
      const error = yield* flows.dump({}).pipe(
        Effect.provide(Layer.provideMerge(StreamMode.layerDumpDirectory, flows.folder("/dump"))),
        Effect.provide(Layer.succeed(Source.Source, source)),
        Effect.flip
      )
      assert(error._tag === "SourceError")
      assert.strictEqual(error.reason, "AccessDenied")
      assert.strictEqual((yield* fired).length, 2)
    }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer))))

  it.effect.prop(
    "costs nothing while several small tables are read at once",
    [fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 })],
    ([lost]) =>
      Effect.gen(function*() {
        const run = yield* moved(small, {}, lost)
        assert.strictEqual(run.fired, lost.length)
        isRetaken(run)
      }).pipe(Effect.orDie),
    { fastCheck: { numRuns: 6 } }
  )
})
