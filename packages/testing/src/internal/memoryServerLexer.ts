/**
 * The words of a definition, as a server reads them under an sql_mode.
 *
 * Bytes are read as Latin-1, so that a character is a byte, and only names are read as UTF-8. Comments are passed
 * over; what stands in an executable comment counts.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Either from "effect/Either"

import { type Refusal, refuse } from "./memoryServerRefusal.js"

/** @internal */
export interface Token {
  readonly kind: "Word" | "Name" | "String" | "Number" | "Variable" | "Symbol"
  /** A word in upper case, a name without its quotes, anything else as it is. */
  readonly text: string
  readonly start: number
  readonly end: number
}

/**
 * What of the sql_mode matters to a reader.
 *
 * @internal
 */
export interface Quoting {
  readonly ansiQuotes: boolean
  readonly noBackslashEscapes: boolean
}

/** @internal */
export const quoting = (sqlMode: string): Quoting => {
  const modes = sqlMode.toUpperCase().split(",")
  return {
    ansiQuotes: ["ANSI", "ANSI_QUOTES", "DB2", "MAXDB", "MSSQL", "ORACLE", "POSTGRESQL"].some((m) => modes.includes(m)),
    noBackslashEscapes: modes.includes("NO_BACKSLASH_ESCAPES")
  }
}

const quoted = (quote: string, escapes: boolean): string =>
  escapes
    ? `${quote}[^${quote}\\\\]*(?:(?:\\\\[^]|${quote}${quote})[^${quote}\\\\]*)*${quote}`
    : `${quote}[^${quote}]*(?:${quote}${quote}[^${quote}]*)*${quote}`

type Rule = readonly [kind: Token["kind"] | "Nothing", pattern: RegExp]

const rulesOf = (ansiQuotes: boolean, escapes: boolean): ReadonlyArray<Rule> =>
  ([
    ["Nothing", "[ \\t-\\r]+"],
    ["Nothing", "/\\*M?!\\d*"],
    ["Nothing", "/\\*[^]*?\\*/"],
    ["Nothing", "\\*/"],
    ["Nothing", "--(?=[\\0-\\x20]|$)[^\\n]*"],
    ["Nothing", "#[^\\n]*"],
    ["Name", quoted("`", false)],
    ["String", quoted("'", escapes)],
    [ansiQuotes ? "Name" : "String", quoted("\"", escapes && !ansiQuotes)],
    ["Variable", "@@?[\\w.$]+"],
    ["Number", "\\d+(?:\\.\\d+)?(?![\\w$\\x80-\\xff])"],
    ["Word", "[\\w$\\x80-\\xff]+"],
    ["Symbol", "[^'\"`]"]
  ] as const).map(([kind, pattern]) => [kind, new RegExp(pattern, "y")])

const plainRules = rulesOf(false, true)
const ansiRules = rulesOf(true, true)
const rawRules = rulesOf(false, false)
const ansiRawRules = rulesOf(true, false)

const rules = ({ ansiQuotes, noBackslashEscapes }: Quoting): ReadonlyArray<Rule> =>
  ansiQuotes ? (noBackslashEscapes ? ansiRawRules : ansiRules) : noBackslashEscapes ? rawRules : plainRules

const utf8 = (latin1: string): string => Sql.text(Buffer.from(latin1, "latin1"))

const meaning = (kind: Token["kind"], text: string): string =>
  kind === "Word"
    ? utf8(text).toUpperCase()
    : kind === "Name"
    ? utf8(text.slice(1, -1).replaceAll(text.charAt(0).repeat(2), text.charAt(0)))
    : text

/**
 * That a statement cannot be read from some place on.
 *
 * @internal
 */
export const syntax = (near: string): Either.Either<never, Refusal> =>
  refuse(1064, `You have an error in your SQL syntax near '${near.slice(0, 80)}'`)

/**
 * All tokens of a statement. Fails where a quote is not closed.
 *
 * @internal
 */
export const tokens = (source: string, mode: Quoting): Either.Either<ReadonlyArray<Token>, Refusal> => {
  const table = rules(mode)
  const out: Array<Token> = []
  let at = 0
  while (at < source.length) {
    const start = at
    for (const [kind, pattern] of table) {
      pattern.lastIndex = start
      const match = pattern.exec(source)
      if (match !== null) {
        at = pattern.lastIndex
        if (kind !== "Nothing") {
          out.push({ kind, text: meaning(kind, match[0]), start, end: at })
        }
        break
      }
    }
    if (at === start) {
      return syntax(source.slice(start))
    }
  }
  return Either.right(out)
}

/**
 * A place in the tokens of a statement.
 *
 * @internal
 */
export class Cursor {
  private at = 0

  constructor(private readonly source: string, private readonly all: ReadonlyArray<Token>) {}

  /** @internal */
  static make(bytes: Uint8Array, mode: Quoting): Either.Either<Cursor, Refusal> {
    const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")
    return Either.map(tokens(source, mode), (all) => new Cursor(source, all))
  }

  /** The token that comes next, or one behind it. */
  peek(ahead = 0): Token | undefined {
    return this.all[this.at + ahead]
  }

  /** Passes the next token. */
  next(): Token | undefined {
    const token = this.all[this.at]
    this.at += 1
    return token
  }

  /** Passes these words, if they are all that comes next. */
  words(...words: ReadonlyArray<string>): boolean {
    const here = words.every((word, i) => this.peek(i)?.kind === "Word" && this.peek(i)?.text === word)
    this.at += here ? words.length : 0
    return here
  }

  /** Passes a symbol, if it comes next. */
  symbol(text: string): boolean {
    const here = this.peek()?.kind === "Symbol" && this.peek()?.text === text
    this.at += here ? 1 : 0
    return here
  }

  /** What is missing here. */
  syntax(): Either.Either<never, Refusal> {
    return syntax(this.source.slice(this.peek()?.start ?? this.source.length))
  }

  expect(symbol: string): Either.Either<void, Refusal> {
    return this.symbol(symbol) ? Either.void : this.syntax()
  }

  expectWords(...words: ReadonlyArray<string>): Either.Either<void, Refusal> {
    return this.words(...words) ? Either.void : this.syntax()
  }

  /** That nothing is left. */
  end(): Either.Either<void, Refusal> {
    return this.peek() === undefined ? Either.void : this.syntax()
  }

  /** An identifier, in quotes or a plain word. */
  identifier(): Either.Either<string, Refusal> {
    const token = this.peek()
    if (token?.kind !== "Name" && token?.kind !== "Word") {
      return this.syntax()
    }
    this.at += 1
    return Either.right(token.kind === "Name" ? token.text : this.slice(token.start, token.end))
  }

  /** The name of something in a database. */
  name(): Either.Either<Sql.Name, Refusal> {
    return Either.flatMap(this.identifier(), (first) =>
      this.symbol(".")
        ? Either.map(this.identifier(), (name) => ({ database: first, name }))
        : Either.right({ name: first }))
  }

  /** Names between parentheses, with commas. */
  names(): Either.Either<ReadonlyArray<string>, Refusal> {
    return Either.gen(this, function*() {
      const names: Array<string> = []
      yield* this.expect("(")
      do {
        names.push(yield* this.identifier())
      } while (this.symbol(","))
      yield* this.expect(")")
      return names
    })
  }

  /** The text from one place to another, as it is. */
  slice(start: number, end?: number): string {
    return utf8(this.source.slice(start, end))
  }
}
