/**
 * A file that holds a stream, in place of standard input.
 *
 * @internal
 */
import { FileSystem } from "@effect/platform/FileSystem"
import { PipeIn } from "@sluice/pipeline/Pipe"
import { BackupError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

/** @internal */
export const layer = (path: string): Layer.Layer<PipeIn, never, FileSystem> =>
  Layer.effect(
    PipeIn,
    Effect.map(FileSystem, (fs) =>
      PipeIn.of({
        bytes: Stream.mapError(
          fs.stream(path),
          (cause) =>
            new BackupError({
              reason: "Unreadable",
              what: "the stream cannot be read",
              where: path,
              detail: cause.message,
              cause
            })
        )
      }))
  )
