/**
 * What a fingerprint tells of tables and sequences.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"

import type { RawConnection } from "../Connection.js"
import { asking, type Entries, type Entry, is, picture, text } from "./fingerprintAsking.js"
import * as Printed from "./printed.js"
import { readable } from "./readable.js"
import * as Unprinted from "./unprinted.js"

const columnWithCollation =
  /^( {2}`(?:[^`]|``)+` [a-z]+(?:\((?:[^()']|'(?:[^'\\]|\\.|'')*')*\))?) CHARACTER SET (\w+) (?=COLLATE \2_)/gm

/**
 * MySQL does not print a table made from its own print the same way: a column that was printed with its collation only
 * is printed with its character set too from then on, for which the collation stands anyway. MariaDB prints conversions
 * as it likes.
 */
const settled = (vendor: "mysql" | "mariadb", definition: string): string =>
  vendor === "mysql"
    ? definition.replace(columnWithCollation, "$1 ")
    : Sql.text(Printed.withoutConversions(Sql.bytes(definition)))

/**
 * Without their rows, tables are told by what they are like, and not by what is in them.
 *
 * @internal
 */
export const tellers = (connection: RawConnection, withRows: boolean) => {
  const { first, rows } = asking(connection)

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
      const shown = settled(connection.server.vendor, definition)
      const texts = yield* unprinted(database, name, quoted)
      if (!withRows) return [[`table ${quoted}`, shown], ...texts]
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
      const partitions = withRows ? yield* connection.query(Unprinted.partitions(where)) : { rows: [] }
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

  return { sequence, table }
}
