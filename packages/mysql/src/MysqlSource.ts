/**
 * A MySQL or MariaDB server as the source of a dump.
 *
 * @since 0.1.0
 */
import * as Sql from "@sluice/format/Sql"
import * as Pace from "@sluice/pipeline/Pace"
import { SourceError } from "@sluice/pipeline/SluiceError"
import * as Source from "@sluice/pipeline/Source"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import type * as Burden from "./Burden.js"
import * as Catalog from "./Catalog.js"
import * as Connection from "./Connection.js"
import * as Consistency from "./Consistency.js"
import * as Asking from "./internal/asking.js"
import * as Chunks from "./internal/chunks.js"
import * as Control from "./internal/control.js"
import * as Definitions from "./internal/definitions.js"
import * as Dialect from "./internal/dialect.js"
import * as Engines from "./internal/engines.js"
import * as FileSizes from "./internal/fileSizes.js"
import * as History from "./internal/history.js"
import * as Inventory from "./internal/inventory.js"
import * as LongQueries from "./internal/longQueries.js"
import * as Moment from "./internal/moment.js"
import * as Reading from "./internal/reading.js"
import * as ServerWide from "./internal/serverWide.js"
import * as Tenants from "./internal/tenants.js"
import * as Throttle from "./internal/throttle.js"
import * as Together from "./internal/together.js"
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
  /** How the connections come to see the same moment: `Auto` when not given. */
  readonly lockMode?: Consistency.LockMode | undefined
  /** What becomes of others who want to change definitions: `Auto` when not given. */
  readonly ddl?: Consistency.Ddl | undefined
  /** Whether to refuse tables of engines without transactions; otherwise they are locked until they are read. */
  readonly transactionalOnly?: boolean | undefined
  /** Whether what system-versioned tables held before is read too, for targets from MariaDB 10.11 on. */
  readonly history?: boolean | undefined
  /**
   * Whether values of JSON are carried as their text. Without it, those of MySQL that hold more (numbers that are
   * DECIMAL or UNSIGNED, dates, times) are written as expressions, and what none makes, which is bytes, is an error.
   */
  readonly jsonAsText?: boolean | undefined
  /** What becomes of statements that run for long before a lock is taken; nobody looks for them when not given. */
  readonly longQueries?: Burden.LongQueries | undefined
  /** When to stop reading for a while: never when not given. */
  readonly throttle?: Burden.Throttle | undefined
}

const defaultLockWait = Duration.minutes(1)

const cannotConnect = (error: MysqlError): SourceError => error.toSource("cannot connect to the source server")

/** All that is asked is written here, with names quoted. */
const several = { severalStatements: true } as const

