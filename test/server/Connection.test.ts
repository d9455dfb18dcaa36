import { NodeContext } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import * as Connection from "@sluice/mysql/Connection"
import * as ScratchServer from "@sluice/testing/ScratchServer"
import { Chunk, Effect, Fiber, Layer, Redacted, Stream } from "effect"

import { acquire, busy, head, options, run, Server, sleep, texts } from "../support/connections.js"
import { gone } from "../support/mysqlSource.js"

for (const vendor of ["mariadb", "mysql"] as const) {
  const server = ScratchServer.layer(Server, { vendor, arguments: ["--max-allowed-packet=64M"] })
  describe(vendor, () => {
    layer(Layer.provide(server, NodeContext.layer), { excludeTestServices: true })((it) => {
      it.scoped("says who it is, and gives raw bytes", () =>
        Effect.gen(function*() {
          const connection = yield* acquire
          assert.strictEqual(connection.server.vendor, vendor)
          assert.include((yield* Server).version, connection.server.version.join("."))
          assert.strictEqual(connection.maxAllowedPacket, 64 << 20)
          assert.deepStrictEqual(texts(yield* connection.query("SELECT CONNECTION_ID()")), [[`${connection.threadId}`]])
          const result = yield* connection.query("SELECT 1 AS a, NULL AS b, X'00ff27' AS `ü`, '' AS d")
          assert.deepStrictEqual(result.columns, ["a", "b", "ü", "d"])
          assert.deepStrictEqual(result.rows, [[Sql.bytes("1"), null, Uint8Array.of(0, 255, 39), new Uint8Array(0)]])
        }))

      it.scoped("lets no default of the server cut or change what is read", () =>
        Effect.gen(function*() {
          yield* Effect.scoped(Effect.flatMap(acquire, (connection) =>
            run(
              connection,
              "SET GLOBAL sql_select_limit = 1, GLOBAL wait_timeout = 5, GLOBAL autocommit = 0",
              "SET GLOBAL sql_mode = 'ANSI_QUOTES,STRICT_TRANS_TABLES', GLOBAL time_zone = '+03:00'"
            )))
          const connection = yield* acquire
          yield* Effect.addFinalizer(() =>
            Effect.orDie(run(
              connection,
              "SET GLOBAL sql_select_limit = DEFAULT, GLOBAL wait_timeout = 28800, GLOBAL autocommit = 1",
              "SET GLOBAL sql_mode = '', GLOBAL time_zone = 'SYSTEM'"
            ))
          )
          assert.lengthOf((yield* connection.query("SELECT 1 UNION ALL SELECT 2")).rows, 2)
          assert.deepStrictEqual(
            texts(
              yield* connection.query(
                "SELECT @@autocommit, @@wait_timeout, @@time_zone, @@character_set_client, @@sql_mode"
              )
            ),
            [["1", "2147483", "+00:00", "binary", "ANSI_QUOTES,STRICT_TRANS_TABLES"]]
          )
        }))

      it.scoped("reads rows as statements, again and again on one connection", () =>
        Effect.gen(function*() {
          const connection = yield* acquire
          const read = connection.insertStatements("SELECT 1, 'a' UNION ALL SELECT 2, NULL", {
            head,
            kinds: ["Number", "Text"],
            statementSize: 1000
          }).pipe(Stream.map(({ bytes, rows }) => ({ text: Sql.text(bytes), rows })), Stream.runCollect)
          const expected = [{ text: "INSERT INTO `t` VALUES(1,\"a\")\n,(2,NULL)\n;\n", rows: 2 }]
          assert.deepStrictEqual(Chunk.toReadonlyArray(yield* read), expected)
          assert.deepStrictEqual(Chunk.toReadonlyArray(yield* read), expected)
          const none = yield* connection.insertStatements("SELECT 1 FROM DUAL WHERE 1 = 0", {
            head,
            kinds: ["Number"],
            statementSize: 1000
          }).pipe(Stream.runCount)
          assert.strictEqual(none, 0)
        }))

      it.scoped("reads large results from a server that takes small packets only", () =>
        Effect.gen(function*() {
          const setting = (bytes: string) =>
            Effect.scoped(Effect.flatMap(acquire, (one) => run(one, `SET GLOBAL max_allowed_packet = ${bytes}`)))
          yield* Effect.acquireRelease(setting("4096"), () => Effect.orDie(setting(`${64 << 20}`)))
          const connection = yield* acquire
          assert.strictEqual(connection.maxAllowedPacket, 4096)
          for (const value of ["a", "x".repeat(1900), "x".repeat(3900), "b"]) {
            const select = `SELECT 1, '${value}'`
            const pieces = yield* connection.insertStatements(select, {
              head,
              kinds: ["Number", "Text"],
              statementSize: 1000
            }).pipe(Stream.runFold("", (all, { bytes }) => all + Sql.text(bytes)))
            assert.strictEqual(pieces, `${Sql.text(head)}(1,"${value}")\n;\n`)
          }
        }))

      it.scoped("asks for large results in no more words than people gave it", () =>
        Effect.gen(function*() {
          const connection = yield* acquire
          const rows = yield* connection.insertStatements(
            "SELECT INFO FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()",
            { head, kinds: ["Text"], statementSize: 1000 }
          ).pipe(Stream.runFold("", (all, { bytes }) => all + Sql.text(bytes)))
          assert.include(rows, "WHERE ID = CONNECTION_ID()\")\n")
        }))

      it.scoped("runs what many fibers ask one after the other", () =>
        Effect.gen(function*() {
          const connection = yield* acquire
          const asked = Array.from({ length: 50 }, (_, i) => `${i}`)
          const answers = yield* Effect.forEach(asked, (i) => connection.query(`SELECT ${i}`), {
            concurrency: "unbounded"
          })
          assert.deepStrictEqual(answers.map(texts), asked.map((i) => [[i]]))
        }))

      it.scoped("reads and writes values larger than a packet can be", () =>
        Effect.gen(function*() {
          const connection = yield* acquire
          const value = Buffer.alloc(20_000_000, Uint8Array.from({ length: 256 }, (_, i) => i))
          yield* run(connection, "CREATE DATABASE large", "CREATE TABLE large.t (a LONGBLOB)")
          const insert = Sql.bytes("INSERT INTO large.t VALUES (_binary ", Sql.quoteString(value), ")")
          assert.deepStrictEqual(yield* connection.execute(insert), { affectedRows: 1, warnings: 0 })
          const { rows } = yield* connection.query("SELECT a FROM large.t")
          assert.isTrue(value.equals(rows[0]?.[0] ?? new Uint8Array(0)))
          const pieces = yield* connection.insertStatements("SELECT a FROM large.t", {
            head,
            kinds: ["Binary"],
            statementSize: 1000
          }).pipe(Stream.runFold(Buffer.alloc(0), (all, { bytes }) => Buffer.concat([all, bytes])))
          const expected = Row.statements({ head, rows: [Row.encode(["Binary"], [value])], statementSize: 1000 })
          assert.isTrue(pieces.equals(expected[0]?.bytes ?? new Uint8Array(0)))
        }))

      for (const transcoder of ["wasm", "typescript"] as const) {
        it.scoped(`reads many rows, and one that is larger than a packet, with the transcoder of ${transcoder}`, () =>
          Effect.gen(function*() {
            const connection = yield* Effect.flatMap(
              options,
              (options) => Connection.acquire({ ...options, transcoder })
            )
            const count = 10_000
            yield* run(
              connection,
              `CREATE DATABASE many_${transcoder}`,
              `USE many_${transcoder}`,
              "CREATE TABLE t (id INT PRIMARY KEY, n DOUBLE, v VARCHAR(400), b VARBINARY(100), l LONGBLOB)",
              "INSERT INTO t VALUES (0, -0.5, 'a \\'quoted\\' text\\n', X'0027005c', '')",
              ...Array.from(
                { length: Math.ceil(Math.log2(count)) },
                (_, i) =>
                  `INSERT INTO t SELECT id + ${2 ** i}, (id + ${2 ** i}) / 7, REPEAT(CONCAT(v, id), 1 + id % 3), ` +
                  `IF(id % 5 = 0, NULL, UNHEX(HEX(id * 999983))), NULL FROM (SELECT id, LEFT(v, 100) AS v FROM t) s ` +
                  `WHERE id + ${2 ** i} < ${count}`
              ),
              "UPDATE t SET l = REPEAT('large ', 3000000) WHERE id = 7000"
            )
            const select = "SELECT id, n, v, b, l FROM t ORDER BY id"
            const kinds = ["Number", "Number", "Text", "Hex", "Binary"] as const
            const statementSize = 200_000
            const { rows } = yield* connection.query(select)
            assert.lengthOf(rows, count)
            const expected = Row.statements({ head, rows: rows.map((row) => Row.encode(kinds, row)), statementSize })
            const pieces = yield* connection.insertStatements(select, { head, kinds, statementSize }).pipe(
              Stream.map(({ bytes, rows }) => ({ bytes: Buffer.from(bytes), rows })),
              Stream.runCollect
            )
            const all = Chunk.toReadonlyArray(pieces)
            assert.strictEqual(all.reduce((sum, { rows }) => sum + rows, 0), count)
            assert.isTrue(
              Buffer.concat(all.map(({ bytes }) => bytes))
                .equals(Buffer.concat(Array.from(expected, ({ bytes }) => bytes)))
            )
          }))
      }

      it.scoped("sends statements of every length around the most that a packet holds", () =>
        Effect.gen(function*() {
          const connection = yield* acquire
          const most = 0xffffff
          for (const length of [most - 2, most - 1, most, most + 1, 2 * most - 1, 2 * most]) {
            const statement = Buffer.alloc(length, " ")
            statement.set(Sql.bytes("SELECT"))
            statement.set(Sql.bytes("7"), length - 1)
            const { rows } = yield* connection.query(statement)
            assert.deepStrictEqual(rows, [[Sql.bytes("7")]])
          }
        }))

      it.scoped("drains what a procedure answers, and goes on", () =>
        Effect.gen(function*() {
          const connection = yield* acquire
          yield* run(
            connection,
            "CREATE DATABASE p",
            "CREATE PROCEDURE p.p() BEGIN SELECT 1; SELECT 2, 3; SELECT 'x' WHERE 1 = 0; END"
          )
          assert.deepStrictEqual(texts(yield* connection.query("CALL p.p()")), [["1"]])
          yield* run(connection, "CALL p.p()")
          assert.deepStrictEqual(texts(yield* connection.query("SELECT 4")), [["4"]])
        }))

      it.scoped("kills a read on the server when nobody pulls any more", () =>
        Effect.gen(function*() {
          const watcher = yield* acquire
          const connection = yield* acquire
          yield* run(
            watcher,
            "CREATE DATABASE endless",
            "CREATE TABLE endless.t (a INT)",
            `INSERT INTO endless.t VALUES ${Array.from({ length: 1000 }, (_, i) => `(${i})`).join(",")}`
          )
          const rows = yield* connection.insertStatements(
            "SELECT REPEAT('x', 10000) FROM endless.t a, endless.t b",
            { head, kinds: ["Text"], statementSize: 100_000 }
          ).pipe(Stream.take(3), Stream.runFold(0, (sum, piece) => sum + piece.rows))
          assert.isAbove(rows, 10)
          yield* gone(watcher, connection.threadId)
          const error = yield* Effect.flip(connection.query("SELECT 1"))
          assert.strictEqual(error.reason, "ConnectionLost")
        }))

      it.scoped("kills a statement on the server when it is interrupted", () =>
        Effect.gen(function*() {
          const watcher = yield* acquire
          for (const how of ["query", "execute", "insertStatements"] as const) {
            const connection = yield* acquire
            const fiber = yield* Effect.fork(
              how === "insertStatements"
                ? Stream.runDrain(connection.insertStatements(sleep, { head, kinds: ["Number"], statementSize: 1 }))
                : connection[how](Sql.bytes(sleep))
            )
            yield* busy(watcher, connection.threadId)
            yield* Fiber.interrupt(fiber)
            yield* gone(watcher, connection.threadId)
          }
        }))

      it.scoped("needs no privilege to kill its own", () =>
        Effect.gen(function*() {
          const watcher = yield* acquire
          yield* run(watcher, "CREATE USER plain IDENTIFIED BY 'word'")
          const connection = yield* Connection.acquire({
            ...(yield* options),
            user: "plain",
            password: Redacted.make("word")
          })
          const fiber = yield* Effect.fork(connection.query(sleep))
          yield* busy(watcher, connection.threadId)
          yield* Fiber.interrupt(fiber)
          yield* gone(watcher, connection.threadId)
        }))

      it.scoped("closes the connection with the scope", () =>
        Effect.gen(function*() {
          const threadId = yield* Effect.scoped(Effect.map(acquire, (connection) => connection.threadId))
          yield* gone(yield* acquire, threadId)
        }))

      it.scoped("says that the connection is lost when somebody kills it, at work or idle", () =>
        Effect.gen(function*() {
          const watcher = yield* acquire
          const atWork = yield* acquire
          const idle = yield* acquire
          const fiber = yield* Effect.fork(Effect.flip(atWork.query(sleep)))
          yield* busy(watcher, atWork.threadId)
          yield* run(watcher, `KILL ${atWork.threadId}`, `KILL ${idle.threadId}`)
          assert.strictEqual((yield* Fiber.join(fiber)).reason, "ConnectionLost")
          yield* gone(watcher, idle.threadId)
          assert.strictEqual((yield* Effect.flip(idle.query("SELECT 1"))).reason, "ConnectionLost")
        }))

      it.scoped("fails when the columns are not those that were expected", () =>
        Effect.gen(function*() {
          const connection = yield* acquire
          const error = yield* connection.insertStatements("SELECT 1, 2", { head, kinds: ["Number"], statementSize: 9 })
            .pipe(Stream.runDrain, Effect.flip)
          assert.strictEqual(error.reason, "DefinitionChanged")
        }))

      it.scoped("fails when the server gives up amid the rows", () =>
        Effect.gen(function*() {
          const connection = yield* acquire
          yield* run(
            connection,
            "CREATE DATABASE amid",
            "CREATE TABLE amid.t (a INT)",
            "INSERT INTO amid.t VALUES (1), (2), (3)"
          )
          const error = yield* connection.insertStatements(
            "SELECT a, (SELECT b.a FROM amid.t b WHERE b.a >= amid.t.a) FROM amid.t ORDER BY a DESC",
            { head, kinds: ["Number", "Number"], statementSize: 9 }
          ).pipe(Stream.runDrain, Effect.flip)
          assert.strictEqual(error.errno, 1242)
          assert.deepStrictEqual(texts(yield* connection.query("SELECT 1")), [["1"]])
        }))

      it.scoped("tells why it cannot connect, and never the password", () =>
        Effect.gen(function*() {
          const good = yield* options
          const secret = "do-not-show"
          const tries = {
            AccessDenied: { ...good, password: Redacted.make(secret) },
            Connect: { ...good, port: 1, password: Redacted.make(secret) }
          }
          for (const [reason, wrong] of Object.entries(tries)) {
            const error = yield* Effect.flip(Effect.scoped(Connection.acquire(wrong)))
            assert.strictEqual(error.reason, reason)
            const shown = error.toSource("cannot connect to the source server")
            assert.notInclude(JSON.stringify([error, shown, shown.message, error.stack]), secret)
            assert.isDefined(shown.advice)
          }
          const noSocket = yield* Effect.flip(
            Effect.scoped(Connection.acquire({ ...good, socketPath: "/nowhere/server.sock" }))
          )
          assert.strictEqual(noSocket.reason, "Connect")
          assert.include(noSocket.detail, "/nowhere/server.sock")
          const noPort = yield* Effect.flip(Effect.scoped(Connection.acquire({ ...good, port: 1_000_000 })))
          assert.strictEqual(noPort.reason, "Connect")
        }))

      it.scoped("tells what a refusal means", () =>
        Effect.gen(function*() {
          const root = yield* acquire
          yield* run(
            root,
            "CREATE DATABASE sorted",
            "CREATE TABLE sorted.t (a INT PRIMARY KEY) ENGINE = InnoDB",
            "INSERT INTO sorted.t VALUES (1), (2)",
            "CREATE USER nobody IDENTIFIED BY 'x'"
          )
          const nobody = yield* Connection.acquire({
            ...(yield* options),
            user: "nobody",
            password: Redacted.make("x")
          })
          const reasons = (connection: Connection.RawConnection, ...statements: ReadonlyArray<string>) =>
            Effect.forEach(statements, (sql) => Effect.map(Effect.flip(connection.query(sql)), ({ reason }) => reason))
          assert.deepStrictEqual(
            yield* reasons(
              root,
              "USE nope",
              "SELECT * FROM sorted.nope",
              "CREATE TABLE sorted.t (a INT)",
              "CREATE DATABASE sorted",
              "INSERT INTO sorted.t VALUES (1)",
              "SELEKT 1",
              "SET NAMES nope",
              "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE sorted.t"
            ),
            [
              "UnknownDatabase",
              "UnknownTable",
              "AlreadyExists",
              "AlreadyExists",
              "Statement",
              "Statement",
              "Unsupported",
              "Unsupported"
            ]
          )
          assert.deepStrictEqual(
            yield* reasons(nobody, "USE sorted", "SELECT * FROM sorted.t", "FLUSH TABLES"),
            ["Privilege", "Privilege", "Privilege"]
          )
        }))

      it.scoped("tells a deadlock from a lock that is not given", () =>
        Effect.gen(function*() {
          const one = yield* acquire
          const two = yield* acquire
          yield* run(
            one,
            "CREATE DATABASE locks",
            "CREATE TABLE locks.t (a INT PRIMARY KEY, b INT) ENGINE = InnoDB",
            "INSERT INTO locks.t VALUES (1, 0), (2, 0)"
          )
          const begin = "START TRANSACTION"
          const update = (a: number) => `UPDATE locks.t SET b = b + 1 WHERE a = ${a}`
          yield* run(one, begin, update(1))
          yield* run(two, begin, "SET SESSION innodb_lock_wait_timeout = 1")
          const late = yield* Effect.flip(run(two, update(1)))
          assert.strictEqual(late.reason, "LockTimeout")

          yield* run(two, "SET SESSION innodb_lock_wait_timeout = 50", update(2))
          const crossed = yield* Effect.all([Effect.either(run(one, update(2))), Effect.either(run(two, update(1)))], {
            concurrency: 2
          })
          assert.deepStrictEqual(
            crossed.flatMap((outcome) => outcome._tag === "Left" ? [outcome.left.reason] : []),
            ["Deadlock"]
          )
        }))
    })
  })
}
