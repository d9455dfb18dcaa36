/**
 * What a loading session is set to, and the small statements around loading.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type * as Target from "@sluice/pipeline/Target"
import * as Option from "effect/Option"

import type * as Connection from "../Connection.js"
import * as Dialect from "./dialect.js"
import * as Engines from "./engines.js"

type Row = ReadonlyArray<Uint8Array | null>

const textOf = (value: Uint8Array | null | undefined): string =>
  value === null || value === undefined ? "" : Sql.text(value)

/**
 * What does not change while a session lives.
 *
 * @internal
 */
export interface Settings {
  /** 0 when names are kept and compared as they are written. */
  readonly lowerCaseTableNames: number
  readonly explicitDefaultsForTimestamp: boolean
}

/** @internal */
export const settings = "SELECT @@lower_case_table_names, @@explicit_defaults_for_timestamp"

/** @internal */
export const readSettings = (row: Row): Settings => ({
  lowerCaseTableNames: Number(textOf(row[0])),
  explicitDefaultsForTimestamp: Number(textOf(row[1])) === 1
})

/**
 * SHOW CREATE TABLE says all of a TIMESTAMP's defaults; a server set otherwise adds some of its own.
 *
 * @internal
 */
export const explicitDefaults = "SET SESSION explicit_defaults_for_timestamp = 1"

/**
 * Whether the server gives tables without a primary key one of its own, which would not be the table of the backup; a
 * row of a name and `ON`, on MySQL only. A backup's own such keys are in its definitions.
 *
 * @internal
 */
export const generatesKeys = "SHOW SESSION VARIABLES LIKE 'sql_generate_invisible_primary_key'"

/** @internal */
export const isOn = (rows: ReadonlyArray<Row>): boolean => textOf(rows[0]?.[1]) === "ON"

/** @internal */
export const generateNoKeys = "SET SESSION sql_generate_invisible_primary_key = 0"

const set = (assignments: ReadonlyArray<Dialect.Setting>): string =>
  `SET ${assignments.map(([name, value]) => `SESSION ${name} = ${value}`).join(", ")}`

const withoutChecks = (server: Connection.Server): ReadonlyArray<Dialect.Setting> => [
  ["foreign_key_checks", "0"],
  ...Dialect.make(server).withoutChecks
]

/**
 * The sql_mode is for files that set none: a definition that the server would change in silence fails, zero dates in
 * defaults are taken. String literals are in single quotes because the mode so far may be any.
 *
 * @internal
 */
export const forDefinitions = (server: Connection.Server): ReadonlyArray<string> => [
  "SET NAMES binary",
  set([
    ["sql_mode", "'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'"],
    // a file without a zone of its own holds times of the server's zone
    ["time_zone", "DEFAULT"],
    ["unique_checks", "1"],
    ...withoutChecks(server)
  ])
]

/** Modes that say how a statement is read, so that they belong to the file. */
const readingModes = ["ANSI_QUOTES", "NO_BACKSLASH_ESCAPES"]

const keepingReadingModes = (modes: string): string =>
  `CONCAT('${modes}'${
    readingModes.map((mode) => `, IF(FIND_IN_SET('${mode}', @@SESSION.sql_mode), ',${mode}', '')`).join("")
  })`

/** Without the modes that refuse zero and invalid dates, and without those that change values. */
const lenientModes = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"

const strictMode = keepingReadingModes(`STRICT_ALL_TABLES,${lenientModes}`)

/**
 * Makes the session warn of what it makes of rows, at most so many times.
 *
 * @internal
 */
export const lenient = (warnings: number): string =>
  set([["sql_mode", keepingReadingModes(lenientModes)], ["max_error_count", String(warnings)]])

/** @internal */
export const forRows = (server: Connection.Server): ReadonlyArray<string> => [
  set([
    ["sql_mode", strictMode],
    ["unique_checks", Dialect.make(server).uniqueChecks],
    ...withoutChecks(server)
  ])
]

