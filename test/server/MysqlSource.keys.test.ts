/**
 * Tables are cut by whatever key they have: each row is in one chunk, in the order that was stated.
 */
import { assert, layer } from "@effect/vitest"
import { Effect, FastCheck as fc, Option } from "effect"

import { arbitraryTable, type KeyedTable } from "../support/keyedTables.js"
import { ask, chunksOf, everythingIn, inChunksOf, snapshotOf, statementsOf } from "../support/mysqlSource.js"
import { fresh, oneServer } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** Keys may be dates that no calendar has. */
const sqlMode = "SET sql_mode = 'ALLOW_INVALID_DATES'"

const runs = process.env["SLUICE_LONG"] === undefined ? 30 : 300

describeVendors("chunks by any key", (vendor) => {
  layer(oneServer(vendor), { excludeTestServices: true, timeout: "10 minutes" })((it) => {
    /** The numbers of the rows of each chunk, as they come. */
    const numbersOf = (
      snapshot: Effect.Effect.Success<ReturnType<typeof snapshotOf>>,
      chunk: Parameters<typeof statementsOf>[1]
    ) =>
      Effect.map(
        statementsOf(snapshot, chunk),
        (pieces) =>
          pieces.flatMap(({ bytes }) =>
            Array.from(Buffer.from(bytes).toString("latin1").matchAll(/[(]["']#(\d+)#/g), (match) => Number(match[1]))
          )
      )

    it.effect.prop(
      "hold each row once, in the order of the key",
      [arbitraryTable(vendor), fc.integer({ min: 1, max: 12 }), fc.boolean()],
      ([table, rows, byBytes]: [KeyedTable, number, boolean]) =>
        Effect.scoped(Effect.gen(function*() {
          const { connection, server } = yield* fresh(
            "keyed",
            sqlMode,
            table.create,
            ...table.inserts,
            "ANALYZE TABLE t"
          )
          const truth = (yield* ask(
            connection,
            `SELECT SUBSTRING(n, 2, LENGTH(n) - 2) FROM t${table.order === "" ? "" : ` ORDER BY ${table.order}`}`
          ))
            .map(([n]) => Number(n))
          const snapshot = yield* snapshotOf(server, everythingIn("keyed"), { readers: 1, spare: 0 })
          const how = byBytes
            ? { chunkBytes: rows * 60, chunkRows: Option.none(), split: true }
            : inChunksOf(rows)
          const chunks = yield* chunksOf(snapshot, "t", how)
          const read = yield* Effect.forEach(chunks, (chunk) => numbersOf(snapshot, chunk))
          const sorted = (numbers: ReadonlyArray<number>) => numbers.toSorted((a, b) => a - b)
          const words = chunks.map(({ condition, note, partitions }) => ({ condition, note, partitions }))
          assert.deepStrictEqual(sorted(read.flat()), sorted(truth), JSON.stringify(words))
          if (table.ordered) {
            assert.deepStrictEqual(read.flat(), truth, JSON.stringify(words))
          } else if (table.order !== "") {
            // What is in one chunk is not sorted, but chunks follow each other.
            assert.deepStrictEqual(read.map(sorted), yieldInOrder(truth, read.map((chunk) => chunk.length)).map(sorted))
          }
          if (table.cut && !byBytes && truth.length > rows * 3) assert.isAbove(chunks.length, 1, JSON.stringify(words))
          if (table.walked && !byBytes) {
            const lengths = read.map((chunk) => chunk.length)
            assert.deepStrictEqual(
              new Set(lengths.slice(0, -1)),
              new Set(lengths.length === 1 ? [] : [rows]),
              JSON.stringify(words)
            )
          }
          assert.deepStrictEqual(chunks.map((chunk) => chunk.part), chunks.map((_, i) => i))
        })),
      { fastCheck: { numRuns: runs }, timeout: 600_000 }
    )
  })
})

const yieldInOrder = (numbers: ReadonlyArray<number>, lengths: ReadonlyArray<number>) => {
  let at = 0
  return lengths.map((length) => {
    at += length
    return numbers.slice(at - length, at)
  })
}
