/**
 * Holding a flow back: so many bytes in a second, or only while something has little to do.
 *
 * Whoever passes says how many bytes it brings, and goes on when the effect is done. One pace is shared by all that is
 * read at once.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * @since 0.1.0
 * @category models
 */
export interface Pace<E = never> {
  /** Waits for as long as so many bytes have to. */
  readonly pass: (bytes: number) => Effect.Effect<void, E>
}

/**
 * Waits for nothing.
 *
 * @since 0.1.0
 * @category constructors
 */
export const unlimited: Pace = { pass: () => Effect.void }

/**
 * So many bytes in a second, however many pass at once. Nothing is saved up while nobody passes.
 *
 * @example
 * ```ts
 * import { Pace } from "@sluice/pipeline"
 * import { Effect } from "effect"
 *
 * // the second one goes on after two seconds
 * Effect.flatMap(Pace.rate(1000), (pace) => Effect.all([pace.pass(1000), pace.pass(1000)], { concurrency: 2 }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const rate = (bytesPerSecond: number): Effect.Effect<Pace> =>
  Effect.sync(() => {
    /** When all that has passed so far is paid for. */
    let paid = 0
    return {
      pass: (bytes) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          paid = Math.max(paid, now) + bytes / bytesPerSecond * 1000
          return Effect.sleep(Duration.millis(paid - now))
        })
    }
  })

/**
 * Lets nobody pass while `load` is more than `most`. It is looked at once in `every` at most, by one for all.
 *
 * @since 0.1.0
 * @category constructors
 */
export const whileBelow = <E>(options: {
  readonly load: Effect.Effect<number, E>
  readonly most: number
  readonly every: Duration.DurationInput
}): Effect.Effect<Pace<E>> =>
  Effect.map(Effect.makeSemaphore(1), (turn) => {
    const every = Duration.toMillis(options.every)
    let looked = Number.NEGATIVE_INFINITY
    const wait: Effect.Effect<void, E> = Effect.flatMap(options.load, (load) =>
      load > options.most
        ? Effect.zipRight(Effect.sleep(options.every), Effect.suspend(() => wait))
        : Effect.map(Clock.currentTimeMillis, (now) => {
          looked = now
        }))
    return {
      pass: () =>
        turn.withPermits(1)(
          Effect.flatMap(Clock.currentTimeMillis, (now) => now - looked < every ? Effect.void : wait)
        )
    }
  })
