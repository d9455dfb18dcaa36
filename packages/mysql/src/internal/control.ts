/**
 * The sessions that ask small questions: catalog, privileges, locks. Rows come as objects and are checked.
 *
 * @internal
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as MysqlClient from "@effect/sql-mysql2/MysqlClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Mysql from "mysql2"

import type * as Connection from "../Connection.js"
import * as MysqlError from "../MysqlError.js"
import * as Tls from "../Tls.js"
import * as LoginFailure from "./loginFailure.js"
import * as Transport from "./transport.js"

/**
 * One reserved connection. A statement that is interrupted takes the connection with it, so that a lock that was
 * asked for is never got by nobody.
 *
 * @internal
 */
export interface Session {
  readonly execute: (sql: string) => Effect.Effect<void, MysqlError.MysqlError>
  readonly query: <A, I>(
    row: Schema.Schema<A, I>,
    sql: string
  ) => Effect.Effect<ReadonlyArray<A>, MysqlError.MysqlError>
}

/** A number, whether the driver gives it as one or, as it may be large, as text. @internal */
export const Numeric = Schema.Union(Schema.Number, Schema.NumberFromString)

const fromSql =
  (where: string) => (error: { readonly cause?: unknown; readonly message: string }): MysqlError.MysqlError => {
    const cause = error.cause
    const message = cause instanceof Error ? cause.message : error.message
    return Predicate.hasProperty(cause, "errno") && typeof cause.errno === "number" && cause.errno > 0
      ? MysqlError.fromServer({
        errno: cause.errno,
        sqlState: Predicate.hasProperty(cause, "sqlState") && typeof cause.sqlState === "string" ? cause.sqlState : "",
        message
      })
      : (cause instanceof Error ? LoginFailure.explain(cause, where) : undefined) ??
        MysqlError.make("ConnectionLost", message, cause)
  }

/** Two sessions, and one more connection to end either of them with. */
const connections = 3
const killsWithin = Duration.seconds(5)

/**
 * The driver's own defaults would turn dates into local time, large numbers into rounded ones, and close what is idle.
 */
const poolConfig = (options: Connection.Options, driver: Mysql.ConnectionOptions) => ({
  ...driver,
  stream: () => Transport.socket(options),
  dateStrings: true,
  jsonStrings: true,
  bigNumberStrings: true,
  maxIdle: connections,
  flags: ["-FOUND_ROWS", "-IGNORE_SPACE", "-ODBC", "-LOCAL_FILES"]
})

const Identity = Schema.Struct({ id: Numeric, server: Schema.String })
type Identity = typeof Identity.Type

type Reserved = Effect.Effect.Success<MysqlClient.MysqlClient["reserve"]>

const identify = (connection: Reserved) =>
  connection.executeUnprepared(
    "SELECT CONNECTION_ID() AS id, CONCAT_WS(' ', @@hostname, @@port, @@server_id) AS server",
    [],
    undefined
  ).pipe(
    Effect.flatMap(Schema.decodeUnknown(Schema.NonEmptyArray(Identity))),
    Effect.map(([identity]) => identity),
    Effect.catchTag("ParseError", Effect.die)
  )

/**
 * Connects, and gives out up to two sessions that live until the scope closes. `encrypted` says what a connection like
 * these came to before: where it is a matter of what the server offers, these are to come to the same.
 *
 * @internal
 */
export const make = (
  options: Connection.Options,
  encrypted: boolean
): Effect.Effect<Effect.Effect<Session, MysqlError.MysqlError, Scope.Scope>, MysqlError.MysqlError, Scope.Scope> => {
  const where = Transport.address(options)
  return Effect.gen(function*() {
    const settled = Transport.isOptional(options) && !encrypted ? { ...options, tls: Tls.Tls.Disabled() } : options
    const driver = yield* Transport.driver(settled)
    const client = yield* MysqlClient.make({
      ...(options.socketPath === undefined
        ? { host: options.host ?? "localhost", port: options.port ?? 3306 }
        : {}),
      username: options.user,
      password: options.password,
      maxConnections: connections,
      poolConfig: poolConfig(settled, driver)
    }).pipe(Effect.provide(Reactivity.layer))

    // Behind a proxy this may come out at another server, where the number is somebody else's.
    const kill = (session: Identity) =>
      Effect.flatMap(client.reserve, (beside) =>
        Effect.flatMap(
          identify(beside),
          ({ server }) =>
            server === session.server ? beside.executeUnprepared(`KILL ${session.id}`, [], undefined) : Effect.void
        )).pipe(
          Effect.scoped,
          Effect.interruptible, // this runs in finalizers, where the time limit would have no effect
          Effect.timeout(killsWithin),
          Effect.ignore
        )

    return Effect.gen(function*() {
      const connection = yield* client.reserve
      const identity = yield* identify(connection)
      const ask = (sql: string) =>
        connection.executeUnprepared(sql, [], undefined).pipe(
          Effect.onInterrupt(() => kill(identity)),
          Effect.mapError(fromSql(where))
        )
      return {
        execute: (sql) => Effect.asVoid(ask(sql)),
        query: (row, sql) =>
          Effect.flatMap(ask(sql), (rows) =>
            Schema.decodeUnknown(Schema.Array(row))(rows).pipe(
              Effect.mapError((cause) =>
                MysqlError.make("Unsupported", `the server answered ${sql} with what nobody expects`, cause)
              )
            ))
      } satisfies Session
    }).pipe(Effect.catchTag("SqlError", (error) => Effect.fail(fromSql(where)(error))))
  }).pipe(Effect.catchTag("SqlError", (error) => Effect.fail(fromSql(where)(error))))
}
