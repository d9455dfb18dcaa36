/**
 * A backup held against a server, in memory: what is equal, what is found, and what is refused.
 */
import { Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Sql } from "@sluice/format"
import { Comparison, type Dump, StreamMode } from "@sluice/pipeline"
import { Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, FastCheck as fc, Layer, Option } from "effect"

import * as backups from "../support/comparingBackups.js"
import * as flows from "../support/flows.js"
import { shop } from "../support/memoryShop.js"

const memory = Layer.merge(MemoryFileSystem.layer(), Path.layer)

const told = (comparison: Comparison.Comparison): ReadonlyArray<string> =>
  Comparison.lines({ ...comparison, notCompared: [] }).filter((line) => !line.startsWith("note: "))

const dumped = (contents: Contents.Contents, options: Partial<Dump.Options> = {}) =>
  Effect.flatMap(MemoryServer.make(contents), (server) =>
    flows.dump(options).pipe(
      Effect.provide(StreamMode.layerDumpDirectory),
      Effect.provide(flows.folder("/backup")),
      Effect.provide(server.layerSource)
    ))

const streamed = (contents: Contents.Contents) =>
  Effect.gen(function*() {
    const server = yield* MemoryServer.make(contents)
    const pipe = yield* flows.record
    yield* flows.dump({}).pipe(
      Effect.provide(StreamMode.layerTraditionalDump),
      Effect.provide(flows.folder("/stream")),
      Effect.provide(pipe.out),
      Effect.provide(server.layerSource)
    )
    return yield* pipe.bytes
  })

const against = (contents: Contents.Contents) =>
  Effect.map(MemoryServer.make(contents), ({ layerSource }) => layerSource)

const { column } = Contents

const cells = (rows: ReadonlyArray<readonly [number, string | null]>) =>
  rows.map(([id, value]): ReadonlyArray<string | null> => [String(id), value])

/** Two tables of the same rows, one of them without a key. */
const tables = (rows: ReadonlyArray<readonly [number, string | null]>) =>
  Contents.make(Contents.database("d", {
    tables: [
      Contents.table("keyed", [column("id", "int", { nullable: false }), column("v", "varchar(20)")], {
        primaryKey: "id",
        rows: cells(rows)
      }),
      Contents.table("heap", [column("id", "int"), column("v", "varchar(20)")], { rows: cells(rows) })
    ]
  }))

/** What differs between two lists, the slow and obvious way. */
const slowly = (source: ReadonlyMap<number, string | null>, target: ReadonlyMap<number, string | null>) =>
  Array.from(new Set([...source.keys(), ...target.keys()])).sort((a, b) => a - b).flatMap((id) =>
    !target.has(id)
      ? [`  id = ${id}: missing in the target`]
      : !source.has(id)
      ? [`  id = ${id}: extra in the target`]
      : source.get(id) !== target.get(id)
      ? [`  id = ${id}: different`]
      : []
  )

const someRows = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 0, max: 60 }), fc.constantFrom("a", "", "N", "NULL", "'\"\\\n", null)),
  { selector: ([id]) => id, maxLength: 30 }
)

