/**
 * Servers of different vendors, held against each other.
 */
import { NodeContext } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { SampleDatabase, ScratchServer } from "@sluice/testing"
import { Context, Effect, Layer } from "effect"
import { inject } from "vitest"

import { compare, told } from "../support/comparing.js"
import * as backups from "../support/comparingBackups.js"
import { lenient, move } from "../support/moving.js"
import { ask, connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import * as TypeZoo from "../support/typeZoo.js"

class Mariadb extends Context.Tag("test/Mariadb")<Mariadb, ScratchServer.ScratchServer>() {}
class Mysql extends Context.Tag("test/Mysql")<Mysql, ScratchServer.ScratchServer>() {}

const both = Layer.merge(
  ScratchServer.layer(Mariadb, { vendor: "mariadb" }),
  ScratchServer.layer(Mysql, { vendor: "mysql" })
).pipe(Layer.provideMerge(NodeContext.layer))

const servers = inject("servers")

describe.skipIf(!servers.mariadb || !servers.mysql)("Compare between vendors", () => {
  layer(both, { excludeTestServices: true })((it) => {
    it.scoped(
      "a value is the same when both servers show the same of it, of every type that both know",
      () =>
        Effect.gen(function*() {
          const [mariadb, mysql] = [yield* Mariadb, yield* Mysql]
          const known = new Set(TypeZoo.kindsOf("mysql", 9).map(({ type }) => type))
          const kinds = TypeZoo.kindsOf("mariadb", 10).filter(({ type }) => known.has(type) && type !== "json")
          const made = (server: ScratchServer.ScratchServer) =>
            Effect.gen(function*() {
              const connection = yield* connect(server)
              yield* lenient(connection)
              yield* run(
                connection,
                "DROP DATABASE IF EXISTS types",
                "CREATE DATABASE types CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
                "USE types"
              )
              return yield* Effect.forEach(kinds, ({ show, type, values }, i) =>
                Effect.gen(function*() {
                  const nullable = type.startsWith("timestamp") ? "NULL DEFAULT NULL" : "DEFAULT NULL"
                  yield* run(
                    connection,
                    `CREATE TABLE t_${i} (id INT PRIMARY KEY, v ${type} ${nullable})`,
                    `INSERT IGNORE INTO t_${i} VALUES ${
                      [...values, "NULL"].map((value, at) => `(${at}, ${value})`).join(", ")
                    }`
                  )
                  // a SET of all bits is a negative number to one of them, and one of them turns places on earth around
                  const shown = type.startsWith("set") || show.includes("ST_SRID(v)") ? ["HEX(v)"] : show
                  const rows = yield* ask(connection, `SELECT id, ${shown.join(", ")} FROM t_${i} ORDER BY id`)
                  return new Map(rows.map(([id, ...shown]) => [id ?? "", JSON.stringify(shown)]))
                }))
            })
          const [left, right] = [yield* made(mariadb), yield* made(mysql)]
          for (const server of [mariadb, mysql]) {
            yield* run(
              yield* connect(server),
              "CREATE TABLE types.documents (id INT PRIMARY KEY, v JSON)",
              `INSERT INTO types.documents VALUES (1, '{"b":1,"a":[ ]}')`
            )
          }
          const comparison = yield* compare(mariadb, mysql, ["types"], { definitions: false, maxDifferences: 1000 })
          const found = new Map(comparison.differences.flatMap((difference) =>
            difference._tag === "Rows"
              ? [[difference.table, difference.keys.map(({ how, key }) => `${key.join()} ${how}`).sort()] as const]
              : []
          ))
          // each prints it in its own way: it is told, not guessed
          assert.isFalse(found.has("documents"))
          assert.match(
            comparison.notCompared.join(),
            /column `v` of `types`.`documents`: one side keeps the text of JSON/
          )
          let equal = 0
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
            equal += mine.size - expected.length
            assert.deepStrictEqual(
              found.get(`t_${i}`) ?? [],
              expected.sort(),
              `${kind.type}: ${kind.values.join(", ")}`
            )
          }
          assert.isAbove(equal, 200)
        }),
      120_000
    )

    it.scoped(
      "the sample database, moved from MariaDB to MySQL, is equal as far as both can say it",
      () =>
        Effect.gen(function*() {
          const [mariadb, mysql] = [yield* Mariadb, yield* Mysql]
          const connection = yield* connect(mariadb)
          for (const statement of SampleDatabase.statements({ scale: 0.05, vendor: "mariadb" })) {
            yield* connection.query(statement)
          }
          yield* move(mariadb, mysql, SampleDatabase.defaultName)
          const comparison = yield* compare(mariadb, mysql, [SampleDatabase.defaultName])
          assert.deepStrictEqual(told(comparison), [])
          assert.isTrue(comparison.equal)
          assert.deepStrictEqual([comparison.tables, comparison.notCompared.length], [16, 1])
          assert.match(comparison.notCompared.join(), /texts of views/)
          const folder = yield* backups.dump(mariadb, [SampleDatabase.defaultName])
          const compareBackup = Effect.provide(backups.folder(folder), real.sourceOf(mysql, 2))
          const backup = yield* compareBackup
          assert.deepStrictEqual([told(backup), backup.tables, backup.rows], [[], 16, comparison.rows])
          assert.match(backup.notCompared.join(), /all of view `cheap` of `chandlery`/)

          const there = yield* connect(mysql)
          yield* run(
            there,
            "USE chandlery",
            "SET foreign_key_checks = 0",
            "UPDATE measures SET exact = 0.000000000000000000000000000001 WHERE what = 'minus 0'",
            "DROP TRIGGER orders_1_second",
            "ALTER TABLE orders ADD KEY one_more (note(5))"
          )
          assert.deepStrictEqual(told(yield* compare(mariadb, mysql, [SampleDatabase.defaultName])), [
            "`chandlery`: index `orders`.`one_more`: extra in the target",
            "`chandlery`: trigger `orders_1_second`: missing in the target",
            "`chandlery`: rows of `measures`: 6 rows on both sides, not the same ones",
            "  what = 'minus 0': different"
          ])
          // what servers print of a table is not compared between vendors
          assert.deepStrictEqual(told(yield* compareBackup), [
            "`chandlery`: trigger `orders_1_second`: missing in the target",
            "`chandlery`: rows of `measures`: 6 rows on both sides, not the same ones",
            "  what = 'minus 0': different"
          ])
        }),
      120_000
    )
  })
})
