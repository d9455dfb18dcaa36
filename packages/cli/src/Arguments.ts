/**
 * Reads a command line the way users of MySQL programs type it.
 *
 * It understands `--name value`, `--name=value`, `-n value`, `-nvalue`, clusters of flags such as `-GRE` (the last one may
 * take a value), `--` as the end of options, negative numbers as values, and options whose value may be left out.
 * Names are never cut short and never guessed. Every word ends up in the result, or the result is an error: nothing is
 * ignored.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import { commandNames, plannedCommands } from "./CommandTable.js"
import { nearest, quote } from "./internal/nearest.js"
import type { Token } from "./internal/tokens.js"
import { asksForSecret, endsWithFlag, tokenize } from "./internal/tokens.js"
import { isBooleanWord } from "./internal/values.js"
import * as Words from "./internal/words.js"
import type { CommandName, Lookup, OptionTable } from "./OptionTable.js"
import { lookup } from "./OptionTable.js"
import * as Setting from "./Setting.js"
import { UsageError } from "./UsageError.js"

/**
 * What the words after a command ask for.
 *
 * `Run` has the settings of the command line, each option once and in the order of the table; repeatable ones with all
 * their values. `positionals` are the words that are no options.
 *
 * @since 0.1.0
 * @category models
 */
export type ReadResult = Data.TaggedEnum<{
  readonly Help: {}
  readonly Version: {}
  readonly Run: {
    readonly settings: ReadonlyArray<Setting.Setting>
    readonly positionals: ReadonlyArray<string>
  }
}>

/**
 * Constructors and matchers of {@link ReadResult}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ReadResult = Data.taggedEnum<ReadResult>()

/**
 * What a whole command line asks for.
 *
 * @since 0.1.0
 * @category models
 */
export type Invocation = Data.TaggedEnum<{
  readonly Help: { readonly command: Option.Option<CommandName> }
  readonly Version: {}
  readonly Run: {
    readonly command: CommandName
    readonly settings: ReadonlyArray<Setting.Setting>
    readonly positionals: ReadonlyArray<string>
  }
}>

/**
 * Constructors and matchers of {@link Invocation}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Invocation = Data.taggedEnum<Invocation>()

const fail = (reason: UsageError["reason"], problem: string, advice: string): Either.Either<never, UsageError> =>
  Either.left(new UsageError({ reason, problem, advice }))

/** `-G true`: the flag takes no second word, and a database called `true` is not what was meant. */
const refuseFlagValue = (lookup: Lookup, tokens: ReadonlyArray<Token>): Either.Either<void, UsageError> => {
  const index = tokens.findIndex((token, index) =>
    token._tag === "Positional" && token.words.every(isBooleanWord) && endsWithFlag(lookup, tokens[index - 1])
  )
  const word = tokens[index]?.words[0]
  return word === undefined ? Either.void : fail(
    "UnexpectedWord",
    `${tokens[index - 1]?.words[0] ?? "the option"} takes no value in a word of its own`,
    `leave ${quote(word)} out, or join it with an equals sign as in --triggers=${word}`
  )
}

const show = (tokens: ReadonlyArray<Token>, word: string): string => {
  const index = tokens.findIndex((token) => token._tag === "Positional" && token.words[0] === word)
  return asksForSecret(tokens[index - 1]) ? "the word after the password option" : quote(word)
}

const checkWords = (
  command: CommandName,
  tokens: ReadonlyArray<Token>,
  settings: ReadonlyArray<Setting.Setting>,
  runs: boolean
): Either.Either<ReadonlyArray<string>, UsageError> => {
  const words = tokens.flatMap((token) => token._tag === "Positional" ? token.words : [])
  return Either.map(
    Words.check(command, { words, settings, runs, show: (word) => show(tokens, word) }),
    () => words
  )
}

