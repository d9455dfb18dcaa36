import { assert, describe, it } from "@effect/vitest"
import { Sql } from "@sluice/format"
import * as Contents from "@sluice/testing/Contents"
import * as MemoryServer from "@sluice/testing/MemoryServer"
import { Cause, Effect, Exit, Option } from "effect"

import { errno, inShop, rowsOf, run, shop } from "../support/memoryShop.js"

describe("a memory server as a target", () => {
  const refused: ReadonlyArray<readonly [statement: string, errno: number]> = [
    ["", 1064],
    ["SELECT 1", 1064],
    ["COMMIT", 1064],
    ["LOCK TABLES `orders` WRITE", 1064],
    ["ALTER TABLE `orders` ADD KEY (`note`)", 1235],
    ["LOAD DATA LOCAL INFILE 'x' INTO TABLE `orders`", 1235],
    ["INSERT INTO `orders` SELECT 1", 1064],
    ["INSERT INTO `orders` VALUES(2,\"a\",NULL,NULL", 1064],
    ["INSERT INTO `orders` VALUES(2,\"a\",NULL)", 1136],
    ["INSERT INTO `orders` VALUES(2,\"a\",NULL,NULL,7)", 1136],
    ["INSERT INTO `orders` (`id`,`nope`) VALUES(2,\"a\")", 1054],
    ["INSERT INTO `orders` (`id`,`ID`) VALUES(2,3)", 1110],
    ["INSERT INTO `orders` (`id`) VALUES(2)", 1364],
    ["INSERT INTO `orders` VALUES(2,NULL,NULL,NULL)", 1048],
    ["INSERT INTO `orders` VALUES(2,\"sixsix\",NULL,NULL)", 1406],
    ["INSERT INTO `orders` VALUES(9223372036854775808,\"a\",NULL,NULL)", 1264],
    ["INSERT INTO `orders` VALUES(\"x\",\"a\",NULL,NULL)", 1366],
    ["INSERT INTO `orders` VALUES(2,\"a\",\"yesterday\",NULL)", 1292],
    ["INSERT INTO `orders` VALUES(2,\"a\",NULL,\"{}\")", 3144],
    ["INSERT INTO `orders` VALUES(2,\"a\",NULL,CONVERT(\"{\" USING UTF8MB4))", 3140],
    ["INSERT INTO `orders` VALUES(1,\"a\",NULL,NULL)", 1062],
    ["INSERT INTO `orders` VALUES(2,\"a\",NULL,NULL),(2,\"b\",NULL,NULL)", 1062],
    ["INSERT INTO `heap` VALUES(1,1e999,NULL,NULL,NULL)", 1367],
    ["INSERT INTO `heap` VALUES(1,1,_binary \"\\b\",NULL,NULL)", 1406],
    ["INSERT INTO `heap` VALUES(1,1,NULL,NULL,_binary \"x\")", 1416],
    ["INSERT INTO `seen` VALUES(1)", 1471],
    ["INSERT INTO `nope` VALUES(1)", 1146],
    ["INSERT INTO `nope`.`orders` VALUES(1)", 1049],
    ["CREATE DATABASE `shop`", 1007],
    ["CREATE TABLE `orders` (`a` int)", 1050],
    ["CREATE TABLE `seen` (`a` int)", 1050],
    ["CREATE TABLE `new` (`a` int", 1064],
    ["CREATE TABLE `new` (`a` int) nonsense(1)", 1064],
    ["CREATE TABLE `new` (`a` nonsense)", 1064],
    ["CREATE TABLE `new` (`a` int nonsense)", 1064],
    ["CREATE TABLE `new` (`a` int COMMENT 'open)", 1064],
    ["CREATE TABLE `new` (`a` int, `A` int)", 1060],
    ["CREATE TABLE `new` (`a` int, PRIMARY KEY (`b`))", 1072],
    ["CREATE TABLE `new` (`a` int AUTO_INCREMENT)", 1075],
    ["CREATE VIEW `seen` (`a`) AS select 1", 1050],
    ["CREATE VIEW `orders` (`a`) AS select 1", 1050],
    ["CREATE VIEW `new` (`a`) AS select `a` from `nope`", 1146],
    ["CREATE VIEW `new` (`a`) AS select `nope`(1)", 1305],
    ["CREATE VIEW `new` (`a`) AS drop", 1064],
    ["CREATE TRIGGER `tick` AFTER INSERT ON `orders` FOR EACH ROW set @a = 1", 1359],
    ["CREATE TRIGGER `tock` AFTER INSERT ON `nope` FOR EACH ROW set @a = 1", 1146],
    ["CREATE TRIGGER `tock` AFTER INSERT ON `seen` FOR EACH ROW set @a = 1", 1347],
    ["CREATE FUNCTION `f`() RETURNS int return 1", 1304],
    ["CREATE EVENT `daily` ON SCHEDULE EVERY 1 DAY DO select 1", 1537],
    ["DROP TABLE `nope`", 1051],
    ["DROP TABLE `orders` nonsense", 1064],
    ["DROP VIEW IF EXISTS `orders`", 1347],
    ["DROP FUNCTION `nope`", 1305],
    ["DROP EVENT `nope`", 1539],
    ["DROP TRIGGER `nope`", 1360],
    ["TRUNCATE `nope`", 1146],
    ["DELETE FROM `orders` WHERE `id` = 1", 1064],
    ["SET nonsense = 1", 1193],
    ["SET sql_mode = @never", 1231],
    ["SET sql_mode = CONCAT('a', 'b')", 1064],
    ["SET GLOBAL sql_mode = ''", 1227],
    ["USE `nope`", 1049]
  ]

  it.effect.each(refused.map(([statement, errno]) => ({ statement, errno })))(
    "refuses with $errno: $statement",
    ({ errno: expected, statement }) =>
      Effect.scoped(Effect.gen(function*() {
        const { server, session } = yield* inShop
        assert.strictEqual(yield* errno(session, statement), expected)
        assert.deepStrictEqual(Contents.diff(shop, yield* server.contents), [])
      }))
  )

  it.effect("needs a database for names without one", () =>
    Effect.scoped(Effect.gen(function*() {
      const server = yield* MemoryServer.make(shop)
      const session = yield* server.target.session
      assert.strictEqual(yield* errno(session, "INSERT INTO `orders` VALUES(1)"), 1046)
      assert.strictEqual(yield* errno(session, "CREATE TABLE `new` (`a` int)"), 1046)
      assert.strictEqual((yield* Effect.flip(session.use("nope"))).reason, "UnknownDatabase")
    })))

  it.effect("stores what fits, invisible columns too, and says how many", () =>
    Effect.scoped(Effect.gen(function*() {
      const { server, session } = yield* inShop
      const [answer] = yield* run(
        session,
        "INSERT INTO `orders` VALUES(0,\"\",\"0000-00-00 00:00:00\",CONVERT(\"[1]\" USING UTF8MB4)),(2,\"a\\\"\\0\",NULL,NULL)"
      )
      assert.deepStrictEqual(answer, { affectedRows: 2, warnings: 0 })
      yield* run(session, "INSERT INTO `orders` (`hidden`,`id`,`note`) VALUES(5,-3,\"x\")")
      assert.sameDeepMembers(Array.from(yield* rowsOf(server, "orders")), [
        ["1", "one", null, "{}", "7"],
        ["0", "", "0000-00-00 00:00:00", "[1]", null],
        ["2", "a\"\0", null, null, null],
        ["-3", "x", null, null, "5"]
      ])
    })))

  it.effect("takes a negative zero only when it is written as a double", () =>
    Effect.scoped(Effect.gen(function*() {
      const { server, session } = yield* inShop
      yield* run(session, "INSERT INTO `heap` VALUES(1,-0,NULL,NULL,NULL),(2,-0e0,NULL,NULL,NULL)")
      assert.deepStrictEqual((yield* rowsOf(server, "heap")).map((row) => row[1]), ["0", "-0"])
    })))

  it.effect("clips with warnings when a session is not strict, and gives numbers to zeros", () =>
    Effect.scoped(Effect.gen(function*() {
      const { server, session } = yield* inShop
      yield* run(session, "/*!40101 SET SQL_MODE='NO_ENGINE_SUBSTITUTION'*/")
      const [answer] = yield* run(session, "INSERT INTO `orders` VALUES(0,\"too long\",\"x\",NULL)")
      assert.deepStrictEqual(answer, { affectedRows: 1, warnings: 2 })
      const warnings = yield* session.warnings
      assert.strictEqual(warnings[0], "1406: Data too long for column 'note' at row 1")
      assert.deepInclude(yield* rowsOf(server, "orders"), ["2", "too l", "0000-00-00 00:00:00", null, null])
      yield* session.prepareForRows
      assert.strictEqual(yield* errno(session, "INSERT INTO `orders` VALUES(0,\"too long\",\"x\",NULL)"), 1406)
    })))

  it.effect("does not read rows under a mode that would read them otherwise", () =>
    Effect.scoped(Effect.gen(function*() {
      const { session } = yield* inShop
      yield* run(session, "SET sql_mode='NO_BACKSLASH_ESCAPES'")
      yield* session.prepareForRows
      assert.strictEqual(yield* errno(session, "INSERT INTO `orders` VALUES(2,\"\",NULL,NULL)"), 1054)
    })))

  it.effect("refuses text that is not what SET NAMES said, and takes any bytes as binary", () =>
    Effect.scoped(Effect.gen(function*() {
      const { session } = yield* inShop
      const insert = Sql.bytes("INSERT INTO `heap` (`t`) VALUES(\"", Uint8Array.of(0xff), "\")")
      yield* session.execute(insert)
      yield* run(session, "SET NAMES utf8mb4")
      assert.strictEqual((yield* Effect.flip(session.execute(insert))).errno, 1366)
    })))

  it.effect("notes what an IF EXISTS passed over", () =>
    Effect.scoped(Effect.gen(function*() {
      const { server, session } = yield* inShop
      const answers = yield* run(
        session,
        "DROP TABLE IF EXISTS `nope`",
        "DROP TABLE IF EXISTS `seen`",
        "DROP PACKAGE BODY IF EXISTS `nope`",
        "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop`",
        "CREATE TABLE IF NOT EXISTS `orders` (`other` int)"
      )
      assert.deepStrictEqual(answers.map(({ warnings }) => warnings), [1, 1, 1, 1, 1])
      assert.deepStrictEqual(Contents.diff(shop, yield* server.contents), [])
    })))

  it.effect("keeps the state that views and programs are created in, and replaces a placeholder", () =>
    Effect.scoped(Effect.gen(function*() {
      const server = yield* MemoryServer.make(Contents.make(Contents.database("d")))
      const session = yield* server.target.session
      yield* session.prepareForDefinitions
      yield* session.use("d")
      yield* run(session, "CREATE TABLE IF NOT EXISTS `v`(\n`a` int\n) ENGINE=MEMORY")
      assert.strictEqual(yield* session.inspect("d", "v"), "Table")
      yield* run(
        session,
        "DROP TABLE IF EXISTS `v`",
        "DROP VIEW IF EXISTS `v`",
        "SET @PREV_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT, @PREV_SQL_MODE=@@SQL_MODE",
        "SET character_set_client = latin1",
        "SET collation_connection = latin1_swedish_ci, time_zone = 'SYSTEM'",
        "SET sql_mode = 'ANSI_QUOTES'",
        "CREATE VIEW \"v\" (\"a\") AS select 1",
        "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY DO select 1",
        "SET character_set_client = @PREV_CHARACTER_SET_CLIENT, sql_mode = @PREV_SQL_MODE",
        "CREATE FUNCTION `f`() RETURNS int return 1"
      )
      assert.strictEqual(yield* session.inspect("d", "v"), "View")
      assert.strictEqual(yield* session.inspect("d", "nope"), "Nothing")
      const [database] = (yield* server.contents).databases
      const state = { characterSetClient: "latin1", collationConnection: "latin1_swedish_ci" }
      assert.deepInclude(database?.views[0]?.creation, { ...state, sqlMode: Option.none(), timeZone: Option.none() })
      assert.deepInclude(database?.events[0]?.creation, {
        ...state,
        sqlMode: Option.some("ANSI_QUOTES"),
        timeZone: Option.some("SYSTEM")
      })
      assert.deepInclude(database?.routines[0]?.creation, {
        characterSetClient: "utf8mb4",
        sqlMode: Option.some(MemoryServer.defaultSqlMode),
        timeZone: Option.none()
      })
    })))

  it.effect("drops a table with its triggers, and counts the triggers that rows would have fired", () =>
    Effect.scoped(Effect.gen(function*() {
      const { server, session } = yield* inShop
      yield* run(session, "INSERT INTO `orders` VALUES(2,\"\",NULL,NULL),(3,\"\",NULL,NULL)")
      assert.strictEqual((yield* server.counts).triggersFired, 2)
      yield* run(session, "DROP TABLE `orders`")
      const [database] = (yield* server.contents).databases
      assert.deepStrictEqual(database?.triggers, [])
    })))

  it.effect("a session that is asked twice at once is a bug", () =>
    Effect.scoped(Effect.gen(function*() {
      const { session } = yield* inShop
      const exit = yield* Effect.exit(Effect.all([session.begin, session.commit], { concurrency: "unbounded" }))
      assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
    })))
})

