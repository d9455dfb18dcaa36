/**
 * Option values on their way from where they were written to the commands.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"

import { parseValue, type Refusal } from "./internal/values.js"
import type { CommandName, Entry, OptionTable } from "./OptionTable.js"
import { entriesOf } from "./OptionTable.js"
import { UsageError } from "./UsageError.js"

/**
 * Where a value was written.
 *
 * @since 0.1.0
 * @category models
 */
export type Origin = Data.TaggedEnum<{
  readonly CommandLine: {}
  readonly Environment: { readonly variable: string }
  readonly OptionFile: { readonly path: string; readonly line: number }
  /** It follows from what else was written, such as TCP from a port. */
  readonly Implied: {}
}>

/**
 * Constructors and matchers of {@link Origin}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Origin = Data.taggedEnum<Origin>()

/**
 * Where a value was written, for a message.
 *
 * @since 0.1.0
 * @category getters
 */
export const describeOrigin: (origin: Origin) => string = Origin.$match({
  CommandLine: () => "on the command line",
  Environment: ({ variable }) => `in the variable ${variable}`,
  OptionFile: ({ line, path }) => `in ${path}, line ${line}`,
  Implied: () => "implied"
})

/**
 * A value in its canonical spelling: `Plain` is what the commands see, `Hidden` is a secret, `Prompt` a secret that is
 * still to be asked for.
 *
 * @since 0.1.0
 * @category models
 */
export type Value = Data.TaggedEnum<{
  readonly Plain: { readonly text: string }
  readonly Hidden: { readonly secret: Redacted.Redacted }
  readonly Prompt: {}
}>

/**
 * Constructors and matchers of {@link Value}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Value = Data.taggedEnum<Value>()

/**
 * An option with its values: one, or more when the option is repeatable.
 *
 * @since 0.1.0
 * @category models
 */
export interface Setting {
  /** The long name of the option. */
  readonly name: string
  readonly values: ReadonlyArray<Value>
  /** Whether the option was given without a value and means what it means then. */
  readonly bare: boolean
  readonly origin: Origin
}

/**
 * Reads what was written for an option into its canonical values.
 *
 * @since 0.1.0
 * @category constructors
 */
export const valuesOf = (entry: Entry, raw: string): Either.Either<ReadonlyArray<Value>, Refusal> =>
  Either.map(
    parseValue(entry, raw),
    (texts) =>
      texts.map((text) =>
        entry.kind._tag === "Secret" ? Value.Hidden({ secret: Redacted.make(text) }) : Value.Plain({ text })
      )
  )

/**
 * The text of a setting with one plain value.
 *
 * @since 0.1.0
 * @category getters
 */
export const textOf = (settings: ReadonlyArray<Setting>, name: string): string | undefined => {
  const value = settings.find((setting) => setting.name === name)?.values[0]
  return value?._tag === "Plain" ? value.text : undefined
}

/**
 * Whether a setting takes part where options exclude each other: a flag that is off does not.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isOn = (setting: Setting): boolean =>
  !setting.values.every((value) => value._tag === "Plain" && value.text === "false")

/**
 * Whether a setting asks for the password on the terminal.
 *
 * @since 0.1.0
 * @category predicates
 */
export const asksForPassword = (setting: Setting): boolean =>
  setting.name === "password" && setting.values.some((value) => value._tag === "Prompt")

/**
 * Whether a setting takes the question for the password back.
 *
 * @since 0.1.0
 * @category predicates
 */
export const doesNotAsk = (setting: Setting): boolean => setting.name === "ask-password" && !isOn(setting)

/**
 * `--ask-password` is the same as `--password` without a value, so that the last of the two wins. Switched off, it takes
 * back what was said before, and what weaker levels say.
 */
const withoutQuestions = (written: ReadonlyArray<Setting>): ReadonlyArray<Setting> =>
  written.reduce<ReadonlyArray<Setting>>((before, setting) => {
    if (doesNotAsk(setting)) return [...before.filter((other) => !asksForPassword(other)), setting]
    const asked = setting.name === "ask-password" ? { ...setting, name: "password", values: [Value.Prompt()] } : setting
    return asksForPassword(asked) ? [...before.filter((other) => !doesNotAsk(other)), asked] : [...before, asked]
  }, [])

/**
 * The error for two settings that cannot both hold.
 *
 * @since 0.1.0
 * @category errors
 */
export const contradiction = (one: Setting, other: Setting): UsageError =>
  new UsageError({
    reason: "Contradiction",
    problem: `--${one.name} (${describeOrigin(one.origin)}) and --${other.name} (${describeOrigin(other.origin)}) ` +
      "contradict each other",
    advice: "give one of them"
  })

/** The settings of one option at one level, as one: values of a repeatable option add up, otherwise the last one wins. */
const collapseOne = (entry: Entry, given: ReadonlyArray<Setting>): ReadonlyArray<Setting> => {
  const last = given.at(-1)
  if (last === undefined) return []
  return [entry.repeatable ? { ...last, values: given.flatMap((setting) => setting.values) } : last]
}

/**
 * Turns what was written in one place, in order, into at most one setting an option, in the order of the table.
 * Options that exclude each other are a contradiction.
 *
 * @since 0.1.0
 * @category combinators
 */
export const collapse = (
  table: OptionTable,
  command: CommandName,
  written: ReadonlyArray<Setting>
): Either.Either<ReadonlyArray<Setting>, UsageError> => {
  const entries = entriesOf(table, command)
  const asked = withoutQuestions(written)
  const settings = entries.flatMap((entry) =>
    collapseOne(entry, asked.filter((setting) => setting.name === entry.name))
  )
  for (const entry of entries) {
    if (entry.exclusive === undefined) continue
    const rivals = entries.filter((other) => other.exclusive === entry.exclusive).map((other) => other.name)
    const [one, other] = settings.filter((setting) => rivals.includes(setting.name) && isOn(setting))
    if (one !== undefined && other !== undefined) return Either.left(contradiction(one, other))
  }
  return Either.right(settings)
}

/**
 * The canonical command line: `--name` `value` in two words, booleans included, and positionals after `--`.
 * It holds secrets in the clear: it is for the parser in this process, never for a log.
 *
 * @since 0.1.0
 * @category getters
 */
export const toArguments = (
  settings: ReadonlyArray<Setting>,
  positionals: ReadonlyArray<string>
): ReadonlyArray<string> => [
  ...settings.flatMap((setting) =>
    setting.values.flatMap(Value.$match({
      Plain: ({ text }) => [`--${setting.name}`, text],
      Hidden: ({ secret }) => [`--${setting.name}`, Redacted.value(secret)],
      Prompt: () => ["--ask-password", "true"]
    }))
  ),
  ...(positionals.length === 0 ? [] : ["--", ...positionals])
]

/**
 * The spelling of an older version that somebody used, with what to type instead.
 *
 * @since 0.1.0
 * @category getters
 */
export const removedSpellings = (
  table: OptionTable,
  command: CommandName,
  settings: ReadonlyArray<Setting>
): ReadonlyArray<string> =>
  entriesOf(table, command).flatMap((entry) => {
    const setting = settings.find(({ name }) => name === entry.name)
    return entry.removed === undefined || setting === undefined
      ? []
      : [`--${entry.name} (${describeOrigin(setting.origin)}) is a spelling of an older version: ${entry.removed}`]
  })
