import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck as fc, Option, Ref, Stream } from "effect"

import * as Plan from "../../packages/mysql/src/internal/plan.js"

const least = -(2n ** 63n)
const most = 2n ** 64n - 1n

/** Keys as tables have them: dense runs, single ones, and very far apart. */
const keys = fc.array(
  fc.record({
    start: fc.oneof(
      fc.bigInt({ min: -100n, max: 100n }),
      fc.bigInt({ min: least, max: most }),
      fc.constantFrom(least, 0n, 2n ** 63n, most)
    ),
    count: fc.integer({ min: 1, max: 200 }),
    step: fc.constantFrom(1n, 1n, 7n, 2n ** 40n)
  }),
  { minLength: 1, maxLength: 6 }
).map((runs) =>
  Array.from(
    new Set(runs.flatMap(({ count, start, step }) => Array.from({ length: count }, (_, i) => start + BigInt(i) * step)))
  ).filter((key) => key <= most).sort((a, b) => a < b ? -1 : 1)
)

const count = (sorted: ReadonlyArray<bigint>, { from, to }: Plan.Span) =>
  sorted.filter((key) => key >= from && key <= to).length

/** What the server would say: the truth, or something else, but never nothing. */
const planOf = (sorted: ReadonlyArray<bigint>, rowsPerChunk: number, lie: (truth: number) => number) =>
  Effect.gen(function*() {
    const asked = yield* Ref.make(0)
    const first = sorted[0] ?? 0n
    const last = sorted.at(-1) ?? 0n
    const ranges = yield* Plan.ranges(Plan.boundaries({
      span: { from: first, to: last },
      rows: lie(sorted.length),
      rowsPerChunk,
      estimate: (span) => Effect.as(Ref.update(asked, (n) => n + 1), Math.max(1, lie(count(sorted, span))))
    })).pipe(Stream.runCollect, Effect.map(Chunk.toReadonlyArray))
    return { ranges, asked: yield* Ref.get(asked) }
  })

const holds = (key: bigint) => ({ below, from }: Plan.Range): boolean =>
  Option.match(from, { onNone: () => true, onSome: (value) => key >= value }) &&
  Option.match(below, { onNone: () => true, onSome: (value) => key < value })

const honest = (truth: number) => truth

describe("evenly", () => {
  it.prop(
    "parts follow each other without a gap and make the whole",
    [fc.bigInt({ min: least, max: most }), fc.bigInt({ min: least, max: most }), fc.bigInt({ min: 0n, max: 70n })],
    ([a, b, parts]) => {
      const [from, to] = a < b ? [a, b] : [b, a]
      const spans = Plan.evenly({ from, to }, parts)
      assert.strictEqual(spans[0]?.from, from)
      assert.strictEqual(spans.at(-1)?.to, to)
      spans.forEach((span, i) => {
        assert.isTrue(span.from <= span.to)
        const next = spans[i + 1]
        if (next !== undefined) assert.strictEqual(next.from, span.to + 1n)
      })
      const widths = spans.map((span) => span.to - span.from)
      const spread = widths.reduce((x, y) => x > y ? x : y, 0n) - widths.reduce((x, y) => x < y ? x : y)
      assert.isTrue(spread <= 1n)
    }
  )
})

describe("ranges", () => {
  it.effect.prop(
    "every key, there or not, is in exactly one, whatever the server estimates",
    [
      keys,
      fc.integer({ min: 1, max: 100 }),
      fc.constantFrom(honest, (n: number) => n * 3, (n: number) => n / 5, () => 9)
    ],
    ([sorted, rowsPerChunk, lie]) =>
      Effect.gen(function*() {
        const { ranges } = yield* planOf(sorted, rowsPerChunk, lie)
        const edges = ranges.flatMap(({ below, from }) => [...Option.toArray(from), ...Option.toArray(below)])
        const others = edges.flatMap((edge) => [edge - 1n, edge, edge + 1n])
        const probes = [...sorted, ...others].filter((_, i, all) => i % Math.ceil(all.length / 60) === 0)
        for (const key of [...probes, least - 1n, most + 1n]) {
          assert.strictEqual(ranges.filter(holds(key)).length, 1)
        }
        // Each begins where the one before it ends.
        ranges.forEach((range, i) => {
          const next = ranges[i + 1]
          if (next !== undefined) assert.deepStrictEqual(next.from, range.below)
          if (Option.isSome(range.from) && Option.isSome(range.below)) {
            assert.isTrue(range.from.value < range.below.value)
          }
        })
        assert.isTrue(Option.isNone(ranges[0]?.from ?? Option.some(0n)))
        assert.isTrue(Option.isNone(ranges.at(-1)?.below ?? Option.some(0n)))
      }),
    { fastCheck: { numRuns: 50 } }
  )

  it.effect.prop(
    "with honest estimates no chunk is much larger than wished, and there are not many more chunks than needed",
    [keys, fc.integer({ min: 10, max: 100 })],
    ([sorted, rowsPerChunk]) =>
      Effect.gen(function*() {
        const { asked, ranges } = yield* planOf(sorted, rowsPerChunk, honest)
        const sizes = ranges.map((range) => sorted.filter((key) => holds(key)(range)).length)
        for (const size of sizes) assert.isAtMost(size, Math.max(1, rowsPerChunk * 1.6))
        // A sparse key costs no more than its halvings: nothing walks along the numbers.
        assert.isAtMost(asked, 1000 + sorted.length * 16 / rowsPerChunk + 64 * 64)
        // An empty stretch counts as a row each time it is asked about.
        assert.isAtMost(ranges.length, 2 + Math.ceil((sorted.length * 4 + asked) / rowsPerChunk))
      }),
    { fastCheck: { numRuns: 50 } }
  )

  it.effect("a key that is far from all others costs little", () =>
    Effect.gen(function*() {
      const sorted = [...Array.from({ length: 1000 }, (_, i) => BigInt(i)), most]
      const { asked, ranges } = yield* planOf(sorted, 100, honest)
      assert.isAtMost(asked, 1100)
      assert.isAtMost(ranges.length, 20)
    }))

  it.effect("estimates that never come down end all the same", () =>
    Effect.gen(function*() {
      const { asked } = yield* planOf([least, most], 1, () => 2000)
      assert.isAtMost(asked, 1000 + 4 * 2000 + 64 * 12)
    }))
})

describe("conditions", () => {
  it("say what people and servers read", () => {
    const range = { from: Option.some(-5n), below: Option.some(10n) }
    assert.deepStrictEqual(Plan.condition("`id`", range), Option.some("`id` >= -5 AND `id` < 10"))
    assert.strictEqual(Plan.describe("id", range), "id from -5 to 9")
    assert.deepStrictEqual(Plan.condition("`id`", { from: Option.none(), below: Option.none() }), Option.none())
    assert.strictEqual(Plan.describe("id", { from: Option.none(), below: Option.some(10n) }), "id up to 9")
    assert.strictEqual(Plan.describe("id", { from: Option.some(10n), below: Option.none() }), "id from 10")
  })
})
