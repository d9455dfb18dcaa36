/**
 * Options by their long names, as the parser hands them over, become the typed configuration of a command.
 *
 * @internal
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

import type { Password, Rows, TableName, Tls } from "../Config.js"
import {
  Checksum,
  Compress,
  Ddl,
  DropTable,
  DumpConfig,
  LockMode,
  RestoreConfig,
  StreamMode,
  UnpackConfig,
  VerifyConfig
} from "../Config.js"
import * as Endpoint from "../Endpoint.js"
import { linesFields, linesOf } from "./linesOfOptions.js"
import { burdenFields, burdenOf } from "./optionsBurden.js"
import { compile } from "./pattern.js"
import { tlsFields, tlsOf } from "./tlsOfOptions.js"

const text = Schema.optional(Schema.String)

/** @internal */
export const messageOptions = Schema.Struct({
  verbose: Schema.Int,
  quiet: Schema.Boolean,
  progress: Schema.Literal("auto", "always", "never"),
  logfile: text,
  debug: Schema.Boolean,
  /** The words that are no options. */
  words: Schema.Array(Schema.String)
})

const commonOptions = Schema.Struct({
  ...messageOptions.fields,
  host: text,
  port: Schema.Int,
  user: Schema.String,
  password: Schema.optional(Schema.RedactedFromSelf(Schema.String)),
  "ask-password": Schema.Boolean,
  socket: text,
  protocol: Schema.optional(Schema.Literal("tcp", "socket")),
  ...tlsFields,
  "tables-list": Schema.Array(Schema.String),
  regex: Schema.Array(Schema.String),
  threads: Schema.Int,
  stream: Schema.optional(StreamMode),
  "memory-budget": Schema.NumberFromString
})

const dumpOptions = Schema.Struct({
  ...commonOptions.fields,
  database: Schema.Array(Schema.String),
  "no-data": Schema.Boolean,
  "all-tablespaces": Schema.Boolean,
  history: Schema.Boolean,
  "json-as-text": Schema.Boolean,
  users: Schema.Boolean,
  "no-schemas": Schema.Boolean,
  triggers: Schema.Boolean,
  routines: Schema.Boolean,
  events: Schema.Boolean,
  "no-views": Schema.Boolean,
  outputdir: text,
  ...linesFields,
  ...burdenFields,
  clear: Schema.Boolean,
  dirty: Schema.Boolean,
  "chunk-filesize": Schema.Int,
  rows: text,
  "split-partitions": Schema.Boolean,
  "use-single-column": Schema.Boolean,
  "statement-size": Schema.NumberFromString,
  "complete-insert": Schema.Boolean,
  "hex-blob": Schema.Boolean,
  compress: Schema.optional(Compress),
  "tz-utc": Schema.Boolean,
  "sync-thread-lock-mode": LockMode,
  ddl: Ddl,
  "skip-ddl-locks": Schema.Boolean,
  "trx-tables": Schema.optional(Schema.Literal("0", "1")),
  "no-trx-tables": Schema.Boolean
})

/** @internal */
export const trustOptions = Schema.Struct({
  "max-expansion": Schema.Int,
  "allow-unknown-statements": Schema.Boolean
})

const restoreOptions = Schema.Struct({
  ...commonOptions.fields,
  directory: text,
  mysqldump: Schema.Boolean,
  database: text,
  "source-db": text,
  "no-data": Schema.Boolean,
  users: Schema.Boolean,
  "no-schemas": Schema.Boolean,
  "skip-triggers": Schema.Boolean,
  "skip-post": Schema.Boolean,
  "drop-table": DropTable,
  checksum: Checksum,
  ...trustOptions.fields,
  "skip-binlog": Schema.Boolean
})

const verifyOptions = Schema.Struct({
  ...messageOptions.fields,
  directory: text,
  json: Schema.Boolean,
  ...trustOptions.fields,
  "memory-budget": Schema.NumberFromString
})

const unpackOptions = Schema.Struct({
  ...messageOptions.fields,
  directory: text,
  ...trustOptions.fields,
  "memory-budget": Schema.NumberFromString
})

/** @internal */
export const trustOf = (input: typeof trustOptions.Type) => ({
  maxExpansion: input["max-expansion"],
  allowUnknownStatements: input["allow-unknown-statements"]
})

const passwordOf = (input: typeof commonOptions.Type): Password =>
  input["ask-password"]
    ? { _tag: "Prompt" }
    : input.password === undefined
    ? { _tag: "None" }
    : { _tag: "Given", secret: input.password }

/** @internal */
export const tableOf = (name: string): TableName => {
  const dot = name.indexOf(".")
  return { database: name.slice(0, dot), table: name.slice(dot + 1) }
}

