/**
 * Asking about a table while others want to change it.
 *
 * Whoever wants to change a table that is being read waits for its readers, and any other session that opens it waits
 * behind him. A plan that is made while its table is read must not: its readers would wait for the plan. So it waits
 * for a second at most, and then asks one of the readers, which have the table open.
 *
 * @internal
 */
import type { SourceError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

import type * as Connection from "../Connection.js"
import type * as MysqlError from "../MysqlError.js"
import type * as Readers from "./readers.js"
import * as Tenants from "./tenants.js"

/**
 * Runs a small query, after a statement that prepares the session for it, if there is one.
 *
 * @internal
 */
export type Ask = (
  sql: string,
  prepare?: string
) => Effect.Effect<Connection.Result, MysqlError.MysqlError | SourceError>

/** @internal */
export const toSource = (what: string, where: string) => (error: MysqlError.MysqlError | SourceError): SourceError =>
  error._tag === "SourceError" ? error : error.toSource(what, where)

type Question = (connection: Connection.RawConnection) => ReturnType<Ask>

/**
 * Asks `side`, which gives up after a second; from then on, one of those that read the table.
 *
 * @internal
 */
export const about = (
  reader: Effect.Effect<Readers.Lease<Connection.RawConnection>, SourceError, Scope.Scope>,
  side: (question: Question) => ReturnType<Ask>
): Ask => {
  let waits = false
  const askReader = (question: Question) =>
    Effect.scoped(Effect.flatMap(reader, ({ connection, returns }) =>
      question(connection).pipe(
        Effect.tap(returns),
        Effect.tapError((error) => error._tag === "MysqlError" && Tenants.keepsSnapshot(error) ? returns : Effect.void)
      )))
  return (sql, prepare) => {
    const question: Question = (connection) =>
      prepare === undefined ? connection.query(sql) : Effect.zipRight(connection.query(prepare), connection.query(sql))
    return waits
      ? askReader(question)
      : Effect.catchIf(side(question), ({ reason }) => reason === "LockTimeout", () => {
        waits = true
        return askReader(question)
      })
  }
}
