/**
 * The restore: files arrive, are proven, and become a target's databases.
 *
 * ```text
 * arrivals ─▶ proven ─▶ definitions, as they come ─▶ rows, over N sessions ─▶ end rule ─▶ programs and views
 * ```
 *
 * A file is used only when its bytes are proven, and disposed of only when what it holds is committed.
 *
 * @since 0.1.0
 */
import type * as FileName from "@sluice/format/FileName"
import type * as Metadata from "@sluice/format/Metadata"
import * as Sequence from "@sluice/format/Sequence"
import * as Sql from "@sluice/format/Sql"
import type * as Statement from "@sluice/format/Statement"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Pool from "effect/Pool"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"

import { Compression } from "./Compression.js"
import { Disposal } from "./Disposal.js"
import { type Arrival, Incoming } from "./Incoming.js"
import * as compareChecksums from "./internal/compareChecksums.js"
import * as CreateDatabase from "./internal/createDatabase.js"
import * as expectations from "./internal/expectations.js"
import * as Loading from "./internal/loading.js"
import { orMissing } from "./internal/missing.js"
import { missing, type Named } from "./internal/named.js"
import * as order from "./internal/order.js"
import * as replay from "./internal/replay.js"
import * as serverWide from "./internal/serverWide.js"
import * as way from "./internal/way.js"
import { Progress } from "./Progress.js"
import * as Shutdown from "./Shutdown.js"
import type { TargetError } from "./SluiceError.js"
import { BackupError, DifferenceError, type OutputError, type RestoreError } from "./SluiceError.js"
import { Staging } from "./Staging.js"
import * as Target from "./Target.js"
import type { Verdict } from "./Verdict.js"

/**
 * What becomes of a table that is already there.
 *
 * @since 0.1.0
 * @category models
 */
