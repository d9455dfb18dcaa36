import { FileSystem } from "@effect/platform"
import { assert, layer } from "@effect/vitest"
import { Pipe, Restore, Staging, StreamMode } from "@sluice/pipeline"
import type { ScratchServer } from "@sluice/testing"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Option, Stream } from "effect"

import { eventually } from "../support/eventually.js"
import * as flows from "../support/flows.js"
import { ask, connect, everythingIn, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const rows = 60_000

const made = [
  "DROP DATABASE IF EXISTS busy",
  "CREATE DATABASE busy",
  "USE busy",
  "CREATE TABLE many (id INT PRIMARY KEY, filler VARCHAR(200))",
  "INSERT INTO many VALUES (0, REPEAT('x', 200))",
  // doubles until there are enough
  ...Array.from(
    { length: Math.ceil(Math.log2(rows)) },
    (_, i) => `INSERT INTO many SELECT id + ${2 ** i}, filler FROM many WHERE id + ${2 ** i} < ${rows}`
  ),
  "CREATE TABLE other (id INT PRIMARY KEY)",
  "INSERT INTO other VALUES (1), (2)"
]

/** Every connection but the one that asks, and but those of the server itself. */
const others = (server: ScratchServer.ScratchServer) =>
  Effect.scoped(
    Effect.flatMap(connect(server), (connection) =>
      ask(
        connection,
        "SELECT ID, COMMAND, STATE, INFO FROM information_schema.PROCESSLIST WHERE USER = 'root' AND ID <> CONNECTION_ID()"
      ))
  )

const nobodyElse = (server: ScratchServer.ScratchServer) => eventually(others(server), (list) => list.length === 0)

/** Whoever wants to write, and to change a definition, can: nothing of the server is locked. */
const isFree = (server: ScratchServer.ScratchServer) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* connect(server)
    yield* run(
      connection,
      "SET SESSION lock_wait_timeout = 5, SESSION innodb_lock_wait_timeout = 5",
      "INSERT INTO busy.other VALUES (100)",
      "DELETE FROM busy.other WHERE id = 100",
      "ALTER TABLE busy.many ADD COLUMN more INT",
      "ALTER TABLE busy.many DROP COLUMN more",
      "FLUSH TABLES WITH READ LOCK",
      "UNLOCK TABLES"
    )
  }))

const newFolder = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "sluice-interrupt-" })
)

const namesIn = (folder: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(folder))

/** A staging whose files with rows stop to take or to give anything in their middle, and say so. */
const stuckIn = (folder: string, stuck: Deferred.Deferred<void>) =>
  Layer.map(flows.folder(folder), (context) => {
    const staging = Context.get(context, Staging.Staging)
    const isOfRows = (name: string) => name.startsWith("busy.many.0")
    const stop = Effect.zipRight(Deferred.succeed(stuck, undefined), Effect.never)
    return Context.add(
      context,
      Staging.Staging,
      Staging.Staging.of({
        ...staging,
        create: (name, reserve) =>
          Effect.map(staging.create(name, reserve), (file) => {
            let writes = 0
            return {
              ...file,
              write: (bytes, rows) =>
                Effect.suspend(() => {
                  writes += 1
                  return isOfRows(name) && writes === 3 ? stop : file.write(bytes, rows)
                })
            }
          }),
        read: (name) =>
          isOfRows(name)
            ? Stream.concat(Stream.take(staging.read(name), 1), Stream.fromEffect(stop))
            : staging.read(name)
      })
    )
  })

const openPipe = Layer.succeed(Pipe.PipeOut, Pipe.PipeOut.of({ write: () => Effect.void }))

const dumpOptions = {
  selection: everythingIn("busy"),
  read: { statementSize: 100_000, completeInsert: false, utc: true }
}

/** A backup in a folder, with all rows of a table in one file. */
const backup = (server: ScratchServer.ScratchServer, folder: string) =>
  flows.dump({ ...dumpOptions, split: false }).pipe(
    Effect.provide(StreamMode.layerDumpDirectory),
    Effect.provide(flows.folder(folder)),
    Effect.provide(real.sourceOf(server))
  )

