/**
 * Generators of tables for real servers: any types, keys, character sets, generated columns, partitions and names, with
 * rows that such a table can hold.
 *
 * They write SQL of their own, and nothing that a dump or a restore uses, so that those can be judged by them.
 *
 * @since 0.1.0
 */
import type * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import * as fc from "effect/FastCheck"

import { name } from "./Arbitraries.js"
import { nastyTexts } from "./internal/arbitraryCells.js"
import { doubleText } from "./internal/memoryServerTypes.js"
import type * as ServerPrograms from "./ServerPrograms.js"

/**
 * A type of columns, with what may stand in one.
 *
 * @since 0.1.0
 * @category models
 */
export interface ColumnType {
  /** As it stands in a definition, with its character set if it has one. */
  readonly sql: string
  readonly kind: Row.ColumnKind
  /** Values as the server's text protocol has them. */
  readonly cells: fc.Arbitrary<Uint8Array>
  /** Whether a column of it can be a part of a key, as a whole. */
  readonly isKey: boolean
}

const ascii = <A>(arbitrary: fc.Arbitrary<A>, print: (value: A) => string = String): fc.Arbitrary<Uint8Array> =>
  arbitrary.map((value) => Sql.bytes(print(value)))

const type = (sql: string, kind: Row.ColumnKind, cells: fc.Arbitrary<Uint8Array>, isKey = true): ColumnType => ({
  sql,
  kind,
  cells,
  isKey
})

const integers = (["tinyint", "smallint", "mediumint", "int", "bigint"] as const).flatMap((sql, i) => {
  const most = 2n ** ([8n, 16n, 24n, 32n, 64n][i] ?? 8n)
  const between = (min: bigint, max: bigint) =>
    ascii(fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n, 1n)))
  return [
    type(sql, "Number", between(-most / 2n, most / 2n - 1n)),
    type(`${sql} unsigned`, "Number", between(0n, most - 1n))
  ]
})

const decimal = (digits: number, scale: number): ColumnType =>
  type(
    `decimal(${digits},${scale})`,
    "Number",
    ascii(fc.bigInt({ min: 1n - 10n ** BigInt(digits), max: 10n ** BigInt(digits) - 1n }), (value) => {
      const text = String(value < 0n ? -value : value).padStart(scale + 1, "0")
      return `${value < 0n ? "-" : ""}${text.slice(0, text.length - scale)}${
        scale === 0 ? "" : `.${text.slice(-scale)}`
      }`
    })
  )

const doubles = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-0, 5e-324, -5e-324, 1.7976931348623157e308, 0.1, 1e21, 1e15)
)
const singles = fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(-0, 1e-45, 16777217))
  .map(Math.fround)

const padded = (digits: number, max: number, min = 0) =>
  fc.integer({ min, max }).map((value) => String(value).padStart(digits, "0"))
const fraction = (digits: number) =>
  digits === 0 ? fc.constant("") : padded(digits, 10 ** digits - 1).map((f) => `.${f}`)
const clock = (digits: number) =>
  fc.tuple(padded(2, 23), padded(2, 59), padded(2, 59), fraction(digits)).map(([h, m, s, f]) => `${h}:${m}:${s}${f}`)
const date = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(padded(4, 9999, 1000), padded(2, 12), padded(2, 28)).map((parts) => parts.join("-"))
  },
  { weight: 1, arbitrary: fc.constantFrom("0000-00-00", "2024-02-31", "9999-12-31", "2024-00-00") }
)
const stamp = fc.tuple(padded(4, 2037, 1971), padded(2, 12, 1), padded(2, 28, 1)).map((parts) => parts.join("-"))

const temporals = [
  type("date", "Temporal", ascii(date)),
  type("year", "Number", ascii(fc.oneof(padded(4, 2155, 1901), fc.constant("0000")))),
  ...[0, 2, 6].flatMap((digits) => [
    type(`datetime(${digits})`, "Temporal", ascii(fc.tuple(date, clock(digits)), (parts) => parts.join(" "))),
    type(`timestamp(${digits})`, "Temporal", ascii(fc.tuple(stamp, clock(digits)), (parts) => parts.join(" "))),
    type(
      `time(${digits})`,
      "Temporal",
      ascii(
        fc.tuple(fc.constantFrom("", "-"), padded(2, 837), padded(2, 59), padded(2, 59), fraction(digits)),
        ([sign, h, m, s, f]) => `${sign}${h}:${m}:${s}${f}`
      )
    )
  ])
]

const bits = [1, 9, 64].map((bits) =>
  type(
    `bit(${bits})`,
    "Bit",
    fc.bigUint({ max: 2n ** BigInt(bits) - 1n }).map((value) => {
      const length = Math.ceil(bits / 8)
      return Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn))
    })
  )
)

