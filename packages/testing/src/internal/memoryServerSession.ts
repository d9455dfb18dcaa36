/**
 * A session with a memory server: what each statement does.
 *
 * @internal
 */
import * as Row from "@sluice/format/Row"
import type * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"
import * as Either from "effect/Either"

import * as Create from "./memoryServerCreate.js"
import { drop } from "./memoryServerDrop.js"
import * as Insert from "./memoryServerInsert.js"
import { Cursor } from "./memoryServerLexer.js"
import { misunderstood, type Refusal, refusal, refuse } from "./memoryServerRefusal.js"
import * as Sequences from "./memoryServerSequences.js"
import type { State } from "./memoryServerState.js"
import * as Storage from "./memoryServerStorage.js"
import { Variables } from "./memoryServerVariables.js"

type Outcome = Either.Either<Insert.Outcome, Refusal>

const done: Insert.Outcome = { affectedRows: 0, warnings: [] }

/** @internal */
export class Session {
  readonly variables: Variables
  warnings: ReadonlyArray<string> = []
  private database: string | undefined = undefined
  private transaction: Storage.Transaction | undefined = undefined

  constructor(readonly server: State, sqlMode: string) {
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

  /** Has no default database any more when it is this one, which was dropped. */
  leave(database: string): void {
    this.database = this.database === database ? undefined : this.database
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
        return Create.database(this, statement)
      case "CreateTable":
        return Create.table(this, statement)
      case "CreateSequence":
        return Create.sequence(this, statement)
      case "CreateView":
        return Create.view(this, statement)
      case "CreateProgram":
        return Create.program(this, statement, kind)
      case "Drop":
        return drop(this, statement)
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
          : misunderstood(statement)
    }
  }

  /** The database that a name means. */
  within(name: Sql.Name): Either.Either<Storage.Database, Refusal> {
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
}
