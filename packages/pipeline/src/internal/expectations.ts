/**
 * What a backup says of itself, held against what arrives.
 *
 * @internal
 */
import * as FileName from "@sluice/format/FileName"
import * as Metadata from "@sluice/format/Metadata"
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import * as Checksum from "../Checksum.js"
import type { Arrival } from "../Incoming.js"
import { BackupError } from "../SluiceError.js"
import type { StagedFile } from "../Staging.js"

const advice = "The backup is damaged: take it again"

const damaged = (where: string, detail: string, more: { readonly expected?: string; readonly found?: string } = {}) =>
  new BackupError({ reason: "Damaged", what: "the backup is damaged", where, detail, advice, ...more })

const unexpected = (where: string, detail: string) =>
  new BackupError({ reason: "Unexpected", what: "a file of the backup is refused", where, detail, advice })

const counted = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`

const rowCount = (where: string, says: string, expected: number, found: number) =>
  new BackupError({
    reason: "RowCount",
    what: "the rows do not match the backup",
    where,
    detail: `the ${says} says ${counted(expected, "row")} and there ${found === 1 ? "is" : "are"} ${found}`,
    expected: counted(expected, "row"),
    found: counted(found, "row"),
    advice
  })

const firstOf = (errors: Iterable<BackupError>): Effect.Effect<void, BackupError> =>
  Effect.suspend(() => {
    for (const error of errors) {
      return error
    }
    return Effect.void
  })

const notAnnounced = (name: string) => unexpected(name, "no manifest announced it")

/** The key under which rows of one table are counted; both parts come from file names and hold no dot. */
const keyOf = (table: { readonly database: string; readonly table: string }): string =>
  `${table.database}.${table.table}`

/** @internal */
export const make = Effect.sync(() => {
  const entries = new Map<string, Metadata.FileEntry>()
  const seen = new Set<string>()
  /** What has come, under the names that it would have if it were not compressed. */
  const come = new Set<string>()
  /** What files of their own say of tables. */
  const ofTables: Array<Metadata.TableSection> = []
  let bytes = 0
  const loaded = new Map<string, number>()
  let opened = false
  /** The number that the next part of a stream of ours has. */
  let nextPart = 0
  let quotes = "BACKTICK"
  let announcement: Option.Option<Metadata.Announcement> = Option.none()
  let last: Option.Option<Metadata.Metadata> = Option.none()

  /** A stream of ours has a header, then its parts by their numbers, then the end and nothing else. */
  const inOrder = ({ file, kind }: Arrival, files: number): Effect.Effect<void, BackupError> => {
    const { MetadataHeader, MetadataPartial } = FileName.FileName
    if (kind._tag === "MetadataHeader" && files > 0) {
      return damaged(file.name, `it should announce no files, and announces ${files}`)
    }
    const came = `${file.name} came in its place`
    if (Option.isSome(last)) {
      return damaged(file.name, "it comes after the end of the backup")
    }
    if (kind._tag !== "MetadataPartial") {
      return Effect.void
    }
    const due = opened ? FileName.render(MetadataPartial({ index: nextPart })) : FileName.render(MetadataHeader())
    nextPart = kind.index + 1
    return due === file.name ? Effect.void : missing(due, came)
  }

  /** Takes a metadata file in: the header of a stream, a part of it, or the end. */
  const absorb = (arrival: Arrival, content: Uint8Array): Effect.Effect<Metadata.Metadata, BackupError> =>
    Effect.gen(function*() {
      const { file, kind } = arrival
      const metadata = yield* Effect.mapError(Metadata.parse(content), (error) => damaged(file.name, error.message))
      const required = Option.isSome(announcement)
      if (opened && required !== Option.isSome(metadata.announcement)) {
        return yield* damaged(file.name, "one part of the metadata has a manifest and another has none")
      }
      if (
        Option.isSome(announcement) && Option.isSome(metadata.announcement) &&
        announcement.value.backupId !== metadata.announcement.value.backupId
      ) {
        return yield* damaged(
          file.name,
          `it belongs to the backup ${metadata.announcement.value.backupId}, and what came before to ` +
            announcement.value.backupId
        )
      }
      if (Option.isSome(metadata.announcement)) {
        yield* inOrder(arrival, metadata.files.length)
      }
      opened = true
      announcement = metadata.announcement
      quotes = metadata.config.get("quote-character") ?? quotes
      for (const entry of metadata.files) {
        const known = entries.get(entry.name)
        if (known !== undefined && (known.bytes !== entry.bytes || known.checksum !== entry.checksum)) {
          return yield* damaged(file.name, `it says something else of ${entry.name} than the metadata before it`)
        }
        entries.set(entry.name, entry)
      }
      if (kind._tag === "Metadata") {
        if (Option.isNone(metadata.finishedAt)) {
          return yield* damaged(file.name, "it does not say that the dump finished")
        }
        const listed = new Set(metadata.files.map((entry) => entry.name))
        const lost = Array.from(entries.keys()).find((name) => !listed.has(name))
        if (lost !== undefined) {
          return yield* damaged(file.name, `it does not list ${lost}, which was announced`)
        }
        last = Option.some(metadata)
      }
      return metadata
    })

  /** The number of rows that a file of its own says a table has. */
  const absorbRows = (
    { file }: Arrival,
    table: { readonly database: string; readonly table: string },
    content: Uint8Array
  ) =>
    Effect.suspend(() => {
      seen.add(file.name)
      if (Option.isSome(announcement)) {
        return Effect.fail(notAnnounced(file.name))
      }
      const text = Sql.text(content).trim()
      if (!/^\d{1,15}$/.test(text)) {
        return Effect.fail(damaged(file.name, "it is not a number of rows"))
      }
      ofTables.push({
        database: table.database,
        table: table.table,
        realName: table.table,
        rows: Option.some(Number(text)),
        isView: false,
        isSequence: false
      })
      return Effect.void
    })

  const missing = (name: string, detail: string) =>
    new BackupError({ reason: "Missing", what: "a file of the backup is missing", where: name, detail, advice })

  /** Proves that a file is what the manifest says; of another tool's backup there is nothing to hold it against. */
  const prove = ({ file, kind }: Arrival): Effect.Effect<void, BackupError> =>
    Effect.suspend(() => {
      seen.add(file.name)
      come.add(FileName.render(kind))
      bytes += file.bytes
      if (!opened) {
        return unexpected(file.name, "it comes before the metadata that opens a backup")
      }
      if (Option.isNone(announcement)) {
        return Effect.void
      }
      const entry = entries.get(file.name)
      if (entry === undefined) {
        return notAnnounced(file.name)
      }
      if (entry.bytes !== file.bytes) {
        return damaged(file.name, `it should have ${counted(entry.bytes, "byte")} and has ${file.bytes}`, {
          expected: counted(entry.bytes, "byte"),
          found: counted(file.bytes, "byte")
        })
      }
      if (!Checksum.isKnown(entry.checksum)) {
        return damaged(file.name, `its checksum, ${entry.checksum}, is of a kind that this version cannot check`)
      }
      return entry.checksum === file.checksum
        ? Effect.void
        : damaged(file.name, `its checksum should be ${entry.checksum} and is ${file.checksum}`, {
          expected: entry.checksum,
          found: file.checksum
        })
    })

  /** Holds the rows of a file, before they are committed, against what the manifest says of it. */
  const count = (file: StagedFile, rows: number): Effect.Effect<void, BackupError> =>
    Effect.suspend(() => {
      const expected = Option.flatMap(Option.fromNullable(entries.get(file.name)), (entry) => entry.rows)
      return Option.isSome(expected) && expected.value !== rows
        ? rowCount(file.name, "manifest", expected.value, rows)
        : Effect.void
    })

  /** Remembers rows that are committed. */
  const committed = (table: { readonly database: string; readonly table: string }, rows: number): Effect.Effect<void> =>
    Effect.sync(() => {
      loaded.set(keyOf(table), (loaded.get(keyOf(table)) ?? 0) + rows)
    })

  /**
   * What another tool's backup lacks, as far as its metadata can tell: it lists the tables and views, not the files.
   * A view that was dumped as a table has rows and no file of its own.
   */
  function* lost(metadata: Metadata.Metadata): Generator<string> {
    if (!Array.from(come).some((name) => name.endsWith("-schema.sql"))) {
      return
    }
    const hasRows = new Set(
      Array.from(come, FileName.parse).flatMap((parsed) =>
        Either.isRight(parsed) && parsed.right.file._tag === "Rows" ? [keyOf(parsed.right.file)] : []
      )
    )
    const hasCome = (file: FileName.FileName) => come.has(FileName.render(file))
    const { Sequence, Table, View } = FileName.FileName
    for (const section of metadata.tables) {
      const { database, isView, table } = section
      const makes = isView
        ? [View({ database, table })]
        : [Table({ database, table }), Sequence({ database, table })]
      const [own] = makes
      if (own !== undefined && !hasRows.has(keyOf(section)) && !makes.some(hasCome)) {
        yield FileName.render(own)
      }
    }
  }

  /** Everything that belongs to the backup and has not come. */
  function* lacking(): Generator<BackupError> {
    for (const name of entries.keys()) {
      if (!seen.has(name)) {
        yield missing(name, "the manifest lists it")
      }
    }
    if (Option.isNone(last)) {
      yield missing("metadata", "it is what ends a backup")
    } else if (Option.isNone(announcement)) {
      for (const name of lost(last.value)) {
        yield missing(name, "the metadata lists what it defines")
      }
    }
  }

  /** Says whether everything that belongs to the backup has come. */
  const complete: Effect.Effect<Metadata.Metadata, BackupError> = Effect.zipRight(
    Effect.suspend(() => firstOf(lacking())),
    Effect.suspend(() =>
      Option.isSome(last) ? Effect.succeed(last.value) : missing("metadata", "it is what ends a backup")
    )
  )

  /** The tables whose rows are not as many as the metadata says. */
  function* miscounted(isLoaded: (table: Metadata.TableSection) => boolean): Generator<BackupError> {
    const listed = Option.match(last, { onNone: () => [], onSome: (metadata) => metadata.tables })
    for (const table of [...listed, ...ofTables]) {
      const found = loaded.get(keyOf(table)) ?? 0
      if (!table.isView && isLoaded(table) && Option.isSome(table.rows) && table.rows.value !== found) {
        yield rowCount(`${table.database}.${table.realName}`, "metadata", table.rows.value, found)
      }
    }
  }

  return {
    absorb,
    absorbRows,
    /** Whether anything tells of rows that should come. */
    countsRows: Effect.sync(() =>
      ofTables.length > 0 ||
      Option.exists(last, (metadata) => metadata.tables.some((table) => Option.isSome(table.rows)))
    ),
    prove,
    count,
    committed,
    complete,
    lacking,
    /** Holds the rows of every table against the metadata. */
    compareRows: (isLoaded: (table: Metadata.TableSection) => boolean) => firstOf(miscounted(isLoaded)),
    miscounted,
    /** Whether any metadata has come. */
    isOpen: Effect.sync(() => opened),
    /** What the backup has said of itself so far, and which files have come, by their names without compression. */
    known: Effect.sync(() => ({ announcement, last, ofTables, come }) as const),
    /** What has come, and the rows that are committed. */
    totals: Effect.sync(() => ({
      files: seen.size,
      bytes,
      rows: Array.from(loaded.values()).reduce((sum, rows) => sum + rows, 0)
    })),
    /** Whether definitions will come, as far as it is known. */
    definitionsFollow: Effect.sync(() =>
      Option.match(announcement, { onNone: () => true, onSome: ({ definitions }) => definitions })
    ),
    /** Whether names are in double quotes, which not every file's own header says. */
    isInDoubleQuotes: Effect.sync(() => quotes === "DOUBLE_QUOTE"),
    /** Whether definitions hold the blanks of `SchemaFile.guard`. */
    isGuarded: Effect.sync(() => Option.isSome(announcement))
  }
})
