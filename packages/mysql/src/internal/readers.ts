/**
 * The connections that share a snapshot, lent one chunk at a time.
 *
 * @internal
 */
import { SourceError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as STM from "effect/STM"
import * as TRef from "effect/TRef"

/** @internal */
export interface Lease<A> {
  readonly connection: A
  /** Says that the connection can be lent again. Without it, it is taken for lost when the lease ends. */
  readonly returns: Effect.Effect<void>
}

/** @internal */
export interface Readers<A> {
  /**
   * Lends one of those that may be, and of those that are preferred if there is a choice. Who wants one waits, and
   * fails when all are lost. What may be is asked again whenever one is given back.
   */
  readonly lease: (
    prefers: (connection: A) => boolean,
    may?: (connection: A) => boolean
  ) => Effect.Effect<Lease<A>, SourceError, Scope.Scope>
  /** Does something with those that are not lent, while nobody else can have them. */
  readonly visit: (
    which: (connection: A) => boolean,
    use: (connection: A) => Effect.Effect<void>
  ) => Effect.Effect<void>
}

interface State<A> {
  readonly idle: ReadonlyArray<A>
  readonly lent: number
  readonly visited: number
}

const exhausted = new SourceError({
  reason: "ConnectionLost",
  what: "cannot read from the source",
  detail: "no connection of the snapshot is left, and no new one can join it",
  advice: "Start the dump again; look into the server's error log if it happens again"
})

/**
 * Lends `connections`, at most `atOnce` at a time; the others stand by for those that are lost.
 *
 * @internal
 */
export const make = <A>(connections: ReadonlyArray<A>, atOnce: number): Effect.Effect<Readers<A>> =>
  Effect.map(STM.commit(TRef.make<State<A>>({ idle: connections, lent: 0, visited: 0 })), (state) => {
    const take = (prefers: (connection: A) => boolean, may: (connection: A) => boolean) =>
      STM.commit(STM.flatMap(TRef.get(state), (now) => {
        const free = now.idle.filter(may)
        const chosen = free.find(prefers) ?? free[0]
        return chosen !== undefined && now.lent < atOnce
          ? STM.as(
            TRef.set(state, { ...now, idle: now.idle.filter((one) => one !== chosen), lent: now.lent + 1 }),
            chosen
          )
          : now.idle.length === 0 && now.lent === 0 && now.visited === 0
          ? STM.fail(exhausted)
          : STM.retry
      }))
    const giveBack = (connection: A, alive: boolean) =>
      STM.commit(
        TRef.update(state, (now) => ({
          ...now,
          idle: alive ? [connection, ...now.idle] : now.idle,
          lent: now.lent - 1
        }))
      )
    return {
      lease: (prefers, may = () => true) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen(function*() {
            let alive = false
            const connection = yield* restore(take(prefers, may))
            yield* Effect.addFinalizer(() => giveBack(connection, alive))
            return {
              connection,
              returns: Effect.sync(() => {
                alive = true
              })
            }
          })
        ),
      visit: (which, use) =>
        Effect.acquireUseRelease(
          STM.commit(TRef.modify(state, (now) => {
            const guests = now.idle.filter(which)
            const idle = now.idle.filter((one) => !which(one))
            return [guests, { ...now, idle, visited: now.visited + guests.length }]
          })),
          (guests) => Effect.forEach(guests, use, { discard: true }),
          (guests) =>
            STM.commit(TRef.update(state, (now) => ({
              ...now,
              idle: [...now.idle, ...guests],
              visited: now.visited - guests.length
            })))
        )
    }
  })
