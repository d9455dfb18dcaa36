/**
 * The jobs of the command line: what was typed, as flows on the layers that it asks for.
 *
 * @since 0.1.0
 */
import { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Consistency from "@sluice/mysql/Consistency"
import * as MysqlSource from "@sluice/mysql/MysqlSource"
import * as MysqlTarget from "@sluice/mysql/MysqlTarget"
import type { Tls } from "@sluice/mysql/Tls"
import * as Compression from "@sluice/pipeline/Compression"
import * as Dump from "@sluice/pipeline/Dump"
import type { PipeIn } from "@sluice/pipeline/Pipe"
import { type PipeOut } from "@sluice/pipeline/Pipe"
import type { Progress } from "@sluice/pipeline/Progress"
import * as Restore from "@sluice/pipeline/Restore"
import * as Script from "@sluice/pipeline/Script"
import type { BackupError } from "@sluice/pipeline/SluiceError"
import { type DumpError, type OutputError, type RestoreError, type Stopped } from "@sluice/pipeline/SluiceError"
import * as Staging from "@sluice/pipeline/Staging"
import * as StreamMode from "@sluice/pipeline/StreamMode"
import * as Unpack from "@sluice/pipeline/Unpack"
import type { Verdict } from "@sluice/pipeline/Verdict"
import * as Verify from "@sluice/pipeline/Verify"
import * as Clock from "effect/Clock"
import * as EffectConfig from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"

import type { DumpConfig, RestoreConfig, UnpackConfig, VerifyConfig } from "./Config.js"
import * as Config from "./Config.js"
import * as Endpoint from "./Endpoint.js"
import * as LockModes from "./internal/lockModes.js"
import * as StreamFile from "./internal/streamFile.js"
import { trusting } from "./internal/trusting.js"
import { UsageError } from "./UsageError.js"

/** What was asked for or is in files is there by the time a job runs. */
export interface Login {
  readonly password: Redacted.Redacted
  readonly tls: Tls
}

/** For tests and measurements: the code that writes rows, where it is not to be the fastest that runs here. */
const transcoder = EffectConfig.option(EffectConfig.literal("wasm", "typescript")("SLUICE_TRANSCODER")).pipe(
  Effect.mapBoth({
    onFailure: () =>
      new UsageError({
        reason: "InvalidValue",
        problem: "SLUICE_TRANSCODER is set to something else than wasm and typescript",
        advice: "unset it"
      }),
    onSuccess: Option.getOrUndefined
  })
)

const modeOf = (spelling: Config.StreamMode): StreamMode.StreamMode => Option.getOrThrow(StreamMode.parse(spelling))

const connectionOf = (config: DumpConfig | RestoreConfig, login: Login) =>
  Effect.map(Endpoint.resolve(config.endpoint), (endpoint) => ({
    user: config.user,
    password: login.password,
    tls: login.tls,
    cleartextPlugin: config.cleartextPlugin,
    ...(endpoint._tag === "Tcp" ? { host: endpoint.host, port: endpoint.port } : { socketPath: endpoint.path })
  }))

const named = (tables: ReadonlyArray<Config.TableName>) =>
  tables.map((table) => ({
    name: `table ${table.database}.${table.table}`,
    matches: Config.includes({ tables: [table], patterns: [] })
  }))

/** Of a range that may adapt we take the start: chunks are planned before they are read, not while. */
const chunkRows = (rows: Config.Rows): Option.Option<number> =>
  rows._tag === "Fixed"
    ? Option.some(rows.rows)
    : rows._tag === "Adaptive"
    ? Option.some(Math.max(rows.least, rows.most === 0 ? rows.start : Math.min(rows.start, rows.most)))
    : Option.none()

const two = (n: number): string => String(n).padStart(2, "0")

/** The folder of a dump that names none, as mydumper calls it. */
const defaultDirectory: Effect.Effect<string> = Effect.map(Clock.currentTimeMillis, (millis) => {
  const date = new Date(millis)
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`
  return `export-${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`
})

const contents = { Refuse: "Nothing", Clear: "Cleared", WriteOver: "Anything" } as const

const ddls: { readonly [Policy in Config.Ddl]: Consistency.Ddl } = {
  auto: Consistency.Ddl.Auto(),
  prevent: Consistency.Ddl.Prevent(),
  detect: Consistency.Ddl.Detect()
}

type Environment = FileSystem | Path | PipeOut | PipeIn | Progress

type Compressing = <O, E, R>(staging: Layer.Layer<O | Staging.Staging, E, R>) => Layer.Layer<O | Staging.Staging, E, R>

/** What makes a staging one of compressed files. */
const compressing = (wanted: DumpConfig["compress"]): Effect.Effect<Compressing, UsageError> =>
  Option.match(wanted, {
    onNone: () => Effect.succeed<Compressing>((staging) => staging),
    onSome: (compression) =>
      Option.match(Compression.encoder(compression), {
        onNone: () =>
          new UsageError({
            reason: "NotAvailable",
            problem: `--compress=${compression} is more than this Node can do`,
            advice: "write --compress=gzip, or use Node 22.15 or newer"
          }),
        onSome: (encoder) =>
          Effect.succeed<Compressing>((staging) =>
            Layer.provideMerge(Staging.layerCompressed(compression, encoder), staging)
          )
      })
  })

/**
 * Dumps what was asked for. `processors` is what `--threads=0` stands for.
 *
 * @since 0.1.0
 * @category jobs
 */
export const dump = (
  config: DumpConfig,
  login: Login,
  processors: number
): Effect.Effect<Verdict, DumpError | UsageError, Environment> =>
  Effect.gen(function*() {
    const threads = Config.threadsOf(config.threads, processors)
    const connection = yield* connectionOf(config, login)
    const compressed = yield* compressing(config.compress)
    const memory = compressed(Staging.layerMemory({ budget: config.memoryBudget, threads }))
    const folder = compressed(Staging.layerDirectory({
      path: yield* Option.match(config.outputDirectory, { onNone: () => defaultDirectory, onSome: Effect.succeed }),
      contents: contents[config.whenNotEmpty]
    }))
    const leaving = Option.match(config.stream, {
      onNone: () => Layer.provideMerge(StreamMode.layerDumpDirectory, folder),
      onSome: (spelling) =>
        spelling === "TRADITIONAL" && Option.isNone(config.outputDirectory)
          ? Layer.provideMerge(StreamMode.layerTraditionalDump, memory)
          : Layer.provideMerge(StreamMode.layerDump(modeOf(spelling)), folder)
    })
    const options: Dump.Options = {
      selection: {
        databases: config.databases.length === 0 ? Option.none() : Option.some(config.databases),
        includes: Config.includes(config),
        views: config.views,
        triggers: config.triggers,
        // who names tables wants those tables
        routines: config.routines && config.tables.length === 0,
        events: config.events && config.tables.length === 0
      },
      named: named(config.tables),
      emptyDatabases: (database) =>
        config.tables.length === 0 &&
        (config.patterns.length === 0 || config.patterns.some((pattern) => pattern.test(`${database}.`))),
      schemas: config.schemas,
      users: config.users,
      tablespaces: config.tablespaces,
      rows: config.data,
      threads,
      chunkRows: chunkRows(config.rows),
      split: config.rows._tag !== "OnePiece",
      byPartition: config.splitPartitions,
      byFirstColumn: config.useSingleColumn,
      fileBytes: config.chunkFileSize,
      maxRate: config.burden.maxRate,
      read: {
        statementSize: config.statementSize,
        completeInsert: config.completeInsert,
        hexBlob: config.hexBlob,
        utc: config.utc,
        lines: Option.getOrUndefined(config.lines)
      }
    }
    return yield* Effect.provide(
      Dump.run(options),
      Layer.merge(
        leaving,
        MysqlSource.layer({
          ...connection,
          readers: threads,
          transcoder: yield* transcoder,
          lockMode: LockModes.lockModes[config.lockMode],
          ddl: ddls[config.ddl],
          transactionalOnly: config.transactionalOnly,
          history: config.history,
          jsonAsText: config.jsonAsText,
          longQueries: { ...config.burden.longQueries, interval: Duration.seconds(config.burden.longQueries.interval) },
          throttle: Option.getOrUndefined(Option.map(config.burden.throttle, ({ millis, most, variable }) => ({
            variable,
            most,
            every: Duration.millis(millis)
          })))
        })
      )
    )
  })

const existing: { readonly [Mode in Config.DropTable]: Restore.Existing } = {
  FAIL: Restore.Existing.Fail(),
  NONE: Restore.Existing.Fail(),
  DROP: Restore.Existing.Drop(),
  TRUNCATE: Restore.Existing.Truncate(),
  DELETE: Restore.Existing.Delete(),
  SKIP: Restore.Existing.Skip()
}

const checksums = { fail: "Fail", warn: "Warn", skip: "Skip" } as const

/**
 * Restores what was asked for.
 *
 * @since 0.1.0
 * @category jobs
 */
export const restore = (
  config: RestoreConfig,
  login: Login,
  processors: number
): Effect.Effect<Verdict, RestoreError, Environment> =>
  Effect.gen(function*() {
    const threads = Config.threadsOf(config.threads, processors)
    const connection = yield* connectionOf(config, login)
    const memory = Staging.layerMemory({ budget: config.memoryBudget, threads })
    const path = Option.getOrElse(config.directory, () => ".")
    const arriving = Option.match(config.stream, {
      onNone: () =>
        Layer.provideMerge(StreamMode.layerRestoreDirectory, Staging.layerDirectory({ path, contents: "Present" })),
      onSome: (spelling) =>
        spelling === "TRADITIONAL" && Option.isNone(config.directory)
          ? Layer.provideMerge(StreamMode.layerTraditionalRestore, memory)
          : Layer.provideMerge(
            StreamMode.layerRestore(modeOf(spelling)),
            Staging.layerDirectory({
              path,
              contents: spelling === "TRADITIONAL" || spelling === "NO_DELETE" ? "Nothing" : "Shared"
            })
          )
    })
    const options: Restore.Options = {
      threads,
      existing: existing[config.dropTable],
      checksums: checksums[config.checksum],
      database: config.targetDatabase,
      only: config.sourceDatabase,
      includes: Config.includes(config),
      named: named(config.tables),
      schemas: config.schemas,
      rows: config.data,
      triggers: config.triggers,
      programs: config.post,
      users: config.users
    }
    const target = MysqlTarget.layer({ ...connection, binlog: !config.skipBinlog })
    return config.script
      ? yield* Effect.provide(Script.run(options), target)
      : yield* Effect.provide(trusting(config, Restore.run(options)), Layer.merge(arriving, target))
  })

const isFile = (path: string) =>
  Effect.flatMap(
    FileSystem,
    (fs) => Effect.match(fs.stat(path), { onFailure: () => false, onSuccess: ({ type }) => type !== "Directory" })
  )

/**
 * Verifies what was asked for. What is wrong with it is in the report, even that it is not there.
 *
 * @since 0.1.0
 * @category jobs
 */
export const verify = (
  config: VerifyConfig
): Effect.Effect<Verify.Report, OutputError | Stopped | UsageError, Environment> =>
  Effect.gen(function*() {
    const present = (path: string) => Staging.layerDirectory({ path, contents: "Present" })
    const stream = Option.match(config.directory, {
      onNone: () =>
        Layer.provideMerge(
          StreamMode.layerTraditionalRestore,
          Staging.layerMemory({ budget: config.memoryBudget, threads: 1 })
        ),
      // whatever the stream was made with, nothing is removed here
      onSome: (path) =>
        Layer.provideMerge(StreamMode.layerRestore(StreamMode.StreamMode.NoStreamAndNoDelete()), present(path))
    })
    const read = <R>(verified: Effect.Effect<Verify.Report, BackupError | OutputError | Stopped, R>) =>
      Effect.catchTag(trusting(config, verified), "BackupError", (error) => Effect.succeed(Verify.unreadable(error)))
    if (Option.isNone(config.backup)) {
      return yield* read(Effect.provide(Verify.run, stream))
    }
    const path = config.backup.value
    if (yield* isFile(path)) {
      return yield* read(Effect.provide(Verify.run, Layer.provide(stream, StreamFile.layer(path))))
    }
    if (Option.isSome(config.directory)) {
      return yield* new UsageError({
        reason: "Contradiction",
        problem: `${path} is no stream, and --directory is for a stream that carries only names`,
        advice: "leave --directory out"
      })
    }
    return yield* read(
      Effect.provide(Verify.run, Layer.provideMerge(StreamMode.layerRestoreDirectory, present(path)))
    )
  })

/**
 * Unpacks a stream into a folder.
 *
 * @since 0.1.0
 * @category jobs
 */
export const unpack = (
  config: UnpackConfig
): Effect.Effect<Verdict, BackupError | OutputError | Stopped, Environment> =>
  Effect.provide(
    trusting(config, Unpack.run),
    Unpack.layer({ path: config.directory, budget: config.memoryBudget })
  )
