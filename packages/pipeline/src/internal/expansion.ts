/**
 * Compressed files that become larger than any dump makes them.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import type { Arrival } from "../Incoming.js"
import { BackupError } from "../SluiceError.js"
import type { Limits } from "../Trust.js"

/** A small file of rows that are all alike may well become so many times its size. */
const always = 64 * 1024 * 1024

/**
 * The bytes as long as there are not too many of them: nothing holds them at once, but each costs time, and what is in
 * them may fill a disk.
 *
 * @internal
 */
export const limited =
  ({ compression, file }: Arrival, { maximumExpansion }: Pick<Limits, "maximumExpansion">) =>
  <E>(bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E | BackupError> =>
    compression === "none" ? bytes : Stream.suspend(() => {
      const most = Math.max(always, file.bytes * maximumExpansion)
      let seen = 0
      return Stream.tap(bytes, (part) => {
        seen += part.length
        return seen <= most ? Effect.void : new BackupError({
          reason: "Damaged",
          what: "a file of the backup is refused",
          where: file.name,
          detail: `its ${file.bytes} bytes become more than ${most}, which is over ${maximumExpansion} times as many`,
          advice: "If it is right, allow more with --max-expansion"
        })
      })
    })
