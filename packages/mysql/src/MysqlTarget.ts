/**
 * A MySQL or MariaDB server as the target of a restore.
 *
 * @since 0.1.0
 */
import * as Sql from "@sluice/format/Sql"
import { TargetError } from "@sluice/pipeline/SluiceError"
import * as Target from "@sluice/pipeline/Target"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

import * as Connection from "./Connection.js"
import * as Checksums from "./internal/checksums.js"
import * as Definers from "./internal/definers.js"
import * as NoMemberRetry from "./internal/noMemberRetry.js"
import * as Obstacles from "./internal/obstacles.js"
import * as TargetSession from "./internal/targetSession.js"
import { within } from "./internal/within.js"
import * as MysqlError from "./MysqlError.js"

/**
 * Which server, and how to write to it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Connection.Options {
  /** Whether the server writes what is restored into its binary log. Leaving it out needs a privilege. */
  readonly binlog: boolean
  /** How long a definition waits for whoever keeps it from being changed: a minute when not given. */
  readonly lockWait?: Duration.Duration | undefined
}

const defaultLockWait = Duration.minutes(1)

/** The servers' own limit for this wait is a day, or a year. */
const limitWait = (options: Options): string =>
  `SET SESSION lock_wait_timeout = ${Math.max(1, Math.ceil(Duration.toSeconds(options.lockWait ?? defaultLockWait)))}`

/** Rolling back what was not committed may take long; then the server goes on with it by itself. */
const rollsBackWithin = Duration.seconds(5)

const make = (options: Options): Effect.Effect<Target.Session, TargetError, Scope.Scope> =>
  Effect.gen(function*() {
    const connection = yield* Effect.mapError(
      Connection.acquire(options),
      (error) => error.toTarget("cannot connect to the target server")
    )
    const run = (what: string, statement: string, where?: string | undefined) =>
      Effect.mapError(connection.query(statement), (error) => error.toTarget(what, where))

    if (!options.binlog) {
      yield* run("cannot keep the restore out of the target's binary log", "SET SESSION sql_log_bin = 0")
    }
    yield* run("cannot prepare a session of the target server", limitWait(options))
    // a server may be set so that nobody writes unless he asks to
    yield* run("cannot prepare a session of the target server", "SET SESSION TRANSACTION READ WRITE")
    const state = yield* run("cannot read the target server's settings", TargetSession.settings)
    const settings = TargetSession.readSettings(state.rows[0] ?? [])
    if (!settings.explicitDefaultsForTimestamp) {
      // Some servers cannot change it for a session, or want a privilege for it.
      yield* Effect.ignore(connection.query(TargetSession.explicitDefaults))
    }
    const generates = yield* run("cannot read the target server's settings", TargetSession.generatesKeys)
    if (TargetSession.isOn(generates.rows)) {
      yield* run("cannot keep the target server from adding primary keys of its own", TargetSession.generateNoKeys)
    }
    const prepare = (statements: ReadonlyArray<string>) =>
      Effect.forEach(statements, (statement) => run("cannot prepare a session of the target server", statement), {
        discard: true
      })

    yield* Effect.addFinalizer(() => within(rollsBackWithin)(connection.query("ROLLBACK")))

    return {
      execute: (statement) =>
        statement.length + 1 < connection.maxAllowedPacket // a byte says that it is a statement
          ? Effect.zipRight(
            Definers.check(connection, statement),
            Effect.mapError(
              Effect.catchAll(
                connection.execute(statement),
                (error) => NoMemberRetry.retry(connection, statement, error)
              ),
              (error) => failed(error, statement)
            )
          )
          : Effect.fail(tooLong(statement, connection.maxAllowedPacket)),
      warnings: Effect.map(
        run("cannot read the target server's warnings", "SHOW WARNINGS LIMIT 5"),
        ({ rows }) => rows.map(TargetSession.warning)
      ),
      use: (database) =>
        Effect.asVoid(run("cannot use the database", `USE ${Sql.quoteIdentifier(database)}`, database)),
      prepareForDefinitions: prepare(TargetSession.forDefinitions(connection.server)),
      prepareForRows: prepare(TargetSession.forRows(connection.server)),
      begin: Effect.asVoid(run("cannot begin a transaction", "START TRANSACTION")),
      commit: Effect.asVoid(run("cannot commit", "COMMIT")),
      rollback: Effect.asVoid(run("cannot roll back", "ROLLBACK")),
      takesBack: (database, name) =>
        Effect.map(
          run("cannot look for a table", TargetSession.lookUpTransactions(database, name), database),
          ({ rows }) => TargetSession.isTransactional(rows, { database, name }, settings)
        ),
      inspect: (database, name) =>
        Effect.map(
          run("cannot look for a table", TargetSession.lookUp(database, name), Sql.quoteName({ database, name })),
          ({ rows }) => TargetSession.found(rows, { database, name }, settings)
        ),
      checksum: (of) =>
        Effect.map(
          run("cannot compute a checksum", Checksums.query(of), of.database),
          // CHECKSUM TABLE says the table first
          ({ rows }) => Option.map(Option.fromNullable(rows[0]?.at(-1)), Sql.text)
        ),
      triggers: (database, table) =>
        Effect.map(
          run(
            "cannot look for triggers",
            TargetSession.lookUpTriggers(database, table),
            Sql.quoteName({ database, name: table })
          ),
          ({ rows }) => TargetSession.triggersFound(rows, { database, name: table }, settings)
        ),
      generated: (database, table) =>
        Effect.map(
          run(
            "cannot look for a table's columns",
            TargetSession.lookUpColumns(database, table),
            Sql.quoteName({ database, name: table })
          ),
          ({ rows }) => TargetSession.generatedFound(rows, { database, name: table }, settings)
        )
    }
  })

