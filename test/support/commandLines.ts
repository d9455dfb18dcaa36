import { FastCheck as fc } from "effect"
import type * as OptionTable from "sluice/OptionTable"

/** A use of one option: what it means, and every legal way to type it. */
export interface Use {
  readonly entry: OptionTable.Entry
  /** The canonical values: several for a list, none when a password is to be asked for. */
  readonly values: ReadonlyArray<string>
  readonly asks: boolean
  readonly words: ReadonlyArray<string>
}

const nasty = fc.constantFrom(
  " ",
  "\n",
  "-x",
  "--help",
  "--",
  "-",
  "a=b",
  "true",
  "=",
  "\"",
  "\\",
  "-1",
  "-h",
  "ä ö",
  "#'"
)

const anyText = fc.oneof({ weight: 2, arbitrary: fc.string({ maxLength: 12 }) }, nasty)

const anyCase = (word: string) =>
  fc.array(fc.boolean(), { minLength: word.length, maxLength: word.length }).map((upper) =>
    [...word].map((letter, index) => upper[index] === true ? letter.toUpperCase() : letter.toLowerCase()).join("")
  )

const listName = fc.string({ minLength: 1, maxLength: 6 }).filter((name) => !name.includes(","))
const dottedName = fc.tuple(listName.filter((name) => !name.includes(".")), listName).map((parts) => parts.join("."))

const bytesOf = (minimum: number) =>
  fc.oneof(
    fc.integer({ min: minimum, max: 2 ** 40 }).map((n) => [String(n), String(n)] as const),
    fc.tuple(fc.integer({ min: Math.max(1, Math.ceil(minimum / 1024)), max: 2 ** 20 }), fc.constantFrom("k", "K")).map(
      ([n, unit]) => [`${n}${unit}`, String(n * 1024)] as const
    ),
    fc.tuple(fc.integer({ min: Math.max(1, Math.ceil(minimum / 1024 ** 2)), max: 2 ** 12 }), fc.constantFrom("m", "M"))
      .map(
        ([n, unit]) => [`${n}${unit}`, String(n * 1024 ** 2)] as const
      )
  )

const rows = fc.oneof(
  fc.integer({ min: 1, max: 1e9 }).map((n) => [String(n), String(n)] as const),
  fc.integer({ min: 1, max: 99 }).map((n) => [`-${n}`, "-1"] as const),
  fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.boolean()).map(([a, b, c, endless]) => {
    const text = `${a + 1}:${a + b + 1}:${endless ? 0 : a + b + c + 1}`
    return [text, text] as const
  })
)

/** A value as it is typed, and what it means. */
export const valueOf = (
  entry: OptionTable.Entry
): fc.Arbitrary<readonly [raw: string, values: ReadonlyArray<string>]> => {
  const { kind } = entry
  const single = (arbitrary: fc.Arbitrary<readonly [string, string]>) =>
    arbitrary.map(([raw, value]) => [raw, [value]] as const)
  switch (kind._tag) {
    case "Text":
      return anyText.filter((text) => kind.emptyAllowed || text !== "").map((text) => [text, [text]] as const)
    case "Path":
      return anyText.filter((text) => text !== "").map((text) => [text, [text]] as const)
    case "Pattern":
    case "Secret":
      return anyText.map((text) => [text, [text]] as const)
    case "Integer":
      return fc.integer({ min: kind.minimum, max: kind.maximum }).map((n) => [String(n), [String(n)]] as const)
    case "Bytes":
      return single(bytesOf(kind.minimum))
    case "Rows":
      return single(rows)
    case "List":
      return fc.array(kind.dotted ? dottedName : listName, { minLength: 1, maxLength: 3 }).map((names) =>
        [names.join(","), names] as const
      )
    case "Choice":
      return fc.constantFrom(...kind.spellings).chain(([spelling, canonical]) =>
        anyCase(spelling).map((raw) => [raw, [canonical]] as const)
      )
    case "Flag":
    case "Request":
      return fc.boolean().map((on) => [String(on), [String(on)]] as const)
  }
}

const flagWords = (entry: OptionTable.Entry, on: boolean): fc.Arbitrary<ReadonlyArray<string>> => {
  const yes = ["1", "true", "yes", "on", "TRUE"]
  const no = ["0", "false", "no", "off", "Off"]
  const names = [entry.name, ...entry.aliases].map((name) => `--${name}`)
  const negations = entry.negations.map((name) => `--${name}`)
  const typed = [
    ...names.flatMap((name) => (on ? yes : no).map((word) => [`${name}=${word}`])),
    ...negations.flatMap((name) => (on ? no : yes).map((word) => [`${name}=${word}`])),
    ...(on ? [...names, ...entry.short.map((letter) => `-${letter}`)] : []).map((word) => [word]),
    ...(on ? [] : [...negations, ...entry.negationShort.map((letter) => `-${letter}`)]).map((word) => [word])
  ]
  return fc.constantFrom(...typed)
}

