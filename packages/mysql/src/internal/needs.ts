/**
 * What has to be granted, found out before anything begins and told all at once.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type * as Catalog from "../Catalog.js"
import * as Consistency from "../Consistency.js"
import type * as Dialect from "./dialect.js"
import * as Grants from "./grants.js"
import * as Visibility from "./visibility.js"

/** @internal */
export interface Asked {
  readonly own: ReadonlyArray<Grants.Grant>
  readonly dialect: Dialect.Dialect
  readonly selection: Source.Selection
  readonly identity: Catalog.Identity
  readonly mode: Consistency.LockMode
  readonly ddl: Consistency.Ddl
  /** Whether tables can be told apart exactly, and whether what was opened can be let go of. */
  readonly exact: boolean
  readonly letsGo: boolean
}

interface Lack {
  readonly says: string
  readonly instead: string
}

const orOf = (privileges: ReadonlyArray<string>): string => privileges.join(" or ")

const most = 20

const listed = (names: ReadonlyArray<string>): string =>
  names.slice(0, most).join(", ") + (names.length > most ? ` and ${names.length - most} more` : "")

const ofMode = ({ dialect, identity, mode, own }: Asked): ReadonlyArray<Lack> => {
  const global = Grants.allowsServer(own, dialect.locksAll)
  const position = Grants.allowsServer(own, dialect.tellsPosition)
  const unlockable = Array.from(new Set(identity.tables.map(({ database }) => database))).filter((database) =>
    !Grants.allows(own, ["LOCK TABLES"], database)
  ).map(Sql.quoteIdentifier)
  const lacks = (lack: boolean, says: string, instead: string): ReadonlyArray<Lack> => lack ? [{ says, instead }] : []
  const other = "use another --sync-thread-lock-mode"
  return Consistency.LockMode.$match(mode, {
    Auto: () =>
      lacks(
        !global && unlockable.length > 0 && Option.isSome(dialect.inBetween) && !position,
        `one moment for all tables needs ${orOf(dialect.locksAll)}, or LOCK TABLES on ${listed(unlockable)}, or ${
          orOf(dialect.tellsPosition)
        }`,
        "do without one moment, with --sync-thread-lock-mode=NO_LOCK"
      ),
    Ftwrl: () => lacks(!global, `the lock mode FTWRL needs ${orOf(dialect.locksAll)}`, other),
    LockAll: () =>
      lacks(unlockable.length > 0, `the lock mode LOCK_ALL needs LOCK TABLES on ${listed(unlockable)}`, other),
    Gtid: () => [],
    SafeNoLock: () =>
      lacks(
        Option.isSome(dialect.inBetween) && !position,
        `the lock mode SAFE_NO_LOCK needs ${orOf(dialect.tellsPosition)}`,
        other
      ),
    NoLock: () => []
  })
}

const ofDdl = ({ ddl, dialect, exact, letsGo }: Asked): ReadonlyArray<Lack> =>
  ddl._tag !== "Detect"
    ? []
    : [
      ...(exact ? [] : [{ says: "--ddl=detect needs PROCESS, to tell tables apart", instead: "use --ddl=prevent" }]),
      ...(letsGo ? [] : [{
        says: `--ddl=detect needs ${
          Option.match(dialect.letsGo, { onNone: () => "", onSome: ({ privilege }) => privilege })
        }, to let go of metadata locks`,
        instead: "use --ddl=prevent"
      }])
    ]

/**
 * What is selected cannot be had in the way that was asked for.
 *
 * @internal
 */
export const refused = (what: string, names: ReadonlyArray<string>, advice: string): SourceError =>
  new SourceError({ reason: "Unsupported", what, detail: listed(names), advice })

/**
 * Fails with everything that the account lacks.
 *
 * @internal
 */
export const check = (asked: Asked): Effect.Effect<void, SourceError> => {
  const { dialect, identity, own, selection } = asked
  const lacking: ReadonlyArray<Lack> = [
    ...Visibility.lacking(own, dialect, selection, [
      ...identity.tables.map((table) => ({ ...table, view: false })),
      ...identity.views.map((table) => ({ ...table, view: true }))
    ], identity.databases).map(({ objects, of, option, privilege }) => ({
      says: `${objects} of ${listed(of)} need ${privilege}`,
      instead: `leave out ${option}`
    })),
    ...ofMode(asked),
    ...ofDdl(asked)
  ]
  return lacking.length === 0 ? Effect.void : Effect.fail(
    new SourceError({
      reason: "Privilege",
      what: "the account would not be shown, or not be let do, all that is asked for",
      detail: lacking.map(({ says }) => says).join("; "),
      advice: `Grant what is missing, or ${Array.from(new Set(lacking.map(({ instead }) => instead))).join(", or ")}`
    })
  )
}
