/**
 * The cases side by side.
 */
import { FileSystem, Path } from "@effect/platform"
import type { ScratchServer, ServerPrograms } from "@sluice/testing"
import { Console, Effect } from "effect"

import * as Data from "./data.js"
import * as Measure from "./measure.js"
import * as Programs from "./programs.js"
import type * as Results from "./results.js"
import * as Servers from "./servers.js"

/** A folder on a file system in memory where there is one, so that no disk is measured. */
export const workshop = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const inMemory = yield* Effect.orElseSucceed(fs.exists("/dev/shm"), () => false)
  return yield* fs.makeTempDirectoryScoped({
    prefix: "sluice-bench-",
    ...(inMemory ? { directory: "/dev/shm" } : {})
  })
})

/** Runs a program once, into a new folder if it wants one, which `look` can look into before it is removed. */
export const runOnce = <A, E, R>(
  server: ScratchServer.ScratchServer,
  program: Programs.Program,
  database: string,
  shop: string,
  look: (folder: string) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = path.join(shop, "out")
    return yield* Effect.acquireUseRelease(
      Effect.succeed(folder),
      () =>
        Effect.gen(function*() {
          const run = yield* Measure.run({ words: program.words(database, folder), server: server.pid })
          return { run, seen: yield* look(folder) }
        }),
      () => Effect.orDie(fs.remove(folder, { recursive: true, force: true }))
    )
  })

/**
 * Runs all programs `rounds` times, each round in the order that is the other way round of the one before. A program
 * that fails when it is first tried is left out, and told; that run does not count.
 */
export const rounds = (
  server: ScratchServer.ScratchServer,
  programs: ReadonlyArray<Programs.Program>,
  database: string,
  shop: string,
  rounds: number
) =>
  Effect.gen(function*() {
    const once = (program: Programs.Program) =>
      Effect.map(runOnce(server, program, database, shop, () => Effect.void), ({ run }) => run)
    const tried = yield* Effect.forEach(programs, (program) =>
      once(program).pipe(
        Effect.as({ program, reason: "" }),
        Effect.catchTag("RunError", ({ message }) => Effect.succeed({ program, reason: message }))
      ))
    const able = tried.filter(({ reason }) => reason === "").map(({ program }) => program)
    const all = yield* Effect.forEach(Array.from({ length: rounds }), (_, round) =>
      Effect.gen(function*() {
        yield* Console.error(`${server.vendor}, ${database}: round ${round + 1} of ${rounds}`)
        const order = round % 2 === 0 ? able : [...able].reverse()
        const runs = yield* Effect.forEach(
          order,
          (program) => Effect.map(once(program), (run) => [program.name, run] as const)
        )
        return new Map(runs)
      }))
    const cases = able.map(({ label, name }): Results.Case => ({
      name,
      label,
      runs: all.flatMap((round) => round.get(name) ?? [])
    }))
    const missing = tried.filter(({ reason }) => reason !== "").map(({ program, reason }) => ({
      label: program.label,
      reason
    }))
    return { cases, missing }
  })

export interface Options {
  readonly bytes: number
  readonly threads: number
  readonly pairs: number
  /** The names of the cases to run; all when there is none. */
  readonly only: ReadonlyArray<string>
}

const isData = (name: string): boolean => /\.\d+\.sql$/.test(name)

/** The bytes of the data files of a folder. */
const dataIn = (folder: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const files = (yield* fs.readDirectory(folder)).filter(isData)
    const sizes = yield* Effect.forEach(files, (file) => fs.stat(path.join(folder, file)))
    return sizes.reduce((sum, { size }) => sum + Number(size), 0)
  })

export const run = (vendor: ServerPrograms.Vendor, options: Options) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const database = "bench"
    const megabytes = Math.round(options.bytes / 1e6)
    const server = yield* Servers.start(vendor, `matrix-${megabytes}MB`, options.bytes)
    const connection = yield* Servers.connect(server)
    yield* Console.error(`${vendor} ${server.version}: ${megabytes} MB`)
    yield* Data.build(connection, database, options.bytes)
    const shop = yield* workshop
    const statements = path.join(shop, "statements")
    const { missing, programs } = yield* Programs.all(server, options.threads, statements)
    const directory = programs.find(({ name }) => name === "directory")
    if (directory === undefined) return yield* Effect.dieMessage("there is no case of a directory")
    const first = yield* Servers.asked(connection, runOnce(server, directory, database, shop, dataIn))
    yield* fs.writeFileString(
      statements,
      first.statements.filter(Servers.readsRows).map((statement) => `${statement}\n`).join("")
    )
    const wanted = (name: string) => options.only.length === 0 || options.only.includes(name)
    const outcome = yield* rounds(
      server,
      programs.filter(({ name }) => wanted(name)),
      database,
      shop,
      options.pairs
    )
    const matrix: Results.Matrix = {
      vendor,
      version: server.version,
      threads: options.threads,
      bytes: first.result.seen,
      rows: yield* Servers.rowsIn(connection, database, Data.tables.map(({ name }) => name)),
      cases: outcome.cases,
      missing: [
        ...missing.filter(({ name }) => wanted(name)).map(({ label, reason }) => ({ label, reason })),
        ...outcome.missing
      ]
    }
    return matrix
  }).pipe(Effect.scoped)
