/**
 * Defaults that are expressions: a new row in the copy gets what it gets in the original, or the table is
 * refused.
 */
import { assert, layer } from "@effect/vitest"
import * as Sql from "@sluice/format/Sql"
import { Consistency } from "@sluice/mysql"
import { Effect, Either, FastCheck as fc } from "effect"

import { ask, everythingIn, run, snapshotOf, tableIn } from "../support/mysqlSource.js"
import { fresh, oneServer } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const long = process.env["SLUICE_LONG"] !== undefined

const text = fc.constantFrom(
  "'a'",
  "'é'",
  "'😀'",
  "X'41'",
  "_utf16 X'00e9'",
  "'xE9'",
  "'c:\\\\d'",
  "N'é'",
  "_latin1'c:\\\\d'",
  "_latin1 X'e9'",
  "_binary'é'",
  "'2020-01-01'",
  "5",
  "NULL"
)

const { expression } = fc.letrec<{ readonly expression: string }>((tie) => {
  const one = tie("expression")
  const calls = (shape: (a: string, b: string, c: string) => string) =>
    fc.tuple(one, one, one).map(([a, b, c]) => shape(a, b, c))
  return {
    expression: fc.oneof(
      { depthSize: "small", withCrossShrink: true, maxDepth: 3 },
      text,
      calls((a, b) => `CONCAT(${a}, ${b})`),
      calls((a) => `LOWER(${a})`),
      calls((a, b, c) => `IF(${a} = ${b}, ${c}, ${a})`),
      calls((a, b, c) => `REPLACE(${a}, ${b}, ${c})`),
      calls((a, b, c) => `CASE WHEN ${a} LIKE ${b} THEN ${c} ELSE ${b} END`),
      calls((a, b) => `COALESCE(${a}, ${b})`),
      calls((a, b) => `FIELD(${a}, ${b}, 'é')`),
      calls((a) => `CONVERT(${a} USING utf8mb4)`),
      calls((a) => `CONVERT(${a} USING latin1)`),
      calls((a) => `CAST(${a} AS CHAR)`),
      calls((a) => `HEX(${a})`),
      calls((a) => `LENGTH(${a})`),
      calls((a) => `QUOTE(${a})`),
      calls((a) => `JSON_QUOTE(${a})`),
      calls((a, b) => `DATE_FORMAT(${a}, ${b})`),
      calls((a) => `CONCAT(${a}, VERSION())`),
      calls((a) => `CONCAT(${a}, id)`)
    )
  }
})

const column = fc.record({
  type: fc.constantFrom(
    "VARCHAR(200)",
    "VARCHAR(200) CHARACTER SET latin1",
    "CHAR(20)",
    "VARBINARY(200)",
    "TEXT",
    "INT",
    "DATE"
  ),
  given: fc.constantFrom("DEFAULT", "AS"),
  expression
})

describeVendors("defaults", (vendor) => {
  layer(oneServer(vendor), { excludeTestServices: true, timeout: "10 minutes" })((it) => {
    it.effect.prop(
      "that are expressions come back as they are, or are refused",
      [fc.array(column, { minLength: 4, maxLength: 12 }), fc.constantFrom("utf8mb4", "latin1", "binary")],
      ([columns, names]) =>
        Effect.scoped(Effect.gen(function*() {
          const { connection, server } = yield* fresh("defaults", "SET sql_mode = ''", `SET NAMES ${names}`)
          const made = yield* Effect.filter(
            columns.map(({ expression, given, type }, i) => ({
              name: `t${i}`,
              definition: `${type} ${given} (${expression})`
            })),
            ({ definition, name }) =>
              // not every expression means something, and MariaDB 11.8 makes tables that it cannot open
              run(
                connection,
                `CREATE TABLE ${name} (id INT, c ${definition}) CHARACTER SET utf8mb4`,
                "FLUSH TABLES",
                `SELECT * FROM ${name}`
              ).pipe(
                Effect.tapError(() => run(connection, `DROP TABLE IF EXISTS ${name}`)),
                Effect.isSuccess
              )
          )
          // Some expressions come to nothing, which the copy has to do too.
          const newRow = (table: string) =>
            Effect.zipRight(
              run(connection, "SET NAMES utf8mb4", `INSERT INTO ${table} (id) VALUES (7)`),
              ask(connection, `SELECT HEX(c) FROM ${table}`)
            ).pipe(Effect.catchAll((error) => Effect.succeed(`error ${error.errno}`)))
          const snapshot = yield* snapshotOf(server, everythingIn("defaults"), {
            // what is made again is made on the same server, which keeps definitions otherwise
            ddl: Consistency.Ddl.Detect()
          })
          for (const { definition, name } of made) {
            const outcome = yield* Effect.either(snapshot.definition(tableIn(snapshot, name)))
            if (outcome._tag === "Left") {
              assert.strictEqual(outcome.left.reason, "Unsupported", definition)
              continue
            }
            const original = yield* newRow(`defaults.${name}`)
            // MariaDB works constant ones out in the character set of whoever restores
            for (const replayed of vendor === "mysql" ? ["utf8mb4", "binary"] : ["binary"]) {
              yield* run(
                connection,
                "DROP DATABASE IF EXISTS copied",
                "CREATE DATABASE copied",
                "USE copied",
                `SET NAMES ${replayed}`,
                outcome.right.create
              )
              assert.deepStrictEqual(
                yield* newRow(`copied.${name}`),
                original,
                `${definition}: ${Sql.text(outcome.right.create)}`
              )
            }
          }
        })),
      // without end there is always one more expression that a server itself reads in two ways
      { fastCheck: long ? { numRuns: 150 } : { numRuns: 15, seed: 8 }, timeout: 600_000 }
    )

    it.scoped("are looked at for each of many tables that are asked about together", () =>
      Effect.gen(function*() {
        const column = "c VARCHAR(20) DEFAULT (CONCAT('a', 'é'))"
        const many = Array.from({ length: 30 }, (_, i) =>
          `CREATE TABLE t${i} (id INT${i % 3 === 0 ? "" : `, ${column}`})`)
        const { connection, server } = yield* fresh("together", ...many)
        const both = Effect.scoped(Effect.gen(function*() {
          const snapshot = yield* snapshotOf(server, everythingIn("together"))
          const tables = snapshot.catalog.databases.flatMap(({ tables }) =>
            tables
          )
          const each = yield* Effect.either(Effect.forEach(tables, (table) => snapshot.definition(table)))
          return { each, together: yield* Effect.either(snapshot.definitions(tables)) }
        }))
        const taken = yield* both
        assert.isTrue(Either.isRight(taken.each))
        assert.deepStrictEqual(taken.together, taken.each)
        if (vendor === "mariadb") {
          yield* run(connection, "CREATE TABLE t5b (c VARCHAR(20) DEFAULT (CONCAT(_latin1 X'e9', 'x')))")
          const refused = yield* both
          assert.include(String(refused.each), "`together`.`t5b`")
          assert.deepStrictEqual(refused.together, refused.each)
        }
      }))
  })
})
