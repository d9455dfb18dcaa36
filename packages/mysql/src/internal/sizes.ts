/**
 * How many bytes rows take in a file, as the server can say it without sending them.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"

import type * as Catalog from "../Catalog.js"

/** Quotes and a comma. */
const around = 3

/** Numbers and times that are short whatever they are: about as long as they mostly are. */
const usual: ReadonlyMap<string, number> = new Map([
  ["tinyint", 3],
  ["smallint", 5],
  ["mediumint", 7],
  ["int", 8],
  ["bigint", 12],
  ["float", 12],
  ["double", 18],
  ["year", 5],
  ["date", 13],
  ["time", 11],
  ["datetime", 22],
  ["timestamp", 22]
])

/** Kinds that have `_binary` before them. */
const marked = new Set<Catalog.Column["kind"]>(["Binary", "Bit", "Geometry"])
const mark = 8

/**
 * The expression of about how many bytes a row takes.
 *
 * @internal
 */
export const ofRow = (columns: ReadonlyArray<Catalog.Column>): string => {
  const written = columns.filter((column) => !column.generated)
  const fixed = written.reduce(
    (sum, column) => sum + (usual.get(column.type) ?? around + (marked.has(column.kind) ? mark : 0)),
    around
  )
  const measured = written.filter((column) => !usual.has(column.type)).map((column) =>
    `IFNULL(LENGTH(${Sql.quoteIdentifier(column.name)}), 2)`
  )
  return [`${fixed}`, ...measured].join(" + ")
}
