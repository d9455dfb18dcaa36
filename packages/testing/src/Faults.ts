/**
 * Ends that fail, at a moment that plain data names: for tests of what a flow does then.
 *
 * A fault counts what it waits for over all sessions or readers, from 1, and strikes once.
 *
 * @since 0.1.0
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError, TargetError } from "@sluice/pipeline/SluiceError"
import * as Source from "@sluice/pipeline/Source"
import * as Target from "@sluice/pipeline/Target"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import { readerLost, type Refusal, refusal, sourceError, targetError } from "./internal/memoryServerRefusal.js"

/**
 * How something fails.
 *
 * - `Deadlock`: the server has rolled the transaction back, trying again helps.
 * - `LockTimeout`: only the statement has failed, trying again helps.
 * - `ConnectionLost`: the server has rolled back, and the session is of no use any more.
 * - `TooManyConnections`: trying again helps.
 * - `AccessDenied`, `TableFull`: only the statement has failed, trying again does not help.
 * - `Hang`: there is never an answer.
 *
 * @since 0.1.0
 * @category models
 */
export type Failure =
  | "Deadlock"
  | "LockTimeout"
  | "ConnectionLost"
  | "TooManyConnections"
  | "AccessDenied"
  | "TableFull"
  | "Hang"

/**
 * @since 0.1.0
 * @category models
 */
