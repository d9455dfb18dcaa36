/**
 * Taking the snapshot, with all that has to be of its moment, and what is held until the dump is done.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

import * as Catalog from "../Catalog.js"
import type * as Connection from "../Connection.js"
import type * as Consistency from "../Consistency.js"
import type { MysqlError } from "../MysqlError.js"
import type * as Control from "./control.js"
import type * as Dialect from "./dialect.js"
import * as Engines from "./engines.js"
import * as Guards from "./guards.js"
import * as Locks from "./locks.js"
import * as Marks from "./marks.js"
import * as Needs from "./needs.js"
import * as Pins from "./pins.js"
import type { Position } from "./position.js"
import * as Tenants from "./tenants.js"
import * as Visibility from "./visibility.js"

/** @internal */
export interface Options {
  readonly mode: Consistency.LockMode
  readonly ddl: Consistency.Ddl
  /** Whether tables of engines without transactions are refused. */
  readonly transactionalOnly: boolean
  /** Whether other tables of such engines are locked until they are read, as they are when it is not said. */
  readonly locksOthers?: boolean | undefined
  readonly selection: Source.Selection
  readonly dialect: Dialect.Dialect
  /** The connections that share the snapshot; the first one is not for rows. */
  readonly connections: readonly [Connection.RawConnection, ...ReadonlyArray<Connection.RawConnection>]
  /** Connects once more, and sets the session up. */
  readonly connect: Effect.Effect<Connection.RawConnection, SourceError, Scope.Scope>
  readonly control: Control.Session
  /** How long to wait for a lock, in seconds. */
  readonly patience: number
}

/** @internal */
export interface Moment {
  readonly identity: Catalog.Identity
  readonly position: Position
  readonly reached: Consistency.Reached
  /** Whether going back to a savepoint lets go of what a connection has open, and should. */
  readonly letsGo: boolean
  /** Makes sure that a table that is open is the one it should be, where it could be another. */
  readonly whileOpen: Option.Option<(table: Marks.TableName) => Effect.Effect<void, SourceError>>
  /** Makes sure that tables stayed what they were. */
  readonly afterwards: (tables: ReadonlyArray<Marks.TableName>) => Effect.Effect<void, SourceError>
  /** The connection that reads a table of an engine without transactions, which it holds a lock on. */
  readonly apart: (table: Marks.TableName) => Option.Option<Connection.RawConnection>
  /** To be run when tables have been read, of which some may be such. */
  readonly readApart: (tables: ReadonlyArray<Marks.TableName>) => Effect.Effect<void, SourceError>
}

const what = "cannot take a consistent snapshot of the source"
const toSource = (error: MysqlError): SourceError => error.toSource(what)

/** While everybody waits, tables are opened at about a third of a millisecond each: more have to wait until later. */
const pinnedUnderLock = 1000

/** How long to wait for the backup lock while everybody who writes waits for us. */
const stageSeconds = 5

/** A session whose program is gone without a word gives up its locks after this long, in seconds. */
const silence = 300

const nameOf = (table: Marks.TableName): string => Sql.quoteName({ database: table.database, name: table.name })

const EngineRow = Schema.Struct({ engine: Schema.String })
const CountRow = Schema.Struct({ count: Schema.NumberFromString.pipe((text) => Schema.Union(Schema.Number, text)) })

const transactionalEngines = (control: Control.Session) =>
  Effect.mapBoth(
    control.query(EngineRow, "SELECT ENGINE AS engine FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'"),
    { onSuccess: (rows) => new Set(rows.map((row) => row.engine)), onFailure: toSource }
  )

const plainEnginesAnywhere = (control: Control.Session, transactional: ReadonlySet<string>) =>
  Effect.mapBoth(
    control.query(
      CountRow,
      "SELECT COUNT(*) AS `count` FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' " +
        `AND TABLE_SCHEMA NOT IN (${
          Array.from(Catalog.systemDatabases, Sql.quoteText).join(", ")
        }) AND ENGINE NOT IN (${Array.from(transactional, Sql.quoteText).join(", ")})`
    ),
    { onSuccess: ([row]) => (row?.count ?? 0) > 0, onFailure: toSource }
  )

