/**
 * Databases that go from one server to another, through a stream in memory.
 */
import { FileSystem } from "@effect/platform"
import { MysqlSource } from "@sluice/mysql"
import { type Dump, type Restore, StreamMode } from "@sluice/pipeline"
import { Effect, Layer } from "effect"

import * as flows from "./flows.js"
import { connect, everythingIn, optionsOf, run } from "./mysqlSource.js"
import * as real from "./realServers.js"

/** Runs statements on the server that is dumped. */
export const make = (...statements: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const connection = yield* connect(yield* real.From)
    yield* run(connection, ...statements)
    return connection
  })

/** Dumps from one server, and restores into the other. */
export const move = (databases: ReadonlyArray<string>, options: {
  readonly dump?: Partial<Dump.Options>
  readonly restore?: Partial<Restore.Options>
  /** Whether the history of versioned tables is read. */
  readonly history?: boolean
} = {}) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const pipe = yield* flows.record
    const dumped = yield* flows.dump({ selection: everythingIn(...databases), threads: 2, ...options.dump }).pipe(
      Effect.provide(
        Layer.provideMerge(StreamMode.layerTraditionalDump, flows.folder(yield* fs.makeTempDirectoryScoped()))
      ),
      Effect.provide(pipe.out),
      Effect.provide(
        MysqlSource.layer({ ...optionsOf(yield* real.From), readers: 2, history: options.history ?? false })
      )
    )
    const bytes = yield* pipe.bytes
    const restored = yield* restoreFrom(bytes, options.restore)
    return { dumped, restored, bytes }
  })

/** Restores a stream into the other server. */
export const restoreFrom = (bytes: Uint8Array, options: Partial<Restore.Options> = {}) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return yield* flows.restore({ threads: 2, ...options }).pipe(
      Effect.provide(
        Layer.provideMerge(StreamMode.layerTraditionalRestore, flows.folder(yield* fs.makeTempDirectoryScoped()))
      ),
      Effect.provide(flows.play([bytes])),
      Effect.provide(real.targetOf(yield* real.To))
    )
  })

/** What is not the same on the two servers. */
export const differences = (database: string) =>
  Effect.gen(function*() {
    return real.differences(
      yield* real.pictureOf(yield* real.From, database),
      yield* real.pictureOf(yield* real.To, database)
    )
  })
