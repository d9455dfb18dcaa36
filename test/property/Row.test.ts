import { assert, describe, it } from "@effect/vitest"
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"
import { Either, FastCheck as fc } from "effect"

const LF = 0x0a

/** Bytes that look like what they stand between. */
const hostile = fc.array(
  fc.constantFrom(
    "\0",
    "\n",
    "\r",
    "\x1a",
    "\\",
    "'",
    "\"",
    "`",
    ";\n",
    "\n-- x 5\n",
    "),(",
    "\" USING UTF8MB4)",
    "/*!",
    "-- ",
    "%",
    "\\_",
    "ñ"
  ).map((text) => Sql.bytes(text)),
  { maxLength: 12 }
).map((parts) => Sql.concat(parts))

const anyBytes = fc.oneof(hostile, fc.uint8Array({ maxLength: 200 }))

const numerals = fc.oneof(
  fc.bigInt().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom("-0", "0", "-0.00", "0000", "1.500", "-1e-300", "1.7976931348623157e308", "30000000000", ".5")
).map((text) => Sql.bytes(text))

const columns = fc.array(fc.constantFrom(...Row.encodings), { minLength: 1, maxLength: 8 })

const cellOf = (kind: Row.Encoding): fc.Arbitrary<Row.Cell> =>
  fc.option(kind === "Number" ? numerals : anyBytes, { freq: 5 })

interface Table {
  readonly kinds: ReadonlyArray<Row.Encoding>
  readonly rows: ReadonlyArray<ReadonlyArray<Row.Cell>>
}

const tables: fc.Arbitrary<Table> = columns.chain((kinds) =>
  fc.record({
    kinds: fc.constant(kinds),
    rows: fc.array(fc.tuple(...kinds.map(cellOf)), { minLength: 1, maxLength: 20 })
  })
)

const verbs: ReadonlyArray<Row.Verb> = ["INSERT", "INSERT IGNORE", "REPLACE"]

const heads = fc.record({
  table: fc.string({ minLength: 1 }),
  verb: fc.constantFrom(...verbs)
})

const cells = (insert: Row.Insert): ReadonlyArray<ReadonlyArray<Row.Cell>> =>
  insert.rows.map((row) => row.map(Row.cell))

const decode = (statement: Uint8Array): Row.Insert =>
  Either.getOrThrowWith(Row.decodeInsert(statement), (error) => new Error(error.message))

describe("Row.encode", () => {
  it.prop(
    "is undone by decodeInsert, whatever the bytes are",
    [tables, heads, fc.boolean()],
    ([{ kinds, rows }, head, named]) => {
      const names = named ? kinds.map((_, i) => `c\`${i}`) : undefined
      const encoded = rows.map((row) => Row.encode(kinds, row))
      const statement = Sql.bytes(
        Row.insertHead({ ...head, columns: names }),
        ...encoded.flatMap((row, i) => [i === 0 ? "" : ",", row, "\n"]),
        ";\n"
      )
      const insert = decode(statement)
      assert.deepStrictEqual(cells(insert), rows)
      assert.deepStrictEqual(insert.table, { name: head.table })
      assert.deepStrictEqual(insert.verb, head.verb)
      assert.deepStrictEqual(insert.columns, names)
    },
    { fastCheck: { numRuns: 500 } }
  )

  it.prop(
    "never writes a line feed, and hides every quote",
    [fc.constantFrom(...Row.columnKinds), anyBytes],
    ([kind, bytes]) => {
      if (kind !== "Number") {
        const text = Row.encodeCell(kind, bytes)
        assert.strictEqual(text.indexOf(LF), -1)
        const quote = text.indexOf(0x22)
        const literal = /^"(?:[^"\\]|\\[^])*"/.exec(
          Sql.text(text.subarray(quote).map((byte) => byte > 0x7f ? 0x78 : byte))
        )
        assert.strictEqual(
          (literal?.[0].length ?? -1) + quote + (kind === "Json" && bytes.length > 0 ? " USING UTF8MB4)".length : 0),
          text.length
        )
      }
    }
  )

  it.prop("keeps a word for NULL only", [fc.constantFrom(...Row.encodings)], ([kind]) => {
    assert.strictEqual(Sql.text(Row.encodeCell(kind, null)), "NULL")
    if (kind !== "Number") {
      assert.strictEqual(Sql.text(Row.encodeCell(kind, new Uint8Array(0))), "\"\"")
      assert.notStrictEqual(Sql.text(Row.encodeCell(kind, Sql.bytes("NULL"))), "NULL")
    }
  })
})

