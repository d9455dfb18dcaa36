/**
 * How the rows of a chunk are asked for and written.
 *
 * @internal
 */
import type * as Lines from "@sluice/format/Lines"
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import type * as Catalog from "../Catalog.js"
import type * as Connection from "../Connection.js"
import * as MysqlError from "../MysqlError.js"
import type * as Dialect from "./dialect.js"
import * as ExactJson from "./exactJson.js"
import * as Fields from "./fields.js"
import * as History from "./history.js"
import * as Keys from "./keys.js"
import * as Partitions from "./partitions.js"
import * as Zones from "./zones.js"

/**
 * How a JSON column is read: `Exact` with all that it holds, `Text` takes its text for it.
 *
 * @internal
 */
export type Json = "Exact" | "Text"

/** Whether the values of a column are looked at, as their text may not say all of them. */
const checked = (dialect: Dialect.Dialect, json: Json) => (column: Catalog.Column): boolean =>
  json === "Exact" && column.kind === "Json" && Option.isSome(dialect.exactJson)

const expression = (dialect: Dialect.Dialect, json: Json) => (column: Catalog.Column): string => {
  const name = Sql.quoteIdentifier(column.name)
  return checked(dialect, json)(column) && Option.isSome(dialect.exactJson)
    ? dialect.exactJson.value(name)
    : dialect.read(column, name)
}

/** @internal */
export const what = "cannot read rows from the source"

/** What a server says where `exactJson` makes it fail. */
const noJson = 3141

/**
 * Says what to do about a value of JSON that its text does not bring back.
 *
 * @internal
 */
export const explained = (error: MysqlError.MysqlError, where: string): SourceError =>
  error.errno !== noJson ? error.toSource(what, where) : new SourceError({
    reason: "Unsupported",
    what,
    where,
    detail:
      "a value of JSON was made by a function of SQL, and holds what neither its text nor an expression brings back, " +
      "such as bytes",
    advice: "Write --json-as-text to carry what its text says"
  })

/** Rows in the order of the key are worth asking for where the table is stored in that order. */
const order = (table: Catalog.Table): string =>
  Option.match(table.key, {
    onNone: () => "",
    onSome: (key) =>
      key.index === Keys.primary && Option.contains(table.engine, "InnoDB") && !table.partitioned
        ? ` ORDER BY ${Keys.order(key)}`
        : ""
  })

/** A range of a key is read by the key: a full scan for each chunk would be endless, whatever the server's estimates. */
const index = (table: Catalog.Table): string =>
  Option.match(table.key, {
    onNone: () => "",
    onSome: (key) => ` FORCE INDEX (${Sql.quoteIdentifier(key.index)})`
  })

const from = (table: Catalog.Table, chunk: Source.Chunk): string =>
  ` FROM ${Sql.quoteName({ database: table.info.database, name: table.info.name })}${
    Partitions.clause(chunk.partitions)
  }${chunk.history === true ? " FOR SYSTEM_TIME ALL" : ""}${
    Option.match(chunk.condition, {
      onNone: () => "",
      onSome: (condition) => `${chunk.history === true ? "" : index(table)} WHERE ${condition}`
    })
  }`

const head = (table: Catalog.Table, columns: ReadonlyArray<Catalog.Column>, completeInsert: boolean): Uint8Array =>
  Row.insertHead({
    table: table.info.name,
    ...(completeInsert || columns.length < table.columns.length || columns.some((column) => column.invisible)
      ? { columns: columns.map((column) => column.name) }
      : {})
  })

/** Rows that say nothing but that they are there: all columns are generated. */
const countedRows = (
  connection: Connection.RawConnection,
  table: Catalog.Table,
  chunk: Source.Chunk,
  options: Source.ReadOptions
): Stream.Stream<Source.Piece, MysqlError.MysqlError> =>
  Stream.unwrap(Effect.map(connection.query(`SELECT COUNT(*)${from(table, chunk)}`), ({ rows: [row] }) => {
    const start = head(table, [], true)
    const empty = Sql.bytes("()")
    const most = Math.max(1, Math.floor((options.statementSize - start.length) / (empty.length + 2)))
    const count = row?.[0]
    return Stream.unfoldChunk(
      count === null || count === undefined ? 0 : Number(Sql.text(count)),
      (left) =>
        left <= 0 ? Option.none() : Option.some([
          Chunk.unsafeFromArray(Array.from(
            Row.statements({
              head: start,
              rows: Array.from({ length: Math.min(left, most) }, () => empty),
              statementSize: options.statementSize
            }),
            ({ bytes, rows }) => ({ bytes, rows, longest: bytes.length })
          )),
          left - most
        ])
    )
  }))

