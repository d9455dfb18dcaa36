/**
 * The definitions that a memory server writes and reads: a small but true dialect.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import type { Column, Database, Table } from "../Contents.js"
import { Cursor, type Quoting } from "./memoryServerLexer.js"
import { type Refusal, refuse } from "./memoryServerRefusal.js"
import * as Types from "./memoryServerTypes.js"

/**
 * A table without its rows.
 *
 * @internal
 */
export type Shape = Omit<Table, "rows">

type Parsed<A> = Either.Either<A, Refusal>

const columnLine = (column: Column): string =>
  [
    `  ${Sql.quoteIdentifier(column.name)}`,
    column.type,
    ...(column.nullable ? [] : ["NOT NULL"]),
    ...(column.autoIncrement ? ["AUTO_INCREMENT"] : []),
    ...(column.invisible ? ["/*!80023 INVISIBLE */"] : []),
    ...(column.extra === "" ? [] : [column.extra])
  ].join(" ")

/** @internal */
export const renderTable = (table: Shape): Uint8Array =>
  Sql.bytes(
    `CREATE TABLE ${Sql.quoteIdentifier(table.name)} (\n`,
    [
      ...table.columns.map(columnLine),
      ...Option.match(table.primaryKey, {
        onNone: () => [],
        onSome: (key) => [`  PRIMARY KEY (${Sql.quoteIdentifier(key)})`]
      })
    ].join(",\n"),
    `\n)${table.options === "" ? "" : ` ${table.options}`}`
  )

/** @internal */
export const renderDatabase = (database: Pick<Database, "name" | "options">): Uint8Array =>
  Sql.bytes(
    `CREATE DATABASE /*!32312 IF NOT EXISTS*/ ${Sql.quoteIdentifier(database.name)}`,
    database.options === "" ? "" : ` ${database.options}`
  )

/** What may stand behind the words of a column's line, with the kind of token that follows. */
const extras: ReadonlyArray<readonly [words: ReadonlyArray<string>, value: "String" | "Word" | undefined]> = [
  [["DEFAULT", "NULL"], undefined],
  [["COMMENT"], "String"],
  [["CHARACTER", "SET"], "Word"],
  [["COLLATE"], "Word"]
]

const extra = (cursor: Cursor): Parsed<string | undefined> => {
  const start = cursor.peek()?.start
  for (const [words, value] of extras) {
    if (start !== undefined && cursor.words(...words)) {
      const last = value === undefined ? cursor.peek(-1) : cursor.peek()
      if (last === undefined || (value !== undefined && last.kind !== value)) {
        return cursor.syntax()
      }
      if (value !== undefined) {
        cursor.next()
      }
      return Either.right(cursor.slice(start, last.end))
    }
  }
  return Either.right(undefined)
}

const type = (cursor: Cursor): Parsed<string> =>
  Either.gen(function*() {
    const first = cursor.peek()
    if (first?.kind !== "Word") {
      return yield* cursor.syntax()
    }
    let last = cursor.next()
    if (cursor.symbol("(")) {
      while (cursor.peek()?.kind === "Number" || cursor.peek()?.text === ",") {
        cursor.next()
      }
      last = cursor.peek()
      yield* cursor.expect(")")
    }
    if (cursor.words("UNSIGNED")) {
      last = cursor.peek(-1)
    }
    const text = cursor.slice(first.start, last?.end).toLowerCase()
    return Option.isSome(Types.parse(text)) ? text : yield* refuse(1064, `The type '${text}' is not known here`)
  })

const column = (cursor: Cursor): Parsed<Column> =>
  Either.gen(function*() {
    const name = yield* cursor.identifier()
    const word = yield* type(cursor)
    const found: Array<string> = []
    let nullable = true
    let autoIncrement = false
    let invisible = false
    while (cursor.peek() !== undefined && cursor.peek()?.kind !== "Symbol") {
      if (cursor.words("NOT", "NULL")) {
        nullable = false
      } else if (cursor.words("AUTO_INCREMENT")) {
        autoIncrement = true
      } else if (cursor.words("INVISIBLE")) {
        invisible = true
      } else if (!cursor.words("NULL")) {
        const text = yield* extra(cursor)
        found.push(text === undefined ? yield* cursor.syntax() : text)
      }
    }
    return { name, type: word, nullable, autoIncrement, invisible, extra: found.join(" ") }
  })

/** Options are kept as they are, but they must be words, values and equals signs. */
const options = (cursor: Cursor): Parsed<string> => {
  const start = cursor.peek(-1)?.end
  while (cursor.peek() !== undefined) {
    const token = cursor.peek()
    if (
      token?.kind !== "Word" && token?.kind !== "String" && token?.kind !== "Number" && token?.kind !== "Name" &&
      token?.text !== "="
    ) {
      return cursor.syntax()
    }
    cursor.next()
  }
  return Either.right(cursor.slice(start ?? 0).trim())
}

const isIntegerColumn = (column: Column): boolean => /^(tiny|small|medium|big)?int\b/.test(column.type)

/**
 * Whether a table could be: what a server says when it could not.
 *
 * @internal
 */
