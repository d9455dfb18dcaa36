/**
 * Reading the rows of an INSERT statement.
 *
 * @internal
 */
import * as Data from "effect/Data"

import type * as Row from "../Row.js"
import * as B from "./bytes.js"
import * as Escape from "./escape.js"
import * as Insert from "./insert.js"
import * as Lexer from "./lexer.js"

/** @internal */
export const Literal = Data.taggedEnum<Row.Literal>()

const decoder = new TextDecoder()

const ZERO = 0x30
const numeral = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/

const isWordByte = (byte: number): boolean =>
  (byte >= ZERO && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f

const isNumberByte = (byte: number): boolean =>
  (byte >= ZERO && byte <= 0x39) || byte === B.DASH || byte === B.DOT || byte === 0x2b || byte === 0x45 || byte === 0x65

/** What a hexadecimal digit stands for, or -1. */
const nibble = (byte: number): number => {
  const lower = byte | 0x20
  return byte >= ZERO && byte <= 0x39 ? byte - ZERO : lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1
}

/** The bytes that hexadecimal digits stand for; an odd number of digits has a zero before it. */
const fromHex = (digits: Uint8Array): Uint8Array | undefined => {
  const out = new Uint8Array(Math.ceil(digits.length / 2))
  const odd = digits.length % 2
  for (let i = 0; i < digits.length; i++) {
    const value = nibble(digits[i] ?? 0)
    if (value === -1) {
      return undefined
    }
    const to = (i + odd) >> 1
    out[to] = ((out[to] ?? 0) << 4) | value
  }
  return out
}

/**
 * Whether these bytes are `-0`, `-0.00` and the like. Read as a literal they are an exact number, which has no
 * negative zero; with an exponent they are a double, which has.
 *
 * @internal
 */
export const isNegativeZero = (bytes: Uint8Array, from: number, to: number): boolean => {
  if (bytes[from] !== B.DASH || bytes[from + 1] !== ZERO) {
    return false
  }
  for (let i = from + 2; i < to; i++) {
    if (bytes[i] !== ZERO && bytes[i] !== B.DOT) {
      return false
    }
  }
  return true
}

/**
 * Reads one statement, once.
 *
 * @internal
 */
export class Reader {
  private at = 0
  private row = 0
  private column = 0
  /** Why `insert` gave nothing. */
  failure = { offset: 0, row: 0, column: 0, expected: "" }

  constructor(private readonly bytes: Uint8Array) {}

  insert(): Row.Insert | undefined {
    const cursor = new Lexer.Cursor(this.bytes)
    const head = Insert.head(cursor)
    this.at = cursor.start
    if (head === undefined) {
      return this.fail("INSERT or REPLACE and a table")
    }
    if (head.rowsAt === undefined) {
      return this.fail("VALUES")
    }
    this.at = head.rowsAt
    const rows = this.rows(head.columns?.length)
    return rows === undefined ? undefined : {
      verb: head.verb,
      table: head.table,
      ...(head.columns === undefined ? {} : { columns: head.columns }),
      rows
    }
  }

  private rows(columns: number | undefined): ReadonlyArray<ReadonlyArray<Row.Literal>> | undefined {
    const rows: Array<ReadonlyArray<Row.Literal>> = []
    let width = columns
    do {
      this.row += 1
      const row = this.tuple()
      if (row === undefined) {
        return undefined
      }
      width = width ?? row.length
      if (row.length !== width) {
        return this.fail(`${width} values, not ${row.length},`)
      }
      rows.push(row)
    } while (this.pass(B.COMMA))
    this.pass(B.SEMICOLON)
    this.skip()
    return this.at < this.bytes.length ? this.fail("another row or the end of the statement") : rows
  }

  private tuple(): ReadonlyArray<Row.Literal> | undefined {
    if (!this.pass(B.OPEN)) {
      return this.fail("a row in parentheses")
    }
    const row: Array<Row.Literal> = []
    if (!this.pass(B.CLOSE)) {
      do {
        this.column += 1
        const literal = this.literal()
        if (literal === undefined) {
          return undefined
        }
        row.push(literal)
      } while (this.pass(B.COMMA))
      if (!this.pass(B.CLOSE)) {
        return this.fail("a comma or a closing parenthesis")
      }
    }
    this.column = 0
    return row
  }

  private literal(): Row.Literal | undefined {
    this.skip()
    const byte = this.bytes[this.at] ?? 0
    if (byte === B.DOUBLE_QUOTE || byte === B.SINGLE_QUOTE) {
      return this.bytesLiteral(this.string(), false)
    }
    if (byte === ZERO && ((this.bytes[this.at + 1] ?? 0) | 0x20) === 0x78) {
      return this.bytesLiteral(this.hexNumber(), true)
    }
    if (isNumberByte(byte) && byte !== 0x45 && byte !== 0x65) {
      return this.number()
    }
    const start = this.at
    const word = this.take(isWordByte).toUpperCase()
    if (word === "NULL") {
      return Literal.Null()
    }
    if (word === "X" && this.bytes[this.at] === B.SINGLE_QUOTE) {
      return this.bytesLiteral(this.hexString(), true)
    }
    if (word === "_BINARY") {
      this.skip()
      return this.bytesLiteral(this.bytes[this.at] === ZERO ? this.hexNumber() : this.string(), true)
    }
    if (word === "_UTF8MB4" || word === "_UTF8MB3" || word === "_UTF8") {
      this.skip()
      return this.bytesLiteral(this.string(), false)
    }
    if (word === "CONVERT") {
      return this.json()
    }
    this.at = start
    return this.fail("a literal")
  }

  private bytesLiteral(bytes: Uint8Array | undefined, binary: boolean): Row.Literal | undefined {
    return bytes === undefined ? undefined : Literal.Bytes({ bytes, binary })
  }

  private string(): Uint8Array | undefined {
    const start = this.at
    const quote = this.bytes[start]
    if (quote !== B.DOUBLE_QUOTE && quote !== B.SINGLE_QUOTE) {
      return this.fail("a string")
    }
    const end = Lexer.literalEnd(this.bytes, start)
    if (end === -1) {
      return this.fail("a string that ends")
    }
    this.at = end
    return Escape.unescape(this.bytes.subarray(start + 1, end - 1), quote)
  }

  private hexNumber(): Uint8Array | undefined {
    const start = this.at
    while (isWordByte(this.bytes[this.at] ?? 0)) {
      this.at += 1
    }
    return this.hex(this.bytes.subarray(start + 2, this.at), start)
  }

  private hexString(): Uint8Array | undefined {
    const start = this.at
    const digits = this.string()
    return digits === undefined || digits.length === 0 ? digits : this.hex(digits, start)
  }

  private hex(digits: Uint8Array, start: number): Uint8Array | undefined {
    const bytes = digits.length === 0 ? undefined : fromHex(digits)
    if (bytes === undefined) {
      this.at = start
      return this.fail("hexadecimal digits")
    }
    return bytes
  }

  private number(): Row.Literal | undefined {
    const start = this.at
    const text = this.take(isNumberByte)
    if (!numeral.test(text)) {
      this.at = start
      return this.fail("a number")
    }
    return Literal.Number({ text })
  }

  private json(): Row.Literal | undefined {
    if (!this.pass(B.OPEN)) {
      return this.fail("an opening parenthesis behind CONVERT")
    }
    this.skip()
    const bytes = this.string()
    if (bytes === undefined) {
      return undefined
    }
    this.skip()
    const using = this.take(isWordByte).toUpperCase()
    this.skip()
    const charset = this.take(isWordByte).toUpperCase()
    return using === "USING" && charset === "UTF8MB4" && this.pass(B.CLOSE)
      ? Literal.Json({ bytes })
      : this.fail("USING UTF8MB4 and a closing parenthesis")
  }

  private take(wanted: (byte: number) => boolean): string {
    const start = this.at
    while (wanted(this.bytes[this.at] ?? 0)) {
      this.at += 1
    }
    return decoder.decode(this.bytes.subarray(start, this.at))
  }

  private skip(): void {
    let comment = this.at
    do {
      this.at = comment
      while (B.isBlank(this.bytes[this.at] ?? 0)) {
        this.at += 1
      }
      comment = Lexer.commentEnd(this.bytes, this.at)
    } while (comment > this.at)
  }

  private pass(byte: number): boolean {
    this.skip()
    if (this.bytes[this.at] !== byte) {
      return false
    }
    this.at += 1
    return true
  }

  private fail(expected: string): undefined {
    this.failure = { offset: this.at, row: this.row, column: this.column, expected }
    return undefined
  }
}
