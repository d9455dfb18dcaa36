/**
 * Rows as they stand in data files: INSERT statements, written and read.
 *
 * This is the plain way to do it, one cell at a time. Whatever does it faster is held to the same bytes.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"

import * as Values from "./internal/values.js"
import * as Sql from "./Sql.js"

/**
 * How the cells of a column are written.
 *
 * | kind | columns | text |
 * |---|---|---|
 * | `Number` | integers, DECIMAL, FLOAT, DOUBLE, YEAR | as it is, but a negative zero gets `e0`, or its sign is lost |
 * | `Text` | strings, ENUM, SET | `"…"` |
 * | `Temporal` | DATE, TIME, DATETIME, TIMESTAMP | `"…"` |
 * | `Binary` | BINARY, VARBINARY, BLOB, and strings to keep byte for byte | `_binary "…"` |
 * | `Bit` | BIT | `_binary "…"` |
 * | `Geometry` | spatial types: SRID and WKB | `_binary "…"` |
 * | `Json` | JSON of MySQL | `CONVERT("…" USING UTF8MB4)`; what begins with `JSON_REPLACE(`, as no text of JSON does, is an expression, and stands as it is |
 *
 * NULL is `NULL`. A cell of no bytes is `""`, but for numbers, which always have some.
 *
 * @since 0.1.0
 * @category models
 */
export type ColumnKind = "Number" | "Text" | "Temporal" | "Binary" | "Bit" | "Json" | "Geometry"

/**
 * All kinds of columns.
 *
 * @since 0.1.0
 * @category models
 */
export const columnKinds: ReadonlyArray<ColumnKind> = [
  "Number",
  "Text",
  "Temporal",
  "Binary",
  "Bit",
  "Json",
  "Geometry"
]

/**
 * How the cells of a column are written in a file: as its kind says, or as `Hex`, which is `0x…` and for columns of
 * bytes.
 *
 * @since 0.1.0
 * @category models
 */
export type Encoding = ColumnKind | "Hex"

/**
 * All encodings.
 *
 * @since 0.1.0
 * @category models
 */
export const encodings: ReadonlyArray<Encoding> = [...columnKinds, "Hex"]

/**
 * A value as a server's text protocol sends it, or nothing for NULL.
 *
 * @since 0.1.0
 * @category models
 */
export type Cell = Uint8Array | null

const NULL = Sql.bytes("NULL")
const EMPTY = Sql.bytes("\"\"")

const jsonExpression = Sql.bytes("JSON_REPLACE(")

const isJsonExpression = (cell: Uint8Array): boolean => jsonExpression.every((byte, i) => cell[i] === byte)

const encodeNumber = (cell: Uint8Array): Uint8Array =>
  Values.isNegativeZero(cell, 0, cell.length) ? Sql.bytes(cell, "e0") : cell

const encodeBinary = (cell: Uint8Array): Uint8Array => Sql.bytes("_binary ", Sql.quoteString(cell))

const encoders: { readonly [K in Encoding]: (cell: Uint8Array) => Uint8Array } = {
  Number: encodeNumber,
  Text: Sql.quoteString,
  Temporal: Sql.quoteString,
  Binary: encodeBinary,
  Bit: encodeBinary,
  Geometry: encodeBinary,
  Hex: (cell) => Sql.bytes(`0x${Buffer.from(cell).toString("hex").toUpperCase()}`),
  Json: (cell) => isJsonExpression(cell) ? cell : Sql.bytes("CONVERT(", Sql.quoteString(cell), " USING UTF8MB4)")
}

/**
 * Writes one cell.
 *
 * @since 0.1.0
 * @category encoding
 */
export const encodeCell = (encoding: Encoding, cell: Cell): Uint8Array =>
  cell === null ? NULL : cell.length === 0 && encoding !== "Number" ? EMPTY : encoders[encoding](cell)

const OPEN = Sql.bytes("(")
const COMMA = Sql.bytes(",")
const CLOSE = Sql.bytes(")")

/**
 * Writes a row, without the line feed that follows it in a file. It is a bug, and throws, to give more or fewer cells
 * than kinds.
 *
 * @example
 * ```ts
 * import { Row, Sql } from "@sluice/format"
 *
 * Row.encode(["Number", "Text", "Text"], [Sql.bytes("1"), Sql.bytes("a"), null]) // (1,"a",NULL)
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const encode = (kinds: ReadonlyArray<Encoding>, cells: ReadonlyArray<Cell>): Uint8Array => {
  if (kinds.length !== cells.length) {
    throw new RangeError(`a row of ${kinds.length} columns was given ${cells.length} cells`)
  }
  const parts = kinds.flatMap((kind, i) => [i === 0 ? OPEN : COMMA, encodeCell(kind, cells[i] ?? null)])
  return Sql.concat([...parts, CLOSE])
}

/**
 * What stands before the rows of a statement.
 *
 * @since 0.1.0
 * @category models
 */