/** Whether a value may be a word of its own. */
const mayFollow = (entry: OptionTable.Entry, raw: string): boolean =>
  !raw.startsWith("-") || raw === "-" || (/^-\d/.test(raw) && entry.kind._tag !== "Secret")

const valueWords = (entry: OptionTable.Entry, raw: string): fc.Arbitrary<ReadonlyArray<string>> => {
  const names = [entry.name, ...entry.aliases].map((name) => `--${name}`)
  const letters = entry.short.map((letter) => `-${letter}`)
  return fc.constantFrom(
    ...names.map((name) => [`${name}=${raw}`]),
    ...(mayFollow(entry, raw) ? [...names, ...letters].map((name) => [name, raw]) : []),
    ...(raw === "" || raw.startsWith("=") ? [] : letters.map((letter) => [`${letter}${raw}`]))
  )
}

/** A use of an option, typed in some legal way. */
export const useOf = (entry: OptionTable.Entry): fc.Arbitrary<Use> => {
  const { kind } = entry
  if (kind._tag === "Flag") {
    return fc.boolean().chain((on) =>
      flagWords(entry, on).map((words) => ({ entry, values: [String(on)], asks: false, words }))
    )
  }
  const withValue = valueOf(entry).chain(([raw, values]) =>
    valueWords(entry, raw).map((words) => ({ entry, values, asks: false, words }))
  )
  const bare = fc.constantFrom(`--${entry.name}`, ...entry.short.map((letter) => `-${letter}`))
  if (kind._tag === "Secret") {
    return fc.oneof(withValue, bare.map((word) => ({ entry, values: [], asks: true, words: [word] })))
  }
  const meant = kind._tag === "Choice" ? kind.bare : undefined
  return meant === undefined
    ? withValue
    : fc.oneof(withValue, bare.map((word) => ({ entry, values: [meant], asks: false, words: [word] })))
}

/** Joins some neighbours that can be one cluster: `-G` and `-t`, `4` become `-Gt`, `4`. */
const cluster = (uses: ReadonlyArray<Use>, joins: ReadonlyArray<boolean>): ReadonlyArray<string> =>
  uses.reduce<{ readonly words: ReadonlyArray<string>; readonly open: boolean }>(({ open, words }, use, index) => {
    const [first = "", ...rest] = use.words
    const isShort = /^-[^-]/.test(first)
    const joined = open && isShort && joins[index] === true
    return {
      words: joined
        ? [...words.slice(0, -1), `${words.at(-1)}${first.slice(1)}`, ...rest]
        : [...words, ...use.words],
      open: isShort && use.entry.kind._tag === "Flag"
    }
  }, { words: [], open: false }).words

/** A command line out of these options in any order, repeated or not, as words and as what it means. */
export const commandLine = (
  entries: ReadonlyArray<OptionTable.Entry>,
  options: { readonly distinct: boolean } = { distinct: false }
): fc.Arbitrary<{ readonly uses: ReadonlyArray<Use>; readonly words: ReadonlyArray<string> }> => {
  const picked = options.distinct
    ? fc.shuffledSubarray([...entries], { maxLength: 8 })
    : fc.array(fc.constantFrom(...entries), { maxLength: 10 })
  return picked.chain((chosen) =>
    fc.tuple(
      fc.tuple(...chosen.map(useOf)),
      fc.array(fc.boolean(), { minLength: chosen.length, maxLength: chosen.length })
    )
  ).map(([uses, joins]) => ({ uses, words: cluster(uses, joins) }))
}

/** What a command line means, worked out from its uses alone: lists add up, otherwise the last use holds. */
export const meaning = (
  entries: ReadonlyArray<OptionTable.Entry>,
  uses: ReadonlyArray<Use>
): ReadonlyArray<string> =>
  entries.flatMap((entry) => {
    const own = uses.filter((use) => use.entry.name === entry.name)
    const held = entry.repeatable ? own : own.slice(-1)
    return held.flatMap((use) =>
      use.asks ? ["--ask-password", "true"] : use.values.flatMap((value) => [`--${entry.name}`, value])
    )
  })
