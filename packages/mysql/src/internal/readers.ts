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

interface State<A> {
  readonly idle: ReadonlyArray<A>
  readonly lent: number
}

const exhausted = new SourceError({
  reason: "ConnectionLost",
  what: "cannot read from the source",
  detail: "no connection of the snapshot is left, and no new one can join it",
  advice: "Start the dump again; look into the server's error log if it happens again"
})

/**
 * Lends `connections`, at most `atOnce` at a time; the others stand by for those that are lost. Who wants one waits,
 * and fails when all are lost.
 *
 * @internal
 */
export const make = <A>(
  connections: ReadonlyArray<A>,
  atOnce: number
): Effect.Effect<Effect.Effect<Lease<A>, SourceError, Scope.Scope>> =>
  Effect.map(STM.commit(TRef.make<State<A>>({ idle: connections, lent: 0 })), (state) => {
    const take = STM.commit(STM.flatMap(TRef.get(state), ({ idle, lent }) => {
      const [first, ...others] = idle
      return first !== undefined && lent < atOnce
        ? STM.as(TRef.set(state, { idle: others, lent: lent + 1 }), first)
        : first === undefined && lent === 0
        ? STM.fail(exhausted)
        : STM.retry
    }))
    const giveBack = (connection: A, alive: boolean) =>
      STM.commit(
        TRef.update(state, ({ idle, lent }) => ({ idle: alive ? [connection, ...idle] : idle, lent: lent - 1 }))
      )
    return Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        let alive = false
        const connection = yield* restore(take)
        yield* Effect.addFinalizer(() => giveBack(connection, alive))
        return {
          connection,
          returns: Effect.sync(() => {
            alive = true
          })
        }
      })
    )
  })
