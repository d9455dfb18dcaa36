/**
 * A row of the text protocol as it stands in an INSERT statement: loops over bytes that make nothing.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html
 *
 * The plain version is `Row.encode` of @sluice/format, and both write the same bytes. So does the faster one, in
 * packages/mysql/kernel/rows.ts, which knows the codes of kinds from here.
 *
 * @internal
 */
import type * as Row from "@sluice/format/Row"

import * as Escaping from "./escaping.js"

const LINE_FEED = 0x0a
const QUOTE = 0x22
const OPEN = 0x28
const CLOSE = 0x29
const COMMA = 0x2c
const DASH = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const BACKSLASH = 0x5c
const SMALL_X = 0x78
const SMALL_E = 0x65

const ascii = (text: string): Uint8Array => Buffer.from(text, "latin1")

/** For every byte the letter that stands behind a backslash for it, or 0 when the byte stands as it is. */
const letters = new Uint8Array(256)
letters[0x00] = ZERO
letters[LINE_FEED] = 0x6e
letters[0x0d] = 0x72
letters[0x1a] = 0x5a
letters[QUOTE] = QUOTE
letters[0x27] = 0x27
letters[BACKSLASH] = BACKSLASH

const NUMBER = 0
const QUOTED = 1
const BINARY = 2
const JSON = 3
const HEX = 4

const codes: { readonly [K in Row.Encoding]: number } = {
  Number: NUMBER,
  Text: QUOTED,
  Temporal: QUOTED,
  Binary: BINARY,
  Bit: BINARY,
  Geometry: BINARY,
  Json: JSON,
  Hex: HEX
}

const binaryPrefix = ascii("_binary ")
const jsonPrefix = ascii("CONVERT(")
const jsonSuffix = ascii(" USING UTF8MB4)")
const jsonExpression = ascii("JSON_REPLACE(")
const hexDigits = ascii("0123456789ABCDEF")
const nullText = ascii("NULL")

/** A length before a value in the protocol takes this many bytes at most. */
const LENGTH_PREFIX = 9
/** More than is written around a value, as in `,CONVERT("" USING UTF8MB4)`, and around a row. */
const AROUND = 32

/**
 * The kinds of columns as numbers.
 *
 * @internal
 */
export const codesOf = (kinds: ReadonlyArray<Row.Encoding>): Uint8Array => Uint8Array.from(kinds, (kind) => codes[kind])

/**
 * What a row takes besides its values and their escapes, at most.
 *
 * @internal
 */
export const overhead = (columns: number): number => (columns + 1) * AROUND

/**
 * A length that a row is not shorter than, for the payload that it comes as.
 *
 * @internal
 */
export const leastLength = (payload: number, columns: number): number => payload - LENGTH_PREFIX * columns

/**
 * A length that a row is not longer than, found by looking at all of it.
 *
 * @internal
 */
export const mostLength = (input: Uint8Array, start: number, end: number, kinds: Uint8Array): number => {
  let length = end - start + overhead(kinds.length)
  if (kinds.includes(HEX)) {
    return length + end - start
  }
  for (let i = start; i < end; i++) {
    if (letters[input[i] ?? 0] !== 0) {
      length += 1
    }
  }
  return length
}

const isNegativeZero = (input: Uint8Array, start: number, end: number): boolean => {
  if (end - start < 2 || input[start] !== DASH || input[start + 1] !== ZERO) {
    return false
  }
  for (let i = start + 2; i < end; i++) {
    if (input[i] !== ZERO && input[i] !== DOT) {
      return false
    }
  }
  return true
}

/** Prefixes are too short to be worth a call of `set`. */
const copy = (text: Uint8Array, out: Uint8Array, to: number): number => {
  for (let i = 0; i < text.length; i++) {
    out[to++] = text[i] ?? 0
  }
  return to
}

const startsWith = (text: Uint8Array, input: Uint8Array, start: number, end: number): boolean => {
  for (let i = 0; i < text.length; i++) {
    if (start + i >= end || input[start + i] !== text[i]) {
      return false
    }
  }
  return true
}

/**
 * Writes the row whose packet's payload stands between `start` and `end`, with a line feed behind it, into `out` at
 * `at`, where there is room for it. Gives where it ends, or -1 when it is not a row of that many columns.
 *
 * @internal
 */
export const write = (
  kinds: Uint8Array,
  input: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number
): number => {
  let p = start
  let to = at
  out[to++] = OPEN
  for (let i = 0; i < kinds.length; i++) {
    if (i > 0) {
      out[to++] = COMMA
    }
    if (p >= end) {
      return -1
    }
    let length = input[p++] ?? 0
    if (length >= 0xfb) {
      if (length === 0xfb) {
        to = copy(nullText, out, to)
        continue
      }
      const bytes = length === 0xfc ? 2 : length === 0xfd ? 3 : 8
      length = 0
      for (let b = bytes - 1; b >= 0; b--) {
        length = length * 256 + (input[p + b] ?? 0)
      }
      p += bytes
    }
    const valueEnd = p + length
    if (valueEnd > end) {
      return -1
    }
    const kind = kinds[i]
    if (kind === NUMBER) {
      const negativeZero = input[p] === DASH && isNegativeZero(input, p, valueEnd)
      while (p < valueEnd) {
        out[to++] = input[p++] ?? 0
      }
      if (negativeZero) {
        out[to++] = SMALL_E
        out[to++] = ZERO
      }
      continue
    }
    if (kind === JSON && startsWith(jsonExpression, input, p, valueEnd)) {
      out.set(input.subarray(p, valueEnd), to)
      to += length
      p = valueEnd
      continue
    }
    if (kind === HEX && length > 0) {
      out[to++] = ZERO
      out[to++] = SMALL_X
      while (p < valueEnd) {
        const byte = input[p++] ?? 0
        out[to++] = hexDigits[byte >> 4] ?? 0
        out[to++] = hexDigits[byte & 15] ?? 0
      }
      continue
    }
    if (length > 0 && kind !== QUOTED && kind !== HEX) {
      to = copy(kind === BINARY ? binaryPrefix : jsonPrefix, out, to)
    }
    out[to++] = QUOTE
    to = Escaping.escape(letters, BACKSLASH, input, p, valueEnd, out, to)
    p = valueEnd
    out[to++] = QUOTE
    if (length > 0 && kind === JSON) {
      to = copy(jsonSuffix, out, to)
    }
  }
  if (p !== end) {
    return -1
  }
  out[to++] = CLOSE
  out[to++] = LINE_FEED
  return to
}
