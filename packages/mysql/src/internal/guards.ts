/**
 * Keeping definitions as they are while a dump runs, or finding out that they are not.
 *
 * @internal
 */
import { SourceError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type * as Connection from "../Connection.js"
import type * as Consistency from "../Consistency.js"
import * as MysqlError from "../MysqlError.js"
import type * as Dialect from "./dialect.js"
import * as Grants from "./grants.js"

/** @internal */
export interface Means {
  readonly dialect: Dialect.Dialect
  readonly own: ReadonlyArray<Grants.Grant>
  readonly mode: Consistency.LockMode
  readonly ddl: Consistency.Ddl
  /** Whether tables can be told apart exactly. */
  readonly exact: boolean
  /** Whether what was opened can be let go of. */
  readonly letsGo: boolean
  /** Whether there are tables of engines without transactions, anywhere on the server. */
  readonly plainEngines: boolean
}

/** What does without the backup lock. @internal */
export const otherwise = ({ ddl, exact, letsGo }: Means): Consistency.Guard =>
  ddl._tag !== "Prevent" && exact && letsGo ? "Checked" : "MetadataLocks"

/** Modes that were asked for because they lock nothing. */
const lockless: ReadonlySet<Consistency.LockMode["_tag"]> = new Set(["Gtid", "SafeNoLock", "NoLock"])

/**
 * Which means are used. Nobody else is kept waiting unless it was asked for: MariaDB's backup lock stops everybody who
 * writes to tables without transactions, so it is taken by itself only where there are none.
 *
 * @internal
 */
export const choose = (means: Means): Consistency.Guard => {
  const { ddl, dialect, mode, own, plainEngines } = means
  const may = Option.exists(dialect.backupLock, (lock) =>
    Grants.allowsServer(own, lock.privileges) &&
    (ddl._tag === "Prevent" || !lockless.has(mode._tag) && !(lock.stopsPlainEngines && plainEngines)))
  return ddl._tag !== "Detect" && may ? "BackupLock" : otherwise(means)
}

const what = "cannot keep definitions from changing"

const failed = (statement: string) => (error: MysqlError.MysqlError): SourceError =>
  error.reason === "LockTimeout"
    ? new SourceError({
      reason: "LockTimeout",
      what,
      detail: `${statement} had to wait too long for another backup, or for somebody who changes definitions just now`,
      advice: "Try again when that is done, or use --ddl=detect"
    })
    : error.toSource(what)

const refusals = new Set([1045, 1227, 1235, 1290])

/**
 * Takes the backup lock. Says whether the server lets the account do it.
 *
 * @internal
 */
export const take = (
  keeper: Connection.RawConnection,
  lock: Dialect.BackupLock
): Effect.Effect<boolean, SourceError> =>
  Effect.forEach(
    lock.take,
    (statement) => Effect.mapError(keeper.query(statement), (error) => ({ error, statement })),
    { discard: true }
  ).pipe(
    Effect.as(true),
    Effect.catchAll(({ error, statement }) =>
      error.reason === "Privilege" || (error.errno !== undefined && refusals.has(error.errno))
        ? Effect.succeed(false)
        : Effect.fail(failed(statement)(error))
    )
  )

/** Fails when the session that holds the lock is gone, and the lock with it. @internal */
export const alive = (keeper: Connection.RawConnection): Effect.Effect<void, SourceError> =>
  Effect.mapError(
    keeper.query("SELECT 1"),
    ({ detail }) =>
      MysqlError.make("ConnectionLost", `the session that held the backup lock is gone: ${detail}`).toSource(what)
  )
