/**
 * What all the words for encryption mean together, and the files they name.
 */
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import * as Cli from "sluice/Cli"
import type * as Config from "sluice/Config"

import * as TlsFiles from "../../packages/cli/src/internal/tlsFiles.js"
import * as Certificates from "../support/certificates.js"
import { holds, mine, onFiles, refused, settle } from "../support/optionFiles.js"

const mode = (argv: ReadonlyArray<string>, file: string, expected: string) =>
  holds({ argv, files: { [mine]: `[client]\n${file}\n` } }, ["--ssl-mode", expected])

describe("the mode", () => {
  it.effect("is the strictest of what is asked for", () =>
    Effect.gen(function*() {
      yield* mode(["--ssl"], "", "REQUIRED")
      yield* mode(["--skip-ssl"], "", "DISABLED")
      yield* mode(["--ssl", "--ssl-mode=PREFERRED"], "", "REQUIRED")
      yield* mode(["--ssl-mode=verify_identity", "--ssl"], "", "VERIFY_IDENTITY")
      yield* mode(["--ssl"], "ssl-mode=VERIFY_IDENTITY", "VERIFY_IDENTITY")
      yield* mode(["--ssl-mode=PREFERRED"], "ssl", "REQUIRED")
      yield* mode(["--ssl"], "ssl-verify-server-cert", "VERIFY_IDENTITY")
    }))

  it.effect("is what the command line says where a file contradicts it", () =>
    Effect.gen(function*() {
      yield* mode(["--ssl-mode=DISABLED"], "ssl-mode=REQUIRED", "DISABLED")
      yield* mode(["--skip-ssl"], "ssl-mode=REQUIRED", "DISABLED")
      yield* mode(["--ssl-mode=DISABLED"], "ssl\nssl-verify-server-cert", "DISABLED")
      yield* mode(["--ssl"], "ssl=0", "REQUIRED")
      yield* mode(["--ssl-mode=VERIFY_CA"], "skip-ssl", "VERIFY_CA")
      // not to check is not to encrypt any less
      yield* mode(["--skip-ssl-verify-server-cert"], "ssl-mode=VERIFY_CA", "REQUIRED")
      yield* mode(["--skip-ssl-verify-server-cert"], "", "PREFERRED")
    }))

  it.effect("is an error where one place contradicts itself", () =>
    Effect.gen(function*() {
      yield* refused({ argv: ["--ssl", "--ssl-mode=DISABLED"] }, "--ssl", "--ssl-mode", "contradict")
      yield* refused({ argv: ["--skip-ssl", "--ssl-mode=PREFERRED"] }, "contradict")
      yield* refused({ argv: ["--skip-ssl-verify-server-cert", "--ssl-mode=VERIFY_CA"] }, "contradict")
      yield* refused({ files: { [mine]: "[client]\nssl=0\nssl-verify-server-cert\n" } }, mine, "contradict")
      yield* refused({ argv: ["--ssl-mode=VERIFY"] }, "--ssl-mode", "VERIFY_CA")
    }))

  it.effect("follows from a CA, which is told to be useless where a mode does not ask it", () =>
    Effect.gen(function*() {
      yield* holds({ argv: ["--ca=/ca"] }, ["--ssl-mode", "VERIFY_CA", "--ca", "/ca"])
      yield* holds({ argv: ["--ssl-capath=/ca"] }, ["--ssl-mode", "VERIFY_CA", "--capath", "/ca"])
      const { notices } = yield* settle({ argv: ["--ssl-mode=REQUIRED", "--ca=/ca"] })
      assert.lengthOf(notices, 1)
      assert.match(notices[0] ?? "", /--ca .*has no effect.*REQUIRED/)
      assert.lengthOf((yield* settle({ argv: ["--ssl-mode=VERIFY_CA", "--ca=/ca"] })).notices, 0)
    }))
})

/** The TLS of a dump with these words. */
const tlsOf = (...argv: ReadonlyArray<string>) => {
  let tls: Option.Option<Config.Tls> = Option.none()
  return Cli.run({
    argv: ["dump", "--no-defaults", ...argv],
    environment: {},
    version: "",
    columns: 80,
    notice: () => Effect.void,
    handlers: {
      dump: (config) =>
        Effect.sync(() => {
          tls = Option.some(config.tls)
        }),
      restore: () => Effect.die("not called"),
      verify: () => Effect.die("not called"),
      unpack: () => Effect.die("not called"),
      compare: () => Effect.die("not called")
    }
  }).pipe(onFiles({}), Effect.provide(NodeTerminal.layer), Effect.flatMap(() => tls))
}

