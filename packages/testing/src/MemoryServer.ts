/**
 * A server in memory: a `Source` and a `Target` that hold typed rows, so that every flow runs in a test without a
 * server.
 *
 * It is strict where real servers are, and fails with their error numbers: names that are not there, values that do
 * not fit, NULL in a key, rows that are there already, what another transaction has not committed. A statement that it
 * does not understand is a syntax error. What it does not do: character sets are not converted, foreign keys are not
 * checked, and the bodies of stored programs are bytes that never run.
 *
 * What it lends it takes back: the bytes of a piece are spoiled as soon as the next piece is asked for.
 *
 * @since 0.1.0
 */
import * as Source from "@sluice/pipeline/Source"
import * as Target from "@sluice/pipeline/Target"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"

import * as Contents from "./Contents.js"
import * as Sources from "./internal/memoryServerSource.js"
import { State } from "./internal/memoryServerState.js"
import * as Targets from "./internal/memoryServerTarget.js"

/**
 * What a memory server has counted.
 *
 * @since 0.1.0
 * @category models
 */
export interface Counts {
  /** Sessions of the target that are open now. */
  readonly sessionsOpen: number
  /** The most that were open at once. */
  readonly sessionsPeak: number
  readonly snapshotsOpen: number
  /** How many snapshots were taken since the server began. */
  readonly snapshotsOpened: number
  /** Chunks that are being read now. */
  readonly readersOpen: number
  readonly readersPeak: number
  /** Statements that sessions were given. */
  readonly statements: number
  /** Rows in all tables, those too that are not committed. */
  readonly rowsHeld: number
  /** How often a trigger would have run: once for each trigger of a table and each row that was put into it. */
  readonly triggersFired: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface MemoryServer {
  /** What is committed. */
  readonly contents: Effect.Effect<Contents.Contents>
  readonly counts: Effect.Effect<Counts>
  /**
   * Changes the definition of a table as another session would, which is of use only to see who notices: its shape
   * and its rows stay as they are.
   */
  readonly alter: (database: string, table: string) => Effect.Effect<void>
  readonly source: Source.Source["Type"]
  readonly target: Target.Target["Type"]
  readonly layerSource: Layer.Layer<Source.Source>
  readonly layerTarget: Layer.Layer<Target.Target>
  /** Both ends of this one server. */
  readonly layer: Layer.Layer<Source.Source | Target.Target>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How many chunks of a snapshot are read at once; 4 when not given. */
  readonly readers?: number | undefined
  /** The sql_mode of the server, which every session begins with. */
  readonly sqlMode?: string | undefined
  /** What stands in the way of a restore into it, besides tables that are there; nothing when not given. */
  readonly obstacles?: ((demands: Target.Demands) => ReadonlyArray<Target.Obstacle>) | undefined
}

/**
 * The sql_mode of a server that was not given another one.
 *
 * @since 0.1.0
 * @category constructors
 */
export const defaultSqlMode = "STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,NO_ENGINE_SUBSTITUTION"

/**
 * Makes a server that holds some contents. Contents that no server could hold are a bug of the test, and die.
 *
 * @example
 * ```ts
 * import { Contents, MemoryServer } from "@sluice/testing"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const from = yield* MemoryServer.make(Contents.make(Contents.database("shop")))
 *   const to = yield* MemoryServer.make()
 *   const ends = Layer.merge(from.layerSource, to.layerTarget)
 *   return { ends, contents: yield* to.contents }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  contents: Contents.Contents = Contents.empty,
  options: Options = {}
): Effect.Effect<MemoryServer> =>
  Effect.gen(function*() {
    const state = new State()
    const loaded = state.load(contents)
    if (Either.isLeft(loaded)) {
      return yield* Effect.dieMessage(`no server can hold these contents: ${loaded.left.detail}`)
    }
    const sqlMode = options.sqlMode ?? defaultSqlMode
    const source = Sources.make(state, { readers: options.readers ?? 4, sqlMode })
    const target = Targets.make(state, sqlMode, options.obstacles ?? (() => []))
    const layerSource = Layer.succeed(Source.Source, source)
    const layerTarget = Layer.succeed(Target.Target, target)
    return {
      contents: Effect.sync(() => state.contents),
      counts: Effect.sync(() => ({
        sessionsOpen: state.sessionsOpen,
        sessionsPeak: state.sessionsPeak,
        snapshotsOpen: state.snapshotsOpen,
        snapshotsOpened: state.snapshotsOpened,
        readersOpen: state.readersOpen,
        readersPeak: state.readersPeak,
        statements: state.statements,
        rowsHeld: state.rowsHeld,
        triggersFired: state.triggersFired
      })),
      alter: (database, table) =>
        Effect.sync(() => {
          const name = `${database}.${table}`
          state.alterations.set(name, (state.alterations.get(name) ?? 0) + 1)
        }),
      source,
      target,
      layerSource,
      layerTarget,
      layer: Layer.merge(layerSource, layerTarget)
    }
  })

/**
 * Both ends of one new server.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  contents?: Contents.Contents,
  options?: Options
): Layer.Layer<Source.Source | Target.Target> =>
  Layer.unwrapEffect(Effect.map(make(contents, options), (server) => server.layer))
