/**
 * A picture of databases on a server that can be compared with another: what their objects are, how many rows their
 * tables have, and the servers' own checksums of the rows.
 *
 * It asks the server itself, and uses nothing that a dump or a restore does, so that it can be the judge of them. Pictures of servers of one
 * vendor and version compare well; others print the same things differently.
 *
 * @since 0.1.0
 */
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type { RawConnection, Result } from "./Connection.js"
import { readable } from "./internal/readable.js"
import * as Unprinted from "./internal/unprinted.js"
import * as MysqlError from "./MysqlError.js"

/**
 * What each thing is like, by its kind and name, such as ``rows of `shop`.`orders` ``.
 *
 * @since 0.1.0
 * @category models
 */
export type Fingerprint = ReadonlyMap<string, string>

/**
 * Something that is not the same in two pictures, or is in one of them only.
 *
 * @since 0.1.0
 * @category models
 */
export interface Difference {
  /** Its kind and name. */
  readonly what: string
  readonly left: Option.Option<string>
  readonly right: Option.Option<string>
}

type Entry = readonly [what: string, picture: string]
type Entries = Effect.Effect<ReadonlyArray<Entry>, MysqlError.MysqlError>

/** A row by the names of its columns, in lower case: servers do not agree on that. */
type Named = ReadonlyMap<string, Uint8Array | null>

const named = (result: Result): ReadonlyArray<Named> =>
  result.rows.map((row) => new Map(row.map((value, i) => [(result.columns[i] ?? "").toLowerCase(), value])))

const raw = (row: Named, column: string) =>
  Effect.suspend(() => {
    const value = row.get(column.toLowerCase())
    return value === undefined
      ? Effect.fail(MysqlError.make("Unsupported", `the server's answer has no column ${column}`))
      : Effect.succeed(value)
  })

/** A name, or what else is UTF-8 for certain. */
const text = (row: Named, column: string) =>
  Effect.map(raw(row, column), (value) => value === null ? "" : Sql.text(value))

/** Columns as lines, each with its name, and the last, which may have many lines itself, after them. */
const picture = (row: Named, columns: ReadonlyArray<string>, definition?: string) =>
  Effect.gen(function*() {
    const lines = yield* Effect.forEach(
      columns,
      (column) => Effect.map(raw(row, column), (value) => `${column}: ${readable(value)}`)
    )
    const last = definition === undefined ? [] : [readable(yield* raw(row, definition))]
    return [...lines, ...last].join("\n")
  })

const creation = ["character_set_client", "collation_connection", "Database Collation"]

