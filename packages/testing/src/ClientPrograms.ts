/**
 * The vendors' own dump programs, for tests that read what they write, and mydumper, to be measured against.
 *
 * @since 0.1.0
 */
import * as Process from "node:process"

import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

import * as Closure from "./internal/closure.js"
import * as DebianPackages from "./internal/debianPackages.js"
import { publish } from "./internal/publish.js"
import { cacheDirectory, type Options, ServerUnavailable, type Vendor } from "./ServerPrograms.js"

const wanted = {
  mariadb: { name: "mariadb-client" },
  // No stable release of Debian carries MySQL's programs; its unstable suite does.
  mysql: { name: "mysql-client-core", suite: "unstable" }
} satisfies Record<Vendor, DebianPackages.Wanted>

const programs = { mariadb: "mariadb-dump", mysql: "mysqldump" } satisfies Record<Vendor, string>

/**
 * A program that is no server cannot be had.
 *
 * @since 0.1.0
 * @category errors
 */
export class ProgramUnavailable
  extends Schema.TaggedError<ProgramUnavailable>("@sluice/testing/ProgramUnavailable")("ProgramUnavailable", {
    /** Its name. */
    program: Schema.String,
    /** What was tried and failed, as one clause. */
    reason: Schema.String
  })
{
  /** @since 0.1.0 */
  override get message(): string {
    return `There is no ${this.program}: ${this.reason}. Put it on PATH, or bring its package to this machine's release.`
  }
}

type Services = FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor

/** Out of the folder of that name in the cache, which is filled with the package when it is not there. */
const bring = (
  folder: string,
  program: string,
  wanted: DebianPackages.Wanted,
  options: Pick<Options, "cache" | "progress"> | undefined
): Effect.Effect<Arr.NonEmptyReadonlyArray<string>, ProgramUnavailable, Services> =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const progress = options?.progress ?? Effect.logDebug
    const cache = options?.cache ?? (yield* cacheDirectory)
    const home = path.join(cache, "clients", `${folder}-${Process.arch}`)
    const unpacked = (directory: string) =>
      Effect.gen(function*() {
        const root = path.join(directory, "root")
        const file = path.join(root, "usr/bin", program)
        return Option.isNone(yield* Closure.firstExisting([file]))
          ? yield* Effect.fail(`${root} lacks ${program}`)
          : yield* Closure.command(root, file)
      })
    yield* publish(home, (directory) =>
      Effect.zipRight(
        DebianPackages.bring(wanted, path.join(directory, "root"), (line) => progress(`${program}: ${line}`)),
        unpacked(directory)
      ))
    return yield* unpacked(home)
  }).pipe(
    Effect.mapError((error) =>
      new ProgramUnavailable({
        program,
        reason: typeof error === "string" ? error : error._tag === "PackagesError" ? error.reason : error.message
      })
    ),
    Effect.withClock(Clock.make())
  )

/**
 * The words that run a vendor's dump program, `mariadb-dump` or `mysqldump`, out of the cache folder. If that is empty,
 * brings the distribution's package with all it needs, once.
 *
 * @since 0.1.0
 * @category constructors
 */
export const findDump = (
  vendor: Vendor,
  options?: Options | undefined
): Effect.Effect<Arr.NonEmptyReadonlyArray<string>, ServerUnavailable, Services> =>
  Effect.mapError(
    bring(vendor, programs[vendor], wanted[vendor], options),
    ({ program, reason }) =>
      new ServerUnavailable({
        vendor,
        reason: `there is no ${program}: ${reason}`,
        advice: `Bring the package ${wanted[vendor].name} to this machine's release.`
      })
  )

/**
 * The words that run the distribution's own mydumper (0.10.1 in Debian 12) out of the cache folder. If that is empty,
 * brings the package with all it needs, once.
 *
 * @since 0.1.0
 * @category constructors
 */
export const findMydumper = (
  options?: Pick<Options, "cache" | "progress"> | undefined
): Effect.Effect<Arr.NonEmptyReadonlyArray<string>, ProgramUnavailable, Services> =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const words = yield* bring("mydumper", "mydumper", { name: "mydumper" }, options)
    const plugins = words.at(2)?.split(":").map((folder) => path.join(folder, "libmariadb3/plugin")) ?? []
    const found = yield* Closure.firstExisting(plugins)
    // how it logs in to MySQL is in files that its library looks for where the package would be installed
    return Option.match(found, {
      onNone: () => words,
      onSome: (folder) => ["/usr/bin/env", `MARIADB_PLUGIN_DIR=${folder}`, ...words]
    })
  })
