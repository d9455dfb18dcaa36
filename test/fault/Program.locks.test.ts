/**
 * The real program, killed while it holds or wants locks: the server is free again soon after.
 */
import { assert, layer } from "@effect/vitest"
import { Effect, Either } from "effect"

import { eventually } from "../support/eventually.js"
import { ask, connect, run } from "../support/mysqlSource.js"
import { assertComplete, assertGone, ended, fill, login, serverOf, shell, start, tell } from "../support/program.js"
import { From } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

describeVendors("locks of the program", (vendor) => {
  layer(serverOf(vendor), { excludeTestServices: true, timeout: "5 minutes" })((it) => {
    const prepared = Effect.gen(function*() {
      const server = yield* From
      yield* tell(server, "DROP DATABASE IF EXISTS shop")
      // more than its memory and the pipe hold: the large table is under way when the reader has stopped
      yield* fill(server, "shop", 120_000)
      const words = ["dump", "--no-defaults", ...login(server), "-t", "2", "--memory-budget=8M", "-B", "shop"]
      return { server, dump: (...more: ReadonlyArray<string>) => [...words, "-r", "5000", "--stream", ...more] }
    })

    it.scoped("go with it when it is killed while it keeps definitions from changing", () =>
      Effect.gen(function*() {
        const { dump, server } = yield* prepared
        for (const how of ["--ddl=prevent", "--ddl=detect"]) {
          const running = yield* start(dump(how))
          yield* running.pauseAt(1_000_000)
          const other = yield* connect(server)
          yield* run(other, "SET SESSION lock_wait_timeout = 1")
          const created = yield* Effect.either(run(other, "CREATE TABLE shop.new (id INT)", "DROP TABLE shop.new"))
          assert.strictEqual(Either.isLeft(created), how === "--ddl=prevent")
          const altered = yield* Effect.either(run(other, "ALTER TABLE shop.large COMMENT = 'x'"))
          assert.isTrue(Either.isLeft(altered), "the table that is read just now")
          yield* run(other, "INSERT INTO shop.small VALUES (3, 'three')", "DELETE FROM shop.small WHERE id = 3")
          yield* running.kill("SIGKILL")
          assert.strictEqual((yield* running.ended).signal, "SIGKILL")
          yield* run(
            other,
            "SET SESSION lock_wait_timeout = 60",
            "CREATE TABLE shop.new (id INT)",
            "DROP TABLE shop.new"
          )
          yield* run(other, "ALTER TABLE shop.large COMMENT = 'y'")
        }
      }).pipe(Effect.scoped, Effect.zipRight(Effect.flatMap(From, (server) => assertGone(server, "shop")))))

    it.scoped("go with it when it is killed while it waits for the global lock", () =>
      Effect.gen(function*() {
        const { dump, server } = yield* prepared
        const busy = yield* connect(server)
        yield* run(busy, "LOCK TABLES shop.small WRITE")
        const running = yield* start(dump())
        const watcher = yield* connect(server)
        yield* eventually(
          ask(watcher, "SHOW FULL PROCESSLIST"),
          (rows) => rows.some((row) => /^FLUSH /.test(row[7] ?? ""))
        )
        yield* running.kill("SIGKILL")
        yield* running.ended
        yield* run(busy, "UNLOCK TABLES")
        yield* run(watcher, "SET SESSION lock_wait_timeout = 60", "INSERT INTO shop.small VALUES (4, 'four')")
      }).pipe(Effect.scoped, Effect.zipRight(Effect.flatMap(From, (server) => assertGone(server, "shop")))))

    it.scoped("a restore into the server that is being dumped goes on under detect", () =>
      Effect.gen(function*() {
        const { dump, server } = yield* prepared
        yield* tell(server, "DROP DATABASE IF EXISTS copy")
        const restore = ["restore", "--no-defaults", ...login(server), "-t", "2", "-B", "copy", "--stream"]
        const copied = yield* ended([], {
          command: ["sh", "-c", `${shell(dump("--ddl=detect"))} | ${shell(restore)}`]
        })
        assertComplete(copied, "2 tables")
      }))
  })
})
