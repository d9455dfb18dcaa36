import { assert, describe, it } from "@effect/vitest"
import { LoadData, Row, Sql } from "@sluice/format"
import { Either, FastCheck as fc } from "effect"

import * as flows from "../support/flows.js"
import * as Slow from "../support/loadData.js"

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"))

const parsed = (sql: string): LoadData.LoadData => Either.getOrThrow(LoadData.parse(latin1(sql)))

/** Texts in which everything that means something to a reader is frequent. */
const tricky = fc.array(
  fc.constantFrom(
    "\\",
    "\\",
    "N",
    "\"",
    "'",
    "\t",
    ",",
    "\n",
    "\r",
    ";",
    "|",
    "NULL",
    "\\N",
    "0",
    "Z",
    "b",
    "a",
    "\0",
    "\xe9"
  ),
  { maxLength: 12 }
).map((parts) => latin1(parts.join("")))

const value = fc.option(fc.oneof(tricky, fc.uint8Array({ maxLength: 40 })), { nil: null, freq: 6 })

const shape = fc.oneof(
  fc.constantFrom(Slow.tabs, Slow.csv),
  fc.record({
    terminatedBy: fc.constantFrom("\t", ",", ";", "|", "||", ",;", "\r\n,"),
    enclosedBy: fc.constantFrom("", "\"", "'", "|"),
    startingBy: fc.constantFrom("", "> ", "\t"),
    lineEnd: fc.constantFrom("\n", "\r\n", "|\n", ";;"),
    header: fc.boolean()
  })
)

const table = fc.integer({ min: 1, max: 4 }).chain((columns) =>
  fc.record({
    names: fc.constant(Array.from({ length: columns }, (_, i) => `c${i}`)),
    rows: fc.array(fc.array(value, { minLength: columns, maxLength: columns }), { maxLength: 8 })
  })
)

/** The rows of statements, as a server would take them. */
const cells = (inserts: ReadonlyArray<LoadData.Insert>): ReadonlyArray<Slow.Row> =>
  inserts.flatMap(({ bytes, rows }) => {
    const insert = Either.getOrThrow(Row.decodeInsert(bytes))
    assert.strictEqual(insert.rows.length, rows)
    return insert.rows.map((row) => row.map((literal) => Row.cell(literal)))
  })

/** What the reader makes of a file that comes in these parts, each of which is wiped when it was taken. */
const read = (load: LoadData.LoadData, parts: ReadonlyArray<Uint8Array>, statementSize = 1000) =>
  Either.gen(function*() {
    const reader = LoadData.reader(load, statementSize)
    const found: Array<LoadData.Insert> = []
    for (const part of parts) {
      const lent = part.slice()
      found.push(...(yield* reader.push(lent)))
      lent.fill(0xee)
    }
    found.push(...(yield* reader.finish()))
    return found
  })

const same = (a: ReadonlyArray<Slow.Row>, b: ReadonlyArray<Slow.Row>): void => {
  const shown = (rows: ReadonlyArray<Slow.Row>) =>
    rows.map((row) => row.map((cell) => cell === null ? null : Buffer.from(cell).toString("latin1")))
  assert.deepStrictEqual(shown(a), shown(b))
}

