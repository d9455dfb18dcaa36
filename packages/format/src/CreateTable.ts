/**
 * What a `CREATE TABLE` says of a table's columns and keys, as far as it has to be known to tell rows apart.
 *
 * It reads what servers print, and what backup tools made of it. Types and expressions are not looked into.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"

import * as Parse from "./internal/createTable.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Column {
  readonly name: string
  /** The name of its type alone, in lower case, such as `int`. */
  readonly type: string
  /** Everything behind the name, as it is written, such as `int(11) NOT NULL`. */
  readonly definition: string
  /** The server works its values out, and takes none for it. */
  readonly generated: boolean
  /** An INSERT that lists no columns passes it over. */
  readonly invisible: boolean
  readonly notNull: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface CreateTable {
  /** In their order. */
  readonly columns: ReadonlyArray<Column>
  /**
   * The columns of each key that tells every row from all others: the primary key first, then unique ones without
   * NULLs. Keys of expressions are left out.
   */
  readonly keys: ReadonlyArray<ReadonlyArray<string>>
}

/**
 * Reads a `CREATE TABLE` that lists its columns; nothing for any other statement.
 *
 * @example
 * ```ts
 * import { CreateTable, Sql } from "@sluice/format"
 *
 * CreateTable.parse(Sql.bytes("CREATE TABLE `t` (\n  `id` int NOT NULL,\n  PRIMARY KEY (`id`)\n)"))
 * // some({ columns: [{ name: "id", type: "int", … }], keys: [["id"]] })
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const parse = (statement: Uint8Array): Option.Option<CreateTable> => Option.fromNullable(Parse.parse(statement))

/**
 * The columns that an INSERT without a list of columns has values for.
 *
 * @since 0.1.0
 * @category getters
 */
export const inserted = ({ columns }: CreateTable): ReadonlyArray<string> =>
  columns.filter(({ generated, invisible }) => !generated && !invisible).map(({ name }) => name)
