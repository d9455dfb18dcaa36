import { assert, describe, it } from "@effect/vitest"
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import { FastCheck as fc } from "effect"

import * as Transcode from "../../packages/mysql/src/internal/transcode.js"

/** A value as the text protocol sends it. */
const encodeValue = (cell: Row.Cell): Uint8Array => {
  if (cell === null) return Uint8Array.of(0xfb)
  const length = cell.length
  const prefix = length < 251
    ? [length]
    : length < 0x10000
    ? [0xfc, length & 0xff, length >> 8]
    : [0xfd, length & 0xff, (length >> 8) & 0xff, length >> 16]
  return Sql.bytes(Uint8Array.from(prefix), cell)
}

const encodeRow = (cells: ReadonlyArray<Row.Cell>): Uint8Array => Sql.bytes(...cells.map(encodeValue))

const special = fc.constantFrom(0x00, 0x0a, 0x0d, 0x1a, 0x22, 0x27, 0x5c)
const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), special, fc.integer({ min: 0x61, max: 0x7a }))
const content = (lengths: fc.Arbitrary<number>) =>
  lengths.chain((length) => fc.array(byte, { minLength: length, maxLength: length }))
    .map((bytes) => Uint8Array.from(bytes))
const lengths = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 30 }) },
  { weight: 2, arbitrary: fc.integer({ min: 248, max: 260 }) }
)
const numbers = fc.oneof(
  fc.constantFrom("-0", "-0.00", "-0.5", "0", "-00", "-1", "-0e1", "-", ""),
  fc.double({ noNaN: true }).map(String),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(String)
).map((text) => Sql.bytes(text))

/** Expressions among the texts of JSON, and what only begins like one. */
const json = fc.tuple(fc.constantFrom("JSON_REPLACE(", "JSON_REPLACE", "J", ""), content(lengths)).map((
  [head, bytes]
) => Sql.bytes(head, bytes))

const cell = (kind: Row.Encoding): fc.Arbitrary<Row.Cell> =>
  fc.option(kind === "Number" ? numbers : kind === "Json" ? json : content(lengths), { freq: 6 })

const table = fc.array(fc.constantFrom(...Row.encodings), { minLength: 1, maxLength: 6 }).chain((kinds) =>
  fc.record({
    kinds: fc.constant(kinds),
    rows: fc.array(fc.tuple(...kinds.map(cell)), { maxLength: 40 })
  })
)

const sizes = fc.record({
  piece: fc.constantFrom(1, 64, 300, 2000, 1 << 20),
  slack: fc.constantFrom(0, 1, 100, 4096),
  kept: fc.constantFrom(1, 1000, 1 << 22)
})

const head = Row.insertHead({ table: "t", columns: ["a"] })

const expectedOf = (
  kinds: ReadonlyArray<Row.Encoding>,
  rows: ReadonlyArray<ReadonlyArray<Row.Cell>>,
  statementSize: number
) => Row.statements({ head, rows: rows.map((row) => Row.encode(kinds, row)), statementSize })

describe("Transcoder", () => {
  it.prop(
    "writes the statements that format writes, in pieces of whole statements, and keeps a lent piece whole",
    [table, fc.nat({ max: 8 }), fc.integer({ min: -3, max: 2 }), sizes, fc.infiniteStream(fc.boolean())],
    ([{ kinds, rows }, fit, more, sizes, pulls]) => {
      // Just enough for some rows, or a byte too little.
      const statementSize = rows.slice(0, fit)
        .reduce((length, row) => length + Row.encode(kinds, row).length + 2, head.length + more)
      const transcoder = new Transcode.Transcoder({ head, kinds, statementSize }, sizes)
      const pieces: Array<Row.Piece> = []
      let lent: { readonly now: Uint8Array; readonly then: Uint8Array } | undefined = undefined
      const giveBack = () => {
        if (lent !== undefined) assert.deepStrictEqual(lent.now, lent.then)
        lent = undefined
      }
      const take = () => {
        giveBack()
        const piece = transcoder.take()
        if (piece === undefined) return false
        const then = Uint8Array.from(piece.bytes)
        lent = { now: piece.bytes, then: Buffer.from(then) }
        pieces.push({ bytes: then, rows: piece.rows })
        return true
      }
      for (const row of rows) {
        // The row stands in the middle of a larger buffer, which is used again for the next.
        const payload = encodeRow(row)
        const packet = Buffer.from(Sql.bytes("....", payload, "...."))
        assert.isTrue(transcoder.push(packet, 4, 4 + payload.length))
        packet.fill(0x58)
        if (pulls.next().value === true) take()
      }
      transcoder.finish()
      while (take()) { /* until there is none */ }
      giveBack()

      const expected = expectedOf(kinds, rows, statementSize)
      assert.strictEqual(
        Buffer.concat(pieces.map((piece) => piece.bytes)).toString("latin1"),
        Buffer.concat(expected.map((piece) => piece.bytes)).toString("latin1")
      )
      // Where a piece ends, a statement ends, with as many rows before it.
      const ends = (of: ReadonlyArray<Row.Piece>) => {
        let bytes = 0
        let rows = 0
        return of.map((piece) => `${bytes += piece.bytes.length} bytes, ${rows += piece.rows} rows`)
      }
      assert.includeMembers(ends(expected), ends(pieces))
    }
  )

  it.prop(
    "refuses a packet that is cut, or has bytes behind its row",
    [table.filter(({ rows }) => rows.length > 0), fc.nat(), fc.boolean()],
    ([{ kinds, rows }, at, longer]) => {
      const payload = encodeRow(rows[0] ?? [])
      const cut = longer ? Sql.bytes(payload, "x") : payload.subarray(0, at % payload.length)
      const transcoder = new Transcode.Transcoder({ head, kinds, statementSize: 1000 })
      assert.isFalse(transcoder.push(cut, 0, cut.length))
    }
  )

  it("takes long values, whichever way their length is written, and lets go of the memory", () => {
    const kinds = ["Binary", "Text"] as const
    const value = (length: number) => Uint8Array.from({ length }, (_, i) => i * 7)
    const row = [value(0x10000), value(5_000_000)]
    const rows = [[value(65535), value(3)], row, [null, value(1)], row, [value(250), value(251)]]
    const transcoder = new Transcode.Transcoder({ head, kinds, statementSize: 100_000 })
    const taken: Array<Uint8Array> = []
    for (const cells of rows) {
      const packet = encodeRow(cells)
      assert.isTrue(transcoder.push(packet, 0, packet.length))
    }
    transcoder.finish()
    for (let piece = transcoder.take(); piece !== undefined; piece = transcoder.take()) {
      taken.push(Uint8Array.from(piece.bytes))
    }
    const expected = Buffer.concat(expectedOf(kinds, rows, 100_000).map(({ bytes }) => bytes))
    assert.isTrue(expected.equals(Buffer.concat(taken)))
    assert.isBelow(transcoder.held, 1_000_000)
  })

  it("reads a length of eight bytes", () => {
    const packet = Uint8Array.of(0xfe, 3, 0, 0, 0, 0, 0, 0, 0, 0x61, 0x62, 0x63)
    const transcoder = new Transcode.Transcoder({ head, kinds: ["Text"], statementSize: 100 })
    assert.isTrue(transcoder.push(packet, 0, packet.length))
    transcoder.finish()
    assert.strictEqual(
      Sql.text(transcoder.take()?.bytes ?? new Uint8Array(0)),
      "INSERT INTO `t` (`a`) VALUES(\"abc\")\n;\n"
    )
  })
})
