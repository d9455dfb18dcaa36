/**
 * A small generator of numbers that gives the same ones everywhere and for ever, and values made from them.
 *
 * @internal
 */

/**
 * A linear congruential generator modulo 2^32. Its high bits are good enough for sample rows, and nothing else.
 *
 * @internal
 */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
    this.next()
    this.next()
  }

  /** From 0 up to, and without, 1. */
  next(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0
    return this.state / 4294967296
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<A>(items: readonly [A, ...ReadonlyArray<A>]): A {
    return items[this.between(0, items.length - 1)] ?? items[0]
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.between(0, 255))
  }
}

/**
 * A seed for each name, so that what one table holds does not depend on the others.
 *
 * @internal
 */
export const seedOf = (name: string): number =>
  Array.from(name).reduce((seed, letter) => (Math.imul(seed, 31) + (letter.codePointAt(0) ?? 0)) >>> 0, 7)

type Words = readonly [string, ...ReadonlyArray<string>]

const starts: Words = ["bar", "cor", "del", "fen", "gal", "hov", "jas", "kel", "lum", "mor", "nor", "pel", "ros", "tav"]
const middles: Words = ["a", "e", "i", "o", "u", "ai", "ee", "ö", "å", "é", "ie", "ou"]
const ends: Words = ["ck", "dal", "den", "ker", "lin", "mund", "na", "ñez", "rik", "sen", "ström", "ta", "ven", "wick"]

const words: Words = [
  "anchor",
  "barrel",
  "breeze",
  "canvas",
  "cork",
  "deck",
  "drizzle",
  "ebb",
  "flood",
  "gull",
  "harbour",
  "iron",
  "jetty",
  "keel",
  "lantern",
  "mast",
  "net",
  "oar",
  "pier",
  "quay",
  "rope",
  "salt",
  "tide",
  "varnish",
  "winch",
  "dry",
  "heavy",
  "old",
  "quick",
  "rusty",
  "soft",
  "wet",
  "under",
  "over",
  "behind",
  "and",
  "with",
  "für",
  "où",
  "łódź",
  "море",
  "港",
  "🐟",
  "⚓️",
  "🦑👩‍🚀"
]

/** What has tripped up programs that read or write SQL text. */
const oddities: Words = [
  "it's",
  "a \"quoted\" word",
  "C:\\nets\\new",
  "two\nlines;\nof text",
  "tab\there",
  "); DROP TABLE nets; --",
  "/* not a comment */",
  "# nor this",
  "100 % `tick`",
  "nul\0byte",
  "\r\n",
  "\u001a",
  "-- metadata 0"
]

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)

/** An invented name. @internal */
export const name = (random: Random): string => capital(random.pick(starts) + random.pick(middles) + random.pick(ends))

/** An invented name in letters that every character set has. @internal */
export const plainName = (random: Random): string =>
  `${random.pick(starts)}${random.pick(["a", "e", "i", "o", "u"])}${random.pick(starts)}`

/** An invented name in letters that latin1 has. @internal */
export const latinName = (random: Random): string =>
  capital(random.pick(starts) + random.pick(["a", "é", "ö", "ñ", "ø", "ß"]) + random.pick(starts))

/** A few words of no meaning, among them now and then one that is hard to quote. @internal */
export const sentence = (random: Random, least: number, most: number): string =>
  capital(
    Array.from(
      { length: random.between(least, most) },
      () => random.chance(0.02) ? random.pick(oddities) : random.pick(words)
    ).join(" ")
  )

const two = (value: number): string => String(value).padStart(2, "0")

/** Days that every month has. @internal */
export const date = (random: Random, from: number, to: number): string =>
  `${random.between(from, to)}-${two(random.between(1, 12))}-${two(random.between(1, 28))}`

/** @internal */
export const time = (random: Random, digits: number): string => {
  const clock = [random.between(0, 23), random.between(0, 59), random.between(0, 59)].map(two).join(":")
  return digits === 0 ? clock : `${clock}.${String(random.between(0, 10 ** digits - 1)).padStart(digits, "0")}`
}

/** The first letters of a text, none of them cut in two. @internal */
export const first = (letters: number, text: string): string => Array.from(text).slice(0, letters).join("")
