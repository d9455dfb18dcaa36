import { assert, describe, it } from "@effect/vitest"
import { Lines, LoadData, Row, Sql } from "@sluice/format"
import { Either, FastCheck as fc } from "effect"

import * as Transcode from "../../packages/mysql/src/internal/transcodeLines.js"
import * as flows from "../support/flows.js"
import * as Slow from "../support/loadData.js"

const separator = fc.constantFrom("\t", ",", ";", "|", "||", ",;", "|,", "\r\n", "\n", "\r", " ", "!", "#\t", "\b")
const byte = fc.constantFrom("\\", "\"", "'", "!", "|", "^", "\t").map((char) => char.charCodeAt(0))

/** Any layout that is good, and the two of mydumper's most of all. */
const layout = fc.oneof(
  fc.constantFrom(Lines.tabs, Lines.csv),
  fc.record({
    fields: fc.record({
      terminatedBy: separator.map((text) => Sql.bytes(text)),
      enclosedBy: fc.option(byte, { nil: undefined }),
      escapedBy: byte
    }),
    lines: fc.record({
      startingBy: fc.constantFrom("", "> ", "\t", "\\", "\n", "a\"").map((text) => Sql.bytes(text)),
      terminatedBy: separator.map((text) => Sql.bytes(text))
    }),
    header: fc.boolean()
  })
).filter((layout) => Lines.problem(layout) === undefined)

const special = fc.constantFrom(...Sql.bytes("\\\\N\"'!|^\t,;\r\n \b#>0Zbnrta\0\x1a"), 0xe9, 0xff)
const bytes = fc.oneof(
  fc.array(special, { maxLength: 10 }).map((bytes) => Uint8Array.from(bytes)),
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ minLength: 240, maxLength: 270 }),
  fc.constantFrom("NULL", "\\N", "N", "", "0").map((text) => Sql.bytes(text))
)
const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map((n) => Sql.bytes(String(n)))

const cell = (encoding: Lines.Encoding): fc.Arbitrary<Row.Cell> =>
  fc.option(encoding === "Bare" ? integer : bytes, { freq: 6 })

const table = fc.array(fc.constantFrom(...Lines.encodings), { minLength: 1, maxLength: 5 }).chain((encodings) =>
  fc.record({
    encodings: fc.constant(encodings),
    names: fc.constant(encodings.map((_, i) => i === 1 ? "a`\\\n,\"x" : `c${i}`)),
    rows: fc.array(fc.tuple(...encodings.map(cell)), { maxLength: 25 })
  })
)

const columnsOf = (names: ReadonlyArray<string>, encodings: ReadonlyArray<Lines.Encoding>) =>
  names.map((name, i): LoadData.Column => ({ name, form: encodings[i] === "Hex" ? "Hex" : "Bytes" }))

const shown = (rows: ReadonlyArray<ReadonlyArray<Row.Cell>>) =>
  rows.map((row) => row.map((cell) => cell === null ? null : Buffer.from(cell).toString("latin1")))

describe("lines", () => {
  it.prop(
    "come back as the rows that they were written from, by what the statement says",
    [table, layout, fc.array(fc.nat(), { maxLength: 10 })],
    ([{ encodings, names, rows }, layout, cuts]) => {
      const columns = columnsOf(names, encodings)
      const statement = Lines.statement({ file: "d.t.00000.dat", table: "t`", layout, columns })
      assert.strictEqual(Buffer.from(statement.subarray(-2)).toString(), ";\n")
      const load = Either.getOrThrow(LoadData.parse(statement.subarray(0, -2)))
      assert.deepStrictEqual(load.columns, columns)
      assert.strictEqual(load.characterSet, "binary")
      assert.strictEqual(load.table.name, "t`")
      const file = Sql.concat([Lines.header(layout, names), ...rows.map((row) => Lines.encode(layout, encodings, row))])
      const reader = LoadData.reader(load, 200)
      const inserts = Either.getOrThrow(Either.gen(function*() {
        const found: Array<LoadData.Insert> = []
        for (const part of flows.cut(file, cuts)) found.push(...(yield* reader.push(part)))
        found.push(...(yield* reader.finish()))
        return found
      }))
      const back = inserts.flatMap(({ bytes }) =>
        Either.getOrThrow(Row.decodeInsert(bytes)).rows.map((row) => row.map((literal) => Row.cell(literal)))
      )
      assert.deepStrictEqual(shown(back), shown(rows))
    },
    { fastCheck: { numRuns: 400 } }
  )

  it.prop(
    "are what mydumper writes, where it is asked for nothing else",
    [
      fc.array(fc.array(fc.option(bytes, { freq: 5 }), { minLength: 2, maxLength: 2 }), { maxLength: 6 }),
      fc.constantFrom([Lines.tabs, Slow.tabs] as const, [Lines.csv, Slow.csv] as const),
      fc.boolean()
    ],
    ([rows, [layout, shape], header]) => {
      const names = ["a", "b"]
      const ours = { ...layout, header }
      const file = Sql.concat(rows.map((row) => Lines.encode(ours, names.map(() => "Enclosed" as const), row)))
      assert.deepStrictEqual(shown([[file]]), shown([[Slow.content(names, rows, shape)]]))
      const separators = layout === Lines.csv ? ["','", "'\"'"] : ["'\\t'", "''"]
      assert.strictEqual(
        Sql.text(Lines.statement({ file: "d.t.00000.dat", table: "t", layout: ours, columns: columnsOf(names, []) })),
        "LOAD DATA LOCAL INFILE 'd.t.00000.dat' INTO TABLE `t` CHARACTER SET binary " +
          `FIELDS TERMINATED BY ${separators[0]} ENCLOSED BY ${separators[1]} ESCAPED BY '\\\\' ` +
          `LINES STARTING BY '' TERMINATED BY '\\n' ${header ? "IGNORE 1 LINES " : ""}(\`a\`,\`b\`);\n`
      )
    }
  )

  it.each<readonly [string, Lines.Layout]>([
    ["fields that end in nothing", { ...Lines.csv, fields: { ...Lines.csv.fields, terminatedBy: new Uint8Array(0) } }],
    ["fields that end in a digit", { ...Lines.csv, fields: { ...Lines.csv.fields, terminatedBy: Sql.bytes("1") } }],
    ["fields that end as lines do", { ...Lines.csv, fields: { ...Lines.csv.fields, terminatedBy: Sql.bytes("\n") } }],
    ["fields that end in the escape", { ...Lines.csv, fields: { ...Lines.csv.fields, terminatedBy: Sql.bytes("\\") } }],
    ["an escape that encloses", { ...Lines.csv, fields: { ...Lines.csv.fields, escapedBy: 0x22 } }],
    ["an escape that is a letter", { ...Lines.csv, fields: { ...Lines.csv.fields, escapedBy: 0x6e } }],
    ["what is not ASCII", { ...Lines.csv, lines: { ...Lines.csv.lines, terminatedBy: Sql.bytes("é") } }]
  ])("cannot be told apart with %s", (_, layout) => {
    assert.isDefined(Lines.problem(layout))
  })
})

