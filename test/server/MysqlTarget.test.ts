import { NodeContext } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import * as Connection from "@sluice/mysql/Connection"
import * as MysqlTarget from "@sluice/mysql/MysqlTarget"
import * as Target from "@sluice/pipeline/Target"
import * as ScratchServer from "@sluice/testing/ScratchServer"
import { Context, Effect, Layer, Redacted } from "effect"

class Server extends Context.Tag("Server")<Server, ScratchServer.ScratchServer>() {}

const options = Effect.map(Server, (server): MysqlTarget.Options => ({
  host: server.host,
  port: server.port,
  user: server.user,
  password: server.password,
  binlog: true
}))

const sessionWith = (options: MysqlTarget.Options) =>
  Effect.flatMap(Target.Target, (target) => target.session).pipe(Effect.provide(MysqlTarget.layer(options)))

const session = Effect.flatMap(options, sessionWith)

const execute = (session: Target.Session, ...statements: ReadonlyArray<string>) =>
  Effect.forEach(statements, (statement) => session.execute(Sql.bytes(statement)))

/** What a query gives, over a connection beside the session. */
const ask = (query: string) =>
  Effect.flatMap(options, Connection.acquire).pipe(
    Effect.flatMap((connection) => connection.query(query)),
    Effect.map(({ rows }) => rows.map((row) => row.map((value) => value === null ? null : Sql.text(value)))),
    Effect.scoped
  )

/** What the session says of itself, by writing it into a table of its own. */
const settingsOf = (session: Target.Session, database: string, ...names: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    yield* execute(
      session,
      `DROP TABLE IF EXISTS ${database}.said`,
      `CREATE TABLE ${database}.said AS SELECT ${names.map((name, i) => `@@SESSION.${name} AS c${i}`).join(", ")}`
    )
    return (yield* ask(`SELECT * FROM ${database}.said`))[0] ?? []
  })

const headOf = (mode: string) => `/*!40101 SET SQL_MODE='${mode}'*/`

