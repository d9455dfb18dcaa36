/**
 * Finding out what a server knows, without making anything: it is given a statement to prepare. It reads all of it, says
 * what it does not know, and forgets it.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type * as Connection from "../Connection.js"
import type { MysqlError } from "../MysqlError.js"

/**
 * What servers say of what they do not know: syntax, character set, collation, engine, type, value of a variable,
 * variable, and a collation that does not belong to its character set. Whatever else they say is of what they do know.
 */
const unknown: ReadonlySet<number | undefined> = new Set([1064, 1115, 1193, 1231, 1253, 1273, 1286, 4161])

const hex = (bytes: Uint8Array): string => `X'${Buffer.from(bytes).toString("hex")}'`

/** What the server does not know of a statement, as the session is set now. */
const understands = (
  connection: Connection.RawConnection,
  statement: Uint8Array
): Effect.Effect<Option.Option<MysqlError>, MysqlError> =>
  connection.query(`SET @sluice_probe = ${hex(statement)}`).pipe(
    Effect.zipRight(connection.query("PREPARE sluice_probe FROM @sluice_probe")),
    Effect.as(Option.none<MysqlError>()),
    Effect.catchIf(
      (error) => error.reason !== "ConnectionLost" && error.errno !== undefined,
      (error) => Effect.succeed(Option.liftPredicate(error, ({ errno }) => unknown.has(errno)))
    )
  )

/** The statement that shows whether a feature is known, which `of` gives a name in a database. */
const statementFor = (feature: string, of: string): string | undefined => {
  const [, word = "", name = ""] = /^(\S+) ?(.*)$/s.exec(feature) ?? []
  switch (word) {
    case "ENGINE":
      return `CREATE TABLE ${of} (a INT) ENGINE = ${Sql.quoteIdentifier(name)}`
    case "COLLATE":
      return `CREATE TABLE ${of} (a CHAR(1)) COLLATE ${Sql.quoteIdentifier(name)}`
    case "TYPE":
      // it is a word of a backup: nothing but a type may get into a statement
      return /^\w+(?:\(\d+\))?$/.test(name) ? `CREATE TABLE ${of} (a ${name})` : undefined
    case "SEQUENCE":
      return `CREATE SEQUENCE ${of}`
    case "VERSIONING":
      return `CREATE TABLE ${of} (a INT) WITH SYSTEM VERSIONING`
    default:
      return undefined
  }
}

/** Other names of engines, which the list of engines does not have. */
const otherNames = new Set(["heap", "merge", "innobase", "ndb", "maria"])

/** MariaDB looks engines up only when it runs a statement, so the list of those that work is asked as well. */
const works = (connection: Connection.RawConnection, engine: string): Effect.Effect<boolean, MysqlError> =>
  otherNames.has(engine.toLowerCase()) ? Effect.succeed(true) : Effect.map(
    connection.query(
      "SELECT 1 FROM information_schema.ENGINES WHERE SUPPORT IN ('YES', 'DEFAULT') AND " +
        `ENGINE = CONVERT(${hex(Sql.bytes(engine))} USING utf8mb4)`
    ),
    ({ rows }) => rows.length > 0
  )

/**
 * Whether the server knows a feature that a backup's inventory names. It changes the session's sql_mode.
 *
 * @internal
 */
export const knows = (
  connection: Connection.RawConnection,
  feature: string,
  database: string
): Effect.Effect<boolean, MysqlError> => {
  const mode = /^MODE (\w+)$/.exec(feature)?.[1]
  if (mode !== undefined) {
    return connection.query(`SET SESSION sql_mode = '${mode}'`).pipe(
      Effect.as(true),
      Effect.catchIf(({ errno }) => unknown.has(errno), () => Effect.succeed(false))
    )
  }
  const statement = statementFor(feature, Sql.quoteName({ database, name: "sluice_probe" }))
  if (statement === undefined) return Effect.succeed(true)
  const engine = /^ENGINE (.*)$/s.exec(feature)?.[1]
  const understood = Effect.zipRight(
    connection.query("SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION'"),
    Effect.map(understands(connection, Sql.bytes(statement)), Option.isNone)
  )
  return engine === undefined ? understood : Effect.if(understood, {
    onTrue: () => works(connection, engine),
    onFalse: () => Effect.succeed(false)
  })
}
