/**
 * Compressed files that become larger than any dump makes them.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import { BackupError } from "../SluiceError.js"
import type { StagedFile } from "../Staging.js"

/** A small file of rows that are all alike may well become so many times its size. */
const always = 64 * 1024 * 1024

/**
 * The bytes as long as there are not too many of them: nothing holds them at once, but each costs time, and what is in
 * them may fill a disk.
 *
 * @internal
 */
export const limited =
  (file: StagedFile, times: number) =>
  <E>(bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E | BackupError> =>
    Stream.suspend(() => {
      const most = Math.max(always, file.bytes * times)
      let seen = 0
      return Stream.tap(bytes, (part) => {
        seen += part.length
        return seen <= most ? Effect.void : new BackupError({
          reason: "Damaged",
          what: "a file of the backup is refused",
          where: file.name,
          detail: `its ${file.bytes} bytes become more than ${most}, which is over ${times} times as many`,
          advice: "If it is right, allow more with --max-expansion"
        })
      })
    })
