/**
 * A MySQL or MariaDB server as a side of a comparison.
 *
 * @since 0.1.0
 */
import * as Inspection from "@sluice/pipeline/Inspection"
import type { SourceError, TargetError } from "@sluice/pipeline/SluiceError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import type * as Connection from "./Connection.js"
import type * as Consistency from "./Consistency.js"
import * as Inspecting from "./internal/inspecting.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Connection.Options {
  /** How many sums are made at once: 1 at least. */
  readonly readers: number
  /** How long to wait for locks that others hold: a minute when not given. */
  readonly lockWait?: Duration.Duration | undefined
  /** How the connections come to see the same moment: `Auto` when not given. */
  readonly lockMode?: Consistency.LockMode | undefined
  /** About how many rows are summed up by one statement; so many as are 64 MB when not given. */
  readonly chunkRows?: number | undefined
}

const ofTarget = (view: Inspection.View<SourceError>): Inspection.View<TargetError> => ({
  ...view,
  printed: (database) => Effect.mapError(view.printed(database), Inspection.asTarget),
  portable: (database) => Effect.mapError(view.portable(database), Inspection.asTarget),
  plan: (table) => Stream.mapError(view.plan(table), Inspection.asTarget),
  sums: (table, question) => Effect.mapError(view.sums(table, question), Inspection.asTarget),
  rows: (table, question, buckets) => Effect.mapError(view.rows(table, question, buckets), Inspection.asTarget),
  finish: (table) => Effect.mapError(view.finish(table), Inspection.asTarget),
  moved: Effect.mapError(view.moved, Inspection.asTarget)
})

/**
 * Opens a view of a server: a snapshot, as a dump takes it, on `readers` + 3 connections. It reads, and changes nothing; nor does it keep anybody
 * from writing, but for the moment in which the snapshot is taken.
 *
 * @since 0.1.0
 * @category constructors
 */
export const open = (
  options: Options,
  selection: Inspection.Selection
): Effect.Effect<Inspection.View<SourceError>, SourceError, Scope.Scope> =>
  Inspecting.open(options, selection).pipe(Effect.withSpan("MysqlInspection.open"))

/**
 * A server as what is taken for right.
 *
 * @example
 * ```ts
 * import { MysqlInspection } from "@sluice/mysql"
 * import { Layer, Redacted } from "effect"
 *
 * const password = Redacted.make("secret")
 * const Sides = Layer.merge(
 *   MysqlInspection.layerSource({ host: "db1", user: "audit", password, readers: 2 }),
 *   MysqlInspection.layerTarget({ host: "db2", user: "audit", password, readers: 2 })
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSource = (options: Options): Layer.Layer<Inspection.OfSource> =>
  Layer.succeed(Inspection.OfSource, { open: (selection) => open(options, selection) })

/**
 * A server as what is held against it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTarget = (options: Options): Layer.Layer<Inspection.OfTarget> =>
  Layer.succeed(Inspection.OfTarget, {
    open: (selection) =>
      Effect.mapBoth(open(options, selection), { onSuccess: ofTarget, onFailure: Inspection.asTarget })
  })
