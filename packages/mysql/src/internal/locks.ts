/**
 * How several connections come to see the same moment.
 *
 * Under a lock nobody can write while the connections take their snapshots. Without one they take them all the same,
 * and either each of them tells where it stands, or the position of the binary log tells whether anybody wrote
 * meanwhile.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import { SourceError } from "@sluice/pipeline/SluiceError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type * as Connection from "../Connection.js"
import * as Consistency from "../Consistency.js"
import type * as MysqlError from "../MysqlError.js"
import type * as Control from "./control.js"
import type * as Dialect from "./dialect.js"
import * as Position from "./position.js"

/** @internal */
export interface Taken<A> {
  /** What was found while nothing could change. */
  readonly found: A
  readonly proof: Consistency.Proof
  /** Why there was no lock, where one was wanted. */
  readonly because: Option.Option<string>
  readonly position: Position.Position
}

/** @internal */
export interface Options<A, E> {
  readonly mode: Consistency.LockMode
  readonly control: Control.Session
  /** Used for the lock. */
  readonly locking: Connection.RawConnection
  readonly dialect: Dialect.Dialect
  /** All connections that are to share the snapshot. */
  readonly connections: ReadonlyArray<Connection.RawConnection>
  /** Looks at what there is. Quick: everybody who writes is kept waiting for it. */
  readonly look: Effect.Effect<A, E>
  /** Whether two looks saw the same. */
  readonly same: (a: A, b: A) => boolean
  /** The tables to lock. */
  readonly tables: (found: A) => ReadonlyArray<Sql.Name>
  /** How long to wait for a lock, in seconds. */
  readonly patience: number
  /** What else has to be done at the moment of the snapshots. Quick, too. */
  readonly secure: (found: A, locked: boolean) => Effect.Effect<void, E>
}

type Result<A, E> = Effect.Effect<Taken<A>, E | SourceError>

const what = "cannot take a consistent snapshot of the source"

/** How often to try again when somebody wrote while the snapshots were taken without a lock. */
const attempts = 20

/** The sessions are at REPEATABLE READ, without which this takes no snapshot. It also ends the one that was there. */
const beginAll = (connections: ReadonlyArray<Connection.RawConnection>): Effect.Effect<void, SourceError> =>
  Effect.forEach(connections, (connection) =>
    Effect.mapError(
      connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
      (error) => error.toSource(what)
    ), { concurrency: "unbounded", discard: true })

const refusals = new Set([
  1045, // as managed servers put it
  1142,
  1227,
  1235, // not in this server
  1290
])

/** Whether the server does not let this account lock, rather than that locking failed. */
const isRefusal = (error: MysqlError.MysqlError): boolean =>
  error.reason === "Privilege" || (error.errno !== undefined && refusals.has(error.errno))

interface Refused {
  readonly _tag: "Refused"
  readonly why: string
  readonly error: SourceError
}

const lockError = (lock: string) => (error: MysqlError.MysqlError): SourceError | Refused => {
  const failed = error.reason === "LockTimeout"
    ? new SourceError({
      reason: "LockTimeout",
      what,
      detail: `${lock} had to wait too long for statements that were running`,
      advice: "Try again when the long statements of other sessions are done"
    })
    : error.toSource(what)
  return isRefusal(error)
    ? { _tag: "Refused", why: `the server refused ${lock}: ${error.detail}`, error: failed }
    : failed
}

const isRefused = (error: unknown): error is Refused =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "Refused"

/** Nobody may do what was asked for in another way. */
const refusedIsFinal = <A, E>(effect: Effect.Effect<A, E | Refused>): Effect.Effect<A, E | SourceError> =>
  Effect.mapError(effect, (error) => isRefused(error) ? error.error : error)

const globalLock = "FLUSH TABLES WITH READ LOCK"
const tableLocks = "LOCK TABLES ... READ"

/** The part that is the same under each lock. `locked` is when others began to wait. */
const underLock = <A, E>(options: Options<A, E>, lock: string, locked: number): Result<A, E> =>
  Effect.gen(function*() {
    yield* beginAll(options.connections)
    const position = yield* Position.now(options.control, options.dialect)
    const found = yield* options.look
    yield* options.secure(found, true)
    return {
      found,
      position: Option.getOrElse(position, () => Position.nowhere),
      because: Option.none(),
      proof: Consistency.Proof.Locked({ lock, millis: (yield* Clock.currentTimeMillis) - locked })
    }
  })

