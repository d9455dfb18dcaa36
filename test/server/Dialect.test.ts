import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Connection } from "@sluice/mysql"
import { ScratchServer, type ServerPrograms } from "@sluice/testing"
import { Effect, Layer, Option } from "effect"

import * as Dialect from "../../packages/mysql/src/internal/dialect.js"
import { optionsOf } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** A server that writes a binary log, which some of the questions are about. */
const logging = (vendor: ServerPrograms.Vendor) =>
  Layer.provideMerge(
    ScratchServer.layer(real.From, { vendor, arguments: ["--log-bin=binlog", "--server-id=7"] }),
    NodeContext.layer
  )

const assigned = (settings: ReadonlyArray<Dialect.Setting>): ReadonlyArray<string> =>
  settings.map(([name, value]) => `SET SESSION ${name} = ${value}`)

/** All SQL of the table, by the names of its entries, in an order in which one session can run it. */
const statementsOf = (dialect: Dialect.Dialect): ReadonlyArray<readonly [entry: string, sql: string]> => {
  const all: { readonly [entry: string]: ReadonlyArray<string> } = {
    unlimited: assigned(dialect.unlimited),
    withoutChecks: assigned(dialect.withoutChecks),
    uniqueChecks: assigned([["unique_checks", dialect.uniqueChecks]]),
    session: dialect.session(60),
    recursion: [dialect.recursion],
    letsGo: Option.toArray(dialect.letsGo).map(({ statement }) => statement),
    hashesInHex: Option.toArray(dialect.hashesInHex),
    flush: Option.toArray(dialect.flush),
    binaryLogStatus: [dialect.binaryLogStatus],
    gtids: Option.toArray(dialect.gtids),
    snapshotPosition: ["START TRANSACTION WITH CONSISTENT SNAPSHOT", dialect.snapshotPosition, "COMMIT"],
    gtidsAt: Option.toArray(dialect.gtidsAt("binlog.000001", "4")),
    inBetween: Option.toArray(dialect.inBetween),
    backupLock: Option.toArray(dialect.backupLock).flatMap(({ release, take }) => [...take, release]),
    storedTables: dialect.storedTables,
    publicGrants: Option.toArray(dialect.publicGrants),
    currentRoles: Option.toArray(dialect.currentRoles),
    visibleIndex: [`SELECT COUNT(*) AS indexes FROM information_schema.STATISTICS WHERE ${dialect.visibleIndex}`],
    accounts: [dialect.accounts],
    tablespaces: Option.toArray(dialect.tablespaces),
    read: [
      ["float", "float"],
      ["double", "double(255,0)"],
      ["enum", "enum('a','b')"],
      ["set", "set('a','')"],
      ["int", "int"]
    ].map(([type = "", definition = ""]) => `SELECT ${dialect.read({ type, definition }, "NULL")} AS cell`)
  }
  return Object.entries(all).flatMap(([entry, statements]) => statements.map((sql) => [entry, sql] as const))
}

describeVendors("the table of dialects", (vendor) => {
  layer(logging(vendor), { excludeTestServices: true })((it) => {
    it.scoped("is answered as it was recorded: each statement by columns of the same names", () =>
      Effect.gen(function*() {
        const server = yield* real.From
        const fs = yield* FileSystem.FileSystem
        const connection = yield* Connection.acquire(optionsOf(server))
        const answers = yield* Effect.forEach(
          statementsOf(Dialect.make(connection.server)),
          ([entry, sql]) =>
            Effect.map(connection.query(sql), ({ columns }) => ({ entry, sql, columns })).pipe(
              Effect.mapError((error) => new Error(`${entry}: ${sql}: ${error.message}`))
            )
        )
        const [major, minor] = connection.server.version
        const file = new URL(`dialect/${vendor}-${major}.${minor}.json`, import.meta.url).pathname
        if (process.env["SLUICE_RECORD"] === "1") {
          yield* fs.writeFileString(file, `${JSON.stringify(answers, null, 2)}\n`)
        }
        assert.deepStrictEqual(
          JSON.parse(yield* fs.readFileString(file)),
          answers,
          "if it was meant, record it with SLUICE_RECORD=1, for each server that SLUICE_SERVERS can name"
        )
      }))
  })
})
