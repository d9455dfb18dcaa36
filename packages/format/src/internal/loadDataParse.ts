/**
 * LOAD DATA statements taken apart.
 *
 * @internal
 */
import * as Either from "effect/Either"

import type * as LoadData from "../LoadData.js"
import * as B from "./bytes.js"
import * as Escape from "./escape.js"
import * as Insert from "./insert.js"
import * as Lexer from "./lexer.js"

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** What is wrong, in words. */
type Problem = string

const unsupported = (detail: string): Either.Either<never, Problem> => Either.left(detail)

const no = (cursor: Lexer.Cursor, what: string): Either.Either<never, Problem> =>
  unsupported(
    `the LOAD DATA statement has ${
      cursor.kind === "End" ? "nothing" : cursor.text.slice(0, 40)
    } where ${what} should be`
  )

const string = (cursor: Lexer.Cursor): Either.Either<Uint8Array, Problem> => {
  const { bytes, end, kind, start } = cursor
  if (kind !== "Literal") {
    return no(cursor, "a string")
  }
  cursor.next()
  return Either.right(Escape.unescape(bytes.subarray(start + 1, end - 1), bytes[start] ?? 0))
}

const byte = (cursor: Lexer.Cursor): Either.Either<number | undefined, Problem> =>
  Either.flatMap(string(cursor), (bytes) =>
    bytes.length > 1
      ? unsupported("the LOAD DATA statement encloses or escapes with more than one byte")
      : Either.right(bytes[0]))

/** Character sets in which a byte below 0x80 may be a part of another character. */
const unsafe = /^(big5|cp932|gbk|gb18030|sjis|ucs2|utf16|utf16le|utf32)$/i

const characterSet = (cursor: Lexer.Cursor): Either.Either<string | undefined, Problem> =>
  Either.gen(function*() {
    if (cursor.word("CHARACTER", "CHAR") === undefined) {
      if (cursor.word("CHARSET") === undefined) {
        return undefined
      }
    } else if (cursor.word("SET") === undefined) {
      return yield* no(cursor, "SET")
    }
    const name = cursor.identifier()
    return name === undefined || !/^\w+$/.test(name)
      ? yield* no(cursor, "a character set")
      : unsafe.test(name)
      ? yield* unsupported(`the rows are in the character set ${name}, which this version does not read`)
      : name
  })

const by = (cursor: Lexer.Cursor): Either.Either<void, Problem> =>
  cursor.word("BY") === undefined ? no(cursor, "BY") : Either.void

const fields = (cursor: Lexer.Cursor): Either.Either<LoadData.LoadData["fields"], Problem> =>
  Either.gen(function*() {
    let terminatedBy: Uint8Array = Uint8Array.of(B.TAB)
    let enclosedBy: number | undefined
    let escapedBy: number | undefined = B.BACKSLASH
    if (cursor.word("FIELDS", "COLUMNS") !== undefined) {
      for (;;) {
        const what = cursor.word("TERMINATED", "OPTIONALLY", "ENCLOSED", "ESCAPED")
        if (what === undefined) {
          break
        }
        if (what !== "OPTIONALLY") {
          yield* by(cursor)
        }
        if (what === "TERMINATED") {
          terminatedBy = yield* string(cursor)
        } else if (what === "ENCLOSED") {
          enclosedBy = yield* byte(cursor)
        } else if (what === "ESCAPED") {
          escapedBy = yield* byte(cursor)
        }
      }
    }
    return terminatedBy.length === 0
      ? yield* unsupported("the LOAD DATA statement has nothing that ends a field")
      : { terminatedBy, enclosedBy, escapedBy }
  })

const lines = (cursor: Lexer.Cursor): Either.Either<LoadData.LoadData["lines"], Problem> =>
  Either.gen(function*() {
    let startingBy: Uint8Array = new Uint8Array(0)
    let terminatedBy: Uint8Array = Uint8Array.of(B.LF)
    if (cursor.word("LINES") !== undefined) {
      for (;;) {
        const what = cursor.word("STARTING", "TERMINATED")
        if (what === undefined) {
          break
        }
        yield* by(cursor)
        if (what === "STARTING") {
          startingBy = yield* string(cursor)
        } else {
          terminatedBy = yield* string(cursor)
        }
      }
    }
    return terminatedBy.length === 0
      ? yield* unsupported("the LOAD DATA statement has nothing that ends a line")
      : { startingBy, terminatedBy }
  })

const skip = (cursor: Lexer.Cursor): Either.Either<number, Problem> => {
  if (cursor.word("IGNORE") === undefined) {
    return Either.right(0)
  }
  const count = cursor.text
  cursor.next()
  return /^\d{1,9}$/.test(count) && cursor.word("LINES", "ROWS") !== undefined
    ? Either.right(Number(count))
    : no(cursor, "a number of lines")
}

