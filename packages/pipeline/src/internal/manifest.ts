/**
 * The manifest of a dump under way.
 *
 * @internal
 */
import type * as Metadata from "@sluice/format/Metadata"
import * as Option from "effect/Option"

import type { TableInfo } from "../Source.js"
import type { Made } from "./shipping.js"

/**
 * Remembers every file that was made, for the metadata at the end.
 *
 * @internal
 */
export const make = () => {
  const entries: Array<Metadata.FileEntry> = []
  const rows = new Map<TableInfo, number>()
  let partials = 0
  let objects = 0
  let bytes = 0
  return {
    add: (made: Made): Metadata.FileEntry => {
      const { file } = made
      const entry: Metadata.FileEntry = {
        name: file.name,
        bytes: file.bytes,
        rows: Option.map(made.table, () => file.rows),
        checksum: file.checksum
      }
      entries.push(entry)
      objects += made.objects
      bytes += file.bytes
      if (Option.isSome(made.table) && made.countedElsewhere !== true) {
        rows.set(made.table.value, (rows.get(made.table.value) ?? 0) + file.rows)
      }
      return entry
    },
    nextPartial: (): number => {
      partials += 1
      return partials - 1
    },
    totals: () => ({
      entries,
      objects,
      bytes,
      rows: Array.from(rows.values()).reduce((sum, n) => sum + n, 0),
      rowsOf: (table: TableInfo): number => rows.get(table) ?? 0
    })
  }
}
