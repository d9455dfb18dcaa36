/**
 * Verify and unpack over backups in memory.
 */
import { Disposal, Incoming, Progress, Staging, StreamMode, Unpack, Verify } from "@sluice/pipeline"
import { Effect, Layer } from "effect"

import * as flows from "./flows.js"
import * as Foreign from "./foreign.js"

const memory = Staging.layerMemory({ budget: 1 << 16, threads: 2 })

/** Verifies a stream that comes in these parts. */
export const stream = (parts: Iterable<Uint8Array>, between?: Effect.Effect<void>) =>
  Verify.run.pipe(
    Effect.provide(StreamMode.layerTraditionalRestore),
    Effect.provide(memory),
    Effect.provide(flows.play(parts, between)),
    Effect.provide(Progress.layer)
  )

/** Verifies a folder. */
export const folder = (path: string) =>
  Verify.run.pipe(
    Effect.provide(StreamMode.layerRestoreDirectory),
    Effect.provide(flows.folder(path, "Present")),
    Effect.provide(Progress.layer)
  )

/** Verifies a stream that carries only names, over the folder of its files. */
export const names = (bytes: Uint8Array, path: string) =>
  Verify.run.pipe(
    Effect.provide(Layer.merge(Incoming.layerHeaderOnly, Disposal.layerKeep)),
    Effect.provide(flows.folder(path, "Present")),
    Effect.provide(flows.play([bytes])),
    Effect.provide(Progress.layer)
  )

/** Unpacks a stream into a folder. */
export const unpack = (parts: Iterable<Uint8Array>, path: string, between?: Effect.Effect<void>) =>
  Unpack.run.pipe(
    Effect.provide(Unpack.layer({ path, budget: 1 << 16 })),
    Effect.provide(flows.play(parts, between)),
    Effect.provide(Progress.layer)
  )

/** A stream with one of its files changed, left out, or put in. */
export const edited = (bytes: Uint8Array, edit: (files: ReadonlyArray<Foreign.File>) => ReadonlyArray<Foreign.File>) =>
  Foreign.streamOf(edit(Foreign.filesOf(bytes)))
