/**
 * Rows sent, and the answer read: as many as were sent, and no warnings.
 *
 * @internal
 */
import type * as Statement from "@sluice/format/Statement"
import * as Effect from "effect/Effect"

import { BackupError, type TargetError } from "../SluiceError.js"
import type { Session } from "../Target.js"

/** @internal */
export const insert = (
  session: Session,
  statement: Uint8Array,
  kind: Pick<Extract<Statement.Kind, { readonly _tag: "Insert" }>, "verb" | "rows">,
  where: string
): Effect.Effect<void, BackupError | TargetError> =>
  Effect.gen(function*() {
    const answer = yield* session.execute(statement)
    const agrees = kind.verb === "REPLACE" ? answer.affectedRows >= kind.rows : answer.affectedRows === kind.rows
    if (!agrees) {
      return yield* new BackupError({
        reason: "RowCount",
        what: "the server did not take every row",
        where,
        detail: `${kind.rows} rows were sent and ${answer.affectedRows} came in`,
        advice: "Restore into a table that is empty"
      })
    }
    if (answer.warnings > 0) {
      const warnings = yield* session.warnings
      return yield* new BackupError({
        reason: "RowCount",
        what: "the server took rows with warnings, so they may not be what was sent",
        where,
        detail: warnings.join("; "),
        advice: "Look at the target's table: its columns are not those of the backup"
      })
    }
  })
