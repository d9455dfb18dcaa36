/**
 * The columns of tables: which there are, and how their cells are written.
 *
 * @internal
 */
import type * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import { SourceError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

import type * as Catalog from "../Catalog.js"
import type * as Control from "./control.js"
import type * as Dialect from "./dialect.js"
import * as Engines from "./engines.js"
import * as NoMember from "./noMember.js"

const kinds: ReadonlyArray<readonly [Row.ColumnKind, ReadonlyArray<string>]> = [
  ["Number", ["tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "year"]],
  ["Text", ["char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"]],
  ["Temporal", ["date", "time", "datetime", "timestamp"]],
  ["Binary", ["binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector", "uuid", "inet4", "inet6"]],
  ["Bit", ["bit"]],
  ["Json", ["json"]],
  ["Geometry", [
    "geometry",
    "point",
    "linestring",
    "polygon",
    "multipoint",
    "multilinestring",
    "multipolygon",
    "geometrycollection",
    "geomcollection"
  ]]
]

/**
 * All types of columns that are carried, in lower case.
 *
 * @internal
 */
export const types: ReadonlyArray<string> = kinds.flatMap(([, types]) => types)

const byType: ReadonlyMap<string, Row.ColumnKind> = new Map(
  kinds.flatMap(([kind, types]) => types.map((type) => [type, kind] as const))
)

const integers = new Set(["tinyint", "smallint", "mediumint", "int", "bigint"])

/** @internal */
export const isInteger = (column: Catalog.Column): boolean => integers.has(column.type)

/**
 * How the cells of a column of this type are written; `undefined` for a type that nobody knows, which is not guessed.
 *
 * @internal
 */
export const kindOf = (type: string, definition = type): Row.ColumnKind | undefined =>
  NoMember.isAmbiguous(definition) ? "Number" : byType.get(type.toLowerCase())

/** `DEFAULT_GENERATED` is about a default, not about a column. Old MariaDB says `VIRTUAL` and `PERSISTENT` alone. */
const generated = /(^|[\s,])(VIRTUAL|STORED|PERSISTENT)([\s,]|$)/i
const invisible = /(^|[\s,])INVISIBLE([\s,]|$)/i

const ColumnRow = Schema.Struct({
  database: Schema.String,
  table: Schema.String,
  name: Schema.String,
  type: Schema.String,
  definition: Schema.String,
  charset: Schema.NullOr(Schema.String),
  collation: Schema.NullOr(Schema.String),
  extra: Schema.NullOr(Schema.String)
})

interface TableRow {
  readonly database: string
  readonly name: string
  readonly type: string
}

const what = "cannot dump everything that is selected"

/**
 * Reads the columns of `tables`, by their quoted full names. Fails with all columns of types that are not known, and
 * all views whose columns the server cannot tell.
 *
 * @internal
 */
export const read = (
  control: Control.Session,
  dialect: Dialect.Dialect,
  within: string,
  tables: ReadonlyArray<TableRow>
): Effect.Effect<ReadonlyMap<string, ReadonlyArray<Catalog.Column>>, SourceError> =>
  Effect.gen(function*() {
    const rows = yield* Effect.mapError(
      control.query(
        ColumnRow,
        "SELECT TABLE_SCHEMA AS `database`, TABLE_NAME AS `table`, COLUMN_NAME AS name, DATA_TYPE AS type, " +
          "COLUMN_TYPE AS definition, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation, " +
          "EXTRA AS extra " +
          `FROM information_schema.COLUMNS WHERE ${within} ` +
          "ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION"
      ),
      (error) => error.toSource("cannot read the source's catalog")
    )
    const out = new Map<string, Array<Catalog.Column>>()
    const wanted = new Map(tables.map((table) => {
      const name = Sql.quoteName(table)
      out.set(name, [])
      return [name, table.type === "VIEW"] as const
    }))
    const unknown: Array<Sql.Name & { readonly what: string }> = []
    for (const row of rows) {
      const name = Sql.quoteName({ database: row.database, name: row.table })
      const isView = wanted.get(name)
      if (isView === undefined) {
        continue
      }
      const type = row.type.toLowerCase()
      const kind = kindOf(type, row.definition)
      // A view is dumped as its definition: nothing is read from it.
      if (kind === undefined && !isView) {
        unknown.push({
          database: row.database,
          name: row.table,
          what: `${name}.${Sql.quoteIdentifier(row.name)} (${row.type})`
        })
      }
      out.get(name)?.push({
        name: row.name,
        type,
        definition: row.definition,
        kind: kind ?? "Binary",
        charset: Option.fromNullable(row.charset),
        collation: Option.fromNullable(row.collation),
        comparesAsIndexed: type !== "char" || row.collation === null || !dialect.comparesUnpadded(row.collation),
        generated: generated.test(row.extra ?? ""),
        invisible: invisible.test(row.extra ?? "")
      })
    }
    if (unknown.length > 0) {
      return yield* new SourceError({
        reason: "Unsupported",
        what,
        detail: `this version does not know the type of ${unknown.map((column) => column.what).join(", ")}`,
        advice: Engines.withoutThem(unknown)
      })
    }
    const blind = tables.filter((table) => out.get(Sql.quoteName(table))?.length === 0)
    if (blind.length > 0) {
      return yield* new SourceError({
        reason: "Unsupported",
        what,
        detail:
          `the source tells no columns of ${
            blind.map(Sql.quoteName).join(", ")
          }: a view that refers to what is not there any ` +
          "more, or that the account may not read",
        advice: `Repair or drop it. ${Engines.withoutThem(blind)}`
      })
    }
    return out
  })
