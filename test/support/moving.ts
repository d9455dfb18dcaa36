/**
 * Databases moved between real servers, through memory, in one process.
 */
import { assert } from "@effect/vitest"
import type { Connection } from "@sluice/mysql"
import { type Dump, type Restore, Staging, StreamMode } from "@sluice/pipeline"
import type { ScratchServer } from "@sluice/testing"
import { Effect, Layer } from "effect"

import * as flows from "./flows.js"
import { everythingIn, run } from "./mysqlSource.js"
import * as real from "./realServers.js"

const memory = Staging.layerMemory({ budget: 16 * 1024 * 1024, threads: 4 })

export interface Options {
  readonly dump?: Partial<Dump.Options>
  readonly restore?: Partial<Restore.Options>
  /** `memory` when not given. */
  readonly staging?: typeof memory
}

/** Dumps a database and restores it elsewhere at the same time, and gives both verdicts. */
export const flow = (
  from: ScratchServer.ScratchServer,
  to: ScratchServer.ScratchServer,
  database: string,
  options?: Options
) =>
  Effect.gen(function*() {
    const pipe = yield* flows.pipe
    return yield* Effect.all([
      flows.dump({ selection: everythingIn(database), ...options?.dump }).pipe(
        Effect.provide(Layer.provideMerge(StreamMode.layerTraditionalDump, options?.staging ?? memory)),
        Effect.provide(real.sourceOf(from)),
        Effect.provide(pipe.out),
        Effect.zipLeft(pipe.end)
      ),
      flows.restore(options?.restore ?? {}).pipe(
        Effect.provide(Layer.provideMerge(StreamMode.layerTraditionalRestore, options?.staging ?? memory)),
        Effect.provide(real.targetOf(to)),
        Effect.provide(pipe.in)
      )
    ], { concurrency: 2 })
  })

/** `flow`, which has to be complete. */
export const move = (
  from: ScratchServer.ScratchServer,
  to: ScratchServer.ScratchServer,
  database: string,
  options?: Options
) =>
  Effect.map(flow(from, to, database, options), ([dumped, restored]) => {
    assert.isTrue(dumped.complete && restored.complete)
    assert.strictEqual(restored.rows, dumped.rows)
    return dumped
  })

/** Takes whatever a server can hold, wherever it would rather warn. */
export const lenient = (connection: Connection.RawConnection) =>
  run(
    connection,
    "SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00', foreign_key_checks = 0"
  )

/** `SLUICE_LONG=1` asks for the rounds that take long. */
export const long = process.env["SLUICE_LONG"] === "1"
