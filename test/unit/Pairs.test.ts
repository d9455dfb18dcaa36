import { Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { StreamMode } from "@sluice/pipeline"
import { Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Layer } from "effect"

import * as pairs from "../support/pairs.js"

const contents = Contents.make(
  Contents.database("tiny", {
    tables: [
      Contents.table("notes", [Contents.column("id", "int"), Contents.column("note", "text")], {
        primaryKey: "id",
        rows: [["1", "first"], ["2", null], ["3", "it's \"third\""]]
      }),
      Contents.table("nothing", [Contents.column("id", "int")])
    ],
    views: [Contents.view({ name: "short", columns: ["id"], body: "SELECT `id` FROM `notes`" })],
    triggers: [Contents.trigger({ name: "after_note", table: "notes", body: "SET @seen = NEW.id" })]
  })
)

describe("every pair of modes, in memory", () => {
  it("is in the table once", () => {
    const names = StreamMode.all.map(StreamMode.spelling)
    assert.sameMembers(
      pairs.all.map(({ name }) => name),
      names.flatMap((dump) => names.map((restore) => `${dump} to ${restore}`))
    )
    assert.strictEqual(pairs.all.length, 16)
  })

  for (const pair of pairs.all) {
    it.scoped(`${pair.name}: ${pair.outcome._tag}`, () =>
      Effect.gen(function*() {
        const from = yield* MemoryServer.make(contents)
        const to = yield* MemoryServer.make()
        const attempt = yield* pairs.attempt(pair, { source: from.layerSource, target: to.layerTarget })
        pairs.check(pair, attempt)
        assert.deepStrictEqual(
          Contents.diff(pair.outcome._tag === "Moved" ? contents : Contents.empty, yield* to.contents),
          []
        )
        const { sessionsOpen, snapshotsOpen } = yield* to.counts
        assert.deepStrictEqual([sessionsOpen, snapshotsOpen, (yield* from.counts).snapshotsOpen], [0, 0, 0])
      }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer))))
  }
})
