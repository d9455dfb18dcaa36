/**
 * CREATE DATABASE statements, as they are run.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"

/** Latin-1 keeps every byte of what stands behind the name. */
const text = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")
const bytesOf = (latin1: string): Uint8Array => Uint8Array.from(latin1, (char) => char.charCodeAt(0))

/**
 * The statement for a database of another name. What follows the name, the character set above all, stays. The name may
 * be in backticks, or, made under ANSI_QUOTES, in double quotes.
 *
 * @internal
 */
export const renamed = (statement: Uint8Array, from: string, to: string): Uint8Array => {
  const sql = text(statement)
  const written = [Sql.quoteIdentifier(from), `"${from.replaceAll("\"", "\"\"")}"`, from]
    .map((name) => text(Sql.bytes(name)))
    .find((name) => sql.includes(name))
  return written === undefined
    ? statement
    : bytesOf(sql.replace(written, () => text(Sql.bytes(Sql.quoteIdentifier(to)))))
}

/**
 * The statement so that a database that is there already is taken, as mydumper writes it; its versions before 0.11 did
 * not.
 *
 * @internal
 */
export const tolerant = (statement: Uint8Array): Uint8Array =>
  bytesOf(text(statement).replace(/^(CREATE\s+(?:DATABASE|SCHEMA))\s+(?=[`"\w])(?!IF\s+NOT\b)/i, "$1 IF NOT EXISTS "))

/**
 * Whether nobody may write to the database. MySQL says it in a comment only, as a database could not be filled any more
 * that is made so at once.
 *
 * @internal
 */
export const isReadOnly = (statement: Uint8Array): boolean => /\/\* READ ONLY = 1 \*\/\s*$/.test(Sql.text(statement))
