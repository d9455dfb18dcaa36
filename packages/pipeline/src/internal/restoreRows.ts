/**
 * How a restore loads rows.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

import type { Arrival } from "../Incoming.js"
import type { Options } from "../Restore.js"
import type { RestoreError, TargetError } from "../SluiceError.js"
import type * as Target from "../Target.js"
import * as Loading from "./loading.js"
import * as replay from "./replay.js"
import type { OfTable, Restored } from "./restored.js"
import * as Undone from "./undone.js"
import * as way from "./way.js"
import type { Backup, Workbench } from "./workbench.js"

/** A transaction that lost against another one is run again as a whole, for as long as that may help. */
const again = Schedule.intersect(Schedule.exponential("50 millis"), Schedule.recurs(8)).pipe(
  Schedule.whileInput((error: RestoreError | Loading.Awaited | Undone.Undone) => error._tag === "Undone")
)

/** @internal */
export const make = (options: Options, workbench: Workbench, restored: Restored, backup: Backup) => {
  const lookedAt = new Set<string>()

  /** A table that this restore did not make is looked at once. */
  const takesRowsAsTheyAre = (session: Target.Session, file: OfTable): Effect.Effect<void, TargetError> => {
    const key = restored.keyOf(file)
    return restored.made.has(key) || lookedAt.has(key) ? Effect.void : Effect.map(
      way.hasNoTriggers(session, restored.databaseOf(file.database), restored.tableOf(file)),
      () => void lookedAt.add(key)
    )
  }

  const loading = Loading.make()

  const loadRows = (arrival: Arrival, file: OfTable): Effect.Effect<void, RestoreError> =>
    Effect.suspend(() => {
      const used = [arrival]
      const rowsOf = (name: string) =>
        Effect.map(loading.find(arrival, name), (rows) => {
          used[1] = rows
          return workbench.readable(rows)
        })
      const isOwn = (table: Sql.Name) => restored.isOwn(file, table)
      return workbench.withSession((session) =>
        Effect.gen(function*() {
          yield* session.use(restored.databaseOf(file.database))
          yield* takesRowsAsTheyAre(session, file)
          // a file without a zone of its own holds times of the server's zone; how another file was read is its own
          yield* session.execute(Sql.bytes("SET time_zone = DEFAULT, sql_mode = ''"))
          yield* workbench.readNames(session)
          yield* session.prepareForRows
          yield* session.begin
          return yield* replay.rows(session, workbench.readable(arrival), rowsOf, isOwn).pipe(
            Effect.tap((rows) => Effect.forEach(used, ({ file }) => backup.count(file, rows), { discard: true })),
            Effect.zipLeft(Undone.committing(session, arrival.file.name)),
            Effect.catchAll(
              Undone.undo(session, { database: restored.databaseOf(file.database), table: restored.tableOf(file) })
            )
          )
        })
      ).pipe(
        Effect.retry(again),
        Effect.catchTag("Undone", ({ error }) => Effect.fail(error)),
        Effect.mapError((error) => error._tag === "Awaited" ? error : restored.explained(arrival.kind)(error)),
        Effect.tap((rows) => backup.committed(file, rows)),
        Effect.tap((rows) => workbench.progress.add({ rows })),
        Effect.zipRight(Effect.forEach(
          used,
          (arrival) => Effect.zipRight(loading.done(arrival), workbench.done(arrival)),
          { discard: true }
        )),
        Effect.catchTag("Awaited", (awaited) =>
          Effect.if(loading.wait(arrival, awaited), {
            onTrue: () => workbench.park(arrival),
            onFalse: () => loadRows(arrival, file)
          }))
      )
    })

  const load = (arrival: Arrival): Effect.Effect<void, RestoreError> =>
    Effect.suspend(() => {
      const { kind } = arrival
      if ((kind._tag !== "Rows" && kind._tag !== "LoadData") || !options.rows || !restored.isWanted(kind)) {
        return workbench.discard(arrival)
      }
      return kind._tag === "Rows"
        ? loadRows(arrival, kind)
        : Effect.flatMap(loading.come(arrival), (statement) =>
          statement === undefined ? workbench.park(arrival) : loadRows(statement, kind))
    })

  return {
    load,
    /** At the end nothing may be left without its other half. */
    nothingLeft: loading.nothingLeft
  }
}