describe("a backup and a server", () => {
  it.effect("are equal when the one was dumped from what the other holds", () =>
    Effect.gen(function*() {
      yield* dumped(shop)
      const target = yield* against(shop)
      const found = yield* Effect.provide(backups.folder("/backup"), target)
      assert.deepStrictEqual(told(found), [])
      assert.deepStrictEqual([found.equal, found.notCompared.length], [true, 0])
      assert.deepStrictEqual([found.databases, found.tables, found.rows], [1, 2, 1])
      assert.isAtLeast(found.objects, 7)
      const stream = yield* Effect.provide(backups.stream([yield* streamed(shop)]), target)
      assert.deepStrictEqual({ ...stream, source: found.source }, found)
    }).pipe(Effect.provide(memory)))

  it.effect.prop(
    "differ in the rows in which they differ, and in no others",
    [someRows, someRows, fc.integer({ min: 1, max: 40 })],
    ([one, other, chunkRows]) =>
      Effect.gen(function*() {
        yield* dumped(tables(one), { chunkRows: Option.some(chunkRows) })
        const found = yield* Effect.provide(
          backups.folder("/backup", { maxDifferences: 1000 }),
          yield* against(tables(other))
        )
        const expected = slowly(new Map(one), new Map(other))
        assert.strictEqual(found.equal, expected.length === 0)
        assert.deepStrictEqual(
          told(found).filter((line) => line.startsWith("  id")),
          expected
        )
        assert.strictEqual(found.differences.length, expected.length === 0 ? 0 : 2)
      }).pipe(Effect.provide(memory)),
    { fastCheck: { numRuns: 12 } }
  )

  it.effect("differ where two equal rows stand for two others that are equal, or for none", () =>
    Effect.gen(function*() {
      const heap = (rows: ReadonlyArray<readonly [number, string]>) =>
        Contents.make(Contents.database("d", {
          tables: [Contents.table("heap", [column("id", "int"), column("v", "text")], { rows: cells(rows) })]
        }))
      yield* dumped(heap([[1, "a"], [1, "a"], [2, "b"]]))
      for (
        const rows of [[[1, "c"], [1, "c"], [2, "b"]], [[2, "b"]], [[2, "b"], [2, "b"], [1, "a"]]] as const
      ) {
        const found = yield* Effect.provide(backups.folder("/backup"), yield* against(heap(rows)))
        assert.isFalse(found.equal)
        assert.match(told(found).join("\n"), /has no key/)
      }
    }).pipe(Effect.provide(memory)))

  it.effect("differ in definitions, each of which is named", () =>
    Effect.gen(function*() {
      yield* dumped(shop)
      const [database] = shop.databases
      assert(database !== undefined)
      const [orders, heap] = database.tables
      assert(orders !== undefined && heap !== undefined)
      const other = Contents.make({
        ...database,
        tables: [
          {
            ...orders,
            columns: [...orders.columns, column("more", "int")],
            rows: orders.rows.map((row) => [...row, null])
          },
          Contents.table("come", [column("n", "int")])
        ],
        triggers: [],
        events: [Contents.event({ name: "daily", body: "select 2" })]
      })
      const target = yield* against(other)
      const found = yield* Effect.provide(backups.folder("/backup"), target)
      assert.deepStrictEqual(
        told(found).filter((line) => !line.startsWith("  ")),
        [
          "`shop`: event `daily`: different",
          "`shop`: table `come`: extra in the target",
          "`shop`: table `heap`: missing in the target",
          "`shop`: table `orders`: different",
          "`shop`: trigger `tick`: missing in the target"
        ]
      )
      // the columns that both have are compared
      assert.deepStrictEqual(found.notCompared, ["column `more` of `shop`.`orders`: only the target has it"])
      const rows = yield* Effect.provide(backups.folder("/backup", { definitions: false }), target)
      assert.deepStrictEqual(told(rows), [
        "`shop`: table `heap`: missing in the target",
        "`shop`: table `come`: extra in the target"
      ])
    }).pipe(Effect.provide(memory)))

  it.effect("differ where the server lacks a database, and are compared in the others", () =>
    Effect.gen(function*() {
      const database = (name: string) =>
        Contents.database(name, {
          tables: [Contents.table("t", [column("id", "int", { nullable: false })], {
            primaryKey: "id",
            rows: [["1"]]
          })]
        })
      yield* dumped(Contents.make(database("d"), database("e")))
      const found = yield* Effect.provide(
        backups.folder("/backup"),
        yield* against(Contents.make(database("d"), database("others")))
      )
      assert.deepStrictEqual(told(found), ["`e`: database: missing in the target"])
      assert.deepStrictEqual([found.equal, found.rows], [false, 1])
    }).pipe(Effect.provide(memory)))

  it.effect("of a stream say which table differs, and how to find its rows", () =>
    Effect.gen(function*() {
      const bytes = yield* streamed(tables([[1, "a"], [2, "b"]]))
      const found = yield* Effect.provide(backups.stream([bytes]), yield* against(tables([[1, "a"], [2, "c"]])))
      assert.isFalse(found.equal)
      assert.deepStrictEqual(found.differences.map((one) => one._tag === "Rows" ? one.table : one.what), [
        "heap",
        "keyed"
      ])
      assert.match(told(found).join("\n"), /unpack it into a folder/)
    }).pipe(Effect.provide(memory)))

  it.effect("are not compared when the backup is damaged, wherever that is", () =>
    Effect.gen(function*() {
      const bytes = yield* streamed(tables([[1, "a"], [2, "b"]]))
      const target = yield* against(tables([[1, "a"], [2, "b"]]))
      for (let at = 7; at < bytes.length; at += 307) {
        const flipped = bytes.slice()
        flipped[at] = (flipped[at] ?? 0) ^ 0x10
        const error = yield* Effect.flip(Effect.provide(backups.stream([flipped]), target))
        assert.strictEqual(error._tag, "BackupError", `byte ${at}`)
        const cut = yield* Effect.flip(Effect.provide(backups.stream([bytes.slice(0, at)]), target))
        assert.strictEqual(cut._tag, "BackupError", `cut at ${at}`)
      }
    }).pipe(Effect.provide(memory)))

  it.effect("are compared under another name, and as far as they are selected", () =>
    Effect.gen(function*() {
      yield* dumped(tables([[1, "a"]]))
      const [database] = tables([[1, "a"]]).databases
      assert(database !== undefined)
      const target = yield* against(Contents.make({ ...database, name: "copy" }))
      const renamed = { targetDatabase: () => "copy" }
      const found = yield* Effect.provide(backups.folder("/backup", renamed), target)
      assert.deepStrictEqual(told(found), [])
      const some = yield* Effect.provide(
        backups.folder("/backup", {
          ...renamed,
          selection: {
            databases: Option.some(["d"]),
            includes: (database, table) => database === "d" && table === "keyed",
            programs: false
          }
        }),
        target
      )
      assert.deepStrictEqual([some.equal, some.tables, some.rows], [true, 1, 1])
      const lost = yield* Effect.flip(Effect.provide(
        backups.folder("/backup", { selection: { ...backups.defaults.selection, databases: Option.some(["e"]) } }),
        target
      ))
      assert.strictEqual(lost._tag, "BackupError")
      assert.strictEqual((yield* Effect.flip(Effect.provide(backups.folder("/backup"), target)))._tag, "TargetError")
    }).pipe(Effect.provide(memory)))

  it.effect("without rows, or without definitions, are compared in the rest, and that is told", () =>
    Effect.gen(function*() {
      const target = yield* against(tables([[1, "a"]]))
      yield* dumped(tables([[1, "b"]]), { rows: false })
      const found = yield* Effect.provide(backups.folder("/backup"), target)
      assert.deepStrictEqual([found.equal, found.notCompared], [true, ["rows: the backup has none"]])
    }).pipe(Effect.provide(memory)))

  it.effect("of rows alone are compared by the columns that the target has", () =>
    Effect.gen(function*() {
      yield* dumped(tables([[1, "a"], [3, "b"]]), { schemas: false })
      const found = yield* Effect.provide(backups.folder("/backup"), yield* against(tables([[1, "a"], [2, "b"]])))
      assert.deepStrictEqual(found.notCompared, ["definitions: the backup has none"])
      assert.deepStrictEqual(told(found).filter((line) => line.startsWith("  id")), [
        "  id = 2: extra in the target",
        "  id = 3: missing in the target"
      ])
      assert.strictEqual(found.differences.length, 2)
    }).pipe(Effect.provide(memory)))
})

describe("numbers of floating point", () => {
  it.effect("are compared by what they are, to the last bit", () =>
    Effect.gen(function*() {
      const numbers = (values: ReadonlyArray<string>) =>
        Contents.make(Contents.database("d", {
          tables: [Contents.table("t", [column("id", "int", { nullable: false }), column("v", "double")], {
            primaryKey: "id",
            rows: values.map((value, i) => [Sql.bytes(String(i)), Sql.bytes(value)])
          })]
        }))
      yield* dumped(numbers(["1e21", "0.1", "-0", "5e-324"]))
      const found = yield* Effect.provide(
        backups.folder("/backup"),
        yield* against(numbers(["1e21", "0.10000000000000002", "0", "0"]))
      )
      assert.deepStrictEqual(
        told(found).filter((line) => line.startsWith("  ")),
        [1, 2, 3].map((id) => `  id = ${id}: different`)
      )
    }).pipe(Effect.provide(memory)))
})
