/**
 * How several connections come to see the same moment.
 *
 * With the global read lock nobody can write while the connections take their snapshots, one after the other. Without
 * it they take them all the same, and the position of the binary log tells whether anybody wrote meanwhile.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import { SourceError } from "@sluice/pipeline/SluiceError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

import type * as Connection from "../Connection.js"
import type * as MysqlError from "../MysqlError.js"
import type * as Control from "./control.js"
import type * as Dialect from "./dialect.js"

/** @internal */
export interface Taken<A> {
  /** What was found while nothing could change. */
  readonly found: A
  readonly consistency: string
  readonly position: ReadonlyMap<string, string>
}

/** @internal */
export interface Options<A, E> {
  readonly control: Control.Session
  /** Used for nothing but the lock. */
  readonly locking: Control.Session
  readonly dialect: Dialect.Dialect
  /** All connections that are to share the snapshot. */
  readonly connections: ReadonlyArray<Connection.RawConnection>
  /** Quick: everybody who writes is kept waiting for it. */
  readonly whileLocked: Effect.Effect<A, E>
}

const what = "cannot take a consistent snapshot of the source"

/** How often to try again when somebody wrote while the snapshots were taken without a lock. */
const attempts = 10

/** The sessions are at REPEATABLE READ, without which this takes no snapshot. */
const begin = (connection: Connection.RawConnection): Effect.Effect<void, SourceError> =>
  Effect.mapError(
    connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
    (error) => error.toSource(what)
  )

/** Also ends the snapshot that a connection had. */
const beginAll = (connections: ReadonlyArray<Connection.RawConnection>) =>
  Effect.forEach(connections, begin, { concurrency: "unbounded", discard: true })

const Cell = Schema.NullOr(Schema.Union(Schema.String, Schema.Number))
const StatusRow = Schema.Record({ key: Schema.String, value: Schema.Unknown })
const text = (row: typeof StatusRow.Type, key: string): string => {
  const value = row[key]
  return Schema.is(Cell)(value) ? String(value ?? "") : ""
}

const quoted = (value: string): string => `"${value.replaceAll("\n", "")}"`

type Position = ReadonlyMap<string, string>

const nowhere = Option.none<Position>()

/** The position of the binary log; none when there is no log, or when the account may not ask. */
const readPosition = (control: Control.Session, dialect: Dialect.Dialect) =>
  Effect.gen(function*() {
    const [status] = yield* control.query(StatusRow, dialect.binaryLogStatus)
    if (status === undefined || text(status, "File") === "") return nowhere
    const [gtids] = Option.isSome(dialect.gtids) ? yield* control.query(StatusRow, dialect.gtids.value) : []
    const executed = gtids === undefined
      ? text(status, "Executed_Gtid_Set")
      : Object.keys(gtids).map((key) => text(gtids, key)).join("")
    return Option.some<Position>(
      new Map([
        ...(executed === "" ? [] : [["executed_gtid_set", quoted(executed)] as const]),
        ["SOURCE_LOG_FILE", quoted(text(status, "File"))],
        ["SOURCE_LOG_POS", text(status, "Position")]
      ])
    )
  }).pipe(
    Effect.catchIf(
      ({ reason }) => reason === "Privilege" || reason === "Statement" || reason === "Unsupported",
      () => Effect.succeed(nowhere)
    ),
    Effect.mapError((error) => error.toSource("cannot read the position of the source's binary log"))
  )

const noPosition: Position = new Map()

const on = (connections: ReadonlyArray<unknown>): string =>
  connections.length === 1 ? "1 connection" : `${connections.length} connections`

const withLock = <A, E>(options: Options<A, E>): Effect.Effect<Taken<A>, E | SourceError> =>
  Effect.gen(function*() {
    const locked = yield* Clock.currentTimeMillis
    yield* beginAll(options.connections)
    const position = yield* readPosition(options.control, options.dialect)
    const found = yield* options.whileLocked
    const held = (yield* Clock.currentTimeMillis) - locked
    return {
      found,
      position: Option.getOrElse(position, () => noPosition),
      consistency: `one snapshot on ${on(options.connections)}, taken under FLUSH TABLES WITH READ LOCK, which was ` +
        `held for ${held} ms`
    }
  })

/**
 * Where each connection's own snapshot stands, if the server tells; the same for all when they are one.
 */
