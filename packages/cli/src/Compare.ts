/**
 * `sluice compare`: what it is to do, and how it is done.
 *
 * @since 0.1.0
 */
import type { FileSystem } from "@effect/platform/FileSystem"
import * as MysqlInspection from "@sluice/mysql/MysqlInspection"
import type { Tls } from "@sluice/mysql/Tls"
import * as CompareFlow from "@sluice/pipeline/Compare"
import * as Comparison from "@sluice/pipeline/Comparison"
import type { Progress } from "@sluice/pipeline/Progress"
import { DifferenceError, type SourceError, type Stopped, type TargetError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

import * as Config from "./Config.js"
import * as Endpoint from "./Endpoint.js"
import * as LockModes from "./internal/lockModes.js"

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
 * What a comparison is to do.
 *
 * @since 0.1.0
 * @category models
 */
export const CompareConfig = Schema.Struct({
  ...Config.MessagesConfig.fields,
  source: Side,
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
  json: Schema.Boolean
})

/**
 * @since 0.1.0
 * @category models
 */
export type CompareConfig = typeof CompareConfig.Type

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
  if (!/^(?:mysql|mariadb):\/\//i.test(word)) {
    return Either.left(`only servers can be compared in this version, each written as a URL: ${advice}`)
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

/**
 * Compares what was asked for.
 *
 * @since 0.1.0
 * @category jobs
 */
export const run = (
  config: CompareConfig,
  login: { readonly source: Redacted.Redacted; readonly target: Redacted.Redacted; readonly tls: Tls },
  processors: number
): Effect.Effect<Comparison.Comparison, SourceError | TargetError | Stopped, FileSystem | Progress> =>
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
    const source = yield* optionsOf(config.source, login.source)
    const target = yield* optionsOf(config.target, login.target)
    return yield* Effect.provide(
      CompareFlow.run({
        selection: {
          databases: config.databases.length === 0 ? Option.none() : Option.some(config.databases),
          includes: Config.includes(config),
          // who names tables wants those tables
          programs: config.tables.length === 0
        },
        targetDatabase: (name) => Option.getOrElse(config.target.database, () => name),
        definitions: config.definitions,
        rows: config.data,
        threads,
        maxDifferences: config.maxDifferences
      }),
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
