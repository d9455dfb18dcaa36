/**
 * Making the zoo on a server.
 */
import type * as Connection from "@sluice/mysql/Connection"
import type { ServerPrograms } from "@sluice/testing"
import { Effect } from "effect"

import { run } from "../mysqlSource.js"
import * as Common from "./common.js"
import * as Mariadb from "./mariadb.js"
import * as Mysql from "./mysql.js"

/** What a server of the vendor can hold. */
export const zooOf = (vendor: ServerPrograms.Vendor): Common.Zoo => {
  const own = { mariadb: Mariadb.zoo, mysql: Mysql.zoo }[vendor]
  return {
    databases: [...Common.zoo.databases, ...own.databases],
    exhibits: [...Common.zoo.exhibits, ...own.exhibits]
  }
}

/** Makes it, each exhibit in a session's plain state. An exhibit that cannot be made says why it is there. */
export const build = (connection: Connection.RawConnection, zoo: Common.Zoo) =>
  Effect.forEach(
    zoo.exhibits,
    ({ sql, why }) =>
      run(connection, "SET NAMES utf8mb4", "SET sql_mode = '', time_zone = '+00:00'", ...sql).pipe(
        Effect.mapError((error) => new Error(`${why}: ${error.message}`))
      ),
    { discard: true }
  )
