/**
 * What every connection is set to, whichever side it is on: nothing of the server's defaults may cut, delay or change
 * what is read and written.
 *
 * @internal
 */
import * as Dialect from "./dialect.js"

/**
 * Whose server it is, and which version.
 *
 * @internal
 */
export interface Server {
  readonly vendor: "mysql" | "mariadb"
  readonly version: readonly [major: number, minor: number, patch: number]
  readonly text: string
}

/** @internal */
export const identify = (version: string, comment: string): Server => {
  // Before 11 MariaDB's login packet, and proxies in front of it, put `5.5.5-` before the version.
  const match = /(\d+)\.(\d+)\.(\d+)/.exec(version.replace(/^5\.5\.5-(?=\d+\.)/, ""))
  return {
    vendor: /mariadb/i.test(`${version} ${comment}`) ? "mariadb" : "mysql",
    version: [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0), Number(match?.[3] ?? 0)],
    text: comment === "" ? version : `${version} (${comment})`
  }
}

/** About 25 days: a connection waits while its neighbours work, or while a pipe's reader is slow. */
const LONG = 2147483

const common: ReadonlyArray<Dialect.Setting> = [
  ["autocommit", "1"],
  ["wait_timeout", String(LONG)],
  ["net_write_timeout", String(LONG)],
  ["net_read_timeout", String(LONG)],
  ["time_zone", "'+00:00'"],
  // A limit for people's queries would cut a table without an error.
  ["sql_select_limit", "18446744073709551615"],
  ["sql_big_selects", "1"]
]

/** @internal */
export const setUp = (server: Server): ReadonlyArray<string> => [
  "SET NAMES binary",
  `SET ${
    [...common, ...Dialect.make(server).unlimited].map(([name, value]) => `SESSION ${name} = ${value}`).join(", ")
  }`
]
