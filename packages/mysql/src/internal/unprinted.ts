/**
 * What a server does not print of a table: texts of its ENUM and SET members and of its defaults, where `SHOW CREATE
 * TABLE` puts question marks for letters; and in which partition how many of its rows are.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"

/** Bytes, one character each. */
const latin1 = (value: Uint8Array | null | undefined): string =>
  value === null || value === undefined ? "" : Buffer.from(value).toString("latin1")

/** A row of `columnsOf`. @internal */
export type ColumnRow = ReadonlyArray<Uint8Array | null>

/** @internal */
export const columns = (where: string): string =>
  `SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, COLUMN_DEFAULT, EXTRA FROM information_schema.COLUMNS WHERE ${where} ` +
  "ORDER BY ORDINAL_POSITION"

/** Without those of a history, which show rows that the table does not hold any more. @internal */
export const partitions = (where: string): string =>
  "SELECT DISTINCT COALESCE(SUBPARTITION_NAME, PARTITION_NAME) FROM information_schema.PARTITIONS " +
  `WHERE ${where} AND PARTITION_NAME IS NOT NULL AND PARTITION_METHOD <> 'SYSTEM_TIME' ORDER BY 1`

/** @internal */
export const rowsOfPartition = (table: string, partition: string): string =>
  `SELECT COUNT(*) FROM ${table} PARTITION (${Sql.quoteIdentifier(partition)})`

const doubtful = /[?\x80-\xff]/

const textTypes = new Set(["char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"])

/** A recursive query goes no deeper on a server that was not told to. */
const deepest = 900

/**
 * What to ask for the texts of a table, with what it is the answer to. A column of a recursive query is of the type of
 * its first part, so that a number becomes a member; and a default can be asked for of a table without rows.
 *
 * @internal
 */
export const texts = (
  table: string,
  vendor: "mysql" | "mariadb",
  rows: ReadonlyArray<ColumnRow>
): ReadonlyArray<readonly [what: string, sql: string]> =>
  rows.flatMap(([name, type, full, value, extra]) => {
    const column = Sql.quoteIdentifier(name === null || name === undefined ? "" : Sql.text(name))
    const kind = latin1(type).toLowerCase()
    const from = `FROM (SELECT 1) one LEFT JOIN ${table} t ON FALSE`
    // quotes inside are doubled, so each quoted part is a member
    const members = (kind === "enum" || kind === "set") && doubtful.test(latin1(full))
      ? Math.min(deepest, latin1(full).match(/'(?:[^']|'')*'/g)?.length ?? 0)
      : 0
    const isLiteral = vendor === "mysql" ? !latin1(extra).includes("DEFAULT_GENERATED") : latin1(value).startsWith("'")
    return [
      ...(members > 0
        ? [
          [
            `members of ${table}.${column}`,
            `WITH RECURSIVE r (e, n) AS (SELECT t.${column}, 0 ${from} UNION ALL SELECT ${
              kind === "set" ? "1 << n" : "n + 1"
            }, n + 1 FROM r WHERE n < ${members}) SELECT HEX(e) FROM r WHERE n > 0 ORDER BY n`
          ] as const
        ]
        : []),
      ...(textTypes.has(kind) && isLiteral && doubtful.test(latin1(value))
        ? [
          [
            `default of ${table}.${column}`,
            `WITH r AS (SELECT t.${column} ${from} LIMIT 1) SELECT HEX(DEFAULT(${column})) FROM r`
          ] as const
        ]
        : [])
    ]
  })

/** @internal */
export interface Column {
  readonly name: string
  readonly type: string
  readonly generated: boolean
  /** It says since when, or until when, a row of a versioned table was. */
  readonly period: boolean
}

/**
 * A checksum of the rows, whatever their order, made by a query. MariaDB's CHECKSUM TABLE does not read generated
 * columns and counts what happens to lie in their place, and MySQL's does so for the columns behind an index on an
 * expression, so that they give several answers for the same rows.
 *
 * @internal
 */
export const digest = (columns: ReadonlyArray<Column>): string => {
  // a FLOAT as text loses digits
  const exact = ({ name, type }: Column) =>
    type === "float" ? `CAST(${Sql.quoteIdentifier(name)} AS DOUBLE)` : Sql.quoteIdentifier(name)
  const hash = (text: string) => `SHA2(${text}, 256)`
  const row = hash(
    `CONCAT_WS(',', ${columns.map((column) => `COALESCE(${hash(exact(column))}, 'NULL')`).join(", ")})`
  )
  const sum = (half: string) => `COALESCE(SUM(CAST(CONV(${half}(${row}, 16), 16, 10) AS DECIMAL(20))), 0)`
  return `CONCAT('sums of SHA2 ', ${sum("LEFT")}, ' ', ${sum("RIGHT")})`
}