const verboseOf = (level: number): 0 | 1 | 2 | 3 => level <= 0 ? 0 : level === 1 ? 1 : level === 2 ? 2 : 3

/** @internal */
export const patternsOf = (
  input: { readonly regex: ReadonlyArray<string> }
): Either.Either<ReadonlyArray<RegExp>, string> =>
  Either.all(
    input.regex.map((pattern, index) =>
      Either.mapLeft(compile(pattern), (reason) =>
        `pattern ${
          index + 1
        } of --regex cannot be read (${reason}): write a pattern that PCRE and JavaScript both know`)
    )
  )

/** @internal */
export const messagesOf = (input: typeof messageOptions.Type) => ({
  verbose: verboseOf(input.verbose),
  quiet: input.quiet,
  progress: input.progress,
  logfile: Option.fromNullable(input.logfile),
  debug: input.debug
})

interface Effective {
  readonly patterns: ReadonlyArray<RegExp>
  readonly tls: Tls
}

/** What may be wrong in the options of every command. */
const effectiveOf = (input: typeof commonOptions.Type): Either.Either<Effective, string> =>
  Either.all({ patterns: patternsOf(input), tls: tlsOf(input) })

const commonOf = (input: typeof commonOptions.Type, { patterns, tls }: Effective) => ({
  ...messagesOf(input),
  tls,
  cleartextPlugin: input["enable-cleartext-plugin"],
  endpoint: Endpoint.fromOptions(input),
  user: input.user,
  password: passwordOf(input),
  threads: input.threads,
  memoryBudget: input["memory-budget"],
  stream: Option.fromNullable(input.stream),
  tables: input["tables-list"].map(tableOf),
  patterns
})

const rowsOf = (rows: string | undefined): Rows => {
  if (rows === undefined) return { _tag: "Automatic" }
  const [least = 0, start, most] = rows.split(":").map(Number)
  if (start !== undefined && most !== undefined) return { _tag: "Adaptive", least, start, most }
  return least < 0 ? { _tag: "OnePiece" } : { _tag: "Fixed", rows: least }
}

/** The older names have to agree with the newer ones. */
const guardsOf = (
  input: typeof dumpOptions.Type
): Either.Either<Pick<DumpConfig, "ddl" | "transactionalOnly">, string> =>
  input["skip-ddl-locks"] && input.ddl === "prevent"
    ? Either.left("--skip-ddl-locks and --ddl=prevent contradict each other: leave one of them out")
    : input["no-trx-tables"] && input["trx-tables"] === "1"
    ? Either.left("--no-trx-tables and --trx-tables contradict each other: leave one of them out")
    : Either.right({
      ddl: input["skip-ddl-locks"] ? "detect" : input.ddl,
      transactionalOnly: input["trx-tables"] === "1"
    })

const dumpOf = (input: typeof dumpOptions.Type): Either.Either<DumpConfig, string> =>
  Either.map(
    Either.all([effectiveOf(input), guardsOf(input), linesOf(input), burdenOf(input)]),
    ([effective, guards, lines, burden]) => {
      const [database, ...tables] = input.words
      const shared = commonOf(input, effective)
      return {
        ...shared,
        // words turn the stream on, as in mydumper
        stream: database === undefined
          ? shared.stream
          : Option.some(Option.getOrElse(shared.stream, () => "TRADITIONAL" as const)),
        tables: database === undefined
          ? shared.tables
          : [...shared.tables, ...tables.map((name) => ({ database, table: name.slice(database.length + 1) }))],
        databases: database === undefined ? input.database : [database],
        outputDirectory: Option.fromNullable(input.outputdir),
        whenNotEmpty: input.clear ? "Clear" : input.dirty ? "WriteOver" : "Refuse",
        data: !input["no-data"],
        users: input.users,
        tablespaces: input["all-tablespaces"],
        history: input.history,
        jsonAsText: input["json-as-text"],
        schemas: !input["no-schemas"],
        triggers: input.triggers,
        routines: input.routines,
        events: input.events,
        views: !input["no-views"],
        rows: rowsOf(input.rows),
        splitPartitions: input["split-partitions"],
        useSingleColumn: input["use-single-column"],
        statementSize: input["statement-size"],
        compress: Option.fromNullable(input.compress),
        chunkFileSize: input["chunk-filesize"] === 0
          ? Option.none()
          : Option.some(input["chunk-filesize"] * 1024 * 1024),
        completeInsert: input["complete-insert"],
        hexBlob: input["hex-blob"],
        lines,
        utc: input["tz-utc"],
        lockMode: input["sync-thread-lock-mode"],
        burden,
        ...guards
      }
    }
  )

