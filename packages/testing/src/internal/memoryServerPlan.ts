/**
 * How a memory server cuts a table, and what it understands as a condition: ranges of the key such as
 * `` `id` >= 5 AND `id` < 9 ``, and places such as `rows 0..100` in a table without one.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type * as Source from "@sluice/pipeline/Source"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import type { Cells, Table } from "../Contents.js"
import { type Refusal, refuse } from "./memoryServerRefusal.js"

/**
 * About how many bytes a row takes in a file.
 *
 * @internal
 */
export const sizeOf = (row: Cells): number => row.reduce((size, cell) => size + 3 + (cell?.length ?? 4), 3)

const keyAt = (table: Table): number => {
  const key = Option.getOrUndefined(table.primaryKey)
  return table.columns.findIndex(({ name }) => name === key)
}

const keyOf = (row: Cells | undefined, at: number): bigint => BigInt(Sql.text(row?.[at] ?? Sql.bytes("0")))

const byKey = (table: Table): ReadonlyArray<Cells> => {
  const at = keyAt(table)
  return at === -1 ? table.rows : Array.from(table.rows).sort((a, b) => keyOf(a, at) < keyOf(b, at) ? -1 : 1)
}

/** Where the rows are cut: the place of the first row of each part, and the end. */
const borders = (rows: ReadonlyArray<Cells>, options: Source.PlanOptions): ReadonlyArray<number> => {
  const most = Option.getOrElse(options.chunkRows, () => Infinity)
  const starts = [0]
  let bytes = 0
  let count = 0
  rows.forEach((row, i) => {
    if (options.split && count > 0 && (count >= most || bytes >= options.chunkBytes)) {
      starts.push(i)
      bytes = 0
      count = 0
    }
    bytes += sizeOf(row)
    count += 1
  })
  return [...starts, rows.length]
}

/** @internal */
export const cut = (
  table: Table,
  info: Source.TableInfo,
  options: Source.PlanOptions
): ReadonlyArray<Source.Chunk> => {
  const rows = byKey(table)
  const ends = borders(rows, options)
  const at = keyAt(table)
  const key = Sql.quoteIdentifier(table.columns[at]?.name ?? "")
  const last = ends.length - 2
  return ends.slice(0, -1).map((from, part): Source.Chunk => {
    const to = ends[part + 1] ?? rows.length
    if (last === 0) {
      return { table: info, part, condition: Option.none(), partitions: [], note: "the whole table" }
    }
    if (at === -1) {
      const condition = Option.some(`rows ${from}..${to}`)
      return { table: info, part, condition, partitions: [], note: `rows from ${from} to ${to}` }
    }
    const low = `${key} >= ${keyOf(rows[from], at)}`
    const high = `${key} < ${keyOf(rows[to], at)}`
    return {
      table: info,
      part,
      condition: Option.some(part === 0 ? high : part === last ? low : `${low} AND ${high}`),
      partitions: [],
      note: `${key} from ${keyOf(rows[from], at)} to ${keyOf(rows[to - 1], at)}`
    }
  })
}

/** A table is small when a chunk could hold it so many times. */
const margin = 8

/**
 * The chunk of a table that is small, where nothing else was asked for than chunks of so many bytes.
 *
 * @internal
 */
export const small = (
  table: Table,
  info: Source.TableInfo,
  options: Source.PlanOptions
): Option.Option<Source.Small> => {
  const bytes = table.rows.reduce((sum, row) => sum + sizeOf(row), 0)
  return Option.isSome(options.chunkRows) || bytes * margin > options.chunkBytes
    ? Option.none()
    : Option.map(
      Option.fromNullable(cut(table, info, { ...options, split: false })[0]),
      (chunk) => ({ chunk, bytes })
    )
}

/**
 * The rows that a chunk means. No table has partitions.
 *
 * @internal
 */
export const rowsOf = (
  table: Table,
  { condition, partitions }: Pick<Source.Chunk, "condition" | "partitions">
): Either.Either<ReadonlyArray<Cells>, Refusal> => {
  if (partitions.length > 0) {
    return refuse(1747, "PARTITION () clause on non partitioned table")
  }
  if (Option.isNone(condition)) {
    return Either.right(table.rows)
  }
  const places = /^rows (\d+)\.\.(\d+)$/.exec(condition.value)
  if (places !== null) {
    return Either.right(table.rows.slice(Number(places[1]), Number(places[2])))
  }
  const at = keyAt(table)
  const range = /^(`(?:[^`]|``)+`) (?:>= (-?\d+)|< (-?\d+))(?: AND \1 < (-?\d+))?$/.exec(condition.value)
  const [, key, low, below, high = below] = range ?? []
  if (at === -1 || key !== Sql.quoteIdentifier(table.columns[at]?.name ?? "")) {
    return refuse(1064, `You have an error in your SQL syntax near '${condition.value}'`)
  }
  return Either.right(
    byKey(table).filter((row) =>
      (low === undefined || keyOf(row, at) >= BigInt(low)) && (high === undefined || keyOf(row, at) < BigInt(high))
    )
  )
}
