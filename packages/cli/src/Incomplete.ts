/**
 * A run that came to its end and is not complete.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The job is done as far as it can be, and something is missing, or could not be proven.
 *
 * @since 0.1.0
 * @category errors
 */
export class Incomplete extends Schema.TaggedError<Incomplete>("sluice/Incomplete")("Incomplete", {
  /** What is missing, or not proven. */
  remarks: Schema.Array(Schema.String)
}) {
  /** @since 0.1.0 */
  override get message(): string {
    return `finished, but not complete: ${this.remarks.join("; ")}`
  }
}
