/**
 * What a server holds, read in a few questions for everything, never one for each table.
 *
 * @since 0.1.0
 */
import type * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

import * as Columns from "./internal/columns.js"
import * as Control from "./internal/control.js"
import type * as Dialect from "./internal/dialect.js"
import * as Engines from "./internal/engines.js"
import * as History from "./internal/history.js"
import * as Keys from "./internal/keys.js"
import * as Visibility from "./internal/visibility.js"

/**
 * A column, as a dump has to know it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Column {
  readonly name: string
  /** The name of its type alone, such as `int`. */
  readonly type: string
  /** All of its type, such as `int(10) unsigned` or `enum('a','b')`. */
  readonly definition: string
  /** How its cells are written. */
  readonly kind: Row.ColumnKind
  /** The character set of its texts, by the server's name of it. */
  readonly charset: Option.Option<string>
  readonly collation: Option.Option<string>
  /** Whether an index has its values in the order in which they compare, as far as that is up to their collation. */
  readonly comparesAsIndexed: boolean
  /** Its cells cannot be inserted, the server makes them. */
  readonly generated: boolean
  /** `SELECT *` and a plain INSERT pass it over. */
  readonly invisible: boolean
}

/**
 * An index that holds each row exactly once, without NULLs, in an order, and is about whole columns.
 *
 * @since 0.1.0
 * @category models
 */
export interface Key {
  readonly index: string
  /** The first one ascends as the index is read. */
  readonly columns: ReadonlyArray<string>
  /** Those of the others that descend where the first one ascends. */
  readonly descending: ReadonlyArray<string>
}

/**
 * A table or a view, with what is needed to read it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Table {
  readonly info: Source.TableInfo
  /** A view has none. */
  readonly engine: Option.Option<string>
  readonly collation: Option.Option<string>
  readonly partitioned: boolean
  /** In their order. */
  readonly columns: ReadonlyArray<Column>
  /** The primary key, else the first other one. */
  readonly key: Option.Option<Key>
  /** Of a table whose history is read too, the columns that say since when and until when a row was. */
  readonly period: Option.Option<History.Period>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Program {
  readonly kind: "LIBRARY" | "FUNCTION" | "PROCEDURE" | "PACKAGE" | "PACKAGE BODY" | "EVENT"
  readonly name: string
  readonly comment: string
}

/**
 * A database, with what the selection takes of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Database {
  readonly name: string
  readonly tables: ReadonlyArray<Table>
  /** The names of triggers, in the order in which they must be created. */
  readonly triggers: ReadonlyArray<string>
  /** In the order in which they must be created. */
  readonly programs: ReadonlyArray<Program>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Catalog {
  readonly databases: ReadonlyArray<Database>
  readonly sqlMode: string
  /** Names of engines whose tables a snapshot holds. */
  readonly transactional: ReadonlySet<string>
  /** The full names of tables that keep their history, of which the snapshot gives only the current rows. */
  readonly versioned: ReadonlyArray<string>
  /** All tables that keep their history, as `database.table`. */
  readonly systemVersioned: ReadonlyArray<string>
}

/**
 * The servers' own databases, which a dump takes only when they are named.
 *
 * @since 0.1.0
 * @category models
 */
export const systemDatabases: ReadonlySet<string> = new Set([
  "information_schema",
  "mysql",
  "performance_schema",
  "sys"
])

const what = "cannot read the source's catalog"

const unsupported = (detail: string, advice: string) =>
  new SourceError({ reason: "Unsupported", what: "cannot dump everything that is selected", detail, advice })

const Name = Schema.Struct({ name: Schema.String })

/**
 * The condition that a column of the catalog is one of these names. One name alone is looked up, not scanned for.
 *
 * @since 0.1.0
 * @category rendering
 */
export const oneOf = (column: string, names: ReadonlyArray<string>): string =>
  names.length === 1
    ? `${column} = ${Sql.quoteText(names.join())}`
    : `${column} IN (${names.map(Sql.quoteText).join(", ")})`

