/**
 * The commands, made from the table of commands and the table of options. What they do is given from outside, so
 * that tests run them with no server.
 *
 * @since 0.1.0
 */
import type * as CliApp from "@effect/cli/CliApp"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as CommandDescriptor from "@effect/cli/CommandDescriptor"
import * as HelpDoc from "@effect/cli/HelpDoc"
import type { ValidationError } from "@effect/cli/ValidationError"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

import * as Arguments from "./Arguments.js"
import type { CompareConfig } from "./Compare.js"
import type * as Config from "./Config.js"
import * as Help from "./Help.js"
import { namesIn, parametersOf, recordOf, shieldArguments } from "./internal/commandOptions.js"
import { CompareFromOptions } from "./internal/compareFromOptions.js"
import { DumpFromOptions, RestoreFromOptions, UnpackFromOptions, VerifyFromOptions } from "./internal/fromOptions.js"
import * as OptionFile from "./OptionFile.js"
import type { CommandName } from "./OptionTable.js"
import { table } from "./OptionTable.js"
import * as Precedence from "./Precedence.js"
import * as Setting from "./Setting.js"
import { UsageError } from "./UsageError.js"

/**
 * What the commands do.
 *
 * @since 0.1.0
 * @category models
 */
export interface Handlers<E, R> {
  readonly dump: (config: Config.DumpConfig) => Effect.Effect<void, E, R>
  readonly restore: (config: Config.RestoreConfig) => Effect.Effect<void, E, R>
  readonly verify: (config: Config.VerifyConfig) => Effect.Effect<void, E, R>
  readonly unpack: (config: Config.UnpackConfig) => Effect.Effect<void, E, R>
  readonly compare: (config: CompareConfig) => Effect.Effect<void, E, R>
}

const contradiction = (command: CommandName) => (error: ParseResult.ParseError): UsageError => {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  const [problem = "", ...advice] = (issue?.message ?? "the options do not fit together").split(": ")
  return new UsageError({
    reason: "Contradiction",
    problem,
    advice: advice.length === 0 ? `see sluice ${command} --help` : advice.join(": ")
  })
}

/**
 * The program as a command of `@effect/cli`, with the commands of the table under it. It takes canonical arguments, see
 * {@link execute}. Its options have long names only: the argument reader knows the short ones. It is fastest
 * when the names of those that are given are known before, in their order.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeCommand = <E, R>(handlers: Handlers<E, R>, given: ReadonlyArray<string> = []) => {
  const commandOf = <Config, Input>(
    name: CommandName,
    options: Schema.Schema<Config, Input>,
    handler: (config: Config) => Effect.Effect<void, E, R>
  ) =>
    Command.make(name, parametersOf(table, name, given), (parsed) =>
      Effect.flatMap(
        Effect.mapError(Schema.decodeUnknown(options)(recordOf(parsed)), contradiction(name)),
        handler
      ))
  return Command.make("sluice").pipe(Command.withSubcommands([
    commandOf("dump", DumpFromOptions, handlers.dump),
    commandOf("restore", RestoreFromOptions, handlers.restore),
    commandOf("verify", VerifyFromOptions, handlers.verify),
    commandOf("unpack", UnpackFromOptions, handlers.unpack),
    commandOf("compare", CompareFromOptions, handlers.compare)
  ]))
}

/**
 * `@effect/cli` as we use it: names as they are written, nothing corrected, no built-in option found in a value.
 *
 * @since 0.1.0
 * @category constants
 */
export const cliConfig: CliConfig.CliConfig = CliConfig.make({
  isCaseSensitive: true,
  autoCorrectLimit: 0,
  finalCheckBuiltIn: false,
  showBuiltIns: false
})

const colours = /\u001b\[[0-9;]*m/g

const fromValidation = (command: CommandName) => (error: ValidationError): UsageError =>
  new UsageError({
    reason: "InvalidValue",
    problem: HelpDoc.toAnsiText(error.error).replace(colours, "").replace(/\s+/g, " ").trim() || error._tag,
    advice: `see sluice ${command} --help`
  })

/**
 * Runs a command with canonical arguments, as {@link Setting.toArguments} makes them. The parser of `@effect/cli` prints
 * nothing here; what it refuses is a {@link UsageError}.
 *
 * @since 0.1.0
 * @category running
 */
export const execute = <E, R>(
  handlers: Handlers<E, R>,
  command: CommandName,
  canonical: ReadonlyArray<string>
): Effect.Effect<void, E | UsageError, R | CliApp.CliApp.Environment> =>
  Effect.gen(function*() {
    const program = makeCommand(handlers, namesIn(canonical))
    const argv = ["sluice", command, ...shieldArguments(table, command, canonical)]
    const directive = yield* Effect.mapError(
      CommandDescriptor.parse(program.descriptor, argv, cliConfig),
      fromValidation(command)
    )
    if (directive._tag === "BuiltIn" || directive.leftover.length > 0) {
      return yield* new UsageError({
        reason: "UnexpectedWord",
        problem: `sluice ${command} cannot take all of its words`,
        advice: `see sluice ${command} --help`
      })
    }
    yield* program.handler(directive.value)
  })

/**
 * Everything that a run of the program takes from outside.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunOptions<E, R> {
  readonly handlers: Handlers<E, R>
  /** The words after the name of the program. */
  readonly argv: ReadonlyArray<string>
  readonly environment: Precedence.Environment
  readonly version: string
  /** Takes lines for people, such as an older spelling that was used, before the command runs. */
  readonly notice: (line: string) => Effect.Effect<void>
  /** How wide the terminal is. */
  readonly columns?: number | undefined
}

/**
 * Reads the words, the environment and the option files, and runs the command. Help and the version go to standard
 * output. Whatever is wrong with what was typed fails with a {@link UsageError} before a handler is called.
 *
 * @since 0.1.0
 * @category running
 */
export const run = <E, R>(
  options: RunOptions<E, R>
): Effect.Effect<void, E | UsageError, R | CliApp.CliApp.Environment> =>
  Effect.gen(function*() {
    const invocation = yield* Arguments.readAll(table, options.argv)
    if (invocation._tag === "Version") return yield* Console.log(`sluice ${options.version}`)
    if (invocation._tag === "Help") {
      return yield* Console.log(Option.match(invocation.command, {
        onNone: () => Help.overview(),
        onSome: (command) => Help.render(table, command, options.columns)
      }))
    }
    const { command, positionals, settings: commandLine } = invocation
    const files = yield* OptionFile.load(table, { command, commandLine, home: options.environment["HOME"] })
    const settled = yield* Precedence.settle(table, {
      command,
      commandLine,
      positionals,
      environment: options.environment,
      optionFiles: files.settings
    })
    if (Setting.textOf(settled.settings, "quiet") !== "true") {
      yield* Effect.forEach([...files.notices, ...settled.notices], options.notice, { discard: true })
    }
    yield* execute(options.handlers, command, Setting.toArguments(settled.settings, settled.positionals))
  })
