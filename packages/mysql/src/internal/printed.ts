/**
 * Reading what `SHOW CREATE TABLE` prints, token by token.
 *
 * It is read as bytes: its literals may be in several character sets at once. A server prints names in backticks,
 * texts in single quotes with every backslash escaped, and brackets of executable comments, which are passed over.
 *
 * @internal
 */

/** @internal */
export interface Token {
  readonly kind: "Word" | "Name" | "Literal" | "Punctuation"
  readonly start: number
  readonly end: number
  /** How many parentheses are open before it. */
  readonly depth: number
  /** A word in upper case, the punctuation itself; of others nothing. */
  readonly text: string
}

const BACKTICK = 0x60
const QUOTE = 0x27
const BACKSLASH = 0x5c

const isWord = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x5f || byte === 0x24 || byte >= 0x80

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)

/** Behind the closing quote of what opens at `at`. */
const quotedEnd = (bytes: Uint8Array, at: number, quote: number): number => {
  let next = at + 1
  while (next < bytes.length) {
    if (quote === QUOTE && bytes[next] === BACKSLASH) {
      next += 2
    } else if (bytes[next] !== quote) {
      next += 1
    } else if (bytes[next + 1] === quote) {
      next += 2
    } else {
      return next + 1
    }
  }
  return bytes.length
}

/** @internal */
export const tokens = (bytes: Uint8Array): ReadonlyArray<Token> => {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const out: Array<Token> = []
  let depth = 0
  let at = 0
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0
    if (isBlank(byte)) {
      at += 1
    } else if (byte === BACKTICK || byte === QUOTE) {
      const end = quotedEnd(bytes, at, byte)
      out.push({ kind: byte === QUOTE ? "Literal" : "Name", start: at, end, depth, text: "" })
      at = end
    } else if (isWord(byte)) {
      let end = at + 1
      while (end < bytes.length && isWord(bytes[end] ?? 0)) end += 1
      out.push({ kind: "Word", start: at, end, depth, text: latin1.toString("latin1", at, end).toUpperCase() })
      at = end
    } else {
      const text = String.fromCharCode(byte)
      depth -= text === ")" ? 1 : 0
      out.push({ kind: "Punctuation", start: at, end: at + 1, depth, text })
      depth += text === "(" ? 1 : 0
      at += 1
    }
  }
  return out
}

/** What stands between the parenthesis that is at `at` and the one that closes it. @internal */
export const inside = (tokens: ReadonlyArray<Token>, at: number): ReadonlyArray<Token> => {
  const open = tokens[at]
  const end = tokens.findIndex(({ depth, text }, i) => i > at && text === ")" && depth === open?.depth)
  return open?.text !== "(" || end === -1 ? [] : tokens.slice(at + 1, end)
}

/**
 * The print without `CONVERT(… USING …)` around what stands in it.
 *
 * MariaDB puts these there and takes them away: whether an expression of a column is printed with them is up to the
 * character set of the session that last read or wrote that column in the copy of the table that the server has open.
 *
 * @internal
 */
export const withoutConversions = (bytes: Uint8Array): Uint8Array => {
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes("convert(")) return bytes
  const all = tokens(bytes)
  const out = all.flatMap((word, i) => {
    const open = all[i + 1]
    if (word.kind !== "Word" || word.text !== "CONVERT" || open?.text !== "(") return []
    const close = all.findIndex(({ depth, text }, j) => j > i && text === ")" && depth === open.depth)
    const [last, using, , end] = all.slice(close - 3, close + 1)
    return last === undefined || end === undefined || using?.text !== "USING" || using.depth !== open.depth + 1
      ? []
      : [{ start: word.start, end: open.end }, { start: last.end, end: end.end }]
  }).sort((a, b) => a.start - b.start)
  const kept = [...out, undefined].map((next, i) => bytes.subarray(out[i - 1]?.end ?? 0, next?.start))
  return out.length === 0 ? bytes : Buffer.concat(kept)
}

const escapes: ReadonlyMap<number, number> = new Map([
  [0x30, 0x00], // \0
  [0x6e, 0x0a], // \n
  [0x72, 0x0d], // \r
  [0x5a, 0x1a], // \Z
  [0x74, 0x09], // \t
  [0x62, 0x08] // \b
])

/**
 * What a printed literal stands for.
 *
 * @internal
 */
export const valueOf = (bytes: Uint8Array, { end, start }: Token): Uint8Array => {
  const out: Array<number> = []
  for (let i = start + 1; i < end - 1; i++) {
    const byte = bytes[i] ?? 0
    const next = bytes[i + 1] ?? 0
    if (byte === BACKSLASH) {
      out.push(escapes.get(next) ?? next)
      i += 1
    } else {
      out.push(byte)
      i += byte === QUOTE && next === QUOTE ? 1 : 0
    }
  }
  return Uint8Array.from(out)
}

/** A printed name, without its quotes. @internal */
export const nameOf = (bytes: Uint8Array, { end, start }: Token): string =>
  Buffer.from(bytes.subarray(start + 1, end - 1)).toString("utf8").replaceAll("``", "`")
