import { assert, describe, it } from "@effect/vitest"
import * as Sql from "@sluice/format/Sql"
import { Effect, Exit, FastCheck as fc, Fiber, Option, Ref, TestClock } from "effect"

import * as Columns from "../../packages/mysql/src/internal/columns.js"
import * as Dialect from "../../packages/mysql/src/internal/dialect.js"
import * as Grants from "../../packages/mysql/src/internal/grants.js"
import * as Mixed from "../../packages/mysql/src/internal/mixed.js"
import * as NoMember from "../../packages/mysql/src/internal/noMember.js"
import * as Readers from "../../packages/mysql/src/internal/readers.js"

const grants = (...lines: ReadonlyArray<string>) => lines.flatMap((line) => Grants.parse(line) ?? [])

describe("grants", () => {
  it("reads what both vendors print", () => {
    const all = grants("GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION")
    assert.isTrue(Grants.allows(all, ["TRIGGER"], "any"))
    const some = grants(
      "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*X'",
      "GRANT SELECT, TRIGGER ON `my\\_db%`.* TO `u`@`%`",
      "GRANT SELECT (`a`, `b(`), EVENT ON `x``y`.`t` TO `u`@`%`",
      "GRANT `r1`@`%` TO `u`@`%`",
      "GRANT PROXY ON ``@`%` TO `u`@`%`",
      "GRANT EXECUTE ON FUNCTION `x`.`f` TO `u`@`%`"
    )
    assert.isTrue(Grants.allows(some, ["TRIGGER"], "my_db1"))
    assert.isTrue(Grants.allows(some, ["EVENT", "SELECT"], "my_db"))
    assert.isFalse(Grants.allows(some, ["TRIGGER"], "myxdb1"))
    assert.isFalse(Grants.allows(some, ["EXECUTE"], "x"))
    assert.isFalse(Grants.allows(some, ["EVENT"], "x`y"))
    assert.isTrue(Grants.allowsTable(some, ["EVENT"], "x`y", "t"))
    assert.isFalse(Grants.allowsTable(some, ["EVENT"], "x`y", "u"))
  })

  it("heeds what is revoked in part, and quotes of older servers", () => {
    const some = grants(
      "GRANT SELECT, EVENT ON *.* TO 'u'@'%'",
      "REVOKE EVENT ON `secret`.* FROM 'u'@'%'"
    )
    assert.isTrue(Grants.allows(some, ["EVENT"], "open"))
    assert.isFalse(Grants.allows(some, ["EVENT"], "secret"))
  })

  it.prop(
    "a pattern of plain characters matches itself alone",
    [fc.stringMatching(/^[a-z.+()$^|\]\[-]{1,9}$/)],
    ([name]) => {
      const own = grants(`GRANT EVENT ON ${Sql.quoteIdentifier(name)}.* TO \`u\`@\`%\``)
      assert.isTrue(Grants.allows(own, ["EVENT"], name))
      assert.isFalse(Grants.allows(own, ["EVENT"], `${name}x`))
    }
  )
})

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"))