/** Connects once more, for what is asked for beside the rows; and to each reader. All of it happens before any lock. */
const connectAll = (options: Options) =>
  Effect.gen(function*() {
    const atOnce = Math.max(1, Math.floor(options.readers))
    const spare = Math.max(0, Math.floor(options.spare ?? 1))
    const seconds = Math.max(1, Math.ceil(Duration.toSeconds(options.lockWait ?? defaultLockWait)))
    const connect = Effect.gen(function*() {
      const connection = yield* Connection.acquire({ ...options, ...several })
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
    return {
      side,
      dialect,
      readers,
      atOnce,
      seconds,
      connect: Effect.map(connect, ({ connection }) => connection)
    }
  }).pipe(Effect.mapError(cannotConnect))

const GlobalMode = Schema.Struct({ mode: Schema.String })

const locks = (mode: Consistency.LockMode | undefined): boolean =>
  mode?._tag !== "NoLock" && mode?._tag !== "SafeNoLock"

/** Takes the snapshot and reads the catalog that belongs to it. */
const take = (
  options: Options,
  { connect, dialect, readers, seconds, side }: Effect.Effect.Success<ReturnType<typeof connectAll>>,
  selection: Source.Selection
) =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    // the sessions for small questions are closed when it is done
    return yield* Effect.scoped(Effect.gen(function*() {
      const session = yield* Effect.mapError(Control.make(options, Option.isSome(side.tls)), cannotConnect)
      const control = yield* Effect.tap(
        Effect.mapError(session, cannotConnect),
        (session) =>
          Effect.mapError(Effect.forEach(dialect.session(seconds), session.execute, { discard: true }), cannotConnect)
      )
      const { longQueries } = options
      yield* longQueries === undefined || !locks(options.lockMode)
        ? Effect.void
        : LongQueries.guardOn(control, longQueries)
      const moment = yield* Moment.take({
        mode: options.lockMode ?? Consistency.LockMode.Auto(),
        ddl: options.ddl ?? Consistency.Ddl.Auto(),
        transactionalOnly: options.transactionalOnly ?? false,
        selection,
        dialect,
        connections: [side, ...readers],
        connect: Effect.mapError(connect, cannotConnect),
        control,
        patience: seconds
      }).pipe(Scope.extend(scope))
      const [global] = yield* Effect.mapError(
        control.query(GlobalMode, "SELECT @@GLOBAL.sql_mode AS mode"),
        (error) => error.toSource("cannot read the source's sql_mode")
      )
      const catalog = yield* Catalog.read(
        control,
        dialect,
        selection,
        moment.identity,
        global?.mode ?? "",
        options.history
      )
      const inventory = yield* Inventory.read(
        control,
        selection,
        catalog,
        (column) => Catalog.oneOf(column, moment.identity.databases),
        side.server
      )
      const sizes = yield* FileSizes.read(control, dialect)
      return { catalog, inventory, moment, sizes }
    }))
  })

const noSuch = (where: string) =>
  new SourceError({
    reason: "UnknownTable",
    what: "cannot read from the source",
    where,
    detail: "the snapshot does not hold it",
    advice: "Use what the snapshot's own catalog says"
  })

