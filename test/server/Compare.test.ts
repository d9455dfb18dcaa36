import { assert, layer } from "@effect/vitest"
import type { Connection } from "@sluice/mysql"
import { Comparison } from "@sluice/pipeline"
import type { ServerPrograms } from "@sluice/testing"
import { Effect, Option, Schema } from "effect"

import { compare, told } from "../support/comparing.js"
import { lenient, long } from "../support/moving.js"
import { ask, connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"
import * as TypeZoo from "../support/typeZoo.js"
import * as Zoo from "../support/zoo/build.js"

/** Many rows, of which MariaDB makes a sequence and MySQL a recursion. */
const numbers = (vendor: ServerPrograms.Vendor, count: number) =>
  vendor === "mariadb"
    ? `(SELECT seq AS n FROM seq_1_to_${count})`
    : `(WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < ${count}) SELECT n FROM r)`

const shop = (vendor: ServerPrograms.Vendor): ReadonlyArray<string> => [
  "DROP DATABASE IF EXISTS shop",
  "DROP DATABASE IF EXISTS other",
  "CREATE DATABASE other CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
  "CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
  "USE shop",
  ...(vendor === "mysql" ? ["SET SESSION cte_max_recursion_depth = 100000"] : []),
  "CREATE TABLE one_cell (id INT PRIMARY KEY, a VARCHAR(20), b DOUBLE)",
  `INSERT INTO one_cell SELECT n, CONCAT('row ', n), n / 7 FROM ${numbers(vendor, 3000)} x`,
  "CREATE TABLE rows_gone (code VARCHAR(20) PRIMARY KEY, a INT)",
  `INSERT INTO rows_gone SELECT CONCAT('c', n), n FROM ${numbers(vendor, 1000)} x`,
  "CREATE TABLE two_columns (a INT, b DATETIME(3), c TEXT, PRIMARY KEY (a, b))",
  `INSERT INTO two_columns SELECT n DIV 10, '2024-01-01' + INTERVAL n SECOND, REPEAT('x', 300) FROM ${
    numbers(vendor, 500)
  } x`,
  "CREATE TABLE no_key (a INT, b VARCHAR(10))",
  "INSERT INTO no_key VALUES (1, 'x'), (1, 'x'), (2, 'y'), (3, NULL)",
  "CREATE TABLE null_or_empty (id INT PRIMARY KEY, a VARCHAR(10), b VARCHAR(10))",
  "INSERT INTO null_or_empty VALUES (1, NULL, 'x'), (2, '', 'x'), (3, 'ab', 'c'), (4, 'N', NULL)",
  "CREATE TABLE many (id INT PRIMARY KEY, a INT)",
  `INSERT INTO many SELECT n, 0 FROM ${numbers(vendor, 2000)} x`,
  "CREATE TABLE same (id INT PRIMARY KEY AUTO_INCREMENT, a INT, KEY some (a))",
  "INSERT INTO same VALUES (1, 1), (2, 2)",
  "CREATE TABLE letters (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET latin1)",
  "INSERT INTO letters VALUES (1, 'é'), (2, 'e')",
  "CREATE TABLE gone (id INT PRIMARY KEY)",
  "CREATE TABLE counted (id INT PRIMARY KEY AUTO_INCREMENT)",
  "CREATE VIEW seen AS SELECT id FROM same",
  "CREATE TRIGGER watch BEFORE INSERT ON same FOR EACH ROW SET NEW.a = 1",
  "CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1",
  ...(vendor === "mariadb" ? ["CREATE SEQUENCE tickets", "SELECT NEXTVAL(tickets)"] : [])
]

/** What is done to the target, and what has to be told of it. */
const changes = (
  vendor: ServerPrograms.Vendor
): ReadonlyArray<readonly [ReadonlyArray<string>, ReadonlyArray<string>]> => [
  [["ALTER DATABASE other COLLATE utf8mb4_unicode_ci"], ["`other`: database: different"]],
  [["UPDATE one_cell SET b = b + 1e-12 WHERE id = 1777"], [
    "`shop`: rows of `one_cell`: 3000 rows on both sides, not the same ones",
    "  id = 1777: different"
  ]],
  [["DELETE FROM rows_gone WHERE a IN (3, 500)", "INSERT INTO rows_gone VALUES ('new', 1)"], [
    "`shop`: rows of `rows_gone`: 1000 rows in the source, 999 in the target",
    "  code = 'c3': missing in the target",
    "  code = 'c500': missing in the target",
    "  code = 'new': extra in the target"
  ]],
  [["UPDATE two_columns SET c = CONCAT(c, 'y') WHERE a = 5 ORDER BY b LIMIT 1"], [
    "`shop`: rows of `two_columns`: 500 rows on both sides, not the same ones",
    "  (a, b) = (5, '2024-01-01 00:00:50.000'): different"
  ]],
  // two rows that are the same, for two others that are the same: with XOR nobody would see it
  [["UPDATE no_key SET a = 7 WHERE a = 1"], [
    "`shop`: rows of `no_key`: 4 rows on both sides, not the same ones",
    "  and at least N more",
    "  the table has no key: which rows differ cannot be named"
  ]],
  [[
    "UPDATE null_or_empty SET a = '' WHERE id = 1",
    "UPDATE null_or_empty SET a = NULL WHERE id = 2",
    "UPDATE null_or_empty SET a = 'a', b = 'bc' WHERE id = 3",
    "UPDATE null_or_empty SET a = NULL, b = 'N' WHERE id = 4"
  ], [
    "`shop`: rows of `null_or_empty`: 4 rows on both sides, not the same ones",
    ...[1, 2, 3, 4].map((id) => `  id = ${id}: different`)
  ]],
  [["UPDATE many SET a = 1 WHERE id > 1000"], [
    "`shop`: rows of `many`: 2000 rows on both sides, not the same ones",
    ...[1, 2, 3, 4, 5].map((i) => `  id = ${1000 + i}: different`),
    "  and at least N more"
  ]],
  [["ALTER TABLE same DROP KEY some"], ["`shop`: table `same`: different"]],
  [["ALTER TABLE letters MODIFY a VARCHAR(10) CHARACTER SET utf8mb4"], [
    "`shop`: table `letters`: different",
    "`shop`: rows of `letters`: 2 rows on both sides, not the same ones",
    "  id = 1: different"
  ]],
  [["DROP TABLE gone"], ["`shop`: table `gone`: missing in the target"]],
  [["CREATE TABLE come (id INT)"], ["`shop`: table `come`: extra in the target"]],
  [["INSERT INTO counted VALUES (10)", "DELETE FROM counted"], [
    "`shop`: next AUTO_INCREMENT of `counted`: extra in the target"
  ]],
  [["CREATE OR REPLACE VIEW seen AS SELECT id + 0 AS id FROM same"], ["`shop`: view `seen`: different"]],
  [["DROP TRIGGER watch", "CREATE TRIGGER watch BEFORE INSERT ON same FOR EACH ROW SET NEW.a = 2"], [
    "`shop`: trigger `watch`: different"
  ]],
  [["DROP FUNCTION one", "CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 2"], [
    "`shop`: function `one`: different"
  ]],
  ...(vendor === "mariadb"
    ? [[["SELECT SETVAL(tickets, 5000)"], ["`shop`: position of `tickets`: different"]] as const]
    : [])
]
const build = (connection: Connection.RawConnection, vendor: ServerPrograms.Vendor) =>
  run(connection, "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'", ...shop(vendor))

describeVendors("Compare", (vendor) => {
  layer(real.twoServersWith(vendor, ["--default-time-zone=+05:30"]), { excludeTestServices: true })((it) => {
    it.scoped("finds what was changed, and names it", () =>
      Effect.gen(function*() {
        const [source, target] = [yield* real.From, yield* real.To]
        const [here, there] = [yield* connect(source), yield* connect(target)]
        yield* build(here, vendor)
        yield* build(there, vendor)
        const how = { chunkRows: 150 }
        const before = yield* compare(source, target, ["shop", "other"], { maxDifferences: 5 }, how)
        assert.deepStrictEqual(told(before), [])
        assert.isTrue(before.equal)
        assert.strictEqual(before.tables, 10)
        for (const [statements] of changes(vendor)) yield* run(there, ...statements)
        const after = yield* compare(source, target, ["shop", "other"], { maxDifferences: 5 }, how)
        const lines = told(after).filter((line) => !/^ {2}(?:source|target): /.test(line))
        assert.deepStrictEqual(
          lines.map((line) => line.replace(/\d+ more$/, "N more")).sort(),
          changes(vendor).flatMap(([, expected]) => expected).sort()
        )
        assert.isFalse(after.equal)
        // it says where: 1000 rows of `many` differ, and each chunk that was not looked into counts for one at least
        const many = after.differences.find((difference) => difference._tag === "Rows" && difference.table === "many")
        assert(many?._tag === "Rows")
        assert.isAtLeast(many.more, 5)
        assert.isAtMost(many.more, 995)
        const key = after.differences.find((difference) => "what" in difference && difference.what === "table `same`")
        assert.propertyVal(key, "source", "KEY `some` (`a`)")
        assert.propertyVal(key, "target", "nothing")
        // as data it can be read back
        const json = yield* Schema.encode(Comparison.Comparison)(after)
        assert.deepStrictEqual(yield* Schema.decodeUnknown(Comparison.Comparison)(json), after)
      }), 120_000)

    it.scoped(
      "compares databases of one server, under other names, and only what is selected",
      () =>
        Effect.gen(function*() {
          const source = yield* real.From
          const connection = yield* connect(source)
          for (const name of ["old_shop", "new_shop"]) {
            yield* run(
              connection,
              `DROP DATABASE IF EXISTS ${name}`,
              `CREATE DATABASE ${name} CHARACTER SET utf8mb4`,
              `USE ${name}`,
              "CREATE TABLE t (id INT PRIMARY KEY, a INT)",
              "CREATE TABLE left_out (id INT)",
              "INSERT INTO t VALUES (1, 1), (2, 2)",
              "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1",
              "CREATE VIEW v AS SELECT a FROM t",
              `CREATE PROCEDURE p() SELECT '${name}'`
            )
          }
          const both = compare(source, source, ["old_shop"], {
            targetDatabase: () => "new_shop",
            selection: {
              databases: Option.some(["old_shop"]),
              includes: (database, table) => database === "old_shop" && table !== "left_out",
              programs: false
            }
          })
          yield* run(connection, "INSERT INTO left_out VALUES (1)")
          assert.deepStrictEqual(told(yield* both), [])
          yield* run(connection, "UPDATE t SET a = 3 WHERE id = 2")
          assert.deepStrictEqual(told(yield* both), [
            "`old_shop`: rows of `t`: 2 rows on both sides, not the same ones",
            "  id = 2: different"
          ])
        }),
      120_000
    )

    it.scoped("a value is different when the server shows that it is, of every type", () =>
      Effect.gen(function*() {
        const [source, target] = [yield* real.From, yield* real.To]
        const kinds = TypeZoo.kindsOf(vendor, Number(source.version.split(".")[0]))
        /** What the server shows of each row, once with the values in their order, once each with the next one's. */
        const made = (server: typeof source, shift: number) =>
          Effect.gen(function*() {
            const connection = yield* connect(server)
            yield* lenient(connection)
            yield* run(connection, "DROP DATABASE IF EXISTS types", "CREATE DATABASE types", "USE types")
            return yield* Effect.forEach(kinds, ({ show, type, values }, i) =>
              Effect.gen(function*() {
                const nullable = type.startsWith("timestamp") ? "NULL DEFAULT NULL" : "DEFAULT NULL"
                const all = [...values, "NULL"]
                yield* run(
                  connection,
                  `CREATE TABLE t_${i} (id INT PRIMARY KEY, v ${type} ${nullable})`,
                  `INSERT IGNORE INTO t_${i} VALUES ${
                    all.map((_, at) => `(${at + 1}, ${all[(at + shift) % all.length]})`).join(", ")
                  }`
                )
                const rows = yield* ask(connection, `SELECT id, ${show.join(", ")} FROM t_${i} ORDER BY id`)
                return new Map(rows.map(([id, ...shown]) => [id ?? "", JSON.stringify(shown)]))
              }))
          })
        const [left, right] = [yield* made(source, 0), yield* made(target, 1)]
        const comparison = yield* compare(source, target, ["types"], { definitions: false, maxDifferences: 1000 })
        const found = new Map(comparison.differences.flatMap((difference) =>
          difference._tag === "Rows"
            ? [[difference.table, difference.keys.map(({ how, key }) => `${key.join()} ${how}`).sort()] as const]
            : []
        ))
        for (const [i, kind] of kinds.entries()) {
          const [mine, its] = [left[i] ?? new Map<string, string>(), right[i] ?? new Map<string, string>()]
          const expected = Array.from(new Set([...mine.keys(), ...its.keys()])).flatMap((id) =>
            !its.has(id)
              ? [`${id} Missing`]
              : !mine.has(id)
              ? [`${id} Extra`]
              : mine.get(id) !== its.get(id)
              ? [`${id} Different`]
              : []
          )
          assert.deepStrictEqual(found.get(`t_${i}`) ?? [], expected.sort(), `${kind.type}: ${kind.values.join(", ")}`)
        }
        assert.isAbove(found.size, 20)
      }), 120_000)

    it.scoped(`the zoo is equal to ${long ? "one that was built like it" : "itself"}`, () =>
      Effect.gen(function*() {
        const zoo = Zoo.zooOf(vendor)
        const source = yield* real.From
        const target = long ? yield* real.To : source
        for (const server of new Set([source, target])) {
          const connection = yield* connect(server)
          yield* run(connection, "SET GLOBAL event_scheduler = 'OFF'")
          yield* Zoo.build(connection, zoo)
        }
        const comparison = yield* compare(source, target, zoo.databases)
        assert.deepStrictEqual(told(comparison), [])
        assert.isTrue(comparison.equal)
        assert.isAbove(comparison.tables, 90)
        assert.isAbove(comparison.objects, 400)
      }), 120_000)
  })
})
