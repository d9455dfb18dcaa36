/**
 * Row packets to pieces of whole INSERT statements, in buffers that are used again: nothing is made per row. The plain
 * version is `Row.statements` of @sluice/format, and both write the same bytes.
 *
 * @internal
 */
import type * as Row from "@sluice/format/Row"
import type * as Source from "@sluice/pipeline/Source"

import type { Kernel } from "./kernel.js"
import type { Taken } from "./mysql2.js"
import * as Protocol from "./protocol.js"
import * as RowText from "./rowText.js"

const LINE_FEED = 0x0a
const COMMA = 0x2c
const SEMICOLON = 0x3b

/**
 * Sizes in bytes that nothing but speed and memory depend on.
 *
 * @internal
 */
export interface Sizes {
  /** A piece holds several statements as long as they fit here. */
  readonly piece: number
  /** Room beyond a piece, so that small rows never make a buffer grow. */
  readonly slack: number
  /** Buffers beyond this, grown for a large row, are not kept, unless statements are that large. */
  readonly kept: number
}

/** @internal */
export const defaultSizes: Sizes = { piece: 1 << 20, slack: 1 << 16, kept: 1 << 22 }

/** One is lent, one is filled, and one may be full because the next piece was not asked for yet. */
const SPARE_BUFFERS = 3

/** The end of a statement, and the comma before a row. */
const PUNCTUATION = 4

const nothing = new Uint8Array(0)

interface Ready {
  readonly buffer: Uint8Array
  readonly length: number
  readonly rows: number
  readonly longest: number
}

/**
 * Buffers that nobody uses now. A connection owns them, so that the results it reads one after the other are written
 * into the same memory. Those of a kernel are kept in any case, and taken first.
 *
 * @internal
 */
export class Spares {
  private readonly buffers: Array<Uint8Array> = []
  private readonly regions: Array<Uint8Array>

  constructor(readonly kernel?: Kernel) {
    this.regions = [...kernel?.regions ?? []]
  }

  /** Their bytes together. */
  get held(): number {
    return [...this.buffers, ...this.regions].reduce((sum, buffer) => sum + buffer.length, 0)
  }

  take(atLeast: number): Uint8Array | undefined {
    const [region] = this.regions
    if (region !== undefined && region.length >= atLeast) {
      return this.regions.pop()
    }
    const buffer = this.buffers.pop()
    return buffer !== undefined && buffer.length >= atLeast ? buffer : undefined
  }

  keep(buffer: Uint8Array): void {
    if (this.kernel?.holds(buffer) === true) {
      this.regions.push(buffer)
    } else if (this.buffers.length < SPARE_BUFFERS) {
      this.buffers.push(buffer)
    }
  }
}

/**
 * What a buffer for a piece is long at least, before any row turns out to be large.
 *
 * @internal
 */
export const usualBuffer = (statementSize: number, sizes: Sizes = defaultSizes): number =>
  Math.min(statementSize, sizes.piece) + sizes.slack

/**
 * Takes row packets and gives pieces of whole statements. A piece is good until the next one is taken.
 *
 * @internal
 */
export class Transcoder {
  private readonly kinds: Uint8Array
  private readonly head: Uint8Array
  private readonly statementSize: number
  /** What is written for a row besides its values, at most: a new statement may have to start with it. */
  private readonly around: number

  private out: Uint8Array
  /** Where the next byte goes. */
  private at = 0
  /** Where the statement that is being written starts, and its rows so far. */
  private statementStart = 0
  private statementRows = 0
  /** Rows of the statements before it in this buffer. */
  private closedRows = 0
  /** The bytes of the longest of them. */
  private longest = 0

  private readonly kernel: Kernel | undefined

  private readonly ready: Array<Ready> = []
  private lent: Uint8Array | undefined = undefined

  constructor(
    options: {
      readonly head: Uint8Array
      readonly kinds: ReadonlyArray<Row.Encoding>
      readonly statementSize: number
    },
    private readonly sizes: Sizes = defaultSizes,
    private readonly spares: Spares = new Spares()
  ) {
    this.kinds = RowText.codesOf(options.kinds)
    this.head = options.head
    this.statementSize = options.statementSize
    this.around = RowText.overhead(this.kinds.length) + this.head.length + PUNCTUATION
    this.kernel = spares.kernel?.begin(this.kinds) === true ? spares.kernel : undefined
    this.out = this.buffer(0)
  }

  /** How many pieces wait to be taken. */
  get waiting(): number {
    return this.ready.length
  }