export type SourceFault = Data.TaggedEnum<{
  /** No snapshot is opened. */
  readonly Snapshot: { readonly nth: number; readonly failure: Failure }
  /** A definition, or those of a database's triggers or programs, cannot be read. */
  readonly Definition: { readonly nth: number; readonly failure: Failure }
  /** The plan of a table fails before its first chunk. */
  readonly Plan: { readonly nth: number; readonly failure: Failure }
  /** A reading fails in place of the piece. After `ConnectionLost` another reader may read the same again. */
  readonly Piece: { readonly nth: number; readonly failure: Failure }
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const SourceFault = Data.taggedEnum<SourceFault>()

/**
 * What can go wrong with a target. `starting` picks the statements that are counted: those that begin with that text,
 * in any case; all of them when it is empty.
 *
 * @since 0.1.0
 * @category models
 */
export type TargetFault = Data.TaggedEnum<{
  /** A session is not opened. */
  readonly Session: { readonly nth: number; readonly failure: Failure }
  /** A statement fails. `taken` says that the server had run it by then: only the answer is lost. */
  readonly Statement: {
    readonly nth: number
    readonly starting: string
    readonly failure: Failure
    readonly taken: boolean
  }
  /** A commit fails. `taken` says that the server had committed by then: only the answer is lost. */
  readonly Commit: { readonly nth: number; readonly failure: Failure; readonly taken: boolean }
  /** A statement runs, and the answer has one more warning. */
  readonly Warning: { readonly nth: number; readonly starting: string; readonly text: string }
  /** A statement runs, and the answer has so many more affected rows, or fewer. */
  readonly AffectedRows: { readonly nth: number; readonly starting: string; readonly by: number }
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const TargetFault = Data.taggedEnum<TargetFault>()

const words: { readonly [F in Failure]: Refusal } = {
  Deadlock: refusal(1213, "Deadlock found when trying to get lock; try restarting transaction"),
  LockTimeout: refusal(1205, "Lock wait timeout exceeded; try restarting transaction"),
  ConnectionLost: refusal(2013, "Lost connection to server during query"),
  TooManyConnections: refusal(1040, "Too many connections"),
  AccessDenied: refusal(1045, "Access denied for user"),
  TableFull: refusal(1114, "The table is full"),
  Hang: refusal(2013, "There was no answer")
}

const what = "a fault that the test asked for"

const failSource = (failure: Failure): Effect.Effect<never, SourceError> =>
  failure === "Hang" ? Effect.never : sourceError(what, words[failure])

const failTarget = (failure: Failure): Effect.Effect<never, TargetError> =>
  failure === "Hang" ? Effect.never : targetError(what, words[failure])

const lostReader = (error: SourceError): SourceError =>
  error.reason === "ConnectionLost" ? readerLost(what, words.ConnectionLost) : error

/** Counts, and says which fault's time has come. */
const watch = <F extends { readonly nth: number }>(faults: ReadonlyArray<F>) =>
  Effect.gen(function*() {
    const counts = yield* Ref.make<ReadonlyMap<F, number>>(new Map())
    const fired = yield* Ref.make<ReadonlyArray<F>>([])
    /** Lets the faults that `concerns` count one more, and gives the first of those that are at their number. */
    const next = <G extends F>(concerns: (fault: F) => fault is G): Effect.Effect<Option.Option<G>> =>
      Ref.modify(counts, (before) => {
        const after = new Map(before)
        const counted = faults.filter(concerns)
        counted.forEach((fault) => after.set(fault, (after.get(fault) ?? 0) + 1))
        return [Option.fromNullable(counted.find((fault) => after.get(fault) === fault.nth)), after]
      }).pipe(Effect.tap(Option.match({
        onNone: () => Effect.void,
        onSome: (fault) => Ref.update(fired, (all) => [...all, fault])
      })))
    return { next, fired: Ref.get(fired) }
  })

/**
 * A source with faults, and those of them that have struck so far.
 *
 * @example
 * ```ts
 * import { Faults, MemoryServer } from "@sluice/testing"
 * import { Effect } from "effect"
 *
 * Effect.gen(function*() {
 *   const server = yield* MemoryServer.make()
 *   return yield* Faults.source(server.source, [Faults.SourceFault.Piece({ nth: 3, failure: "ConnectionLost" })])
 * })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const source = (service: Source.Source["Type"], faults: ReadonlyArray<SourceFault>): Effect.Effect<{
  readonly source: Source.Source["Type"]
  readonly fired: Effect.Effect<ReadonlyArray<SourceFault>>
}> =>
  Effect.map(watch(faults), ({ fired, next }) => {
    const strike = (tag: SourceFault["_tag"]): Effect.Effect<void, SourceError> =>
      Effect.flatMap(
        next((fault): fault is SourceFault => fault._tag === tag),
        Option.match({ onNone: () => Effect.void, onSome: ({ failure }) => failSource(failure) })
      )
    const asked = <A, B>(ask: (of: A) => Effect.Effect<B, SourceError>) => (of: A) =>
      Effect.zipRight(strike("Definition"), ask(of))
    return {
      fired,
      source: {
        snapshot: (selection) =>
          Effect.map(Effect.zipRight(strike("Snapshot"), service.snapshot(selection)), (snapshot): Source.Snapshot => ({
            catalog: snapshot.catalog,
            serverWide: asked(snapshot.serverWide),
            database: asked(snapshot.database),
            definition: asked(snapshot.definition),
            definitions: (tables, how) =>
              Effect.zipRight(
                Effect.forEach(tables, () => strike("Definition"), { discard: true }),
                snapshot.definitions(tables, how)
              ),
            triggers: asked(snapshot.triggers),
            programs: asked(snapshot.programs),
            plan: (table, options) => Stream.unwrap(Effect.as(strike("Plan"), snapshot.plan(table, options))),
            small: snapshot.small,
            fields: snapshot.fields,
            read: (portion, options) =>
              Stream.tap(snapshot.read(portion, options), () => Effect.mapError(strike("Piece"), lostReader)),
            finish: snapshot.finish
          }))
      }
    }
  })

type OfStatement = Extract<TargetFault, { readonly starting: string }>

const isStatement = (statement: Uint8Array) => (fault: TargetFault): fault is OfStatement =>
  "starting" in fault &&
  Sql.text(statement.subarray(0, 4 * fault.starting.length)).toLowerCase().startsWith(fault.starting.toLowerCase())

const isCommit = (fault: TargetFault): fault is Extract<TargetFault, { readonly _tag: "Commit" }> =>
  fault._tag === "Commit"

const isSession = (fault: TargetFault): fault is Extract<TargetFault, { readonly _tag: "Session" }> =>
  fault._tag === "Session"

const session = (
  service: Target.Session,
  next: <G extends TargetFault>(concerns: (fault: TargetFault) => fault is G) => Effect.Effect<Option.Option<G>>
): Effect.Effect<Target.Session> =>
  Effect.gen(function*() {
    const lost = yield* Ref.make(false)
    const extra = yield* Ref.make<ReadonlyArray<string>>([])
    const alive = <A>(effect: Effect.Effect<A, TargetError>): Effect.Effect<A, TargetError> =>
      Effect.flatMap(Ref.get(lost), (lost) => lost ? failTarget("ConnectionLost") : effect)

    /** What the failure means for the transaction, and then the failure. */
    const fail = (failure: Failure): Effect.Effect<never, TargetError> =>
      Effect.zipRight(
        failure === "Deadlock" || failure === "ConnectionLost" ? service.rollback : Effect.void,
        Effect.zipRight(Ref.set(lost, failure === "ConnectionLost"), failTarget(failure))
      )
    const run = (statement: Uint8Array, fault: OfStatement): Effect.Effect<Target.Answer, TargetError> =>
      TargetFault.$match({
        Session: () => service.execute(statement),
        Commit: () => service.execute(statement),
        Statement: ({ failure, taken }) =>
          Effect.zipRight(taken ? service.execute(statement) : Effect.void, fail(failure)),
        Warning: ({ text }) =>
          Effect.map(
            Effect.zipLeft(service.execute(statement), Ref.set(extra, [text])),
            (answer) => ({ ...answer, warnings: answer.warnings + 1 })
          ),
        AffectedRows: ({ by }) =>
          Effect.map(service.execute(statement), (answer) => ({ ...answer, affectedRows: answer.affectedRows + by }))
      })(fault)

    return {
      execute: (statement) =>
        alive(Effect.flatMap(
          Effect.zipRight(Ref.set(extra, []), next(isStatement(statement))),
          Option.match({
            onNone: () => service.execute(statement),
            onSome: (fault) => run(statement, fault)
          })
        )),
      warnings: alive(Effect.zipWith(service.warnings, Ref.get(extra), (own, extra) => [...own, ...extra])),
      use: (database) => alive(service.use(database)),
      prepareForDefinitions: alive(service.prepareForDefinitions),
      prepareForRows: alive(service.prepareForRows),
      begin: alive(service.begin),
      commit: alive(Effect.flatMap(
        next(isCommit),
        Option.match({
          onNone: () => service.commit,
          onSome: ({ failure, taken }) => Effect.zipRight(taken ? service.commit : Effect.void, fail(failure))
        })
      )),
      rollback: alive(service.rollback),
      takesBack: (database, table) => alive(service.takesBack(database, table)),
      inspect: (database, name) => alive(service.inspect(database, name)),
      checksum: (of) => alive(service.checksum(of)),
      triggers: (database, table) => alive(service.triggers(database, table)),
      generated: (database, table) => alive(service.generated(database, table))
    }
  })

