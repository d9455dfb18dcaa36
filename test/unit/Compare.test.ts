/**
 * What a comparison makes of what two sides say. The sides are lists in memory.
 */
import * as Crypto from "node:crypto"
import * as Zlib from "node:zlib"

import { assert, describe, it } from "@effect/vitest"
import { Compare, type Comparison, Inspection, Progress } from "@sluice/pipeline"
import { Effect, FastCheck as fc, Layer, Option, Stream } from "effect"

interface Row {
  readonly id: number
  readonly value: string
}

interface Held {
  readonly rows: ReadonlyArray<Row>
  /** Where the table is cut; the source says it. */
  readonly cuts?: ReadonlyArray<number>
  readonly hasKey?: boolean
  readonly version?: readonly [number, number, number]
  readonly vendor?: string
  readonly printed?: Inspection.Definitions
  readonly portable?: Inspection.Definitions
  /** Says that everything is different until rows are looked at. */
  readonly restless?: boolean
}

const digests = new Map<string, string>()

const sha = ({ id, value }: Row): string => {
  const text = `${id},${value}`
  const digest = digests.get(text) ?? Crypto.createHash("sha256").update(text).digest("hex")
  digests.set(text, digest)
  return digest
}

const viewOf = (held: Held): Inspection.View<never> => {
  const table: Inspection.Table = {
    database: "d",
    name: "t",
    columns: ["id", "value"].map((name) => ({ name, type: "int", collation: Option.none(), parsesJson: false })),
    key: held.hasKey === false ? Option.none() : Option.some(["id"])
  }
  const within = (range: Inspection.Range, row: Row): boolean => {
    const [from = "", below = ""] = Option.getOrElse(range.condition, () => ":").split(":")
    return (from === "" || row.id >= Number(from)) && (below === "" || row.id < Number(below))
  }
  const bucketOf = ({ buckets }: Inspection.Question, row: Row): number =>
    buckets === 1 ? 0 : Zlib.crc32(String(row.id)) % buckets
  return {
    server: { vendor: held.vendor ?? "mysql", version: held.version ?? [8, 4, 0], text: "memory" },
    consistency: "snapshot",
    leftOut: [],
    databases: [{ name: "d", tables: [table] }],
    printed: () => Effect.succeed(held.printed ?? new Map()),
    portable: () => Effect.succeed(held.portable ?? new Map()),
    plan: () => {
      const places = ["", ...Array.from(new Set(held.cuts ?? [])).sort((a, b) => a - b).map(String), ""]
      return Stream.fromIterable(
        places.slice(1).map((below, i) => ({ condition: Option.some(`${places[i] ?? ""}:${below}`), note: below }))
      )
    },
    sums: (_, question) =>
      Effect.sync(() => {
        const sums = new Map<number, Inspection.Sum>()
        for (const row of held.rows.filter((row) => within(question.range, row))) {
          const digest = sha(row)
          const before = sums.get(bucketOf(question, row)) ?? { rows: 0n, first: 0n, second: 0n }
          sums.set(bucketOf(question, row), {
            rows: before.rows + 1n,
            first: before.first + BigInt(`0x${digest.slice(0, 16)}`) + (held.restless === true ? 1n : 0n),
            second: before.second + BigInt(Zlib.crc32(digest))
          })
        }
        return sums
      }),
    rows: (_, question, buckets) =>
      Effect.sync(() =>
        held.rows
          .filter((row) => within(question.range, row) && buckets.includes(bucketOf(question, row)))
          .map((row) => ({ identity: String(row.id), key: [String(row.id)], digest: sha(row) }))
      ),
    finish: () => Effect.void,
    moved: Effect.succeedNone
  }
}

const compare = (source: Held, target: Held, options: Partial<Compare.Options> = {}) =>
  Compare.run({
    selection: { databases: Option.none(), includes: () => true, programs: true },
    targetDatabase: (name) => name,
    definitions: true,
    rows: true,
    threads: 2,
    maxDifferences: 1_000_000,
    ...options
  }).pipe(
    Effect.provide(Layer.mergeAll(
      Layer.succeed(Inspection.OfSource, { open: () => Effect.succeed(viewOf(source)) }),
      Layer.succeed(Inspection.OfTarget, { open: () => Effect.succeed(viewOf(target)) }),
      Progress.layer
    ))
  )

/** What differs, the slow and obvious way: row by row, as often as each is there. */
const slowly = (source: ReadonlyArray<Row>, target: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const ids = Array.from(new Set([...source, ...target].map(({ id }) => id))).sort((a, b) => a - b)
  return ids.flatMap((id) => {
    const rest = target.filter((row) => row.id === id).map(({ value }) => value)
    const alone = source.filter((row) => row.id === id).map(({ value }) => value).filter((value) => {
      const at = rest.indexOf(value)
      if (at >= 0) rest.splice(at, 1)
      return at < 0
    })
    const both = Math.min(alone.length, rest.length)
    return [
      ...Array.from({ length: both }, () => `${id} Different`),
      ...Array.from({ length: alone.length - both }, () => `${id} Missing`),
      ...Array.from({ length: rest.length - both }, () => `${id} Extra`)
    ]
  })
}

const rowsOf = (comparison: Comparison.Comparison): Comparison.RowsDifference | undefined =>
  comparison.differences.find((difference) => difference._tag === "Rows")

const toldOf = (comparison: Comparison.Comparison): ReadonlyArray<string> =>
  (rowsOf(comparison)?.keys ?? []).map(({ how, key }) => `${key.join()} ${how}`)

