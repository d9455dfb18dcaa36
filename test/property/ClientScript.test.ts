import { assert, describe, it } from "@effect/vitest"
import { ClientScript, Sql, Statement } from "@sluice/format"
import { Chunk, Effect, FastCheck as fc, Stream } from "effect"

/** What stands in a script, as this part of it and what is to come out. */
interface Piece {
  readonly text: Uint8Array
  readonly statement?: Uint8Array
  readonly remark?: string
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"))

const literal = fc.stringMatching(/^[a-z;"`$\/*# -]{0,12}$/).map((inner) => `'${inner.replaceAll("'", "''")}\\'\\\\'`)
const quotedName = fc.stringMatching(/^[a-z;'"$\\ -]{1,8}$/).map((inner) => `\`${inner}\``)
const comment = fc.constantFrom("/* ; ' */", "/*! AND 1 */", "-- ; '\n", "# ;; `\n", "/*!50003 , 2 */")
const word = fc.constantFrom("SELECT", "1", ",", " ", "\n", "- -", "/", "*", "(", ")")

/** Words, literals, names and comments, with `inner` for what does not end a statement at the moment. */
const body = (inner: ReadonlyArray<string>) =>
  fc.array(fc.oneof(word, literal, quotedName, comment, ...inner.map((text) => fc.constant(text))), { maxLength: 8 })
    .map(
      (parts) => `X ${parts.join(" ")} Y`
    )

const plain = body([]).map((text): Piece => ({ text: bytes(`${text};\n`), statement: bytes(text) }))
const program = body([";", ";\n", "BEGIN", "END;"]).map((text): Piece => ({
  text: bytes(`DELIMITER ;;\n${text};;\nDELIMITER ;\n`),
  statement: bytes(text)
}))
const remark = fc.stringMatching(/^[a-z;'"]{1,9}$/).map((text): Piece => ({
  text: bytes(`-- ${text}\n`),
  remark: text
}))
const nothing = fc.constantFrom("\n", ";", "/* ; ' */", "--\n", "/*M!999999\\- enable the sandbox mode */ \n").map((
  text
): Piece => text === "--\n" ? { text: bytes(text), remark: "" } : { text: bytes(text) })

const cutBy = (text: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const parts: Array<Uint8Array> = []
  let at = 0
  for (let i = 0; at < text.length; i++) {
    const size = Math.max(1, sizes[i % Math.max(1, sizes.length)] ?? text.length)
    parts.push(text.subarray(at, at + size))
    at += size
  }
  return parts
}

/** The parts, copied before the next are asked for; the input's memory is used again. */
const read = (text: Uint8Array, sizes: ReadonlyArray<number> = []) => {
  const lent = new Uint8Array(text.length)
  return Stream.fromIterable(cutBy(text, sizes)).pipe(
    Stream.rechunk(1),
    Stream.map((part) => {
      lent.fill(0)
      lent.set(part)
      return lent.subarray(0, part.length)
    }),
    ClientScript.parts(),
    Stream.map((part) => part._tag === "Remark" ? { remark: part.text } : { statement: part.bytes.slice() }),
    Stream.runCollect,
    Effect.map(Chunk.toReadonlyArray)
  )
}

describe("the parts of a script", () => {
  it.effect.prop(
    "are those it was made of, at any cut",
    [fc.array(fc.oneof(plain, program, remark, nothing), { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 40 }))],
    ([pieces, sizes]) =>
      Effect.gen(function*() {
        const parts = yield* read(Buffer.concat(pieces.map(({ text }) => text)), sizes)
        const expected = pieces.flatMap(({ remark, statement }): ReadonlyArray<object> =>
          statement !== undefined
            ? [{ statement: Buffer.from(statement).toString("latin1") }]
            : remark !== undefined
            ? [{ remark }]
            : []
        )
        assert.deepStrictEqual<ReadonlyArray<object>>(
          parts.map((part) => "remark" in part ? part : { statement: Buffer.from(part.statement).toString("latin1") }),
          expected
        )
      }),
    { fastCheck: { numRuns: 300 } }
  )

  it.effect.prop(
    "are all there, or it is an error, wherever the script is cut",
    [body([";"]), fc.nat()],
    ([text, n]) =>
      Effect.gen(function*() {
        const whole = bytes(`DELIMITER $$\n${text}$$\n`)
        const cut = 13 + (n % Math.max(1, whole.length - 13 - 3))
        const outcome = yield* Effect.either(read(whole.subarray(0, cut)))
        // without a byte of the statement, there is none
        assert.strictEqual(outcome._tag, cut === 13 ? "Right" : "Left")
      }),
    { fastCheck: { numRuns: 100 } }
  )

  it.effect("follow what the script says of escapes and of its character set", () =>
    Effect.gen(function*() {
      const script = Buffer.concat([
        Buffer.from("SET @old = @@sql_mode, sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES';\nSELECT 'C:\\';\n"),
        Buffer.from("SET sql_mode = @old;\nSELECT 'it\\'s; ';\n/*!40101 SET NAMES gbk */;\nINSERT INTO t VALUES ('"),
        Buffer.from([0x81, 0x5c]),
        Buffer.from("'),('\\'');\nSET NAMES utf8mb4;\nSELECT '\\';'")
      ])
      const parts = yield* Stream.make(script, Buffer.from(";")).pipe(
        ClientScript.parts(),
        Stream.map((part) =>
          part._tag === "Statement" ? [Sql.text(part.bytes), Statement.classify(part.plain)] as const : []
        ),
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray)
      )
      assert.strictEqual(parts.length, 8)
      assert.strictEqual(parts[1]?.[0], "SELECT 'C:\\'")
      assert.strictEqual(parts[3]?.[0], "SELECT 'it\\'s; '")
      const insert = parts[5]?.[1]
      assert.strictEqual(insert?._tag === "Insert" ? insert.rows : 0, 2)
    }))
})

describe("an INSERT with defaults", () => {
  const value = fc.oneof(fc.constantFrom("1", "NULL", "-2.5e0", "(1 + (2))", "f(1, 2)", "/* , ) */ 3"), literal)

  it.effect.prop(
    "has DEFAULT in the columns that were picked, and all else as it was",
    [fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 5 }), fc.array(fc.integer({ min: 0, max: 2 }))],
    ([rows, picked]) =>
      Effect.sync(() => {
        const render = (edit: (value: string, column: number) => string) =>
          `INSERT INTO \`t(\` (\`a\`, b, c) VALUES ${rows.map((row) => `(${row.map(edit).join(",")})`).join(",\n")}`
        const edited = Statement.withDefaults(bytes(render((value) => value)), (column) => picked.includes(column))
        assert.strictEqual(
          Buffer.from(edited).toString("latin1"),
          render((value, column) => picked.includes(column) ? "DEFAULT" : value)
        )
      }),
    { fastCheck: { numRuns: 200 } }
  )
})