export type Existing = Data.TaggedEnum<{
  /** The restore fails. */
  readonly Fail: {}
  /** It is dropped. */
  readonly Drop: {}
  /** It is emptied with TRUNCATE, and its definition kept. */
  readonly Truncate: {}
  /** It is emptied with DELETE, and its definition kept. */
  readonly Delete: {}
  /** It is left alone, and its rows in the backup are left out. */
  readonly Skip: {}
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const Existing = Data.taggedEnum<Existing>()

/**
 * What becomes of a difference between the target and the checksums of a backup's metadata: the restore fails, it ends
 * as incomplete, or nobody looks. `Fail` compares the rows too, which reads them all.
 *
 * @since 0.1.0
 * @category models
 */
export type Checksums = "Fail" | "Warn" | "Skip"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How many sessions load rows at once. */
  readonly threads: number
  readonly existing: Existing
  /** The database that everything goes into, whatever it was called. */
  readonly database: Option.Option<string>
  /** The only database of the backup that is restored, by its name there. */
  readonly only: Option.Option<string>
  /** Whether a table of it, by its database and its name in the backup, is wanted. */
  readonly includes: (database: string, table: string) => boolean
  /** Tables, or patterns of them, that somebody named: the restore fails when one of them matches nothing. */
  readonly named: ReadonlyArray<Named>
  readonly schemas: boolean
  readonly rows: boolean
  readonly triggers: boolean
  /** Routines and events. */
  readonly programs: boolean
  /** What becomes of a difference from the checksums that another tool's metadata has. */
  readonly checksums: Checksums
  /** Accounts that the backup holds, and what they may do. */
  readonly users: boolean
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const defaults: Options = {
  threads: 4,
  existing: Existing.Fail(),
  database: Option.none(),
  only: Option.none(),
  includes: () => true,
  named: [],
  schemas: true,
  rows: true,
  triggers: true,
  programs: true,
  users: false,
  checksums: "Warn"
}

/**
 * A statement that came before the character set of a program was set, and is run after it. Its names are in UTF-8,
 * which `binary` leaves as it is.
 */
const inFilesCharacterSet = (session: Target.Session, statement: Uint8Array) =>
  Effect.forEach(
    [
      Sql.bytes("SET @SLUICE_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT"),
      Sql.bytes("SET character_set_client = binary"),
      statement,
      Sql.bytes("SET character_set_client = @SLUICE_CHARACTER_SET_CLIENT")
    ],
    session.execute,
    { discard: true }
  )

type OfTable = Extract<FileName.FileName, { readonly table: string }>

const leftOut = (options: Options, skipped: ReadonlySet<string>): ReadonlyArray<string> => [
  ...(options.schemas ? [] : ["definitions"]),
  ...(options.rows ? [] : ["rows"]),
  ...(options.triggers ? [] : ["triggers"]),
  ...(options.programs ? [] : ["routines and events"]),
  ...Array.from(skipped, (table) => `${table} (it was already there)`)
]

/** A transaction that lost against another one is gone as a whole, and is run again as a whole. */
const again = Schedule.intersect(Schedule.exponential("50 millis"), Schedule.recurs(8)).pipe(
  Schedule.whileInput((error: RestoreError | Loading.Awaited) =>
    error._tag === "TargetError" && (error.reason === "Deadlock" || error.reason === "LockTimeout")
  )
)

/**
 * Restores. Succeeds only when every file of the backup has come, was proven, and is committed.
 *
 * @since 0.1.0
 * @category flows
 */
export const run = (
  options: Options
): Effect.Effect<Verdict, RestoreError, Target.Target | Staging | Incoming | Disposal | Progress> =>
  Effect.scoped(Effect.gen(function*() {
    const progress = yield* Progress
    const staging = yield* Staging
    const incoming = yield* Incoming
    const disposal = yield* Disposal
    const target = yield* Target.Target
    const { decode } = yield* Compression
    const backup = yield* expectations.make
    const sessions = yield* Pool.make({ acquire: target.session, size: options.threads + 1 })
    // a target that cannot be reached is said so at once, and not when the first file has come
    yield* Effect.scoped(Pool.get(sessions))

    // real names, by the parts that stand in file names
    const databases = new Map<string, string>()
    const tables = new Map<string, string>()
    const skipped = new Set<string>()
    const lookedAt = new Set<string>()
    // a view begins as a table that holds its place
    const restoredTables = new Set<string>()
    const readOnly = new Set<string>()
    let objects = 0

    const isWantedDatabase = (name: string): boolean => Option.getOrElse(options.only, () => name) === name
    const databaseOf = (part: string): string => Option.getOrElse(options.database, () => databases.get(part) ?? part)
    const tableOf = (file: { readonly database: string; readonly table: string }): string =>
      tables.get(`${file.database}.${file.table}`) ?? file.table
    const isWantedTable = (part: string, table: string): boolean =>
      isWantedDatabase(databases.get(part) ?? part) && options.includes(databases.get(part) ?? part, table) &&
      !skipped.has(`${databaseOf(part)}.${table}`)
    const isWanted = (file: { readonly database: string; readonly table: string }): boolean =>
      isWantedTable(file.database, tableOf(file))

    const explained = (kind: FileName.FileName) =>
      orMissing(kind, {
        database: (part) => databases.has(part),
        table: (database, table) => tables.has(`${database}.${table}`)
      })

    const withSession = <A, E>(use: (session: Target.Session) => Effect.Effect<A, E>) =>
      Effect.scoped(
        Effect.flatMap(Pool.get(sessions), (session) =>
          Effect.tapError(use(session), (error) =>
            error instanceof Loading.Awaited ? Effect.void : Pool.invalidate(sessions, session)))
      )

    const readable = ({ compression, file }: Arrival): replay.Readable => ({
      file,
      bytes: decode(file.name, compression)(staging.read(file.name))
    })

    const readNames = (session: Target.Session) =>
      Effect.if(backup.isInDoubleQuotes, {
        onTrue: () => session.execute(Sql.bytes("SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',ANSI_QUOTES')")),
        onFalse: () => Effect.void
      })

    const replayed = (
      arrival: Arrival,
      database: Option.Option<string>,
      terminator: Statement.Terminator,
      edit: (
        session: Target.Session,
        statement: Uint8Array,
        kind: Statement.Kind
      ) => Effect.Effect<Uint8Array | undefined, TargetError>
    ) =>
      withSession((session) =>
        Effect.gen(function*() {
          yield* session.prepareForDefinitions
          yield* readNames(session)
          yield* Option.match(database, { onNone: () => Effect.void, onSome: session.use })
          yield* replay.definitions(session, readable(arrival), {
            terminator,
            guarded: yield* backup.isGuarded,
            edit: (statement, kind) => edit(session, statement, kind)
          })
        })
      ).pipe(
        Effect.mapError(explained(arrival.kind)),
        Effect.zipRight(disposal.dispose(arrival.file)),
        Effect.zipRight(progress.add({ files: 1, bytes: arrival.file.bytes }))
      )

    const createDatabase = (arrival: Arrival, part: string) =>
      replayed(arrival, Option.none(), "guarded", (_, statement, kind) =>
        Effect.sync(() => {
          if (kind._tag !== "CreateDatabase") {
            return statement
          }
          databases.set(part, kind.name)
          if (!isWantedDatabase(kind.name)) {
            return undefined
          }
          if (CreateDatabase.isReadOnly(statement)) {
            readOnly.add(databaseOf(part))
          }
          const tolerant = CreateDatabase.tolerant(statement)
          return Option.match(options.database, {
            onNone: () => tolerant,
            onSome: (name) => CreateDatabase.renamed(tolerant, kind.name, name)
          })
        }))

    const moved = (name: string): string | undefined =>
      Array.from(databases.values()).includes(name) ? Option.getOrUndefined(options.database) : undefined

    /** What becomes of the statements of a file with a table or a sequence, in their order. */
    const definitionOf = (file: OfTable) => {
      const isSequence = file._tag === "Sequence"
      let made = false
      return (session: Target.Session, statement: Uint8Array, kind: Statement.Kind) =>
        Effect.suspend(() => {
          if (kind._tag !== "CreateTable" && kind._tag !== "CreateSequence") {
            // the way that a sequence's file makes is not this restore's; where it stands is for one that was made
            const runs = !isSequence || kind._tag === "Set" || (made && kind._tag !== "Drop")
            return Effect.succeed(runs ? statement : undefined)
          }
          const { name } = kind._tag === "CreateTable" ? kind.table : kind.sequence
          tables.set(`${file.database}.${file.table}`, name)
          if (!isWanted(file) || !options.schemas) {
            return Effect.succeed(undefined)
          }
          const wanted = isSequence ? "Sequence" : "Table"
          return Effect.map(
            way.make(session, options.existing, databaseOf(file.database), name, wanted),
            (found) => {
              if (found === "Leave") {
                skipped.add(`${databaseOf(file.database)}.${name}`)
              } else if (isSequence) {
                objects += 1
                made = true
              } else {
                restoredTables.add(`${file.database}.${file.table}`)
              }
              return found === "Create" ? Sequence.rename(statement, moved) : undefined
            }
          )
        })
    }

    const createTable = (arrival: Arrival, file: OfTable): Effect.Effect<void, RestoreError> =>
      !isWantedDatabase(databases.get(file.database) ?? file.database) ? disposal.dispose(arrival.file) : replayed(
        arrival,
        Option.some(databaseOf(file.database)),
        "lexed",
        definitionOf(file)
      )

    /** A table that this restore did not make is looked at once. */
    const takesRowsAsTheyAre = (session: Target.Session, file: OfTable): Effect.Effect<void, TargetError> => {
      const key = `${file.database}.${file.table}`
      return restoredTables.has(key) || lookedAt.has(key) ? Effect.void : Effect.map(
        way.hasNoTriggers(session, databaseOf(file.database), tableOf(file)),
        () => void lookedAt.add(key)
      )
    }

    const loading = Loading.make()

    const loadRows = (arrival: Arrival, file: OfTable): Effect.Effect<void, RestoreError> =>
      Effect.suspend(() => {
        const used = [arrival]
        const rowsOf = (name: string) =>
          Effect.map(loading.find(arrival, name), (rows) => {
            used[1] = rows
            return readable(rows)
          })
        return withSession((session) =>
          Effect.gen(function*() {
            yield* session.use(databaseOf(file.database))
            yield* takesRowsAsTheyAre(session, file)
            // a file without a zone of its own holds times of the server's zone
            yield* session.execute(Sql.bytes("SET time_zone = DEFAULT"))
            yield* readNames(session)
            yield* session.prepareForRows
            yield* session.begin
            const rows = yield* Effect.tapError(
              replay.rows(session, readable(arrival), rowsOf),
              () => Effect.ignore(session.rollback)
            )
            yield* backup.count(arrival.file, rows)
            yield* session.commit
            return rows
          })
        ).pipe(
          Effect.retry(again),
          Effect.mapError((error) => error._tag === "Awaited" ? error : explained(arrival.kind)(error)),
          Effect.tap((rows) => backup.committed(file, rows)),
          Effect.tap((rows) => progress.add({ rows })),
          Effect.zipRight(Effect.forEach(used, (arrival) =>
            loading.done(arrival).pipe(
              Effect.zipRight(progress.add({ files: 1, bytes: arrival.file.bytes })),
              Effect.zipRight(disposal.dispose(arrival.file))
            ), { discard: true })),
          Effect.catchTag("Awaited", (awaited) =>
            Effect.if(loading.wait(arrival, awaited), {
              onTrue: () => staging.park(arrival.file.name),
              onFalse: () => loadRows(arrival, file)
            }))
        )
      })

    const discard = ({ file }: Arrival) => disposal.dispose(file)

    const load = (arrival: Arrival): Effect.Effect<void, RestoreError> =>
      Effect.suspend(() => {
        const { kind } = arrival
        if ((kind._tag !== "Rows" && kind._tag !== "LoadData") || !options.rows || !isWanted(kind)) {
          return discard(arrival)
        }
        return kind._tag === "Rows"
          ? loadRows(arrival, kind)
          : Effect.flatMap(loading.come(arrival), (statement) =>
            statement === undefined ? staging.park(arrival.file.name) : loadRows(statement, kind))
      })

    const restoreProgram = (arrival: Arrival): Effect.Effect<void, RestoreError> => {
      const { kind } = arrival
      if (kind._tag === "Users") {
        return ofServer.after(arrival)
      }
      const wanted = options.schemas && "database" in kind &&
        isWantedDatabase(databases.get(kind.database) ?? kind.database) && (
          kind._tag === "Triggers" ? options.triggers : kind._tag === "View" ? isWanted(kind) : options.programs
        )
      if (!wanted || !("database" in kind)) {
        return discard(arrival)
      }
      // what makes way for a trigger, which comes only if its table is wanted
      let dropTrigger: Uint8Array | undefined
      return replayed(
        arrival,
        Option.some(databaseOf(kind.database)),
        "guarded",
        (session, statement, what) =>
          Effect.gen(function*() {
            if (what._tag === "Drop" && what.what === "TRIGGER") {
              dropTrigger = statement.slice()
              return undefined
            }
            if (what._tag === "CreateProgram" && what.table !== undefined) {
              if (!isWantedTable(kind.database, what.table.name)) {
                return undefined
              }
              yield* dropTrigger === undefined ? Effect.void : inFilesCharacterSet(session, dropTrigger)
            }
            objects += what._tag === "CreateView" || what._tag === "CreateProgram" ? 1 : 0
            if (kind._tag === "View" && what._tag === "CreateView") {
              restoredTables.delete(`${kind.database}.${kind.table}`)
            }
            return statement
          })
      )
    }

    const ofServer = serverWide.make({
      accounts: options.users,
      tablespaces: options.schemas,
      run: (arrival, edit) =>
        withSession((session) =>
          Effect.gen(function*() {
            yield* session.prepareForDefinitions
            yield* replay.definitions(session, readable(arrival), {
              terminator: "lexed",
              guarded: yield* backup.isGuarded,
              edit: (statement, kind) => edit(session, statement, kind)
            })
          })
        ),
      dispose: disposal.dispose
    })

    const content = (arrival: Arrival): Effect.Effect<Uint8Array, BackupError> =>
      arrival.file.bytes > largestMetadata
        ? new BackupError({
          reason: "Damaged",
          what: "the metadata cannot be read",
          where: arrival.file.name,
          detail: `it is larger than ${largestMetadata} bytes`
        })
        // what is read is lent, so it is copied before the next is asked for
        : Effect.map(
          Stream.runCollect(Stream.map(staging.read(arrival.file.name), (bytes) => bytes.slice())),
          (parts) => Sql.concat(Chunk.toReadonlyArray(parts))
        )

    /** Takes metadata in, and lets through what is proven. */
    const proven = (arrival: Arrival): Effect.Effect<Option.Option<Arrival>, BackupError | OutputError> => {
      switch (arrival.kind._tag) {
        case "Metadata":
        case "MetadataHeader":
        case "MetadataPartial":
          return Effect.flatMap(content(arrival), (bytes) => backup.absorb(arrival, bytes)).pipe(
            Effect.zipRight(disposal.dispose(arrival.file)),
            Effect.as(Option.none())
          )
        case "TableRows": {
          const { kind } = arrival
          return Effect.flatMap(content(arrival), (bytes) => backup.absorbRows(arrival, kind, bytes)).pipe(
            Effect.zipRight(disposal.dispose(arrival.file)),
            Effect.as(Option.none())
          )
        }
        case "Bystander":
          return Effect.as(disposal.dispose(arrival.file), Option.none())
        default:
          return Effect.as(backup.prove(arrival), Option.some(arrival))
      }
    }

    const queue = order.make({
      createDatabase,
      createTable,
      definitionsFollow: backup.definitionsFollow,
      park: ({ file }) => staging.park(file.name)
    })

    // what is missing is told before the server is asked for what is not there
    const whatIsHeld = Effect.if(Shutdown.isAsked, {
      onTrue: () => Effect.succeed([]),
      onFalse: () => Effect.zipRight(backup.complete, queue.rest)
    })

    yield* progress.enter("definitions and rows")
    yield* incoming.files.pipe(
      Shutdown.stoppable,
      Stream.mapEffect(proven),
      Stream.filterMap((arrival) => arrival),
      Stream.mapEffect(ofServer.before),
      Stream.filterMap((arrival) => arrival),
      Stream.mapConcatEffect(queue.admit),
      Stream.concat(Stream.unwrap(Effect.map(whatIsHeld, Stream.fromIterable))),
      Stream.rechunk(1),
      Stream.mapEffect(load, { concurrency: options.threads, unordered: true }),
      Stream.runDrain
    )
    yield* Shutdown.failIfAsked("the target holds a part of the backup")

    yield* loading.nothingLeft
    const metadata = yield* backup.complete
    const known = [
      ...metadata.tables.map((table) => ({
        database: databases.get(table.database) ?? table.database,
        name: table.realName
      })),
      // the metadata of old versions lists no tables
      ...Array.from(tables, ([key, name]) => {
        const part = key.slice(0, key.indexOf("."))
        return { database: databases.get(part) ?? part, name }
      })
    ]
    const wantedDatabases = new Set(
      [...databases.values(), ...known.map(({ database }) => database)].filter(isWantedDatabase)
    )
    const unknown = [
      ...Option.toArray(options.only).filter((name) => !wantedDatabases.has(name)).map((name) => `database ${name}`),
      ...missing(options.named, known)
    ]
    if (unknown.length > 0) {
      return yield* new BackupError({
        reason: "Missing",
        what: "cannot restore what was asked for",
        detail: `the backup has no ${unknown.join(", no ")}`,
        advice: "Check the names, and the databases they are in"
      })
    }
    if (options.rows) {
      yield* backup.compareRows((table: Metadata.TableSection) => isWanted(table))
    }
    yield* progress.enter("views and programs")
    yield* Effect.forEach(queue.programs(), restoreProgram, { discard: true })
    // from then on nobody may write there
    yield* Effect.forEach(
      readOnly,
      (name) =>
        withSession((session) =>
          session.execute(Sql.bytes(`ALTER DATABASE ${Sql.quoteIdentifier(name)} READ ONLY = 1`))
        ),
      { discard: true }
    )

    const isWhole = options.schemas && metadata.tables.every(isWanted)
    const checked = options.checksums === "Skip"
      ? { compared: 0, differences: [], unknown: [] }
      : yield* withSession((session) =>
        compareChecksums.compare(session, metadata.checksums, {
          database: (name) =>
            isWhole && isWantedDatabase(name) ? Option.getOrElse(options.database, () => name) : undefined,
          table: (part, table) => {
            const section = metadata.tables.find((section) => section.database === part && section.table === table)
            const isThere = restoredTables.has(`${part}.${table}`) || section?.isView === true
            return section !== undefined && options.schemas && isWanted(section) && isThere
              ? { database: databaseOf(part), table: tableOf(section), isView: section.isView }
              : undefined
          },
          rows: options.rows && options.checksums === "Fail",
          triggers: options.triggers,
          programs: options.programs
        })
      )
    if (options.checksums === "Fail" && checked.differences.length > 0) {
      return yield* new DifferenceError({
        what: "the target is not what the backup says",
        detail: `these differ from their checksums in the metadata: ${checked.differences.join(", ")}`,
        advice: "A file of the backup may be lost, or the target held something before; another version or make of " +
          "server may write some definitions in other words"
      })
    }

    const totals = yield* backup.totals
    const verdict: Verdict = {
      job: "restore",
      complete: checked.differences.length === 0,
      databases: wantedDatabases.size,
      tables: restoredTables.size,
      objects: objects + ofServer.created(),
      ...totals,
      leftOut: [...leftOut(options, skipped), ...ofServer.leftOut()],
      remarks: Option.isSome(metadata.announcement)
        ? []
        : [
          ...checked.differences.map((what) => `${what} differ from the checksum in the metadata`),
          ...checked.unknown.map((what) => `${what} could not be held against the checksum in the metadata`),
          (yield* backup.countsRows)
            ? "the backup has no manifest: its rows were counted, its bytes could not be proven"
            : "the backup says nothing of what it should hold: a file that is missing would not be noticed"
        ]
    }
    return verdict
  })).pipe(Effect.withSpan("Restore.run"))

/** The metadata of some five million files. */
const largestMetadata = 512 * 1024 * 1024
