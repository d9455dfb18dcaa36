/**
 * Sums over rows, as SQL that means the same to both vendors and all their versions.
 *
 * A row becomes text from which its values can be told: the columns in their order, with commas in between; `N` for
 * NULL; numbers, dates and times as the server writes them, which is exact; a text or bytes as how many they are, a
 * colon, and the bytes as they are stored. What may be longer than a row stands there as its own hash. Numbers of
 * floating point stand there as the bits inside of a point, which no version rounds.
 *
 * SHA2 is there in every version that is of use, MD5 is not in those to come; CRC32 is the same everywhere.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"

import type * as Catalog from "../Catalog.js"
import type * as Dialect from "./dialect.js"
import { readable } from "./readable.js"

/** Which hash stands for what is long. */
type Hash = "sha" | "crc"

const hashed = (hash: Hash, text: string): string => hash === "sha" ? `SHA2(${text}, 256)` : `CRC32(${text})`

const stored = (column: string): string => `CAST(${column} AS BINARY)`

const members = /'(?:[^']|'')*'/g

/**
 * A member of an ENUM is its text, wherever it stands. But what is no member reads as an empty text, which may be one too;
 * and several members may read the same, as what a character set does not have has become question marks.
 */
const member = (definition: string, name: string): string => {
  const texts = definition.match(members) ?? []
  const isClear = new Set(texts).size === texts.length
  return `CONCAT(${name} + 0${isClear ? " = 0" : ""}, ',', ${measured(stored(name))})`
}

/** NULL of a text is told from a text of which the server cannot make anything, which has to fail. */
const orNull = (column: string, text: string): string => `IF(${column} IS NULL, 'N', ${text})`

const measured = (bytes: string): string => `CONCAT(LENGTH(${bytes}), ':', ${bytes})`

const longTypes = new Set(["tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob"])
const integers = new Set(["tinyint", "smallint", "mediumint", "int", "bigint"])
const isFilled = /\bzerofill\b/i
const digits = /\((\d+),(\d+)\)/

const number = (column: Catalog.Column, name: string): string => {
  if (column.type === "float" || column.type === "double") {
    // four bytes say where on earth, one the order of bytes, four that it is a point; then come both numbers
    return `HEX(SUBSTR(ST_AsBinary(POINT(${name}, 0)), 6, 8))`
  }
  if (column.type === "set") return `CAST(${name} AS UNSIGNED)`
  if (!isFilled.test(column.definition)) return name
  const [, precision, scale] = digits.exec(column.definition) ?? []
  return integers.has(column.type)
    ? `${name} + 0`
    : precision === undefined || scale === undefined
    ? name
    : `CAST(${name} AS DECIMAL(${precision},${scale}))`
}

const value = (column: Catalog.Column, dialect: Dialect.Dialect, hash: Hash): string => {
  const name = Sql.quoteIdentifier(column.name)
  if (longTypes.has(column.type)) return hashed(hash, stored(name))
  switch (column.kind) {
    case "Number":
      return number(column, name)
    case "Text":
      return column.type === "enum" ? member(column.definition, name) : measured(stored(name))
    case "Temporal":
      return name
    case "Bit":
      return `CAST(${name} AS UNSIGNED)`
    case "Json":
      return hashed(hash, stored(`CAST(${name} AS CHAR CHARACTER SET utf8mb4)`))
    case "Geometry":
      return hashed(hash, name)
    case "Binary":
      return column.type === "vector" ? hashed(hash, name) : `HEX(${dialect.read(column, name)})`
  }
}

/**
 * The text of a row.
 *
 * @internal
 */
export const text = (columns: ReadonlyArray<Catalog.Column>, dialect: Dialect.Dialect, hash: Hash): string =>
  columns.length === 0 ?
    "''" :
    `CONCAT(${
      columns.map((column) => orNull(Sql.quoteIdentifier(column.name), value(column, dialect, hash))).join(", ',', ")
    })`

/** @internal */
export const row = (columns: ReadonlyArray<Catalog.Column>, dialect: Dialect.Dialect): string =>
  `SHA2(${text(columns, dialect, "sha")}, 256)`

/** Each row adds one of these to each sum besides its hash, so that a sum says of how many rows it is. */
const countedBy = 10n ** 25n

/**
 * The two sums. A row that no text can be made of is missing in them.
 *
 * @internal
 */
export const sums = (columns: ReadonlyArray<Catalog.Column>, dialect: Dialect.Dialect): string => {
  const first = `CAST(CONV(LEFT(${row(columns, dialect)}, 16), 16, 10) AS UNSIGNED)`
  const second = `CRC32(${text(columns, dialect, "crc")})`
  return [first, second].map((hash) => `SUM(${hash} + ${countedBy})`).join(", ")
}

/**
 * A sum without what counts its rows; none if it is not of so many.
 *
 * @internal
 */
export const sumOf = (rows: bigint, cell: Uint8Array | null | undefined): bigint | undefined => {
  const sum = cell === null || cell === undefined ? 0n : BigInt(Sql.text(cell))
  return sum / countedBy === rows ? sum % countedBy : undefined
}

/** A number of a bucket. @internal */
export const bucket = (
  key: ReadonlyArray<Catalog.Column>,
  dialect: Dialect.Dialect,
  buckets: number
): string => `MOD(CRC32(${text(key, dialect, "sha")}), ${buckets})`

/** A value of a key, for people, in UTF-8. @internal */
export const shown = (column: Catalog.Column, dialect: Dialect.Dialect): string => {
  const name = Sql.quoteIdentifier(column.name)
  return column.kind === "Text"
    ? `CONVERT(${name} USING utf8mb4)`
    : column.type === "uuid" || column.type === "inet4" || column.type === "inet6"
    ? `CAST(${name} AS CHAR)`
    : column.kind === "Binary"
    ? `CONCAT('0x', HEX(${name}))`
    : column.kind === "Bit"
    ? `CAST(${name} AS UNSIGNED)`
    : dialect.read(column, name)
}

/** As it is shown: texts in quotes, the rest as it is. @internal */
export const legible = (value: Uint8Array | null | undefined, column: Catalog.Column | undefined): string => {
  if (value === null || value === undefined) return "NULL"
  const text = readable(value)
  return column === undefined || column.kind === "Number" || column.kind === "Bit" || text.startsWith("0x")
    ? text
    : `'${text.replaceAll("'", "''")}'`
}
