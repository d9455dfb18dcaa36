/**
 * Reading one whole statement token by token.
 *
 * @internal
 */
import * as B from "./bytes.js"

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

const isWordByte = (byte: number): boolean =>
  isDigit(byte) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f ||
  byte === 0x24 || byte >= 0x80

/**
 * How much of a literal to read byte by byte before `indexOf` is asked, whose call costs about as much.
 *
 * @internal
 */
export const SHORT = 48

/**
 * Whether the byte at `at` stands behind a backslash that is not itself escaped, in a literal that is not in the
 * middle of an escape at `from`.
 *
 * @internal
 */
export const isEscaped = (bytes: Uint8Array, from: number, at: number): boolean => {
  let first = at
  while (first > from && bytes[first - 1] === B.BACKSLASH) {
    first -= 1
  }
  return (at - first) % 2 === 1
}

/**
 * Where a literal ends whose opening quote is at `at`: behind its closing quote, or at -1 when it has none.
 *
 * @internal
 */
export const literalEnd = (bytes: Uint8Array, at: number): number => {
  const quote = bytes[at] ?? 0
  const escapes = quote !== B.BACKTICK
  let next = at + 1
  for (;;) {
    const near = Math.min(bytes.length, next + SHORT)
    while (next < near && bytes[next] !== quote) {
      next += escapes && bytes[next] === B.BACKSLASH ? 2 : 1
    }
    const close = next < near ? next : bytes.indexOf(quote, next)
    if (close === -1) {
      return -1
    }
    const escaped = escapes && isEscaped(bytes, next, close)
    if (!escaped && bytes[close + 1] !== quote) {
      return close + 1
    }
    next = escaped ? close + 1 : close + 2
  }
}

const blockCommentEnd = (bytes: Uint8Array, at: number): number => {
  let star = bytes.indexOf(B.STAR, at)
  while (star !== -1 && bytes[star + 1] !== B.SLASH) {
    star = bytes.indexOf(B.STAR, star + 1)
  }
  return star === -1 ? bytes.length : star + 2
}

const lineEnd = (bytes: Uint8Array, at: number): number => {
  const feed = bytes.indexOf(B.LF, at)
  return feed === -1 ? bytes.length : feed + 1
}

/** Whether the block comment at `at` holds text that a server executes. */
const isExecutable = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === B.SLASH && (bytes[at + 2] === B.BANG || (bytes[at + 2] === B.LETTER_M && bytes[at + 3] === B.BANG))

/** Where the text of an executable comment begins. */
const executableText = (bytes: Uint8Array, at: number): number => {
  const bang = bytes[at + 2] === B.BANG ? at + 2 : at + 3
  let digits = bang + 1
  while (digits < bang + 7 && isDigit(bytes[digits] ?? 0)) {
    digits += 1
  }
  // A version has five or six digits. Fewer are part of the statement.
  return digits - bang > 5 ? digits : bang + 1
}

/**
 * Where a comment ends that begins at `at`, or `at` when none does. Of an executable comment only the opening is
 * skipped: what it holds is part of the statement.
 *
 * @internal
 */
export const commentEnd = (bytes: Uint8Array, at: number): number => {
  const byte = bytes[at]
  if (byte === B.SLASH && bytes[at + 1] === B.STAR) {
    return isExecutable(bytes, at) ? executableText(bytes, at) : blockCommentEnd(bytes, at + 2)
  }
  if (byte === B.HASH || (byte === B.DASH && bytes[at + 1] === B.DASH && B.isBlankOrControl(bytes[at + 2] ?? 0))) {
    return lineEnd(bytes, at + 1)
  }
  return at
}

/** @internal */
export type TokenKind = "Word" | "Identifier" | "Literal" | "Punctuation" | "End"

/**
 * A token of a statement at a time. Blanks and comments are passed over, and so are the brackets of an executable
 * comment, as a server does that takes what is in it.
 *
 * @internal
 */
export class Cursor {
  kind: TokenKind = "End"
  /** Where the token begins, and where it ends. */
  start = 0
  end: number
  private executable = false

  constructor(readonly bytes: Uint8Array, at = 0) {
    this.end = at
    this.next()
  }

  next(): void {
    const { bytes } = this
    this.start = this.skip(this.end)
    const byte = bytes[this.start]
    if (byte === undefined) {
      this.kind = "End"
      this.end = this.start
    } else if (byte === B.BACKTICK || byte === B.DOUBLE_QUOTE || byte === B.SINGLE_QUOTE) {
      const end = literalEnd(bytes, this.start)
      this.kind = byte === B.BACKTICK ? "Identifier" : "Literal"
      this.end = end === -1 ? bytes.length : end
    } else if (isWordByte(byte)) {
      this.kind = "Word"
      this.end = this.start + 1
      while (isWordByte(bytes[this.end] ?? 0)) {
        this.end += 1
      }
    } else {
      this.kind = "Punctuation"
      this.end = this.start + 1
    }
  }

  /** The token as it is written, words in upper case. */
  get text(): string {
    const text = decoder.decode(this.bytes.subarray(this.start, this.end))
    return this.kind === "Word" ? text.toUpperCase() : text
  }

  /** Whether the token is this punctuation. */
  at(punctuation: number): boolean {
    return this.kind === "Punctuation" && this.bytes[this.start] === punctuation
  }

  /** Passes the token if it is one of these words, and says which it was. */
  word(...words: ReadonlyArray<string>): string | undefined {
    if (this.kind !== "Word") {
      return undefined
    }
    const { text } = this
    if (!words.includes(text)) {
      return undefined
    }
    this.next()
    return text
  }

  /** Passes the token if it is this punctuation. */
  punctuation(byte: number): boolean {
    if (!this.at(byte)) {
      return false
    }
    this.next()
    return true
  }

  /** Passes a name, and gives it without its quotes. */
  identifier(): string | undefined {
    const { bytes, end, kind, start } = this
    if (kind === "Punctuation" || kind === "End") {
      return undefined
    }
    this.next()
    const inner = decoder.decode(kind === "Word" ? bytes.subarray(start, end) : bytes.subarray(start + 1, end - 1))
    return kind === "Identifier" ? inner.replaceAll("``", "`") : inner
  }

  private skip(from: number): number {
    const { bytes } = this
    let at = from
    for (;;) {
      const byte = bytes[at] ?? 0
      if (B.isBlank(byte)) {
        at += 1
      } else if (this.executable && byte === B.STAR && bytes[at + 1] === B.SLASH) {
        this.executable = false
        at += 2
      } else {
        const next = commentEnd(bytes, at)
        if (next === at) {
          return at
        }
        this.executable = this.executable || isExecutable(bytes, at)
        at = next
      }
    }
  }
}
