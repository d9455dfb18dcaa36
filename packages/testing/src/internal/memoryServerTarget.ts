/**
 * A memory server as a target.
 *
 * @internal
 */
import type { TargetError } from "@sluice/pipeline/SluiceError"
import type * as Target from "@sluice/pipeline/Target"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"

import { type Refusal, refuse, targetError } from "./memoryServerRefusal.js"
import { Session } from "./memoryServerSession.js"
import type { State } from "./memoryServerState.js"

const open = (state: State, sqlMode: string): Effect.Effect<Target.Session, TargetError, Scope.Scope> =>
  Effect.gen(function*() {
    let closed = false
    let busy = false
    const session = yield* Effect.acquireRelease(
      Effect.sync(() => {
        state.sessionsOpen += 1
        state.sessionsPeak = Math.max(state.sessionsPeak, state.sessionsOpen)
        return new Session(state, sqlMode)
      }),
      (session) =>
        Effect.sync(() => {
          session.rollback()
          closed = true
          state.sessionsOpen -= 1
        })
    )

    /** One thing at a time, and others get their turn before each. */
    const ask = <A>(what: string, answer: () => Either.Either<A, Refusal>): Effect.Effect<A, TargetError> =>
      Effect.suspend(() => {
        if (busy) {
          return Effect.dieMessage("a session was asked for something before it had answered")
        }
        busy = true
        return Effect.yieldNow().pipe(
          Effect.zipRight(Effect.suspend(() =>
            Either.mapLeft(
              closed ? refuse(2006, "Server has gone away: the session is closed") : answer(),
              (reason) => targetError(what, reason, session.place)
            )
          )),
          Effect.ensuring(Effect.sync(() => {
            busy = false
          }))
        )
      })
    const tell = (what: string, run: () => void) =>
      ask(what, () => {
        run()
        return Either.void
      })

    yield* Effect.yieldNow()
    return {
      execute: (statement) =>
        ask("cannot run a statement", () => {
          state.statements += 1
          // A copy, so that nothing that is kept is a view on what was lent.
          return Either.map(session.execute(Uint8Array.from(statement)), ({ affectedRows, warnings }) => ({
            affectedRows,
            warnings: warnings.length
          }))
        }),
      warnings: ask("cannot read the warnings", () => Either.right(session.warnings.slice(0, 5))),
      use: (database) => ask("cannot select a database", () => session.use(database)),
      prepareForDefinitions: tell("cannot prepare a session", () => session.variables.prepareForDefinitions()),
      prepareForRows: tell("cannot prepare a session", () => session.variables.prepareForRows()),
      begin: tell("cannot begin a transaction", () => session.begin()),
      commit: tell("cannot commit", () => session.commit()),
      rollback: tell("cannot roll back", () => session.rollback()),
      takesBack: () => Effect.succeed(true),
      inspect: (database, name) =>
        ask("cannot look for a table", () => Either.right(state.databases.get(database)?.inspect(name) ?? "Nothing")),
      triggers: (database, table) =>
        ask(
          "cannot look for triggers",
          () => Either.right((state.databases.get(database)?.triggersOf(table) ?? []).map(({ name }) => name))
        ),
      // sums over the catalog of a real server
      checksum: () => Effect.succeedNone,
      // it knows no such columns
      generated: () => Effect.succeed([])
    }
  })

/** Tables that are there and should not be. */
const taken = (state: State, { databases }: Target.Demands): ReadonlyArray<Target.Obstacle> => {
  const names = databases.filter(({ ifThere }) => ifThere === "Refuse").flatMap(({ name, tables }) =>
    tables.filter((table) => (state.databases.get(name)?.inspect(table) ?? "Nothing") !== "Nothing")
      .map((table) => `${name}.${table}`)
  )
  return names.length === 0 ? [] : [{
    reason: "AlreadyExists",
    says: `${names.join(", ")} ${names.length === 1 ? "is" : "are"} already there`,
    advice: "restore into an empty server, or say what becomes of them with --drop-table"
  }]
}

/** @internal */
export const make = (
  state: State,
  sqlMode: string,
  obstacles: (demands: Target.Demands) => ReadonlyArray<Target.Obstacle>
): Target.Target["Type"] => ({
  session: open(state, sqlMode),
  obstacles: (demands) =>
    Effect.zipRight(Effect.yieldNow(), Effect.sync(() => [...taken(state, demands), ...obstacles(demands)]))
})
