/**
 * Is a backup whole? Read without a server, from a folder or from a stream.
 *
 * ```text
 * outcomes ─▶ proven by the metadata ─▶ statements and rows read ─▶ end rule ─▶ report
 * ```
 *
 * It asks what a restore asks, in the same words: both stand on the same parts (the arrivals, what the metadata expects,
 * and how the statements of a file are read). It is a flow of its own and not a restore into a target that only counts,
 * because a restore has to stop at the first thing that is wrong, before more of it reaches a server, and whoever
 * verifies wants to know of all of it; and because a target could not tell a file that was refused from one that was
 * never there.
 *
 * @since 0.1.0
 */
import * as FileName from "@sluice/format/FileName"
import type * as Metadata from "@sluice/format/Metadata"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import { Disposal } from "./Disposal.js"
import { type Arrival, Incoming } from "./Incoming.js"
import * as examining from "./internal/examining.js"
import * as expectations from "./internal/expectations.js"
import * as unproven from "./internal/unproven.js"
import { Progress } from "./Progress.js"
import * as Shutdown from "./Shutdown.js"
import { BackupError, type OutputError, type Stopped } from "./SluiceError.js"
import type { Staging } from "./Staging.js"

/**
 * One thing that is wrong with a backup.
 *
 * @since 0.1.0
 * @category models
 */
export const Finding = Schema.Struct({
  /** The kind of fault: the reasons of {@link BackupError}. */
  reason: BackupError.fields.reason,
  /** The file it is about; or the table, as `DATABASE.TABLE`, or the folder. */
  file: Schema.NullOr(Schema.String),
  /** What should be there, and what is, where both can be said in a word or two: `20 bytes`, `crc32:5a3c9e01`. */
  expected: Schema.NullOr(Schema.String),
  found: Schema.NullOr(Schema.String),
  /** One line for people. */
  message: Schema.String
})

/**
 * @since 0.1.0
 * @category models
 */
export type Finding = typeof Finding.Type

/**
 * What `verify` says of a backup. As JSON this is what `sluice verify --json` prints. It is a verdict too.
 *
 * @since 0.1.0
 * @category models
 */
export const Report = Schema.Struct({
  /** The version of this shape. Fields may be added under the same version. */
  version: Schema.Literal(1),
  job: Schema.Literal("verify"),
  /** Nothing was found, and nothing taken by leave of the user. What could not be proven is in `remarks`. */
  complete: Schema.Boolean,
  /** The identity that Sluice gave the backup; none for a backup that another tool made. */
  backupId: Schema.NullOr(Schema.String),
  databases: Schema.Number,
  tables: Schema.Number,
  /** Sequences, views, triggers, routines, events, accounts and tablespaces. */
  objects: Schema.Number,
  /** Files that came, without metadata, and their bytes as they are stored. */
  files: Schema.Number,
  bytes: Schema.Number,
  /** Rows of the files that were read to their end. */
  rows: Schema.Number,
  /** How many faults were found, and the first of them. */
  findingCount: Schema.Number,
  findings: Schema.Array(Finding),
  /** What the backup was made without. */
  leftOut: Schema.Array(Schema.String),
  /** What could not be proven. Empty when everything was. */
  remarks: Schema.Array(Schema.String)
})

/**
 * @since 0.1.0
 * @category models
 */
export type Report = typeof Report.Type

/**
 * How many findings a report holds by name.
 *
 * @since 0.1.0
 * @category limits
 */
export const maximumFindings = 100

const findingOf = (error: BackupError): Finding => ({
  reason: error.reason,
  file: error.where ?? null,
  expected: error.expected ?? null,
  found: error.found ?? null,
  message: error.message
})

/**
 * The report of a backup of which nothing can be read, such as a folder that is not there.
 *
 * @since 0.1.0
 * @category constructors
 */
export const unreadable = (error: BackupError): Report => ({
  version: 1,
  job: "verify",
  complete: false,
  backupId: null,
  databases: 0,
  tables: 0,
  objects: 0,
  files: 0,
  bytes: 0,
  rows: 0,
  findingCount: 1,
  findings: [findingOf(error)],
  leftOut: [],
  remarks: []
})

/** The table that a file holds rows of, or that a section of the metadata is about. */
const tableOf = (of: FileName.FileName | Metadata.TableSection): string | undefined =>
  "_tag" in of && of._tag !== "Rows" && of._tag !== "LoadData" ? undefined : `${of.database}.${of.table}`

const isOfMetadata = (name: string | undefined): boolean =>
  Either.match(FileName.parse(name ?? ""), {
    onLeft: () => false,
    onRight: ({ file }) => file._tag.startsWith("Metadata")
  })

/** Gathers what is wrong, and what follows from it and need not be told. */
const makeFindings = () => {
  const list: Array<Finding> = []
  /** Files that something was found about. */
  const files = new Set<string>()
  /** Tables with rows that could not be read: that their rows do not add up says nothing more. */
  const tables = new Set<string>()
  let count = 0

  const add = (error: BackupError): void => {
    count += 1
    if (list.length < maximumFindings) {
      list.push(findingOf(error))
    }
    if (error.where !== undefined) {
      files.add(error.where)
      const key = Either.match(FileName.parse(error.where), {
        onLeft: () => undefined,
        onRight: ({ file }) => tableOf(file)
      })
      if (key !== undefined) {
        tables.add(key)
      }
    }
  }

  /** Says that nothing more is to be expected of a file. */
  const passOver = ({ file, kind }: Arrival): void => {
    files.add(file.name)
    const key = tableOf(kind)
    if (key !== undefined) {
      tables.add(key)
    }
  }

  return {
    add,
    /** What is found about a file that has come. */
    addOf: (arrival: Arrival, error: BackupError): void => {
      add(error)
      passOver(arrival)
    },
    passOver,
    isKnown: (name: string | undefined): boolean => name !== undefined && files.has(name),
    isOfBadRows: (of: FileName.FileName | Metadata.TableSection): boolean => tables.has(tableOf(of) ?? ""),
    count: () => count,
    list: (): ReadonlyArray<Finding> => list
  }
}