const anyBytes = (most: number) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...nastyTexts).map((text) => Sql.bytes(text)) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: Math.min(24, most) }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).map((byte) => new Uint8Array(most).fill(byte)) }
  ).filter((bytes) => bytes.length <= most)

/** Text in UTF-8; columns of the types for it are in that character set. */
const texts = (most: number) =>
  fc.oneof(fc.constantFrom(...nastyTexts), fc.fullUnicodeString({ maxLength: 12 }), fc.string({ maxLength: 20 }))
    .filter((text) => Array.from(text).length <= most).map((text) => Sql.bytes(text))

/** A CHAR gives no blanks at its end back. */
const trimmed = (cells: fc.Arbitrary<Uint8Array>) => cells.filter((cell) => cell.at(-1) !== 0x20)

const utf16 = (texts: fc.Arbitrary<Uint8Array>) =>
  texts.map((text) => {
    const bytes = Buffer.from(Sql.text(text), "utf16le")
    return new Uint8Array(bytes.swap16())
  })

const strings = [
  type("varchar(40) CHARACTER SET utf8mb4", "Text", texts(40)),
  type("varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "Text", texts(40)),
  type("char(30) CHARACTER SET utf8mb4", "Text", trimmed(texts(30))),
  type("varchar(60) CHARACTER SET latin1", "Text", anyBytes(60)),
  type("varchar(60) CHARACTER SET latin1 COLLATE latin1_bin", "Text", anyBytes(60)),
  type("varchar(30) CHARACTER SET utf16", "Text", utf16(texts(30))),
  type("text CHARACTER SET latin1", "Text", anyBytes(3000), false),
  type("longtext CHARACTER SET utf8mb4", "Text", texts(1000), false),
  type("varbinary(50)", "Binary", anyBytes(50)),
  type("blob", "Binary", anyBytes(3000), false),
  type("enum('a','it''s','b,c','')", "Text", ascii(fc.constantFrom("a", "it's", "b,c", ""))),
  type("set('x','y','z z')", "Text", ascii(fc.constantFrom("", "x", "x,y", "z z", "x,y,z z")))
]

const points = fc.tuple(fc.constantFrom(0, 4326), doubles, doubles).map(([reference, x, y]) => {
  const bytes = new Uint8Array(25)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, reference, true)
  view.setUint8(4, 1)
  view.setUint32(5, 1, true)
  view.setFloat64(9, reference === 0 ? x : x % 180, true)
  view.setFloat64(17, reference === 0 ? y : y % 90, true)
  return bytes
})

const documents = fc.oneof(fc.json({ maxDepth: 2 }), fc.constantFrom(...nastyTexts).map((text) => JSON.stringify(text)))
  .filter((text) => !/\d{16}|[eE]\+?\d{3}/.test(text))

const common: ReadonlyArray<ColumnType> = [
  ...integers,
  decimal(65, 30),
  decimal(9, 0),
  type("double", "Number", ascii(doubles, doubleText)),
  type("float", "Number", ascii(singles, doubleText)),
  ...temporals,
  ...bits,
  ...strings,
  type("point", "Geometry", points, false),
  type("json", "Json", ascii(documents), false)
]

/**
 * Types of columns that a vendor's servers have.
 *
 * @since 0.1.0
 * @category constructors
 */
export const columnTypes = (vendor: ServerPrograms.Vendor): ReadonlyArray<ColumnType> =>
  vendor === "mysql"
    ? common
    // MariaDB's JSON is a text with a check of its own
    : common.map((one) => one.kind === "Json" ? { ...one, kind: "Text" } : one)

/**
 * A literal of these bytes, for a session in the character set `binary`; the types of its columns make it what it is.
 *
 * @since 0.1.0
 * @category constructors
 */
export const literal = ({ kind }: ColumnType, cell: Uint8Array | null): string => {
  const hex = (bytes: Uint8Array) => `X'${Buffer.from(bytes).toString("hex")}'`
  if (cell === null) return "NULL"
  switch (kind) {
    case "Number": {
      const text = Sql.text(cell)
      return text === "-0" ? "-0e0" : text
    }
    case "Json":
      return `CONVERT(${hex(cell)} USING utf8mb4)`
    case "Temporal":
      return `'${Sql.text(cell)}'`
    default:
      return cell.length === 0 ? "''" : hex(cell)
  }
}

/**
 * A table, as the statements that make it and put its rows in.
 *
 * @since 0.1.0
 * @category models
 */
export interface Table {
  readonly name: string
  readonly create: string
  /** INSERT IGNORE: of rows with the same key the first one stays. */
  readonly inserts: ReadonlyArray<string>
}

/** MySQL cannot open a table that it cuts by a column whose name could be a number, such as `1e0` or `0x1`. */
const called = (prefix: string, name: string) =>
  Sql.quoteIdentifier(
    Array.from(`${prefix}${/^(?:e\d|x[\da-f]|b[01])/i.test(name) ? "_" : ""}${name}`).slice(0, 20).join("")
  )

