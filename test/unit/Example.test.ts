import { Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Layer } from "effect"

import * as Example from "../../docs/examples/move.js"

const contents = Contents.make(
  Contents.database("shop", {
    tables: [Contents.table("orders", [Contents.column("id", "bigint"), Contents.column("note", "text")], {
      primaryKey: "id",
      rows: Array.from({ length: 500 }, (_, i) => [`${i}`, "x".repeat(i)])
    })]
  }),
  Contents.database("other")
)

describe("the example in docs/", () => {
  it.live("moves a database inside another program", () =>
    Effect.gen(function*() {
      const from = yield* MemoryServer.make(contents)
      const to = yield* MemoryServer.make()
      const lines: Array<string> = []
      const journal = Layer.succeed(Example.Journal, { note: (line) => Effect.sync(() => void lines.push(line)) })
      const verdict = yield* Example.move(["shop"]).pipe(
        Effect.provide(Layer.mergeAll(from.layerSource, to.layerTarget, journal, MemoryFileSystem.layer(), Path.layer))
      )
      assert.isTrue(verdict.complete)
      const expected = Contents.make(...contents.databases.filter(({ name }) => name === "shop"))
      assert.deepStrictEqual(Contents.diff(expected, yield* to.contents), [])
      assert.include(lines.join("\n"), "500 rows dumped, 500 rows restored")
      assert.match(lines.join("\n"), /\d+ bytes went through/)
      assert.deepStrictEqual(yield* to.counts.pipe(Effect.map(({ sessionsOpen }) => sessionsOpen)), 0)
    }))
})
