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
import type * as Metadata from "@sluice/format/Metadata"
import * as Sql from "@sluice/format/Sql"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import type { Disposal } from "./Disposal.js"
import { Incoming } from "./Incoming.js"
import * as compareChecksums from "./internal/compareChecksums.js"
import * as expectations from "./internal/expectations.js"
import type { Named } from "./internal/named.js"
import * as order from "./internal/order.js"
import * as preflights from "./internal/preflight.js"
import * as proving from "./internal/proving.js"
import * as replay from "./internal/replay.js"
import * as restoredSoFar from "./internal/restored.js"
import * as restoreDefinitions from "./internal/restoreDefinitions.js"
import * as restoreRows from "./internal/restoreRows.js"
import * as serverWide from "./internal/serverWide.js"
import * as workbenches from "./internal/workbench.js"
import type { Progress } from "./Progress.js"
import * as Shutdown from "./Shutdown.js"
import { DifferenceError, type RestoreError } from "./SluiceError.js"
import type { Staging } from "./Staging.js"
import type * as Target from "./Target.js"
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

const leftOut = (options: Options, skipped: ReadonlySet<string>): ReadonlyArray<string> => [
  ...(options.schemas ? [] : ["definitions"]),
  ...(options.rows ? [] : ["rows"]),
  ...(options.triggers ? [] : ["triggers"]),
  ...(options.programs ? [] : ["routines and events"]),
  ...Array.from(skipped, (table) => `${table} (it was already there)`)
]

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
    const incoming = yield* Incoming
    const backup = yield* expectations.make
    const restored = restoredSoFar.make(options)
    const workbench = yield* workbenches.make(options, backup, restored)
    const { progress, withSession } = workbench
    const definitions = restoreDefinitions.make(options, workbench, restored)
    const rows = restoreRows.make(options, workbench, restored, backup)
    const proven = proving.make(workbench, backup, (yield* preflights.make(options)).look)
    const ofServer = serverWide.make({
      accounts: options.users,
      tablespaces: options.schemas,
      run: (arrival, edit) =>
        withSession((session) =>
          Effect.gen(function*() {
            yield* session.prepareForDefinitions
            yield* replay.definitions(session, workbench.readable(arrival), {
              terminator: "lexed",
              guarded: yield* backup.isGuarded,
              edit: (statement, kind) => edit(session, statement, kind)
            })
          })
        ),
      discard: workbench.discard
    })

    const queue = order.make({
      createDatabase: definitions.createDatabase,
      createTable: definitions.createTable,
      definitionsFollow: backup.definitionsFollow,
      park: workbench.park
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
      Stream.mapEffect(rows.load, { concurrency: options.threads, unordered: true }),
      Stream.runDrain
    )
    yield* Shutdown.failIfAsked("the target holds a part of the backup")

    yield* rows.nothingLeft
    const metadata = yield* backup.complete
    const databases = yield* restored.wanted(metadata)
    if (options.rows) {
      yield* backup.compareRows((table: Metadata.TableSection) => restored.isWanted(table))
    }
    yield* progress.enter("views and programs")
    yield* Effect.forEach(
      queue.programs(),
      (arrival) => arrival.kind._tag === "Users" ? ofServer.after(arrival) : definitions.restoreProgram(arrival),
      { discard: true }
    )
    // from then on nobody may write there
    yield* Effect.forEach(
      restored.readOnly,
      (name) =>
        withSession((session) =>
          session.execute(Sql.bytes(`ALTER DATABASE ${Sql.quoteIdentifier(name)} READ ONLY = 1`))
        ),
      { discard: true }
    )

    const isWhole = options.schemas && metadata.tables.every(restored.isWanted)
    const checked = options.checksums === "Skip"
      ? { compared: 0, differences: [], unknown: [] }
      : yield* withSession((session) =>
        compareChecksums.compare(session, metadata.checksums, {
          database: (name) =>
            isWhole && restored.isWantedDatabase(name) ? Option.getOrElse(options.database, () => name) : undefined,
          table: (part, table) => {
            const section = metadata.tables.find((section) => section.database === part && section.table === table)
            const isThere = restored.made.has(`${part}.${table}`) || section?.isView === true
            return section !== undefined && options.schemas && restored.isWanted(section) && isThere
              ? { database: restored.databaseOf(part), table: restored.tableOf(section), isView: section.isView }
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
      complete: checked.differences.length === 0 && workbench.permitting.count() === 0,
      databases: databases.size,
      tables: restored.made.size,
      objects: restored.objects() + ofServer.created(),
      ...totals,
      leftOut: [
        ...leftOut(options, restored.skipped),
        ...ofServer.leftOut(),
        ...restored.ofServer(metadata).map((name) => `${name} (the server's own; --source-db restores it)`)
      ],
      remarks: Option.isSome(metadata.announcement)
        ? workbench.permitting.remarks()
        : [
          ...workbench.permitting.remarks(),
          ...checked.differences.map((what) => `${what} differ from the checksum in the metadata`),
          ...checked.unknown.map((what) => `${what} could not be held against the checksum in the metadata`),
          (yield* backup.countsRows)
            ? "the backup has no manifest: its rows were counted, its bytes could not be proven"
            : "the backup says nothing of what it should hold: a file that is missing would not be noticed"
        ]
    }
    return verdict
  })).pipe(Effect.withSpan("Restore.run"))