const comment = fc.constantFrom("", "", "", " COMMENT 'it''s; \\n'", " COMMENT 'ñ🎈`'")

const columnOf = (types: ReadonlyArray<ColumnType>) =>
  fc.record({
    name,
    type: fc.constantFrom(...types),
    nullable: fc.boolean(),
    /** What else is said of it, or a column that is made of it. */
    more: fc.nat(19),
    comment
  })

type Column = ReturnType<typeof columnOf> extends fc.Arbitrary<infer A> ? A : never

interface Shape {
  readonly name: string
  readonly columns: ReadonlyArray<Column>
  readonly keys: number
  readonly partitions: number
  readonly options: string
}

const define = (vendor: ServerPrograms.Vendor, index: number, shape: Shape) => {
  const columns = shape.columns.map((column, i) => ({ ...column, quoted: called(`${i}`, column.name) }))
  const keyable = columns.filter(({ type }) => type.isKey)
  const [first, second] = keyable
  const primary = first === undefined || shape.keys % 4 === 0
    ? []
    : second === undefined || shape.keys % 3 === 0
    ? [first]
    : [first, second]
  const isPrimary = (column: Column) => primary.some((one) => one.name === column.name && one.type === column.type)
  const generated = columns.filter(({ more, type }) => more === 0 && type.kind !== "Json" && type.kind !== "Geometry")
    .map(({ quoted, type }, i) => {
      // how long a CHAR is depends on a mode, and MariaDB keeps nothing that does
      const isStored = i % 2 === 1 && !type.sql.startsWith("char(")
      return `${called(`g${i}`, "made")} int GENERATED ALWAYS AS (length(${quoted})) ${isStored ? "STORED" : "VIRTUAL"}`
    })
  const lines = [
    ...columns.map((column) => {
      const stamp = column.type.sql.startsWith("timestamp")
      const nullable = column.nullable && !isPrimary(column)
      const standard = stamp && !nullable ? " DEFAULT '2001-02-03 04:05:06'" : ""
      const hidden = column.more === 1 && !isPrimary(column) && shape.columns.length > 1 && column !== columns.at(-1)
      const invisible = !hidden ? "" : vendor === "mysql" || nullable || standard !== "" ? " INVISIBLE" : ""
      return `${column.quoted} ${column.type.sql}${
        nullable ? " NULL" : " NOT NULL"
      }${standard}${invisible}${column.comment}`
    }),
    ...generated,
    ...(primary.length === 0 ? [] : [`PRIMARY KEY (${primary.map(({ quoted }) => quoted).join(", ")})`]),
    ...keyable.slice(1, 4).map(({ quoted }, i) => `KEY ${called(`k${i}`, "key")} (${quoted})`),
    ...(primary.length > 0 || first === undefined || shape.keys % 2 === 1 ? [] : [`UNIQUE KEY (${first.quoted})`])
  ]
  // MySQL cuts no table that has a geometry
  const cut = primary.length > 0 && shape.partitions > 0 && columns.every(({ type }) => type.kind !== "Geometry")
    ? ` PARTITION BY KEY (${primary[0]?.quoted ?? ""}) PARTITIONS ${shape.partitions}`
    : ""
  const table = called(`t${index}`, shape.name)
  return { table, columns, create: `CREATE TABLE ${table} (\n${lines.join(",\n")}\n) ${shape.options}${cut}` }
}

/**
 * A table for servers of a vendor, and at most so many rows. `index` makes its name one of its own.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const table = (vendor: ServerPrograms.Vendor, index: number, rows: number): fc.Arbitrary<Table> =>
  fc.record({
    name,
    columns: fc.array(columnOf(columnTypes(vendor)), { minLength: 1, maxLength: 9 }),
    keys: fc.nat(11),
    partitions: fc.constantFrom(0, 0, 0, 2, 5),
    options: fc.constantFrom(
      "ENGINE=InnoDB",
      "ENGINE=InnoDB DEFAULT CHARSET=latin1 COMMENT='it''s'",
      "ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4",
      "ENGINE=InnoDB AUTO_INCREMENT=77"
    )
  }).chain((shape) => {
    const { columns, create, table } = define(vendor, index, shape)
    const values = fc.tuple(...columns.map(({ nullable, type }) =>
      (nullable ? fc.option(type.cells, { freq: 6 }) : type.cells).map((cell) => literal(type, cell))
    ))
    return fc.array(values, { maxLength: rows, size: "max" }).map((all): Table => ({
      name: table,
      create,
      inserts: all.length === 0 ? [] : [
        `INSERT IGNORE INTO ${table} (${
          columns.map(({ quoted }) => quoted).join(", ")
        }) VALUES ${all.map((row) => `(${row.join(", ")})`).join(", ")}`
      ]
    }))
  })
