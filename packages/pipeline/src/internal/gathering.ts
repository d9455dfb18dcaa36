/**
 * Small writes put together into one.
 *
 * @internal
 */
import * as Effect from "effect/Effect"

/** What is gathered at most: Linux has so much room in a pipe. @internal */
export const size = 64 * 1024

/** One after the other, each when the one before is done. @internal */
export interface Gathering<E> {
  /** Takes bytes, which are lent for the time of the call. */
  readonly write: (bytes: Uint8Array) => Effect.Effect<void, E>
  /** Writes what was taken and is not written yet. */
  readonly flush: Effect.Effect<void, E>
}

/** @internal */
export const make = <E>(write: (bytes: Uint8Array) => Effect.Effect<void, E>): Gathering<E> => {
  const buffer = new Uint8Array(size)
  let taken = 0
  const flush = Effect.suspend(() => {
    const bytes = buffer.subarray(0, taken)
    taken = 0
    return bytes.length === 0 ? Effect.void : write(bytes)
  })
  const take = (bytes: Uint8Array): Effect.Effect<void, E> => {
    if (bytes.length > size - taken) {
      return Effect.zipRight(flush, bytes.length > size ? write(bytes) : Effect.suspend(() => take(bytes)))
    }
    buffer.set(bytes, taken)
    taken += bytes.length
    return Effect.void
  }
  return { write: (bytes) => Effect.suspend(() => take(bytes)), flush }
}
