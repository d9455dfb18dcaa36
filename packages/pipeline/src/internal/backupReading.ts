/**
 * What a backup holds, found out while it is proven: texts of its definitions, and sums over its rows.
 *
 * It is read once, as `Verify` reads it. A folder can be asked again for the rows of a table.
 *
 * @internal
 */
import * as CreateTable from "@sluice/format/CreateTable"
import * as FileName from "@sluice/format/FileName"
import type * as Metadata from "@sluice/format/Metadata"
import * as Statement from "@sluice/format/Statement"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import { type Arrival, Incoming } from "../Incoming.js"
import type * as Inspection from "../Inspection.js"
import { Progress } from "../Progress.js"
import * as Shutdown from "../Shutdown.js"
import type { BackupError } from "../SluiceError.js"
import * as Texts from "./definitionTexts.js"
import * as examining from "./examining.js"
import * as expectations from "./expectations.js"
import * as reading from "./reading.js"
import * as RowSums from "./rowSums.js"
import * as unproven from "./unproven.js"

/** The rows of a table, as all its files have them. @internal */
export interface Rows {
  /** What they were summed up by: from what the backup alone says of its columns. */
  question: RowSums.Question | undefined
  /** The columns of statements that list none, as far as the backup tells. */
  shape: ReadonlyArray<string> | undefined
  sum: Inspection.Sum
  /** How many values the first row has; none before there is one. */
  width: number | undefined
  /** A file has times in a zone that it does not name. */
  isLocal: boolean
  /** A file has rows that the table did not hold any more. */
  isHistory: boolean
  /** Why they cannot be read as what the table holds, if so. */
  unclear: string | undefined
  /** Each with the file beside it that has its rows, if there is one. */
  readonly files: Array<ReadonlyArray<Arrival>>
}

/** @internal */
export interface Table {
  /** The parts that stand for it in file names. */
  readonly key: string
  readonly name: string
  readonly definition: Option.Option<CreateTable.CreateTable>
  readonly rows: Option.Option<Rows>
}

/** @internal */
export interface Database {
  readonly name: string
  /** By their kinds and names. Empty when the backup has no definitions. */
  readonly objects: ReadonlyMap<string, Texts.Object>
  readonly tables: ReadonlyArray<Table>
}

/** @internal */
export interface Contents {
  readonly announcement: Option.Option<Metadata.Announcement>
  readonly databases: ReadonlyArray<Database>
  readonly hasDefinitions: boolean
  /** Whether any file has rows, or the metadata counts some. */
  readonly hasRows: boolean
  /** What could not be proven of a backup that another tool made. */
  readonly remarks: ReadonlyArray<string>
  /** Shows the rows of a table to `taker` once more. Only where the files are still there. */
  readonly again: (rows: Rows, taker: RowSums.Taker) => Effect.Effect<void, BackupError>
}

const keyOf = (of: { readonly database: string; readonly table: string }): string => `${of.database}.${of.table}`

const zeros = /'0{1,5}'/

/** How cells of a column are taken, by what the table says of it. @internal */
export const takenOf = (column: CreateTable.Column | undefined, isOurs: boolean): RowSums.Taken => {
  switch (column?.type) {
    case "float":
      return "Float"
    case "double":
    case "real":
      return "Double"
    case "enum":
      return isOurs || zeros.test(column.definition) ? "Plain" : "Member"
    default:
      return "Plain"
  }
}

/** What an object's statement says of a table, if it makes one. @internal */
export const definitionOf = ({ create }: Texts.Object): Option.Option<CreateTable.CreateTable> =>
  CreateTable.parse(create)

/** @internal */
export const columnOf = (table: Option.Option<CreateTable.CreateTable>, name: string): CreateTable.Column | undefined =>
  Option.getOrUndefined(table)?.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())

