/**
 * Values that have broken dump tools before, for each type of column.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as fc from "effect/FastCheck"

import { doubleText } from "./memoryServerTypes.js"

/**
 * Text that looks like something else.
 *
 * @internal
 */
export const nastyTexts: ReadonlyArray<string> = [
  "",
  " ",
  "NULL",
  "0",
  "\n-- metadata 5\n",
  "\n-- shop.orders.00000.sql 0\n",
  ";\n",
  "; \n",
  "\n;\n",
  "');\n",
  "\");\n",
  ",(1,\"a\")\n",
  "\\",
  "\\\\",
  "\\N",
  "\\n",
  "'",
  "''",
  "\"",
  "`",
  "\0",
  "\0\0",
  "\x1a",
  "\r\n",
  "\t",
  "%_\\%\\_",
  "--",
  "-- \n",
  "/*!40101 x */",
  "/*",
  "#",
  "\u00f1and\u00fa",
  "\u{1f600}",
  "\ufeffbom",
  "\u2028",
  "INSERT INTO `t` VALUES(1);\n",
  "CONVERT(\"\" USING UTF8MB4)"
]

const text = (most: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...nastyTexts).map((text) => Sql.bytes(text)) },
    { weight: 1, arbitrary: fc.fullUnicodeString({ maxLength: 8 }).map((text) => Sql.bytes(text)) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: Math.min(most, 24) }) }
  ).filter((bytes) => bytes.length <= most)

const allBytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)

const long: fc.Arbitrary<Uint8Array> = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 300, max: 3000 }))
  .map(([byte, length]) => new Uint8Array(length).fill(byte))

const longer = (most: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 20, arbitrary: text(most) },
    { weight: 1, arbitrary: fc.constant(allBytes) },
    { weight: 1, arbitrary: long }
  )

const ascii = <A>(arbitrary: fc.Arbitrary<A>, print: (value: A) => string): fc.Arbitrary<Uint8Array> =>
  arbitrary.map((value) => Sql.bytes(print(value)))

const integers = (min: bigint, max: bigint): fc.Arbitrary<Uint8Array> =>
  ascii(fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n, 1n)), String)

const padded = (digits: number, max: number, min = 0) =>
  fc.integer({ min, max }).map((value) => String(value).padStart(digits, "0"))

const fraction = (digits: number): fc.Arbitrary<string> =>
  digits === 0 ? fc.constant("") : padded(digits, 10 ** digits - 1).map((value) => `.${value}`)

const date = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(padded(4, 9999), padded(2, 12), padded(2, 31)).map((parts) => parts.join("-")) },
  { weight: 1, arbitrary: fc.constantFrom("0000-00-00", "2024-02-31", "9999-12-31") }
)

const clock = (digits: number) =>
  fc.tuple(padded(2, 23), padded(2, 59), padded(2, 59), fraction(digits)).map(([h, m, s, f]) => `${h}:${m}:${s}${f}`)

const dateTime = (digits: number): fc.Arbitrary<Uint8Array> =>
  ascii(fc.tuple(date, clock(digits)), ([date, clock]) => `${date} ${clock}`)

const time = (digits: number): fc.Arbitrary<Uint8Array> =>
  ascii(
    fc.tuple(fc.constantFrom("", "-"), padded(2, 838), padded(2, 59), padded(2, 59), fraction(digits)),
    ([sign, h, m, s, f]) => `${sign}${h}:${m}:${s}${f}`
  )

const decimal = (digits: number, scale: number): fc.Arbitrary<Uint8Array> =>
  ascii(fc.bigInt({ min: 1n - 10n ** BigInt(digits), max: 10n ** BigInt(digits) - 1n }), (value) => {
    const text = String(value < 0n ? -value : value).padStart(scale + 1, "0")
    return `${value < 0n ? "-" : ""}${text.slice(0, -scale)}.${text.slice(-scale)}`
  })

const double = ascii(
  fc.oneof(
    { weight: 4, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
    { weight: 1, arbitrary: fc.constantFrom(-0, 0, 5e-324, -5e-324, 1.7976931348623157e308, 0.1, 1e21) }
  ),
  doubleText
)

const bit = (bits: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(fc.bigUint({ max: 2n ** BigInt(bits) - 1n }), fc.constant(2n ** BigInt(bits) - 1n)).map((value) =>
    Uint8Array.from(
      { length: Math.ceil(bits / 8) },
      (_, i, length = Math.ceil(bits / 8)) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn)
    )
  )

const point = fc.tuple(fc.constantFrom(0, 4326), fc.double({ noNaN: true }), fc.double({ noNaN: true })).map(
  ([reference, x, y]) => {
    const bytes = new Uint8Array(25)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, reference, true)
    view.setUint8(4, 1)
    view.setUint32(5, 1, true)
    view.setFloat64(9, x, true)
    view.setFloat64(17, y, true)
    return bytes
  }
)

/**
 * The types of columns of generated tables, each with what may stand in one.
 *
 * @internal
 */
export const types: ReadonlyArray<readonly [type: string, cells: fc.Arbitrary<Uint8Array>]> = [
  ["tinyint", integers(-128n, 127n)],
  ["int unsigned", integers(0n, 2n ** 32n - 1n)],
  ["bigint", integers(-(2n ** 63n), 2n ** 63n - 1n)],
  ["bigint unsigned", integers(0n, 2n ** 64n - 1n)],
  ["decimal(30,4)", decimal(30, 4)],
  ["double", double],
  ["varchar(40)", text(40)],
  ["text", longer(65535)],
  ["longtext", longer(65535)],
  ["varbinary(30)", text(30)],
  ["blob", longer(65535)],
  ["date", ascii(date, String)],
  ["time(3)", time(3)],
  ["datetime", dateTime(0)],
  ["datetime(6)", dateTime(6)],
  ["timestamp", dateTime(0)],
  ["bit(1)", bit(1)],
  ["bit(12)", bit(12)],
  ["bit(64)", bit(64)],
  [
    "json",
    ascii(fc.oneof(fc.json({ maxDepth: 2 }), fc.constantFrom(...nastyTexts).map((s) => JSON.stringify(s))), String)
  ],
  ["point", point]
]

/**
 * The types that a key may have, with the range of its values.
 *
 * @internal
 */
export const keyTypes: ReadonlyArray<readonly [type: string, keys: fc.Arbitrary<Uint8Array>]> = [
  ["int", integers(-60n, 60n)],
  ["bigint", integers(-(2n ** 63n), 2n ** 63n - 1n)],
  ["bigint unsigned", integers(0n, 2n ** 64n - 1n)]
]
