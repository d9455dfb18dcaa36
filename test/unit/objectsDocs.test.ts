import { readFileSync } from "node:fs"

import { assert, describe, it } from "@effect/vitest"
import { table } from "sluice/OptionTable"

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

  it("names only options that there are", () => {
    const options = Array.from(page.matchAll(/`--([a-z-]+)`/g), ([, name = ""]) => name)
    assert.isAbove(options.length, 5)
    const known = new Set(table.entries.flatMap((entry) => [entry.name, ...entry.negations]))
    assert.deepStrictEqual(options.filter((name) => !known.has(name)), [])
  })
})
