/**
 * The partitions of tables, as places to cut at.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"

import * as Asking from "./asking.js"

/** A partition, or a part of one where they are parted again. @internal */
export interface Partition {
  readonly name: string
  /** The server's estimates. */
  readonly rows: number
  readonly bytes: number
}

/** Literals of names say what they are written in: where everything is bytes, a catalog would not look them up. */
const literal = (name: string): string => `_utf8mb4 X'${Buffer.from(name).toString("hex")}'`

/**
 * Reads the partitions of a table in their order. Those of the history of a versioned table are none to cut at: asked
 * for by name, they give what the table does not hold any more (https://mariadb.com/kb/en/system-versioned-tables/).
 *
 * @internal
 */
export const read = (
  ask: Asking.Ask,
  table: { readonly database: string; readonly name: string }
): Effect.Effect<ReadonlyArray<Partition>, SourceError> =>
  Effect.map(
    ask(
      "SELECT COALESCE(SUBPARTITION_NAME, PARTITION_NAME), TABLE_ROWS, DATA_LENGTH FROM information_schema.PARTITIONS " +
        `WHERE TABLE_SCHEMA = ${literal(table.database)} AND TABLE_NAME = ${literal(table.name)} ` +
        "AND PARTITION_NAME IS NOT NULL AND PARTITION_METHOD <> 'SYSTEM_TIME' ORDER BY PARTITION_ORDINAL_POSITION, SUBPARTITION_ORDINAL_POSITION"
    ).pipe(Effect.mapError(Asking.toSource("cannot plan how to read a table", Sql.quoteName(table)))),
    ({ rows }) =>
      rows.flatMap(([name, count, bytes]) => {
        const number = (cell: Uint8Array | null | undefined) =>
          cell === null || cell === undefined ? 0 : Number(Sql.text(cell))
        return name === null || name === undefined
          ? []
          : [{ name: Sql.text(name), rows: number(count), bytes: number(bytes) }]
      })
  )

/**
 * Neighbours together as long as they are no larger than `most`.
 *
 * @internal
 */
export const group = (
  partitions: ReadonlyArray<Partition>,
  sizeOf: (partition: Partition) => number,
  most: number
): ReadonlyArray<ReadonlyArray<Partition>> => {
  const groups: Array<Array<Partition>> = []
  let open = 0
  for (const partition of partitions) {
    const size = sizeOf(partition)
    const last = groups.at(-1)
    if (last === undefined || open + size > most) {
      groups.push([partition])
      open = size
    } else {
      last.push(partition)
      open += size
    }
  }
  return groups
}

/**
 * What stands behind the name of a table so that only these partitions of it are read.
 *
 * @internal
 */
export const clause = (names: ReadonlyArray<string>): string =>
  names.length === 0 ? "" : ` PARTITION (${names.map(Sql.quoteIdentifier).join(", ")})`
