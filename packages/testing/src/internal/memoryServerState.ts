/**
 * A memory server: its databases, its sessions, and what it counts.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import type * as Contents from "../Contents.js"
import * as Definitions from "./memoryServerDefinitions.js"
import { quoting } from "./memoryServerLexer.js"
import { type Refusal, refuse } from "./memoryServerRefusal.js"
import * as Sequences from "./memoryServerSequences.js"
import * as Storage from "./memoryServerStorage.js"

const programsOf = (database: Storage.Database, kinds: ReadonlyArray<Statement.ProgramKind>) =>
  Array.from(database.programs.values(), ({ program }) => program).filter(({ kind }) => kinds.includes(kind))

const contentsOf = (database: Storage.Database): Contents.Database => ({
  name: database.name,
  options: database.options,
  sequences: Array.from(database.sequences.values()),
  tables: Array.from(database.tables.values(), (table) => ({ ...table.shape, rows: table.committed })),
  views: Array.from(database.views.values()),
  triggers: programsOf(database, ["TRIGGER"]),
  routines: programsOf(database, ["FUNCTION", "PROCEDURE", "PACKAGE", "PACKAGE BODY"]),
  events: programsOf(database, ["EVENT"])
})

const plain = quoting("")

/** @internal */
export class State {
  readonly databases = new Map<string, Storage.Database>()
  sessionsOpen = 0
  sessionsPeak = 0
  snapshotsOpen = 0
  snapshotsOpened = 0
  readersPeak = 0
  readersOpen = 0
  statements = 0
  triggersFired = 0
  /** How often the definitions of tables were changed by others, by `database.table`. */
  readonly alterations = new Map<string, number>()

  get contents(): Contents.Contents {
    return { databases: Array.from(this.databases.values(), contentsOf) }
  }

  get rowsHeld(): number {
    let rows = 0
    for (const { tables } of this.databases.values()) {
      for (const { size } of tables.values()) {
        rows += size
      }
    }
    return rows
  }

  find(name: string): Either.Either<Storage.Database, Refusal> {
    const found = this.databases.get(name)
    return found === undefined ? refuse(1049, `Unknown database '${name}'`) : Either.right(found)
  }

  /** Takes contents in as they are. Fails when no server could hold them. */
  load(contents: Contents.Contents): Either.Either<void, Refusal> {
    return Either.gen(this, function*() {
      for (const given of contents.databases) {
        if (this.databases.has(given.name)) {
          return yield* refuse(1007, `The database '${given.name}' is there twice`)
        }
        const database = new Storage.Database(given.name, given.options)
        this.databases.set(given.name, database)
        for (const table of given.tables) {
          yield* loadTable(database, table)
        }
        for (const sequence of given.sequences) {
          yield* loadSequence(database, sequence)
        }
        for (const view of given.views) {
          yield* loadView(database, view)
        }
        for (const program of [...given.routines, ...given.triggers, ...given.events]) {
          yield* loadProgram(database, program)
        }
      }
    })
  }
}

const isFree = (database: Storage.Database, name: string) =>
  database.inspect(name) === "Nothing"
    ? Either.void
    : refuse(1050, `The table or view '${database.name}.${name}' is there twice`)

const fingerprint = ({ columns, name, options, primaryKey }: Definitions.Shape): string =>
  JSON.stringify([
    name,
    options,
    Option.getOrNull(primaryKey),
    columns.map((column) => [
      column.name,
      column.type,
      column.nullable,
      column.autoIncrement,
      column.invisible,
      column.extra
    ])
  ])

const loadTable = (database: Storage.Database, { rows, ...given }: Contents.Table) =>
  Either.gen(function*() {
    yield* isFree(database, given.name)
    const where = Sql.quoteName({ database: database.name, name: given.name })
    const { shape } = yield* Definitions.parseTable(Definitions.renderTable(given), plain)
    if (fingerprint(shape) !== fingerprint(given)) {
      return yield* refuse(1064, `The definition of ${where} does not come back from its text as it is`)
    }
    const table = new Storage.Table(given)
    const transaction = new Storage.Transaction()
    for (const row of rows) {
      if (row.length !== given.columns.length) {
        return yield* refuse(1136, `A row of ${where} has ${row.length} cells, not ${given.columns.length}`)
      }
      for (const [i, column] of given.columns.entries()) {
        const cell = row[i] ?? null
        const type = table.types[i]
        if (cell === null ? !column.nullable : type === undefined || !type.holds(cell)) {
          return yield* refuse(
            1366,
            `The column '${column.name}' of ${where} cannot hold ${
              cell === null ? "NULL" : JSON.stringify(Sql.text(cell))
            }`
          )
        }
      }
      yield* table.insert(row.map((cell) => cell === null ? null : Uint8Array.from(cell)), transaction, "Fail")
    }
    transaction.commit()
    database.tables.set(given.name, table)
  })

const loadSequence = (database: Storage.Database, sequence: Contents.Sequence) =>
  Either.gen(function*() {
    yield* isFree(database, sequence.name)
    const { name, state } = yield* Sequences.parse(sequence.create, plain)
    const { next, round, ...rest } = sequence.state
    if (name.name !== sequence.name || Object.entries(rest).some(([key, value]) => ({ ...state })[key] !== value)) {
      return yield* refuse(1064, `The sequence '${database.name}.${sequence.name}' is not what its text says`)
    }
    database.sequences.set(sequence.name, { ...sequence, state: { ...state, next, round } })
  })

const loadView = (database: Storage.Database, view: Contents.View) =>
  Either.gen(function*() {
    yield* isFree(database, view.name)
    const { columns, name } = yield* Definitions.parseView(view.create, plain)
    if (name.name !== view.name || columns.join() !== view.columns.join() || Option.isSome(view.creation.sqlMode)) {
      return yield* refuse(1064, `The view '${database.name}.${view.name}' is not what its text says`)
    }
    database.views.set(view.name, { ...view, create: Uint8Array.from(view.create) })
  })

const loadProgram = (database: Storage.Database, program: Contents.Program) =>
  Either.gen(function*() {
    const kind = Statement.classify(program.create)
    const { creation } = program
    if (
      kind._tag !== "CreateProgram" || kind.kind !== program.kind || kind.name.name !== program.name ||
      Option.isNone(creation.sqlMode) || Option.isSome(creation.timeZone) !== (program.kind === "EVENT")
    ) {
      return yield* refuse(1064, `The program '${database.name}.${program.name}' is not what its text says`)
    }
    const id = `${program.kind} ${program.name}`
    if (database.programs.has(id)) {
      return yield* refuse(1304, `The program '${database.name}.${program.name}' is there twice`)
    }
    if (program.kind === "TRIGGER" && !database.tables.has(kind.table?.name ?? "")) {
      return yield* refuse(1146, `The trigger '${database.name}.${program.name}' has no table`)
    }
    database.programs.set(id, {
      program: { ...program, create: Uint8Array.from(program.create) },
      table: kind.table?.name
    })
  })
