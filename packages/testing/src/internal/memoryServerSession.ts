/**
 * A session with a memory server: what each statement does.
 *
 * @internal
 */
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import * as Definitions from "./memoryServerDefinitions.js"
import * as Insert from "./memoryServerInsert.js"
import { Cursor } from "./memoryServerLexer.js"
import { type Refusal, refusal, refuse } from "./memoryServerRefusal.js"
import * as Sequences from "./memoryServerSequences.js"
import type { State } from "./memoryServerState.js"
import * as Storage from "./memoryServerStorage.js"
import { Variables } from "./memoryServerVariables.js"

type Outcome = Either.Either<Insert.Outcome, Refusal>

const done: Insert.Outcome = { affectedRows: 0, warnings: [] }

const note = (errno: number, detail: string): Insert.Outcome => ({
  affectedRows: 0,
  warnings: [refusal(errno, detail)]
})

const dropped = [
  "TABLE",
  "SEQUENCE",
  "VIEW",
  "DATABASE",
  "TRIGGER",
  "FUNCTION",
  "PROCEDURE",
  "PACKAGE",
  "EVENT"
] as const

/** The errors of each kind of program: that it is there, and that it is not. */
const programErrors: { readonly [K in Statement.ProgramKind]: readonly [exists: number, missing: number] } = {
  TRIGGER: [1359, 1360],
  FUNCTION: [1304, 1305],
  PROCEDURE: [1304, 1305],
  PACKAGE: [1304, 1305],
  "PACKAGE BODY": [1304, 1305],
  LIBRARY: [1304, 1305],
  EVENT: [1537, 1539]
}

/** @internal */
export class Session {
  readonly variables: Variables
  warnings: ReadonlyArray<string> = []
  private database: string | undefined = undefined
  private transaction: Storage.Transaction | undefined = undefined

  constructor(private readonly server: State, sqlMode: string) {
    this.variables = new Variables(sqlMode)
  }

  /** The default database, for messages. */
  get place(): string | undefined {
    return this.database
  }

  use(database: string): Either.Either<void, Refusal> {
    return Either.map(this.server.find(database), () => {
      this.database = database
    })
  }

  begin(): void {
    this.commit()
    this.transaction = new Storage.Transaction()
  }

  commit(): void {
    this.transaction?.commit()
    this.transaction = undefined
  }

  rollback(): void {
    this.transaction?.rollback()
    this.transaction = undefined
  }

  execute(statement: Uint8Array): Outcome {
    const outcome = this.run(statement)
    this.warnings = Either.match(outcome, {
      onLeft: () => [],
      onRight: ({ warnings }) => warnings.map(({ detail, errno }) => `${errno}: ${detail}`)
    })
    return outcome
  }

  private run(statement: Uint8Array): Outcome {
    const kind = Statement.classify(statement)
    switch (kind._tag) {
      case "Insert":
        return this.insert(statement)
      case "Set":
        return Either.map(this.variables.assign(kind.assignments), () => done)
      case "Use":
        return Either.map(this.use(kind.database), () => done)
      case "CreateDatabase":
        return this.createDatabase(statement)
      case "CreateTable":
        return this.createTable(statement)
      case "CreateSequence":
        return this.createSequence(statement)
      case "CreateView":
        return this.createView(statement)
      case "CreateProgram":
        return this.createProgram(statement, kind)
      case "Drop":
        return this.drop(statement)
      case "LoadData":
      case "AlterTable":
        return refuse(1235, "This memory server doesn't yet support the statement")
      case "Other":
        return kind.keyword === "TRUNCATE"
          ? this.truncate(statement)
          : kind.keyword === "DO"
          ? this.setSequence(statement)
          : kind.keyword === "DELETE"
          ? this.deleteFrom(statement)
          : this.misunderstood(statement)
    }
  }

  /** What it would not understand of a definition. */
  unknown(statement: Uint8Array): Option.Option<Refusal> {
    const kind = Statement.classify(statement)
    const mode = this.variables.quoting
    const read: Either.Either<unknown, Refusal> = kind._tag === "CreateTable"
      ? Definitions.parseTable(statement, mode)
      : kind._tag === "CreateView"
      ? Definitions.parseView(statement, mode)
      : kind._tag === "CreateSequence"
      ? Sequences.parse(statement, mode)
      : kind._tag === "Other"
      ? this.misunderstood(statement)
      : Either.void
    return Option.filter(Either.getLeft(read), ({ errno }) => errno === 1064)
  }

  private misunderstood(statement: Uint8Array): Either.Either<never, Refusal> {
    return refuse(1064, `You have an error in your SQL syntax near '${Sql.text(statement.subarray(0, 80))}'`)
  }

  private within(name: Sql.Name): Either.Either<Storage.Database, Refusal> {
    const database = name.database ?? this.database
    return database === undefined ? refuse(1046, "No database selected") : this.server.find(database)
  }