describe("Row.statements", () => {
  const files = fc.record({
    table: tables,
    head: heads,
    statementSize: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constant(1_000_000)),
    before: fc.option(fc.nat(300), { nil: undefined })
  }).map(({ before, head, statementSize, table: { kinds, rows } }) => {
    const encoded = rows.map((row) => Row.encode(kinds, row))
    const head_ = Row.insertHead(head)
    const pieces = Row.statements({ head: head_, rows: encoded, statementSize, before })
    return { before: before ?? 0, encoded, head: head_, pieces, rows, statementSize }
  })

  it.prop("hold all rows, in order", [files], ([{ pieces, rows }]) => {
    assert.deepStrictEqual(pieces.flatMap(({ bytes }) => cells(decode(bytes))), rows)
    for (const { bytes, rows } of pieces) {
      assert.isAbove(rows, 0)
      assert.strictEqual(Statement.countRows(bytes), rows)
    }
  })

  it.prop(
    "are as large as they may be, and no larger",
    [files],
    ([{ before, encoded, head, pieces, statementSize }]) => {
      let next = 0
      pieces.forEach(({ bytes, rows }, i) => {
        const size = bytes.length - ";\n".length + (i === 0 ? before : 0)
        assert.isTrue(rows === 1 || size <= statementSize, "a statement of several rows is too large")
        const mine = encoded.slice(next, next + rows)
        assert.deepStrictEqual(
          bytes,
          Sql.bytes(head, ...mine.flatMap((row, j) => [j === 0 ? "" : ",", row, "\n"]), ";\n")
        )
        next += rows
        const following = encoded[next]
        if (following !== undefined) {
          assert.isAbove(size + following.length + ",\n".length, statementSize, "the next row had room")
        }
      })
      assert.strictEqual(next, encoded.length)
    }
  )

  it.prop("come apart the same way by every rule, mydumper's simple one included", [files], ([{ pieces }]) => {
    const file = Sql.concat(pieces.map(({ bytes }) => bytes))
    for (const terminator of ["lexed", "line", "guarded"] as const) {
      const statements = Either.getOrThrow(Statement.split(file, { terminator }))
      assert.deepStrictEqual(
        statements.map(({ bytes }) => bytes),
        pieces.map(({ bytes }) => bytes.subarray(0, bytes.length - 2))
      )
    }
  })
})

describe("Row.decodeInsert", () => {
  it.prop(
    "reads from a cut statement no row that was not there",
    [tables, fc.nat()],
    ([{ kinds, rows }, place]) => {
      const [piece] = Row.statements({
        head: Row.insertHead({ table: "t", columns: kinds.map(String) }),
        rows: rows.map((row) => Row.encode(kinds, row)),
        statementSize: 1_000_000
      })
      const whole = piece?.bytes ?? new Uint8Array(0)
      const result = Row.decodeInsert(whole.subarray(0, place % whole.length))
      if (Either.isRight(result)) {
        const got = cells(result.right)
        assert.deepStrictEqual(got, rows.slice(0, got.length))
      }
    }
  )

  it.prop("never throws, whatever the bytes are", [anyBytes], ([bytes]) => {
    assert.isTrue(Either.isLeft(Row.decodeInsert(bytes)))
    assert.isBoolean(Either.isRight(Row.decodeInsert(Sql.bytes("INSERT INTO t VALUES(", bytes, ")"))))
  })
})