export interface InsertHead {
  /** As it is, without quotes. */
  readonly table: string
  /** Needed when a row leaves columns out (generated ones), and when a table has invisible columns. */
  readonly columns?: ReadonlyArray<string> | undefined
  /** `INSERT` when not given. */
  readonly verb?: Verb | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export type Verb = "INSERT" | "INSERT IGNORE" | "REPLACE"

/**
 * Writes what stands before the rows of a statement.
 *
 * @example
 * ```ts
 * import { Row } from "@sluice/format"
 *
 * Row.insertHead({ table: "t" }) // INSERT INTO `t` VALUES
 * Row.insertHead({ table: "t", columns: ["a", "b"], verb: "REPLACE" }) // REPLACE INTO `t` (`a`,`b`) VALUES
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const insertHead = ({ columns, table, verb }: InsertHead): Uint8Array => {
  const list = columns === undefined ? "" : ` (${columns.map(Sql.quoteIdentifier).join(",")})`
  return Sql.bytes(`${verb ?? "INSERT"} INTO ${Sql.quoteIdentifier(table)}${list} VALUES`)
}

/**
 * One statement of a data file, with its `;` and line feed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Piece {
  readonly bytes: Uint8Array
  readonly rows: number
}

const LINE_FEED = Sql.bytes("\n")
const END = Sql.bytes(";\n")

/**
 * Groups rows into statements as mydumper does: a statement takes another row as long as it then has no more than
 * `statementSize` bytes, the comma before and the line feed behind the row counted, the `;\n` at its end not. A row
 * that is larger by itself is a statement of its own.
 *
 * `before` is how many bytes stand in the file before the first statement; mydumper counts the head of the file as a
 * part of it.
 *
 * @since 0.1.0
 * @category encoding
 */
export const statements = (options: {
  readonly head: Uint8Array
  /** As `encode` writes them. */
  readonly rows: Iterable<Uint8Array>
  readonly statementSize: number
  readonly before?: number | undefined
}): ReadonlyArray<Piece> => {
  const { head, rows, statementSize } = options
  const pieces: Array<Piece> = []
  let before = options.before ?? 0
  let pending: Array<Uint8Array> = []
  let length = 0
  let count = 0
  const close = () => {
    pieces.push({ bytes: Sql.concat([...pending, END]), rows: count })
    before = 0
    pending = []
    count = 0
  }
  for (const row of rows) {
    const size = row.length + LINE_FEED.length
    if (count > 0 && length + size + 1 > statementSize) {
      close()
    }
    if (count === 0) {
      pending.push(head)
      length = before + head.length
    } else {
      pending.push(COMMA)
      length += COMMA.length
    }
    pending.push(row, LINE_FEED)
    length += size
    count += 1
  }
  if (count > 0) {
    close()
  }
  return pieces
}

/**
 * A value as it is written in a statement.
 *
 * @since 0.1.0
 * @category models
 */
export type Literal = Data.TaggedEnum<{
  readonly Null: {}
  readonly Number: { readonly text: string }
  /** `binary` says that it was written as bytes: `_binary "…"` or hexadecimal. */
  readonly Bytes: { readonly bytes: Uint8Array; readonly binary: boolean }
  readonly Json: { readonly bytes: Uint8Array }
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const Literal: Data.TaggedEnum.Constructor<Literal> = Values.Literal

/**
 * The cell that a literal was written from.
 *
 * @since 0.1.0
 * @category decoding
 */
export const cell: (literal: Literal) => Cell = Literal.$match({
  Null: () => null,
  Number: ({ text }) => {
    const bytes = Sql.bytes(text)
    const plain = bytes.length - 2
    return text.endsWith("e0") && Values.isNegativeZero(bytes, 0, plain) ? bytes.slice(0, plain) : bytes
  },
  Bytes: ({ bytes }) => bytes,
  Json: ({ bytes }) => bytes
})

/**
 * A statement that is not a plain INSERT or REPLACE of literals.
 *
 * @since 0.1.0
 * @category errors
 */
export class RowError extends Data.TaggedError("RowError")<{
  /** Where in the statement, in bytes. */
  readonly offset: number
  /** The row, from 1; 0 before the first. */
  readonly row: number
  /** The column, from 1; 0 outside of a row. */
  readonly column: number
  readonly expected: string
}> {
  /** @since 0.1.0 */
  override get message(): string {
    const where = this.row === 0 ? "" : ` in row ${this.row}${this.column === 0 ? "" : `, column ${this.column}`}`
    return `the INSERT statement is not one that can be read: expected ${this.expected}${where} at byte ` +
      `${this.offset} of it; the file is damaged, or holds more than plain rows: load it into a server instead`
  }
}

/**
 * What an INSERT or REPLACE statement says.
 *
 * @since 0.1.0
 * @category models
 */
export interface Insert {
  readonly verb: Verb
  readonly table: Sql.Name
  readonly columns?: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<Literal>>
}

/**
 * Reads a statement that `statements` wrote, or mydumper did: NULL, numbers, strings in either quotes with or without
 * `_binary`, `_utf8`, `_utf8mb3` or `_utf8mb4` before them, hexadecimal (`0x…`, `x'…'`), and `CONVERT("…" USING
 * UTF8MB4)`. A `;` at the end may be there. Expressions, other character sets and tails fail.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeInsert = (statement: Uint8Array): Either.Either<Insert, RowError> => {
  const reader = new Values.Reader(statement)
  const insert = reader.insert()
  return insert === undefined
    ? Either.left(new RowError(reader.failure))
    : Either.right(insert)
}
