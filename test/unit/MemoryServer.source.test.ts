import { assert, describe, it } from "@effect/vitest"
import { SchemaFile, Sql } from "@sluice/format"
import { Dump, type Source } from "@sluice/pipeline"
import * as Contents from "@sluice/testing/Contents"
import * as MemoryServer from "@sluice/testing/MemoryServer"
import { Cause, Chunk, Deferred, Effect, Exit, Fiber, Option, Stream } from "effect"

import { heap, orders, run, shop } from "../support/memoryShop.js"

const { column } = Contents
const { read, selection: everything } = Dump.defaults

describe("a memory server as a source", () => {
  const many = Contents.make(Contents.database("d", {
    tables: [Contents.table("t", [column("id", "int")], {
      primaryKey: "id",
      rows: Array.from({ length: 30 }, (_, i) => [String(i)])
    })]
  }))

  it.effect("takes back what it lent", () =>
    Effect.scoped(Effect.gen(function*() {
      const server = yield* MemoryServer.make(many)
      const snapshot = yield* server.source.snapshot(everything)
      const [table] = snapshot.catalog.databases.flatMap(({ tables }) => tables)
      if (table === undefined) {
        return assert.fail("there is no table")
      }
      const whole = { table, part: 0, condition: Option.none(), partitions: [], note: "" }
      const kept: Array<readonly [lent: Uint8Array, copy: Uint8Array]> = []
      yield* Stream.runForEach(snapshot.read([whole], { ...read, statementSize: 50 }), ({ piece: { bytes } }) =>
        Effect.sync(() => {
          kept.forEach(([lent, copy]) =>
            assert.notDeepEqual(lent, copy)
          )
          kept.push([bytes, bytes.slice()])
        }))
      assert.isAbove(kept.length, 3)
      kept.forEach(([lent, copy]) => assert.notDeepEqual(lent, copy))
    })))

  it.effect("is one moment: later changes are not seen", () =>
    Effect.scoped(Effect.gen(function*() {
      const server = yield* MemoryServer.make(many)
      const snapshot = yield* server.source.snapshot(everything)
      const session = yield* server.target.session
      yield* session.use("d")
      yield* run(session, "INSERT INTO `t` VALUES(99)", "DROP TABLE `t`")
      const rows = yield* Stream.fromIterable(snapshot.catalog.databases.flatMap(({ tables }) => tables)).pipe(
        Stream.flatMap((table) => snapshot.plan(table, { chunkBytes: 50, chunkRows: Option.none(), split: true })),
        Stream.flatMap((chunk) => snapshot.read([chunk], read)),
        Stream.runFold(0, (sum, { piece }) => sum + piece.rows)
      )
      assert.strictEqual(rows, 30)
    })))

  it.effect("reads at most as many chunks at once as it has readers; those that wait can be interrupted", () =>
    Effect.scoped(Effect.gen(function*() {
      const server = yield* MemoryServer.make(many, { readers: 2 })
      const snapshot = yield* server.source.snapshot(everything)
      const chunks = yield* Stream.fromIterable(snapshot.catalog.databases.flatMap(({ tables }) => tables)).pipe(
        Stream.flatMap((table) => snapshot.plan(table, { chunkBytes: 1, chunkRows: Option.some(5), split: true })),
        Stream.runCollect
      )
      const gate = yield* Deferred.make<void>()
      const fibers = yield* Effect.forEach(
        Chunk.toReadonlyArray(chunks),
        (chunk) => Effect.fork(Stream.runForEach(snapshot.read([chunk], read), () => Deferred.await(gate)))
      )
      yield* Effect.repeatN(Effect.yieldNow(), 100)
      assert.strictEqual((yield* server.counts).readersOpen, 2)
      yield* Fiber.interruptAll(fibers.slice(-2))
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.joinAll(fibers.slice(0, -2))
      assert.deepInclude(yield* server.counts, { readersOpen: 0, readersPeak: 2 })
      assert.isAbove(fibers.length, 4)
    })))

  it.effect("names the databases that are not there, and keeps its own to itself", () =>
    Effect.scoped(Effect.gen(function*() {
      const server = yield* MemoryServer.make(Contents.make(Contents.database("mysql"), Contents.database("d")))
      const error = yield* Effect.flip(
        server.source.snapshot({ ...everything, databases: Option.some(["d", "nope", "never"]) })
      )
      assert.strictEqual(error.reason, "UnknownDatabase")
      assert.strictEqual(error.where, "nope, never")
      const names = (selection: Source.Selection) =>
        Effect.map(server.source.snapshot(selection), ({ catalog }) => catalog.databases.map(({ name }) => name))
      assert.deepStrictEqual(yield* names(everything), ["d"])
      assert.deepStrictEqual(yield* names({ ...everything, databases: Option.some(["mysql"]) }), ["mysql"])
    })))

  it.effect("does not answer when the snapshot is closed, or is asked for what it does not hold", () =>
    Effect.gen(function*() {
      const server = yield* MemoryServer.make(many)
      const closed = yield* Effect.scoped(server.source.snapshot(everything))
      const [database] = closed.catalog.databases
      const [table] = database?.tables ?? []
      if (database === undefined || table === undefined) {
        return assert.fail("there is no table")
      }
      assert.strictEqual((yield* Effect.flip(closed.triggers(database))).reason, "ConnectionLost")
      yield* Effect.scoped(Effect.gen(function*() {
        const snapshot = yield* server.source.snapshot({ ...everything, includes: () => false })
        assert.deepStrictEqual(snapshot.catalog.databases, [{ name: "d", tables: [] }])
        assert.strictEqual((yield* Effect.flip(snapshot.definition(table))).reason, "UnknownTable")
        assert.strictEqual((yield* Effect.flip(snapshot.definition({ ...table, kind: "View" }))).errno, 1146)
      }))
      yield* Effect.scoped(Effect.gen(function*() {
        const snapshot = yield* server.source.snapshot(everything)
        for (const condition of ["1 = 1", "`id` = 3", "`other` >= 3", "rows 1..2 OR 1"]) {
          const chunk = { table, part: 0, condition: Option.some(condition), partitions: [], note: "" }
          assert.strictEqual((yield* Effect.flip(Stream.runDrain(snapshot.read([chunk], read)))).errno, 1064)
        }
      }))
      assert.deepInclude(yield* server.counts, { snapshotsOpen: 0, snapshotsOpened: 3 })
    }))
})

