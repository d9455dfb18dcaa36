import { assert, describe, it } from "@effect/vitest"
import * as Sql from "@sluice/format/Sql"
import * as SampleDatabase from "@sluice/testing/SampleDatabase"

const MB = 1_000_000

const sizeOf = (scale: number): number =>
  Array.from(SampleDatabase.statements({ scale, vendor: "mariadb" })).reduce((sum, { length }) => sum + length, 0)

describe("SampleDatabase", () => {
  for (const vendor of ["mariadb", "mysql"] as const) {
    it(`is the same each time (${vendor})`, () => {
      const statements = SampleDatabase.statements({ scale: 0.02, vendor })
      assert.deepStrictEqual(Array.from(statements), Array.from(SampleDatabase.statements({ scale: 0.02, vendor })))
      assert.deepStrictEqual(Array.from(statements), Array.from(statements))
    })
  }

  it("is about 10 MB at scale 1, and grows in proportion", () => {
    const [none, one, two] = [sizeOf(0), sizeOf(1), sizeOf(2)]
    assert.closeTo(one, 10 * MB, 0.5 * MB)
    assert.closeTo(two - one, one - none, 0.05 * MB)
    assert.isBelow(none, 0.2 * MB)
  })

  it("has no statement that a server does not take by default", () => {
    for (const statement of SampleDatabase.statements({ scale: 1, vendor: "mysql" })) {
      assert.isBelow(statement.length, MB)
    }
  })

  it("says how many rows there are, and they grow with the scale, but in the small tables", () => {
    const rows = (scale: number) => new Map(SampleDatabase.rowCounts({ scale }).map(({ rows, table }) => [table, rows]))
    const [one, three] = [rows(1), rows(3)]
    assert.strictEqual(one.get("returns"), 0)
    assert.strictEqual(three.get("order_lines"), 3 * (one.get("order_lines") ?? Number.NaN))
    assert.strictEqual(three.get("measures"), one.get("measures"))
    assert.isAbove(Math.min(...Array.from(rows(0)).filter(([table]) => table !== "returns").map(([, rows]) => rows)), 2)
  })

  it("goes by the name it is given", () => {
    const texts = Array.from(SampleDatabase.statements({ scale: 0, database: "a`b", vendor: "mysql" }), Sql.text)
    assert.isTrue(texts.some((text) => text.startsWith("CREATE DATABASE `a``b`")))
    assert.isTrue(texts.includes("USE `a``b`"))
    assert.isFalse(texts.some((text) => text.includes(SampleDatabase.defaultName)))
  })
})
