/**
 * Days that pass in no time.
 */
import { Effect, Fiber, Option, TestClock, TestContext } from "effect"

import * as flows from "../flows.js"

/** Runs something on a clock of its own, which goes a minute at each turn of the event loop until it is done. */
export const hurried = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    const turn = Effect.zipRight(flows.breathe, TestClock.adjust("1 minute"))
    yield* Effect.repeat(Effect.zipRight(turn, Fiber.poll(fiber)), { until: Option.isSome })
    return yield* Fiber.join(fiber)
  }).pipe(Effect.provide(TestContext.TestContext))
