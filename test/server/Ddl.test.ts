import { Path } from "@effect/platform"
import { assert, layer } from "@effect/vitest"
import type { MysqlSource } from "@sluice/mysql"
import { Consistency, MysqlTarget } from "@sluice/mysql"
import { Dump, StreamMode } from "@sluice/pipeline"
import { MemoryFileSystem } from "@sluice/testing"
import { Deferred, Duration, Effect, Either, Fiber, Layer, Option, Redacted, Ref } from "effect"

import { eventually } from "../support/eventually.js"
import * as flows from "../support/flows.js"
import { dumpOf, type Point } from "../support/gated.js"
import { ask, connect, everythingIn, optionsOf, run } from "../support/mysqlSource.js"
import { From, oneServerWith, sourceWith } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

interface Case {
  readonly name: string
  readonly change: ReadonlyArray<string>
}

const cases: ReadonlyArray<Case> = [
  { name: "a rename swap", change: ["RENAME TABLE t TO t_old, t_new TO t"] },
  { name: "an instant ADD COLUMN", change: ["ALTER TABLE t ADD COLUMN c INT DEFAULT 5, ALGORITHM = INSTANT"] },
  { name: "a TRUNCATE", change: ["TRUNCATE TABLE t"] },
  {
    name: "DROP and CREATE",
    change: ["DROP TABLE t", "CREATE TABLE t LIKE t_new", "INSERT INTO t SELECT * FROM t_new"]
  },
  { name: "an EXCHANGE PARTITION", change: ["ALTER TABLE p EXCHANGE PARTITION p0 WITH TABLE p_new"] }
]

/** `t`, `p` and `a` are dumped; what is going to take their places has the same definition and other rows. */
const setUp = [
  "DROP DATABASE IF EXISTS ddl",
  "CREATE DATABASE ddl",
  "USE ddl",
  "CREATE TABLE a (id INT PRIMARY KEY, v INT)",
  "INSERT INTO a VALUES (1, 1), (2, 1), (3, 1), (4, 1)",
  "CREATE TABLE t LIKE a",
  "CREATE TABLE t_new LIKE a",
  "CREATE TABLE T LIKE a",
  "INSERT INTO t SELECT * FROM a",
  "INSERT INTO t_new SELECT id, 2 FROM a",
  "CREATE TABLE p (id INT PRIMARY KEY, v INT) PARTITION BY RANGE (id) " +
  "(PARTITION p0 VALUES LESS THAN (3), PARTITION p1 VALUES LESS THAN MAXVALUE)",
  "INSERT INTO p SELECT * FROM a",
  "CREATE TABLE p_new LIKE a",
  "INSERT INTO p_new VALUES (1, 2)",
  "ANALYZE TABLE a, t, p",
  "SET SESSION lock_wait_timeout = 1"
]

const options: Partial<Dump.Options> = {
  ...Dump.defaults,
  selection: { ...everythingIn("ddl"), includes: (_, table) => ["a", "t", "p"].includes(table) },
  threads: 2,
  chunkRows: Option.some(1)
}

const oneReader = { ...options, threads: 1 }

const rowsOf = (files: ReadonlyMap<string, string>, table: string): ReadonlyArray<string> =>
  Array.from(files).filter(([name]) => name.startsWith(`ddl.${table}.0`)).flatMap(([, text]) =>
    Array.from(text.matchAll(/\((\d+[^)]*)\)/g), (match) => match[1] ?? "")
  ).sort()

const unchanged = ["1,1", "2,1", "3,1", "4,1"]

