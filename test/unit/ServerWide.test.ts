import { assert, describe, it } from "@effect/vitest"
import { Permission, Sql, Statement } from "@sluice/format"
import { SluiceError, type Target } from "@sluice/pipeline"
import { Effect, Either, FastCheck as fc, Option } from "effect"

import * as Source from "../../packages/mysql/src/internal/serverWide.js"
import * as ServerWide from "../../packages/pipeline/src/internal/serverWide.js"

const secret = "0x244124303035243B6C"
const create = `CREATE USER IF NOT EXISTS \`a\`@\`%\` IDENTIFIED WITH 'caching_sha2_password' AS ${secret} REQUIRE NONE`

const die = Effect.dieMessage("nobody asks for it")

/** A session that runs statements as `execute` says. */
const sessionOf = (
  execute: (statement: string) => Effect.Effect<Target.Answer, SluiceError.TargetError>,
  warnings: ReadonlyArray<string> = []
): Target.Session => ({
  execute: (statement) => execute(Sql.text(statement)),
  warnings: Effect.succeed(warnings),
  use: () => die,
  prepareForDefinitions: Effect.void,
  prepareForRows: die,
  begin: die,
  commit: die,
  rollback: die,
  takesBack: () => die,
  inspect: () => die,
  checksum: () => die,
  triggers: () => die,
  generated: () => die
})

const make = (session: Target.Session, statements: ReadonlyArray<string>) =>
  ServerWide.make({
    accounts: true,
    tablespaces: true,
    run: (_, edit) =>
      Effect.forEach(statements, (text) => {
        const statement = Sql.bytes(text)
        return Effect.flatMap(
          edit(session, statement, Statement.classify(statement)),
          (left) => left === undefined ? Effect.void : session.execute(left)
        )
      }, { discard: true }),
    discard: () => Effect.void
  })

const file = { name: "all-users.sluice", bytes: 1, rows: 0, checksum: "crc32:0" }
const users = { kind: { _tag: "Users" }, file, compression: "none" } as const

describe("accounts", () => {
  const words = [
    `near 'AS ${secret} REQUIRE' at line 1`,
    `Operation CREATE USER failed for ${secret.toLowerCase()}`,
    "The hash *7C67218EF7410F248763DC99AEDC705367393C4A is not valid"
  ]
  for (const detail of words) {
    it.effect(`are not told with their secrets: ${detail.slice(0, 8)}`, () =>
      Effect.gen(function*() {
        const session = sessionOf(() =>
          new SluiceError.TargetError({ reason: "Statement", what: "a statement failed", where: create, detail })
        )
        const error = yield* Effect.flip(make(session, [create]).before(users))
        assert(error._tag === "TargetError")
        assert.include(error.message, "`a`@`%`")
        assert.notMatch(JSON.stringify(error), /24412430|7C67218E/i)
      }))
  }

  it.effect("that are there are left alone, with all that is granted to them", () =>
    Effect.gen(function*() {
      const ran: Array<string> = []
      const session = sessionOf((statement) =>
        Effect.sync(() => {
          ran.push(statement)
          return { affectedRows: 0, warnings: statement.includes("`a`") ? 1 : 0 }
        }), ["Note 3163: Authorization ID 'a'@'%' already exists."])
      const other = "CREATE USER IF NOT EXISTS `b`@`%`"
      const part = make(session, [
        "GRANT SELECT ON *.* TO PUBLIC",
        create,
        "GRANT x TO `a`@`%`",
        other,
        "GRANT y TO `b`@`%`"
      ])
      assert.isTrue(Option.isSome(yield* part.before(users)))
      assert.deepStrictEqual(ran, [create, other])
      yield* part.after(users)
      assert.deepStrictEqual(ran.slice(2), ["GRANT SELECT ON *.* TO PUBLIC", "GRANT y TO `b`@`%`"])
      assert.strictEqual(part.created(), 1)
      assert.deepStrictEqual(part.leftOut(), ["the account `a`@`%` (it was already there)"])
    }))

  it.prop(
    "have their default roles set later, whatever their names and texts are",
    [
      fc.array(fc.constantFrom("a", "it`s", " DEFAULT ROLE ", "REQUIRE '"), { maxLength: 3 }),
      fc.constantFrom("a", "o`q", " REQUIRE ")
    ],
    ([names, user]) => {
      const quoted = `${Sql.quoteIdentifier(user)}@\`%\``
      const roles = names.map((name) => `${Sql.quoteIdentifier(name)}@\`%\``).join(",")
      const before = `USER ${quoted} IDENTIFIED WITH 'caching_sha2_password' AS ${secret}`
      const after = " REQUIRE NONE ATTRIBUTE '{\"comment\": \" DEFAULT ROLE `x`@`y` REQUIRE \"}'"
      const printed = `CREATE ${before}${roles === "" ? "" : ` DEFAULT ROLE ${roles}`}${after}`
      const parts = Source.parts(printed, quoted)
      assert.strictEqual(parts.create, `CREATE ${before.replace("USER", "USER IF NOT EXISTS")}${after}`)
      assert.deepStrictEqual(
        parts.roles,
        roles === "" ? Option.none() : Option.some(`SET DEFAULT ROLE ${roles} TO ${quoted}`)
      )
    }
  )
})

describe("tablespaces", () => {
  it.effect("are all that their file may create", () =>
    Effect.gen(function*() {
      const session = sessionOf(() => Effect.succeed({ affectedRows: 0, warnings: 0 }))
      const arrival = { kind: { _tag: "Tablespaces" }, file, compression: "none" } as const
      const fine = make(session, ["CREATE TABLESPACE `x` ADD DATAFILE 'x.ibd'"])
      yield* fine.before(arrival)
      assert.strictEqual(fine.created(), 1)
      assert.isTrue(Either.isLeft(Permission.check("Tablespaces", Sql.bytes("DROP DATABASE shop"))))
    }))
})
