/**
 * Generators for property tests: contents of servers, what to take of them, how to cut bytes, what fails when.
 *
 * Generated contents are ones that a server could hold and a dump could restore: a view finds its tables and
 * functions, a trigger its table.
 *
 * @since 0.1.0
 */
import * as Sql from "@sluice/format/Sql"
import type * as Source from "@sluice/pipeline/Source"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"

import * as Contents from "./Contents.js"
import * as Faults from "./Faults.js"
import * as Cells from "./internal/arbitraryCells.js"
import * as Sequences from "./internal/arbitrarySequences.js"
import * as Texts from "./internal/arbitraryTexts.js"
import * as Definitions from "./internal/memoryServerDefinitions.js"
import { quoting } from "./internal/memoryServerLexer.js"

/**
 * How large generated contents may be.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sizes {
  /** At least one database; 3 at most when not given. */
  readonly databases?: number | undefined
  /** The most tables of a database, 5 when not given. */
  readonly tables?: number | undefined
  /** The most rows of a table, 60 when not given. */
  readonly rows?: number | undefined
  /** The most sequences, views, triggers, routines and events of a database, of each; 3 when not given. */
  readonly objects?: number | undefined
}

/**
 * A name of a database, a table or anything else that a server takes: up to 64 characters, half of them odd.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const name: fc.Arbitrary<string> = Texts.name

/** Those of some things whose names are still free, in any case of letters. */
const distinct = <A extends { readonly name: string }>(all: ReadonlyArray<A>, taken = new Set<string>()) =>
  all.filter(({ name }) => {
    const key = name.toLowerCase()
    const free = !taken.has(key)
    taken.add(key)
    return free
  })

const columnAnd = fc.record({
  name,
  typeAndCells: fc.constantFrom(...Cells.types),
  nullable: fc.boolean(),
  invisible: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  extra: Texts.comment
}).map(({ typeAndCells: [type, cells], ...rest }) => ({ ...rest, type, autoIncrement: false, cells }))

const keyAnd = fc.record({
  name,
  typeAndCells: fc.constantFrom(...Cells.keyTypes),
  autoIncrement: fc.boolean(),
  extra: Texts.comment
}).map(({ typeAndCells: [type, cells], ...rest }) => ({ ...rest, type, nullable: false, invisible: false, cells }))

const tableOptions = fc.tuple(
  fc.constantFrom("", "ENGINE=InnoDB", "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4", "ENGINE=InnoDB AUTO_INCREMENT=7"),
  Texts.comment.map((comment) => comment.replace("COMMENT ", "COMMENT="))
).map(([engine, comment]) => [engine, comment].filter((part) => part !== "").join(" "))

/** Rows of which some are there more than once, as a table without a key may have them. */
const repeated = (rows: ReadonlyArray<Contents.Cells>, copies: number) => [...rows, ...rows.slice(0, copies)]

const distinctBy = (rows: ReadonlyArray<Contents.Cells>, at: number) => {
  const seen = new Set<string>()
  return rows.filter((row) => {
    const key = Sql.text(row[at] ?? new Uint8Array(0))
    const free = !seen.has(key)
    seen.add(key)
    return free
  })
}

