/**
 * How far a job trusts the backup that it reads.
 *
 * @internal
 */
import * as Trust from "@sluice/pipeline/Trust"
import * as Effect from "effect/Effect"

import type { TrustConfig } from "../Config.js"

/** A job that trusts a backup as far as it was told. @internal */
export const trusting = <A, E, R>(
  { allowUnknownStatements, maxExpansion }: Pick<TrustConfig, "allowUnknownStatements" | "maxExpansion">,
  job: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.provideService(job, Trust.Trust, {
    ...Trust.defaults,
    maximumExpansion: maxExpansion,
    unknownStatements: allowUnknownStatements ? "Take" : "Refuse"
  })