/** Sets all connections so that they can let go of what they have open, and says whether that works. */
const prepareToLetGo = (
  connections: ReadonlyArray<Connection.RawConnection>,
  dialect: Dialect.Dialect
): Effect.Effect<boolean, SourceError> =>
  Option.match(dialect.letsGo, {
    onNone: () => Effect.succeed(true),
    onSome: ({ statement }) =>
      Effect.forEach(connections, (connection) => connection.query(statement), { discard: true }).pipe(
        Effect.as(true),
        Effect.catchIf(({ reason }) => reason === "Privilege", () =>
          // without a binary log there is nothing that would keep the locks
          Effect.map(Effect.forEach(connections.slice(0, 1), (one) => one.query("SELECT @@log_bin")), (answers) =>
            answers.every(({ rows: [row] }) =>
              row?.[0] !== null && row?.[0] !== undefined && Sql.text(row[0]) === "0"
            ))),
        Effect.mapError(toSource)
      )
  })

/** The server's own logs cannot be locked. */
const unlockable = new Set(["`mysql`.`general_log`", "`mysql`.`slow_log`"])

interface Found {
  readonly identity: Catalog.Identity
  readonly marks: Marks.Marks
}

const sameFound = (a: Found, b: Found): boolean =>
  a.identity.names.size === b.identity.names.size &&
  Array.from(a.identity.names).every((name) => b.identity.names.has(name)) &&
  a.marks.size === b.marks.size &&
  Array.from(a.marks).every(([name, mark]) => {
    const other = b.marks.get(name)
    return other !== undefined && Marks.same(mark, other)
  })

/** A session that holds a lock while others are read is never silent for long, unless its program is gone. */
const watchOver = (connections: ReadonlyArray<Connection.RawConnection>) =>
  Effect.gen(function*() {
    yield* Effect.forEach(
      connections,
      (connection) => Effect.mapError(connection.query(`SET SESSION wait_timeout = ${silence}`), toSource)
    )
    yield* Effect.forEach(connections, (connection) => Effect.ignore(connection.query("SELECT 1"))).pipe(
      Effect.repeat(Schedule.spaced(`${silence / 10} seconds`)),
      Effect.forkScoped
    )
  })

const onlyTransactional = (tables: ReadonlyArray<Catalog.Listed>): Effect.Effect<void, SourceError> =>
  tables.length === 0 ? Effect.void : Effect.fail(Needs.refused(
    "tables that no snapshot can hold are selected, and --trx-tables says that there are none",
    tables.map((table) => `${nameOf(table)} (${table.engine})`),
    "Leave --trx-tables out: they are then locked until they are read, and read first"
  ))

/**
 * Takes the snapshot on all connections.
 *
 * @internal
 */