const aValue = fc.constantFrom("a", "b", "c")
const aRow = fc.record({ id: fc.integer({ min: -40, max: 40 }), value: aValue })
/** Two tables that have most of their rows in common. A key may come several times. */
const twoTables = fc.record({
  shared: fc.array(aRow, { maxLength: 120 }),
  left: fc.array(aRow, { maxLength: 6 }),
  right: fc.array(aRow, { maxLength: 6 })
}).map(({ left, right, shared }) => ({ source: [...shared, ...left], target: [...right, ...shared] }))
const someCuts = fc.array(fc.integer({ min: -45, max: 45 }), { maxLength: 5 })

describe("rows", () => {
  it.effect.prop(
    "what is told is what differs, wherever tables are cut, and nothing else",
    [twoTables, someCuts],
    ([{ source, target }, cuts]) =>
      Effect.gen(function*() {
        const expected = slowly(source, target)
        const comparison = yield* compare({ rows: source, cuts }, { rows: target })
        assert.deepStrictEqual([...toldOf(comparison)].sort(), [...expected].sort())
        assert.strictEqual(comparison.equal, expected.length === 0)
        assert.strictEqual(rowsOf(comparison)?.more ?? 0, 0)
        assert.strictEqual(comparison.rows, source.length)
      }),
    { fastCheck: { numRuns: 60 } }
  )

  it.effect.prop(
    "with a limit, no more is told, and never more is said to be left than there is",
    [twoTables, someCuts, fc.integer({ min: 0, max: 4 })],
    ([{ source, target }, cuts, maxDifferences]) =>
      Effect.gen(function*() {
        const expected = slowly(source, target)
        const comparison = yield* compare({ rows: source, cuts }, { rows: target }, { maxDifferences })
        const told = toldOf(comparison)
        const more = rowsOf(comparison)?.more ?? 0
        assert.isAtMost(told.length, maxDifferences)
        for (const one of told) assert.include(expected, one)
        assert.isAtMost(told.length + more, expected.length)
        assert.strictEqual(comparison.equal, expected.length === 0)
        // what is not told is at least known to be there
        if (told.length < expected.length) assert.isAbove(more, 0)
      }),
    { fastCheck: { numRuns: 60 } }
  )

  it.effect.prop(
    "a table without a key is compared, and no key is made up",
    [twoTables],
    ([{ source, target }]) =>
      Effect.gen(function*() {
        const comparison = yield* compare({ rows: source, hasKey: false }, { rows: target, hasKey: false })
        assert.strictEqual(comparison.equal, slowly(source, target).length === 0)
        assert.deepStrictEqual(toldOf(comparison), [])
        if (!comparison.equal) assert.match(rowsOf(comparison)?.note ?? "", /has no key/)
      }),
    { fastCheck: { numRuns: 30 } }
  )

  it.effect("two equal rows for two others that are equal: with XOR they would cancel each other out", () =>
    Effect.gen(function*() {
      const twice = (value: string) => [{ id: 1, value }, { id: 1, value }]
      const comparison = yield* compare({ rows: twice("a") }, { rows: twice("b") })
      assert.deepStrictEqual(toldOf(comparison), ["1 Different", "1 Different"])
      const gone = yield* compare({ rows: twice("a") }, { rows: [] })
      assert.deepStrictEqual(toldOf(gone), ["1 Missing", "1 Missing"])
    }))

  it.effect("a table that changes while it is looked at is different, and why nothing is named is told", () =>
    Effect.gen(function*() {
      const rows = [{ id: 1, value: "a" }]
      const comparison = yield* compare({ rows }, { rows, restless: true })
      assert.isFalse(comparison.equal)
      assert.match(rowsOf(comparison)?.note ?? "", /is written to/)
    }))
})

describe("definitions", () => {
  const definitions = (entries: Record<string, string>) => new Map(Object.entries(entries))
  const whatOf = (comparison: Comparison.Comparison) =>
    comparison.differences.map((one) => one._tag === "Definition" ? `${one.what} ${one.how}` : one.table)
  const left = { printed: definitions({ "table `t`": "int(11)", "view `v`": "a" }), portable: definitions({ x: "1" }) }
  const right = { printed: definitions({ "table `t`": "int", "event `e`": "a" }), portable: definitions({ x: "1" }) }

  it.effect("of one version are compared as they are printed", () =>
    Effect.gen(function*() {
      const comparison = yield* compare({ rows: [], ...left }, { rows: [], ...right })
      assert.deepStrictEqual(whatOf(comparison), ["event `e` Extra", "table `t` Different", "view `v` Missing"])
      assert.deepStrictEqual(comparison.notCompared, [])
    }))

  it.effect("of two versions by what the catalogs say, and what was not compared is told", () =>
    Effect.gen(function*() {
      const comparison = yield* compare({ rows: [], ...left }, { rows: [], ...right, version: [9, 7, 0] })
      assert.deepStrictEqual(whatOf(comparison), ["event `e` Extra", "view `v` Missing"])
      assert.match(comparison.notCompared.join(), /table `t`.*print it differently/)
      const other = { ...right, portable: definitions({ x: "2" }), version: [9, 7, 0] as const }
      assert.include(whatOf(yield* compare({ rows: [], ...left }, { rows: [], ...other })), "x Different")
    }))

  it.effect("of two vendors by what the catalogs say alone", () =>
    Effect.gen(function*() {
      const comparison = yield* compare({ rows: [], ...left }, { rows: [], ...right, vendor: "mariadb" })
      assert.isTrue(comparison.equal)
      assert.match(comparison.notCompared.join(), /texts of views/)
    }))

  it.effect("are left out when they are not wanted, but not which tables there are", () =>
    Effect.gen(function*() {
      const comparison = yield* compare({ rows: [], ...left }, { rows: [], ...right }, { definitions: false })
      assert.isTrue(comparison.equal)
      assert.strictEqual(comparison.objects, 0)
    }))
})
