/**
 * What a run of a command is to do: the typed form of its options.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

import * as Endpoint from "./Endpoint.js"
import { tlsModes } from "./internal/optionsTls.js"
import { like } from "./internal/pattern.js"

/**
 * Stream modes in mydumper's spelling. Its numbers are read as these words, without regard to bit 0.
 *
 * @since 0.1.0
 * @category models
 */
export const StreamMode = Schema.Literal("TRADITIONAL", "NO_DELETE", "NO_STREAM", "NO_STREAM_AND_NO_DELETE")

/**
 * @since 0.1.0
 * @category models
 */
export type StreamMode = typeof StreamMode.Type

/**
 * What a restore does with a table that exists.
 *
 * @since 0.1.0
 * @category models
 */
export const DropTable = Schema.Literal("FAIL", "NONE", "DROP", "TRUNCATE", "DELETE", "SKIP")

/**
 * @since 0.1.0
 * @category models
 */
export type DropTable = typeof DropTable.Type

/**
 * What becomes of a difference from another tool's checksums.
 *
 * @since 0.1.0
 * @category models
 */
export const Checksum = Schema.Literal("fail", "warn", "skip")

/**
 * @since 0.1.0
 * @category models
 */
export type Checksum = typeof Checksum.Type

/**
 * How all connections of a dump come to see one moment, in mydumper's spelling.
 *
 * @since 0.1.0
 * @category models
 */
export const LockMode = Schema.Literal("AUTO", "FTWRL", "LOCK_ALL", "GTID", "SAFE_NO_LOCK", "NO_LOCK")

/**
 * @since 0.1.0
 * @category models
 */
export type LockMode = typeof LockMode.Type

/**
 * What becomes of others who want to change definitions while a dump runs.
 *
 * @since 0.1.0
 * @category models
 */
export const Ddl = Schema.Literal("auto", "prevent", "detect")

/**
 * @since 0.1.0
 * @category models
 */
export type Ddl = typeof Ddl.Type

/**
 * What the files of a dump are compressed with.
 *
 * @since 0.1.0
 * @category models
 */
export const Compress = Schema.Literal("gzip", "zstd")

/**
 * @since 0.1.0
 * @category models
 */
export type Compress = typeof Compress.Type

/**
 * Where the password comes from: there is none, it was given, or it is to be asked for on the terminal.
 *
 * @since 0.1.0
 * @category models
 */
export const Password = Schema.Union(
  Schema.TaggedStruct("None", {}),
  Schema.TaggedStruct("Given", { secret: Schema.RedactedFromSelf(Schema.String) }),
  Schema.TaggedStruct("Prompt", {})
)

/**
 * @since 0.1.0
 * @category models
 */
export type Password = typeof Password.Type

/**
 * How to read a table: as the program thinks best, in one piece, or in chunks of so many rows. A `most` of 0 is no limit.
 *
 * @since 0.1.0
 * @category models
 */
export const Rows = Schema.Union(
  Schema.TaggedStruct("Automatic", {}),
  Schema.TaggedStruct("OnePiece", {}),
  Schema.TaggedStruct("Fixed", { rows: Schema.Number }),
  Schema.TaggedStruct("Adaptive", { least: Schema.Number, start: Schema.Number, most: Schema.Number })
)

/**
 * @since 0.1.0
 * @category models
 */
export type Rows = typeof Rows.Type

/**
 * A table by name, or by a pattern with `%` and `_`.
 *
 * @since 0.1.0
 * @category models
 */
export const TableName = Schema.Struct({ database: Schema.String, table: Schema.String })

/**
 * @since 0.1.0
 * @category models
 */
export type TableName = typeof TableName.Type

/** What a command says to people, and where. */
const messages = {
  verbose: Schema.Literal(0, 1, 2, 3),
  quiet: Schema.Boolean,
  progress: Schema.Literal("auto", "always", "never"),
  logfile: Schema.OptionFromSelf(Schema.String),
  debug: Schema.Boolean
}

/**
 * What every command is told about its messages.
 *
 * @since 0.1.0
 * @category models
 */
export const MessagesConfig = Schema.Struct(messages)

/**
 * @since 0.1.0
 * @category models
 */
export type MessagesConfig = typeof MessagesConfig.Type

/**
 * How connections are encrypted and checked, in MySQL's spelling. Files are only named: they are read before a job.
 *
 * @since 0.1.0
 * @category models
 */
