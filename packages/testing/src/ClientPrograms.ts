/**
 * The vendors' own dump programs, for tests that read what they write.
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
 * The words that run a vendor's dump program, `mariadb-dump` or `mysqldump`, out of the cache folder. If that is empty,
 * brings the distribution's package with all it needs, once.
 *
 * @since 0.1.0
 * @category constructors
 */
export const findDump = (
  vendor: Vendor,
  options?: Options | undefined
): Effect.Effect<
  Arr.NonEmptyReadonlyArray<string>,
  ServerUnavailable,
  FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor
> =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const progress = options?.progress ?? Effect.logDebug
    const cache = options?.cache ?? (yield* cacheDirectory)
    const home = path.join(cache, "clients", `${vendor}-${Process.arch}`)
    const unpacked = (directory: string) =>
      Effect.gen(function*() {
        const root = path.join(directory, "root")
        const program = path.join(root, "usr/bin", programs[vendor])
        return Option.isNone(yield* Closure.firstExisting([program]))
          ? yield* Effect.fail(`${root} lacks ${programs[vendor]}`)
          : yield* Closure.command(root, program)
      })
    yield* publish(home, (directory) =>
      Effect.zipRight(
        DebianPackages.bring(
          wanted[vendor],
          path.join(directory, "root"),
          (line) => progress(`${programs[vendor]}: ${line}`)
        ),
        unpacked(directory)
      ))
    return yield* unpacked(home)
  }).pipe(
    Effect.mapError((error) =>
      new ServerUnavailable({
        vendor,
        reason: `there is no ${programs[vendor]}: ${
          typeof error === "string" ? error : error._tag === "PackagesError" ? error.reason : error.message
        }`,
        advice: `Bring the package ${wanted[vendor].name} to this machine's release.`
      })
    ),
    Effect.withClock(Clock.make())
  )