  /** The bytes of all buffers that are held now. */
  get held(): number {
    return [...this.ready.map(({ buffer }) => buffer), ...(this.lent === undefined ? [] : [this.lent])]
      .reduce((sum, buffer) => sum + buffer.length, this.out.length + this.spares.held)
  }

  /**
   * Adds the row whose packet's payload stands between `start` and `end`. False when it is not a row of that many
   * columns; then nothing more can come of this.
   */
  push(input: Uint8Array, start: number, end: number): boolean {
    // A large row that cannot go into this statement is better written where it stays.
    if (this.statementRows > 0 && !this.fits(RowText.leastLength(end - start, this.kinds.length))) {
      this.closeStatement()
    }
    this.makeRoom(input, start, end)
    const from = this.at
    const opens = this.statementRows === 0
    if (opens) {
      this.out.set(this.head, from)
    }
    const row = from + (opens ? this.head.length : 1)
    const to = RowText.write(this.kinds, input, start, end, this.out, row)
    if (to < 0) {
      return false
    }
    if (opens) {
      this.at = to
    } else if (this.fits(to - row - 1)) {
      this.out[from] = COMMA
      this.at = to
    } else {
      this.moveOn(row, to)
    }
    this.statementRows += 1
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
      const { kernel, out } = this
      // the first row of a statement, and whatever the kernel leaves, is written below
      if (kernel !== undefined && this.statementRows > 0 && kernel.holds(input) && kernel.holds(out)) {
        const limit = this.statementStart + this.statementSize
        at = kernel.rows(input, at, end, out, this.at, limit, this.kinds.length)
        this.at = kernel.written(out)
        this.statementRows += kernel.taken
        packets += kernel.taken
      }
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
    if (this.statementRows > 0) {
      this.closeStatement()
    }
    if (this.at > 0) {
      this.closePiece()
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

  /** Whether a row of this many bytes, without its line feed, still goes into the statement. */
  private fits(row: number): boolean {
    return this.at - this.statementStart + row + 2 <= this.statementSize
  }

  /** Whether the piece is full once the statement is closed. */
  private get lastOfPiece(): boolean {
    return this.at + 2 + this.statementSize > this.sizes.piece
  }

  /** Ends the statement, and with it the piece if that is full; then `next` is the buffer that follows. */
  private closeStatement(next?: Uint8Array): void {
    const last = this.lastOfPiece
    this.out[this.at++] = SEMICOLON
    this.out[this.at++] = LINE_FEED
    this.closedRows += this.statementRows
    this.longest = Math.max(this.longest, this.at - this.statementStart)
    this.statementStart = this.at
    this.statementRows = 0
    if (last) {
      this.closePiece(next)
    }
  }

  private closePiece(next?: Uint8Array): void {
    this.ready.push({ buffer: this.out, length: this.at, rows: this.closedRows, longest: this.longest })
    this.out = next ?? this.buffer(0)
    this.at = 0
    this.statementStart = 0
    this.closedRows = 0
    this.longest = 0
  }

  /** Moves the row that was written between `from` and `to` into a new statement. */
  private moveOn(from: number, to: number): void {
    const { head, out } = this
    if (this.lastOfPiece) {
      const next = this.buffer(to - from + this.around)
      next.set(out.subarray(from, to), head.length)
      this.closeStatement(next)
    } else {
      out.copyWithin(this.at + 2 + head.length, from, to)
      this.closeStatement()
    }
    this.out.set(head, this.at)
    this.at += head.length + to - from
  }

  private makeRoom(input: Uint8Array, start: number, end: number): void {
    // Every byte of a row may need an escape, but few do: only a large one is worth a look.
    if (this.out.length - this.at >= 2 * (end - start) + this.around) {
      return
    }
    const needed = this.at + RowText.mostLength(input, start, end, this.kinds) + this.head.length + PUNCTUATION
    if (this.out.length < needed) {
      const larger = this.buffer(Math.max(needed, Math.min(2 * this.out.length, this.sizes.kept)))
      larger.set(this.out.subarray(0, this.at), 0)
      this.keep(this.out)
      this.out = larger
    }
  }

  private buffer(atLeast: number): Uint8Array {
    const usual = usualBuffer(this.statementSize, this.sizes)
    return this.spares.take(Math.max(atLeast, usual)) ?? Buffer.allocUnsafeSlow(Math.max(atLeast, usual))
  }

  private keep(buffer: Uint8Array): void {
    if (this.kernel?.holds(buffer) === true || buffer.length <= Math.max(this.sizes.kept, 2 * this.statementSize)) {
      this.spares.keep(buffer)
    }
  }
}
