/**
 * Files of a backup replayed on a target's session.
 *
 * @internal
 */
import * as SchemaFile from "@sluice/format/SchemaFile"
import * as Statement from "@sluice/format/Statement"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import { BackupError } from "../SluiceError.js"
import type { StagedFile } from "../Staging.js"
import type { Session } from "../Target.js"
import * as checked from "./checked.js"

/**
 * A file with what it holds, decompressed. The bytes are lent.
 *
 * @internal
 */
export interface Readable {
  readonly file: StagedFile
  readonly bytes: Stream.Stream<Uint8Array, BackupError>
}

/**
 * The statements of a file, in order. Their bytes are lent: good until the next are asked for.
 *
 * @internal
 */
export const statements = (
  { bytes, file }: Readable,
  terminator: Statement.Terminator
): Stream.Stream<Statement.Statement, BackupError> =>
  bytes.pipe(
    Statement.splitStream({ terminator, lend: true }),
    Stream.mapError((error) =>
      error._tag === "BackupError" ? error : new BackupError({
        reason: "Damaged",
        what: "a file of the backup cannot be read",
        where: file.name,
        detail: error.message
      })
    )
  )

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
  Stream.runForEach(statements(file, options.terminator), ({ bytes }) =>
    Effect.gen(function*() {
      const whole = options.guarded ? SchemaFile.unguard(bytes) : bytes
      const statement = yield* options.edit(whole, Statement.classify(whole))
      if (statement !== undefined) {
        yield* session.execute(statement)
      }
    }))

/**
 * Runs the statements of a data file, and gives the number of rows that they put in.
 *
 * The answer to each is read: as many rows as were sent, and no warnings.
 *
 * @internal
 */
export const rows = (session: Session, file: Readable) =>
  Stream.runFoldEffect(
    statements(file, "lexed"),
    { rows: 0, strict: false },
    (so, statement) =>
      Effect.gen(function*() {
        const kind = Statement.classify(statement.bytes)
        const where = `${file.file.name}, statement ${statement.position}`
        if (kind._tag === "Set") {
          yield* session.execute(statement.bytes)
          return { rows: so.rows, strict: false }
        }
        if (kind._tag !== "Insert") {
          return yield* new BackupError({
            reason: kind._tag === "LoadData" ? "Unsupported" : "Unexpected",
            what: "a data file cannot be loaded",
            where,
            detail: kind._tag === "LoadData"
              ? "this version does not read LOAD DATA files"
              : "it holds a statement that is no INSERT",
            advice: kind._tag === "LoadData" ? "Dump again with --format=INSERT" : undefined
          })
        }
        // a file's header may have made the session lenient
        yield* so.strict ? Effect.void : session.prepareForRows
        yield* checked.insert(session, statement.bytes, kind, where)
        return { rows: so.rows + kind.rows, strict: true }
      })
  ).pipe(Effect.map((end) => end.rows))
