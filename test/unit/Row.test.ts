import { assert, describe, it } from "@effect/vitest"
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import { Either, Option } from "effect"

const { Literal } = Row

const row = (values: string) =>
  Either.map(Row.decodeInsert(Sql.bytes(`INSERT INTO t VALUES(${values})`)), (insert) => insert.rows[0])

const failure = (statement: string) => Option.getOrThrow(Either.getLeft(Row.decodeInsert(Sql.bytes(statement)))).message

const bytes = (text: string, binary = false) => Literal.Bytes({ bytes: Sql.bytes(text), binary })

describe("Row.encode", () => {
  const cases: ReadonlyArray<readonly [kind: Row.Encoding, cell: string, text: string]> = [
    ["Number", "-1.50", "-1.50"],
    ["Number", "0000", "0000"],
    ["Number", "-0", "-0e0"],
    ["Number", "-0.00", "-0.00e0"],
    ["Number", "-0.5", "-0.5"],
    ["Number", "-0e0", "-0e0"],
    ["Text", "it's \"q\"\\ \n\r\t\0\x1a%_é", "\"it\\'s \\\"q\\\"\\\\ \\n\\r\t\\0\\Z%_é\""],
    ["Temporal", "2024-01-02 03:04:05.678", "\"2024-01-02 03:04:05.678\""],
    ["Binary", "a\0b", "_binary \"a\\0b\""],
    ["Bit", "\x02\x01", "_binary \"\x02\x01\""],
    ["Geometry", "\x01'", "_binary \"\x01\\'\""],
    ["Json", "{\"a\": \"b\\\"c\"}", "CONVERT(\"{\\\"a\\\": \\\"b\\\\\\\"c\\\"}\" USING UTF8MB4)"]
  ]
  it.each(cases)("writes %s %j as %s", (kind, cell, text) => {
    assert.strictEqual(Sql.text(Row.encodeCell(kind, Sql.bytes(cell))), text)
  })

  it("puts cells together", () => {
    assert.strictEqual(
      Sql.text(Row.encode(["Number", "Text", "Text"], [Sql.bytes("1"), Sql.bytes("a"), null])),
      "(1,\"a\",NULL)"
    )
    assert.throws(() => Row.encode(["Number"], []), "a row of 1 columns was given 0 cells")
  })

  it("writes heads with and without columns", () => {
    assert.strictEqual(Sql.text(Row.insertHead({ table: "a`b" })), "INSERT INTO `a``b` VALUES")
    assert.strictEqual(
      Sql.text(Row.insertHead({ table: "t", columns: ["a", "b"], verb: "INSERT IGNORE" })),
      "INSERT IGNORE INTO `t` (`a`,`b`) VALUES"
    )
  })

  it("groups rows as mydumper does", () => {
    const rows = ["(1,\"a\")", "(2,\"b\")", "(3,\"c\")"].map((row) => Sql.bytes(row))
    const head = Row.insertHead({ table: "t" })
    const grouped = (statementSize: number, before?: number) =>
      Row.statements({ head, rows, statementSize, before }).map(({ bytes, rows }) => [Sql.text(bytes), rows])
    const two = ["INSERT INTO `t` VALUES(1,\"a\")\n,(2,\"b\")\n;\n", 2]
    const last = ["INSERT INTO `t` VALUES(3,\"c\")\n;\n", 1]
    assert.deepStrictEqual(grouped(39), [two, last])
    assert.deepStrictEqual(grouped(38).map(([, rows]) => rows), [1, 1, 1])
    assert.deepStrictEqual(grouped(48), [["INSERT INTO `t` VALUES(1,\"a\")\n,(2,\"b\")\n,(3,\"c\")\n;\n", 3]])
    assert.deepStrictEqual(grouped(47), [two, last])
    assert.deepStrictEqual(grouped(1).map(([, rows]) => rows), [1, 1, 1])
    assert.deepStrictEqual(grouped(39, 1).map(([, rows]) => rows), [1, 2])
  })
})

