/**
 * What a statement is, from its leading tokens.
 *
 * @internal
 */
import * as Data from "effect/Data"

import * as Sql from "../Sql.js"
import type * as Statement from "../Statement.js"
import * as B from "./bytes.js"
import * as Escape from "./escape.js"
import * as Insert from "./insert.js"
import * as Lexer from "./lexer.js"

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** @internal */
export const Kind = Data.taggedEnum<Statement.Kind>()

type Reader = (cursor: Lexer.Cursor) => Statement.Kind | undefined

const ifNotExists = (cursor: Lexer.Cursor): boolean => {
  if (cursor.word("IF") === undefined) {
    return false
  }
  cursor.word("NOT")
  cursor.word("EXISTS")
  return true
}

const insert: Reader = (cursor) => {
  const head = Insert.head(cursor)
  return head === undefined ? undefined : Kind.Insert({
    verb: head.verb,
    table: head.table,
    ...(head.columns === undefined ? {} : { columns: head.columns }),
    rows: head.rowsAt === undefined ? 0 : Insert.countRows(cursor.bytes, head.rowsAt)
  })
}

const loadData: Reader = (cursor) => {
  cursor.next()
  if (cursor.word("DATA") === undefined) {
    return undefined
  }
  cursor.word("LOW_PRIORITY", "CONCURRENT")
  const local = cursor.word("LOCAL") !== undefined
  if (cursor.word("INFILE") === undefined || cursor.kind !== "Literal") {
    return undefined
  }
  const file = decoder.decode(
    Escape.unescape(cursor.bytes.subarray(cursor.start + 1, cursor.end - 1), cursor.bytes[cursor.start] ?? 0)
  )
  cursor.next()
  cursor.word("REPLACE", "IGNORE")
  if (cursor.word("INTO") === undefined || cursor.word("TABLE") === undefined) {
    return undefined
  }
  const table = Insert.name(cursor)
  return table === undefined ? undefined : Kind.LoadData({ table, file, local })
}

const definer = (cursor: Lexer.Cursor): void => {
  cursor.punctuation(B.EQUALS)
  cursor.identifier()
  if (cursor.punctuation(B.AT)) {
    cursor.identifier()
  } else if (cursor.punctuation(B.OPEN)) {
    cursor.punctuation(B.CLOSE)
  }
}

/** What may stand between CREATE and the word for what is created. */
const createOptions = (cursor: Lexer.Cursor): void => {
  for (;;) {
    const option = cursor.word("OR", "REPLACE", "TEMPORARY", "AGGREGATE", "ALGORITHM", "DEFINER", "SQL")
    if (option === undefined) {
      return
    }
    if (option === "ALGORITHM") {
      cursor.punctuation(B.EQUALS)
      cursor.next()
    } else if (option === "DEFINER") {
      definer(cursor)
    } else if (option === "SQL") {
      cursor.word("SECURITY")
      cursor.next()
    }
  }
}

const programs = ["TRIGGER", "LIBRARY", "FUNCTION", "PROCEDURE", "PACKAGE", "EVENT"] as const

const program = (cursor: Lexer.Cursor): Statement.ProgramKind | undefined => {
  const word = cursor.word(...programs)
  const kind = programs.find((program) => program === word)
  return kind === "PACKAGE" && cursor.word("BODY") !== undefined ? "PACKAGE BODY" : kind
}

/** Up to the ON of a trigger. */
const passEvents = (cursor: Lexer.Cursor): void => {
  while (cursor.kind === "Word" && cursor.text !== "ON") {
    cursor.next()
  }
}

/** The table of a trigger, which stands behind ON. */
const triggered = (cursor: Lexer.Cursor) => {
  passEvents(cursor)
  return cursor.word("ON") === undefined ? undefined : Insert.name(cursor)
}

const createProgram = (cursor: Lexer.Cursor, kind: Statement.ProgramKind): Statement.Kind | undefined => {
  ifNotExists(cursor)
  const name = Insert.name(cursor)
  if (name === undefined) {
    return undefined
  }
  const table = kind === "TRIGGER" ? triggered(cursor) : undefined
  return Kind.CreateProgram({ kind, name, ...(table === undefined ? {} : { table }) })
}

const create: Reader = (cursor) => {
  cursor.next()
  createOptions(cursor)
  const what = cursor.word("TABLE", "VIEW", "DATABASE", "SCHEMA", "SEQUENCE")
  if (what === undefined) {
    const kind = program(cursor)
    return kind === undefined ? undefined : createProgram(cursor, kind)
  }
  const optional = ifNotExists(cursor)
  const name = Insert.name(cursor)
  if (name === undefined) {
    return undefined
  }
  return what === "TABLE"
    ? Kind.CreateTable({ table: name, ifNotExists: optional })
    : what === "VIEW"
    ? Kind.CreateView({ view: name })
    : what === "SEQUENCE"
    ? Kind.CreateSequence({ sequence: name })
    : Kind.CreateDatabase({ name: name.name })
}

const drop: Reader = (cursor) => {
  cursor.next()
  cursor.word("TEMPORARY")
  const word = cursor.word("TABLE", "VIEW", "DATABASE", "SCHEMA", "SEQUENCE")
  const what = word === "TABLE" || word === "VIEW" || word === "SEQUENCE"
    ? word
    : word === undefined
    ? program(cursor)
    : "DATABASE"
  if (what === undefined) {
    return undefined
  }
  if (cursor.word("IF") !== undefined) {
    cursor.word("EXISTS")
  }
  const names = [Insert.name(cursor)]
  while (cursor.punctuation(B.COMMA)) {
    names.push(Insert.name(cursor))
  }
  const known = names.filter((name) => name !== undefined)
  return known.length < names.length ? undefined : Kind.Drop({ what, names: known })
}

