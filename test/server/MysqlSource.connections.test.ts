/**
 * The connections of the MySQL source: how many there are, how they end, and what ends with them.
 */
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Redacted, Stream } from "effect"

import { eventually } from "../support/eventually.js"
import {
  ask,
  chunksOf,
  connect,
  everythingIn,
  inChunksOf,
  inOneChunk,
  readOptions,
  run,
  snapshotOf
} from "../support/mysqlSource.js"
import { fresh, From, oneServer } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** An account that is the source's alone, so that its connections can be counted. */
const login = { user: "reader", password: Redacted.make("secret") }

const account = ["CREATE USER IF NOT EXISTS reader IDENTIFIED BY 'secret'", "GRANT ALL ON *.* TO reader"]

/** Waits until the source has so many connections. */
const untilThereAre = (count: number) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* connect(yield* From)
    const all = ask(connection, "SELECT COMMAND, STATE, INFO FROM information_schema.PROCESSLIST WHERE USER = 'reader'")
    yield* eventually(all, (rows) => rows.length === count)
  }))

/** The statements that the server works on. */
const statements = Effect.gen(function*() {
  const connection = yield* connect(yield* From)
  return Effect.map(
    ask(connection, "SHOW FULL PROCESSLIST"),
    (rows) => rows.map((row) => ({ id: row[0] ?? "", state: row[6] ?? "", sql: row[7] ?? "" }))
  )
})

const numbers = (count: number) => [
  "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(200))",
  "INSERT INTO t VALUES (1, REPEAT('x', 100))",
  ...Array.from(
    { length: Math.ceil(Math.log2(count)) },
    () => "INSERT INTO t SELECT id + (SELECT MAX(id) FROM t), v FROM t"
  ),
  `DELETE FROM t WHERE id > ${count}`
]

describeVendors("connections of the MySQL source", (vendor) => {
  layer(oneServer(vendor), { excludeTestServices: true, timeout: "10 minutes" })((it) => {
    it.scoped("closes every connection with its scope", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh("closing", ...account, ...numbers(1000))
        // Three readers, one for all else, one that checks tables, and on MariaDB the one that keeps definitions: what
        // took the snapshot goes.
        yield* Effect.scoped(Effect.zipRight(
          snapshotOf(server, everythingIn("closing"), { login, readers: 3, spare: 0 }),
          untilThereAre(vendor === "mariadb" ? 6 : 5)
        ))
        yield* untilThereAre(0)
      }))

    it.scoped("lets go of everything when it is interrupted while it waits for the lock", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh("interrupted", ...account, "CREATE TABLE t (id INT PRIMARY KEY)")
        const busy = yield* connect(server)
        // Whoever writes keeps the global lock from being taken.
        yield* run(busy, "USE interrupted", "LOCK TABLES t WRITE")
        const fiber = yield* Effect.fork(Effect.scoped(snapshotOf(server, everythingIn("interrupted"), { login })))
        yield* eventually(
          yield* statements,
          (all) => all.some(({ sql, state }) => /^FLUSH .*TABLES/.test(sql) && state.startsWith("Wait"))
        )
        yield* Fiber.interrupt(fiber)
        yield* untilThereAre(0)
        yield* run(busy, "UNLOCK TABLES")
        yield* run(connection, "SET SESSION lock_wait_timeout = 10", "INSERT INTO t VALUES (1)")
      }))

    it.scoped("closes every connection when it is interrupted while it reads", () =>
      Effect.gen(function*() {
        const { server } = yield* fresh("cut", ...account, ...numbers(100_000))
        const fiber = yield* Effect.fork(Effect.scoped(Effect.gen(function*() {
          const snapshot = yield* snapshotOf(server, everythingIn("cut"), { login, readers: 3 })
          const [chunk] = yield* chunksOf(snapshot, "t", inOneChunk)
          assert.isDefined(chunk)
          // A reader that nobody pulls from: its statement stays open on the server.
          const read = Stream.runForEach(snapshot.read([chunk], { ...readOptions, statementSize: 1000 }), () =>
            Effect.never)
          yield* Effect.all([read, read, read, read], { concurrency: "unbounded" })
        })))
        yield* eventually(
          yield* statements,
          (all) =>
            all.filter(({ sql }) => /^SELECT .* FROM `cut`/.test(sql)).length === 3
        )
        yield* Fiber.interrupt(fiber)
        yield* untilThereAre(0)
      }))

    it.scoped("an interrupted read costs its connection, and a spare one takes its place in the snapshot", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh("spare", ...numbers(100_000))
        const snapshot = yield* snapshotOf(server, everythingIn("spare"), { readers: 1, spare: 1 })
        yield* run(connection, "DELETE FROM t WHERE id > 10")
        const [chunk] = yield* chunksOf(snapshot, "t", inChunksOf(1_000_000))
        assert.isDefined(chunk)
        const read = snapshot.read([chunk], { ...readOptions, statementSize: 1000 })
        const cut = yield* Stream.runCollect(Stream.take(read, 1))
        assert.strictEqual(cut.length, 1)
        const rows = yield* Stream.runFold(read, 0, (sum, { piece }) => sum + piece.rows)
        assert.strictEqual(rows, 100_000)
        yield* Stream.runDrain(Stream.take(read, 1))
        const error = yield* Effect.flip(Stream.runDrain(read))
        assert.strictEqual(error.reason, "ConnectionLost")
        assert.include(error.message, "no connection of the snapshot is left")
      }))

    it.scoped("reads no more chunks at once than it has readers, and a killed connection is told and replaced", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh("killed", ...numbers(200_000))
        const snapshot = yield* snapshotOf(server, everythingIn("killed"), { readers: 1, spare: 1 })
        const [chunk] = yield* chunksOf(snapshot, "t", inChunksOf(1_000_000))
        assert.isDefined(chunk)
        const read = snapshot.read([chunk], { ...readOptions, statementSize: 1000 })
        const error = yield* read.pipe(
          Stream.zipWithIndex,
          Stream.runForEach(([, i]) =>
            i !== 0 ? Effect.void : Effect.gen(function*() {
              const all = yield* yield* statements
              const reading = all.filter(({ sql }) => /^SELECT .* FROM `killed`/.test(sql))
              assert.strictEqual(reading.length, 1)
              yield* run(connection, `KILL ${reading[0]?.id}`)
            })
          ),
          Effect.flip
        )
        assert.strictEqual("reason" in error ? error.reason : "", "ConnectionLost")
        assert.isTrue("isRetryable" in error && error.isRetryable)
        assert.strictEqual(yield* Stream.runFold(read, 0, (sum, { piece }) => sum + piece.rows), 200_000)
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
  })
})
