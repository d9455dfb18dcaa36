import { assert, describe, it } from "@effect/vitest"
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"
import { Either, FastCheck as fc } from "effect"

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))
const fromLatin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")

interface Outcome {
  readonly statements: ReadonlyArray<readonly [text: string, offset: number]>
  readonly end: "fine" | "TooLong" | "Unterminated"
}

/** What may stand between tokens, and literals: the slow, obvious way. */
const comment = /^(?:(?:#|--(?=[\x00-\x20\x7f]|$))[^\n]*(?:\n|$)|\/\*(?!M?!)[^]*?\*\/)/
const literal = /^(?:'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"|`[^`]*`)/
const opening = /^\/\*M?!/

const obvious = (text: string, terminator: Statement.Terminator, maximum: number): Outcome => {
  const statements: Array<readonly [string, number]> = []
  let begin = -1
  let executable = false
  let at = 0
  const tooLong = (end: number) => begin !== -1 && end - begin > maximum
  while (at < text.length) {
    const rest = text.slice(at)
    const lexing = terminator !== "guarded" || begin === -1
    const skipped = lexing ? comment.exec(rest)?.[0] : undefined
    if (skipped !== undefined) {
      at += skipped.length
    } else if (lexing && rest.startsWith("/*") && !opening.test(rest)) {
      return { statements, end: tooLong(text.length) ? "TooLong" : "Unterminated" }
    } else if (begin === -1 && /^[\t-\r ;]/.test(rest)) {
      at += 1
    } else {
      const ends = terminator === "lexed" ? /^;/ : /^;(?:\n|$)/
      if (ends.test(rest) && !executable) {
        if (tooLong(at)) {
          return { statements, end: "TooLong" }
        }
        statements.push([text.slice(begin, at), begin])
        begin = -1
        at += 1
      } else {
        begin = begin === -1 ? at : begin
        if (terminator === "guarded") {
          at += 1
        } else if (opening.test(rest)) {
          executable = true
          at += opening.exec(rest)?.[0].length ?? 0
        } else if (executable && rest.startsWith("*/")) {
          executable = false
          at += 2
        } else if (/^['"`]/.test(rest)) {
          at += literal.exec(rest)?.[0].length ?? rest.length
          if (!literal.test(rest)) {
            return { statements, end: tooLong(text.length) ? "TooLong" : "Unterminated" }
          }
        } else {
          at += 1
        }
      }
    }
  }
  return { statements, end: begin === -1 ? "fine" : tooLong(text.length) ? "TooLong" : "Unterminated" }
}

/** Pushes the text in parts, and spoils the memory of each as soon as its statements are read. */
const incremental = (parts: ReadonlyArray<Uint8Array>, options: Statement.Options): Outcome => {
  // each statement is read before the next push, so that lending must make no difference
  const splitter = Statement.splitter({ ...options, lend: parts.length % 2 === 1 })
  const statements: Array<readonly [string, number]> = []
  const take = (result: Either.Either<ReadonlyArray<Statement.Statement>, Statement.StatementError>) =>
    Either.match(result, {
      onLeft: (error) => {
        assert.strictEqual(error.position, statements.length + 1)
        return error.reason
      },
      onRight: (found) => {
        for (const statement of found) {
          statements.push([fromLatin1(statement.bytes), statement.offset])
          assert.strictEqual(statement.position, statements.length)
        }
        return "fine" as const
      }
    })
  for (const part of parts) {
    const memory = Uint8Array.from(part)
    const end = take(splitter.push(memory))
    memory.fill(0x27)
    if (end !== "fine") {
      return { statements, end }
    }
  }
  const end = take(splitter.finish())
  return { statements, end }
}

const cut = (bytes: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i] ?? 0, end))
}

const oneByOne = (bytes: Uint8Array) => Array.from(bytes, (byte) => Uint8Array.of(byte))

const fragments = [
  ..."'\"`\\;-/*!M#; \n\r\ta;",
  "--",
  "-- ",
  "/*",
  "*/",
  "/*!",
  "/*!40101 ",
  "/*M!",
  ";\n",
  "; \n",
  "''",
  "\\'",
  "\\\\",
  "SELECT ",
  "\x00",
  "\x7f",
  "\xe9",
  "---",
  "**/"
]

/** Literals and comments long enough for the jumps of the fast path, with what may be in their way. */
const long = fc.tuple(
  fc.constantFrom("'", "\"", "`", "/*", "#", "SELECT "),
  fc.array(
    fc.oneof(
      fc.constantFrom(1, 46, 47, 48, 49, 60).map((length) => "x".repeat(length)),
      fc.constantFrom("\\", "\\\\", "\\\\\\", "*", ";\n", "''", "\\'", "\"")
    ),
    { maxLength: 5 }
  ),
  fc.constantFrom("'", "\"", "`", "*/", "\n", "")
).map(([open, inner, close]) => open + inner.join("") + close)

const sqlText = fc.oneof(
  fc.array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...fragments) }, long), { maxLength: 30 }),
  fc.array(fc.oneof({ weight: 4, arbitrary: long }, fc.constantFrom(";\n", ";", "''")), { maxLength: 5 })
).map((parts) => parts.join(""))
const everyTerminator: ReadonlyArray<Statement.Terminator> = ["lexed", "line", "guarded"]
const terminators = fc.constantFrom(...everyTerminator)
const limits = fc.constantFrom(1, 2, 3, 10, 100, Statement.largestPacket)
const manyRuns = { fastCheck: { numRuns: 4000 } }

