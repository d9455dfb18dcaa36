import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option, Redacted, type Scope } from "effect"

import * as Connection from "../../packages/mysql/src/Connection.js"
import * as Control from "../../packages/mysql/src/internal/control.js"
import type * as MysqlError from "../../packages/mysql/src/MysqlError.js"
import { Tls } from "../../packages/mysql/src/Tls.js"
import * as Certificates from "../support/certificates.js"
import * as FakeServer from "../support/fakeServer.js"

const own = Certificates.authority("Our CA")
const other = Certificates.authority("Another CA")
const good = Certificates.issue(own, ["localhost", "db.test", "127.0.0.1"])

const verifyCa = (by = own, settings = {}) => Tls.VerifyCa({ settings, authorities: [by.certificate] })
const verifyIdentity = (by = own) => Tls.VerifyIdentity({ settings: {}, authorities: [by.certificate] })

/** An honest server, as far as it goes. */
const honest = (sql: string): FakeServer.Answer => {
  if (sql.startsWith("SELECT VERSION()")) {
    return FakeServer.row({ version: "8.0.0", comment: "", id: "7", packet: "1000000", server: "fake" })
  }
  return sql.includes("AS server") ? FakeServer.row({ id: "7", server: "fake" }) : [FakeServer.ok]
}

type Ways = Readonly<
  Record<string, (options: Connection.Options) => Effect.Effect<unknown, MysqlError.MysqlError, Scope.Scope>>
>

/** Whatever connects: the connections of the data, and those of the driver's pool. */
const ways: Ways = {
  raw: Connection.acquire,
  control: (options) => Effect.flatten(Control.make(options, true))
}

const optionsOf = (server: FakeServer.FakeServer, more: Partial<Connection.Options>): Connection.Options => ({
  host: server.host,
  port: server.port,
  user: server.user,
  password: server.password,
  ...more
})

const secret = "R1ght-and-secret"

/** What nobody in between could read: the password, the name, the statements. */
const assertUnreadable = (server: FakeServer.FakeServer) => {
  assert.isNotEmpty(server.wire)
  for (const bytes of server.wire) {
    for (const word of [secret, server.user, "SELECT"]) assert.isFalse(bytes.includes(word), word)
  }
}

