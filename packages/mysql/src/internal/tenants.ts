/**
 * Connections of a snapshot and the tables they have open.
 *
 * A transaction that has read a table keeps everybody from changing it until it ends. A snapshot's transaction lasts
 * as long as the dump, so each connection goes back to a savepoint before it turns to another table, which lets go of
 * what it had open and leaves it in its snapshot. It has one table open at a time at most; so nobody who changes
 * several tables at once waits for two connections that wait for each other.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

import type * as Connection from "../Connection.js"
import type * as MysqlError from "../MysqlError.js"
import * as Marks from "./marks.js"
import * as Readers from "./readers.js"

/** @internal */
export interface Tenant {
  readonly connection: Connection.RawConnection
  /** The full name of the table that it has open. */
  opened: string | undefined
  /** The same, once it has been checked. */
  holds: string | undefined
}

/** Set once, at the beginning of the snapshot. @internal */
export const savepoint = "SAVEPOINT sluice"

/** @internal */
export const rollback = "ROLLBACK TO SAVEPOINT sluice"

/** @internal */
export interface Tenants {
  /** Lends a connection that has the table open. */
  readonly lease: (
    table: Marks.TableName
  ) => Effect.Effect<Readers.Lease<Connection.RawConnection>, SourceError, Scope.Scope>
  /**
   * Lends a connection that has no table open, to read several of which none has to be checked while it is open. Each
   * has to be let go of, with `rollback`, before the next is opened, where that is of any use.
   */
  readonly leaseEmpty: Effect.Effect<Readers.Lease<Connection.RawConnection>, SourceError, Scope.Scope>
  /** Closes the tables on all connections that are not lent. */
  readonly close: (tables: ReadonlyArray<Marks.TableName>) => Effect.Effect<void>
}

/** @internal */
export interface Options {
  readonly connections: ReadonlyArray<Connection.RawConnection>
  readonly atOnce: number
  /** Whether going back to a savepoint is of any use. */
  readonly letsGo: boolean
  /** What makes sure, with the table open, that it is the one it should be; none when it cannot be another. */
  readonly check: ((table: Marks.TableName) => Effect.Effect<void, SourceError>) | undefined
  /** How long to wait for a table that others change. A connection waits for a second at a time. */
  readonly lockWaitMillis: number
}

const what = "cannot open a table on the source"

/** Whether a connection's snapshot outlives an error of a statement. @internal */
export const keepsSnapshot = (error: MysqlError.MysqlError): boolean =>
  error.errno !== undefined && error.reason !== "ConnectionLost" && error.reason !== "Deadlock"

const gone = new Set(["UnknownTable", "UnknownDatabase"])

