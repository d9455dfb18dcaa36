/**
 * Sums over rows as they stand in INSERT statements: the same for a file of a backup and for what a server would give
 * a dump.
 *
 * A row becomes text from which its cells can be told: of each column that is wanted, in their order, a mark for NULL, or
 * how many bytes the cell has and the bytes. Whether a value was written as a number, as text or in hexadecimal makes
 * no difference; numbers of floating point stand there as their bits.
 *
 * @internal
 */
import * as Crypto from "node:crypto"
import * as Zlib from "node:zlib"

import * as Cells from "@sluice/format/Cells"
import type { RowError } from "@sluice/format/Row"
import * as Either from "effect/Either"

import type * as Inspection from "../Inspection.js"

/**
 * How cells of a column are taken.
 *
 * - `Plain`: their bytes.
 * - `Float`, `Double`: what a column of that type keeps of the number.
 * - `Member`: of an ENUM that has no zeros among its members, zeros are written for what is none of them.
 *
 * @internal
 */
export type Taken = "Plain" | "Float" | "Double" | "Member"

/** @internal */
export interface Column {
  readonly name: string
  readonly taken: Taken
}

/** @internal */
export interface Question {
  /** In the order in which they make the row's text; `undefined` for all that there are, by their place. */
  readonly columns: ReadonlyArray<Column> | undefined
  readonly key: ReadonlyArray<Column>
  readonly buckets: number
}

/** @internal */
export const none: Inspection.Sum = { rows: 0n, first: 0n, second: 0n }

/** @internal */
export const add = (a: Inspection.Sum, b: Inspection.Sum): Inspection.Sum => ({
  rows: a.rows + b.rows,
  first: a.first + b.first,
  second: a.second + b.second
})

const decoder = new TextDecoder()

/** The texts of rows, in one buffer that is used again. */
class Text {
  private bytes = Buffer.alloc(4096)
  private to = 0

  begin(): void {
    this.to = 0
  }

  get(): Uint8Array {
    return this.bytes.subarray(0, this.to)
  }

  /** Any cell, from the place where it begins among the others. */
  put(cells: Cells.Cells, column: number, taken: Taken): void {
    if (cells.forms[column] === "Null") {
      this.room(1)
      this.bytes[this.to++] = 0xff
      return
    }
    const from = column === 0 ? 0 : cells.ends[column - 1] ?? 0
    const end = cells.ends[column] ?? from
    if (taken === "Float" || taken === "Double") {
      const number = Number(decoder.decode(cells.bytes.subarray(from, end)))
      this.room(9)
      this.bytes[this.to++] = 8
      this.to = this.bytes.writeDoubleBE(taken === "Float" ? Math.fround(number) : number, this.to)
      return
    }
    if (taken === "Member" && isZeros(cells.bytes, from, end)) {
      this.length(0)
      return
    }
    this.length(end - from)
    this.room(end - from)
    this.bytes.set(cells.bytes.subarray(from, end), this.to)
    this.to += end - from
  }

  /** Seven bits at a time; no text of it begins with the mark for NULL, as nothing is that long. */
  private length(bytes: number): void {
    this.room(6)
    if (bytes < 0x80) {
      this.bytes[this.to++] = bytes
      return
    }
    this.bytes[this.to++] = 0x80
    this.to = this.bytes.writeUInt32BE(bytes, this.to)
  }

  private room(bytes: number): void {
    if (this.to + bytes > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(this.bytes.length * 2, this.to + bytes))
      larger.set(this.bytes.subarray(0, this.to))
      this.bytes = larger
    }
  }
}

const isZeros = (bytes: Uint8Array, from: number, end: number): boolean => {
  for (let i = from; i < end; i++) {
    if (bytes[i] !== 0x30) return false
  }
  return end - from <= 5
}

/** Where wanted columns are among those of a statement; nothing if one is not there. */
const placesOf = (
  wanted: ReadonlyArray<Column>,
  columns: ReadonlyArray<string>
): ReadonlyArray<number> | undefined => {
  const places = new Map(columns.map((name, i) => [name.toLowerCase(), i]))
  const found = wanted.flatMap(({ name }) => places.get(name.toLowerCase()) ?? [])
  return found.length === wanted.length ? found : undefined
}

/** What is done with each row. @internal */
export interface Taker {
  /** Statements, each whole; they are lent. */
  readonly push: (statements: Uint8Array) => Either.Either<void, RowError | Unclear>
}

/** The columns of a statement are not those that were asked for. @internal */
export class Unclear {
  readonly _tag = "Unclear"
  constructor(readonly detail: string) {}
}

/** The row that is looked at. */
interface Row {
  readonly digest: () => Buffer
  readonly bytes: () => Uint8Array
  readonly key: () => Uint8Array
  /** Where the columns of the key are among the cells. */
  readonly keyPlaces: () => ReadonlyArray<number>
}

/**
 * Goes through rows. `shape` names the columns of statements that list none.
 */
