/**
 * The cells of INSERT statements, as the bytes that they stand for, without an object for each of them.
 *
 * It reads what `Row.decodeInsert` reads, and `JSON_REPLACE(…)` besides; a test holds both to the same cells.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"

import * as Walk from "./internal/walk.js"
import { RowError } from "./Row.js"

/**
 * The cells of one row. All of it is lent: it is good for the time of the call that it is given to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cells {
  /** The cells one behind the other. */
  readonly bytes: Uint8Array
  /** Where each of them ends. */
  readonly ends: ReadonlyArray<number>
  /** How each was written. */
  readonly forms: ReadonlyArray<Form>
  readonly count: number
}

/**
 * How a cell was written. Of `Expression`, which makes a value of JSON, the bytes are those of the expression.
 *
 * @since 0.1.0
 * @category models
 */
export type Form = "Null" | "Number" | "Bytes" | "Json" | "Expression"

/**
 * @since 0.1.0
 * @category models
 */
export interface Visitor {
  /** A statement begins: the columns it lists, if it does. */
  readonly head: (columns: ReadonlyArray<string> | undefined) => void
  readonly row: (cells: Cells) => void
}

/**
 * Makes a reader of statements, one or several at a time, each whole. It keeps a buffer as large as the longest row.
 * A negative zero of a number comes without the `e0` that it is written with.
 *
 * @example
 * ```ts
 * import { Cells, Sql } from "@sluice/format"
 *
 * const read = Cells.reader({ head: () => {}, row: ({ count }) => console.log(count) })
 * read(Sql.bytes("INSERT INTO `t` VALUES(1,\"a\");\n")) // logs 2
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const reader = (visitor: Visitor): (statements: Uint8Array) => Either.Either<void, RowError> => {
  const walker = new Walk.Walker(visitor)
  return (statements) => {
    const failure = walker.walk(statements)
    return failure === undefined ? Either.void : Either.left(new RowError(failure))
  }
}
