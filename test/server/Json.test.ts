/**
 * JSON that no text brings back, which only MySQL holds, and the expressions that do.
 */
import { assert, layer } from "@effect/vitest"
import * as MysqlSource from "@sluice/mysql/MysqlSource"
import { Source } from "@sluice/pipeline"
import { Effect, FastCheck as fc, Option, Stream } from "effect"

import { move } from "../support/moves.js"
import { ask, connect, everythingIn, optionsOf, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** Values that no statement of ours makes again. */
const lost = [
  "JSON_ARRAY(CAST(x'00ff' AS BINARY))",
  "JSON_OBJECT('a', 1.50, 'b', CAST(x'00ff' AS BINARY))",
  "CAST(CAST(x'00ff' AS BINARY) AS JSON)"
]

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`

const keys = fc.oneof(
  fc.constantFrom("a", "length", "a.b", "$", "[0]", "", "it's", "\"", "\\", "ü", "😀", "a b", "*", "JSON_"),
  fc.string({ unit: "binary", maxLength: 4 }).map((text) => text.replaceAll("\u0000", ""))
)

const numbers = fc.tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.bigInt({ min: 0n, max: 10n ** 9n }))

/** What SQL makes JSON of, as a server is told. */
const scalars = fc.oneof(
  fc.constantFrom(
    "NULL",
    "TRUE",
    "FALSE",
    "0",
    "-1",
    "1e0",
    "9.99",
    "5.00",
    "-0.0e0",
    "1e300",
    "0.1e0",
    "-9.90",
    "0.00"
  ),
  fc.constantFrom(
    "CAST(1 AS UNSIGNED)",
    "18446744073709551615",
    "9223372036854775807",
    "9223372036854775808",
    "CAST(7 AS DECIMAL(9))"
  ),
  fc.constantFrom(
    "DATE'2024-02-29'",
    "TIME'-838:59:59'",
    "TIME'10:11:12.5'",
    "TIMESTAMP'2024-01-01 10:11:12.123456'",
    "DATE'0000-00-00'"
  ),
  fc.constantFrom("CAST('[9.99, 5.00, {\"a\": 1}]' AS JSON)", "'2024-01-01'", "'9.99'", "'base64:type252:AP8='"),
  numbers.map(([negative, whole, part]) => `${negative ? "-" : ""}${whole}.${part}`),
  keys.map(quoted)
)

const values = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    { arbitrary: scalars, weight: 4 },
    { arbitrary: fc.array(tie("value"), { maxLength: 4 }).map((all) => `JSON_ARRAY(${all.join(", ")})`), weight: 1 },
    {
      arbitrary: fc.array(fc.tuple(keys.map(quoted), tie("value")), { maxLength: 4 }).map((all) =>
        `JSON_OBJECT(${all.map(([key, value]) => `${key}, ${value}`).join(", ")})`
      ),
      weight: 2
    }
  )
})).value.map((value) => value.startsWith("JSON_") ? value : `JSON_EXTRACT(JSON_ARRAY(${value}), '$[0]')`)

/** The paths of all that is in a value. */
const paths = (value: unknown, path = "$"): ReadonlyArray<string> => [
  path,
  ...(Array.isArray(value)
    ? value.flatMap((one: unknown, i) => paths(one, `${path}[${i}]`))
    : typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, one]: [string, unknown]) => paths(one, `${path}.${JSON.stringify(key)}`))
    : [])
]

describeVendors("JSON", (vendor) => {
  layer(real.twoServers(vendor), { excludeTestServices: true })((it) => {
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
            snapshot.read([chunk], { statementSize: 1_000_000, completeInsert: false, utc: true })
          ),
          Stream.runFold(0, (rows, { piece }) => rows + piece.rows)
        )
      }).pipe(Effect.scoped)

    it.scoped("is refused where nothing brings it back", () =>
      Effect.gen(function*() {
        const connection = yield* connect(yield* real.From)
        yield* run(connection, "CREATE DATABASE j", "CREATE TABLE j.t (a INT PRIMARY KEY, sluice_value JSON)")
        for (const value of lost) {
          yield* run(connection, `REPLACE INTO j.t VALUES (99, ${vendor === "mysql" ? value : "'[5.00]'"})`)
          const outcome = yield* Effect.either(read(false))
          assert.strictEqual(outcome._tag, vendor === "mysql" ? "Left" : "Right", value)
          if (outcome._tag === "Left") {
            assert.include(outcome.left.message, "--json-as-text")
            assert.include(outcome.left.message, "`j`.`t`")
          }
          assert.strictEqual(yield* read(true), 1)
        }
        yield* run(connection, "DROP DATABASE j")
      }), 120_000)

    if (vendor === "mysql") {
      it.scoped.prop(
        "comes back with the types of all that is in it, however it was made",
        [fc.array(values, { minLength: 20, maxLength: 60 })],
        ([made]) =>
          Effect.gen(function*() {
            const connection = yield* connect(yield* real.From)
            const target = yield* connect(yield* real.To)
            yield* run(target, "DROP DATABASE IF EXISTS j", "SET NAMES utf8mb4")
            yield* run(
              connection,
              "DROP DATABASE IF EXISTS j",
              "CREATE DATABASE j",
              "CREATE TABLE j.t (a INT PRIMARY KEY AUTO_INCREMENT, v JSON)",
              "SET NAMES utf8mb4, SESSION sql_mode = ''"
            )
            for (const value of made) yield* run(connection, `INSERT INTO j.t (v) VALUES (${value})`)
            yield* move(["j"])
            const texts = "SELECT a, CAST(v AS CHAR) FROM j.t ORDER BY a"
            const before = yield* ask(connection, texts)
            assert.strictEqual(before.length, made.length)
            assert.deepStrictEqual(yield* ask(target, texts), before)
            for (const [i, [a, text]] of before.entries()) {
              const types = `SELECT ${
                paths(JSON.parse(text ?? "null")).map((path) => `JSON_TYPE(JSON_EXTRACT(v, ${quoted(path)}))`).join(
                  ", "
                )
              } FROM j.t WHERE a = ${a}`
              assert.deepStrictEqual(yield* ask(target, types), yield* ask(connection, types), made[i])
            }
          }),
        { fastCheck: { numRuns: process.env["SLUICE_LONG"] === "1" ? 100 : 4 }, timeout: 300_000 }
      )
    }
  })
})
