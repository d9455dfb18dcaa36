/**
 * The names of a backup's files: which object of which database a file holds, seen from its name alone.
 *
 * The names are mydumper's. A database or a table stands in them as it is when it is short and plain, and as an
 * alias (`mydumper_7`) when it is not; `Naming` keeps the two apart.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

/**
 * What a file of a backup is. `database` and `table` are the parts as they stand in the file's name: aliases are
 * not resolved here.
 *
 * @since 0.1.0
 * @category models
 */
export type FileName = Data.TaggedEnum<{
  /** `metadata`: the last file, which makes a backup complete. */
  readonly Metadata: {}
  /** `metadata.header`: the first record of a stream. */
  readonly MetadataHeader: {}
  /** `metadata.partial.N`: a record of a stream that tells what follows. */
  readonly MetadataPartial: { readonly index: number }
  /** `all-schema-create-tablespace.sql`: CREATE TABLESPACE. mydumper's loader passes it over. */
  readonly Tablespaces: {}
  /** `all-users.sluice`: accounts, and what they may do. A name that mydumper's loader does not know, and passes over. */
  readonly Users: {}
  /** `D-schema-create.sql`: CREATE DATABASE. */
  readonly Database: { readonly database: string }
  /** `D.T-schema.sql`: CREATE TABLE, also the placeholder table of a view. */
  readonly Table: { readonly database: string; readonly table: string }
  /** `D.T-schema-sequence.sql`: a MariaDB sequence. */
  readonly Sequence: { readonly database: string; readonly table: string }
  /**
   * `D.T.00000.sql` or `D.T.00000.00001.sql`: rows as INSERT statements, or a LOAD DATA statement. `part` is
   * `unnumbered` for `D.T.sql`, the only file of a table that mydumper wrote before 0.11.
   */
  readonly Rows: {
    readonly database: string
    readonly table: string
    readonly part: number
    readonly subPart: number
  }
  /** `D.T.00000.dat`: the rows a LOAD DATA statement reads. */
  readonly LoadData: {
    readonly database: string
    readonly table: string
    readonly part: number
    readonly subPart: number
  }
  /** `D.V-schema-view.sql`: a view. */
  readonly View: { readonly database: string; readonly table: string }
  /** `D-schema-triggers.sql`, or `D.T-schema-triggers.sql` for one table. */
  readonly Triggers: { readonly database: string; readonly table: Option.Option<string> }
  /** `D-schema-post.sql`: routines and events. */
  readonly Post: { readonly database: string }
  /** `D.T-metadata`: the number of rows of a table, which mydumper wrote before 0.12. */
  readonly TableRows: { readonly database: string; readonly table: string }
  /** A file that mydumper writes beside a backup and that restores nothing, such as `resume`. */
  readonly Bystander: { readonly name: string }
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const FileName = Data.taggedEnum<FileName>()

/**
 * How a file is compressed, as its last extension says.
 *
 * @since 0.1.0
 * @category models
 */
export type Compression = "none" | "gzip" | "zstd"

/**
 * A file name taken apart.
 *
 * @since 0.1.0
 * @category models
 */
export interface Parsed {
  readonly file: FileName
  readonly compression: Compression
}

/**
 * A name that no file of a backup may have.
 *
 * @since 0.1.0
 * @category errors
 */
export class FileNameError extends Data.TaggedError("FileNameError")<{
  readonly name: string
  readonly reason: "Unsafe" | "Unknown"
}> {
  /** @since 0.1.0 */
  override get message(): string {
    const shown = JSON.stringify(this.name.length > 120 ? `${this.name.slice(0, 117)}...` : this.name)
    return this.reason === "Unsafe"
      ? `the name ${shown} would leave the backup's folder, or cannot be a file's name`
      : `the name ${shown} is not the name of a file of a backup`
  }
}

/**
 * The longest name, in UTF-16 units, that is accepted from a stream or a folder.
 *
 * @since 0.1.0
 * @category limits
 */
export const maximumLength = 255

/**
 * Whether a name is a bare file name: not empty, no separators, no NUL or other control characters, not `.` or
 * `..`, not hidden, not too long. What comes in a stream comes from a stranger.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isSafe = (name: string): boolean =>
  name.length > 0 &&
  name.length <= maximumLength &&
  !name.startsWith(".") &&
  // separators, control characters, and what bytes that are no UTF-8 were read as
  !/[/\\\u0000-\u001f\u007f\ufffd]/.test(name)

const bystanders = new Set([
  // what mydumper calls metadata until it is done
  "metadata.partial",
  "resume",
  "resume.partial",
  "not_updated_tables"
])

/**
 * The `part` of a file with rows whose name has no number.
 *
 * @since 0.1.0
 * @category models
 */
export const unnumbered = -1

const splitCompression = (name: string): readonly [stem: string, compression: Compression] =>
  name.endsWith(".gz")
    ? [name.slice(0, -3), "gzip"]
    : name.endsWith(".zst")
    ? [name.slice(0, -4), "zstd"]
    : [name, "none"]

const suffixes: ReadonlyArray<
  readonly [suffix: string, make: (database: string, table: Option.Option<string>) => Option.Option<FileName>]
> = [
  [
    "-schema-create.sql",
    (database, table) => Option.isNone(table) ? Option.some(FileName.Database({ database })) : Option.none()
  ],
  [
    "-schema-post.sql",
    (database, table) => Option.isNone(table) ? Option.some(FileName.Post({ database })) : Option.none()
  ],
  ["-schema-triggers.sql", (database, table) => Option.some(FileName.Triggers({ database, table }))],
  ["-schema-view.sql", (database, table) => Option.map(table, (table) => FileName.View({ database, table }))],
  ["-schema-sequence.sql", (database, table) => Option.map(table, (table) => FileName.Sequence({ database, table }))],
  ["-schema.sql", (database, table) => Option.map(table, (table) => FileName.Table({ database, table }))]
]

const tablespaces = "all-schema-create-tablespace.sql"
const users = "all-users.sluice"

/**
 * The database and the table at the start of a name. mydumper gives an alias to a name with a dot; before 0.11 it did
 * not, and all but the first dot belonged to the table.
 */
const split = (stem: string): readonly [database: string, table: Option.Option<string>] | undefined => {
  const [database = "", ...rest] = stem.split(".")
  return database === "" || rest.includes("")
    ? undefined
    : [database, rest.length === 0 ? Option.none() : Option.some(rest.join("."))]
}

const parseSchema = (stem: string): Option.Option<FileName> => {
  if (stem === tablespaces || stem === users) {
    return Option.some(stem === users ? FileName.Users() : FileName.Tablespaces())
  }
  for (const [suffix, make] of suffixes) {
    if (stem.endsWith(suffix) && stem.length > suffix.length) {
      const names = split(stem.slice(0, -suffix.length))
      return names === undefined ? Option.none() : make(...names)
    }
  }
  return Option.none()
}

const parseData = (stem: string): Option.Option<FileName> => {
  const [, names = "", part = "", subPart = "", extension = ""] =
    // a table may have a number for a name, so it comes first
    /^([^.]+\..+?)(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?\.(sql|dat)$/.exec(stem) ?? []
  const [database = "", table = Option.none<string>()] = split(names) ?? []
  if (Option.isNone(table) || (part === "" && suffixes.some(([suffix]) => stem.endsWith(suffix)))) {
    return Option.none()
  }
  const fields = {
    database,
    table: table.value,
    part: part === "" ? unnumbered : Number(part),
    subPart: subPart === "" ? 0 : Number(subPart)
  }
  return Option.some(extension === "sql" ? FileName.Rows(fields) : FileName.LoadData(fields))
}

/**
 * Takes a file's name apart.
 *
 * Fails with `Unsafe` for a name that must never reach a file system, and with `Unknown` for one that belongs to
 * no backup.
 *
 * @example
 * ```ts
 * import { FileName } from "@sluice/format"
 * import { Either } from "effect"
 *
 * Either.getOrThrow(FileName.parse("shop.orders.00002.sql")).file
 * // { _tag: "Rows", database: "shop", table: "orders", part: 2, subPart: 0 }
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const parse = (name: string): Either.Either<Parsed, FileNameError> => {
  if (!isSafe(name)) {
    return Either.left(new FileNameError({ name, reason: "Unsafe" }))
  }
  if (name === "metadata") {
    return Either.right({ file: FileName.Metadata(), compression: "none" })
  }
  if (name === "metadata.header") {
    return Either.right({ file: FileName.MetadataHeader(), compression: "none" })
  }
  // a number has one name only, so that a file cannot come twice
  const partial = /^metadata\.partial\.(0|[1-9]\d{0,14})$/.exec(name)
  if (partial !== null) {
    return Either.right({ file: FileName.MetadataPartial({ index: Number(partial[1]) }), compression: "none" })
  }
  // some versions of mydumper wrote checksums beside what they are of
  if (bystanders.has(name) || /^[^.]+(\.[^.]+)?-checksum$/.test(name)) {
    return Either.right({ file: FileName.Bystander({ name }), compression: "none" })
  }
  const ofTable = /^([^.]+)\.([^.]+)-metadata$/.exec(name)
  if (ofTable !== null) {
    const [, database = "", table = ""] = ofTable
    return Either.right({ file: FileName.TableRows({ database, table }), compression: "none" })
  }
  const [stem, compression] = splitCompression(name)
  return Option.match(Option.orElse(parseSchema(stem), () => parseData(stem)), {
    onNone: () => Either.left(new FileNameError({ name, reason: "Unknown" })),
    onSome: (file) => Either.right({ file, compression })
  })
}

const number = (n: number): string => String(n).padStart(5, "0")

const dataStem = (file: {
  readonly database: string
  readonly table: string
  readonly part: number
  readonly subPart: number
}): string =>
  `${file.database}.${file.table}${file.part === unnumbered ? "" : `.${number(file.part)}`}${
    file.subPart === 0 ? "" : `.${number(file.subPart)}`
  }`

/**
 * The name of a file: the inverse of `parse` for files that are not compressed.
 *
 * @since 0.1.0
 * @category encoding
 */
export const render: (file: FileName) => string = FileName.$match({
  Metadata: () => "metadata",
  MetadataHeader: () => "metadata.header",
  MetadataPartial: ({ index }) => `metadata.partial.${index}`,
  Tablespaces: () => tablespaces,
  Users: () => users,
  Database: ({ database }) => `${database}-schema-create.sql`,
  Table: ({ database, table }) => `${database}.${table}-schema.sql`,
  Sequence: ({ database, table }) => `${database}.${table}-schema-sequence.sql`,
  Rows: (file) => `${dataStem(file)}.sql`,
  LoadData: (file) => `${dataStem(file)}.dat`,
  View: ({ database, table }) => `${database}.${table}-schema-view.sql`,
  Triggers: ({ database, table }) =>
    `${database}${Option.match(table, { onNone: () => "", onSome: (table) => `.${table}` })}-schema-triggers.sql`,
  Post: ({ database }) => `${database}-schema-post.sql`,
  TableRows: ({ database, table }) => `${database}.${table}-metadata`,
  Bystander: ({ name }) => name
})
