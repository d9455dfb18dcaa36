/**
 * The budget holds: a reader that stops does not make the program collect the whole database.
 *
 * SLUICE_LONG=1 runs it with the figures of the promise: a budget of 64 MB, ten times as much to dump, half a minute.
 */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect } from "effect"

import * as Memory from "../support/memory.js"
import { connect } from "../support/mysqlSource.js"
import { From, oneServer } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const megabyte = 1024 * 1024
const long = process.env["SLUICE_LONG"] === "1"
const figures = long
  ? { budget: 64 * megabyte, doublings: 17, pause: () => Effect.sleep(Duration.seconds(30)) }
  : { budget: 16 * megabyte, doublings: 15, pause: Memory.untilItStopsGrowing }

/** What the program may take, in words that say by how much it was missed. */
const within = (run: Memory.Run) =>
  assert.isBelow(run.peak / megabyte, (figures.budget + Memory.allowance) / megabyte, "megabytes at the peak")

describe.skipIf(process.platform !== "linux")("memory (of Linux: /proc says how much)", () => {
  describeVendors("the budget of the program", (vendor) => {
    layer(oneServer(vendor), { excludeTestServices: true, timeout: "10 minutes" })((it) => {
      it.scoped(
        "holds while the reader of a dump has stopped, and the dump then finishes",
        () =>
          Effect.gen(function*() {
            const server = yield* From
            const connection = yield* connect(server)
            yield* Memory.fill(connection, "large", figures.doublings)
            const file = Path.join(Os.tmpdir(), `sluice-memory-${process.pid}-${vendor}`)
            const stream = long
              ? yield* Effect.acquireRelease(
                Effect.sync(() => Fs.openSync(file, "w", 0o600)),
                (open) =>
                  Effect.sync(() => Fs.closeSync(open)).pipe(Effect.zipRight(Effect.sync(() => Fs.rmSync(file))))
              )
              : undefined
            const dumped = yield* Memory.dump(server, {
              database: "large",
              budget: figures.budget,
              pause: figures.pause,
              ...(stream === undefined ? {} : { take: (bytes) => Fs.writeSync(stream, bytes) })
            })
            assert.strictEqual(dumped.code, 0, dumped.said)
            assert.include(dumped.said, "COMPLETE")
            assert.isAbove(dumped.taken / figures.budget, 9.5, "the dump was to be ten times the budget")
            within(dumped)
            if (stream !== undefined) {
              const restored = yield* Memory.restore(server, { database: "again", budget: figures.budget, file })
              assert.strictEqual(restored.code, 0, restored.said)
              within(restored)
            }
          }),
        { timeout: long ? 900_000 : 120_000 }
      )
    })
  })
})
