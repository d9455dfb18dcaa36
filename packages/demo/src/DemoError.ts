/**
 * Why the demonstration could not be given.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * Something that the demonstration needs is not there. What goes wrong within it is a finding, not an error.
 *
 * @since 0.1.0
 * @category errors
 */
export class DemoError extends Data.TaggedError("DemoError")<{
  /** One line: what failed, where, and what to do. */
  readonly message: string
}> {}
