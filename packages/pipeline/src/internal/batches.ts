/**
 * @internal
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/**
 * Groups what is ready: while the consumer is busy elements wait, as long as there is room for them, and it gets all of
 * them at once. `takes` says how much of the `room` an element takes. What came together stays together, and takes all of
 * the room at most.
 *
 * @internal
 */
export const whatIsReady =
  <A>(room: number, takes: (element: A) => number) =>
  <E, R>(self: Stream.Stream<A, E, R>): Stream.Stream<Chunk.Chunk<A>, E, R> => {
    const weigh = (elements: Chunk.Chunk<A>): number =>
      Math.min(room, Chunk.reduce(elements, 0, (sum, element) => sum + takes(element)))
    return Stream.unwrapScoped(
      Effect.flatMap(Effect.makeSemaphore(room), (free) =>
        Effect.map(
          Stream.toQueueOfElements(
            Stream.mapEffect(Stream.chunks(self), (elements) => Effect.as(free.take(weigh(elements)), elements)),
            { capacity: room }
          ),
          (queue) =>
            Stream.fromQueue(queue, { maxChunkSize: room }).pipe(
              Stream.flattenExitOption,
              Stream.chunks,
              Stream.mapEffect((waited) =>
                Effect.as(
                  free.release(Chunk.reduce(waited, 0, (sum, elements) => sum + weigh(elements))),
                  Chunk.flatten(waited)
                )
              ),
              Stream.filter(Chunk.isNonEmpty)
            )
        ))
    )
  }
