/**
 * SQL text: quoting names and values, and putting statements together as bytes.
 *
 * Names are strings (servers keep them in UTF-8), values are bytes. Everything here is for a session with backslash
 * escapes and without ANSI_QUOTES, which is what the head of every file of a backup sets.
 *
 * @since 0.1.0
 */
import * as Escape from "./internal/escape.js"

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/**
 * The name of a table, view or program, with its database when the statement says it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Name {
  readonly database?: string
  readonly name: string
}

/**
 * A name in backticks, with the backticks inside it doubled.
 *
 * @example
 * ```ts
 * import { Sql } from "@sluice/format"
 *
 * Sql.quoteIdentifier("we`ird") // "`we``ird`"
 * ```
 *
 * @since 0.1.0
 * @category quoting
 */
export const quoteIdentifier = (name: string): string => `\`${name.replaceAll("`", "``")}\``

/**
 * The name behind an identifier as it is written in a statement: the inverse of `quoteIdentifier`. An identifier
 * without backticks around it is its own name.
 *
 * @since 0.1.0
 * @category quoting
 */
export const unquoteIdentifier = (identifier: string): string =>
  identifier.length >= 2 && identifier.startsWith("`") && identifier.endsWith("`")
    ? identifier.slice(1, -1).replaceAll("``", "`")
    : identifier

/**
 * A name with its database, if it has one, each in backticks.
 *
 * @example
 * ```ts
 * import { Sql } from "@sluice/format"
 *
 * Sql.quoteName({ database: "shop", name: "orders" }) // "`shop`.`orders`"
 * ```
 *
 * @since 0.1.0
 * @category quoting
 */
export const quoteName = (name: Name): string =>
  name.database === undefined
    ? quoteIdentifier(name.name)
    : `${quoteIdentifier(name.database)}.${quoteIdentifier(name.name)}`

/**
 * Bytes as a string literal in double quotes. The bytes NUL, LF, CR, backslash, both quotes and 0x1A are escaped as
 * the C client's `mysql_real_escape_string` does it; all others stand as they are. So the literal never holds a line
 * feed.
 *
 * @since 0.1.0
 * @category quoting
 */
export const quoteString = (value: Uint8Array): Uint8Array => {
  const out = new Uint8Array(Escape.escapedLength(value) + 2)
  out[0] = Escape.doubleQuote
  out[Escape.escapeInto(value, out, 1)] = Escape.doubleQuote
  return out
}

/**
 * Text as a string literal in single quotes, with the same escapes as `quoteString`.
 *
 * @example
 * ```ts
 * import { Sql } from "@sluice/format"
 *
 * Sql.quoteText("it's") // "'it\\'s'"
 * ```
 *
 * @since 0.1.0
 * @category quoting
 */
export const quoteText = (value: string): string => {
  const bytes = encoder.encode(value)
  const out = new Uint8Array(Escape.escapedLength(bytes))
  Escape.escapeInto(bytes, out, 0)
  return `'${decoder.decode(out)}'`
}

/**
 * Puts a few pieces of text (as UTF-8) and bytes together.
 *
 * @example
 * ```ts
 * import { Sql } from "@sluice/format"
 *
 * Sql.bytes("SELECT ", Sql.quoteString(Sql.bytes("a")), ";\n")
 * ```
 *
 * @since 0.1.0
 * @category bytes
 */
export const bytes = (...parts: ReadonlyArray<string | Uint8Array>): Uint8Array =>
  concat(parts.map((part) => typeof part === "string" ? encoder.encode(part) : part))

/**
 * Puts bytes together, however many parts there are.
 *
 * @since 0.1.0
 * @category bytes
 */
export const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/**
 * Bytes read as UTF-8. What is not UTF-8 becomes U+FFFD, so this is for names and messages, never for values.
 *
 * @since 0.1.0
 * @category bytes
 */
export const text = (value: Uint8Array): string => decoder.decode(value)