/** Let go in any case, and also when it was only asked for: an interrupted statement takes its session with it. */
const unlocked = <A, E, X>(options: Options<A, X>, effect: Effect.Effect<Taken<A>, E>): Effect.Effect<Taken<A>, E> =>
  Effect.ensuring(effect, Effect.ignore(options.locking.query("UNLOCK TABLES")))

/**
 * The waits to make, in seconds: short ones first. While somebody waits for the global lock nobody else writes; and one
 * who has locked a row and cannot go on, for which another waits, whom the lock waits for, would wait with it to the
 * end: servers do not see a deadlock in that. Giving up for a moment lets them go on.
 */
const waits = (patience: number): ReadonlyArray<number> => {
  const steps: Array<number> = []
  for (let left = patience, step = 1; left > 0; left -= step, step *= 2) {
    steps.push(Math.min(step, left))
  }
  return steps
}

const withGlobalLock = <A, E>(options: Options<A, E>): Effect.Effect<Taken<A>, E | SourceError | Refused> =>
  Effect.gen(function*() {
    const execute = (sql: string) => options.locking.query(sql)
    const lock = Effect.forEach(Option.toArray(options.dialect.flush), execute).pipe(
      Effect.catchIf(({ reason }) => reason === "LockTimeout", () => Effect.void),
      Effect.zipRight(execute(globalLock))
    )
    const [last = 1, ...others] = waits(options.patience).toReversed()
    const attempt = (seconds: number) =>
      Effect.zipRight(execute(`SET SESSION lock_wait_timeout = ${seconds}`), lock).pipe(
        Effect.zipRight(execute(`SET SESSION lock_wait_timeout = ${options.patience}`))
      )
    yield* others.reduce(
      (then, seconds) => Effect.catchIf(attempt(seconds), ({ reason }) => reason === "LockTimeout", () => then),
      attempt(last)
    ).pipe(Effect.mapError(lockError(globalLock)))
    return yield* underLock(options, globalLock, yield* Clock.currentTimeMillis)
  }).pipe((effect) => unlocked(options, effect))

/** How often to look again when tables came or went while they were locked. */
const looks = 4

const movedOn = new SourceError({
  reason: "DefinitionChanged",
  what,
  detail: "tables came or went each time they were to be locked",
  advice: "Try again while nobody creates, renames or drops tables"
})

const withTableLocks = <A, E>(options: Options<A, E>): Effect.Effect<Taken<A>, E | SourceError | Refused> =>
  Effect.gen(function*() {
    for (let look = 1; look <= looks; look++) {
      const before = yield* options.look
      const names = options.tables(before).map(Sql.quoteName)
      const gone = yield* names.length === 0 ? Effect.succeed(false) : options.locking.query(
        `LOCK TABLES ${names.map((name) => `${name} READ`).join(", ")}`
      ).pipe(
        Effect.as(false),
        Effect.catchIf(({ reason }) => reason === "UnknownTable", () => Effect.succeed(true)),
        Effect.mapError(lockError(tableLocks))
      )
      if (gone) continue
      const locked = yield* Clock.currentTimeMillis
      if (!options.same(before, yield* options.look)) {
        yield* Effect.mapError(options.locking.query("UNLOCK TABLES"), lockError(tableLocks))
        continue
      }
      return yield* underLock(options, tableLocks, locked)
    }
    return yield* movedOn
  }).pipe((effect) => unlocked(options, effect))

/** What the server says of snapshots that were taken without a lock. */
interface Told {
  /** None when it says nothing. */
  readonly equal: Option.Option<{ readonly value: boolean; readonly by: string }>
  readonly position: Position.Position
}

const tell = <A, E>(
  { connections, control, dialect }: Options<A, E>,
  ownWords: boolean,
  before: Option.Option<Position.Position>,
  settled: Option.Option<boolean>
): Effect.Effect<Told, SourceError> =>
  Effect.gen(function*() {
    const standing = yield* Position.ofSnapshots(connections, dialect)
    if (Option.isSome(standing)) {
      const [first] = standing.value
      const value = first !== undefined &&
        standing.value.every(({ file, position }) => file === first.file && position === first.position)
      return {
        equal: Option.some({ value, by: "where each snapshot stands in the binary log" }),
        position: value ? yield* Position.at(control, dialect, first) : Position.nowhere
      }
    }
    if (ownWords) return { equal: Option.none(), position: Position.nowhere }
    const after = yield* Position.now(control, dialect)
    const still = Option.zipWith(before, after, Position.same)
    const value = Option.zipWith(still, settled, (still, settled) => still && settled)
    return {
      equal: Option.map(value, (value) => ({ value, by: "the binary log's position, which stood still meanwhile" })),
      position: Option.contains(value, true) ? Option.getOrElse(after, () => Position.nowhere) : Position.nowhere
    }
  })