const open = (
  options: Options,
  selection: Source.Selection
): Effect.Effect<Source.Snapshot, SourceError, Scope.Scope> =>
  Effect.gen(function*() {
    const connections = yield* connectAll(options)
    const { atOnce, dialect, readers, seconds, side } = connections
    const pace = options.throttle === undefined ? Pace.unlimited : yield* Throttle.make(
      yield* Effect.mapError(Connection.acquire(options), cannotConnect),
      [side, ...readers],
      options.throttle
    )
    const { catalog, inventory, moment, sizes } = yield* take(options, connections, selection)
    const tenants = yield* Tenants.make({
      connections: readers,
      atOnce,
      letsGo: moment.letsGo,
      check: Option.getOrUndefined(moment.whileOpen),
      lockWaitMillis: seconds * 1000
    })
    // A view needs a default database while it is asked for, so definitions come one at a time.
    const permit = yield* Effect.makeSemaphore(1)
    let patience = seconds
    /** How long others who change definitions are waited for. */
    const waiting = (seconds: number) =>
      patience === seconds || Option.isNone(moment.whileOpen) ? Effect.void : Effect.tap(
        Effect.mapError(
          side.query(`SET SESSION lock_wait_timeout = ${seconds}`),
          (error) => error.toSource("cannot ask the source")
        ),
        () =>
          Effect.sync(() => {
            patience = seconds
          })
      )
    /** Lets go of what it asks about at once: a plan is made bit by bit, and nobody should have to wait for it. */
    const one = <A, E, R>(effect: Effect.Effect<A, E, R>, atMost = seconds) =>
      permit.withPermits(1)(Effect.zipRight(
        waiting(atMost),
        moment.letsGo ? Effect.ensuring(effect, Effect.ignore(side.query(Tenants.rollback))) : effect
      ))
    const apartPermit = yield* Effect.makeSemaphore(1)
    const apartTurn = Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(restore(apartPermit.take(1)), Effect.addFinalizer(() => apartPermit.release(1)))
    )
    const lease = (table: Source.TableInfo) =>
      Option.match(moment.apart(table), {
        onNone: () => tenants.lease(table),
        onSome: (connection) => Effect.as(apartTurn, { connection, returns: Effect.void })
      })

    const databases = new Map(catalog.databases.map((database) => [database.name, database]))
    const tables = new Map(
      catalog.databases.map((database) => [
        database.name,
        new Map(
          database.tables.map((table) => [
            table.info.name,
            Option.isSome(moment.apart(table.info)) ? { ...table, info: { ...table.info, urgent: true } } : table
          ])
        )
      ])
    )
    const tableOf = (info: Source.TableInfo) =>
      Effect.mapError(
        Effect.fromNullable(tables.get(info.database)?.get(info.name)),
        () => noSuch(Sql.quoteName({ database: info.database, name: info.name }))
      )
    const databaseOf = (info: Source.DatabaseInfo) =>
      Effect.mapError(Effect.fromNullable(databases.get(info.name)), () => noSuch(Sql.quoteIdentifier(info.name)))

    /** Where it was not asked for something else than chunks of so many bytes. */
    const isSmall = (table: Catalog.Table, how: Source.PlanOptions): boolean =>
      Option.isNone(how.chunkRows) && Option.isNone(table.period) && !table.partitioned &&
      FileSizes.isSmall(sizes, { database: table.info.database, name: table.info.name }, how.chunkBytes)
    const json = options.jsonAsText === true ? "Text" : "Exact"
    const readOne = (chunk: Source.Chunk, how: Source.ReadOptions): Stream.Stream<Source.PieceOf, SourceError> =>
      Stream.unwrapScoped(Effect.gen(function*() {
        const table = yield* tableOf(chunk.table)
        const where = `${Sql.quoteName({ database: chunk.table.database, name: chunk.table.name })}, ${chunk.note}`
        const explained = (error: MysqlError) => Reading.explained(error, where)
        const lost = (error: MysqlError) =>
          error.reason === "ConnectionLost" ? error.toLostReader(Reading.what, where) : explained(error)
        yield* pace.pass(0)
        const { connection, returns } = yield* lease(chunk.table)
        return Reading.rows(connection, dialect, table, chunk, how, json).pipe(
          // Only a statement that came to its end leaves its connection, and the snapshot with it, as they were.
          Stream.concat(Stream.execute(returns)),
          Stream.tapError((error) => Tenants.keepsSnapshot(error) ? returns : Effect.void),
          Stream.mapError(lost),
          Stream.mapEffect((piece): Effect.Effect<Source.PieceOf, SourceError> =>
            Effect.as(pace.pass(piece.bytes.length), { chunk, piece, whole: false })
          )
        )
      }))
    const letGo = moment.letsGo ? [Tenants.rollback] : []
    const readTogether = (portion: Source.Portion, how: Source.ReadOptions) =>
      Stream.unwrapScoped(Effect.gen(function*() {
        const tables = yield* Effect.forEach(portion, (chunk) => tableOf(chunk.table))
        yield* pace.pass(0)
        const { connection, returns } = yield* tenants.leaseEmpty
        return Together.rows({ connection, dialect, letGo, json, how, returns }, portion, tables).pipe(
          options.throttle === undefined ? identity : Stream.tap(({ piece }) => pace.pass(piece.bytes.length))
        )
      }))

    const definition = (info: Source.TableInfo, how: Pick<Source.ReadOptions, "utc"> = { utc: true }) =>
      Effect.flatMap(tableOf(info), (table) =>
        one(Effect.tap(Definitions.of(info.kind, dialect, how)(side, table), () =>
          info.kind === "View" || Option.isNone(moment.whileOpen) ? Effect.void : moment.whileOpen.value(info))))
    const definitions: Source.Snapshot["definitions"] = (tables, how) => {
      const oneByOne = Effect.forEach(tables, (table) =>
        definition(table, how))
      const alike = how?.utc !== false && tables.every(({ kind }) =>
        kind === "Table"
      )
      return !alike || Option.isSome(moment.whileOpen)
        ? oneByOne
        : Effect.flatMap(Effect.forEach(tables, tableOf), (some) =>
          Effect.matchEffect(one(Definitions.tables(side, dialect, some, letGo)), {
            // one by one it is told which it is, and what the matter is
            onFailure: () =>
              oneByOne,
            onSuccess: (found) =>
              Effect.forEach(
                Arr.zip(tables, found),
                ([table, known]) =>
                  Option.match(known, { onNone: () => definition(table, how), onSome: Effect.succeed })
              )
          }))
    }

    return {
      catalog: {
        databases: Array.from(tables, ([name, tables]) => ({
          name,
          tables: Array.from(tables.values(), (table) =>
            table.info)
        })),
        sqlMode: catalog.sqlMode,
        consistency: Consistency.describe(moment.reached),
        leftOut: [
          ...(catalog.versioned.length === 0 ? [] : [`the history of ${catalog.versioned.join(", ")}`]),
          ...Engines.leftOut(catalog.databases.flatMap((database) => database.tables))
        ],
        position: moment.position,
        inventory
      },
      serverWide: (kind) => one(ServerWide.read(side, kind)),
      database: (database) => one(Definitions.database(side, database.name)),
      definition,
      definitions,
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
          !Engines.hasRows(table)
            ? Stream.empty
            : isSmall(table, how)
            ? Stream.make(Chunks.inOnePiece(table))
            : Chunks.plan(
              Asking.about(lease(info), (question) =>
                one(question(side), 1)),
              table,
              how
            ).pipe(
              Stream.concat(Stream.fromIterable(History.chunks(table))),
              Stream.zipWithIndex,
              Stream.map(([chunk, part]) => ({ ...chunk, part }))
            ))),
      small: (info, how) =>
        Option.fromNullable(tables.get(info.database)?.get(info.name)).pipe(
          Option.filter((table) =>
            how.utc !== false && Engines.hasRows(table) && isSmall(table, how) &&
            Reading.isOrdinary(dialect, table, json) &&
            Option.isNone(moment.whileOpen) && Option.isNone(moment.apart(info))
          ),
          Option.map((table) => ({
            chunk: Chunks.inOnePiece(table),
            bytes: FileSizes.of(sizes, { database: info.database, name: info.name })
          }))
        ),
      fields: (info, how) =>
        Effect.map(
          tableOf(info),
          (table) =>
            Either.map(Reading.fields(dialect, table, how, json), (fields) =>
              fields.map(({ column }) =>
                column
              ))
        ),
      read: (portion, how) => portion.length > 1 ? readTogether(portion, how) : readOne(portion[0], how),
      finish: (tables) =>
        moment.afterwards(tables).pipe(
          Effect.zipRight(tenants.close(tables)),
          Effect.zipRight(moment.readApart(tables))
        )
    } satisfies Source.Snapshot
  }).pipe(Effect.withSpan("MysqlSource.snapshot"))

/**
 * A server as a source. It is connected to when a snapshot is asked for: to `readers` + `spare` + 2 connections for as
 * long as the snapshot is open, one more for tables of engines without transactions if there are any, one more for
 * MariaDB's backup lock, and two more while the snapshot is being taken.
 *
 * The snapshot is taken under `FLUSH TABLES WITH READ LOCK`, which is let go as soon as all connections have theirs.
 * Where the account may not lock, `lockMode` says what happens. What it came to is told in the catalog's
 * `consistency`.
 *
 * While the snapshot is open, definitions are kept from changing, or checked, as `ddl` says; writing goes on. Views,
 * triggers, routines and events are read as they are when they are asked for.
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
