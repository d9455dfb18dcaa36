/**
 * What becomes of a transaction with rows that failed: it may be run again only when nothing of it is left.
 *
 * @internal
 */
import * as Effect from "effect/Effect"

import { type BackupError, TargetError } from "../SluiceError.js"
import type { Session } from "../Target.js"
import type { Awaited } from "./loading.js"

/** A transaction has lost against another one, and is gone as a whole. */
export class Undone {
  readonly _tag = "Undone"
  constructor(readonly error: TargetError) {}
}

const like = (error: TargetError, other: {
  readonly what?: string
  readonly where?: string
  readonly detail: string
  readonly advice: string
}): TargetError =>
  new TargetError({
    reason: error.reason,
    what: other.what ?? error.what,
    where: other.where ?? error.where,
    detail: other.detail,
    advice: other.advice,
    errno: error.errno,
    cause: error.cause
  })

const startOver = "The target holds a part of the backup: restore again with --drop-table=DROP"

/**
 * Commits. When the connection is lost meanwhile, nobody knows what became of the rows.
 *
 * @internal
 */
export const committing = (session: Session, file: string): Effect.Effect<void, TargetError> =>
  Effect.mapError(session.commit, (error) =>
    like(error, {
      what: "cannot commit the rows of a file",
      where: file,
      detail: error.reason === "ConnectionLost"
        ? `${error.detail}, and it is not known whether the rows are there`
        : error.detail,
      advice: startOver
    }))

/**
 * Takes back what was written to a table, and tells by the failure whether it may be written again.
 *
 * @internal
 */
export const undo =
  (session: Session, { database, table }: { readonly database: string; readonly table: string }) =>
  <E extends TargetError | BackupError | Awaited>(error: E): Effect.Effect<never, E | TargetError | Undone> =>
    error._tag !== "TargetError" || (error.reason !== "Deadlock" && error.reason !== "LockTimeout")
      ? Effect.zipRight(Effect.ignore(session.rollback), Effect.fail(error))
      : Effect.zipRight(session.rollback, session.takesBack(database, table)).pipe(
        // who cannot even roll back is not asked to do it all again
        Effect.mapError(() => error),
        Effect.flatMap((isGone) =>
          Effect.fail(
            isGone ? new Undone(error) : like(error, {
              detail:
                `${error.detail}. The table has an engine with no transactions: rows that were sent before stay in ` +
                "it, so that they are not sent again",
              advice: startOver
            })
          )
        )
      )
