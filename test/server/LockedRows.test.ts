/**
 * Somebody else locks a table of an engine without transactions while rows are put into it. No rollback takes the rows
 * back that were sent before, so they must not be sent again.
 */
import { FileSystem } from "@effect/platform"
import { assert, layer } from "@effect/vitest"
import { Frame, Sql } from "@sluice/format"
import { MysqlTarget } from "@sluice/mysql"
import { StreamMode } from "@sluice/pipeline"
import { Duration, Effect, Fiber, Layer, Schedule } from "effect"

import * as flows from "../support/flows.js"
import { ask, connect, optionsOf, run } from "../support/mysqlSource.js"
import * as Proxy from "../support/proxy.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** A stream as another tool may have written it: one file of two statements. */
const backup = Object.entries({
  "metadata.header": "# Started dump at: 2026-01-02 03:04:05\n[config]\nquote-character = BACKTICK\n",
  "d-schema-create.sql": "CREATE DATABASE `d`;\n",
  "d.t-schema.sql": "CREATE TABLE `t` (a INT) ENGINE=MyISAM;\n",
  "d.t.00000.sql": "INSERT INTO `t` VALUES (1),(3);\nINSERT INTO `t` VALUES (2);\n",
  "metadata": "[`d`.`t`]\nreal_table_name=t\nrows = 3\n# Finished dump at: 2026-01-02 03:04:06\n"
}).map(([name, content]) => {
  const bytes = Sql.bytes(content)
  return Sql.concat([Frame.header(name, bytes.length), bytes])
})

describeVendors("a table without transactions", (vendor) => {
  // readers keep writers out
  layer(real.oneServerWith(vendor, ["--concurrent-insert=0"]), { excludeTestServices: true, timeout: "3 minutes" })(
    (it) => {
      it.scoped("holds no row twice when a statement had to wait too long", () =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const server = yield* real.From
          const [reader, watcher] = [yield* connect(server), yield* connect(server)]
          const reads = Effect.map(
            ask(
              watcher,
              "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP%' AND STATE = 'User sleep'"
            ),
            (rows) => rows.length > 0
          )
          let isRead = false
          const seen = yield* Proxy.make(server, (statement, pass) =>
            Effect.gen(function*() {
              if (!isRead && statement.includes("INSERT INTO `t` VALUES (2)")) {
                isRead = true
                yield* Effect.forkDaemon(Effect.ignore(run(reader, "SELECT SLEEP(60), a FROM d.t")))
                yield* Effect.repeat(reads, { until: (there) => there, schedule: Schedule.spaced("20 millis") })
              } else if (isRead && statement.includes("ROLLBACK")) {
                yield* Effect.ignore(run(watcher, `KILL QUERY ${reader.threadId}`))
              }
              yield* pass
            }).pipe(Effect.orDie))
          const restoring = yield* flows.restore({ threads: 1 }).pipe(
            Effect.provide(
              Layer.provideMerge(StreamMode.layerTraditionalRestore, flows.folder(yield* fs.makeTempDirectoryScoped()))
            ),
            Effect.provide(flows.play(backup)),
            Effect.provide(MysqlTarget.layer({ ...optionsOf(seen), binlog: true, lockWait: Duration.seconds(1) })),
            Effect.exit,
            Effect.fork
          )
          const exit = yield* Fiber.join(restoring)
          assert.isTrue(isRead)
          const error = flows.failureOf(exit)
          assert.deepStrictEqual(yield* ask(watcher, "SELECT a FROM d.t"), [["1"], ["3"]])
          assert(error?._tag === "TargetError", String(exit))
          assert.deepInclude({ ...error }, { reason: "LockTimeout" })
          assert.include(error.message, "d.t.00000.sql")
          assert.include(error.message, "no transactions")
        }), { timeout: 60_000 })
    }
  )
})