export const checkShape = (table: Shape): Parsed<Shape> =>
  Either.gen(function*() {
    const names = table.columns.map(({ name }) => name.toLowerCase())
    const twice = table.columns.find(({ name }, i) => names.indexOf(name.toLowerCase()) < i)
    if (twice !== undefined) {
      return yield* refuse(1060, `Duplicate column name '${twice.name}'`)
    }
    if (table.columns.every(({ invisible }) => invisible)) {
      return yield* refuse(1113, "A table must have at least one visible column")
    }
    const key = Option.getOrUndefined(table.primaryKey)
    const keyed = table.columns.find(({ name }) => name === key)
    if (key !== undefined && keyed === undefined) {
      return yield* refuse(1072, `Key column '${key}' doesn't exist in table`)
    }
    if (keyed !== undefined && (!isIntegerColumn(keyed) || keyed.nullable)) {
      return yield* refuse(1171, `The key '${keyed.name}' must be an integer that is NOT NULL`)
    }
    return table.columns.some((column) => column.autoIncrement && column.name !== key)
      ? yield* refuse(1075, "Incorrect table definition; the AUTO_INCREMENT column must be the key")
      : table
  })

/** @internal */
export const parseTable = (
  statement: Uint8Array,
  mode: Quoting
): Parsed<{ readonly name: Sql.Name; readonly ifNotExists: boolean; readonly shape: Shape }> =>
  Either.gen(function*() {
    const cursor = yield* Cursor.make(statement, mode)
    yield* cursor.expectWords("CREATE", "TABLE")
    const ifNotExists = cursor.words("IF", "NOT", "EXISTS")
    const name = yield* cursor.name()
    const columns: Array<Column> = []
    let primaryKey: Option.Option<string> = Option.none()
    yield* cursor.expect("(")
    do {
      if (cursor.words("PRIMARY", "KEY")) {
        const [key, more] = yield* cursor.names()
        primaryKey = more === undefined && Option.isNone(primaryKey) ? Option.fromNullable(key) : yield* cursor.syntax()
      } else {
        columns.push(yield* column(cursor))
      }
    } while (cursor.symbol(","))
    yield* cursor.expect(")")
    const shape = yield* checkShape({ name: name.name, columns, primaryKey, options: yield* options(cursor) })
    return { name, ifNotExists, shape }
  })

/** @internal */
export const parseDatabase = (
  statement: Uint8Array,
  mode: Quoting
): Parsed<{ readonly name: string; readonly ifNotExists: boolean; readonly options: string }> =>
  Either.gen(function*() {
    const cursor = yield* Cursor.make(statement, mode)
    yield* cursor.expectWords("CREATE", "DATABASE")
    const ifNotExists = cursor.words("IF", "NOT", "EXISTS")
    const name = yield* cursor.identifier()
    return { name, ifNotExists, options: yield* options(cursor) }
  })

/**
 * What a view is made of: names behind FROM and JOIN, and functions in quotes.
 *
 * @internal
 */
export interface References {
  readonly tables: ReadonlyArray<Sql.Name>
  readonly functions: ReadonlyArray<Sql.Name>
}

const references = (cursor: Cursor): Parsed<References> =>
  Either.gen(function*() {
    const tables: Array<Sql.Name> = []
    const functions: Array<Sql.Name> = []
    while (cursor.peek() !== undefined) {
      if (cursor.words("FROM") || cursor.words("JOIN")) {
        while (cursor.symbol("(")) {
          // a join may stand in any number of parentheses
        }
        if (!cursor.words("SELECT")) {
          tables.push(yield* cursor.name())
        }
      } else if (cursor.peek()?.kind === "Name") {
        const name = yield* cursor.name()
        if (cursor.symbol("(")) {
          functions.push(name)
        }
      } else {
        cursor.next()
      }
    }
    return { tables, functions }
  })

const passDefiner = (cursor: Cursor): Parsed<void> =>
  Either.gen(function*() {
    yield* cursor.expect("=")
    yield* cursor.identifier()
    yield* cursor.expect("@")
    yield* cursor.identifier()
  })

/** @internal */
export const parseView = (statement: Uint8Array, mode: Quoting): Parsed<
  & { readonly name: Sql.Name; readonly orReplace: boolean; readonly columns: ReadonlyArray<string> }
  & References
> =>
  Either.gen(function*() {
    const cursor = yield* Cursor.make(statement, mode)
    yield* cursor.expectWords("CREATE")
    const orReplace = cursor.words("OR", "REPLACE")
    if (cursor.words("ALGORITHM")) {
      yield* cursor.expect("=")
      yield* cursor.identifier()
    }
    if (cursor.words("DEFINER")) {
      yield* passDefiner(cursor)
    }
    if (cursor.words("SQL", "SECURITY")) {
      yield* cursor.identifier()
    }
    yield* cursor.expectWords("VIEW")
    const name = yield* cursor.name()
    const columns = yield* cursor.names()
    yield* cursor.expectWords("AS")
    if (cursor.peek()?.text !== "SELECT") {
      yield* cursor.syntax()
    }
    return { name, orReplace, columns, ...(yield* references(cursor)) }
  })
