/**
 * Reading the cells of INSERT statements into one buffer that is used again for each row.
 *
 * @internal
 */
import type * as Cells from "../Cells.js"
import * as B from "./bytes.js"
import * as Escape from "./escape.js"
import * as Insert from "./insert.js"
import * as Lexer from "./lexer.js"
import { isNegativeZero } from "./values.js"

/** @internal */
export interface Failure {
  readonly offset: number
  readonly row: number
  readonly column: number
  readonly expected: string
}

const decoder = new TextDecoder()

const ZERO = 0x30
const UPPER_E = 0x45
const SMALL_E = 0x65
const PLUS = 0x2b

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= 0x39

const isWordByte = (byte: number): boolean =>
  isDigit(byte) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f

const isNumberByte = (byte: number): boolean =>
  isDigit(byte) || byte === B.DASH || byte === B.DOT || byte === PLUS || byte === UPPER_E || byte === SMALL_E

const nibble = (byte: number): number => {
  const lower = byte | 0x20
  return isDigit(byte) ? byte - ZERO : lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1
}

const numeral = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/

/** @internal */
export class Walker {
  private input: Uint8Array = new Uint8Array(0)
  private at = 0
  private row = 0
  private expected = ""
  private readonly cells = {
    bytes: new Uint8Array(4096),
    ends: Array.of<number>(),
    forms: Array.of<Cells.Form>(),
    count: 0
  }
  /** Where the next byte of a cell goes. */
  private to = 0

  constructor(private readonly visitor: Cells.Visitor) {}

  /** Why the bytes cannot be read, if they cannot. */
  walk(bytes: Uint8Array): Failure | undefined {
    this.input = bytes
    this.at = 0
    this.row = 0
    this.cells.count = 0
    for (;;) {
      this.skip()
      while (this.input[this.at] === B.SEMICOLON) {
        this.at += 1
        this.skip()
      }
      if (this.at >= bytes.length) {
        return undefined
      }
      if (!this.statement()) {
        return { offset: this.at, row: this.row, column: this.cells.count, expected: this.expected }
      }
    }
  }

  private statement(): boolean {
    const cursor = new Lexer.Cursor(this.input, this.at)
    const head = Insert.head(cursor)
    if (head?.rowsAt === undefined) {
      return this.fail("INSERT or REPLACE, a table and VALUES")
    }
    this.visitor.head(head.columns)
    this.at = head.rowsAt
    let width = head.columns?.length
    do {
      this.row += 1
      if (!this.tuple()) {
        return false
      }
      const { count } = this.cells
      width = width ?? count
      if (count !== width) {
        return this.fail(`${width} values, not ${count},`)
      }
      this.visitor.row(this.cells)
    } while (this.pass(B.COMMA))
    this.skip()
    return this.at >= this.input.length || this.input[this.at] === B.SEMICOLON ||
      this.fail("another row or the end of the statement")
  }

  private tuple(): boolean {
    this.cells.count = 0
    this.to = 0
    if (!this.pass(B.OPEN)) {
      return this.fail("a row in parentheses")
    }
    if (this.pass(B.CLOSE)) {
      return true
    }
    do {
      this.skip()
      if (!this.cell()) {
        return false
      }
    } while (this.pass(B.COMMA))
    return this.pass(B.CLOSE) || this.fail("a comma or a closing parenthesis")
  }

  private cell(): boolean {
    const { input } = this
    const byte = input[this.at] ?? 0
    if (byte === B.DOUBLE_QUOTE || byte === B.SINGLE_QUOTE) {
      return this.string() && this.ended("Bytes")
    }
    if (byte === ZERO && ((input[this.at + 1] ?? 0) | 0x20) === 0x78) {
      return this.hexNumber() && this.ended("Bytes")
    }
    if (isNumberByte(byte) && byte !== UPPER_E && byte !== SMALL_E) {
      return this.number() && this.ended("Number")
    }
    const start = this.at
    switch (this.word()) {
      case "NULL":
        return this.ended("Null")
      case "X":
        return this.hexString() && this.ended("Bytes")
      case "_BINARY":
        this.skip()
        return (input[this.at] === ZERO ? this.hexNumber() : this.string()) && this.ended("Bytes")
      case "_UTF8MB4":
      case "_UTF8MB3":
      case "_UTF8":
        this.skip()
        return this.string() && this.ended("Bytes")
      case "CONVERT":
        return this.converted() && this.ended("Json")
      case "JSON_REPLACE":
        return this.group(start) && this.ended("Expression")
      default:
        this.at = start
        return this.fail("a literal")
    }
  }

  private ended(form: Cells.Form): true {
    const { cells } = this
    cells.ends[cells.count] = this.to
    cells.forms[cells.count] = form
    cells.count += 1
    return true
  }

  private room(bytes: number): void {
    const { cells } = this
    if (this.to + bytes > cells.bytes.length) {
      const larger = new Uint8Array(Math.max(cells.bytes.length * 2, this.to + bytes))
      larger.set(cells.bytes.subarray(0, this.to))
      cells.bytes = larger
    }
  }

