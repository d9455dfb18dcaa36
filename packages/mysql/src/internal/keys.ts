/**
 * The keys of tables that rows can be told apart by.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

import type * as Catalog from "../Catalog.js"
import * as Control from "./control.js"
import type * as Dialect from "./dialect.js"
import * as KeyLiterals from "./keyLiterals.js"

const KeyRow = Schema.Struct({
  database: Schema.String,
  table: Schema.String,
  index: Schema.String,
  column: Schema.NullOr(Schema.String),
  nullable: Schema.NullOr(Schema.String),
  prefix: Schema.NullOr(Control.Numeric),
  direction: Schema.NullOr(Schema.String)
})

/** Every part is a whole column that holds no NULL; of a function of columns there is no name. */
const usable = (parts: ReadonlyArray<typeof KeyRow.Type>): boolean =>
  parts.every((part) => part.column !== null && part.nullable !== "YES" && part.prefix === null)

/** An index is read forwards or backwards, whichever way its first column ascends. */
const descending = (parts: ReadonlyArray<typeof KeyRow.Type>): ReadonlyArray<string> =>
  parts.flatMap((part) => part.column === null || part.direction === parts[0]?.direction ? [] : [part.column])

/**
 * Reads the unique keys of all tables that are kept in an order and that statements may name, by the tables' quoted
 * full names.
 *
 * @internal
 */
export const read = (
  control: Control.Session,
  dialect: Dialect.Dialect,
  within: string
): Effect.Effect<ReadonlyMap<string, ReadonlyArray<Catalog.Key>>, SourceError> =>
  Effect.gen(function*() {
    const rows = yield* Effect.mapError(
      control.query(
        KeyRow,
        "SELECT TABLE_SCHEMA AS `database`, TABLE_NAME AS `table`, INDEX_NAME AS `index`, COLUMN_NAME AS `column`, " +
          "NULLABLE AS nullable, SUB_PART AS prefix, COLLATION AS direction FROM information_schema.STATISTICS " +
          `WHERE ${within} AND NON_UNIQUE = 0 AND INDEX_TYPE = 'BTREE' AND ${dialect.visibleIndex} ` +
          "ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"
      ),
      (error) => error.toSource("cannot read the source's catalog")
    )
    const indexes = new Map<string, Map<string, Array<typeof KeyRow.Type>>>()
    for (const row of rows) {
      const name = Sql.quoteName({ database: row.database, name: row.table })
      const own = indexes.get(name) ?? new Map<string, Array<typeof KeyRow.Type>>()
      indexes.set(name, own)
      const parts = own.get(row.index)
      if (parts === undefined) {
        own.set(row.index, [row])
      } else {
        parts.push(row)
      }
    }
    return new Map(Array.from(indexes, ([name, own]) => [
      name,
      Array.from(own).filter(([, parts]) => usable(parts)).map(([index, parts]) => ({
        index,
        columns: parts.flatMap((part) => part.column === null ? [] : [part.column]),
        descending: descending(parts)
      }))
    ]))
  })

/** The name of every primary key. @internal */
export const primary = "PRIMARY"

/**
 * The primary key, which the table is mostly stored in the order of; without one, the first of the others that the
 * table can be cut along, else the first.
 *
 * @internal
 */
export const choose = (
  keys: ReadonlyArray<Catalog.Key>,
  columns: ReadonlyArray<Catalog.Column>
): Option.Option<Catalog.Key> =>
  Option.fromNullable(
    keys.find((key) => key.index === primary) ??
      keys.find((key) => {
        const first = columns.find((column) => column.name === key.columns[0])
        return first !== undefined && Option.isSome(KeyLiterals.of(first))
      }) ??
      keys[0]
  )

/**
 * The columns of a key as `ORDER BY` takes them, in the order of the index.
 *
 * @internal
 */
export const order = (key: Catalog.Key): string =>
  key.columns.map((name) => `${Sql.quoteIdentifier(name)}${key.descending.includes(name) ? " DESC" : ""}`).join(", ")