/** The databases that are selected, as the server spells them. */
const selected = (control: Control.Session, selection: Source.Selection) =>
  Effect.gen(function*() {
    const ask = <A, I>(row: Schema.Schema<A, I>, sql: string) =>
      Effect.mapError(control.query(row, sql), (error) => error.toSource(what))
    const there = (yield* ask(Name, "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA")).map((row) =>
      row.name
    )
    if (Option.isNone(selection.databases)) {
      return there.filter((name) => !systemDatabases.has(name.toLowerCase()))
    }
    const [{ folds }] = yield* ask(
      Schema.Struct({ folds: Control.Numeric }),
      "SELECT @@lower_case_table_names AS folds"
    ).pipe(Effect.map(([row]) => [row ?? { folds: 0 }] as const))
    const same = (a: string) => (b: string) => a === b || (folds !== 0 && a.toLowerCase() === b.toLowerCase())
    const wanted = selection.databases.value
    const unknown = wanted.filter((name) => !there.some(same(name)))
    return unknown.length === 0
      ? there.filter((name) => wanted.some(same(name)))
      : yield* new SourceError({
        reason: "UnknownDatabase",
        what: "cannot dump what is selected",
        detail: `the source has no ${unknown.length === 1 ? "database" : "databases"} ${
          unknown.map(Sql.quoteIdentifier).join(", ")
        }`,
        advice: "Check how the names are spelled; a database that the account may not see is not listed either"
      })
  })

/**
 * The tables and views that are there right now, by their quoted full names, and the databases they are in. It is
 * quick, so that it can be asked for while a lock is held; `read` then keeps to it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Identity {
  readonly databases: ReadonlyArray<string>
  readonly names: ReadonlySet<string>
  /** Those that hold rows, sequences too. */
  readonly tables: ReadonlyArray<Listed>
  readonly views: ReadonlyArray<Listed>
}

/**
 * What stands in the list of tables.
 *
 * @since 0.1.0
 * @category models
 */
export interface Listed {
  readonly database: string
  readonly name: string
  /** Empty for views, and where the server cannot tell. */
  readonly engine: string
  readonly sequence: boolean
}

const fullName = (database: string, name: string): string => Sql.quoteName({ database, name })

const NameIn = Schema.Struct({
  database: Schema.String,
  name: Schema.String,
  type: Schema.String,
  engine: Schema.NullOr(Schema.String)
})

/**
 * Reads the names of what is selected. Fails when the selection names a database that is not there.
 *
 * @since 0.1.0
 * @category constructors
 */
export const identify = (
  control: Control.Session,
  selection: Source.Selection
): Effect.Effect<Identity, SourceError> =>
  Effect.gen(function*() {
    const databases = yield* selected(control, selection)
    const rows = databases.length === 0 ? [] : yield* control.query(
      NameIn,
      "SELECT TABLE_SCHEMA AS `database`, TABLE_NAME AS name, TABLE_TYPE AS type, ENGINE AS engine " +
        `FROM information_schema.TABLES WHERE ${oneOf("TABLE_SCHEMA", databases)}`
    ).pipe(Effect.mapError((error) => error.toSource(what)))
    const wanted = rows.filter((row) => selection.includes(row.database, row.name))
    const listed = (some: typeof wanted) =>
      some.map(({ database, engine, name, type }) => ({
        database,
        name,
        engine: engine ?? "",
        sequence: type === "SEQUENCE"
      }))
    return {
      databases,
      names: new Set(wanted.map((row) => fullName(row.database, row.name))),
      tables: listed(wanted.filter((row) => row.type !== "VIEW" && row.type !== "SYSTEM VIEW")),
      views: listed(wanted.filter((row) => row.type === "VIEW"))
    }
  })

const TableRow = Schema.Struct({
  database: Schema.String,
  name: Schema.String,
  type: Schema.String,
  engine: Schema.NullOr(Schema.String),
  rows: Schema.NullOr(Control.Numeric),
  bytes: Schema.NullOr(Control.Numeric),
  options: Schema.NullOr(Schema.String),
  collation: Schema.NullOr(Schema.String)
})

const EngineRow = Schema.Struct({ engine: Schema.String })

/** What stands in `TABLE_TYPE` of what can be dumped. Nobody guesses what else there may be. */
const carried: ReadonlyMap<string, Source.TableInfo["kind"]> = new Map([
  ["BASE TABLE", "Table"],
  ["SYSTEM VERSIONED", "Table"],
  ["SEQUENCE", "Sequence"],
  ["VIEW", "View"]
])