/** Why snapshots without a lock are of no use. */
type Useless = "NotTold" | "Busy"

interface NoProof {
  readonly _tag: "NoProof"
  readonly why: Useless
}

const noProof = (why: Useless): NoProof => ({ _tag: "NoProof", why })

const isNoProof = (error: unknown): error is NoProof =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "NoProof"

/** `ownWords`: only what the snapshots themselves say counts. */
const proven = <A, E>(options: Options<A, E>, ownWords: boolean): Effect.Effect<Taken<A>, E | SourceError | NoProof> =>
  Effect.gen(function*() {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const seen = yield* options.look
      const before = yield* Position.now(options.control, options.dialect)
      // in this order: what is written after the position is seen as a change of it
      const settled = yield* Position.settled(options.control, options.dialect)
      yield* beginAll(options.connections)
      const { equal, position } = yield* tell(options, ownWords, before, settled)
      if (Option.isNone(equal)) return yield* Effect.fail(noProof("NotTold"))
      if (!equal.value.value) continue
      yield* options.secure(seen, false)
      const found = yield* options.look
      if (!options.same(seen, found)) continue
      return { found, position, because: Option.none(), proof: Consistency.Proof.Told({ by: equal.value.by }) }
    }
    return yield* Effect.fail(noProof("Busy"))
  })

const unproven = <A, E>(options: Options<A, E>): Result<A, E> =>
  Effect.gen(function*() {
    yield* beginAll(options.connections)
    const found = yield* options.look
    yield* options.secure(found, false)
    // a position would belong to no snapshot in particular
    return { found, position: Position.nowhere, because: Option.none(), proof: Consistency.Proof.Missing() }
  })

const words: { readonly [W in Useless]: string } = {
  NotTold: "the server does not tell whether snapshots that are taken without a lock are the same",
  Busy: `others wrote each of the ${attempts} times that snapshots were taken without a lock`
}

const failed = (why: Useless, advice: string): SourceError =>
  new SourceError({ reason: why === "NotTold" ? "Unsupported" : "LockTimeout", what, detail: words[why], advice })

const otherwise = "use --sync-thread-lock-mode=FTWRL or LOCK_ALL"

const gtid = <A, E>(options: Options<A, E>): Result<A, E> =>
  Effect.mapError(proven(options, true), (error) =>
    isNoProof(error)
      ? failed(
        error.why,
        error.why === "NotTold"
          ? `The mode GTID needs MariaDB, or Percona Server, with a binary log; ${otherwise}`
          : `Try again when less is written, or ${otherwise}`
      )
      : error)

const safe = <A, E>(options: Options<A, E>): Result<A, E> =>
  Effect.mapError(proven(options, false), (error) =>
    isNoProof(error)
      ? failed(
        error.why,
        error.why === "NotTold"
          ? `The mode SAFE_NO_LOCK needs a binary log, with GTIDs on MySQL, and leave to ask for its position (${
            options.dialect.tellsPosition[0] ?? ""
          }); ${otherwise}`
          : `Try again when nobody writes, or ${otherwise}`
      )
      : error)

const auto = <A, E>(options: Options<A, E>): Result<A, E> =>
  withGlobalLock(options).pipe(
    Effect.catchIf(isRefused, (refused) =>
      proven(options, false).pipe(
        Effect.catchIf(isNoProof, () => withTableLocks(options)),
        Effect.map((taken) => ({ ...taken, because: Option.some(refused.why) }))
      )),
    Effect.mapError((error) =>
      isRefused(error)
        ? new SourceError({
          reason: "Privilege",
          what,
          detail: `${error.why}; nor does it let the account take the global lock, nor prove snapshots without a lock`,
          advice: `Grant the account ${options.dialect.locksAll[0] ?? ""}, or LOCK TABLES; ` +
            "or do without a consistent moment, with --sync-thread-lock-mode=NO_LOCK"
        })
        : error
    )
  )

/**
 * Starts the snapshot on all connections. A lock is let go right afterwards in any case.
 *
 * @internal
 */
export const take = <A, E>(options: Options<A, E>): Result<A, E> =>
  Consistency.LockMode.$match(options.mode, {
    Auto: () => auto(options),
    Ftwrl: () => refusedIsFinal(withGlobalLock(options)),
    LockAll: () => refusedIsFinal(withTableLocks(options)),
    Gtid: () => gtid(options),
    SafeNoLock: () => safe(options),
    NoLock: () => unproven(options)
  })
