/**
 * Making way on the target for what is restored.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"

import type { Existing } from "../Restore.js"
import { TargetError } from "../SluiceError.js"
import type { Session } from "../Target.js"

/**
 * A trigger would run for each row that is put in or taken out, and change it, or the rows of other tables.
 *
 * @internal
 */
export const hasNoTriggers = (session: Session, database: string, table: string): Effect.Effect<void, TargetError> =>
  Effect.flatMap(
    session.triggers(database, table),
    (triggers) =>
      triggers.length === 0 ? Effect.void : new TargetError({
        reason: "Unsupported",
        what: "cannot load rows as they are",
        where: `${database}.${table}`,
        detail: `its triggers would run for each row: ${triggers.join(", ")}`,
        advice: "Drop the triggers first, or let the restore make the table anew with --drop-table=DROP"
      })
  )

/**
 * Does with what stands under the name of a table or a sequence as `existing` says, and tells what is left to do: to create it, to fill
 * it, or to leave it alone. A sequence is one row that no server empties: it is made anew.
 *
 * @internal
 */
export const make = (
  session: Session,
  existing: Existing,
  database: string,
  table: string,
  wanted: "Table" | "Sequence" = "Table"
): Effect.Effect<"Create" | "Fill" | "Leave", TargetError> =>
  Effect.flatMap(session.inspect(database, table), (there) => {
    const name = Sql.quoteIdentifier(table)
    const run = (sql: string) => session.execute(Sql.bytes(sql))
    const drop = Effect.as(run(`DROP ${there === "Window" ? "TABLE" : there.toUpperCase()} ${name}`), "Create" as const)
    // emptying a view, or a table that shows others, would empty what is behind it, which may be loaded already
    const empty = (sql: string) =>
      there !== "Table" || wanted !== "Table"
        ? drop
        : Effect.as(Effect.zipRight(hasNoTriggers(session, database, table), run(sql)), "Fill" as const)
    switch (there === "Nothing" ? there : existing._tag) {
      case "Nothing":
        return Effect.succeed("Create")
      case "Drop":
        return drop
      case "Truncate":
        return empty(`TRUNCATE TABLE ${name}`)
      case "Delete":
        return empty(`DELETE FROM ${name}`)
      case "Skip":
        return Effect.succeed("Leave")
      case "Fail":
        return new TargetError({
          reason: "AlreadyExists",
          what: `cannot create a ${wanted.toLowerCase()}`,
          where: `${database}.${table}`,
          detail: `a ${there === "Window" ? "table" : there.toLowerCase()} of that name is already there`,
          advice: "Restore into an empty server, or say what becomes of it with --drop-table"
        })
    }
  })
