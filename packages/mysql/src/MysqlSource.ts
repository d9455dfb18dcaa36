/**
 * A MySQL or MariaDB server as the source of a dump.
 *
 * @since 0.1.0
 */
import * as Sql from "@sluice/format/Sql"
import { SourceError } from "@sluice/pipeline/SluiceError"
import * as Source from "@sluice/pipeline/Source"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import * as Catalog from "./Catalog.js"
import * as Connection from "./Connection.js"
import * as Chunks from "./internal/chunks.js"
import * as Control from "./internal/control.js"
import * as Definitions from "./internal/definitions.js"
import * as Dialect from "./internal/dialect.js"
import * as Engines from "./internal/engines.js"
import * as Locks from "./internal/locks.js"
import * as Pins from "./internal/pins.js"
import * as Readers from "./internal/readers.js"
import * as Reading from "./internal/reading.js"
import * as ServerWide from "./internal/serverWide.js"
import type { MysqlError } from "./MysqlError.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Connection.Options {
  /** How many chunks are read at once: 1 at least. */
  readonly readers: number
  /** Connections that stand by for readers that are lost, as no new one can join a snapshot: 1 when not given. */
  readonly spare?: number | undefined
  /** How long to wait for locks that others hold, the global one first of all: a minute when not given. */
  readonly lockWait?: Duration.Duration | undefined
}

const defaultLockWait = Duration.minutes(1)

const cannotConnect = (error: MysqlError): SourceError => error.toSource("cannot connect to the source server")

/** Connects once more, for what is asked for beside the rows; and to each reader. All of it happens before any lock. */
const connectAll = (options: Options) =>
  Effect.gen(function*() {
    const atOnce = Math.max(1, Math.floor(options.readers))
    const spare = Math.max(0, Math.floor(options.spare ?? 1))
    const seconds = Math.max(1, Math.ceil(Duration.toSeconds(options.lockWait ?? defaultLockWait)))
    const connect = Effect.gen(function*() {
      const connection = yield* Connection.acquire(options)
      const dialect = Dialect.make(connection.server)
      yield* Effect.forEach(dialect.session(seconds), (statement) => connection.query(statement), { discard: true })
      return { connection, dialect }
    })
    // The first one alone, so that a wrong password is told once.
    const { connection: side, dialect } = yield* connect
    const readers = yield* Effect.forEach(
      Array.from({ length: atOnce + spare }),
      () => Effect.map(connect, ({ connection }) => connection),
      { concurrency: 8 }
    )
    return { side, dialect, readers, atOnce, seconds }
  }).pipe(Effect.mapError(cannotConnect))

const GlobalMode = Schema.Struct({ mode: Schema.String })

/** Tables of engines without transactions are in no snapshot: they are read as they are when their turn comes. */
const outside = (catalog: Catalog.Catalog): string => {
  const tables = catalog.databases.flatMap((database) => database.tables).filter((table) =>
    table.info.kind === "Table" && Option.exists(table.engine, (engine) => !catalog.transactional.has(engine))
  )
  const names = tables.slice(0, 20).map((table) =>
    `${Sql.quoteName({ database: table.info.database, name: table.info.name })} (${
      Option.getOrElse(table.engine, () => "")
    })`
  )
  const more = tables.length > names.length ? ` and ${tables.length - names.length} more` : ""
  return tables.length === 0
    ? ""
    : `; not in it, as their engines have no transactions, and read as they are when their turn comes: ${
      names.join(", ")
    }${more}`
}

/** While everybody waits, tables are opened at about a third of a millisecond each: more have to wait until later. */
const pinnedUnderLock = 1000

/** Takes the snapshot and reads the catalog that belongs to it. The sessions for that are closed when it is done. */
const take = (
  options: Options,
  { dialect, readers, seconds, side }: Effect.Effect.Success<ReturnType<typeof connectAll>>,
  selection: Source.Selection
) =>
  Effect.gen(function*() {
    const session = yield* Effect.mapError(Control.make(options), cannotConnect)
    const open = Effect.tap(
      Effect.mapError(session, cannotConnect),
      (session) =>
        Effect.mapError(Effect.forEach(dialect.session(seconds), session.execute, { discard: true }), cannotConnect)
    )
    const control = yield* open
    const locking = yield* open
    const connections = [side, ...readers]
    // Asked for before anybody is kept waiting, so that a wrong name costs nobody anything.
    yield* Catalog.identify(control, selection)
    const taken = yield* Locks.take({
      control,
      locking,
      dialect,
      connections,
      whileLocked: Effect.tap(
        Catalog.identify(control, selection),
        ({ tables }) => tables.length > pinnedUnderLock ? Effect.void : Pins.pin(connections, tables)
      )
    })
    const late = taken.found.tables.length > pinnedUnderLock
    if (late) yield* Pins.pin(connections, taken.found.tables)
    const [global] = yield* Effect.mapError(
      control.query(GlobalMode, "SELECT @@GLOBAL.sql_mode AS mode"),
      (error) => error.toSource("cannot read the source's sql_mode")
    )
    const catalog = yield* Catalog.read(control, dialect, selection, taken.found, global?.mode ?? "")
    return {
      catalog,
      consistency: taken.consistency +
        (late ? "; as there are many tables, their definitions could change for a moment after it" : "") +
        outside(catalog),
      position: taken.position
    }
  }).pipe(Effect.scoped)

