/**
 * A server that asks for a file of ours, which it may do in answer to any statement. Nothing is ever offered, so nothing
 * is ever sent. https://dev.mysql.com/doc/refman/9.0/en/load-data-local-security.html
 */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"

import * as Connection from "../../packages/mysql/src/Connection.js"
import * as Control from "../../packages/mysql/src/internal/control.js"
import type * as MysqlError from "../../packages/mysql/src/MysqlError.js"
import * as FakeServer from "../support/fakeServer.js"

const content = "what no server is to see"

const file = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sluice-file-"))
    Fs.writeFileSync(Path.join(folder, "private"), content)
    return Path.join(folder, "private")
  }),
  (path) => Effect.sync(() => Fs.rmSync(Path.dirname(path), { recursive: true, force: true }))
)

const honest = (sql: string): FakeServer.Answer => {
  if (sql.startsWith("SELECT VERSION()")) {
    return FakeServer.row({ version: "8.0.0", comment: "", id: "7", packet: "1000000", server: "fake" })
  }
  return sql.includes("AS server") ? FakeServer.row({ id: "7", server: "fake" }) : [FakeServer.ok]
}

/** Connects, and runs a statement. */
type Way = (
  options: Connection.Options,
  sql: string
) => Effect.Effect<unknown, MysqlError.MysqlError, Scope.Scope>

const ways: Readonly<Record<string, Way>> = {
  query: (options, sql) => Effect.flatMap(Connection.acquire(options), (connection) => connection.query(sql)),
  execute: (options, sql) =>
    Effect.flatMap(Connection.acquire(options), (connection) => connection.execute(Buffer.from(sql))),
  control: (options, sql) => Effect.flatMap(Effect.flatten(Control.make(options, false)), ({ execute }) => execute(sql))
}

const load = "LOAD DATA LOCAL INFILE '/our/own.dat' INTO TABLE t"

for (const [name, way] of Object.entries(ways)) {
  describe(`a file that nobody offered, ${name}`, () => {
    /** It fails, and after the server asked it was told nothing but the end of the file, which is what refusing it is. */
    const refuses = (behaviour: (path: string) => FakeServer.Behaviour, sql: string) =>
      Effect.gen(function*() {
        const path = yield* file
        const server = yield* FakeServer.make(behaviour(path))
        const { host, password, port, user } = server
        const error = yield* Effect.flip(Effect.scoped(way({ host, port, user, password }, sql)))
        assert.strictEqual(error._tag, "MysqlError")
        assert.notInclude(error.message, content)
        for (const bytes of server.wire) assert.isFalse(bytes.includes(content))
        return { server, error }
      })

    it.scoped("is not sent when the server asks in the place of the login's end", () =>
      refuses((path) => ({ login: [FakeServer.wantsFile(path)] }), "SELECT 1"))

    it.scoped("is not sent in answer to the first statement", () =>
      refuses((path) => ({ statement: () => [FakeServer.wantsFile(path)] }), "SELECT 1"))

    it.scoped("is not sent in answer to a later statement", () =>
      refuses((path) => ({
        statement: (sql) => sql === "SELECT 'mine'" ? [FakeServer.wantsFile(path)] : honest(sql)
      }), "SELECT 'mine'"))

    it.scoped("is not sent when it asks twice", () =>
      refuses((path) => ({
        statement: (sql) =>
          sql === "SELECT 'mine'" ? [FakeServer.wantsFile(path), FakeServer.wantsFile(path)] : honest(sql)
      }), "SELECT 'mine'"))

    it.scoped("is not sent when it asks for another file than the one that a statement names", () =>
      refuses((path) => ({ statement: (sql) => sql === load ? [FakeServer.wantsFile(path)] : honest(sql) }), load))

    it.scoped("is not sent when the statement names it: what a backup says offers nothing", () =>
      Effect.gen(function*() {
        const path = yield* file
        const names = `LOAD DATA LOCAL INFILE '${path}' INTO TABLE t`
        yield* refuses(() => ({
          statement: (sql) => sql === names ? [FakeServer.wantsFile(path)] : honest(sql)
        }), names)
      }))

    it.scoped("is not what we say that we can send", () =>
      Effect.gen(function*() {
        const server = yield* FakeServer.make({ statement: honest })
        const { host, password, port, user } = server
        yield* Effect.scoped(way({ host, port, user, password }, "SELECT 1"))
        const logins = server.packets.filter((packet) => packet.includes(user))
        assert.isNotEmpty(logins)
        const CLIENT_LOCAL_FILES = 0x80
        for (const login of logins) assert.strictEqual(login.readUInt32LE(0) & CLIENT_LOCAL_FILES, 0)
      }))
  })
}
