/**
 * The flow of a comparison: two servers, or parts of them, held against each other.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type * as Comparison from "./Comparison.js"
import * as Inspection from "./Inspection.js"
import * as CompareDefinitions from "./internal/compareDefinitions.js"
import * as CompareRows from "./internal/compareRows.js"
import { Progress } from "./Progress.js"
import * as Shutdown from "./Shutdown.js"
import type { SourceError, Stopped, TargetError } from "./SluiceError.js"

/**
 * What is compared, and how.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** What of the source. */
  readonly selection: Inspection.Selection
  /** The name in the target of a database of the source. */
  readonly targetDatabase: (source: string) => string
  readonly definitions: boolean
  readonly rows: boolean
  /** How many sums are made at once on each side: 1 at least. */
  readonly threads: number
  /** How many rows that differ are told of each table. */
  readonly maxDifferences: number
}

/** What only means the same to servers of one vendor. */
const unprintable =
  "definitions beyond what both vendors' catalogs say alike: texts of views, expressions of defaults, " +
  "generated columns, indexes, constraints and partitions, the sql_mode and the definer of programs, positions of " +
  "sequences and AUTO_INCREMENT"

interface Pair {
  readonly source: Inspection.Database
  readonly target: Inspection.Database
}

/** Holds the definitions of two databases against each other as far as their servers can be. */
const definitions = <E, F>(
  { source, target }: Pair,
  here: Inspection.View<E>,
  there: Inspection.View<F>
): Effect.Effect<{
  readonly objects: number
  readonly differences: ReadonlyArray<Comparison.DefinitionDifference>
  readonly notCompared: ReadonlyArray<string>
}, E | F> =>
  Effect.gen(function*() {
    const read = (how: "printed" | "portable") =>
      Effect.map(
        Effect.all([here[how](source.name), there[how](target.name)], { concurrency: 2 }),
        ([mine, its]) => ({ count: mine.size, found: CompareDefinitions.compare(source.name, mine, its) })
      )
    if (here.server.vendor !== there.server.vendor) {
      const { count, found } = yield* read("portable")
      return { objects: count, differences: found, notCompared: [unprintable] }
    }
    const printed = yield* read("printed")
    const isSameVersion = here.server.version[0] === there.server.version[0] &&
      here.server.version[1] === there.server.version[1]
    if (isSameVersion || printed.found.length === 0) {
      return { objects: printed.count, differences: printed.found, notCompared: [] }
    }
    // versions print the same things differently
    const portable = yield* read("portable")
    const only = printed.found.filter(({ how }) => how !== "Different")
    const told = new Set(portable.found.map(({ what }) => what))
    return {
      objects: printed.count,
      differences: [...portable.found, ...only.filter(({ what }) => !told.has(what))],
      notCompared: printed.found.filter(({ how }) => how === "Different").map(({ what }) =>
        `all of ${what} of \`${source.name}\`: the servers' versions print it differently, so only what their catalogs ` +
        "say was compared"
      )
    }
  })

/** Tables by their names, and where a server has folded them, by their names in lower case. */
const tableOf = (database: Inspection.Database, name: string): Inspection.Table | undefined => {
  const folded = database.tables.filter((table) => table.name.toLowerCase() === name.toLowerCase())
  return database.tables.find((table) => table.name === name) ?? (folded.length === 1 ? folded[0] : undefined)
}

const serverOf = (server: Inspection.Server): string =>
  `${server.vendor === "mysql" ? "MySQL" : "MariaDB"} ${server.text}`

/**
 * Compares what two sides hold, and says what differs.
 *
 * Definitions are compared as the servers print them; of two vendors, what both say alike. Rows are compared by sums
 * over hashes of them, and those that differ are told by their keys.
 *
 * Each side is read as it was at one moment, as far as its server gives that; the moments are not the same. The source
 * is looked at first. That there are differences is no failure of this effect.
 *
 * @since 0.1.0
 * @category flows
 */
