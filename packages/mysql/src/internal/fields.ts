/**
 * What the fields of a table's lines are, for LOAD DATA.
 *
 * @internal
 */
import type * as Lines from "@sluice/format/Lines"
import type * as LoadData from "@sluice/format/LoadData"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import type * as Catalog from "../Catalog.js"
import type * as Dialect from "./dialect.js"
import * as NoMember from "./noMember.js"

/** How a column is written, and what becomes of that. @internal */
export interface Field {
  readonly encoding: Lines.Encoding
  readonly column: LoadData.Column
}

/** What mydumper writes without anything around it. */
const bare = new Set(["smallint", "mediumint", "int", "bigint"])

const fieldOf = (hexBlob: boolean) => (column: Catalog.Column): Field => {
  const as = (encoding: Lines.Encoding, form: LoadData.Column["form"]): Field => ({
    encoding,
    column: { name: column.name, form }
  })
  return bare.has(column.type)
    ? as("Bare", "Bytes")
    : NoMember.isAmbiguous(column.definition)
    ? as("Bare", "Unsigned")
    : hexBlob && column.kind === "Binary"
    ? as("Hex", "Hex")
    : as("Enclosed", column.kind === "Json" ? "Utf8mb4" : "Bytes")
}

/**
 * The fields of a table's lines, or why there cannot be lines of it: a line cannot hold an expression, tell of a row
 * when it was, or have no field at all.
 *
 * @internal
 */
export const of = (
  table: Catalog.Table,
  dialect: Dialect.Dialect,
  options: { readonly exactJson: boolean; readonly hexBlob: boolean }
): Either.Either<ReadonlyArray<Field>, string> => {
  const columns = table.columns.filter((column) => !column.generated)
  return columns.length === 0
    ? Either.left("no line can stand for a row of which every column is generated")
    : Option.isSome(table.period)
    ? Either.left("no server loads the history of a table from lines")
    : options.exactJson && Option.isSome(dialect.exactJson) && columns.some(({ kind }) => kind === "Json")
    ? Either.left("only an INSERT brings back all that a value of JSON may hold (--json-as-text writes its text)")
    : Either.right(columns.map(fieldOf(options.hexBlob)))
}