const readTables = (control: Control.Session, selection: Source.Selection, identity: Identity) =>
  Effect.gen(function*() {
    const rows = yield* Effect.mapError(
      control.query(
        TableRow,
        "SELECT TABLE_SCHEMA AS `database`, TABLE_NAME AS name, TABLE_TYPE AS type, ENGINE AS engine, " +
          "TABLE_ROWS AS `rows`, DATA_LENGTH AS bytes, CREATE_OPTIONS AS options, TABLE_COLLATION AS collation " +
          "FROM information_schema.TABLES " +
          `WHERE ${oneOf("TABLE_SCHEMA", identity.databases)}`
      ),
      (error) => error.toSource(what)
    )
    const there = rows.filter((row) => identity.names.has(fullName(row.database, row.name)))
    const found = new Set(there.map((row) => fullName(row.database, row.name)))
    const gone = Array.from(identity.names).filter((name) => !found.has(name))
    if (gone.length > 0) {
      return yield* new SourceError({
        reason: "DefinitionChanged",
        what: "the snapshot is of no use",
        detail: `${gone.join(", ")} went away while it was taken`,
        advice: "Try again while nobody creates, renames or drops tables"
      })
    }
    const wanted = there.filter((row) => selection.views || row.type !== "VIEW")
    const refused = wanted.flatMap((row) => {
      const kind = carried.get(row.type)
      return kind === undefined ? [row] : []
    })
    return refused.length === 0
      ? wanted.sort((a, b) => a.name < b.name ? -1 : 1)
      : yield* unsupported(
        `${
          refused.map((row) => `${fullName(row.database, row.name)} is a ${row.type.toLowerCase()}`).join(", ")
        }; this version would lose what is in it`,
        Engines.withoutThem(refused)
      )
  })

/**
 * Reads everything about what `identify` found. What came later is left out, as the snapshot does not hold it.
 *
 * Fails with the names of all columns and tables that this version cannot dump whole: nothing is left out without
 * being told. What the account is not shown has to be found out before, as `MysqlSource` does.
 *
 * @since 0.1.0
 * @category constructors
 */
export const read = (
  control: Control.Session,
  dialect: Dialect.Dialect,
  selection: Source.Selection,
  identity: Identity,
  sqlMode: string,
  history = false
): Effect.Effect<Catalog, SourceError> =>
  Effect.gen(function*() {
    const engines = yield* Effect.mapError(
      control.query(EngineRow, "SELECT ENGINE AS engine FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'"),
      (error) => error.toSource(what)
    )
    const transactional = new Set(engines.map((row) => row.engine))
    if (identity.databases.length === 0) {
      return { databases: [], sqlMode, transactional, versioned: [], systemVersioned: [] }
    }
    const within = (column: string) => oneOf(column, identity.databases)
    const tables = yield* readTables(control, selection, identity)
    const columns = yield* Columns.read(control, dialect, within("TABLE_SCHEMA"), tables)
    const keys = yield* Keys.read(control, dialect, within("TABLE_SCHEMA"))
    const triggers = yield* Visibility.triggers(control, selection, within)
    const programs = yield* Visibility.programs(control, dialect, selection, within)
    const versioned = tables.filter((row) => row.type === "SYSTEM VERSIONED").map((row) =>
      fullName(row.database, row.name)
    )
    const periods = yield* History.read(control, within("TABLE_SCHEMA"), history ? versioned : [])
    const databases = identity.databases.map((name): Database => ({
      name,
      tables: tables.filter((row) => row.database === name).map((row): Table => {
        const own = columns.get(fullName(name, row.name)) ?? []
        const period = Option.fromNullable(periods.get(fullName(name, row.name)))
        return {
          info: History.info({
            database: name,
            name: row.name,
            kind: carried.get(row.type) ?? "Table",
            estimatedRows: row.rows ?? 0,
            estimatedBytes: row.bytes ?? 0
          }, period),
          period,
          engine: Option.fromNullable(row.engine),
          collation: Option.fromNullable(row.collation),
          partitioned: /\bpartitioned\b/i.test(row.options ?? ""),
          columns: own,
          key: Keys.choose(keys.get(fullName(name, row.name)) ?? [], own)
        }
      }),
      triggers: triggers.filter((row) => row.database === name).map((row) => row.name),
      programs: programs.filter((row) => row.database === name)
    }))
    return {
      databases,
      sqlMode,
      transactional,
      versioned: versioned.filter((name) => !periods.has(name)),
      systemVersioned: tables.filter((row) => row.type === "SYSTEM VERSIONED").map(({ database, name }) =>
        `${database}.${name}`
      )
    }
  })