describe("texts in two character sets", () => {
  const toLatin1 = (utf8: Uint8Array) => {
    const text = Sql.text(utf8)
    const bytes = latin1(text)
    return Effect.succeed(Buffer.from(bytes).toString("latin1") === text ? Option.some(bytes) : Option.none())
  }
  const plain = (characterSet: string) => ({ characterSet, sqlMode: "" })
  const utf8 = (text: string) => Buffer.from(text).toString("latin1")

  it.effect("come out in one", () =>
    Effect.gen(function*() {
      const mixed = latin1(
        `CREATE DEFINER=\`r\`@\`h\` PROCEDURE \`p${utf8("ö")}\`()\n    COMMENT 'it''s ${utf8("ñ")}\\\\'\nSELECT 'é'`
      )
      const one = yield* Mixed.inOneCharacterSet(mixed, { name: "pö", comment: "it's ñ\\" }, plain("latin1"), toLatin1)
      assert.strictEqual(
        Buffer.from(one).toString("latin1"),
        "CREATE DEFINER=`r`@`h` PROCEDURE `pö`()\n    COMMENT 'it''s ñ\\\\'\nSELECT 'é'"
      )
    }))

  it.effect("are left alone when they are in one already, or in UTF-8", () =>
    Effect.gen(function*() {
      for (const characterSet of ["latin1", "utf8mb4", "binary"]) {
        const text = latin1("CREATE PROCEDURE `pö`()\n    COMMENT 'ñ'\nSELECT ' COMMENT ''é'")
        const same = yield* Mixed.inOneCharacterSet(text, { name: "pö", comment: "ñ" }, plain(characterSet), toLatin1)
        assert.deepStrictEqual(same, text)
      }
    }))

  it.effect("a comment with backslashes is what it was where those escape nothing", () =>
    Effect.gen(function*() {
      for (const characterSet of ["latin1", "utf8mb4"]) {
        const encoding = characterSet === "latin1" ? "latin1" : "utf8"
        const text = new Uint8Array(
          Buffer.from("CREATE PROCEDURE `p`()\n    COMMENT 'it''s \\\\ \\n'\nSELECT 'é\\'", encoding)
        )
        const sqlMode = "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"
        const comment = "it's \\ \n"
        const anew = yield* Mixed.inOneCharacterSet(text, { name: "p", comment }, { characterSet, sqlMode }, toLatin1)
        assert.strictEqual(
          Buffer.from(anew).toString(encoding),
          "CREATE PROCEDURE `p`()\n    COMMENT 'it''s \\ \n'\nSELECT 'é\\'"
        )
      }
    }))

  it.effect("a comment in the body is the body's", () =>
    Effect.gen(function*() {
      const text = latin1(`CREATE PROCEDURE \`p\`()\nSET @a = ' COMMENT ''${utf8("é")}'''`)
      const same = yield* Mixed.inOneCharacterSet(text, { name: "p", comment: "" }, plain("latin1"), toLatin1)
      assert.deepStrictEqual(same, text)
    }))

  it.effect("what cannot be said is told", () =>
    Effect.gen(function*() {
      const text = latin1(`CREATE EVENT \`${utf8("日")}\` ON SCHEDULE EVERY 1 DAY DO SELECT 1`)
      const error = yield* Effect.flip(
        Mixed.inOneCharacterSet(text, { name: "日", comment: "" }, plain("latin1"), toLatin1)
      )
      assert.strictEqual(error._tag, "NotInCharacterSet")
    }))
})

describe("readers", () => {
  const connections = ["a", "b", "c"]
  const anyone = () => true

  it.effect("lends one that is preferred if there is a choice, and keeps those that are visited to itself", () =>
    Effect.gen(function*() {
      const readers = yield* Readers.make(connections, 3)
      const nameOf = (prefers: (name: string) => boolean) =>
        Effect.scoped(
          Effect.flatMap(readers.lease(prefers), ({ connection, returns }) => Effect.as(returns, connection))
        )
      assert.strictEqual(yield* nameOf((name) => name === "b"), "b")
      assert.include(connections, yield* nameOf(() => false))
      const only = Effect.scoped(
        Effect.flatMap(
          readers.lease(anyone, (name) => name === "c"),
          ({ connection, returns }) => Effect.as(returns, connection)
        )
      )
      assert.strictEqual(yield* only, "c")
      const visiting = yield* Effect.fork(readers.visit((name) => name !== "a", () => Effect.sleep("1 minute")))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* nameOf((name) => name === "b"), "a")
      // nobody is told that all are lost while some are only visited
      yield* Effect.scoped(readers.lease(anyone))
      const waiting = yield* Effect.fork(nameOf(anyone))
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(visiting)
      assert.include(["b", "c"], yield* Fiber.join(waiting))
    }))

  it.effect("never lends more than it may, and each to one at a time", () =>
    Effect.gen(function*() {
      const lease = (yield* Readers.make(connections, 2)).lease(anyone)
      const active = yield* Ref.make<ReadonlyArray<string>>([])
      const peak = yield* Ref.make(0)
      const use = Effect.scoped(Effect.gen(function*() {
        const { connection, returns } = yield* lease
        const now = yield* Ref.updateAndGet(active, (list) => [...list, connection])
        assert.strictEqual(new Set(now).size, now.length)
        yield* Ref.update(peak, (most) => Math.max(most, now.length))
        yield* Effect.sleep("1 second")
        yield* Ref.update(active, (list) => list.filter((one) => one !== connection))
        yield* returns
      }))
      const fiber = yield* Effect.fork(Effect.all(Array.from({ length: 9 }, () => use), { concurrency: "unbounded" }))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.strictEqual(yield* Ref.get(peak), 2)
    }))

  it.effect("a connection that is not given back is replaced until there is none, and then everybody is told", () =>
    Effect.gen(function*() {
      const lease = (yield* Readers.make(connections, 2)).lease(anyone)
      const lost = yield* Effect.forEach(connections, () => Effect.scoped(Effect.map(lease, (one) => one.connection)))
      assert.deepStrictEqual([...lost].sort(), connections)
      const error = yield* Effect.flip(Effect.scoped(lease))
      assert.strictEqual(error.reason, "ConnectionLost")
    }))

  it.effect("whoever waits is told when the last one is lost", () =>
    Effect.gen(function*() {
      const lease = (yield* Readers.make(["a"], 1)).lease(anyone)
      const holder = yield* Effect.fork(Effect.scoped(Effect.zipRight(lease, Effect.sleep("1 minute"))))
      yield* TestClock.adjust("1 second")
      const waiting = yield* Effect.fork(Effect.scoped(lease))
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* Fiber.interrupt(holder)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(waiting)))
    }))

  it.effect("whoever waits can be interrupted, and costs nothing", () =>
    Effect.gen(function*() {
      const lease = (yield* Readers.make(["a"], 1)).lease(anyone)
      yield* Effect.scoped(Effect.gen(function*() {
        const { returns } = yield* lease
        const waiting = yield* Effect.fork(Effect.scoped(lease))
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(waiting)
        yield* returns
      }))
      assert.strictEqual((yield* Effect.scoped(lease)).connection, "a")
    }))
})

