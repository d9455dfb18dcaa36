/**
 * Files of a backup replayed on a target's session.
 *
 * @internal
 */
import * as LoadData from "@sluice/format/LoadData"
import * as SchemaFile from "@sluice/format/SchemaFile"
import * as Sql from "@sluice/format/Sql"
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

/** What mydumper's loader lets a statement grow to. */
const statementSize = 1_000_000

/** Sends the rows of a LOAD DATA statement as INSERT statements, strictly. */
const loaded = (session: Session, load: LoadData.LoadData, { bytes, file }: Readable) =>
  Effect.gen(function*() {
    const failed = (error: LoadData.LoadDataError) =>
      new BackupError({
        reason: error.reason,
        what: "the rows of a file cannot be read",
        where: file.name,
        detail: error.message,
        advice: "The backup is damaged: take it again"
      })
    // the statements are ours, and mean the same in any sql_mode but one that may be set
    yield* session.execute(Sql.bytes("SET SESSION sql_mode = ''"))
    yield* load.characterSet === undefined
      ? Effect.void
      : session.execute(Sql.bytes(`SET NAMES ${load.characterSet}`))
    yield* session.prepareForRows
    const reader = LoadData.reader(load, statementSize)
    let rows = 0
    const send = (statements: ReadonlyArray<LoadData.Insert>) =>
      Effect.forEach(statements, (statement) =>
        Effect.zipRight(
          checked.insert(
            session,
            statement.bytes,
            { verb: load.verb, rows: statement.rows },
            `${file.name}, from row ${rows + 1}`
          ),
          Effect.sync(() => {
            rows += statement.rows
          })
        ), { discard: true })
    yield* Stream.runForEach(bytes, (part) => Effect.flatMap(Effect.mapError(reader.push(part), failed), send))
    yield* Effect.flatMap(Effect.mapError(Effect.suspend(reader.finish), failed), send)
    return rows
  })

/**
 * Runs the statements of a data file, and gives the number of rows that they put in. `rowsOf` gives the file with the
 * rows of a LOAD DATA statement, by the name that the statement says.
 *
 * @internal
 */
export const rows = <E>(
  session: Session,
  file: Readable,
  rowsOf: (name: string) => Effect.Effect<Readable, E>
) =>
  Stream.runFoldEffect(
    statements(file, "lexed"),
    { rows: 0, strict: false, loads: 0 },
    (so, statement) =>
      Effect.gen(function*() {
        const kind = Statement.classify(statement.bytes)
        const where = `${file.file.name}, statement ${statement.position}`
        const refused = (reason: BackupError["reason"], detail: string, advice?: string) =>
          new BackupError({ reason, what: "a data file cannot be loaded", where, detail, advice })
        if (kind._tag === "Set") {
          yield* session.execute(statement.bytes)
          return { ...so, strict: false }
        }
        if (kind._tag === "LoadData" && so.loads === 0) {
          const load = yield* Effect.mapError(
            LoadData.parse(statement.bytes),
            (error) => refused(error.reason, error.message, "Dump again with --format=INSERT")
          )
          const rows = yield* loaded(session, load, yield* rowsOf(load.file))
          return { rows: so.rows + rows, strict: false, loads: 1 }
        }
        if (kind._tag !== "Insert") {
          return yield* refused(
            "Unexpected",
            kind._tag === "LoadData" ? "it loads more than one file" : "it holds a statement that is no INSERT"
          )
        }
        if (kind.rows === 0) {
          return yield* /\bFROM\s+INFILE\b/i.test(Sql.text(statement.bytes.subarray(0, 1000)))
            ? refused(
              "Unsupported",
              "it is for ClickHouse, which this version does not read",
              "Dump again with --format=INSERT"
            )
            : refused("Unexpected", "it holds an INSERT without rows")
        }
        // a file's header may have made the session lenient
        yield* so.strict ? Effect.void : session.prepareForRows
        yield* checked.insert(session, statement.bytes, kind, where)
        return { ...so, rows: so.rows + kind.rows, strict: true }
      })
  ).pipe(Effect.map((end) => end.rows))