/**
 * What the fields of a table's lines go into, or why it has none.
 *
 * @internal
 */
export const fields = (
  dialect: Dialect.Dialect,
  table: Catalog.Table,
  options: Source.ReadOptions,
  json: Json
) => Fields.of(table, dialect, { exactJson: json === "Exact", hexBlob: options.hexBlob === true })

/** What is asked for the rows of a chunk, and how they are written. */
interface Question {
  readonly columns: ReadonlyArray<Catalog.Column>
  readonly select: string
  readonly insert: Connection.InsertOptions
  /** Whether the session has to be one that looks into values of JSON. */
  readonly exact: boolean
}

const question = (
  dialect: Dialect.Dialect,
  table: Catalog.Table,
  chunk: Source.Chunk,
  options: Source.ReadOptions,
  json: Json
): Question => {
  const period = History.columns(table, chunk)
  const columns = [...table.columns.filter((column) => !column.generated), ...period]
  return {
    columns,
    select: `SELECT /*!40001 SQL_NO_CACHE */ ${columns.map(expression(dialect, json)).join(", ")}${from(table, chunk)}${
      order(table)
    }`,
    insert: {
      head: head(table, columns, options.completeInsert || period.length > 0),
      kinds: columns.map(({ kind }) => options.hexBlob === true && kind === "Binary" ? "Hex" : kind),
      statementSize: options.statementSize
    },
    exact: columns.some(checked(dialect, json))
  }
}

const utc = "SET SESSION time_zone = '+00:00'"

const withoutJson = "SET SESSION character_set_connection = binary"

/**
 * Whether the rows of a table can be asked for together with those of others: where the session has to be no other one.
 *
 * @internal
 */
export const isOrdinary = (dialect: Dialect.Dialect, table: Catalog.Table, json: Json): boolean =>
  Option.isNone(table.period) && table.columns.some(({ generated }) => !generated) &&
  !table.columns.some(checked(dialect, json))

/** What the session is set to for several tables. @internal */
export const session = (dialect: Dialect.Dialect): ReadonlyArray<string> => [
  ...(Option.isSome(dialect.exactJson) ? [withoutJson] : []),
  utc
]

/**
 * The statement for the rows of a table that is ordinary, in UTC, as INSERT statements.
 *
 * @internal
 */
export const statement = (
  dialect: Dialect.Dialect,
  table: Catalog.Table,
  chunk: Source.Chunk,
  options: Source.ReadOptions,
  json: Json
): Connection.Statement => {
  const { insert, select } = question(dialect, table, chunk, options, json)
  return { sql: select, insert }
}

/**
 * The rows of a chunk as INSERT statements, or as lines.
 *
 * @internal
 */
export const rows = (
  connection: Connection.RawConnection,
  dialect: Dialect.Dialect,
  table: Catalog.Table,
  chunk: Source.Chunk,
  options: Source.ReadOptions,
  json: Json
): Stream.Stream<Source.Piece, MysqlError.MysqlError> => {
  const { columns, exact, insert, select } = question(dialect, table, chunk, options, json)
  const lines = (layout: Lines.Layout) =>
    Either.match(fields(dialect, table, options, json), {
      onLeft: (why) => Stream.fail(MysqlError.make("Statement", `its rows cannot be read as lines: ${why}`)),
      onRight: (fields) => connection.lines(select, { layout, encodings: fields.map(({ encoding }) => encoding) })
    })
  return Stream.unwrap(Effect.as(
    Effect.zipRight(
      Effect.mapError(
        connection.queries([
          // paths into JSON are text; whatever else is in the statement means the same under either
          ...(Option.isNone(dialect.exactJson) ? [] : [exact ? `SET SESSION ${ExactJson.session}` : withoutJson]),
          ...(options.utc ? [utc] : [])
        ]),
        ({ error }) => error
      ),
      options.utc ? Effect.void : Zones.use(connection, columns, from(table, chunk))
    ),
    options.lines !== undefined
      ? lines(options.lines)
      : columns.length === 0
      ? countedRows(connection, table, chunk, options)
      : connection.insertStatements(select, insert)
  ))
}
