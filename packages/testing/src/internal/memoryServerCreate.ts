/**
 * What CREATE does in a memory server.
 *
 * @internal
 */
import type * as Statement from "@sluice/format/Statement"
import * as Either from "effect/Either"

import * as Definitions from "./memoryServerDefinitions.js"
import type { Outcome as Answer } from "./memoryServerInsert.js"
import { misunderstood, programErrors, type Refusal, refusal, refuse } from "./memoryServerRefusal.js"
import * as Sequences from "./memoryServerSequences.js"
import type { Session } from "./memoryServerSession.js"
import * as Storage from "./memoryServerStorage.js"

type Outcome = Either.Either<Answer, Refusal>

const done: Answer = { affectedRows: 0, warnings: [] }

const note = (errno: number, detail: string): Answer => ({
  affectedRows: 0,
  warnings: [refusal(errno, detail)]
})

/** @internal */
export const database = (session: Session, statement: Uint8Array): Outcome =>
  Either.gen(function*() {
    const { ifNotExists, name, options } = yield* Definitions.parseDatabase(statement, session.variables.quoting)
    session.commit()
    if (session.server.databases.has(name)) {
      const detail = `Can't create database '${name}'; database exists`
      return ifNotExists ? note(1007, detail) : yield* refuse(1007, detail)
    }
    session.server.databases.set(name, new Storage.Database(name, options))
    return { affectedRows: 1, warnings: [] }
  })

/** @internal */
export const table = (session: Session, statement: Uint8Array): Outcome =>
  Either.gen(function*() {
    const { ifNotExists, name, shape } = yield* Definitions.parseTable(statement, session.variables.quoting)
    const database = yield* session.within(name)
    session.commit()
    if (database.inspect(name.name) !== "Nothing") {
      const detail = `Table '${name.name}' already exists`
      return ifNotExists ? note(1050, detail) : yield* refuse(1050, detail)
    }
    database.tables.set(name.name, new Storage.Table(shape))
    return done
  })

/** @internal */
export const sequence = (session: Session, statement: Uint8Array): Outcome =>
  Either.gen(function*() {
    const { name, state } = yield* Sequences.parse(statement, session.variables.quoting)
    const database = yield* session.within(name)
    session.commit()
    if (database.inspect(name.name) !== "Nothing") {
      return yield* refuse(1050, `Table '${name.name}' already exists`)
    }
    database.sequences.set(name.name, { _tag: "Sequence", name: name.name, create: statement.slice(), state })
    return done
  })

/** @internal */
export const view = (session: Session, statement: Uint8Array): Outcome =>
  Either.gen(function*() {
    const { columns, functions, name, orReplace, tables } = yield* Definitions.parseView(
      statement,
      session.variables.quoting
    )
    const database = yield* session.within(name)
    session.commit()
    const present = database.inspect(name.name)
    if (present === "Table" || present === "Sequence" || (present === "View" && !orReplace)) {
      return yield* refuse(orReplace ? 1347 : 1050, `Table '${name.name}' already exists`)
    }
    for (const used of tables) {
      const owner = yield* session.within(used)
      if (owner.inspect(used.name) === "Nothing") {
        return yield* refuse(1146, `Table '${owner.name}.${used.name}' doesn't exist`)
      }
    }
    for (const called of functions) {
      const owner = yield* session.within(called)
      if (!owner.programs.has(`FUNCTION ${called.name}`)) {
        return yield* refuse(1305, `FUNCTION ${owner.name}.${called.name} does not exist`)
      }
    }
    database.views.set(name.name, {
      _tag: "View",
      name: name.name,
      columns,
      create: statement.slice(),
      creation: session.variables.creation("VIEW")
    })
    return done
  })

/** @internal */
export const program = (
  session: Session,
  statement: Uint8Array,
  { kind, name, table }: Extract<Statement.Kind, { readonly _tag: "CreateProgram" }>
): Outcome =>
  Either.gen(function*() {
    const database = yield* session.within(name)
    session.commit()
    const id = `${kind} ${name.name}`
    if (database.programs.has(id)) {
      return yield* refuse(programErrors[kind][0], `${kind} ${name.name} already exists`)
    }
    if (kind === "TRIGGER") {
      if (table === undefined) {
        return yield* misunderstood(statement)
      }
      if (database.inspect(table.name) !== "Table") {
        return yield* database.inspect(table.name) === "View"
          ? refuse(1347, `'${database.name}.${table.name}' is not BASE TABLE`)
          : refuse(1146, `Table '${database.name}.${table.name}' doesn't exist`)
      }
    }
    const creation = session.variables.creation(kind)
    database.programs.set(id, {
      program: { _tag: "Program", kind, name: name.name, create: statement.slice(), creation },
      table: table?.name
    })
    return done
  })
