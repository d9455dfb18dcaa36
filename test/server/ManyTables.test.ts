/**
 * What many tables cost is told by what is asked of the server, and not by a clock.
 */
import { Path } from "@effect/platform"
import { assert, layer } from "@effect/vitest"
import type { Connection, MysqlSource } from "@sluice/mysql"
import { Consistency } from "@sluice/mysql"
import { StreamMode } from "@sluice/pipeline"
import { MemoryFileSystem, type ScratchServer } from "@sluice/testing"
import { Effect, Layer, Option, Random } from "effect"

import * as flows from "../support/flows.js"
import { ask, chunksOf, connect, everythingIn, run, snapshotOf } from "../support/mysqlSource.js"
import { fresh, From, oneServer, sourceWith } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** The statements that come in while something is done. The log cannot be emptied while a snapshot is open. */
const asked = <A, E, R>(connection: Connection.RawConnection, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const mark = `SELECT '${yield* Random.nextInt}'`
    yield* run(connection, "SET GLOBAL log_output = 'TABLE'", "SET GLOBAL general_log = ON", mark)
    yield* effect
    yield* run(connection, "SET GLOBAL general_log = OFF")
    const rows = yield* ask(connection, "SELECT argument FROM mysql.general_log WHERE command_type = 'Query'")
    const statements = rows.map(([statement]) => statement ?? "")
    return statements.slice(statements.indexOf(mark) + 1)
  })

const columns = (count: number): string =>
  Array.from({ length: count }, (_, i) => `, c${i} ${["INT", "VARCHAR(20)", "DECIMAL(9,2)", "ENUM('a','b')"][i % 4]}`)
    .join("")

const make = (connection: Connection.RawConnection, database: string, tables: number, columnsEach: number) =>
  run(
    connection,
    `DROP DATABASE IF EXISTS ${database}`,
    `CREATE DATABASE ${database}`,
    ...Array.from({ length: tables }, (_, i) => [
      `CREATE TABLE ${database}.t${i} (id INT PRIMARY KEY${columns(columnsEach)}, KEY (c0), UNIQUE KEY (c1))`,
      `INSERT INTO ${database}.t${i} (id) VALUES (1), (2)`
    ]).flat()
  )

const dump = (
  server: ScratchServer.ScratchServer,
  database: string,
  how: Pick<MysqlSource.Options, "ddl">
) =>
  flows.dump({ selection: everythingIn(database), threads: 2 }).pipe(
    Effect.provide(StreamMode.layerDumpDirectory),
    Effect.provide(flows.folder("/dump")),
    Effect.provide(sourceWith(server, { readers: 2, ...how })),
    Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer))
  )

/** Whoever holds a lock says now and then that he is still there. */
const isSignOfLife = (statement: string): boolean => statement === "SELECT 1"

/** What is asked for all tables at once. */
const isAboutAll = (statement: string): boolean =>
  statement.includes("information_schema") && !/WHERE NAME IN|AND TABLE_NAME = /.test(statement)

describeVendors("a dump of many tables", (vendor) => {
  layer(oneServer(vendor), { excludeTestServices: true, timeout: "10 minutes" })((it) => {
    for (const ddl of [Consistency.Ddl.Auto(), Consistency.Ddl.Detect()]) {
      it.scoped(`asks a few things for each table, none for a column, and lists nothing anew (${ddl._tag})`, () =>
        Effect.gen(function*() {
          const server = yield* From
          const connection = yield* connect(server)
          const statements = (database: string, tables: number, columnsEach: number) =>
            Effect.gen(function*() {
              yield* make(connection, database, tables, columnsEach)
              const all = yield* asked(connection, dump(server, database, { ddl }))
              return all.filter((statement) => !isSignOfLife(statement))
            })
          const few = yield* statements("few", 10, 3)
          const many = yield* statements("many", 30, 3)
          const wide = yield* statements("wide", 30, 40)
          const each = (many.length - few.length) / 20
          assert.isAtMost(each, ddl._tag === "Auto" ? 12 : 19, many.slice(-40).join("\n"))
          assert.isBelow(Math.abs(wide.length - many.length), 15)
          assert.isAbove(few.filter(isAboutAll).length, 5)
          assert.isBelow(few.filter(isAboutAll).length, 40)
          assert.strictEqual(many.filter(isAboutAll).length, few.filter(isAboutAll).length)
        }))
    }

    it.scoped("plans small tables without asking, and is not misled by old statistics about large ones", () =>
      Effect.gen(function*() {
        const { connection, server } = yield* fresh(
          "sizes",
          "CREATE TABLE small (id INT PRIMARY KEY, v VARCHAR(20))",
          "INSERT INTO small VALUES (1, 'one'), (2, 'two')",
          "CREATE TABLE large (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(2000)) STATS_PERSISTENT=1, STATS_AUTO_RECALC=0",
          "ANALYZE TABLE large",
          "INSERT INTO large (v) VALUES (REPEAT('x', 2000))",
          ...Array.from({ length: 11 }, () => "INSERT INTO large (v) SELECT v FROM large")
        )
        const snapshot = yield* snapshotOf(server, everythingIn("sizes"))
        const options = { chunkBytes: 1 << 20, chunkRows: Option.none(), split: true }
        const questions = yield* asked(
          connection,
          Effect.tap(chunksOf(snapshot, "small", options), (chunks) =>
            Effect.sync(() => {
              assert.deepStrictEqual(chunks.map(({ condition, part }) => ({ condition, part })), [
                { condition: Option.none(), part: 0 }
              ])
            }))
        )
        assert.deepStrictEqual(questions.filter((statement) => statement.includes("small")), [])
        assert.isAbove((yield* chunksOf(snapshot, "large", options)).length, 2)
      }))
  })
})
