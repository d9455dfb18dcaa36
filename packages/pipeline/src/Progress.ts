/**
 * How far a flow is.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"

/**
 * @since 0.1.0
 * @category models
 */
export interface Counts {
  readonly files: number
  readonly bytes: number
  readonly rows: number
  /** What is expected, by the server's estimates on a dump; 0 where nothing is known. */
  readonly expectedRows: number
  readonly expectedBytes: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Snapshot extends Counts {
  readonly elapsedMillis: number
  /** What is going on, such as `rows` or `definitions`. */
  readonly phase: string
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Progress extends Context.Tag("@sluice/pipeline/Progress")<Progress, {
  readonly add: (delta: Partial<Counts>) => Effect.Effect<void>
  readonly enter: (phase: string) => Effect.Effect<void>
  readonly snapshot: Effect.Effect<Snapshot>
}>() {}

const zero: Counts = { files: 0, bytes: 0, rows: 0, expectedRows: 0, expectedBytes: 0 }

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Progress> = Layer.effect(
  Progress,
  Effect.gen(function*() {
    const started = yield* Clock.currentTimeMillis
    const state = yield* Ref.make({ ...zero, phase: "connecting" })
    return Progress.of({
      add: (delta) =>
        Ref.update(state, (now) => ({
          phase: now.phase,
          files: now.files + (delta.files ?? 0),
          bytes: now.bytes + (delta.bytes ?? 0),
          rows: now.rows + (delta.rows ?? 0),
          expectedRows: now.expectedRows + (delta.expectedRows ?? 0),
          expectedBytes: now.expectedBytes + (delta.expectedBytes ?? 0)
        })),
      enter: (phase) => Ref.update(state, (now) => ({ ...now, phase })),
      snapshot: Effect.zipWith(
        Ref.get(state),
        Clock.currentTimeMillis,
        (now, time) => ({ ...now, elapsedMillis: time - started })
      )
    })
  })
)
