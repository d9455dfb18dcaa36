/**
 * What the parts of statements may hold that a backup brings.
 *
 * @internal
 */
import type * as Statement from "../Statement.js"
import * as B from "./bytes.js"
import * as Lexer from "./lexer.js"

const decoder = new TextDecoder("latin1")

const textOf = (bytes: Uint8Array, from: number, to: number): string => decoder.decode(bytes.subarray(from, to))

/** What stands somewhere, for people. */
const shown = (bytes: Uint8Array, from: number, to: number): string =>
  JSON.stringify(textOf(bytes, from, Math.min(to, from + 40)))

const isExecutable = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === B.SLASH && bytes[at + 1] === B.STAR &&
  (bytes[at + 2] === B.BANG || (bytes[at + 2] === B.LETTER_M && bytes[at + 3] === B.BANG))

/** Where the first end of a block comment stands from `at` on. */
const closing = (bytes: Uint8Array, at: number): number => {
  let star = bytes.indexOf(B.STAR, at)
  while (star !== -1 && bytes[star + 1] !== B.SLASH) {
    star = bytes.indexOf(B.STAR, star + 1)
  }
  return star
}

/** Where an executable comment ends whose text begins at `from`, when quotes in it are closed and it holds no other. */
const endOf = (bytes: Uint8Array, from: number): number | undefined => {
  let at = from
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0
    if (byte === B.SINGLE_QUOTE || byte === B.DOUBLE_QUOTE || byte === B.BACKTICK) {
      const end = Lexer.literalEnd(bytes, at)
      if (end === -1) return undefined
      at = end
    } else if (byte === B.STAR && bytes[at + 1] === B.SLASH) {
      return at
    } else if (Lexer.commentEnd(bytes, at) > at) {
      return undefined
    } else {
      at += 1
    }
  }
  return undefined
}

/** Whether every server takes an executable comment: MariaDB passes over those for MySQL 5.7 and later. */
const isTakenByAll = (bytes: Uint8Array, at: number, from: number): boolean => {
  const version = textOf(bytes, at, from).replace("/*!", "")
  return version === "" || /^\d{5}$/.test(version) && Number(version) < 50700
}

const optional = /^\s*IF\s+(?:NOT\s+)?EXISTS\s*$/i

/**
 * Whether a statement reads otherwise on a server that takes an executable comment than on one that does not. Says
 * what is wrong. `nameEnds` is where the token begins that follows the name which the statement is about: up to there
 * such a comment may only hold IF NOT EXISTS; behind it a comment has its own ends, whoever reads it.
 *
 * @internal
 */
export const hides = (bytes: Uint8Array, nameEnds: number): string | undefined => {
  let at = 0
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0
    if (byte === B.SINGLE_QUOTE || byte === B.DOUBLE_QUOTE || byte === B.BACKTICK) {
      const end = Lexer.literalEnd(bytes, at)
      if (end === -1) return undefined
      at = end
    } else if (isExecutable(bytes, at)) {
      const from = Lexer.commentEnd(bytes, at)
      const to = endOf(bytes, from)
      const isBehindName = at >= nameEnds || (from <= nameEnds && textOf(bytes, from, nameEnds).trim() === "")
      if (
        to === undefined || (!isBehindName && !optional.test(textOf(bytes, from, to))) ||
        (!isTakenByAll(bytes, at, from) && closing(bytes, at + 2) !== to)
      ) {
        return `part of it is in a comment that not every server reads alike: ${shown(bytes, at, bytes.length)}`
      }
      at = to + 2
    } else {
      at = Math.max(at + 1, Lexer.commentEnd(bytes, at))
    }
  }
  return undefined
}

/**
 * Whether what is in quotes between two places ends elsewhere under another sql_mode: it holds a backslash. `quotes` are
 * those that matter.
 *
 * @internal
 */
export const isDoubtful = (bytes: Uint8Array, from: number, to: number, quotes: ReadonlyArray<number>): boolean => {
  const cursor = new Lexer.Cursor(bytes, from)
  while (cursor.kind !== "End" && cursor.start < to) {
    if (
      cursor.kind === "Literal" && quotes.includes(bytes[cursor.start] ?? 0) &&
      bytes.subarray(cursor.start, cursor.end).includes(B.BACKSLASH)
    ) {
      return true
    }
    cursor.next()
  }
  return false
}

