import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"

import * as Wide from "../../packages/mysql/src/internal/wide.js"

describe("a statement that widens what a server sends", () => {
  it.prop(
    "has only blanks more, and stays well below what the server takes",
    [fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.integer({ min: 1024, max: 1 << 30 })],
    ([sql, most]) => {
      const wide = Wide.statement(sql, most)
      assert.deepStrictEqual(Uint8Array.from(wide.subarray(0, sql.length)), sql)
      assert.isTrue(wide.subarray(sql.length).every((byte) => byte === 0x20))
      assert.strictEqual(wide.length, Math.min(131072, Math.floor(most / 2)))
    }
  )

  it("is left as it is when it is long already", () => {
    const sql = new Uint8Array(600)
    assert.strictEqual(Wide.statement(sql, 1024), sql)
    const long = new Uint8Array(200_000)
    assert.strictEqual(Wide.statement(long, 1 << 30), long)
  })
})
