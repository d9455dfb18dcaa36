/**
 * Private, throw-away database servers for tests and for trying things out.
 *
 * @since 0.1.0
 */
import { randomBytes } from "node:crypto"

import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"

import * as DataDirectory from "./internal/dataDirectory.js"
import * as Loopback from "./internal/loopback.js"
import { publish } from "./internal/publish.js"
import * as ScratchDirectory from "./internal/scratchDirectory.js"
import * as SystemCommand from "./internal/systemCommand.js"
import * as ServerPrograms from "./ServerPrograms.js"

/**
 * A scratch server could not be prepared or started, or ended by itself.
 *
 * @since 0.1.0
 * @category errors
 */
export class ScratchServerError
  extends Schema.TaggedError<ScratchServerError>("@sluice/testing/ScratchServerError")("ScratchServerError", {
    vendor: ServerPrograms.Vendor,
    /** What failed, as one clause. */
    reason: Schema.String,
    /** The end of the server's own log; empty when there is none. */
    log: Schema.String,
    cause: Schema.optional(Schema.Defect)
  })
{
  /** @since 0.1.0 */
  override get message(): string {
    const log = this.log.length === 0 ? "" : ` The end of its log:\n${this.log}`
    return `The scratch ${this.vendor} server failed: ${this.reason}.${log}`
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly vendor: ServerPrograms.Vendor
  /** Such as `11.8`; without it the one that `ServerPrograms.releases` names for the vendor, else any. */
  readonly version?: string | undefined
  /** More arguments for the server; they come last, so they win. The binary log is off unless one asks for it. */
  readonly arguments?: ReadonlyArray<string> | undefined
  /** The password of `root`; without it a random one. */
  readonly rootPassword?: Redacted.Redacted | undefined
  /** The cache folder of programs and prepared data folders; without it the one of `ServerPrograms`. */
  readonly cache?: string | undefined
  /** The folder in which the private folder is made, with a path of at most 64 bytes; without it the system's. */
  readonly temporary?: string | undefined
  /**
   * A folder that keeps the data from one use to the next: filled where it is not there, and left as it is when the
   * scope closes. For one server at a time, of one version. Without it the data is in the private folder.
   */
  readonly data?: string | undefined
}

/**
 * A server that runs until its scope closes.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScratchServer {
  readonly vendor: ServerPrograms.Vendor
  /** As the program says it, for example `10.11.14-MariaDB-0+deb12u2` or `9.7.4-2`. */
  readonly version: string
  /** Always `127.0.0.1`. */
  readonly host: string
  /** Stays the same over restarts. */
  readonly port: number
  /** The path of the unix socket. */
  readonly socket: string
  /** Always `root`, which may do everything, from everywhere. */
  readonly user: string
  readonly password: Redacted.Redacted
  /** The private folder, with `data` in it unless that is kept elsewhere. */
  readonly directory: string
  /** The file that the server logs to. */
  readonly errorLog: string
  /** The process id, while the server runs. */
  readonly pid: Effect.Effect<Option.Option<number>>
  /** Kills the server as a crash would (SIGKILL), and waits until it is gone. */
  readonly kill: Effect.Effect<void>
  /** Stops the server (SIGTERM) if it runs, and starts it again on the same port and data. */
  readonly restart: Effect.Effect<void, ScratchServerError>
}

interface Running {
  readonly process: CommandExecutor.Process
  readonly scope: Scope.CloseableScope
}

const portAttempts = 3
const readyWithin = "2 minutes"
const stopsWithin = "20 seconds"
const logTail = 3000

/** Real time also under a test clock: a server's process does not follow it. */
const inRealTime = Effect.withClock(Clock.make())

