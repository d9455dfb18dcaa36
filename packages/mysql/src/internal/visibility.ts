/**
 * Stored programs: which there are, and whether the account would be told.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"

import type * as Catalog from "../Catalog.js"
import * as Control from "./control.js"
import type * as Dialect from "./dialect.js"
import * as Grants from "./grants.js"

const what = "cannot read the source's catalog"

const ask = <A, I>(control: Control.Session, row: Schema.Schema<A, I>, sql: string) =>
  Effect.mapError(control.query(row, sql), (error) => error.toSource(what))

/** A server without accounts says so: everybody may do everything. */
const NO_GRANT_TABLES = 1290

const everything: Grants.Grant = {
  revoked: false,
  privileges: new Set(["ALL PRIVILEGES"]),
  database: "*",
  object: "*"
}

/**
 * What the account may do, by itself, by its active roles, and as everybody may.
 *
 * @internal
 */
export const grants = (
  control: Control.Session,
  dialect: Dialect.Dialect
): Effect.Effect<ReadonlyArray<Grants.Grant>, SourceError> =>
  Effect.gen(function*() {
    const Lines = Schema.Record({ key: Schema.String, value: Schema.String })
    const roles = Option.isNone(dialect.currentRoles)
      ? []
      : yield* control.query(Schema.Struct({ roles: Schema.String }), dialect.currentRoles.value)
    const active = roles.map((row) => row.roles).filter((list) => list !== "NONE" && list !== "").join()
    const own = yield* control.query(
      Lines,
      active === "" ? "SHOW GRANTS" : `SHOW GRANTS FOR CURRENT_USER() USING ${active}`
    )
    const everybody = Option.isNone(dialect.publicGrants)
      ? []
      : yield* Effect.catchIf(
        control.query(Lines, dialect.publicGrants.value),
        (error) => error.errno !== undefined,
        () => Effect.succeed([])
      )
    return [...own, ...everybody].flatMap((row) => Object.values(row)).flatMap((line) => Grants.parse(line) ?? [])
  }).pipe(
    Effect.catchIf((error) => error.errno === NO_GRANT_TABLES, () => Effect.succeed([everything])),
    Effect.mapError((error) => error.toSource("cannot find out what the account may do on the source"))
  )

/** Something that the account lacks. @internal */
export interface Need {
  /** What it is needed for. */
  readonly objects: string
  readonly privilege: string
  /** What can be left out instead. */
  readonly option: string
  /** Quoted names of databases, or of tables. */
  readonly of: ReadonlyArray<string>
}

interface Seen {
  readonly database: string
  readonly name: string
  readonly view: boolean
}

/**
 * What the account lacks to be shown all that the selection asks for.
 *
 * @internal
 */
export const lacking = (
  own: ReadonlyArray<Grants.Grant>,
  dialect: Dialect.Dialect,
  selection: Source.Selection,
  tables: ReadonlyArray<Seen>,
  databases: ReadonlyArray<string>
): ReadonlyArray<Need> => {
  const without = (wanted: ReadonlyArray<string>) =>
    databases.filter((database) => !Grants.allows(own, wanted, database)).map(Sql.quoteIdentifier)
  const blind = (privilege: string, view: boolean) =>
    tables.filter((table) => table.view === view && !Grants.allowsTable(own, [privilege], table.database, table.name))
  const names = (some: ReadonlyArray<Seen>) => some.map(Sql.quoteName)
  const homes = (some: ReadonlyArray<Seen>) =>
    Array.from(new Set(some.map((table) => Sql.quoteIdentifier(table.database))))
  return [
    { objects: "rows and definitions", privilege: "SELECT", option: "these tables", of: names(blind("SELECT", false)) },
    {
      objects: "views",
      privilege: "SHOW VIEW",
      option: "views",
      of: selection.views ? names(blind("SHOW VIEW", true)) : []
    },
    {
      objects: "views",
      privilege: "SELECT",
      option: "views",
      of: selection.views ? names(blind("SELECT", true)) : []
    },
    {
      objects: "triggers",
      privilege: "TRIGGER",
      option: "triggers",
      of: selection.triggers ? homes(blind("TRIGGER", false)) : []
    },
    {
      objects: "functions and procedures",
      privilege: dialect.seesRoutines.join(" or "),
      option: "routines",
      of: selection.routines ? without(dialect.seesRoutines) : []
    },
    { objects: "events", privilege: "EVENT", option: "events", of: selection.events ? without(["EVENT"]) : [] }
  ].filter((need) => need.of.length > 0)
}

