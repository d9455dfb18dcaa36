/**
 * INSERT and REPLACE statements: their head, and the number of their rows.
 *
 * @internal
 */
import type * as Sql from "../Sql.js"
import * as B from "./bytes.js"
import * as Lexer from "./lexer.js"

/** @internal */
export interface Head {
  readonly verb: "INSERT" | "INSERT IGNORE" | "REPLACE"
  readonly table: Sql.Name
  readonly columns: ReadonlyArray<string> | undefined
  /** Where the rows begin, behind VALUES; nothing when the statement has no VALUES. */
  readonly rowsAt: number | undefined
}

/** @internal */
export const name = (cursor: Lexer.Cursor): Sql.Name | undefined => {
  const first = cursor.identifier()
  if (first === undefined) {
    return undefined
  }
  if (!cursor.punctuation(B.DOT)) {
    return { name: first }
  }
  const second = cursor.identifier()
  return second === undefined ? undefined : { database: first, name: second }
}

/** Names in parentheses, separated by commas. */
const columnList = (cursor: Lexer.Cursor): ReadonlyArray<string> | undefined => {
  if (!cursor.punctuation(B.OPEN)) {
    return undefined
  }
  const columns: Array<string> = []
  while (!cursor.punctuation(B.CLOSE)) {
    const column = name(cursor)
    if (column === undefined) {
      return undefined
    }
    columns.push(column.name)
    cursor.punctuation(B.COMMA)
  }
  return columns
}

/** @internal */
export const head = (cursor: Lexer.Cursor): Head | undefined => {
  const first = cursor.word("INSERT", "REPLACE")
  if (first === undefined) {
    return undefined
  }
  cursor.word("LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY")
  const ignore = cursor.word("IGNORE") !== undefined
  cursor.word("INTO")
  const table = name(cursor)
  if (table === undefined) {
    return undefined
  }
  if (cursor.word("PARTITION") !== undefined && columnList(cursor) === undefined) {
    return undefined
  }
  const columns = cursor.at(B.OPEN) ? columnList(cursor) : undefined
  const end = cursor.end
  return {
    verb: first === "REPLACE" ? "REPLACE" : ignore ? "INSERT IGNORE" : "INSERT",
    table,
    columns,
    rowsAt: cursor.word("VALUES", "VALUE") === undefined ? undefined : end
  }
}

/** Marks the bytes that matter inside a row. */
const stops = new Uint8Array(256)
for (
  const byte of [B.OPEN, B.CLOSE, B.SINGLE_QUOTE, B.DOUBLE_QUOTE, B.BACKTICK, B.HASH, B.DASH, B.SLASH]
) {
  stops[byte] = 1
}

const isRowWord = (bytes: Uint8Array, at: number): boolean =>
  ((bytes[at] ?? 0) | 0x20) === 0x72 && ((bytes[at + 1] ?? 0) | 0x20) === 0x6f && ((bytes[at + 2] ?? 0) | 0x20) === 0x77

/**
 * How many rows stand behind VALUES. What follows the rows does not count.
 *
 * @internal
 */
export const countRows = (bytes: Uint8Array, rowsAt: number): number => {
  const end = bytes.length
  let rows = 0
  let depth = 0
  let at = rowsAt
  while (at < end) {
    if (depth > 0) {
      while (at < end && stops[bytes[at] ?? 0] === 0) {
        at += 1
      }
    }
    const byte = bytes[at] ?? 0
    if (byte === B.OPEN) {
      depth += 1
      at += 1
    } else if (depth === 0) {
      const next = Lexer.commentEnd(bytes, at)
      if (next > at) {
        at = next
      } else if (B.isBlank(byte) || byte === B.COMMA) {
        at += 1
      } else if (isRowWord(bytes, at)) {
        at += 3
      } else {
        return rows
      }
    } else if (byte === B.CLOSE) {
      depth -= 1
      at += 1
      rows += depth === 0 ? 1 : 0
    } else if (byte === B.SINGLE_QUOTE || byte === B.DOUBLE_QUOTE || byte === B.BACKTICK) {
      const next = Lexer.literalEnd(bytes, at)
      if (next === -1) {
        return rows
      }
      at = next
    } else {
      at = Math.max(at + 1, Lexer.commentEnd(bytes, at))
    }
  }
  return rows
}
