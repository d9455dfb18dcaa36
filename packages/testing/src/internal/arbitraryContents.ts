/**
 * Random databases that a server could hold: a view finds its tables and functions, a trigger its table.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"

import type { Sizes } from "../Arbitraries.js"
import * as Contents from "../Contents.js"
import * as Cells from "./arbitraryCells.js"
import * as Sequences from "./arbitrarySequences.js"
import * as Texts from "./arbitraryTexts.js"

const { name } = Texts

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

/** @internal */
export const table = (sizes: Sizes): fc.Arbitrary<Contents.Table> =>
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

/** What a database is made of. @internal */
export const database = (sizes: Sizes) => {
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

type Parts = ReturnType<typeof database> extends fc.Arbitrary<infer A> ? A : never

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

/** Databases of which each may use the ones before it. @internal */
export const assemble = (all: ReadonlyArray<Parts>): Contents.Contents => {
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
