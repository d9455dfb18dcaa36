/**
 * How a flow is asked to stop.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import { Stopped } from "./SluiceError.js"

/**
 * Whether somebody has asked that flows take no new work and end, cleanly and unfinished.
 *
 * @since 0.1.0
 * @category references
 */
export class Shutdown extends Context.Reference<Shutdown>()("@sluice/pipeline/Shutdown", {
  defaultValue: (): {
    /** Waits until it is asked, and says by what, such as `SIGTERM`. */
    readonly asked: Effect.Effect<string>
    /** By what it was asked, if it was. */
    readonly poll: Effect.Effect<Option.Option<string>>
  } => ({ asked: Effect.never, poll: Effect.succeedNone })
}) {}

/**
 * Ends a stream of work early once it is asked to stop; what was handed on goes on to its end. The flow says at its
 * own end, with `failIfAsked`, that it is not finished.
 *
 * @since 0.1.0
 * @category combinators
 */
export const stoppable = <A, E, R>(self: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const { asked } = yield* Shutdown
    const context = yield* Effect.context<R>()
    const pull = yield* Stream.toPull(Stream.interruptWhen(self, asked))
    // What wins a race leaves its context to who waited for it: with a stream that has a scope of its own, that scope,
    // closed, would be the one in which connections are made from then on.
    return Stream.repeatEffectChunkOption(Effect.provide(pull, context))
  }))

/**
 * Whether it was asked to stop.
 *
 * @since 0.1.0
 * @category combinators
 */
export const isAsked: Effect.Effect<boolean> = Effect.flatMap(Shutdown, ({ poll }) => Effect.map(poll, Option.isSome))

/**
 * Fails if it was asked to stop. `detail` says what that leaves behind.
 *
 * @since 0.1.0
 * @category combinators
 */
export const failIfAsked = (detail: string): Effect.Effect<void, Stopped> =>
  Effect.flatMap(Shutdown, ({ poll }) =>
    Effect.flatMap(
      poll,
      Option.match({
        onNone: () => Effect.void,
        onSome: (by) => new Stopped({ by, detail })
      })
    ))

/**
 * Interrupts an effect that may wait for long, such as for a lock, and fails, once it is asked to stop.
 *
 * @since 0.1.0
 * @category combinators
 */
export const orStopped =
  (detail: string) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | Stopped, R> =>
    Effect.flatMap(
      Shutdown,
      ({ asked }) => Effect.raceFirst(self, Effect.flatMap(asked, (by) => Effect.fail(new Stopped({ by, detail }))))
    )
