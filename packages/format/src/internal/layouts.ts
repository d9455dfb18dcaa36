/**
 * Separators of lines and fields: which can be told apart, and how they stand in a statement.
 *
 * @internal
 */
import type { Layout } from "../Lines.js"
import * as Escape from "./escape.js"

/** @internal */
export const backslash = 0x5c

const words: ReadonlyMap<number, string> = new Map([
  [0x00, "\\0"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x1a, "\\Z"],
  [0x27, "\\'"],
  [backslash, "\\\\"]
])

/**
 * Bytes of ASCII as a literal in single quotes.
 *
 * @internal
 */
export const quote = (bytes: Uint8Array): string =>
  `'${Array.from(bytes, (byte) => words.get(byte) ?? String.fromCharCode(byte)).join("")}'`

/** @internal */
export const quoteByte = (byte: number | undefined): string =>
  quote(byte === undefined ? new Uint8Array(0) : Uint8Array.of(byte))

/** @internal */
export const escapes = ({ fields, lines }: Layout): Uint8Array => {
  const table = Uint8Array.from(Escape.letters)
  table[backslash] = 0
  for (const byte of [fields.escapedBy, fields.enclosedBy, fields.terminatedBy[0], lines.terminatedBy[0]]) {
    if (byte !== undefined && table[byte] === 0) {
      table[byte] = byte
    }
  }
  return table
}

const startsWith = (bytes: Uint8Array, start: Uint8Array): boolean => start.every((byte, i) => bytes[i] === byte)

/** What numbers, hexadecimal digits and NULL are written with, or stands for another byte behind an escape. */
const isPlain = (byte: number): boolean => /[A-Za-z0-9+.-]/.test(String.fromCharCode(byte))

/** @internal */
export const problem = ({ fields, lines }: Layout): string | undefined => {
  const { enclosedBy, escapedBy, terminatedBy } = fields
  const enclosing = enclosedBy === undefined ? [] : [enclosedBy]
  const ends = [terminatedBy, lines.terminatedBy]
  const all = [...ends.flatMap((end) => Array.from(end)), ...lines.startingBy, ...enclosing, escapedBy]
  if (ends.some((end) => end.length === 0)) {
    return "fields and lines must end in something"
  }
  if (all.some((byte) => byte === 0 || byte > 0x7e)) {
    return "separators must be of ASCII, without NUL"
  }
  if ([...ends.flatMap((end) => Array.from(end.subarray(0, 1))), ...enclosing, escapedBy].some(isPlain)) {
    return "no separator may begin with a letter, a digit, a sign or a dot: numbers are written with those"
  }
  if (enclosing.includes(escapedBy)) {
    return "fields cannot be enclosed by what they are escaped by"
  }
  if (ends.some((end) => end[0] === escapedBy || enclosing.some((byte) => byte === end[0]))) {
    return "neither fields nor lines may end in what begins with the escape, or with what encloses fields"
  }
  // a line of names is passed over by its end alone
  return terminatedBy.some((byte) => byte === lines.terminatedBy[0]) || startsWith(lines.terminatedBy, terminatedBy)
    ? "the end of a field cannot be told from the end of a line"
    : undefined
}