/**
 * A table with one to six columns of any types, with or without a key.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const table = (sizes: Sizes = {}): fc.Arbitrary<Contents.Table> =>
  fc.record({
    name,
    key: fc.option(keyAnd),
    place: fc.nat(5),
    others: fc.array(columnAnd, { minLength: 1, maxLength: 5 }),
    options: tableOptions,
    copies: fc.nat(3)
  }).chain(({ copies, key, name, options, others, place }) => {
    const columns = distinct(key === null ? others : others.toSpliced(place % (others.length + 1), 0, key))
    const keyed = columns.findIndex(({ cells }) => cells === key?.cells)
    const visible = columns.some(({ invisible }) => !invisible)
    const cells = columns.map(({ cells, nullable }) => nullable ? fc.option(cells, { freq: 6 }) : cells)
    const row = fc.tuple(...cells)
    const most = { maxLength: sizes.rows ?? 60 }
    const rows = fc.oneof({ weight: 4, arbitrary: fc.array(row, most) }, {
      weight: 1,
      arbitrary: fc.array(row, { ...most, size: "max" })
    })
    return rows.map((rows): Contents.Table => ({
      name,
      columns: columns.map(({ autoIncrement, extra, invisible, name, nullable, type }) => ({
        name,
        type,
        nullable,
        autoIncrement,
        invisible: invisible && visible,
        extra
      })),
      primaryKey: keyed === -1 ? Option.none() : Option.fromNullable(columns[keyed]?.name),
      options,
      rows: keyed === -1 ? repeated(rows, copies) : distinctBy(rows, keyed)
    }))
  })

const upTo = <A>(arbitrary: fc.Arbitrary<A>, most: number) => fc.array(arbitrary, { maxLength: most })

const parts = (sizes: Sizes) => {
  const objects = sizes.objects ?? 3
  const program = fc.record({ name, text: Texts.program, over: fc.nat() })
  return fc.record({
    name: name.filter((name) => !Contents.systemDatabases.has(name)),
    options: fc.constantFrom("", "/*!40100 DEFAULT CHARACTER SET utf8mb4 */", "DEFAULT CHARACTER SET latin1"),
    sequences: upTo(fc.record({ name, state: Sequences.state }), objects),
    tables: upTo(table(sizes), sizes.tables ?? 5),
    views: upTo(fc.record({ name, text: Texts.viewText, over: fc.array(fc.nat(), { maxLength: 3 }) }), objects),
    triggers: upTo(program, objects),
    routines: upTo(
      fc.record({ program, kind: fc.constantFrom("FUNCTION", "FUNCTION", "PROCEDURE", "PACKAGE") }),
      objects
    ),
    events: upTo(program, objects)
  })
}

type Parts = ReturnType<typeof parts> extends fc.Arbitrary<infer A> ? A : never

const pick = <A>(all: ReadonlyArray<A>, number: number): Option.Option<A> =>
  Option.fromNullable(all[number % Math.max(1, all.length)])

const quote = (database: string, name: string) => Sql.quoteName({ database, name })

/** What a view is made over: tables and views before it, of its own or an earlier database, and functions. */
const viewOf = (
  { name, over, text }: Parts["views"][number],
  tables: ReadonlyArray<string>,
  functions: ReadonlyArray<string>
): Contents.View => {
  const columns = text.expressions.map((_, i) => `c${i}`)
  const from = over.flatMap((number) => Option.toArray(pick(tables, number)))
  const calls = over.slice(1).flatMap((number) => Option.toArray(pick(functions, number)))
  return Contents.view({
    name,
    columns: [...columns, ...calls.map((_, i) => `f${i}`)],
    body: Sql.bytes(
      "select ",
      ...text.expressions.flatMap((expression, i) => [i === 0 ? "" : ",", expression, ` AS \`c${i}\``]),
      ...calls.map((call, i) => `,${call}(1) AS \`f${i}\``),
      from.length === 0 ? "" : ` from (${from.join(" join ")})`
    ),
    creation: text.creation
  })
}

