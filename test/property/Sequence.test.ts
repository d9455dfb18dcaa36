import { assert, describe, it } from "@effect/vitest"
import { SchemaFile, Sequence, Sql } from "@sluice/format"
import { Contents, MemoryServer } from "@sluice/testing"
import { Effect, FastCheck as fc } from "effect"

const text = (bytes: Uint8Array) => Sql.text(bytes)

describe("Sequence.rename", () => {
  const names = fc.constantFrom("a", "b", "it`s", "nextval", "ü", "setval(")
  const quoted = names.map(Sql.quoteIdentifier)

  it.prop(
    "gives the sequences that a definition uses their new databases, and leaves all else alone",
    [
      fc.array(
        fc.oneof(
          fc.record({ call: fc.constantFrom("nextval(", "LASTVAL(", "setval( "), database: names, name: quoted }),
          fc.constantFrom(
            "`nextval`(",
            "'nextval(`a`.`s`)'",
            "`a`.`b`",
            "/* nextval(`a`.`s`) */",
            " COMMENT 'it\\'s'",
            "nextval(`s`)",
            "("
          )
        ),
        { maxLength: 12 }
      ),
      fc.dictionary(names, names)
    ],
    ([parts, renamed]) => {
      const to = (database: string) => renamed[database]
      const write = (of: (database: string) => string) =>
        parts.map((part) =>
          typeof part === "string" ? part : `${part.call}${Sql.quoteIdentifier(of(part.database))}.${part.name})`
        ).join(" ")
      assert.strictEqual(
        text(Sequence.rename(Sql.bytes(write((database) => database)), to)),
        write((database) => to(database) ?? database)
      )
    }
  )
})

describe("the file of a sequence", () => {
  it.effect("puts it where it stood, also on a server that has gone on", () =>
    Effect.gen(function*() {
      const state = { minimum: 1n, maximum: 20n, start: 5n, increment: 3n, cache: 4n, cycles: 1n }
      const sequence = Contents.sequence("s", { ...state, next: 2n, round: 7n })
      const file = text(SchemaFile.render({ names: "utf8mb4", sqlMode: "", utc: true }, [sequence]))
      assert.include(
        file,
        "DROP TABLE IF EXISTS `s`;\nDROP VIEW IF EXISTS `s`;\nCREATE SEQUENCE `s` start with 5 minvalue 1 maxvalue 20 " +
          "increment by 3 cache 4 cycle;\nDO SETVAL(`s`, 2, 0, 7);\n"
      )
      const server = yield* MemoryServer.make(Contents.make(Contents.database("d", { sequences: [sequence] })))
      assert.deepStrictEqual((yield* server.contents).databases[0]?.sequences[0]?.state, sequence.state)
    }))

  it("says with an INSERT what SETVAL cannot", () => {
    const up = { minimum: -(2n ** 63n) + 1n, maximum: 99n, start: 50n, increment: 1n, cache: 0n, cycles: 0n, round: 0n }
    const insert = (next: bigint, state: Sequence.State) =>
      `INSERT INTO \`s\` VALUES(${next},-9223372036854775807,99,${state.start},${state.increment},0,0,0)`
    const down = { ...up, increment: -1n }
    assert.strictEqual(Sequence.statement("s", { ...up, next: 50n }), "DO SETVAL(`s`, 50, 0)")
    assert.strictEqual(Sequence.statement("s", { ...up, next: 49n }), insert(49n, { ...up, next: 49n }))
    assert.strictEqual(Sequence.statement("s", { ...down, next: 49n }), "DO SETVAL(`s`, 49, 0)")
    assert.strictEqual(Sequence.statement("s", { ...down, next: 51n }), insert(51n, { ...down, next: 51n }))
    assert.strictEqual(
      Sequence.statement("s", { ...down, next: -(2n ** 63n) }),
      insert(-(2n ** 63n), { ...down, next: 0n })
    )
  })
})
