/**
 * How a script wants its text read: what its own SET statements say of escapes and of the character set.
 *
 * @internal
 */
import type * as Statement from "../Statement.js"
import * as B from "./bytes.js"

/**
 * Character sets in which a byte of ASCII may be the second half of a letter, with the range of first halves.
 * https://dev.mysql.com/doc/refman/8.4/en/charset-asian-sets.html
 */
const firstHalves: Readonly<Record<string, ReadonlyArray<readonly [from: number, to: number]>>> = {
  big5: [[0xa1, 0xf9]],
  cp932: [[0x81, 0x9f], [0xe0, 0xfc]],
  gb18030: [[0x81, 0xfe]],
  gbk: [[0x81, 0xfe]],
  sjis: [[0x81, 0x9f], [0xe0, 0xfc]]
}

/**
 * For each byte, 1 when it is the first half of a letter whose second may look like ASCII.
 *
 * @internal
 */
export type Halves = Uint8Array

const none: Halves = new Uint8Array(256)

const halves = new Map(
  Object.entries(firstHalves).map(([name, ranges]) => [
    name,
    Uint8Array.from({ length: 256 }, (_, byte) => ranges.some(([from, to]) => byte >= from && byte <= to) ? 1 : 0)
  ])
)

/**
 * Whether `byte` behind a first half belongs to the same letter. In GB 18030 it may be a digit, and a letter of four
 * bytes is read as two pairs.
 *
 * @internal
 */
export const isSecondHalf = (byte: number): boolean => byte >= 0x40 || (byte >= 0x30 && byte <= 0x39)

const unquoted = (value: string): string => value.trim().replace(/^(['"])(.*)\1$/s, "$2")

/** The variable that a value reads: `@@sql_mode`, `@@SESSION.sql_mode`, `@old_sql_mode`. */
const reads = (value: string): string | undefined =>
  /^@@?(?:session\.|global\.|local\.)?([\w$]+)$/.exec(value.trim().toLowerCase())?.[1]

/** @internal */
export class Reading {
  /** A backslash in quotes stands for itself. */
  plainBackslash = false
  halves: Halves = none
  private mode = ""
  private charset = ""
  /** What the script keeps in variables of its own. */
  private readonly kept = new Map<string, string>()

  /** Takes in what a SET statement changes. */
  follow(kind: Extract<Statement.Kind, { readonly _tag: "Set" }>): void {
    for (const { scope, value, variable } of kind.assignments) {
      if (scope === "User") {
        this.kept.set(variable, this.valueOf(value))
      } else if (scope === "Session" && variable === "sql_mode") {
        this.mode = this.valueOf(value)
        this.plainBackslash = /NO_BACKSLASH_ESCAPES/i.test(this.mode)
      } else if (scope === "Session" && /^(names|charset|character set|character_set_client)$/.test(variable)) {
        this.charset = unquoted(this.valueOf(value).replace(/\s+collate\s.*$/is, "")).toLowerCase()
        this.halves = halves.get(this.charset) ?? none
      }
    }
  }

  private valueOf(value: string): string {
    const variable = reads(value)
    return variable === undefined
      ? unquoted(value)
      : variable === "sql_mode"
      ? this.mode
      : variable === "character_set_client"
      ? this.charset
      : this.kept.get(variable) ?? ""
  }

  /**
   * The statement as a reader sees it that knows neither: the same number of bytes, with a letter in place of
   * everything that would mislead him. The statement itself where nothing would.
   */
  plain(statement: Uint8Array): Uint8Array {
    if (!this.plainBackslash && this.halves === none) return statement
    const copy = statement.slice()
    for (let at = 0; at < copy.length; at++) {
      const byte = copy[at] ?? 0
      if (this.halves[byte] === 1 && isSecondHalf(copy[at + 1] ?? 0)) {
        copy[at] = B.LETTER_M
        copy[at + 1] = B.LETTER_M
        at += 1
      } else if (byte === B.BACKSLASH && this.plainBackslash) {
        copy[at] = B.LETTER_M
      }
    }
    return copy
  }
}
