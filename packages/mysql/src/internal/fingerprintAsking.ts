/**
 * What a fingerprint asks a server, and how its answers become lines.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"

import type { RawConnection, Result } from "../Connection.js"
import * as MysqlError from "../MysqlError.js"
import { readable } from "./readable.js"

/** @internal */
export type Entry = readonly [what: string, picture: string]

/** @internal */
export type Entries = Effect.Effect<ReadonlyArray<Entry>, MysqlError.MysqlError>

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

/**
 * A name, or what else is UTF-8 for certain.
 *
 * @internal
 */
export const text = (row: Named, column: string) =>
  Effect.map(raw(row, column), (value) => value === null ? "" : Sql.text(value))

/**
 * Columns as lines, each with its name, and the last, which may have many lines itself, after them.
 *
 * @internal
 */
export const picture = (row: Named, columns: ReadonlyArray<string>, definition?: string) =>
  Effect.gen(function*() {
    const lines = yield* Effect.forEach(
      columns,
      (column) => Effect.map(raw(row, column), (value) => `${column}: ${readable(value)}`)
    )
    const last = definition === undefined ? [] : [readable(yield* raw(row, definition))]
    return [...lines, ...last].join("\n")
  })

const literal = (value: string): string => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`

/**
 * The server compares names by a collation that takes different ones for equal, and by its index may have to.
 *
 * @internal
 */
export const is = (column: string, value: string): string =>
  `${column} = ${literal(value)} AND CAST(${column} AS BINARY) = ${literal(value)}`

/**
 * Asks with answers whose columns have names.
 *
 * @internal
 */
export const asking = (connection: RawConnection) => {
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
  return { rows, first, namesIn }
}
