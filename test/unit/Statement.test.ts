import { assert, describe, it } from "@effect/vitest"
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"
import { Chunk, Effect, Either, Option, Stream } from "effect"

const texts = (input: string, terminator?: Statement.Terminator) =>
  Either.map(
    Statement.split(Sql.bytes(input), { terminator }),
    (statements) => statements.map(({ bytes }) => Sql.text(bytes))
  )

const splits = (input: string, expected: ReadonlyArray<string>, terminator?: Statement.Terminator) => {
  const actual = texts(input, terminator)
  assert.deepStrictEqual(Either.getOrElse(actual, (error) => [error.message]), [...expected])
}

const failure = (input: string, options?: Statement.Options) => {
  const error = Option.getOrThrow(Either.getLeft(Statement.split(Sql.bytes(input), options)))
  return { reason: error.reason, inside: error.inside, position: error.position, offset: error.offset }
}

const classified = (statement: string) => Statement.classify(Sql.bytes(statement))

describe("Statement.splitter", () => {
  it("splits at every semicolon between tokens", () => {
    splits("SELECT 1;SELECT 2 ;\n\n  SELECT 3\n;", ["SELECT 1", "SELECT 2 ", "SELECT 3\n"])
  })

  it("does not split inside quotes, however they are escaped", () => {
    splits("SELECT ';', \";\", `;`;", ["SELECT ';', \";\", `;`"])
    splits("SELECT 'a\\';', 'a'';', \"\\\\\";\"\\\";\";", ["SELECT 'a\\';', 'a'';', \"\\\\\"", "\"\\\";\""])
    splits("SELECT `a\\`; SELECT `b``;`;", ["SELECT `a\\`", "SELECT `b``;`"])
    splits("SELECT ';\n;\n';\n", ["SELECT ';\n;\n'"], "line")
  })

  it("does not split inside comments, and takes two dashes for one only before a blank", () => {
    splits("SELECT 1 -- it's; \n, 2 # a \" ;\n, 3 /* ' ; */;", [
      "SELECT 1 -- it's; \n, 2 # a \" ;\n, 3 /* ' ; */"
    ])
    splits("SELECT 5--'1;';", ["SELECT 5--'1;'"])
    splits("SELECT 5---\t';\n;", ["SELECT 5---\t';\n"])
  })

  it("keeps executable comments whole, with the quotes in them", () => {
    splits("/*!40101 SET a='*/;' */;/*M!100100 SET b=\";\" */;", [
      "/*!40101 SET a='*/;' */",
      "/*M!100100 SET b=\";\" */"
    ])
    splits("/*!50003 CREATE TRIGGER t BEGIN SET a = 1; /* ; */ END */;", [
      "/*!50003 CREATE TRIGGER t BEGIN SET a = 1; /* ; */ END */"
    ])
  })

  it("passes over comments and semicolons between statements", () => {
    splits("-- head\n# more; \n/* and ; more */ ;; \n SELECT 1;\n;\n-- Dump completed", ["SELECT 1"])
  })

  it("numbers the statements and says where they begin", () => {
    const statements = Either.getOrThrow(Statement.split(Sql.bytes("-- x\nA;\n\n B;")))
    assert.deepStrictEqual(statements.map(({ offset, position }) => [position, offset]), [[1, 5], [2, 10]])
  })

  it("ends a statement at the end of a line only, when asked", () => {
    const file = "CREATE PROCEDURE p()\nBEGIN SELECT 1; SELECT 2; \nSELECT ';\n'; END;\nSET a = 1;\n"
    splits(file, ["CREATE PROCEDURE p()\nBEGIN SELECT 1; SELECT 2; \nSELECT ';\n'; END", "SET a = 1"], "line")
    splits("SET a = 1;\r\nSET b = 2;\n", ["SET a = 1;\r\nSET b = 2"], "line")
    splits("SET a = 1;", ["SET a = 1"], "line")
  })

  it("is not misled by a body with other escapes when the file is guarded", () => {
    const file =
      "-- it's\n/*!40101 SET NAMES binary*/;\nCREATE PROCEDURE p()\nBEGIN SELECT 'C:\\'; \nEND;\nSET a = 1;\n"
    splits(
      file,
      ["/*!40101 SET NAMES binary*/", "CREATE PROCEDURE p()\nBEGIN SELECT 'C:\\'; \nEND", "SET a = 1"],
      "guarded"
    )
    assert.deepStrictEqual(failure(file, { terminator: "line" }), {
      reason: "Unterminated",
      inside: "literal",
      position: 2,
      offset: 37
    })
  })

  it("fails when the text ends inside a statement, a literal or a comment", () => {
    const at = (inside: string, position: number, offset: number) => ({
      reason: "Unterminated",
      inside,
      position,
      offset
    })
    assert.deepStrictEqual(failure("A; SELECT 1"), at("statement", 2, 3))
    assert.deepStrictEqual(failure("A; SELECT 1 -- x"), at("statement", 2, 3))
    assert.deepStrictEqual(failure("A; SELECT 'x;"), at("literal", 2, 3))
    assert.deepStrictEqual(failure("A; SELECT 'x;\\"), at("literal", 2, 3))
    assert.deepStrictEqual(failure("A; /* x;"), at("comment", 2, 3))
    assert.deepStrictEqual(failure("A; /*!40101 x;"), at("statement", 2, 3))
    assert.deepStrictEqual(failure("A; /"), at("statement", 2, 3))
    assert.deepStrictEqual(failure("A;\0"), at("statement", 2, 2))
    splits("A; --", ["A"])
    splits("", [])
  })

  it("holds no more than the limit, and gives the statements before it", () => {
    const splitter = Statement.splitter({ maximumStatementBytes: 3 })
    const first = Either.getOrThrow(splitter.push(Sql.bytes("AAA; BB; CCCC")))
    assert.deepStrictEqual(first.map(({ bytes }) => Sql.text(bytes)), ["AAA", "BB"])
    const error = Option.getOrThrow(Either.getLeft(splitter.push(Sql.bytes("; D;"))))
    assert.strictEqual(
      error.message,
      "statement 3, which begins at byte 9, is longer than 3 bytes: " +
        "raise the limit if memory allows, or dump again with a smaller statement size"
    )
    assert.isTrue(Either.isLeft(splitter.finish()))
  })

  it("gives a view on the pushed bytes when it can", () => {
    const bytes = Sql.bytes("SELECT 1;")
    const [statement] = Either.getOrThrow(Statement.split(bytes))
    assert.strictEqual(statement?.bytes.buffer, bytes.buffer)
  })

  it.effect("splits streams, and fails where they are cut", () =>
    Effect.gen(function*() {
      const parts = Stream.make("SELECT 1; SEL", "ECT ';", "';").pipe(Stream.map((part) => Sql.bytes(part)))
      const whole = yield* parts.pipe(Statement.splitStream(), Stream.runCollect)
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(whole).map(({ bytes }) => Sql.text(bytes)),
        ["SELECT 1", "SELECT ';'"]
      )
      const seen: Array<string> = []
      const error = yield* parts.pipe(
        Stream.take(2),
        Statement.splitStream(),
        Stream.runForEach(({ bytes }) => Effect.sync(() => seen.push(Sql.text(bytes)))),
        Effect.flip
      )
      assert.deepStrictEqual([error.reason, seen], ["Unterminated", ["SELECT 1"]])
    }))
})

