/**
 * The files that hold definitions: databases, tables, views, triggers, routines and events.
 *
 * A definition is bytes. It is written as the server printed it, in the character set it was printed in, between
 * statements that put the session that replays it into the state it was created in.
 *
 * mydumper's loader ends a statement at any `;` that ends a line. So one blank is put behind such a `;` inside a
 * definition (`guard`), and our own reader takes it away again (`unguard`): a definition comes back to the byte.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Option from "effect/Option"

import * as Sequence from "./Sequence.js"
import * as Sql from "./Sql.js"

/**
 * The session state in which a view or a stored program was created.
 *
 * @since 0.1.0
 * @category models
 */
export interface Creation {
  readonly characterSetClient: string
  readonly collationConnection: string
  /** A view has none of its own. */
  readonly sqlMode: Option.Option<string>
  /** Only events have one. */
  readonly timeZone: Option.Option<string>
}

/**
 * The definition of one object, as its server printed it.
 *
 * @since 0.1.0
 * @category models
 */
export type Definition = Data.TaggedEnum<{
  readonly Database: { readonly name: string; readonly create: Uint8Array }
  readonly Table: { readonly name: string; readonly create: Uint8Array }
  readonly Sequence: { readonly name: string; readonly create: Uint8Array; readonly state: Sequence.State }
  readonly View: {
    readonly name: string
    readonly columns: ReadonlyArray<string>
    readonly create: Uint8Array
    readonly creation: Creation
  }
  readonly Program: {
    readonly kind: "TRIGGER" | "LIBRARY" | "FUNCTION" | "PROCEDURE" | "PACKAGE" | "PACKAGE BODY" | "EVENT"
    readonly name: string
    readonly create: Uint8Array
    readonly creation: Creation
  }
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const Definition = Data.taggedEnum<Definition>()

/**
 * What stands at the head of every SQL file.
 *
 * @since 0.1.0
 * @category models
 */
export interface Header {
  /** The character set of the file's text: `binary` for rows, `utf8mb4` for definitions. */
  readonly names: string
  /** Without modes that would change how the file itself is read: see `portableSqlMode`. */
  readonly sqlMode: string
  /** Whether timestamps are in UTC. */
  readonly utc: boolean
}

const encoder = new TextEncoder()

/**
 * The statements at the head of a SQL file.
 *
 * @since 0.1.0
 * @category encoding
 */
export const header = ({ names, sqlMode, utc }: Header): Uint8Array =>
  encoder.encode([
    `/*!40101 SET NAMES ${names}*/;\n`,
    "/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n",
    `/*!40101 SET SQL_MODE='${sqlMode}'*/;\n`,
    ...(utc ? ["/*!40103 SET TIME_ZONE='+00:00' */;\n"] : [])
  ].join(""))

/** The modes that every server knows, and that change neither how text is read nor which values are taken. */
const portable = new Set([
  "ALLOW_INVALID_DATES",
  "ERROR_FOR_DIVISION_BY_ZERO",
  "NO_ENGINE_SUBSTITUTION",
  "NO_UNSIGNED_SUBTRACTION",
  "ONLY_FULL_GROUP_BY",
  "STRICT_ALL_TABLES"
])

/**
 * What of a server's sql_mode stands at the head of files: modes that another server may not know, that change how
 * a backup's own text is read, or that refuse a date that the source held, are left out. NO_AUTO_VALUE_ON_ZERO is put
 * in, so that a zero in an AUTO_INCREMENT column stays one. Stored programs carry their own mode, whole.
 *
 * @since 0.1.0
 * @category encoding
 */
export const portableSqlMode = (serverMode: string): string =>
  ["NO_AUTO_VALUE_ON_ZERO", ...serverMode.split(",").filter((mode) => portable.has(mode))].join(",")

const LF = 0x0a
const SEMICOLON = 0x3b
const SPACE = 0x20

/** Calls `at` with the start and the end of the blanks of every `;`, blanks, line feed. */
const forEachEnding = (bytes: Uint8Array, at: (start: number, end: number) => void): void => {
  for (let i = bytes.indexOf(SEMICOLON); i !== -1; i = bytes.indexOf(SEMICOLON, i + 1)) {
    let end = i + 1
    while (bytes[end] === SPACE) {
      end += 1
    }
    if (bytes[end] === LF) {
      at(i + 1, end)
    }
  }
}

/**
 * Puts one more blank between each `;` and the line feed that follows it, however many blanks are there.
 *
 * @since 0.1.0
 * @category encoding
 */
export const guard = (definition: Uint8Array): Uint8Array => {
  const ends: Array<number> = []
  forEachEnding(definition, (_, end) => ends.push(end))
  const out = new Uint8Array(definition.length + ends.length)
  let from = 0
  ends.forEach((end, i) => {
    out.set(definition.subarray(from, end), from + i)
    out[end + i] = SPACE
    from = end
  })
  out.set(definition.subarray(from), from + ends.length)
  return out
}

/**
 * The inverse of `guard`.
 *
 * @since 0.1.0
 * @category decoding
 */
export const unguard = (guarded: Uint8Array): Uint8Array => {
  const ends: Array<number> = []
  forEachEnding(guarded, (start, end) => {
    if (end > start) {
      ends.push(end)
    }
  })
  const out = new Uint8Array(guarded.length - ends.length)
  let from = 0
  ends.forEach((end, i) => {
    out.set(guarded.subarray(from, end - 1), from - i)
    from = end
  })
  out.set(guarded.subarray(from), from - ends.length)
  return out
}

/** A name in it may have a `;` that ends a line. */
const statement = (text: string): Uint8Array => Sql.bytes(guard(encoder.encode(text)), ";\n")

const create = (definition: Uint8Array): ReadonlyArray<Uint8Array> => [guard(definition), encoder.encode(";\n")]

const identifier = (name: string): string => Sql.quoteIdentifier(name)

const text = (value: string): string => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`

/** A session variable with the column that `SET @PREV_...` keeps it in. */
const saved = (variable: string): string => `@PREV_${variable.toUpperCase()}`

/**
 * Statements in the state of a creation: `drop` reads names in the file's own character set, and `create` in that of
 * the object. The sql_mode comes before both, because MariaDB knows packages only in ORACLE's.
 */
const inState = (
  creation: Creation,
  drop: ReadonlyArray<Uint8Array>,
  create: ReadonlyArray<Uint8Array>
): ReadonlyArray<Uint8Array> => {
  const modes: ReadonlyArray<readonly [name: string, value: string]> = [
    ...Option.match(creation.sqlMode, { onNone: () => [], onSome: (mode) => [["sql_mode", text(mode)] as const] }),
    ...Option.match(creation.timeZone, { onNone: () => [], onSome: (zone) => [["time_zone", text(zone)] as const] })
  ]
  const charsets: ReadonlyArray<readonly [name: string, value: string]> = [
    ["character_set_client", creation.characterSetClient],
    ["character_set_results", creation.characterSetClient],
    ["collation_connection", creation.collationConnection]
  ]
  const set = ([name, value]: readonly [name: string, value: string]) => statement(`SET ${name} = ${value}`)
  const variables = [...modes, ...charsets]
  return [
    ...variables.map(([name]) => statement(`SET ${saved(name)}=@@${name.toUpperCase()}`)),
    ...modes.map(set),
    ...drop,
    ...charsets.map(set),
    ...create,
    ...variables.map(([name]) => set([name, saved(name)]))
  ]
}

/**
 * A file with one definition: of a database (`D-schema-create.sql`), a table (`D.T-schema.sql`), a sequence
 * (`D.S-schema-sequence.sql`), a view (`D.V-schema-view.sql`) or programs (`D-schema-triggers.sql`, `D-schema-post.sql`).
 *
 * @since 0.1.0
 * @category encoding
 */
export const render = (head: Header, definitions: ReadonlyArray<Definition>): Uint8Array =>
  Sql.concat([
    header(head),
    ...definitions.flatMap(Definition.$match({
      Database: (database) => create(database.create),
      Table: (table) => create(table.create),
      Sequence: (sequence) => [
        statement(`DROP TABLE IF EXISTS ${identifier(sequence.name)}`),
        statement(`DROP VIEW IF EXISTS ${identifier(sequence.name)}`),
        ...create(sequence.create),
        statement(Sequence.statement(sequence.name, sequence.state))
      ],
      View: (view) =>
        inState(view.creation, [
          statement(`DROP TABLE IF EXISTS ${identifier(view.name)}`),
          statement(`DROP VIEW IF EXISTS ${identifier(view.name)}`)
        ], create(view.create)),
      Program: (program) =>
        inState(program.creation, [
          statement(`DROP ${program.kind} IF EXISTS ${identifier(program.name)}`)
        ], create(program.create))
    }))
  ])

/**
 * An account or a tablespace: what belongs to a server, and to none of its databases.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerWide {
  readonly name: string
  /** What creates it, and what else belongs to it, in their order. */
  readonly statements: ReadonlyArray<Uint8Array>
}

/**
 * A file with accounts (`all-users.sluice`) or tablespaces (`all-schema-create-tablespace.sql`).
 *
 * @since 0.1.0
 * @category encoding
 */
export const renderServerWide = (head: Header, all: ReadonlyArray<ServerWide>): Uint8Array =>
  Sql.concat([header(head), ...all.flatMap(({ statements }) => statements.flatMap(create))])

/**
 * The placeholder of a view: a table with the view's columns, which stands in for it until everything that the
 * view may need is there.
 *
 * @since 0.1.0
 * @category encoding
 */
export const placeholder = (head: Header, view: { readonly name: string; readonly columns: ReadonlyArray<string> }) =>
  Sql.concat([
    header(head),
    statement(
      `CREATE TABLE IF NOT EXISTS ${identifier(view.name)}(\n${
        view.columns.map((column) => `${identifier(column)} int`).join(",\n")
      }\n) ENGINE=MEMORY`
    )
  ])
