/**
 * The chunks of a table.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import type * as Catalog from "../Catalog.js"
import type * as Connection from "../Connection.js"
import * as Columns from "./columns.js"
import * as Plan from "./plan.js"

const whole = (table: Catalog.Table, note: string): Source.Chunk => ({
  table: table.info,
  part: 0,
  condition: Option.none(),
  note
})

/** The integer that the table can be cut by, and its index. */
const cuttingKey = (table: Catalog.Table) =>
  Option.flatMap(
    table.key,
    ({ columns: [first], index }) =>
      Option.fromNullable(table.columns.find((column) => column.name === first && Columns.isInteger(column))).pipe(
        Option.map((column) => ({ column: column.name, index }))
      )
  )

/** How many rows a chunk should have, or none if nobody knows how large the rows are. */
const rowsPerChunk = ({ info }: Catalog.Table, options: Source.PlanOptions): number =>
  Option.getOrElse(
    options.chunkRows,
    () => Math.floor(options.chunkBytes / Math.max(1, info.estimatedBytes / Math.max(1, info.estimatedRows)))
  )

/**
 * The chunks of a table, in the order of its key: one if it has no key of integers, if it is small, or if it is not to
 * be cut.
 *
 * @internal
 */
export const plan = (
  connection: Connection.RawConnection,
  table: Catalog.Table,
  options: Source.PlanOptions
): Stream.Stream<Source.Chunk, SourceError> => {
  const key = cuttingKey(table)
  if (!options.split || Option.isNone(key)) {
    return Stream.make(whole(table, options.split ? "the whole table: it has no key of integers" : "the whole table"))
  }
  const perChunk = Math.max(1, rowsPerChunk(table, options))
  const name = Sql.quoteName({ database: table.info.database, name: table.info.name })
  const column = Sql.quoteIdentifier(key.value.column)
  const query = (sql: string) =>
    Effect.mapError(connection.query(sql), (error) => error.toSource("cannot plan how to read a table", name))
  const integer = (cell: Uint8Array | null | undefined) =>
    cell === null || cell === undefined ? Option.none() : Option.some(BigInt(Sql.text(cell)))

  // With FORCE INDEX, MySQL does not look and says 1.
  const estimate = ({ from, to }: Plan.Span) =>
    Effect.map(
      query(
        `EXPLAIN FORMAT=TRADITIONAL SELECT ${column} FROM ${name} USE INDEX (${
          Sql.quoteIdentifier(key.value.index)
        }) WHERE ${column} >= ${from} AND ${column} <= ${to}`
      ),
      ({ columns, rows: [row] }) => {
        const cell = row?.[columns.indexOf("rows")]
        return cell === null || cell === undefined ? 0 : Number(Sql.text(cell))
      }
    )

  return Stream.unwrap(Effect.gen(function*() {
    const { rows: [ends] } = yield* query(`SELECT MIN(${column}), MAX(${column}) FROM ${name}`)
    const span = Option.zipWith(integer(ends?.[0]), integer(ends?.[1]), (from, to) => ({ from, to }))
    if (Option.isNone(span)) {
      return Stream.make(whole(table, "the whole table: it is empty"))
    }
    const rows = Math.max(table.info.estimatedRows, yield* estimate(span.value))
    return Plan.ranges(Plan.boundaries({ span: span.value, rows, rowsPerChunk: perChunk, estimate })).pipe(
      Stream.zipWithIndex,
      Stream.map(([range, part]): Source.Chunk => ({
        table: table.info,
        part,
        condition: Plan.condition(column, range),
        note: Plan.describe(key.value.column, range)
      }))
    )
  }))
}
