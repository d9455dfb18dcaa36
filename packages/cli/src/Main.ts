/**
 * The program: what was typed becomes a job, and the job's end an exit code.
 *
 * @since 0.1.0
 */
import * as Fs from "node:fs"
import * as Os from "node:os"

import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import type * as Pipe from "@sluice/pipeline/Pipe"
import * as Progress from "@sluice/pipeline/Progress"
import type { Verdict } from "@sluice/pipeline/Verdict"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

import * as Cli from "./Cli.js"
import type * as Config from "./Config.js"
import type * as ExitCode from "./ExitCode.js"
import * as prompt from "./internal/prompt.js"
import * as process_ from "./internal/run.js"
import * as stdio from "./internal/stdio.js"
import { version } from "./internal/version.js"
import * as Jobs from "./Jobs.js"
import * as Report from "./Report.js"
import { UsageError } from "./UsageError.js"

const stderr = (text: string): Effect.Effect<void> => Effect.sync(() => void process.stderr.write(text))

const isTerminal = (fd: 0 | 1): boolean => (fd === 0 ? process.stdin : process.stdout).isTTY === true

/** A stream is not for eyes, and nobody types one. */
const refuseTerminal = (config: Config.DumpConfig | Config.RestoreConfig, fd: 0 | 1): Effect.Effect<void, UsageError> =>
  Option.isSome(config.stream) && isTerminal(fd)
    ? new UsageError({
      reason: "Contradiction",
      problem: fd === 1 ? "standard output is a terminal" : "standard input is a terminal",
      advice: fd === 1
        ? "pipe the stream into a program or a file, or dump into a folder with --outputdir and without --stream"
        : "pipe a stream into this program, or restore from a folder with --directory and without --stream"
    })
    : Effect.void

/** Lines for people, on standard error or in the file that was asked for. */
const screenOf = (config: Config.DumpConfig | Config.RestoreConfig): Report.Screen =>
  Option.match(config.logfile, {
    onNone: () => ({ isTerminal: process.stderr.isTTY === true, write: stderr }),
    onSome: (path) => ({
      isTerminal: false,
      write: (text: string) => Effect.orDie(Effect.try(() => Fs.appendFileSync(path, text, { mode: 0o600 })))
    })
  })

const login = (config: Config.DumpConfig | Config.RestoreConfig): Effect.Effect<Jobs.Login, UsageError> => {
  switch (config.password._tag) {
    case "Prompt":
      return Effect.map(prompt.password, (password) => ({ password }))
    case "Given":
      return Effect.succeed({ password: config.password.secret })
    case "None":
      return Effect.succeed({ password: Redacted.make("") })
  }
}

const run = <E, R>(
  config: Config.DumpConfig | Config.RestoreConfig,
  job: (login: Jobs.Login) => Effect.Effect<Verdict, E, R | Progress.Progress>
) =>
  Effect.gen(function*() {
    const credentials = yield* login(config)
    const screen = screenOf(config)
    const showsProgress = !config.quiet && config.verbose > 0 &&
      (config.progress === "always" || (config.progress === "auto" && config.verbose > 1))
    const ended = yield* job(credentials).pipe(
      showsProgress ? Report.whileRunning(screen) : (running) => running,
      Effect.provide(Progress.layer)
    )
    if (!config.quiet && config.verbose > 0) {
      yield* screen.write(Report.verdict(ended))
    }
  })

/** What failed, in one line; with `--debug`, where in the program too. */
const report = (debug: boolean) => (cause: Cause.Cause<ExitCode.Failure>): Effect.Effect<void> =>
  stderr(
    debug
      ? `sluice: ${Cause.pretty(cause, { renderErrorCause: true })}\n`
      : Option.match(Cause.failureOption(cause), {
        onSome: (failure) => `sluice: ${failure.message.replaceAll(/\s*\n\s*/g, " ")}\n`,
        onNone: () =>
          Cause.isInterruptedOnly(cause)
            ? "sluice: interrupted: nothing was finished\n"
            : `sluice: a defect in this program: ${
              String(Cause.squash(cause)).split("\n", 1)[0] ?? ""
            }. Please report it, with what --debug prints\n`
      })
  )

/**
 * Runs the program with the words that were typed, and ends the process.
 *
 * @since 0.1.0
 * @category running
 */
export const main = (argv: ReadonlyArray<string>): void => {
  const processors = Os.availableParallelism()
  const handlers: Cli.Handlers<ExitCode.Failure, FileSystem | Path | Pipe.PipeIn | Pipe.PipeOut> = {
    dump: (config) =>
      Effect.zipRight(
        refuseTerminal(config, 1),
        run(config, (login) => Jobs.dump(config, login, processors))
      ),
    restore: (config) =>
      Effect.zipRight(
        refuseTerminal(config, 0),
        run(config, (login) => Jobs.restore(config, login, processors))
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
