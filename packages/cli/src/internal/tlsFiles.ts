/**
 * The files that the options of encryption name.
 *
 * @internal
 */
import { X509Certificate } from "node:crypto"

import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Tls from "@sluice/mysql/Tls"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

import type * as Config from "../Config.js"
import { UsageError } from "../UsageError.js"

const refuse = (problem: string, advice: string): UsageError =>
  new UsageError({ reason: "InvalidValue", problem, advice })

const unreadable = (option: string, path: string) => (error: PlatformError): UsageError =>
  refuse(
    `--${option} names ${path}, which cannot be read (${error._tag === "SystemError" ? error.reason : error._tag})`,
    "check the path and its permissions"
  )

const read = (option: string, path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.mapError(fs.readFileString(path), unreadable(option, path)))

/** The certificates of a text in PEM that can be read as such. */
const certificatesIn = (text: string): ReadonlyArray<string> =>
  (text.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g) ?? [])
    .filter((pem) => Either.isRight(Either.try(() => new X509Certificate(pem))))

const noCertificate = (option: string, path: string): UsageError =>
  refuse(
    `--${option} names ${path}, which holds no certificate`,
    "name certificates in PEM (-----BEGIN CERTIFICATE-----)"
  )

const certificates = (option: string, path: string) =>
  Effect.flatMap(read(option, path), (text) => {
    const found = certificatesIn(text)
    return Arr.isNonEmptyReadonlyArray(found) ? Effect.succeed(found) : Effect.fail(noCertificate(option, path))
  })

const inDirectory = (path: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    const names = yield* Effect.mapError(fs.readDirectory(path), unreadable("capath", path))
    // what is no text, no file or not for us is none of a CA's certificates
    const texts = yield* Effect.forEach(names.toSorted(), (name) =>
      Effect.orElseSucceed(fs.readFileString(paths.join(path, name)), () => ""))
    const found = Arr.dedupe(texts.flatMap(certificatesIn))
    return Arr.isNonEmptyReadonlyArray(found) ? found : yield* noCertificate("capath", path)
  })

const authorities = (config: Config.Tls) =>
  Effect.gen(function*() {
    const files = Option.isSome(config.ca) ? yield* certificates("ca", config.ca.value) : []
    const directory = Option.isSome(config.capath) ? yield* inDirectory(config.capath.value) : []
    const all = [...files, ...directory]
    return Arr.isNonEmptyReadonlyArray(all)
      ? all
      : yield* refuse(`--ssl-mode=${config.mode} needs the CA to check with`, "write --ca=FILE, with its certificate")
  })

const settings = (config: Config.Tls) =>
  Effect.gen(function*() {
    const certificate = Option.isNone(config.certificate) ? undefined : {
      chain: (yield* certificates("cert", config.certificate.value.cert)).join("\n"),
      key: Redacted.make(yield* read("key", config.certificate.value.key))
    }
    return {
      certificate,
      ciphers: Option.getOrUndefined(config.ciphers),
      versions: Option.getOrUndefined(config.versions)
    } satisfies Tls.Settings
  })

/**
 * Reads what the configuration names. Files that the mode has no use for are not read.
 *
 * @internal
 */
export const load = (
  config: Config.Tls
): Effect.Effect<Tls.Tls, UsageError, FileSystem.FileSystem | Path.Path> => {
  switch (config.mode) {
    case "DISABLED":
      return Effect.succeed(Tls.Tls.Disabled())
    case "PREFERRED":
      return Effect.map(settings(config), (settings) => Tls.Tls.Preferred({ settings }))
    case "REQUIRED":
      return Effect.map(settings(config), (settings) => Tls.Tls.Required({ settings }))
    case "VERIFY_CA":
      return Effect.map(Effect.all({ settings: settings(config), authorities: authorities(config) }), Tls.Tls.VerifyCa)
    case "VERIFY_IDENTITY":
      return Effect.map(
        Effect.all({ settings: settings(config), authorities: authorities(config) }),
        Tls.Tls.VerifyIdentity
      )
  }
}
