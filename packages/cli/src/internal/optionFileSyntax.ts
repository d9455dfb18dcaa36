/**
 * The syntax of MySQL option files: groups, keys, comments, quotes, escapes and includes.
 *
 * @internal
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"

import { UsageError } from "../UsageError.js"

/** What a line of an option file says. Lines are counted from 1. */
export type Line = Data.TaggedEnum<{
  readonly Assignment: {
    readonly line: number
    readonly group: string
    /** With dashes: MySQL takes underscores for the same. */
    readonly key: string
    /** `undefined` when there is no equals sign. */
    readonly value: string | undefined
    /** The value before escapes are taken out. */
    readonly raw: string | undefined
    /** Whether a comment cuts the value off with no blank before it, which may not be what was meant. */
    readonly cut: boolean
  }
  readonly Include: { readonly line: number; readonly target: string }
  readonly IncludeDirectory: { readonly line: number; readonly target: string }
}>

/** @internal */
export const Line = Data.taggedEnum<Line>()

/** @internal */
export const fileError = (path: string, line: number, problem: string, advice: string): UsageError =>
  new UsageError({ reason: "OptionFile", problem: `${path}, line ${line}: ${problem}`, advice })

/** Where a comment inside a line begins: at the first `#` that is not in quotes. */
const commentStart = (text: string): number => {
  let quote = ""
  let escaped = false
  for (let index = 0; index < text.length; index++) {
    const char = text[index]
    if ((char === "'" || char === "\"") && !escaped) {
      if (quote === "") quote = char
      else if (quote === char) quote = ""
    }
    if (quote === "" && char === "#") return index
    escaped = quote !== "" && char === "\\" && !escaped
  }
  return -1
}

const unquote = (text: string): string => {
  const first = text[0]
  return text.length > 1 && (first === "'" || first === "\"") && text.endsWith(first) ? text.slice(1, -1) : text
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  s: " ",
  "\"": "\"",
  "'": "'",
  "\\": "\\"
}

/** A backslash before any other letter stays what it is. */
const unescape = (text: string): string =>
  text.replace(/\\([^])/g, (both: string, char: string) => escapes[char] ?? both)

const directive = (path: string, line: number, text: string): Either.Either<Line, UsageError> => {
  const match = /^!(include|includedir)\s+(\S.*)$/.exec(text)
  const target = match?.[2]
  if (target === undefined) {
    return Either.left(
      fileError(path, line, "this is neither !include nor !includedir", "write !include FILE or !includedir DIR")
    )
  }
  return Either.right(
    match?.[1] === "include" ? Line.Include({ line, target }) : Line.IncludeDirectory({ line, target })
  )
}

const assignment = (line: number, group: string, text: string): Line => {
  const comment = commentStart(text)
  const code = comment < 0 ? text : text.slice(0, comment)
  const equals = code.indexOf("=")
  const key = (equals < 0 ? code : code.slice(0, equals)).trim().replaceAll("_", "-")
  const raw = equals < 0 ? undefined : unquote(code.slice(equals + 1).trim())
  return Line.Assignment({
    line,
    group,
    key,
    raw,
    value: raw === undefined ? undefined : unescape(raw),
    cut: comment > 0 && equals >= 0 && code.trimEnd().length === code.length && code.slice(equals + 1).trim() !== ""
  })
}

/** Reads the text of one file. Included files are named, not read. */
export const parse = (path: string, text: string): Either.Either<ReadonlyArray<Line>, UsageError> =>
  Either.gen(function*() {
    const lines: Array<Line> = []
    let group: string | undefined
    for (const [index, written] of text.replace(/^\uFEFF/, "").split("\n").entries()) {
      const line = index + 1
      const code = written.trim()
      if (code === "" || code.startsWith("#") || code.startsWith(";")) continue
      if (code.startsWith("!")) {
        lines.push(yield* directive(path, line, code))
      } else if (code.startsWith("[")) {
        const name = /^\[([^\]]*)\]/.exec(code)?.[1]?.trim()
        if (name === undefined || name === "") {
          return yield* Either.left(fileError(path, line, "this is no group", "write a group as [client]"))
        }
        group = name
      } else if (group === undefined) {
        return yield* Either.left(
          fileError(path, line, "there is an option before any group", "write a group such as [client] above it")
        )
      } else {
        lines.push(assignment(line, group, code))
      }
    }
    return lines
  })
