import { assert, layer } from "@effect/vitest"
import type { Connection } from "@sluice/mysql"
import { Comparison } from "@sluice/pipeline"
import type { ServerPrograms } from "@sluice/testing"
import { Effect, Option, Schema } from "effect"

import { changes, shop } from "../support/comparedShop.js"
import { compare, told } from "../support/comparing.js"
import { lenient, long } from "../support/moving.js"
import { ask, connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"
import * as TypeZoo from "../support/typeZoo.js"
import * as Zoo from "../support/zoo/build.js"

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
