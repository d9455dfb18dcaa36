/**
 * Several statements in one go.
 */
import { NodeContext } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import * as Sql from "@sluice/format/Sql"
import * as Connection from "@sluice/mysql/Connection"
import * as ScratchServer from "@sluice/testing/ScratchServer"
import { Effect, Fiber, Layer, Stream } from "effect"

import { acquire, busy, head, options, run, Server, sleep, texts } from "../support/connections.js"
import { gone } from "../support/mysqlSource.js"

for (const vendor of ["mariadb", "mysql"] as const) {
  const server = ScratchServer.layer(Server, { vendor, arguments: ["--max-allowed-packet=64M"] })
  describe(vendor, () => {
    layer(Layer.provide(server, NodeContext.layer), { excludeTestServices: true })((it) => {
      const together = Effect.flatMap(options, (options) => Connection.acquire({ ...options, severalStatements: true }))
      const inTypescript = Effect.flatMap(
        options,
        (options) => Connection.acquire({ ...options, severalStatements: true, transcoder: "typescript" })
      )
      const ways = [
        ["together", together],
        ["together, in TypeScript", inTypescript],
        ["one by one, without leave", acquire]
      ] as const
      for (const [how, open] of ways) {
        it.scoped(`runs several statements, ${how}, and tells which one fails`, () =>
          Effect.gen(function*() {
            const connection = yield* open
            const many = Array.from({ length: 300 }, (_, i) => `SELECT '${"x".repeat(2000)}', ${i}`)
            const answers = yield* connection.queries(["SET @a = 1", ...many, "SELECT @a"])
            assert.deepStrictEqual(
              answers.slice(1, -1).map((answer) => texts(answer)[0]?.[1]),
              many.map((_, i) => `${i}`)
            )
            assert.deepStrictEqual(answers.slice(-1).map(texts), [[["1"]]])
            const failed = yield* Effect.flip(connection.queries(["SELECT 1", "SELECT no_such", "SET @a = 2"]))
            assert.strictEqual(failed.at, 1)
            assert.strictEqual(failed.error.errno, 1054)
            assert.deepStrictEqual(texts(yield* connection.query("SELECT @a")), [["1"]])
            assert.deepStrictEqual(yield* connection.queries([]), [])
          }))

        it.scoped(`reads the rows of several statements, ${how}, as it does those of one`, () =>
          Effect.gen(function*() {
            const connection = yield* open
            yield* run(connection, "CREATE DATABASE IF NOT EXISTS several", "DROP TABLE IF EXISTS several.t")
            yield* run(connection, "CREATE TABLE several.t (a INT PRIMARY KEY AUTO_INCREMENT, b VARCHAR(2000))")
            yield* run(connection, "INSERT INTO several.t (b) VALUES (REPEAT('x\\'', 1000)), (NULL), ('')")
            yield* Effect.repeatN(run(connection, "INSERT INTO several.t (b) SELECT b FROM several.t"), 10)
            const asked = ["a < 0", "a = 1", "TRUE", "a < 2000", "a = 2", "TRUE"].map((
              condition
            ): Connection.Statement => ({
              sql: `SELECT a, b FROM several.t WHERE ${condition} ORDER BY a`,
              insert: { head, kinds: ["Number", "Text"], statementSize: 100_000 }
            }))
            const one = ({ insert, sql }: Connection.Statement) =>
              insert === undefined ? Effect.succeed("") : Stream.runFold(
                connection.insertStatements(sql, insert),
                "",
                (text, { bytes }) => text + Sql.text(bytes)
              )
            const found = asked.map(() => "")
            yield* Stream.runForEach(
              connection.several([{ sql: "SET @b = 1" }, ...asked]),
              (part) =>
                Effect.sync(() => {
                  if (part._tag === "Piece") found[part.at - 1] += Sql.text(part.piece.bytes)
                })
            )
            assert.deepStrictEqual(found, yield* Effect.forEach(asked, one))
            const wrong = asked.map(({ sql }): Connection.Statement => ({
              sql,
              insert: { head, kinds: ["Number"], statementSize: 1000 }
            }))
            const { at, error } = yield* Effect.flip(Stream.runDrain(connection.several(wrong)))
            assert.deepStrictEqual([at, error.reason], [0, "DefinitionChanged"])
          }))
      }

      it.scoped("an interrupted one of several statements is killed, and none is run behind it", () =>
        Effect.gen(function*() {
          const beside = yield* acquire
          const connection = yield* together
          yield* run(connection, "CREATE DATABASE IF NOT EXISTS several", "CREATE TABLE several.killed (a INT)")
          const fiber = yield* Effect.fork(
            connection.queries(["SELECT 1", sleep, "INSERT INTO several.killed VALUES (1)"])
          )
          yield* busy(beside, connection.threadId)
          yield* Fiber.interrupt(fiber)
          yield* gone(beside, connection.threadId)
          assert.deepStrictEqual(texts(yield* beside.query("SELECT * FROM several.killed")), [])
        }))

      it.scoped("a text with several statements is refused where it was given no leave", () =>
        Effect.gen(function*() {
          const connection = yield* acquire
          assert.strictEqual((yield* Effect.flip(connection.query("SELECT 1; SELECT 2"))).errno, 1064)
        }))
    })
  })
}
