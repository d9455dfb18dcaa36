/**
 * A restore reads what the server answers to every statement that sends rows.
 */
import { Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { StreamMode } from "@sluice/pipeline"
import { Contents, Faults, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Layer } from "effect"

import * as flows from "../support/flows.js"

const contents = Contents.make(
  Contents.database("d", {
    tables: [Contents.table("t", [Contents.column("id", "int")], { primaryKey: "id", rows: [["1"], ["2"], ["3"]] })]
  })
)

/** What a restore says to a target that answers so. */
const refused = (fault: Faults.TargetFault) =>
  Effect.gen(function*() {
    const from = yield* MemoryServer.make(contents)
    const to = yield* MemoryServer.make()
    const pipe = yield* flows.record
    yield* flows.dump({}).pipe(
      Effect.provide(StreamMode.layerTraditionalDump),
      Effect.provide(flows.folder("/dump")),
      Effect.provide(pipe.out),
      Effect.provide(from.layerSource)
    )
    const error = yield* flows.restore({}).pipe(
      Effect.provide(StreamMode.layerTraditionalRestore),
      Effect.provide(flows.folder("/restore")),
      Effect.provide(flows.play([yield* pipe.bytes])),
      Effect.provide(Layer.provide(Faults.layerTarget([fault]), to.layerTarget)),
      Effect.flip
    )
    assert(error._tag === "BackupError", String(error))
    assert.strictEqual(error.reason, "RowCount")
    const [database] = (yield* to.contents).databases
    assert.deepStrictEqual(database?.tables.flatMap(({ rows }) => rows), [], "nothing of the file was committed")
    return error.message
  }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)))

describe("a restore refuses an answer", () => {
  it.effect("with a warning", () =>
    Effect.gen(function*() {
      const message = yield* refused(
        Faults.TargetFault.Warning({ nth: 1, starting: "INSERT", text: "1265: Data truncated" })
      )
      assert.include(message, "1265: Data truncated")
    }))

  it.effect("that took fewer rows, or more", () =>
    Effect.gen(function*() {
      const answer = (by: number) => refused(Faults.TargetFault.AffectedRows({ nth: 1, starting: "INSERT", by }))
      assert.include(yield* answer(-1), "3 rows were sent and 2 came in")
      assert.include(yield* answer(1), "3 rows were sent and 4 came in")
    }))
})
