import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * Runs something in a finalizer for so long at most, and forgets how it went. Finalizers cannot be interrupted, so that
 * a time limit has no effect in one unless what it limits can be. The time is real, as sockets live in it also under a
 * test's clock.
 *
 * @internal
 */
export const within =
  (limit: Duration.Duration) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<void, never, R> =>
    effect.pipe(Effect.interruptible, Effect.timeout(limit), Effect.ignore, Effect.withClock(Clock.make()))