export const Tls = Schema.Struct({
  mode: Schema.Literal(...tlsModes),
  ca: Schema.OptionFromSelf(Schema.String),
  capath: Schema.OptionFromSelf(Schema.String),
  /** The file of our own certificate, and the one of its key. */
  certificate: Schema.OptionFromSelf(Schema.Struct({ cert: Schema.String, key: Schema.String })),
  ciphers: Schema.OptionFromSelf(Schema.String),
  /** `None` is every version. */
  versions: Schema.OptionFromSelf(Schema.NonEmptyArray(Schema.Literal("TLSv1.2", "TLSv1.3")))
})

/**
 * @since 0.1.0
 * @category models
 */
export type Tls = typeof Tls.Type

const common = {
  ...messages,
  endpoint: Endpoint.Endpoint,
  user: Schema.String,
  password: Password,
  tls: Tls,
  /** Whether a server may have the password as it is, if it has to. */
  cleartextPlugin: Schema.Boolean,
  /** Connections. 0 was replaced by nothing: see {@link threadsOf}. */
  threads: Schema.Number,
  /** Bytes of a backup that may be in memory. */
  memoryBudget: Schema.Number,
  /** `None` is a plain directory. */
  stream: Schema.OptionFromSelf(StreamMode),
  /** Only these tables; empty for all. */
  tables: Schema.Array(TableName),
  /** Only what one of these matches as `database.table`; empty for all. */
  patterns: Schema.Array(Schema.instanceOf(RegExp))
}

/**
 * How rows are written as lines.
 *
 * @since 0.1.0
 * @category models
 */
export const Layout = Schema.Struct({
  fields: Schema.Struct({
    terminatedBy: Schema.Uint8ArrayFromSelf,
    /** A byte; nothing when fields are not enclosed. */
    enclosedBy: Schema.UndefinedOr(Schema.Number),
    escapedBy: Schema.Number
  }),
  lines: Schema.Struct({ startingBy: Schema.Uint8ArrayFromSelf, terminatedBy: Schema.Uint8ArrayFromSelf }),
  /** Whether a file begins with the names of the columns. */
  header: Schema.Boolean
})

/**
 * @since 0.1.0
 * @category models
 */
export type Layout = typeof Layout.Type

/**
 * What a dump may cost the server.
 *
 * @since 0.1.0
 * @category models
 */
export const Burden = Schema.Struct({
  /** In seconds: what is long, and how long to wait before looking again. */
  longQueries: Schema.Struct({
    seconds: Schema.Number,
    retries: Schema.Number,
    interval: Schema.Number,
    kill: Schema.Boolean
  }),
  throttle: Schema.OptionFromSelf(
    Schema.Struct({ variable: Schema.String, most: Schema.Number, millis: Schema.Number })
  ),
  /** Bytes in a second. */
  maxRate: Schema.OptionFromSelf(Schema.Number)
})

/**
 * @since 0.1.0
 * @category models
 */
export type Burden = typeof Burden.Type

/**
 * What a dump is to do.
 *
 * @since 0.1.0
 * @category models
 */
export const DumpConfig = Schema.Struct({
  ...common,
  /** Only these databases; empty for all but the server's own. */
  databases: Schema.Array(Schema.String),
  outputDirectory: Schema.OptionFromSelf(Schema.String),
  /** What to do with an output directory that is not empty. */
  whenNotEmpty: Schema.Literal("Refuse", "Clear", "WriteOver"),
  data: Schema.Boolean,
  users: Schema.Boolean,
  tablespaces: Schema.Boolean,
  history: Schema.Boolean,
  /** whether values of JSON are carried as their text. */
  jsonAsText: Schema.Boolean,
  schemas: Schema.Boolean,
  triggers: Schema.Boolean,
  routines: Schema.Boolean,
  events: Schema.Boolean,
  views: Schema.Boolean,
  rows: Rows,
  splitPartitions: Schema.Boolean,
  useSingleColumn: Schema.Boolean,
  /** Bytes, about. */
  statementSize: Schema.Number,
  /** Bytes; `None` is as large as the memory budget allows. */
  chunkFileSize: Schema.OptionFromSelf(Schema.Number),
  completeInsert: Schema.Boolean,
  hexBlob: Schema.Boolean,
  /** `None` writes INSERT statements. */
  lines: Schema.OptionFromSelf(Layout),
  compress: Schema.OptionFromSelf(Compress),
  utc: Schema.Boolean,
  lockMode: LockMode,
  ddl: Ddl,
  /** Whether tables of engines without transactions are refused. */
  transactionalOnly: Schema.Boolean,
  burden: Burden
})

