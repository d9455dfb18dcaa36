/**
 * The metadata of a backup: what was dumped, how many rows, and which files, with what bytes, make it whole.
 *
 * One text format serves three kinds of file. `metadata` closes a backup. In a stream, `metadata.header` opens it
 * and each `metadata.partial.N` tells what follows. The sections are mydumper's; the sections `[sluice]`,
 * `[sluice.inventory]`, `[sluice.files]` and `[sluice.end]` are ours, and mydumper's loader ignores them.
 *
 * ```text
 * [sluice]
 * version = 1
 * backup-id = 0b5e...
 * manifest = required
 * [sluice.files]
 * shop.orders.00000.sql = 10485760 52100 crc32:5a3c9e01     bytes, rows, checksum
 * [sluice.end]
 * files = 1
 * checksum = crc32:7d2f00c4                                  of every byte above this line
 * ```
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import * as Crc32 from "./Crc32.js"
import * as Ini from "./internal/ini.js"
import * as Inventory from "./Inventory.js"

/**
 * What is said of one table, sequence or view. `database` and `table` are the parts that stand in file names.
 *
 * @since 0.1.0
 * @category models
 */
export interface TableSection {
  readonly database: string
  readonly table: string
  readonly realName: string
  /** Rows in the data files; not known for a view or a sequence, nor while a stream is under way. */
  readonly rows: Option.Option<number>
  readonly isView: boolean
  readonly isSequence: boolean
}

/**
 * What the manifest says of one file.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileEntry {
  readonly name: string
  readonly bytes: number
  /** Rows in a data file; `None` for files that hold none. */
  readonly rows: Option.Option<number>
  /** `algorithm:digits`, over the file as it is stored. */
  readonly checksum: string
}

/**
 * What Sluice says of a backup that it made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Announcement {
  readonly backupId: string
  /** Whether the tables' definitions are in the backup. */
  readonly definitions: boolean
  /** How consistent the dump is, in words: what was locked, and for how long. */
  readonly consistency: Option.Option<string>
  /** What the backup holds, where it says so: not in the parts in the midst of a stream. */
  readonly inventory: Option.Option<Inventory.Inventory>
  /** The bytes of the longest statement with rows so far, if it is known. */
  readonly longestStatement: Option.Option<number>
}

/**
 * A checksum that mydumper wrote of a table, by the parts that stand in file names, or of a database, by its name.
 *
 * @since 0.1.0
 * @category models
 */
