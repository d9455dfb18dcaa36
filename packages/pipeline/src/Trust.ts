/**
 * How far a backup is trusted that may come from a stranger: a restore, a verification and an unpacking ask.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"

/**
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  /** How many times its size a compressed file may become; less than 64 MiB it always may. */
  readonly maximumExpansion: number
  /** How many files a backup may have: the name of each is held until the end. */
  readonly maximumFiles: number
  /**
   * What becomes of statements that no dump writes into their file, and of those that reach out of it: see `Permission`
   * in `@sluice/format`. Those that are taken are told in the verdict, which is not complete then.
   */
  readonly unknownStatements: "Refuse" | "Take"
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const defaults: Limits = { maximumExpansion: 1000, maximumFiles: 10_000_000, unknownStatements: "Refuse" }

/**
 * The limits that hold; those of `defaults` where nobody provides others.
 *
 * @example
 * ```ts
 * import { Trust, Verify } from "@sluice/pipeline"
 * import { Effect } from "effect"
 *
 * const lenient = Effect.provideService(Verify.run, Trust.Trust, { ...Trust.defaults, unknownStatements: "Take" })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Trust extends Context.Reference<Trust>()("@sluice/pipeline/Trust", {
  defaultValue: (): Limits => defaults
}) {}
