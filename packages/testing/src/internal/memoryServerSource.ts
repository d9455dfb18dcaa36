/**
 * A memory server as a source.
 *
 * @internal
 */
import type * as Inventory from "@sluice/format/Inventory"
import * as Lines from "@sluice/format/Lines"
import type * as LoadData from "@sluice/format/LoadData"
import * as Row from "@sluice/format/Row"
import * as SchemaFile from "@sluice/format/SchemaFile"
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import * as Contents from "../Contents.js"
import * as Definitions from "./memoryServerDefinitions.js"
import * as Plan from "./memoryServerPlan.js"
import { type Refusal, refusal, refuse, sourceError } from "./memoryServerRefusal.js"
import type { State } from "./memoryServerState.js"

/** @internal */
export interface Options {
  readonly readers: number
  readonly sqlMode: string
}

/** Estimates are rough on purpose, as those of servers are. */
const roughly = (count: number): number => count === 0 ? 0 : 2 ** Math.ceil(Math.log2(count))

const infoOf = (database: Contents.Database): Source.DatabaseInfo => ({
  name: database.name,
  tables: [
    ...database.tables.map((table): Source.TableInfo => ({
      database: database.name,
      name: table.name,
      kind: "Table",
      estimatedRows: roughly(table.rows.length),
      estimatedBytes: roughly(table.rows.reduce((sum, row) => sum + Plan.sizeOf(row), 0))
    })),
    ...database.sequences.map((sequence): Source.TableInfo => ({
      database: database.name,
      name: sequence.name,
      kind: "Sequence",
      estimatedRows: 1,
      estimatedBytes: 0
    })),
    ...database.views.map((view): Source.TableInfo => ({
      database: database.name,
      name: view.name,
      kind: "View",
      estimatedRows: 0,
      estimatedBytes: 0
    }))
  ].sort((a, b) => a.name < b.name ? -1 : 1)
})

/** Nothing in memory has a definer, or needs what another server may lack. */
const inventoryOf = (contents: Contents.Contents): Inventory.Inventory => ({
  vendor: "memory",
  version: "1",
  lowerCaseTableNames: 0,
  databases: contents.databases.map((database) => {
    const item = (kind: Inventory.ItemKind, name: string): Inventory.Item => ({ kind, name, definer: "", features: [] })
    return {
      name: database.name,
      features: [],
      items: [
        ...database.tables.map(({ name }) => item("table", name)),
        ...database.sequences.map(({ name }) => item("sequence", name)),
        ...database.views.map(({ name }) => item("view", name)),
        ...database.triggers.flatMap(({ create }) => {
          const kind = Statement.classify(create)
          return kind._tag === "CreateProgram" && kind.table !== undefined ? [item("trigger", kind.table.name)] : []
        }),
        ...database.routines.map(({ kind, name }) => item(kind === "FUNCTION" ? "function" : "procedure", name)),
        ...database.events.map(({ name }) => item("event", name))
      ]
    }
  })
})

const poison = 0xa5

/** Lends the same memory again and again, and spoils what was lent before. */
class Lender {
  private buffer = new Uint8Array(1024)

  lend(bytes: Uint8Array): Uint8Array {
    this.spoil()
    if (this.buffer.length < bytes.length) {
      this.buffer = new Uint8Array(2 * bytes.length)
    }
    this.buffer.set(bytes)
    return this.buffer.subarray(0, bytes.length)
  }

  spoil(): void {
    this.buffer.fill(poison)
  }
}

const kindOf = (options: Source.ReadOptions) => (column: Contents.Column): Row.Encoding => {
  const kind = Option.getOrElse(Contents.kind(column), () => "Text" as const)
  return options.hexBlob === true && kind === "Binary" ? "Hex" : kind
}

const isBare = ({ type }: Contents.Column): boolean => /^(small|medium|big)?int\b/i.test(type)

const encodings: { readonly [K in Row.Encoding]?: Lines.Encoding } = { Hex: "Hex" }
const forms: { readonly [K in Row.Encoding]?: LoadData.Column["form"] } = { Hex: "Hex", Json: "Utf8mb4" }

const fieldsOf = (table: Contents.Table, options: Source.ReadOptions): ReadonlyArray<LoadData.Column> =>
  table.columns.map((column) => ({ name: column.name, form: forms[kindOf(options)(column)] ?? "Bytes" }))

