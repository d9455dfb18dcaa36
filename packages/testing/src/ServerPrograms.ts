/**
 * The server programs that scratch servers run: the machine's own, or the distribution's packages unpacked into a
 * cache folder. Nothing is installed, no service is started, and root is not needed.
 *
 * @since 0.1.0
 */
import * as Os from "node:os"
import * as Process from "node:process"

import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

import * as Closure from "./internal/closure.js"
import * as DebianPackages from "./internal/debianPackages.js"
import { publish } from "./internal/publish.js"
import * as Releases from "./internal/releases.js"
import * as SystemCommand from "./internal/systemCommand.js"

/**
 * Whose server it is. Percona Server counts as `mysql`.
 *
 * @since 0.1.0
 * @category models
 */
export const Vendor = Schema.Literal("mariadb", "mysql")

/**
 * @since 0.1.0
 * @category models
 */
export type Vendor = typeof Vendor.Type

/**
 * A server program that was found and answers.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerProgram {
  readonly vendor: Vendor
  /** As the program says it, for example `10.11.14-MariaDB-0+deb12u2` or `9.7.4-2`. */
  readonly version: string
  /** The words to run it with, for example `["/usr/sbin/mariadbd"]`; unpacked packages bring their own loader. */
  readonly command: Arr.NonEmptyReadonlyArray<string>
  /** Goes before all other arguments: no option file of the machine is read, and its own folders are named. */
  readonly arguments: ReadonlyArray<string>
  /** The words and the standard input that turn an empty data folder into one with system tables. */
  readonly initialise: {
    readonly arguments: ReadonlyArray<string>
    /** SQL files that are read from standard input, in this order. */
    readonly scripts: ReadonlyArray<string>
  }
}

/**
 * There is no server program of this vendor, and it could not be brought.
 *
 * @since 0.1.0
 * @category errors
 */
export class ServerUnavailable
  extends Schema.TaggedError<ServerUnavailable>("@sluice/testing/ServerUnavailable")("ServerUnavailable", {
    vendor: Vendor,
    /** What was tried and failed, as one clause. */
    reason: Schema.String,
    /** What a person can do about it, as one sentence. */
    advice: Schema.String
  })
{
  /** @since 0.1.0 */
  override get message(): string {
    return `No ${this.vendor} server program: ${this.reason}. ${this.advice}`
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The cache folder; without it the one of `cacheDirectory`. */
  readonly cache?: string | undefined
  /** Is told what takes time, one line each; without it the lines go to the debug log. */
  readonly progress?: ((line: string) => Effect.Effect<void>) | undefined
  /** Such as `11.8`; without it the one that `releases` names for the vendor, else any. */
  readonly version?: string | undefined
}

type Services = FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor

const wanted = {
  mariadb: { name: "mariadb-server-core" },
  // No stable release of Debian carries MySQL's server; its unstable suite does.
  mysql: { name: "mysql-server-core", suite: "unstable" }
} satisfies Record<Vendor, DebianPackages.Wanted>

const advice = {
  mariadb: "Install mariadb-server-core, or put mariadbd on PATH.",
  mysql: "Put the mysqld of MySQL 9 on PATH."
} satisfies Record<Vendor, string>

const programNames = {
  mariadb: ["mariadbd", "mysqld"],
  mysql: ["mysqld"]
} satisfies Record<Vendor, ReadonlyArray<string>>

const unavailable = (vendor: Vendor) => (reason: string) =>
  new ServerUnavailable({ vendor, reason, advice: advice[vendor] })

const ancestors = (path: Path.Path, directory: string): ReadonlyArray<string> => {
  const parent = path.dirname(directory)
  return parent === directory ? [directory] : [directory, ...ancestors(path, parent)]
}

/**
 * Where programs and prepared data folders are kept: `SLUICE_CACHE` if it is set, else `.cache` beside the nearest
 * `package-lock.json` above the working folder, else `sluice` in the user's own cache folder.
 *
 * @since 0.1.0
 * @category constructors
 */
export const cacheDirectory: Effect.Effect<string, never, FileSystem.FileSystem | Path.Path> = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const text = (name: string) => Effect.orElseSucceed(Config.nonEmptyString(name), () => undefined)
  const named = yield* text("SLUICE_CACHE")
  if (named !== undefined) return path.resolve(named)
  const root = yield* Effect.findFirst(
    ancestors(path, path.resolve(".")),
    (directory) => Effect.orElseSucceed(fs.exists(path.join(directory, "package-lock.json")), () => false)
  )
  if (Option.isSome(root)) return path.join(root.value, ".cache")
  return path.join((yield* text("XDG_CACHE_HOME")) ?? path.join(Os.homedir(), ".cache"), "sluice")
})

/**
 * A vendor's server, of a certain version or of the one that is nearest at hand.
 *
 * @since 0.1.0
 * @category models
 */
