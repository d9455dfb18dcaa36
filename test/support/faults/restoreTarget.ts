/**
 * Targets that fail while a restore runs, or that cannot take it.
 */
import { NodeContext } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import { ScratchServer } from "@sluice/testing"
import { Deferred, Effect, Redacted, Schedule } from "effect"

import { eventually } from "../eventually.js"
import { ask, connect, run } from "../mysqlSource.js"
import { secrets } from "../program.js"
import * as Proxy from "../proxy.js"
import { differences, pictureOf } from "../realServers.js"
import { type Fault, type Mode, onServers, type Stage as On } from "./Fault.js"
import * as Cells from "./restoreCells.js"
import * as Stage from "./stage.js"

const modes: ReadonlyArray<Mode> = ["directory", "TRADITIONAL"]
const rowsOfHeap = /INSERT INTO `heap`/
const commits = /COMMIT$/

/** An account that may do everything, but not write to a server that is read-only. */
const clerk = (stage: On, ...more: ReadonlyArray<string>) =>
  Effect.as(
    Stage.tell(
      stage.target,
      "DROP USER IF EXISTS clerk@'%'",
      `CREATE USER clerk@'%' IDENTIFIED BY '${secrets.right}'`,
      ...more
    ),
    { ...stage, target: { ...stage.target, user: "clerk" } }
  )

const everythingBut = {
  mariadb: ["GRANT ALL ON *.* TO clerk@'%'", "REVOKE READ_ONLY ADMIN ON *.* FROM clerk@'%'"],
  mysql: ["GRANT ALL ON *.* TO clerk@'%'", "REVOKE CONNECTION_ADMIN, SUPER ON *.* FROM clerk@'%'"]
}

const setting = <A, E, R>(stage: On, name: string, value: string, after: string, cell: Effect.Effect<A, E, R>) =>
  Effect.zipRight(Stage.tell(stage.target, `SET GLOBAL ${name} = ${value}`), cell).pipe(
    Effect.ensuring(Effect.orDie(Stage.tell(stage.target, `SET GLOBAL ${name} = ${after}`)))
  )

/** Leaves little room in a server whose data file does not grow. */
const fillUp = (target: ScratchServer.ScratchServer) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* connect(target)
    yield* run(connection, "CREATE DATABASE other", "CREATE TABLE other.t (a LONGBLOB)")
    yield* run(connection, "INSERT INTO other.t VALUES (REPEAT('x', 200000))").pipe(Effect.repeatN(200), Effect.ignore)
  }))

const lost = "sluice: a statement failed (…): … closed the connection"