type Item = { readonly name: string; readonly isVariable: boolean }

const items = (cursor: Lexer.Cursor): Either.Either<ReadonlyArray<Item> | undefined, Problem> =>
  Either.gen(function*() {
    if (!cursor.punctuation(B.OPEN)) {
      return undefined
    }
    const found: Array<Item> = []
    do {
      const isVariable = cursor.punctuation(B.AT)
      const name = cursor.identifier()
      if (name === undefined) {
        return yield* no(cursor, "a column")
      }
      found.push({ name, isVariable })
    } while (cursor.punctuation(B.COMMA))
    return cursor.punctuation(B.CLOSE) ? found : yield* no(cursor, "the end of the columns")
  })

/** The columns that are made of variables, by the variable. */
const assignments = (
  cursor: Lexer.Cursor
): Either.Either<ReadonlyMap<string, LoadData.Column>, Problem> =>
  Either.gen(function*() {
    const found = new Map<string, LoadData.Column>()
    if (cursor.word("SET") === undefined) {
      return found
    }
    do {
      const name = cursor.identifier()
      const isSet = name !== undefined && cursor.punctuation(B.EQUALS)
      const call = cursor.word("CONVERT", "UNHEX", "CAST")
      const isOfVariable = cursor.punctuation(B.OPEN) && cursor.punctuation(B.AT)
      const variable = cursor.identifier()
      const isWhole = call === "UNHEX" || (call === "CAST"
        ? cursor.word("AS") !== undefined && cursor.word("UNSIGNED") !== undefined
        : cursor.word("USING") !== undefined && cursor.word("UTF8MB4") !== undefined)
      if (
        name === undefined || variable === undefined || call === undefined || !isSet || !isOfVariable || !isWhole ||
        !cursor.punctuation(B.CLOSE) || found.has(variable)
      ) {
        return yield* unsupported(
          `the LOAD DATA statement computes ${name ?? "a column"} in a way that this version does not know`
        )
      }
      found.set(variable, { name, form: call === "UNHEX" ? "Hex" : call === "CAST" ? "Unsigned" : "Utf8mb4" })
    } while (cursor.punctuation(B.COMMA))
    return found
  })

const columns = (
  items: ReadonlyArray<Item>,
  computed: ReadonlyMap<string, LoadData.Column>
): Either.Either<ReadonlyArray<LoadData.Column>, Problem> => {
  const left = new Map(computed)
  const found: Array<LoadData.Column> = []
  for (const { isVariable, name } of items) {
    const column = isVariable ? left.get(name) : { name, form: "Bytes" as const }
    if (column === undefined) {
      return unsupported(`the LOAD DATA statement reads a field into @${name} and does nothing with it`)
    }
    left.delete(name)
    found.push(column)
  }
  return left.size > 0
    ? unsupported("the LOAD DATA statement computes a column of something that is not in the file")
    : Either.right(found)
}

/** @internal */
export const parse = (statement: Uint8Array): Either.Either<LoadData.LoadData, Problem> =>
  Either.gen(function*() {
    const cursor = new Lexer.Cursor(statement)
    if (cursor.word("LOAD") === undefined || cursor.word("DATA") === undefined) {
      return yield* no(cursor, "LOAD DATA")
    }
    cursor.word("LOW_PRIORITY", "CONCURRENT")
    cursor.word("LOCAL")
    if (cursor.word("INFILE") === undefined) {
      return yield* no(cursor, "INFILE")
    }
    const file = decoder.decode(yield* string(cursor))
    const duplicates = cursor.word("REPLACE", "IGNORE")
    if (cursor.word("INTO") === undefined || cursor.word("TABLE") === undefined) {
      return yield* no(cursor, "INTO TABLE")
    }
    const table = Insert.name(cursor)
    if (table === undefined) {
      return yield* no(cursor, "a table")
    }
    const set = yield* characterSet(cursor)
    const ofFields = yield* fields(cursor)
    const ofLines = yield* lines(cursor)
    const skipped = yield* skip(cursor)
    const list = yield* items(cursor)
    const computed = yield* assignments(cursor)
    if (cursor.kind !== "End") {
      return yield* no(cursor, "the end")
    }
    return {
      file,
      table,
      verb: duplicates === "REPLACE" ? "REPLACE" : "INSERT",
      characterSet: set,
      fields: ofFields,
      lines: ofLines,
      skip: skipped,
      columns: list === undefined && computed.size === 0 ? undefined : yield* columns(list ?? [], computed)
    }
  })