  private table(name: Sql.Name): Either.Either<Storage.Table, Refusal> {
    return Either.flatMap(this.within(name), (database) => {
      const table = database.tables.get(name.name)
      return table !== undefined
        ? Either.right(table)
        : database.views.has(name.name)
        ? refuse(1471, `The target table '${name.name}' is a view and takes no rows`)
        : refuse(1146, `Table '${database.name}.${name.name}' doesn't exist`)
    })
  }

  private insert(bytes: Uint8Array): Outcome {
    return Either.gen(this, function*() {
      const mode = this.variables.quoting
      if (mode.ansiQuotes || mode.noBackslashEscapes) {
        // Rows are read with backslash escapes and without ANSI_QUOTES; here a server would read something else.
        return yield* refuse(1054, `Rows cannot be read under sql_mode '${this.variables.get("sql_mode")}'`)
      }
      const statement = yield* Either.mapLeft(Row.decodeInsert(bytes), (error) => refusal(1064, error.message))
      const table = yield* this.table(statement.table)
      const transaction = this.transaction ?? new Storage.Transaction()
      const mark = transaction.mark
      const outcome = Insert.insert(table, statement, this.variables, transaction)
      if (Either.isLeft(outcome)) {
        transaction.rollback(mark)
      } else {
        const triggers = (yield* this.within(statement.table)).triggersOf(table.shape.name)
        this.server.triggersFired += triggers.length * statement.rows.length
      }
      if (this.transaction === undefined) {
        transaction.commit()
      }
      return yield* outcome
    })
  }

  private deleteFrom(statement: Uint8Array): Outcome {
    return Either.gen(this, function*() {
      const cursor = yield* Cursor.make(statement, this.variables.quoting)
      yield* cursor.expectWords("DELETE", "FROM")
      const name = yield* cursor.name()
      yield* cursor.end()
      const table = yield* this.table(name)
      const transaction = this.transaction ?? new Storage.Transaction()
      const affectedRows = yield* table.deleteAll(transaction)
      if (this.transaction === undefined) {
        transaction.commit()
      }
      return { affectedRows, warnings: [] }
    })
  }

  private truncate(statement: Uint8Array): Outcome {
    return Either.gen(this, function*() {
      const cursor = yield* Cursor.make(statement, this.variables.quoting)
      yield* cursor.expectWords("TRUNCATE")
      cursor.words("TABLE")
      const name = yield* cursor.name()
      yield* cursor.end()
      this.commit()
      yield* (yield* this.table(name)).truncate()
      return done
    })
  }

  private createDatabase(statement: Uint8Array): Outcome {
    return Either.gen(this, function*() {
      const { ifNotExists, name, options } = yield* Definitions.parseDatabase(statement, this.variables.quoting)
      this.commit()
      if (this.server.databases.has(name)) {
        const detail = `Can't create database '${name}'; database exists`
        return ifNotExists ? note(1007, detail) : yield* refuse(1007, detail)
      }
      this.server.databases.set(name, new Storage.Database(name, options))
      return { affectedRows: 1, warnings: [] }
    })
  }

  private createTable(statement: Uint8Array): Outcome {
    return Either.gen(this, function*() {
      const { ifNotExists, name, shape } = yield* Definitions.parseTable(statement, this.variables.quoting)
      const database = yield* this.within(name)
      this.commit()
      if (database.inspect(name.name) !== "Nothing") {
        const detail = `Table '${name.name}' already exists`
        return ifNotExists ? note(1050, detail) : yield* refuse(1050, detail)
      }
      database.tables.set(name.name, new Storage.Table(shape))
      return done
    })
  }

  private createSequence(statement: Uint8Array): Outcome {
    return Either.gen(this, function*() {
      const { name, state } = yield* Sequences.parse(statement, this.variables.quoting)
      const database = yield* this.within(name)
      this.commit()
      if (database.inspect(name.name) !== "Nothing") {
        return yield* refuse(1050, `Table '${name.name}' already exists`)
      }
      database.sequences.set(name.name, { _tag: "Sequence", name: name.name, create: statement.slice(), state })
      return done
    })
  }

  private setSequence(statement: Uint8Array): Outcome {
    return Either.gen(this, function*() {
      const { name, ...to } = yield* Sequences.parseMove(statement, this.variables.quoting)
      const database = yield* this.within(name)
      const sequence = database.sequences.get(name.name)
      if (sequence === undefined) {
        return yield* refuse(4091, `Unknown SEQUENCE: '${database.name}.${name.name}'`)
      }
      database.sequences.set(name.name, { ...sequence, state: Sequences.moved(sequence.state, to) })
      return done
    })
  }

