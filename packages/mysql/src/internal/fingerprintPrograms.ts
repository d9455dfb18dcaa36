/**
 * What a fingerprint tells of views, triggers, routines, libraries and events.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"

import type { RawConnection } from "../Connection.js"
import { asking, type Entries, is, picture } from "./fingerprintAsking.js"

const creation = ["character_set_client", "collation_connection", "Database Collation"]

/** @internal */
export const tellers = (connection: RawConnection) => {
  const { first } = asking(connection)

  const view = (quoted: string): Entries =>
    Effect.gen(function*() {
      const row = yield* first(`SHOW CREATE VIEW ${quoted}`)
      return [[`view ${quoted}`, yield* picture(row, creation.slice(0, 2), "Create View")]]
    })

  const trigger = (database: string, trigger: string): Entries =>
    Effect.gen(function*() {
      const quoted = Sql.quoteName({ database, name: trigger })
      const row = yield* first(`SHOW CREATE TRIGGER ${quoted}`)
      const place = yield* first(
        "SELECT EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER FROM information_schema.TRIGGERS" +
          ` WHERE ${is("TRIGGER_SCHEMA", database)} AND ${is("TRIGGER_NAME", trigger)}`
      )
      const where = yield* picture(place, [
        "EVENT_OBJECT_TABLE",
        "ACTION_TIMING",
        "EVENT_MANIPULATION",
        "ACTION_ORDER"
      ])
      return [[
        `trigger ${quoted}`,
        `${where}\n${yield* picture(row, ["sql_mode", ...creation], "SQL Original Statement")}`
      ]]
    })

  const routine = (database: string, kind: string, routine: string): Entries =>
    Effect.gen(function*() {
      const quoted = Sql.quoteName({ database, name: routine })
      const row = yield* first(`SHOW CREATE ${kind} ${quoted}`)
      return [[`${kind.toLowerCase()} ${quoted}`, yield* picture(row, ["sql_mode", ...creation], `Create ${kind}`)]]
    })

  const library = (database: string, library: string): Entries =>
    Effect.gen(function*() {
      const quoted = Sql.quoteName({ database, name: library })
      const row = yield* first(`SHOW CREATE LIBRARY ${quoted}`)
      return [[`library ${quoted}`, yield* picture(row, ["sql_mode"], "Create Library")]]
    })

  const event = (database: string, event: string): Entries =>
    Effect.gen(function*() {
      const quoted = Sql.quoteName({ database, name: event })
      const row = yield* first(`SHOW CREATE EVENT ${quoted}`)
      const state = yield* first(
        "SELECT STATUS FROM information_schema.EVENTS" +
          ` WHERE ${is("EVENT_SCHEMA", database)} AND ${is("EVENT_NAME", event)}`
      )
      return [[
        `event ${quoted}`,
        `${yield* picture(state, ["STATUS"])}\n${yield* picture(
          row,
          ["sql_mode", "time_zone", ...creation],
          "Create Event"
        )}`
      ]]
    })

  return { event, library, routine, trigger, view }
}
