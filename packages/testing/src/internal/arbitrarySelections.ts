/**
 * Random parts of contents that can be restored without the rest.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type * as Source from "@sluice/pipeline/Source"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"

import * as Contents from "../Contents.js"
import * as Definitions from "./memoryServerDefinitions.js"
import { quoting } from "./memoryServerLexer.js"

const quote = (database: string, name: string) => Sql.quoteName({ database, name })

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

/** @internal */
export const of = (contents: Contents.Contents): fc.Arbitrary<Source.Selection> => {
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