describeVendors("definitions that others change", (vendor) => {
  layer(oneServerWith(vendor, ["--log-bin"]), { excludeTestServices: true, timeout: "10 minutes" })((it) => {
    /** Dumps while something happens once at a point; what it came to is told. */
    const during = (
      how: Partial<MysqlSource.Options>,
      at: (point: Point) => boolean,
      statements: ReadonlyArray<string>,
      dumped: Partial<Dump.Options> = options
    ) =>
      Effect.gen(function*() {
        const server = yield* From
        const other = yield* connect(server)
        yield* run(other, ...setUp)
        const outcome = yield* Ref.make(Option.none<"Waited" | "Done">())
        const { exit, files } = yield* dumpOf(server, how, dumped, (point) =>
          Effect.gen(function*() {
            if (!at(point) || Option.isSome(yield* Ref.get(outcome))) return
            const ended = yield* Effect.either(run(other, ...statements))
            if (Either.isLeft(ended)) assert.strictEqual(ended.left.reason, "LockTimeout")
            yield* Ref.set(outcome, Option.some(Either.isLeft(ended) ? "Waited" : "Done"))
          }).pipe(Effect.orDie))
        const error = flows.failureOf(exit)
        return {
          change: Option.getOrThrow(yield* Ref.get(outcome)),
          complete: files.has("metadata"),
          metadata: files.get("metadata") ?? "",
          files,
          reason: error !== undefined && "reason" in error ? error.reason : "",
          message: error?.message ?? "",
          side: error?.side
        }
      }).pipe(Effect.scoped)

    const assertWhole = (result: { readonly complete: boolean; readonly files: ReadonlyMap<string, string> }) => {
      assert.isTrue(result.complete, JSON.stringify(result))
      for (const table of ["a", "t", "p"]) assert.deepStrictEqual(rowsOf(result.files, table), unchanged)
    }

    const assertRefused = (result: Effect.Effect.Success<ReturnType<typeof during>>, table: string) => {
      assert.isFalse(result.complete)
      assert.strictEqual(result.reason, "DefinitionChanged")
      assert.strictEqual(result.side, "source")
      assert.include(result.message, `\`ddl\`.\`${table}\``)
    }

    it.scoped("they wait for the end of the dump under prevent", () =>
      Effect.gen(function*() {
        const server = yield* From
        yield* Effect.scoped(Effect.flatMap(connect(server), (other) => run(other, ...setUp)))
        const points = yield* Ref.make(0)
        const { exit, files } = yield* dumpOf(server, { ddl: Consistency.Ddl.Prevent() }, options, (point) =>
          point.what !== "taken" && !(point.table === "t" && point.chunk === 1) ? Effect.void : Effect.zipRight(
            Ref.update(points, (count) =>
              count + 1),
            Effect.forEach(cases, ({ change, name }) =>
              Effect.scoped(Effect.gen(function*() {
                const other = yield* connect(server)
                yield* run(other, "USE ddl", "SET SESSION lock_wait_timeout = 1")
                const refused = yield* Effect.flip(run(other, ...change))
                assert.strictEqual(refused.reason, "LockTimeout", name)
              })), { concurrency: "unbounded", discard: true }).pipe(Effect.orDie)
          ))
        assert.strictEqual(exit._tag, "Success", String(exit))
        assert.strictEqual(yield* Ref.get(points), 2)
        assertWhole({ complete: files.has("metadata"), files })
        assert.include(files.get("metadata"), "kept from changing by the server's backup lock")
        // and no longer
        yield* Effect.scoped(
          Effect.flatMap(connect(server), (other) =>
            run(
              other,
              "USE ddl",
              "TRUNCATE TABLE t",
              "DROP TABLE a"
            ))
        )
      }))

    for (const { change, name } of cases) {
      const table = change[0]?.includes("EXCHANGE") === true ? "p" : "t"

      it.scoped(`${name} ends the dump under detect, or waits for the table`, () =>
        Effect.gen(function*() {
          const how = { ddl: Consistency.Ddl.Detect() }
          // before its first chunk, when its definition has been written, and nobody reads it yet on another connection
          const first = yield* during(how, (point) => point.table === "a" && point.chunk === 0, change, oneReader)
          assert.strictEqual(first.change, "Done")
          assertRefused(first, table)
          const between = yield* during(how, (point) => point.table === table && point.chunk === 1, change, oneReader)
          assert.strictEqual(between.change, "Waited")
          assertWhole(between)
        }))
    }

    it.scoped("a change before any definition was written ends the dump, too", () =>
      Effect.gen(function*() {
        const how = { ddl: Consistency.Ddl.Detect() }
        const swapped = yield* during(how, ({ what }) => what === "taken", cases[0]?.change ?? [])
        assert.strictEqual(swapped.change, "Done")
        assertRefused(swapped, "t")
        const definitions = yield* during(how, ({ what }) => what === "taken", cases[0]?.change ?? [], {
          ...options,
          rows: false
        })
        assertRefused(definitions, "t")
      }))

    it.scoped("a change of a table whose name differs in its case only is not taken for one of the table", () =>
      Effect.gen(function*() {
        for (const ddl of [Consistency.Ddl.Auto(), Consistency.Ddl.Detect()]) {
          const at = (point: Point) => point.table === "a" && point.chunk === 0
          const result = yield* during({ ddl }, at, ["TRUNCATE TABLE T"], oneReader)
          assert.strictEqual(result.change, ddl._tag === "Detect" ? "Done" : "Waited")
          assertWhole(result)
        }
      }))

    it.scoped("a definition that is printed otherwise after each session that used it is not taken for changed", () =>
      Effect.gen(function*() {
        const server = yield* From
        for (const ddl of [Consistency.Ddl.Prevent(), Consistency.Ddl.Detect()]) {
          const other = yield* connect(server)
          yield* run(
            other,
            ...setUp,
            "SET NAMES utf8mb4",
            "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4, ADD COLUMN n VARCHAR(20) DEFAULT 'n', " +
              `ADD COLUMN g VARCHAR(40) ${
                vendor === "mariadb" ? "AS (CONCAT(n, MONTHNAME(NOW())))" : "DEFAULT (CONCAT(n, MONTHNAME(NOW())))"
              }`,
            "FLUSH TABLES"
          )
          const { exit, files } = yield* dumpOf(
            server,
            { ddl },
            options,
            ({ what }) =>
              what !== "chunk"
                ? Effect.void
                : Effect.orDie(run(other, "SET NAMES latin1", "SELECT g FROM ddl.t WHERE g > 'a'"))
          )
          assert.strictEqual(exit._tag, "Success", String(exit))
          assert.isTrue(files.has("metadata"))
        }
      }))

    it.scoped("a table that is swapped away and back again is not taken for changed, nor read while it is away", () =>
      Effect.gen(function*() {
        const server = yield* From
        const other = yield* connect(server)
        yield* run(other, ...setUp)
        const { exit, files } = yield* dumpOf(
          server,
          { ddl: Consistency.Ddl.Detect() },
          options,
          (point) =>
            point.what === "taken"
              ? run(other, "RENAME TABLE t TO t_old, t_new TO t", "RENAME TABLE t TO t_new, t_old TO t").pipe(
                Effect.orDie
              )
              : Effect.void
        )
        assert.strictEqual(exit._tag, "Success")
        assertWhole({ complete: files.has("metadata"), files })
      }))

    it.scoped("under detect an ALTER waits for the table that is read, not for the dump, and keeps nobody of it waiting", () =>
      Effect.gen(function*() {
        const server = yield* From
        const other = yield* connect(server)
        yield* run(other, ...setUp, "SET SESSION lock_wait_timeout = 60")
        const watcher = yield* connect(server)
        const alter = yield* Ref.make(Option.none<Fiber.RuntimeFiber<unknown, unknown>>())
        const waits = yield* Deferred.make<void>()
        const { exit, files } = yield* dumpOf(
          server,
          { ddl: Consistency.Ddl.Detect() },
          options,
          (point) =>
            Effect.gen(function*() {
              if (point.table === "a" && point.chunk === 2) {
                yield* Ref.set(
                  alter,
                  Option.some(yield* Effect.forkDaemon(run(other, "ALTER TABLE a ADD COLUMN c INT")))
                )
                yield* eventually(
                  ask(watcher, "SHOW FULL PROCESSLIST"),
                  (rows) => rows.some((row) => (row[6] ?? "").includes("metadata lock"))
                )
                yield* Deferred.succeed(waits, undefined)
              } else if (point.what === "chunk" && (point.table !== "a" || point.chunk > 2)) {
                // the other reader does not turn to the next table, and let go of this one, before somebody wants it
                yield* Deferred.await(waits)
              }
              if (point.table === "t" && point.chunk === 0) {
                yield* Fiber.join(Option.getOrThrow(yield* Ref.get(alter)))
              }
            }).pipe(Effect.orDie)
        )
        assert.strictEqual(exit._tag, "Success", String(exit))
        assertWhole({ complete: files.has("metadata"), files })
      }))

    it.scoped("under detect an ALTER that waits for a table does not keep its plan waiting", () =>
      Effect.gen(function*() {
        const server = yield* From
        const other = yield* connect(server)
        const ids = Array.from({ length: 64 }, (_, i) => `${i}`)
        yield* run(
          other,
          ...setUp,
          "CREATE TABLE planned (id INT PRIMARY KEY)",
          `INSERT INTO planned VALUES ${ids.map((id) => `(${id})`).join()}`,
          "ANALYZE TABLE planned",
          "SET SESSION lock_wait_timeout = 600"
        )
        const watcher = yield* connect(server)
        const { exit, files } = yield* dumpOf(
          server,
          { ddl: Consistency.Ddl.Detect(), lockWait: Duration.seconds(600) },
          { ...options, selection: { ...everythingIn("ddl"), includes: (_, table) => table === "planned" } },
          (point) =>
            point.chunk !== 2 ? Effect.void : Effect.gen(function*() {
              yield* Effect.forkDaemon(run(other, "ALTER TABLE planned ADD COLUMN c INT"))
              yield* eventually(
                ask(watcher, "SHOW FULL PROCESSLIST"),
                (rows) => rows.some((row) => (row[6] ?? "").includes("metadata lock"))
              )
            }).pipe(Effect.orDie)
        )
        assert.strictEqual(exit._tag, "Success", String(exit))
        assert.isAbove(Array.from(files.keys()).filter((name) => name.startsWith("ddl.planned.0")).length, 8)
        assert.sameMembers([...rowsOf(files, "planned")], ids)
      }))

    it.scoped("a restore into the same server is told why it waits under prevent, and goes on under detect", () =>
      Effect.gen(function*() {
        const server = yield* From
        yield* Effect.scoped(Effect.flatMap(connect(server), (other) => run(other, ...setUp)))
        const through = (ddl: Consistency.Ddl) =>
          Effect.gen(function*() {
            const pipe = yield* flows.pipe
            const dumping = flows.dump(options).pipe(
              Effect.provide(StreamMode.layerTraditionalDump),
              Effect.provide(sourceWith(server, { readers: 2, ddl })),
              Effect.provide(pipe.out),
              Effect.zipRight(pipe.end),
              Effect.provide(flows.folder("/dump"))
            )
            const restoring = flows.restore({ threads: 2, database: Option.some("ddl_copy") }).pipe(
              Effect.provide(StreamMode.layerTraditionalRestore),
              Effect.provide(pipe.in),
              Effect.provide(MysqlTarget.layer({ ...optionsOf(server), binlog: true, lockWait: Duration.seconds(1) })),
              Effect.provide(flows.folder("/restore"))
            )
            return yield* Effect.exit(Effect.all([dumping, restoring], { concurrency: 2 }))
          }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)))
        const error = flows.failureOf(yield* through(Consistency.Ddl.Prevent()))
        assert.strictEqual(error?.side, "target")
        assert.include(error?.message, "If a dump of this very server is running, run it with --ddl=detect")
        const exit = yield* through(Consistency.Ddl.Detect())
        assert.strictEqual(exit._tag, "Success", String(exit))
        const rows = yield* Effect.scoped(
          Effect.flatMap(connect(server), (other) => ask(other, "SELECT COUNT(*) FROM ddl_copy.t"))
        )
        assert.deepStrictEqual(rows, [["4"]])
        yield* Effect.scoped(Effect.flatMap(connect(server), (other) => run(other, "DROP DATABASE ddl_copy")))
      }))

    it.scoped("under prevent a table is looked at again when it has been read, and so is whoever keeps it from changing", () =>
      Effect.gen(function*() {
        const server = yield* From
        const other = yield* connect(server)
        yield* run(other, ...setUp)
        const before = new Set((yield* ask(other, "SHOW FULL PROCESSLIST")).map(([id]) => id))
        // all sessions that hold no transaction: one of them keeps definitions, and whoever kills it can change them
        const killKeepers = Effect.gen(function*() {
          const busy = yield* ask(other, "SELECT trx_mysql_thread_id FROM information_schema.INNODB_TRX")
          const readers = new Set(busy.map(([id]) => id))
          const all = yield* ask(other, "SHOW FULL PROCESSLIST")
          for (const [id] of all) {
            if (!before.has(id ?? "") && !readers.has(id ?? "")) yield* Effect.ignore(run(other, `KILL ${id}`))
          }
        })
        const { exit, files } = yield* dumpOf(
          server,
          { ddl: Consistency.Ddl.Prevent() },
          options,
          (point) =>
            point.what === "chunk" && point.table === "t" && point.chunk === 1 ? Effect.orDie(killKeepers) : Effect.void
        )
        const error = flows.failureOf(exit)
        assert.strictEqual(error?.side, "source", String(exit))
        assert.strictEqual(error !== undefined && "reason" in error ? error.reason : "", "ConnectionLost")
        assert.isFalse(files.has("metadata"))
      }))

    it.scoped("an account that may neither lock definitions nor tell tables apart keeps them with metadata locks", () =>
      Effect.gen(function*() {
        const server = yield* From
        const other = yield* connect(server)
        yield* run(
          other,
          ...setUp,
          "DROP USER IF EXISTS humble",
          "CREATE USER humble IDENTIFIED BY 'secret'",
          "GRANT SELECT, LOCK TABLES, TRIGGER, EVENT, EXECUTE ON ddl.* TO humble"
        )
        const login = { user: "humble", password: Redacted.make("secret") }
        const result = yield* during(login, ({ what }) => what === "taken", cases[0]?.change ?? [])
        assert.strictEqual(result.change, "Waited")
        assertWhole(result)
        assert.include(result.metadata, "kept from changing by metadata locks")
      }))
  })
})