const lengthOf = (length: number): ReadonlyArray<number> =>
  length < 251 ? [length] : length < 0x10000 ? [0xfc, length & 0xff, length >> 8] : [
    0xfd,
    length & 0xff,
    (length >> 8) & 0xff,
    length >> 16
  ]

/** A row as the text protocol sends it. */
const packetOf = (row: ReadonlyArray<Row.Cell>): Uint8Array =>
  Sql.concat(
    row.flatMap((cell) => cell === null ? [Uint8Array.of(0xfb)] : [Uint8Array.from(lengthOf(cell.length)), cell])
  )

describe("the transcoder of lines", () => {
  it.prop(
    "writes what format writes, in pieces of whole lines, and keeps a lent piece whole",
    [
      table,
      layout,
      fc.record({
        piece: fc.constantFrom(1, 64, 300, 1 << 20),
        slack: fc.constantFrom(0, 1, 100, 4096),
        kept: fc.constantFrom(1, 1000, 1 << 22)
      }),
      fc.infiniteStream(fc.boolean())
    ],
    ([{ encodings, rows }, layout, sizes, pulls]) => {
      const transcoder = new Transcode.Transcoder({ layout, encodings }, sizes)
      const found: Array<Row.Piece> = []
      let lent: { readonly now: Uint8Array; readonly then: Uint8Array } | undefined = undefined
      const take = (): boolean => {
        if (lent !== undefined) assert.deepStrictEqual(Buffer.from(lent.now), Buffer.from(lent.then))
        lent = undefined
        const piece = transcoder.take()
        if (piece === undefined) return false
        const then = Uint8Array.from(piece.bytes)
        lent = { now: piece.bytes, then }
        found.push({ bytes: then, rows: piece.rows })
        assert.isTrue(piece.longest >= piece.bytes.length / piece.rows)
        return true
      }
      for (const row of rows) {
        const payload = packetOf(row)
        const packet = Buffer.from(Sql.bytes("....", payload, "...."))
        assert.isTrue(transcoder.push(packet, 4, 4 + payload.length))
        packet.fill(0x58)
        if (pulls.next().value === true) take()
      }
      // the same rows once more, as they stand behind one another on the wire
      const framed = Sql.concat(rows.map((row, i) => {
        const payload = packetOf(row)
        const { length } = payload
        return Sql.bytes(Uint8Array.of(length & 0xff, (length >> 8) & 0xff, length >> 16, i), payload)
      }))
      const wire = Buffer.from(Sql.bytes(framed, Uint8Array.of(5, 0, 0, 0, 0xfe)))
      assert.deepStrictEqual(transcoder.rows(wire, 0, wire.length), { at: framed.length, packets: rows.length })
      wire.fill(0x58)
      transcoder.finish()
      while (take()) { /* until there is none */ }
      let at = 0
      const twice = [...rows, ...rows]
      for (const { bytes, rows: count } of found) {
        const expected = Sql.concat(twice.slice(at, at + count).map((row) => Lines.encode(layout, encodings, row)))
        assert.deepStrictEqual(Buffer.from(bytes), Buffer.from(expected))
        at += count
      }
      assert.strictEqual(at, twice.length)
      transcoder.release()
    },
    { fastCheck: { numRuns: 300 } }
  )

  it.prop(
    "refuses rows of other columns, and what is cut",
    [table, fc.constantFrom("Less", "More", "Cut")],
    ([{ encodings, rows }, how]) => {
      for (const row of rows) {
        const transcoder = new Transcode.Transcoder({ layout: Lines.csv, encodings })
        const payload = packetOf(how === "Less" ? row.slice(1) : how === "More" ? [...row, null] : row)
        const end = how === "Cut" ? payload.length - 1 : payload.length
        assert.isFalse(transcoder.push(payload, 0, end))
      }
    }
  )
})
