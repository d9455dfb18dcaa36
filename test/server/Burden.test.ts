import { assert, layer } from "@effect/vitest"
import { Sql } from "@sluice/format"
import { Staging, StreamMode } from "@sluice/pipeline"
import { Effect, Fiber, Layer, Option } from "effect"

import { eventually } from "../support/eventually.js"
import * as flows from "../support/flows.js"
import { ask, connect, everythingIn, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const memory = Staging.layerMemory({ budget: 16 * 1024 * 1024, threads: 2 })

const dumping = (how: Parameters<typeof real.sourceWith>[1]) =>
  Effect.gen(function*() {
    const pipe = yield* flows.record
    return yield* flows.dump({ selection: everythingIn("d"), threads: 2 }).pipe(
      Effect.provide(Layer.provideMerge(StreamMode.layerTraditionalDump, memory)),
      Effect.provide(pipe.out),
      Effect.provide(real.sourceWith(yield* real.From, how))
    )
  })

const prepared = real.fresh("d", "CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1), (2), (3)")

/** Somebody who is at it for long, until the end of the scope or until somebody ends it. */
const busy = Effect.gen(function*() {
  const connection = yield* connect(yield* real.From)
  const fiber = yield* Effect.fork(Effect.exit(connection.query("SELECT SLEEP(600)")))
  return { connection, fiber }
})

describeVendors("a dump that is gentle", (vendor) => {
  layer(real.oneServer(vendor), { excludeTestServices: true })((it) => {
    it.scoped("takes no lock that would wait for somebody, or ends what he runs", () =>
      Effect.gen(function*() {
        const { connection } = yield* prepared
        const other = yield* busy
        const time = Effect.map(ask(connection, "SHOW PROCESSLIST"), (rows) =>
          Number(rows.find(([id]) => id === String(other.connection.threadId))?.[5] ?? 0))
        yield* eventually(time, (seconds) =>
          seconds >= 2)
        const guard = { seconds: 1, retries: 0, interval: "1 second" } as const
        const error = yield* Effect.flip(dumping({ readers: 2, longQueries: { ...guard, kill: false } }))
        assert.include(error.message, `connection ${other.connection.threadId} of `)
        const verdict = yield* dumping({ readers: 2, longQueries: { ...guard, kill: true } })
        assert.strictEqual(verdict.rows, 3)
        yield* Fiber.join(other.fiber)
        // only what it ran was ended
        assert.deepStrictEqual(yield* ask(other.connection, "SELECT 1"), [["1"]])
      }), 60_000)

    it.scoped("stops reading while others have the server busy", () =>
      Effect.gen(function*() {
        const { connection } = yield* prepared
        const status = (name: string) =>
          Effect.map(ask(connection, `SHOW GLOBAL STATUS LIKE ${Sql.quoteText(name)}`), ([row]) => Number(row?.[1]))
        const running = status("Threads_running")
        const idle = (yield* running) - 1
        const other = yield* busy
        yield* eventually(running, (now) => now >= idle + 2)
        const fiber = yield* Effect.fork(
          dumping({ readers: 2, throttle: { variable: "threads_running", most: idle, every: "20 millis" } })
        )
        const looks = yield* status("Com_show_processlist")
        yield* eventually(status("Com_show_processlist"), (now) => now >= looks + 5)
        assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
        yield* run(connection, `KILL QUERY ${other.connection.threadId}`)
        assert.strictEqual((yield* Fiber.join(fiber)).rows, 3)
        const error = yield* Effect.flip(dumping({ readers: 1, throttle: { variable: "no_such", most: 1, every: 10 } }))
        assert.include(error.message, "no status variable no_such")
      }), 60_000)
  })
})
