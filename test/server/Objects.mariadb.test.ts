/**
 * Objects that only MariaDB has: sequences and versioned tables.
 */
import { assert, layer } from "@effect/vitest"
import { Frame, Sql } from "@sluice/format"
import { Restore } from "@sluice/pipeline"
import { Effect, Option } from "effect"

import * as moves from "../support/moves.js"
import { ask, connect, run } from "../support/mysqlSource.js"
import * as objects from "../support/objects.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

describeVendors("objects of its own", (vendor) => {
  layer(real.twoServers(vendor), { excludeTestServices: true })((it) => {
    it.scoped("sequences come back as they are defined and where they stand", () =>
      Effect.gen(function*() {
        const from = yield* moves.make(...objects.numbers)
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

    it.scoped("a trigger that was typed with its database goes along into another one", () =>
      Effect.gen(function*() {
        yield* moves.make(
          "DROP DATABASE IF EXISTS typed",
          "CREATE DATABASE typed",
          "CREATE TABLE typed.t (a int)",
          "CREATE TRIGGER typed.g BEFORE INSERT ON typed.t FOR EACH ROW SET NEW.a = NEW.a + 1"
        )
        const to = yield* connect(yield* real.To)
        // where it came from is there too, and is left alone
        yield* run(to, "DROP DATABASE IF EXISTS typed", "CREATE DATABASE typed", "CREATE TABLE typed.t (a int)")
        const { restored } = yield* moves.move(["typed"], { restore: { database: Option.some("moved") } })
        assert.isTrue(restored.complete)
        const triggers = "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_SCHEMA FROM information_schema.TRIGGERS " +
          "WHERE TRIGGER_SCHEMA IN ('typed', 'moved')"
        assert.deepStrictEqual(yield* ask(to, triggers), [["moved", "g", "moved"]])
        yield* run(to, "DROP DATABASE typed", "DROP DATABASE moved")
      }), 120_000)

    it.scoped(
      "another tool's sequence may come after the tables that use it, and goes where it stood",
      () =>
        Effect.gen(function*() {
          const to = yield* connect(yield* real.To)
          const head = "/*!40101 SET NAMES binary*/;\n/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n"
          const files = {
            "metadata.header": "# Started dump at: 2026-01-02 03:04:05\n[config]\nquote-character = BACKTICK\n",
            "later-schema-create.sql": "CREATE DATABASE `later`;\n",
            "later.a-schema.sql": `${head}CREATE TABLE \`a\` (\n  \`id\` int DEFAULT nextval(\`later\`.\`s\`)\n);\n`,
            "later.a.00000.sql": `${head}INSERT INTO \`a\` VALUES(1)\n,(2)\n;\n`,
            "later.s-schema-sequence.sql": `${head}DROP TABLE IF EXISTS \`s\`;\nDROP VIEW IF EXISTS \`s\`;\n` +
              "CREATE SEQUENCE `s` start with 1 minvalue 1 maxvalue 9 increment by 1 nocache nocycle ENGINE=InnoDB;\n" +
              "DO SETVAL(`s`, 3, 0);\n",
            "metadata": "[`later`.`a`]\nreal_table_name=a\nrows = 2\n\n[`later`.`s`]\nreal_table_name=s\n" +
              "is_sequence = 1\n\n[config]\nnum-sequences = 1\n# Finished dump at: 2026-01-02 03:04:06\n"
          }
          const bytes = Sql.concat(
            Object.entries(files).flatMap(([name, content]) => [
              Frame.header(name, Sql.bytes(content).length),
              Sql.bytes(content)
            ])
          )
          const verdict = yield* moves.restoreFrom(bytes)
          assert.deepInclude(verdict, { complete: true, tables: 1, objects: 1, rows: 2 })
          assert.deepStrictEqual(yield* ask(to, "INSERT INTO later.a VALUES () RETURNING id"), [["3"]])
          const lost = Sql.concat(
            Object.entries(files).filter(([name]) => !name.includes("sequence")).flatMap((
              [name, content]
            ) => [Frame.header(name, Sql.bytes(content).length), Sql.bytes(content)])
          )
          yield* run(to, "DROP DATABASE later")
          const error = yield* Effect.flip(moves.restoreFrom(lost))
          assert.include(error.message, "later.s")
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
        assert.include(refused.message, "one.s is already there")
        assert.strictEqual(yield* position, "9")
        yield* run(to, "DROP SEQUENCE one.s", "CREATE TABLE one.s (id INT)", "INSERT INTO one.s VALUES (1)")
        yield* moves.restoreFrom(bytes, { existing: Truncate() })
        assert.strictEqual(yield* position, "2")
      }), 120_000)

    it.scoped("versioned tables come back with their history, when it is asked for", () =>
      Effect.gen(function*() {
        const from = yield* moves.make(
          "DROP DATABASE IF EXISTS history",
          ...objects.history,
          // what nobody would guess to be one of the columns
          "CREATE TABLE `o'd d` (id INT PRIMARY KEY, `s``t` TIMESTAMP(6) GENERATED ALWAYS AS ROW START INVISIBLE, " +
            "`e d` TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (`s``t`, `e d`)) WITH SYSTEM VERSIONING",
          "INSERT INTO `o'd d` (id) VALUES (1), (2), (3)",
          "DELETE FROM `o'd d` WHERE id < 3"
        )
        const to = yield* connect(yield* real.To)
        yield* run(to, "DROP DATABASE IF EXISTS history")
        const { bytes, dumped } = yield* moves.move(["history"], {
          history: true,
          dump: { chunkRows: Option.some(1) }
        })
        assert.deepStrictEqual(yield* moves.differences("history"), [])
        assert.deepStrictEqual(dumped.leftOut, ["the history of `history`.`precise`"])
        const all = ["plain", "some_columns", "by_time", "by_size", "by_size_keyless", "bookings"]
        const queries = [
          ...all.map((table) => `SELECT *, row_start, row_end FROM history.${table} FOR SYSTEM_TIME ALL`),
          "SELECT * FROM history.named FOR SYSTEM_TIME ALL",
          "SELECT id, since, till FROM history.hidden FOR SYSTEM_TIME ALL",
          "SELECT id, `s``t`, `e d` FROM history.`o'd d` FOR SYSTEM_TIME ALL"
        ]
        for (const query of queries) {
          const sorted = (connection: typeof to) =>
            Effect.map(ask(connection, query), (rows) => rows.map((row) => row.join()).sort())
          const rows = yield* sorted(from)
          assert.isAbove(rows.length, 1, query)
          assert.deepStrictEqual(yield* sorted(to), rows, query)
        }
        assert.deepStrictEqual(yield* ask(to, "SELECT id FROM history.`o'd d`"), [["3"]])
        assert.include(Sql.text(bytes), "/*!101100 SET SESSION system_versioning_insert_history=1*/;\n")
      }), 120_000)

    it.scoped(
      "versioned tables come back with their current rows, and the verdict says so",
      () =>
        Effect.gen(function*() {
          const from = yield* moves.make("DROP DATABASE IF EXISTS history", ...objects.history)
          yield* run(yield* connect(yield* real.To), "DROP DATABASE IF EXISTS history")
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
  })
}, ["mariadb"])