export interface StoredChecksum {
  readonly database: string
  readonly table: Option.Option<string>
  /** What it is of: `post` stands for functions and procedures. */
  readonly of: "schema" | "indexes" | "data" | "triggers" | "post" | "events"
  /** Digits, decimal for `data` and else hexadecimal in either case. */
  readonly value: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Metadata {
  /** Local time, or none in a part of a stream that does not say. */
  readonly startedAt: Option.Option<string>
  readonly finishedAt: Option.Option<string>
  /** `[config]`: only keys that mydumper's loader knows may ever stand here, others are fatal to it. */
  readonly config: ReadonlyMap<string, string>
  /** `[myloader_session_variables]`, with their versioned-comment tails. */
  readonly sessionVariables: ReadonlyMap<string, string>
  /** `[source]`: the position in the binary log that belongs to the snapshot. */
  readonly source: ReadonlyMap<string, string>
  readonly tables: ReadonlyArray<TableSection>
  /** Only mydumper's own backups have some; `render` writes none. */
  readonly checksums: ReadonlyArray<StoredChecksum>
  /** `None` for a backup that another tool made. */
  readonly announcement: Option.Option<Announcement>
  readonly files: ReadonlyArray<FileEntry>
}

/**
 * Metadata with nothing in it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const empty: Metadata = {
  startedAt: Option.none(),
  finishedAt: Option.none(),
  config: new Map(),
  sessionVariables: new Map(),
  source: new Map(),
  tables: [],
  checksums: [],
  announcement: Option.none(),
  files: []
}

/**
 * Why metadata cannot be trusted.
 *
 * @since 0.1.0
 * @category errors
 */
export class MetadataError extends Data.TaggedError("MetadataError")<{
  readonly reason: "NotText" | "Damaged" | "Malformed" | "Version"
  readonly detail: string
}> {
  /** @since 0.1.0 */
  override get message(): string {
    return this.detail
  }
}

/**
 * The version of the sections of ours that this module writes, and the newest that it reads.
 *
 * @since 0.1.0
 * @category limits
 */
export const version = 1

const quote = (name: string): string => `\`${name}\``

const section = (name: string, lines: Iterable<string>): string => [`[${name}]`, ...lines, ""].join("\n")

const pairs = (map: ReadonlyMap<string, string>): Array<string> =>
  Array.from(map, ([key, value]) => `${key} = ${value}`)

const tableSection = (table: TableSection): string =>
  section(`${quote(table.database)}.${quote(table.table)}`, [
    `real_table_name=${table.realName.replaceAll("`", "``")}`,
    ...Option.match(table.rows, { onNone: () => [], onSome: (rows) => [`rows = ${rows}`] }),
    ...(table.isSequence ? ["is_sequence = 1"] : []),
    ...(table.isView ? ["is_view = 1"] : [])
  ])

const fileLine = (file: FileEntry): string =>
  `${file.name} = ${file.bytes} ${Option.getOrElse(file.rows, () => "-")} ${file.checksum}`

const announcementSection = (announcement: Announcement): string =>
  section("sluice", [
    `version = ${version}`,
    `backup-id = ${announcement.backupId}`,
    "manifest = required",
    `definitions = ${announcement.definitions ? 1 : 0}`,
    ...Option.match(announcement.consistency, { onNone: () => [], onSome: (text) => [`consistency = ${text}`] }),
    ...Option.match(announcement.longestStatement, {
      onNone: () => [],
      onSome: (bytes) => [`longest-statement = ${bytes}`]
    })
  ]) + Option.match(announcement.inventory, {
    onNone: () => "",
    onSome: (inventory) => section("sluice.inventory", pairs(new Map(Inventory.render(inventory))))
  })

const encoder = new TextEncoder()

const seal = (body: string, files: number): Uint8Array => {
  const above = `${body}[sluice.end]\nfiles = ${files}\n`
  return encoder.encode(`${above}checksum = ${Crc32.render(Crc32.update(encoder.encode(above)))}\n`)
}

/**
 * The bytes of a metadata file. It is sealed with the manifest's end when it is one of ours.
 *
 * @since 0.1.0
 * @category encoding
 */
export const render = (metadata: Metadata): Uint8Array => {
  const body = [
    // at the head, so that a text that was cut still says that it must have an end
    ...Option.match(metadata.announcement, {
      onNone: () => [],
      onSome: (announcement) => [announcementSection(announcement), "\n"]
    }),
    ...Option.match(metadata.startedAt, { onNone: () => [], onSome: (time) => [`# Started dump at: ${time}\n`] }),
    ...(metadata.config.size === 0 ? [] : [section("config", pairs(metadata.config)), "\n"]),
    ...(metadata.sessionVariables.size === 0 ? [] : [
      section(
        "myloader_session_variables",
        Array.from(metadata.sessionVariables, ([key, value]) => `${key}=${value}`)
      ),
      "\n"
    ]),
    ...(metadata.source.size === 0 ? [] : [section("source", pairs(metadata.source)), "\n"]),
    ...metadata.tables.map((table) => `${tableSection(table)}\n`),
    ...(metadata.files.length === 0 ? [] : [section("sluice.files", metadata.files.map(fileLine))]),
    ...Option.match(metadata.finishedAt, { onNone: () => [], onSome: (time) => [`# Finished dump at: ${time}\n`] })
  ].join("")
  return Option.isSome(metadata.announcement) ? seal(body, metadata.files.length) : encoder.encode(body)
}

const malformed = (detail: string) => Either.left(new MetadataError({ reason: "Malformed", detail }))
const damaged = (detail: string) => Either.left(new MetadataError({ reason: "Damaged", detail }))

const count = /^\d{1,15}$/

const parseFile = (name: string, value: string): Either.Either<FileEntry, MetadataError> => {
  const [bytes = "", rows = "", checksum = "", ...rest] = value.split(" ")
  return count.test(bytes) && (rows === "-" || count.test(rows)) && /^[a-z0-9]+:[0-9a-f]+$/.test(checksum) &&
      rest.length === 0
    ? Either.right({
      name,
      bytes: Number(bytes),
      rows: rows === "-" ? Option.none() : Option.some(Number(rows)),
      checksum
    })
    : malformed(`the manifest's line for ${name} cannot be read`)
}

const parseTable = (group: Ini.Group): Option.Option<TableSection> => {
  const match = /^([`"])(.*)\1\.\1(.*)\1$/s.exec(group.name)
  if (match === null) {
    return Option.none()
  }
  const [, quote = "", database = "", table = ""] = match
  // versions before 0.14 wrote some keys in other cases
  const entries = new Map(group.entries.map(([key, value]) => [key.toLowerCase(), value]))
  const rows = entries.get("rows")
  const realName = entries.get("real_table_name")
  return Option.some({
    database,
    table,
    realName: realName === undefined || realName === "" ? table : realName.replaceAll(quote + quote, quote),
    rows: rows !== undefined && count.test(rows) ? Option.some(Number(rows)) : Option.none(),
    isView: entries.get("is_view") === "1",
    isSequence: entries.get("is_sequence") === "1"
  })
}

const summed = ["schema", "indexes", "data", "triggers", "post", "events"] as const

const parseChecksums = (group: Ini.Group): ReadonlyArray<StoredChecksum> => {
  const [, , database, , table] = /^([`"])(.*?)\1(\.\1(.*)\1)?$/s.exec(group.name) ?? []
  const entries = new Map(group.entries)
  return database === undefined ? [] : summed.flatMap((of) => {
    const value = entries.get(`${of}_checksum`)
    return value === undefined || !/^[0-9a-f]+$/i.test(value)
      ? []
      : [{ database, table: Option.fromNullable(table), of, value }]
  })
}

const comment = (file: Ini.KeyFile, prefix: string): Option.Option<string> =>
  Option.map(
    Option.fromNullable(file.comments.find((comment) => comment.startsWith(prefix))),
    (comment) => comment.slice(prefix.length).trim()
  )

/** The names of today for what older versions called otherwise. */
const positionKeys = new Map([
  ["file", "SOURCE_LOG_FILE"],
  ["log", "SOURCE_LOG_FILE"],
  ["position", "SOURCE_LOG_POS"],
  ["pos", "SOURCE_LOG_POS"],
  ["executed_gtid_set", "executed_gtid_set"],
  ["gtid", "executed_gtid_set"]
])

/** `[source]`, or `[master]` of versions before 0.16, or the free text of versions before 0.14. */
const position = (file: Ini.KeyFile): ReadonlyMap<string, string> => {
  const source = Ini.entriesOf(file, "source")
  if (source.size > 0) {
    return source
  }
  const from = file.comments.indexOf("SHOW MASTER STATUS:") + 1
  const free = file.comments.slice(from, from === 0 ? 0 : from + 3).map((line) => {
    const colon = line.indexOf(":")
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const
  })
  return new Map(
    [...Ini.entriesOf(file, "master"), ...free].flatMap(([key, value]) => {
      const name = positionKeys.get(key.toLowerCase())
      return name === undefined || value === "" || value === "(null)" ? [] : [[name, value] as const]
    })
  )
}

/** Checks the seal; the text above the last line is what the last line's checksum is of. */
const checkSeal = (text: string, file: Ini.KeyFile): Either.Either<void, MetadataError> => {
  const end = Ini.entriesOf(file, "sluice.end")
  const files = Ini.entriesOf(file, "sluice.files")
  const at = text.lastIndexOf("checksum = ")
  if (end.size === 0 || at === -1) {
    return damaged("the manifest has no end")
  }
  const expected = Crc32.render(Crc32.update(encoder.encode(text.slice(0, at))))
  if (text.slice(at) !== `checksum = ${expected}\n`) {
    return damaged("the manifest does not match its own checksum")
  }
  return end.get("files") === String(files.size)
    ? Either.void
    : damaged(`the manifest lists ${files.size} files and says it lists ${end.get("files") ?? "none"}`)
}

/**
 * Reads a metadata file, ours or mydumper's.
 *
 * Text that has any section of ours must be sealed and intact; text that has none is another tool's, and is taken
 * as it is.
 *
 * @since 0.1.0
 * @category decoding
 */
export const parse = (bytes: Uint8Array): Either.Either<Metadata, MetadataError> =>
  Either.gen(function*() {
    const text = yield* Either.try({
      try: () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
      catch: () => new MetadataError({ reason: "NotText", detail: "the metadata is not UTF-8 text" })
    })
    const file = Ini.parse(text)
    const isOurs = text.includes("[sluice")
    const announcement = Ini.entriesOf(file, "sluice")
    if (isOurs) {
      yield* checkSeal(text, file)
      const written = announcement.get("version")
      if (written !== String(version)) {
        yield* Either.left(
          new MetadataError({
            reason: "Version",
            detail: `the manifest has version ${written ?? "(none)"}, and this program reads version ${version}`
          })
        )
      }
    }
    const inventory = Ini.entriesOf(file, "sluice.inventory")
    const held = inventory.size === 0 ? Option.none() : Option.some(
      yield* Either.mapLeft(
        Inventory.parse(inventory),
        (line) => new MetadataError({ reason: "Malformed", detail: `the inventory's line ${line} cannot be read` })
      )
    )
    const longest = announcement.get("longest-statement")
    const files: Array<FileEntry> = []
    for (const [name, value] of Ini.entriesOf(file, "sluice.files")) {
      files.push(yield* parseFile(name, value))
    }
    return {
      startedAt: comment(file, "Started dump at:"),
      finishedAt: comment(file, "Finished dump at:"),
      config: new Map(
        // versions before 0.15 wrote underscores
        Array.from(Ini.entriesOf(file, "config"), ([key, value]) => [key.replaceAll("_", "-"), value])
      ),
      sessionVariables: Ini.entriesOf(file, "myloader_session_variables"),
      source: position(file),
      tables: file.groups.flatMap((group) => Option.toArray(parseTable(group))),
      checksums: file.groups.flatMap(parseChecksums),
      announcement: isOurs
        ? Option.some({
          backupId: announcement.get("backup-id") ?? "",
          definitions: announcement.get("definitions") !== "0",
          consistency: Option.fromNullable(announcement.get("consistency")),
          inventory: held,
          longestStatement: longest !== undefined && count.test(longest) ? Option.some(Number(longest)) : Option.none()
        })
        : Option.none(),
      files
    }
  })
