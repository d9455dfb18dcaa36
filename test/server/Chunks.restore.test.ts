/**
 * Tables with keys of any kind, in many chunks, are the same on the other side.
 */
import { assert, layer } from "@effect/vitest"
import { Effect, FastCheck as fc, Option } from "effect"

import * as flows from "../support/flows.js"
import { arbitraryTable } from "../support/keyedTables.js"
import * as moves from "../support/moves.js"
import { ask, connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** Tables at once: a dump of each alone would be all connecting. */
const tables = process.env["SLUICE_LONG"] === undefined ? 12 : 200
const database = "many keys"
const name = `\`${database}\``

describeVendors("chunks that are restored", (vendor) => {
  layer(real.twoServers(vendor), { excludeTestServices: true, timeout: "10 minutes" })((it) => {
    for (const byPartition of [false, true]) {
      it.effect.prop(
        byPartition ? "are equal, cut by partitions" : "are equal",
        [fc.array(arbitraryTable(vendor), { minLength: tables, maxLength: tables }), fc.integer({ min: 2, max: 12 })],
        ([all, rows]) =>
          Effect.scoped(Effect.gen(function*() {
            for (const side of [yield* real.From, yield* real.To]) {
              const connection = yield* connect(side)
              yield* run(connection, `DROP DATABASE IF EXISTS ${name}`)
            }
            const source = yield* moves.make(
              `CREATE DATABASE ${name}`,
              `USE ${name}`,
              "SET sql_mode = 'ALLOW_INVALID_DATES'",
              ...all.flatMap(({ create, inserts }, i) =>
                [create, ...inserts].map((statement) =>
                  statement.replace(/^(CREATE TABLE|INSERT IGNORE INTO) t/, `$1 t${i}`)
                )
              )
            )
            const { bytes, dumped, restored } = yield* moves.move([database], {
              dump: { chunkRows: Option.some(rows), byPartition }
            })
            assert.deepStrictEqual(yield* moves.differences(database), [])
            assert.strictEqual(restored.rows, dumped.rows)
            // As many chunks as there should be, each a file of its own.
            const names = flows.namesOf(bytes)
            for (const [i, table] of all.entries()) {
              if (table.walked && !byPartition) {
                const [[count] = []] = yield* ask(source, `SELECT COUNT(*) FROM t${i}`)
                const files = names.filter((name) => new RegExp(`\\.t${i}\\.\\d+\\.sql$`).test(name))
                assert.strictEqual(files.length, Math.ceil(Number(count) / rows), table.create)
              }
            }
          })),
        { fastCheck: { numRuns: 1, endOnFailure: true }, timeout: 600_000 }
      )
    }
  })
})
