/**
 * How a restore replays definitions.
 *
 * @internal
 */
import * as Sequence from "@sluice/format/Sequence"
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type { Arrival } from "../Incoming.js"
import type { Options } from "../Restore.js"
import type { BackupError, RestoreError, TargetError } from "../SluiceError.js"
import type * as Target from "../Target.js"
import * as CreateDatabase from "./createDatabase.js"
import type { OfTable, Restored } from "./restored.js"
import * as way from "./way.js"
import type { Workbench } from "./workbench.js"

/**
 * A statement that came before the character set of a program was set, and is run after it. Its names are in UTF-8,
 * which `binary` leaves as it is.
 */
const inFilesCharacterSet = (session: Target.Session, statement: Uint8Array) =>
  Effect.forEach(
    [
      Sql.bytes("SET @SLUICE_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT"),
      Sql.bytes("SET character_set_client = binary"),
      statement,
      Sql.bytes("SET character_set_client = @SLUICE_CHARACTER_SET_CLIENT")
    ],
    session.execute,
    { discard: true }
  )

/** What a statement of a view or a program is about. */
const namesOf = (kind: Statement.Kind): ReadonlyArray<Sql.Name> => {
  switch (kind._tag) {
    case "Drop":
      return kind.names
    case "CreateView":
      return [kind.view]
    case "CreateProgram":
      return kind.table === undefined ? [kind.name] : [kind.name, kind.table]
    default:
      return []
  }
}

/** @internal */
export const make = (options: Options, workbench: Workbench, restored: Restored) => {
  const { judge } = workbench.permitting

  /** Everything that a statement names stays in the database of its file. */
  const staysHere = (arrival: Arrival, part: string, names: ReadonlyArray<Sql.Name>, statement: Uint8Array) =>
    Effect.suspend(() => {
      const elsewhere = names.find((name) => !restored.isHere(part, name))
      return elsewhere === undefined ? Effect.void : judge(
        arrival.file.name,
        `it names ${Sql.quoteName(elsewhere)}, which is not in the database of the file`,
        statement
      )
    })

  const createDatabase = (arrival: Arrival, part: string) =>
    workbench.replayed(arrival, Option.none(), "guarded", (_, statement, kind) =>
      Effect.sync(() => {
        if (kind._tag !== "CreateDatabase") {
          return statement
        }
        restored.databases.set(part, kind.name)
        if (!restored.isWantedDatabase(kind.name)) {
          return undefined
        }
        if (CreateDatabase.isReadOnly(statement)) {
          restored.readOnly.add(restored.databaseOf(part))
        }
        const tolerant = CreateDatabase.tolerant(statement)
        return Option.match(options.database, {
          onNone: () => tolerant,
          onSome: (name) => CreateDatabase.renamed(tolerant, kind.name, name)
        })
      }))

  /** What becomes of the statements of a file with a table or a sequence, in their order. */
  const definitionOf = (arrival: Arrival, file: OfTable) => {
    const isSequence = file._tag === "Sequence"
    let made = false
    /** Whether the definition itself has come. */
    let came = false
    return (
      session: Target.Session,
      statement: Uint8Array,
      kind: Statement.Kind
    ): Effect.Effect<Uint8Array | undefined, TargetError | BackupError> =>
      Effect.suspend((): Effect.Effect<Uint8Array | undefined, TargetError | BackupError> => {
        if (kind._tag !== "CreateTable" && kind._tag !== "CreateSequence") {
          // the way that a file makes is not this restore's; where a sequence stands is for one that was made
          const runs = kind._tag === "Set" || (kind._tag !== "Drop" &&
            (made || (!came && options.schemas && restored.isWanted(file))))
          const isOwn = (kind._tag !== "AlterTable" && kind._tag !== "Insert") || restored.isOwn(file, kind.table)
          return Effect.as(
            isOwn ? Effect.void : judge(
              arrival.file.name,
              `it changes ${Sql.quoteName(kind.table)}, which the file is not about`,
              statement
            ),
            runs ? statement : undefined
          )
        }
        came = true
        const own = kind._tag === "CreateTable" ? kind.table : kind.sequence
        const { name } = own
        if (!restored.isHere(file.database, own)) {
          return Effect.as(staysHere(arrival, file.database, [own], statement), statement)
        }
        restored.tables.set(restored.keyOf(file), name)
        if (!restored.isWanted(file) || !options.schemas) {
          return Effect.succeed(undefined)
        }
        const wanted = isSequence ? "Sequence" : "Table"
        return Effect.map(
          way.make(session, options.existing, restored.databaseOf(file.database), name, wanted),
          (found) => {
            if (found === "Leave") {
              restored.skipped.add(`${restored.databaseOf(file.database)}.${name}`)
            } else if (isSequence) {
              restored.count(1)
              made = true
            } else {
              restored.made.add(restored.keyOf(file))
              made = found === "Create"
            }
            return found === "Create" ? Sequence.rename(statement, restored.moved) : undefined
          }
        )
      })
  }

  const createTable = (arrival: Arrival, file: OfTable): Effect.Effect<void, RestoreError> =>
    !restored.isWantedPart(file.database) ? workbench.discard(arrival) : workbench.replayed(
      arrival,
      Option.some(restored.databaseOf(file.database)),
      "lexed",
      definitionOf(arrival, file)
    )

  const restoreProgram = (arrival: Arrival): Effect.Effect<void, RestoreError> => {
    const { kind } = arrival
    const wanted = options.schemas && "database" in kind &&
      restored.isWantedPart(kind.database) && (
        kind._tag === "Triggers" ? options.triggers : kind._tag === "View" ? restored.isWanted(kind) : options.programs
      )
    if (!wanted || !("database" in kind)) {
      return workbench.discard(arrival)
    }
    // what makes way for a trigger, which comes only if its table is wanted
    let dropTrigger: Uint8Array | undefined
    return workbench.replayed(
      arrival,
      Option.some(restored.databaseOf(kind.database)),
      "guarded",
      (session, statement, what) =>
        Effect.gen(function*() {
          const isMoved = (database: string) => restored.wasHere(kind.database, database)
          const names = namesOf(what)
          const isOfBackup = what._tag !== "Drop" &&
            names.some(({ database }) => database !== undefined && isMoved(database))
          const own = isOfBackup ? Statement.unqualified(statement, isMoved) : statement
          yield* staysHere(arrival, kind.database, isOfBackup ? namesOf(Statement.classify(own)) : names, statement)
          // the view itself is named in a character set of its own
          const other = kind._tag === "View" && what._tag === "Drop"
            ? what.names.find((name) => !restored.isOwn(kind, name))
            : undefined
          if (other !== undefined) {
            yield* judge(
              arrival.file.name,
              `it is about ${Sql.quoteName(other)}, which the file is not about`,
              statement
            )
          }
          if (what._tag === "Drop" && what.what === "TRIGGER") {
            dropTrigger = statement.slice()
            return undefined
          }
          if (what._tag === "CreateProgram" && what.table !== undefined) {
            if (!restored.isWantedTable(kind.database, what.table.name)) {
              return undefined
            }
            yield* dropTrigger === undefined ? Effect.void : inFilesCharacterSet(session, dropTrigger)
          }
          restored.count(what._tag === "CreateView" || what._tag === "CreateProgram" ? 1 : 0)
          if (kind._tag === "View" && what._tag === "CreateView") {
            restored.made.delete(restored.keyOf(kind))
          }
          return own
        })
    )
  }

  return { createDatabase, createTable, restoreProgram }
}
