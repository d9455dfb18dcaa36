/**
 * Row packets to pieces of whole lines for LOAD DATA, in buffers that are used again: nothing is made per row. The plain
 * version is `Lines.encode` of @sluice/format, and both write the same bytes.
 *
 * @internal
 */
import * as Lines from "@sluice/format/Lines"
import type * as Source from "@sluice/pipeline/Source"

import * as Escaping from "./escaping.js"
import type { Taken } from "./mysql2.js"
import * as Protocol from "./protocol.js"
import * as Transcode from "./transcode.js"

const LETTER_N = 0x4e

const BARE = 0
const ENCLOSED = 1
const HEX = 2

const codes: { readonly [K in Lines.Encoding]: number } = { Bare: BARE, Enclosed: ENCLOSED, Hex: HEX }

const hexDigits = Uint8Array.from("0123456789ABCDEF", (digit) => digit.charCodeAt(0))

const nothing = new Uint8Array(0)

/** What a row is read as. @internal */
export interface Options {
  readonly layout: Lines.Layout
  /** One for each column of the result. */
  readonly encodings: ReadonlyArray<Lines.Encoding>
}

interface Ready {
  readonly buffer: Uint8Array
  readonly length: number
  readonly rows: number
  readonly longest: number
}

/** More than an INSERT has around a value or a row that a line has not. */
const INSERT_AROUND = 32

const copy = (text: Uint8Array, out: Uint8Array, at: number): number => {
  let to = at
  for (let i = 0; i < text.length; i++) {
    out[to++] = text[i] ?? 0
  }
  return to
}

/** Writes the lines of rows into buffers. */
class Writer {
  readonly columns: number
  private readonly encodings: Uint8Array
  private readonly escapes: Uint8Array
  private readonly escape: number
  private readonly enclosing: Uint8Array
  private readonly fieldEnd: Uint8Array
  private readonly lineStart: Uint8Array
  private readonly lineEnd: Uint8Array
  /** What a row takes besides its values and their escapes, at most. */
  readonly around: number

  constructor({ encodings, layout }: Options) {
    const { fields, lines } = layout
    this.columns = encodings.length
    this.encodings = Uint8Array.from(encodings, (encoding) => codes[encoding])
    this.escapes = Lines.escapes(layout)
    this.escape = fields.escapedBy
    this.enclosing = fields.enclosedBy === undefined ? nothing : Uint8Array.of(fields.enclosedBy)
    this.fieldEnd = fields.terminatedBy
    this.lineStart = lines.startingBy
    this.lineEnd = lines.terminatedBy
    this.around = this.lineStart.length + this.lineEnd.length + encodings.length * (this.fieldEnd.length + 4)
  }

  /** A length that the line of a row is not longer than, found by looking at all of it. */
  mostLength(input: Uint8Array, start: number, end: number): number {
    let length = end - start + this.around
    if (this.encodings.includes(HEX)) {
      return length + end - start
    }
    for (let i = start; i < end; i++) {
      if (this.escapes[input[i] ?? 0] !== 0) {
        length += 1
      }
    }
    return length
  }