export const faults: ReadonlyArray<Fault> = [
  onServers({
    name: "the connection is lost while rows are sent",
    side: "restore",
    modes,
    ci: "once",
    code: 5,
    message: lost,
    left: "Part",
    cell: (stage) => Cells.through(stage, Cells.onAnswer(rowsOfHeap, 3, (link) => link.lose))
  }),
  onServers({
    name: "the connection is lost while a table is created",
    side: "restore",
    modes,
    ci: "once",
    code: 5,
    message: "sluice: a statement failed (shop.large-schema.sql: …): … closed the connection",
    left: "Part",
    cell: (stage) => Cells.through(stage, Cells.onAnswer(/CREATE TABLE `large`/, 1, (link) => link.lose))
  }),
  onServers({
    name: "the connection is lost before a COMMIT has reached the target",
    side: "restore",
    modes,
    ci: "once",
    code: 5,
    message: "sluice: cannot commit the rows of a file (shop.…): …, and it is not known whether the rows are there",
    left: "Part",
    cell: (stage) =>
      Effect.suspend(() => {
        let seen = 0
        return Cells.through(stage, (statement, link) => {
          seen += commits.test(statement) ? 1 : 0
          if (commits.test(statement) && seen === 3) Effect.runSync(link.lose)
          return undefined
        })
      })
  }),
  onServers({
    name: "the answer to a COMMIT is lost",
    side: "restore",
    modes,
    code: 5,
    message: "sluice: cannot commit the rows of a file (shop.…): …, and it is not known whether the rows are there",
    left: "Part",
    cell: (stage) => Cells.through(stage, Cells.onAnswer(commits, 3, (link) => link.lose))
  }),
  onServers({
    name: "the target is killed",
    side: "restore",
    modes,
    ci: "once",
    code: 5,
    message: "sluice: …: … closed the connection",
    left: "Part",
    cell: (stage) => Cells.through(stage, Cells.onAnswer(commits, 3, () => stage.target.kill))
  }),
  onServers({
    name: "the target is restarted",
    side: "restore",
    modes,
    ci: "once",
    code: 5,
    message: "sluice: …Try again",
    left: "Part",
    cell: (stage) =>
      Effect.gen(function*() {
        const isBack = yield* Deferred.make<void>()
        const restart = Effect.ensuring(Effect.orDie(stage.target.restart), Deferred.succeed(isBack, undefined))
        const target = yield* Cells.seen(stage, Cells.onAnswer(rowsOfHeap, 3, () => restart))
        const end = yield* Cells.restore({ ...stage, target })
        yield* Deferred.await(isBack)
        return yield* Cells.settled(stage, end)
      })
  }),
  onServers({
    name: "the target becomes read-only",
    side: "restore",
    modes,
    code: 5,
    message: "sluice: …read-only…",
    left: "Part",
    cell: (stage) =>
      Effect.gen(function*() {
        const account = yield* clerk(stage, ...everythingBut[stage.target.vendor])
        const freeze = Effect.orDie(Stage.tell(stage.target, "SET GLOBAL read_only = 1"))
        const decide = Cells.onAnswer(rowsOfHeap, 1, () => freeze)
        const target = yield* Cells.seen(account, decide)
        const end = yield* Effect.ensuring(
          Cells.restore({ ...account, target }, "-t", "1"),
          Effect.orDie(Stage.tell(stage.target, "SET GLOBAL read_only = 0"))
        )
        return yield* Cells.settled(stage, end)
      })
  }),
  onServers({
    name: "the target was read-only from the start",
    side: "restore",
    modes,
    ci: "once",
    code: 5,
    message:
      "sluice: the target cannot take this backup as it is: the server is read-only (read_only). Nothing was changed",
    left: "Nothing",
    cell: (stage) =>
      Effect.gen(function*() {
        const account = yield* clerk(stage, ...everythingBut[stage.target.vendor])
        const end = yield* setting(stage, "read_only", "1", "0", Cells.restore(account))
        return yield* Cells.settled(stage, end)
      })
  }),
  onServers({
    name: "the account may do nothing on the target",
    side: "restore",
    modes,
    ci: "once",
    code: 5,
    message:
      "sluice: the target cannot take this backup as it is: the account clerk@% lacks CREATE on `shop`, INSERT on `shop`. " +
      "Nothing was changed. Grant what is missing",
    left: "Nothing",
    cell: (stage) =>
      Effect.flatMap(
        clerk(stage),
        (account) => Effect.flatMap(Cells.restore(account), (end) => Cells.settled(stage, end))
      )
  }),
  onServers({
    name: "a table is already there",
    side: "restore",
    modes,
    ci: "once",
    code: 5,
    message: "sluice: the target cannot take this backup as it is: shop.heap is already there. Nothing was changed",
    left: "AsItWas",
    cell: (stage) =>
      Effect.gen(function*() {
        yield* Stage.tell(stage.target, "CREATE DATABASE shop", "CREATE TABLE shop.heap (own INT)")
        const before = yield* pictureOf(stage.target, "shop")
        const end = yield* Cells.restore(stage)
        const same = differences(before, yield* pictureOf(stage.target, "shop")).length === 0
        const settled = yield* Cells.settled(stage, end)
        return same ? { ...settled, left: "AsItWas" as const } : settled
      })
  }),
  onServers({
    name: "a statement is longer than the target takes, and the backup said so at its start",
    side: "restore",
    modes: ["directory"],
    ci: "once",
    code: 5,
    message:
      "sluice: the target cannot take this backup as it is: the longest statement of the backup has … bytes, and " +
      "the server takes less than 65536 (max_allowed_packet). Nothing was changed",
    left: "Nothing",
    cell: (stage) =>
      Effect.flatMap(
        setting(stage, "max_allowed_packet", "65536", "16777216", Cells.restore(stage)),
        (end) => Cells.settled(stage, end)
      )
  }),
  onServers({
    name: "a statement is longer than the target takes, and a stream cannot say so at its start",
    side: "restore",
    modes: ["TRADITIONAL"],
    ci: "once",
    code: 5,
    message: "sluice: a statement cannot be sent (shop.…): its … bytes are more than the server takes",
    left: "Part",
    cell: (stage) =>
      Effect.flatMap(
        setting(stage, "max_allowed_packet", "65536", "16777216", Cells.restore(stage)),
        (end) => Cells.settled(stage, end)
      )
  }),
  onServers({
    name: "the target has no space left",
    side: "restore",
    modes,
    ci: "once",
    code: 5,
    message: "sluice: a statement failed (shop.…): …. Free space on the server's disk",
    left: "Part",
    cell: (stage) =>
      Effect.gen(function*() {
        const target = yield* ScratchServer.make({
          vendor: stage.target.vendor,
          rootPassword: Redacted.make(secrets.right),
          arguments: ["--innodb-data-file-path=ibdata1:32M", "--innodb-file-per-table=0"]
        }).pipe(Effect.provide(NodeContext.layer))
        // a large table of somebody else's
        yield* fillUp(target)
        const full = { ...stage, target }
        const end = yield* Cells.restore(full)
        // MariaDB's undo log is in the file that is full: there may not even be room to drop a table
        if (target.vendor === "mariadb") return Stage.outcome(end, yield* Stage.leftOnTarget(full))
        // there is when the server has cleared up what was rolled back
        yield* eventually(Effect.isSuccess(Stage.tell(target, "DROP DATABASE IF EXISTS other")), (dropped) => dropped)
        return yield* Cells.settled(full, end)
      })
  }),
  onServers({
    name: "a deadlock with another session",
    side: "restore",
    modes,
    code: 0,
    message: "COMPLETE: restore of 1 database, 3 tables",
    left: "Complete",
    cell: (stage) =>
      Effect.gen(function*() {
        const [other, watcher] = [yield* connect(stage.target), yield* connect(stage.target)]
        yield* run(other, "DROP DATABASE IF EXISTS other", "CREATE DATABASE other", "CREATE TABLE other.t (a INT)")
        let deadlocked = false
        const waits = Effect.map(
          ask(watcher, "SELECT 1 FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'"),
          (rows) => rows.length > 0
        )
        const target = yield* Proxy.make(stage.target, (statement, pass) =>
          Effect.gen(function*() {
            if (deadlocked || !statement.includes("INSERT INTO `small`")) return yield* pass
            deadlocked = true
            // it has more to lose, so the restore is the one that is rolled back
            yield* run(
              other,
              "START TRANSACTION",
              `INSERT INTO other.t VALUES ${Array.from({ length: 1000 }, (_, i) => `(${i})`).join(",")}`,
              "INSERT INTO shop.small VALUES (2, 'mine')"
            )
            yield* pass
            // servers show what they have shown before to whoever asks again within a tenth of a second
            yield* Effect.repeat(waits, { until: (waiting) => waiting, schedule: Schedule.spaced("150 millis") })
            yield* run(other, "INSERT INTO shop.small VALUES (1, 'mine')", "ROLLBACK", "DROP DATABASE other")
          }).pipe(Effect.orDie))
        const end = yield* Cells.restore({ ...stage, target })
        assert.isTrue(deadlocked)
        return yield* Cells.settled(stage, end)
      })
  })
]
