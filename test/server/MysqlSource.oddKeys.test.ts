/**
 * Keys that nothing can be cut along, and values that cannot be written down.
 */
import { FileSystem } from "@effect/platform"
import { assert, layer } from "@effect/vitest"
import { Effect, Option } from "effect"

import { ask, chunksOf, everythingIn, inChunksOf, run, snapshotOf, statementsOf } from "../support/mysqlSource.js"
import * as Numbers from "../support/numbers.js"
import { fresh, oneServerWith } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** From 0 to 999. */
const numbers = Numbers.numbers(3)

describeVendors("odd keys", (vendor) => {
  layer(oneServerWith(vendor, ["--default-time-zone=+03:00"]), {
    excludeTestServices: true,
    timeout: "10 minutes"
  })((it) => {
    type Snapshot = Effect.Effect.Success<ReturnType<typeof snapshotOf>>
    const counted = (snapshot: Snapshot, table: string, options = inChunksOf(100), utc = true) =>
      Effect.gen(function*() {
        const chunks = yield* chunksOf(snapshot, table, options)
        const read = yield* Effect.forEach(chunks, (chunk) => statementsOf(snapshot, chunk, { utc }))
        return read.map((pieces) => pieces.reduce((sum, { rows }) => sum + rows, 0))
      })

    it.scoped("a table is in one piece where no key is kept in an order, holds all rows, and may be named", () =>
      Effect.gen(function*() {
        const hidden = vendor === "mysql" ? "INVISIBLE" : "IGNORED"
        const tables = {
          hashed: "n INT PRIMARY KEY) ENGINE = MEMORY",
          hidden: `n INT NOT NULL, f FLOAT NOT NULL, UNIQUE KEY z (f), UNIQUE KEY k (n) ${hidden})`,
          prefix: "n INT NOT NULL, t VARCHAR(20) NOT NULL DEFAULT 'x', UNIQUE KEY k (t(3), n))",
          nullable: "n INT, UNIQUE KEY k (n))",
          plain: "n INT NOT NULL, KEY k (n))",
          floats: "n FLOAT PRIMARY KEY)",
          bits: "n BIT(10) PRIMARY KEY)",
          ...(vendor === "mysql" ? { functional: "n INT NOT NULL, UNIQUE KEY k ((n + 1)))" } : {})
        }
        const { server } = yield* fresh(
          "whole",
          ...Object.entries(tables).flatMap(([name, definition]) => [
            `CREATE TABLE ${name} (${definition}`,
            name === "hidden"
              ? `INSERT INTO ${name} SELECT n, n FROM ${numbers}`
              : `INSERT INTO ${name} (n) SELECT n FROM ${numbers}`
          ]),
          // The same index in order can be cut along.
          "CREATE TABLE ordered (n INT, PRIMARY KEY (n) USING BTREE) ENGINE = MEMORY",
          `INSERT INTO ordered SELECT n FROM ${numbers}`,
          // And the one that can be cut along is found, whatever it is called.
          "CREATE TABLE second (n INT NOT NULL, f FLOAT NOT NULL, UNIQUE KEY k (f), UNIQUE KEY z (n))",
          `INSERT INTO second SELECT n, n FROM ${numbers}`
        )
        const snapshot = yield* snapshotOf(server, everythingIn("whole"))
        for (const name of Object.keys(tables)) {
          assert.deepStrictEqual(yield* counted(snapshot, name), [1000], name)
        }
        for (const name of ["ordered", "second"]) {
          const lengths = yield* counted(snapshot, name)
          assert.isAtLeast(lengths.length, 4, name)
          assert.strictEqual(lengths.reduce((sum, n) => sum + n, 0), 1000, name)
        }
      }))

    it.scoped("texts that compare without their spaces and are indexed with them are not cut along", () =>
      Effect.gen(function*() {
        const collation = vendor === "mysql" ? "utf8mb4_0900_ai_ci" : "utf8mb4_unicode_nopad_ci"
        // What sorts before a space, and what does not count at all, beside the same without it.
        const text = "CONCAT(LPAD(n DIV 4, 3, '0'), ELT(n % 4 + 1, '', '\t', _utf8mb4 X'CC81', 'a'))"
        const { connection, server } = yield* fresh(
          "unpadded",
          `CREATE TABLE c (k CHAR(6) COLLATE ${collation} PRIMARY KEY)`,
          `CREATE TABLE v (k VARCHAR(6) COLLATE ${collation} PRIMARY KEY)`,
          `CREATE TABLE p (n INT, k CHAR(6) COLLATE ${collation}, PRIMARY KEY (n, k))`,
          ...["c", "v"].map((name) => `INSERT IGNORE INTO ${name} SELECT ${text} FROM ${numbers}`),
          `INSERT IGNORE INTO p SELECT n DIV 100, ${text} FROM ${numbers}`
        )
        const snapshot = yield* snapshotOf(server, everythingIn("unpadded"))
        for (const name of ["c", "v", "p"]) {
          const [all] = yield* ask(connection, `SELECT COUNT(*) FROM ${name}`)
          const lengths = yield* counted(snapshot, name, inChunksOf(25))
          assert.strictEqual(lengths.reduce((sum, n) => sum + n, 0), Number(all?.[0]), name)
          // MySQL indexes them as it compares them
          if (vendor === "mariadb" && name === "c") assert.lengthOf(lengths, 1)
          else assert.isAbove(lengths.length, 5, name)
        }
      }))

    const every = process.env["SLUICE_LONG"] === undefined ? it.scoped.skip : it.scoped
    every("texts of every collation are in one chunk each", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh("collations")
        const collations = yield* ask(
          connection,
          vendor === "mysql"
            ? "SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLLATIONS"
            : "SELECT CHARACTER_SET_NAME, FULL_COLLATION_NAME " +
              "FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
        )
        assert.isAbove(collations.length, 250)
        const values = [
          "",
          "20",
          "09",
          "01",
          "00",
          "61",
          "6100",
          "6101",
          "6109",
          "6120",
          "6161",
          "CC81",
          "61CC81",
          "61E2808B"
        ]
        const tables = collations.flatMap(([charset, collation]) =>
          ["CHAR", "VARCHAR"].map((type) => ({ name: `${type}_${collation}`, charset, type: `${type}(6)`, collation }))
        )
        for (const { charset, collation, name, type } of tables) {
          const rows = values.map((value) => `(CONVERT(_utf8mb4 X'${value}' USING ${charset}))`).join(", ")
          yield* run(
            connection,
            `CREATE TABLE ${name} (k ${type} CHARACTER SET ${charset} COLLATE ${collation} PRIMARY KEY)`,
            `INSERT IGNORE INTO ${name} VALUES ${rows}`
          )
        }
        const snapshot = yield* snapshotOf(server, everythingIn("collations"))
        for (const { name } of tables) {
          const [all] = yield* ask(connection, `SELECT COUNT(*) FROM ${name}`)
          const lengths = yield* counted(snapshot, name, inChunksOf(1))
          assert.strictEqual(lengths.reduce((sum, n) => sum + n, 0), Number(all?.[0]), name)
        }
      }), 1_200_000)

    it.scoped("texts that are none in their character set are passed over", () =>
      Effect.gen(function*() {
        // No server lets bytes in that are no text, but one that takes over a table's file does not look.
        const fs = yield* FileSystem.FileSystem
        const { connection, server } = yield* fresh(
          "malformed",
          "CREATE TABLE u (k VARBINARY(20) PRIMARY KEY)",
          `INSERT INTO u SELECT CONCAT(LPAD(n, 4, '0'), IF(n % 3 = 0, X'FF', '')) FROM ${numbers}`,
          "CREATE TABLE t (k VARCHAR(20) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin PRIMARY KEY)",
          "ALTER TABLE t DISCARD TABLESPACE",
          "FLUSH TABLES u FOR EXPORT"
        )
        const file = (name: string) => `${server.directory}/data/malformed/${name}.ibd`
        yield* fs.copyFile(file("u"), file("t"))
        yield* run(connection, "UNLOCK TABLES", "ALTER TABLE t IMPORT TABLESPACE")
        const told = yield* Effect.either(connection.query("SELECT 1 FROM t WHERE k = _utf8mb3 X'30303030FF'"))
        assert.strictEqual(told._tag === "Left" ? told.left.errno : 0, 1300)

        const snapshot = yield* snapshotOf(server, everythingIn("malformed"))
        assert.deepStrictEqual(yield* counted(snapshot, "u"), Array.from({ length: 10 }, () => 100))
        const lengths = yield* counted(snapshot, "t")
        assert.strictEqual(lengths.reduce((sum, n) => sum + n, 0), 1000)
        // Where a chunk is full with such a text, the next one has the few rows before one that can be told.
        assert.isAtLeast(lengths.length, 10)
        assert.isAtMost(lengths.length, 20)
      }))

    it.scoped("moments are cut in UTC, and only when they are read in it", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh(
          "moments",
          "SET time_zone = '+00:00'",
          "CREATE TABLE t (k TIMESTAMP(3) NOT NULL DEFAULT '2001-01-01 00:00:00', n INT, PRIMARY KEY (k, n))",
          `INSERT INTO t SELECT '2021-03-28 00:30:00' + INTERVAL n MINUTE, n FROM ${numbers}`,
          "CREATE TABLE d (k DATETIME(3), n INT, PRIMARY KEY (k, n))",
          "INSERT INTO d SELECT * FROM t"
        )
        assert.deepStrictEqual(yield* ask(connection, "SELECT @@GLOBAL.time_zone"), [["+03:00"]])
        const snapshot = yield* snapshotOf(server, everythingIn("moments"))
        const ten = Array.from({ length: 10 }, () => 100)
        assert.deepStrictEqual(yield* counted(snapshot, "t"), ten)
        assert.deepStrictEqual(yield* counted(snapshot, "t", { ...inChunksOf(100), utc: false }, false), [1000])
        assert.deepStrictEqual(yield* counted(snapshot, "d"), ten)
        assert.deepStrictEqual(yield* counted(snapshot, "d", { ...inChunksOf(100), utc: false }, false), ten)
      }))

    it.scoped("columns of every type can be measured", () =>
      Effect.gen(function*() {
        const columns = [
          "a TINYINT, b SMALLINT, c MEDIUMINT, d INT UNSIGNED, e BIGINT UNSIGNED, f DECIMAL(65,30), g FLOAT, h DOUBLE, y YEAR",
          "bi BIT(33), da DATE, ti TIME(6), dt DATETIME(6), ts TIMESTAMP NULL, ch CHAR(9), vc VARCHAR(900), te LONGTEXT",
          "bn BINARY(5), vb VARBINARY(700), bl LONGBLOB, en ENUM('a', 'b'), se SET('a', 'b'), js JSON, ge GEOMETRY",
          "gv INT AS (a + 1) VIRTUAL, gs INT AS (a + 1) STORED",
          vendor === "mysql" ? "ve VECTOR(4)" : "uu UUID, i6 INET6, i4 INET4"
        ]
        const { server } = yield* fresh(
          "measured",
          `CREATE TABLE t (k CHAR(4) PRIMARY KEY, ${columns.join(", ")})`,
          `INSERT INTO t (k) SELECT LPAD(n, 4, '0') FROM ${numbers}`,
          "UPDATE t SET a = 1, f = 1, h = 1e300, bi = 1, da = '2020-01-01', vc = REPEAT('v', 900), te = REPEAT('t', 900), " +
            "vb = REPEAT('b', 450), js = '{}', ge = ST_GeomFromText('POINT(1 1)') WHERE k >= '0500'"
        )
        const snapshot = yield* snapshotOf(server, everythingIn("measured"))
        const chunks = yield* chunksOf(snapshot, "t", { chunkBytes: 200_000, chunkRows: Option.none(), split: true })
        const sizes = yield* Effect.forEach(chunks, (chunk) =>
          Effect.map(statementsOf(snapshot, chunk), (pieces) =>
            pieces.reduce((sum, { bytes }) =>
              sum + bytes.length, 0)))
        for (const size of sizes.slice(0, -1)) {
          assert.isAtLeast(size, 100_000)
          assert.isAtMost(size, 300_000)
        }
        assert.isAtLeast(sizes.length, 6)
      }))

    it.scoped("large tables with honest statistics are cut by estimates of what their ends are like", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh(
          "grown",
          "CREATE TABLE t (n INT PRIMARY KEY, v VARCHAR(3000))",
          `INSERT INTO t SELECT x.n * 10 + y.d, REPEAT('v', IF(x.n < 900, 20, 2000)) FROM ${numbers}, ${Numbers.digits} y`,
          "ANALYZE TABLE t"
        )
        const snapshot = yield* snapshotOf(server, everythingIn("grown"))
        const wished = 100_000
        const chunks = yield* chunksOf(snapshot, "t", { chunkBytes: wished, chunkRows: Option.none(), split: true })
        const sizes = yield* Effect.forEach(
          chunks,
          (chunk) =>
            Effect.map(
              statementsOf(snapshot, chunk),
              (pieces) => pieces.reduce((sum, { bytes }) => sum + bytes.length, 0)
            )
        )
        for (const size of sizes) assert.isAtMost(size, wished * 3)
        assert.isAtLeast(sizes.length, 12)
        assert.isAtMost(sizes.length, 60)
      }))
  })
})