const changesRows = /^\s*(?:\/\*.*?\*\/\s*)*(?:INSERT|REPLACE|LOAD|DELETE|UPDATE)\b/i

/** A definition that had to wait is most often kept waiting by a dump of this very server. */
const failed = (error: MysqlError.MysqlError, statement: Uint8Array): TargetError => {
  const where = TargetSession.describe(statement)
  const failed = error.toTarget("a statement failed", where)
  return error.reason !== "LockTimeout" || changesRows.test(where) ? failed : new TargetError({
    reason: failed.reason,
    what: failed.what,
    where,
    detail: `another session keeps definitions on the target from being changed: ${error.detail}`,
    advice: "If a dump of this very server is running, run it with --ddl=detect; " +
      "otherwise try again when the session that holds the lock is done",
    ...(failed.errno === undefined ? {} : { errno: failed.errno })
  })
}

/** The server would only close the connection, or say it after it was sent all of it. */
const tooLong = (statement: Uint8Array, most: number): TargetError =>
  MysqlError.fromServer({
    errno: 1153,
    sqlState: "08S01",
    message: `its ${statement.length} bytes are more than the server takes: max_allowed_packet is ${most}`
  }).toTarget("a statement cannot be sent", TargetSession.describe(statement))

/**
 * The server as a `Target`. A session is a connection of its own; nothing is connected before the first one is asked
 * for. When its scope closes, what was not committed is rolled back.
 *
 * Rows are taken strictly, whatever the server and the files say: what does not fit fails. Foreign keys and CHECK
 * constraints (of MariaDB, where it can be) are not checked again; unique keys are, but on MySQL with InnoDB's
 * own leave to put it off.
 *
 * @example
 * ```ts
 * import { MysqlTarget } from "@sluice/mysql"
 * import { Redacted } from "effect"
 *
 * const TargetLive = MysqlTarget.layer({ user: "me", password: Redacted.make("secret"), binlog: true })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Target.Target> =>
  Layer.succeed(Target.Target, {
    session: make(options),
    obstacles: (demands) =>
      Effect.scoped(Effect.gen(function*() {
        const connection = yield* Effect.mapError(
          Connection.acquire(options),
          (error) => error.toTarget("cannot connect to the target server")
        )
        const facts = yield* Effect.mapError(
          Obstacles.read(connection, demands),
          (error) => error.toTarget("cannot find out what the target server can take")
        )
        return Obstacles.of(facts, demands)
      }))
  })
