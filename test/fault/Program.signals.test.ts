/**
 * The real program and the signals that end it: nothing half-done looks done, and nothing of it stays on the server.
 */
import * as Path from "node:path"

import { assert, layer } from "@effect/vitest"
import { FileName, Frame } from "@sluice/format"
import type { Connection } from "@sluice/mysql"
import type { ScratchServer } from "@sluice/testing"
import { Deferred, Effect, Either } from "effect"
import * as ExitCode from "sluice/ExitCode"

import { eventually } from "../support/eventually.js"
import { namesOf } from "../support/flows.js"
import { connect, run } from "../support/mysqlSource.js"
import {
  assertComplete,
  assertFailed,
  assertFailedUnderWay,
  assertGone,
  ended,
  fill,
  folder,
  login,
  namesIn,
  serverOf,
  start,
  tell,
  until
} from "../support/program.js"
import * as proxy from "../support/proxy.js"
import { From } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const

/** A server with the database `shop`, of some 20 MB in chunks, and how to ask the program for things about it. */
const prepared = Effect.gen(function*() {
  const server = yield* From
  const home = yield* folder
  yield* tell(server, "DROP DATABASE IF EXISTS shop", "DROP DATABASE IF EXISTS copy")
  yield* fill(server, "shop", 120_000)
  const words = ["--no-defaults", ...login(server), "-t", "2", "--memory-budget=8M"]
  return {
    server,
    inside: (name: string) => Path.join(home, name),
    // what it reads has no place in its memory: chunks are under way on the server while nobody takes the stream
    dump: (...more: ReadonlyArray<string>) => ["dump", ...words, "-B", "shop", "-r", "5000", ...more],
    restore: (...more: ReadonlyArray<string>) => ["restore", ...words, "-B", "copy", ...more]
  }
})

const numberOf = (connection: Connection.RawConnection, sql: string) =>
  Effect.map(connection.query(sql), ({ rows }) => Number(Buffer.from(rows[0]?.[0] ?? []).toString()))

/** Waits until a restore has committed rows. */
const untilThere = (server: ScratchServer.ScratchServer) =>
  Effect.scoped(
    Effect.flatMap(connect(server), (connection) =>
      eventually(
        Effect.orElseSucceed(numberOf(connection, "SELECT COUNT(*) FROM copy.large"), () => 0),
        (count) => count > 0
      ))
  )

/** The backup has no end, and all else about it is whole. */
const assertUnfinished = (names: ReadonlyArray<string>): void => {
  assert.isAbove(names.length, 0)
  assert.notInclude(names, "metadata")
  assert.deepStrictEqual(names.filter((name) => Either.isLeft(FileName.parse(name))), [])
}

