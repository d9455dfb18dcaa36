/**
 * What planning and reading chunks costs a server, and how large chunks get.
 */
import { assert, layer } from "@effect/vitest"
import type * as Connection from "@sluice/mysql/Connection"
import type * as Source from "@sluice/pipeline/Source"
import { Effect, Option } from "effect"

import { ask, chunksOf, everythingIn, inChunksOf, snapshotOf, statementsOf } from "../support/mysqlSource.js"
import * as Numbers from "../support/numbers.js"
import { fresh, oneServer } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const rows = 10_000
/** From 0 to 9999, under names that make their order another one as text. */
const numbers = Numbers.numbers(4)

/** Definitions of keys, and what the rows are made of. */
const tables = {
  texts: ["k VARCHAR(70) COLLATE utf8mb4_unicode_ci", "PRIMARY KEY (k)", "SHA2(n, 256)"],
  bytes: ["k BINARY(16)", "PRIMARY KEY (k)", "UNHEX(LEFT(SHA2(n, 256), 32))"],
  times: ["k DATETIME(3), i INT", "PRIMARY KEY (k, i)", "'2020-01-01' + INTERVAL n DIV 7 MINUTE, n"],
  // Few values in front, which the next columns have to help with.
  tenants: ["t INT, i BIGINT", "PRIMARY KEY (t, i)", "n % 3, n * 1000003"],
  three: ["t INT, u TINYINT, i INT UNSIGNED", "PRIMARY KEY (t, u, i)", "n % 2 - 1, n % 3, n"],
  named: ["t INT, k VARCHAR(70)", "PRIMARY KEY (t, k)", "n % 3, SHA2(n, 256)"],
  kinds: ["t CHAR(8), i INT", "PRIMARY KEY (t, i)", "ELT(1 + n % 3, 'a', 'B', 'c'), n"],
  downwards: ["t CHAR(8), i INT", "PRIMARY KEY (t, i DESC)", "ELT(1 + n % 3, 'a', 'B', 'c'), n"],
  secondary: ["t CHAR(8) NOT NULL, i INT NOT NULL", "UNIQUE KEY (t, i)", "ELT(1 + n % 3, 'a', 'B', 'c'), n"]
} as const

const countersOf = (connection: Connection.RawConnection) =>
  Effect.map(
    ask(connection, "SHOW GLOBAL STATUS LIKE 'Handler\\_read\\_%'"),
    (rows) => new Map(rows.map(([name, value]) => [name?.toLowerCase() ?? "", Number(value)]))
  )

/** How many rows the server passed while something ran, along indexes and without them. */
const passedBy = <A, E, R>(connection: Connection.RawConnection, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const before = yield* countersOf(connection)
    const result = yield* effect
    const after = yield* countersOf(connection)
    const grown = (name: string) => (after.get(`handler_read_${name}`) ?? 0) - (before.get(`handler_read_${name}`) ?? 0)
    return { result, along: grown("next") + grown("prev"), without: grown("rnd_next") + grown("rnd") }
  })

const countOf = (pieces: ReadonlyArray<{ readonly rows: number }>) => pieces.reduce((sum, { rows }) => sum + rows, 0)

const byBytes = (chunkBytes: number): Source.PlanOptions => ({ chunkBytes, chunkRows: Option.none(), split: true })