const standing = (
  connections: ReadonlyArray<Connection.RawConnection>,
  question: string
): Effect.Effect<Option.Option<boolean>, SourceError> =>
  Effect.forEach(connections, (connection) => connection.query(question)).pipe(
    Effect.map((answers) => {
      const places = answers.map(({ rows }) =>
        rows.map((row) => row.map((cell) => cell === null ? "" : Sql.text(cell)).join("=")).sort().join(" ")
      )
      return places.every((place) => /binlog_snapshot_file=\S/i.test(place))
        ? Option.some(places.every((place) => place === places[0]))
        : Option.none()
    }),
    Effect.mapError((error) => error.toSource(what))
  )

const samePosition = (a: Position, b: Position): boolean =>
  a.size === b.size && Array.from(a).every(([key, value]) => b.get(key) === value)

/**
 * Whether the snapshots are one: by the connections' own words, else by a position that stood still while they were
 * taken. None when neither can be asked.
 */
const equality = (
  connections: ReadonlyArray<Connection.RawConnection>,
  dialect: Dialect.Dialect,
  before: Option.Option<Position>,
  after: Option.Option<Position>
): Effect.Effect<Option.Option<boolean>, SourceError> =>
  Effect.gen(function*() {
    if (connections.length === 1) return Option.some(true)
    const told = Option.isNone(dialect.snapshotPosition)
      ? Option.none()
      : yield* standing(connections, dialect.snapshotPosition.value)
    return Option.orElse(told, () => Option.zipWith(before, after, samePosition))
  })

const withoutLock = <A, E>(options: Options<A, E>, why: string): Effect.Effect<Taken<A>, E | SourceError> =>
  Effect.gen(function*() {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const before = yield* readPosition(options.control, options.dialect)
      yield* beginAll(options.connections)
      const after = yield* readPosition(options.control, options.dialect)
      const equal = yield* equality(options.connections, options.dialect, before, after)
      if (Option.contains(equal, false)) continue
      const found = yield* options.whileLocked
      // A position that moved meanwhile belongs to no snapshot in particular.
      const position = Option.zipWith(before, after, samePosition).pipe(
        Option.filter((still) => still),
        Option.zipRight(after),
        Option.getOrElse(() => noPosition)
      )
      const proof = options.connections.length === 1
        ? "a snapshot on 1 connection"
        : Option.isSome(equal)
        ? `one snapshot on ${on(options.connections)}, proven by the binary log's position`
        : `${options.connections.length} snapshots taken at almost the same time, which nothing proves to be the same`
      return { found, position, consistency: `${proof}; without a lock, as ${why}` }
    }
    return yield* new SourceError({
      reason: "Privilege",
      what,
      detail: `${why}, and others wrote each of the ${attempts} times that it was tried without a lock`,
      advice: "Grant RELOAD to the account, or dump with one thread"
    })
  })

const refusals = new Set([
  1045, // as managed servers put it
  1227,
  1235, // not in this server
  1290
])

/** Whether the server does not let this account lock, rather than that locking failed. */
const isRefusal = (error: MysqlError.MysqlError): boolean =>
  error.reason === "Privilege" || (error.errno !== undefined && refusals.has(error.errno))

const lockError = (error: MysqlError.MysqlError): SourceError =>
  error.reason === "LockTimeout"
    ? new SourceError({
      reason: "LockTimeout",
      what,
      detail: "FLUSH TABLES WITH READ LOCK had to wait too long for statements that were running",
      advice: "Try again when the long statements of other sessions are done"
    })
    : error.toSource(what)

/**
 * Starts the snapshot on all connections: under the global read lock, which is let go right afterwards in any case, or
 * without it where the account may not lock. What it came to is said in words.
 *
 * @internal
 */
export const take = <A, E>(options: Options<A, E>): Effect.Effect<Taken<A>, E | SourceError> => {
  const lock = Effect.zipRight(
    Option.match(options.dialect.flush, {
      onNone: () => Effect.void,
      onSome: (flush) => options.locking.execute(flush)
    }),
    options.locking.execute("FLUSH TABLES WITH READ LOCK")
  )
  return lock.pipe(
    Effect.as(Option.none<string>()),
    Effect.catchIf(isRefusal, (error) => Effect.succeed(Option.some(error.detail))),
    Effect.mapError(lockError),
    Effect.flatMap(Option.match({
      onNone: () => withLock(options),
      onSome: (detail) => withoutLock(options, `the server refused FLUSH TABLES WITH READ LOCK: ${detail}`)
    })),
    // Also when the lock was only asked for: whoever is interrupted while waiting takes the session with him.
    Effect.ensuring(Effect.ignore(options.locking.execute("UNLOCK TABLES")))
  )
}
