/**
 * A database to try things out on: a chandlery with its customers, goods and orders, and with most of what is hard to
 * move about a database.
 *
 * It has integers of all sizes, exact and floating numbers, text in several character sets, dates at their limits,
 * bytes of all values, NULLs and empty strings; keys of all kinds, none, and foreign keys in a circle; generated and
 * invisible columns; views on views, triggers in an order, routines of several sql_modes and character sets, events
 * that never fire; and names that need quoting. It is the same each time it is made, for one scale and one vendor.
 *
 * @since 0.1.0
 */
import * as Sql from "@sluice/format/Sql"

import * as Oddities from "./internal/sampleOddities.js"
import * as Programs from "./internal/samplePrograms.js"
import * as Random from "./internal/sampleRandom.js"
import * as Shop from "./internal/sampleShop.js"
import type { Sizes, Table } from "./internal/sampleTable.js"
import type { Vendor } from "./ServerPrograms.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How large it is: 1 is about 10 MB of SQL text, 2 is twice that. With 0 each table has a few rows. */
  readonly scale: number
  /** Its name; without it `defaultName`. */
  readonly database?: string | undefined
  /** Whose server it is for. */
  readonly vendor: Vendor
}

/**
 * The rows of a table.
 *
 * @since 0.1.0
 * @category models
 */
export interface RowCount {
  readonly table: string
  readonly rows: number
}

/**
 * A view, trigger, routine or event.
 *
 * @since 0.1.0
 * @category models
 */
export interface Program {
  readonly kind: "view" | "trigger" | "function" | "procedure" | "event"
  readonly name: string
}

/**
 * What the database is called, unless something else is said.
 *
 * @since 0.1.0
 * @category constructors
 */
export const defaultName = "chandlery"

const tables: ReadonlyArray<Table> = [...Shop.tables, ...Oddities.tables]

/** A server takes more, but not every one by default. */
const statementBytes = 256 * 1024

const rowsOf = (table: Table, sizes: Sizes) => table.rows(new Random.Random(Random.seedOf(table.name)), sizes)

function* inserts(table: Table, sizes: Sizes): Iterable<string> {
  const head = `INSERT INTO ${Sql.quoteIdentifier(table.name)} (${
    table.columns.map(Sql.quoteIdentifier).join(", ")
  }) VALUES\n`
  let rows: Array<string> = []
  let length = 0
  for (const row of rowsOf(table, sizes)) {
    const text = `(${row.join(", ")})`
    if (length + text.length > statementBytes && rows.length > 0) {
      yield head + rows.join(",\n")
      rows = []
      length = 0
    }
    rows.push(text)
    length += text.length
  }
  if (rows.length > 0) yield head + rows.join(",\n")
}

/** What the statements change about the session. */
const session = [
  "character_set_client",
  "character_set_results",
  "collation_connection",
  "sql_mode",
  "time_zone",
  "foreign_key_checks"
]

const kept = (name: string): string => `@sluice_sample_${name}`

const set = (characterSet: string, sqlMode: string, timeZone: string): ReadonlyArray<string> => [
  `SET NAMES ${characterSet}`,
  `SET SESSION sql_mode = '${sqlMode}', SESSION time_zone = '${timeZone}'`
]

function* allStatements(options: Options): Iterable<Uint8Array> {
  const text = function*(...statements: ReadonlyArray<string>) {
    for (const statement of statements) yield Sql.bytes(statement)
  }
  const name = Sql.quoteIdentifier(options.database ?? defaultName)
  const sizes = Shop.sizes(options.scale)

  yield* text(`SET ${session.map((variable) => `${kept(variable)} = @@SESSION.${variable}`).join(", ")}`)
  yield* text(...set("utf8mb4", Programs.plainMode, "+00:00"))
  yield* text("SET SESSION foreign_key_checks = 0")
  yield* text(`CREATE DATABASE ${name} DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`, `USE ${name}`)
  for (const table of tables) {
    yield* text(`CREATE TABLE ${Sql.quoteIdentifier(table.name)} ${table.definition(options.vendor)}`)
  }
  for (const table of tables) {
    yield* text("START TRANSACTION", ...inserts(table, sizes), "COMMIT")
  }
  for (const program of Programs.programs) {
    const characterSet = program.characterSet ?? "utf8mb4"
    yield* text(...set(characterSet, program.sqlMode ?? Programs.plainMode, program.timeZone ?? "+00:00"))
    // what latin1 programs have in them is the same in ISO 8859-1
    yield characterSet === "latin1" ? Buffer.from(program.create, "latin1") : Sql.bytes(program.create)
  }
  yield* text(
    "SET NAMES utf8mb4",
    `SET ${session.map((variable) => `SESSION ${variable} = ${kept(variable)}`).join(", ")}`
  )
}

/**
 * The statements that make the database, one after the other, on any connection that may create databases. They set
 * what they need of the session, and set it back at the end; only the database that is in use is another one.
 *
 * They fail when a database of that name is there. No statement has more than about 256 KB, unless a row has.
 *
 * @example
 * ```ts
 * import { Connection } from "@sluice/mysql"
 * import { SampleDatabase } from "@sluice/testing"
 * import { Effect } from "effect"
 *
 * const make = (connection: Connection.RawConnection) =>
 *   Effect.forEach(
 *     SampleDatabase.statements({ scale: 0.1, vendor: connection.server.vendor }),
 *     connection.execute,
 *     { discard: true }
 *   )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const statements = (options: Options): Iterable<Uint8Array> => ({
  [Symbol.iterator]: () => allStatements(options)[Symbol.iterator]()
})

/**
 * How many rows each table has, the empty ones too.
 *
 * @since 0.1.0
 * @category getters
 */
export const rowCounts = (options: Pick<Options, "scale">): ReadonlyArray<RowCount> => {
  const sizes = Shop.sizes(options.scale)
  return tables.map((table) => ({ table: table.name, rows: rowsOf(table, sizes).length }))
}

/**
 * The views, triggers, routines and events, in the order in which they are made.
 *
 * @since 0.1.0
 * @category getters
 */
export const programs: ReadonlyArray<Program> = Programs.programs.map(({ kind, name }) => ({ kind, name }))
