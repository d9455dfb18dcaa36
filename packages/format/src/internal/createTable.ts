/**
 * Reading a CREATE TABLE statement, token by token.
 *
 * @internal
 */
import type * as CreateTable from "../CreateTable.js"
import * as B from "./bytes.js"
import * as Insert from "./insert.js"
import * as Lexer from "./lexer.js"

const decoder = new TextDecoder()

/** Names may stand in double quotes. */
const isName = (cursor: Lexer.Cursor): boolean =>
  cursor.kind === "Identifier" || (cursor.kind === "Literal" && cursor.bytes[cursor.start] === B.DOUBLE_QUOTE)

/** Whether an item of the list is at its end. */
const isOver = (cursor: Lexer.Cursor): boolean => cursor.kind === "End" || cursor.at(B.COMMA) || cursor.at(B.CLOSE)

/** Passes what stands in parentheses. */
const passGroup = (cursor: Lexer.Cursor): void => {
  let depth = 0
  do {
    depth += cursor.at(B.OPEN) ? 1 : cursor.at(B.CLOSE) ? -1 : 0
    cursor.next()
  } while (depth > 0 && cursor.kind !== "End")
}

const generating = new Set(["GENERATED", "AS", "VIRTUAL", "STORED", "PERSISTENT"])

const columnOf = (cursor: Lexer.Cursor): CreateTable.Column | undefined => {
  const name = cursor.identifier()
  if (name === undefined || cursor.kind !== "Word") {
    return undefined
  }
  const { start } = cursor
  const type = cursor.text.toLowerCase()
  let generated = false
  let invisible = false
  let notNull = false
  cursor.next()
  while (!isOver(cursor)) {
    if (cursor.at(B.OPEN)) {
      passGroup(cursor)
      continue
    }
    const word = cursor.kind === "Word" ? cursor.text : ""
    cursor.next()
    generated = generated || generating.has(word)
    invisible = invisible || word === "INVISIBLE"
    notNull = notNull || (word === "NOT" && cursor.kind === "Word" && cursor.text === "NULL")
  }
  const definition = decoder.decode(cursor.bytes.subarray(start, cursor.start)).trim()
  return { name, type, definition, generated, invisible, notNull }
}

/** The columns of a key, unless something else than columns is in it. */
const keyOf = (cursor: Lexer.Cursor): ReadonlyArray<string> | undefined => {
  if (!cursor.punctuation(B.OPEN)) {
    return undefined
  }
  const columns: Array<string> = []
  for (;;) {
    const name = isName(cursor) ? cursor.identifier() : undefined
    if (name === undefined) {
      return undefined
    }
    columns.push(name)
    // only the first letters of it
    if (cursor.at(B.OPEN)) {
      passGroup(cursor)
    }
    cursor.word("ASC", "DESC")
    if (cursor.punctuation(B.CLOSE)) {
      return columns
    }
    if (!cursor.punctuation(B.COMMA)) {
      return undefined
    }
  }
}

/** @internal */
export const parse = (statement: Uint8Array): CreateTable.CreateTable | undefined => {
  const cursor = new Lexer.Cursor(statement)
  if (cursor.word("CREATE") === undefined) {
    return undefined
  }
  cursor.word("OR")
  cursor.word("REPLACE")
  cursor.word("TEMPORARY")
  if (cursor.word("TABLE") === undefined) {
    return undefined
  }
  if (cursor.word("IF") !== undefined) {
    cursor.word("NOT")
    cursor.word("EXISTS")
  }
  if (Insert.name(cursor) === undefined || !cursor.punctuation(B.OPEN)) {
    return undefined
  }
  const columns: Array<CreateTable.Column> = []
  const primary: Array<ReadonlyArray<string>> = []
  const unique: Array<ReadonlyArray<string>> = []
  for (;;) {
    if (isName(cursor)) {
      const column = columnOf(cursor)
      if (column === undefined) {
        return undefined
      }
      columns.push(column)
    } else {
      if (cursor.word("CONSTRAINT") !== undefined && isName(cursor)) {
        cursor.identifier()
      }
      const kind = cursor.word("PRIMARY", "UNIQUE")
      if (kind !== undefined) {
        cursor.word("KEY", "INDEX")
        if (isName(cursor)) {
          cursor.identifier()
        }
        const key = keyOf(cursor)
        if (key !== undefined) {
          ;(kind === "PRIMARY" ? primary : unique).push(key)
        }
      }
    }
    while (!isOver(cursor)) {
      if (cursor.at(B.OPEN)) passGroup(cursor)
      else cursor.next()
    }
    if (cursor.punctuation(B.CLOSE)) {
      break
    }
    if (!cursor.punctuation(B.COMMA)) {
      return undefined
    }
  }
  const notNull = new Set(columns.filter((column) => column.notNull).map(({ name }) => name.toLowerCase()))
  return {
    columns,
    keys: [...primary, ...unique.filter((key) => key.every((name) => notNull.has(name.toLowerCase())))]
  }
}
