/**
 * What a memory server does with an INSERT or REPLACE.
 *
 * @internal
 */
import type * as Row from "@sluice/format/Row"
import * as Either from "effect/Either"

import type { Column } from "../Contents.js"
import { type Refusal, refusal, refuse } from "./memoryServerRefusal.js"
import type { Table, Transaction } from "./memoryServerStorage.js"
import type { Variables } from "./memoryServerVariables.js"

/** @internal */
export interface Outcome {
  readonly affectedRows: number
  readonly warnings: ReadonlyArray<Refusal>
}

/** Which value of a row each column takes, -1 for none. */
const places = (table: Table, names: ReadonlyArray<string> | undefined): Either.Either<Array<number>, Refusal> =>
  Either.gen(function*() {
    const { columns } = table.shape
    if (names === undefined) {
      let seen = 0
      return columns.map(({ invisible }) => invisible ? -1 : seen++)
    }
    const lower = names.map((name) => name.toLowerCase())
    const known = columns.map(({ name }) => name.toLowerCase())
    const unknown = names.find((_, i) => !known.includes(lower[i] ?? ""))
    const twice = names.find((_, i) => lower.indexOf(lower[i] ?? "") < i)
    return unknown !== undefined
      ? yield* refuse(1054, `Unknown column '${unknown}' in 'field list'`)
      : twice !== undefined
      ? yield* refuse(1110, `Column '${twice}' specified twice`)
      : known.map((name) => lower.indexOf(name))
  })

/** @internal */
export const insert = (
  table: Table,
  statement: Row.Insert,
  variables: Variables,
  transaction: Transaction
): Either.Either<Outcome, Refusal> =>
  Either.gen(function*() {
    const { columns } = table.shape
    const from = yield* places(table, statement.columns)
    const width = statement.columns?.length ?? from.filter((at) => at !== -1).length
    const charset = variables.get("character_set_client")
    const ignore = statement.verb === "INSERT IGNORE"
    const strict = variables.isStrict && !ignore
    const keepsZero = variables.modes.includes("NO_AUTO_VALUE_ON_ZERO")
    const warnings: Array<Refusal> = []

    const store = (column: Column, at: number, literal: Row.Literal | undefined, row: number) =>
      Either.gen(function*() {
        const type = table.types[at]
        if (literal === undefined || literal._tag === "Null" || type === undefined) {
          return column.autoIncrement
            ? Buffer.from(table.nextKey)
            : column.nullable
            ? null
            : literal === undefined
            ? yield* refuse(1364, `Field '${column.name}' doesn't have a default value`)
            : yield* refuse(1048, `Column '${column.name}' cannot be null`)
        }
        const { cell, trouble } = type.store(literal, charset)
        if (trouble !== undefined) {
          const placed = refusal(trouble.errno, `${trouble.detail} for column '${column.name}' at row ${row}`)
          if (strict || trouble.errno >= 3000) {
            return yield* Either.left(placed)
          }
          warnings.push(placed)
        }
        return column.autoIncrement && !keepsZero && cell.length === 1 && cell[0] === 0x30
          ? Buffer.from(table.nextKey)
          : cell
      })

    let affectedRows = 0
    for (const [i, row] of statement.rows.entries()) {
      if (row.length !== width) {
        return yield* refuse(1136, `Column count doesn't match value count at row ${i + 1}`)
      }
      const cells: Array<Row.Cell> = []
      for (const [at, column] of columns.entries()) {
        const cell: Row.Cell = yield* store(column, at, row[from[at] ?? -1], i + 1)
        // What was lent to us is ours from here on.
        cells.push(cell === null ? null : Uint8Array.from(cell))
      }
      const replaced = yield* table.insert(
        cells,
        transaction,
        ignore ? "Ignore" : statement.verb === "REPLACE" ? "Replace" : "Fail"
      )
      if (replaced === undefined) {
        warnings.push(refusal(1062, `Duplicate entry at row ${i + 1}`))
      } else {
        affectedRows += 1 + replaced
      }
    }
    return { affectedRows, warnings }
  })
