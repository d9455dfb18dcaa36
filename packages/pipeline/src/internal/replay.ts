/**
 * Files of a backup replayed on a target's session.
 *
 * @internal
 */
import type * as LoadData from "@sluice/format/LoadData"
import * as Permission from "@sluice/format/Permission"
import * as SchemaFile from "@sluice/format/SchemaFile"
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"

import type { Session } from "../Target.js"
import * as checked from "./checked.js"
import { loadedRows, type Readable, statements, steps } from "./reading.js"

/**
 * Runs the statements of a file with definitions, as `edit` leaves them; a statement it takes away is not run.
 *
 * @internal
 */
export const definitions = <E>(
  session: Session,
  file: Readable,
  options: {
    readonly terminator: Statement.Terminator
    readonly guarded: boolean
    readonly edit: (statement: Uint8Array, kind: Statement.Kind) => Effect.Effect<Uint8Array | undefined, E>
  }
) =>
  Stream.runForEach(statements(file, options.terminator), ({ bytes, position }) =>
    Effect.gen(function*() {
      const whole = options.guarded ? SchemaFile.unguard(bytes) : bytes
      const permitted = Permission.check(file.kind, whole)
      if (Either.isLeft(permitted)) {
        yield* file.permitting.judge(`${file.file.name}, statement ${position}`, permitted.left.detail, whole)
      }
      const kind = Either.isRight(permitted) ? permitted.right : Statement.classify(whole)
      const statement = yield* options.edit(whole, kind)
      if (statement !== undefined) {
        yield* session.execute(statement)
      }
    }))

/** Sends the rows of a LOAD DATA statement as INSERT statements, strictly. */
const loaded = (session: Session, load: LoadData.LoadData, rows: Readable) =>
  Effect.gen(function*() {
    // the statements are ours, and mean the same in any sql_mode but one that may be set
    yield* session.execute(Sql.bytes("SET SESSION sql_mode = ''"))
    yield* load.characterSet === undefined
      ? Effect.void
      : session.execute(Sql.bytes(`SET NAMES ${load.characterSet}`))
    yield* session.prepareForRows
    return yield* Stream.runFoldEffect(loadedRows(load, rows), 0, (before, statement) =>
      Effect.as(
        checked.insert(
          session,
          statement.bytes,
          { verb: load.verb, rows: statement.rows },
          `${rows.file.name}, from row ${before + 1}`
        ),
        before + statement.rows
      ))
  })

/**
 * Runs the statements of a data file, and gives the number of rows that they put in. `rowsOf` gives the file with the
 * rows of a LOAD DATA statement, by the name that the statement says; `isOwn` says whether a table is the file's.
 *
 * @internal
 */
export const rows = <E>(
  session: Session,
  file: Readable,
  rowsOf: (name: string) => Effect.Effect<Readable, E>,
  isOwn: (table: Sql.Name) => boolean
) =>
  Stream.runFoldEffect(
    steps(file),
    { rows: 0, strict: false },
    (so, step) =>
      Effect.gen(function*() {
        if (step._tag !== "Set") {
          const { table } = step._tag === "Insert" ? step.kind : step.load
          if (!isOwn(table)) {
            yield* file.permitting.judge(
              step.where,
              `it writes to ${Sql.quoteName(table)}, which the file is not about`,
              step.bytes
            )
          }
        }
        switch (step._tag) {
          case "Set":
            yield* session.execute(step.bytes)
            return { ...so, strict: false }
          case "Load":
            return {
              rows: so.rows + (yield* loaded(session, step.load, yield* rowsOf(step.load.file))),
              strict: false
            }
          case "Insert":
            // a file's header may have made the session lenient
            yield* so.strict ? Effect.void : session.prepareForRows
            yield* checked.insert(session, step.bytes, step.kind, step.where)
            return { rows: so.rows + step.kind.rows, strict: true }
        }
      })
  ).pipe(Effect.map((end) => end.rows))
