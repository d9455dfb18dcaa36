import { assert, layer } from "@effect/vitest"
import type * as Source from "@sluice/pipeline/Source"
import { Effect, FastCheck as fc, Option } from "effect"

import { chunksOf, everythingIn, inChunksOf, run, snapshotOf, statementsOf, textOf } from "../support/mysqlSource.js"
import { fresh, oneServer } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const types = [
  { type: "TINYINT", least: -128n, most: 127n },
  { type: "TINYINT UNSIGNED", least: 0n, most: 255n },
  { type: "INT", least: -(2n ** 31n), most: 2n ** 31n - 1n },
  { type: "INT UNSIGNED ZEROFILL", least: 0n, most: 2n ** 32n - 1n },
  { type: "BIGINT", least: -(2n ** 63n), most: 2n ** 63n - 1n },
  { type: "BIGINT UNSIGNED", least: 0n, most: 2n ** 64n - 1n }
]

/** A type, and keys of it: dense runs anywhere, and the type's ends. */
const keySet = fc.constantFrom(...types).chain(({ least, most, type }) =>
  fc.array(
    fc.record({
      start: fc.oneof(fc.constantFrom(least, 0n, most), fc.bigInt({ min: least, max: most })),
      count: fc.integer({ min: 1, max: 150 }),
      step: fc.constantFrom(1n, 3n, 2n ** 30n)
    }),
    { minLength: 1, maxLength: 5 }
  ).map((runs) => ({
    type,
    keys: Array.from(
      new Set(
        runs.flatMap(({ count, start, step }) => Array.from({ length: count }, (_, i) => start + BigInt(i) * step))
      )
    ).filter((key) => key <= most).sort((a, b) => a < b ? -1 : 1)
  }))
)

const keysIn = (snapshot: Source.Snapshot, chunk: Source.Chunk) =>
  Effect.map(statementsOf(snapshot, chunk, { statementSize: 500 }), (pieces) => {
    const keys = pieces.flatMap(({ bytes }) =>
      Array.from(Buffer.from(bytes).toString().matchAll(/[(](-?\d+)[,)]/g), (match) => BigInt(match[1] ?? ""))
    )
    assert.strictEqual(pieces.reduce((sum, piece) => sum + piece.rows, 0), keys.length)
    return keys
  })