/** @internal */
export const read = (renamed: (database: string) => string | undefined) =>
  Effect.gen(function*() {
    const incoming = yield* Incoming
    const progress = yield* Progress
    const backup = yield* expectations.make
    const files = new Map<
      string,
      { readonly file: FileName.FileName; readonly texts: ReturnType<typeof Texts.reader> }
    >()
    const shapes = new Map<string, CreateTable.CreateTable>()
    const rows = new Map<string, Rows>()
    let isOurs = false

    const rowsOf = (key: string): Rows => {
      const known = rows.get(key)
      if (known !== undefined) return known
      const made: Rows = {
        question: undefined,
        shape: undefined,
        sum: RowSums.none,
        width: undefined,
        isLocal: false,
        isHistory: false,
        unclear: undefined,
        files: []
      }
      rows.set(key, made)
      return made
    }

    /** Finds out at the first statement what to sum up. */
    const begin = (key: string, table: Rows, statement: Uint8Array): RowSums.Question => {
      if (table.question !== undefined) return table.question
      const shape = Option.fromNullable(shapes.get(key))
      const kind = Statement.classify(statement)
      table.shape = Option.getOrUndefined(Option.map(shape, CreateTable.inserted))
      const names = kind._tag === "Insert" ? kind.columns ?? table.shape : table.shape
      table.question = {
        columns: names?.map((name) => ({ name, taken: takenOf(columnOf(shape, name), isOurs) })),
        key: [],
        buckets: 1
      }
      return table.question
    }

    const onlooker: examining.Onlooker = {
      definition: (file, statement) => {
        const name = FileName.render(file)
        const known = files.get(name) ?? { file, texts: Texts.reader(file, renamed) }
        files.set(name, known)
        known.texts.take(statement)
        if (file._tag === "Table") {
          Option.map(CreateTable.parse(statement), (shape) => shapes.set(keyOf(file), shape))
        }
      },
      rows: (of) => {
        const table = rowsOf(keyOf(of))
        let isUtc = false
        let summing: ReturnType<typeof RowSums.summing> | undefined
        return {
          step: (_, bytes, isOfRows) =>
            Effect.sync(() => {
              if (isOfRows) {
                table.isLocal = table.isLocal || !isUtc
                if (table.unclear !== undefined) return
                const question = begin(keyOf(of), table, bytes)
                summing = summing ?? RowSums.summing(question, table.shape, ({ count }) => {
                  table.width = table.width ?? count
                })
                const taken = summing.push(bytes)
                if (Either.isLeft(taken)) {
                  table.unclear = taken.left._tag === "Unclear" ? taken.left.detail : taken.left.message
                }
                return
              }
              const kind = Statement.classify(bytes)
              for (const { value, variable } of kind._tag === "Set" ? kind.assignments : []) {
                if (variable === "time_zone") isUtc = /^'\+00:00'$/.test(value.trim())
                if (variable === "system_versioning_insert_history") table.isHistory = true
              }
            }),
          end: (used) => {
            table.files.push(used)
            table.sum = RowSums.add(table.sum, summing?.sums().get(0) ?? RowSums.none)
          }
        }
      }
    }
    const examined = yield* examining.make(backup, () => Effect.void, onlooker)

    yield* progress.enter("backup")
    yield* incoming.files.pipe(
      Shutdown.stoppable,
      Stream.mapEffect(examined.proven),
      Stream.filterMap((arrival) => arrival),
      Stream.tap(() => Effect.map(backup.known, ({ announcement }) => void (isOurs = Option.isSome(announcement)))),
      Stream.runForEach(examined.content)
    )
    yield* Shutdown.failIfAsked("the backup was not read to its end")
    for (const { error } of examined.unpaired()) {
      return yield* error
    }
    const metadata = yield* backup.complete
    const known = yield* backup.known
    if (Option.isNone(known.announcement)) {
      for (const error of unproven.undefinedObjects(known.come)) {
        return yield* error
      }
    }
    yield* backup.compareRows(() => true)
    yield* examined.finish

    const byDatabase = new Map<string, Map<string, Texts.Object>>()
    const own = new Map<string, Map<string, string>>()
    const nameOf = (database: string, table: string, name: string) => {
      const names = own.get(database) ?? new Map<string, string>()
      own.set(database, names)
      names.set(table, name)
    }
    /** What stands among tables and is none. */
    const views = new Set(
      Array.from(files.values()).flatMap(({ file }) => file._tag === "View" ? [keyOf(file)] : [])
    )
    for (const { file, texts } of files.values()) {
      if (!("database" in file)) continue
      const objects = byDatabase.get(file.database) ?? new Map<string, Texts.Object>()
      byDatabase.set(file.database, objects)
      // a view begins as a table that holds its place
      if (file._tag === "Table" && views.has(keyOf(file))) continue
      for (const object of texts.objects()) {
        objects.set(object.what, object)
        if (file._tag !== "Table") continue
        if (object.what.startsWith("table ")) nameOf(file.database, file.table, object.name)
        else if (object.what.startsWith("sequence ")) views.add(keyOf(file))
      }
    }
    for (const section of [...metadata.tables, ...known.ofTables]) {
      if (section.isView || section.isSequence) views.add(keyOf(section))
      else if (!own.get(section.database)?.has(section.table)) {
        nameOf(section.database, section.table, section.realName)
      }
    }
    for (const key of rows.keys()) {
      const [database = "", table = ""] = key.split(".")
      if (!own.get(database)?.has(table)) nameOf(database, table, table)
    }
    const aliases = new Set([...byDatabase.keys(), ...own.keys()])
    const databases = Array.from(aliases, (alias): Database => {
      const objects = byDatabase.get(alias) ?? new Map<string, Texts.Object>()
      const tables = Array.from(own.get(alias) ?? [], ([table, name]): Table => {
        const key = keyOf({ database: alias, table })
        return { key, name, definition: Option.fromNullable(shapes.get(key)), rows: Option.fromNullable(rows.get(key)) }
      }).filter(({ key }) => !views.has(key))
      return {
        name: objects.get("database")?.name ?? alias,
        objects,
        tables
      }
    })

    const contents: Contents = {
      announcement: known.announcement,
      databases: databases.sort((a, b) => a.name < b.name ? -1 : 1),
      hasDefinitions: Array.from(files.values()).some(({ file }) =>
        file._tag === "Table" || file._tag === "Sequence"
      ) ||
        Option.exists(known.announcement, ({ definitions }) => definitions),
      hasRows: rows.size > 0 || (yield* backup.countsRows),
      remarks: [
        ...examined.taken.remarks(),
        ...(Option.isNone(known.announcement) ? unproven.ofForeign(known) : [])
      ],
      again: (table, taker) => {
        const push = (bytes: Uint8Array) =>
          Effect.sync(() => {
            const taken = taker.push(bytes)
            if (Either.isLeft(taken)) {
              table.unclear = taken.left._tag === "Unclear" ? taken.left.detail : taken.left.message
            }
          })
        return Effect.forEach(table.files, ([file, beside]) =>
          file === undefined ?
            Effect.void :
            Stream.runForEach(reading.steps(examined.readable(file)), (step) =>
              step._tag === "Insert"
                ? push(step.bytes)
                : step._tag === "Load" && beside !== undefined
                ? Stream.runForEach(reading.loadedRows(step.load, examined.readable(beside)), ({ bytes }) =>
                  push(bytes))
                : Effect.void), { discard: true })
      }
    }
    return contents
  })
