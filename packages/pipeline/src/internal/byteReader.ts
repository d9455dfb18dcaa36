/**
 * Reading a stream of bytes by counts and not by the pieces in which it comes.
 *
 * @internal
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** @internal */
export interface ByteReader<E> {
  /** What is at hand, and not taken by this: no bytes at the end only. Good until more are asked for. */
  readonly peek: Effect.Effect<Uint8Array, E>
  /** Passes bytes that were peeked at. */
  readonly skip: (bytes: number) => void
  /** The next bytes, copied; fewer when the end comes first. */
  readonly take: (bytes: number) => Effect.Effect<Uint8Array, E>
}

const none = new Uint8Array(0)

/** @internal */
export const make = <E>(stream: Stream.Stream<Uint8Array, E>): Effect.Effect<ByteReader<E>, never, Scope.Scope> =>
  Effect.map(Stream.toPull(Stream.rechunk(stream, 1)), (pull) => {
    let rest: Uint8Array = none
    let ended = false
    const peek: Effect.Effect<Uint8Array, E> = Effect.suspend(() =>
      ended || rest.length > 0 ? Effect.succeed(rest) : Effect.matchEffect(pull, {
        onFailure: Option.match({
          onNone: () =>
            Effect.sync(() => {
              ended = true
              return none
            }),
          onSome: (error) => Effect.fail(error)
        }),
        onSuccess: (parts) => {
          rest = Option.getOrElse(Chunk.head(parts), () => none)
          return peek
        }
      })
    )
    const skip = (bytes: number): void => {
      rest = rest.subarray(bytes)
    }
    const take = (bytes: number): Effect.Effect<Uint8Array, E> =>
      Effect.gen(function*() {
        const out = new Uint8Array(bytes)
        let at = 0
        while (at < bytes) {
          const part = (yield* peek).subarray(0, bytes - at)
          if (part.length === 0) {
            return out.subarray(0, at)
          }
          out.set(part, at)
          at += part.length
          skip(part.length)
        }
        return out
      })
    return { peek, skip, take }
  })