describe("Statement.classify", () => {
  const { Kind } = Statement
  const cases: ReadonlyArray<readonly [statement: string, kind: Statement.Kind]> = [
    [
      "INSERT INTO `a``b` VALUES(1,\"(x),(\")\n,(2,')')\n",
      Kind.Insert({ verb: "INSERT", table: { name: "a`b" }, rows: 2 })
    ],
    [
      "insert ignore into `d`.t (`x`,y) values (1,(2)),(3,4) ON DUPLICATE KEY UPDATE x=(1)",
      Kind.Insert({ verb: "INSERT IGNORE", table: { database: "d", name: "t" }, columns: ["x", "y"], rows: 2 })
    ],
    ["REPLACE `t` VALUE (1),(2),() RETURNING (1)", Kind.Insert({ verb: "REPLACE", table: { name: "t" }, rows: 3 })],
    [
      "/* x */ INSERT /*!40000 INTO */ `VALUES` VALUES ROW(1), row (2) AS new(a)",
      Kind.Insert({ verb: "INSERT", table: { name: "VALUES" }, rows: 2 })
    ],
    ["INSERT INTO t SELECT (1)", Kind.Insert({ verb: "INSERT", table: { name: "t" }, rows: 0 })],
    [
      "INSERT INTO t PARTITION (p0, p1) (a) VALUES (1)",
      Kind.Insert({ verb: "INSERT", table: { name: "t" }, columns: ["a"], rows: 1 })
    ],
    [
      "LOAD DATA LOCAL INFILE 'rz.it\\'s.00000.dat' INTO TABLE `d`.`t` FIELDS TERMINATED BY '\\t'",
      Kind.LoadData({ table: { database: "d", name: "t" }, file: "rz.it's.00000.dat", local: true })
    ],
    ["LOAD DATA INFILE \"a\" REPLACE INTO TABLE t", Kind.LoadData({ table: { name: "t" }, file: "a", local: false })],
    ["CREATE TABLE `ñandú` (\n  `id` int\n)", Kind.CreateTable({ table: { name: "ñandú" }, ifNotExists: false })],
    [
      "CREATE OR REPLACE TEMPORARY TABLE IF NOT EXISTS t(a int)",
      Kind.CreateTable({ table: { name: "t" }, ifNotExists: true })
    ],
    [
      "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `rz` /*!40100 DEFAULT CHARACTER SET utf8mb4 */",
      Kind.CreateDatabase({ name: "rz" })
    ],
    [
      "CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `v1` AS select 1",
      Kind.CreateView({ view: { name: "v1" } })
    ],
    ["CREATE SEQUENCE `s` start with 1", Kind.CreateSequence({ sequence: { name: "s" } })],
    [
      "CREATE DEFINER=CURRENT_USER() trigger trg before insert on `d`.plain for each row begin end",
      Kind.CreateProgram({ kind: "TRIGGER", name: { name: "trg" }, table: { database: "d", name: "plain" } })
    ],
    [
      "/*!50003 CREATE*/ /*!50017 DEFINER='a'@'%'*/ /*!50003 PROCEDURE `p`() BEGIN END */",
      Kind.CreateProgram({ kind: "PROCEDURE", name: { name: "p" } })
    ],
    ["CREATE AGGREGATE FUNCTION f() x", Kind.CreateProgram({ kind: "FUNCTION", name: { name: "f" } })],
    ["CREATE LIBRARY `l`\n  LANGUAGE JAVASCRIPT", Kind.CreateProgram({ kind: "LIBRARY", name: { name: "l" } })],
    ["CREATE PACKAGE BODY `k` AS", Kind.CreateProgram({ kind: "PACKAGE BODY", name: { name: "k" } })],
    ["CREATE EVENT IF NOT EXISTS e ON SCHEDULE", Kind.CreateProgram({ kind: "EVENT", name: { name: "e" } })],
    ["CREATE UNIQUE INDEX i ON t (a)", Kind.Other({ keyword: "CREATE" })],
    ["ALTER TABLE `t` \n ADD  KEY `k` (`a`)", Kind.AlterTable({ table: { name: "t" } })],
    [
      "DROP TABLE IF EXISTS `a`, d.b",
      Kind.Drop({ what: "TABLE", names: [{ name: "a" }, { database: "d", name: "b" }] })
    ],
    ["DROP SCHEMA x", Kind.Drop({ what: "DATABASE", names: [{ name: "x" }] })],
    ["DROP PACKAGE BODY IF EXISTS `k`", Kind.Drop({ what: "PACKAGE BODY", names: [{ name: "k" }] })],
    ["DROP USER x", Kind.Other({ keyword: "DROP" })],
    ["USE `a``b`", Kind.Use({ database: "a`b" })],
    [
      "/*!40101 SET NAMES binary*/",
      Kind.Set({ assignments: [{ scope: "Session", variable: "names", value: "binary" }] })
    ],
    [
      "/*!40101 SET SQL_MODE='A,B'*/",
      Kind.Set({ assignments: [{ scope: "Session", variable: "sql_mode", value: "'A,B'" }] })
    ],
    [
      "SET @PREV=@@CHARACTER_SET_CLIENT, @@global.a = f(1, 2), SESSION b := 'x' , @@session.c=1",
      Kind.Set({
        assignments: [
          { scope: "User", variable: "prev", value: "@@CHARACTER_SET_CLIENT" },
          { scope: "Global", variable: "a", value: "f(1, 2)" },
          { scope: "Session", variable: "b", value: "'x'" },
          { scope: "Session", variable: "c", value: "1" }
        ]
      })
    ],
    [
      "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
      Kind.Set({
        assignments: [{
          scope: "Session",
          variable: "transaction",
          value: "ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        }]
      })
    ],
    [
      "SET CHARACTER SET utf8mb4",
      Kind.Set({ assignments: [{ scope: "Session", variable: "character set", value: "utf8mb4" }] })
    ],
    ["SET ???", Kind.Other({ keyword: "SET" })],
    ["DO SETVAL(`s`, 1, 0)", Kind.Other({ keyword: "DO" })],
    ["INSERT", Kind.Other({ keyword: "INSERT" })],
    ["LOAD DATA LOCAL INFILE", Kind.Other({ keyword: "LOAD" })],
    ["CREATE", Kind.Other({ keyword: "CREATE" })],
    ["DROP TABLE", Kind.Other({ keyword: "DROP" })],
    ["(SELECT 1)", Kind.Other({ keyword: "" })],
    ["", Kind.Other({ keyword: "" })]
  ]
  it.each(cases)("%s", (statement, kind) => {
    assert.deepStrictEqual({ ...classified(statement) }, { ...kind })
  })
})

describe("a definition without the name of its database", () => {
  const unqualified = (text: string) =>
    Sql.text(Statement.unqualified(Sql.bytes(text), (database) => database.toLowerCase() === "old"))

  it("loses it before its own name and its table's, and nowhere else", () => {
    for (
      const [before, after] of [
        [
          "CREATE DEFINER=`old`@`%` TRIGGER old.g BEFORE INSERT ON old.t FOR EACH ROW SET @a = (SELECT old.t.a)",
          "CREATE DEFINER=`old`@`%` TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = (SELECT old.t.a)"
        ],
        [
          "CREATE TRIGGER g AFTER DELETE ON `OLD` . `t` FOR EACH ROW SET @a = 1",
          "CREATE TRIGGER g AFTER DELETE ON `t` FOR EACH ROW SET @a = 1"
        ],
        [
          "CREATE OR REPLACE TRIGGER IF NOT EXISTS `old`.`old` BEFORE UPDATE ON new.t FOR EACH ROW SET @a = 1",
          "CREATE OR REPLACE TRIGGER IF NOT EXISTS `old` BEFORE UPDATE ON new.t FOR EACH ROW SET @a = 1"
        ],
        ["CREATE ALGORITHM=MERGE VIEW \"old\".\"v\" AS SELECT 1", "CREATE ALGORITHM=MERGE VIEW \"v\" AS SELECT 1"],
        ["CREATE PACKAGE BODY old.p AS END", "CREATE PACKAGE BODY p AS END"]
      ] as const
    ) {
      assert.strictEqual(unqualified(before), after)
      assert.strictEqual(unqualified(after), after)
    }
  })

  it("is as it was when it is something else", () => {
    for (
      const text of [
        "CREATE TABLE old.t (a int)",
        "DROP TRIGGER old.g",
        "CREATE TRIGGER",
        "INSERT INTO old.t VALUES (1)",
        ""
      ]
    ) {
      assert.strictEqual(unqualified(text), text)
    }
  })
})
