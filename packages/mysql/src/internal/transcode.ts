/**
 * Rows of the text protocol to INSERT statements, as loops over bytes: nothing is made per row, and each byte is
 * looked at once. The plain version of this is `Row.statements` of @sluice/format, and both write the same bytes.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html
 *
 * @internal
 */
import type * as Row from "@sluice/format/Row"
import type * as Source from "@sluice/pipeline/Source"

const LINE_FEED = 0x0a
const QUOTE = 0x22
const OPEN = 0x28
const CLOSE = 0x29
const COMMA = 0x2c
const DASH = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const SEMICOLON = 0x3b
const BACKSLASH = 0x5c
const SMALL_E = 0x65

const ascii = (text: string): Uint8Array => Buffer.from(text, "latin1")

/** For every byte the letter that stands behind a backslash for it, or 0 when the byte stands as it is. */
const letters = new Uint8Array(256)
letters[0x00] = 0x30
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

const codes: { readonly [K in Row.ColumnKind]: number } = {
  Number: NUMBER,
  Text: QUOTED,
  Temporal: QUOTED,
  Binary: BINARY,
  Bit: BINARY,
  Geometry: BINARY,
  Json: JSON
}

const binaryPrefix = ascii("_binary ")
const jsonPrefix = ascii("CONVERT(")
const jsonSuffix = ascii(" USING UTF8MB4)")
const nullText = ascii("NULL")

/** The most that is written for a value besides its bytes and their escapes: `,CONVERT("" USING UTF8MB4)`. */
const AROUND_VALUE = 32
/** A length before a value in the protocol takes this many bytes at most. */
const LENGTH_PREFIX = 9
/** A piece holds several statements when they are small. */
const PIECE_SIZE = 1 << 20
/** Room for rows beyond a piece, so that small rows never make a buffer grow. */
const SLACK = 1 << 16
/** Buffers beyond this are not kept, unless statements are that large. */
const KEPT_SIZE = 1 << 22

const isNegativeZero = (input: Uint8Array, start: number, end: number): boolean => {
  if (input[start] !== DASH || input[start + 1] !== ZERO) {
    return false
  }
  for (let i = start + 2; i < end; i++) {
    if (input[i] !== ZERO && input[i] !== DOT) {
      return false
    }
  }
  return true
}

interface Ready {
  readonly buffer: Uint8Array
  readonly length: number
  readonly rows: number
}

/**
 * Takes row packets and gives pieces of whole statements. The buffers are its own and are used again: a piece is good
 * until the next one is taken.
 *
 * @internal
 */
export class Transcoder {
  private readonly kinds: Uint8Array
  private readonly head: Uint8Array
  private readonly statementSize: number
  /** Room that a row takes at most, beside twice its payload. */
  private readonly around: number

  private out: Uint8Array
  /** Where the next byte goes. */
  private at = 0
  /** Where the statement that is being written starts, and its rows so far. */
  private statementStart = 0
  private statementRows = 0
  /** Rows of the statements before it in this buffer. */
  private closedRows = 0

  private readonly ready: Array<Ready> = []
  private lent: Uint8Array | undefined = undefined
  private readonly spare: Array<Uint8Array> = []

  constructor(
    options: {
      readonly head: Uint8Array
      readonly kinds: ReadonlyArray<Row.ColumnKind>
      readonly statementSize: number
    }
  ) {
    this.kinds = Uint8Array.from(options.kinds, (kind) => codes[kind])
    this.head = options.head
    this.statementSize = options.statementSize
    this.around = this.kinds.length * AROUND_VALUE + this.head.length + AROUND_VALUE
    this.out = this.buffer(0)
  }

  /** How many pieces wait to be taken. */
  get waiting(): number {
    return this.ready.length
  }

  /**
   * Adds the row whose packet's payload stands between `start` and `end`. False when it is not a row of that many
   * columns; then nothing more can come of this.
   */
  push(input: Uint8Array, start: number, end: number): boolean {
    // What is written of a row is never less than its values are.
    const least = end - start - LENGTH_PREFIX * this.kinds.length
    if (this.statementRows > 0 && !this.fits(least)) {
      this.closeStatement()
    }
    this.makeRoom(input, start, end)
    if (this.statementRows === 0) {
      this.openStatement()
      const to = this.row(input, start, end, this.at)
      if (to < 0) return false
      this.at = to
    } else {
      const from = this.at
      const to = this.row(input, start, end, from + 1)
      if (to < 0) return false
      if (this.fits(to - from - 2)) {
        this.out[from] = COMMA
        this.at = to
      } else {
        this.moveToNext(from + 1, to)
      }
    }
    this.statementRows += 1
    return true
  }

