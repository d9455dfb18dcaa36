import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck as fc, Option, Ref, Stream } from "effect"

import * as Plan from "../../packages/mysql/src/internal/plan.js"
import * as Tuples from "../../packages/mysql/src/internal/tuples.js"
import * as Walk from "../../packages/mysql/src/internal/walk.js"

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
    const boundaries = yield* Plan.steps({
      span: { from: first, to: last },
      size: lie(sorted.length),
      perChunk: rowsPerChunk,
      estimate: (span) => Effect.as(Ref.update(asked, (n) => n + 1), Math.max(1, lie(count(sorted, span))))
    }).pipe(
      Stream.filter((step) => step._tag === "Boundary"),
      Stream.map((step) => step.at),
      Stream.runCollect,
      Effect.map(Chunk.toReadonlyArray)
    )
    return { ranges: rangesOf(boundaries), asked: yield* Ref.get(asked) }
  })

interface Range {
  readonly from: Option.Option<bigint>
  readonly below: Option.Option<bigint>
}

const rangesOf = (boundaries: ReadonlyArray<bigint>): ReadonlyArray<Range> =>
  [Option.none<bigint>(), ...boundaries.map(Option.some)].map((from, i) => ({
    from,
    below: Option.fromNullable(boundaries[i])
  }))

const holds = (key: bigint) => ({ below, from }: Range): boolean =>
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

describe("heavy values", () => {
  it.effect.prop(
    "are told of once each, in their place among the boundaries",
    [
      fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 5, max: 50 })
    ],
    ([values, perChunk]) =>
      Effect.gen(function*() {
        // Every other value has rows for several chunks, the others have one.
        const rows = values.toSorted((a, b) => a - b).map((value, i) => ({
          value: BigInt(value),
          rows: i % 2 === 0 ? perChunk * 3 : 1
        }))
        const estimate = ({ from, to }: Plan.Span) =>
          rows.filter(({ value }) => value >= from && value <= to).reduce((sum, { rows }) => sum + rows, 0)
        const span = { from: rows[0]?.value ?? 0n, to: rows.at(-1)?.value ?? 0n }
        const steps = yield* Plan.steps({
          span,
          size: estimate(span),
          perChunk,
          estimate: (span) => Effect.succeed(estimate(span))
        }).pipe(Stream.runCollect, Effect.map(Chunk.toReadonlyArray))
        assert.deepStrictEqual(
          steps.filter((step) => step._tag === "Heavy").map((step) => step.at),
          rows.filter(({ rows }) => rows > perChunk).map(({ value }) => value)
        )
        steps.forEach((step, i) => {
          const before = steps[i - 1]
          if (before !== undefined) {
            assert.isTrue(before._tag === "Boundary" ? before.at <= step.at : before.at < step.at)
          }
        })
      })
  )
})

/** A value that is compared as its number; what stands in a condition is its literal. */
const valueOf = (n: number): Tuples.Value => ({ literal: `${n}`, text: `${n}` })

/** Evaluates a condition as a server would. */
const isTrue = (condition: Tuples.Condition, row: ReadonlyMap<string, number>): boolean => {
  if (condition._tag !== "Compare") {
    return condition._tag === "All"
      ? condition.of.every((inner) => isTrue(inner, row))
      : condition.of.some((inner) => isTrue(inner, row))
  }
  const { literal, operator, part } = condition
  const order = ((row.get(part.name) ?? 0) - Number(literal)) * (part.descending ? -1 : 1)
  return operator === "=" ? order === 0 : operator === "<" ? order < 0 : operator === ">" ? order > 0 : order >= 0
}

const smallKey = fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }).map((directions) =>
  directions.map((descending, i) => ({ name: `c${i}`, descending }))
)

