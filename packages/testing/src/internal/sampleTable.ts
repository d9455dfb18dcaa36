/**
 * What a table of the sample database is made of.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"

import type { Random } from "./sampleRandom.js"

/** @internal */
export type Vendor = "mysql" | "mariadb"

/**
 * What a row may lean on: how many rows the tables of that scale have.
 *
 * @internal
 */
export interface Sizes {
  readonly customers: number
  readonly addresses: number
  readonly goods: number
  readonly orders: number
  readonly visits: number
  readonly takings: number
}

/**
 * Rows, each with its values as they stand in SQL text. They are made when they are asked for.
 *
 * @internal
 */
export interface Rows extends Iterable<ReadonlyArray<string>> {
  readonly length: number
}

/** @internal */
export interface Table {
  readonly name: string
  /** What stands behind the name in CREATE TABLE. */
  readonly definition: (vendor: Vendor) => string
  /** The columns that rows are given for: neither generated ones, nor those whose default is wanted. */
  readonly columns: ReadonlyArray<string>
  readonly rows: (random: Random, sizes: Sizes) => Rows
}

/** @internal */
export const hex = (bytes: Uint8Array): string =>
  bytes.length === 0 ? "''" : `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`

/** What `Sql.quoteText` would change something about. */
const special = /[\p{Cc}\\'"]/u

/** @internal */
export const text = (value: string | null): string =>
  value === null ? "NULL" : special.test(value) ? Sql.quoteText(value) : `'${value}'`

/** Rows that are made one by one, from the number 1 on. @internal */
export const times = (length: number, row: (index: number) => ReadonlyArray<string>): Rows => ({
  length,
  *[Symbol.iterator]() {
    for (let index = 1; index <= length; index++) {
      yield row(index)
    }
  }
})