describe("the rows of a LOAD DATA file", () => {
  it.prop(
    "come back as mydumper wrote them, however the file is cut and the statements are",
    [
      table,
      fc.constantFrom(Slow.tabs, Slow.csv, { ...Slow.csv, header: true }, { ...Slow.tabs, startingBy: "> " }),
      fc.array(fc.nat(), { maxLength: 20 }),
      fc.integer({ min: 1, max: 200 })
    ],
    ([{ names, rows }, shape, cuts, size]) => {
      const load = parsed(Slow.statement("d.t.00000.dat", "t", names, shape))
      const found = Either.getOrThrow(read(load, flows.cut(Slow.content(names, rows, shape), cuts), size))
      same(cells(found), rows)
      assert.isTrue(found.every(({ bytes, rows }) => rows === 1 || bytes.length <= size))
    },
    { fastCheck: { numRuns: 300 } }
  )

  it.prop(
    "are what the slow way reads, in any file and with any separators",
    [fc.integer({ min: 1, max: 3 }), shape, fc.array(tricky, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 10 })],
    ([columns, shape, parts, cuts]) => {
      const names = Array.from({ length: columns }, (_, i) => `c${i}`)
      const load = parsed(Slow.statement("d.t.00000.dat", "t", names, shape))
      const file = Sql.concat(parts.flatMap((part) => [part, latin1(shape.lineEnd), latin1(shape.startingBy)]))
      const expected = Slow.rows(load, file)
      const found = read(load, flows.cut(file, cuts))
      assert.strictEqual(Either.isRight(found), expected !== undefined)
      same(Either.match(found, { onLeft: () => [], onRight: cells }), expected ?? [])
    },
    { fastCheck: { numRuns: 2000 } }
  )

  it.prop(
    "that are cut anywhere but between two lines are refused",
    [table, fc.constantFrom(Slow.tabs, Slow.csv), fc.nat()],
    ([{ names, rows }, shape, cut]) => {
      const load = parsed(Slow.statement("d.t.00000.dat", "t", names, shape))
      const file = Slow.content(names, rows, shape)
      const part = file.slice(0, cut % (file.length + 1))
      const ends = rows.map((_, i) => Slow.content(names, rows.slice(0, i + 1), shape).length)
      assert.strictEqual(Either.isRight(read(load, [part])), part.length === 0 || ends.includes(part.length))
    },
    { fastCheck: { numRuns: 300 } }
  )

  it("end with what begins like a separator", () => {
    const shape = { ...Slow.tabs, terminatedBy: "\r\n," }
    const load = parsed(Slow.statement("d.t.00000.dat", "t", ["c0"], shape))
    same(cells(Either.getOrThrow(read(load, [latin1("\r\n")]))), [[latin1("\r")]])
  })

  it("of hexadecimal digits and of JSON are what the statement makes of them", () => {
    const load = parsed(
      "LOAD DATA LOCAL INFILE 'f.dat' REPLACE INTO TABLE `d`.`t` CHARACTER SET binary FIELDS TERMINATED BY '\\t' " +
        "ENCLOSED BY '' ESCAPED BY '\\\\' LINES STARTING BY '' TERMINATED BY '\\n' (`id`,@b,@js,`v`)SET " +
        "`b`=UNHEX(@b),`j``s`=CONVERT(@js USING UTF8MB4)"
    )
    assert.strictEqual(load.characterSet, "binary")
    const [insert] = Either.getOrThrow(read(load, [latin1("1\tDEADbeef\t{\"a\": 'x'}\t\\N\n2\t\t\\N\tN\n")]))
    assert.strictEqual(
      Sql.text(insert?.bytes ?? new Uint8Array(0)),
      "REPLACE INTO `d`.`t` (`id`,`b`,`j``s`,`v`) VALUES('1',x'DEADbeef',CONVERT('{\\\"a\\\": \\'x\\'}' USING UTF8MB4)," +
        "NULL),('2',x'',NULL,'N')"
    )
    for (const bad of ["1\tABC\t\\N\tx\n", "1\tXY\t\\N\tx\n"]) {
      assert.isTrue(Either.isLeft(read(load, [latin1(bad)])))
    }
  })

  it("that are very long are read, though they come in many parts", () => {
    const load = parsed("LOAD DATA INFILE 'f' INTO TABLE t")
    const long = new Uint8Array(8 * 1024 * 1024).fill(0x61)
    const parts = flows.cut(Sql.concat([long, latin1("\n")]), Array.from({ length: 4000 }, (_, i) => i * 2099))
    const [insert] = Either.getOrThrow(read(load, parts))
    assert.strictEqual(insert?.bytes.length, long.length + "INSERT INTO `t` VALUES('')".length)
  })
})

describe("a LOAD DATA statement", () => {
  it("has mydumper's defaults where it says nothing", () => {
    assert.deepStrictEqual(parsed("LOAD DATA LOCAL INFILE 'x.dat' IGNORE INTO TABLE t"), {
      file: "x.dat",
      table: { name: "t" },
      verb: "INSERT",
      characterSet: undefined,
      fields: { terminatedBy: latin1("\t"), enclosedBy: undefined, escapedBy: 0x5c },
      lines: { startingBy: latin1(""), terminatedBy: latin1("\n") },
      skip: 0,
      columns: undefined
    })
  })

  it.each([
    ["INSERT INTO t VALUES(1)", "LOAD DATA"],
    ["LOAD DATA LOCAL INFILE x INTO TABLE t", "a string"],
    ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t FIELDS TERMINATED BY '' ENCLOSED BY ''", "nothing that ends a field"],
    ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t LINES TERMINATED BY ''", "nothing that ends a line"],
    ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t FIELDS ENCLOSED BY 'ab'", "more than one byte"],
    ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t CHARACTER SET gbk (a)", "gbk"],
    ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t PARTITION (p) (a)", "the end"],
    ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t (@a)", "does nothing with it"],
    ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t (a) SET b = UNHEX(@b)", "not in the file"],
    ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t (@a) SET a = @a + 1", "does not know"],
    ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t (@a) SET a = UNHEX(@a), b = UNHEX(@a)", "does not know"],
    ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t (a) nonsense", "the end"]
  ])("is refused when it is none that a backup has: %s", (sql, text) => {
    const error = Either.flip(LoadData.parse(latin1(sql)))
    assert.include(Either.getOrThrow(error).message, text)
  })
})
