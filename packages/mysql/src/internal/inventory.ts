/**
 * What a snapshot holds, for the head of its backup: each object with what it asks of a server that is to take it.
 *
 * @internal
 */
import type * as Inventory from "@sluice/format/Inventory"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

import type * as Catalog from "../Catalog.js"
import type * as Connection from "../Connection.js"
import * as Control from "./control.js"

/** Types that not every server knows. */
const rare = new Set(["uuid", "inet4", "inet6", "vector", "geomcollection", "json"])

const Text = Schema.NullOr(Schema.String)

const Named = Schema.Struct({
  database: Schema.String,
  name: Schema.String,
  definer: Text,
  collation: Text,
  modes: Text,
  kind: Schema.String,
  deterministic: Schema.String,
  access: Schema.String
})

const Reference = Schema.Struct({ database: Schema.String, name: Schema.String, parent: Schema.String })

const Collated = Schema.Struct({ name: Schema.String, collation: Text })

const collate = (collation: string | null): ReadonlyArray<string> => collation === null ? [] : [`COLLATE ${collation}`]

const unique = (features: ReadonlyArray<string>): ReadonlyArray<string> => Array.from(new Set(features))

const tableItem = (
  { columns, engine, info, collation }: Catalog.Table,
  parents: ReadonlyArray<string>,
  versioned: boolean
): Inventory.Item => ({
  kind: "table",
  name: info.name,
  definer: "",
  features: unique([
    ...Option.toArray(engine).map((engine) => `ENGINE ${engine}`),
    ...collate(Option.getOrNull(collation)),
    ...columns.flatMap((column) => collate(Option.getOrNull(column.collation))),
    ...columns.filter(({ type }) => rare.has(type)).map(({ definition }) => `TYPE ${definition}`),
    ...parents.map((parent) => `REFERENCES ${parent}`),
    ...(versioned ? ["VERSIONING"] : [])
  ])
})

const routineKinds: { readonly [type: string]: Inventory.ItemKind } = { FUNCTION: "function", EVENT: "event" }

/** A function that might do something else on a server that repeats it from a binary log. */
const isUnsafe = ({ access, deterministic, kind }: typeof Named.Type): boolean =>
  kind === "FUNCTION" && deterministic !== "YES" && access !== "NO SQL" && access !== "READS SQL DATA"

const programItem = (row: typeof Named.Type): Inventory.Item => ({
  kind: routineKinds[row.kind] ?? (row.kind === "TRIGGER" ? "trigger" : "procedure"),
  name: row.name,
  definer: row.definer ?? "",
  features: unique([
    ...collate(row.collation),
    ...(row.modes ?? "").split(",").filter((mode) => mode !== "").map((mode) => `MODE ${mode}`),
    ...(isUnsafe(row) ? ["UNSAFE"] : [])
  ])
})

/**
 * Reads what the catalog does not say. It is asked for once, for everything that is selected.
 *
 * @internal
 */
export const read = (
  control: Control.Session,
  selection: Source.Selection,
  catalog: Catalog.Catalog,
  within: (column: string) => string,
  server: Connection.Server
): Effect.Effect<Inventory.Inventory, SourceError> =>
  Effect.gen(function*() {
    const ask = <A, I>(row: Schema.Schema<A, I>, sql: string) =>
      Effect.mapError(control.query(row, sql), (error) => error.toSource("cannot read the source's catalog"))
    const [folds] = yield* ask(Schema.Struct({ folds: Control.Numeric }), "SELECT @@lower_case_table_names AS folds")
    const head = {
      vendor: server.vendor,
      version: server.text,
      lowerCaseTableNames: folds?.folds ?? 0
    }
    if (catalog.databases.length === 0) {
      return { ...head, databases: [] }
    }
    const named = (from: string, schema: string, columns: {
      readonly name: string
      readonly modes?: string
      readonly kind: string
      readonly deterministic?: string
      readonly access?: string
    }) =>
      ask(
        Named,
        `SELECT ${schema} AS \`database\`, ${columns.name} AS \`name\`, DEFINER AS \`definer\`, ` +
          `COLLATION_CONNECTION AS \`collation\`, ${columns.modes ?? "''"} AS \`modes\`, ` +
          `${columns.kind} AS \`kind\`, ${columns.deterministic ?? "''"} AS \`deterministic\`, ` +
          `${columns.access ?? "''"} AS \`access\` ` +
          `FROM information_schema.${from} WHERE ${within(schema)}`
      )
    const collations = new Map(
      (yield* ask(
        Collated,
        "SELECT SCHEMA_NAME AS name, DEFAULT_COLLATION_NAME AS collation FROM information_schema.SCHEMATA " +
          `WHERE ${within("SCHEMA_NAME")}`
      )).map(({ collation, name }) => [name, collation])
    )
    const references = yield* ask(
      Reference,
      "SELECT CONSTRAINT_SCHEMA AS `database`, TABLE_NAME AS name, UNIQUE_CONSTRAINT_SCHEMA AS parent " +
        `FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE ${within("CONSTRAINT_SCHEMA")}`
    )
    const views = selection.views
      ? yield* named("VIEWS", "TABLE_SCHEMA", { name: "TABLE_NAME", kind: "'VIEW'" })
      : []
    const triggers = selection.triggers
      ? yield* named("TRIGGERS", "TRIGGER_SCHEMA", { name: "EVENT_OBJECT_TABLE", modes: "SQL_MODE", kind: "'TRIGGER'" })
      : []
    const routines = selection.routines
      ? yield* named("ROUTINES", "ROUTINE_SCHEMA", {
        name: "ROUTINE_NAME",
        modes: "SQL_MODE",
        kind: "ROUTINE_TYPE",
        deterministic: "IS_DETERMINISTIC",
        access: "SQL_DATA_ACCESS"
      })
      : []
    const events = selection.events
      ? yield* named("EVENTS", "EVENT_SCHEMA", { name: "EVENT_NAME", modes: "SQL_MODE", kind: "'EVENT'" })
      : []
    const versioned = new Set(catalog.systemVersioned)
    return {
      ...head,
      databases: catalog.databases.map(({ name, tables }): Inventory.DatabaseInventory => {
        const own = <A extends { readonly database: string }>(rows: ReadonlyArray<A>) =>
          rows.filter(({ database }) => database === name)
        const parents = new Map<string, Array<string>>()
        for (const reference of own(references)) {
          parents.set(reference.name, [...(parents.get(reference.name) ?? []), reference.parent])
        }
        const viewOf = new Map(own(views).map((row) => [row.name, row]))
        return {
          name,
          features: collate(collations.get(name) ?? null),
          items: [
            ...tables.map((table): Inventory.Item => {
              const view = viewOf.get(table.info.name)
              switch (table.info.kind) {
                case "Table":
                  return tableItem(
                    table,
                    parents.get(table.info.name) ?? [],
                    versioned.has(`${name}.${table.info.name}`)
                  )
                case "Sequence":
                  return { kind: "sequence", name: table.info.name, definer: "", features: ["SEQUENCE"] }
                case "View":
                  return {
                    kind: "view",
                    name: table.info.name,
                    definer: view?.definer ?? "",
                    features: collate(view?.collation ?? null)
                  }
              }
            }),
            ...own(triggers).filter((row) => selection.includes(name, row.name)).map(programItem),
            ...own(routines).map(programItem),
            ...own(events).map(programItem)
          ]
        }
      })
    }
  })
