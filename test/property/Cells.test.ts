/**
 * The fast reader of rows, held to the plain one.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cells, CreateTable, Row, Sql } from "@sluice/format"
import { Either, FastCheck as fc, Option } from "effect"

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
    "),(",
    "\" USING UTF8MB4)",
    "/*!",
    "-- ",
    "%",
    "\\_",
    "ñ"
  ),
  { maxLength: 12 }
).map((parts) => Sql.bytes(parts.join("")))

const anyBytes = fc.oneof(hostile, fc.uint8Array({ maxLength: 200 }))

const numerals = fc.oneof(
  fc.bigInt().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom("-0", "0", "-0.00", "0000", "1.500", "-1e-300", ".5", "+5")
).map((text) => Sql.bytes(text))

const cellOf = (kind: Row.Encoding): fc.Arbitrary<Row.Cell> =>
  fc.option(kind === "Number" ? numerals : anyBytes, { freq: 5 })

const tables = fc.array(fc.constantFrom(...Row.encodings), { minLength: 1, maxLength: 8 }).chain((kinds) =>
  fc.record({
    kinds: fc.constant(kinds),
    rows: fc.array(fc.tuple(...kinds.map(cellOf)), { minLength: 1, maxLength: 20 })
  })
)

/** Everything that is read of statements, or why it is not. */
const read = (statements: Uint8Array) => {
  const heads: Array<ReadonlyArray<string> | undefined> = []
  const rows: Array<ReadonlyArray<Row.Cell>> = []
  const result = Cells.reader({
    head: (columns) => heads.push(columns),
    row: ({ bytes, count, ends, forms }) =>
      rows.push(
        Array.from({ length: count }, (_, i) =>
          forms[i] === "Null" ? null : bytes.slice(i === 0 ? 0 : ends[i - 1], ends[i]))
      )
  })(statements)
  return { heads, rows, result }
}

const statementOf = (
  kinds: ReadonlyArray<Row.Encoding>,
  rows: ReadonlyArray<ReadonlyArray<Row.Cell>>,
  names?: ReadonlyArray<string>
) =>
  Sql.concat(
    Row.statements({
      head: Row.insertHead({ table: "t", columns: names }),
      rows: rows.map((row) => Row.encode(kinds, row)),
      statementSize: 300
    }).map(({ bytes }) => bytes)
  )

describe("Cells", () => {
  it.prop(
    "are what they were written from, in several statements",
    [tables, fc.boolean()],
    ([{ kinds, rows }, named]) => {
      const names = named ? kinds.map((_, i) => `c\`${i}`) : undefined
      const found = read(statementOf(kinds, rows, names))
      assert.isTrue(Either.isRight(found.result))
      assert.deepStrictEqual(found.rows, rows)
      for (const head of found.heads) assert.deepStrictEqual(head, names)
      assert.isAtLeast(found.heads.length, 1)
    },
    { fastCheck: { numRuns: 300 } }
  )

  it.prop(
    "are those that the plain reader reads of anything, or neither reads it",
    [tables, fc.nat(), fc.nat(255), fc.boolean()],
    ([{ kinds, rows }, place, byte, isCut]) => {
      const [piece] = Row.statements({
        head: Row.insertHead({ table: "t" }),
        rows: rows.map((row) => Row.encode(kinds, row)),
        statementSize: 1_000_000
      })
      const whole = piece?.bytes ?? new Uint8Array(0)
      const head = Row.insertHead({ table: "t" }).length
      const at = head + place % (whole.length - head)
      const bytes = isCut ? whole.slice(0, at) : whole.map((old, i) => i === at ? byte : old)
      const plain = Row.decodeInsert(bytes)
      const fast = read(bytes)
      if (Either.isRight(plain)) {
        assert.isTrue(Either.isRight(fast.result))
        assert.deepStrictEqual(fast.rows, plain.right.rows.map((row) => row.map(Row.cell)))
      } else if (Either.isRight(fast.result)) {
        // several statements are fine here, and an expression of JSON
        assert.isTrue(fast.heads.length > 1 || Sql.text(bytes).includes("JSON_REPLACE("))
      }
    },
    { fastCheck: { numRuns: 500 } }
  )

  it("of another tool's forms", () => {
    const { result, rows } = read(Sql.bytes(
      "INSERT INTO `t` (`a`) VALUES (X'61'),(0x6),(_utf8mb4'a''b'),(_binary 0x6162), /* c */ (''),(NULL);\n" +
        "INSERT INTO t VALUES(JSON_REPLACE(CONVERT(\"{\\\"a)\\\": 1}\" USING UTF8MB4), '$.a', 1.0))"
    ))
    assert.isTrue(Either.isRight(result))
    assert.deepStrictEqual(rows.map(([cell]) => cell === null || cell === undefined ? null : Sql.text(cell)), [
      "a",
      "\x06",
      "a'b",
      "ab",
      "",
      null,
      "JSON_REPLACE(CONVERT(\"{\\\"a)\\\": 1}\" USING UTF8MB4), '$.a', 1.0)"
    ])
    for (
      const wrong of [
        "INSERT INTO t VALUES(1+1)",
        "INSERT INTO t VALUES(1),(1,2)",
        "INSERT INTO t SET a = 1",
        "DELETE FROM t"
      ]
    ) {
      assert.isTrue(Either.isLeft(read(Sql.bytes(wrong)).result), wrong)
    }
  })
})