/** Text that means the same under every sql_mode. @internal */
export const literal = (text: string): string =>
  `CONVERT(X'${Buffer.from(text, "utf8").toString("hex")}' USING utf8mb4)`

/** @internal */
export const lookUp = (database: string, name: string): string =>
  `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${
    literal(database)
  } AND TABLE_NAME = ${literal(name)}`

/** @internal */
export const lookUpTransactions = (database: string, name: string): string =>
  `SELECT t.TABLE_SCHEMA, t.TABLE_NAME, e.TRANSACTIONS FROM information_schema.TABLES t ` +
  `JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA = ${literal(database)} AND ` +
  `t.TABLE_NAME = ${literal(name)}`

/** @internal */
export const lookUpTriggers = (database: string, table: string): string =>
  `SELECT EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ${
    literal(database)
  } AND EVENT_OBJECT_TABLE = ${literal(table)}`

/** @internal */
export const lookUpColumns = (database: string, table: string): string =>
  `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, EXTRA FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${
    literal(database)
  } AND TABLE_NAME = ${literal(table)} ORDER BY ORDINAL_POSITION`

interface Wanted {
  readonly database: string
  readonly name: string
}

/** The server compares names by a collation that may take different ones for equal. */
const isOf = (wanted: Wanted, settings: Settings) => ([database, name]: Row): boolean => {
  const fold = (name: string) => settings.lowerCaseTableNames === 0 ? name : name.toLowerCase()
  return fold(textOf(database)) === fold(wanted.database) && fold(textOf(name)) === fold(wanted.name)
}

/**
 * What stands under the name.
 *
 * @internal
 */
export const found = (rows: ReadonlyArray<Row>, wanted: Wanted, settings: Settings): Target.Found => {
  const row = rows.find(isOf(wanted, settings))
  if (row === undefined) {
    return "Nothing"
  }
  const type = textOf(row[2])
  return type === "SEQUENCE"
    ? "Sequence"
    : type.includes("VIEW")
    ? "View"
    : Engines.showsOthers(textOf(row[3]))
    ? "Window"
    : "Table"
}

/** @internal */
export const isTransactional = (rows: ReadonlyArray<Row>, wanted: Wanted, settings: Settings): boolean =>
  textOf(rows.find(isOf(wanted, settings))?.[2]) === "YES"

/** @internal */
export const triggersFound = (rows: ReadonlyArray<Row>, wanted: Wanted, settings: Settings): ReadonlyArray<string> =>
  rows.filter(isOf(wanted, settings)).map((row) => textOf(row[2]))

/** @internal */
export const generatedFound = (
  rows: ReadonlyArray<Row>,
  wanted: Wanted,
  settings: Settings
): ReadonlyArray<Target.GeneratedColumn> => {
  const columns = rows.filter(isOf(wanted, settings)).map(([, , name, extra]) => ({
    name: textOf(name),
    extra: textOf(extra)
  }))
  const visible = columns.filter(({ extra }) => !/\bINVISIBLE\b/.test(extra))
  return columns.filter(({ extra }) => /\b(?:VIRTUAL|STORED|PERSISTENT) GENERATED\b/.test(extra)).map((column) => ({
    name: column.name,
    place: Option.liftPredicate(visible.indexOf(column), (place) => place >= 0)
  }))
}

/** @internal */
export const warning = ([level, code, message]: Row): string => `${textOf(level)} ${textOf(code)}: ${textOf(message)}`

const DESCRIBED = 80

/**
 * The beginning of a statement, as far as it holds no values: those may be long, and nobody else's business.
 *
 * @internal
 */
export const describe = (statement: Uint8Array): string => {
  const start = Sql.text(statement.subarray(0, DESCRIBED)).replace(/\s+/g, " ").replace(/\uFFFD+$/, "").trim()
  const names = /^[^'"(]*/.exec(start)?.[0].trim() ?? ""
  return names.length < start.length || statement.length > DESCRIBED ? `${names} …` : names
}
