/**
 * What every connection is set to, whichever side it is on: nothing of the server's defaults may cut, delay or change
 * what is read and written.
 *
 * @internal
 */

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

const atLeast = (server: Server, ...wanted: readonly [number, number, number]): boolean => {
  const first = server.version.findIndex((part, i) => part !== wanted[i])
  return first === -1 || (server.version[first] ?? 0) > (wanted[first] ?? 0)
}

/** About 25 days: a connection waits while its neighbours work, or while a pipe's reader is slow. */
const LONG = 2147483

type Setting = readonly [name: string, value: string]

const common: ReadonlyArray<Setting> = [
  ["autocommit", "1"],
  ["wait_timeout", String(LONG)],
  ["net_write_timeout", String(LONG)],
  ["net_read_timeout", String(LONG)],
  ["time_zone", "'+00:00'"],
  // A limit for people's queries would cut a table without an error.
  ["sql_select_limit", "18446744073709551615"],
  ["sql_big_selects", "1"]
]

const ofVendor = (server: Server): ReadonlyArray<Setting> =>
  server.vendor === "mariadb"
    ? [
      ...(atLeast(server, 10, 1, 1) ? [["max_statement_time", "0"]] as const : []),
      ...(atLeast(server, 10, 3, 0)
        ? [
          ["idle_transaction_timeout", "0"],
          ["idle_readonly_transaction_timeout", "0"],
          ["idle_write_transaction_timeout", "0"]
        ] as const
        : []),
      // a server may be set to show its system-versioned tables as they once were
      ...(atLeast(server, 10, 3, 4) ? [["system_versioning_asof", "DEFAULT"]] as const : [])
    ]
    : [
      ...(atLeast(server, 5, 7, 8) ? [["max_execution_time", "0"]] as const : []),
      ...(atLeast(server, 8, 0, 3) ? [["information_schema_stats_expiry", "0"]] as const : [])
    ]

/** @internal */
export const setUp = (server: Server): ReadonlyArray<string> => [
  "SET NAMES binary",
  `SET ${[...common, ...ofVendor(server)].map(([name, value]) => `SESSION ${name} = ${value}`).join(", ")}`
]