/** Where two places stand to each other: a shorter one is ahead of all that begin with it. */
const compare = (key: ReadonlyArray<Tuples.Part>, a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => {
  const at = key.findIndex((_, i) => a[i] !== b[i])
  const [x, y] = [a[at], b[at]]
  return x === undefined ? y === undefined ? 0 : -1 : y === undefined ? 1 : key[at]?.descending === true ? y - x : x - y
}

describe("conditions", () => {
  it.prop(
    "of ranges between ascending places hold each row once",
    [smallKey, fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }), { maxLength: 8 })],
    ([key, tuples]) => {
      const places = tuples.map((tuple) => tuple.slice(0, key.length)).sort((a, b) => compare(key, a, b))
        .filter((place, i, all) => i === 0 || compare(key, all[i - 1] ?? [], place) !== 0)
      const edges = [[], ...places]
      const conditions = edges.map((from, i) =>
        Tuples.within(key, {
          from: from.map(valueOf),
          below: Option.map(Option.fromNullable(edges[i + 1]), (place) => place.map(valueOf))
        })
      )
      const values = [-1, 0, 1, 2, 3, 4]
      const rows = key.reduce<ReadonlyArray<ReadonlyArray<number>>>(
        (rows) => rows.flatMap((row) => values.map((value) => [...row, value])),
        [[]]
      )
      for (const row of rows) {
        const cells = new Map(key.map(({ name }, i) => [name, row[i] ?? 0]))
        const holding = conditions.flatMap((condition, i) => isTrue(condition, cells) ? [i] : [])
        // The last place that is not behind the row.
        assert.deepStrictEqual(holding, [edges.findLastIndex((place) => compare(key, place, row) <= 0)])
      }
    }
  )

  it.prop(
    "from and before a place are each other's opposite, and behind a place is behind all its rows",
    [smallKey, fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 3 })],
    ([key, all]) => {
      const place = all.slice(0, key.length)
      const tuple = place.map(valueOf)
      for (let n = 0; n < 4 ** key.length; n++) {
        const row = key.map((_, i) => Math.floor(n / 4 ** i) % 4)
        const cells = new Map(key.map(({ name }, i) => [name, row[i] ?? 0]))
        const order = compare(key, place, row)
        const at = place.every((value, i) => row[i] === value)
        assert.strictEqual(isTrue(Tuples.from(key, tuple), cells), order <= 0)
        assert.strictEqual(isTrue(Tuples.before(key, tuple), cells), order > 0)
        assert.strictEqual(isTrue(Tuples.at(key, tuple), cells), at)
        assert.strictEqual(isTrue(Tuples.after(key, tuple), cells), order <= 0 && !at)
      }
    }
  )

  const quote = (name: string) => `\`${name}\``
  const id = [{ name: "id", descending: false }]
  const sql = (key: ReadonlyArray<Tuples.Part>, from: ReadonlyArray<number>, below?: ReadonlyArray<number>) => {
    const range = {
      from: from.map(valueOf),
      below: Option.map(Option.fromNullable(below), (place) => place.map(valueOf))
    }
    return [
      Option.getOrElse(Tuples.render(Tuples.within(key, range), quote), () => ""),
      Tuples.describe(key, range)
    ]
  }

  it("say what people and servers read", () => {
    assert.deepStrictEqual(sql(id, [-5], [10]), ["`id` >= -5 AND `id` < 10", "id from -5, before 10"])
    assert.deepStrictEqual(sql(id, []), ["", "the whole table"])
    assert.deepStrictEqual(sql(id, [], [10]), ["`id` < 10", "id before 10"])
    assert.deepStrictEqual(sql(id, [10]), ["`id` >= 10", "id from 10"])
    const key = [{ name: "a", descending: false }, { name: "b", descending: true }]
    assert.deepStrictEqual(sql(key, [1, 2], [3, 4]), [
      "(`a` > 1 OR (`a` = 1 AND `b` <= 2)) AND (`a` < 3 OR (`a` = 3 AND `b` > 4))",
      "(a, b) from (1, 2), before (3, 4)"
    ])
    assert.deepStrictEqual(sql(key, [1, 5], [1, 2]), [
      "`a` = 1 AND `b` <= 5 AND `b` > 2",
      "(a, b) from (1, 5), before (1, 2)"
    ])
    assert.deepStrictEqual(sql(key, [1], [1, 2]), ["`a` = 1 AND `b` > 2", "a from 1, (a, b) before (1, 2)"])
  })
})

