/**
 * The program: what was typed becomes a job, and the job's end an exit code.
 *
 * @since 0.1.0
 */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Tty from "node:tty"

import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Pipe from "@sluice/pipeline/Pipe"
import * as Progress from "@sluice/pipeline/Progress"
import * as Shutdown from "@sluice/pipeline/Shutdown"
import { BackupError, OutputError, Stopped } from "@sluice/pipeline/SluiceError"
import type { Verdict } from "@sluice/pipeline/Verdict"
import * as Verify from "@sluice/pipeline/Verify"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

import * as Cli from "./Cli.js"
import * as Compare from "./Compare.js"
import type * as Config from "./Config.js"
import type * as ExitCode from "./ExitCode.js"
import { Incomplete } from "./Incomplete.js"
import * as prompt from "./internal/prompt.js"
import * as process_ from "./internal/run.js"
import * as stdio from "./internal/stdio.js"
import * as TlsFiles from "./internal/tlsFiles.js"
import { version } from "./internal/version.js"
import * as Jobs from "./Jobs.js"
import * as Report from "./Report.js"
import { UsageError } from "./UsageError.js"

const stderr = (text: string): Effect.Effect<void> => Effect.sync(() => void process.stderr.write(text))

// `process.stdin` would open a reader that takes bytes away from ours
const isTerminal = (fd: 0 | 1): boolean => Tty.isatty(fd)

/** A stream is not for eyes, and nobody types one. */
const refuseTerminal = (isStream: boolean, fd: 0 | 1, instead: string): Effect.Effect<void, UsageError> =>
  isStream && isTerminal(fd)
    ? new UsageError({
      reason: "Contradiction",
      problem: fd === 1 ? "standard output is a terminal" : "standard input is a terminal",
      advice: fd === 1
        ? `pipe the stream into a program or a file${instead}`
        : `pipe a stream into this program${instead}`
    })
    : Effect.void

/** Says what cannot be undone before it is done. */
const warn = (config: Config.DumpConfig): Effect.Effect<void> =>
  Option.contains(config.stream, "NO_STREAM") && !config.quiet
    ? stderr(
      "note: --stream=NO_STREAM removes each file as soon as its name is sent: nothing can be restored from this dump\n"
    )
    : Effect.void

const append = (path: string, text: string): Effect.Effect<void, OutputError> =>
  Effect.try({
    try: () => Fs.appendFileSync(path, text, { mode: 0o600 }),
    catch: (cause) =>
      new OutputError({
        reason: "File",
        what: "cannot write messages to the file",
        where: path,
        detail: cause instanceof Error ? cause.message : String(cause),
        advice: "Name another one with --logfile",
        cause
      })
  })

/** Lines for people, on standard error or in the file that was asked for, which has to be there to write to. */
const screenOf = (config: Config.MessagesConfig): Effect.Effect<Report.Screen, OutputError> =>
  Option.match(config.logfile, {
    onNone: () => Effect.succeed({ isTerminal: process.stderr.isTTY === true, write: stderr }),
    onSome: (path) =>
      Effect.as(append(path, ""), {
        isTerminal: false,
        // a job does not end because of what is said about it
        write: (text: string) => Effect.catchAll(append(path, text), () => stderr(text))
      })
  })

/** A terminal is waited for as long as nobody asks to stop. */
const ask = Effect.flatMap(Shutdown.Shutdown, ({ asked }) =>
  Effect.raceFirst(
    prompt.password,
    Effect.flatMap(asked, (by) => new Stopped({ by, detail: "nothing was begun" }))
  ))

const passwordOf = (config: { readonly password: Config.Password }) => {
  switch (config.password._tag) {
    case "Prompt":
      return ask
    case "Given":
      return Effect.succeed(config.password.secret)
    case "None":
      return Effect.succeed(Redacted.make(""))
  }
}

/** Files first: nobody wants to type a password for nothing. */
const login = (config: Config.DumpConfig | Config.RestoreConfig) =>
  Effect.flatMap(
    TlsFiles.load(config.tls),
    (tls) => Effect.map(passwordOf(config), (password): Jobs.Login => ({ password, tls }))
  )

const isChatty = (config: Config.MessagesConfig): boolean => !config.quiet && config.verbose > 1

/** Shows how far a job is, if that is wanted. */
const watched = <A, E, R>(
  config: Config.MessagesConfig,
  screen: Report.Screen,
  job: Effect.Effect<A, E, R | Progress.Progress>
) => {
  const showsProgress = config.progress === "always" ? !config.quiet : config.progress === "auto" && isChatty(config)
  return job.pipe(
    showsProgress ? Report.whileRunning(screen) : (running) => running,
    Effect.provide(Progress.layer)
  )
}

/** Runs a job, and says how it ended. */
const judged = <E, R, E2, R2>(
  config: Config.MessagesConfig,
  job: Effect.Effect<Effect.Effect<Verdict, E, R | Progress.Progress>, E2, R2>
) =>
  Effect.gen(function*() {
    const screen = yield* screenOf(config)
    const ended = yield* watched(config, screen, yield* job)
    yield* screen.write(Report.verdict(isChatty(config) ? ended : { ...ended, remarks: [] }))
    if (!ended.complete) {
      return yield* new Incomplete({ remarks: ended.remarks })
    }
  })

