/**
 * Definitions as bytes.
 *
 * What `SHOW CREATE` prints is read without any conversion. For tables it is UTF-8 but for literals in other character
 * sets. For views and stored programs it is in the character set that their creator's client had, and is replayed in
 * that.
 *
 * @internal
 */
import * as SchemaFile from "@sluice/format/SchemaFile"
import * as Sql from "@sluice/format/Sql"
import { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type * as Catalog from "../Catalog.js"
import type * as Connection from "../Connection.js"
import type * as MysqlError from "../MysqlError.js"
import type * as Dialect from "./dialect.js"
import * as Exact from "./exact.js"
import * as Mixed from "./mixed.js"

const what = "cannot read a definition"

/** The first row of an answer, by the names of its columns. */
type Row = (column: string) => Effect.Effect<Uint8Array, SourceError>

const hidden = (where: string) =>
  new SourceError({
    reason: "Privilege",
    what,
    where,
    detail: "the account may know of it, but not see its text",
    advice: "Grant it SHOW_ROUTINE (MySQL) or SELECT on mysql.proc (MariaDB), or use the account that defined it"
  })

const show = (
  connection: Connection.RawConnection,
  statement: string,
  where: string
): Effect.Effect<Row, SourceError> =>
  Effect.map(
    Effect.mapError(connection.query(statement), (error) => error.toSource(what, where)),
    ({ columns, rows }) => (column) =>
      Option.match(Option.fromNullable(rows[0]?.[columns.indexOf(column)]), {
        onNone: () => Effect.fail(hidden(where)),
        onSome: Effect.succeed
      })
  )

const textOf = (row: Row, column: string) => Effect.map(row(column), Sql.text)

/** @internal */
export const database = (
  connection: Connection.RawConnection,
  name: string
): Effect.Effect<SchemaFile.Definition, SourceError> =>
  Effect.gen(function*() {
    const quoted = Sql.quoteIdentifier(name)
    const row = yield* show(connection, `SHOW CREATE DATABASE IF NOT EXISTS ${quoted}`, quoted)
    return SchemaFile.Definition.Database({ name, create: yield* row("Create Database") })
  })

/**
 * A table. It is opened first, in the snapshot's own transaction: from then on nobody can change its definition until
 * the snapshot is given up, and a change that has come before is told by the server.
 *
 * @internal
 */
export const table = (dialect: Dialect.Dialect, { utc }: Pick<Source.ReadOptions, "utc">) =>
(
  connection: Connection.RawConnection,
  { info }: Catalog.Table
): Effect.Effect<SchemaFile.Definition, SourceError> =>
  Effect.gen(function*() {
    const quoted = Sql.quoteName({ database: info.database, name: info.name })
    // the default of a TIMESTAMP is printed in the zone of the session
    const zone = utc ? "'+00:00'" : "@@GLOBAL.time_zone"
    const [, , shown] = yield* Effect.mapError(
      connection.queries([
        `SELECT 1 FROM ${quoted} LIMIT 1`,
        `SET SESSION time_zone = ${zone}`,
        `SHOW CREATE TABLE ${quoted}`
      ]),
      ({ error }) => error.toSource(what, quoted)
    )
    const printed = shown?.rows[0]?.[shown.columns.indexOf("Create Table")]
    const create = printed === null || printed === undefined
      ? yield* hidden(quoted)
      : yield* Exact.definition(connection, dialect, info, printed)
    return SchemaFile.Definition.Table({ name: info.name, create })
  })

/**
 * Several tables, whose times are in UTC; none for those about which more has to be asked. Each is let go of with
 * `letGo` before the next is opened, where that is of any use; so this is for tables that nobody can change.
 *
 * @internal
 */
export const tables = (
  connection: Connection.RawConnection,
  dialect: Dialect.Dialect,
  some: ReadonlyArray<Catalog.Table>,
  letGo: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Option.Option<SchemaFile.Definition>>, Connection.SeveralFailed> => {
  const head = ["SET SESSION time_zone = '+00:00'"]
  const each = some.map(({ info }) => {
    const quoted = Sql.quoteName({ database: info.database, name: info.name })
    return [`SELECT 1 FROM ${quoted} LIMIT 1`, `SHOW CREATE TABLE ${quoted}`, ...letGo]
  })
  return Effect.map(
    connection.queries([...head, ...each.flat()]),
    (answers) =>
      some.map(({ info: { name } }, i) => {
        const answer = answers[head.length + i * (2 + letGo.length) + 1]
        return Option.fromNullable(answer?.rows[0]?.[answer.columns.indexOf("Create Table")]).pipe(
          Option.flatMap((create) => Exact.withoutAsking(connection.server.vendor, dialect, create)),
          Option.map((create) => SchemaFile.Definition.Table({ name, create }))
        )
      })
  )
}

/** The columns of a sequence, in their order. */
const sequenceColumns = [
  "next_not_cached_value",
  "minimum_value",
  "maximum_value",
  "start_value",
  "increment",
  "cache_size",
  "cycle_option",
  "cycle_count"
] as const

/**
 * A sequence, and where it stands. No snapshot holds that: it is what the sequence has come to by now, never less than
 * what the snapshot's rows have taken.
 *
 * @internal
 */
export const sequence = (
  connection: Connection.RawConnection,
  { info }: Catalog.Table
): Effect.Effect<SchemaFile.Definition, SourceError> =>
  Effect.gen(function*() {
    const quoted = Sql.quoteName({ database: info.database, name: info.name })
    const state = yield* show(connection, `SELECT ${sequenceColumns.join(", ")} FROM ${quoted}`, quoted)
    const value = (column: typeof sequenceColumns[number]) => Effect.map(textOf(state, column), BigInt)
    const row = yield* show(connection, `SHOW CREATE SEQUENCE ${quoted}`, quoted)
    return SchemaFile.Definition.Sequence({
      name: info.name,
      create: yield* row("Create Table"),
      state: {
        next: yield* value("next_not_cached_value"),
        minimum: yield* value("minimum_value"),
        maximum: yield* value("maximum_value"),
        start: yield* value("start_value"),
        increment: yield* value("increment"),
        cache: yield* value("cache_size"),
        cycles: yield* value("cycle_option"),
        round: yield* value("cycle_count")
      }
    })
  })

/**
 * A view. Its database has to be the default one, so that what is in the same database is named without it.
 *
 * @internal
 */
export const view = (
  connection: Connection.RawConnection,
  { columns, info }: Catalog.Table
): Effect.Effect<SchemaFile.Definition, SourceError> =>
  Effect.gen(function*() {
    const quoted = Sql.quoteName({ database: info.database, name: info.name })
    yield* Effect.mapError(
      connection.query(`USE ${Sql.quoteIdentifier(info.database)}`),
      (error) => error.toSource(what, quoted)
    )
    const row = yield* show(connection, `SHOW CREATE VIEW ${Sql.quoteIdentifier(info.name)}`, quoted)
    return SchemaFile.Definition.View({
      name: info.name,
      columns: columns.map((column) => column.name),
      create: yield* row("Create View"),
      creation: {
        characterSetClient: yield* textOf(row, "character_set_client"),
        collationConnection: yield* textOf(row, "collation_connection"),
        sqlMode: Option.none(),
        timeZone: Option.none()
      }
    })
  })

/** @internal */
export const of = (kind: Source.TableInfo["kind"], dialect: Dialect.Dialect, how: Pick<Source.ReadOptions, "utc">) =>
  ({ Table: table(dialect, how), Sequence: sequence, View: view })[kind]

/** Text, given in UTF-8, in another of the server's character sets; none where it cannot be said in that. */
const convert = (connection: Connection.RawConnection, characterSet: string) => (utf8: Uint8Array) => {
  const hex = Buffer.from(utf8).toString("hex")
  const converted = `CONVERT(_utf8mb4 X'${hex}' USING ${characterSet})`
  return Effect.map(
    connection.query(`SELECT ${converted}, HEX(CONVERT(${converted} USING utf8mb4)) = '${hex.toUpperCase()}'`),
    ({ rows: [row] }) =>
      Option.fromNullable(row?.[0]).pipe(
        Option.filter(() => row?.[1] !== null && row?.[1] !== undefined && Sql.text(row[1]) === "1")
      )
  ) satisfies Effect.Effect<Option.Option<Uint8Array>, MysqlError.MysqlError>
}

type Kind = Extract<SchemaFile.Definition, { readonly _tag: "Program" }>["kind"]

/** What the column with the statement is called. */
const statementColumn: { readonly [K in Kind]: string } = {
  TRIGGER: "SQL Original Statement",
  FUNCTION: "Create Function",
  PROCEDURE: "Create Procedure",
  PACKAGE: "Create Package",
  "PACKAGE BODY": "Create Package Body",
  LIBRARY: "Create Library",
  EVENT: "Create Event"
}

/**
 * A trigger, routine, library or event.
 *
 * @internal
 */
export const program = (
  connection: Connection.RawConnection,
  kind: Kind,
  at: { readonly database: string; readonly name: string; readonly comment: string }
): Effect.Effect<SchemaFile.Definition, SourceError> =>
  Effect.gen(function*() {
    const quoted = Sql.quoteName({ database: at.database, name: at.name })
    const where = `${kind.toLowerCase()} ${quoted}`
    const row = yield* show(connection, `SHOW CREATE ${kind} ${quoted}`, where)
    // a library is always in UTF-8
    const isLibrary = kind === "LIBRARY"
    const characterSetClient = isLibrary ? "utf8mb4" : yield* textOf(row, "character_set_client")
    const sqlMode = yield* textOf(row, "sql_mode")
    const create = yield* Mixed.inOneCharacterSet(
      yield* row(statementColumn[kind]),
      at,
      { characterSet: characterSetClient, sqlMode },
      convert(connection, characterSetClient)
    ).pipe(
      Effect.mapError((error) =>
        error._tag === "MysqlError" ? error.toSource(what, where) : new SourceError({
          reason: "Unsupported",
          what,
          where,
          detail: error.detail,
          advice: "Create it anew under the character set utf8mb4"
        })
      )
    )
    return SchemaFile.Definition.Program({
      kind,
      name: at.name,
      create,
      creation: {
        characterSetClient,
        collationConnection: isLibrary ? "utf8mb4_general_ci" : yield* textOf(row, "collation_connection"),
        sqlMode: Option.some(sqlMode),
        timeZone: kind === "EVENT" ? Option.some(yield* textOf(row, "time_zone")) : Option.none()
      }
    })
  })
