/**
 * Turns the value of an option, as somebody wrote it, into its canonical spelling.
 *
 * A refusal says what the option takes. It never repeats what was written, because that may be a password in the wrong
 * place; only words of a fixed choice are repeated.
 *
 * @internal
 */
import * as Either from "effect/Either"

import { nearest, quote } from "./nearest.js"
import { type Entry, Kind } from "./optionModel.js"

/** Continues "--name ". */
export interface Refusal {
  readonly problem: string
  readonly advice: string
}

type Parsed = Either.Either<ReadonlyArray<string>, Refusal>

const one = (text: string): Parsed => Either.right([text])
const refuse = (problem: string, advice: string): Parsed => Either.left({ problem, advice })

const trueWords: ReadonlyArray<string> = ["1", "true", "yes", "on"]
const falseWords: ReadonlyArray<string> = ["0", "false", "no", "off"]

/** Whether a word is one of those that switch a flag on or off. */
export const isBooleanWord = (word: string): boolean =>
  trueWords.includes(word.toLowerCase()) || falseWords.includes(word.toLowerCase())

/** The canonical spelling of the value of a flag. */
export const parseBoolean = (raw: string, negated: boolean): Parsed => {
  const word = raw.toLowerCase()
  if (trueWords.includes(word)) return one(String(!negated))
  if (falseWords.includes(word)) return one(String(negated))
  return refuse("is on or off", "give it no value, or one of 1, true, yes, on, 0, false, no, off")
}

const units: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }

const parseBytes = (raw: string): number => {
  const match = /^(\d+)([KMG]?)$/i.exec(raw)
  return match === null ? Number.NaN : Number(match[1]) * (units[(match[2] ?? "").toUpperCase()] ?? Number.NaN)
}

const parseRows = (raw: string): Parsed => {
  const advice = "write --rows=100000, --rows=1000:100000:0, or --rows=-1 for one piece"
  if (/^-\d+$/.test(raw)) return one("-1")
  const match = /^(\d+)(?::(\d+):(\d+))?$/.exec(raw)
  if (match === null) return refuse("takes a number of rows or MIN:START:MAX", advice)
  const [low = 0, start = low, high = low] = match.slice(1).filter((part) => part !== undefined).map(Number)
  if (![low, start, high].every(Number.isSafeInteger)) return refuse("got a number that is too large", advice)
  if (low < 1) return refuse("needs at least one row", advice)
  if (start < low || (high !== 0 && high < start)) {
    return refuse("takes MIN:START:MAX in this order, the smallest first (MAX 0 for no limit)", advice)
  }
  return one(match[2] === undefined ? String(low) : `${low}:${start}:${high}`)
}

const parseList = (raw: string, dotted: boolean, name: string): Parsed => {
  const items = raw.split(",")
  if (items.some((item) => item === "")) {
    return refuse("has an empty name in its list", `write names with one comma between them, as in --${name}=a,b`)
  }
  if (dotted && !items.every((item) => /^[^.]+\.[^]+$/.test(item))) {
    return refuse(
      "takes tables with their database",
      `write --${name}=DB.TABLE, or --database=DB for all of its tables`
    )
  }
  return Either.right(items)
}

const parseChoice = (raw: string, kind: Extract<Kind, { readonly _tag: "Choice" }>, name: string): Parsed => {
  const word = raw.toUpperCase()
  const known = kind.spellings.find(([spelling]) => spelling.toUpperCase() === word)
  if (known !== undefined) return one(known[1])
  const words = [...new Set(kind.spellings.map(([, canonical]) => canonical))]
  const refused = kind.refused.find(([spelling]) => spelling.toUpperCase() === word)
  if (refused !== undefined) return refuse(`does not take ${refused[0]}`, refused[1])
  const meant = nearest(word, words.map((word) => word.toUpperCase()))
  const suggestion = words.find((word) => word.toUpperCase() === meant)
  const value = suggestion ?? kind.bare ?? words[0] ?? "VALUE"
  return refuse(
    `takes one of ${words.join(", ")}, and ${quote(raw)} is none of them`,
    // a word that may stand alone takes the next word only if that is a mode, so it has to be told apart
    suggestion === undefined && kind.bare !== undefined
      ? `write --${name}=${value} before the word`
      : `write --${name}=${value}`
  )
}

/** What an option without a value lacks. */
export const missing = (entry: Entry): Refusal => ({
  problem: "needs a value",
  advice: `write --${entry.name}=${entry.metavar === "" ? "VALUE" : entry.metavar}`
})

/** The canonical values of an option: several for a list, otherwise one. The value of a secret is taken as it stands. */
export const parseValue = (entry: Entry, raw: string): Parsed =>
  Kind.$match(entry.kind, {
    Flag: () => parseBoolean(raw, false),
    Request: () => refuse("takes no value", `write --${entry.name} alone`),
    Text: ({ emptyAllowed }) =>
      raw === "" && !emptyAllowed ? refuse("has an empty value", missing(entry).advice) : one(raw),
    Path: () => raw === "" ? refuse("has an empty value", missing(entry).advice) : one(raw),
    Integer: ({ maximum, minimum }) => {
      const value = /^\d+$/.test(raw) ? Number(raw) : Number.NaN
      return value >= minimum && value <= maximum
        ? one(String(value))
        : refuse(
          `takes a whole number from ${minimum} to ${maximum}`,
          `write one, as in --${entry.name}=${entry.default ?? maximum}`
        )
    },
    Bytes: ({ minimum }) => {
      const value = parseBytes(raw)
      return Number.isSafeInteger(value) && value >= minimum
        ? one(String(value))
        : refuse(
          `takes a size in bytes, at least ${minimum}, with K, M or G if you like`,
          `write one, as in --${entry.name}=${entry.default ?? minimum}`
        )
    },
    List: ({ dotted }) => parseList(raw, dotted, entry.name),
    Rows: () => parseRows(raw),
    Pattern: () => one(raw),
    Secret: () => one(raw),
    Choice: (kind) => parseChoice(raw, kind, entry.name)
  })