/** Rows as the places where they are: several can be at one, and some cannot be told. */
const rowsToWalk = fc.array(
  fc.record({ place: fc.integer({ min: 0, max: 30 }), size: fc.constantFrom(1, 1, 1, 5, 100) }),
  { minLength: 0, maxLength: 60 }
).map((rows) => rows.toSorted((a, b) => a.place - b.place))

const walked = (
  rows: ReadonlyArray<{ readonly place: number; readonly size: number }>,
  perChunk: number,
  tells: (place: number) => boolean
) =>
  Effect.gen(function*() {
    const passed = yield* Ref.make(0)
    const behind = (from: Option.Option<number>) =>
      rows.filter(({ place }) => Option.match(from, { onNone: () => true, onSome: (from) => place > from }))
    const boundaries = yield* Walk.boundaries<number, never>({
      full: (from, further) =>
        Effect.gen(function*() {
          const ahead = rows.filter(({ place }) =>
            Option.match(from, { onNone: () => true, onSome: (from) => place >= from })
          )
          let sum = 0
          const at = ahead.findIndex(({ size }) => (sum += size) > perChunk)
          const end = at === -1 ? ahead.length : at + further
          yield* Ref.update(passed, (n) => n + Math.min(end, ahead.length))
          return Option.map(Option.fromNullable(ahead[end]), ({ place }) => place)
        }),
      next: (from) => Effect.succeed(Option.map(Option.fromNullable(behind(from)[0]), ({ place }) => place)),
      isBehind: (place, from) => Effect.succeed(tells(place) && behind(from).some((row) => row.place === place))
    }).pipe(Stream.runCollect, Effect.map(Chunk.toReadonlyArray))
    return { boundaries, passed: yield* Ref.get(passed) }
  })

describe("walking", () => {
  it.effect.prop(
    "ascends from place to place behind the first row, passes no row twice but for what does not fit, and fills chunks",
    [rowsToWalk, fc.integer({ min: 1, max: 20 })],
    ([rows, perChunk]) =>
      Effect.gen(function*() {
        const { boundaries, passed } = yield* walked(rows, perChunk, () => true)
        const places = [rows[0]?.place ?? 0, ...boundaries]
        places.slice(1).forEach((place, i) => {
          assert.isAbove(place, places[i] ?? -1)
          assert.isTrue(rows.some((row) => row.place === place))
        })
        const chunks = places.map((from, i) =>
          rows.filter(({ place }) => place >= from && place < (places[i + 1] ?? Infinity))
        )
        const sizeOf = (chunk: typeof rows) => chunk.reduce((sum, row) => sum + row.size, 0)
        chunks.forEach((chunk, i) => {
          // Only rows of one place may make a chunk too large, and only the last one is smaller than can be.
          assert.isTrue(sizeOf(chunk) <= perChunk || new Set(chunk.map((row) => row.place)).size === 1)
          const [following] = chunks[i + 1] ?? []
          if (following !== undefined) {
            const next = rows.filter((row) => row.place === following.place)
            assert.isAbove(sizeOf(chunk) + sizeOf(next), perChunk)
          }
        })
        // Those that are passed for nothing are at the place that was not taken.
        assert.isAtMost(passed, rows.length * 2)
      })
  )

  it.effect.prop(
    "takes no place that cannot be told, and goes on behind it",
    [rowsToWalk, fc.integer({ min: 1, max: 20 }), fc.array(fc.integer({ min: 0, max: 30 }))],
    ([rows, perChunk, untold]) =>
      Effect.gen(function*() {
        const { boundaries } = yield* walked(rows, perChunk, (place) => !untold.includes(place))
        boundaries.forEach((place, i) => {
          assert.notInclude(untold, place)
          assert.isAbove(place, boundaries[i - 1] ?? -1)
        })
      })
  )
})
