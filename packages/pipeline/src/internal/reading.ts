/**
 * What the files of a backup say, statement by statement: the same for a restore, which runs it, and for whoever only
 * reads it.
 *
 * @internal
 */
import type * as FileName from "@sluice/format/FileName"
import * as LoadData from "@sluice/format/LoadData"
import * as Permission from "@sluice/format/Permission"
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"

import { BackupError } from "../SluiceError.js"
import type { StagedFile } from "../Staging.js"
import type { Permitting } from "./permitting.js"

/**
 * A file with what it holds, decompressed. The bytes are lent.
 *
 * @internal
 */
export interface Readable {
  readonly file: StagedFile
  readonly kind: FileName.FileName["_tag"]
  readonly bytes: Stream.Stream<Uint8Array, BackupError>
  /** Whether the backup has names in double quotes, which not every file's own header says. */
  readonly namesInDoubleQuotes: Effect.Effect<boolean>
  readonly permitting: Permitting
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
 * What a statement of a data file does. `where` says where it stands. Bytes are lent.
 *
 * @internal
 */
export type Step = Data.TaggedEnum<{
  readonly Set: { readonly bytes: Uint8Array; readonly assignments: ReadonlyArray<Statement.Assignment> }
  readonly Insert: {
    readonly bytes: Uint8Array
    readonly kind: Extract<Statement.Kind, { readonly _tag: "Insert" }>
    readonly where: string
  }
  readonly Load: { readonly bytes: Uint8Array; readonly load: LoadData.LoadData; readonly where: string }
}>

const Step = Data.taggedEnum<Step>()

/** What the statements before say of the next one. */
interface State {
  readonly loads: number
  readonly namesInDoubleQuotes: boolean
}

const stepOf = (
  { file, permitting }: Readable,
  statement: Statement.Statement,
  state: State
): Either.Either<Step, BackupError> => {
  const { bytes } = statement
  const permitted = Permission.check("Rows", bytes, state)
  const kind = Either.isRight(permitted) ? permitted.right : Statement.classify(bytes)
  const where = `${file.name}, statement ${statement.position}`
  // what is not for a data file at all is told in words of its own below
  const isKnown = kind._tag === "Set" || kind._tag === "LoadData" || (kind._tag === "Insert" && kind.rows > 0)
  if (Either.isLeft(permitted) && isKnown) {
    const judged = permitting.judge(where, permitted.left.detail, bytes)
    if (Either.isLeft(judged)) {
      return Either.left(judged.left)
    }
  }
  const unusable = (reason: BackupError["reason"], detail: string, advice?: string) =>
    new BackupError({ reason, what: "a data file cannot be loaded", where, detail, advice })
  if (kind._tag === "Set") {
    return Either.right(Step.Set({ bytes, assignments: kind.assignments }))
  }
  if (kind._tag === "LoadData" && state.loads === 0) {
    return Either.mapBoth(LoadData.parse(bytes), {
      onLeft: (error) => unusable(error.reason, error.message, "Dump again with --format=INSERT"),
      onRight: (load) => Step.Load({ bytes, load, where })
    })
  }
  if (kind._tag !== "Insert") {
    return Either.left(unusable(
      "Unexpected",
      kind._tag === "LoadData" ? "it loads more than one file" : "it holds a statement that is no INSERT"
    ))
  }
  if (kind.rows === 0) {
    return Either.left(
      /\bFROM\s+INFILE\b/i.test(Sql.text(bytes.subarray(0, 1000)))
        ? unusable(
          "Unsupported",
          "it is for ClickHouse, which this version does not read",
          "Dump again with --format=INSERT"
        )
        : unusable("Unexpected", "it holds an INSERT without rows")
    )
  }
  return Either.right(Step.Insert({ bytes, kind, where }))
}

/** The modes that make names of what is in double quotes. */
const quoting = /ANSI|DB2|MAXDB|MSSQL|ORACLE|POSTGRESQL/i

const after = (state: State, step: Step): State => {
  switch (step._tag) {
    case "Load":
      return { ...state, loads: state.loads + 1 }
    case "Set": {
      const mode = step.assignments.findLast(({ scope, variable }) => scope === "Session" && variable === "sql_mode")
      return mode === undefined ? state : { ...state, namesInDoubleQuotes: quoting.test(mode.value) }
    }
    case "Insert":
      return state
  }
}

/**
 * The statements of a data file: any number of INSERT, or one LOAD DATA, and SET. Fails for all others.
 *
 * @internal
 */
export const steps = (file: Readable): Stream.Stream<Step, BackupError> =>
  Stream.unwrap(Effect.map(file.namesInDoubleQuotes, (namesInDoubleQuotes) =>
    Stream.mapAccumEffect(
      statements(file, "lexed"),
      { loads: 0, namesInDoubleQuotes },
      (state: State, statement) =>
        Either.map(
          stepOf(file, statement, state),
          (step): readonly [State, Step] => [after(state, step), step]
        )
    )))

/** What mydumper's loader lets a statement grow to. */
const statementSize = 1_000_000

/**
 * The rows that a LOAD DATA statement loads, as INSERT statements.
 *
 * @internal
 */
export const loadedRows = (
  load: LoadData.LoadData,
  { bytes, file }: Readable
): Stream.Stream<LoadData.Insert, BackupError> =>
  Stream.suspend(() => {
    const failed = (error: LoadData.LoadDataError) =>
      new BackupError({
        reason: error.reason,
        what: "the rows of a file cannot be read",
        where: file.name,
        detail: error.message,
        advice: "The backup is damaged: take it again"
      })
    const reader = LoadData.reader(load, statementSize)
    const insertsOf = (rows: Either.Either<ReadonlyArray<LoadData.Insert>, LoadData.LoadDataError>) =>
      Either.mapBoth(rows, { onLeft: failed, onRight: Chunk.fromIterable })
    return bytes.pipe(
      Stream.mapConcatChunkEffect((part) => insertsOf(reader.push(part))),
      Stream.concat(Stream.suspend(() => Stream.fromIterableEffect(insertsOf(reader.finish()))))
    )
  })