/** An init file has one statement a line, and its session may have any sql_mode. */
const firstStart = (password: Redacted.Redacted) => {
  const hex = Buffer.from(Redacted.value(password)).toString("hex")
  return [
    "SET NAMES utf8mb4",
    "SET SESSION sql_mode = ''",
    `SET @statement = CONCAT('ALTER USER ''root''@''%'' IDENTIFIED BY ', QUOTE(CONVERT(UNHEX('${hex}') USING utf8mb4)))`,
    "PREPARE statement FROM @statement",
    "EXECUTE statement",
    "DEALLOCATE PREPARE statement"
  ].map((line) => `${line};\n`).join("")
}

const asksForBinaryLog = (argument: string) => /^--log[-_]bin(=|$)/.test(argument)

/**
 * Starts a server of the vendor's own program on a fresh data folder, on a free port of 127.0.0.1 and a unix socket,
 * with settings that are quick and small, and waits until it takes connections.
 *
 * When the scope closes the server is stopped and its folder removed. When this process is killed, a small watching
 * process kills the server and removes the folder. The first use on a machine may bring the program; `ServerPrograms`
 * says how.
 *
 * @example
 * ```ts
 * import { NodeContext } from "@effect/platform-node"
 * import { ScratchServer } from "@sluice/testing"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const server = yield* ScratchServer.make({ vendor: "mariadb" })
 *   yield* Console.log(`${server.version} on port ${server.port}`)
 * }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<
  ScratchServer,
  ServerPrograms.ServerUnavailable | ScratchServerError,
  Scope.Scope | FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor
> =>
  Effect.gen(function*() {
    const { vendor } = options
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const services = yield* Effect.context<FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor>()
    const failed = (reason: string) => (cause: unknown) => new ScratchServerError({ vendor, reason, log: "", cause })

    const cache = options.cache ?? (yield* ServerPrograms.cacheDirectory)
    const program = yield* ServerPrograms.find(vendor, { cache, version: options.version })
    const extra = options.arguments ?? []
    const password = options.rootPassword ?? Redacted.make(randomBytes(16).toString("hex"))

    const directory = yield* ScratchDirectory.make(options.temporary).pipe(
      Effect.mapError(failed("its folder could not be made"))
    )
    const inside = (name: string) => path.join(directory, name)
    const socket = inside("server.sock")
    const errorLog = inside("error.log")
    const initFile = inside("init.sql")
    const copyTo = (data: string) => DataDirectory.copyFresh(program, extra, cache, data)
    const data = path.resolve(options.data ?? directory, "data")
    const filled = options.data === undefined
      ? copyTo(data)
      : publish(path.dirname(data), (folder) => copyTo(path.join(folder, "data")))
    yield* filled.pipe(
      Effect.mapError((error) =>
        error._tag === "InitialiseError"
          ? new ScratchServerError({
            vendor,
            reason: `its data folder could not be made: ${SystemCommand.complaint(error.output)}`,
            log: error.output.slice(-logTail)
          })
          : failed("its data folder could not be made")(error)
      )
    )
    yield* Effect.all([
      fs.makeDirectory(inside("tmp")),
      fs.writeFileString(initFile, firstStart(password), { mode: 0o600 })
    ]).pipe(Effect.mapError(failed("its folder could not be filled")))

    const command = (port: number, first: boolean) =>
      ScratchDirectory.known(directory, errorLog, [
        ...program.command,
        ...program.arguments,
        ...DataDirectory.settings[vendor],
        "--innodb-buffer-pool-size=128M",
        "--skip-name-resolve",
        "--secure-file-priv=",
        `--datadir=${data}`,
        `--tmpdir=${inside("tmp")}`,
        `--socket=${socket}`,
        `--pid-file=${inside("server.pid")}`,
        "--bind-address=127.0.0.1",
        `--port=${port}`,
        ...(extra.some(asksForBinaryLog) ? [] : ["--skip-log-bin"]),
        ...(first ? [`--init-file=${initFile}`] : []),
        ...extra
      ])

    const running = yield* Ref.make(Option.none<Running>())

    const end = (signal: CommandExecutor.Signal): Effect.Effect<void> =>
      Ref.getAndSet(running, Option.none()).pipe(
        Effect.flatMap(Option.match({
          onNone: () => Effect.void,
          onSome: ({ process, scope }) =>
            process.kill(signal).pipe(
              // Finalizers cannot be interrupted, so the time limit needs this to have an effect in one.
              Effect.interruptible,
              Effect.timeout(stopsWithin),
              Effect.catchAll(() => process.kill("SIGKILL")),
              Effect.ignore,
              Effect.zipRight(Scope.close(scope, Exit.void)),
              Effect.zipRight(ScratchDirectory.forget(directory))
            )
        })),
        Effect.uninterruptible,
        Effect.provide(services),
        inRealTime
      )
    const lock = yield* Effect.makeSemaphore(1)
    yield* Effect.addFinalizer(() => lock.withPermits(1)(end("SIGTERM")))

    const launch = (port: number, first: boolean) =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const process = yield* Scope.extend(Command.start(command(port, first)), scope).pipe(
          Effect.mapError(failed("its program could not be run"))
        )
        yield* Ref.set(running, Option.some({ process, scope }))
        return process
      }).pipe(Effect.uninterruptible)

    const failure = (reason: string) =>
      Effect.flatMap(
        Effect.orElseSucceed(fs.readFileString(errorLog), () => ""),
        (log) => new ScratchServerError({ vendor, reason, log: log.slice(-logTail).trim() })
      )

    const start = (port: number, first: boolean): Effect.Effect<void, ScratchServerError> =>
      Effect.gen(function*() {
        const process = yield* launch(port, first)
        const ready = Loopback.greets(socket).pipe(
          Effect.timeout("5 seconds"),
          Effect.orElseSucceed(() => false),
          Effect.repeat({ until: (greeted) => greeted, schedule: Schedule.spaced("50 millis") })
        )
        const died = Effect.zipRight(Effect.exit(process.exitCode), failure("it ended before it took connections"))
        yield* Effect.raceFirst(ready, died).pipe(
          Effect.timeoutOption(readyWithin),
          Effect.flatMap(Option.match({
            onNone: () => failure(`it took no connection within ${readyWithin}`),
            onSome: () => Effect.void
          })),
          Effect.onError(() => end("SIGKILL"))
        )
      }).pipe(Effect.provide(services), inRealTime)

    // Between finding a free port and using it, another program may take it.
    const started = Effect.gen(function*() {
      const port = yield* Effect.mapError(Loopback.freePort, failed("there is no free port"))
      yield* start(port, true)
      return port
    })
    const port = yield* Effect.retry(started, {
      times: portAttempts - 1,
      while: (error) => error.log.includes("Address already in use")
    })
    yield* Effect.ignore(fs.remove(initFile))

    return {
      vendor,
      version: program.version,
      host: "127.0.0.1",
      port,
      socket,
      user: "root",
      password,
      directory,
      errorLog,
      pid: Effect.flatMap(
        Ref.get(running),
        Option.match({
          onNone: () => Effect.succeed(Option.none()),
          onSome: ({ process }) =>
            Effect.map(
              Effect.orElseSucceed(process.isRunning, () => false),
              (alive) => alive ? Option.some(process.pid) : Option.none()
            )
        })
      ),
      kill: lock.withPermits(1)(end("SIGKILL")),
      restart: lock.withPermits(1)(Effect.zipRight(end("SIGTERM"), start(port, false)))
    }
  }).pipe(inRealTime)

/**
 * `make` as a layer of a tag of yours, so that a test can hold several servers at once.
 *
 * @example
 * ```ts
 * import { ScratchServer } from "@sluice/testing"
 * import { Context } from "effect"
 *
 * class Target extends Context.Tag("Target")<Target, ScratchServer.ScratchServer>() {}
 *
 * const TargetLive = ScratchServer.layer(Target, { vendor: "mysql", arguments: ["--local-infile=1"] })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <I>(
  tag: Context.Tag<I, ScratchServer>,
  options: Options
): Layer.Layer<
  I,
  ServerPrograms.ServerUnavailable | ScratchServerError,
  FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor
> => Layer.scoped(tag, make(options))