/**
 * Reads a backup to its end and reports all that is wrong with it. It fails only when it cannot do its own part: when a
 * private temporary file cannot be written, or when it was asked to stop.
 *
 * The layers of a restore say where the backup comes from. `Disposal.layerKeep` leaves a folder as it is; for a stream
 * into memory it has to be `Disposal.layerDelete`.
 *
 * @example
 * ```ts
 * import { Incoming, Disposal, Progress, Staging, Verify } from "@sluice/pipeline"
 * import { Effect, Layer } from "effect"
 *
 * const ofFolder = (path: string) =>
 *   Effect.provide(Verify.run, Layer.mergeAll(
 *     Layer.provideMerge(Incoming.layerDirectory, Staging.layerDirectory({ path, contents: "Present" })),
 *     Disposal.layerKeep,
 *     Progress.layer
 *   ))
 * ```
 *
 * @since 0.1.0
 * @category flows
 */
export const run: Effect.Effect<
  Report,
  OutputError | Stopped,
  Staging | Incoming | Disposal | Progress
> = Effect.gen(function*() {
  const incoming = yield* Incoming
  const disposal = yield* Disposal
  const progress = yield* Progress
  const backup = yield* expectations.make
  const examined = yield* examining.make(backup, ({ file }) => disposal.dispose(file))
  const findings = makeFindings()
  /** Whether a part of the metadata cannot be read: then there is nothing to hold files against. */
  let isMetadataBad = false
  let unheld = 0
  let isCut = false

  const examine = (arrival: Arrival): Effect.Effect<void, OutputError> =>
    Effect.gen(function*() {
      const proven = yield* Effect.catchIf(
        examined.proven(arrival),
        (error) => isMetadataBad && error.reason === "Unexpected",
        () =>
          Effect.sync(() => {
            unheld += 1
            findings.passOver(arrival)
            return Option.none<Arrival>()
          })
      )
      yield* Option.match(proven, { onNone: () => Effect.void, onSome: examined.content })
    }).pipe(
      Effect.catchTag("BackupError", (error) =>
        Effect.map(backup.isOpen, (isOpen) => {
          // that there is nothing to hold files against is told once
          isMetadataBad = isMetadataBad || !isOpen || isOfMetadata(arrival.file.name)
          if (error.reason === "Missing" && findings.isKnown(error.where)) {
            findings.passOver(arrival)
          } else {
            findings.addOf(arrival, error)
          }
        }))
    )

  const refused = (error: BackupError) =>
    Effect.sync(() => {
      isMetadataBad = isMetadataBad || isOfMetadata(error.where)
      findings.add(error)
    })

  yield* progress.enter("files")
  yield* incoming.outcomes.pipe(
    Shutdown.stoppable,
    Stream.runForEach(Either.match({ onLeft: refused, onRight: examine })),
    Effect.catchTag("BackupError", (error) =>
      Effect.sync(() => {
        isCut = true
        findings.add(error)
      }))
  )
  yield* Shutdown.failIfAsked("the backup was not read to its end")
  yield* progress.enter("the rest")

  const known = yield* backup.known
  const { announcement, come, last } = known
  const isEnded = !isCut && Option.isSome(last)
  for (const error of backup.lacking()) {
    // that the last file is missing says no more when the input broke off before
    if (!findings.isKnown(error.where) && !(error.where === "metadata" && isCut)) {
      findings.add(error)
    }
  }
  // the rest follows from the end that did not come
  if (isEnded) {
    for (const { arrival, error } of examined.unpaired()) {
      if (!findings.isOfBadRows(arrival.kind)) {
        findings.addOf(arrival, error)
      }
    }
    if (Option.isNone(announcement)) {
      for (const error of unproven.undefinedObjects(come)) {
        if (!findings.isKnown(error.where)) {
          findings.add(error)
        }
      }
    }
    for (const error of backup.miscounted((table) => !findings.isOfBadRows(table))) {
      findings.add(error)
    }
  }

  const report: Report = {
    version: 1,
    job: "verify",
    complete: findings.count() === 0 && examined.taken.count() === 0,
    backupId: Option.match(announcement, { onNone: () => null, onSome: ({ backupId }) => backupId }),
    ...examined.counts(),
    ...(yield* backup.totals),
    findingCount: findings.count(),
    findings: findings.list(),
    leftOut: Option.exists(announcement, ({ definitions }) => !definitions) ? ["definitions"] : [],
    remarks: [
      ...examined.taken.remarks(),
      ...(isEnded && Option.isNone(announcement) ? unproven.ofForeign(known) : []),
      ...(unheld === 0
        ? []
        : [`${unheld} files came that only damaged metadata tells of: they could not be held against anything`])
    ]
  }
  return report
}).pipe(Effect.withSpan("Verify.run"))
