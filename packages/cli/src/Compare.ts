/**
 * `sluice compare`: what it is to do, and how it is done.
 *
 * @since 0.1.0
 */
import { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Consistency from "@sluice/mysql/Consistency"
import * as MysqlInspection from "@sluice/mysql/MysqlInspection"
import * as MysqlSource from "@sluice/mysql/MysqlSource"
import type { Tls } from "@sluice/mysql/Tls"
import * as CompareFlow from "@sluice/pipeline/Compare"
import * as CompareBackup from "@sluice/pipeline/CompareBackup"
import * as Comparison from "@sluice/pipeline/Comparison"
import type { PipeIn } from "@sluice/pipeline/Pipe"
import type { Progress } from "@sluice/pipeline/Progress"
import type { BackupError } from "@sluice/pipeline/SluiceError"
import {
  DifferenceError,
  type OutputError,
  type SourceError,
  type Stopped,
  type TargetError
} from "@sluice/pipeline/SluiceError"
import * as Staging from "@sluice/pipeline/Staging"
import * as StreamMode from "@sluice/pipeline/StreamMode"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

import * as Config from "./Config.js"
import * as Endpoint from "./Endpoint.js"
import * as LockModes from "./internal/lockModes.js"
import * as StreamFile from "./internal/streamFile.js"
import { trusting } from "./internal/trusting.js"

/**
 * A server that is compared.
 *
 * @since 0.1.0
 * @category models
 */
export const Side = Schema.Struct({
  endpoint: Endpoint.Endpoint,
  user: Schema.String,
  password: Config.Password,
  /** The only database that is compared. */
  database: Schema.OptionFromSelf(Schema.String)
})

/**
 * @since 0.1.0
 * @category models
 */
export type Side = typeof Side.Type

/**
 * A backup that is compared: a folder, or a file that holds a stream; `None` is a stream on standard input.
 *
 * @since 0.1.0
 * @category models
 */
export const Backup = Schema.TaggedStruct("Backup", { path: Schema.OptionFromSelf(Schema.String) })

/**
 * @since 0.1.0
 * @category models
 */
export type Backup = typeof Backup.Type

/**
 * Whether a source is a backup.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isBackup = (source: Side | Backup): source is Backup => "_tag" in source

/**
 * What a comparison is to do.
 *
 * @since 0.1.0
 * @category models
 */
export const CompareConfig = Schema.Struct({
  ...Config.MessagesConfig.fields,
  ...Config.TrustConfig.fields,
  source: Schema.Union(Backup, Side),
  target: Side,
  /** How connections to both are encrypted and checked. */
  tls: Config.Tls,
  /** Whether a server may have the password as it is, if it has to. */
  cleartextPlugin: Schema.Boolean,
  /** Only these databases; empty for all but the servers' own. */
  databases: Schema.Array(Schema.String),
  tables: Schema.Array(Config.TableName),
  patterns: Schema.Array(Schema.instanceOf(RegExp)),
  definitions: Schema.Boolean,
  data: Schema.Boolean,
  threads: Schema.Number,
  maxDifferences: Schema.Number,
  lockMode: Config.LockMode,
  /** Whether what was found is printed as JSON. */
  json: Schema.Boolean,
  /** Bytes of a backup that may be in memory. */
  memoryBudget: Schema.Number
})

/**
 * @since 0.1.0
 * @category models
 */
export type CompareConfig = typeof CompareConfig.Type

const isUrl = /^(?:mysql|mariadb):\/\//i

/**
 * Reads a word that names a backup: `-` for a stream on standard input, else a folder or a file. Nothing for a server.
 *
 * @since 0.1.0
 * @category parsing
 */
export const readBackup = (word: string): Option.Option<Backup> =>
  word === "" || /^[a-z][a-z\d+.-]*:\/\//i.test(word)
    ? Option.none()
    : Option.some(Backup.make({ path: word === "-" ? Option.none() : Option.some(word) }))

const advice = "write mysql://USER@HOST:PORT/DATABASE, of which only the host is needed"

/**
 * Reads how a side is written: `mysql://[USER@]HOST[:PORT][/DATABASE][?socket=PATH]`. `localhost` without a port means
 * the socket of this machine, as with every MySQL program. A password in it is refused, as everybody on the machine
 * can read it there; the reason never shows it.
 *
 * @example
 * import { Compare } from "sluice"
 *
 * Compare.readSide("mysql://audit@db1:3307/shop")
 * // right({ endpoint: Tcp db1 3307, user: some("audit"), database: some("shop") })
 *
 * @since 0.1.0
 * @category parsing
 */
export const readSide = (
  word: string
): Either.Either<
  {
    readonly endpoint: Endpoint.Endpoint
    readonly user: Option.Option<string>
    readonly database: Option.Option<string>
  },
  string
> => {
  if (!isUrl.test(word)) {
    return Either.left(`a backup can be compared with a server only, and a server is written as a URL: ${advice}`)
  }
  if (!URL.canParse(word)) return Either.left(`one of the servers is written in a way that cannot be read: ${advice}`)
  const url = new URL(word)
  if (url.password !== "") {
    return Either.left(
      "a URL holds a password, which everybody on this machine can read: leave it out of the URL, and give it in an " +
        "option file, in MYSQL_PWD or SLUICE_SOURCE_PASSWORD and SLUICE_TARGET_PASSWORD, or with --ask-password"
    )
  }
  const parts = [url.username, url.hostname, url.pathname.slice(1)]
  const [user, host, database] = parts.map((part) => /%(?![0-9a-f]{2})/i.test(part) ? undefined : decoded(part))
  const others = Array.from(url.searchParams.keys()).filter((name) => name !== "socket")
  if (user === undefined || host === undefined || database === undefined || others.length > 0 || url.hash !== "") {
    return Either.left(`one of the servers is written in a way that cannot be read: ${advice}`)
  }
  const socket = url.searchParams.get("socket") ?? undefined
  const some = (text: string) => text === "" ? Option.none() : Option.some(text)
  return Either.right({
    endpoint: Endpoint.fromOptions({
      host: host.replace(/^\[(.*)\]$/, "$1"),
      port: Number(url.port),
      ...(socket === undefined ? {} : { socket, protocol: "socket" }),
      // a port that was typed means TCP
      ...(socket === undefined && url.port !== "" ? { protocol: "tcp" } : {})
    }),
    user: some(user),
    database: some(database)
  })
}

/** What is left of bytes that are no UTF-8 cannot be a name. */
const decoded = (part: string): string | undefined => {
  const text = Buffer.from(
    part.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    "latin1"
  )
    .toString("utf8")
  return text.includes("\ufffd") ? undefined : text
}

/** Where a backup comes from; nothing of it is removed that stays. */
const arriving = (backup: Backup, memoryBudget: number) => {
  const stream = Layer.provideMerge(
    StreamMode.layerTraditionalRestore,
    Staging.layerMemory({ budget: memoryBudget, threads: 1 })
  )
  return Effect.gen(function*() {
    if (Option.isNone(backup.path)) return { again: false, layer: stream }
    const path = backup.path.value
    const fs = yield* FileSystem
    const isFile = yield* Effect.match(fs.stat(path), {
      onFailure: () => false,
      onSuccess: ({ type }) => type !== "Directory"
    })
    return isFile
      ? { again: false, layer: Layer.provide(stream, StreamFile.layer(path)) }
      : {
        again: true,
        layer: Layer.provideMerge(
          StreamMode.layerRestoreDirectory,
          Staging.layerDirectory({ path, contents: "Present" })
        )
      }
  })
}

/**
 * Compares what was asked for. The password of the source is not looked at when that is a backup.
 *
 * @since 0.1.0
 * @category jobs
 */
export const run = (
  config: CompareConfig,
  login: { readonly source: Redacted.Redacted; readonly target: Redacted.Redacted; readonly tls: Tls },
  processors: number
): Effect.Effect<
  Comparison.Comparison,
  SourceError | TargetError | BackupError | OutputError | Stopped,
  FileSystem | Path | PipeIn | Progress
> =>
  Effect.gen(function*() {
    const threads = Config.threadsOf(config.threads, processors)
    const optionsOf = (side: Side, password: Redacted.Redacted) =>
      Effect.map(Endpoint.resolve(side.endpoint), (endpoint) => ({
        user: side.user,
        password,
        tls: login.tls,
        cleartextPlugin: config.cleartextPlugin,
        ...(endpoint._tag === "Tcp" ? { host: endpoint.host, port: endpoint.port } : { socketPath: endpoint.path }),
        readers: threads,
        lockMode: LockModes.lockModes[config.lockMode]
      }))
    const target = yield* optionsOf(config.target, login.target)
    const options = {
      selection: {
        databases: config.databases.length === 0 ? Option.none() : Option.some(config.databases),
        includes: Config.includes(config),
        // who names tables wants those tables
        programs: config.tables.length === 0
      },
      targetDatabase: (name: string) => Option.getOrElse(config.target.database, () => name),
      definitions: config.definitions,
      rows: config.data,
      threads,
      maxDifferences: config.maxDifferences
    }
    if (isBackup(config.source)) {
      const { again, layer } = yield* arriving(config.source, config.memoryBudget)
      return yield* Effect.provide(
        trusting(config, CompareBackup.run({ ...options, again })),
        // nobody should have to wait for a comparison who changes definitions; what was changed is told
        Layer.merge(layer, MysqlSource.layer({ ...target, ddl: Consistency.Ddl.Detect() }))
      )
    }
    const source = yield* optionsOf(config.source, login.source)
    return yield* Effect.provide(
      CompareFlow.run(options),
      Layer.merge(MysqlInspection.layerSource(source), MysqlInspection.layerTarget(target))
    )
  })

/**
 * What was found, as lines; the verdict comes last.
 *
 * @since 0.1.0
 * @category rendering
 */
export const report = (comparison: Comparison.Comparison, withNotes: boolean): string =>
  [
    ...Comparison.lines(comparison).filter((line) => withNotes || !line.startsWith("note: ")),
    Comparison.line(comparison)
  ].map((line) => `${line.replaceAll(/\s*\n\s*/g, " ")}\n`).join("")

/**
 * What was found, as JSON that `Comparison` reads.
 *
 * @since 0.1.0
 * @category rendering
 */
export const json = (comparison: Comparison.Comparison): Effect.Effect<string> =>
  Schema.encode(Schema.parseJson(Comparison.Comparison, { space: 2 }))(comparison).pipe(
    Effect.map((text) => `${text}\n`),
    Effect.orDie
  )

/**
 * Fails if something differs.
 *
 * @since 0.1.0
 * @category jobs
 */
export const judge = (comparison: Comparison.Comparison): Effect.Effect<void, DifferenceError> =>
  comparison.equal ? Effect.void : new DifferenceError({
    what: "the target differs from the source",
    detail: `${comparison.differences.length} ${
      comparison.differences.length === 1 ? "object or table" : "objects or tables"
    } of the selection ${comparison.differences.length === 1 ? "is" : "are"} not the same`
  })