describe("Row.decodeInsert", () => {
  it("reads every way to write a value", () => {
    assert.deepStrictEqual(
      row(
        "NULL, null ,1,-5,+1.500,.5,1.,3e10,-1.5E-3,-0e0,0000,\"\",'it''s','a\\'b',\"a\"\"b\",\"\\t\\b\\%\\_\\q\""
      ),
      Either.right([
        Literal.Null(),
        Literal.Null(),
        ...["1", "-5", "+1.500", ".5", "1.", "3e10", "-1.5E-3", "-0e0", "0000"].map((text) => Literal.Number({ text })),
        bytes(""),
        bytes("it's"),
        bytes("a'b"),
        bytes("a\"b"),
        bytes("\t\b\\%\\_q")
      ])
    )
    assert.deepStrictEqual(
      row(
        "_binary \"a\\0\",_BINARY'b',_utf8mb4'é',0x4142,0X0,0xa41,x'4a',X'',_binary 0x41,/* x */convert( '[]' using utf8mb4 )"
      ),
      Either.right([
        bytes("a\0", true),
        bytes("b", true),
        bytes("é"),
        bytes("AB", true),
        bytes("\0", true),
        bytes("\nA", true),
        bytes("J", true),
        bytes("", true),
        bytes("A", true),
        Literal.Json({ bytes: Sql.bytes("[]") })
      ])
    )
  })

  it("gives back the cell of a negative zero", () => {
    const cell = (text: string) => Sql.text(Row.cell(Literal.Number({ text })) ?? Sql.bytes("NULL"))
    assert.deepStrictEqual(["-0e0", "-0.00e0", "-1e0", "0e0", "-0"].map(cell), ["-0", "-0.00", "-1e0", "0e0", "-0"])
  })

  it("refuses what is not a plain row, and says where", () => {
    const told = (expected: string, where: string, offset: number) =>
      `the INSERT statement is not one that can be read: expected ${expected}${where} at byte ${offset} of it; ` +
      "the file is damaged, or holds more than plain rows: load it into a server instead"
    const cases: ReadonlyArray<readonly [statement: string, message: string]> = [
      ["SELECT 1", told("INSERT or REPLACE and a table", "", 0)],
      ["INSERT INTO t SELECT 1", told("VALUES", "", 14)],
      ["INSERT INTO t VALUES", told("a row in parentheses", " in row 1", 20)],
      ["INSERT INTO t VALUES(1),", told("a row in parentheses", " in row 2", 24)],
      ["INSERT INTO t VALUES(1,now())", told("a literal", " in row 1, column 2", 23)],
      ["INSERT INTO t VALUES(1", told("a comma or a closing parenthesis", " in row 1, column 1", 22)],
      ["INSERT INTO t VALUES('a", told("a string that ends", " in row 1, column 1", 21)],
      ["INSERT INTO t VALUES(1-2)", told("a number", " in row 1, column 1", 21)],
      ["INSERT INTO t VALUES(0xZZ)", told("hexadecimal digits", " in row 1, column 1", 21)],
      ["INSERT INTO t VALUES('a' 'b')", told("a comma or a closing parenthesis", " in row 1, column 1", 25)],
      ["INSERT INTO t VALUES(_latin1'a')", told("a literal", " in row 1, column 1", 21)],
      [
        "INSERT INTO t VALUES(CONVERT('a' USING latin1))",
        told("USING UTF8MB4 and a closing parenthesis", " in row 1, column 1", 45)
      ],
      ["INSERT INTO t (a,b) VALUES(1)", told("2 values, not 1,", " in row 1", 29)],
      ["INSERT INTO t VALUES(1),(1,2)", told("1 values, not 2,", " in row 2", 29)],
      ["INSERT INTO t VALUES(1) RETURNING a", told("another row or the end of the statement", " in row 1", 24)]
    ]
    for (const [statement, message] of cases) {
      assert.strictEqual(failure(statement), message)
    }
  })
})
