/**
 * Why talking to a server failed.
 *
 * @since 0.1.0
 */
import { type ServerReason, SourceError, TargetError } from "@sluice/pipeline/SluiceError"
import * as Schema from "effect/Schema"

import * as Reasons from "./internal/reasons.js"

/**
 * A server refused or failed, or could not be reached. It does not say on which side of a flow the server stands:
 * `toSource` and `toTarget` do.
 *
 * @since 0.1.0
 * @category errors
 */
export class MysqlError extends Schema.TaggedError<MysqlError>("@sluice/mysql/MysqlError")("MysqlError", {
  reason: SourceError.fields.reason,
  /** The server's own number of the error; without it the error did not come from the server. */
  errno: Schema.optional(Schema.Number),
  /** The five characters of standard SQL's class of the error. */
  sqlState: Schema.optional(Schema.String),
  /** What happened, in the server's words if they are there. */
  detail: Schema.String,
  /** What to do, when the reason and the number do not say enough. */
  advice: Schema.optional(Schema.String),
  cause: Schema.optional(Schema.Defect)
}) {
  /** @since 0.1.0 */
  override get message(): string {
    return this.detail
  }

  /**
   * The error of a server that is dumped.
   *
   * @since 0.1.0
   */
  toSource(what: string, where?: string | undefined): SourceError {
    return new SourceError(this.fields(what, where))
  }

  /**
   * The error of a connection that was reading for a dump, while others of the same snapshot may be left.
   *
   * @since 0.1.0
   */
  toLostReader(what: string, where: string): SourceError {
    return new SourceError({ ...this.fields(what, where), readerLost: true })
  }

  /**
   * The error of a server that is restored into.
   *
   * @since 0.1.0
   */
  toTarget(what: string, where?: string | undefined): TargetError {
    return new TargetError(this.fields(what, where))
  }

  private fields(what: string, where: string | undefined) {
    const advice = this.advice ?? Reasons.advice(this.reason, this.errno, this.detail)
    return {
      reason: this.reason,
      what,
      detail: this.detail,
      ...(where === undefined ? {} : { where }),
      ...(advice === undefined ? {} : { advice }),
      ...(this.errno === undefined ? {} : { errno: this.errno }),
      ...(this.cause === undefined ? {} : { cause: this.cause })
    }
  }
}

/**
 * The error for what a server answered.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromServer = (answer: {
  readonly errno: number
  readonly sqlState: string
  readonly message: string
  /** What to do, when the number does not say enough. */
  readonly advice?: string | undefined
}): MysqlError =>
  new MysqlError({
    reason: Reasons.ofErrno(answer.errno),
    errno: answer.errno,
    ...(answer.advice === undefined ? {} : { advice: answer.advice }),
    ...(answer.sqlState === "" ? {} : { sqlState: answer.sqlState }),
    detail: `${answer.message.replace(/\s*\n\s*/g, " ")} (error ${answer.errno})`
  })

/**
 * An error that no server told of.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (reason: ServerReason, detail: string, cause?: unknown): MysqlError =>
  new MysqlError({ reason, detail, ...(cause === undefined ? {} : { cause }) })
