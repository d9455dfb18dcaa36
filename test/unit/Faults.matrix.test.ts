/**
 * The rows of the fault matrix, the part of it that CI runs, and the page that shows it.
 */
import { readFileSync, writeFileSync } from "node:fs"

import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"

import { faults } from "../support/faults/all.js"
import * as Cover from "../support/faults/cover.js"
import * as Docs from "../support/faults/docs.js"
import { type Fault, inMemory, modes, onServers, says, vendors } from "../support/faults/Fault.js"

const mutations: ReadonlyArray<Docs.Mutation> = JSON.parse(
  readFileSync(new URL("../support/faults/mutations.json", import.meta.url), "utf8")
)

const page = new URL("../../docs/reliability.md", import.meta.url)

const never = () => Effect.dieMessage("it is not run here")

const someFaults: fc.Arbitrary<ReadonlyArray<Fault>> = fc.array(
  fc.record({
    side: fc.constantFrom("dump" as const, "restore" as const, "backup" as const),
    modes: fc.subarray([...modes], { minLength: 1 }),
    vendors: fc.subarray([...vendors], { minLength: 1 }),
    memory: fc.boolean(),
    ci: fc.constantFrom("pairs" as const, "vendors" as const, "once" as const)
  }),
  { maxLength: 12 }
).map((rows) =>
  rows.map(({ ci, memory, modes, side, vendors }, i) => {
    const row = { name: `${i}`, side, modes, code: 1, message: "", left: "Nothing", cell: never } as const
    return memory ? inMemory(row) : onServers({ ...row, vendors, ci })
  })
)

describe("the part that CI runs", () => {
  it("is a part, and shows all that is to be shown", () => {
    fc.assert(fc.property(someFaults, (faults) => {
      const all = Cover.all(faults)
      const part = Cover.pairwise(faults)
      assert.strictEqual(part.filter((cell) => all.every((one) => !same(one, cell))).length, 0)
      assert.deepStrictEqual(
        new Set(part.flatMap(Cover.shows)),
        new Set(all.flatMap(Cover.shows))
      )
      for (const fault of faults) {
        const cells = part.filter((cell) => cell.fault === fault)
        assert.isAbove(cells.length, 0)
        if (fault._tag === "InMemory" || fault.ci === "pairs") {
          assert.deepStrictEqual(new Set(cells.map(({ mode }) => mode)), new Set(fault.modes))
        }
        if (fault._tag === "OnServers" && fault.ci !== "once") {
          assert.deepStrictEqual(new Set(cells.map(({ vendor }) => vendor)), new Set(fault.vendors))
        }
      }
      assert.deepStrictEqual(Cover.pairwise(faults), part)
    }))
  })
})

const same = (left: Cover.Cell, right: Cover.Cell): boolean =>
  left.fault === right.fault && left.mode === right.mode && left.vendor === right.vendor

describe("what a message says", () => {
  it("is all of its parts, in their order", () => {
    assert.isTrue(says("sluice: a file (b): c", "a … (…): c"))
    assert.isTrue(says("abc", "b"))
    assert.isFalse(says("sluice: c: a", "a … c"))
    assert.isFalse(says("a", "a … a"))
  })
})

describe("the faults", () => {
  it("have names of their own", () => {
    const names = faults.map(({ name, side }) => `${side}: ${name}`)
    assert.deepStrictEqual(names.filter((name, i) => names.indexOf(name) !== i), [])
  })

  it("are in docs/reliability.md as they are here", () => {
    const now = readFileSync(page, "utf8")
    const tables = Docs.into(now, "faults", Docs.render(faults))
    const next = tables === undefined ? undefined : Docs.into(tables, "mutations", Docs.renderMutations(mutations))
    assert(next !== undefined, "the page has a place for the tables")
    if (process.env["SLUICE_DOCS"] === "write") writeFileSync(page, next)
    else assert.strictEqual(now, next, "it is stale: npm run docs, and commit")
  })
})

const source = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")

describe("what is broken on purpose", () => {
  for (const { edits, name, test } of mutations) {
    it(`${name}: has its place, and a test`, () => {
      for (const { file, find, replace } of edits) {
        assert.strictEqual(source(file).split(find).length, 2, `once in ${file}: ${find}`)
        assert.notStrictEqual(find, replace)
      }
      assert.include(source(test.file), test.title)
    })
  }
})
