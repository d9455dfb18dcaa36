/**
 * What DROP does in a memory server.
 *
 * @internal
 */
import type * as Sql from "@sluice/format/Sql"
import type * as Statement from "@sluice/format/Statement"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import type { Outcome as Answer } from "./memoryServerInsert.js"
import { Cursor } from "./memoryServerLexer.js"
import { misunderstood, programErrors, type Refusal, refusal, refuse } from "./memoryServerRefusal.js"
import type { Session } from "./memoryServerSession.js"

type Outcome = Either.Either<Answer, Refusal>

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

/** Takes away what is there; gives the error when it is not. */
const dropDatabase = (session: Session, name: string): Either.Either<Option.Option<Refusal>, Refusal> => {
  const database = session.server.databases.get(name)
  if (database === undefined) {
    return Either.right(Option.some(refusal(1008, `Can't drop database '${name}'; database doesn't exist`)))
  }
  if (Array.from(database.tables.values()).some((table) => table.isLocked(undefined))) {
    return refuse(1205, "Lock wait timeout exceeded; try restarting transaction")
  }
  session.server.databases.delete(name)
  session.leave(name)
  return Either.right(Option.none())
}

const dropObject = (
  session: Session,
  what: "TABLE" | "SEQUENCE" | "VIEW" | Statement.ProgramKind,
  name: Sql.Name
): Either.Either<Option.Option<Refusal>, Refusal> =>
  Either.gen(function*() {
    const database = yield* session.within(name)
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

/** @internal */
export const drop = (session: Session, statement: Uint8Array): Outcome =>
  Either.gen(function*() {
    const cursor = yield* Cursor.make(statement, session.variables.quoting)
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
      return yield* misunderstood(statement)
    }
    session.commit()
    const missing: Array<Refusal> = []
    for (const name of names) {
      const absent = yield* what === "DATABASE" ? dropDatabase(session, name.name) : dropObject(session, what, name)
      missing.push(...Option.toArray(absent))
    }
    const [first] = missing
    return first === undefined || ifExists ? { affectedRows: 0, warnings: missing } : yield* Either.left(first)
  })
