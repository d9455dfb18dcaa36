/**
 * Which servers a run is about, and where their packages are.
 *
 * @internal
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type { Release, ServerProgram, Vendor } from "../ServerPrograms.js"

const any = (vendor: Vendor): Release => ({ vendor, version: Option.none() })

/** As somebody writes it: `mariadb`, or `mariadb-11.8`. */
const parse = (word: string): Option.Option<Release> =>
  Option.map(Option.fromNullable(/^(mariadb|mysql)(?:-(\d+(?:\.\d+)*))?$/.exec(word)), ([, vendor, version]) => ({
    vendor: vendor === "mysql" ? "mysql" : "mariadb",
    version: Option.fromNullable(version)
  }))

/** @internal */
export const listed: Effect.Effect<ReadonlyArray<Release>> = Config.nonEmptyString("SLUICE_SERVERS").pipe(
  Effect.map((list) => list.split(",").flatMap((word) => Option.toArray(parse(word.trim())))),
  Effect.orElseSucceed(() => [any("mariadb"), any("mysql")])
)

/** The suites of Debian that have a certain version. @internal */
export const suites: { readonly [V in Vendor]: Readonly<Record<string, string>> } = {
  mariadb: { "10.11": "bookworm", "11.8": "trixie" },
  mysql: {}
}

/** `11.8` is the version of `11.8.6-MariaDB-0+deb13u1`. @internal */
export const isOf = (version: string | undefined) => (program: ServerProgram): boolean =>
  version === undefined || program.version === version || program.version.startsWith(`${version}.`)