const through = (
  question: Question,
  shape: ReadonlyArray<string> | undefined,
  each: (row: Row, cells: Cells.Cells) => void
): Taker => {
  const text = new Text()
  const keyText = new Text()
  let places: ReadonlyArray<number> | undefined
  let keyPlaces: ReadonlyArray<number> = []
  let width: number | undefined
  let unclear: Unclear | undefined
  let current: Cells.Cells | undefined
  const row: Row = {
    keyPlaces: () => keyPlaces,
    bytes: () => text.get(),
    digest: () => Crypto.hash("sha256", text.get(), "buffer"),
    key: () => {
      keyText.begin()
      keyPlaces.forEach((place, i) => {
        if (current !== undefined) keyText.put(current, place, question.key[i]?.taken ?? "Plain")
      })
      return keyText.get()
    }
  }
  const read = Cells.reader({
    head: (listed) => {
      const columns = listed ?? shape
      if (question.columns === undefined) {
        places = undefined
        return
      }
      places = columns === undefined ? undefined : placesOf(question.columns, columns)
      const found = columns === undefined ? undefined : placesOf(question.key, columns)
      width = columns?.length
      if (places === undefined || found === undefined) {
        unclear = unclear ?? new Unclear("a statement has values for other columns than those of the table")
      }
      keyPlaces = found ?? []
    },
    row: (cells) => {
      if (unclear !== undefined) return
      if (width !== undefined && cells.count !== width) {
        unclear = new Unclear(`a row has ${cells.count} values, and the table ${width} columns`)
        return
      }
      current = cells
      text.begin()
      if (places === undefined) {
        width = width ?? cells.count
        for (let i = 0; i < cells.count; i++) text.put(cells, i, "Plain")
      } else {
        for (let i = 0; i < places.length; i++) {
          text.put(cells, places[i] ?? 0, question.columns?.[i]?.taken ?? "Plain")
        }
      }
      each(row, cells)
    }
  })
  return {
    push: (statements) =>
      Either.flatMap(
        read(statements),
        (): Either.Either<void, Unclear> => unclear === undefined ? Either.void : Either.left(unclear)
      )
  }
}

/**
 * Sums rows up, in buckets by their keys. `looks` is shown each row's cells besides.
 *
 * @internal
 */
export const summing = (
  question: Question,
  shape: ReadonlyArray<string> | undefined,
  looks: (cells: Cells.Cells) => void = () => {}
): Taker & { readonly sums: () => ReadonlyMap<number, Inspection.Sum> } => {
  const rows = new Map<number, number>()
  const first = new Map<number, bigint>()
  const second = new Map<number, bigint>()
  const taker = through(question, shape, ({ bytes, digest, key }, cells) => {
    const bucket = question.buckets === 1 ? 0 : Zlib.crc32(key()) % question.buckets
    looks(cells)
    rows.set(bucket, (rows.get(bucket) ?? 0) + 1)
    first.set(bucket, (first.get(bucket) ?? 0n) + digest().readBigUInt64BE(0))
    second.set(bucket, (second.get(bucket) ?? 0n) + BigInt(Zlib.crc32(bytes())))
  })
  return {
    push: taker.push,
    sums: () =>
      new Map(Array.from(rows, ([bucket, count]) => [
        bucket,
        { rows: BigInt(count), first: first.get(bucket) ?? 0n, second: second.get(bucket) ?? 0n }
      ]))
  }
}

/** A value of a key for people: numbers as they are, text in quotes, and bytes that are none in hexadecimal. */
const shown = (bytes: Uint8Array, isNull: boolean, isNumber: boolean): string => {
  if (isNull) return "NULL"
  const buffer = Buffer.from(bytes)
  const text = buffer.toString("utf8")
  return isNumber
    ? text
    : /[\p{Cc}\ufffd]/u.test(text)
    ? `0x${buffer.toString("hex").toUpperCase()}`
    : `'${text.replaceAll("'", "''")}'`
}

/**
 * Gives the rows that are in some of the buckets, by their keys. `isNumber` says of each column of the key whether it is
 * one of numbers.
 *
 * @internal
 */
export const listing = (
  question: Question,
  shape: ReadonlyArray<string> | undefined,
  buckets: ReadonlyArray<number>,
  isNumber: ReadonlyArray<boolean>
): Taker & { readonly rows: ReadonlyArray<Inspection.Row> } => {
  const wanted = new Set(buckets)
  const found: Array<Inspection.Row> = []
  const taker = through(question, shape, ({ digest, key, keyPlaces }, cells) => {
    const identity = key()
    if (question.buckets > 1 && !wanted.has(Zlib.crc32(identity) % question.buckets)) return
    found.push({
      identity: Buffer.from(identity).toString("hex"),
      digest: digest().toString("hex"),
      key: keyPlaces().map((place, i) =>
        shown(
          cells.bytes.subarray(place === 0 ? 0 : cells.ends[place - 1] ?? 0, cells.ends[place]),
          cells.forms[place] === "Null",
          isNumber[i] === true
        )
      )
    })
  })
  return { push: taker.push, rows: found }
}
