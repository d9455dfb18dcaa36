/**
 * @internal
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/**
 * Groups what is ready: while the consumer is busy up to `capacity` elements wait, and it gets all of them at once.
 *
 * @internal
 */
export const whatIsReady =
  (capacity: number) => <A, E, R>(self: Stream.Stream<A, E, R>): Stream.Stream<Chunk.Chunk<A>, E, R> =>
    Stream.unwrapScoped(
      Effect.map(
        Stream.toQueueOfElements(self, { capacity }),
        (queue) =>
          Stream.fromQueue(queue, { maxChunkSize: capacity }).pipe(
            Stream.flattenExitOption,
            Stream.chunks,
            Stream.filter(Chunk.isNonEmpty)
          )
      )
    )
