/**
 * Encryption and logging in, as real servers of both vendors have it.
 */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

import { NodeContext } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import * as Row from "@sluice/format/Row"
import { ScratchServer, type ServerPrograms } from "@sluice/testing"
import { Context, Effect, Layer, Option, Redacted, Schema, Stream } from "effect"

import * as Connection from "../../packages/mysql/src/Connection.js"
import * as Control from "../../packages/mysql/src/internal/control.js"
import { Tls } from "../../packages/mysql/src/Tls.js"
import * as Certificates from "../support/certificates.js"
import { ask, run } from "../support/mysqlSource.js"
import { assertComplete, assertFailed, ended, secrets } from "../support/program.js"
import * as Proxy from "../support/proxy.js"
import { describeVendors } from "../support/servers.js"

const own = Certificates.authority("Our CA")
const other = Certificates.authority("Another CA")

/** A server with a certificate of our CA, and the folder that holds it. */
class Secured extends Context.Tag("test/Secured")<Secured, {
  readonly server: ScratchServer.ScratchServer
  readonly folder: string
}>() {}

const write = (folder: string, name: string, text: string) =>
  Fs.writeFileSync(Path.join(folder, name), text, { mode: 0o600 })

const install = (folder: string, pair: Certificates.Pair) => {
  write(folder, "server.pem", pair.certificate)
  write(folder, "server.key", pair.key)
}

const hosts = ["localhost", "127.0.0.1"]

const secured = (vendor: ServerPrograms.Vendor) =>
  Layer.scoped(
    Secured,
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "sluice-tls-"))),
        (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
      )
      install(folder, Certificates.issue(own, hosts))
      write(folder, "ca.pem", own.certificate)
      write(folder, "other.pem", other.certificate)
      const mine = Certificates.issue(own, ["me"])
      write(folder, "me.pem", mine.certificate)
      write(folder, "me.key", mine.key)
      const server = yield* ScratchServer.make({
        vendor,
        rootPassword: Redacted.make(secrets.right),
        arguments: [`--ssl-ca=${folder}/ca.pem`, `--ssl-cert=${folder}/server.pem`, `--ssl-key=${folder}/server.key`]
      })
      return { server, folder }
    })
  ).pipe(Layer.provideMerge(NodeContext.layer))

const optionsOf = (
  server: ScratchServer.ScratchServer,
  more: Partial<Connection.Options> = {}
): Connection.Options => ({
  ...(more.socketPath === undefined ? { host: server.host, port: server.port } : {}),
  user: server.user,
  password: server.password,
  ...more
})

/** What the server says about one connection of the data, and about one of those beside it. */
const ciphers = (server: ScratchServer.ScratchServer, more: Partial<Connection.Options>) =>
  Effect.scoped(Effect.gen(function*() {
    const options = optionsOf(server, more)
    const connection = yield* Connection.acquire(options)
    const [[, data = ""] = []] = yield* ask(connection, "SHOW STATUS LIKE 'Ssl_cipher'")
    const session = yield* Effect.flatten(Control.make(options, Option.isSome(connection.tls)))
    const rows = yield* session.query(Schema.Struct({ Value: Schema.String }), "SHOW STATUS LIKE 'Ssl_cipher'")
    assert.strictEqual(Option.isSome(connection.tls), data !== "")
    return [data, rows[0]?.Value]
  }))

const statements = (server: ScratchServer.ScratchServer, ...sql: ReadonlyArray<string>) =>
  Effect.scoped(Effect.flatMap(Connection.acquire(optionsOf(server)), (connection) => run(connection, ...sql)))

const words = (
  server: { readonly host: string; readonly port: number },
  user = "root",
  password: string = secrets.right
) => [
  "-h",
  server.host,
  "-P",
  String(server.port),
  "-u",
  user,
  `-p${password}`
]

const streamOf = (server: ScratchServer.ScratchServer, database: string) =>
  Effect.map(ended(["dump", ...words(server), "--stream", "-B", database]), ({ stdout }) => stdout)

const verifyCa = (by: Certificates.Authority) => Tls.VerifyCa({ settings: {}, authorities: [by.certificate] })
const verifyIdentity = Tls.VerifyIdentity({ settings: {}, authorities: [own.certificate] })
const required = Tls.Required({ settings: {} })

