/**
 * Engines whose tables show rows that belong to others: to other tables, other servers, or files. Such a row, put into
 * a restored table, would go where it came from, and be there twice.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Option from "effect/Option"

import type * as Catalog from "../Catalog.js"

/** By their names in upper case, as the vendors do not agree on it. */
const places: ReadonlyMap<string, string> = new Map([
  ["MRG_MYISAM", "other tables"],
  ["FEDERATED", "another server"],
  ["SPIDER", "other servers"],
  ["CONNECT", "files or other servers"],
  ["OQGRAPH", "another table"],
  ["SPHINX", "another server"]
])

/** The names of these engines. @internal */
export const names: Iterable<string> = places.keys()

/** Whether the tables of an engine show rows of others. @internal */
export const showsOthers = (engine: string): boolean => places.has(engine.toUpperCase())

/** Where the rows of a table really are, if not in it. */
const placeOf = (table: Catalog.Table): Option.Option<string> =>
  Option.flatMap(table.engine, (engine) => Option.fromNullable(places.get(engine.toUpperCase())))

/** Whether tables of an engine have their rows elsewhere. @internal */
export const isElsewhere = (engine: string): boolean => places.has(engine.toUpperCase())

/** @internal */
export const hasRows = (table: Catalog.Table): boolean => Option.isNone(placeOf(table))

/**
 * What is left out of tables without rows of their own, in words.
 *
 * @internal
 */
export const leftOut = (tables: ReadonlyArray<Catalog.Table>): ReadonlyArray<string> =>
  tables.flatMap((table) =>
    Option.toArray(
      Option.map(
        placeOf(table),
        (place) =>
          `the rows of ${
            Sql.quoteName({ database: table.info.database, name: table.info.name })
          }, which are in ${place}`
      )
    )
  )

/** Names that are told at most. */
const told = 20

/**
 * How to go on without some tables.
 *
 * @internal
 */
export const withoutThem = (tables: ReadonlyArray<Sql.Name>): string => {
  const patterns = tables.slice(0, told).map(({ database, name }) =>
    `${database ?? ""}.${name}`.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replaceAll("'", "'\\''")
  )
  const pattern = patterns.length === 1 ? patterns.join() : `(${patterns.join("|")})`
  return `Leave out what it is about, such as with --regex='^(?!${pattern}$)', and carry it over in another way`
}
