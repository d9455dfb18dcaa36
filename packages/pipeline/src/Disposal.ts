/**
 * What happens to a file that is done with: on the dump side when the pipe has taken its last byte, on the restore
 * side when what it holds is committed.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

import type { OutputError } from "./SluiceError.js"
import { type StagedFile, Staging } from "./Staging.js"

/**
 * @since 0.1.0
 * @category tags
 */
export class Disposal extends Context.Tag("@sluice/pipeline/Disposal")<Disposal, {
  readonly dispose: (file: StagedFile) => Effect.Effect<void, OutputError>
}>() {}

/**
 * Deletes the file.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDelete: Layer.Layer<Disposal, never, Staging> = Layer.effect(
  Disposal,
  Effect.map(Staging, (staging) => Disposal.of({ dispose: (file) => staging.remove(file.name) }))
)

/**
 * Keeps the file.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerKeep: Layer.Layer<Disposal> = Layer.succeed(Disposal, Disposal.of({ dispose: () => Effect.void }))
