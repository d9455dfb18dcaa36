/**
 * Rows that several transactions work on: who has not committed is seen by nobody else.
 *
 * Changes are made in place. A row knows the transaction that put it in or took it out and has not ended; a
 * transaction knows its changes, and undoes them.
 *
 * @internal
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import type { Cells, Program, Sequence, View } from "../Contents.js"
import type { Shape } from "./memoryServerDefinitions.js"
import { type Refusal, refuse } from "./memoryServerRefusal.js"
import * as Types from "./memoryServerTypes.js"

/** @internal */
export interface Entry {
  readonly cells: Cells
  readonly key: string | undefined
  insertedBy: Transaction | undefined
  deletedBy: Transaction | undefined
}

interface Change {
  readonly table: Table
  readonly entry: Entry
  readonly kind: "Insert" | "Delete"
}

/** @internal */
export class Transaction {
  private changes: Array<Change> = []

  /** How many changes there are: a place to go back to. */
  get mark(): number {
    return this.changes.length
  }

  /** @internal */
  add(change: Change): void {
    this.changes.push(change)
  }

  commit(): void {
    for (const { entry, kind, table } of this.changes) {
      if (kind === "Insert") {
        entry.insertedBy = undefined
      } else {
        table.remove(entry)
      }
    }
    this.changes = []
  }

  rollback(mark = 0): void {
    for (const { entry, kind, table } of this.changes.splice(mark).reverse()) {
      if (kind === "Insert") {
        table.remove(entry)
      } else {
        entry.deletedBy = undefined
      }
    }
  }
}

const lockTimeout = () => refuse(1205, "Lock wait timeout exceeded; try restarting transaction")

/** @internal */
export class Table {
  readonly types: ReadonlyArray<Types.Type>
  private readonly keyColumn: number
  private readonly entries = new Set<Entry>()
  private readonly byKey = new Map<string, Set<Entry>>()
  private largest = 0n

  constructor(readonly shape: Shape) {
    this.types = shape.columns.flatMap(({ type }) => Option.toArray(Types.parse(type)))
    const key = Option.getOrUndefined(shape.primaryKey)
    this.keyColumn = shape.columns.findIndex(({ name }) => name === key)
  }

  /** Rows, those too that are not committed. */
  get size(): number {
    return this.entries.size
  }

  get committed(): ReadonlyArray<Cells> {
    return Array.from(this.entries).filter(({ insertedBy }) => insertedBy === undefined).map(({ cells }) => cells)
  }

  /** What an AUTO_INCREMENT column takes next. */
  get nextKey(): string {
    return String(this.largest + 1n)
  }

  /** Puts a row in. Says how many rows of the same key it replaced, or nothing when it was passed over. */
  insert(
    cells: Cells,
    by: Transaction,
    onDuplicate: "Fail" | "Ignore" | "Replace"
  ): Either.Either<number | undefined, Refusal> {
    const cell = cells[this.keyColumn]
    const key = cell === undefined || cell === null ? undefined : Buffer.from(cell).toString("latin1")
    const rivals = key === undefined ? [] : Array.from(this.byKey.get(key) ?? [])
    if (rivals.some((entry) => isOthers(entry, by))) {
      return lockTimeout()
    }
    const present = rivals.filter(({ deletedBy }) => deletedBy === undefined)
    if (present.length > 0 && onDuplicate !== "Replace") {
      return onDuplicate === "Ignore"
        ? Either.right(undefined)
        : refuse(1062, `Duplicate entry '${key}' for key '${this.shape.name}.PRIMARY'`)
    }
    present.forEach((entry) => this.delete(entry, by))
    const entry: Entry = { cells, key, insertedBy: by, deletedBy: undefined }
    this.entries.add(entry)
    if (key !== undefined) {
      this.byKey.set(key, (this.byKey.get(key) ?? new Set()).add(entry))
      this.largest = BigInt(key) > this.largest ? BigInt(key) : this.largest
    }
    by.add({ table: this, entry, kind: "Insert" })
    return Either.right(present.length)
  }

  /** Takes all rows out that `by` sees, and says how many. */
  deleteAll(by: Transaction): Either.Either<number, Refusal> {
    if (this.isLocked(by)) {
      return lockTimeout()
    }
    const visible = Array.from(this.entries).filter(({ deletedBy }) => deletedBy === undefined)
    visible.forEach((entry) => this.delete(entry, by))
    return Either.right(visible.length)
  }

  /** Empties the table at once, unless a transaction that has not ended works on it. */
  truncate(): Either.Either<void, Refusal> {
    if (this.isLocked(undefined)) {
      return lockTimeout()
    }
    this.entries.clear()
    this.byKey.clear()
    this.largest = 0n
    return Either.void
  }

  /** Whether somebody else has changes here that are not committed. */
  isLocked(by: Transaction | undefined): boolean {
    return Array.from(this.entries).some((entry) => isOthers(entry, by))
  }

  /** @internal */
  remove(entry: Entry): void {
    this.entries.delete(entry)
    if (entry.key !== undefined) {
      this.byKey.get(entry.key)?.delete(entry)
    }
  }

  private delete(entry: Entry, by: Transaction): void {
    entry.deletedBy = by
    by.add({ table: this, entry, kind: "Delete" })
  }
}

const isOthers = ({ deletedBy, insertedBy }: Entry, by: Transaction | undefined): boolean =>
  (insertedBy !== undefined && insertedBy !== by) || (deletedBy !== undefined && deletedBy !== by)

/** @internal */
export class Database {
  options: string
  readonly sequences = new Map<string, Sequence>()
  readonly tables = new Map<string, Table>()
  readonly views = new Map<string, View>()
  /** By kind and name, in the order of their creation. */
  readonly programs = new Map<string, { readonly program: Program; readonly table: string | undefined }>()

  constructor(readonly name: string, options: string) {
    this.options = options
  }

  inspect(name: string): "Table" | "Sequence" | "View" | "Nothing" {
    return this.tables.has(name)
      ? "Table"
      : this.sequences.has(name)
      ? "Sequence"
      : this.views.has(name)
      ? "View"
      : "Nothing"
  }

  triggersOf(table: string): ReadonlyArray<Program> {
    return Array.from(this.programs.values()).filter((entry) => entry.table === table).map(({ program }) => program)
  }
}
