/**
 * The two ends of the pipe that a stream goes through.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

import type { BackupError, OutputError } from "./SluiceError.js"

/**
 * Where a dump's stream goes.
 *
 * @since 0.1.0
 * @category tags
 */
export class PipeOut extends Context.Tag("@sluice/pipeline/PipeOut")<PipeOut, {
  /** Writes all the bytes, waiting for the reader; the bytes are lent until it is done. */
  readonly write: (bytes: Uint8Array) => Effect.Effect<void, OutputError>
}>() {}

/**
 * Where a restore's stream comes from.
 *
 * @since 0.1.0
 * @category tags
 */
export class PipeIn extends Context.Tag("@sluice/pipeline/PipeIn")<PipeIn, {
  /** The bytes, once, in whatever cuts they come. They are lent: good until the next are asked for. */
  readonly bytes: Stream.Stream<Uint8Array, BackupError>
}>() {}
