/**
 * Databases moved between real servers.
 */
import { NodeContext } from "@effect/platform-node"
import { Connection, Fingerprint, MysqlSource, MysqlTarget } from "@sluice/mysql"
import { ScratchServer, type ServerPrograms } from "@sluice/testing"
import { Context, Effect, Layer } from "effect"

import { connect, optionsOf, run } from "./mysqlSource.js"

/** The server that is dumped, or the only one. */
export class From extends Context.Tag("test/From")<From, ScratchServer.ScratchServer>() {}

/** The server that is restored into. */
export class To extends Context.Tag("test/To")<To, ScratchServer.ScratchServer>() {}

export const oneServer = (vendor: ServerPrograms.Vendor) =>
  Layer.provideMerge(ScratchServer.layer(From, { vendor }), NodeContext.layer)

export const oneServerWith = (vendor: ServerPrograms.Vendor, words: ReadonlyArray<string>) =>
  Layer.provideMerge(ScratchServer.layer(From, { vendor, arguments: words }), NodeContext.layer)

export const twoServers = (vendor: ServerPrograms.Vendor) =>
  Layer.merge(ScratchServer.layer(From, { vendor }), ScratchServer.layer(To, { vendor })).pipe(
    Layer.provideMerge(NodeContext.layer)
  )

export const twoServersWith = (vendor: ServerPrograms.Vendor, words: ReadonlyArray<string>) =>
  Layer.merge(ScratchServer.layer(From, { vendor, arguments: words }), ScratchServer.layer(To, { vendor })).pipe(
    Layer.provideMerge(NodeContext.layer)
  )

export const sourceWith = (server: ScratchServer.ScratchServer, how: Omit<MysqlSource.Options, "user" | "password">) =>
  MysqlSource.layer({ ...optionsOf(server), ...how })

export const sourceOf = (server: ScratchServer.ScratchServer, readers = 4) =>
  MysqlSource.layer({ ...optionsOf(server), readers })

export const targetOf = (server: ScratchServer.ScratchServer) =>
  MysqlTarget.layer({ ...optionsOf(server), binlog: true })

/** A new database of that name, with what the statements make, and a connection in it. */
export const fresh = (name: string, ...statements: ReadonlyArray<string | Uint8Array>) =>
  Effect.gen(function*() {
    const server = yield* From
    const connection = yield* connect(server)
    yield* run(connection, `DROP DATABASE IF EXISTS ${name}`, `CREATE DATABASE ${name}`, `USE ${name}`)
    yield* run(connection, ...statements)
    return { server, connection }
  })

/** What the judge sees of a database. */
export const pictureOf = (server: ScratchServer.ScratchServer, database: string) =>
  Effect.scoped(
    Effect.flatMap(Connection.acquire(optionsOf(server)), (connection) => Fingerprint.read(connection, [database]))
  )

/** What differs, in words, so that a test that fails says it. */
export const differences = (left: Fingerprint.Fingerprint, right: Fingerprint.Fingerprint): ReadonlyArray<string> =>
  Fingerprint.difference(left, right).map(Fingerprint.describe)
