import { createConnection } from "node:net"
import { fileURLToPath } from "node:url"

import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as ScratchServer from "@sluice/testing/ScratchServer"
import * as ServerPrograms from "@sluice/testing/ServerPrograms"
import { Context, Effect, Option, Redacted, Schema, Stream } from "effect"
import * as mysql from "mysql2/promise"

import { eventually } from "../support/eventually.js"

const timeout = 240_000

const query = (options: mysql.ConnectionOptions, ...statements: ReadonlyArray<string>) =>
  Effect.acquireUseRelease(
    Effect.tryPromise({ try: () => mysql.createConnection(options), catch: (error) => error }),
    (connection) =>
      Effect.forEach(statements, (sql) =>
        Effect.tryPromise({
          try: () => connection.query({ sql, rowsAsArray: true }).then(([rows]): unknown => rows),
          catch: (error) => error
        })),
    (connection) => Effect.sync(() => connection.destroy())
  )

const overTcp = (server: ScratchServer.ScratchServer): mysql.ConnectionOptions => ({
  host: server.host,
  port: server.port,
  user: server.user,
  password: Redacted.value(server.password)
})

const overSocket = (server: ScratchServer.ScratchServer): mysql.ConnectionOptions => ({
  socketPath: server.socket,
  user: server.user,
  password: Redacted.value(server.password)
})

const listens = (port: number) =>
  Effect.async<boolean>((resume) => {
    const socket = createConnection({ host: "127.0.0.1", port })
    socket.once("connect", () => resume(Effect.succeed(true)))
    socket.once("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => socket.destroy())
  })

const exists = (path: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(path))

/** Nothing says when a killed process has been cleaned up after, so this looks until it has. */
const untilNot = <E, R>(condition: Effect.Effect<boolean, E, R>) => eventually(condition, (holds) => !holds)

const Held = Schema.parseJson(Schema.Struct({ directory: Schema.String, port: Schema.Number, pid: Schema.Number }))

const holder = (vendor: ServerPrograms.Vendor) =>
  Effect.gen(function*() {
    const script = fileURLToPath(new URL("../support/holdServer.mjs", import.meta.url))
    const node = yield* Command.start(
      Command.make(process.execPath, script, vendor).pipe(Command.stderr("inherit"))
    )
    const line = yield* node.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.runHead)
    return { node, held: yield* Schema.decodeUnknown(Held)(Option.getOrNull(line)) }
  })

class Mine extends Context.Tag("Mine")<Mine, ScratchServer.ScratchServer>() {}