const encodeLines = (
  table: Contents.Table,
  rows: ReadonlyArray<Contents.Cells>,
  options: Source.ReadOptions,
  layout: Lines.Layout
): ReadonlyArray<Row.Piece> => {
  const ways = table.columns.map((column) => isBare(column) ? "Bare" : encodings[kindOf(options)(column)] ?? "Enclosed")
  return rows.map((row) => ({ bytes: Lines.encode(layout, ways, row), rows: 1 }))
}

const encodeStatements = (
  table: Contents.Table,
  rows: ReadonlyArray<Contents.Cells>,
  options: Source.ReadOptions
): ReadonlyArray<Row.Piece> => {
  const kinds = table.columns.map(kindOf(options))
  const named = options.completeInsert || table.columns.some(({ invisible }) => invisible)
  const columns = named ? table.columns.map(({ name }) => name) : undefined
  return Row.statements({
    head: Row.insertHead({ table: table.name, columns }),
    rows: rows.map((row) => Row.encode(kinds, row)),
    statementSize: options.statementSize
  })
}

const encode = (
  table: Contents.Table,
  rows: ReadonlyArray<Contents.Cells>,
  options: Source.ReadOptions
): ReadonlyArray<Row.Piece> =>
  options.lines === undefined
    ? encodeStatements(table, rows, options)
    : encodeLines(table, rows, options, options.lines)

/** One, two or three statements at a time, as a real reader's pieces hold whatever came over the wire. */
const grouped = (statements: ReadonlyArray<Row.Piece>): ReadonlyArray<Source.Piece> => {
  const pieces: Array<Source.Piece> = []
  for (let at = 0; at < statements.length;) {
    const group = statements.slice(at, at + 1 + pieces.length % 3)
    pieces.push({
      bytes: Sql.concat(group.map(({ bytes }) => bytes)),
      rows: group.reduce((sum, { rows }) => sum + rows, 0),
      longest: group.reduce((most, { bytes }) => Math.max(most, bytes.length), 0)
    })
    at += group.length
  }
  return pieces
}

const lent = (pieces: ReadonlyArray<Source.Piece>): Stream.Stream<Source.Piece> =>
  Stream.suspend(() => {
    const lender = new Lender()
    const left = pieces[Symbol.iterator]()
    return Stream.repeatEffectChunkOption(
      Effect.zipRight(
        Effect.yieldNow(),
        Effect.suspend(() => {
          const next = left.next()
          if (next.done === true) {
            lender.spoil()
            return Effect.fail(Option.none())
          }
          return Effect.succeed(Chunk.of({ ...next.value, bytes: lender.lend(next.value.bytes) }))
        })
      )
    )
  })

/** Waits for its turn, which ends with the scope. */
const turn = (state: State, readers: Effect.Semaphore): Effect.Effect<void, never, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      yield* restore(readers.take(1))
      state.readersOpen += 1
      state.readersPeak = Math.max(state.readersPeak, state.readersOpen)
      yield* Effect.addFinalizer(() =>
        Effect.suspend(() => {
          state.readersOpen -= 1
          return readers.release(1)
        })
      )
    })
  )

const find = <A extends { readonly name: string }>(
  all: ReadonlyArray<A>,
  name: string,
  missing: Refusal
): Either.Either<A, Refusal> => Either.fromNullable(all.find((one) => one.name === name), () => missing)

