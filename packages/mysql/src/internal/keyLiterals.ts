/**
 * Values of columns as literals that mean the same in every session.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Option from "effect/Option"

import type * as Catalog from "../Catalog.js"
import type * as Tuples from "./tuples.js"

/** From what the server sends of a value, in the bytes of the column's own character set. */
type ToLiteral = (cell: Uint8Array) => string

const hex = (cell: Uint8Array): string =>
  Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString("hex").toUpperCase()

const bare: ToLiteral = Sql.text
const quoted: ToLiteral = (cell) => `'${Sql.text(cell)}'`
/** A literal has the collation of the column that it is compared with, as that one binds more strongly. */
const inCharset = (charset: string): ToLiteral => (cell) => `_${charset} X'${hex(cell)}'`

/**
 * Types that compare with their literals as their indexes are ordered. That leaves out what is no exact number, FLOAT
 * and DOUBLE; and ENUM and SET, which compare as text and are ordered by number.
 */
const byType: ReadonlyMap<string, ToLiteral> = new Map([
  ...["tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year"].map((type) => [type, bare] as const),
  ...["date", "datetime", "timestamp", "time"].map((type) => [type, quoted] as const),
  ...["binary", "varbinary"].map((type) => [type, inCharset("binary")] as const),
  // Bytes would be taken for what is inside of these.
  ...["uuid", "inet4", "inet6"].map((type) => [type, inCharset("latin1")] as const)
])

const texts = new Set(["char", "varchar"])

const toLiteral = (column: Catalog.Column): Option.Option<ToLiteral> =>
  !column.comparesAsIndexed
    ? Option.none()
    : texts.has(column.type)
    ? Option.map(column.charset, inCharset)
    : Option.fromNullable(byType.get(column.type))

const longest = 40
const isPlain = /^[\x20-\x7e]*$/

/** Bytes for people: as text where that is legible. */
const legible = (cell: Uint8Array): string => {
  const text = Sql.text(cell.subarray(0, longest))
  const shown = isPlain.test(text) ? Sql.quoteText(text) : `0x${hex(cell.subarray(0, longest))}`
  return cell.length > longest ? `${shown}…` : shown
}

/**
 * How values of a column become literals; none if it has no literals that can be relied on. A literal of a TIMESTAMP
 * is in the time zone of the session that read it.
 *
 * @internal
 */
export const of = (column: Catalog.Column): Option.Option<(cell: Uint8Array) => Tuples.Value> =>
  Option.map(toLiteral(column), (toLiteral) => (cell) => {
    const literal = toLiteral(cell)
    return { literal, text: literal.startsWith("_") ? legible(cell) : literal }
  })
