import { assert, describe, it } from "@effect/vitest"
import { Consistency } from "@sluice/mysql"
import { FastCheck as fc, Option } from "effect"

import * as Dialect from "../../packages/mysql/src/internal/dialect.js"
import * as Grants from "../../packages/mysql/src/internal/grants.js"
import * as Guards from "../../packages/mysql/src/internal/guards.js"
import * as Marks from "../../packages/mysql/src/internal/marks.js"

const reached: Consistency.Reached = {
  connections: 3,
  proof: Consistency.Proof.Locked({ lock: "A LOCK", millis: 5 }),
  guard: "Checked",
  because: Option.none(),
  locked: [],
  apart: [],
  late: false
}

describe("what was reached", () => {
  it("is a snapshot only when nothing is missing of it", () => {
    const levels = (more: Partial<Consistency.Reached>) => Consistency.level({ ...reached, ...more })
    assert.strictEqual(levels({}), "snapshot")
    assert.strictEqual(levels({ locked: ["`a`.`b` (MyISAM)"] }), "snapshot")
    assert.strictEqual(levels({ apart: ["`a`.`b` (MyISAM)"] }), "partial")
    assert.strictEqual(levels({ late: true }), "partial")
    assert.strictEqual(levels({ proof: Consistency.Proof.Missing(), apart: ["`a`.`b` (MyISAM)"] }), "unproven")
  })

  it("is one line, which begins with the level", () => {
    const text = Consistency.describe({ ...reached, apart: Array.from({ length: 30 }, (_, i) => `t${i}`) })
    assert.match(text, /^partial: one snapshot on 3 connections, taken under A LOCK, which was held for 5 ms; /)
    assert.match(text, /t19 and 10 more$/)
    assert.notInclude(text, "\n")
  })
})

describe("guards", () => {
  const all = Grants.parse("GRANT ALL PRIVILEGES ON *.* TO `root`@`%`")
  const own = all === undefined ? [] : [all]
  const means = (vendor: "mysql" | "mariadb", more: Partial<Guards.Means>): Guards.Means => ({
    dialect: Dialect.make({ vendor, version: vendor === "mysql" ? [9, 7, 0] : [10, 11, 0] }),
    own,
    mode: Consistency.LockMode.Auto(),
    ddl: Consistency.Ddl.Auto(),
    exact: true,
    letsGo: true,
    plainEngines: false,
    ...more
  })

  it("take the backup lock by themselves only where it keeps nobody from writing", () => {
    for (const vendor of ["mysql", "mariadb"] as const) {
      assert.strictEqual(Guards.choose(means(vendor, {})), "BackupLock")
      assert.strictEqual(Guards.choose(means(vendor, { own: [] })), "Checked")
      assert.strictEqual(Guards.choose(means(vendor, { ddl: Consistency.Ddl.Detect() })), "Checked")
      assert.strictEqual(Guards.choose(means(vendor, { mode: Consistency.LockMode.NoLock() })), "Checked")
      const asked = { ddl: Consistency.Ddl.Prevent(), plainEngines: true }
      assert.strictEqual(Guards.choose(means(vendor, asked)), "BackupLock")
      assert.strictEqual(Guards.choose(means(vendor, { ...asked, own: [] })), "MetadataLocks")
    }
    assert.strictEqual(Guards.choose(means("mysql", { plainEngines: true })), "BackupLock")
    assert.strictEqual(Guards.choose(means("mariadb", { plainEngines: true })), "Checked")
  })

  it("check nothing that they could not tell apart or let go of", () => {
    assert.strictEqual(Guards.choose(means("mysql", { own: [], exact: false })), "MetadataLocks")
    assert.strictEqual(Guards.choose(means("mariadb", { own: [], letsGo: false })), "MetadataLocks")
  })
})

describe("marks", () => {
  it("know a name again as InnoDB writes it", () => {
    // as SHOW tells of tables that were made on both vendors
    const stored = "odd@002d@1o@0020@20ac/T@0k@0023p@0023x@002d@002f@0p"
    assert.match(stored, Marks.storedAs({ database: "odd-ü €", name: "Tä#p#x-/é" }))
    assert.notMatch(stored, Marks.storedAs({ database: "odd-ü €", name: "Tä#p#x-/" }))
    assert.notMatch(stored, Marks.storedAs({ database: "odd", name: "Tä#p#x-/é" }))
  })

  it("do not take the next number of a table for a change of its definition, and any other letter they do", () => {
    const digest = (text: string) => Marks.digest(Buffer.from(text))
    assert.strictEqual(digest(") ENGINE=InnoDB AUTO_INCREMENT=5 X"), digest(") ENGINE=InnoDB AUTO_INCREMENT=77 X"))
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => a === b || a.includes("AUTO") || digest(a) !== digest(b)))
  })

  it("hold numbers for exact, and the time of creation only where there are none", () => {
    const mark = { definition: "d", numbers: Option.none(), listing: "", created: "1" }
    assert.isTrue(Marks.same(mark, mark))
    assert.isFalse(Marks.same(mark, { ...mark, created: "2" }))
    assert.isFalse(Marks.same(mark, { ...mark, definition: "e" }))
    const numbered = { ...mark, numbers: Option.some("7") }
    assert.isTrue(Marks.same(numbered, { ...numbered, created: "2" }))
    assert.isFalse(Marks.same(numbered, { ...numbered, numbers: Option.some("8") }))
    assert.isFalse(Marks.same(numbered, mark))
  })
})
