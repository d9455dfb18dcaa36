/**
 * Waiting for something that nothing tells of.
 */
import { Clock, Effect, Schedule } from "effect"

/** As long as a test may take at all: how soon something comes is no matter of a test. */
const patience = "100 seconds"

/**
 * Looks again and again, in real time, until what it sees is as wished. When it never is, the test dies, and says what
 * it was at last.
 */
export const eventually = <A, E, R>(look: Effect.Effect<A, E, R>, is: (seen: A) => boolean): Effect.Effect<A, E, R> =>
  Effect.either(look).pipe(
    Effect.filterOrFail(
      (seen) => seen._tag === "Left" || is(seen.right),
      (seen) => seen._tag === "Right" ? seen.right : undefined
    ),
    Effect.retry(Schedule.upTo(Schedule.spaced("20 millis"), patience)),
    Effect.catchAll((last) => Effect.dieMessage(`it never came to that, and at last it was ${JSON.stringify(last)}`)),
    Effect.flatten,
    Effect.withClock(Clock.make())
  )