export interface Release {
  readonly vendor: Vendor
  /** Such as `11.8`; any when there is none. */
  readonly version: Option.Option<string>
}

/**
 * Which servers scratch servers run where nobody says it: those that `SLUICE_SERVERS` lists, such as
 * `mariadb-11.8,mysql`, or one of each vendor when it is not set. Words that name no server are passed over.
 *
 * @since 0.1.0
 * @category constructors
 */
export const releases: Effect.Effect<ReadonlyArray<Release>> = Releases.listed

/** Servers refuse to run as root unless they are told to. */
const asRoot = Os.userInfo().uid === 0 ? ["--user=root"] : []

const versionOf = (command: Arr.NonEmptyReadonlyArray<string>) =>
  SystemCommand.run(command[0], [...command.slice(1), "--no-defaults", "--version"], { timeout: "1 minute" }).pipe(
    Effect.filterOrFail(
      ({ code, output }) => code === 0 && / Ver \S/.test(output),
      ({ output }) => SystemCommand.complaint(output)
    ),
    Effect.map(({ output }): { readonly vendor: Vendor; readonly version: string } => ({
      vendor: /mariadb/i.test(output) ? "mariadb" : "mysql",
      version: / Ver (\S+)/.exec(output)?.[1] ?? ""
    })),
    Effect.catchTags({
      TimeoutException: () => Effect.fail("it did not answer within a minute"),
      SystemError: (error) => Effect.fail(error.message),
      BadArgument: (error) => Effect.fail(error.message)
    })
  )

interface Folders {
  readonly base: string
  readonly share: string
  readonly plugins: string
}

const mariadbScripts = ["system_tables", "performance_tables", "system_tables_data"]

/** MariaDB's system tables are SQL files, which newer releases renamed; mariadb-install-db feeds them in this order. */
const scriptsIn = (share: string) =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const find = (...names: ReadonlyArray<string>) =>
      Effect.flatMap(
        Closure.firstExisting(names.map((name) => path.join(share, name))),
        Effect.mapError(() => `${share} has no ${names.join(" or ")}`)
      )
    return yield* Effect.all([
      ...mariadbScripts.map((name) => find(`mariadb_${name}.sql`, `mysql_${name}.sql`)),
      find("fill_help_tables.sql"),
      find("maria_add_gis_sp_bootstrap.sql"),
      find("mariadb_sys_schema.sql", "mysql_sys_schema.sql")
    ])
  })

const describe = (vendor: Vendor, version: string, command: Arr.NonEmptyReadonlyArray<string>, folders: Folders) =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const program = {
      vendor,
      version,
      command,
      arguments: [
        "--no-defaults",
        `--basedir=${folders.base}`,
        `--lc-messages-dir=${folders.share}`,
        `--character-sets-dir=${path.join(folders.share, "charsets")}`,
        `--plugin-dir=${folders.plugins}`,
        ...asRoot
      ]
    }
    return vendor === "mysql"
      ? { ...program, initialise: { arguments: ["--initialize-insecure"], scripts: [] } }
      : {
        ...program,
        initialise: {
          arguments: ["--bootstrap", "--enforce-storage-engine=", "--max-allowed-packet=8M", "--log-warnings=0"],
          scripts: yield* scriptsIn(folders.share)
        }
      }
  })

/** The folders that an installed program was built for, from its own table of settings. */
const installedFolders = (program: string) =>
  SystemCommand.run(program, ["--no-defaults", ...asRoot, "--verbose", "--help"], { timeout: "1 minute" }).pipe(
    Effect.mapError((error) => error.message),
    Effect.flatMap(({ output }) => {
      const setting = (name: string) => new RegExp(`^${name}\\s+(\\S.*?)/?$`, "m").exec(output)?.[1]
      const base = setting("basedir")
      const share = setting("lc-messages-dir")
      const plugins = setting("plugin-dir")
      return base === undefined || share === undefined || plugins === undefined
        ? Effect.fail(`${program} does not say where its folders are`)
        : Effect.succeed({ base, share, plugins })
    })
  )

/** The first program of the vendor on PATH or in the folders for system programs, which a user's PATH often lacks. */
const findInstalled = (vendor: Vendor, version: string | undefined) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const named = yield* Effect.orElseSucceed(Config.string("PATH"), () => "")
    const directories = Arr.dedupe([...named.split(":"), "/usr/sbin", "/usr/local/sbin", "/usr/libexec"])
    const candidates = programNames[vendor].flatMap((name) =>
      directories.filter((directory) => path.isAbsolute(directory)).map((directory) => path.join(directory, name))
    )
    const usable = Effect.forEach(candidates, (program) =>
      Effect.gen(function*() {
        if (!(yield* fs.exists(program))) return Option.none()
        const answer = yield* versionOf([program])
        if (answer.vendor !== vendor) return Option.none()
        const found = yield* describe(vendor, answer.version, [program], yield* installedFolders(program))
        return Option.liftPredicate(found, Releases.isOf(version))
      }).pipe(Effect.orElseSucceed(() => Option.none<ServerProgram>())))
    return Option.firstSomeOf(yield* usable)
  })

