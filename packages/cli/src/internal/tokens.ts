/**
 * Cuts a command line into tokens. Every word of it is in exactly one token, or the result is an error.
 *
 * @internal
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import { type Entry, entryOf, find, Found, Kind, type Lookup } from "../OptionTable.js"
import * as Setting from "../Setting.js"
import { UsageError } from "../UsageError.js"
import { nearest, quote } from "./nearest.js"
import { missing, parseBoolean, type Refusal } from "./values.js"

/** A piece of the command line with the words it is made of. A cluster such as `-GRE` holds several settings. */
export type Token = Data.TaggedEnum<{
  readonly Options: {
    readonly words: ReadonlyArray<string>
    readonly settings: ReadonlyArray<Setting.Setting>
    readonly requests: ReadonlyArray<string>
  }
  readonly Terminator: { readonly words: ReadonlyArray<string> }
  readonly Positional: { readonly words: ReadonlyArray<string> }
}>

/** @internal */
export const Token = Data.taggedEnum<Token>()

type Result<A> = Either.Either<A, UsageError>

/** One option with its value, and whether the value was in the next word. */
interface Piece {
  readonly setting: Option.Option<Setting.Setting>
  readonly request: Option.Option<string>
  readonly tookNext: boolean
}

const fail = (reason: UsageError["reason"], problem: string, advice: string): Result<never> =>
  Either.left(new UsageError({ reason, problem, advice }))

const invalid = (spelling: string) => ({ advice, problem }: Refusal): UsageError =>
  new UsageError({ reason: "InvalidValue", problem: `${spelling} ${problem}`, advice })

const setting = (
  entry: Entry,
  values: ReadonlyArray<Setting.Value>,
  options: { readonly tookNext?: boolean; readonly bare?: boolean } = {}
): Piece => ({
  setting: Option.some({ name: entry.name, values, bare: options.bare ?? false, origin: Setting.Origin.CommandLine() }),
  request: Option.none(),
  tookNext: options.tookNext ?? false
})

const plain = (text: string): ReadonlyArray<Setting.Value> => [Setting.Value.Plain({ text })]

const withValue = (entry: Entry, spelling: string, raw: string, tookNext: boolean): Result<Piece> =>
  Either.mapBoth(Setting.valuesOf(entry, raw), {
    onLeft: invalid(spelling),
    onRight: (values) => setting(entry, values, { tookNext })
  })

/** A word that can only be an option: it begins with a dash, and is neither a lone dash nor a negative number. */
const looksLikeOption = (word: string): boolean => word.startsWith("-") && word !== "-" && !/^-\d/.test(word)

/** The value is not in this word: it is the next one, or there is none. */
const fromNextWord = (entry: Entry, spelling: string, next: string | undefined): Result<Piece> =>
  Kind.$match(entry.kind, {
    Flag: (): Result<Piece> => Either.right(setting(entry, plain("true"))),
    Request: () => Either.right({ setting: Option.none(), request: Option.some(entry.name), tookNext: false }),
    Secret: () =>
      next === undefined || (next.startsWith("-") && next !== "-")
        ? Either.right(setting(entry, [Setting.Value.Prompt()], { bare: true }))
        : withValue(entry, spelling, next, true),
    Choice: (kind) => {
      const bare = kind.bare
      return bare !== undefined && (next === undefined || next.startsWith("-"))
        ? Either.right(setting(entry, plain(bare), { bare: true }))
        : required(entry, spelling, next)
    },
    Text: () => required(entry, spelling, next),
    Path: () => required(entry, spelling, next),
    Integer: () => required(entry, spelling, next),
    Bytes: () => required(entry, spelling, next),
    List: () => required(entry, spelling, next),
    Rows: () => required(entry, spelling, next),
    Pattern: () => required(entry, spelling, next)
  })

const required = (entry: Entry, spelling: string, next: string | undefined): Result<Piece> => {
  if (next === undefined) {
    const { advice, problem } = missing(entry)
    return fail("MissingValue", `${spelling} ${problem}`, entry.short.includes("h") ? `${advice}; help is -?` : advice)
  }
  return looksLikeOption(next)
    ? fail(
      "MissingValue",
      `${spelling} needs a value, and the next word begins with a dash`,
      `write the value first, or --${entry.name}=VALUE if it begins with a dash`
    )
    : withValue(entry, spelling, next, true)
}

const unknown = (lookup: Lookup, spelling: string): Result<never> => {
  const help = `sluice ${lookup.command} --help lists the options`
  if (!spelling.startsWith("--")) return fail("UnknownOption", `there is no option ${spelling}`, help)
  const known = [...lookup.spellings].flatMap(([name, found]) =>
    found._tag === "Known" && found.entry.removed === undefined && name.startsWith("--") ? [name] : []
  )
  const longer = known.filter((name) => name.startsWith(spelling))
  if (spelling.length > 2 && longer.length > 0 && longer.length < 6) {
    return fail(
      "UnknownOption",
      `there is no option ${quote(spelling)}, and names are not cut short`,
      `write ${longer.join(" or ")}`
    )
  }
  const meant = nearest(spelling, known)
  return fail(
    "UnknownOption",
    `there is no option ${quote(spelling)}`,
    meant === undefined ? help : `did you mean ${meant}? ${help}`
  )
}

