/**
 * Banks whose money only moves, in transactions, between tables and databases: a copy of one moment holds all of it.
 */
import type { Connection } from "@sluice/mysql"
import type { ScratchServer } from "@sluice/testing"
import { Effect, Fiber } from "effect"

import { eventually } from "./eventually.js"
import { ask, connect, gone, run } from "./mysqlSource.js"

const accounts = 100
const each = 1000

/** Tables with accounts, by their full names. */
export const tables = ["bank1.a", "bank1.c", "bank2.b", "bank2.d"] as const

export const total = accounts * each * tables.length

export const databases = ["bank1", "bank2"] as const

const move = (from: string, to: string) =>
  `UPDATE ${from} SET v = v - @m WHERE id = @x; UPDATE ${to} SET v = v + @m WHERE id = @y; `

/**
 * `CALL teller.moves(n)` moves money n times, each time in a transaction of its own, which also counts itself in
 * `bank1.log`. The count comes first, so that no two of them ever lock each other out.
 */
export const open = (server: ScratchServer.ScratchServer) =>
  Effect.scoped(Effect.flatMap(connect(server), (connection) =>
    run(
      connection,
      ...["bank1", "bank2", "teller"].flatMap((name) => [`DROP DATABASE IF EXISTS ${name}`, `CREATE DATABASE ${name}`]),
      "CREATE TABLE bank1.log (id INT PRIMARY KEY, n BIGINT NOT NULL)",
      "INSERT INTO bank1.log VALUES (1, 0)",
      ...tables.flatMap((table) => [
        `CREATE TABLE ${table} (id INT PRIMARY KEY, v BIGINT NOT NULL)`,
        `INSERT INTO ${table} WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${accounts}) ` +
        `SELECT i, ${each} FROM n`
      ]),
      `ANALYZE TABLE ${tables.join(", ")}`,
      "CREATE PROCEDURE teller.moves(times INT) BEGIN " +
        "WHILE times > 0 DO " +
        "SET times = times - 1, @m = 1 + FLOOR(RAND() * 9); " +
        `SET @x = 1 + FLOOR(RAND() * ${accounts}), @y = 1 + FLOOR(RAND() * ${accounts}); ` +
        "START TRANSACTION; UPDATE bank1.log SET n = n + 1 WHERE id = 1; " +
        `IF times % 4 = 0 THEN ${move("bank1.a", "bank2.b")}` +
        `ELSEIF times % 4 = 1 THEN ${move("bank2.b", "bank1.c")}` +
        `ELSEIF times % 4 = 2 THEN ${move("bank1.c", "bank2.d")}` +
        `ELSE ${move("bank2.d", "bank1.a")} END IF; ` +
        "COMMIT; END WHILE; END"
    )))

/** How many transactions there were. */
export const commits = (connection: Connection.RawConnection) =>
  Effect.map(ask(connection, "SELECT n FROM bank1.log"), (rows) => Number(rows[0]?.[0]))

/** Waits until there were so many. */
export const untilCommits = (connection: Connection.RawConnection, count: number) =>
  Effect.orDie(eventually(commits(connection), (now) => now >= count))

/** Keeps moving money on two connections while something runs. */
export const whileMoving = <A, E, R>(server: ScratchServer.ScratchServer, effect: Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.gen(function*() {
    const writers = yield* Effect.forEach(
      [1, 2],
      () =>
        Effect.flatMap(
          connect(server),
          (connection) =>
            Effect.map(
              Effect.fork(Effect.forever(
                // as every application does that is told of a deadlock
                Effect.catchIf(
                  run(connection, "CALL teller.moves(10)"),
                  ({ reason }) => reason === "Deadlock" || reason === "LockTimeout",
                  () => run(connection, "ROLLBACK")
                )
              )),
              (fiber) => ({ fiber, id: connection.threadId })
            )
        )
    )
    const watcher = yield* connect(server)
    yield* untilCommits(watcher, (yield* commits(watcher)) + 20)
    const result = yield* effect
    for (const { fiber, id } of writers) {
      const ended = yield* Fiber.interrupt(fiber)
      if (ended._tag === "Failure" && ended.cause._tag === "Fail") return yield* Effect.die(ended.cause.error)
      // what the server is about may still be committed when its client has gone
      yield* gone(watcher, id)
    }
    return result
  }))

/** The money in a dump, by the texts of its files. */
export const moneyIn = (files: ReadonlyMap<string, string>): number =>
  Array.from(files).filter(([name]) => /^bank\d\.[abcd]\.\d/.test(name)).flatMap(([, text]) =>
    Array.from(text.matchAll(/\(\d+,(-?\d+)\)/g), (match) => Number(match[1]))
  ).reduce((sum, value) => sum + value, 0)

/** The number of transactions that a dump holds. */
export const commitsIn = (files: ReadonlyMap<string, string>): number =>
  Number(/VALUES\(1,(\d+)\)/.exec(files.get("bank1.log.00000.sql") ?? "")?.[1])

/** The money in a server. */
export const moneyOf = (server: ScratchServer.ScratchServer) =>
  Effect.scoped(Effect.flatMap(connect(server), (connection) =>
    Effect.map(
      ask(connection, `SELECT SUM(v) FROM (${tables.map((table) => `SELECT v FROM ${table}`).join(" UNION ALL ")}) x`),
      (rows) => Number(rows[0]?.[0])
    )))
