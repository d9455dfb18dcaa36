/**
 * The chunks of a table.
 *
 * A table is cut along its key. Where it is large and a column of the key is of integers, the server's estimates say
 * where; under a single value with many rows the next column goes on. Any other key is walked along, which passes each
 * row once. A table without a key to cut by is cut by its partitions, if it has any.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import type * as Catalog from "../Catalog.js"
import type * as Asking from "./asking.js"
import * as CuttingKey from "./cuttingKey.js"
import * as Partitions from "./partitions.js"
import * as Plan from "./plan.js"
import * as Questions from "./questions.js"
import * as Tuples from "./tuples.js"
import * as Walk from "./walk.js"

/** A chunk that has no number yet. */
type Unnumbered = Omit<Source.Chunk, "part">

const whole = (table: Catalog.Table, note: string): Unnumbered => ({
  table: table.info,
  condition: Option.none(),
  partitions: [],
  note
})

/** A place in the key's order is ahead of all rows; each chunk begins at one, and ends before the next. */
const between = (
  table: Catalog.Table,
  key: CuttingKey.CuttingKey,
  partitions: ReadonlyArray<string>,
  places: Stream.Stream<Tuples.Tuple, SourceError>
): Stream.Stream<Unnumbered, SourceError> =>
  Stream.make<[Tuples.Tuple]>([]).pipe(
    Stream.concat(places),
    Stream.zipWithNext,
    Stream.map(([from, below]): Unnumbered => {
      const note = Tuples.describe(key.parts, { from, below })
      return {
        table: table.info,
        condition: Tuples.render(Tuples.within(key.parts, { from, below }), Sql.quoteIdentifier),
        partitions,
        note: partitions.length === 0 ? note : `partition ${partitions.join(", ")}, ${note}`
      }
    })
  )

/**
 * What is said to be a few chunks is walked along, which is exact, and costs little if it is true. It may not be: a
 * server never says of a range that it holds more than half of what its statistics know of, however old they are. What
 * is said to be more is large enough for estimates.
 */
const few = 8

/**
 * What estimates have to be multiplied with: InnoDB doubles them where it has not counted. One chunk is walked along
 * and estimated. The factor is kept large enough for half of `few` chunks to be told from one.
 */
const calibrated = (
  ask: Questions.Questions,
  prefix: Tuples.Tuple,
  { from }: Plan.Span
): Effect.Effect<number, SourceError> =>
  Effect.gen(function*() {
    const full = yield* ask.walk(prefix).full(Option.none(), 0)
    const end = Option.flatMap(full, (place) => Option.fromNullable(place[prefix.length]))
    const below = Option.match(end, { onNone: () => from, onSome: ({ literal }) => BigInt(literal) })
    if (below <= from) return 1
    const size = yield* ask.estimate(prefix, { from, to: below - 1n })
    return Math.min(4, Math.max(0.45, ask.perChunk / Math.max(1, size)))
  })

/** Where to cut behind a place, among the rows that begin with its values and are said to be so much. */
const places = (
  ask: Questions.Questions,
  key: CuttingKey.CuttingKey,
  prefix: Tuples.Tuple,
  said: number
): Stream.Stream<Tuples.Tuple, SourceError> => {
  const part = key.parts[prefix.length]
  if (part === undefined) return Stream.empty
  if (!part.integer || said < few * ask.perChunk) return Walk.boundaries(ask.walk(prefix))
  return Stream.unwrap(Effect.gen(function*() {
    const span = yield* ask.span(prefix)
    if (Option.isNone(span)) return Stream.empty
    const factor = yield* calibrated(ask, prefix, span.value)
    const estimate = (span: Plan.Span) => Effect.map(ask.estimate(prefix, span), (size) => size * factor)
    // A table with ends that are unlike the rest of it is weighed where it is cut.
    const weighed = yield* estimate(span.value)
    const size = weighed < said / 4 ? said : weighed
    return Plan.steps({ span: span.value, size, perChunk: ask.perChunk, estimate }).pipe(
      Stream.flatMap((step) => {
        const place = [...prefix, { literal: `${step.at}`, text: `${step.at}` }]
        return step._tag === "Boundary" ? Stream.make(place) : places(ask, key, place, step.size)
      })
    )
  }))
}

