/**
 * What a plan asks the server about the rows of a table.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type * as Catalog from "../Catalog.js"
import * as Asking from "./asking.js"
import type * as CuttingKey from "./cuttingKey.js"
import * as Partitions from "./partitions.js"
import * as Plan from "./plan.js"
import * as Sizes from "./sizes.js"
import * as Tuples from "./tuples.js"
import type * as Walk from "./walk.js"

/** @internal */
export interface Questions {
  /** How much a chunk should hold: rows if the user gave a number, else bytes. */
  readonly perChunk: number
  /** The integers of the next column among the rows that begin with some values. */
  readonly span: (prefix: Tuples.Tuple) => Effect.Effect<Option.Option<Plan.Span>, SourceError>
  /** How much a span of the next column holds. */
  readonly estimate: (prefix: Tuples.Tuple, span: Plan.Span) => Effect.Effect<number, SourceError>
  /** The steps of a walk among the rows that begin with some values. */
  readonly walk: (prefix: Tuples.Tuple) => Walk.Walk<Tuples.Tuple, SourceError>
}

/** Rows that are looked at, at each end of a span, to see how large they are. */
const samples = 16

/**
 * What servers say to literals of no such value: texts that are none in their character set, and days that are in no
 * calendar. A column can hold them all the same.
 */
const noSuchValue: ReadonlySet<number | undefined> = new Set([1292, 1300, 1525])

const number = (cell: Uint8Array | null | undefined): number =>
  cell === null || cell === undefined ? 0 : Number(Sql.text(cell))

const integer = (cell: Uint8Array | null | undefined): Option.Option<bigint> =>
  cell === null || cell === undefined ? Option.none() : Option.some(BigInt(Sql.text(cell)))

