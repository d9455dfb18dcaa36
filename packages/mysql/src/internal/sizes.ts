/**
 * How many bytes rows take in a file, as the server can say it without sending them.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"

import type * as Catalog from "../Catalog.js"

/** Quotes and a comma; and what else stands around a value. */
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

/** Kinds that are written in hexadecimal digits. */
const doubled = new Set<Catalog.Column["kind"]>(["Binary", "Bit", "Geometry"])

/**
 * The expression of about how many bytes a row takes.
 *
 * @internal
 */
export const ofRow = (columns: ReadonlyArray<Catalog.Column>): string => {
  const written = columns.filter((column) => !column.generated)
  const fixed = written.reduce((sum, column) => sum + (usual.get(column.type) ?? around), around)
  const measured = written.filter((column) => !usual.has(column.type)).map((column) =>
    `IFNULL(LENGTH(${Sql.quoteIdentifier(column.name)}), 2)${doubled.has(column.kind) ? " * 2" : ""}`
  )
  return [`${fixed}`, ...measured].join(" + ")
}
