/**
 * The options of encryption become what they mean together.
 *
 * @internal
 */
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

import type { Tls } from "../Config.js"
import { tlsModes } from "./optionsTls.js"

const text = Schema.optional(Schema.String)

/** @internal */
export const tlsFields = {
  "ssl-mode": Schema.optional(Schema.Literal(...tlsModes)),
  ca: text,
  capath: text,
  cert: text,
  key: text,
  cipher: text,
  "tls-version": text,
  "enable-cleartext-plugin": Schema.Boolean
}

type TlsInput = Schema.Struct.Type<typeof tlsFields>

const versions = ["TLSv1.2", "TLSv1.3"] as const
const olderVersions: ReadonlyArray<string> = ["SSLV3", "TLSV1", "TLSV1.0", "TLSV1.1"]

const versionsOf = (list: string): Either.Either<Arr.NonEmptyReadonlyArray<typeof versions[number]>, string> => {
  const words = list.split(/[,:]/).map((word) => word.trim().toUpperCase())
  const known = versions.filter((version) => words.includes(version.toUpperCase()))
  if (!words.every((word) => olderVersions.includes(word) || known.some((version) => version.toUpperCase() === word))) {
    return Either.left("--tls-version takes TLSv1.2, TLSv1.3 or both with a comma: write --tls-version=TLSv1.2,TLSv1.3")
  }
  return Arr.isNonEmptyReadonlyArray(known)
    ? Either.right(known)
    : Either.left("--tls-version names only versions that are not secure any more: write --tls-version=TLSv1.2,TLSv1.3")
}

/** @internal */
export const tlsOf = (input: TlsInput): Either.Either<Tls, string> => {
  const { ca, capath, cert, cipher, key } = input
  const mode = input["ssl-mode"] ?? "PREFERRED"
  if ((mode === "VERIFY_CA" || mode === "VERIFY_IDENTITY") && ca === undefined && capath === undefined) {
    return Either.left(`--ssl-mode=${mode} needs the CA to check with: write --ca=FILE, with its certificate`)
  }
  const list = input["tls-version"]
  return Either.map(
    list === undefined ? Either.right(Option.none()) : Either.map(versionsOf(list), Option.some),
    (versions) => ({
      mode,
      ca: Option.fromNullable(ca),
      capath: Option.fromNullable(capath),
      // one file may hold both, as in MySQL
      certificate: Option.map(Option.fromNullable(cert ?? key), (either) => ({
        cert: cert ?? either,
        key: key ?? either
      })),
      ciphers: Option.fromNullable(cipher),
      versions
    })
  )
}