describeVendors("walking along keys", (vendor) => {
  layer(oneServer(vendor), { excludeTestServices: true, timeout: "10 minutes" })((it) => {
    it.scoped("passes each row once to plan and once to read, however many chunks there are", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh(
          "cost",
          ...Object.entries(tables).flatMap(([name, [columns, key, values]]) => [
            `CREATE TABLE ${name} (${columns}, v VARCHAR(100), ${key})`,
            `INSERT INTO ${name} SELECT ${values}, REPEAT('v', 50) FROM ${numbers}`,
            `ANALYZE TABLE ${name}`
          ])
        )
        const snapshot = yield* snapshotOf(server, everythingIn("cost"), { readers: 1, spare: 0 })
        const wished = 250
        for (const [name, [, key]] of Object.entries(tables)) {
          const planned = yield* passedBy(connection, chunksOf(snapshot, name, inChunksOf(wished)))
          const chunks = planned.result
          assert.isAtLeast(chunks.length, rows / wished * 0.5, name)
          assert.isAtMost(chunks.length, rows / wished * 2.5, name)
          assert.isAtMost(planned.along, rows * 1.1 + chunks.length * 10, name)
          assert.isAtMost(planned.without, rows * 0.2, name)
          if (name === "tenants") assert.isAtMost(planned.along, rows * 0.15, name)

          const read = yield* passedBy(
            connection,
            Effect.forEach(chunks, (chunk) => Effect.map(statementsOf(snapshot, chunk), countOf))
          )
          assert.strictEqual(read.result.reduce((sum, n) => sum + n, 0), rows, name)
          assert.isAtMost(Math.max(...read.result), wished * 5, name)
          assert.isAtMost(read.along, rows * 1.1 + chunks.length * 4, name)
          assert.isAtMost(read.without, rows * 0.2, name)

          const order = key.startsWith("PRIMARY") ? ` ORDER BY ${key.replace(/^.*\(|\)$/g, "")}` : ""
          const index = key.startsWith("PRIMARY") ? "PRIMARY" : "t"
          for (const chunk of chunks) {
            const condition = Option.getOrThrow(chunk.condition)
            const { columns, rows: [plan] } = yield* connection.query(
              `EXPLAIN FORMAT=TRADITIONAL SELECT * FROM ${name} FORCE INDEX (\`${index}\`) WHERE ${condition}${order}`
            )
            const said = (column: string) => Buffer.from(plan?.[columns.indexOf(column)] ?? []).toString()
            assert.deepStrictEqual([said("type"), said("key")], ["range", index], condition)
            assert.notInclude(said("Extra"), "filesort", condition)
          }
        }
      }))

    it.scoped("chunks are as large as wished, whatever the statistics say", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh(
          "sizes",
          // The statistics are of one small row.
          ...["texts", "numbers"].flatMap((name) => [
            `CREATE TABLE ${name} (k ${
              name === "texts" ? "CHAR(64)" : "INT"
            } PRIMARY KEY, v MEDIUMTEXT) STATS_PERSISTENT = 1 STATS_AUTO_RECALC = 0`,
            `INSERT INTO ${name} VALUES (0, 'small')`,
            `ANALYZE TABLE ${name}`,
            `INSERT INTO ${name} SELECT ${name === "texts" ? "SHA2(n, 256)" : "n + 1"}, IF(${
              name === "texts" ? "n % 1000 = 7" : "n > 9990"
            }, REPEAT('x', 300000), REPEAT('x', 100)) FROM ${numbers}`
          ])
        )
        const snapshot = yield* snapshotOf(server, everythingIn("sizes"))
        const wished = 100_000
        const measured = (table: string) =>
          Effect.gen(function*() {
            const chunks = yield* chunksOf(snapshot, table, byBytes(wished))
            return yield* Effect.forEach(chunks, (chunk) =>
              Effect.map(statementsOf(snapshot, chunk), (pieces) => ({
                rows: countOf(pieces),
                bytes: pieces.reduce((sum, { bytes }) => sum + bytes.length, 0)
              })))
          })
        // 1.7 MB of small rows, and ten that are larger than a chunk should be, each in a chunk with none or few others.
        const walked = yield* measured("texts")
        assert.strictEqual(countOf(walked), rows + 1)
        assert.strictEqual(walked.filter(({ bytes }) => bytes > 300_000).length, 10)
        for (const { bytes, rows } of walked) {
          assert.isTrue(bytes <= wished * 1.1 || rows === 1, `${rows} rows, ${bytes} bytes`)
        }
        assert.isAtMost(walked.length, 60)
        const estimated = yield* measured("numbers")
        assert.strictEqual(countOf(estimated), rows + 1)
        for (const { bytes, rows } of estimated) {
          assert.isTrue(bytes <= wished * 1.1 || rows === 1, `${rows} rows, ${bytes} bytes`)
        }
        assert.isAtMost(estimated.length, 60)
      }))

    it.scoped("partitions are chunks where there is no key, and may be where there is one", () =>
      Effect.gen(function*() {
        const ranges = "(PARTITION `p 0` VALUES LESS THAN (100), PARTITION `p``1` VALUES LESS THAN (5000), " +
          "PARTITION `pé` VALUES LESS THAN MAXVALUE)"
        const { server } = yield* fresh(
          "parted",
          `CREATE TABLE bare (n INT, v VARCHAR(100)) PARTITION BY RANGE (n) ${ranges}`,
          `CREATE TABLE sub (n INT, v VARCHAR(100)) PARTITION BY RANGE (n) SUBPARTITION BY HASH (n) SUBPARTITIONS 2 ${ranges}`,
          `CREATE TABLE enums (e ENUM('a', 'b'), n INT, v VARCHAR(100), PRIMARY KEY (e, n)) PARTITION BY RANGE (n) ${ranges}`,
          `CREATE TABLE keyed (n INT PRIMARY KEY, v VARCHAR(100)) PARTITION BY RANGE (n) ${ranges}`,
          `CREATE TABLE named (k VARCHAR(70), n INT, v VARCHAR(100), PRIMARY KEY (k, n)) PARTITION BY RANGE (n) ${ranges}`,
          `INSERT INTO bare SELECT n, 'v' FROM ${numbers}`,
          "INSERT INTO sub SELECT * FROM bare",
          "INSERT INTO enums SELECT 'a', n, v FROM bare",
          "INSERT INTO keyed SELECT * FROM bare",
          "INSERT INTO named SELECT SHA2(n, 256), n, v FROM bare",
          "ANALYZE TABLE bare, sub, enums, keyed, named"
        )
        const snapshot = yield* snapshotOf(server, everythingIn("parted"))
        const cut = (name: string, options: Partial<Source.PlanOptions> = {}) =>
          Effect.gen(function*() {
            const chunks = yield* chunksOf(snapshot, name, { ...inChunksOf(1000), ...options })
            const read = yield* Effect.forEach(chunks, (chunk) => Effect.map(statementsOf(snapshot, chunk), countOf))
            assert.strictEqual(read.reduce((sum, n) => sum + n, 0), rows, name)
            return { chunks, read }
          })
        for (const name of ["bare", "enums"]) {
          const { chunks, read } = yield* cut(name)
          assert.deepStrictEqual(chunks.map(({ partitions }) => partitions), [["p 0"], ["p`1"], ["pé"]], name)
          assert.deepStrictEqual(read, [100, 4900, 5000])
        }
        assert.deepStrictEqual((yield* cut("bare", inChunksOf(6000))).read, [5000, 5000])
        assert.deepStrictEqual((yield* cut("bare", { split: false })).read, [rows])
        assert.deepStrictEqual((yield* cut("sub")).read, [100, 2450, 2450, 2500, 2500])
        for (const name of ["keyed", "named"]) {
          assert.deepStrictEqual((yield* cut(name)).chunks.flatMap(({ partitions }) => partitions), [], name)
          const { chunks, read } = yield* cut(name, { byPartition: true })
          assert.isTrue(chunks.every(({ partitions }) => partitions.length === 1), name)
          assert.isAtMost(Math.max(...read), 2000, name)
          assert.isAtLeast(read.length, 10, name)
        }
      }))

    it.scoped("only the first column, when that is asked for", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh(
          "first",
          "CREATE TABLE t (t INT, i INT, PRIMARY KEY (t, i))",
          `INSERT INTO t SELECT n % 3, n FROM ${numbers}`,
          "ANALYZE TABLE t"
        )
        const snapshot = yield* snapshotOf(server, everythingIn("first"))
        const chunks = yield* chunksOf(snapshot, "t", { ...inChunksOf(100), byFirstColumn: true })
        assert.deepStrictEqual(
          chunks.map(({ condition }) => Option.getOrNull(condition)),
          ["`t` < 1", "`t` >= 1 AND `t` < 2", "`t` >= 2"]
        )
      }))
  })
})