export const take = (options: Options): Effect.Effect<Moment, SourceError, Scope.Scope> =>
  Effect.gen(function*() {
    const { connections, control, ddl, dialect, mode, selection } = options
    // Asked for before anybody is kept waiting, so that a wrong name costs nobody anything.
    const before = yield* Catalog.identify(control, selection)
    const transactional = yield* transactionalEngines(control)
    const isPlain = (table: Catalog.Listed) =>
      !table.sequence && table.engine !== "" && !transactional.has(table.engine) && !Engines.isElsewhere(table.engine)
    const witness = yield* options.connect
    const own = yield* Visibility.grants(control, dialect)
    const exact = yield* Marks.areExact(witness, dialect)
    const canLetGo = yield* prepareToLetGo(connections, dialect)
    yield* Needs.check({
      own,
      dialect,
      selection,
      identity: before,
      mode,
      ddl,
      exact,
      letsGo: canLetGo
    })
    if (options.transactionalOnly) yield* onlyTransactional(before.tables.filter(isPlain))

    const means: Guards.Means = {
      dialect,
      own,
      mode,
      ddl,
      exact,
      letsGo: canLetGo,
      plainEngines: yield* plainEnginesAnywhere(control, transactional)
    }
    let guard = Guards.choose(means)
    const backupLock = guard === "BackupLock" ? dialect.backupLock : Option.none()
    const underGlobalLock = Option.exists(backupLock, (lock) => lock.underGlobalLock) &&
      (mode._tag === "Auto" || mode._tag === "Ftwrl")
    const keeper = Option.exists(backupLock, (lock) => lock.underGlobalLock) ? yield* options.connect : witness
    const apart = options.locksOthers !== false && before.tables.some(isPlain)
      ? Option.some(yield* options.connect)
      : Option.none()
    yield* watchOver(keeper === witness ? [witness] : [witness, keeper])

    if (Option.isSome(backupLock) && !underGlobalLock && !(yield* Guards.take(keeper, backupLock.value))) {
      guard = Guards.otherwise(means)
    }
    if (underGlobalLock) {
      yield* Effect.mapError(keeper.query(`SET SESSION lock_wait_timeout = ${stageSeconds}`), toSource)
    }

    let heldApart: ReadonlyMap<string, Catalog.Listed> = new Map()
    const lockApart = (tables: ReadonlyArray<Catalog.Listed>) =>
      Option.isNone(apart) || tables.length === 0 ? Effect.void : apart.value.query(
        `LOCK TABLES ${tables.map((table) => `${nameOf(table)} READ`).join(", ")}`
      ).pipe(
        Effect.tap(() =>
          Effect.sync(() => {
            heldApart = new Map(tables.map((table) => [nameOf(table), table]))
          })
        ),
        // they are told of as not locked
        Effect.catchIf((error) => error.errno !== undefined && error.reason !== "ConnectionLost", () => Effect.void),
        Effect.mapError(toSource)
      )
    const look = Effect.gen(function*() {
      const identity = yield* Catalog.identify(control, selection)
      const marks = guard === "Checked"
        ? yield* Marks.read(connections, dialect, identity.tables, true)
        : Marks.none
      return { identity, marks } satisfies Found
    })
    const tooMany = (found: Found) => found.identity.tables.length > pinnedUnderLock

    const taken = yield* Locks.take<Found, SourceError>({
      mode,
      control,
      locking: witness,
      dialect,
      connections,
      patience: options.patience,
      look,
      same: sameFound,
      tables: ({ identity }) => identity.tables,
      secure: (found, locked) =>
        Effect.gen(function*() {
          if (locked) {
            yield* lockApart(found.identity.tables.filter((table) => isPlain(table) && !unlockable.has(nameOf(table))))
          }
          if (underGlobalLock && Option.isSome(backupLock) && !(yield* Guards.take(keeper, backupLock.value))) {
            guard = "MetadataLocks"
          }
          if (guard === "MetadataLocks" && !tooMany(found)) yield* Pins.pin(connections, found.identity.tables)
        })
    })
    const late = guard === "MetadataLocks" && tooMany(taken.found)
    if (late) yield* Pins.pin(connections, taken.found.identity.tables)
    const { identity } = taken.found
    const marks = guard === "Checked"
      ? taken.found.marks
      : yield* Marks.read(connections, dialect, identity.tables, false)
    // whoever waits for a table that others want to change waits for a second, and lets another connection try
    if (guard === "Checked") yield* Effect.mapError(witness.query("SET SESSION lock_wait_timeout = 1"), toSource)
    yield* Effect.forEach(connections, (connection, i) =>
      Effect.zipRight(
        connection.query(Tenants.savepoint),
        guard === "Checked" && i > 0 ? connection.query("SET SESSION lock_wait_timeout = 1") : Effect.void
      ), { concurrency: "unbounded", discard: true }).pipe(Effect.mapError(toSource))

    const marked = (table: Marks.TableName): Effect.Effect<Marks.Marked, SourceError> =>
      Option.match(Option.fromNullable(marks.get(nameOf(table))), {
        onNone: () => Effect.fail(Marks.changed(table, "it was not there when the snapshot was taken")),
        onSome: (mark) => Effect.succeed([table, mark])
      })
    const check = (table: Marks.TableName) =>
      Effect.flatMap(marked(table), ([, mark]) => Marks.check(witness, table, mark))
    const unread = new Set(heldApart.keys())
    const named = (table: Catalog.Listed) => `${nameOf(table)} (${table.engine})`
    const plain = identity.tables.filter(isPlain)
    return {
      identity,
      position: taken.position,
      reached: {
        connections: connections.length,
        proof: taken.proof,
        guard,
        because: taken.because,
        locked: plain.filter((table) => heldApart.has(nameOf(table))).map(named),
        apart: plain.filter((table) => !heldApart.has(nameOf(table))).map(named),
        late
      },
      letsGo: canLetGo && guard !== "MetadataLocks",
      whileOpen: guard === "Checked" ? Option.some(check) : Option.none(),
      afterwards: (tables) => {
        const unheld = guard === "Checked" ? tables.filter((table) => heldApart.has(nameOf(table))) : tables
        return unheld.length === 0 ? Effect.void : Effect.zipRight(
          guard === "BackupLock" ? Guards.alive(keeper) : Effect.void,
          Effect.flatMap(Effect.forEach(unheld, marked), (some) => Marks.checkAll(witness, some))
        )
      },
      apart: (table) => heldApart.has(nameOf(table)) ? apart : Option.none(),
      readApart: (tables) =>
        Effect.suspend(() => {
          const some = tables.filter((table) => unread.delete(nameOf(table)))
          return some.length > 0 && unread.size === 0 && Option.isSome(apart)
            ? Effect.asVoid(Effect.mapError(apart.value.query("UNLOCK TABLES"), toSource))
            : Effect.void
        })
    } satisfies Moment
  })