  private createView(statement: Uint8Array): Outcome {
    return Either.gen(this, function*() {
      const { columns, functions, name, orReplace, tables } = yield* Definitions.parseView(
        statement,
        this.variables.quoting
      )
      const database = yield* this.within(name)
      this.commit()
      const present = database.inspect(name.name)
      if (present === "Table" || present === "Sequence" || (present === "View" && !orReplace)) {
        return yield* refuse(orReplace ? 1347 : 1050, `Table '${name.name}' already exists`)
      }
      for (const used of tables) {
        const owner = yield* this.within(used)
        if (owner.inspect(used.name) === "Nothing") {
          return yield* refuse(1146, `Table '${owner.name}.${used.name}' doesn't exist`)
        }
      }
      for (const called of functions) {
        const owner = yield* this.within(called)
        if (!owner.programs.has(`FUNCTION ${called.name}`)) {
          return yield* refuse(1305, `FUNCTION ${owner.name}.${called.name} does not exist`)
        }
      }
      database.views.set(name.name, {
        _tag: "View",
        name: name.name,
        columns,
        create: statement.slice(),
        creation: this.variables.creation("VIEW")
      })
      return done
    })
  }

  private createProgram(
    statement: Uint8Array,
    { kind, name, table }: Extract<Statement.Kind, { readonly _tag: "CreateProgram" }>
  ): Outcome {
    return Either.gen(this, function*() {
      const database = yield* this.within(name)
      this.commit()
      const id = `${kind} ${name.name}`
      if (database.programs.has(id)) {
        return yield* refuse(programErrors[kind][0], `${kind} ${name.name} already exists`)
      }
      if (kind === "TRIGGER") {
        if (table === undefined) {
          return yield* this.misunderstood(statement)
        }
        if (database.inspect(table.name) !== "Table") {
          return yield* database.inspect(table.name) === "View"
            ? refuse(1347, `'${database.name}.${table.name}' is not BASE TABLE`)
            : refuse(1146, `Table '${database.name}.${table.name}' doesn't exist`)
        }
      }
      const creation = this.variables.creation(kind)
      database.programs.set(id, {
        program: { _tag: "Program", kind, name: name.name, create: statement.slice(), creation },
        table: table?.name
      })
      return done
    })
  }

  private drop(statement: Uint8Array): Outcome {
    return Either.gen(this, function*() {
      const cursor = yield* Cursor.make(statement, this.variables.quoting)
      yield* cursor.expectWords("DROP")
      const word = dropped.find((word) => cursor.words(word))
      const what = word === "PACKAGE" && cursor.words("BODY") ? "PACKAGE BODY" : word
      const ifExists = cursor.words("IF", "EXISTS")
      const names = [yield* cursor.name()]
      while ((what === "TABLE" || what === "VIEW") && cursor.symbol(",")) {
        names.push(yield* cursor.name())
      }
      yield* cursor.end()
      if (what === undefined) {
        return yield* this.misunderstood(statement)
      }
      this.commit()
      const missing: Array<Refusal> = []
      for (const name of names) {
        const absent = yield* what === "DATABASE" ? this.dropDatabase(name.name) : this.dropObject(what, name)
        missing.push(...Option.toArray(absent))
      }
      const [first] = missing
      return first === undefined || ifExists ? { affectedRows: 0, warnings: missing } : yield* Either.left(first)
    })
  }

  /** Takes away what is there; gives the error when it is not. */
  private dropDatabase(name: string): Either.Either<Option.Option<Refusal>, Refusal> {
    const database = this.server.databases.get(name)
    if (database === undefined) {
      return Either.right(Option.some(refusal(1008, `Can't drop database '${name}'; database doesn't exist`)))
    }
    if (Array.from(database.tables.values()).some((table) => table.isLocked(undefined))) {
      return refuse(1205, "Lock wait timeout exceeded; try restarting transaction")
    }
    this.server.databases.delete(name)
    this.database = this.database === name ? undefined : this.database
    return Either.right(Option.none())
  }

  private dropObject(
    what: "TABLE" | "SEQUENCE" | "VIEW" | Statement.ProgramKind,
    name: Sql.Name
  ): Either.Either<Option.Option<Refusal>, Refusal> {
    return Either.gen(this, function*() {
      const database = yield* this.within(name)
      const missing = (errno: number) =>
        Option.some(refusal(errno, `${what} '${database.name}.${name.name}' doesn't exist`))
      if (what === "SEQUENCE") {
        return database.sequences.delete(name.name) ? Option.none() : missing(4091)
      }
      if (what === "TABLE") {
        if (database.sequences.delete(name.name)) {
          return Option.none()
        }
        const table = database.tables.get(name.name)
        if (table === undefined) {
          return missing(1051)
        }
        yield* table.truncate()
        database.tables.delete(name.name)
        for (const trigger of database.triggersOf(name.name)) {
          database.programs.delete(`TRIGGER ${trigger.name}`)
        }
        return Option.none()
      }
      if (what === "VIEW") {
        return database.tables.has(name.name)
          ? yield* refuse(1347, `'${database.name}.${name.name}' is not VIEW`)
          : database.views.delete(name.name)
          ? Option.none()
          : missing(1051)
      }
      return database.programs.delete(`${what} ${name.name}`) ? Option.none() : missing(programErrors[what][1])
    })
  }
}