describe.each(ServerPrograms.Vendor.literals)("a scratch %s server", (vendor) => {
  // it.scoped runs under a test clock that nobody moves: a server that waited by it would never be ready.
  it.scoped(
    "is its vendor's, takes root over TCP and over its socket, and nobody without the password",
    () =>
      Effect.gen(function*() {
        const server = yield* ScratchServer.make({ vendor, rootPassword: Redacted.make("it's \\ \"ü\"") })
        for (const options of [overTcp(server), overSocket(server)]) {
          const [[[version, user, log]]] = yield* query(options, "SELECT VERSION(), CURRENT_USER(), @@log_bin").pipe(
            Effect.flatMap(Schema.decodeUnknown(Schema.Tuple(Schema.Tuple(
              Schema.Tuple(Schema.String, Schema.String, Schema.Number)
            ))))
          )
          // MariaDB's own answer may go on with who packed it
          assert.strictEqual(version.split(" ")[0], server.version)
          assert.strictEqual(/mariadb/i.test(version), vendor === "mariadb")
          assert.strictEqual(user, "root@%")
          assert.strictEqual(log, 0)
          const refused = yield* Effect.flip(query({ ...options, password: "another" }, "SELECT 1"))
          assert.include(String(refused), "Access denied")
        }
        const [grants] = yield* query(overTcp(server), "SHOW GRANTS")
        assert.include(String(grants), "WITH GRANT OPTION")
      }).pipe(Effect.provide(NodeContext.layer)),
    timeout
  )

  it.scoped("keeps what is committed over a crash and over a stop, on the same port", () =>
    Effect.gen(function*() {
      const server = yield* Mine
      const before = yield* server.pid
      yield* query(
        overTcp(server),
        "CREATE DATABASE d",
        "CREATE TABLE d.t (a INT PRIMARY KEY) ENGINE=InnoDB",
        "INSERT INTO d.t VALUES (1), (2)"
      )
      yield* server.kill
      assert.deepStrictEqual(yield* server.pid, Option.none())
      assert.isFalse(yield* listens(server.port))
      yield* server.restart
      assert.deepStrictEqual(yield* query(overTcp(server), "SELECT a FROM d.t"), [[[1], [2]]])
      yield* query(overTcp(server), "INSERT INTO d.t VALUES (3)")
      yield* server.restart
      assert.deepStrictEqual(yield* query(overTcp(server), "SELECT a FROM d.t"), [[[1], [2], [3]]])
      const after = yield* server.pid
      assert.isTrue(Option.isSome(before) && Option.isSome(after) && before.value !== after.value)
    }).pipe(
      Effect.provide(ScratchServer.layer(Mine, { vendor })),
      Effect.provide(NodeContext.layer)
    ), timeout)

  it.scoped(
    "is apart from another one that starts at the same time, and takes arguments",
    () =>
      Effect.gen(function*() {
        const identity = vendor === "mysql" ? "@@server_uuid" : "@@server_uid"
        const [one, two] = yield* Effect.all([
          ScratchServer.make({ vendor, arguments: ["--log-bin=here", "--server-id=7"] }),
          ScratchServer.make({ vendor, arguments: ["--lower-case-table-names=1"] })
        ], { concurrency: 2 })
        assert.notStrictEqual(one.port, two.port)
        assert.notStrictEqual(Redacted.value(one.password), Redacted.value(two.password))
        yield* query(overTcp(one), "CREATE DATABASE d")
        yield* query(overTcp(two), "CREATE DATABASE d")
        assert.deepStrictEqual(yield* query(overTcp(one), "SELECT @@log_bin, @@server_id"), [[[1, 7]]])
        assert.deepStrictEqual(yield* query(overTcp(two), "SELECT @@log_bin, @@lower_case_table_names"), [[[0, 1]]])
        const identities = yield* Effect.forEach([one, two], (server) => query(overTcp(server), `SELECT ${identity}`))
        assert.notDeepEqual(identities[0], identities[1])
      }).pipe(Effect.provide(NodeContext.layer)),
    timeout
  )

  it.live("is gone with its folder when its scope closes", () =>
    Effect.gen(function*() {
      const server = yield* Effect.scoped(
        Effect.tap(ScratchServer.make({ vendor }), (server) => query(overTcp(server), "SELECT 1"))
      )
      assert.isFalse(yield* listens(server.port))
      assert.isFalse(yield* exists(server.directory))
      assert.deepStrictEqual(yield* server.pid, Option.none())
    }).pipe(Effect.provide(NodeContext.layer)), timeout)

  it.scopedLive("is gone with its folder when its process is killed", () =>
    Effect.gen(function*() {
      const { held, node } = yield* holder(vendor)
      assert.isTrue(yield* listens(held.port))
      assert.isTrue(yield* exists(held.directory))
      process.kill(node.pid, "SIGKILL")
      yield* untilNot(listens(held.port))
      yield* untilNot(exists(held.directory))
    }).pipe(Effect.provide(NodeContext.layer)), timeout)

  it.scoped("says in the server's own words why it does not start", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ScratchServer.make({ vendor, arguments: ["--no-such-thing"] }))
      assert.strictEqual(error._tag, "ScratchServerError")
      assert.include(error.message, "no-such-thing")
      assert.include(error.message, vendor)
    }).pipe(Effect.provide(NodeContext.layer)), timeout)

  it.scopedLive("ends with an error when its port is taken every time", () =>
    Effect.gen(function*() {
      const other = yield* ScratchServer.make({ vendor })
      const error = yield* Effect.flip(ScratchServer.make({ vendor, arguments: [`--port=${other.port}`] }))
      assert.include(error.message, "Address already in use")
      assert.isTrue(yield* listens(other.port))
    }).pipe(Effect.provide(NodeContext.layer)), timeout)
})

const untilNone = <E, R>(left: Effect.Effect<ReadonlyArray<string>, E, R>) =>
  eventually(left, (names) => names.length === 0)

/** The processes that were started with a path inside `directory` among their arguments. */
const processesOf = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const names = yield* Effect.orElseSucceed(fs.readDirectory("/proc"), () => [])
    const lines = yield* Effect.forEach(
      names.filter((name) => /^\d+$/.test(name)),
      (name) => Effect.orElseSucceed(fs.readFileString(`/proc/${name}/cmdline`), () => "")
    )
    return lines.filter((line) => line.includes(directory)).map((line) => line.replaceAll("\0", " "))
  })

describe("interrupting the making of a scratch server", () => {
  it.live(
    "leaves nothing behind, whenever it comes",
    () =>
      Effect.forEach([0, 20, 60, 100, 140, 180, 220, 260, 300], (millis) =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const parent = yield* fs.makeTempDirectoryScoped({ directory: "/tmp", prefix: "sl-" })
          yield* ScratchServer.make({ vendor: "mariadb", temporary: parent }).pipe(
            Effect.scoped,
            Effect.timeoutOption(millis)
          )
          yield* untilNone(fs.readDirectory(parent, { recursive: true }))
          yield* untilNone(processesOf(parent))
        }).pipe(Effect.scoped)).pipe(Effect.provide(NodeContext.layer)),
    timeout
  )
})