const simple = /^(?:'[^'\\]*'|"[^"\\]*"|`[^`]*`|[+-]?[\w.]+|@{1,2}[\w.$]+)(?:\s+COLLATE\s+(?:\w+|'\w+'))?$/i

/** What the head of a file says of a session, and what surrounds a program. */
const variables = new Set([
  "names",
  "character set",
  "charset",
  "character_set_client",
  "character_set_results",
  "character_set_connection",
  "collation_connection",
  "sql_mode",
  "time_zone",
  "foreign_key_checks",
  "unique_checks",
  "check_constraint_checks",
  "sql_notes",
  "sql_quote_show_create",
  "system_versioning_insert_history"
])

/** What says how the bytes of a file are read, and where a text in it ends. */
const ofReading = new Set(["sql_mode", "names", "character set", "charset", "character_set_client"])

/** A word that says what it means: no number that stands for one, and no variable. */
const spoken = /^(?:'\s*[a-z][^'\\]*'|"\s*[a-z][^"\\]*"|''|""|(?!DEFAULT$)[a-z]\w*)(?:\s+COLLATE\s+(?:\w+|'\w+'))?$/i

/** The character sets in which a backslash, or a quote, may be half of a letter. */
const twofold = /\b(?:big5|cp932|gb18030|gbk|sjis)\b/i

/**
 * What is wrong with a SET statement of a backup: it may only say how its file is read.
 *
 * @internal
 */
export const set = (
  bytes: Uint8Array,
  assignments: ReadonlyArray<Statement.Assignment>,
  mayReadOtherwise: boolean
): string | undefined => {
  const first = isExecutable(bytes, 0)
  const end = first ? endOf(bytes, Lexer.commentEnd(bytes, 0)) : undefined
  const isOneComment = end !== undefined && closing(bytes, 2) === end &&
    textOf(bytes, end + 2, bytes.length).trim() === ""
  if (!isOneComment && (first || hides(bytes, bytes.length) !== undefined)) {
    return "part of it is in a comment that not every server reads alike"
  }
  for (const { scope, value, variable } of assignments) {
    if (scope === "Global" || (scope === "Session" && !variables.has(variable))) {
      return `it sets ${variable}, which is not for a backup to set`
    }
    if (!simple.test(value.trim())) {
      return `it computes a value for ${variable}`
    }
    if (mayReadOtherwise) {
      continue
    }
    if (scope === "Session" && ofReading.has(variable) && !spoken.test(value.trim())) {
      return `it does not say in words what it sets ${variable} to`
    }
    if (/NO_BACKSLASH_ESCAPES/i.test(value)) {
      return "it takes the meaning from backslashes, under which rows are not written"
    }
    if (twofold.test(value)) {
      return "it sets a character set in which a backslash may be half of a letter, which no rows are written in"
    }
  }
  return undefined
}

const values = new Set([
  "NULL",
  "DEFAULT",
  "TRUE",
  "FALSE",
  "X",
  "B",
  "N",
  "USING",
  "AS",
  "UNSIGNED",
  "DATE",
  "TIME",
  "TIMESTAMP"
])
// with the last two, values of JSON are made of which a text does not say all
const openers = new Set(["CONVERT", "ROW", "CAST", "JSON_REPLACE"])

/** What a byte may begin between values. */
const DIGIT = 1
const WORD = 2
const QUOTE = 3
const BLANK = 4
const SIGN = 5
const BRACKET = 6
const begins = new Uint8Array(256)
for (let byte = 0; byte < 256; byte++) {
  const char = String.fromCharCode(byte)
  begins[byte] = /\d/.test(char)
    ? DIGIT
    : byte >= 0x80 || /[A-Za-z_$]/.test(char)
    ? WORD
    : byte === B.SINGLE_QUOTE || byte === B.DOUBLE_QUOTE
    ? QUOTE
    : B.isBlank(byte)
    ? BLANK
    : /[-+.]/.test(char)
    ? SIGN
    : /[(),]/.test(char)
    ? BRACKET
    : 0
}

