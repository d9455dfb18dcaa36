/**
 * The program's own ends of a pipe.
 *
 * @internal
 */
import * as Fs from "node:fs"

import * as Pipe from "@sluice/pipeline/Pipe"
import { OutputError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

import * as Stdin from "./stdin.js"

const what = "the stream cannot be written"

const fromPipe = (cause: Error) =>
  new OutputError({
    reason: "ReaderGone",
    what,
    detail: "code" in cause && cause.code === "EPIPE" ? "the reader of the pipe is gone" : cause.message,
    advice: "Look at what the program behind the pipe said",
    cause
  })

const fromFile = (cause: Error) =>
  new OutputError({
    reason: "File",
    what,
    where: "standard output",
    detail: cause.message,
    advice: "Send it to a place where there is room, and begin again",
    cause
  })

const pipe = Effect.gen(function*() {
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
          resume(error === null || error === undefined ? Effect.void : Effect.fail(fromPipe(error))))
      })
  })
})

/** Node's own stream for a file takes a short write, such as the last one onto a disk that becomes full, for a whole one. */
const writeToFile = (bytes: Uint8Array): Effect.Effect<void, OutputError> =>
  Effect.async<number, OutputError>((resume) =>
    Fs.write(
      process.stdout.fd,
      bytes,
      (error, written) => resume(error === null ? Effect.succeed(written) : Effect.fail(fromFile(error)))
    )
  ).pipe(
    Effect.flatMap((written) => written < bytes.length ? writeToFile(bytes.subarray(written)) : Effect.void)
  )

const isPipe = Effect.sync(() => {
  const kind = Fs.fstatSync(process.stdout.fd)
  return kind.isFIFO() || kind.isSocket()
})

/**
 * Standard output. A write is done when the pipe, or the file, has taken all of it.
 *
 * @internal
 */
export const layerStdout: Layer.Layer<Pipe.PipeOut> = Layer.scoped(
  Pipe.PipeOut,
  Effect.if(isPipe, {
    onTrue: () => pipe,
    onFalse: () => Effect.succeed(Pipe.PipeOut.of({ write: writeToFile }))
  })
)

/**
 * Standard input.
 *
 * @internal
 */
export const layerStdin: Layer.Layer<Pipe.PipeIn> = Layer.succeed(
  Pipe.PipeIn,
  Pipe.PipeIn.of({ bytes: Stdin.bytes(0) })
)