describe("Statement.splitter", () => {
  it.prop(
    "finds the statements that the obvious way finds, however the text is cut",
    [sqlText, terminators, limits, fc.array(fc.nat(), { maxLength: 8 })],
    ([text, terminator, maximumStatementBytes, places]) => {
      const bytes = latin1(text)
      const options = { terminator, maximumStatementBytes }
      const expected = obvious(text, terminator, maximumStatementBytes)
      assert.deepStrictEqual(incremental([bytes], options), expected)
      assert.deepStrictEqual(incremental(cut(bytes, places), options), expected)
      assert.deepStrictEqual(incremental(oneByOne(bytes), options), expected)
    },
    manyRuns
  )

  it("finds them in every text of up to five bytes that begins as a comment may", () => {
    const alphabet = [..."-/*! \n;"]
    let texts = ["-", "/"]
    for (let length = 2; length <= 5; length++) {
      texts = texts.flatMap((text) => alphabet.map((byte) => text + byte))
      for (const text of texts) {
        const bytes = latin1(text)
        for (const terminator of everyTerminator) {
          const expected = JSON.stringify(obvious(text, terminator, Infinity))
          if (
            JSON.stringify(incremental([bytes], { terminator })) !== expected ||
            JSON.stringify(incremental(oneByOne(bytes), { terminator })) !== expected
          ) {
            assert.fail(`${JSON.stringify(text)} (${terminator}) is not split into ${expected}`)
          }
        }
      }
    }
  })

  it.prop(
    "ends a literal at its own quote, wherever that stands and however the text is cut",
    [
      fc.constantFrom("'", "\"", "`"),
      fc.array(fc.tuple(fc.constantFrom(0, 1, 46, 47, 48, 49, 60), fc.nat(4), fc.boolean()), { maxLength: 3 }),
      fc.array(fc.nat(), { maxLength: 3 })
    ],
    ([quote, parts, places]) => {
      const inner = parts.map(([filler, slashes, quoted]) =>
        "x".repeat(filler) + "\\".repeat(slashes) +
        (!quoted ? "x" : quote === "`" ? "``" : slashes % 2 === 1 ? quote : quote + quote)
      ).join("")
      const literal = quote + inner + quote
      const text = `${literal};${literal}`
      const expected: Outcome = { statements: [[literal, 0], [literal, literal.length + 1]], end: "fine" }
      assert.deepStrictEqual(incremental([latin1(`${text};`)], {}), expected)
      assert.deepStrictEqual(incremental(cut(latin1(`${text};`), places), {}), expected)
      assert.deepStrictEqual(incremental(oneByOne(latin1(`${text};`)), {}), expected)
      assert.strictEqual(Statement.countRows(latin1(`INSERT INTO t VALUES(${literal}),(${literal})`)), 2)
    },
    { fastCheck: { numRuns: 1000 } }
  )

  it.prop(
    "loses nothing but blanks, comments and terminators",
    [fc.array(fc.constantFrom("SELECT 1", "SELECT ';'", "/*!1 x */", "SET a='\\';'", "a--b")), terminators],
    ([statements, terminator]) => {
      const file = statements.map((statement) => `-- it's\n  ${statement};\n/* ; */`).join("")
      const found = Either.getOrThrow(Statement.split(latin1(file), { terminator }))
      assert.deepStrictEqual(found.map(({ bytes }) => fromLatin1(bytes)), statements)
    }
  )
})

describe("Statement.countRows", () => {
  const value = fc.oneof(
    fc.constantFrom(
      "NULL",
      "-1.5e3",
      "(1)",
      "f(1,(2))",
      "/* ) ' */ 1",
      "-- )\n1",
      "# '(\n2",
      "x'00'",
      "/*!50000 (1) */"
    ),
    fc.uint8Array({ maxLength: 80 }).map((bytes) => fromLatin1(Row.encodeCell("Binary", bytes))),
    fc.constantFrom("'(''),('", "\"),(\\\"\"", "`)``(`")
  )
  const row = fc.array(value, { maxLength: 4 }).map((values) => `(${values.join(",")})`)
  const gap = fc.constantFrom("", "\n", " /* ( */ ", "-- (1),\n", "#)\n")
  const head = fc.constantFrom(
    "INSERT INTO `VALUES(` VALUES",
    "REPLACE t (`a)`,b) VALUE ",
    "/*!40000 INSERT */ IGNORE t VALUES\n"
  )
  const tail = fc.constantFrom("", " ON DUPLICATE KEY UPDATE a=(1),b=(2)", " RETURNING (a)", "\n", " AS new(a,b)")

  it.prop(
    "counts the rows and nothing else",
    [head, fc.array(fc.tuple(row, gap), { minLength: 1 }), tail],
    ([head, rows, tail]) => {
      const statement = head + rows.map(([row, gap]) => row + gap).join(",") + tail
      assert.strictEqual(Statement.countRows(latin1(statement)), rows.length)
    }
  )

  it.prop("never fails, whatever the bytes are", [fc.uint8Array(), sqlText], ([bytes, text]) => {
    for (const statement of [bytes, latin1(text), latin1(`INSERT INTO t VALUES${text}`), latin1(`SET ${text}`)]) {
      assert.isAtLeast(Statement.countRows(statement), 0)
      assert.isString(Statement.classify(statement)._tag)
    }
  })
})

describe("Sql.quoteIdentifier", () => {
  it.prop(
    "is undone by unquoteIdentifier, and read as the same name in a statement",
    [fc.fullUnicodeString()],
    ([name]) => {
      assert.strictEqual(Sql.unquoteIdentifier(Sql.quoteIdentifier(name)), name)
      const kind = Statement.classify(Sql.bytes(`INSERT INTO ${Sql.quoteName({ database: name, name })} VALUES(1)`))
      assert.deepStrictEqual(kind._tag === "Insert" ? kind.table : undefined, { database: name, name })
    }
  )
})
