/**
 * Putting small tables together, so that many of them cost little more than one.
 *
 * @internal
 */
import * as Arr from "effect/Array"
import * as Option from "effect/Option"

import type { Portion, Small, TableInfo } from "../Source.js"

/** A table that has to be planned, or small ones that need not. */
export type Work =
  | { readonly _tag: "Table"; readonly table: TableInfo }
  | { readonly _tag: "Portion"; readonly portion: Portion }

/** What a portion holds at most, so that a reader that is lost has little to read again. */
const mostTables = 100
const mostBytes = 16 * 1024 * 1024

/** So many portions for each reader at least, so that all have to do until the end. */
const portionsEach = 4

/**
 * The tables in their order, small ones in portions. A portion comes where it is full.
 *
 * @internal
 */
export const group = (
  tables: ReadonlyArray<TableInfo>,
  small: (table: TableInfo) => Option.Option<Small>,
  readers: number
): ReadonlyArray<Work> => {
  const looked = tables.map((table) => ({ table, small: small(table) }))
  const smallOnes = looked.filter((one) => Option.isSome(one.small)).length
  const most = Math.max(1, Math.min(mostTables, Math.ceil(smallOnes / readers / portionsEach)))
  const out: Array<Work> = []
  let open: Array<Small> = []
  let bytes = 0
  const close = () => {
    const portion = open.map(({ chunk }) => chunk)
    if (Arr.isNonEmptyReadonlyArray(portion)) out.push({ _tag: "Portion", portion })
    open = []
    bytes = 0
  }
  for (const { small, table } of looked) {
    if (Option.isNone(small)) {
      out.push({ _tag: "Table", table })
      continue
    }
    if (open.length >= most || bytes + small.value.bytes > mostBytes) close()
    open.push(small.value)
    bytes += small.value.bytes
  }
  close()
  return out
}
