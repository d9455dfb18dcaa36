/**
 * A reader that stops for longer than the server waits for one: the server would cut the connection, and the snapshot
 * would be lost with it.
 */
import { assert, layer } from "@effect/vitest"
import { Sql } from "@sluice/format"
import type { ScratchServer } from "@sluice/testing"
import { Clock, Effect, Schedule, Stream } from "effect"

import { namesOf } from "../support/flows.js"
import { ask, connect, run } from "../support/mysqlSource.js"
import { assertComplete, fill, login, serverOf, start, tell } from "../support/program.js"
import { From } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** The numbers of the connections that are reading the rows of `large`; what is asked to plan it names no such column. */
const reading = (server: ScratchServer.ScratchServer) =>
  Effect.scoped(Effect.flatMap(connect(server), (connection) =>
    Effect.map(
      ask(
        connection,
        "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT%filling%large%' AND ID <> CONNECTION_ID()"
      ),
      (rows) => rows.map(([id]) => Number(id))
    )))

const until = (server: ScratchServer.ScratchServer, is: (ids: ReadonlyArray<number>) => boolean) =>
  reading(server).pipe(
    Effect.repeat({ until: is, schedule: Schedule.spaced("100 millis") }),
    Effect.timeoutFail({ duration: "2 minutes", onTimeout: () => new Error("it never came to that") }),
    Effect.withClock(Clock.make())
  )

describeVendors("a reader that stops", (vendor) => {
  layer(serverOf(vendor), { excludeTestServices: true, timeout: "5 minutes" })((it) => {
    it.scoped("for longer than the server waits, and then goes on, gets all of the dump", () =>
      Effect.gen(function*() {
        const server = yield* From
        // some 20 MB: more than sockets and pipes hold
        yield* fill(server, "shop", 120_000)
        yield* tell(server, "SET GLOBAL net_write_timeout = 1", "SET GLOBAL wait_timeout = 5")
        const running = yield* start([
          "dump",
          ...["--no-defaults", ...login(server), "-B", "shop", "--stream", "-t", "1", "-r", "-1"],
          "--memory-budget=1M"
        ])
        yield* running.pauseAt(1)
        yield* until(server, (ids) => ids.length === 1)
        const dumping = yield* reading(server)

        // somebody else who stops after that, and who is cut off: so the wait was long enough
        const other = yield* connect(server)
        yield* run(other, "SET SESSION net_write_timeout = 1")
        const cut = yield* other.insertStatements("SELECT filling FROM shop.large", {
          head: Sql.bytes("INSERT INTO `t` VALUES "),
          kinds: ["Text"],
          statementSize: 10_000
        }).pipe(
          Stream.zipWithIndex,
          Stream.runForEach(([, i]) =>
            i === 0 ? Effect.asVoid(until(server, (ids) => !ids.includes(other.threadId))) : Effect.void
          ),
          Effect.flip
        )
        assert.strictEqual("reason" in cut ? cut.reason : "", "ConnectionLost")
        assert.deepStrictEqual(yield* reading(server), dumping, "the dump's query still waits for its reader")

        yield* running.resume
        const end = yield* running.ended
        assertComplete(end, "dump of 1 database, 2 tables")
        assert.notInclude(end.stderr, "lost")
        assert.strictEqual(namesOf(end.stdout).at(-1), "metadata")
      }), { timeout: 300_000 })
  })
})