  private string(): boolean {
    const { input } = this
    const quote = input[this.at] ?? 0
    const end = quote === B.DOUBLE_QUOTE || quote === B.SINGLE_QUOTE ? Lexer.literalEnd(input, this.at) : -1
    if (end === -1) {
      return this.fail("a string that ends")
    }
    const last = end - 1
    this.room(last - this.at)
    const { bytes } = this.cells
    let { at, to } = this
    at += 1
    while (at < last) {
      const byte = input[at] ?? 0
      if (byte === B.BACKSLASH || byte === quote) {
        to = Escape.meaningInto(input, at, bytes, to)
        at += 2
      } else {
        bytes[to++] = byte
        at += 1
      }
    }
    this.to = to
    this.at = end
    return true
  }

  private hexNumber(): boolean {
    const start = this.at
    let end = start
    while (isWordByte(this.input[end] ?? 0)) {
      end += 1
    }
    return end > start + 2 && this.hex(start + 2, end, end)
  }

  private hexString(): boolean {
    const end = this.input[this.at] === B.SINGLE_QUOTE ? Lexer.literalEnd(this.input, this.at) : -1
    return end === -1 ? this.fail("hexadecimal digits") : this.hex(this.at + 1, end - 1, end)
  }

  /** An odd number of digits has a zero before it. */
  private hex(from: number, to: number, next: number): boolean {
    this.room(((to - from) >> 1) + 1)
    const { bytes } = this.cells
    let high = 0
    let isHigh = (to - from) % 2 === 0
    for (let i = from; i < to; i++) {
      const digit = nibble(this.input[i] ?? 0)
      if (digit === -1) {
        return this.fail("hexadecimal digits")
      }
      if (isHigh) {
        high = digit << 4
      } else {
        bytes[this.to++] = high | digit
      }
      isHigh = !isHigh
    }
    this.at = next
    return true
  }

  private number(): boolean {
    const { input } = this
    const start = this.at
    let end = start
    let isPlain = true
    while (isNumberByte(input[end] ?? 0)) {
      isPlain = isPlain && isDigit(input[end] ?? 0)
      end += 1
    }
    if (!isPlain && !numeral.test(decoder.decode(input.subarray(start, end)))) {
      return this.fail("a number")
    }
    const isZero = input[end - 2] === SMALL_E && input[end - 1] === ZERO && isNegativeZero(input, start, end - 2)
    this.copy(start, isZero ? end - 2 : end)
    this.at = end
    return true
  }

  /** `CONVERT("…" USING UTF8MB4)`, behind its first word. */
  private converted(): boolean {
    if (!this.pass(B.OPEN)) {
      return this.fail("an opening parenthesis behind CONVERT")
    }
    this.skip()
    if (!this.string()) {
      return false
    }
    this.skip()
    const using = this.word()
    this.skip()
    const charset = this.word()
    return (using === "USING" && charset === "UTF8MB4" && this.pass(B.CLOSE)) ||
      this.fail("USING UTF8MB4 and a closing parenthesis")
  }

  /** What stands in parentheses, as it is written, from where its first word began. */
  private group(start: number): boolean {
    const { input } = this
    let depth = 0
    let at = this.at
    do {
      const byte = input[at]
      if (byte === B.SINGLE_QUOTE || byte === B.DOUBLE_QUOTE || byte === B.BACKTICK) {
        const end = Lexer.literalEnd(input, at)
        if (end === -1) {
          return this.fail("a string that ends")
        }
        at = end
      } else {
        depth += byte === B.OPEN ? 1 : byte === B.CLOSE ? -1 : 0
        at += 1
      }
    } while (depth > 0 && at < input.length)
    if (depth !== 0 || input[this.at] !== B.OPEN) {
      return this.fail("an expression in parentheses")
    }
    this.copy(start, at)
    this.at = at
    return true
  }

  private copy(from: number, end: number): void {
    this.room(end - from)
    const { bytes } = this.cells
    for (let i = from; i < end; i++) {
      bytes[this.to++] = this.input[i] ?? 0
    }
  }

  private word(): string {
    const start = this.at
    while (isWordByte(this.input[this.at] ?? 0)) {
      this.at += 1
    }
    return decoder.decode(this.input.subarray(start, this.at)).toUpperCase()
  }

  private skip(): void {
    let next = this.at
    do {
      this.at = next
      while (B.isBlank(this.input[this.at] ?? 0)) {
        this.at += 1
      }
      next = Lexer.commentEnd(this.input, this.at)
    } while (next > this.at)
  }

  private pass(byte: number): boolean {
    if (this.input[this.at] !== byte) {
      this.skip()
      if (this.input[this.at] !== byte) {
        return false
      }
    }
    this.at += 1
    return true
  }

  private fail(expected: string): false {
    this.expected = expected
    return false
  }
}