describeVendors("plan", (vendor) => {
  layer(oneServer(vendor), { excludeTestServices: true, timeout: "10 minutes" })((it) => {
    it.effect.prop(
      "the chunks of a table hold each of its rows once, in the order of the key",
      [keySet, fc.integer({ min: 5, max: 60 })],
      ([{ keys, type }, rows]) =>
        Effect.scoped(Effect.gen(function*() {
          const { server } = yield* fresh(
            "ranges",
            `CREATE TABLE t (id ${type} PRIMARY KEY)`,
            `INSERT INTO t VALUES ${keys.map((key) => `(${key})`).join(",")}`,
            "ANALYZE TABLE t"
          )
          const snapshot = yield* snapshotOf(server, everythingIn("ranges"), { readers: 2 })
          const chunks = yield* chunksOf(snapshot, "t", inChunksOf(rows))
          const read = yield* Effect.forEach(chunks, (chunk) => keysIn(snapshot, chunk), { concurrency: 2 })
          assert.deepStrictEqual(read.flat(), keys)
          assert.deepStrictEqual(chunks.map((chunk) => chunk.part), chunks.map((_, i) => i))
        })),
      { fastCheck: { numRuns: 8 } }
    )

    it.scoped("a large table is cut into parts of about the size that was asked for", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh(
          "large",
          "CREATE TABLE t (id BIGINT PRIMARY KEY, v VARCHAR(200))",
          "INSERT INTO t VALUES (1, REPEAT('x', 150))",
          ...Array.from({ length: 16 }, () => "INSERT INTO t SELECT id + (SELECT MAX(id) FROM t), v FROM t"),
          // One key that is as far away as can be.
          "UPDATE t SET id = 9223372036854775807 WHERE id = 65536",
          "ANALYZE TABLE t"
        )
        const snapshot = yield* snapshotOf(server, everythingIn("large"))
        const chunks = yield* chunksOf(snapshot, "t", inChunksOf(4096))
        assert.isAtLeast(chunks.length, 8)
        assert.isAtMost(chunks.length, 48)
        const read = yield* Effect.forEach(chunks, (chunk) => keysIn(snapshot, chunk), { concurrency: 2 })
        assert.strictEqual(new Set(read.flat()).size, 65536)
        assert.strictEqual(read.flat().length, 65536)
        for (const keys of read) assert.isAtMost(keys.length, 4096 * 4)
        const bySize = yield* chunksOf(snapshot, "t", {
          chunkBytes: 1 << 20,
          chunkRows: Option.none(),
          split: true
        })
        assert.isAtLeast(bySize.length, 5)
        assert.isAtMost(bySize.length, 40)
        assert.strictEqual((yield* chunksOf(snapshot, "t", { ...inChunksOf(1), split: false })).length, 1)
      }))

    it.scoped("keys of several columns, other unique keys, and none", () =>
      Effect.gen(function*() {
        const pairs = Array.from({ length: 400 }, (_, i) => `(${i % 7}, ${i})`).join(",")
        const { server } = yield* fresh(
          "kinds",
          "CREATE TABLE composite (a INT, b INT, PRIMARY KEY (a, b))",
          `INSERT INTO composite VALUES ${pairs}`,
          "CREATE TABLE other (a INT NOT NULL, b INT, UNIQUE KEY k (b), UNIQUE KEY `u``2` (a))",
          `INSERT INTO other (b, a) VALUES ${pairs.replaceAll(/\((\d+), (\d+)\)/g, "(NULL, $2)")}`,
          "CREATE TABLE text_key (a VARCHAR(9) PRIMARY KEY)",
          "INSERT INTO text_key VALUES ('a'), ('b')",
          "CREATE TABLE none (a INT)",
          "INSERT INTO none VALUES (1), (1), (NULL)",
          "CREATE TABLE prefix (a INT, b VARCHAR(9) NOT NULL, UNIQUE KEY (b(2)))",
          "CREATE TABLE parted (a INT PRIMARY KEY) PARTITION BY HASH (a) PARTITIONS 4",
          `INSERT INTO parted VALUES ${pairs.replaceAll(/\((\d+), (\d+)\)/g, "($2)")}`,
          "CREATE TABLE bare (a INT PRIMARY KEY) ENGINE = MyISAM",
          `INSERT INTO bare VALUES ${pairs.replaceAll(/\((\d+), (\d+)\)/g, "($2)")}`,
          "ANALYZE TABLE composite, other, parted, bare"
        )
        const snapshot = yield* snapshotOf(server, everythingIn("kinds"))
        const counted = (table: string) =>
          Effect.gen(function*() {
            const chunks = yield* chunksOf(snapshot, table, inChunksOf(20))
            const read = yield* Effect.forEach(chunks, (chunk) => statementsOf(snapshot, chunk))
            return { chunks: chunks.length, rows: read.flat().reduce((sum, piece) => sum + piece.rows, 0) }
          })
        assert.deepStrictEqual(yield* counted("text_key"), { chunks: 1, rows: 2 })
        assert.deepStrictEqual(yield* counted("none"), { chunks: 1, rows: 3 })
        assert.deepStrictEqual(yield* counted("prefix"), { chunks: 1, rows: 0 })
        for (const table of ["composite", "other", "parted", "bare"]) {
          const { chunks, rows } = yield* counted(table)
          assert.strictEqual(rows, 400, table)
          assert.isAbove(chunks, 1, table)
        }
        const order = /\((\d+),(\d+)\)/g
        const rows = Array.from((yield* textOf(snapshot, "composite")).matchAll(order), (match) => [
          Number(match[1]),
          Number(match[2])
        ])
        assert.deepStrictEqual(rows, [...rows].sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d))
      }))

    it.scoped("plans what the snapshot holds, whatever is written meanwhile", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh(
          "moving",
          "CREATE TABLE t (id INT PRIMARY KEY)",
          `INSERT INTO t VALUES ${Array.from({ length: 500 }, (_, i) => `(${i})`).join(",")}`,
          "ANALYZE TABLE t"
        )
        const snapshot = yield* snapshotOf(server, everythingIn("moving"))
        yield* run(connection, "DELETE FROM t WHERE id < 100", "INSERT INTO t VALUES (-5), (100000)")
        const chunks = yield* chunksOf(snapshot, "t", inChunksOf(50))
        const read = yield* Effect.forEach(chunks, (chunk) => keysIn(snapshot, chunk))
        assert.deepStrictEqual(read.flat(), Array.from({ length: 500 }, (_, i) => BigInt(i)))
      }))
  })
})
