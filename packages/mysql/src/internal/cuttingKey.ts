/**
 * The key that a table is cut along.
 *
 * @internal
 */
import type * as Source from "@sluice/pipeline/Source"
import * as Arr from "effect/Array"
import * as Option from "effect/Option"

import type * as Catalog from "../Catalog.js"
import * as Columns from "./columns.js"
import * as KeyLiterals from "./keyLiterals.js"
import type * as Tuples from "./tuples.js"

/** @internal */
export interface Part extends Tuples.Part {
  /** Whether its values can be counted along, upwards. */
  readonly integer: boolean
  readonly value: (cell: Uint8Array) => Tuples.Value
}

/** @internal */
export interface CuttingKey {
  readonly index: string
  /** The first columns of the index, as far as their values can be written down: one at least. */
  readonly parts: ReadonlyArray<Part>
}

/**
 * The key of a table as far as it can be cut by; none if it has none whose first column can.
 *
 * @internal
 */
export const of = (table: Catalog.Table, options: Source.PlanOptions): Option.Option<CuttingKey> =>
  Option.flatMap(table.key, (key) => {
    const columns = options.byFirstColumn === true ? key.columns.slice(0, 1) : key.columns
    const parts = Arr.getSomes(Arr.takeWhile(
      columns.map((name) =>
        Option.fromNullable(table.columns.find((column) => column.name === name)).pipe(
          // In the reader's time zone its literals could mean another time, or two.
          Option.filter((column) => column.type !== "timestamp" || options.utc !== false),
          Option.flatMap((column) =>
            Option.map(KeyLiterals.of(column), (value): Part => {
              const descending = key.descending.includes(name)
              return { name, descending, integer: Columns.isInteger(column) && !descending, value }
            })
          )
        )
      ),
      Option.isSome
    ))
    return parts.length === 0 ? Option.none() : Option.some({ index: key.index, parts })
  })
