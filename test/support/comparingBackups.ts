/**
 * A backup held against a server.
 */
import { CompareBackup, Progress, Staging, StreamMode } from "@sluice/pipeline"
import { Effect, Option } from "effect"

import * as flows from "./flows.js"

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
