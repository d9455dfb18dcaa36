/**
 * What belongs to a server and to none of its databases, brought to a target: what is already there is left alone.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type * as Statement from "@sluice/format/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type { Arrival } from "../Incoming.js"
import { type RestoreError, TargetError } from "../SluiceError.js"
import type { Session } from "../Target.js"

type Edit<E> = (
  session: Session,
  statement: Uint8Array,
  kind: Statement.Kind
) => Effect.Effect<Uint8Array | undefined, E>

const definition = /^CREATE (?:USER|ROLE) IF NOT EXISTS (`(?:[^`]|``)*`(?:@`(?:[^`]|``)*`)?)/

/** The notes that an account was there: MySQL's, and MariaDB's for users and for roles. */
const wasThere = /^\S+ (3163|1973|1975):/

/** A server repeats what it did not understand, and that may be a secret. */
const withoutSecrets = (where: string) => (error: TargetError): TargetError =>
  new TargetError({
    reason: error.reason,
    what: "cannot restore an account",
    where,
    detail: error.detail.replace(/\b0x[0-9a-f]+/gi, "0x…").replace(/\*[0-9A-F]{40}/gi, "*…").replace(
      /near '.*/s,
      "near what is not shown here"
    ),
    errno: error.errno,
    advice: error.advice
  })

/**
 * Accounts come in two steps. They are created before anything that may name them: a server does not let an account
 * be created that is already the definer of something. What they may do is granted when all objects are there.
 */
const makeAccounts = () => {
  const created: Array<boolean> = []
  const kept: Array<string> = []

  const create: Edit<TargetError> = (session, statement, kind) => {
    const name = definition.exec(Sql.text(statement))?.[1]
    return name === undefined ? Effect.succeed(kind._tag === "Set" ? statement : undefined) : Effect.gen(function*() {
      const answer = yield* session.execute(statement)
      const warnings = answer.warnings === 0 ? [] : yield* session.warnings
      const isNew = !warnings.some((warning) => wasThere.test(warning))
      created.push(isNew)
      if (!isNew) {
        kept.push(name)
      }
      return undefined
    }).pipe(Effect.mapError(withoutSecrets(name)))
  }

  /** What stands behind an account's definition is about it; what stands before all of them is about everybody. */
  const grant = (): Edit<TargetError> => {
    let at = -1
    let name = "PUBLIC"
    return (session, statement, kind) => {
      const next = definition.exec(Sql.text(statement))?.[1]
      if (next !== undefined) {
        at += 1
        name = next
        return Effect.succeed(undefined)
      }
      return kind._tag === "Set"
        ? Effect.succeed(statement)
        : at >= 0 && created[at] !== true
        ? Effect.succeed(undefined)
        : Effect.as(Effect.mapError(session.execute(statement), withoutSecrets(name)), undefined)
    }
  }

  return { create, grant, created, kept }
}

const tablespaceName = /^CREATE\s+TABLESPACE\s+(`(?:[^`]|``)*`|\S+)/i

/** Tablespaces are created when they are not there. */
const tablespace = (tell: (name: string, isNew: boolean) => void): Edit<TargetError> => (session, statement, kind) => {
  const name = tablespaceName.exec(Sql.text(statement))?.[1]
  // what creates none came by leave of the user
  return kind._tag === "Set" || name === undefined
    ? Effect.succeed(statement)
    : session.execute(statement).pipe(
      Effect.as(true),
      Effect.catchIf((error) => error.reason === "AlreadyExists", () => Effect.succeed(false)),
      Effect.map((isNew) => tell(name, isNew)),
      Effect.as(undefined)
    )
}

/**
 * What becomes of files that are about the server itself: `before` is for each file as it comes, and gives those back
 * that are not done with; `after` is for those that were kept until everything else is there.
 *
 * @internal
 */
export const make = (options: {
  readonly accounts: boolean
  readonly tablespaces: boolean
  /** Runs the statements of a file, as they are edited, on one session. */
  readonly run: (arrival: Arrival, edit: Edit<RestoreError>) => Effect.Effect<void, RestoreError>
  readonly discard: (arrival: Arrival) => Effect.Effect<void, RestoreError>
}) => {
  const accounts = makeAccounts()
  const leftOut: Array<string> = []
  let tablespaces = 0
  const done = (arrival: Arrival) => Effect.as(options.discard(arrival), Option.none<Arrival>())

  const before = (arrival: Arrival): Effect.Effect<Option.Option<Arrival>, RestoreError> => {
    switch (arrival.kind._tag) {
      case "Users":
        return options.accounts ?
          Effect.as(options.run(arrival, accounts.create), Option.some(arrival)) :
          Effect.suspend(() => {
            leftOut.push("users")
            return done(arrival)
          })
      case "Tablespaces":
        return Effect.zipRight(
          options.tablespaces
            ? options.run(
              arrival,
              tablespace((name, isNew) => {
                tablespaces += isNew ? 1 : 0
                leftOut.push(...(isNew ? [] : [`the tablespace ${name} (it was already there)`]))
              })
            )
            : Effect.void,
          done(arrival)
        )
      default:
        return Effect.succeedSome(arrival)
    }
  }

  return {
    before,
    after: (arrival: Arrival): Effect.Effect<void, RestoreError> =>
      Effect.zipRight(options.run(arrival, accounts.grant()), options.discard(arrival)),
    created: (): number => tablespaces + accounts.created.filter((isNew) => isNew).length,
    leftOut: (): ReadonlyArray<string> => [
      ...leftOut,
      ...accounts.kept.map((name) => `the account ${name} (it was already there)`)
    ]
  }
}
