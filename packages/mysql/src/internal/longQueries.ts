/**
 * Statements of others that have been running for long. A global lock waits for them, and while it waits nobody else
 * writes; so they are looked for before it is asked for.
 *
 * @internal
 */
import { SourceError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import type { LongQueries } from "../Burden.js"
import type { MysqlError } from "../MysqlError.js"
import * as Control from "./control.js"

/** A connection as the server's list shows it. @internal */
export const Process = Schema.Struct({
  Id: Control.Numeric,
  User: Schema.NullOr(Schema.String),
  Command: Schema.NullOr(Schema.String),
  Time: Schema.NullOr(Control.Numeric),
  Info: Schema.NullOr(Schema.Unknown)
})

/** @internal */
export type Process = typeof Process.Type

/** The server's own: replication, and what it runs by itself. */
const ofServer = new Set(["system user", "event_scheduler"])

/**
 * Whether this is a statement that somebody runs, and that for long.
 *
 * @internal
 */
export const isLong = (seconds: number) => ({ Command, Info, Time, User }: Process): boolean =>
  (Command === "Query" || Command === "Execute") && Info !== null && Time !== null && Time > seconds &&
  !ofServer.has(User ?? "")

const shown = (long: ReadonlyArray<Process>): string =>
  long.slice(0, 5).map(({ Id, Time, User }) => `connection ${Id} of ${User ?? ""} for ${Time} s`).join(", ") +
  (long.length > 5 ? `, and ${long.length - 5} more` : "")

const what = "cannot take a consistent snapshot of the source"

/**
 * Waits until no statement has been running for long, or ends them; or fails.
 *
 * @internal
 */
export const guard = (
  how: LongQueries,
  server: {
    readonly processes: Effect.Effect<ReadonlyArray<Process>, SourceError>
    readonly kill: (id: number) => Effect.Effect<void, SourceError>
  }
): Effect.Effect<void, SourceError> => {
  const look = (left: number): Effect.Effect<void, SourceError> =>
    Effect.flatMap(server.processes, (processes) => {
      const long = processes.filter(isLong(how.seconds))
      return long.length === 0
        ? Effect.void
        : how.kill
        ? Effect.forEach(long, ({ Id }) => server.kill(Id), { discard: true })
        : left > 0
        ? Effect.zipRight(Effect.sleep(how.interval), Effect.suspend(() => look(left - 1)))
        : new SourceError({
          reason: "LockTimeout",
          what,
          detail:
            `statements have been running for more than ${how.seconds} seconds, which a lock would wait for while ` +
            `nobody else writes: ${shown(long)}`,
          advice: "Try again later, or with --long-query-retries; or raise --long-query-guard, or end them with " +
            "--kill-long-queries"
        })
    })
  return look(how.retries)
}

/** There is no such connection any more: it has ended by itself. */
const noSuchThread = 1094

/**
 * The same, on a server. Ends a statement, not its connection.
 *
 * @internal
 */
export const guardOn = (control: Control.Session, how: LongQueries): Effect.Effect<void, SourceError> => {
  const toSource = (error: MysqlError) => error.toSource(what)
  return guard(how, {
    processes: Effect.mapError(control.query(Process, "SHOW PROCESSLIST"), toSource),
    kill: (id) =>
      control.execute(`KILL QUERY ${id}`).pipe(
        Effect.catchIf(({ errno }) => errno === noSuchThread, () => Effect.void),
        Effect.mapError(toSource)
      )
  })
}