describe("TLS", () => {
  describeVendors("with a CA of our own", (vendor) => {
    layer(secured(vendor), { excludeTestServices: true, timeout: 120_000 })((it) => {
      const reload = vendor === "mysql" ? "ALTER INSTANCE RELOAD TLS" : "FLUSH SSL"

      it.scoped("both ways to the server are encrypted, or neither is", () =>
        Effect.gen(function*() {
          const { server } = yield* Secured
          for (const tls of [undefined, required, verifyCa(own), verifyIdentity]) {
            for (const cipher of yield* ciphers(server, { tls })) assert.match(cipher ?? "", /AES|CHACHA/)
          }
          assert.deepStrictEqual(yield* ciphers(server, { tls: Tls.Disabled() }), ["", ""])
          const name = "ECDHE-ECDSA-AES256-GCM-SHA384"
          const chosen = Tls.Required({ settings: { ciphers: name, versions: ["TLSv1.2"] } })
          assert.deepStrictEqual(yield* ciphers(server, { tls: chosen }), [name, name])
        }))

      it.scoped("rows come as they do in the clear, also large ones", () =>
        Effect.gen(function*() {
          const { server } = yield* Secured
          yield* statements(
            server,
            "CREATE DATABASE rows_of_tls",
            "USE rows_of_tls",
            "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(300), l LONGTEXT)",
            `INSERT INTO t VALUES ${
              Array.from({ length: 5000 }, (_, i) => `(${i}, REPEAT('it''s ${i} ', 20), NULL)`).join(",")
            }`,
            "UPDATE t SET l = REPEAT('large', 100000) WHERE id IN (2000, 2001, 4000)"
          )
          const read = (tls: Tls) =>
            Effect.scoped(Effect.gen(function*() {
              const connection = yield* Connection.acquire(optionsOf(server, { tls }))
              assert.strictEqual(Option.isSome(connection.tls), tls._tag !== "Disabled")
              const pieces = yield* connection.insertStatements("SELECT * FROM rows_of_tls.t ORDER BY id", {
                head: Row.insertHead({ table: "t" }),
                kinds: ["Number", "Text", "Text"],
                statementSize: 100_000
              }).pipe(
                Stream.map(({ bytes, rows }) => ({ bytes: Buffer.from(bytes), rows })),
                Stream.runCollect
              )
              const all = Array.from(pieces)
              assert.strictEqual(all.reduce((sum, { rows }) => sum + rows, 0), 5000)
              // and the connection is as it was
              assert.deepStrictEqual(yield* ask(connection, "SELECT 7"), [["7"]])
              return Buffer.concat(all.map(({ bytes }) => bytes))
            }))
          const clear = yield* read(Tls.Disabled())
          assert.isAbove(clear.length, 2_000_000)
          for (const tls of [required, Tls.Required({ settings: { versions: ["TLSv1.2"] } })]) {
            assert.isTrue(clear.equals(yield* read(tls)))
          }
        }))

      it.scoped("on a socket only where it is asked for", () =>
        Effect.gen(function*() {
          const { server } = yield* Secured
          const socketPath = server.socket
          assert.deepStrictEqual(yield* ciphers(server, { socketPath }), ["", ""])
          for (const tls of [required, verifyCa(own), verifyIdentity]) {
            for (const cipher of yield* ciphers(server, { socketPath, tls })) assert.match(cipher ?? "", /AES|CHACHA/)
          }
          const error = yield* Effect.flip(ciphers(server, { socketPath, tls: verifyCa(other) }))
          assert.match(error.message, /does not come from a CA that is trusted/)
        }))

      it.scoped("the program's whole way is encrypted, and nobody in between reads anything", () =>
        Effect.gen(function*() {
          const { folder, server } = yield* Secured
          yield* statements(
            server,
            "CREATE DATABASE hidden",
            "CREATE TABLE hidden.nobody_reads_this (id INT PRIMARY KEY, v VARCHAR(100))",
            "INSERT INTO hidden.nobody_reads_this VALUES (1, 'a value that nobody reads')",
            // every connection that is not encrypted is refused now
            "SET GLOBAL require_secure_transport = ON"
          )
          const ear = yield* Proxy.listener(server, { stripsTls: false })
          const safe = [...words(ear), "--ssl-mode=VERIFY_IDENTITY", `--ssl-ca=${folder}/ca.pem`]
          const dumped = yield* ended(["dump", ...safe, "--stream", "-B", "hidden"])
          assertComplete(dumped, /1 table/)
          assert.isTrue(Buffer.from(dumped.stdout).includes("a value that nobody reads"))
          const restored = yield* ended(["restore", ...safe, "--stream", "-B", "hidden2"], { stdin: dumped.stdout })
          assertComplete(restored, /1 table/)
          const heard = ear.heard()
          assert.isAbove(heard.length, 10_000)
          for (const word of ["nobody", "hidden", "SELECT", "INSERT", secrets.right]) {
            assert.isFalse(heard.includes(word), word)
          }
          const open = yield* ended(["dump", ...words(server), "--ssl-mode=DISABLED", "--stream", "-B", "hidden"])
          // MariaDB says no more than that access is denied
          assertFailed(open, 4, /--ssl-mode=REQUIRED/)
        }).pipe(Effect.ensuring(
          Effect.flatMap(
            Secured,
            ({ server }) => Effect.orDie(statements(server, "SET GLOBAL require_secure_transport = OFF"))
          )
        )))

      it.scoped("who takes the offer away gets the clear text of those who only prefer, and nothing of others", () =>
        Effect.gen(function*() {
          const { folder, server } = yield* Secured
          yield* statements(
            server,
            "CREATE DATABASE open",
            "CREATE TABLE open.t (v VARCHAR(100))",
            "INSERT INTO open.t VALUES ('a value for everybody')"
          )
          const dump = (port: { readonly host: string; readonly port: number }, ...more: ReadonlyArray<string>) =>
            ended(["dump", ...words(port), "--stream", "-B", "open", ...more])
          const preferring = yield* Proxy.listener(server, { stripsTls: true })
          assertComplete(yield* dump(preferring), /1 table/)
          assert.isTrue(preferring.heard().includes("a value for everybody"))
          const strict = yield* Proxy.listener(server, { stripsTls: true })
          assertFailed(yield* dump(strict, "--ssl"), 4, /offers no TLS.*Turn TLS on/)
          const restored = yield* ended(
            ["restore", ...words(strict), "--stream", `--ca=${folder}/ca.pem`],
            { stdin: yield* streamOf(server, "open") }
          )
          assertFailed(restored, 5, /offers no TLS.*Turn TLS on/)
          assert.isFalse(strict.heard().includes("root"), "nobody said who he is")
        }))

      it.scoped("what is wrong with a certificate is said in one line", () =>
        Effect.gen(function*() {
          const { folder, server } = yield* Secured
          const stream = yield* streamOf(server, "hidden")
          const safe = (mode: string, ca: string) => [
            ...words(server),
            `--ssl-mode=${mode}`,
            `--ca=${folder}/${ca}.pem`,
            "--stream",
            "-B",
            "hidden"
          ]
          const serve = (pair: Certificates.Pair) =>
            Effect.zipRight(Effect.sync(() => install(folder, pair)), statements(server, reload))
          const foreign = /not come from a CA that is trusted here.*Check that --ca/
          assertFailed(yield* ended(["dump", ...safe("VERIFY_CA", "other")]), 4, foreign)
          assertFailed(yield* ended(["restore", ...safe("VERIFY_CA", "other")], { stdin: stream }), 5, foreign)
          yield* serve(Certificates.issue(own, ["elsewhere.test"]))
          assertFailed(
            yield* ended(["dump", ...safe("VERIFY_IDENTITY", "ca")]),
            4,
            /for another host.*Connect by a name/
          )
          if (vendor === "mariadb") { // MySQL takes no expired certificate from us; test/unit/Tls.test.ts has one
            yield* serve(Certificates.issue(own, hosts, { from: -9, to: -2 }))
            const expired = yield* ended(["restore", ...safe("VERIFY_CA", "ca")], { stdin: stream })
            assertFailed(expired, 5, /has expired.*Renew/)
          }
          yield* serve(Certificates.issue(own, hosts))
          const cipher = yield* ended(["dump", ...words(server), "--stream", "-B", "hidden", "--cipher=NO-SUCH"])
          assertFailed(cipher, 4, /none of the ciphers.*Check --cipher/)
          const ours = yield* ended(["dump", ...words(server), "--stream", "-B", "hidden", "--ca=/nowhere/ca.pem"])
          assertFailed(ours, 2, /--ca names \/nowhere\/ca.pem, which cannot be read/)
        }))

      it.scoped("an account that asks for a certificate gets ours", () =>
        Effect.gen(function*() {
          const { folder, server } = yield* Secured
          yield* statements(
            server,
            `CREATE USER proven IDENTIFIED BY '${secrets.wrong}' REQUIRE X509`,
            "GRANT ALL ON *.* TO proven"
          )
          const as = (...more: ReadonlyArray<string>) =>
            ended(["dump", ...words(server, "proven", secrets.wrong), "--stream", "-B", "hidden", ...more])
          const files = [`--ssl-cert=${folder}/me.pem`, `--ssl-key=${folder}/me.key`]
          assertComplete(yield* as(...files, `--ca=${folder}/ca.pem`), /1 table/)
          assertFailed(yield* as("--ssl-mode=REQUIRED"), 4, /Access denied/)
        }))
    })
  })
})