  /** Says that no row follows, so that what is left becomes a piece. */
  finish(): void {
    if (this.statementRows > 0) {
      this.closeStatement()
    }
    if (this.at > 0) {
      this.pieceDone()
    }
  }

  /** The next piece, if there is one. Ends the loan of the one before. */
  take(): Source.Piece | undefined {
    const next = this.ready.shift()
    if (this.lent !== undefined) {
      this.keep(this.lent)
      this.lent = undefined
    }
    if (next === undefined) {
      return undefined
    }
    this.lent = next.buffer
    return { bytes: next.buffer.subarray(0, next.length), rows: next.rows }
  }

  /** Whether a row of this many bytes, without its line feed, still goes into the statement. */
  private fits(row: number): boolean {
    return this.at - this.statementStart + row + 2 <= this.statementSize
  }

  private openStatement(): void {
    this.out.set(this.head, this.at)
    this.at += this.head.length
  }

  private closeStatement(next?: Uint8Array): void {
    this.out[this.at++] = SEMICOLON
    this.out[this.at++] = LINE_FEED
    this.closedRows += this.statementRows
    this.statementStart = this.at
    this.statementRows = 0
    if (this.at + this.statementSize > PIECE_SIZE) {
      this.pieceDone(next)
    }
  }

  private pieceDone(next?: Uint8Array): void {
    this.ready.push({ buffer: this.out, length: this.at, rows: this.closedRows })
    this.out = next ?? this.buffer(0)
    this.at = 0
    this.statementStart = 0
    this.closedRows = 0
  }

  /** The row between `from` and `to` was written behind a statement that has no room for it. */
  private moveToNext(from: number, to: number): void {
    const length = to - from
    const written = this.out
    if (this.at + 2 + this.statementSize > PIECE_SIZE) {
      const next = this.buffer(length + this.around)
      next.set(this.head, 0)
      next.set(written.subarray(from, to), this.head.length)
      this.closeStatement(next)
      this.at = this.head.length + length
    } else {
      const target = this.at + 2 + this.head.length
      written.copyWithin(target, from, to)
      this.closeStatement()
      this.openStatement()
      this.at = target + length
    }
  }

  /** Makes sure of the room for a row and what may come around it. */
  private makeRoom(input: Uint8Array, start: number, end: number): void {
    const most = 2 * (end - start) + this.around
    if (this.out.length - this.at >= most) {
      return
    }
    let needed = end - start + this.around
    for (let i = start; i < end; i++) {
      if (letters[input[i] ?? 0] !== 0) {
        needed += 1
      }
    }
    if (this.out.length - this.at < needed) {
      const larger = this.buffer(Math.max(this.at + needed, Math.min(2 * this.out.length, KEPT_SIZE)))
      larger.set(this.out.subarray(0, this.at), 0)
      this.keep(this.out)
      this.out = larger
    }
  }

  private buffer(atLeast: number): Uint8Array {
    const spare = this.spare.pop()
    if (spare !== undefined && spare.length >= atLeast) {
      return spare
    }
    return Buffer.allocUnsafeSlow(Math.max(atLeast, Math.min(this.statementSize, PIECE_SIZE) + SLACK))
  }

  private keep(buffer: Uint8Array): void {
    if (buffer.length <= Math.max(KEPT_SIZE, 2 * this.statementSize) && this.spare.length < 2) {
      this.spare.push(buffer)
    }
  }

  /** Writes a row with its line feed at `to`, and gives where it ends, or -1. The room is there. */
  private row(input: Uint8Array, start: number, end: number, to: number): number {
    const out = this.out
    const kinds = this.kinds
    let p = start
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
          out.set(nullText, to)
          to += nullText.length
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
      if (length > 0 && kind !== QUOTED) {
        out.set(kind === BINARY ? binaryPrefix : jsonPrefix, to)
        to += 8
      }
      out[to++] = QUOTE
      while (p < valueEnd) {
        const byte = input[p++] ?? 0
        const letter = letters[byte] ?? 0
        if (letter === 0) {
          out[to++] = byte
        } else {
          out[to++] = BACKSLASH
          out[to++] = letter
        }
      }
      out[to++] = QUOTE
      if (length > 0 && kind === JSON) {
        out.set(jsonSuffix, to)
        to += jsonSuffix.length
      }
    }
    if (p !== end) {
      return -1
    }
    out[to++] = CLOSE
    out[to++] = LINE_FEED
    return to
  }
}
