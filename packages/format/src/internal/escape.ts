/**
 * The escapes of string literals, both ways, as loops over bytes.
 *
 * @internal
 */

const BACKSLASH = 0x5c

/** @internal */
export const doubleQuote = 0x22

/** What `mysql_real_escape_string` escapes, and the letter that it writes. */
const escapes: ReadonlyArray<readonly [byte: number, letter: string]> = [
  [0x00, "0"],
  [0x0a, "n"],
  [0x0d, "r"],
  [0x1a, "Z"],
  [0x22, "\""],
  [0x27, "'"],
  [0x5c, "\\"]
]

/**
 * For every byte the letter that stands behind a backslash for it, or 0 when the byte stands as it is.
 *
 * @internal
 */
export const letters = new Uint8Array(256)

/**
 * For every byte behind a backslash what the two stand for; most stand for themselves.
 * https://dev.mysql.com/doc/refman/8.4/en/string-literals.html
 */
const meanings = Uint8Array.from({ length: 256 }, (_, byte) => byte)
meanings[0x62] = 0x08
meanings[0x74] = 0x09

for (const [byte, letter] of escapes) {
  letters[byte] = letter.charCodeAt(0)
  meanings[letter.charCodeAt(0)] = byte
}

/** @internal */
export const escapedLength = (value: Uint8Array): number => {
  let length = value.length
  for (let i = 0; i < value.length; i++) {
    if (letters[value[i] ?? 0] !== 0) {
      length += 1
    }
  }
  return length
}

/**
 * Writes `value` with escapes into `out` at `at`, and says where it ends.
 *
 * @internal
 */
export const escapeInto = (value: Uint8Array, out: Uint8Array, at: number): number => {
  let to = at
  for (let i = 0; i < value.length; i++) {
    const byte = value[i] ?? 0
    const letter = letters[byte] ?? 0
    if (letter === 0) {
      out[to++] = byte
    } else {
      out[to++] = BACKSLASH
      out[to++] = letter
    }
  }
  return to
}

/**
 * The bytes that the text between the quotes of a literal stands for. `\%` and `\_` keep their backslash, as they do
 * in a server.
 *
 * @internal
 */
export const unescape = (literal: Uint8Array, quote: number): Uint8Array => {
  const out = new Uint8Array(literal.length)
  let to = 0
  for (let i = 0; i < literal.length; i++) {
    const byte = literal[i] ?? 0
    const next = literal[i + 1] ?? 0
    if (byte === BACKSLASH && i + 1 < literal.length) {
      if (next === 0x25 || next === 0x5f) {
        out[to++] = BACKSLASH
      }
      out[to++] = meanings[next] ?? 0
      i += 1
    } else {
      out[to++] = byte
      if (byte === quote && next === quote) {
        i += 1
      }
    }
  }
  return out.slice(0, to)
}

/**
 * Writes what the two bytes at `from` stand for, a backslash or a quote and what is behind it, into `out` at `at`, and
 * says where that ends.
 *
 * @internal
 */
export const meaningInto = (literal: Uint8Array, from: number, out: Uint8Array, at: number): number => {
  const next = literal[from + 1] ?? 0
  let to = at
  if (literal[from] !== BACKSLASH) {
    out[to++] = next
    return to
  }
  if (next === 0x25 || next === 0x5f) {
    out[to++] = BACKSLASH
  }
  out[to++] = meanings[next] ?? 0
  return to
}
