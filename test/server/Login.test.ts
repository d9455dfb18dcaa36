/**
 * Ways to log in that the vendors' servers have, for both kinds of connection.
 */
import * as Os from "node:os"

import { assert, describe, layer } from "@effect/vitest"
import type { ScratchServer } from "@sluice/testing"
import { Effect, Option, Redacted, Schema } from "effect"

import * as Connection from "../../packages/mysql/src/Connection.js"
import * as Control from "../../packages/mysql/src/internal/control.js"
import { Tls } from "../../packages/mysql/src/Tls.js"
import { ask, optionsOf, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** In JSON, SQL and addresses this is written in other ways. */
const password = "p@ss:w/örd%20'\"\\ #;&=ß"

/** Who the server takes each of the two for. */
const whoIs = (options: Connection.Options) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* Connection.acquire(options)
    const [[data = ""] = []] = yield* ask(connection, "SELECT CURRENT_USER()")
    const session = yield* Effect.flatten(Control.make(options, Option.isSome(connection.tls)))
    const [row] = yield* session.query(Schema.Struct({ who: Schema.String }), "SELECT CURRENT_USER() AS who")
    return [data, row?.who]
  }))

const as = (server: ScratchServer.ScratchServer, user: string, more: Partial<Connection.Options> = {}) => {
  const { host, port } = optionsOf(server)
  return whoIs({
    ...(more.socketPath === undefined ? { host, port } : {}),
    user,
    password: Redacted.make(password),
    ...more
  })
}

const statements = (server: ScratchServer.ScratchServer, ...sql: ReadonlyArray<string>) =>
  Effect.scoped(
    Effect.flatMap(Connection.acquire(optionsOf(server)), (connection) => run(connection, "SET NAMES utf8mb4", ...sql))
  )

const quoted = `'${password.replaceAll(/['"\\]/g, "\\$&")}'`

describe("logging in", () => {
  describeVendors("as accounts want it", (vendor) => {
    layer(real.oneServer(vendor), { excludeTestServices: true })((it) => {
      it.scoped("with a password of any letters, with and without TLS, and over a socket", () =>
        Effect.gen(function*() {
          const server = yield* real.From
          const plugins = vendor === "mysql" ? ["caching_sha2_password", "sha256_password"] : ["mysql_native_password"]
          for (const plugin of plugins) {
            const by = vendor === "mysql"
              ? `IDENTIFIED WITH ${plugin} BY ${quoted}`
              : `IDENTIFIED VIA ${plugin} USING PASSWORD(${quoted})`
            yield* statements(server, `CREATE USER ${plugin} ${by}`)
            const me = [`${plugin}@%`, `${plugin}@%`]
            for (
              const more of [{ tls: Tls.Disabled() }, {}, { socketPath: server.socket }, {
                tls: Tls.Disabled(),
                socketPath: server.socket
              }]
            ) {
              // the server forgets what it knows, so that it asks for all of it; the second time it knows enough
              yield* statements(server, "FLUSH PRIVILEGES")
              assert.deepStrictEqual(yield* as(server, plugin, more), me)
              assert.deepStrictEqual(yield* as(server, plugin, more), me)
            }
            const wrong = yield* Effect.flip(as(server, plugin, { password: Redacted.make(`${password}x`) }))
            assert.strictEqual(wrong.errno, 1045)
          }
        }))

      it.scoped("as the account of the system, over a socket", () =>
        Effect.gen(function*() {
          const server = yield* real.From
          const system = Os.userInfo().username
          const user = vendor === "mysql" ? "by_socket" : system
          yield* statements(
            server,
            ...vendor === "mysql"
              ? [
                "INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'",
                `CREATE USER by_socket@localhost IDENTIFIED WITH auth_socket AS '${system}'`,
                "CREATE USER somebody@localhost IDENTIFIED WITH auth_socket AS 'nobody-else'"
              ]
              : [
                // as MariaDB makes its root
                `CREATE USER \`${system}\`@localhost IDENTIFIED VIA mysql_native_password USING 'invalid' OR unix_socket`,
                "CREATE USER somebody@localhost IDENTIFIED VIA unix_socket"
              ]
          )
          const socketPath = server.socket
          const none = Redacted.make("")
          assert.deepStrictEqual(yield* as(server, user, { socketPath, password: none }), [
            `${user}@localhost`,
            `${user}@localhost`
          ])
          // a password that nobody asked for does no harm
          assert.deepStrictEqual((yield* as(server, user, { socketPath }))[0], `${user}@localhost`)
          const other = yield* Effect.flip(as(server, "somebody", { socketPath, password: none }))
          assert.include([1045, 1698], other.errno)
        }))
    })
  })
})