for (const [way, connect] of Object.entries(ways)) {
  describe(`TLS, ${way}`, () => {
    const tries = (behaviour: FakeServer.Behaviour, more: Partial<Connection.Options>) =>
      Effect.gen(function*() {
        const server = yield* FakeServer.make({ statement: honest, ...behaviour })
        const outcome = yield* Effect.either(Effect.scoped(connect(optionsOf(server, more))))
        return { server, error: Option.getOrUndefined(Either.getLeft(outcome)) }
      })

    const connects = (behaviour: FakeServer.Behaviour, more: Partial<Connection.Options>) =>
      Effect.map(tries(behaviour, more), ({ error, server }) => {
        assert.isUndefined(error, error?.detail)
        return server
      })

    /** It fails, says so in plain words with what to do, and has sent nothing that is worth anything. */
    const refuses = (
      behaviour: FakeServer.Behaviour,
      more: Partial<Connection.Options>,
      saying: RegExp,
      advising: RegExp
    ) =>
      Effect.map(tries(behaviour, more), ({ error, server }) => {
        assert.match(error?.detail ?? "it connected", saying)
        const shown = error?.toSource("cannot connect to the source server")
        assert.match(shown?.advice ?? "", advising)
        assert.notMatch(shown?.message ?? "", /\n/)
        assert.isFalse(shown?.isRetryable)
        assert.isEmpty(server.packets.filter((packet) => packet.includes(server.user)), "nobody logged in")
        assertUnreadable(server)
        return server
      })

    it.scoped("is taken when it is offered, and nothing can be read", () =>
      Effect.gen(function*() {
        const modes = [undefined, Tls.Required({ settings: {} }), verifyCa(), verifyIdentity()]
        for (const tls of modes) {
          const server = yield* connects({ tls: good }, { tls })
          assertUnreadable(server)
          assert.isNotEmpty(server.packets.filter((packet) => packet.includes("SELECT")))
        }
      }))

    it.scoped("is not taken when it is turned off", () =>
      Effect.gen(function*() {
        const server = yield* connects({ tls: good }, { tls: Tls.Disabled() })
        assert.isTrue(server.wire.some((bytes) => bytes.includes("SELECT")))
      }))

    it.scoped("never falls back where it is required", () =>
      Effect.forEach(
        [Tls.Required({ settings: {} }), verifyCa(), verifyIdentity()],
        (tls) => refuses({}, { tls }, /offers no TLS/, /Turn TLS on/),
        { discard: true }
      ))

    it.scoped("does not trust a certificate of somebody else, or none of today", () =>
      Effect.gen(function*() {
        const foreign = { tls: Certificates.issue(other, ["127.0.0.1"]) }
        yield* refuses(foreign, { tls: verifyCa() }, /does not come from a CA that is trusted/, /--ca/)
        yield* refuses(foreign, { tls: verifyIdentity() }, /does not come from a CA that is trusted/, /--ca/)
        yield* refuses({ tls: other }, { tls: verifyCa() }, /does not come from a CA that is trusted/, /--ca/)
        const old = { tls: Certificates.issue(own, ["127.0.0.1"], { from: -7, to: -1 }) }
        yield* refuses(old, { tls: verifyCa() }, /has expired/, /Renew/)
        const early = { tls: Certificates.issue(own, ["127.0.0.1"], { from: 2 }) }
        yield* refuses(early, { tls: verifyIdentity() }, /not valid yet/, /clocks/)
        // who only encrypts takes any
        yield* connects(foreign, { tls: Tls.Required({ settings: {} }) })
        yield* connects(old, {})
      }))

    it.scoped("compares the host, whether it is a name or an address", () =>
      Effect.gen(function*() {
        const elsewhere = { tls: Certificates.issue(own, ["elsewhere.test", "10.0.0.1"]) }
        yield* refuses(elsewhere, { tls: verifyIdentity() }, /for another host/, /name that the certificate has/)
        yield* refuses(elsewhere, { host: "localhost", tls: verifyIdentity() }, /for another host/, /name/)
        // a certificate for this very machine is none for its address
        const names = { tls: Certificates.issue(own, ["localhost"]) }
        yield* refuses(names, { tls: verifyIdentity() }, /for another host/, /name/)
        yield* connects(names, { host: "localhost", tls: verifyIdentity() })
        yield* connects(elsewhere, { tls: verifyCa() })
      }))

    it.scoped("keeps to the versions and ciphers that were asked for", () =>
      Effect.gen(function*() {
        const only12 = { tls: { ...good, maxVersion: "TLSv1.2" as const } }
        const newer = Tls.Required({ settings: { versions: ["TLSv1.3"] } })
        yield* refuses(only12, { tls: newer }, /no version and cipher of TLS in common/, /--tls-version/)
        yield* connects(only12, { tls: Tls.Required({ settings: { versions: ["TLSv1.2"] } }) })
        const one = Tls.Required({ settings: { ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384", versions: ["TLSv1.2"] } })
        const another = { tls: { ...good, ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256", maxVersion: "TLSv1.2" as const } }
        yield* refuses(another, { tls: one }, /no version and cipher of TLS in common/, /--cipher/)
        yield* connects(only12, { tls: one })
      }))

    it.scoped("is not begun with settings that are none", () =>
      Effect.gen(function*() {
        const server = yield* FakeServer.make({ tls: good, statement: honest })
        const bad = (tls: Tls) => Effect.flip(Effect.scoped(connect(optionsOf(server, { tls }))))
        const cipher = yield* bad(Tls.Required({ settings: { ciphers: "NO-SUCH-CIPHER" } }))
        assert.match(cipher.detail, /none of the ciphers .* is known/)
        assert.match(cipher.toTarget("x").advice ?? "", /--cipher/)
        const key = Redacted.make(other.key)
        const mixed = yield* bad(Tls.Preferred({ settings: { certificate: { chain: good.certificate, key } } }))
        assert.match(mixed.detail, /cannot be used/)
        assert.match(mixed.toTarget("x").advice ?? "", /--key/)
        assert.isEmpty(server.wire)
      }))

    it.scoped("shows our certificate to a server that asks for it", () =>
      Effect.gen(function*() {
        const asks = { tls: { ...good, ca: own.certificate, requestCert: true, rejectUnauthorized: true } }
        const mine = Certificates.issue(own, ["me"])
        const certificate = { chain: mine.certificate, key: Redacted.make(mine.key) }
        yield* connects(asks, { tls: verifyCa(own, { certificate }) })
        const { error } = yield* tries(asks, { tls: verifyCa() })
        assert.isDefined(error)
      }))
  })
}

describe("TLS that is preferred", () => {
  it.scoped("gives way where the server offers none", () =>
    Effect.gen(function*() {
      const server = yield* FakeServer.make({ statement: honest })
      const connection = yield* Connection.acquire(optionsOf(server, {}))
      assert.deepStrictEqual(connection.tls, Option.none())
      yield* Effect.flatten(Control.make(optionsOf(server, {}), false))
      assert.lengthOf(server.wire, 2, "and nothing is tried twice")
    }))

  it.scoped("is the same for all connections of a dump", () =>
    Effect.gen(function*() {
      const offers = yield* FakeServer.make({ tls: good, statement: honest })
      const connection = yield* Connection.acquire(optionsOf(offers, {}))
      assert.deepInclude(Option.getOrThrow(connection.tls), { version: "TLSv1.3" })
      // what was encrypted once is not sent in the clear the next time
      const server = yield* FakeServer.make({ statement: honest })
      const error = yield* Effect.flip(Control.make(optionsOf(server, {}), true))
      assert.match(error.detail, /offers no TLS/)
      assertUnreadable(server)
    }))
})
