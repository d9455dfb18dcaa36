import { Readable } from "node:stream"

import { assert, describe, layer } from "@effect/vitest"
import { LoadData, Sql } from "@sluice/format"
import { Effect, Either, FastCheck as fc, Redacted } from "effect"
import { createConnection } from "mysql2/promise"

import * as Slow from "../support/loadData.js"
import { connect, optionsOf, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"))

const names = ["a", "b"]

const shapes: ReadonlyArray<Slow.Shape> = [
  Slow.tabs,
  Slow.csv,
  { ...Slow.csv, header: true },
  { ...Slow.tabs, startingBy: "> ", lineEnd: "\r\n" },
  { ...Slow.csv, terminatedBy: "||", enclosedBy: "'", lineEnd: ";\n" }
]

/** Files that mean something to a reader in many places; those that are whole rows are loaded by both. */
const text = fc.array(
  fc.constantFrom(
    "\\",
    "\\N",
    "N",
    "\"",
    "'",
    "\t",
    ",",
    "|",
    "||",
    "\r",
    ";",
    "NULL",
    "\\0",
    "\\b",
    "a",
    "\0",
    "\xe9\xe8"
  ),
  { maxLength: 6 }
).map((parts) => parts.join(""))

const file = fc.oneof(text, fc.constantFrom("\\N", "NULL"))

describe("LOAD DATA", () => {
  describeVendors("as the server itself reads it", (vendor) => {
    layer(real.oneServer(vendor), { excludeTestServices: true })((it) => {
      it.scoped("makes the same rows of the same bytes", () =>
        Effect.gen(function*() {
          const server = yield* real.From
          const own = yield* connect(server)
          yield* run(
            own,
            "SET GLOBAL local_infile = 1",
            "CREATE DATABASE d",
            "USE d",
            "SET SESSION sql_mode = ''",
            "SET NAMES binary",
            ...["s", "o"].map((table) =>
              `CREATE TABLE ${table} (n INT AUTO_INCREMENT PRIMARY KEY, a VARBINARY(500), b VARBINARY(500))`
            )
          )
          const { host, password, port, user } = optionsOf(server)
          const theirs = yield* Effect.acquireRelease(
            Effect.promise(() =>
              createConnection({
                user,
                database: "d",
                password: password === undefined ? "" : Redacted.value(password),
                ...(host === undefined ? {} : { host }),
                ...(port === undefined ? {} : { port }),
                flags: ["LOCAL_FILES"]
              })
            ),
            (connection) => Effect.promise(() => connection.end())
          )
          const load = (sql: string, bytes: Uint8Array) =>
            Effect.promise(() => theirs.query({ sql, infileStreamFactory: () => Readable.from([Buffer.from(bytes)]) }))
          const rowsOf = (table: string) =>
            Effect.map(own.query(`SELECT HEX(a), HEX(b) FROM ${table} ORDER BY n`), ({ rows }) =>
              rows.map((row) => row.map((cell) => cell === null ? null : Sql.text(cell))))
          let compared = 0
          let nulls = 0
          for (const shape of shapes) {
            const lines = fc.sample(
              fc.array(fc.tuple(file, file), { minLength: 1, maxLength: 5 }),
              { numRuns: process.env["SLUICE_LONG"] === "1" ? 500 : 60, seed: 7 }
            )
            for (const rows of lines) {
              const quote = (value: string) =>
                value.length % 2 === 0 ? `${shape.enclosedBy}${value}${shape.enclosedBy}` : value
              const bytes = latin1([
                ...(shape.header ? [`x${shape.lineEnd}`] : []),
                ...rows.map(([a, b]) =>
                  `${shape.startingBy}${quote(a)}${shape.terminatedBy}${quote(b)}${shape.lineEnd}`
                )
              ].join(""))
              const into = (table: string) => Slow.statement("x.dat", table, names, shape, [], "binary")
              const reader = LoadData.reader(Either.getOrThrow(LoadData.parse(latin1(into("o")))), 200)
              const found = Either.flatMap(
                reader.push(bytes),
                (first) => Either.map(reader.finish(), (last) => [...first, ...last])
              )
              // what is no whole rows a server takes all the same, and warns
              if (Either.isLeft(found)) {
                continue
              }
              yield* run(own, "TRUNCATE s", "TRUNCATE o")
              yield* load(into("s"), bytes)
              yield* run(own, ...found.right.map(({ bytes }) => bytes))
              const theirRows = yield* rowsOf("s")
              assert.deepStrictEqual(
                yield* rowsOf("o"),
                theirRows,
                JSON.stringify(Buffer.from(bytes).toString("latin1"))
              )
              compared += theirRows.length
              nulls += theirRows.flat().filter((cell) => cell === null).length
            }
          }
          assert.isAbove(compared, 200)
          assert.isAbove(nulls, 20)
        }), 120_000)
    })
  })
})
