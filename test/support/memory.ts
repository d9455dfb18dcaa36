/**
 * The real program under a memory budget, and how much memory it takes.
 */
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"

import { Command } from "@effect/platform"
import type { Connection } from "@sluice/mysql"
import type { ScratchServer } from "@sluice/testing"
import { Chunk, Effect, Fiber, Redacted, Schedule, Stream } from "effect"

const program = fileURLToPath(new URL("../../packages/cli/dist/program/sluice.js", import.meta.url))

/** Bytes that the program may take beside its budget. */
export const allowance = 120 * 1024 * 1024

/** What Linux says of a process, in bytes: the most it had in memory so far. None when it is gone. */
const peakOf = (pid: number): Effect.Effect<number> =>
  Effect.try(() => Number(/^VmHWM:\s+(\d+) kB$/m.exec(Fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024)
    .pipe(Effect.orElseSucceed(() => 0))

const stopsGrowing = { every: "250 millis", times: 12 } as const

/** Waits until the memory of the process has not grown for three seconds. */
export const untilItStopsGrowing = (pid: number): Effect.Effect<void> =>
  Effect.iterate({ peak: 0, same: 0 }, {
    while: ({ same }) => same < stopsGrowing.times,
    body: (last) =>
      Effect.map(
        Effect.delay(peakOf(pid), stopsGrowing.every),
        (peak) => ({ peak, same: peak > last.peak ? 0 : last.same + 1 })
      )
  })

/**
 * Four tables with a key and one without, all of rows of about a kilobyte; so many rows each.
 */
export const fill = (connection: Connection.RawConnection, database: string, doublings: number) =>
  Effect.forEach([
    `DROP DATABASE IF EXISTS ${database}`,
    `CREATE DATABASE ${database}`,
    `USE ${database}`,
    "CREATE TABLE keyed1 (id INT PRIMARY KEY, v VARCHAR(1100) CHARACTER SET latin1) ENGINE=InnoDB",
    "INSERT INTO keyed1 VALUES (1, CONCAT('it''s ', REPEAT('0123456789', 98)))",
    ...Array.from(
      { length: doublings },
      (_, power) => `INSERT INTO keyed1 SELECT id + ${2 ** power}, v FROM keyed1`
    ),
    ...["keyed2", "keyed3", "keyed4"].flatMap((table) => [
      `CREATE TABLE ${table} LIKE keyed1`,
      `INSERT INTO ${table} SELECT * FROM keyed1`
    ]),
    "CREATE TABLE keyless AS SELECT * FROM keyed1",
    "ANALYZE TABLE keyed1, keyed2, keyed3, keyed4, keyless"
  ], (statement) =>
    connection.query(statement), { discard: true })

/** What a run of the program came to. */
export interface Run {
  readonly code: number
  /** What it said to people. */
  readonly said: string
  /** The most memory it took, in bytes. */
  readonly peak: number
}

const start = (
  server: ScratchServer.ScratchServer,
  command: "dump" | "restore",
  budget: number,
  words: ReadonlyArray<string>
) =>
  Command.make(
    process.execPath,
    program,
    command,
    `--host=${server.host}`,
    `--port=${server.port}`,
    `--user=${server.user}`,
    "--stream",
    `--memory-budget=${budget}`,
    ...words
  ).pipe(Command.env({ MYSQL_PWD: Redacted.value(server.password) }))

/** Watches a process until it ends. */
const watch = (running: Effect.Effect.Success<ReturnType<typeof Command.start>>) =>
  Effect.gen(function*() {
    let peak = 0
    const look = Effect.map(peakOf(running.pid), (now) => {
      peak = Math.max(peak, now)
    })
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced("20 millis")))
    const said = yield* Effect.forkScoped(Stream.runCollect(Stream.decodeText(running.stderr)))
    return Effect.gen(function*() {
      const code = yield* running.exitCode
      return { code, said: Chunk.join(yield* Fiber.join(said), ""), peak } satisfies Run
    })
  })

/** Dumps a database to a reader that takes a first bit, and the rest when `pause` is over. */
export const dump = (
  server: ScratchServer.ScratchServer,
  options: {
    readonly database: string
    readonly budget: number
    readonly pause: (pid: number) => Effect.Effect<void>
    /** What the reader does with what it takes. */
    readonly take?: (bytes: Uint8Array) => void
  }
) =>
  Effect.scoped(Effect.gen(function*() {
    const running = yield* Command.start(start(server, "dump", options.budget, [`--database=${options.database}`]))
    const ended = yield* watch(running)
    const taken = yield* Stream.runFoldEffect(running.stdout, 0, (sum, bytes) => {
      options.take?.(bytes)
      return Effect.as(sum === 0 ? options.pause(running.pid) : Effect.void, sum + bytes.length)
    })
    return { ...(yield* ended), taken }
  }))

/** Restores a stream that lies in a file. */
export const restore = (
  server: ScratchServer.ScratchServer,
  options: { readonly database: string; readonly budget: number; readonly file: string }
) =>
  Effect.scoped(Effect.gen(function*() {
    const running = yield* start(server, "restore", options.budget, [`--database=${options.database}`]).pipe(
      // a pipe, as in life
      Command.stdin(Stream.orDie(Stream.fromAsyncIterable(Fs.createReadStream(options.file), (cause) => cause))),
      Command.start
    )
    const ended = yield* watch(running)
    return yield* ended
  }))