/** The entry behind a spelling of this command, or why there is none. */
const resolve = (lookup: Lookup, spelling: string): Result<{ readonly entry: Entry; readonly negated: boolean }> =>
  Option.match(find(lookup, spelling), {
    onNone: () => unknown(lookup, spelling),
    onSome: Found.$match({
      Known: ({ entry, negated }): Result<{ readonly entry: Entry; readonly negated: boolean }> =>
        Either.right({ entry, negated }),
      NotAvailable: ({ item }) => fail("NotAvailable", `${spelling} ${item.reason}`, item.advice),
      Elsewhere: ({ commands }) =>
        fail(
          "WrongCommand",
          `${spelling} belongs to sluice ${commands.join(" and ")}, not to ${lookup.command}`,
          `leave it out, or see sluice ${lookup.command} --help`
        )
    })
  })

const flag = (entry: Entry, text: string): Piece => setting(entry, plain(text))

const readLong = (lookup: Lookup, word: string, next: string | undefined): Result<Piece> => {
  const equals = word.indexOf("=")
  const spelling = equals < 0 ? word : word.slice(0, equals)
  const value = equals < 0 ? undefined : word.slice(equals + 1)
  return Either.flatMap(resolve(lookup, spelling), ({ entry, negated }) => {
    if (entry.kind._tag === "Flag" && value !== undefined) {
      return Either.mapBoth(parseBoolean(value, negated), {
        onLeft: invalid(spelling),
        onRight: ([text = ""]) => flag(entry, text)
      })
    }
    if (negated) return Either.right(flag(entry, "false"))
    return value === undefined ? fromNextWord(entry, spelling, next) : withValue(entry, spelling, value, false)
  })
}

/** `-abc`: flags up to the first option that takes a value, which takes the rest of the word or the next one. */
const readCluster = (lookup: Lookup, word: string, next: string | undefined): Result<ReadonlyArray<Piece>> =>
  Either.gen(function*() {
    const letters = [...word].slice(1)
    const pieces: Array<Piece> = []
    for (const [index, letter] of letters.entries()) {
      const spelling = `-${letter}`
      const { entry, negated } = yield* resolve(lookup, spelling)
      const rest = letters.slice(index + 1).join("")
      if (rest.startsWith("=")) {
        const advice = entry.kind._tag === "Request" ? "leave the value out" : `write --${entry.name}=VALUE`
        yield* fail("InvalidValue", `${spelling} takes no equals sign`, advice)
      }
      if (entry.kind._tag === "Flag" || entry.kind._tag === "Request") {
        pieces.push(negated ? flag(entry, "false") : yield* fromNextWord(entry, spelling, undefined))
        continue
      }
      pieces.push(
        rest === "" ? yield* fromNextWord(entry, spelling, next) : yield* withValue(entry, spelling, rest, false)
      )
      break
    }
    return pieces
  })

const isBareSecret = (token: Token | undefined): boolean =>
  token?._tag === "Options" &&
  token.settings.some((setting) => setting.values.some((value) => value._tag === "Prompt"))

/** After a password without a value, the next word may be a password that begins with a dash. It is not repeated. */
const afterBareSecret = (error: UsageError): UsageError =>
  error.reason === "UnknownOption" || error.reason === "InvalidValue"
    ? new UsageError({
      reason: error.reason,
      problem: "the word after the password option begins with a dash and cannot be read as an option",
      advice: "write --password=SECRET for a password that begins with a dash"
    })
    : error

/**
 * Cuts a command line into tokens.
 *
 * @internal
 */
export const tokenize = (lookup: Lookup, argv: ReadonlyArray<string>): Result<ReadonlyArray<Token>> =>
  Either.gen(function*() {
    const tokens: Array<Token> = []
    let index = 0
    let ended = false
    while (index < argv.length) {
      const word = argv[index] ?? ""
      if (ended || !word.startsWith("-") || word === "-") {
        tokens.push(Token.Positional({ words: [word] }))
        index += 1
      } else if (word === "--") {
        ended = true
        tokens.push(Token.Terminator({ words: [word] }))
        index += 1
      } else {
        const next = argv[index + 1]
        const read = word.startsWith("--")
          ? Either.map(readLong(lookup, word, next), (piece): ReadonlyArray<Piece> => [piece])
          : readCluster(lookup, word, next)
        const pieces = yield* isBareSecret(tokens.at(-1)) ? Either.mapLeft(read, afterBareSecret) : read
        const used = pieces.some((piece) => piece.tookNext) ? 2 : 1
        tokens.push(Token.Options({
          words: argv.slice(index, index + used),
          settings: pieces.flatMap((piece) => Option.toArray(piece.setting)),
          requests: pieces.flatMap((piece) => Option.toArray(piece.request))
        }))
        index += used
      }
    }
    return tokens
  })

/** Whether the token is a flag that the word after it was perhaps meant for: `-G true`. */
export const endsWithFlag = (lookup: Lookup, token: Token | undefined): boolean =>
  token?._tag === "Options" &&
  Option.exists(
    Option.flatMap(Option.fromNullable(token.settings.at(-1)), ({ name }) =>
      entryOf(lookup.table, lookup.command, name)),
    (entry) =>
      entry.kind._tag === "Flag"
  )

/** Whether the word after the token was perhaps meant to be a password, or the rest of one that has a blank. */
export const asksForSecret = (token: Token | undefined): boolean =>
  token?._tag === "Options" &&
  token.settings.some((setting) => setting.name === "ask-password" || setting.name === "password")
