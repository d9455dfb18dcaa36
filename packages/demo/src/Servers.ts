/**
 * The two servers of the demonstration: one with something on it, and one with nothing.
 *
 * @since 0.1.0
 */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Sql from "@sluice/format/Sql"
import * as Connection from "@sluice/mysql/Connection"
import type * as MysqlError from "@sluice/mysql/MysqlError"
import * as SampleDatabase from "@sluice/testing/SampleDatabase"
import * as ScratchServer from "@sluice/testing/ScratchServer"
import * as ServerPrograms from "@sluice/testing/ServerPrograms"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

import { DemoError } from "./DemoError.js"
import * as Screen from "./Screen.js"
import type * as Settings from "./Settings.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Servers {
  readonly source: Connection.Options
  readonly target: Connection.Options
  /** What is on the source, and is to be moved. */
  readonly databases: ReadonlyArray<string>
  /** What the dump is told: nothing when all databases are meant. */
  readonly selected: ReadonlyArray<string>
  /** Why definitions cannot be compared, if they cannot. */
  readonly rowsOnly: Option.Option<string>
  /** How long the program may take for one step; a step that takes longer hangs. */
  readonly patience: Duration.Duration
  /** Goes away with the target, even when this process is killed. */
  readonly folder: string
  /** What is left on the machine when all is over: folders and processes that must be gone. */
  readonly traces: ReadonlyArray<{ readonly folder: string; readonly pid: number }>
}

const vendorName = { mariadb: "MariaDB", mysql: "MySQL" } as const

/** A name that must be quoted wherever it stands: in SQL, in file names, and on command lines. */
const second = "old `shop`.größe 2019"

const options = (server: ScratchServer.ScratchServer): Connection.Options => ({
  host: server.host,
  port: server.port,
  user: server.user,
  password: server.password
})

/**
 * The error of a server, as one that ends the demonstration.
 *
 * @since 0.1.0
 * @category errors
 */
export const failed = (what: string) => (error: MysqlError.MysqlError): DemoError =>
  new DemoError({ message: `${what}: ${error.message}` })

type Environment = FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor | Scope.Scope

const scratch = (
  vendor: ServerPrograms.Vendor
): Effect.Effect<ScratchServer.ScratchServer, DemoError, Environment> =>
  ScratchServer.make({ vendor, arguments: ["--max-allowed-packet=64M"] }).pipe(
    Effect.mapError((error) => new DemoError({ message: error.message }))
  )

/** The first time, the program is brought, which takes longer than anything else. */
const bring = (vendor: ServerPrograms.Vendor) =>
  ServerPrograms.find(vendor, { progress: Screen.note }).pipe(
    Effect.mapError((error) => new DemoError({ message: error.message }))
  )

const trace = (server: ScratchServer.ScratchServer) =>
  Effect.map(
    server.pid,
    Option.match({ onNone: () => [], onSome: (pid) => [{ folder: server.directory, pid: Number(pid) }] })
  )

const makeSample = (server: ScratchServer.ScratchServer, scale: number) =>
  Effect.gen(function*() {
    const connection = yield* Connection.acquire(options(server))
    const make = (database: string, scale: number) =>
      Effect.forEach(
        SampleDatabase.statements({ scale, database, vendor: server.vendor }),
        connection.execute,
        { discard: true }
      )
    yield* make(SampleDatabase.defaultName, scale)
    yield* make(second, Math.min(scale, 0.02))
    return [SampleDatabase.defaultName, second]
  }).pipe(Effect.scoped, Effect.mapError(failed("The sample database could not be made")))

const withSample = (scale: number): Effect.Effect<Servers, DemoError, Environment> =>
  Effect.gen(function*() {
    yield* Screen.during("Looking for a MariaDB server program")(bring("mariadb"))
    const [source, target] = yield* Screen.during("Starting two private MariaDB servers")(
      // not both at once: the first start on a machine makes a data folder that the second only copies
      Effect.all([scratch("mariadb"), scratch("mariadb")])
    )
    yield* Screen.say(`Two private servers, MariaDB ${source.version}: a source and an empty target.`)
    const databases = yield* Screen.during(`Making the sample database at scale ${scale}`)(makeSample(source, scale))
    return {
      source: options(source),
      target: options(target),
      databases,
      selected: databases,
      rowsOnly: Option.none(),
      patience: Duration.minutes(5 + scale),
      folder: target.directory,
      traces: [...(yield* trace(source)), ...(yield* trace(target))]
    }
  })

const names = ({ rows }: Connection.Result): ReadonlyArray<string> =>
  rows.flatMap(([name]) => name === null || name === undefined ? [] : [Sql.text(name)])

const own = "'information_schema', 'performance_schema', 'mysql', 'sys'"

const withServer = (server: Settings.Server): Effect.Effect<Servers, DemoError, Environment> =>
  Effect.gen(function*() {
    const { host, port } = server.connection
    const { databases, source } = yield* Effect.gen(function*() {
      const connection = yield* Connection.acquire(server.connection)
      const databases = Option.isSome(server.database)
        ? [server.database.value]
        : names(
          yield* connection.query(
            `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN (${own}) ORDER BY 1`
          )
        )
      return { databases, source: connection.server }
    }).pipe(Effect.scoped, Effect.mapError(failed(`The source ${host}:${port} cannot be read`)))
    if (databases.length === 0) {
      return yield* new DemoError({ message: `There is no database on ${host}:${port} that this user may see.` })
    }
    yield* Screen.during(`Looking for a ${vendorName[source.vendor]} server program`)(bring(source.vendor))
    const target = yield* Screen.during(`Starting a private ${vendorName[source.vendor]} server`)(
      scratch(source.vendor)
    )
    const there = yield* Connection.acquire(options(target)).pipe(
      Effect.map((connection) => connection.server),
      Effect.scoped,
      Effect.mapError(failed("The private server cannot be used"))
    )
    yield* Screen.say(`The source is ${host}:${port}, ${source.text}; it is only read.`)
    yield* Screen.say(`The target is a private, empty server, ${there.text}.`)
    const same = source.version[0] === there.version[0] && source.version[1] === there.version[1]
    return {
      source: server.connection,
      target: options(target),
      databases,
      selected: Option.toArray(server.database),
      rowsOnly: same
        ? Option.none()
        : Option.some("the servers are of two versions, which print definitions differently: only rows were compared"),
      patience: Duration.infinity,
      folder: target.directory,
      traces: yield* trace(target)
    }
  })

/**
 * Brings up what the settings ask for, until the scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (settings: Settings.Settings): Effect.Effect<Servers, DemoError, Environment> =>
  Option.match(settings.source, { onNone: () => withSample(settings.scale), onSome: withServer })

/**
 * Removes the databases from the target.
 *
 * @since 0.1.0
 * @category combinators
 */
export const emptyTarget = (servers: Servers): Effect.Effect<void, DemoError> =>
  Effect.gen(function*() {
    const connection = yield* Connection.acquire(servers.target)
    yield* connection.query("SET SESSION foreign_key_checks = 0")
    yield* Effect.forEach(
      servers.databases,
      (database) => connection.query(`DROP DATABASE IF EXISTS ${Sql.quoteIdentifier(database)}`),
      { discard: true }
    )
  }).pipe(Effect.scoped, Effect.mapError(failed("The target could not be emptied")))