const inWords = begins.map((kind) => kind === DIGIT || kind === WORD ? 1 : 0)

const wordEnd = (bytes: Uint8Array, at: number): number => {
  let end = at
  // behind the end there are zeros, which are in no word
  while (inWords[bytes[end] ?? 0] === 1) {
    end += 1
  }
  return end
}

const UNDERSCORE = 0x5f
const inNames = begins.map((_, byte) => /[A-Za-z0-9]/.test(String.fromCharCode(byte)) ? 1 : 0)

/** NULL, in any case: the word that there are most of. */
const isNull = (bytes: Uint8Array, from: number, to: number): boolean =>
  to - from === 4 && ((bytes[from] ?? 0) | 0x20) === 0x6e && ((bytes[from + 1] ?? 0) | 0x20) === 0x75 &&
  ((bytes[from + 2] ?? 0) | 0x20) === 0x6c && ((bytes[from + 3] ?? 0) | 0x20) === 0x6c

/** The name of a character set before a text: an underscore, and letters and digits. */
const isIntroducer = (bytes: Uint8Array, from: number, to: number): boolean =>
  bytes[from] === UNDERSCORE && to > from + 1 && !bytes.subarray(from + 1, to).some((byte) => inNames[byte] === 0)

/**
 * What stands behind VALUES and is neither a value nor between values: a function, a name, a comment, a clause. Names
 * may be in double quotes, and then nothing else is.
 *
 * @internal
 */
export const oddInRows = (bytes: Uint8Array, rowsAt: number, namesInDoubleQuotes: boolean): string | undefined => {
  const { length } = bytes
  let at = rowsAt
  let depth = 0
  /** Whether a parenthesis may open here: not behind a value, which would make a function of it. */
  let mayOpen = true
  let isCharacterSet = false
  while (at < length) {
    const byte = bytes[at] ?? 0
    switch (begins[byte]) {
      case QUOTE: {
        const end = Lexer.literalEnd(bytes, at)
        if (end === -1 || depth === 0 || (byte === B.DOUBLE_QUOTE && namesInDoubleQuotes)) {
          return shown(bytes, at, length)
        }
        at = end
        mayOpen = false
        break
      }
      case BRACKET:
        if (byte === B.OPEN) {
          if (!mayOpen) return shown(bytes, at, length)
          depth += 1
        } else if (byte === B.CLOSE) {
          depth -= 1
          mayOpen = false
          if (depth < 0) return shown(bytes, at, length)
        } else {
          mayOpen = true
        }
        at += 1
        break
      case DIGIT:
        at = wordEnd(bytes, at)
        mayOpen = false
        break
      case BLANK:
        at += 1
        break
      case SIGN:
        if (Lexer.commentEnd(bytes, at) > at) return shown(bytes, at, length)
        at += 1
        break
      case WORD: {
        const from = at
        at = wordEnd(bytes, at)
        if (depth > 0 && !isCharacterSet && (isNull(bytes, from, at) || isIntroducer(bytes, from, at))) {
          mayOpen = false
          break
        }
        const word = textOf(bytes, from, at).toUpperCase()
        const isOpener = openers.has(word)
        const isKnown = depth === 0
          ? word === "ROW"
          : isOpener || values.has(word) || isCharacterSet
        if (!isKnown) return shown(bytes, from, length)
        isCharacterSet = word === "USING"
        mayOpen = isOpener
        break
      }
      default:
        return shown(bytes, at, length)
    }
  }
  return undefined
}

/**
 * The first of some words that stands anywhere outside of quotes and names.
 *
 * @internal
 */
export const wordOf = (bytes: Uint8Array, from: number, words: ReadonlySet<string>): string | undefined => {
  const cursor = new Lexer.Cursor(bytes, from)
  while (cursor.kind !== "End") {
    if (cursor.kind === "Word" && cursor.end - cursor.start <= 16 && words.has(cursor.text)) {
      return cursor.text
    }
    cursor.next()
  }
  return undefined
}
