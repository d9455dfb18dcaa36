/**
 * The types of columns that a memory server knows, and what it does with a value that is put into one.
 *
 * @internal
 */
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import { type Refusal, refusal } from "./memoryServerRefusal.js"

/**
 * What a value becomes in a column: it, or, when something is wrong with it, the nearest thing that fits.
 *
 * @internal
 */
export interface Stored {
  readonly cell: Uint8Array
  readonly trouble?: Refusal
}

/** @internal */
export type Value = Exclude<Row.Literal, { readonly _tag: "Null" }>

/** @internal */
export interface Type {
  readonly kind: Row.ColumnKind
  /** `charset` is what the session says that its text is in. */
  readonly store: (value: Value, charset: string) => Stored
  /** Whether a cell may come out of such a column: it is stored as it is. */
  readonly holds: (cell: Uint8Array) => boolean
}

type Storing = Omit<Type, "holds">

const wrong = (cell: string | Uint8Array, errno: number, detail: string): Stored => ({
  cell: Sql.bytes(cell),
  trouble: refusal(errno, detail)
})

const fine = (cell: string | Uint8Array): Stored => ({ cell: Sql.bytes(cell) })

const bytesOf: (value: Value) => Uint8Array = Row.Literal.$match({
  Null: () => new Uint8Array(0),
  Number: ({ text }) => Sql.bytes(text),
  Bytes: ({ bytes }) => bytes,
  Json: ({ bytes }) => bytes
})

const textOf = (value: Value): string => Sql.text(bytesOf(value))

const isText = (bytes: Uint8Array): boolean =>
  Either.isRight(Either.try(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes)))

const numeral = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/

const integer = (min: bigint, max: bigint): Storing => ({
  kind: "Number",
  store: (value) => {
    const text = textOf(value)
    if (!numeral.test(text)) {
      return wrong("0", 1366, `Incorrect integer value: '${text}'`)
    }
    const number = /^[+-]?\d+$/.test(text) ? BigInt(text.replace("+", "")) : BigInt(Math.round(Number(text)))
    return number < min
      ? wrong(String(min), 1264, "Out of range value")
      : number > max
      ? wrong(String(max), 1264, "Out of range value")
      : fine(String(number))
  }
})

const decimal = (precision: number, scale: number): Storing => ({
  kind: "Number",
  store: (value) => {
    const text = textOf(value)
    if (!numeral.test(text)) {
      return wrong("0", 1366, `Incorrect decimal value: '${text}'`)
    }
    const plain = /[eE]/.test(text) ? Number(text).toFixed(scale) : text
    const [, sign = "", whole = "", fraction = ""] = /^([+-]?)(\d*)\.?(\d*)$/.exec(plain) ?? []
    const units = whole.replace(/^0+/, "")
    if (units.length > precision - scale) {
      return wrong("9".repeat(precision - scale), 1264, "Out of range value")
    }
    const digits = `${units === "" ? "0" : units}${
      scale === 0 ? "" : `.${fraction.slice(0, scale).padEnd(scale, "0")}`
    }`
    const cell = `${sign === "-" && /[1-9]/.test(digits) ? "-" : ""}${digits}`
    return /[1-9]/.test(fraction.slice(scale)) ? wrong(cell, 1265, "Data truncated") : fine(cell)
  }
})

/**
 * A double as this server prints it.
 *
 * @internal
 */
export const doubleText = (value: number): string => Object.is(value, -0) ? "-0" : String(value).replace("e+", "e")

const double: Storing = {
  kind: "Number",
  store: (value) => {
    const text = textOf(value)
    const number = Number(text)
    if (!numeral.test(text)) {
      return wrong("0", 1366, `Incorrect double value: '${text}'`)
    }
    if (!Number.isFinite(number)) {
      return wrong("0", 1367, `Illegal double '${text}' value found during parsing`)
    }
    // A literal without an exponent is an exact number, and those have no negative zero.
    return fine(doubleText(value._tag === "Number" && !/[eE]/.test(text) && number === 0 ? 0 : number))
  }
}

/** The text up to so many characters; bytes that are not text count as one each. */
const clip = (bytes: Uint8Array, characters: number): Uint8Array => {
  let seen = 0
  const end = bytes.findIndex((byte) => {
    seen += (byte & 0xc0) === 0x80 ? 0 : 1
    return seen > characters
  })
  return end === -1 ? bytes : bytes.slice(0, end)
}

const text = (characters: number): Storing => ({
  kind: "Text",
  store: (value, charset) => {
    const bytes = bytesOf(value)
    const taken = clip(bytes, characters)
    return charset.startsWith("utf8") && !(value._tag === "Bytes" && value.binary) && !isText(bytes)
      ? wrong("", 1366, "Incorrect string value")
      : taken.length < bytes.length
      ? wrong(taken, 1406, "Data too long")
      : fine(bytes)
  }
})

const binary = (length: number): Storing => ({
  kind: "Binary",
  store: (value) => {
    const bytes = bytesOf(value)
    return bytes.length > length ? wrong(bytes.slice(0, length), 1406, "Data too long") : fine(bytes)
  }
})