const literal = (value: string): string => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`

/** The server compares names by a collation that takes different ones for equal, and by its index may have to. */
const is = (column: string, value: string): string =>
  `${column} = ${literal(value)} AND CAST(${column} AS BINARY) = ${literal(value)}`

const columnWithCollation =
  /^( {2}`(?:[^`]|``)+` [a-z]+(?:\((?:[^()']|'(?:[^'\\]|\\.|'')*')*\))?) CHARACTER SET (\w+) (?=COLLATE \2_)/gm

/**
 * MySQL does not print a table made from its own print the same way: a column that was printed with its collation only
 * is printed with its character set too from then on, for which the collation stands anyway.
 */
const settled = (definition: string): string => definition.replace(columnWithCollation, "$1 ")

/** What of a database is looked at. */
interface Wanted {
  /** Without it, tables are told by what they are like, and not by what is in them. */
  readonly rows: boolean
  readonly includes: (database: string, table: string) => boolean
  /** Whether routines, libraries and events are wanted. */
  readonly programs: boolean
}

const everything: Wanted = { rows: true, includes: () => true, programs: true }

const readers = (connection: RawConnection, wanted: Wanted) => {
  const rows = (sql: string) => Effect.map(connection.query(sql), named)
  const first = (sql: string) =>
    Effect.flatMap(
      rows(sql),
      ([row]) =>
        row === undefined
          ? Effect.fail(MysqlError.make("Statement", `the server did not answer ${sql}`))
          : Effect.succeed(row)
    )
  const namesIn = (table: string, column: string, condition: string) =>
    Effect.flatMap(
      rows(`SELECT ${column} AS name FROM information_schema.${table} WHERE ${condition} ORDER BY 1`),
      Effect.forEach((row) => text(row, "name"))
    )

  const sequence = (quoted: string): Entries =>
    Effect.gen(function*() {
      const definition = yield* picture(yield* first(`SHOW CREATE SEQUENCE ${quoted}`), [], "Create Table")
      const state = yield* picture(yield* first(`SELECT * FROM ${quoted}`), [
        "next_not_cached_value",
        "cycle_count"
      ])
      return [[`sequence ${quoted}`, definition], [`position of ${quoted}`, state]]
    })

  const table = (database: string, name: string, versioned: boolean): Entries =>
    Effect.gen(function*() {
      const quoted = Sql.quoteName({ database, name })
      const definition = yield* picture(yield* first(`SHOW CREATE TABLE ${quoted}`), [], "Create Table")
      const shown = connection.server.vendor === "mysql" ? settled(definition) : definition
      const texts = yield* unprinted(database, name, quoted)
      if (!wanted.rows) return [[`table ${quoted}`, shown], ...texts]
      const count = yield* picture(yield* first(`SELECT COUNT(*) AS count FROM ${quoted}`), [], "count")
      // when a row of a versioned table began to be is not what it says
      const columns = (yield* columnsOf(database, name)).filter(({ period }) => !period)
      const checksum = yield* picture(
        versioned || (yield* isUnsteady(database, name, columns))
          ? yield* first(`SELECT ${Unprinted.digest(columns)} AS checksum FROM ${quoted}`)
          : yield* first(`CHECKSUM TABLE ${quoted} EXTENDED`),
        [],
        "Checksum"
      )
      return [
        [`table ${quoted}`, shown],
        [`rows of ${quoted}`, count],
        [`checksum of ${quoted}`, checksum],
        ...texts
      ]
    })

  /** Whether the server's own checksum says several things of the same rows. */
  const isUnsteady = (database: string, name: string, columns: ReadonlyArray<Unprinted.Column>) =>
    connection.server.vendor === "mariadb"
      ? Effect.succeed(columns.some(({ generated }) => generated))
      : Effect.map(
        rows(
          "SELECT 1 FROM information_schema.STATISTICS WHERE EXPRESSION IS NOT NULL" +
            ` AND ${is("TABLE_SCHEMA", database)} AND ${is("TABLE_NAME", name)}`
        ),
        (expressions) => expressions.length > 0
      )

  const unprinted = (database: string, name: string, quoted: string): Entries =>
    Effect.gen(function*() {
      const where = `${is("TABLE_SCHEMA", database)} AND ${is("TABLE_NAME", name)}`
      const cells = (sql: string) =>
        Effect.map(connection.query(sql), (result) => result.rows.map((row) => readable(row[0] ?? null)))
      const columns = yield* connection.query(Unprinted.columns(where))
      const partitions = wanted.rows ? yield* connection.query(Unprinted.partitions(where)) : { rows: [] }
      const asked = [
        ...Unprinted.texts(quoted, connection.server.vendor, columns.rows),
        ...partitions.rows.flatMap(([partition]) => {
          const of = partition === null || partition === undefined ? "" : Sql.text(partition)
          return [
            [
              `partition ${Sql.quoteIdentifier(of)} of ${quoted}`,
              Unprinted.rowsOfPartition(quoted, of)
            ] as const
          ]
        })
      ]
      return yield* Effect.forEach(
        asked,
        ([what, sql]) => Effect.map(cells(sql), (values): Entry => [what, values.join(", ")])
      )
    })

  const columnsOf = (database: string, table: string) =>
    Effect.flatMap(
      rows(
        "SELECT COLUMN_NAME AS name, DATA_TYPE AS type, COALESCE(GENERATION_EXPRESSION, '') AS expression" +
          ` FROM information_schema.COLUMNS WHERE ${is("TABLE_SCHEMA", database)} AND ${is("TABLE_NAME", table)}` +
          " ORDER BY ORDINAL_POSITION"
      ),
      Effect.forEach((row) =>
        Effect.map(
          Effect.all([text(row, "name"), text(row, "type"), text(row, "expression")]),
          ([name, type, expression]): Unprinted.Column => ({
            name,
            type: type.toLowerCase(),
            generated: expression !== "",
            period: expression === "ROW START" || expression === "ROW END"
          })
        )
      )
    )

  const view = (quoted: string): Entries =>
    Effect.gen(function*() {
      const row = yield* first(`SHOW CREATE VIEW ${quoted}`)
      return [[`view ${quoted}`, yield* picture(row, creation.slice(0, 2), "Create View")]]
    })

  const trigger = (database: string, trigger: string): Entries =>
    Effect.gen(function*() {
      const quoted = Sql.quoteName({ database, name: trigger })
      const row = yield* first(`SHOW CREATE TRIGGER ${quoted}`)
      const place = yield* first(
        "SELECT EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER FROM information_schema.TRIGGERS" +
          ` WHERE ${is("TRIGGER_SCHEMA", database)} AND ${is("TRIGGER_NAME", trigger)}`
      )
      const where = yield* picture(place, [
        "EVENT_OBJECT_TABLE",
        "ACTION_TIMING",
        "EVENT_MANIPULATION",
        "ACTION_ORDER"
      ])
      return [[
        `trigger ${quoted}`,
        `${where}\n${yield* picture(row, ["sql_mode", ...creation], "SQL Original Statement")}`
      ]]
    })

  const routine = (database: string, kind: string, routine: string): Entries =>
    Effect.gen(function*() {
      const quoted = Sql.quoteName({ database, name: routine })
      const row = yield* first(`SHOW CREATE ${kind} ${quoted}`)
      return [[`${kind.toLowerCase()} ${quoted}`, yield* picture(row, ["sql_mode", ...creation], `Create ${kind}`)]]
    })

  const library = (database: string, library: string): Entries =>
    Effect.gen(function*() {
      const quoted = Sql.quoteName({ database, name: library })
      const row = yield* first(`SHOW CREATE LIBRARY ${quoted}`)
      return [[`library ${quoted}`, yield* picture(row, ["sql_mode"], "Create Library")]]
    })

  const event = (database: string, event: string): Entries =>
    Effect.gen(function*() {
      const quoted = Sql.quoteName({ database, name: event })
      const row = yield* first(`SHOW CREATE EVENT ${quoted}`)
      const state = yield* first(
        "SELECT STATUS FROM information_schema.EVENTS" +
          ` WHERE ${is("EVENT_SCHEMA", database)} AND ${is("EVENT_NAME", event)}`
      )
      return [[
        `event ${quoted}`,
        `${yield* picture(state, ["STATUS"])}\n${yield* picture(
          row,
          ["sql_mode", "time_zone", ...creation],
          "Create Event"
        )}`
      ]]
    })

  return (database: string): Entries =>
    Effect.gen(function*() {
      const quoted = Sql.quoteIdentifier(database)
      // views are printed with the names of all databases but this one
      yield* connection.query(`USE ${quoted}`)
      const definition = yield* picture(yield* first(`SHOW CREATE DATABASE ${quoted}`), [], "Create Database")
      const tables = yield* Effect.flatMap(
        rows(
          "SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES" +
            ` WHERE ${is("TABLE_SCHEMA", database)} ORDER BY 1`
        ),
        Effect.forEach((row) => Effect.all([text(row, "name"), text(row, "type")]))
      ).pipe(Effect.map((tables) => tables.filter(([name]) => wanted.includes(database, name))))
      const triggers = yield* Effect.flatMap(
        rows(
          "SELECT TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS object FROM information_schema.TRIGGERS" +
            ` WHERE ${is("TRIGGER_SCHEMA", database)} ORDER BY 1`
        ),
        Effect.forEach((row) => Effect.all([text(row, "name"), text(row, "object")]))
      ).pipe(Effect.map((triggers) => triggers.flatMap(([name, of]) => wanted.includes(database, of) ? [name] : [])))
      const routines = yield* Effect.flatMap(
        rows(
          "SELECT ROUTINE_NAME AS name, ROUTINE_TYPE AS type FROM information_schema.ROUTINES" +
            ` WHERE ${is("ROUTINE_SCHEMA", database)} ORDER BY 2, 1`
        ),
        Effect.forEach((row) => Effect.all([text(row, "name"), text(row, "type")]))
      )
      const [hasLibraries] = yield* rows(
        "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'LIBRARIES'"
      )
      const libraries = hasLibraries === undefined
        ? []
        : yield* namesIn("LIBRARIES", "LIBRARY_NAME", is("LIBRARY_SCHEMA", database))
      const events = yield* namesIn("EVENTS", "EVENT_NAME", is("EVENT_SCHEMA", database))
      const entries: ReadonlyArray<Entries> = [
        ...tables.map(([name, type]) => {
          const quoted = Sql.quoteName({ database, name })
          return type.endsWith("VIEW")
            ? view(quoted)
            : type === "SEQUENCE"
            ? sequence(quoted)
            : table(database, name, type === "SYSTEM VERSIONED")
        }),
        ...triggers.map((name) => trigger(database, name)),
        ...(wanted.programs
          ? [
            ...routines.map(([name, type]) => routine(database, type, name)),
            ...libraries.map((name) => library(database, name)),
            ...events.map((name) => event(database, name))
          ]
          : [])
      ]
      return [[`database ${quoted}`, definition], ...(yield* Effect.all(entries)).flat()]
    })
}

const session = ["character_set_client", "character_set_results", "collation_connection", "sql_mode"]

/** MySQL hides the primary keys that it made itself, if it is told to. */
const showsGeneratedKeys = "show_gipk_in_create_table_and_information_schema"

const kept = (name: string): string => `@sluice_fingerprint_${name}`

/**
 * The session's sql_mode says how servers quote names and what they leave out of definitions, and its character set
 * what becomes of their texts.
 */
const withPlainSession = <A>(connection: RawConnection, use: Effect.Effect<A, MysqlError.MysqlError>) =>
  Effect.acquireUseRelease(
    connection.query(`SET ${session.map((name) => `${kept(name)} = @@SESSION.${name}`).join(", ")}`),
    () =>
      Effect.forEach(
        ["SET NAMES binary", "SET SESSION sql_mode = '', SESSION sql_quote_show_create = 1"],
        (sql) => connection.query(sql)
      ).pipe(
        // Of a version that has no such keys it is not asked for either.
        Effect.zipRight(Effect.ignore(connection.query(`SET SESSION ${showsGeneratedKeys} = 1`))),
        Effect.zipRight(use)
      ),
    () =>
      Effect.ignore(
        connection.query(`SET ${session.map((name) => `SESSION ${name} = ${kept(name)}`).join(", ")}`)
      ).pipe(Effect.zipRight(Effect.ignore(connection.query(`SET SESSION ${showsGeneratedKeys} = DEFAULT`))))
  )

/**
 * Reads the picture of some databases: their own definitions; of tables the definition with its AUTO_INCREMENT, the
 * number of rows, in each partition too, the checksum, and texts that the definition shows as question marks; of views, triggers, routines and events the definition, with the sql_mode, character
 * sets, time zone, state and order that belong to it.
 *
 * It reads every row, and changes nothing on the server; on the connection it changes which database is in use. Bytes
 * that are not UTF-8 are written as `\xHH`, and a backslash as two, so no damage hides.
 *
 * Tables are read one after the other, so a server that is written to meanwhile gives no picture of one moment.
 *
 * @example
 * ```ts
 * import { type Connection, Fingerprint } from "@sluice/mysql"
 * import { Effect } from "effect"
 *
 * const same = (left: Connection.RawConnection, right: Connection.RawConnection) =>
 *   Effect.gen(function*() {
 *     const differences = Fingerprint.difference(
 *       yield* Fingerprint.read(left, ["shop"]),
 *       yield* Fingerprint.read(right, ["shop"])
 *     )
 *     return differences.length === 0
 *   })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const read = (
  connection: RawConnection,
  databases: ReadonlyArray<string>
): Effect.Effect<Fingerprint, MysqlError.MysqlError> =>
  withPlainSession(connection, Effect.forEach(databases, readers(connection, everything))).pipe(
    Effect.map((entries) => new Map(entries.flat())),
    Effect.withSpan("Fingerprint.read", { attributes: { databases } })
  )

/**
 * Reads the picture of a database without what is in its tables: everything that {@link read} tells but numbers of rows
 * and checksums.
 *
 * @since 0.1.0
 * @category constructors
 */
export const definitions = (
  connection: RawConnection,
  database: string,
  wanted: {
    readonly includes: (database: string, table: string) => boolean
    /** Whether routines, libraries and events are wanted. */
    readonly programs: boolean
  }
): Effect.Effect<Fingerprint, MysqlError.MysqlError> =>
  withPlainSession(connection, readers(connection, { ...wanted, rows: false })(database)).pipe(
    Effect.map((entries) => new Map(entries)),
    Effect.withSpan("Fingerprint.definitions", { attributes: { database } })
  )

/**
 * What is not the same in two pictures, sorted by what it is.
 *
 * @since 0.1.0
 * @category comparing
 */
export const difference = (left: Fingerprint, right: Fingerprint): ReadonlyArray<Difference> =>
  Array.from(new Set([...left.keys(), ...right.keys()]))
    .filter((what) => left.get(what) !== right.get(what))
    .sort()
    .map((what) => ({
      what,
      left: Option.fromNullable(left.get(what)),
      right: Option.fromNullable(right.get(what))
    }))

const shown = 60
const leadIn = 20

/** Where two texts begin to differ, with a little of what is before and after. */
const around = (text: string, at: number): string => {
  const start = at <= leadIn * 2 ? 0 : at - leadIn
  const part = text.slice(start, at + shown).replaceAll("\n", " ").trim()
  return `${start === 0 ? "" : "…"}${part === "" ? "nothing" : part}${at + shown < text.length ? "…" : ""}`
}

/**
 * A difference in one line, for people.
 *
 * @example
 * ```ts
 * import { Fingerprint } from "@sluice/mysql"
 * import { Option } from "effect"
 *
 * Fingerprint.describe({ what: "rows of `shop`.`orders`", left: Option.some("12"), right: Option.some("11") })
 * // "rows of `shop`.`orders`: 12 is on the left, 11 on the right"
 * ```
 *
 * @since 0.1.0
 * @category comparing
 */
export const describe = (difference: Difference): string => {
  if (Option.isNone(difference.left)) return `${difference.what}: only on the right`
  if (Option.isNone(difference.right)) return `${difference.what}: only on the left`
  const left = difference.left.value
  const right = difference.right.value
  const first = Array.from({ length: Math.min(left.length, right.length) }).findIndex((_, i) => left[i] !== right[i])
  const at = first === -1 ? Math.min(left.length, right.length) : first
  return `${difference.what}: ${around(left, at)} is on the left, ${around(right, at)} on the right`
}