describe("the words", () => {
  it.effect("are refused when they lack something", () =>
    Effect.gen(function*() {
      const says = (words: RegExp, ...argv: ReadonlyArray<string>) =>
        Effect.map(Effect.flip(tlsOf(...argv)), (error) => {
          assert.strictEqual(error._tag, "UsageError")
          assert.match(error.message, words)
        })
      yield* says(/--ssl-mode=VERIFY_CA needs the CA.*--ca=FILE/, "--ssl-mode=VERIFY_CA")
      yield* says(/--ssl-mode=VERIFY_IDENTITY needs the CA/, "--ssl-verify-server-cert")
      yield* says(/--tls-version takes/, "--tls-version=TLSv9")
      yield* says(/not secure any more/, "--tls-version=TLSv1,TLSv1.1")
    }))

  it.effect("mean what they mean in MySQL", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        (yield* tlsOf("--tls-version=TLSv1.1,tlsv1.2")).versions,
        Option.some(["TLSv1.2"] as const)
      )
      const both = { cert: "/me.pem", key: "/me.pem" }
      assert.deepStrictEqual((yield* tlsOf("--cert=/me.pem")).certificate, Option.some(both))
      assert.deepStrictEqual((yield* tlsOf("--ssl-key=/me.pem")).certificate, Option.some(both))
      assert.deepStrictEqual(
        (yield* tlsOf("--cert=/me.pem", "--key=/me.key")).certificate,
        Option.some({ cert: "/me.pem", key: "/me.key" })
      )
    }))
})

describe("the files", () => {
  const one = Certificates.authority("One")
  const two = Certificates.authority("Two")
  const files = {
    "/ca.pem": `a comment\n${one.certificate}`,
    "/both.pem": one.certificate + two.certificate,
    "/cas/one.pem": one.certificate,
    "/cas/b8f2.0": two.certificate,
    "/cas/again.crt": one.certificate,
    "/cas/readme": "nothing",
    "/none/readme": "nothing",
    "/me.pem": two.certificate,
    "/me.key": two.key,
    "/bad.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
  }
  const read = (...argv: ReadonlyArray<string>) =>
    Effect.flatMap(tlsOf(...argv), (config) => TlsFiles.load(config).pipe(onFiles(files)))
  const authorities = (...argv: ReadonlyArray<string>) =>
    Effect.map(
      read(...argv),
      (tls) => tls._tag === "VerifyCa" || tls._tag === "VerifyIdentity" ? tls.authorities.map((pem) => pem.trim()) : []
    )
  const pem = { one: one.certificate.trim(), two: two.certificate.trim() }

  it.effect("give the certificates of those who sign", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* authorities("--ca=/ca.pem"), [pem.one])
      assert.deepStrictEqual(yield* authorities("--ca=/both.pem"), [pem.one, pem.two])
      assert.sameMembers([...(yield* authorities("--capath=/cas", "--ssl-verify-server-cert"))], [pem.one, pem.two])
    }))

  it.effect("give our own certificate", () =>
    Effect.gen(function*() {
      const tls = yield* read("--ssl", "--cert=/me.pem", "--key=/me.key")
      const certificate = tls._tag === "Required" ? tls.settings.certificate : undefined
      assert.strictEqual(certificate?.chain.trim(), pem.two)
      assert.strictEqual(certificate === undefined ? "" : Redacted.value(certificate.key), two.key)
      assert.notInclude(JSON.stringify(tls), two.key.split("\n")[1] ?? "-")
    }))

  it.effect("are named when they are not there or not what they should be", () =>
    Effect.gen(function*() {
      const says = (words: RegExp, ...argv: ReadonlyArray<string>) =>
        Effect.map(Effect.flip(read(...argv)), (error) => assert.match(String(error), words))
      yield* says(/--ca names \/nope, which cannot be read \(NotFound\)/, "--ca=/nope")
      yield* says(/--ca names \/bad.pem, which holds no certificate/, "--ca=/bad.pem")
      yield* says(/--ca names \/me.key, which holds no certificate/, "--ca=/me.key")
      yield* says(/--capath names \/none, which holds no certificate/, "--capath=/none")
      yield* says(/--capath names \/nope, which cannot be read/, "--capath=/nope")
      yield* says(/--cert names \/me.key, which holds no certificate/, "--cert=/me.key")
      yield* says(/--key names \/nope, which cannot be read/, "--cert=/me.pem", "--key=/nope")
      // what the mode does not use is not looked for
      assert.strictEqual((yield* read("--ssl-mode=DISABLED", "--cert=/nope"))._tag, "Disabled")
    }))
})
