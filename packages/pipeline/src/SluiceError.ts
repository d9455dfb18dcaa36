/**
 * What can go wrong in a flow. Every error says what failed, where, on which side, whether trying again can help,
 * and what to do.
 *
 * The classes are few, one for each side of a flow; `reason` is what programs match on, `message` is what people
 * read.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

import * as Printable from "./Printable.js"

/** Names and what a server says may be anything, and of any length. */
const limits = { what: 300, where: 500, detail: 2000, advice: 1000 }

const sentence = (error: {
  readonly what: string
  readonly where?: string | undefined
  readonly detail: string
  readonly advice?: string | undefined
}): string =>
  `${Printable.line(error.what, limits.what)}${
    error.where === undefined ? "" : ` (${Printable.line(error.where, limits.where)})`
  }: ${Printable.line(error.detail, limits.detail)}${
    error.advice === undefined ? "" : `. ${Printable.line(error.advice, limits.advice)}`
  }`

const fields = {
  /** What was being done, such as `cannot connect to the source server`. */
  what: Schema.String,
  /** The database, table, file or statement it was done to. */
  where: Schema.optional(Schema.String),
  /** What happened, in the words of whoever noticed it. */
  detail: Schema.String,
  /** What a person can do about it. */
  advice: Schema.optional(Schema.String)
}

const serverFields = {
  ...fields,
  reason: Schema.Literal(
    "Connect",
    "AccessDenied",
    "UnknownDatabase",
    "UnknownTable",
    "Privilege",
    "ConnectionLost",
    "Deadlock",
    "LockTimeout",
    "AlreadyExists",
    "Statement",
    "DefinitionChanged",
    "Unsupported"
  ),
  /** The server's own number of the error. */
  errno: Schema.optional(Schema.Number),
  cause: Schema.optional(Schema.Defect)
}

/**
 * Why talking to a server failed.
 *
 * @since 0.1.0
 * @category models
 */
export type ServerReason = SourceError["reason"]

const retryable = (reason: string): boolean =>
  reason === "Connect" || reason === "ConnectionLost" || reason === "Deadlock" || reason === "LockTimeout"

/**
 * The server that is dumped failed, or refused.
 *
 * @since 0.1.0
 * @category errors
 */
export class SourceError extends Schema.TaggedError<SourceError>("@sluice/pipeline/SourceError")(
  "SourceError",
  {
    ...serverFields,
    /** The connection that was reading is lost, and others of the same snapshot may read the same again. */
    readerLost: Schema.optional(Schema.Boolean)
  }
) {
  /** @since 0.1.0 */
  readonly side = "source"
  /** @since 0.1.0 */
  override get message(): string {
    return sentence(this)
  }
  /** @since 0.1.0 */
  get isRetryable(): boolean {
    return retryable(this.reason)
  }
}

/**
 * The server that is restored into failed, or refused.
 *
 * @since 0.1.0
 * @category errors
 */
export class TargetError extends Schema.TaggedError<TargetError>("@sluice/pipeline/TargetError")(
  "TargetError",
  serverFields
) {
  /** @since 0.1.0 */
  readonly side = "target"
  /** @since 0.1.0 */
  override get message(): string {
    return sentence(this)
  }
  /** @since 0.1.0 */
  get isRetryable(): boolean {
    return retryable(this.reason)
  }
}

/**
 * The backup is damaged, cut, unfinished, cannot be read, or cannot be proven whole.
 *
 * @since 0.1.0
 * @category errors
 */
export class BackupError extends Schema.TaggedError<BackupError>("@sluice/pipeline/BackupError")("BackupError", {
  ...fields,
  reason: Schema.Literal(
    "NotABackup",
    "Cut",
    "Damaged",
    "Missing",
    "Unexpected",
    "UnsafeName",
    "RowCount",
    "WrongMode",
    "Unreadable",
    "Unsupported"
  ),
  /** What should be there, and what is, where both can be said in a word or two: `20 bytes`, `crc32:5a3c9e01`. */
  expected: Schema.optional(Schema.String),
  found: Schema.optional(Schema.String),
  cause: Schema.optional(Schema.Defect)
}) {
  /** @since 0.1.0 */
  readonly side = "backup"
  /** @since 0.1.0 */
  readonly isRetryable = false
  /** @since 0.1.0 */
  override get message(): string {
    return sentence(this)
  }
}

/**
 * Output cannot be written: to the folder, to a private temporary file, or down the pipe.
 *
 * @since 0.1.0
 * @category errors
 */
export class OutputError extends Schema.TaggedError<OutputError>("@sluice/pipeline/OutputError")("OutputError", {
  ...fields,
  reason: Schema.Literal("Folder", "File", "ReaderGone", "NotEmpty"),
  cause: Schema.optional(Schema.Defect)
}) {
  /** @since 0.1.0 */
  readonly side = "output"
  /** @since 0.1.0 */
  readonly isRetryable = false
  /** @since 0.1.0 */
  override get message(): string {
    return sentence(this)
  }
}

/**
 * The flow was asked to stop before it was done, by a signal or by the program that runs it.
 *
 * @since 0.1.0
 * @category errors
 */
export class Stopped extends Schema.TaggedError<Stopped>("@sluice/pipeline/Stopped")("Stopped", {
  /** What asked for it, such as `SIGTERM`. */
  by: Schema.String,
  detail: Schema.String
}) {
  /** @since 0.1.0 */
  readonly side = "user"
  /** @since 0.1.0 */
  readonly isRetryable = true
  /** @since 0.1.0 */
  override get message(): string {
    return `stopped by ${this.by}: ${this.detail}`
  }
}

/**
 * What stands on the target after a restore is not what the backup says.
 *
 * @since 0.1.0
 * @category errors
 */
export class DifferenceError extends Schema.TaggedError<DifferenceError>("@sluice/pipeline/DifferenceError")(
  "DifferenceError",
  fields
) {
  /** @since 0.1.0 */
  readonly side = "target"
  /** @since 0.1.0 */
  readonly isRetryable = false
  /** @since 0.1.0 */
  override get message(): string {
    return sentence(this)
  }
}

/**
 * @since 0.1.0
 * @category errors
 */
export type DumpError = SourceError | BackupError | OutputError | Stopped

/**
 * @since 0.1.0
 * @category errors
 */
export type RestoreError = TargetError | BackupError | OutputError | DifferenceError | Stopped
