/**
 * The real program: processes of `sluice dump` and `sluice restore`, joined by a pipe through this process, which
 * counts what passes and can cut it.
 *
 * @since 0.1.0
 */
import { fileURLToPath } from "node:url"

import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Frame from "@sluice/format/Frame"
import type * as Connection from "@sluice/mysql/Connection"
import * as StreamMode from "@sluice/pipeline/StreamMode"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

import { DemoError } from "./DemoError.js"

const bin = fileURLToPath(new URL("program/sluice.js", import.meta.resolve("sluice")))

/**
 * Fails when the program has not been built.
 *
 * @since 0.1.0
 * @category checks
 */
export const isBuilt: Effect.Effect<void, DemoError, FileSystem.FileSystem> = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => Effect.orElseSucceed(fs.exists(bin), () => false)
).pipe(
  Effect.filterOrFail(
    (exists) => exists,
    () => new DemoError({ message: `There is no ${bin}. Build it with: npm run build` })
  )
)

/**
 * One side of a stream.
 *
 * @since 0.1.0
 * @category models
 */
export interface Side {
  readonly server: Connection.Options
  readonly mode: StreamMode.StreamMode
  readonly folder: string
}

/**
 * How a process ended.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ended {
  /** Its exit code; 128 when a signal ended it. */
  readonly code: number
  /** The last line that it said on standard error: its verdict, or what went wrong. */
  readonly lastLine: string
}

/**
 * What went down the pipe.
 *
 * @since 0.1.0
 * @category models
 */
export interface Passed {
  readonly bytes: number
  readonly files: ReadonlyArray<{ readonly name: string; readonly size: number }>
  /** Why it was not a whole stream of frames; `undefined` when it was. */
  readonly problem: string | undefined
}

/** Counts the bytes and files of a stream while they pass. */
class Counter {
  bytes = 0
  private readonly files: Array<{ readonly name: string; readonly size: number }> = []
  private readonly decoder = Frame.decoder()
  private problem: string | undefined = undefined

  take(bytes: Uint8Array): void {
    this.bytes += bytes.length
    if (this.problem !== undefined) return
    Either.match(this.decoder.push(bytes), {
      onLeft: (error) => {
        this.problem = error.message
      },
      onRight: (events) => {
        for (const event of events) {
          if (event._tag === "Header") this.files.push({ name: event.name, size: event.size })
        }
      }
    })
  }

  end(): Passed {
    const ended = Either.getOrElse(Either.map(this.decoder.finish(), () => undefined), (error) => error.message)
    return { bytes: this.bytes, files: this.files, problem: this.problem ?? ended }
  }
}

const where = (server: Connection.Options): ReadonlyArray<string> =>
  server.socketPath === undefined
    ? ["-h", server.host ?? "127.0.0.1", "-P", String(server.port ?? 3306)]
    : ["-S", server.socketPath]

/** No option file and no setting of the machine changes what is shown. The password is on no command line. */
const command = (job: "dump" | "restore", side: Side, rest: ReadonlyArray<string>) =>
  Command.make(
    process.execPath,
    bin,
    job,
    "--no-defaults",
    ...where(side.server),
    "-u",
    side.server.user,
    `--stream=${StreamMode.spelling(side.mode)}`,
    ...rest
  ).pipe(Command.env({ MYSQL_PWD: Redacted.value(side.server.password) }))

/** Starts a process that does not outlive the scope. */
const start = (command: Command.Command) =>
  Effect.gen(function*() {
    const process = yield* Command.start(command)
    yield* Effect.addFinalizer(() =>
      Effect.flatMap(
        Effect.orElseSucceed(process.isRunning, () => false),
        (running) =>
          running
            ? process.kill("SIGTERM").pipe(
              Effect.interruptible, // finalizers are not, and the time limit would have no effect
              Effect.timeout("5 seconds"),
              Effect.catchAll(() => process.kill("SIGKILL")),
              Effect.ignore
            )
            : Effect.void
      )
    )
    return process
  })

const ended = (process: CommandExecutor.Process) =>
  Effect.map(
    Effect.all([
      Effect.orElseSucceed(Stream.mkString(Stream.decodeText(process.stderr)), () => ""),
      Effect.orElseSucceed(process.exitCode, () => 128)
    ], { concurrency: "unbounded" }),
    ([said, code]): Ended => ({ code, lastLine: said.trim().split("\n").at(-1) ?? "" })
  )