const assemble = (all: ReadonlyArray<Parts>): Contents.Contents => {
  const reachable: Array<string> = []
  return {
    databases: distinct(all).map((given) => {
      const taken = new Set<string>()
      const tables = distinct(given.tables, taken)
      const views = distinct(given.views, taken)
      const sequences = distinct(given.sequences, taken)
      reachable.push(...tables.map(({ name }) => quote(given.name, name)))
      const routines = distinct(given.routines.map(({ kind, program }) => ({ ...program, kind })))
      const functions = routines.filter(({ kind }) => kind === "FUNCTION").map(({ name }) => quote(given.name, name))
      return Contents.database(given.name, {
        options: given.options,
        sequences: sequences.map(({ name, state }) => Contents.sequence(name, state)),
        tables,
        views: views.map((view) => {
          const made = viewOf(view, reachable, functions)
          reachable.push(quote(given.name, view.name))
          return made
        }),
        triggers: tables.length === 0 ?
          [] :
          distinct(given.triggers).map(({ name, over, text }) =>
            Contents.trigger({ name, table: Option.getOrThrow(pick(tables, over)).name, ...text })
          ),
        routines: routines.map(({ kind, name, text }) =>
          Contents.routine({
            name,
            kind: kind === "FUNCTION" ? "FUNCTION" : kind === "PROCEDURE" ? "PROCEDURE" : "PACKAGE",
            body: Sql.bytes(
              kind === "FUNCTION" ? "() RETURNS int\n" : kind === "PROCEDURE" ? "()\n" : " AS\n",
              text.body
            ),
            creation: text.creation
          })
        ),
        events: distinct(given.events).map(({ name, text }) => Contents.event({ name, ...text }))
      })
    })
  }
}

/**
 * Contents of a server: one to three databases with tables, rows, sequences, views and programs.
 *
 * @example
 * ```ts
 * import { Arbitraries, MemoryServer } from "@sluice/testing"
 * import { FastCheck as fc } from "effect"
 *
 * fc.property(Arbitraries.contents({ rows: 5 }), (contents) => {
 *   MemoryServer.make(contents)
 * })
 * ```
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const contents = (sizes: Sizes = {}): fc.Arbitrary<Contents.Contents> =>
  fc.array(parts(sizes), { minLength: 1, maxLength: sizes.databases ?? 3 }).map(assemble)

/** The names that a view needs, as `database.name`. */
const needs = (database: string, view: Contents.View) =>
  Either.match(Definitions.parseView(view.create, quoting("")), {
    onLeft: () => ({ tables: [], functions: [] }),
    onRight: ({ functions, tables }) => ({
      tables: tables.map((table) => quote(table.database ?? database, table.name)),
      functions: functions.map((called) => called.database ?? database)
    })
  })

/** Leaves out, besides what is left out, every view that could then not be created. */
const closed = (contents: Contents.Contents, chosen: Contents.Contents, routines: boolean): ReadonlySet<string> => {
  const left = new Set(
    chosen.databases.flatMap(({ name, sequences, tables, views }) =>
      [...sequences, ...tables, ...views].map((one) => quote(name, one.name))
    )
  )
  const databases = new Set(chosen.databases.map(({ name }) => name))
  for (let before = -1; before !== left.size;) {
    before = left.size
    for (const { name, views } of contents.databases) {
      for (const view of views) {
        const { functions, tables } = needs(name, view)
        if (
          tables.some((table) => !left.has(table)) ||
          functions.some((database) => !routines || !databases.has(database))
        ) {
          left.delete(quote(name, view.name))
        }
      }
    }
  }
  return left
}

