/**
 * The dump: a source's snapshot becomes files, and files leave.
 *
 * ```text
 * definitions ┐
 * rows        ├─▶ closed files ─▶ announced ─▶ sent ─▶ disposed of ─▶ metadata
 * programs    ┘
 * ```
 *
 * Which mode it is, where files wait and what the server is are the business of the layers.
 *
 * @since 0.1.0
 */
import * as FileName from "@sluice/format/FileName"
import type * as Inventory from "@sluice/format/Inventory"
import * as Metadata from "@sluice/format/Metadata"
import * as Naming from "@sluice/format/Naming"
import * as SchemaFile from "@sluice/format/SchemaFile"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import { Disposal } from "./Disposal.js"
import * as identity from "./internal/identity.js"
import * as manifest from "./internal/manifest.js"
import { missing, type Named } from "./internal/named.js"
import * as portions from "./internal/portions.js"
import * as retaking from "./internal/retaking.js"
import * as rowFiles from "./internal/rowFiles.js"
import type { Made } from "./internal/shipping.js"
import * as Shipping from "./internal/shipping.js"
import * as tableEnds from "./internal/tableEnds.js"
import { Outgoing } from "./Outgoing.js"
import * as Pace from "./Pace.js"
import { Progress } from "./Progress.js"
import * as Shutdown from "./Shutdown.js"
import { type DumpError, type OutputError, SourceError } from "./SluiceError.js"
import * as Source from "./Source.js"
import { type StagedFile, Staging } from "./Staging.js"
import type { Verdict } from "./Verdict.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly selection: Source.Selection
  /** Tables, or patterns of them, that somebody named: the dump fails when one of them matches nothing. */
  readonly named: ReadonlyArray<Named>
  /** Whether a database is dumped of which no table is. */
  readonly emptyDatabases: (database: string) => boolean
  /** Whether definitions are dumped. */
  readonly schemas: boolean
  /** Whether the accounts of the server are dumped, with their secrets and what they may do. */
  readonly users: boolean
  /** Whether the general tablespaces of the server are dumped. */
  readonly tablespaces: boolean
  /** Whether rows are dumped. */
  readonly rows: boolean
  /** How many chunks are read at once. */
  readonly threads: number
  /** Rows per chunk; by default chunks are cut by bytes. */
  readonly chunkRows: Option.Option<number>
  /** Whether tables are cut into chunks at all. */
  readonly split: boolean
  /** Whether tables with partitions are cut by them first. */
  readonly byPartition: boolean
  /** Whether tables are cut by the first column of their key only. */
  readonly byFirstColumn: boolean
  /** The most bytes of a data file; by default what the staging has room for. */
  readonly fileBytes: Option.Option<number>
  /** The most bytes of rows in a second, before they are compressed; by default as many as there are. */
  readonly maxRate?: Option.Option<number>
  readonly read: Source.ReadOptions
}

/**
 * All objects of all databases, four at a time, as mydumper's defaults have it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const defaults: Options = {
  selection: {
    databases: Option.none(),
    includes: () => true,
    views: true,
    triggers: true,
    routines: true,
    events: true
  },
  named: [],
  emptyDatabases: () => true,
  schemas: true,
  users: false,
  tablespaces: false,
  rows: true,
  threads: 4,
  chunkRows: Option.none(),
  split: true,
  byPartition: false,
  byFirstColumn: false,
  fileBytes: Option.none(),
  read: { statementSize: 1_000_000, completeInsert: false, utc: true }
}

/** Larger chunks would keep other readers waiting at the end of a dump. */
const largestChunk = 64 * 1024 * 1024

/** How many tables are asked about in one go. */
const tablesAtOnce = 100

/**
 * Those that others wait for come first, and of the rest the largest, in chunks: at the end, when there is less left than
 * there are readers, there are only small ones. Tables of one size stay as they were.
 */
