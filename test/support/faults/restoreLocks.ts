/**
 * Locks on the target that others hold while a restore wants them.
 */
import { assert } from "@effect/vitest"
import { Faults } from "@sluice/testing"
import { Deferred, Effect } from "effect"

import { connect, run } from "../mysqlSource.js"
import * as Proxy from "../proxy.js"
import { type Fault, inMemory, type Mode, onServers } from "./Fault.js"
import * as Lossy from "./lossy.js"
import * as Memory from "./memoryRestore.js"
import * as Cells from "./restoreCells.js"
import * as Stage from "./stage.js"

const modes: ReadonlyArray<Mode> = ["directory", "TRADITIONAL"]

/** How often rows are sent before it is left. */
const attempts = 9

export const faults: ReadonlyArray<Fault> = [
  onServers({
    name: "a session keeps a table of the target from being replaced, for longer than it is waited for",
    side: "restore",
    modes,
    ci: "once",
    code: 5,
    message:
      "sluice: a statement failed (…): another session keeps definitions on the target from being changed: Lock " +
      "wait timeout exceeded…otherwise try again when the session that holds the lock is done",
    left: "Part",
    cell: (stage) =>
      Effect.gen(function*() {
        yield* Stage.tell(stage.target, "CREATE DATABASE shop", "CREATE TABLE shop.heap (own INT) ENGINE=InnoDB")
        const end = yield* Effect.scoped(Effect.gen(function*() {
          const other = yield* connect(stage.target)
          yield* run(other, "START TRANSACTION", "SELECT * FROM shop.heap")
          const target = yield* Lossy.impatient(stage.target)
          return yield* Cells.restore({ ...stage, target }, "--drop-table=DROP")
        }))
        return yield* Cells.settled(stage, end)
      })
  }),
  onServers({
    name: "a session has locked a row that comes in, and lets go of it when it was waited for in vain",
    side: "restore",
    modes,
    ci: "once",
    code: 0,
    message: "COMPLETE: restore of 1 database, 3 tables",
    left: "Complete",
    cell: (stage) =>
      Effect.scoped(Effect.gen(function*() {
        const other = yield* connect(stage.target)
        yield* Stage.tell(stage.target, "SET GLOBAL innodb_lock_wait_timeout = 1")
        yield* Effect.addFinalizer(() =>
          Effect.orDie(Stage.tell(stage.target, "SET GLOBAL innodb_lock_wait_timeout = DEFAULT"))
        )
        const isFree = yield* Deferred.make<void>()
        let asked = 0
        const target = yield* Proxy.make(stage.target, (statement, pass, answered) => {
          if (!statement.includes("INSERT INTO `small`")) return pass
          asked += 1
          return asked > 1 ? Effect.zipRight(Deferred.await(isFree), pass) : Effect.orDie(Effect.gen(function*() {
            yield* run(other, "START TRANSACTION", "INSERT INTO shop.small VALUES (1, 'mine')")
            // which is that it was waited for in vain
            yield* answered
            yield* run(other, "ROLLBACK")
            yield* Deferred.succeed(isFree, undefined)
          }))
        })
        const end = yield* Cells.restore({ ...stage, target })
        assert.strictEqual(asked, 2, "how often the row was sent")
        return yield* Cells.settled(stage, end)
      }))
  }),
  inMemory({
    name: "a session has locked a row that comes in, and never lets go of it",
    side: "restore",
    modes: ["TRADITIONAL", "NO_DELETE"],
    code: 5,
    message: "sluice: …: Lock wait timeout exceeded; try restarting transaction",
    left: "Part",
    cell: (mode) =>
      Memory.restore(mode, {
        target: Array.from({ length: attempts }, (_, i) =>
          Faults.TargetFault.Statement({
            nth: i + 1,
            starting: "INSERT INTO `heap`",
            failure: "LockTimeout",
            taken: false
          }))
      })
  })
]