const unpacked = (vendor: Vendor, root: string) =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const program = yield* Closure.firstExisting(
      programNames[vendor].flatMap((name) => ["sbin", "bin", "libexec"].map((d) => path.join(root, "usr", d, name)))
    )
    const share = yield* Closure.firstExisting(
      ["mysql", "mariadb"].map((name) => path.join(root, "usr/share", name, "english"))
    )
    if (Option.isNone(program) || Option.isNone(share)) {
      return yield* Effect.fail(`${root} lacks the program or its messages`)
    }
    const command = yield* Closure.command(root, program.value)
    const answer = yield* versionOf(command)
    if (answer.vendor !== vendor) return yield* Effect.fail(`${program.value} is not ${vendor}`)
    return yield* describe(vendor, answer.version, command, {
      base: path.join(root, "usr"),
      share: path.dirname(share.value),
      plugins: path.join(root, "usr/lib/mysql/plugin")
    })
  })

/**
 * Finds the server program of a vendor: the machine's own if it has one of that version, else the one in the cache
 * folder. If that is empty, brings Debian's package with all it needs (about 15 MB for MariaDB and 60 MB for MySQL,
 * once).
 *
 * Two processes may do this at once. Every step has a time limit, in real time also under a test clock.
 *
 * @since 0.1.0
 * @category constructors
 */
export const find = (
  vendor: Vendor,
  options?: Options | undefined
): Effect.Effect<ServerProgram, ServerUnavailable, Services> =>
  Effect.gen(function*() {
    const named = Option.flatMap(
      Option.fromNullable((yield* releases).find((release) => release.vendor === vendor)),
      (release) => release.version
    )
    const version = options?.version ?? Option.getOrUndefined(named)
    const installed = yield* findInstalled(vendor, version)
    if (Option.isSome(installed)) return installed.value
    const path = yield* Path.Path
    const progress = options?.progress ?? Effect.logDebug
    const cache = options?.cache ?? (yield* cacheDirectory)
    const title = version === undefined ? vendor : `${vendor}-${version}`
    const suite = version === undefined ? undefined : Releases.suites[vendor][version]
    const home = path.join(cache, "servers", `${title}-${Process.arch}`)
    const inside = (directory: string) => path.join(directory, "root")
    yield* publish(home, (directory) =>
      Effect.gen(function*() {
        if (version !== undefined && suite === undefined) {
          return yield* Effect.fail(`no suite of Debian is known that has version ${version}`)
        }
        const wants = suite === undefined ? wanted[vendor] : { ...wanted[vendor], suite }
        yield* DebianPackages.bring(wants, inside(directory), (line) => progress(`${title}: ${line}`))
        const program = yield* Effect.filterOrFail(
          unpacked(vendor, inside(directory)),
          Releases.isOf(version),
          (program) => `what came from ${suite ?? "the distribution"} is version ${program.version}`
        )
        yield* progress(`${title}: version ${program.version} is in ${home}`)
      })).pipe(
        Effect.catchTags({
          PackagesError: (error) => Effect.fail(error.reason),
          SystemError: (error) => Effect.fail(error.message),
          BadArgument: (error) => Effect.fail(error.message)
        }),
        Effect.mapError(unavailable(vendor))
      )
    return yield* unpacked(vendor, inside(home)).pipe(
      Effect.mapError((reason) =>
        new ServerUnavailable({
          vendor,
          reason: `the cached program does not run: ${reason}`,
          advice: `Remove ${home}, so that it is brought anew.`
        })
      )
    )
  }).pipe(Effect.withClock(Clock.make()))

/**
 * `find` for the setup of a test run: says on standard error what it does, so that a first run does not look hung.
 *
 * @example
 * ```ts
 * import { NodeContext } from "@effect/platform-node"
 * import { ServerPrograms } from "@sluice/testing"
 * import { Effect } from "effect"
 *
 * export const setup = () =>
 *   Effect.runPromise(
 *     Effect.forEach(ServerPrograms.Vendor.literals, (vendor) => ServerPrograms.ensure(vendor)).pipe(
 *       Effect.provide(NodeContext.layer)
 *     )
 *   )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const ensure = (
  vendor: Vendor,
  options?: Pick<Options, "cache"> | undefined
): Effect.Effect<ServerProgram, ServerUnavailable, Services> =>
  find(vendor, { ...options, progress: (line) => Console.error(line) })