for (const vendor of ["mariadb", "mysql"] as const) {
  const server = ScratchServer.layer(Server, { vendor, arguments: ["--max-allowed-packet=1M", "--log-bin"] })
  describe(vendor, () => {
    layer(Layer.provide(server, NodeContext.layer), { excludeTestServices: true })((it) => {
      it.scoped("runs bytes as they are, and counts", () =>
        Effect.gen(function*() {
          const target = yield* session
          yield* execute(target, "CREATE DATABASE raw", "CREATE TABLE raw.t (a VARCHAR(300) CHARSET utf8mb4, b BLOB)")
          yield* target.use("raw")
          yield* target.prepareForRows
          const all = Uint8Array.from({ length: 256 }, (_, i) => i)
          const rows = [[Sql.bytes("naïve 🎈 Ω"), all], [Sql.bytes("it's \\ \"q\"\n"), new Uint8Array(0)], [null, null]]
          const [statement] = Row.statements({
            head: Row.insertHead({ table: "t" }),
            rows: rows.map((row) => Row.encode(["Text", "Binary"], row)),
            statementSize: 1_000_000
          })
          const bytes = Uint8Array.from(statement?.bytes ?? []).subarray(0, -2)
          assert.deepStrictEqual(yield* target.execute(bytes), { affectedRows: 3, warnings: 0 })
          assert.deepStrictEqual(
            yield* ask("SELECT HEX(a), HEX(b) FROM raw.t"),
            rows.map((row) => row.map((cell) => cell === null ? null : Buffer.from(cell).toString("hex").toUpperCase()))
          )
        }))

      it.scoped("is strict about rows under every head of a file, and keeps how it reads them", () =>
        Effect.gen(function*() {
          const target = yield* session
          yield* execute(
            target,
            "CREATE DATABASE strict",
            "CREATE TABLE strict.t (id INT AUTO_INCREMENT PRIMARY KEY, s VARCHAR(3), d DATE, n TINYINT)"
          )
          const modes = ["", "NO_AUTO_VALUE_ON_ZERO", "TRADITIONAL", "NO_ZERO_DATE,NO_ZERO_IN_DATE,STRICT_TRANS_TABLES"]
          for (const mode of modes) {
            yield* target.prepareForDefinitions
            yield* execute(target, headOf(mode), "TRUNCATE strict.t")
            yield* target.prepareForRows
            yield* execute(
              target,
              "INSERT INTO strict.t VALUES (0, 'abc', '0000-00-00', 1), (2, 'x', '2020-02-31', 1), (3, 'x', '2020-00-10', 1)"
            )
            assert.deepStrictEqual(yield* ask("SELECT id, d FROM strict.t ORDER BY id"), [
              ["0", "0000-00-00"],
              ["2", "2020-02-31"],
              ["3", "2020-00-10"]
            ])
            for (const values of ["9, 'abcd', '2020-01-01', 1", "9, 'x', 'soon', 1", "9, 'x', '2020-01-01', 300"]) {
              const error = yield* Effect.flip(target.execute(Sql.bytes(`INSERT INTO strict.t VALUES (${values})`)))
              assert.strictEqual(error.reason, "Statement")
            }
          }
          yield* execute(target, headOf("ANSI_QUOTES,NO_BACKSLASH_ESCAPES"))
          yield* target.prepareForRows
          yield* execute(target, String.raw`INSERT INTO "strict"."t" VALUES (7, 'a\', '2020-01-01', 1)`)
          yield* execute(target, headOf("ANSI_QUOTES"))
          yield* target.prepareForRows
          yield* execute(target, String.raw`INSERT INTO "strict"."t" VALUES (8, 'a\\', '2020-01-01', 1)`)
          assert.deepStrictEqual(yield* ask("SELECT s FROM strict.t WHERE id IN (7, 8)"), [["a\\"], ["a\\"]])
        }))

      it.scoped("sets what checks rows and definitions, whatever was there before", () =>
        Effect.gen(function*() {
          const target = yield* session
          yield* execute(target, "CREATE DATABASE checks")
          const checks = [
            "foreign_key_checks",
            "unique_checks",
            ...(vendor === "mariadb" ? ["check_constraint_checks"] : [])
          ]
          yield* execute(target, "SET foreign_key_checks = 1, unique_checks = 1")
          yield* target.prepareForRows
          assert.deepStrictEqual(
            yield* settingsOf(target, "checks", ...checks),
            vendor === "mariadb" ? ["0", "1", "0"] : ["0", "0"]
          )
          yield* execute(
            target,
            "SET foreign_key_checks = 1, time_zone = '+05:00', NAMES latin1",
            headOf("ANSI_QUOTES")
          )
          yield* target.prepareForDefinitions
          // a file that needs another zone than the server's says so
          assert.deepStrictEqual(
            yield* settingsOf(target, "checks", ...checks, "time_zone", "character_set_client"),
            [...(vendor === "mariadb" ? ["0", "1", "0"] : ["0", "1"]), "SYSTEM", "binary"]
          )
          // A child before its parent, a zero date as a default, an engine that is not there.
          yield* execute(
            target,
            "CREATE TABLE checks.child (a INT, FOREIGN KEY (a) REFERENCES checks.parent (a))",
            "CREATE TABLE checks.parent (a INT PRIMARY KEY, d DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00')"
          )
          const error = yield* Effect.flip(target.execute(Sql.bytes("CREATE TABLE checks.x (a INT) ENGINE=NOPE")))
          assert.strictEqual(error.reason, "Unsupported")
        }))

      it.scoped("commits, rolls back, and rolls back what is open when the scope closes", () =>
        Effect.gen(function*() {
          const target = yield* session
          yield* execute(target, "CREATE DATABASE work", "CREATE TABLE work.t (a INT) ENGINE=InnoDB")
          const insert = (session: Target.Session, a: number) => execute(session, `INSERT INTO work.t VALUES (${a})`)
          const rows = Effect.map(ask("SELECT a FROM work.t ORDER BY a"), (rows) => rows.flat())
          yield* target.begin
          yield* insert(target, 1)
          assert.deepStrictEqual(yield* rows, [])
          yield* target.commit
          assert.deepStrictEqual(yield* rows, ["1"])
          yield* target.begin
          yield* insert(target, 2)
          yield* target.rollback
          assert.deepStrictEqual(yield* rows, ["1"])
          yield* Effect.scoped(Effect.flatMap(session, (other) => Effect.zipRight(other.begin, insert(other, 3))))
          assert.deepStrictEqual(yield* rows, ["1"])
          // Nobody holds the lock any more, so this is not waited for.
          yield* execute(target, "SET SESSION lock_wait_timeout = 1", "TRUNCATE work.t")
        }))

      it.scoped("reads warnings, a few of them", () =>
        Effect.gen(function*() {
          const target = yield* session
          yield* execute(target, "CREATE DATABASE warn", "CREATE TABLE warn.t (a VARCHAR(2))", headOf(""))
          const long = Array.from({ length: 8 }, () => "('long')").join(",")
          const [answer] = yield* execute(target, `INSERT INTO warn.t VALUES ${long}`)
          assert.deepStrictEqual(answer, { affectedRows: 8, warnings: 8 })
          const warnings = yield* target.warnings
          assert.lengthOf(warnings, 5)
          assert.match(warnings[0] ?? "", /^Warning 1265: Data truncated for column 'a' at row 1$/)
        }))

      it.scoped("says what stands under a name, and only under that one", () =>
        Effect.gen(function*() {
          const target = yield* session
          yield* execute(
            target,
            "CREATE DATABASE names",
            "CREATE TABLE names.`caf``é'\\` (a INT)",
            "CREATE TABLE names.UPPER (a INT)",
            "CREATE VIEW names.v AS SELECT 1"
          )
          for (const mode of ["", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"]) {
            yield* execute(target, headOf(mode))
            const look = (name: string, database = "names") => target.inspect(database, name)
            assert.strictEqual(yield* look("caf`é'\\"), "Table")
            assert.strictEqual(yield* look("caf`e'\\"), "Nothing")
            assert.strictEqual(yield* look("UPPER"), "Table")
            assert.strictEqual(yield* look("upper"), "Nothing")
            assert.strictEqual(yield* look("v"), "View")
            assert.strictEqual(yield* look("v "), "Nothing")
            assert.strictEqual(yield* look("v", "nowhere"), "Nothing")
          }
        }))

      it.scoped("sends no statement that the server would not take, and takes all others", () =>
        Effect.gen(function*() {
          const target = yield* session
          const statement = (length: number) => {
            const bytes = Buffer.alloc(length, " ")
            bytes.set(Sql.bytes("DO 1"))
            return bytes
          }
          yield* target.execute(statement((1 << 20) - 2))
          const error = yield* Effect.flip(target.execute(statement((1 << 20) - 1)))
          assert.strictEqual(error.errno, 1153)
          assert.include(error.message, "max_allowed_packet")
          yield* target.execute(statement(10))
        }))

      it.scoped("keeps a restore out of the binary log when that is asked for", () =>
        Effect.gen(function*() {
          const written = Effect.map(ask("SHOW BINARY LOGS"), (logs) => logs.map(([name, size]) => `${name} ${size}`))
          const before = yield* written
          yield* Effect.scoped(Effect.flatMap(options, (options) =>
            Effect.flatMap(
              sessionWith({ ...options, binlog: false }),
              (target) => execute(target, "CREATE DATABASE silent", "DROP DATABASE silent")
            )))
          assert.deepStrictEqual(yield* written, before)
          yield* Effect.scoped(Effect.flatMap(session, (target) =>
            execute(target, "CREATE DATABASE loud", "CREATE USER modest IDENTIFIED BY 'm'")))
          assert.notDeepEqual(yield* written, before)
          const modest = { ...(yield* options), user: "modest", password: Redacted.make("m"), binlog: false }
          const error = yield* Effect.flip(sessionWith(modest))
          assert.strictEqual(error.reason, "Privilege")
          assert.isDefined(error.advice)
        }))

      it.scoped("tells what failed, and none of the values that were sent", () =>
        Effect.gen(function*() {
          const target = yield* session
          const error = yield* Effect.flip(
            target.execute(Sql.bytes("INSERT INTO `no`.`where` VALUES(\"a secret\",2)"))
          )
          assert.strictEqual(error.side, "target")
          assert.strictEqual(error.where, "INSERT INTO `no`.`where` VALUES …")
          assert.notInclude(error.message, "a secret")
          assert.strictEqual((yield* Effect.flip(target.use("no`where"))).reason, "UnknownDatabase")
          const unreachable = yield* Effect.flip(sessionWith({ ...(yield* options), port: 1 }))
          assert.strictEqual(unreachable.reason, "Connect")
          assert.match(unreachable.message, /^cannot connect to the target server: nothing listens at 127\.0\.0\.1:1 /)
        }))

      it.scoped("says when the connection is lost", () =>
        Effect.gen(function*() {
          const target = yield* session
          yield* execute(target, "CREATE DATABASE me", "CREATE TABLE me.id AS SELECT CONNECTION_ID() AS id")
          const [[id] = []] = yield* ask("SELECT id FROM me.id")
          yield* ask(`KILL ${id}`)
          const error = yield* Effect.flip(target.execute(Sql.bytes("SELECT SLEEP(100)")))
          assert.strictEqual(error.reason, "ConnectionLost")
          assert.isTrue(error.isRetryable)
        }))
    })
  })
}
