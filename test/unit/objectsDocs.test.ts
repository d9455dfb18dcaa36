import { readFileSync } from "node:fs"

import { assert, describe, it } from "@effect/vitest"

import * as Columns from "../../packages/mysql/src/internal/columns.js"
import * as Engines from "../../packages/mysql/src/internal/engines.js"

const page = readFileSync(new URL("../../docs/objects.md", import.meta.url), "utf8")

/** The names in the paragraph behind a mark. */
const listed = (mark: string): ReadonlyArray<string> => {
  const [, paragraph = ""] = new RegExp(`<!-- ${mark} -->\\n((?:.+\\n)+)`).exec(page) ?? []
  return Array.from(paragraph.matchAll(/`([^`]+)`/g), ([, name = ""]) => name)
}

describe("docs/objects.md", () => {
  it("lists the types that are known, and no other", () => {
    assert.deepStrictEqual(listed("types"), [...Columns.types].sort())
  })

  it("lists the engines whose rows are left out, and no other", () => {
    assert.deepStrictEqual(listed("engines"), [...Engines.names].sort())
  })
})