const snapshot = (
  state: State,
  options: Options,
  selection: Source.Selection
): Effect.Effect<Source.Snapshot, SourceError, Scope.Scope> =>
  Effect.gen(function*() {
    let open = true
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        state.snapshotsOpen += 1
        state.snapshotsOpened += 1
      }),
      () =>
        Effect.sync(() => {
          open = false
          state.snapshotsOpen -= 1
        })
    )
    yield* Effect.yieldNow()
    const all = state.contents
    const missing = Option.getOrElse(selection.databases, (): ReadonlyArray<string> => []).filter((name) =>
      !all.databases.some((database) => database.name === name)
    )
    if (missing.length > 0) {
      return yield* sourceError(
        "cannot take a snapshot",
        refusal(1049, `Unknown database ${missing.map((name) => `'${name}'`).join(", ")}`),
        missing.join(", ")
      )
    }
    const contents = Contents.select(all, selection)
    const alterations = new Map(state.alterations)
    const readers = yield* Effect.makeSemaphore(options.readers)

    const ask = <A>(what: string, where: string, answer: () => Either.Either<A, Refusal>) =>
      Effect.zipRight(
        Effect.yieldNow(),
        Effect.suspend(() =>
          Either.mapLeft(
            open ? answer() : refuse(2013, "Lost connection: the snapshot is closed"),
            (reason) => sourceError(what, reason, where)
          )
        )
      )
    const databaseOf = (name: string) =>
      find(contents.databases, name, refusal(1049, `Unknown database '${name}' in this snapshot`))
    const absent = ({ database, name }: Source.TableInfo) =>
      refusal(1146, `Table '${database}.${name}' doesn't exist in this snapshot`)
    const tableOf = (info: Source.TableInfo) =>
      Either.flatMap(databaseOf(info.database), ({ tables }) => find(tables, info.name, absent(info)))
    const nameOf = ({ database, name }: Source.TableInfo) => `${database}.${name}`

    const definition: Source.Snapshot["definition"] = (info) =>
      ask("cannot read a definition", nameOf(info), () =>
        info.kind === "Table"
          ? Either.map(
            tableOf(info),
            (table) => SchemaFile.Definition.Table({ name: table.name, create: Definitions.renderTable(table) })
          )
          : Either.flatMap(
            databaseOf(info.database),
            ({ sequences, views }): Either.Either<SchemaFile.Definition, Refusal> =>
              find<SchemaFile.Definition & { readonly name: string }>(
                info.kind === "Sequence" ? sequences : views,
                info.name,
                absent(info)
              )
          ))
    const rowsOf = (chunk: Source.Chunk, how: Source.ReadOptions) =>
      Stream.unwrap(Effect.map(
        ask(
          "cannot read rows",
          `${nameOf(chunk.table)}, part ${chunk.part}`,
          () =>
            Either.flatMap(
              tableOf(chunk.table),
              (table) => Either.map(Plan.rowsOf(table, chunk), (rows) => grouped(encode(table, rows, how)))
            )
        ),
        (pieces) => Stream.map(lent(pieces), (piece): Source.PieceOf => ({ chunk, piece, whole: pieces.length === 1 }))
      ))

    return {
      catalog: {
        databases: contents.databases.map(infoOf),
        sqlMode: options.sqlMode,
        consistency: "one moment of a server in memory",
        leftOut: [],
        position: new Map([["SOURCE_LOG_FILE", "\"memory.000001\""], ["SOURCE_LOG_POS", "4"]]),
        inventory: inventoryOf(contents)
      },
      serverWide: () => Effect.succeed([]),
      database: ({ name }) =>
        ask(
          "cannot read the definition of a database",
          name,
          () =>
            Either.map(
              databaseOf(name),
              (database) => SchemaFile.Definition.Database({ name, create: Definitions.renderDatabase(database) })
            )
        ),
      definition,
      definitions: (tables) => Effect.forEach(tables, (table) => definition(table)),
      triggers: ({ name }) =>
        ask(
          "cannot read the triggers of a database",
          name,
          () => Either.map(databaseOf(name), ({ triggers }) => triggers)
        ),
      programs: ({ name }) =>
        ask(
          "cannot read the routines and events of a database",
          name,
          () => Either.map(databaseOf(name), ({ events, routines }) => [...routines, ...events])
        ),
      plan: (info, how) =>
        Stream.unwrap(Effect.map(
          ask("cannot plan a table", nameOf(info), () => tableOf(info)),
          (table) => Stream.fromIterable(Plan.cut(table, info, how))
        )),
      small: (info, how) =>
        Option.filter(Option.flatMap(Either.getRight(tableOf(info)), (table) => Plan.small(table, info, how)), () =>
          open),
      fields: (info, how) =>
        ask("cannot plan a table", nameOf(info), () =>
          Either.map(tableOf(info), (table): Either.Either<ReadonlyArray<LoadData.Column>, string> =>
            Either.right(fieldsOf(table, how)))),
      read: (portion, how) =>
        Stream.unwrapScoped(Effect.as(
          turn(state, readers),
          Stream.flatMap(Stream.fromIterable(portion), (chunk) =>
            rowsOf(chunk, how))
        )),
      finish: (tables) =>
        Effect.forEach(tables, (info) =>
          ask("the table cannot be dumped", nameOf(info), () =>
            Either.flatMap(tableOf(info), () =>
              state.alterations.get(nameOf(info)) === alterations.get(nameOf(info))
                ? Either.void
                : refuse(1412, "Table definition has changed, please retry transaction"))), { discard: true })
    }
  })

/** @internal */
export const make = (state: State, options: Options): Source.Source["Type"] => ({
  snapshot: (selection) => snapshot(state, options, selection)
})
