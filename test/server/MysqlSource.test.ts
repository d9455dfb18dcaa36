import { assert, layer } from "@effect/vitest"
import * as Sql from "@sluice/format/Sql"
import * as Consistency from "@sluice/mysql/Consistency"
import type * as ScratchServer from "@sluice/testing/ScratchServer"
import { Effect, Exit, Fiber, Option, Redacted, Schedule, Stream } from "effect"

import {
  ask,
  chunksOf,
  connect,
  contentOf,
  everythingIn,
  inChunksOf,
  inOneChunk,
  readOptions,
  run,
  snapshotOf,
  statementsOf,
  textOf
} from "../support/mysqlSource.js"
import { fresh, oneServerWith } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

describeVendors("MysqlSource", (vendor) => {
  layer(oneServerWith(vendor, ["--log-bin"]), { excludeTestServices: true, timeout: "10 minutes" })((it) => {
    const numbers = (table: string, count: number) => [
      `CREATE TABLE ${table} (id INT PRIMARY KEY, v VARCHAR(200))`,
      `INSERT INTO ${table} VALUES (1, REPEAT('x', 100))`,
      ...Array.from(
        { length: Math.ceil(Math.log2(count)) },
        () => `INSERT INTO ${table} SELECT id + (SELECT MAX(id) FROM ${table}), v FROM ${table}`
      ),
      `DELETE FROM ${table} WHERE id > ${count}`
    ]

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
        for (let round = 0; round < 5; round++) {
          yield* Effect.scoped(Effect.gen(function*() {
            const snapshot = yield* snapshotOf(server, everythingIn("busy"), { readers: 4 })
            const texts = yield* Effect.forEach(
              Array.from({ length: 8 }, (_, i) => i % 2 === 0 ? "a" : "b"),
              (table) => textOf(snapshot, table),
              { concurrency: "unbounded" }
            )
            const values = new Set(texts.map((text) => /VALUES\((\d+)\)/.exec(text)?.[1]))
            assert.strictEqual(values.size, 1)
          }))
        }
        const [[rounds] = []] = yield* ask(yield* connect(server), "SELECT v FROM busy.a")
        assert.isAbove(Number(rounds), 0)
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

    const connectionsOf = (server: ScratchServer.ScratchServer) =>
      Effect.scoped(
        Effect.flatMap(connect(server), (connection) =>
          Effect.map(ask(connection, "SHOW FULL PROCESSLIST"), (rows) =>
            rows.filter((row) => row[1] === "root").length))
      )

    it.scoped("closes every connection with its scope", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh("closing", ...numbers("t", 1000))
        const before = yield* connectionsOf(server)
        const inside = yield* Effect.scoped(
          Effect.zipRight(snapshotOf(server, everythingIn("closing"), { readers: 3, spare: 0 }), connectionsOf(server))
        )
        // Three readers, one for all else, one that checks tables, and on MariaDB the one that keeps definitions: what
        // took the snapshot is gone already.
        assert.strictEqual(inside, before + (vendor === "mariadb" ? 6 : 5))
        yield* connectionsOf(server).pipe(
          Effect.repeat({ until: (count) => count === before, schedule: Schedule.spaced("20 millis") }),
          Effect.timeout("10 seconds")
        )
      }))

    it.scoped("lets go of everything when it is interrupted while it waits for the lock", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh("interrupted", "CREATE TABLE t (id INT PRIMARY KEY)")
        const before = yield* connectionsOf(server)
        const busy = yield* connect(server)
        // Whoever writes keeps the global lock from being taken.
        yield* run(busy, "USE interrupted", "LOCK TABLES t WRITE")
        const fiber = yield* Effect.fork(Effect.scoped(snapshotOf(server, everythingIn("interrupted"))))
        yield* ask(connection, "SHOW FULL PROCESSLIST").pipe(
          Effect.repeat({
            until: (rows) =>
              rows.some((row) => /^FLUSH .*TABLES/.test(row[7] ?? "") && (row[6] ?? "").startsWith("Wait")),
            schedule: Schedule.spaced("20 millis")
          }),
          Effect.timeout("20 seconds")
        )
        yield* Fiber.interrupt(fiber)
        yield* connectionsOf(server).pipe(
          Effect.repeat({ until: (count) => count === before + 1, schedule: Schedule.spaced("20 millis") }),
          Effect.timeout("10 seconds")
        )
        yield* run(busy, "UNLOCK TABLES")
        yield* Effect.timeout(run(connection, "INSERT INTO t VALUES (1)"), "10 seconds")
      }))

    it.scoped("closes every connection when it is interrupted while it reads", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh("cut", ...numbers("t", 100_000))
        const before = yield* connectionsOf(server)
        const fiber = yield* Effect.fork(Effect.scoped(Effect.gen(function*() {
          const snapshot = yield* snapshotOf(server, everythingIn("cut"), { readers: 3 })
          const [chunk] = yield* chunksOf(snapshot, "t", inOneChunk)
          assert.isDefined(chunk)
          // A reader that nobody pulls from: its statement stays open on the server.
          const read = Stream.runForEach(snapshot.read(chunk, { ...readOptions, statementSize: 1000 }), () =>
            Effect.never)
          yield* Effect.all([read, read, read, read], { concurrency: "unbounded" })
        })))
        yield* ask(connection, "SHOW FULL PROCESSLIST").pipe(
          Effect.repeat({
            until: (rows) =>
              rows.filter((row) => /^SELECT .* FROM `cut`/.test(row[7] ?? "")).length === 3,
            schedule: Schedule.spaced("20 millis")
          }),
          Effect.timeout("20 seconds")
        )
        yield* Fiber.interrupt(fiber)
        yield* connectionsOf(server).pipe(
          Effect.repeat({ until: (count) => count === before, schedule: Schedule.spaced("20 millis") }),
          Effect.timeout("10 seconds")
        )
      }))

    it.scoped("an interrupted read costs its connection, and a spare one takes its place in the snapshot", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh("spare", ...numbers("t", 100_000))
        const snapshot = yield* snapshotOf(server, everythingIn("spare"), { readers: 1, spare: 1 })
        yield* run(connection, "DELETE FROM t WHERE id > 10")
        const [chunk] = yield* chunksOf(snapshot, "t", inChunksOf(1_000_000))
        assert.isDefined(chunk)
        const read = snapshot.read(chunk, { ...readOptions, statementSize: 1000 })
        const cut = yield* Stream.runCollect(Stream.take(read, 1))
        assert.strictEqual(cut.length, 1)
        const rows = yield* Stream.runFold(read, 0, (sum, piece) => sum + piece.rows)
        assert.strictEqual(rows, 100_000)
        yield* Stream.runDrain(Stream.take(read, 1))
        const error = yield* Effect.flip(Stream.runDrain(read))
        assert.strictEqual(error.reason, "ConnectionLost")
        assert.include(error.message, "no connection of the snapshot is left")
      }))

    it.scoped("reads no more chunks at once than it has readers, and a killed connection is told and replaced", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh("killed", ...numbers("t", 200_000))
        const snapshot = yield* snapshotOf(server, everythingIn("killed"), { readers: 1, spare: 1 })
        const [chunk] = yield* chunksOf(snapshot, "t", inChunksOf(1_000_000))
        assert.isDefined(chunk)
        const read = snapshot.read(chunk, { ...readOptions, statementSize: 1000 })
        const error = yield* read.pipe(
          Stream.zipWithIndex,
          Stream.runForEach(([, i]) =>
            i !== 0 ? Effect.void : Effect.gen(function*() {
              const rows = yield* ask(connection, "SHOW FULL PROCESSLIST")
              const reading = rows.filter((row) => /^SELECT .* FROM `killed`/.test(row[7] ?? ""))
              assert.strictEqual(reading.length, 1)
              yield* run(connection, `KILL ${reading[0]?.[0]}`)
            })
          ),
          Effect.flip
        )
        assert.strictEqual("reason" in error ? error.reason : "", "ConnectionLost")
        assert.isTrue("isRetryable" in error && error.isRetryable)
        assert.strictEqual(yield* Stream.runFold(read, 0, (sum, piece) => sum + piece.rows), 200_000)
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

    it.scoped("does not wait for ever for the lock", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh("patience", "CREATE TABLE t (id INT PRIMARY KEY)")
        const busy = yield* connect(server)
        yield* run(busy, "USE patience", "LOCK TABLES t WRITE")
        const error = yield* Effect.flip(snapshotOf(server, everythingIn("patience"), { lockWait: "1 second" }))
        assert.strictEqual(error.reason, "LockTimeout")
        yield* run(busy, "UNLOCK TABLES", "INSERT INTO t VALUES (1)")
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
