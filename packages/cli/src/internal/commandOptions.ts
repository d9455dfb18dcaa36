/**
 * The options of `@effect/cli`, made from the table.
 *
 * The parser of `@effect/cli` looks at values too: it cuts blanks off, drops empty ones, and takes a value that is spelled
 * like an option for that option. So every text goes through it as a JSON string, which begins and ends with a quote.
 *
 * @internal
 */
import * as Args from "@effect/cli/Args"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

import type { CommandName, Entry, OptionTable } from "../OptionTable.js"
import { entriesOf, entryOf, Kind } from "../OptionTable.js"
import { parseValue } from "./values.js"

const Shielded = Schema.parseJson(Schema.String)

/** Packs a value so that the parser takes it for nothing else. */
const shield = (value: string): string => JSON.stringify(value)

const invalid = () => ValidationError.invalidValue(HelpDoc.p("a value does not come from the argument reader"))

const unshield = (value: string): Effect.Effect<string, ValidationError.ValidationError> =>
  Effect.mapError(Schema.decode(Shielded)(value), invalid)

const unshieldAll = (values: ReadonlyArray<string>) => Effect.forEach(values, unshield)

const shieldedText = (name: string): Options.Options<string> => Options.mapEffect(Options.text(name), unshield)

/** Kinds that go through the parser as they stand. */
const isOpen = (kind: Kind): boolean => kind._tag === "Flag" || kind._tag === "Integer"

type Known = Options.Options<Option.Option<unknown>>

const optional = (option: Options.Options<unknown>): Known => Options.optional(option)

const withDefault = <A>(option: Options.Options<A>, entry: Entry, value: A): Known =>
  entry.default === undefined ? optional(option) : optional(Options.withDefault(option, value))

const repeatable = (name: string): Known =>
  Options.map(Options.mapEffect(Options.repeated(Options.text(name)), unshieldAll), Option.some)

/** The value that a default of the table stands for, in the canonical spelling. */
const canonicalDefault = (entry: Entry): string =>
  Either.getOrElse(parseValue(entry, entry.default ?? ""), (): ReadonlyArray<string> => []).join(",")

const fromEntry = (entry: Entry): Known => {
  const { name } = entry
  const text = () =>
    entry.repeatable ? repeatable(name) : withDefault(shieldedText(name), entry, canonicalDefault(entry))
  return Kind.$match(entry.kind, {
    // Options.boolean has a default of its own, which would hide the one of the table
    Flag: () =>
      optional(
        Options.withDefault(Options.choiceWithValue(name, [["true", true], ["false", false]]), entry.default === "true")
      ),
    Integer: () => withDefault(Options.integer(name), entry, Number(entry.default)),
    Secret: () =>
      optional(
        Options.mapEffect(
          Options.redacted(name),
          (secret) => Effect.map(unshield(Redacted.value(secret)), Redacted.make)
        )
      ),
    Request: () => optional(Options.none),
    Text: text,
    Path: text,
    Bytes: text,
    List: text,
    Rows: text,
    Pattern: text,
    Choice: text
  })
}

/** The order that entries are in when some of them come first. */
const byName = (first: ReadonlyArray<string>): Order.Order<Entry> =>
  Order.mapInput(Order.number, ({ name }) => first.includes(name) ? first.indexOf(name) : first.length)

/**
 * What a command takes: its options by their long names, and the words that are none. The parser tries all options in
 * turn for each that was given; those that come `first` are tried first.
 *
 * @internal
 */
export const parametersOf = (table: OptionTable, command: CommandName, first: ReadonlyArray<string>) => ({
  options: Options.all(
    Object.fromEntries(
      Arr.sort(entriesOf(table, command), byName(first))
        .filter((entry) => entry.kind._tag !== "Request" && entry.removed === undefined)
        .map((entry) => [entry.name, fromEntry(entry)])
    )
  ),
  words: Args.mapEffect(
    Args.repeated(Args.text({ name: "words" })),
    (words) => Effect.mapError(unshieldAll(words), ({ error }) => error)
  )
})

/**
 * What the parser found, as one record for a schema. Options that were not given are not in it.
 *
 * @internal
 */
export const recordOf = (parsed: {
  readonly options: Readonly<Record<string, Option.Option<unknown>>>
  readonly words: ReadonlyArray<string>
}): Readonly<Record<string, unknown>> => ({ ...Record.getSomes(parsed.options), words: parsed.words })

const optionsIn = (canonical: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = canonical.findIndex((word, index) => index % 2 === 0 && word === "--")
  return end < 0 ? canonical : canonical.slice(0, end)
}

/**
 * The names of the options of a canonical command line.
 *
 * @internal
 */
export const namesIn = (canonical: ReadonlyArray<string>): ReadonlyArray<string> =>
  optionsIn(canonical).filter((_, index) => index % 2 === 0).map((word) => word.slice(2))

/**
 * Packs the values of a canonical command line for the parser.
 *
 * @internal
 */
export const shieldArguments = (
  table: OptionTable,
  command: CommandName,
  canonical: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const options = optionsIn(canonical)
  const words = canonical.slice(options.length + 1)
  const isOpenValue = (index: number) =>
    Option.exists(entryOf(table, command, (options[index - 1] ?? "").slice(2)), (entry) => isOpen(entry.kind))
  return [
    ...options.map((word, index) => index % 2 === 0 || isOpenValue(index) ? word : shield(word)),
    ...(words.length === 0 ? [] : ["--", ...words.map(shield)])
  ]
}
