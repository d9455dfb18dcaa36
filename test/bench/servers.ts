/**
 * Servers that keep their data in the cache, so that they are built once.
 */
import * as Os from "node:os"

import { Path } from "@effect/platform"
import { Sql } from "@sluice/format"
import { Connection } from "@sluice/mysql"
import { ScratchServer, ServerPrograms } from "@sluice/testing"
import { Effect, Redacted } from "effect"

/**
 * Starts a server whose `root` has no password, so that none stands in the words of a program. All of its data fit
 * into its memory.
 */
export const start = (vendor: ServerPrograms.Vendor, name: string, bytes: number) =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const program = yield* ServerPrograms.find(vendor)
    const folder = `${name}-${vendor}-${program.version.replaceAll(/[^\w.+-]/g, "_")}`
    const pool = Math.round(Math.min(bytes * 2.5 + 2 ** 28, Os.totalmem() / 3))
    return yield* ScratchServer.make({
      vendor,
      rootPassword: Redacted.make(""),
      data: path.join(yield* ServerPrograms.cacheDirectory, "bench", folder),
      arguments: [`--innodb-buffer-pool-size=${pool}`]
    })
  })

export const connect = (server: ScratchServer.ScratchServer) =>
  Connection.acquire({ socketPath: server.socket, user: server.user, password: server.password })

const selects = "SELECT /*!40001 SQL_NO_CACHE */"

/** What is asked of the server while something is done. */
export const asked = <A, E, R>(connection: Connection.RawConnection, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    yield* connection.query("SET GLOBAL log_output = 'TABLE'")
    yield* connection.query("TRUNCATE mysql.general_log")
    const result = yield* Effect.acquireUseRelease(
      connection.query("SET GLOBAL general_log = ON"),
      () => effect,
      () => Effect.orDie(connection.query("SET GLOBAL general_log = OFF"))
    )
    const { rows } = yield* connection.query(
      "SELECT argument FROM mysql.general_log WHERE command_type = 'Query'"
    )
    const statements = rows.map(([argument]) => Sql.text(argument ?? new Uint8Array(0)))
    return { result, statements }
  })

/** Those that read the rows of tables. */
export const readsRows = (statement: string): boolean => statement.startsWith(selects)

/** How many rows the tables of a database hold. */
export const rowsIn = (connection: Connection.RawConnection, database: string, tables: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(tables, (table) => connection.query(`SELECT COUNT(*) FROM ${database}.${table}`)),
    (answers) => answers.reduce((sum, { rows: [row] }) => sum + Number(Sql.text(row?.[0] ?? new Uint8Array(0))), 0)
  )
