/**
 * Stored programs: which there are, and whether the account would be told.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import { SourceError } from "@sluice/pipeline/SluiceError"
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

const grants = (control: Control.Session, dialect: Dialect.Dialect) =>
  Effect.gen(function*() {
    const roles = Option.isNone(dialect.currentRoles)
      ? []
      : yield* control.query(Schema.Struct({ roles: Schema.String }), dialect.currentRoles.value)
    const active = roles.map((row) => row.roles).filter((list) => list !== "NONE" && list !== "").join()
    const lines = yield* control.query(
      Schema.Record({ key: Schema.String, value: Schema.String }),
      active === "" ? "SHOW GRANTS" : `SHOW GRANTS FOR CURRENT_USER() USING ${active}`
    )
    return lines.flatMap((row) => Object.values(row)).flatMap((line) => Grants.parse(line) ?? [])
  }).pipe(
    Effect.catchIf((error) => error.errno === NO_GRANT_TABLES, () => Effect.succeed([everything])),
    Effect.mapError((error) => error.toSource("cannot find out what the account may do on the source"))
  )

interface Need {
  readonly objects: string
  readonly privilege: string
  readonly option: string
  readonly databases: ReadonlyArray<string>
}

/**
 * Fails when the account would not be shown what the selection asks for.
 *
 * @internal
 */
export const check = (
  control: Control.Session,
  dialect: Dialect.Dialect,
  selection: Source.Selection,
  tables: ReadonlyArray<{ readonly database: string; readonly name: string; readonly type: string }>,
  databases: ReadonlyArray<string>
): Effect.Effect<void, SourceError> =>
  Effect.gen(function*() {
    if (!selection.triggers && !selection.routines && !selection.events) return
    const own = yield* grants(control, dialect)
    const lacking = (wanted: ReadonlyArray<string>) =>
      databases.filter((database) => !Grants.allows(own, wanted, database))
    const blind = tables.filter((table) =>
      table.type !== "VIEW" && !Grants.allowsTable(own, ["TRIGGER"], table.database, table.name)
    )
    const needs: ReadonlyArray<Need> = [
      {
        objects: "triggers",
        privilege: "TRIGGER",
        option: "triggers",
        databases: selection.triggers ? Array.from(new Set(blind.map((table) => table.database))) : []
      },
      {
        objects: "functions and procedures",
        privilege: dialect.seesRoutines.join(" or "),
        option: "routines",
        databases: selection.routines ? lacking(dialect.seesRoutines) : []
      },
      {
        objects: "events",
        privilege: "EVENT",
        option: "events",
        databases: selection.events ? lacking(["EVENT"]) : []
      }
    ].filter((need) => need.databases.length > 0)
    if (needs.length > 0) {
      return yield* new SourceError({
        reason: "Privilege",
        what: "the account would not be shown all that is selected",
        detail: needs.map(({ databases, objects, privilege }) =>
          `${objects} of ${databases.map(Sql.quoteIdentifier).join(", ")} need ${privilege}`
        ).join("; "),
        advice: `Grant what is missing, or leave out ${needs.map((need) => need.option).join(", ")}`
      })
    }
  })

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
