/**
 * Contents as lines of text, one for each object and each row.
 *
 * @internal
 */
import type * as SchemaFile from "@sluice/format/SchemaFile"
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"
import * as Option from "effect/Option"

import type * as Contents from "../Contents.js"
import * as Show from "./memoryServerShow.js"
import * as Types from "./memoryServerTypes.js"

/** @internal */
export const triggerTable = (trigger: Contents.Program): Option.Option<string> => {
  const kind = Statement.classify(trigger.create)
  return kind._tag === "CreateProgram" ? Option.fromNullable(kind.table?.name) : Option.none()
}

const showCreation = ({ characterSetClient, collationConnection, sqlMode, timeZone }: SchemaFile.Creation): string =>
  `[${characterSetClient} ${collationConnection}${
    Option.match(sqlMode, { onNone: () => "", onSome: (mode) => ` sql_mode='${mode}'` })
  }${Option.match(timeZone, { onNone: () => "", onSome: (zone) => ` time_zone='${zone}'` })}]`

/** Numbers the triggers of each table, whose order counts. */
const numbered = (
  triggers: ReadonlyArray<Contents.Program>
): ReadonlyArray<readonly [place: string, trigger: Contents.Program]> => {
  const seen = new Map<string, number>()
  return triggers.map((trigger) => {
    const table = Option.getOrElse(triggerTable(trigger), () => "")
    const number = (seen.get(table) ?? 0) + 1
    seen.set(table, number)
    return [`${number} of ${Sql.quoteIdentifier(table)}`, trigger]
  })
}

const showColumn = (column: Contents.Column): string =>
  `${Sql.quoteIdentifier(column.name)} ${column.type}${column.nullable ? "" : " NOT NULL"}${
    column.autoIncrement ? " AUTO_INCREMENT" : ""
  }${column.invisible ? " INVISIBLE" : ""} ${Show.text(column.extra)}`

const tableLines = (database: string, table: Contents.Table): ReadonlyArray<string> => {
  const name = Sql.quoteName({ database, name: table.name })
  const kinds = table.columns.map((column) =>
    Option.match(Types.parse(column.type), { onNone: () => "Text" as const, onSome: ({ kind }) => kind })
  )
  return [
    `table ${name} key ${
      Option.match(table.primaryKey, { onNone: () => "none", onSome: Sql.quoteIdentifier })
    } options ${Show.text(table.options)}`,
    ...table.columns.map((column, i) => `column ${i + 1} of ${name}: ${showColumn(column)}`),
    ...table.rows.map((row) =>
      `row of ${name}: (${row.map((cell, i) => Show.cell(kinds[i] ?? "Text", cell)).join(", ")})`
    )
  ]
}

/** All that a database holds. @internal */
export const ofDatabase = (database: Contents.Database): ReadonlyArray<string> => {
  const named = (name: string) => Sql.quoteName({ database: database.name, name })
  const program = ({ create, creation, kind, name }: Contents.Program) =>
    `${kind.toLowerCase()} ${named(name)} ${showCreation(creation)}: ${Show.bytes(create)}`
  return [
    `database ${Sql.quoteIdentifier(database.name)} options ${Show.text(database.options)}`,
    ...database.sequences.map(({ create, name, state }) =>
      `sequence ${named(name)} at ${state.next}, round ${state.round}: ${Show.bytes(create)}`
    ),
    ...database.tables.flatMap((table) => tableLines(database.name, table)),
    ...database.views.map((view) =>
      `view ${named(view.name)} (${view.columns.map(Sql.quoteIdentifier).join(", ")}) ${showCreation(view.creation)}: ${
        Show.bytes(view.create)
      }`
    ),
    ...numbered(database.triggers).map(([place, trigger]) => `trigger ${place}: ${program(trigger)}`),
    ...database.routines.map(program),
    ...database.events.map(program)
  ]
}

/**
 * What has to be taken away from some lines and added to them to get others. A line may be there more than once.
 *
 * @internal
 */
export const difference = (expected: ReadonlyArray<string>, actual: ReadonlyArray<string>): ReadonlyArray<string> => {
  const surplus = new Map<string, number>()
  const add = (line: string, by: number) => surplus.set(line, (surplus.get(line) ?? 0) + by)
  actual.forEach((line) => add(line, 1))
  expected.forEach((line) => add(line, -1))
  return Array.from(surplus)
    .flatMap(([line, by]) => Array.from({ length: Math.abs(by) }, () => `${by < 0 ? "-" : "+"} ${line}`))
    .sort((a, b) => a.slice(2) < b.slice(2) ? -1 : a.slice(2) > b.slice(2) ? 1 : 0)
}
