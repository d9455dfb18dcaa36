/**
 * What the tests of the MySQL source share.
 */
import * as Sql from "@sluice/format/Sql"
import * as Connection from "@sluice/mysql/Connection"
import type * as Consistency from "@sluice/mysql/Consistency"
import * as MysqlSource from "@sluice/mysql/MysqlSource"
import * as Source from "@sluice/pipeline/Source"
import type * as ScratchServer from "@sluice/testing/ScratchServer"
import { Chunk, Duration, Effect, Option, type Redacted, Stream } from "effect"

import { eventually } from "./eventually.js"

type Login = { readonly user: string; readonly password: Redacted.Redacted }

export const optionsOf = (server: ScratchServer.ScratchServer, login?: Login): Connection.Options => ({
  host: server.host,
  port: server.port,
  user: login?.user ?? server.user,
  password: login?.password ?? server.password
})

/** Connects with names and texts in UTF-8, as a person's client does. */
export const connect = (server: ScratchServer.ScratchServer, login?: Login) =>
  Effect.tap(
    Connection.acquire(optionsOf(server, login)),
    (connection) => connection.query("SET NAMES utf8mb4")
  )

/** Runs statements, one after the other. */
export const run = (connection: Connection.RawConnection, ...statements: ReadonlyArray<string | Uint8Array>) =>
  Effect.forEach(statements, (statement) => connection.query(statement), { discard: true })

/** The first row of an answer as text. */
export const ask = (connection: Connection.RawConnection, sql: string) =>
  Effect.map(
    connection.query(sql),
    ({ rows }) => rows.map((row) => row.map((cell) => cell === null ? null : Sql.text(cell)))
  )

/** Waits until the server has no such connection any more. */
export const gone = (connection: Connection.RawConnection, threadId: number) =>
  eventually(
    ask(connection, `SELECT COMMAND, STATE, INFO FROM information_schema.PROCESSLIST WHERE ID = ${threadId}`),
    (rows) => rows.length === 0
  )

export const everythingIn = (...databases: ReadonlyArray<string>): Source.Selection => ({
  databases: Option.some(databases),
  includes: () => true,
  views: true,
  triggers: true,
  routines: true,
  events: true
})

export const snapshotOf = (
  server: ScratchServer.ScratchServer,
  selection: Source.Selection,
  options?: {
    readonly readers?: number
    readonly spare?: number
    readonly login?: Login
    readonly lockWait?: Duration.DurationInput
    readonly lockMode?: Consistency.LockMode
    readonly ddl?: Consistency.Ddl
    readonly transactionalOnly?: boolean
  }
) =>
  Effect.flatMap(Source.Source, (source) => source.snapshot(selection)).pipe(
    Effect.provide(MysqlSource.layer({
      ...optionsOf(server, options?.login),
      readers: options?.readers ?? 2,
      ...(options?.spare === undefined ? {} : { spare: options.spare }),
      ...(options?.lockWait === undefined ? {} : { lockWait: Duration.decode(options.lockWait) }),
      lockMode: options?.lockMode,
      ddl: options?.ddl,
      transactionalOnly: options?.transactionalOnly
    }))
  )

export const inOneChunk: Source.PlanOptions = { chunkBytes: 1 << 30, chunkRows: Option.none(), split: false }

export const inChunksOf = (rows: number): Source.PlanOptions => ({
  chunkBytes: 1,
  chunkRows: Option.some(rows),
  split: true
})

export const readOptions: Source.ReadOptions = { statementSize: 1_000_000, completeInsert: false, utc: true }

export const tableIn = (snapshot: Source.Snapshot, name: string) =>
  Option.getOrThrow(
    Option.fromNullable(
      snapshot.catalog.databases.flatMap((database) => database.tables).find((table) => table.name === name)
    )
  )

export const chunksOf = (snapshot: Source.Snapshot, name: string, options: Source.PlanOptions) =>
  Effect.map(Stream.runCollect(snapshot.plan(tableIn(snapshot, name), options)), Chunk.toReadonlyArray)

/** The statements of a chunk, copied, as bytes. */
export const statementsOf = (snapshot: Source.Snapshot, chunk: Source.Chunk, options?: Partial<Source.ReadOptions>) =>
  snapshot.read([chunk], { ...readOptions, ...options }).pipe(
    Stream.map(({ piece: { bytes, rows } }) => ({ bytes: new Uint8Array(bytes), rows })),
    Stream.runCollect,
    Effect.map(Chunk.toReadonlyArray)
  )

/** All statements of a table, in the order of its chunks. */
export const contentOf = (
  snapshot: Source.Snapshot,
  name: string,
  options?: Source.PlanOptions,
  how?: Partial<Source.ReadOptions>
) =>
  Effect.flatMap(chunksOf(snapshot, name, options ?? inOneChunk), (chunks) =>
    Effect.map(
      Effect.forEach(chunks, (chunk) => statementsOf(snapshot, chunk, how)),
      (pieces) => pieces.flat()
    ))

/** The text of all statements of a table. */
export const textOf = (
  snapshot: Source.Snapshot,
  name: string,
  options?: Source.PlanOptions,
  how?: Partial<Source.ReadOptions>
) =>
  Effect.map(contentOf(snapshot, name, options, how), (pieces) => pieces.map(({ bytes }) => Sql.text(bytes)).join(""))