describeVendors("an interruption", (vendor) => {
  const loaded = Layer.effectDiscard(
    Effect.scoped(Effect.gen(function*() {
      yield* run(yield* connect(yield* real.From), ...made)
    }))
  ).pipe(Layer.provideMerge(real.oneServer(vendor)))

  layer(loaded, { excludeTestServices: true })((it) => {
    it.scoped(
      "of a dump in the middle of rows: no connection, no lock, no file that is only begun",
      () =>
        Effect.gen(function*() {
          const server = yield* real.From
          const folder = yield* newFolder
          const stuck = yield* Deferred.make<void>()
          const dump = yield* flows.dump(dumpOptions).pipe(
            Effect.provide(StreamMode.layerDump(StreamMode.StreamMode.NoDelete())),
            Effect.provide(stuckIn(folder, stuck)),
            Effect.provide(openPipe),
            Effect.provide(real.sourceOf(server, 3)),
            Effect.fork
          )
          yield* Deferred.await(stuck)
          yield* eventually(namesIn(folder), (names) => names.some((name) => name.endsWith(".partial")))
          // three readers, a spare one, and one for what is asked beside
          assert.isAtLeast((yield* others(server)).length, 5)

          const exit = yield* Fiber.interrupt(dump)
          assert.isTrue(Exit.isInterrupted(exit), String(exit))
          yield* nobodyElse(server)
          yield* isFree(server)
          const names = yield* namesIn(folder)
          assert.deepStrictEqual(names.filter((name) => name.startsWith(".")), [])
          assert.includeMembers([...names], ["metadata.header", "busy.many-schema.sql"])
          assert.notInclude(names, "metadata")
        }),
      120_000
    )

    it.scoped("of a dump that waits for its lock: the lock is not taken later", () =>
      Effect.gen(function*() {
        const server = yield* real.From
        const folder = yield* newFolder
        const writer = yield* connect(server)
        yield* run(writer, "LOCK TABLES busy.other WRITE")
        const dump = yield* flows.dump(dumpOptions).pipe(
          Effect.provide(StreamMode.layerDumpDirectory),
          Effect.provide(flows.folder(folder)),
          Effect.provide(real.sourceOf(server, 3)),
          Effect.fork
        )
        yield* eventually(others(server), (list) => list.some((process) => /^FLUSH/.test(process[3] ?? "")))
        yield* Fiber.interrupt(dump)
        yield* eventually(others(server), (list) => list.length === 1)
        yield* run(
          writer,
          "INSERT INTO busy.other VALUES (200)",
          "DELETE FROM busy.other WHERE id = 200",
          "UNLOCK TABLES"
        )
        yield* isFree(server)
        assert.deepStrictEqual(yield* namesIn(folder), [])
      }), 120_000)

    it.scoped("of a restore in the middle of rows: what was not committed is gone", () =>
      Effect.gen(function*() {
        const server = yield* real.From
        const folder = yield* newFolder
        yield* backup(server, folder)
        const before = yield* namesIn(folder)
        const stuck = yield* Deferred.make<void>()
        const restore = yield* flows.restore({ database: Option.some("there") }).pipe(
          Effect.provide(StreamMode.layerRestoreDirectory),
          Effect.provide(stuckIn(folder, stuck)),
          Effect.provide(real.targetOf(server)),
          Effect.fork
        )
        yield* Deferred.await(stuck)
        const connection = yield* connect(server)
        const uncommitted = yield* connect(server)
        yield* run(uncommitted, "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")
        const count = (table: string, by = uncommitted) =>
          Effect.map(ask(by, `SELECT COUNT(*) FROM there.${table}`), ([row]) => row?.[0])
        yield* eventually(
          Effect.all([count("many"), count("other", connection)]),
          ([many, other]) => many !== "0" && other === "2"
        )

        const exit = yield* Fiber.interrupt(restore)
        assert.isTrue(Exit.isInterrupted(exit), String(exit))
        yield* eventually(others(server), (list) => list.length === 2)
        yield* eventually(count("many"), (rows) => rows === "0")
        assert.strictEqual(yield* count("other"), "2")
        yield* run(connection, "DROP DATABASE there")
        yield* isFree(server)
        assert.deepStrictEqual(yield* namesIn(folder), before)
      }), 120_000)

    it.scoped(
      "of a restore whose pipe has stopped in the middle of a file: the file is not there",
      () =>
        Effect.gen(function*() {
          const server = yield* real.From
          const record = yield* flows.record
          yield* flows.dump({ ...dumpOptions, split: false }).pipe(
            Effect.provide(StreamMode.layerTraditionalDump),
            Effect.provide(flows.folder(yield* newFolder)),
            Effect.provide(record.out),
            Effect.provide(real.sourceOf(server))
          )
          const bytes = yield* record.bytes
          const half = bytes.subarray(0, Buffer.from(bytes).indexOf("\n-- busy.many.0") + 1_000_000)
          const folder = yield* newFolder
          const restore = yield* flows.restore({ database: Option.some("there") }).pipe(
            Effect.provide(StreamMode.layerRestore(StreamMode.StreamMode.NoDelete())),
            Effect.provide(flows.folder(folder)),
            Effect.provide(
              Layer.succeed(Pipe.PipeIn, Pipe.PipeIn.of({ bytes: Stream.concat(Stream.make(half), Stream.never) }))
            ),
            Effect.provide(real.targetOf(server)),
            Effect.fork
          )
          yield* eventually(namesIn(folder), (names) => names.includes(".busy.many.00000.sql.partial"))
          yield* Fiber.interrupt(restore)
          yield* nobodyElse(server)
          const names = yield* namesIn(folder)
          assert.deepStrictEqual(names.filter((name) => name.startsWith(".") || name.startsWith("busy.many.")), [])
          assert.include(names, "busy.many-schema.sql")
          yield* Effect.scoped(Effect.flatMap(connect(server), (connection) => run(connection, "DROP DATABASE there")))
          yield* isFree(server)
        }),
      120_000
    )

    it.scoped("of a restore whose statement waits for somebody: it does not come later", () =>
      Effect.gen(function*() {
        const server = yield* real.From
        const folder = yield* newFolder
        yield* backup(server, folder)
        const writer = yield* connect(server)
        yield* run(writer, "START TRANSACTION", "UPDATE busy.many SET filler = 'mine' WHERE id = 7")
        const restore = yield* flows.restore({ existing: Restore.Existing.Delete() }).pipe(
          Effect.provide(StreamMode.layerRestoreDirectory),
          Effect.provide(flows.folder(folder)),
          Effect.provide(real.targetOf(server)),
          Effect.fork
        )
        yield* eventually(others(server), (list) => list.some((process) => /^DELETE/.test(process[3] ?? "")))
        yield* Fiber.interrupt(restore)
        yield* eventually(others(server), (list) => list.length === 1)
        yield* run(writer, "COMMIT")
        assert.deepStrictEqual(yield* ask(writer, "SELECT COUNT(*) FROM busy.many"), [[String(rows)]])
        yield* isFree(server)
      }), 120_000)
  })
})