const restoreOf = (input: typeof restoreOptions.Type): Either.Either<RestoreConfig, string> =>
  Either.flatMap(effectiveOf(input), (effective) => {
    const { directory } = input
    const stream = input.stream ?? (input.mysqldump ? "TRADITIONAL" : undefined)
    const chooses = ["source-db", "tables-list", "regex"] as const
    const chosen = chooses.find((name) => input[name] !== undefined && input[name].length > 0)
    if (input.mysqldump && (directory !== undefined || stream !== "TRADITIONAL")) {
      return Either.left("--mysqldump reads a script from standard input: leave out --directory and modes of --stream")
    }
    if (input.mysqldump && chosen !== undefined) {
      return Either.left(`--mysqldump runs a script as a whole: leave out --${chosen}, and use --no-data and the like`)
    }
    if (directory === undefined && stream === undefined) {
      return Either.left("nothing says where the backup is: write --directory=DIR, or --stream to take it from a pipe")
    }
    if (directory === undefined && (stream === "NO_STREAM" || stream === "NO_STREAM_AND_NO_DELETE")) {
      return Either.left(`--stream=${stream} carries only names of files: write --directory=DIR for where they are`)
    }
    return Either.right({
      ...commonOf(input, effective),
      stream: Option.fromNullable(stream),
      script: input.mysqldump,
      directory: Option.fromNullable(directory),
      targetDatabase: Option.fromNullable(input.database),
      sourceDatabase: Option.fromNullable(input["source-db"]),
      dropTable: input["drop-table"],
      checksum: input.checksum,
      ...trustOf(input),
      data: !input["no-data"],
      users: input.users,
      schemas: !input["no-schemas"],
      triggers: !input["skip-triggers"],
      post: !input["skip-post"],
      skipBinlog: input["skip-binlog"]
    })
  })

const verifyOf = (input: typeof verifyOptions.Type): VerifyConfig => ({
  ...messagesOf(input),
  backup: Option.filter(Option.fromNullable(input.words[0]), (word) => word !== "-"),
  directory: Option.fromNullable(input.directory),
  json: input.json,
  ...trustOf(input),
  memoryBudget: input["memory-budget"]
})

const unpackOf = (input: typeof unpackOptions.Type): Either.Either<UnpackConfig, string> =>
  input.directory === undefined
    ? Either.left("nothing says where the files go: write --directory=DIR")
    : Either.right({
      ...messagesOf(input),
      ...trustOf(input),
      directory: input.directory,
      memoryBudget: input["memory-budget"]
    })

/**
 * Reads the options of `sluice dump`, by their long names, into a `DumpConfig`. The words that are no options are
 * under `words`. It goes one way only.
 *
 * @internal
 */
export const DumpFromOptions = Schema.transformOrFail(dumpOptions, Schema.typeSchema(DumpConfig), {
  strict: true,
  decode: (input, _options, ast) =>
    Either.mapLeft(dumpOf(input), (message) => new ParseResult.Type(ast, input, message)),
  encode: (config, _options, ast) => ParseResult.fail(new ParseResult.Forbidden(ast, config, "options are only read"))
})

/**
 * Reads the options of `sluice restore`, by their long names, into a `RestoreConfig`. It goes one way only.
 *
 * @internal
 */
export const RestoreFromOptions = Schema.transformOrFail(restoreOptions, Schema.typeSchema(RestoreConfig), {
  strict: true,
  decode: (input, _options, ast) =>
    Either.mapLeft(restoreOf(input), (message) => new ParseResult.Type(ast, input, message)),
  encode: (config, _options, ast) => ParseResult.fail(new ParseResult.Forbidden(ast, config, "options are only read"))
})

/**
 * Reads the options of `sluice verify`, by their long names, into a `VerifyConfig`. It goes one way only.
 *
 * @internal
 */
export const VerifyFromOptions = Schema.transformOrFail(verifyOptions, Schema.typeSchema(VerifyConfig), {
  strict: true,
  decode: (input) => Either.right(verifyOf(input)),
  encode: (config, _options, ast) => ParseResult.fail(new ParseResult.Forbidden(ast, config, "options are only read"))
})

/**
 * Reads the options of `sluice unpack`, by their long names, into an `UnpackConfig`. It goes one way only.
 *
 * @internal
 */
export const UnpackFromOptions = Schema.transformOrFail(unpackOptions, Schema.typeSchema(UnpackConfig), {
  strict: true,
  decode: (input, _options, ast) =>
    Either.mapLeft(unpackOf(input), (message) => new ParseResult.Type(ast, input, message)),
  encode: (config, _options, ast) => ParseResult.fail(new ParseResult.Forbidden(ast, config, "options are only read"))
})