const TriggerRow = Schema.Struct({
  database: Schema.String,
  name: Schema.String,
  table: Schema.String,
  timing: Schema.String,
  event: Schema.String,
  position: Control.Numeric
})

const byCreation = Order.combineAll<typeof TriggerRow.Type>([
  Order.mapInput(Order.string, (row) => row.table),
  Order.mapInput(Order.string, (row) => row.timing),
  Order.mapInput(Order.string, (row) => row.event),
  Order.mapInput(Order.number, (row) => row.position)
])

/**
 * The triggers of the tables that are selected, in the order in which they fire.
 *
 * @internal
 */
export const triggers = (
  control: Control.Session,
  selection: Source.Selection,
  within: (column: string) => string
): Effect.Effect<ReadonlyArray<{ readonly database: string; readonly name: string }>, SourceError> =>
  selection.triggers
    ? Effect.map(
      ask(
        control,
        TriggerRow,
        "SELECT TRIGGER_SCHEMA AS `database`, TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS `table`, " +
          "ACTION_TIMING AS timing, EVENT_MANIPULATION AS event, ACTION_ORDER AS position " +
          `FROM information_schema.TRIGGERS WHERE ${within("TRIGGER_SCHEMA")}`
      ),
      (rows) => rows.filter((row) => selection.includes(row.database, row.table)).sort(byCreation)
    )
    : Effect.succeed([])

const ProgramRow = Schema.Struct({
  database: Schema.String,
  name: Schema.String,
  kind: Schema.Literal("LIBRARY", "FUNCTION", "PROCEDURE", "PACKAGE", "PACKAGE BODY", "EVENT"),
  comment: Schema.String
})

/** A kind that is not here makes the catalog unreadable, and so is not left out. */
const kinds: ReadonlyArray<Catalog.Program["kind"]> = [
  "LIBRARY",
  "FUNCTION",
  "PROCEDURE",
  "PACKAGE",
  "PACKAGE BODY",
  "EVENT"
]

const byKind = Order.combine(
  Order.mapInput(Order.number, (row: typeof ProgramRow.Type) => kinds.indexOf(row.kind)),
  Order.mapInput(Order.string, (row: typeof ProgramRow.Type) => row.name)
)

/**
 * The routines and events of databases, in the order in which they can be created.
 *
 * @internal
 */
export const programs = (
  control: Control.Session,
  dialect: Dialect.Dialect,
  selection: Source.Selection,
  within: (column: string) => string
): Effect.Effect<ReadonlyArray<Catalog.Program & { readonly database: string }>, SourceError> =>
  Effect.map(
    Effect.all([
      selection.routines
        ? ask(
          control,
          ProgramRow,
          "SELECT ROUTINE_SCHEMA AS `database`, ROUTINE_NAME AS name, ROUTINE_TYPE AS kind, " +
            `ROUTINE_COMMENT AS comment FROM information_schema.ROUTINES WHERE ${within("ROUTINE_SCHEMA")}`
        )
        : Effect.succeed([]),
      selection.routines && dialect.libraries
        ? ask(
          control,
          ProgramRow,
          "SELECT LIBRARY_SCHEMA AS `database`, LIBRARY_NAME AS name, 'LIBRARY' AS kind, " +
            `COALESCE(LIBRARY_COMMENT, '') AS comment FROM information_schema.LIBRARIES WHERE ${
              within("LIBRARY_SCHEMA")
            }`
        )
        : Effect.succeed([]),
      selection.events
        ? ask(
          control,
          ProgramRow,
          "SELECT EVENT_SCHEMA AS `database`, EVENT_NAME AS name, 'EVENT' AS kind, " +
            `EVENT_COMMENT AS comment FROM information_schema.EVENTS WHERE ${within("EVENT_SCHEMA")}`
        )
        : Effect.succeed([])
    ]),
    (lists) => lists.flat().sort(byKind)
  )
