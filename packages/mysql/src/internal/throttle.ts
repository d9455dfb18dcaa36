/**
 * How busy the server is with others, by one of its own counters.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Pace from "@sluice/pipeline/Pace"
import { SourceError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"

import type { Throttle } from "../Burden.js"
import type * as Connection from "../Connection.js"
import type { MysqlError } from "../MysqlError.js"

const what = "cannot see how busy the source is"
const toSource = (error: MysqlError): SourceError => error.toSource(what)

const textOf = (value: Uint8Array | null | undefined): string =>
  value === null || value === undefined ? "" : Sql.text(value)

/** What the server counts as running. */
const isRunning = (command: string): boolean => command !== "Sleep" && command !== "Daemon"

/**
 * Waits while the server is busier than that. `own` are the connections of ours: a count of running threads is one
 * without them, or a dump would wait for itself.
 *
 * @internal
 */
export const make = (
  connection: Connection.RawConnection,
  own: ReadonlyArray<Connection.RawConnection>,
  { every, most, variable }: Throttle
): Effect.Effect<Pace.Pace<SourceError>, SourceError> => {
  const ids = new Set([connection, ...own].map(({ threadId }) => String(threadId)))
  const ours = variable.toLowerCase() !== "threads_running" ? Effect.succeed(0) : Effect.map(
    Effect.mapError(connection.query("SHOW PROCESSLIST"), toSource),
    ({ columns, rows }) => {
      const [id, command] = [columns.indexOf("Id"), columns.indexOf("Command")]
      return rows.filter((row) => ids.has(textOf(row[id])) && isRunning(textOf(row[command]))).length
    }
  )
  const status = Effect.flatMap(
    Effect.mapError(connection.query(`SHOW GLOBAL STATUS WHERE Variable_name = ${Sql.quoteText(variable)}`), toSource),
    ({ rows: [row] }) => {
      const value = row === undefined ? Number.NaN : Number.parseFloat(textOf(row[1]))
      return Number.isNaN(value)
        ? Effect.fail(
          new SourceError({
            reason: "Unsupported",
            what,
            detail: `the server has no status variable ${variable}, or it is no number`,
            advice: "Write --throttle=Threads_running=N, or another one of SHOW GLOBAL STATUS"
          })
        )
        : Effect.succeed(value)
    }
  )
  const load = Effect.zipWith(status, ours, (value, ours) => value - ours)
  // a name that the server does not know is said at once
  return Effect.zipRight(status, Pace.whileBelow({ load, most, every }))
}
