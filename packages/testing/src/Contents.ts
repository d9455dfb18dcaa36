/**
 * What a memory server holds, as plain data: databases with their tables, rows, views and stored programs.
 *
 * Two contents are compared by their lines (`lines`, `diff`), one line for each object and each row, so that a test
 * that fails says which row of which table is missing. The order of rows does not count; the order of the triggers of
 * a table does.
 *
 * @since 0.1.0
 */
import type * as Row from "@sluice/format/Row"
import type * as SchemaFile from "@sluice/format/SchemaFile"
import type * as FormatSequence from "@sluice/format/Sequence"
import * as Sql from "@sluice/format/Sql"
import type * as Source from "@sluice/pipeline/Source"
import * as Option from "effect/Option"

import * as Lines from "./internal/contentsLines.js"
import * as Types from "./internal/memoryServerTypes.js"

/**
 * A column of a table.
 *
 * @since 0.1.0
 * @category models
 */
export interface Column {
  readonly name: string
  /** As it stands in CREATE TABLE, such as `varchar(20)`. `types` has those that are known. */
  readonly type: string
  readonly nullable: boolean
  readonly autoIncrement: boolean
  readonly invisible: boolean
  /** What else its line says, as it is: DEFAULT NULL, CHARACTER SET, COLLATE and COMMENT. */
  readonly extra: string
}

/**
 * A row: a cell for each column, invisible ones too, as the server's text protocol sends them.
 *
 * @since 0.1.0
 * @category models
 */
export type Cells = ReadonlyArray<Row.Cell>

/**
 * @since 0.1.0
 * @category models
 */
export interface Table {
  readonly name: string
  readonly columns: ReadonlyArray<Column>
  /** The name of the only column of the key, an integer. */
  readonly primaryKey: Option.Option<string>
  /** What stands behind the columns in CREATE TABLE, as it is, such as `ENGINE=InnoDB COMMENT='x'`. */
  readonly options: string
  readonly rows: ReadonlyArray<Cells>
}

/**
 * A sequence, as MariaDB has them.
 *
 * @since 0.1.0
 * @category models
 */
export type Sequence = Extract<SchemaFile.Definition, { readonly _tag: "Sequence" }>

/**
 * @since 0.1.0
 * @category models
 */
export type View = Extract<SchemaFile.Definition, { readonly _tag: "View" }>

/**
 * @since 0.1.0
 * @category models
 */
export type Program = Extract<SchemaFile.Definition, { readonly _tag: "Program" }>

/**
 * @since 0.1.0
 * @category models
 */
