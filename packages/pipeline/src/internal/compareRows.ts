/**
 * The rows of one table, held against those of another.
 *
 * First all of them are summed up, range by range. As the sums only add up, the whole tables are equal if their totals
 * are, however rows fall into ranges on each side. Where they are not, a range that differs is divided into buckets by
 * a hash of the key, and only the rows of buckets that differ are looked at one by one. So a range is read three times at
 * most, and what has to be remembered does not grow with the table.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import type * as Comparison from "../Comparison.js"
import type * as Inspection from "../Inspection.js"

/** A table on one side, and who is asked about it. @internal */
export interface Side<E> {
  readonly view: Inspection.View<E>
  readonly table: Inspection.Table
}

/** @internal */
export interface Options {
  readonly threads: number
  readonly maxDifferences: number
  readonly passed: (rows: number) => Effect.Effect<void>
}

/** @internal */
export interface Result {
  readonly rows: number
  readonly difference: Option.Option<Comparison.RowsDifference>
  readonly notCompared: ReadonlyArray<string>
}

const none: Inspection.Sum = { rows: 0n, first: 0n, second: 0n }

const same = (a: Inspection.Sum, b: Inspection.Sum): boolean =>
  a.rows === b.rows && a.first === b.first && a.second === b.second

const add = (a: Inspection.Sum, b: Inspection.Sum): Inspection.Sum => ({
  rows: a.rows + b.rows,
  first: a.first + b.first,
  second: a.second + b.second
})

const all: Inspection.Range = { condition: Option.none(), note: "the whole table" }

/** A range, or a bucket of one, with what both sides say of it. */
interface Unlike<A> {
  readonly of: A
  readonly source: Inspection.Sum
  readonly target: Inspection.Sum
}

const size = ({ source, target }: Unlike<unknown>): bigint => source.rows > target.rows ? source.rows : target.rows

/** What differs has a row at least that does, and as many as there are too many on one side. */
const least = ({ source, target }: Unlike<unknown>): number => {
  const apart = Number(source.rows - target.rows)
  return Math.max(1, Math.abs(apart))
}

const leastOf = (unlike: ReadonlyArray<Unlike<unknown>>): number => unlike.reduce((sum, one) => sum + least(one), 0)

/** So many rows are to be in a bucket. */
const perBucket = 50
const mostBuckets = 1 << 16

/** So many rows of each side are looked at together. */
const atOnce = 5000n

/** Ranges that differ and are remembered, to be looked at again. */
const mostRanges = 10_000

/** Where servers order texts alike, which those of one version do for one collation. */
const orderAlike = (source: Side<unknown>, target: Side<unknown>): boolean => {
  const [here, there] = [source.view.server, target.view.server]
  const isSameVersion = here.vendor === there.vendor && here.version[0] === there.version[0] &&
    here.version[1] === there.version[1]
  const [key, other] = [Option.getOrElse(source.table.key, () => []), Option.getOrElse(target.table.key, () => [])]
  return key.length > 0 && key.length === other.length && key.every((name, i) => {
    const mine = columnOf(source.table, name)
    const its = columnOf(target.table, other[i] ?? "")
    return mine !== undefined && its !== undefined && mine.name.toLowerCase() === its.name.toLowerCase() &&
      mine.type === its.type && Option.getOrNull(mine.collation) === Option.getOrNull(its.collation) &&
      (Option.isNone(mine.collation) || isSameVersion)
  })
}

const columnOf = (table: Inspection.Table, name: string): Inspection.Column | undefined =>
  table.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())

/** The columns that both have and that can be compared, and what is said of the others. */
const columnsOf = <E, F>(source: Side<E>, target: Side<F>) => {
  const columns: Array<string> = []
  const notCompared: Array<string> = []
  const at = `\`${source.table.database}\`.\`${source.table.name}\``
  for (const column of source.table.columns) {
    const other = columnOf(target.table, column.name)
    if (other === undefined) {
      notCompared.push(`column \`${column.name}\` of ${at}: only the source has it`)
    } else if (other.parsesJson !== column.parsesJson) {
      notCompared.push(
        `column \`${column.name}\` of ${at}: one side keeps the text of JSON, the other one writes it in its own way`
      )
    } else {
      columns.push(column.name)
    }
  }
  for (const column of target.table.columns) {
    if (columnOf(source.table, column.name) === undefined) {
      notCompared.push(`column \`${column.name}\` of ${at}: only the target has it`)
    }
  }
  return { columns, notCompared }
}

/** The key of either side by whose columns rows are told on both. */
const keyOf = (source: Inspection.Table, target: Inspection.Table, columns: ReadonlyArray<string>) =>
  [source.key, target.key].find((key) =>
    Option.exists(
      key,
      (names) => names.every((name) => columns.some((column) => column.toLowerCase() === name.toLowerCase()))
    )
  ) ?? Option.none<ReadonlyArray<string>>()

interface Told {
  readonly key: ReadonlyArray<string>
  readonly source: Array<string>
  readonly target: Array<string>
}

/** Takes from each list what is in the other, as often as it is there. */
const withoutCommon = (a: ReadonlyArray<string>, b: ReadonlyArray<string>) => {
  const rest = [...b]
  const alone = a.filter((digest) => {
    const at = rest.indexOf(digest)
    if (at !== -1) rest.splice(at, 1)
    return at === -1
  })
  return [alone.length, rest.length] as const
}

const times = <A>(n: number, value: A): ReadonlyArray<A> => Array.from({ length: n }, () => value)

/**
 * Which rows of two lists differ. A key that is there several times on a side, which has no such key then, is told as
 * often as it differs.
 *
 * @internal
 */
