/**
 * The program's own ends of a pipe.
 *
 * @internal
 */
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Pipe from "@sluice/pipeline/Pipe"
import { BackupError, OutputError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const readerGone = (cause: Error) =>
  new OutputError({
    reason: "ReaderGone",
    what: "the stream cannot be written",
    detail: "code" in cause && cause.code === "EPIPE" ? "the reader of the pipe is gone" : cause.message,
    advice: "Look at what the program behind the pipe said",
    cause
  })

/**
 * Standard output. A write is done when the pipe has taken all of it.
 *
 * @internal
 */
export const layerStdout: Layer.Layer<Pipe.PipeOut> = Layer.scoped(
  Pipe.PipeOut,
  Effect.gen(function*() {
    const { stdout } = process
    // the write that fails says why; without a listener the same error would end the process before it can
    const ignore = () => {}
    yield* Effect.acquireRelease(
      Effect.sync(() => stdout.on("error", ignore)),
      () => Effect.sync(() => stdout.off("error", ignore))
    )
    return Pipe.PipeOut.of({
      write: (bytes) =>
        Effect.async<void, OutputError>((resume) => {
          stdout.write(bytes, (error) =>
            resume(error === null || error === undefined ? Effect.void : Effect.fail(readerGone(error))))
        })
    })
  })
)

/**
 * Standard input.
 *
 * @internal
 */
export const layerStdin: Layer.Layer<Pipe.PipeIn> = Layer.succeed(
  Pipe.PipeIn,
  Pipe.PipeIn.of({
    bytes: NodeStream.fromReadable<BackupError, Uint8Array>(
      () => process.stdin,
      (cause) =>
        new BackupError({
          reason: "Unreadable",
          what: "the stream cannot be read",
          detail: cause instanceof Error ? cause.message : String(cause),
          cause
        })
    )
  })
)
