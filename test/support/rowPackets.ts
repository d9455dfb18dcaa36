/**
 * Random rows, as a server sends them.
 */
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import { FastCheck as fc } from "effect"

import * as Protocol from "../../packages/mysql/src/internal/protocol.js"

/** A value as the text protocol sends it. */
const encodeValue = (cell: Row.Cell): Uint8Array => {
  if (cell === null) return Uint8Array.of(0xfb)
  const { length } = cell
  const prefix = length < 251
    ? [length]
    : length < 0x10000
    ? [0xfc, length & 0xff, length >> 8]
    : length < 0x1000000
    ? [0xfd, length & 0xff, (length >> 8) & 0xff, length >> 16]
    : [0xfe, length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff, length >> 24, 0, 0, 0, 0]
  return Sql.bytes(Uint8Array.from(prefix), cell)
}

/** The payload of a row. */
export const payload = (cells: ReadonlyArray<Row.Cell>): Uint8Array => Sql.bytes(...cells.map(encodeValue))

/** A payload in its packets, with their headers. */
export const framed = (bytes: Uint8Array): Buffer => {
  const parts: Array<Uint8Array> = []
  for (let from = 0, sequence = 0; from <= bytes.length; from += Protocol.MAX_PAYLOAD, sequence++) {
    const part = bytes.subarray(from, from + Protocol.MAX_PAYLOAD)
    parts.push(Uint8Array.of(part.length & 0xff, (part.length >> 8) & 0xff, part.length >> 16, sequence), part)
  }
  return Buffer.concat(parts)
}

/** A row in its packets. */
export const packet = (cells: ReadonlyArray<Row.Cell>): Buffer => framed(payload(cells))

const special = fc.constantFrom(0x00, 0x0a, 0x0d, 0x1a, 0x22, 0x27, 0x5c)
const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), special, fc.integer({ min: 0x61, max: 0x7a }))
const letter = fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 0x61, max: 0x7a }) }, special)

/** Bytes of any kind, or letters with few among them that need an escape. */
const content: fc.Arbitrary<Uint8Array> = fc.tuple(
  fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 70 }) },
    { weight: 1, arbitrary: fc.integer({ min: 248, max: 260 }) }
  ),
  fc.constantFrom(byte, letter)
).chain(([length, of]) => fc.array(of, { minLength: length, maxLength: length })).map((bytes) => Uint8Array.from(bytes))

const numbers = fc.oneof(
  fc.constantFrom("-0", "-0.00", "-0.5", "0", "-00", "-1", "-0e1", "-", "", "-0.0000000000000000000000000"),
  fc.double({ noNaN: true }).map(String),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(String),
  fc.bigInt({ min: -(10n ** 65n), max: 10n ** 65n }).map(String)
).map((text) => Sql.bytes(text))

/** Expressions among the texts of JSON, and what only begins like one. */
const json = fc.tuple(fc.constantFrom("JSON_REPLACE(", "JSON_REPLACE", "JSON_REP", "J", ""), content).map((
  [head, bytes]
) => Sql.bytes(head, bytes))

const cell = (kind: Row.Encoding): fc.Arbitrary<Row.Cell> =>
  fc.option(kind === "Number" ? numbers : kind === "Json" ? json : content, { freq: 6 })

/** Rows of columns of any kinds. */
export const table = (mostRows: number) =>
  fc.array(fc.constantFrom(...Row.encodings), { minLength: 1, maxLength: 6 }).chain((kinds) =>
    fc.record({
      kinds: fc.constant(kinds),
      rows: fc.array(fc.tuple(...kinds.map(cell)), { maxLength: mostRows })
    })
  )
