import { assert, layer } from "@effect/vitest"
import { Row, Sql } from "@sluice/format"
import { Dump } from "@sluice/pipeline"
import { RandomTables } from "@sluice/testing"
import { Effect, FastCheck as fc, Option } from "effect"

import { lenient, long, move } from "../support/moving.js"
import { ask, connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** `SLUICE_SEED` runs again what a failure told. */
const replay = Option.match(Option.fromNullable(process.env["SLUICE_SEED"]), {
  onNone: () => ({}),
  onSome: (seed) => ({ seed: Number(seed) })
})

/** Each run is a round trip between servers, so that shrinking has to end some time. */
const bounded = (runs: number) => ({
  fastCheck: { numRuns: long ? runs * 20 : runs, ...replay, interruptAfterTimeLimit: long ? 1_200_000 : 90_000 }
})

describeVendors("random tables", (vendor) => {
  layer(real.twoServers(vendor), { excludeTestServices: true })((it) => {
    it.effect.prop(
      "come back as they were",
      [
        fc.tuple(
          RandomTables.table(vendor, 0, 40),
          RandomTables.table(vendor, 1, 40),
          RandomTables.table(vendor, 2, 400)
        ),
        fc.constantFrom(1, 7, 100, undefined),
        fc.boolean()
      ],
      ([tables, chunkRows, hexBlob]) =>
        Effect.gen(function*() {
          const [from, to] = [yield* real.From, yield* real.To]
          const source = yield* connect(from)
          const target = yield* connect(to)
          yield* run(target, "DROP DATABASE IF EXISTS random")
          yield* lenient(source)
          yield* run(
            source,
            "DROP DATABASE IF EXISTS random",
            "CREATE DATABASE random",
            "USE random",
            ...tables.map(({ create }) => create),
            "SET NAMES binary",
            ...tables.flatMap(({ inserts }) => inserts)
          )
          yield* move(from, to, "random", {
            dump: { chunkRows: Option.fromNullable(chunkRows), read: { ...Dump.defaults.read, hexBlob } }
          })
          assert.deepStrictEqual(
            real.differences(yield* real.pictureOf(from, "random"), yield* real.pictureOf(to, "random")),
            []
          )
        }).pipe(Effect.scoped, Effect.asVoid),
      { timeout: long ? 1_300_000 : 120_000, ...bounded(4) }
    )

    const types = RandomTables.columnTypes(vendor)

    it.effect.prop(
      "take from our literals what was meant",
      [fc.array(fc.tuple(...types.map(({ cells }) => fc.option(cells, { freq: 8 }))), {
        minLength: 1,
        maxLength: 60,
        size: "max"
      })],
      ([rows]) =>
        Effect.gen(function*() {
          const connection = yield* connect(yield* real.From)
          const columns = types.map(({ sql }, i) => `c${i} ${sql} NULL`).join(", ")
          yield* lenient(connection)
          yield* run(
            connection,
            "DROP DATABASE IF EXISTS literals",
            "CREATE DATABASE literals",
            "USE literals",
            "SET NAMES binary",
            "SET sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES'",
            `CREATE TABLE ours (id INT AUTO_INCREMENT PRIMARY KEY, ${columns})`,
            "CREATE TABLE theirs LIKE ours",
            `INSERT INTO theirs VALUES ${
              rows.map((row, n) =>
                `(${[String(n + 1), ...types.map((type, i) => RandomTables.literal(type, row[i] ?? null))].join(", ")})`
              ).join(", ")
            }`
          )
          const kinds = ["Number" as const, ...types.map(({ kind }) => kind)]
          const statements = Row.statements({
            head: Row.insertHead({ table: "ours" }),
            rows: rows.map((row, n) => Row.encode(kinds, [Sql.bytes(String(n + 1)), ...row])),
            statementSize: 100_000
          })
          for (const { bytes, rows } of statements) {
            const answer = yield* connection.execute(bytes.subarray(0, bytes.length - 2))
            assert.deepStrictEqual(answer, { affectedRows: rows, warnings: 0 })
          }
          const sums = (yield* ask(connection, "CHECKSUM TABLE ours, theirs EXTENDED")).map(([, sum]) => sum)
          assert.strictEqual(sums.length, 2)
          assert.strictEqual(sums[0], sums[1])
          // and what is bytes is stored as the very bytes that were sent
          const exact = types.flatMap(({ kind }, i) =>
            kind === "Binary" || kind === "Bit" || (kind === "Text" && !types[i]?.sql.startsWith("enum")) ? [i] : []
          )
          const stored = yield* connection.query(`SELECT ${exact.map((i) => `c${i}`).join(", ")} FROM ours ORDER BY id`)
          assert.deepStrictEqual(
            stored.rows.map((row) => row.map((cell) => cell && Buffer.from(cell).toString("hex"))),
            rows.map((row) => exact.map((i) => row[i] ?? null).map((cell) => cell && Buffer.from(cell).toString("hex")))
          )
        }).pipe(Effect.scoped, Effect.asVoid),
      { timeout: long ? 1_300_000 : 120_000, ...bounded(12) }
    )
  })
})