/** The chunks of what is in some partitions; without any, of the whole table. */
const alongKey = (
  asking: Asking.Ask,
  table: Catalog.Table,
  key: CuttingKey.CuttingKey,
  options: Source.PlanOptions,
  partitions: ReadonlyArray<Partitions.Partition> = []
): Stream.Stream<Unnumbered, SourceError> => {
  const names = partitions.map(({ name }) => name)
  const parts = partitions.length > 0
    ? partitions
    : [{ rows: table.info.estimatedRows, bytes: table.info.estimatedBytes }]
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  const said = Option.isSome(options.chunkRows) ? rows : parts.reduce((sum, part) => sum + part.bytes, 0)
  const ask = Questions.make(asking, { table, key, options, partitions: names, rows })
  return between(table, key, names, places(ask, key, [], said))
}

/**
 * A table that is not stored in the order of a key is only passed along the index, which has all of the key: its rows
 * are somewhere else, and what the server says of their size is counted.
 */
const heaped = (table: Catalog.Table, options: Source.PlanOptions): Source.PlanOptions => {
  const { engine, info } = table
  const rowBytes = Math.max(1, info.estimatedBytes / Math.max(1, info.estimatedRows))
  return Option.contains(engine, "InnoDB") || Option.isSome(options.chunkRows)
    ? options
    : { ...options, chunkRows: Option.some(Math.max(1, Math.floor(options.chunkBytes / rowBytes))) }
}

const byPartition = (
  asking: Asking.Ask,
  table: Catalog.Table,
  key: Option.Option<CuttingKey.CuttingKey>,
  options: Source.PlanOptions
): Stream.Stream<Unnumbered, SourceError> => {
  const name = { database: table.info.database, name: table.info.name }
  const groups = Effect.map(Partitions.read(asking, name), (partitions) =>
    Option.match(options.chunkRows, {
      onNone: () => Partitions.group(partitions, ({ bytes }) => bytes, options.chunkBytes),
      onSome: (rows) => Partitions.group(partitions, ({ rows }) => rows, rows)
    }))
  // without any partition to name it is one group of no names: the whole table
  return Stream.fromIterableEffect(Effect.map(groups, (groups) => groups.length === 0 ? [[]] : groups)).pipe(
    Stream.flatMap((group) => {
      const partitions = group.map((partition) => partition.name)
      return Option.isSome(key) && group.length <= 1
        ? alongKey(asking, table, key.value, options, group)
        : group.length === 0
        ? Stream.make(whole(table, "the whole table: it has nothing to cut it by"))
        : Stream.make<[Unnumbered]>({
          table: table.info,
          condition: Option.none(),
          partitions,
          note: `${partitions.length === 1 ? "partition" : "partitions"} ${partitions.join(", ")}`
        })
    })
  )
}

/**
 * A small table in one piece, about which nobody has to be asked.
 *
 * @internal
 */
export const inOnePiece = (table: Catalog.Table): Source.Chunk => ({
  ...whole(table, "the whole table: it is small"),
  part: 0
})

/**
 * The chunks of a table, in the order of its key: one if it has neither a key to cut by nor partitions, if it is small,
 * or if it is not to be cut.
 *
 * @internal
 */
export const plan = (
  asking: Asking.Ask,
  table: Catalog.Table,
  wanted: Source.PlanOptions
): Stream.Stream<Source.Chunk, SourceError> => {
  const options = heaped(table, wanted)
  const key = CuttingKey.of(table, options)
  const chunks = !options.split
    ? Stream.make(whole(table, "the whole table"))
    : table.partitioned && (options.byPartition === true || Option.isNone(key))
    ? byPartition(asking, table, key, options)
    : Option.match(key, {
      onNone: () => Stream.make(whole(table, "the whole table: it has no key to cut it by")),
      onSome: (key) => alongKey(asking, table, key, options)
    })
  return Stream.map(Stream.zipWithIndex(chunks), ([chunk, part]) => ({ ...chunk, part }))
}