  /**
   * Writes the row whose packet's payload stands between `start` and `end` into `out` at `at`, where there is room for
   * it. Gives where it ends, or -1 when it is not a row of that many columns.
   */
  write(input: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
    const { encodings, enclosing, fieldEnd } = this
    let p = start
    let to = copy(this.lineStart, out, at)
    for (let i = 0; i < encodings.length; i++) {
      if (i > 0) {
        to = copy(fieldEnd, out, to)
      }
      if (p >= end) {
        return -1
      }
      let length = input[p++] ?? 0
      if (length >= 0xfb) {
        if (length === 0xfb) {
          out[to++] = this.escape
          out[to++] = LETTER_N
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
      const encoding = encodings[i]
      if (encoding === BARE) {
        while (p < valueEnd) {
          out[to++] = input[p++] ?? 0
        }
      } else if (encoding === HEX) {
        while (p < valueEnd) {
          const byte = input[p++] ?? 0
          out[to++] = hexDigits[byte >> 4] ?? 0
          out[to++] = hexDigits[byte & 15] ?? 0
        }
      } else {
        to = copy(enclosing, out, to)
        to = Escaping.escape(this.escapes, this.escape, input, p, valueEnd, out, to)
        p = valueEnd
        to = copy(enclosing, out, to)
      }
    }
    return p === end ? copy(this.lineEnd, out, to) : -1
  }
}

/**
 * Takes row packets and gives pieces of whole lines. A piece is good until the next one is taken.
 *
 * @internal
 */
export class Transcoder {
  private readonly writer: Writer
  private out: Uint8Array
  /** Where the next byte goes. */
  private at = 0
  private rowCount = 0
  private longest = 0
  private readonly ready: Array<Ready> = []
  private lent: Uint8Array | undefined = undefined

  constructor(
    options: Options,
    private readonly sizes: Transcode.Sizes = Transcode.defaultSizes,
    private readonly spares: Transcode.Spares = new Transcode.Spares()
  ) {
    this.writer = new Writer(options)
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
    const { writer } = this
    // Every byte of a row may need an escape, but few do: only a large one is worth a look.
    if (this.out.length - this.at < 2 * (end - start) + writer.around) {
      const needed = writer.mostLength(input, start, end)
      if (this.out.length - this.at < needed) {
        if (this.at > 0) {
          this.closePiece(needed)
        } else {
          this.keep(this.out)
          this.out = this.buffer(needed)
        }
      }
    }
    const to = writer.write(input, start, end, this.out, this.at)
    if (to < 0) {
      return false
    }
    this.longest = Math.max(this.longest, to - this.at + INSERT_AROUND * (writer.columns + 1))
    this.at = to
    this.rowCount += 1
    if (to >= this.sizes.piece) {
      this.closePiece(0)
    }
    return true
  }

  /**
   * Adds rows as long as whole packets of rows stand between `start` and `end`, with their headers. Stops at what is
   * none, and at a row that `push` refuses.
   */
  rows(input: Uint8Array, start: number, end: number): Taken {
    let at = start
    let packets = 0
    for (;;) {
      const length = Protocol.rowLength(input, at, end)
      const row = at + Protocol.HEADER
      if (length < 0 || !this.push(input, row, row + length)) {
        return { at, packets }
      }
      at = row + length
      packets += 1
    }
  }

  /** Says that no row follows, so that what is left becomes a piece. */
  finish(): void {
    if (this.rowCount > 0) {
      this.closePiece(0)
    }
  }

  /** The next piece, if there is one. Ends the loan of the one before. */
  take(): Source.Piece | undefined {
    if (this.lent !== undefined) {
      this.keep(this.lent)
      this.lent = undefined
    }
    const next = this.ready.shift()
    if (next === undefined) {
      return undefined
    }
    this.lent = next.buffer
    return { bytes: next.buffer.subarray(0, next.length), rows: next.rows, longest: next.longest }
  }

  /** Gives the buffers back. What is lent still may be looked at by somebody, so it is left to him. Ends its use. */
  release(): void {
    for (const { buffer } of this.ready.splice(0)) {
      this.keep(buffer)
    }
    this.keep(this.out)
    this.out = nothing
    this.at = 0
  }

  private closePiece(atLeast: number): void {
    this.ready.push({ buffer: this.out, length: this.at, rows: this.rowCount, longest: this.longest })
    this.out = this.buffer(atLeast)
    this.at = 0
    this.rowCount = 0
    this.longest = 0
  }

  private buffer(atLeast: number): Uint8Array {
    const wanted = Math.max(atLeast, this.sizes.piece + this.sizes.slack)
    return this.spares.take(wanted) ?? Buffer.allocUnsafeSlow(wanted)
  }

  private keep(buffer: Uint8Array): void {
    if (buffer.length <= Math.max(this.sizes.kept, this.sizes.piece + this.sizes.slack)) {
      this.spares.keep(buffer)
    }
  }
}