/** Ends a stream after so many bytes, as `head -c` does. */
const head = (limit: number) => <E, R>(stream: Stream.Stream<Uint8Array, E, R>) =>
  stream.pipe(
    Stream.mapAccum(limit, (left, bytes) => [left - bytes.length, { bytes: bytes.subarray(0, left), left }]),
    Stream.takeUntil(({ bytes, left }) => bytes.length >= left),
    Stream.map(({ bytes }) => bytes)
  )

/**
 * `sluice dump … | sluice restore …`
 *
 * @since 0.1.0
 * @category running
 */
export interface Options {
  readonly source: Side
  readonly target: Side
  /** The databases to dump; none for all. */
  readonly databases: ReadonlyArray<string>
  /** How many bytes the pipe lets through. */
  readonly cutAfter?: number | undefined
}

/**
 * What became of both processes, and of the pipe.
 *
 * @since 0.1.0
 * @category models
 */
export interface Outcome {
  readonly dump: Ended
  readonly restore: Ended
  readonly passed: Passed
}

const dumpCommand = (source: Side, databases: ReadonlyArray<string>) =>
  command("dump", source, ["-o", source.folder, ...databases.flatMap((database) => ["-B", database])]).pipe(
    Command.stdin(Stream.empty)
  )

const restoreCommand = (target: Side) => command("restore", target, ["-d", target.folder])

/** What stops a program from being started at all. */
const notStarted = (error: { readonly message: string }) =>
  new DemoError({ message: `The program could not be started: ${error.message}` })

/**
 * Runs both, with a pipe between them. `onBytes` is told how many bytes have passed.
 *
 * @since 0.1.0
 * @category running
 */
export const pipe = (
  options: Options,
  onBytes: (bytes: number) => void
): Effect.Effect<Outcome, DemoError, CommandExecutor.CommandExecutor> =>
  Effect.gen(function*() {
    const counter = new Counter()
    const restore = yield* start(restoreCommand(options.target))
    const dump = yield* start(dumpCommand(options.source, options.databases))
    const passing = dump.stdout.pipe(
      options.cutAfter === undefined ? (stream) => stream : head(options.cutAfter),
      Stream.tap((bytes) =>
        Effect.sync(() => {
          counter.take(bytes)
          onBytes(counter.bytes)
        })
      ),
      Stream.run(restore.stdin),
      Effect.ignore // a reader that is gone says why itself
    )
    const [, dumped, restored] = yield* Effect.all([passing, ended(dump), ended(restore)], { concurrency: "unbounded" })
    return { dump: dumped, restore: restored, passed: counter.end() }
  }).pipe(Effect.mapError(notStarted), Effect.scoped)

/**
 * Runs a dump alone, and keeps what it sends, which must be little.
 *
 * @since 0.1.0
 * @category running
 */
export const dump = (
  source: Side,
  databases: ReadonlyArray<string>
): Effect.Effect<
  { readonly dump: Ended; readonly passed: Passed; readonly sent: Uint8Array },
  DemoError,
  CommandExecutor.CommandExecutor
> =>
  Effect.gen(function*() {
    const counter = new Counter()
    const process = yield* start(dumpCommand(source, databases))
    const [sent, dumped] = yield* Effect.all([
      Stream.runFold(process.stdout, Buffer.alloc(0), (sent, bytes) => {
        counter.take(bytes)
        return Buffer.concat([sent, bytes])
      }),
      ended(process)
    ], { concurrency: "unbounded" })
    return { dump: dumped, passed: counter.end(), sent }
  }).pipe(Effect.mapError(notStarted), Effect.scoped)

/**
 * Runs a restore alone, from bytes.
 *
 * @since 0.1.0
 * @category running
 */
export const restore = (
  target: Side,
  stream: Uint8Array
): Effect.Effect<Ended, DemoError, CommandExecutor.CommandExecutor> =>
  Effect.gen(function*() {
    const process = yield* start(restoreCommand(target))
    const feeding = Effect.ignore(Stream.run(Stream.make(stream), process.stdin))
    const [, restored] = yield* Effect.all([feeding, ended(process)], { concurrency: "unbounded" })
    return restored
  }).pipe(Effect.mapError(notStarted), Effect.scoped)
