/**
 * The checksums that mydumper writes into its metadata, asked of a server: sums over its own catalog, as mydumper 1.0
 * asks for them.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type * as Target from "@sluice/pipeline/Target"

const literal = (text: string): string => `CONVERT(X'${Buffer.from(text, "utf8").toString("hex")}' USING utf8mb4)`

/** The order of what is summed up does not matter, and two that are equal cancel each other out. */
const sum = (col: string, from: string, where: string): string =>
  `SELECT COALESCE(LOWER(CONV(BIT_XOR(CAST(CRC32(col) AS UNSIGNED)), 10, 16)), 0) FROM ` +
  `(SELECT ${col} AS col FROM information_schema.${from} WHERE ${where}) AS a`

const without = (column: string, ...bytes: ReadonlyArray<string>): string =>
  bytes.reduce((text, byte) => `REPLACE(${text}, ${byte}, '')`, column)

const blanks = ["' '", "'\\r'", "'\\n'", "'\\t'"]

/** @internal */
export const query = (of: Target.Summed): string => {
  const database = literal(of.database)
  switch (of._tag) {
    case "Database":
      return sum("CONCAT(DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME)", "SCHEMATA", `SCHEMA_NAME = ${database}`)
    case "Routines":
      return sum(without("ROUTINE_DEFINITION", "' '"), "ROUTINES", `ROUTINE_SCHEMA = ${database}`)
    case "Events":
      return sum(without("EVENT_DEFINITION", ...blanks), "EVENTS", `EVENT_SCHEMA = ${database}`)
    case "Triggers":
      return sum(without("ACTION_STATEMENT", ...blanks), "TRIGGERS", `TRIGGER_SCHEMA = ${database}`)
    case "TableTriggers":
      return sum(
        without("ACTION_STATEMENT", ...blanks),
        "TRIGGERS",
        `EVENT_OBJECT_SCHEMA = ${database} AND EVENT_OBJECT_TABLE = ${literal(of.table)}`
      )
    case "Columns":
      return sum(
        "CONCAT_WS(' ', COLUMN_NAME, ORDINAL_POSITION, DATA_TYPE)",
        "COLUMNS",
        `TABLE_SCHEMA = ${database} AND TABLE_NAME = ${literal(of.table)}`
      )
    case "Indexes":
      return sum(
        "CONCAT_WS(' ', INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME)",
        "STATISTICS",
        `TABLE_SCHEMA = ${database} AND TABLE_NAME = ${literal(of.table)}`
      )
    case "View":
      return sum(
        "REPLACE(VIEW_DEFINITION, TABLE_SCHEMA, '')",
        "VIEWS",
        `TABLE_SCHEMA = ${database} AND TABLE_NAME = ${literal(of.table)}`
      )
    case "Rows":
      return `CHECKSUM TABLE ${Sql.quoteName({ database: of.database, name: of.table })}`
  }
}