/** The report goes to standard output as JSON, if that is wanted, and to people; what was found decides the exit code. */
const verify = (config: Config.VerifyConfig) =>
  Effect.gen(function*() {
    const screen = yield* screenOf(config)
    const report = yield* watched(config, screen, Jobs.verify(config))
    if (config.json) {
      const { write } = yield* Pipe.PipeOut
      const json = yield* Effect.orDie(Schema.encode(Schema.parseJson(Verify.Report, { space: 2 }))(report))
      yield* write(new TextEncoder().encode(`${json}\n`))
    }
    yield* screen.write(Report.verified(report))
    const [first] = report.findings
    if (first !== undefined) {
      return yield* new BackupError({
        reason: first.reason,
        what: "the backup is not whole",
        detail: report.findingCount === 1 ? first.message : `${report.findingCount} faults, the first: ${first.message}`
      })
    }
    if (!report.complete) {
      return yield* new Incomplete({ remarks: report.remarks })
    }
  })

/** Who is asked for two passwords has to know which one it is. */
const passwordFor = (side: Compare.Side, name: string) =>
  Effect.zipRight(side.password._tag === "Prompt" ? stderr(`${name}: `) : Effect.void, passwordOf(side))

/** What was found goes to people, and to standard output as JSON, if that is wanted; it decides the exit code. */
const compare = (config: Compare.CompareConfig, processors: number) =>
  Effect.gen(function*() {
    const screen = yield* screenOf(config)
    // files first, as above
    const tls = yield* TlsFiles.load(config.tls)
    const source = Compare.isBackup(config.source)
      ? Redacted.make("")
      : yield* passwordFor(config.source, "source")
    const target = yield* passwordFor(config.target, "target")
    const found = yield* watched(config, screen, Compare.run(config, { source, target, tls }, processors))
    if (config.json) {
      const { write } = yield* Pipe.PipeOut
      yield* write(new TextEncoder().encode(yield* Compare.json(found)))
    }
    yield* screen.write(Compare.report(found, isChatty(config)))
    yield* Compare.judge(found)
  })

const reason = (cause: Cause.Cause<ExitCode.Failure>, signal: Option.Option<ExitCode.Signal>): string => {
  const failure = Cause.failureOption(cause)
  const said = Option.isSome(failure)
    ? failure.value.message.replaceAll(/\s*\n\s*/g, " ")
    : `a defect in this program: ${
      String(Cause.squash(cause)).split("\n", 1)[0] ?? ""
    }. Please report it, with what --debug prints`
  return Option.match(signal, {
    onNone: () => Cause.isInterruptedOnly(cause) ? "interrupted: nothing was finished" : said,
    onSome: (signal) =>
      Cause.isInterruptedOnly(cause)
        ? `interrupted by ${signal}: what was under way is unfinished`
        : Option.exists(failure, ({ _tag }) => _tag === "Stopped")
        ? said
        : `stopped by ${signal}, and then: ${said}`
  })
}

/** What failed, in one line; with `--debug`, where in the program too. */
const report =
  (debug: boolean) =>
  (cause: Cause.Cause<ExitCode.Failure>, signal: Option.Option<ExitCode.Signal>): Effect.Effect<void> =>
    stderr(`sluice: ${debug ? Cause.pretty(cause, { renderErrorCause: true }) : reason(cause, signal)}\n`)

/**
 * Runs the program with the words that were typed, and ends the process.
 *
 * @since 0.1.0
 * @category running
 */
export const main = (argv: ReadonlyArray<string>): void => {
  const processors = Os.availableParallelism()
  const handlers: Cli.Handlers<ExitCode.Failure, NodeContext.NodeContext | Pipe.PipeIn | Pipe.PipeOut> = {
    dump: (config) =>
      refuseTerminal(
        Option.isSome(config.stream),
        1,
        ", or dump into a folder with --outputdir and without --stream"
      ).pipe(
        Effect.zipRight(warn(config)),
        Effect.zipRight(judged(config, Effect.map(login(config), (login) => Jobs.dump(config, login, processors))))
      ),
    restore: (config) =>
      Effect.zipRight(
        refuseTerminal(
          Option.isSome(config.stream),
          0,
          ", or restore from a folder with --directory and without --stream"
        ),
        judged(config, Effect.map(login(config), (login) => Jobs.restore(config, login, processors)))
      ),
    verify: (config) =>
      Effect.zipRight(refuseTerminal(Option.isNone(config.backup), 0, ", or name a folder or a file"), verify(config)),
    unpack: (config) =>
      Effect.zipRight(refuseTerminal(true, 0, ""), judged(config, Effect.succeed(Jobs.unpack(config)))),
    compare: (config) =>
      Effect.zipRight(
        refuseTerminal(
          Compare.isBackup(config.source) && Option.isNone(config.source.path),
          0,
          ", or name a folder or a file"
        ),
        compare(config, processors)
      )
  }
  process_.main(
    Cli.run({
      argv,
      environment: process.env,
      version,
      columns: process.stdout.columns,
      notice: (line) => stderr(`note: ${line}\n`),
      handlers
    }).pipe(
      Effect.provide(Layer.mergeAll(
        NodeContext.layer,
        stdio.layerStdin,
        stdio.layerStdout,
        // standard output belongs to data
        Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))
      ))
    ),
    report(argv.includes("--debug"))
  )
}
