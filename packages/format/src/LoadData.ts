/**
 * Backups whose rows are not INSERT statements: a `.sql` file with one LOAD DATA statement, and the rows in a `.dat` file
 * beside it, with separators between fields and lines.
 *
 * A server that loads such a file itself (`LOAD DATA LOCAL`) takes errors for warnings, even in a strict sql_mode, and
 * is often not allowed to. So the rows are read here, exactly as a server reads them, and become INSERT statements.
 *
 * What a server takes for NULL, an escape or an enclosed field:
 * https://dev.mysql.com/doc/refman/8.4/en/load-data.html#load-data-field-line-handling
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"

import * as Parse from "./internal/loadDataParse.js"
import * as Rows from "./internal/loadDataRows.js"
import type * as Sql from "./Sql.js"

/**
 * What a field goes into.
 *
 * @since 0.1.0
 * @category models
 */
export interface Column {
  readonly name: string
  /**
   * How the field stands for the value: as the value itself, as text in utf8mb4 (for JSON), as its bytes in hexadecimal
   * digits, or as the number of a value that its text does not tell (for SET).
   */
  readonly form: "Bytes" | "Utf8mb4" | "Hex" | "Unsigned"
}

/**
 * A LOAD DATA statement.
 *
 * @since 0.1.0
 * @category models
 */
export interface LoadData {
  /** The name of the file with the rows, as it is written. */
  readonly file: string
  readonly table: Sql.Name
  /** REPLACE when the statement says so. IGNORE, which would drop rows, is not kept. */
  readonly verb: "INSERT" | "REPLACE"
  readonly characterSet: string | undefined
  readonly fields: {
    readonly terminatedBy: Uint8Array
    /** One byte; nothing when fields are not enclosed. */
    readonly enclosedBy: number | undefined
    readonly escapedBy: number | undefined
  }
  readonly lines: {
    readonly startingBy: Uint8Array
    readonly terminatedBy: Uint8Array
  }
  /** How many lines at the start of the file hold no rows. */
  readonly skip: number
  /** Nothing when the statement does not list them. */
  readonly columns: ReadonlyArray<Column> | undefined
}

/**
 * Why rows cannot be read.
 *
 * - `Unsupported`: the statement says something that no backup tool writes; guessing could change values.
 * - `Damaged`: the rows are not what the statement says they are, or end inside of a row.
 *
 * @since 0.1.0
 * @category errors
 */
export class LoadDataError extends Data.TaggedError("LoadDataError")<{
  readonly reason: "Unsupported" | "Damaged"
  readonly detail: string
  /** The number of the row, from 1; 0 when it is about the statement. */
  readonly row: number
}> {
  /** @since 0.1.0 */
  override get message(): string {
    return this.row === 0 ? this.detail : `row ${this.row}: ${this.detail}`
  }
}

/**
 * Reads a LOAD DATA statement, without the `;` that ends it.
 *
 * @example
 * ```ts
 * import { LoadData, Sql } from "@sluice/format"
 *
 * LoadData.parse(Sql.bytes("LOAD DATA LOCAL INFILE 'd.t.00000.dat' INTO TABLE `t` (`id`,@v)SET `v`=UNHEX(@v)"))
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const parse: (statement: Uint8Array) => Either.Either<LoadData, LoadDataError> = (statement) =>
  Either.mapLeft(Parse.parse(statement), (detail) => new LoadDataError({ reason: "Unsupported", detail, row: 0 }))

/**
 * A statement that puts in some rows.
 *
 * @since 0.1.0
 * @category models
 */
export interface Insert {
  /** Without a `;`. */
  readonly bytes: Uint8Array
  readonly rows: number
}

/**
 * Turns the bytes of a file with rows into statements, as they arrive. It is used once, for one file.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reader {
  /** Takes more of the file, which is lent for the time of the call, and gives the statements that are full. */
  readonly push: (bytes: Uint8Array) => Either.Either<ReadonlyArray<Insert>, LoadDataError>
  /** Says that the file has ended: it must have ended with the end of a line. */
  readonly finish: () => Either.Either<ReadonlyArray<Insert>, LoadDataError>
}

/**
 * Makes a reader of the rows that a statement is about. The statements it gives are about as long as `statementSize`
 * says, in bytes, or one row. They mean the same in every sql_mode but NO_BACKSLASH_ESCAPES.
 *
 * @since 0.1.0
 * @category decoding
 */
export const reader = (load: LoadData, statementSize: number): Reader => {
  const rows = Rows.make(load, statementSize)
  const damaged = (problem: Rows.Problem) => new LoadDataError({ reason: "Damaged", ...problem })
  return {
    push: (bytes) => Either.mapLeft(rows.push(bytes), damaged),
    finish: () => Either.mapLeft(rows.finish(), damaged)
  }
}
