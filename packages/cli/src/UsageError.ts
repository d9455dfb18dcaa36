/**
 * What is wrong with the words somebody typed, or with an option file.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * Why a command line or a configuration was refused. Programs match on this; people read the message.
 *
 * @since 0.1.0
 * @category models
 */
export const Reason = Schema.Literal(
  "UnknownCommand",
  "UnknownOption",
  "WrongCommand",
  "NotAvailable",
  "MissingValue",
  "InvalidValue",
  "UnexpectedWord",
  "Contradiction",
  "OptionFile"
)

/**
 * @since 0.1.0
 * @category models
 */
export type Reason = typeof Reason.Type

/**
 * A usage or configuration error. `problem` says what failed and where, `advice` says what to do.
 * Neither holds the value of a secret. The program ends with exit code 2.
 *
 * @example
 * import { UsageError } from "sluice/UsageError"
 *
 * const error = new UsageError({ reason: "MissingValue", problem: "--threads needs a value", advice: "write --threads=4" })
 * error.message // "--threads needs a value: write --threads=4"
 *
 * @since 0.1.0
 * @category errors
 */
export class UsageError extends Schema.TaggedError<UsageError>("@sluice/cli/UsageError")("UsageError", {
  reason: Reason,
  problem: Schema.String,
  advice: Schema.String
}) {
  /**
   * One line for people.
   *
   * @since 0.1.0
   */
  override get message(): string {
    return `${this.problem}: ${this.advice}`
  }

  /**
   * The exit code of the program.
   *
   * @since 0.1.0
   */
  get exitCode(): 2 {
    return 2
  }
}