export interface Database {
  readonly name: string
  /** What stands behind the name in CREATE DATABASE, as it is. */
  readonly options: string
  readonly sequences: ReadonlyArray<Sequence>
  readonly tables: ReadonlyArray<Table>
  readonly views: ReadonlyArray<View>
  /** In the order in which they were created. */
  readonly triggers: ReadonlyArray<Program>
  /** Functions, procedures and packages. */
  readonly routines: ReadonlyArray<Program>
  readonly events: ReadonlyArray<Program>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Contents {
  readonly databases: ReadonlyArray<Database>
}

/**
 * Nothing at all.
 *
 * @since 0.1.0
 * @category constructors
 */
export const empty: Contents = { databases: [] }

/**
 * Contents of some databases.
 *
 * @example
 * ```ts
 * import { Contents } from "@sluice/testing"
 *
 * Contents.make(
 *   Contents.database("shop", {
 *     tables: [
 *       Contents.table("orders", [Contents.column("id", "bigint"), Contents.column("note", "text")], {
 *         primaryKey: "id",
 *         rows: [["1", "first"], ["2", null]]
 *       })
 *     ]
 *   })
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (...databases: ReadonlyArray<Database>): Contents => ({ databases })

/**
 * A database, with nothing in it but what is given.
 *
 * @since 0.1.0
 * @category constructors
 */
export const database = (name: string, parts: Partial<Omit<Database, "name">> = {}): Database => ({
  name,
  options: parts.options ?? "",
  sequences: parts.sequences ?? [],
  tables: parts.tables ?? [],
  views: parts.views ?? [],
  triggers: parts.triggers ?? [],
  routines: parts.routines ?? [],
  events: parts.events ?? []
})

/**
 * A column, which takes NULL unless something else is said.
 *
 * @since 0.1.0
 * @category constructors
 */
export const column = (name: string, type: string, parts: Partial<Omit<Column, "name" | "type">> = {}): Column => ({
  name,
  type,
  nullable: parts.nullable ?? true,
  autoIncrement: parts.autoIncrement ?? false,
  invisible: parts.invisible ?? false,
  extra: parts.extra ?? ""
})

/**
 * A table. Cells are given as text or as bytes, and `null` for NULL. The column of the key never takes NULL.
 *
 * @since 0.1.0
 * @category constructors
 */
export const table = (name: string, columns: ReadonlyArray<Column>, parts: {
  readonly primaryKey?: string | undefined
  readonly options?: string | undefined
  readonly rows?: ReadonlyArray<ReadonlyArray<string | Uint8Array | null>> | undefined
} = {}): Table => ({
  name,
  columns: columns.map((column) => column.name === parts.primaryKey ? { ...column, nullable: false } : column),
  primaryKey: Option.fromNullable(parts.primaryKey),
  options: parts.options ?? "",
  rows: (parts.rows ?? []).map((row) => row.map((cell) => typeof cell === "string" ? Sql.bytes(cell) : cell))
})

/**
 * A sequence, defined by its own row.
 *
 * @since 0.1.0
 * @category constructors
 */
export const sequence = (name: string, state: FormatSequence.State): Sequence => ({
  _tag: "Sequence",
  name,
  create: Sql.bytes(
    `CREATE SEQUENCE ${Sql.quoteIdentifier(name)} start with ${state.start} minvalue ${state.minimum} maxvalue ` +
      `${state.maximum} increment by ${state.increment} ${state.cache === 0n ? "nocache" : `cache ${state.cache}`} ` +
      (state.cycles === 0n ? "nocycle" : "cycle")
  ),
  state
})

/**
 * The state of a session that says nothing special.
 *
 * @since 0.1.0
 * @category constructors
 */
export const creation: SchemaFile.Creation = {
  characterSetClient: "utf8mb4",
  collationConnection: "utf8mb4_general_ci",
  sqlMode: Option.none(),
  timeZone: Option.none()
}

/** A view or a program: its text is UTF-8 when it is given as a string. */
interface Creatable {
  readonly name: string
  readonly body: string | Uint8Array
  readonly creation?: SchemaFile.Creation | undefined
}

const definer = "DEFINER=`root`@`%`"

/**
 * A view. `body` is its SELECT; names in backticks behind FROM and JOIN, and functions in backticks, are looked for
 * when it is created.
 *
 * @since 0.1.0
 * @category constructors
 */
export const view = (parts: Creatable & { readonly columns: ReadonlyArray<string> }): View => ({
  _tag: "View",
  name: parts.name,
  columns: parts.columns,
  create: Sql.bytes(
    `CREATE ALGORITHM=UNDEFINED ${definer} SQL SECURITY DEFINER VIEW ${Sql.quoteIdentifier(parts.name)} (${
      parts.columns.map(Sql.quoteIdentifier).join(",")
    }) AS `,
    parts.body
  ),
  creation: parts.creation ?? creation
})

const program = (kind: Program["kind"], between: string, parts: Creatable): Program => {
  const { characterSetClient, collationConnection, sqlMode, timeZone } = parts.creation ?? creation
  return {
    _tag: "Program",
    kind,
    name: parts.name,
    create: Sql.bytes(`CREATE ${definer} ${kind} ${Sql.quoteIdentifier(parts.name)}${between} `, parts.body),
    creation: {
      characterSetClient,
      collationConnection,
      sqlMode: Option.orElseSome(sqlMode, () => ""),
      timeZone: kind === "EVENT" ? Option.orElseSome(timeZone, () => "SYSTEM") : Option.none()
    }
  }
}

/**
 * A trigger that runs after each INSERT into a table.
 *
 * @since 0.1.0
 * @category constructors
 */
export const trigger = (parts: Creatable & { readonly table: string }): Program =>
  program("TRIGGER", ` AFTER INSERT ON ${Sql.quoteIdentifier(parts.table)} FOR EACH ROW`, parts)

/**
 * A function, a procedure or a package. `body` is all that stands behind the name.
 *
 * @since 0.1.0
 * @category constructors
 */
export const routine = (
  parts: Creatable & { readonly kind: "FUNCTION" | "PROCEDURE" | "PACKAGE" | "PACKAGE BODY" }
): Program => program(parts.kind, "", parts)

/**
 * An event that runs once a day.
 *
 * @since 0.1.0
 * @category constructors
 */
export const event = (parts: Creatable): Program =>
  program("EVENT", " ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE DISABLE DO", parts)

/**
 * How the cells of a column are written in files; `None` for a type that is not known here.
 *
 * @since 0.1.0
 * @category getters
 */
export const kind = (column: Column): Option.Option<Row.ColumnKind> =>
  Option.map(Types.parse(column.type), (type) => type.kind)

/**
 * The words that types of columns begin with.
 *
 * @since 0.1.0
 * @category getters
 */
export const types: ReadonlyArray<string> = Types.words

/**
 * How many rows there are in all tables.
 *
 * @since 0.1.0
 * @category getters
 */
export const rowCount = (contents: Contents): number =>
  contents.databases.reduce((sum, { tables }) => tables.reduce((sum, { rows }) => sum + rows.length, sum), 0)

/**
 * The table that a trigger belongs to.
 *
 * @since 0.1.0
 * @category getters
 */
export const triggerTable: (trigger: Program) => Option.Option<string> = Lines.triggerTable

/**
 * The databases that belong to a server itself.
 *
 * @since 0.1.0
 * @category getters
 */
export const systemDatabases: ReadonlySet<string> = new Set([
  "information_schema",
  "mysql",
  "performance_schema",
  "sys"
])

/**
 * What a selection takes of contents: what a restore of its dump must give.
 *
 * @since 0.1.0
 * @category combinators
 */
export const select = (contents: Contents, selection: Source.Selection): Contents => ({
  databases: contents.databases
    .filter(({ name }) =>
      Option.match(selection.databases, {
        onNone: () => !systemDatabases.has(name),
        onSome: (names) => names.includes(name)
      })
    )
    .map((database) => {
      const wanted = (name: string) => selection.includes(database.name, name)
      return {
        ...database,
        sequences: database.sequences.filter(({ name }) => wanted(name)),
        tables: database.tables.filter(({ name }) => wanted(name)),
        views: selection.views ? database.views.filter(({ name }) => wanted(name)) : [],
        triggers: selection.triggers
          ? database.triggers.filter((trigger) => Option.exists(triggerTable(trigger), wanted))
          : [],
        routines: selection.routines ? database.routines : [],
        events: selection.events ? database.events : []
      }
    })
})

/**
 * The contents as sorted lines of text, each a database, a sequence, a table, a column, a row, a view or a program.
 * Contents that are equal have the same lines, and only those.
 *
 * @since 0.1.0
 * @category comparing
 */
export const lines = (contents: Contents): ReadonlyArray<string> => contents.databases.flatMap(Lines.ofDatabase).sort()

/**
 * All the lines as one text, for `assert.strictEqual`.
 *
 * @since 0.1.0
 * @category comparing
 */
export const render = (contents: Contents): string => lines(contents).join("\n")

/**
 * The lines that differ: `- ` before what is expected and missing, `+ ` before what is there and not expected. A row
 * that is there twice too often stands here twice.
 *
 * @since 0.1.0
 * @category comparing
 */
export const diff = (expected: Contents, actual: Contents): ReadonlyArray<string> =>
  Lines.difference(lines(expected), lines(actual))

/**
 * Whether two contents are the same.
 *
 * @since 0.1.0
 * @category comparing
 */
export const equal = (a: Contents, b: Contents): boolean => diff(a, b).length === 0
