/**
 * Sequences of any kind and at any place.
 *
 * @internal
 */
import type * as Sequence from "@sluice/format/Sequence"
import * as fc from "effect/FastCheck"

/** As a server keeps them, up or down, new or used, in their first round or a later one. @internal */
export const state: fc.Arbitrary<Sequence.State> = fc.record({
  minimum: fc.bigInt({ min: -1000n, max: 1000n }),
  width: fc.bigInt({ min: 1n, max: 2n ** 40n }),
  start: fc.bigInt({ min: 0n, max: 2n ** 40n }),
  taken: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 2n ** 40n })),
  step: fc.bigInt({ min: 1n, max: 7n }),
  down: fc.boolean(),
  cache: fc.bigInt({ min: 0n, max: 1000n }),
  round: fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 9n }))
}).map(({ cache, down, minimum, round, start, step, taken, width }) => {
  const maximum = minimum + width
  const first = minimum + start % (width + 1n)
  const left = down ? first - minimum : maximum - first
  // in a later round it may stand before its start, and at its end one step behind its last value
  const next = round > 0n
    ? minimum + taken % (width + 2n)
    : down
    ? first - taken % (left + 2n)
    : first + taken % (left + 2n)
  return {
    next,
    minimum,
    maximum,
    start: first,
    increment: down ? -step : step,
    cache,
    cycles: round > 0n ? 1n : 0n,
    round
  }
})