export const run = (
  options: Options
): Effect.Effect<
  Comparison.Comparison,
  SourceError | TargetError | Stopped,
  Inspection.OfSource | Inspection.OfTarget | Progress
> =>
  Effect.gen(function*() {
    const progress = yield* Progress
    const here = yield* Effect.flatMap(Inspection.OfSource, ({ open }) => open(options.selection))
    const names = here.databases.map(({ name }) => name)
    const sourceName = new Map(names.map((name) => [options.targetDatabase(name), name]))
    const there = yield* Effect.flatMap(Inspection.OfTarget, ({ open }) =>
      open({
        ...options.selection,
        databases: Option.map(options.selection.databases, () => names.map(options.targetDatabase)),
        includes: (database, table) => options.selection.includes(sourceName.get(database) ?? database, table)
      }))

    const differences: Array<Comparison.Difference> = []
    const notCompared = new Set<string>()
    let objects = 0
    const lone = (database: string, how: Comparison.How) =>
      differences.push({ _tag: "Definition", database, what: "database", how })

    const pairs = here.databases.flatMap((source): ReadonlyArray<Pair> => {
      const name = options.targetDatabase(source.name)
      const target = there.databases.find((database) => database.name === name)
      if (target === undefined) lone(source.name, "Missing")
      return target === undefined ? [] : [{ source, target }]
    })
    for (const { name } of there.databases) {
      if (!sourceName.has(name)) lone(name, "Extra")
    }

    yield* progress.enter("definitions")
    for (const pair of pairs) {
      if (options.definitions) {
        const found = yield* definitions(pair, here, there)
        differences.push(...found.differences)
        objects += found.objects
        found.notCompared.forEach((what) => notCompared.add(what))
      }
    }

    const tables = pairs.flatMap(({ source, target }) =>
      source.tables.flatMap((table) => {
        const other = tableOf(target, table.name)
        return other === undefined ? [] : [{ source: table, target: other }]
      })
    )
    // without definitions nobody would have said it
    for (const { source, target } of options.definitions ? [] : pairs) {
      const tell = (table: Inspection.Table, how: Comparison.How) =>
        differences.push({
          _tag: "Definition",
          database: source.name,
          what: `table \`${table.name.replaceAll("`", "``")}\``,
          how
        })
      source.tables.filter(({ name }) => tableOf(target, name) === undefined).forEach((table) => tell(table, "Missing"))
      target.tables.filter(({ name }) => tableOf(source, name) === undefined).forEach((table) => tell(table, "Extra"))
    }

    yield* progress.enter("rows")
    const results = options.rows
      ? yield* Effect.forEach(tables, ({ source, target }) =>
        CompareRows.compare({ view: here, table: source }, { view: there, table: target }, {
          threads: Math.max(1, options.threads),
          maxDifferences: Math.max(0, options.maxDifferences),
          passed: (rows) =>
            progress.add({ rows })
        }), { concurrency: Math.max(1, options.threads) })
      : []
    for (const result of results) {
      if (Option.isSome(result.difference)) {
        differences.push(result.difference.value)
      }
      result.notCompared.forEach((what) =>
        notCompared.add(what)
      )
    }
    here.leftOut.forEach((what) => notCompared.add(what))
    there.leftOut.forEach((what) => notCompared.add(what))

    const written = (moved: Option.Option<boolean>) => Option.getOrNull(moved)
    return {
      equal: differences.length === 0,
      source: { server: serverOf(here.server), consistency: here.consistency, written: written(yield* here.moved) },
      target: { server: serverOf(there.server), consistency: there.consistency, written: written(yield* there.moved) },
      databases: pairs.length,
      tables: results.length,
      rows: results.reduce((sum, { rows }) => sum + rows, 0),
      objects,
      differences,
      notCompared: Array.from(notCompared)
    }
  }).pipe(
    Effect.scoped,
    Shutdown.orStopped("the comparison is not done"),
    Effect.withSpan("Compare.run")
  )
