/**
 * The platform's decompressors, asked for their output bit by bit.
 *
 * @internal
 */
import type { Transform } from "node:stream"

import * as Effect from "effect/Effect"

/** What an engine answers. */
export type Answer =
  /** Fresh bytes. */
  | { readonly _tag: "Output"; readonly bytes: Uint8Array }
  /** It has used what it was fed, and wants more. */
  | { readonly _tag: "Wants" }
  /** The compressed data has ended, `unused` bytes before the end of what it was fed last. */
  | { readonly _tag: "Ended"; readonly unused: number }

/** @internal */
export interface Engine {
  /** Bytes for it, only when it wants some; they must stay as they are until it wants more or has ended. */
  readonly feed: (bytes: Uint8Array) => void
  /** Says that nothing more will come. */
  readonly end: () => void
  /** Works for one step. The failure is what the platform says of the data. */
  readonly work: Effect.Effect<Answer, string>
  readonly close: () => void
}

/** A transform that counts what it has used, as those of node:zlib do. */
export interface Counting extends Transform {
  readonly bytesWritten: number
}

/** @internal */
export const make = (transform: Counting): Engine => {
  let fed = 0
  let busy = false
  let ended = false
  let failure: string | undefined
  let wake: () => void = () => {}
  const changed = (): void => wake()
  transform.on("readable", changed)
  transform.on("end", () => {
    ended = true
    changed()
  })
  transform.on("error", (error) => {
    failure = error.message
    changed()
  })
  const answer = (): Answer | undefined => {
    const bytes: unknown = transform.read()
    if (bytes instanceof Uint8Array) {
      return { _tag: "Output", bytes }
    }
    return ended
      ? { _tag: "Ended", unused: fed - transform.bytesWritten }
      : busy
      ? undefined
      : transform.bytesWritten < fed
      ? { _tag: "Ended", unused: fed - transform.bytesWritten }
      : { _tag: "Wants" }
  }
  return {
    feed: (bytes) => {
      fed += bytes.length
      busy = true
      transform.write(bytes, () => {
        busy = false
        changed()
      })
    },
    end: () => {
      busy = true
      transform.end()
    },
    work: Effect.async<Answer, string>((resume) => {
      const look = (): void => {
        const found = failure === undefined ? answer() : undefined
        if (failure !== undefined) {
          wake = () => {}
          resume(Effect.fail(failure))
        } else if (found !== undefined) {
          wake = () => {}
          resume(Effect.succeed(found))
        }
      }
      wake = look
      look()
      return Effect.sync(() => {
        wake = () => {}
      })
    }),
    close: () => {
      transform.destroy()
    }
  }
}
