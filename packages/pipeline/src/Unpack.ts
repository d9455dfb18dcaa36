/**
 * A stream becomes a folder, without a server.
 *
 * ```text
 * pipe ─▶ memory ─▶ proven, statements and rows read ─▶ folder ─▶ end rule ─▶ metadata
 * ```
 *
 * A file waits in memory, or in a private temporary file if it is large, until it is proven, and only then goes into the
 * folder, atomically, as a dump writes it. `metadata`, without which no folder is a backup, goes last, when all of the
 * stream has come and has been proven: what a damaged stream leaves behind cannot be taken for a backup.
 *
 * It is the reading half of a restore with another `Disposal`: a file that is done with moves into the folder.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import * as Disposal from "./Disposal.js"
import * as Incoming from "./Incoming.js"
import * as examining from "./internal/examining.js"
import * as expectations from "./internal/expectations.js"
import * as directory from "./internal/stagingDirectory.js"
import * as unproven from "./internal/unproven.js"
import type { PipeIn } from "./Pipe.js"
import { Progress } from "./Progress.js"
import * as Shutdown from "./Shutdown.js"
import { type BackupError, OutputError, type Stopped } from "./SluiceError.js"
import * as Staging from "./Staging.js"
import type { Verdict } from "./Verdict.js"

/** Moves files into a folder, where they stay. */
const layerMove = (path: string) =>
  Layer.effect(
    Disposal.Disposal,
    Effect.gen(function*() {
      const from = yield* Staging.Staging
      const { staging: to } = yield* directory.make({ path, contents: "Nothing" })
      return Disposal.Disposal.of({
        dispose: (file) =>
          Effect.scoped(Effect.gen(function*() {
            const copy = yield* to.create(file.name, file.bytes)
            yield* Stream.runForEach(from.read(file.name), (bytes) => copy.write(bytes)).pipe(
              Effect.catchTag("BackupError", (cause) =>
                new OutputError({
                  reason: "File",
                  what: "cannot write a file of the backup",
                  where: file.name,
                  detail: cause.message,
                  cause
                }))
            )
            const { bytes, checksum } = yield* copy.close
            if (bytes !== file.bytes || checksum !== file.checksum) {
              return yield* new OutputError({
                reason: "File",
                what: "cannot write a file of the backup",
                where: file.name,
                detail: "what was written is not what came",
                advice: "Look at the memory and the disk of this machine"
              })
            }
            yield* from.remove(file.name)
          }))
      })
    })
  )

/**
 * Where an unpacking gets its files from, and where they go: from the pipe, over memory under a budget in bytes, into
 * the folder `path`, which is made if it is not there, and must be empty if it is.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: {
  readonly path: string
  readonly budget: number
}): Layer.Layer<
  Incoming.Incoming | Disposal.Disposal | Staging.Staging,
  BackupError | OutputError,
  PipeIn | FileSystem.FileSystem | Path.Path
> =>
  Layer.merge(Incoming.layerContent, layerMove(options.path)).pipe(
    Layer.provideMerge(Staging.layerMemory({ budget: options.budget, threads: 1 }))
  )

/**
 * Unpacks. Succeeds only when every file of the stream has come, was proven, and is in the folder.
 *
 * @example
 * ```ts
 * import { Progress, Unpack } from "@sluice/pipeline"
 * import { Effect, Layer } from "effect"
 *
 * Unpack.run.pipe(
 *   Effect.provide(Layer.merge(Unpack.layer({ path: "backup", budget: 64 * 1024 * 1024 }), Progress.layer))
 * )
 * ```
 *
 * @since 0.1.0
 * @category flows
 */
export const run: Effect.Effect<
  Verdict,
  BackupError | OutputError | Stopped,
  Staging.Staging | Incoming.Incoming | Disposal.Disposal | Progress
> = Effect.gen(function*() {
  const incoming = yield* Incoming.Incoming
  const progress = yield* Progress
  const backup = yield* expectations.make
  const examined = yield* examining.make(backup, () => Effect.void)

  yield* progress.enter("files")
  yield* incoming.files.pipe(
    Shutdown.stoppable,
    Stream.mapEffect(examined.proven),
    Stream.filterMap((arrival) => arrival),
    Stream.runForEach(examined.content)
  )
  yield* Shutdown.failIfAsked("the folder holds a part of the backup, and no metadata")
  for (const { error } of examined.unpaired()) {
    return yield* error
  }
  yield* backup.complete
  const known = yield* backup.known
  if (Option.isNone(known.announcement)) {
    for (const error of unproven.undefinedObjects(known.come)) {
      return yield* error
    }
  }
  yield* backup.compareRows(() => true)
  yield* examined.finish

  const verdict: Verdict = {
    job: "unpack",
    complete: examined.taken.count() === 0,
    ...examined.counts(),
    ...(yield* backup.totals),
    leftOut: Option.exists(known.announcement, ({ definitions }) => !definitions) ? ["definitions"] : [],
    remarks: [
      ...examined.taken.remarks(),
      ...(Option.isNone(known.announcement) ? unproven.ofForeign(known) : [])
    ]
  }
  return verdict
}).pipe(Effect.withSpan("Unpack.run"))
