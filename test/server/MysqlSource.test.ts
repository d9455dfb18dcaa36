import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import * as Sql from "@sluice/format/Sql"
import * as Consistency from "@sluice/mysql/Consistency"
import { Effect, Exit, Fiber, Option, Redacted } from "effect"

import { eventually } from "../support/eventually.js"
import {
  ask,
  chunksOf,
  connect,
  contentOf,
  everythingIn,
  inOneChunk,
  run,
  snapshotOf,
  statementsOf,
  textOf
} from "../support/mysqlSource.js"
import { fresh, oneServerWith } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

describeVendors("MysqlSource", (vendor) => {
  layer(oneServerWith(vendor, ["--log-bin"]), { excludeTestServices: true, timeout: "10 minutes" })((it) => {
    it.scoped("all readers see one moment, and nobody is kept from writing afterwards", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh(
          "moment",
          "CREATE TABLE a (id INT PRIMARY KEY, v INT)",
          "CREATE TABLE b LIKE a",
          "INSERT INTO a VALUES (1, 1), (2, 1), (3, 1), (4, 1)",
          "INSERT INTO b VALUES (1, 1)"
        )
        const snapshot = yield* snapshotOf(server, everythingIn("moment"), { readers: 3 })
        yield* run(connection, "UPDATE a SET v = 2", "INSERT INTO b VALUES (2, 2)", "DELETE FROM a WHERE id = 4")
        const [chunk] = yield* chunksOf(snapshot, "a", inOneChunk)
        assert.isDefined(chunk)
        // More often than there are readers and spare ones, so that each of them has its turn.
        const texts = yield* Effect.forEach(
          Array.from({ length: 12 }),
          () =>
            Effect.map(statementsOf(snapshot, chunk), (pieces) => pieces.map(({ bytes }) => Sql.text(bytes)).join("")),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(texts, texts.map(() => "INSERT INTO `a` VALUES(1,1)\n,(2,1)\n,(3,1)\n,(4,1)\n;\n"))
        assert.strictEqual(yield* textOf(snapshot, "b"), "INSERT INTO `b` VALUES(1,1)\n;\n")
        assert.include(snapshot.catalog.consistency, "one snapshot on 5 connections")
      }))

    it.scoped("all readers see one moment while others write all the time", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh(
          "busy",
          "CREATE TABLE a (v INT PRIMARY KEY)",
          "CREATE TABLE b LIKE a",
          "INSERT INTO a VALUES (0)",
          "INSERT INTO b VALUES (0)"
        )
        const writer = yield* connect(server)
        yield* run(writer, "USE busy")
        const writing = yield* run(
          writer,
          "START TRANSACTION",
          "UPDATE a SET v = v + 1",
          "UPDATE b SET v = v + 1",
          "COMMIT"
        ).pipe(Effect.forever, Effect.fork)
        const watcher = yield* connect(server)
        const written = Effect.map(ask(watcher, "SELECT v FROM busy.a"), ([row]) => Number(row?.[0]))
        yield* eventually(written, (now) => now > 0)
        for (let round = 0; round < 5; round++) {
          yield* Effect.scoped(Effect.gen(function*() {
            const snapshot = yield* snapshotOf(server, everythingIn("busy"), { readers: 4 })
            const before = yield* written
            yield* eventually(written, (now) => now > before)
            const texts = yield* Effect.forEach(
              Array.from({ length: 8 }, (_, i) => i % 2 === 0 ? "a" : "b"),
              (table) => textOf(snapshot, table),
              { concurrency: "unbounded" }
            )
            const values = new Set(texts.map((text) => /VALUES\((\d+)\)/.exec(text)?.[1]))
            assert.strictEqual(values.size, 1)
          }))
        }
        yield* Fiber.interrupt(writing)
      }))

    it.scoped("tells the binary log's position that belongs to the snapshot", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh("position", "CREATE TABLE t (id INT PRIMARY KEY)")
        const status = vendor === "mysql" ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS"
        const [[file, position] = []] = yield* ask(connection, status)
        const snapshot = yield* snapshotOf(server, everythingIn("position"))
        yield* run(connection, "INSERT INTO t VALUES (1)")
        assert.strictEqual(snapshot.catalog.position.get("SOURCE_LOG_FILE"), `"${file}"`)
        assert.strictEqual(snapshot.catalog.position.get("SOURCE_LOG_POS"), position)
      }))

    it.scoped("names the databases that are not there", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh("known")
        const error = yield* Effect.flip(snapshotOf(server, everythingIn("known", "nowhere", "no`where")))
        assert.strictEqual(error.reason, "UnknownDatabase")
        assert.include(error.message, "`nowhere`, `no``where`")
      }))

    it.scoped("takes all databases but the server's own when none is named", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh("alone")
        const snapshot = yield* snapshotOf(server, { ...everythingIn(), databases: Option.none() })
        const names = snapshot.catalog.databases.map((database) => database.name)
        assert.include(names, "alone")
        for (const own of ["mysql", "sys", "information_schema", "performance_schema"]) {
          assert.notInclude(names, own)
        }
      }))

    it.scoped("tells of a wrong password before anything else", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh("password")
        const login = { user: "root", password: Redacted.make("wrong") }
        const error = yield* Effect.flip(snapshotOf(server, everythingIn("password"), { login }))
        assert.strictEqual(error.reason, "AccessDenied")
        assert.include(error.message, "cannot connect to the source server")
      }))

    it.scoped("an account that may not lock gets a snapshot that says so", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh(
          "humble",
          "CREATE TABLE t (id INT PRIMARY KEY)",
          "INSERT INTO t VALUES (1)",
          "DROP USER IF EXISTS humble",
          "CREATE USER humble IDENTIFIED BY 'secret'",
          "GRANT SELECT, TRIGGER, EVENT, EXECUTE, SHOW VIEW ON humble.* TO humble"
        )
        const login = { user: "humble", password: Redacted.make("secret") }
        const take = Effect.gen(function*() {
          const snapshot = yield* snapshotOf(server, everythingIn("humble"), { login, readers: 3 })
          yield* run(connection, "INSERT INTO t SELECT MAX(id) + 1 FROM t")
          return { catalog: snapshot.catalog, text: yield* textOf(snapshot, "t") }
        }).pipe(Effect.scoped)
        const grant = (privilege: string) => run(connection, `GRANT ${privilege} ON *.* TO humble`)
        if (vendor === "mysql") {
          // MySQL tells nobody where his snapshot stands, and the log's position only to the privileged.
          const error = yield* Effect.flip(take)
          assert.strictEqual(error.reason, "Privilege")
          assert.include(error.message, "RELOAD or FLUSH_TABLES, or LOCK TABLES on `humble`, or REPLICATION CLIENT")
          yield* grant("REPLICATION CLIENT")
        }
        const proven = yield* take
        assert.strictEqual(proven.text, "INSERT INTO `t` VALUES(1)\n;\n")
        assert.include(proven.catalog.consistency, "snapshot: one snapshot on 5 connections, taken without a lock and")
        assert.include(proven.catalog.consistency, "as the server refused FLUSH TABLES WITH READ LOCK")
        assert.isTrue(proven.catalog.position.has("SOURCE_LOG_FILE"))
        const global = yield* Effect.flip(
          snapshotOf(server, everythingIn("humble"), { login, lockMode: Consistency.LockMode.Ftwrl() })
        )
        assert.include(global.message, "the lock mode FTWRL needs RELOAD")
        const all = { login, lockMode: Consistency.LockMode.LockAll(), ddl: Consistency.Ddl.Detect() }
        const lacking = yield* Effect.flip(snapshotOf(server, everythingIn("humble"), all))
        assert.include(lacking.message, "the lock mode LOCK_ALL needs LOCK TABLES on `humble`")
        assert.include(lacking.message, "--ddl=detect needs PROCESS")
        assert.strictEqual(vendor === "mariadb", lacking.message.includes("needs BINLOG ADMIN"))
        yield* grant(vendor === "mariadb" ? "LOCK TABLES, PROCESS, BINLOG ADMIN" : "LOCK TABLES, PROCESS")
        const locked = yield* snapshotOf(server, everythingIn("humble"), all)
        assert.include(locked.catalog.consistency, "taken under LOCK TABLES ... READ")
      }))

    it.scoped("an account that would not be shown triggers, routines or events is refused, and told what it lacks", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh(
          "blind",
          "CREATE TABLE t (id INT PRIMARY KEY)",
          "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
          "DROP USER IF EXISTS blind",
          "CREATE USER blind IDENTIFIED BY 'secret'",
          "GRANT SELECT, LOCK TABLES ON blind.* TO blind"
        )
        const login = { user: "blind", password: Redacted.make("secret") }
        const error = yield* Effect.flip(snapshotOf(server, everythingIn("blind"), { login }))
        assert.strictEqual(error.reason, "Privilege")
        assert.include(error.message, "triggers of `blind` need TRIGGER")
        assert.include(error.message, "events of `blind` need EVENT")
        const selection = { ...everythingIn("blind"), triggers: false, routines: false, events: false }
        const snapshot = yield* snapshotOf(server, selection, { login })
        assert.strictEqual(snapshot.catalog.databases.length, 1)
      }))

    it.scoped("refuses by name what it would have to guess or to lose", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh(
          "refused",
          "CREATE TABLE t (id INT PRIMARY KEY)",
          "CREATE VIEW v AS SELECT id FROM t",
          "DROP TABLE t"
        )
        if (vendor === "mariadb") {
          const error = yield* Effect.flip(snapshotOf(server, everythingIn("refused")))
          assert.strictEqual(error.reason, "Unsupported")
          assert.include(error.message, "`refused`.`v`")
        } else {
          const snapshot = yield* Effect.exit(snapshotOf(server, everythingIn("refused")))
          // MySQL keeps the columns of a view whose table is gone.
          assert.isTrue(Exit.isSuccess(snapshot) || snapshot.cause.toString().includes("`refused`.`v`"))
        }
      }))

    it.scoped("names the table that the server cannot open", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh(
          "broken",
          "CREATE TABLE a (id INT PRIMARY KEY)",
          "CREATE TABLE t (id INT PRIMARY KEY) ENGINE=MyISAM",
          "FLUSH TABLES"
        )
        const fs = yield* FileSystem.FileSystem
        const [datadir = ""] = (yield* ask(connection, "SELECT @@datadir"))[0] ?? []
        yield* fs.remove(`${datadir}/broken/t.MYI`)
        const error = yield* Effect.scoped(Effect.flip(snapshotOf(server, everythingIn("broken"))))
        yield* run(connection, "DROP TABLE IF EXISTS t")
        assert.include(error.message, "`broken`.`t`")
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scoped("says which tables no snapshot holds, and that they were locked, or not", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh(
          "engines",
          "CREATE TABLE plain (id INT PRIMARY KEY) ENGINE = MyISAM",
          "CREATE TABLE proper (id INT PRIMARY KEY) ENGINE = InnoDB"
        )
        const snapshot = yield* snapshotOf(server, everythingIn("engines"))
        assert.match(
          snapshot.catalog.consistency,
          /^snapshot: .*held by a lock until they were read.*`plain` \(MyISAM\)/
        )
        assert.notInclude(snapshot.catalog.consistency, "proper")
        const unlocked = yield* snapshotOf(server, everythingIn("engines"), { lockMode: Consistency.LockMode.NoLock() })
        assert.match(unlocked.catalog.consistency, /^unproven: .*read as they were when their turn came.*`plain`/)
        assert.strictEqual(unlocked.catalog.position.size, 0)
        const refused = yield* Effect.flip(snapshotOf(server, everythingIn("engines"), { transactionalOnly: true }))
        assert.include(refused.message, "`engines`.`plain` (MyISAM)")
      }))

    it.scoped("reads rows of tables with generated and invisible columns, and with nothing else", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh(
          "columns",
          "CREATE TABLE g (id INT PRIMARY KEY, d INT AS (id * 2) STORED, v VARCHAR(9))",
          "INSERT INTO g (id, v) VALUES (1, 'a')",
          "CREATE TABLE i (id INT PRIMARY KEY, h INT INVISIBLE)",
          "INSERT INTO i (id, h) VALUES (1, 2)",
          "CREATE TABLE e (d INT AS (1) VIRTUAL)",
          "INSERT INTO e () VALUES (), (), ()",
          "CREATE TABLE p (id INT PRIMARY KEY)",
          "INSERT INTO p VALUES (1)"
        )
        const snapshot = yield* snapshotOf(server, everythingIn("columns"))
        assert.strictEqual(yield* textOf(snapshot, "g"), "INSERT INTO `g` (`id`,`v`) VALUES(1,\"a\")\n;\n")
        assert.strictEqual(yield* textOf(snapshot, "i"), "INSERT INTO `i` (`id`,`h`) VALUES(1,2)\n;\n")
        assert.strictEqual(yield* textOf(snapshot, "e"), "INSERT INTO `e` () VALUES()\n,()\n,()\n;\n")
        assert.strictEqual(yield* textOf(snapshot, "p"), "INSERT INTO `p` VALUES(1)\n;\n")
        assert.strictEqual(
          yield* textOf(snapshot, "p", undefined, { completeInsert: true }),
          "INSERT INTO `p` (`id`) VALUES(1)\n;\n"
        )
        const pieces = yield* contentOf(snapshot, "e", undefined, { statementSize: 30 })
        assert.strictEqual(pieces.reduce((sum, piece) => sum + piece.rows, 0), 3)
        assert.isAbove(pieces.length, 1)
      }))

    it.scoped("reads timestamps in UTC, or in the server's time zone", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh(
          "zones",
          "SET GLOBAL time_zone = '+05:00'",
          "SET time_zone = '+00:00'",
          "CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP NULL)",
          "INSERT INTO t VALUES (1, '2024-02-03 04:05:06')"
        )
        yield* Effect.addFinalizer(() => Effect.ignore(run(connection, "SET GLOBAL time_zone = 'SYSTEM'")))
        const snapshot = yield* snapshotOf(server, everythingIn("zones"), { readers: 1 })
        assert.include(yield* textOf(snapshot, "t", undefined, { utc: true }), "2024-02-03 04:05:06")
        assert.include(yield* textOf(snapshot, "t", undefined, { utc: false }), "2024-02-03 09:05:06")
        assert.include(yield* textOf(snapshot, "t", undefined, { utc: true }), "2024-02-03 04:05:06")
      }))

    it.scoped("an open snapshot gives its catalog in order", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh(
          "listed",
          "CREATE TABLE b (id INT PRIMARY KEY)",
          "CREATE TABLE a (id INT PRIMARY KEY)",
          "CREATE VIEW c AS SELECT id FROM a"
        )
        const snapshot = yield* snapshotOf(server, everythingIn("listed"))
        assert.deepStrictEqual(
          snapshot.catalog.databases.map((database) => [
            database.name,
            database.tables.map((table) => `${table.kind} ${table.name}`)
          ]),
          [["listed", ["Table a", "Table b", "View c"]]]
        )
        const tablesOnly = yield* snapshotOf(server, { ...everythingIn("listed"), views: false })
        assert.strictEqual(tablesOnly.catalog.databases[0]?.tables.length, 2)
      }))
  })
})