export const differing = (
  source: ReadonlyArray<Inspection.Row>,
  target: ReadonlyArray<Inspection.Row>
): ReadonlyArray<Comparison.KeyDifference> => {
  const told = new Map<string, Told>()
  const note = (row: Inspection.Row, side: "source" | "target") => {
    const known = told.get(row.identity) ?? { key: row.key, source: [], target: [] }
    told.set(row.identity, known)
    known[side].push(row.digest)
  }
  source.forEach((row) => note(row, "source"))
  target.forEach((row) => note(row, "target"))
  return Array.from(told.values()).flatMap(({ key, source, target }) => {
    const [missing, extra] = withoutCommon(source, target)
    const both = Math.min(missing, extra)
    return [
      ...times(both, { key, how: "Different" as const }),
      ...times(missing - both, { key, how: "Missing" as const }),
      ...times(extra - both, { key, how: "Extra" as const })
    ]
  })
}

const digits = /^-?\d+$/

/** Numbers by what they are, all else by its text. */
const byKey = (a: Comparison.KeyDifference, b: Comparison.KeyDifference): number => {
  for (const [i, mine] of a.key.entries()) {
    const its = b.key[i] ?? ""
    if (mine === its) continue
    if (digits.test(mine) && digits.test(its)) return BigInt(mine) < BigInt(its) ? -1 : 1
    return mine < its ? -1 : 1
  }
  return 0
}

/** Some buckets at a time, with so few rows that they can be looked at together, but one at least. */
const batches = (buckets: ReadonlyArray<Unlike<number>>): ReadonlyArray<ReadonlyArray<Unlike<number>>> => {
  const out: Array<Array<Unlike<number>>> = []
  let rows = 0n
  for (const bucket of buckets) {
    const last = out.at(-1)
    if (last === undefined || rows + size(bucket) > atOnce) {
      out.push([bucket])
      rows = size(bucket)
    } else {
      last.push(bucket)
      rows += size(bucket)
    }
  }
  return out
}

interface Found {
  readonly keys: Array<Comparison.KeyDifference>
  more: number
}

/** @internal */
export const compare = <E, F>(
  source: Side<E>,
  target: Side<F>,
  options: Options
): Effect.Effect<Result, E | F> =>
  Effect.gen(function*() {
    const { columns, notCompared } = columnsOf(source, target)
    const key = keyOf(source.table, target.table, columns)
    const ask = <G>(side: Side<G>, question: Inspection.Question) => side.view.sums(side.table, question)
    const both = (question: Inspection.Question) =>
      Effect.all([ask(source, question), ask(target, question)], { concurrency: 2 })

    let here = none
    let there = none
    let forgotten = 0
    const unlike: Array<Unlike<Inspection.Range>> = []
    const ranges = orderAlike(source, target) ? source.view.plan(source.table) : Stream.make(all)
    yield* ranges.pipe(
      Stream.mapEffect((range) =>
        Effect.gen(function*() {
          const [mine, its] = yield* both({ columns, range, key: [], buckets: 1 })
          const one = { of: range, source: mine.get(0) ?? none, target: its.get(0) ?? none }
          yield* options.passed(Number(one.source.rows))
          return one
        }), { concurrency: options.threads }),
      Stream.runForEach((one) =>
        Effect.sync(() => {
          here = add(here, one.source)
          there = add(there, one.target)
          if (same(one.source, one.target)) return
          if (unlike.length < mostRanges) unlike.push(one)
          else forgotten += least(one)
        })
      )
    )

    const look = (range: Unlike<Inspection.Range>, names: ReadonlyArray<string>, found: Found) =>
      Effect.gen(function*() {
        const wanted = Math.ceil(Number(size(range)) / perBucket)
        const question = { columns, range: range.of, key: names, buckets: Math.min(mostBuckets, Math.max(1, wanted)) }
        const [mine, its] = yield* both(question)
        const buckets = Array.from(new Set([...mine.keys(), ...its.keys()]))
          .map((of): Unlike<number> => ({ of, source: mine.get(of) ?? none, target: its.get(of) ?? none }))
          .filter((bucket) => !same(bucket.source, bucket.target))
          .sort((a, b) => a.of - b.of)
        for (const batch of batches(buckets)) {
          if (found.keys.length >= options.maxDifferences) {
            found.more += leastOf(batch)
            continue
          }
          const numbers = batch.map(({ of }) => of)
          const [rows, others] = yield* Effect.all([
            source.view.rows(source.table, question, numbers),
            target.view.rows(target.table, question, numbers)
          ], { concurrency: 2 })
          const differences = [...differing(rows, others)].sort(byKey)
          const room = options.maxDifferences - found.keys.length
          found.keys.push(...differences.slice(0, room))
          found.more += Math.max(0, differences.length - room)
        }
      })

    const isSame = same(here, there)
    const found: Found = { keys: [], more: forgotten }
    if (!isSame) {
      for (const range of unlike) {
        if (Option.isNone(key) || found.keys.length >= options.maxDifferences) found.more += least(range)
        else yield* look(range, key.value, found)
      }
      found.keys.sort(byKey)
    }
    yield* source.view.finish(source.table)
    yield* target.view.finish(target.table)
    return {
      rows: Number(here.rows),
      notCompared,
      difference: isSame ? Option.none() : Option.some({
        _tag: "Rows",
        database: source.table.database,
        table: source.table.name,
        sourceRows: Number(here.rows),
        targetRows: Number(there.rows),
        keyColumns: Option.getOrElse(key, () => []),
        keys: found.keys,
        more: found.more,
        ...(Option.isNone(key)
          ? { note: "the table has no key: which rows differ cannot be named" }
          : found.keys.length === 0 && options.maxDifferences > 0
          ? { note: "no row differed any more when they were looked at one by one: the table is written to" }
          : {})
      })
    }
  })
