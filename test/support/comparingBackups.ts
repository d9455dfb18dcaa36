/**
 * A backup held against a server.
 */
import { FileSystem, Path } from "@effect/platform"
import { CompareBackup, type Dump, Progress, Staging, StreamMode } from "@sluice/pipeline"
import type { ScratchServer } from "@sluice/testing"
import { Effect, Option } from "effect"

import * as flows from "./flows.js"
import * as real from "./realServers.js"

export const defaults: CompareBackup.Options = {
  selection: { databases: Option.none(), includes: () => true, programs: true },
  targetDatabase: (name) => name,
  definitions: true,
  rows: true,
  threads: 2,
  maxDifferences: 20,
  again: true
}

/** Compares a folder with the server that `Source` reads. */
export const folder = (path: string, options: Partial<CompareBackup.Options> = {}) =>
  CompareBackup.run({ ...defaults, ...options }).pipe(
    Effect.provide(StreamMode.layerRestoreDirectory),
    Effect.provide(flows.folder(path, "Present")),
    Effect.provide(Progress.layer)
  )

/** Compares a stream that comes in these parts. */
export const stream = (parts: Iterable<Uint8Array>, options: Partial<CompareBackup.Options> = {}) =>
  CompareBackup.run({ ...defaults, again: false, ...options }).pipe(
    Effect.provide(StreamMode.layerTraditionalRestore),
    Effect.provide(Staging.layerMemory({ budget: 1 << 20, threads: 2 })),
    Effect.provide(flows.play(parts)),
    Effect.provide(Progress.layer)
  )

const newFolder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "sluice-test-" }))

/** Dumps databases into a new folder. */
export const dump = (
  server: ScratchServer.ScratchServer,
  databases: ReadonlyArray<string>,
  options: Partial<Dump.Options> = {}
) =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const folder = path.join(yield* newFolder, "backup")
    yield* flows.dump({
      selection: {
        databases: Option.some(databases),
        includes: () => true,
        views: true,
        triggers: true,
        routines: true,
        events: true
      },
      ...options
    }).pipe(
      Effect.provide(StreamMode.layerDumpDirectory),
      Effect.provide(flows.folder(folder, "Nothing")),
      Effect.provide(real.sourceOf(server))
    )
    return folder
  })
