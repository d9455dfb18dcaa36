/**
 * A stream of bytes as a stream of frame events.
 *
 * @internal
 */
import * as Frame from "@sluice/format/Frame"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"

import { BackupError } from "../SluiceError.js"

const reasons = {
  NotAStream: "NotABackup",
  Empty: "NotABackup",
  Cut: "Cut",
  Garbage: "Damaged",
  BadHeader: "Damaged"
} as const

/** @internal */
export const toBackupError = (error: Frame.FrameError): BackupError =>
  new BackupError({
    reason: reasons[error.reason],
    what: "the stream cannot be read",
    ...(error.file === undefined ? {} : { where: error.file }),
    detail: `${error.detail}, at byte ${error.offset}`,
    advice: error.reason === "Empty" || error.reason === "NotAStream"
      ? "Check that the program before the pipe ran and wrote a stream"
      : "The backup is damaged: take it again"
  })

/**
 * Takes a stream of bytes apart into headers, content and ends.
 *
 * @internal
 */
export const decode = <E>(bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<Frame.Event, E | BackupError> =>
  Stream.suspend(() => {
    const decoder = Frame.decoder()
    return bytes.pipe(
      Stream.mapConcatEffect((part) => Effect.mapError(decoder.push(part), toBackupError)),
      Stream.concat(Stream.suspend(() =>
        Either.match(decoder.finish(), {
          onLeft: (error) => Stream.fail(toBackupError(error)),
          onRight: () => Stream.empty
        })
      ))
    )
  })