/** @internal */
export const make = (options: Options): Effect.Effect<Tenants> =>
  Effect.gen(function*() {
    const tenants = options.connections.map((connection): Tenant => ({
      connection,
      opened: undefined,
      holds: undefined
    }))
    const readers = yield* Readers.make(tenants, options.atOnce)

    /** How many wait for each table. */
    const wanted = new Map<string, number>()
    const want = (name: string, by: number) =>
      Effect.sync(() => {
        const count = (wanted.get(name) ?? 0) + by
        if (count === 0) wanted.delete(name)
        else wanted.set(name, count)
      })
    /** Whoever waits for a table that others want to change may need the very connection that has it open. */
    const isFree = (name: string) => ({ holds }: Tenant): boolean =>
      holds === undefined || holds === name || !wanted.has(holds)

    const leave = (tenant: Tenant): Effect.Effect<void, MysqlError.MysqlError> =>
      Effect.suspend(() => {
        tenant.holds = undefined
        if (tenant.opened === undefined || !options.letsGo) return Effect.void
        return Effect.asVoid(Effect.tap(tenant.connection.query(rollback), () =>
          Effect.sync(() => {
            tenant.opened = undefined
          })))
      })

    /** Opens the table, waiting for a second at most for those who change it. */
    const enter = (tenant: Tenant, table: Marks.TableName, name: string) =>
      Effect.gen(function*() {
        if (tenant.holds === name) return
        yield* leave(tenant)
        if (options.check === undefined) {
          tenant.opened = name
          tenant.holds = name
          return
        }
        yield* tenant.connection.query(`SELECT 1 FROM ${name} LIMIT 0`)
        tenant.opened = name
        yield* Effect.tapError(options.check(table), () => Effect.ignore(leave(tenant)))
        tenant.holds = name
      })

    type Attempt = Either.Either<Readers.Lease<Connection.RawConnection>, SourceError | MysqlError.MysqlError>

    /** Takes a connection, of those that are preferred if there is a choice, and prepares it. */
    const attempt = (
      prefers: (tenant: Tenant) => boolean,
      may: (tenant: Tenant) => boolean,
      prepare: (tenant: Tenant) => Effect.Effect<void, SourceError | MysqlError.MysqlError>
    ): Effect.Effect<Attempt, SourceError, Scope.Scope> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const lease = yield* restore(Scope.extend(readers.lease(prefers, may), scope)).pipe(
            Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
          )
          const entered = yield* Effect.exit(restore(Effect.either(prepare(lease.connection))))
          if (Exit.isFailure(entered)) {
            lease.connection.holds = undefined
            yield* Scope.close(scope, entered)
            return yield* Effect.failCause(entered.cause)
          }
          const result = entered.value
          if (Either.isLeft(result)) {
            if (result.left._tag === "SourceError" || keepsSnapshot(result.left)) {
              yield* lease.returns
            } else {
              lease.connection.holds = undefined
            }
            yield* Scope.close(scope, Exit.void)
            return Either.left(result.left)
          }
          const tenant = lease.connection
          let returned = false
          yield* Effect.addFinalizer((exit) =>
            Effect.suspend(() => {
              // a connection that is lost has nothing open
              if (!returned) tenant.holds = undefined
              return Scope.close(scope, exit)
            })
          )
          const returns = Effect.tap(lease.returns, () =>
            Effect.sync(() => {
              returned = true
            }))
          return Either.right({ connection: tenant.connection, returns })
        })
      )

    const lease = (table: Marks.TableName, name: string) =>
      Effect.gen(function*() {
        let since = yield* Clock.currentTimeMillis
        while (true) {
          const result = yield* attempt(
            (tenant) => tenant.holds === name,
            isFree(name),
            (tenant) => enter(tenant, table, name)
          )
          if (Either.isRight(result)) return result.right
          const error = result.left
          // it was lost before it was asked for a row, and was not given back: one after the other, none is left
          if (error._tag === "MysqlError" && error.reason === "ConnectionLost") continue
          if (error._tag === "SourceError" && error.reason !== "LockTimeout") return yield* error
          if (error._tag === "MysqlError" && gone.has(error.reason)) {
            return yield* Marks.changed(table, "it was dropped or renamed while the dump ran")
          }
          const failed = error._tag === "SourceError" ? error : error.toSource(what, name)
          if (error.reason !== "LockTimeout") return yield* failed
          // others of ours have it open, and whoever wants to change it waits for them: one of those will do
          const now = yield* Clock.currentTimeMillis
          if (tenants.some(({ holds }) => holds === name)) since = now
          if (now - since > options.lockWaitMillis) return yield* failed
        }
      })

    const leaseEmpty = (): Tenants["leaseEmpty"] =>
      Effect.flatMap(
        attempt((tenant) => tenant.opened === undefined, () => true, leave),
        Either.match({
          onRight: (lease): Tenants["leaseEmpty"] => Effect.succeed(lease),
          onLeft: (error) =>
            error._tag === "SourceError"
              ? Effect.fail(error)
              : error.reason === "ConnectionLost"
              ? leaseEmpty()
              : Effect.fail(error.toSource(what, "a savepoint"))
        })
      )

    return {
      lease: (table) =>
        Effect.suspend(() => {
          const name = Sql.quoteName({ database: table.database, name: table.name })
          return Effect.acquireUseRelease(want(name, 1), () => lease(table, name), () => want(name, -1))
        }),
      leaseEmpty: leaseEmpty(),
      close: (tables) =>
        Effect.suspend(() => {
          const names = new Set(tables.map((table) => Sql.quoteName({ database: table.database, name: table.name })))
          const concerned = (tenant: Tenant) => tenant.opened !== undefined && names.has(tenant.opened)
          // one that is lost is found out when it is lent
          return tenants.some(concerned)
            ? readers.visit(concerned, (tenant) => Effect.ignore(leave(tenant)))
            : Effect.void
        })
    }
  })