/**
 * @since 0.1.0
 * @category models
 */
export type DumpConfig = typeof DumpConfig.Type

const trust = {
  /** How many times its size a compressed file may become. */
  maxExpansion: Schema.Number,
  /** Whether statements that no dump writes are taken. */
  allowUnknownStatements: Schema.Boolean
}

/**
 * How far a backup is trusted that is read.
 *
 * @since 0.1.0
 * @category models
 */
export const TrustConfig = Schema.Struct(trust)

/**
 * @since 0.1.0
 * @category models
 */
export type TrustConfig = typeof TrustConfig.Type

/**
 * What a restore is to do. Without a stream, or with a stream of names only, `directory` is there.
 *
 * @since 0.1.0
 * @category models
 */
export const RestoreConfig = Schema.Struct({
  ...common,
  directory: Schema.OptionFromSelf(Schema.String),
  /** The stream is an SQL script. */
  script: Schema.Boolean,
  /** The database to restore into; `None` keeps the names of the backup. */
  targetDatabase: Schema.OptionFromSelf(Schema.String),
  /** The only database of the backup to restore. */
  sourceDatabase: Schema.OptionFromSelf(Schema.String),
  dropTable: DropTable,
  checksum: Checksum,
  ...trust,
  data: Schema.Boolean,
  users: Schema.Boolean,
  schemas: Schema.Boolean,
  triggers: Schema.Boolean,
  /** Stored functions, procedures and events. */
  post: Schema.Boolean,
  skipBinlog: Schema.Boolean
})

/**
 * @since 0.1.0
 * @category models
 */
export type RestoreConfig = typeof RestoreConfig.Type

/**
 * What a verification is to read.
 *
 * @since 0.1.0
 * @category models
 */
export const VerifyConfig = Schema.Struct({
  ...messages,
  /** A folder, or a file that holds a stream; `None` is a stream on standard input. */
  backup: Schema.OptionFromSelf(Schema.String),
  /** The folder with the files of a stream that carries only names. */
  directory: Schema.OptionFromSelf(Schema.String),
  /** Whether the report is printed as JSON. */
  json: Schema.Boolean,
  ...trust,
  /** Bytes of a backup that may be in memory. */
  memoryBudget: Schema.Number
})

/**
 * @since 0.1.0
 * @category models
 */
export type VerifyConfig = typeof VerifyConfig.Type

/**
 * Where an unpacking puts the files.
 *
 * @since 0.1.0
 * @category models
 */
export const UnpackConfig = Schema.Struct({
  ...messages,
  ...trust,
  directory: Schema.String,
  /** Bytes of a backup that may be in memory. */
  memoryBudget: Schema.Number
})

/**
 * @since 0.1.0
 * @category models
 */
export type UnpackConfig = typeof UnpackConfig.Type

/**
 * The number of connections on a machine with so many processors: 0 means one for each, at least 2.
 *
 * @example
 * import { Config } from "sluice"
 *
 * Config.threadsOf(0, 8) // 8
 * Config.threadsOf(0, 1) // 2
 * Config.threadsOf(3, 8) // 3
 *
 * @since 0.1.0
 * @category getters
 */
export const threadsOf = (threads: number, processors: number): number =>
  threads === 0 ? Math.max(2, processors) : threads

/**
 * Whether a table is asked for: it is in the list of tables, or there is none, and it matches a pattern, or there is none.
 * In the list `%` stands for any text and `_` for any letter, in any case, as in mydumper.
 *
 * @since 0.1.0
 * @category predicates
 */
export const includes = (config: {
  readonly tables: ReadonlyArray<TableName>
  readonly patterns: ReadonlyArray<RegExp>
}): (database: string, table: string) => boolean => {
  const tables = config.tables.map((name) => ({ database: like(name.database), table: like(name.table) }))
  return (database, table) =>
    (tables.length === 0 || tables.some((name) => name.database.test(database) && name.table.test(table))) &&
    (config.patterns.length === 0 || config.patterns.some((pattern) => pattern.test(`${database}.${table}`)))
}