/**
 * A target with faults, and those of them that have struck so far.
 *
 * @since 0.1.0
 * @category combinators
 */
export const target = (service: Target.Target["Type"], faults: ReadonlyArray<TargetFault>): Effect.Effect<{
  readonly target: Target.Target["Type"]
  readonly fired: Effect.Effect<ReadonlyArray<TargetFault>>
}> =>
  Effect.map(watch(faults), ({ fired, next }) => {
    const open: Effect.Effect<Target.Session, TargetError, Scope.Scope> = Effect.flatMap(
      next(isSession),
      Option.match({
        onNone: () => Effect.flatMap(service.session, (own) => session(own, next)),
        onSome: ({ failure }) => failTarget(failure)
      })
    )
    return { fired, target: { session: open, obstacles: service.obstacles } }
  })

/**
 * The source below it, with faults.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSource = (
  faults: ReadonlyArray<SourceFault>
): Layer.Layer<Source.Source, never, Source.Source> =>
  Layer.effect(
    Source.Source,
    Effect.flatMap(Source.Source, (service) => Effect.map(source(service, faults), ({ source }) => source))
  )

/**
 * The target below it, with faults.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTarget = (
  faults: ReadonlyArray<TargetFault>
): Layer.Layer<Target.Target, never, Target.Target> =>
  Layer.effect(
    Target.Target,
    Effect.flatMap(Target.Target, (service) => Effect.map(target(service, faults), ({ target }) => target))
  )
