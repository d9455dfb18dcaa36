/**
 * JSON that no text brings back, which only MySQL holds.
 */
import { assert, layer } from "@effect/vitest"
import * as MysqlSource from "@sluice/mysql/MysqlSource"
import { Source } from "@sluice/pipeline"
import { Effect, Option, Stream } from "effect"

import { ask, connect, everythingIn, optionsOf, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** Values that come back, and others that do not, as the server is told them. */
const whole = [
  `'[1, 1.5, 1e20, -0.0, 9223372036854775808, 18446744073709551615, true, null, "5.00", 9.99]'`,
  `'{"ü😀": {"a": [[], {}]}, "": "2024-01-01", "b": [{"c": [9.99, 123456.789, -1e-7]}]}'`,
  "'null'",
  "'9.99'",
  "NULL",
  "JSON_OBJECT('a', JSON_ARRAY(1, -1, 1e0 / 3, 'base64:type252:AP8=', TRUE, NULL))"
]
/** How each value could hide: by a text that says the same, and by a length that is the same. */
const lost = [
  "JSON_OBJECT('price', 9.99)",
  "JSON_OBJECT('price', 5.00)",
  "JSON_OBJECT('length', JSON_ARRAY(JSON_OBJECT('same', 123.456)))",
  "JSON_ARRAY(1.5, 123456.789012)",
  "JSON_ARRAY(12345678901234567890.123456789)",
  "JSON_OBJECT('sum', (SELECT SUM(n) FROM (SELECT 5 AS n) AS five))",
  "JSON_ARRAY(CAST(1 AS UNSIGNED))",
  "JSON_ARRAY(DATE'2024-01-01')",
  "JSON_ARRAY(CAST(x'00ff' AS BINARY))",
  "CAST(9.99 AS JSON)",
  "CAST(CAST(1 AS UNSIGNED) AS JSON)",
  "CAST(TIME'10:11:12' AS JSON)"
]

describeVendors("JSON", (vendor) => {
  layer(real.oneServer(vendor), { excludeTestServices: true })((it) => {
    const read = (jsonAsText: boolean) =>
      Effect.gen(function*() {
        const server = yield* real.From
        const source = yield* Effect.provide(
          Source.Source,
          MysqlSource.layer({ ...optionsOf(server), readers: 1, jsonAsText })
        )
        const snapshot = yield* source.snapshot(everythingIn("j"))
        const [table] = snapshot.catalog.databases.flatMap(({ tables }) => tables)
        assert.isDefined(table)
        if (table === undefined) return 0
        return yield* snapshot.plan(table, { chunkBytes: 1e9, chunkRows: Option.none(), split: false }).pipe(
          Stream.flatMap((chunk) =>
            snapshot.read(chunk, { statementSize: 1_000_000, completeInsert: false, utc: true })
          ),
          Stream.runFold(0, (rows, piece) => rows + piece.rows)
        )
      }).pipe(Effect.scoped)

    it.scoped("is read where its text says all of it, and refused where it does not", () =>
      Effect.gen(function*() {
        const connection = yield* connect(yield* real.From)
        yield* run(connection, "CREATE DATABASE j", "CREATE TABLE j.t (a INT PRIMARY KEY, sluice_value JSON)")
        for (const [i, value] of whole.entries()) yield* run(connection, `INSERT INTO j.t VALUES (${i}, ${value})`)
        assert.strictEqual(yield* read(false), whole.length)
        for (const value of lost) {
          yield* run(connection, `REPLACE INTO j.t VALUES (99, ${vendor === "mysql" ? value : "'[5.00]'"})`)
          const outcome = yield* Effect.either(read(false))
          assert.strictEqual(outcome._tag, vendor === "mysql" ? "Left" : "Right", value)
          if (outcome._tag === "Left") {
            assert.include(outcome.left.message, "--json-as-text")
            assert.include(outcome.left.message, "`j`.`t`")
          }
          assert.strictEqual(yield* read(true), whole.length + 1)
        }
        assert.strictEqual((yield* ask(connection, "SELECT COUNT(*) FROM j.t"))[0]?.[0], String(whole.length + 1))
      }), 120_000)
  })
})