const noSuch = (where: string) =>
  new SourceError({
    reason: "UnknownTable",
    what: "cannot read from the source",
    where,
    detail: "the snapshot does not hold it",
    advice: "Use what the snapshot's own catalog says"
  })

/** Whether a connection's snapshot outlives an error of a statement. */
const keepsSnapshot = (error: MysqlError): boolean =>
  error.errno !== undefined && error.reason !== "ConnectionLost" && error.reason !== "Deadlock"

const open = (
  options: Options,
  selection: Source.Selection
): Effect.Effect<Source.Snapshot, SourceError, Scope.Scope> =>
  Effect.gen(function*() {
    const connections = yield* connectAll(options)
    const { atOnce, dialect, readers, side } = connections
    const { catalog, consistency, position } = yield* take(options, connections, selection)
    const lease = yield* Readers.make(readers, atOnce)
    // A view needs a default database while it is asked for, so definitions come one at a time.
    const one = (yield* Effect.makeSemaphore(1)).withPermits(1)

    const databases = new Map(catalog.databases.map((database) => [database.name, database]))
    const tables = new Map(
      catalog.databases.map((database) => [
        database.name,
        new Map(database.tables.map((table) => [table.info.name, table]))
      ])
    )
    const tableOf = (info: Source.TableInfo) =>
      Effect.mapError(
        Effect.fromNullable(tables.get(info.database)?.get(info.name)),
        () => noSuch(Sql.quoteName({ database: info.database, name: info.name }))
      )
    const databaseOf = (info: Source.DatabaseInfo) =>
      Effect.mapError(Effect.fromNullable(databases.get(info.name)), () => noSuch(Sql.quoteIdentifier(info.name)))

    const read = (chunk: Source.Chunk, how: Source.ReadOptions) =>
      Stream.unwrapScoped(Effect.gen(function*() {
        const table = yield* tableOf(chunk.table)
        const { connection, returns } = yield* lease
        const where = `${Sql.quoteName({ database: chunk.table.database, name: chunk.table.name })}, ${chunk.note}`
        return Reading.rows(connection, dialect, table, chunk, how).pipe(
          // Only a statement that came to its end leaves its connection, and the snapshot with it, as they were.
          Stream.concat(Stream.execute(returns)),
          Stream.tapError((error) => keepsSnapshot(error) ? returns : Effect.void),
          Stream.mapError((error) => error.toSource("cannot read rows from the source", where))
        )
      }))

    return {
      catalog: {
        databases: catalog.databases.map(({ name, tables }) => ({ name, tables: tables.map((table) => table.info) })),
        sqlMode: catalog.sqlMode,
        consistency,
        leftOut: [
          ...(catalog.versioned.length === 0 ? [] : [`the history of ${catalog.versioned.join(", ")}`]),
          ...Engines.leftOut(catalog.databases.flatMap((database) => database.tables))
        ],
        position
      },
      serverWide: (kind) => one(ServerWide.read(side, kind)),
      database: (database) => one(Definitions.database(side, database.name)),
      definition: (info) =>
        Effect.flatMap(
          tableOf(info),
          (table) => one(Definitions.of(info.kind, dialect)(side, table))
        ),
      triggers: (info) =>
        Effect.flatMap(databaseOf(info), ({ name: database, triggers }) =>
          Effect.forEach(triggers, (name) =>
            one(Definitions.program(side, "TRIGGER", { database, name, comment: "" })))),
      programs: (info) =>
        Effect.flatMap(databaseOf(info), ({ name: database, programs }) =>
          Effect.forEach(programs, ({ comment, kind, name }) =>
            one(Definitions.program(side, kind, { database, name, comment })))),
      plan: (info, how) =>
        Stream.unwrap(Effect.map(tableOf(info), (table) =>
          Engines.hasRows(table) ? Chunks.plan(side, table, how) : Stream.empty)),
      read,
      finish: () =>
        Effect.void
    } satisfies Source.Snapshot
  }).pipe(Effect.withSpan("MysqlSource.snapshot"))

/**
 * A server as a source. It is connected to when a snapshot is asked for: to `readers` + `spare` + 1 connections for as
 * long as the snapshot is open, and three more while it is being taken.
 *
 * The snapshot is taken under `FLUSH TABLES WITH READ LOCK`, which is let go as soon as all connections have theirs.
 * Where the account may not lock, they take theirs all the same, and the binary log's position has to prove them
 * equal; what it came to is told in the catalog's `consistency`.
 *
 * While the snapshot is open, whoever wants to alter, rename, truncate or drop one of its tables waits; creating other
 * tables, and writing, go on. Views, triggers, routines and events are read as they are when they are asked for.
 *
 * @example
 * ```ts
 * import { MysqlSource } from "@sluice/mysql"
 * import { Redacted } from "effect"
 *
 * const SourceLive = MysqlSource.layer({ host: "db1", user: "backup", password: Redacted.make("secret"), readers: 4 })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Source.Source> =>
  Layer.succeed(Source.Source, { snapshot: (selection) => open(options, selection) })
