/**
 * Objects beside tables, views and programs: sequences, versioned tables, and what cannot be carried.
 */
import { assert, layer } from "@effect/vitest"
import { Sql } from "@sluice/format"
import { Restore } from "@sluice/pipeline"
import { Effect, Option } from "effect"

import * as moves from "../support/moves.js"
import { ask, connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const numbers = [
  "CREATE DATABASE numbers",
  "USE numbers",
  "CREATE SEQUENCE unused",
  "CREATE SEQUENCE used NOCACHE",
  "CREATE SEQUENCE cached START WITH 7 INCREMENT BY 3 CACHE 4",
  "CREATE SEQUENCE down START WITH 100 INCREMENT BY -1 MINVALUE 1 MAXVALUE 100 NOCACHE",
  "CREATE SEQUENCE cycling START WITH 3 MINVALUE 1 MAXVALUE 5 NOCACHE CYCLE",
  "CREATE SEQUENCE cycling_down START WITH -10 INCREMENT BY -5 MINVALUE -30 MAXVALUE -10 CACHE 2 CYCLE",
  "CREATE SEQUENCE stepless INCREMENT BY 0",
  "CREATE SEQUENCE at_its_end MAXVALUE 2 NOCACHE",
  "CREATE SEQUENCE at_the_least INCREMENT BY -1 START WITH -9223372036854775807 MINVALUE -9223372036854775807 NOCACHE",
  "CREATE SEQUENCE before_its_start START WITH 50 NOCACHE",
  "CREATE SEQUENCE above_its_start START WITH 50 INCREMENT BY -1 MINVALUE 1 MAXVALUE 100",
  "CREATE SEQUENCE `it's ; ``odd``` ENGINE = Aria COMMENT 'for;\\nüß \\' it'",
  "DO NEXTVAL(used)",
  "DO NEXTVAL(used)",
  "DO NEXTVAL(cached)",
  "DO NEXTVAL(down)",
  ...Array.from({ length: 8 }, () => "DO NEXTVAL(cycling)"),
  ...Array.from({ length: 7 }, () => "DO NEXTVAL(cycling_down)"),
  "DO NEXTVAL(stepless)",
  "DO NEXTVAL(at_its_end)",
  "DO NEXTVAL(at_its_end)",
  "DO NEXTVAL(at_the_least)",
  "ALTER SEQUENCE before_its_start RESTART WITH 2",
  "ALTER SEQUENCE above_its_start RESTART WITH 60",
  // a table that comes before all sequences, and uses one of another database
  "CREATE DATABASE a_numbers",
  "CREATE TABLE a_numbers.a (id BIGINT DEFAULT (NEXTVAL(numbers.used)) PRIMARY KEY, t TEXT DEFAULT 'nextval(`numbers`.`used`)')",
  "CREATE TABLE aa (id BIGINT DEFAULT NEXTVAL(used) PRIMARY KEY, last BIGINT DEFAULT LASTVAL(used), n INT)",
  "INSERT INTO aa (n) VALUES (1), (2)"
]

const history = [
  "CREATE DATABASE history",
  "USE history",
  "CREATE TABLE plain (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING",
  "CREATE TABLE named (id INT PRIMARY KEY, x INT, since TIMESTAMP(6) GENERATED ALWAYS AS ROW START, till TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (since, till)) WITH SYSTEM VERSIONING",
  "CREATE TABLE hidden (id INT, since TIMESTAMP(6) GENERATED ALWAYS AS ROW START INVISIBLE, till TIMESTAMP(6) GENERATED ALWAYS AS ROW END INVISIBLE, y INT AS (id + 1), PERIOD FOR SYSTEM_TIME (since, till)) WITH SYSTEM VERSIONING",
  "CREATE TABLE precise (id INT PRIMARY KEY, x INT, since BIGINT UNSIGNED GENERATED ALWAYS AS ROW START, till BIGINT UNSIGNED GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (since, till)) WITH SYSTEM VERSIONING",
  "CREATE TABLE some_columns (x INT, y INT WITH SYSTEM VERSIONING)",
  "CREATE TABLE by_time (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME INTERVAL 1 WEEK STARTS '2026-01-01 00:00:00' AUTO PARTITIONS 3",
  "CREATE TABLE by_size (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME LIMIT 10 (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pn CURRENT)",
  "CREATE TABLE bookings (id INT, s DATE, e DATE, PERIOD FOR booked (s, e), PRIMARY KEY (id, booked WITHOUT OVERLAPS)) WITH SYSTEM VERSIONING",
  "CREATE TABLE prices (id INT, s DATE, e DATE, PERIOD FOR valid (s, e))",
  "INSERT INTO plain VALUES (1, 1), (2, 2)",
  "INSERT INTO named (id, x) VALUES (1, 1), (2, 2)",
  "INSERT INTO hidden (id) VALUES (1), (2)",
  "INSERT INTO precise (id, x) VALUES (1, 1), (2, 2)",
  "INSERT INTO some_columns VALUES (1, 1), (2, 2)",
  "INSERT INTO by_time VALUES (1, 1), (2, 2)",
  "INSERT INTO by_size VALUES (1, 1), (2, 2)",
  "INSERT INTO bookings VALUES (1, '2020-01-01', '2021-01-01'), (1, '2021-01-01', '2022-01-01')",
  "INSERT INTO prices VALUES (1, '2020-01-01', '2021-01-01')",
  "DELETE FROM bookings FOR PORTION OF booked FROM '2020-03-01' TO '2020-04-01'",
  ...["plain", "named", "precise", "some_columns", "by_time", "by_size"].map((table) =>
    `UPDATE ${table} SET x = 10 WHERE x = 1`
  ),
  ...["plain", "named", "hidden", "precise", "by_time", "by_size"].map((table) => `DELETE FROM ${table} WHERE id = 2`)
]

/** Each view needs what comes after it: another database, another name, a function, a table. */
const hostile = [
  "CREATE DATABASE a_views",
  "CREATE DATABASE b_views",
  "CREATE TABLE b_views.z_table (id INT PRIMARY KEY, n INT)",
  "INSERT INTO b_views.z_table VALUES (1, 2), (3, 4)",
  "CREATE FUNCTION b_views.z_twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2",
  "CREATE VIEW b_views.y AS SELECT id, b_views.z_twice(n) AS twice FROM b_views.z_table",
  "CREATE VIEW a_views.x AS SELECT id, twice FROM b_views.y",
  "CREATE VIEW b_views.a AS SELECT id, twice + 1 AS more FROM a_views.x",
  "CREATE VIEW a_views.a AS SELECT id, more, COUNT(*) AS n FROM b_views.a GROUP BY id, more",
  "CREATE FUNCTION a_views.f() RETURNS BIGINT READS SQL DATA RETURN (SELECT SUM(more) FROM b_views.a)",
  "CREATE VIEW a_views.`a first` AS SELECT a_views.f() AS f, more FROM a_views.a",
  "CREATE TRIGGER b_views.t AFTER INSERT ON b_views.z_table FOR EACH ROW SET @more = (SELECT MAX(more) FROM a_views.a)"
]

describeVendors("objects", (vendor) => {
  layer(real.twoServers(vendor), { excludeTestServices: true })((it) => {
    it.scoped(
      "views come back whatever they need, in whatever order, of whatever database",
      () =>
        Effect.gen(function*() {
          const from = yield* moves.make(...hostile)
          yield* moves.move(["a_views", "b_views"])
          assert.deepStrictEqual(yield* moves.differences("a_views"), [])
          assert.deepStrictEqual(yield* moves.differences("b_views"), [])
          const to = yield* connect(yield* real.To)
          const rows = "SELECT * FROM a_views.`a first` ORDER BY more"
          assert.deepStrictEqual(yield* ask(to, rows), yield* ask(from, rows))
        }),
      120_000
    )

    if (vendor === "mariadb") {
      it.scoped("sequences come back as they are defined and where they stand", () =>
        Effect.gen(function*() {
          const from = yield* moves.make(...numbers)
          const { dumped, restored } = yield* moves.move(["a_numbers", "numbers"])
          assert.deepStrictEqual(yield* moves.differences("numbers"), [])
          assert.deepStrictEqual(yield* moves.differences("a_numbers"), [])
          assert.strictEqual(dumped.objects, 12)
          assert.strictEqual(restored.objects, 12)
          assert.strictEqual(restored.tables, 2)
          const to = yield* connect(yield* real.To)
          const insert = "INSERT INTO numbers.aa (n) VALUES (3) RETURNING id"
          assert.deepStrictEqual(yield* ask(to, insert), yield* ask(from, insert))
        }), 120_000)

      it.scoped(
        "a sequence goes along into another database, with the tables that use it",
        () =>
          Effect.gen(function*() {
            const from = yield* connect(yield* real.From)
            const { bytes } = yield* moves.move(["numbers"], { restore: { database: Option.some("elsewhere") } })
            const to = yield* connect(yield* real.To)
            const [[, create] = []] = yield* ask(to, "SHOW CREATE TABLE elsewhere.aa")
            assert.include(create ?? "", "DEFAULT nextval(`elsewhere`.`used`)")
            assert.include(create ?? "", "DEFAULT lastval(`elsewhere`.`used`)")
            const position = "SELECT next_not_cached_value, cycle_count FROM"
            assert.deepStrictEqual(
              yield* ask(to, `${position} elsewhere.cycling`),
              yield* ask(from, `${position} numbers.cycling`)
            )

            const includes = (_: string, table: string) => table === "down" || table === "aa"
            yield* run(to, "DROP DATABASE elsewhere", "DROP DATABASE IF EXISTS numbers")
            const some = yield* Effect.flip(
              moves.restoreFrom(bytes, { database: Option.some("elsewhere"), includes })
            )
            // what a table needs and nobody wants is said by name
            assert.include(some.message, "used")
            yield* run(to, "DROP DATABASE elsewhere")
            const alone = yield* moves.restoreFrom(bytes, {
              database: Option.some("elsewhere"),
              includes: (_, table) => table === "down"
            })
            assert.deepStrictEqual([alone.objects, alone.tables], [1, 0])
            assert.deepStrictEqual(yield* ask(to, "SHOW TABLES FROM elsewhere"), [["down"]])
          }),
        120_000
      )

      it.scoped("a sequence that is already there is as safe as a table", () =>
        Effect.gen(function*() {
          const { Delete, Drop, Fail, Skip, Truncate } = Restore.Existing
          yield* moves.make(
            "DROP DATABASE IF EXISTS one",
            "CREATE DATABASE one",
            "CREATE SEQUENCE one.s NOCACHE",
            "DO NEXTVAL(one.s)"
          )
          const { bytes } = yield* moves.move(["one"])
          const to = yield* connect(yield* real.To)
          const position = Effect.map(ask(to, "SELECT next_not_cached_value FROM one.s"), ([row]) => row?.[0])
          assert.strictEqual(yield* position, "2")
          for (
            const [existing, expected] of [[Drop(), "2"], [Truncate(), "2"], [Delete(), "2"], [Skip(), "9"]] as const
          ) {
            yield* run(to, "DO SETVAL(one.s, 9, 0)")
            const verdict = yield* moves.restoreFrom(bytes, { existing })
            assert.strictEqual(yield* position, expected, existing._tag)
            assert.strictEqual(verdict.objects, existing._tag === "Skip" ? 0 : 1)
          }
          const refused = yield* Effect.flip(moves.restoreFrom(bytes, { existing: Fail() }))
          assert.include(refused.message, "cannot create a sequence (one.s)")
          assert.strictEqual(yield* position, "9")
          yield* run(to, "DROP SEQUENCE one.s", "CREATE TABLE one.s (id INT)", "INSERT INTO one.s VALUES (1)")
          yield* moves.restoreFrom(bytes, { existing: Truncate() })
          assert.strictEqual(yield* position, "2")
        }), 120_000)

      it.scoped(
        "versioned tables come back with their current rows, and the verdict says so",
        () =>
          Effect.gen(function*() {
            const from = yield* moves.make(...history)
            // a server may be set to show the past
            yield* run(from, "SET GLOBAL system_versioning_asof = '2020-01-01'")
            const { dumped } = yield* moves.move(["history"]).pipe(
              Effect.ensuring(Effect.ignore(from.query("SET GLOBAL system_versioning_asof = DEFAULT")))
            )
            assert.deepStrictEqual(yield* moves.differences("history"), [])
            assert.strictEqual(dumped.leftOut.length, 1)
            for (
              const table of ["plain", "named", "hidden", "precise", "some_columns", "by_time", "by_size", "bookings"]
            ) {
              assert.include(dumped.leftOut.join(), Sql.quoteName({ database: "history", name: table }))
            }
            assert.notInclude(dumped.leftOut.join(), "prices")
            const to = yield* connect(yield* real.To)
            assert.deepStrictEqual(yield* ask(to, "SELECT id, x FROM history.named"), [["1", "10"]])
          }),
        120_000
      )
    }
  })
})