describe("dialect", () => {
  it("asks each version in its own words", () => {
    const status = (vendor: "mysql" | "mariadb", ...version: readonly [number, number, number]) =>
      Dialect.make({ vendor, version }).binaryLogStatus
    assert.strictEqual(status("mysql", 8, 1, 9), "SHOW MASTER STATUS")
    assert.strictEqual(status("mysql", 8, 2, 0), "SHOW BINARY LOG STATUS")
    assert.strictEqual(status("mysql", 9, 0, 0), "SHOW BINARY LOG STATUS")
    assert.strictEqual(status("mariadb", 11, 4, 0), "SHOW MASTER STATUS")
    const float = (...version: readonly [number, number, number]) =>
      Dialect.make({ vendor: "mysql", version }).read({ type: "float", definition: "float" }, "`f`")
    assert.strictEqual(float(8, 0, 17), "CAST(`f` AS DOUBLE)")
    assert.strictEqual(float(5, 7, 44), "`f` * 1e0")
    assert.strictEqual(
      Dialect.make({ vendor: "mysql", version: [8, 4, 0] }).read({ type: "int", definition: "int" }, "`i`"),
      "`i`"
    )
    const { read } = Dialect.make({ vendor: "mariadb", version: [10, 11, 0] })
    assert.strictEqual(read({ type: "double", definition: "double unsigned" }, "`d`"), "`d`")
    assert.strictEqual(read({ type: "double", definition: "double(255,0)" }, "`d`"), "CAST(`d` AS DOUBLE)")
    assert.strictEqual(read({ type: "enum", definition: "enum('a')" }, "`e`"), "IF(`e` + 0 = 0, '0', `e`)")
  })

  it("finds zeros that no collation takes for a member", () => {
    assert.deepStrictEqual(NoMember.repeated("enum('a','A','b','a ','1')"), [[2, "02"], [4, "04"]])
    assert.deepStrictEqual(NoMember.repeated("enum('a','b','aa')"), [])
    assert.strictEqual(NoMember.zeros("enum('','a','1','10','it''s 5')"), "0")
    assert.strictEqual(NoMember.zeros("enum('0','1')"), "00")
    assert.strictEqual(NoMember.zeros("enum('０','x00')"), "000")
    assert.strictEqual(NoMember.zeros("enum('a\\','''0','\u0660')"), "00")
    assert.strictEqual(NoMember.zeros("enum('0','00','000','0000','0 0000')"), undefined)
  })

  it("reads a SET as a number where its text is not enough", () => {
    const { read } = Dialect.make({ vendor: "mariadb", version: [10, 11, 0] })
    for (const definition of ["set('')", "set('a','')", "set('','a')", "set('it''s,','')", "SET('a','','b')"]) {
      assert.strictEqual(Columns.kindOf("set", definition), "Number")
      assert.strictEqual(read({ type: "set", definition }, "`s`"), "CAST(`s` AS UNSIGNED)")
    }
    for (const definition of ["set('a','b')", "set('''')", "set('a''')", "set(''',''','b')"]) {
      assert.strictEqual(Columns.kindOf("set", definition), "Text")
      assert.strictEqual(read({ type: "set", definition }, "`s`"), "`s`")
    }
  })

  it("guesses no type", () => {
    assert.strictEqual(Columns.kindOf("BIGINT"), "Number")
    assert.isUndefined(Columns.kindOf("xmltype"))
    assert.isUndefined(Columns.kindOf(""))
  })
})
