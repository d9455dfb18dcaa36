/**
 * Changes of bytes that are likely to find what a reader did not think of. All of it follows from a seed.
 */
import { Frame } from "@sluice/format"

import type * as Foreign from "../support/foreign.js"

/** Numbers that look random and are not. */
export interface Dice {
  readonly next: () => number
  /** A whole number below `n`. */
  readonly below: (n: number) => number
  readonly pick: <A>(of: readonly [A, ...ReadonlyArray<A>]) => A
}

/** https://en.wikipedia.org/wiki/Xorshift */
export const dice = (seed: number): Dice => {
  let state = (seed ^ 0x9e3779b9) | 1
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(next() * n)
  return { next, below, pick: (of) => of[below(of.length)] ?? of[0] }
}

const words = [
  "\n-- metadata 1\nx",
  "\n-- d.t.00000.sql 5\n",
  "\n-- ../x 1\n",
  "[sluice]\n",
  "[sluice.end]\n",
  "[`d`.`t`]\n",
  "[config]\n",
  "__proto__",
  "constructor",
  "rows = -1\n",
  "99999999999999999999",
  "-1",
  "0",
  "/*!50000 ",
  "/*M! ",
  "*/",
  "/*",
  "-- ",
  "#",
  "'",
  "\"",
  "`",
  "\\",
  "\\'",
  ";\n",
  ";",
  "DELIMITER //\n",
  "INSERT INTO `t` VALUES(",
  "),(",
  "NULL",
  "CONVERT(",
  "_binary ",
  "0x",
  "LOAD DATA LOCAL INFILE 'd.t.00000.dat' INTO TABLE `t` ",
  "TERMINATED BY ",
  "CREATE DEFINER=",
  "SET @@GLOBAL.x = ",
  "!include /x\n",
  "\u0000",
  "\u001b[2J",
  "\ufeff",
  "\r\n",
  "(".repeat(300)
] as const

const encoder = new TextEncoder()

const replaced = (bytes: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array => {
  const out = new Uint8Array(bytes.length - (to - from) + by.length)
  out.set(bytes.subarray(0, from))
  out.set(by, from)
  out.set(bytes.subarray(to), from + by.length)
  return out
}

/** Nothing grows beyond this. */
const largest = 200_000

/** One change of bytes that knows nothing of what they are. */
const once = (dice: Dice, bytes: Uint8Array, other: Uint8Array): Uint8Array => {
  const at = dice.below(bytes.length + 1)
  const to = Math.min(bytes.length, at + dice.below(dice.pick([2, 8, 64, 1024])))
  switch (dice.below(8)) {
    case 0:
      return bytes.map((byte, i) => i === at ? byte ^ (1 << dice.below(8)) : byte)
    case 1:
      return bytes.map((byte, i) => i === at ? dice.pick([0, 0x0a, 0x20, 0x27, 0x5c, 0x60, 0x7f, 0x80, 0xff]) : byte)
    case 2:
      return replaced(bytes, at, to, new Uint8Array(0))
    case 3:
      return replaced(bytes, at, at, bytes.subarray(at, to))
    case 4:
      return replaced(bytes, at, at, encoder.encode(dice.pick(words)))
    case 5:
      return replaced(bytes, at, to, encoder.encode(dice.pick(words)))
    case 6: {
      const from = dice.below(other.length + 1)
      return replaced(bytes, at, to, other.subarray(from, from + dice.below(200)))
    }
    default:
      return bytes.slice(0, at)
  }
}

/** A few changes. */
export const mutate = (dice: Dice, bytes: Uint8Array, other: Uint8Array): Uint8Array => {
  let out = bytes
  for (let left = dice.pick([1, 1, 2, 3, 8]); left > 0; left--) {
    const next = once(dice, out, other)
    out = next.length > largest ? next.slice(0, largest) : next
  }
  return out
}

/** Changes of the files of a stream, framed again so that only their content and names are odd. */
export const mutateFiles = (dice: Dice, files: ReadonlyArray<Foreign.File>): ReadonlyArray<Foreign.File> => {
  const i = dice.below(files.length)
  const j = dice.below(files.length)
  const [one, other] = [files[i], files[j]]
  if (one === undefined || other === undefined) return files
  const withOne = (...some: ReadonlyArray<Foreign.File>) => files.flatMap((file, at) => at === i ? some : [file])
  switch (dice.below(7)) {
    case 0:
      return withOne()
    case 1:
      return withOne(one, one)
    case 2:
      return withOne({ ...one, bytes: other.bytes })
    case 3:
      return withOne({ ...one, name: other.name })
    case 4:
      return withOne({
        ...one,
        name: new TextDecoder().decode(mutate(dice, encoder.encode(one.name), encoder.encode(other.name)))
      })
    case 5:
      return files.map((file, at) => at === i ? other : at === j ? one : file)
    default:
      return withOne({ ...one, bytes: mutate(dice, one.bytes, other.bytes) })
  }
}

/** A stream of files, some of whose headers lie about their size. */
export const streamOf = (dice: Dice, files: ReadonlyArray<Foreign.File>): Uint8Array =>
  Buffer.concat(files.flatMap(({ bytes, name }) => [
    Frame.header(name, dice.below(50) === 0 ? dice.below(2 * bytes.length + 1) : bytes.length),
    bytes
  ]))