describe("CreateTable", () => {
  it("tells columns and keys, whatever is in texts and expressions", () => {
    const found = CreateTable.parse(Sql.bytes(
      "CREATE TABLE `a``b` (\n  `id` int(10) unsigned NOT NULL AUTO_INCREMENT COMMENT 'x, `y` int AS (1)',\n" +
        "  `g` int GENERATED ALWAYS AS (`id` + 1) STORED NOT NULL,\n  `e` enum('a,b)','c') DEFAULT 'c',\n" +
        "  `h` int DEFAULT (1 + (2)) /*!80023 INVISIBLE */,\n  `u` varchar(9) NOT NULL,\n  `n` int DEFAULT NULL,\n" +
        "  PRIMARY KEY (`id`),\n  UNIQUE KEY `k` (`u`(3),`id` DESC),\n  UNIQUE KEY `l` (`n`),\n" +
        "  UNIQUE KEY `m` ((`id` + 1)),\n  KEY `o` (`u`),\n  CONSTRAINT `c` CHECK (`id` > 0)\n) ENGINE=InnoDB"
    ))
    assert.isTrue(Option.isSome(found))
    const { columns, keys } = Option.getOrThrow(found)
    assert.deepStrictEqual(
      columns.map(({ generated, invisible, name, notNull, type }) => [name, type, generated, invisible, notNull]),
      [
        ["id", "int", false, false, true],
        ["g", "int", true, false, true],
        ["e", "enum", false, false, false],
        ["h", "int", false, true, false],
        ["u", "varchar", false, false, true],
        ["n", "int", false, false, false]
      ]
    )
    assert.strictEqual(columns[2]?.definition, "enum('a,b)','c') DEFAULT 'c'")
    assert.deepStrictEqual(keys, [["id"], ["u", "id"]])
    assert.deepStrictEqual(CreateTable.inserted({ columns, keys }), ["id", "e", "u", "n"])
  })

  it("reads names in double quotes, and nothing of other statements", () => {
    assert.deepStrictEqual(
      Option.map(
        CreateTable.parse(Sql.bytes("CREATE TABLE \"t\" (\"a\" int, PRIMARY KEY (\"a\"))")),
        ({ keys }) => keys
      ),
      Option.some([["a"]])
    )
    for (const other of ["CREATE TABLE t LIKE u", "CREATE VIEW v AS SELECT 1", "CREATE TABLE t (a int", "SELECT 1"]) {
      assert.isTrue(Option.isNone(CreateTable.parse(Sql.bytes(other))), other)
    }
  })
})
