/**
 * What system-versioned tables of MariaDB held before.
 *
 * A row that is put in with `system_versioning_insert_history` says itself since when it was, and until when. Each
 * version of the server has its own end of time for a row that still is; so such a row is put in without its end, which
 * any server fills in for itself.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

import type * as Catalog from "../Catalog.js"
import type * as Control from "./control.js"

/** The names of the columns that say since when, and until when, a row was. @internal */
export interface Period {
  readonly start: string
  readonly end: string
}

/** What data files of such a table begin with. A server that is too old passes it over, and then refuses the rows. */
const preamble = "/*!101100 SET SESSION system_versioning_insert_history=1*/;\n"

const Row = Schema.Struct({
  database: Schema.String,
  table: Schema.String,
  name: Schema.String,
  type: Schema.String,
  role: Schema.String
})

/** A table that does not name these columns has them under these names. */
const unnamed: Period = { start: "row_start", end: "row_end" }

/**
 * The periods of versioned tables, by their full names. A table that counts transactions is not among them: what it
 * says of them means nothing on another server.
 *
 * @internal
 */
export const read = (
  control: Control.Session,
  within: string,
  versioned: ReadonlyArray<string>
): Effect.Effect<ReadonlyMap<string, Period>, SourceError> =>
  versioned.length === 0 ? Effect.succeed(new Map()) : Effect.gen(function*() {
    const rows = yield* Effect.mapError(
      control.query(
        Row,
        "SELECT TABLE_SCHEMA AS `database`, TABLE_NAME AS `table`, COLUMN_NAME AS name, DATA_TYPE AS type, " +
          `GENERATION_EXPRESSION AS role FROM information_schema.COLUMNS WHERE ${within} ` +
          "AND GENERATION_EXPRESSION IN ('ROW START', 'ROW END')"
      ),
      (error) => error.toSource("cannot read the source's catalog")
    )
    const of = (table: string, role: string) =>
      rows.find((row) => Sql.quoteName({ database: row.database, name: row.table }) === table && row.role === role)
    return new Map(versioned.flatMap((table) => {
      const start = of(table, "ROW START")
      const end = of(table, "ROW END")
      return start === undefined || end === undefined
        ? [[table, unnamed] as const]
        : start.type === "timestamp"
        ? [[table, { start: start.name, end: end.name }] as const]
        : []
    }))
  })

/** @internal */
export const info = (info: Source.TableInfo, period: Option.Option<Period>): Source.TableInfo =>
  Option.isSome(period) ? { ...info, preamble } : info

const column = (name: string): Catalog.Column => ({
  name,
  type: "timestamp",
  definition: "timestamp(6)",
  kind: "Temporal",
  charset: Option.none(),
  collation: Option.none(),
  generated: false,
  invisible: false,
  comparesAsIndexed: true
})

/**
 * The columns that a chunk is read with besides those that hold values.
 *
 * @internal
 */
export const columns = (table: Catalog.Table, chunk: Source.Chunk): ReadonlyArray<Catalog.Column> =>
  Option.match(table.period, {
    onNone: () => [],
    onSome: ({ end, start }) => [column(start), ...(chunk.history === true ? [column(end)] : [])]
  })

/** The last moment that servers before 11.5 know. A row that still is ends then, or, on later servers, later. */
const endOfTime = "FROM_UNIXTIME(2147483647.999999)"

/**
 * The chunk with the rows that a table does not hold any more.
 *
 * @internal
 */
export const chunks = (table: Catalog.Table): ReadonlyArray<Source.Chunk> =>
  Option.match(table.period, {
    onNone: () => [],
    onSome: ({ end }) => [{
      table: table.info,
      part: 0,
      condition: Option.some(`${Sql.quoteIdentifier(end)} < ${endOfTime}`),
      partitions: [],
      history: true,
      note: "its history"
    }]
  })