describeVendors("signals", (vendor) => {
  layer(serverOf(vendor), { excludeTestServices: true, timeout: "5 minutes" })((it) => {
    it.scoped(
      "end a dump into a pipe after the files that are under way, without metadata",
      () =>
        Effect.gen(function*() {
          const { dump, server } = yield* prepared
          for (const signal of signals) {
            const running = yield* start(dump("--stream"))
            yield* running.pauseAt(1_000_000)
            yield* running.kill(signal)
            yield* running.resume
            const end = yield* running.ended
            assertFailedUnderWay(end, ExitCode.signals[signal], `stopped by ${signal}: the backup has no metadata`)
            assertUnfinished(namesOf(end.stdout))
            const decoder = Frame.decoder()
            assert.isTrue(
              Either.isRight(Either.flatMap(decoder.push(end.stdout), () => decoder.finish())),
              "whole frames"
            )
            yield* assertGone(server, "shop")
          }
        }),
      { timeout: 180_000 }
    )

    it.scoped("end a dump into a folder the same way, and leave no half of a file there", () =>
      Effect.gen(function*() {
        const { dump, inside, server } = yield* prepared
        for (const signal of signals) {
          const out = inside(signal)
          const running = yield* start(dump("-o", out, "-r", "50"))
          yield* until("a file is there", () => namesIn(out).some((name) => name.endsWith(".00003.sql")))
          yield* running.kill(signal)
          assertFailed(yield* running.ended, ExitCode.signals[signal], `stopped by ${signal}`)
          assertUnfinished(namesIn(out))
          yield* assertGone(server, "shop")
          assertFailed(yield* ended(["restore", "--no-defaults", ...login(server), "-d", out]), 6, "metadata")
        }
      }), { timeout: 180_000 })

    it.scoped("end a dump at once when there are two of them, whoever it waits for", () =>
      Effect.gen(function*() {
        const { dump, inside, server } = yield* prepared
        // for a reader that does not read
        const stalled = yield* start(dump("--stream"))
        yield* stalled.pauseAt(1)
        yield* stalled.kill("SIGINT")
        yield* stalled.kill("SIGTERM")
        yield* stalled.untilSaid("sluice: ")
        yield* assertGone(server, "shop")
        yield* stalled.resume
        const end = yield* stalled.ended
        assertFailedUnderWay(end, 130, "interrupted by SIGINT")
        assert.isFalse(Buffer.from(end.stdout).includes("\n-- metadata "), "metadata")
        // for the disk
        const out = inside("out")
        const busy = yield* start(dump("-o", out, "-r", "50"))
        yield* until("a file is there", () => namesIn(out).some((name) => name.endsWith(".00003.sql")))
        yield* busy.kill("SIGINT")
        yield* busy.kill("SIGTERM")
        assertFailed(yield* busy.ended, 130, /stopped by SIGINT|interrupted by SIGINT/)
        assertUnfinished(namesIn(out))
        yield* assertGone(server, "shop")
      }), { timeout: 180_000 })

    for (const [name, given] of [["one signal", ["SIGINT"]], ["two signals", ["SIGINT", "SIGTERM"]]] as const) {
      it.scoped(`end a dump that waits for a lock: ${name}`, () =>
        Effect.gen(function*() {
          const { dump, server } = yield* prepared
          yield* Effect.scoped(Effect.gen(function*() {
            const holder = yield* connect(server)
            yield* run(holder, "LOCK TABLES shop.large WRITE")
            const waiting = numberOf(
              holder,
              "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'FLUSH%'"
            )
            const running = yield* start(dump("--stream"))
            yield* eventually(waiting, (count) => count > 0)
            yield* Effect.forEach(given, running.kill)
            yield* running.untilSaid("sluice: ")
            // nobody waits for the lock any more
            yield* eventually(waiting, (count) => count === 0)
            assertFailed(yield* running.ended, 130, "by SIGINT")
          }))
          yield* assertGone(server, "shop")
        }), { timeout: 180_000 })
    }

    it.scoped("end a restore after the files that are under way", () =>
      Effect.gen(function*() {
        const { dump, inside, restore, server } = yield* prepared
        const stream = yield* ended(dump("--stream"))
        assertComplete(stream, "2 tables")
        for (const signal of signals) {
          yield* tell(server, "DROP DATABASE IF EXISTS copy")
          const running = yield* start(restore("--stream"), { stdin: "open" })
          yield* running.write(stream.stdout.subarray(0, stream.stdout.length / 2))
          yield* untilThere(server)
          yield* running.kill(signal)
          assertFailed(yield* running.ended, ExitCode.signals[signal], `stopped by ${signal}: the target holds a part`)
          yield* assertGone(server, "copy")
        }
        assertComplete(yield* ended(dump("-o", inside("backup"))), "2 tables")
        yield* tell(server, "DROP DATABASE copy")
        // it cannot come to its end before it is told
        const told = yield* Deferred.make<void>()
        let statements = 0
        const slow = yield* proxy.make(server, (statement, pass) => {
          if (statement.includes("INSERT INTO `large`")) statements += 1
          return statements > 4 ? Effect.zipRight(Deferred.await(told), pass) : pass
        })
        const words = restore("-d", inside("backup")).map((word) =>
          word === String(server.port) ? String(slow.port) : word
        )
        const running = yield* start(words)
        yield* untilThere(server)
        yield* running.kill("SIGTERM")
        yield* Deferred.succeed(told, undefined)
        assertFailed(yield* running.ended, 143, "stopped by SIGTERM")
        yield* assertGone(server, "copy")
      }), { timeout: 180_000 })

    it.scoped("end a restore at once when there are two of them, whoever it waits for", () =>
      Effect.gen(function*() {
        const { dump, restore, server } = yield* prepared
        const stream = (yield* ended(dump("--stream"))).stdout
        yield* Effect.scoped(Effect.gen(function*() {
          const holder = yield* connect(server)
          const running = yield* start(restore("--stream"), { stdin: "open" })
          yield* running.write(stream.subarray(0, stream.length / 3))
          yield* untilThere(server)
          // from here on nothing can be written
          yield* run(holder, "FLUSH TABLES WITH READ LOCK")
          yield* running.write(stream.subarray(stream.length / 3))
          yield* eventually(
            numberOf(
              holder,
              "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'root' AND STATE LIKE 'Waiting%'"
            ),
            (count) => count > 0
          )
          yield* running.kill("SIGHUP")
          yield* running.kill("SIGTERM")
          assertFailed(yield* running.ended, 129, "interrupted by SIGHUP")
        }))
        yield* assertGone(server, "copy")
      }), { timeout: 180_000 })
  })
})
