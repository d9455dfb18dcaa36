/**
 * What a fingerprint tells of a database.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"

import type { RawConnection } from "../Connection.js"
import { asking, type Entries, is, picture, text } from "./fingerprintAsking.js"
import * as Programs from "./fingerprintPrograms.js"
import * as Tables from "./fingerprintTables.js"

/**
 * What of a database is looked at.
 *
 * @internal
 */
export interface Wanted {
  /** Without it, tables are told by what they are like, and not by what is in them. */
  readonly rows: boolean
  readonly includes: (database: string, table: string) => boolean
  /** Whether routines, libraries and events are wanted. */
  readonly programs: boolean
}

/** @internal */
export const teller = (connection: RawConnection, wanted: Wanted): (database: string) => Entries => {
  const { first, namesIn, rows } = asking(connection)
  const { event, library, routine, trigger, view } = Programs.tellers(connection)
  const { sequence, table } = Tables.tellers(connection, wanted.rows)

  return (database: string): Entries =>
    Effect.gen(function*() {
      const quoted = Sql.quoteIdentifier(database)
      // views are printed with the names of all databases but this one
      yield* connection.query(`USE ${quoted}`)
      const definition = yield* picture(yield* first(`SHOW CREATE DATABASE ${quoted}`), [], "Create Database")
      const tables = yield* Effect.flatMap(
        rows(
          "SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES" +
            ` WHERE ${is("TABLE_SCHEMA", database)} ORDER BY 1`
        ),
        Effect.forEach((row) => Effect.all([text(row, "name"), text(row, "type")]))
      ).pipe(Effect.map((tables) => tables.filter(([name]) => wanted.includes(database, name))))
      const triggers = yield* Effect.flatMap(
        rows(
          "SELECT TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS object FROM information_schema.TRIGGERS" +
            ` WHERE ${is("TRIGGER_SCHEMA", database)} ORDER BY 1`
        ),
        Effect.forEach((row) => Effect.all([text(row, "name"), text(row, "object")]))
      ).pipe(Effect.map((triggers) => triggers.flatMap(([name, of]) => wanted.includes(database, of) ? [name] : [])))
      const routines = yield* Effect.flatMap(
        rows(
          "SELECT ROUTINE_NAME AS name, ROUTINE_TYPE AS type FROM information_schema.ROUTINES" +
            ` WHERE ${is("ROUTINE_SCHEMA", database)} ORDER BY 2, 1`
        ),
        Effect.forEach((row) => Effect.all([text(row, "name"), text(row, "type")]))
      )
      const [hasLibraries] = yield* rows(
        "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'LIBRARIES'"
      )
      const libraries = hasLibraries === undefined
        ? []
        : yield* namesIn("LIBRARIES", "LIBRARY_NAME", is("LIBRARY_SCHEMA", database))
      const events = yield* namesIn("EVENTS", "EVENT_NAME", is("EVENT_SCHEMA", database))
      const entries: ReadonlyArray<Entries> = [
        ...tables.map(([name, type]) => {
          const quoted = Sql.quoteName({ database, name })
          return type.endsWith("VIEW")
            ? view(quoted)
            : type === "SEQUENCE"
            ? sequence(quoted)
            : table(database, name, type === "SYSTEM VERSIONED")
        }),
        ...triggers.map((name) => trigger(database, name)),
        ...(wanted.programs
          ? [
            ...routines.map(([name, type]) => routine(database, type, name)),
            ...libraries.map((name) => library(database, name)),
            ...events.map((name) => event(database, name))
          ]
          : [])
      ]
      return [[`database ${quoted}`, definition], ...(yield* Effect.all(entries)).flat()]
    })
}