describe("transactions", () => {
  const insert = (id: number) => `INSERT INTO \`orders\` VALUES(${id},"",NULL,NULL)`
  const ids = (server: MemoryServer.MemoryServer) =>
    Effect.map(rowsOf(server, "orders"), (rows) => rows.map(([id]) => Number(id)).sort((a, b) => a - b))

  it.effect("nobody sees rows before they are committed", () =>
    Effect.scoped(Effect.gen(function*() {
      const { server, session } = yield* inShop
      yield* session.begin
      yield* run(session, insert(2), insert(3))
      assert.deepStrictEqual(yield* ids(server), [1])
      assert.strictEqual((yield* server.counts).rowsHeld, 3)
      yield* session.commit
      assert.deepStrictEqual(yield* ids(server), [1, 2, 3])
    })))

  it.effect("a rollback, and the end of the scope, undo what was not committed", () =>
    Effect.gen(function*() {
      const server = yield* Effect.scoped(Effect.gen(function*() {
        const { server, session } = yield* inShop
        yield* session.begin
        yield* run(session, insert(2), "DELETE FROM `orders`", insert(1))
        yield* session.rollback
        assert.deepStrictEqual(yield* rowsOf(server, "orders"), [["1", "one", null, "{}", "7"]])
        yield* run(session, insert(4))
        yield* session.begin
        yield* run(session, insert(5), "DELETE FROM `orders`")
        return server
      }))
      assert.deepStrictEqual(yield* ids(server), [1, 4])
      assert.deepInclude(yield* server.counts, { rowsHeld: 2, sessionsOpen: 0, sessionsPeak: 1 })
    }))

  it.effect("a statement that fails leaves nothing, and the transaction goes on", () =>
    Effect.scoped(Effect.gen(function*() {
      const { server, session } = yield* inShop
      yield* session.begin
      yield* run(session, insert(2))
      assert.strictEqual(yield* errno(session, `${insert(3)},(1,"",NULL,NULL)`), 1062)
      yield* run(session, insert(3))
      yield* session.commit
      assert.deepStrictEqual(yield* ids(server), [1, 2, 3])
    })))

  it.effect("what another session has not committed is waited for in vain", () =>
    Effect.scoped(Effect.gen(function*() {
      const { server, session } = yield* inShop
      const other = yield* server.target.session
      yield* other.use("shop")
      yield* session.begin
      yield* run(session, insert(2))
      for (const statement of [insert(2), "DELETE FROM `orders`", "TRUNCATE TABLE `orders`", "DROP TABLE `orders`"]) {
        assert.strictEqual(yield* errno(other, statement), 1205)
      }
      yield* session.rollback
      yield* run(other, insert(2))
      assert.deepStrictEqual(yield* ids(server), [1, 2])
    })))

  it.effect("a definition commits what was before it", () =>
    Effect.scoped(Effect.gen(function*() {
      const { server, session } = yield* inShop
      yield* session.begin
      yield* run(session, insert(2), "CREATE TABLE `new` (`a` int)")
      yield* session.rollback
      assert.deepStrictEqual(yield* ids(server), [1, 2])
      yield* run(session, "TRUNCATE TABLE `orders`")
      assert.deepStrictEqual(yield* ids(server), [])
    })))

  it.effect("IGNORE passes over and REPLACE replaces", () =>
    Effect.scoped(Effect.gen(function*() {
      const { server, session } = yield* inShop
      const answers = yield* run(
        session,
        "INSERT IGNORE INTO `orders` VALUES(1,\"x\",NULL,NULL),(2,\"y\",NULL,NULL)",
        "REPLACE INTO `orders` VALUES(1,\"z\",NULL,NULL)"
      )
      assert.deepStrictEqual(answers, [{ affectedRows: 1, warnings: 1 }, { affectedRows: 2, warnings: 0 }])
      assert.sameDeepMembers((yield* rowsOf(server, "orders")).map((row) => row[1]), ["y", "z"])
    })))
})