/**
 * Reads the words after a command.
 *
 * Help and the version are only given when the rest of the line is right: a mistake is never hidden behind them.
 *
 * @example
 * import { Either } from "effect"
 * import { Arguments, OptionTable } from "sluice"
 *
 * const result = Arguments.read(OptionTable.table, "dump", ["-t4", "-GRE", "--stream", "-B", "shop"])
 * Either.map(result, Arguments.canonical)
 * // right(["--database", "shop", "--triggers", "true", ...])
 *
 * @since 0.1.0
 * @category parsing
 */
export const read = (
  table: OptionTable,
  command: CommandName,
  argv: ReadonlyArray<string>
): Either.Either<ReadResult, UsageError> =>
  Either.gen(function*() {
    const spellings = lookup(table, command)
    const tokens = yield* tokenize(spellings, argv)
    const written = tokens.flatMap((token) => token._tag === "Options" ? token.settings : [])
    const settings = yield* Setting.collapse(table, command, written)
    yield* refuseFlagValue(spellings, tokens)
    const [request] = tokens.flatMap((token) => token._tag === "Options" ? token.requests : [])
    const positionals = yield* checkWords(command, tokens, settings, request === undefined)
    if (request === "help") return ReadResult.Help()
    if (request === "version") return ReadResult.Version()
    return ReadResult.Run({ settings, positionals })
  })

/**
 * The canonical command line of a result: `--name` `value` in two words, also for flags, in the order of the table, and
 * positionals after `--`. Reading `--name=value` back gives the same result. It holds secrets in the clear.
 *
 * @since 0.1.0
 * @category getters
 */
export const canonical: (result: ReadResult) => ReadonlyArray<string> = ReadResult.$match({
  Help: () => ["--help"],
  Version: () => ["--version"],
  Run: ({ positionals, settings }) => Setting.toArguments(settings, positionals)
})

const commandNamed = (word: string): Option.Option<CommandName> =>
  Option.fromNullable(commandNames.find((name) => name === word))

const seeHelp = "sluice --help lists the commands"

const unknownCommand = (word: string): Either.Either<never, UsageError> => {
  if (plannedCommands.includes(word)) {
    return fail("NotAvailable", `the command ${word} is not available yet in this version`, seeHelp)
  }
  if (word.startsWith("-")) {
    const first = commandNames.map((name) => `sluice ${name}`).join(" or ")
    return fail("UnknownCommand", "the command comes before its options", `write ${first} first`)
  }
  const meant = nearest(word, commandNames)
  return fail(
    "UnknownCommand",
    `there is no command ${quote(word)}`,
    meant === undefined ? seeHelp : `did you mean ${meant}? ${seeHelp}`
  )
}

const readHelp = (words: ReadonlyArray<string>): Either.Either<Invocation, UsageError> => {
  const [word, extra] = words
  if (extra !== undefined) return fail("UnexpectedWord", `${quote(extra)} is one word too many`, seeHelp)
  if (word === undefined) return Either.right(Invocation.Help({ command: Option.none() }))
  return Option.match(commandNamed(word), {
    onNone: () => unknownCommand(word),
    onSome: (command) => Either.right(Invocation.Help({ command: Option.some(command) }))
  })
}

/**
 * Reads a whole command line, without the program's own name.
 *
 * @since 0.1.0
 * @category parsing
 */
export const readAll = (table: OptionTable, argv: ReadonlyArray<string>): Either.Either<Invocation, UsageError> => {
  const [first, ...rest] = argv
  if (first === undefined) return fail("UnknownCommand", "there is no command", seeHelp)
  if (["--help", "-?", "help"].includes(first)) return readHelp(rest)
  if (first === "--version" || first === "-V") {
    return rest.length === 0
      ? Either.right(Invocation.Version())
      : fail("UnexpectedWord", "--version takes nothing after it", "leave the rest out")
  }
  return Option.match(commandNamed(first), {
    onNone: () => unknownCommand(first),
    onSome: (command) =>
      Either.map(
        read(table, command, rest),
        ReadResult.$match({
          Help: (): Invocation => Invocation.Help({ command: Option.some(command) }),
          Version: () => Invocation.Version(),
          Run: ({ positionals, settings }) => Invocation.Run({ command, positionals, settings })
        })
      )
  })
}