const inOrder = (tables: ReadonlyArray<Source.TableInfo>, chunkBytes: number): ReadonlyArray<Source.TableInfo> => {
  const chunks = ({ estimatedBytes }: Source.TableInfo) => Math.floor(estimatedBytes / chunkBytes)
  const bySize = [...tables].sort((a, b) => chunks(b) - chunks(a))
  return [...bySize.filter(({ urgent }) => urgent === true), ...bySize.filter(({ urgent }) => urgent !== true)]
}

const made = (file: StagedFile, objects = 0): Made => ({ file, table: Option.none(), objects })

const leftOut = (options: Options): ReadonlyArray<string> => [
  ...(options.schemas ? [] : ["definitions"]),
  ...(options.rows ? [] : ["rows"]),
  ...(["views", "triggers", "routines", "events"] as const).filter((kind) => !options.selection[kind])
]

/**
 * Dumps. Succeeds only when every file of the backup has left, the last of them its metadata.
 *
 * Interrupting it closes every connection, unlocks the server and leaves no file under way.
 *
 * @since 0.1.0
 * @category flows
 */
export const run = (
  options: Options
): Effect.Effect<Verdict, DumpError, Source.Source | Staging | Outgoing | Disposal | Progress> =>
  Effect.scoped(Effect.gen(function*() {
    const progress = yield* Progress
    const staging = yield* Staging
    const outgoing = yield* Outgoing
    const disposal = yield* Disposal
    const source = yield* Source.Source

    const startedAt = yield* identity.localTime
    const snapshot = yield* Shutdown.orStopped("nothing was dumped")(source.snapshot(options.selection))
    const { catalog } = snapshot
    const chosen = catalog.databases.filter((database) =>
      database.tables.length > 0 || options.emptyDatabases(database.name)
    )
    const tables = chosen.flatMap((database) => database.tables)
    const unknown = missing(options.named, tables)
    if (unknown.length > 0) {
      return yield* new SourceError({
        reason: "UnknownTable",
        what: "cannot dump what was asked for",
        detail: `the source has no ${unknown.join(", no ")}`,
        advice: "Check the names, and the databases they are in"
      })
    }
    const baseTables = tables.filter((table) => table.kind === "Table")
    const sequences = options.schemas ? tables.filter((table) => table.kind === "Sequence") : []
    const views = tables.filter((table) => table.kind === "View")
    const naming = Naming.make(
      chosen.flatMap((database) => [database.name, ...database.tables.map((table) => table.name)])
    )
    const sqlMode = SchemaFile.portableSqlMode(catalog.sqlMode)
    const { utc } = options.read
    // Definitions mean the same under `binary`, but for letters beyond the first 65536 in an expression of MariaDB, where
    // there is no other way to write them.
    const head: SchemaFile.Header = { names: "utf8mb4", sqlMode, utc }
    const rowsHead = SchemaFile.header({ names: "binary", sqlMode, utc })
    const nameOf = (table: Source.TableInfo) => ({
      database: naming.encode(table.database),
      table: naming.encode(table.name)
    })

    const ledger = manifest.make()
    const announcement: Metadata.Announcement = {
      backupId: yield* identity.random,
      definitions: options.schemas,
      consistency: Option.none(),
      inventory: Option.none(),
      longestStatement: Option.none()
    }
    const config = new Map([
      ["quote-character", "BACKTICK"],
      // what lets mydumper's loader answer a server that asks for the file of a LOAD DATA statement
      ...(options.read.lines === undefined ? [] : [["local-infile", "1"] as const])
    ])
    const header: Partial<Metadata.Metadata> = {
      startedAt: Option.some(startedAt),
      config,
      sessionVariables: new Map([["SQL_MODE", `'${sqlMode}' /*!40101`]])
    }
    const section = (table: Source.TableInfo, rows: Option.Option<number>): Metadata.TableSection => ({
      ...nameOf(table),
      realName: table.name,
      rows,
      isView: table.kind === "View",
      isSequence: table.kind === "Sequence"
    })

    const put = (file: FileName.FileName, content: Uint8Array, objects = 0): Effect.Effect<Made, OutputError> =>
      Effect.map(staging.put(FileName.render(file), content), (file) => made(file, objects))

    const serverWide = Stream.fromIterable([
      ...(options.tablespaces ? [["Tablespaces", FileName.FileName.Tablespaces()] as const] : []),
      ...(options.users ? [["Accounts", FileName.FileName.Users()] as const] : [])
    ]).pipe(
      Stream.mapEffect(([kind, file]) =>
        Effect.flatMap(snapshot.serverWide(kind), (definitions) =>
          definitions.length === 0
            ? Effect.succeedNone
            : Effect.asSome(put(file, SchemaFile.renderServerWide(head, definitions), definitions.length)))
      ),
      Stream.filterMap((file) => file)
    )
    // always there: an alias in a file's name means nothing without the name of the database
    const databases = Stream.mapEffect(
      Stream.fromIterable(chosen),
      (database) =>
        Effect.flatMap(snapshot.database(database), (definition) =>
          put(
            FileName.FileName.Database({ database: naming.encode(database.name) }),
            SchemaFile.render(head, [definition])
          ))
    )
    // a table may take its defaults from a sequence
    const definitions = Stream.concat(
      Stream.mapEffect(
        Stream.fromIterable(sequences),
        (table) =>
          Effect.flatMap(
            snapshot.definition(table, { utc }),
            (definition) => put(FileName.FileName.Sequence(nameOf(table)), SchemaFile.render(head, [definition]), 1)
          )
      ),
      Stream.mapEffect(
        Stream.fromIterable(Arr.chunksOf(baseTables, tablesAtOnce)),
        (tables) =>
          Effect.flatMap(
            snapshot.definitions(tables, { utc }),
            (definitions) =>
              Effect.map(
                staging.putAll(Arr.zipWith(tables, definitions, (table, definition) => ({
                  name: FileName.render(FileName.FileName.Table(nameOf(table))),
                  content: SchemaFile.render(head, [definition])
                }))),
                Arr.map((file) => made(file))
              )
          ),
        { concurrency: options.threads }
      ).pipe(Stream.mapConcat((files) => files))
    )

    const limit = Option.match(options.fileBytes, {
      onNone: () => staging.share,
      onSome: (bytes) => Math.min(bytes, staging.share)
    })
    const planOptions: Source.PlanOptions = {
      chunkBytes: Math.min(Math.ceil(limit * 0.75), largestChunk),
      chunkRows: options.chunkRows,
      split: options.split,
      byPartition: options.byPartition,
      byFirstColumn: options.byFirstColumn,
      utc: options.read.utc
    }
    const retakes = retaking.make(progress)
    const pace = yield* Option.match(options.maxRate ?? Option.none(), {
      onNone: () => Effect.succeed(Pace.unlimited),
      onSome: Pace.rate
    })
    const ofRows = rowFiles.make({
      snapshot,
      staging,
      retakes,
      nameOf,
      head: rowsHead,
      limit,
      read: options.read,
      pace
    })
    const ends = tableEnds.make(snapshot.finish)
    const rows = Stream.fromIterable(portions.group(
      inOrder(baseTables, planOptions.chunkBytes),
      (table) => snapshot.small(table, planOptions),
      options.threads
    )).pipe(
      Stream.flatMap((work) =>
        work._tag === "Portion"
          ? Stream.succeed(work.portion)
          : ends.planning(work.table, snapshot.plan(work.table, planOptions))
      ),
      Shutdown.stoppable,
      Stream.flatMap((portion) => ends.reading(portion, ofRows.files(portion)), {
        concurrency: options.threads,
        bufferSize: 1
      })
    )
    const noRows = Stream.execute(
      Effect.forEach(Arr.chunksOf(baseTables, tablesAtOnce), snapshot.finish, { discard: true })
    )

    const viewFiles = (view: Source.TableInfo): Stream.Stream<Made, SourceError | OutputError> =>
      Stream.unwrap(Effect.map(snapshot.definition(view), (definition) =>
        Stream.make(
          put(
            FileName.FileName.Table(nameOf(view)),
            SchemaFile.placeholder(head, {
              name: view.name,
              columns: definition._tag === "View" ? definition.columns : []
            })
          ),
          put(FileName.FileName.View(nameOf(view)), SchemaFile.render(head, [definition]), 1)
        ).pipe(Stream.mapEffect((file) => file))))
    const programFiles = (database: Source.DatabaseInfo): Stream.Stream<Made, SourceError | OutputError> => {
      const name = naming.encode(database.name)
      return Stream.make(
        [FileName.FileName.Triggers({ database: name, table: Option.none() }), snapshot.triggers(database)] as const,
        [FileName.FileName.Post({ database: name }), snapshot.programs(database)] as const
      ).pipe(
        Stream.mapEffect(([file, definitions]) =>
          Effect.flatMap(definitions, (definitions) =>
            definitions.length === 0
              ? Effect.succeedNone
              : Effect.asSome(put(file, SchemaFile.render(head, definitions), definitions.length)))
        ),
        Stream.filterMap((file) => file)
      )
    }
    const programs = Stream.concat(
      Stream.flatMap(Stream.fromIterable(chosen), programFiles),
      Stream.flatMap(Stream.fromIterable(views), viewFiles)
    )

    const announced = (inventory: Option.Option<Inventory.Inventory> = Option.none()): Metadata.Announcement => ({
      ...announcement,
      inventory,
      longestStatement: Option.liftPredicate(ofRows.longest(), (bytes) => bytes > 0)
    })
    const shipping = Shipping.make({
      outgoing,
      disposal,
      progress,
      ledger,
      announced,
      section: (table) => section(table, Option.none())
    })

    yield* progress.add({
      expectedRows: baseTables.reduce((sum, table) => sum + table.estimatedRows, 0),
      expectedBytes: baseTables.reduce((sum, table) => sum + table.estimatedBytes, 0)
    })
    const inventory = Option.some({
      ...catalog.inventory,
      databases: catalog.inventory.databases
        .filter(({ name }) => chosen.some((database) => database.name === name))
        .map((database) => ({
          ...database,
          items: database.items.filter(({ kind }) => options.schemas || kind === "table")
        }))
    })
    yield* shipping.announce(FileName.FileName.MetadataHeader(), header, inventory)
    const phases = [
      ["databases", Stream.concat(serverWide, databases)] as const,
      ...(options.schemas ? [["definitions", definitions] as const] : []),
      options.rows ? ["rows", rows] as const : ["definitions", noRows] as const,
      ...(options.schemas ? [["views and programs", programs] as const] : [])
    ]
    yield* Stream.fromIterable(phases).pipe(
      Stream.flatMap(([phase, files]) => Stream.zipRight(Stream.fromEffect(progress.enter(phase)), Stream.make(files))),
      Stream.flatten(),
      shipping.batches(options.threads),
      Stream.runForEach(shipping.ship)
    )
    yield* Shutdown.failIfAsked("the backup has no metadata and cannot be restored")

    const totals = ledger.totals()
    const last: Metadata.Metadata = {
      ...Metadata.empty,
      ...header,
      finishedAt: Option.some(yield* identity.localTime),
      source: catalog.position,
      config: new Map([
        ...config,
        ["max-statement-size", `${options.read.statementSize}`],
        ["num-sequences", `${sequences.length}`]
      ]),
      tables: tables.map((table) =>
        section(table, table.kind !== "Table" || !options.rows ? Option.none() : Option.some(totals.rowsOf(table)))
      ),
      announcement: Option.some({ ...announced(inventory), consistency: Option.some(catalog.consistency) }),
      files: totals.entries
    }
    const { file } = yield* put(FileName.FileName.Metadata(), Metadata.render(last))
    yield* outgoing.send([file])
    yield* disposal.dispose(file)

    const verdict: Verdict = {
      job: "dump",
      complete: true,
      databases: chosen.length,
      tables: baseTables.length,
      objects: totals.objects,
      files: totals.entries.length,
      rows: totals.rows,
      bytes: totals.bytes,
      leftOut: [...leftOut(options), ...catalog.leftOut],
      remarks: [catalog.consistency, ...(yield* retakes.remarks), ...ofRows.remarks()]
    }
    return verdict
  })).pipe(Effect.withSpan("Dump.run"))