describe("contents", () => {
  const unholdable: ReadonlyArray<readonly [why: string, contents: Contents.Contents]> = [
    ["a database twice", Contents.make(Contents.database("d"), Contents.database("d"))],
    ["a table twice", Contents.make(Contents.database("d", { tables: [heap, heap] }))],
    ["an unknown type", Contents.make(Contents.database("d", { tables: [Contents.table("t", [column("a", "x")])] }))],
    [
      "a row that is too short",
      Contents.make(Contents.database("d", { tables: [Contents.table("t", [column("a", "int")], { rows: [[]] })] }))
    ],
    [
      "a value that does not fit",
      Contents.make(Contents.database("d", { tables: [Contents.table("t", [column("a", "int")], { rows: [["x"]] })] }))
    ],
    [
      "a key twice",
      Contents.make(Contents.database("d", {
        tables: [Contents.table("t", [column("a", "int")], { primaryKey: "a", rows: [["1"], ["1"]] })]
      }))
    ],
    [
      "a trigger without its table",
      Contents.make(Contents.database("d", { triggers: [Contents.trigger({ name: "t", table: "x", body: "" })] }))
    ]
  ]

  it.effect.each(unholdable.map(([why, contents]) => ({ why, contents })))(
    "no server holds $why",
    ({ contents }) =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(MemoryServer.make(contents))
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      })
  )

  it("differences are told by the row", () => {
    const t = (rows: ReadonlyArray<ReadonlyArray<string | null>>) =>
      Contents.make(Contents.database("d", { tables: [Contents.table("t", [column("a", "text")], { rows })] }))
    assert.deepStrictEqual(Contents.diff(t([["x"], ["x"], [null]]), t([[null], ["x"], ["NULL"], [""]])), [
      "+ row of `d`.`t`: (\"\")",
      "+ row of `d`.`t`: (\"NULL\")",
      "- row of `d`.`t`: (\"x\")"
    ])
  })

  it("the order of the triggers of a table counts, that of tables does not", () => {
    const tables = [heap, orders]
    const triggers = ["a", "b"].map((name) => Contents.trigger({ name, table: "heap", body: "" }))
    const make = (tables: ReadonlyArray<Contents.Table>, triggers: ReadonlyArray<Contents.Program>) =>
      Contents.make(Contents.database("d", { tables, triggers }))
    assert.isTrue(Contents.equal(make(tables, triggers), make(tables.toReversed(), triggers)))
    assert.isFalse(Contents.equal(make(tables, triggers), make(tables, triggers.toReversed())))
  })

  it.effect("definitions come out as a server prints them", () =>
    Effect.scoped(Effect.gen(function*() {
      const server = yield* MemoryServer.make(shop)
      const snapshot = yield* server.source.snapshot(everything)
      const tables = snapshot.catalog.databases.flatMap(({ tables }) => tables)
      assert.deepStrictEqual(tables.map(({ kind, name }) => [name, kind]), [["heap", "Table"], ["orders", "Table"], [
        "seen",
        "View"
      ]])
      const definitions = yield* Effect.forEach(tables, (table) => snapshot.definition(table))
      assert.strictEqual(
        Sql.text(definitions[1]?.create ?? new Uint8Array()),
        [
          "CREATE TABLE `orders` (",
          "  `id` bigint NOT NULL AUTO_INCREMENT,",
          "  `note` varchar(5) NOT NULL,",
          "  `seen` datetime,",
          "  `extra` json,",
          "  `hidden` int /*!80023 INVISIBLE */,",
          "  PRIMARY KEY (`id`)",
          ") ENGINE=InnoDB COMMENT='a;\\nb'"
        ].join("\n")
      )
      assert.isTrue(definitions.slice(2).every(SchemaFile.Definition.$is("View")))
    })))
})
