/**
 * Connections to one scratch server.
 */
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import * as Connection from "@sluice/mysql/Connection"
import type * as ScratchServer from "@sluice/testing/ScratchServer"
import { Context, Effect } from "effect"

import { eventually } from "./eventually.js"
import { ask } from "./mysqlSource.js"

export class Server extends Context.Tag("Server")<Server, ScratchServer.ScratchServer>() {}

export const options = Effect.map(Server, (server): Connection.Options => ({
  host: server.host,
  port: server.port,
  user: server.user,
  password: server.password
}))

export const acquire = Effect.flatMap(options, Connection.acquire)

export const head = Row.insertHead({ table: "t" })

export const texts = (result: Connection.Result) =>
  result.rows.map((row) => row.map((value) => value === null ? null : Sql.text(value)))

/** Waits until the server works on a statement of that connection. */
export const busy = (connection: Connection.RawConnection, threadId: number) =>
  eventually(
    ask(connection, `SELECT COMMAND, INFO FROM information_schema.PROCESSLIST WHERE ID = ${threadId}`),
    (rows) => rows.some(([command, info]) => command === "Query" && /LEEP/.test(info ?? ""))
  )

export const run = (connection: Connection.RawConnection, ...statements: ReadonlyArray<string>) =>
  Effect.forEach(statements, (statement) => connection.execute(Sql.bytes(statement)), { discard: true })

export const sleep = "SELECT SLEEP(1000)"