/**
 * What to take of some contents: of databases, tables and kinds of objects some are left out. What is taken can be
 * restored: a view goes when something that it needs goes. `Contents.select` says what a restore must give.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const selection = (contents: Contents.Contents): fc.Arbitrary<Source.Selection> => {
  const databases = contents.databases.map(({ name }) => name)
  const objects = contents.databases.flatMap(({ name, sequences, tables, views }) =>
    [...sequences, ...tables, ...views].map((one) => quote(name, one.name))
  )
  const mostly = fc.integer({ min: 0, max: 4 }).map((n) => n > 0)
  return fc.record({
    databases: fc.option(fc.subarray(databases, { minLength: Math.min(1, databases.length) })).map(Option.fromNullable),
    leftOut: fc.oneof(fc.constant<Array<string>>([]), fc.subarray(objects)),
    views: mostly,
    triggers: mostly,
    routines: mostly,
    events: mostly
  }).map(({ leftOut, ...rest }) => {
    const open: Source.Selection = { ...rest, includes: (database, name) => !leftOut.includes(quote(database, name)) }
    const wanted = closed(contents, Contents.select(contents, open), rest.routines)
    const selection: Source.Selection = { ...rest, includes: (database, name) => wanted.has(quote(database, name)) }
    return Object.assign(selection, {
      [fc.toStringMethod]: () => fc.stringify({ ...rest, includes: Array.from(wanted) })
    })
  })
}

const smallCut = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 16 }))
const largeCut = fc.integer({ min: 100, max: 10_000 })

/**
 * How to cut a stream of bytes: the lengths of the pieces in turn, again from the first after the last. Some have
 * only tiny pieces; most mix tiny and large ones, which takes less time.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const cuts: fc.Arbitrary<ReadonlyArray<number>> = fc.oneof(
  { weight: 1, arbitrary: fc.array(smallCut, { minLength: 1, maxLength: 5 }) },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.array(smallCut, { maxLength: 5 }), largeCut).map(([small, large]) => [...small, large])
  }
)

/**
 * Cuts bytes as `cuts` says. The pieces are copies, so that they may be spoiled after use.
 *
 * @since 0.1.0
 * @category combinators
 */
export const cut = (bytes: Uint8Array, lengths: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length;) {
    const length = Math.max(1, lengths[pieces.length % Math.max(1, lengths.length)] ?? bytes.length)
    pieces.push(bytes.slice(at, at + length))
    at += length
  }
  return pieces
}

/**
 * How to cut tables, often into very small chunks.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const planOptions: fc.Arbitrary<Source.PlanOptions> = fc.record({
  chunkBytes: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 200, max: 1_000_000 })),
  chunkRows: fc.option(fc.integer({ min: 1, max: 20 })).map(Option.fromNullable),
  split: fc.integer({ min: 0, max: 4 }).map((n) => n > 0)
})

/**
 * How to read rows, often as very small statements.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const readOptions: fc.Arbitrary<Source.ReadOptions> = fc.record({
  statementSize: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(1_000_000)),
  completeInsert: fc.boolean(),
  utc: fc.boolean()
})

const nth = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 }))

/** Without `Hang`, after which nothing comes: a test that wants it says so. */
const failure = fc.constantFrom<Faults.Failure>(
  "Deadlock",
  "LockTimeout",
  "ConnectionLost",
  "TooManyConnections",
  "AccessDenied",
  "TableFull"
)

/**
 * Something that fails on the side of the source.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const sourceFault: fc.Arbitrary<Faults.SourceFault> = fc.record({
  tag: fc.constantFrom("Snapshot", "Definition", "Plan", "Piece"),
  nth,
  failure
}).map(({ failure, nth, tag }) =>
  tag === "Snapshot"
    ? Faults.SourceFault.Snapshot({ nth: 1, failure })
    : tag === "Definition"
    ? Faults.SourceFault.Definition({ nth, failure })
    : tag === "Plan"
    ? Faults.SourceFault.Plan({ nth, failure })
    : Faults.SourceFault.Piece({ nth, failure })
)

const starting = fc.constantFrom("", "INSERT", "CREATE", "SET", "/*!")

/**
 * Something that fails, or is not as it is answered, on the side of the target.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const targetFault: fc.Arbitrary<Faults.TargetFault> = fc.oneof(
  fc.record({ nth: fc.integer({ min: 1, max: 4 }), failure }).map((fault) => Faults.TargetFault.Session(fault)),
  fc.record({ nth, failure, starting, taken: fc.boolean() }).map((fault) => Faults.TargetFault.Statement(fault)),
  fc.record({ nth, failure, taken: fc.boolean() }).map((fault) => Faults.TargetFault.Commit(fault)),
  nth.map((nth) => Faults.TargetFault.Warning({ nth, starting: "INSERT", text: "1265: Data truncated" })),
  fc.record({ nth, by: fc.constantFrom(-1, 1) }).map((fault) =>
    Faults.TargetFault.AffectedRows({ ...fault, starting: "INSERT" })
  )
)
