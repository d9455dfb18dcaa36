/**
 * Ways to log in, as far as no real server at hand has them.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option, Redacted, type Scope } from "effect"

import * as Connection from "../../packages/mysql/src/Connection.js"
import * as Control from "../../packages/mysql/src/internal/control.js"
import type * as MysqlError from "../../packages/mysql/src/MysqlError.js"
import { Tls } from "../../packages/mysql/src/Tls.js"
import * as Certificates from "../support/certificates.js"
import * as FakeServer from "../support/fakeServer.js"

const pair = Certificates.issue(Certificates.authority("Our CA"), ["localhost"])

const honest = (sql: string): FakeServer.Answer => {
  if (sql.startsWith("SELECT VERSION()")) {
    return FakeServer.row({ version: "8.0.0", comment: "", id: "7", packet: "1000000", server: "fake" })
  }
  return sql.includes("AS server") ? FakeServer.row({ id: "7", server: "fake" }) : [FakeServer.ok]
}

type Ways = Readonly<
  Record<string, (options: Connection.Options) => Effect.Effect<unknown, MysqlError.MysqlError, Scope.Scope>>
>

const ways: Ways = {
  raw: Connection.acquire,
  control: (options) => Effect.flatten(Control.make(options, options.tls?._tag !== "Disabled"))
}

for (const [way, connect] of Object.entries(ways)) {
  describe(`logging in, ${way}`, () => {
    const tries = (behaviour: FakeServer.Behaviour, more: Partial<Connection.Options>) =>
      Effect.gen(function*() {
        const server = yield* FakeServer.make({ statement: honest, ...behaviour })
        const { host, password, port, user } = server
        const outcome = yield* Effect.either(Effect.scoped(connect({ host, port, user, password, ...more })))
        const error = Option.getOrUndefined(Either.getLeft(outcome))
        const secret = Redacted.value(password)
        assert.notInclude(JSON.stringify([error, error?.toSource("x").message, error?.stack]), secret)
        for (const bytes of server.wire) assert.isFalse(bytes.includes(secret), "on the wire")
        return { error, got: server.packets.some((packet) => packet.includes(secret)) }
      })
    const clear = { login: [FakeServer.wantsPlugin("mysql_clear_password")] }
    const encrypted = { ...clear, tls: pair }

    it.scoped("names a plugin that we do not have, whatever it is called", () =>
      Effect.gen(function*() {
        for (const plugin of ["client_ed25519", "parsec", "dialog", "toString", "__proto__"]) {
          const { error } = yield* tries({ login: [FakeServer.wantsPlugin(plugin)] }, { tls: Tls.Disabled() })
          assert.include(error?.detail ?? "", `the plugin ${plugin}, which this program does not have`)
          assert.match(error?.toSource("x").advice ?? "", /caching_sha2_password/)
          assert.isFalse(error?.toSource("x").isRetryable)
        }
        const { error } = yield* tries({ login: [FakeServer.wantsPlugin("\u001b[2Jx\ny")] }, { tls: Tls.Disabled() })
        assert.isTrue([...(error?.detail ?? "\n")].every((letter) => letter >= " "))
      }))

    it.scoped("gives nobody the password as it is, unless that is allowed", () =>
      Effect.gen(function*() {
        for (const tls of [Tls.Disabled(), Tls.Required({ settings: {} })]) {
          const { error, got } = yield* tries(encrypted, { tls })
          assert.match(error?.detail ?? "", /mysql_clear_password.*not sent unless it is allowed/)
          assert.match(error?.toSource("x").advice ?? "", /--enable-cleartext-plugin/)
          assert.isFalse(got)
        }
      }))

    it.scoped("gives it over TLS when it is allowed, and never in the clear", () =>
      Effect.gen(function*() {
        const over = yield* tries(encrypted, { tls: Tls.Required({ settings: {} }), cleartextPlugin: true })
        assert.isUndefined(over.error)
        assert.isTrue(over.got)
        const { error, got } = yield* tries(clear, { tls: Tls.Disabled(), cleartextPlugin: true })
        assert.match(error?.detail ?? "", /over a connection that is not encrypted/)
        assert.match(error?.toSource("x").advice ?? "", /--ssl-mode/)
        assert.isFalse(got)
        // nor when it is the first thing that the server speaks of
        const first = yield* tries(
          { plugin: "mysql_clear_password", login: [FakeServer.wantsPlugin("mysql_clear_password")] },
          { tls: Tls.Disabled(), cleartextPlugin: true }
        )
        assert.isFalse(first.got)
      }))
  })
}