const alter: Reader = (cursor) => {
  cursor.next()
  cursor.word("ONLINE", "OFFLINE", "IGNORE")
  const table = cursor.word("TABLE") === undefined ? undefined : Insert.name(cursor)
  return table === undefined ? undefined : Kind.AlterTable({ table })
}

const use: Reader = (cursor) => {
  cursor.next()
  const database = cursor.identifier()
  return database === undefined ? undefined : Kind.Use({ database })
}

/**
 * The definition of a view or a stored program with the name of its database taken off its own name and off its table's,
 * where `isLeft` says so. What its body names stays.
 *
 * @internal
 */
export const unqualified = (bytes: Uint8Array, isLeft: (database: string) => boolean): Uint8Array => {
  const parts: Array<Uint8Array> = []
  let from = 0
  const cursor = new Lexer.Cursor(bytes)
  const name = (): void => {
    const { start } = cursor
    const first = cursor.identifier()
    if (first !== undefined && cursor.punctuation(B.DOT)) {
      if (isLeft(first)) {
        parts.push(bytes.subarray(from, start))
        from = cursor.start
      }
      cursor.identifier()
    }
  }
  if (cursor.word("CREATE") === undefined) {
    return bytes
  }
  createOptions(cursor)
  const kind = cursor.word("VIEW") ?? program(cursor)
  if (kind === undefined) {
    return bytes
  }
  ifNotExists(cursor)
  name()
  if (kind === "TRIGGER") {
    passEvents(cursor)
    if (cursor.word("ON") !== undefined) {
      name()
    }
  }
  return from === 0 ? bytes : Sql.concat([...parts, bytes.subarray(from)])
}

const COLON = 0x3a

/** What stands left of a value in SET, up to the equals sign. */
const variable = (cursor: Lexer.Cursor): Omit<Statement.Assignment, "value"> | undefined => {
  let scope: Statement.Assignment["scope"] = "Session"
  const system = cursor.punctuation(B.AT) && cursor.punctuation(B.AT)
  if (!system && cursor.bytes[cursor.start - 1] === B.AT) {
    const name = cursor.identifier()
    return name === undefined ? undefined : { scope: "User", variable: name.toLowerCase() }
  }
  const word = cursor.word("GLOBAL", "SESSION", "LOCAL", "PERSIST", "PERSIST_ONLY")
  if (word !== undefined) {
    scope = word === "SESSION" || word === "LOCAL" ? "Session" : "Global"
    cursor.punctuation(B.DOT)
  }
  const name = Insert.name(cursor)
  if (name === undefined) {
    return undefined
  }
  const written = name.database === undefined ? name.name : `${name.database}.${name.name}`
  const lower = written.toLowerCase()
  return { scope, variable: lower === "character" && cursor.word("SET") !== undefined ? "character set" : lower }
}

const wordy = new Set(["names", "character set", "charset", "transaction"])

const assignment = (cursor: Lexer.Cursor): Statement.Assignment | undefined => {
  const left = variable(cursor)
  if (left === undefined) {
    return undefined
  }
  cursor.punctuation(COLON)
  if (!cursor.punctuation(B.EQUALS) && !(left.scope !== "User" && wordy.has(left.variable))) {
    return undefined
  }
  const start = cursor.start
  let end = start
  let depth = 0
  while (cursor.kind !== "End" && (depth > 0 || left.variable === "transaction" || !cursor.at(B.COMMA))) {
    depth += cursor.at(B.OPEN) ? 1 : cursor.at(B.CLOSE) ? -1 : 0
    end = cursor.end
    cursor.next()
  }
  return { ...left, value: decoder.decode(cursor.bytes.subarray(start, end)) }
}

const set: Reader = (cursor) => {
  cursor.next()
  const assignments: Array<Statement.Assignment> = []
  do {
    const next = assignment(cursor)
    if (next === undefined) {
      return undefined
    }
    assignments.push(next)
  } while (cursor.punctuation(B.COMMA))
  return Kind.Set({ assignments })
}

const readers = new Map<string, Reader>([
  ["ALTER", alter],
  ["CREATE", create],
  ["DROP", drop],
  ["INSERT", insert],
  ["LOAD", loadData],
  ["REPLACE", insert],
  ["SET", set],
  ["USE", use]
])

/** What a statement is, and a cursor at the first token behind what says so. @internal */
export const read = (bytes: Uint8Array): { readonly kind: Statement.Kind; readonly cursor: Lexer.Cursor } => {
  const cursor = new Lexer.Cursor(bytes)
  const keyword = cursor.kind === "Word" ? cursor.text : ""
  return { kind: readers.get(keyword)?.(cursor) ?? Kind.Other({ keyword }), cursor }
}

/** @internal */
export const classify = (bytes: Uint8Array): Statement.Kind => read(bytes).kind

/** Where the rows of an INSERT begin, which has some. @internal */
export const rowsAt = (bytes: Uint8Array): number => Insert.head(new Lexer.Cursor(bytes))?.rowsAt ?? bytes.length

/** @internal */
export const countRows = (bytes: Uint8Array): number => {
  const head = Insert.head(new Lexer.Cursor(bytes))
  return head?.rowsAt === undefined ? 0 : Insert.countRows(bytes, head.rowsAt)
}