/** @internal */
export const make = (ask: Asking.Ask, { key, options, partitions, rows: said, table }: {
  readonly table: Catalog.Table
  readonly key: CuttingKey.CuttingKey
  readonly options: Source.PlanOptions
  /** All of them when empty. */
  readonly partitions: ReadonlyArray<string>
  /** The rows in them, as the server estimates it. */
  readonly rows: number
}): Questions => {
  const { info } = table
  const name = Sql.quoteName({ database: info.database, name: info.name })
  const rows = `${name}${Partitions.clause(partitions)}`
  const index = Sql.quoteIdentifier(key.index)
  const byKey = `${rows} FORCE INDEX (${index})`
  const rowSize = Sizes.ofRow(table.columns)
  const columns = key.parts.map((part) => Sql.quoteIdentifier(part.name)).join(", ")
  const order = key.parts.map((part) => `${Sql.quoteIdentifier(part.name)}${part.descending ? " DESC" : ""}`).join(", ")

  const toSource = Asking.toSource("cannot plan how to read a table", name)
  const query = (sql: string, prepare?: string) => Effect.mapError(ask(sql, prepare), toSource)
  const where = (...conditions: ReadonlyArray<Tuples.Condition>) =>
    Option.getOrElse(Tuples.render(Tuples.all(...conditions), Sql.quoteIdentifier), () => "TRUE")
  const columnAfter = (prefix: Tuples.Tuple) => Sql.quoteIdentifier(key.parts[prefix.length]?.name ?? "")

  const spanned = (prefix: Tuples.Tuple, { from, to }: Plan.Span) => {
    const column = columnAfter(prefix)
    const range = `${column} >= ${from} AND ${column} <= ${to}`
    return prefix.length === 0 ? range : `${where(Tuples.at(key.parts, prefix))} AND ${range}`
  }

  // With FORCE INDEX, MySQL does not look and says 1.
  const countRows = (prefix: Tuples.Tuple, span: Plan.Span) =>
    Effect.map(
      query(
        `EXPLAIN FORMAT=TRADITIONAL SELECT ${columnAfter(prefix)} FROM ${rows} USE INDEX (${index}) WHERE ${
          spanned(prefix, span)
        }`
      ),
      ({ columns, rows: [row] }) => number(row?.[columns.indexOf("rows")])
    )

  const meanSize = (prefix: Tuples.Tuple, span: Plan.Span) => {
    const column = columnAfter(prefix)
    const end = (direction: string) =>
      `(SELECT ${rowSize} AS size FROM ${byKey} WHERE ${spanned(prefix, span)} ORDER BY ${column}${direction} ` +
      `LIMIT ${samples})`
    return Effect.map(
      query(`SELECT AVG(size) FROM (${end("")} UNION ALL ${end(" DESC")}) AS samples`),
      ({ rows: [row] }) => number(row?.[0])
    )
  }

  const estimate = (prefix: Tuples.Tuple, span: Plan.Span) =>
    Option.isSome(options.chunkRows)
      ? countRows(prefix, span)
      : Effect.zipWith(countRows(prefix, span), meanSize(prefix, span), (rows, size) => rows * Math.max(1, size))

  const row = (cells: ReadonlyArray<Uint8Array | null> | undefined): Option.Option<Tuples.Tuple> =>
    cells === undefined
      ? Option.none()
      : Option.some(key.parts.flatMap((part, i) => {
        const cell = cells[i]
        return cell === null || cell === undefined ? [] : [part.value(cell)]
      }))
  const first = (condition: string, skipped = 0, prepare?: string) =>
    Effect.map(
      query(`SELECT ${columns} FROM ${byKey} WHERE ${condition} ORDER BY ${order} LIMIT 1 OFFSET ${skipped}`, prepare),
      ({ rows: [cells] }) => row(cells)
    )

  // A chunk of rows is full when so many are passed; one of bytes when the sum is, which the server keeps while it
  // walks. The sum only decides how large a chunk gets, never what is in it.
  const perRows = Option.map(
    options.chunkRows,
    (rows) => Math.max(1, Math.ceil(Math.max(rows, said / Plan.mostChunks)))
  )
  const full = (condition: string, further: number) =>
    Option.match(perRows, {
      onSome: (rows) => first(condition, rows + further),
      onNone: () =>
        first(
          `(${condition}) AND (@sluice_size := @sluice_size + ${rowSize}) > ${options.chunkBytes}`,
          further,
          "SET @sluice_size = 0"
        )
    })

  return {
    perChunk: Math.max(1, Option.getOrElse(options.chunkRows, () => options.chunkBytes)),
    estimate,
    span: (prefix) =>
      Effect.gen(function*() {
        const column = columnAfter(prefix)
        const { rows: [ends] } = yield* query(
          `SELECT MIN(${column}), MAX(${column}) FROM ${rows} WHERE ${where(Tuples.at(key.parts, prefix))}`
        )
        return Option.zipWith(integer(ends?.[0]), integer(ends?.[1]), (from, to) => ({ from, to }))
      }),
    walk: (prefix) => {
      const all = Tuples.at(key.parts, prefix)
      // Places begin with the same values, which are asked for once: then it is one range for the optimizer.
      const others = key.parts.slice(prefix.length)
      const beyond = (compare: typeof Tuples.from, from: Option.Option<Tuples.Tuple>) =>
        Option.match(from, {
          onNone: () => Tuples.all(),
          onSome: (from) => compare(others, from.slice(prefix.length))
        })
      return {
        full: (from, further) => full(where(all, beyond(Tuples.from, from)), further),
        next: (from) => first(where(all, beyond(Tuples.after, from))),
        isBehind: (place, from) =>
          ask(
            `SELECT 1 FROM ${byKey} WHERE ${where(Tuples.at(key.parts, place), beyond(Tuples.after, from))} LIMIT 1`
          ).pipe(
            Effect.map((answer) => answer.rows.length > 0),
            Effect.catchIf(
              (error) => error._tag === "MysqlError" && noSuchValue.has(error.errno),
              () => Effect.succeed(false)
            ),
            Effect.mapError(toSource)
          )
      }
    }
  }
}