const date = "\\d{4}-(0\\d|1[0-2])-([0-2]\\d|3[01])"
const clock = "[0-5]\\d:[0-5]\\d"

const temporal = (word: string, digits: number): Storing => {
  const fraction = digits === 0 ? "" : `\\.\\d{${digits}}`
  const pattern = word === "date"
    ? date
    : word === "time"
    ? `-?\\d{2,3}:${clock}${fraction}`
    : `${date} ([01]\\d|2[0-3]):${clock}${fraction}`
  const expression = new RegExp(`^${pattern}$`)
  const zeros = digits === 0 ? "" : `.${"0".repeat(digits)}`
  const zero = word === "date" ? "0000-00-00" : `${word === "time" ? "" : "0000-00-00 "}00:00:00${zeros}`
  return {
    kind: "Temporal",
    store: (value) =>
      expression.test(textOf(value))
        ? fine(bytesOf(value))
        : wrong(zero, 1292, `Incorrect ${word} value: '${textOf(value)}'`)
  }
}

const bit = (bits: number): Storing => ({
  kind: "Bit",
  store: (value) => {
    const length = Math.ceil(bits / 8)
    const number = value._tag === "Number"
      ? BigInt(/^\d+$/.test(value.text) ? value.text : -1)
      : bytesOf(value).reduce((number, byte) => number * 256n + BigInt(byte), 0n)
    const cell = (number: bigint) =>
      Uint8Array.from({ length }, (_, i) => Number((number >> BigInt(8 * (length - 1 - i))) & 0xffn))
    const largest = (1n << BigInt(bits)) - 1n
    return number < 0n || number > largest ? wrong(cell(largest), 1406, "Data too long") : fine(cell(number))
  }
})

const isJson = (text: string): boolean => Either.isRight(Either.try((): unknown => JSON.parse(text)))

const json: Storing = {
  kind: "Json",
  store: (value, charset) =>
    value._tag === "Bytes" && (value.binary || charset === "binary")
      ? wrong("null", 3144, "Cannot create a JSON value from a string with CHARACTER SET 'binary'.")
      : isText(bytesOf(value)) && isJson(textOf(value))
      ? fine(bytesOf(value))
      : wrong("null", 3140, "Invalid JSON text")
}

/** The reference system, the order of bytes, the type (1 for a point) and two doubles. */
const point: Storing = {
  kind: "Geometry",
  store: (value) => {
    const bytes = bytesOf(value)
    return bytes.length === 25 && bytes[4] === 1 && bytes[5] === 1 && bytes[6] === 0 && bytes[7] === 0 && bytes[8] === 0
      ? fine(bytes)
      : wrong("", 1416, "Cannot get geometry object from data you send to the GEOMETRY field")
  }
}

type Make = (numbers: ReadonlyArray<number>, unsigned: boolean) => Storing

const integers = (bits: bigint): Make => (_, unsigned) =>
  unsigned ? integer(0n, (1n << bits) - 1n) : integer(-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n)

const makers: ReadonlyMap<string, Make> = new Map<string, Make>([
  ["tinyint", integers(8n)],
  ["smallint", integers(16n)],
  ["mediumint", integers(24n)],
  ["int", integers(32n)],
  ["bigint", integers(64n)],
  ["decimal", ([precision = 10, scale = 0]) => decimal(precision, scale)],
  ["double", () => double],
  ["char", ([length = 1]) => text(length)],
  ["varchar", ([length = 0]) => text(length)],
  ["text", () => text(65535)],
  ["longtext", () => text(0xffffffff)],
  ["varbinary", ([length = 0]) => binary(length)],
  ["blob", () => binary(65535)],
  ["longblob", () => binary(0xffffffff)],
  ["date", () => temporal("date", 0)],
  ["time", ([digits = 0]) => temporal("time", digits)],
  ["datetime", ([digits = 0]) => temporal("datetime", digits)],
  ["timestamp", ([digits = 0]) => temporal("timestamp", digits)],
  ["bit", ([bits = 1]) => bit(bits)],
  ["json", () => json],
  ["point", () => point]
])

/** @internal */
export const words: ReadonlyArray<string> = Array.from(makers.keys())

const literalOf = (kind: Row.ColumnKind, cell: Uint8Array): Value =>
  kind === "Json"
    ? Row.Literal.Json({ bytes: cell })
    // Not as a number: that of a negative zero is a question of how it is written.
    : Row.Literal.Bytes({ bytes: cell, binary: kind !== "Number" })

const complete = (type: Storing): Type => ({
  ...type,
  holds: (cell) => {
    const stored = type.store(literalOf(type.kind, cell), "binary")
    return stored.trouble === undefined && Buffer.compare(stored.cell, cell) === 0
  }
})

/**
 * The type that a word of SQL means, such as `varchar(20)`.
 *
 * @internal
 */
export const parse = (type: string): Option.Option<Type> => {
  const [, word = "", numbers, unsigned] = /^([a-z]+)(?:\((\d+(?:,\d+)?)\))?( unsigned)?$/.exec(type) ?? []
  return Option.map(
    Option.fromNullable(makers.get(word)),
    (make) => complete(make(numbers === undefined ? [] : numbers.split(",").map(Number), unsigned !== undefined))
  )
}
