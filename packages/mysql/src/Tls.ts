/**
 * Whether and how a connection is encrypted, and whether the server has to prove who it is: the modes of MySQL's own
 * clients (https://dev.mysql.com/doc/refman/9.0/en/connection-options.html#option_general_ssl-mode).
 *
 * @since 0.1.0
 */
import type * as Arr from "effect/Array"
import * as Data from "effect/Data"
import type * as Redacted from "effect/Redacted"

/**
 * Versions of TLS that may be spoken. Older ones are not secure any more.
 *
 * @since 0.1.0
 * @category models
 */
export type Version = "TLSv1.2" | "TLSv1.3"

/**
 * What holds for every encrypted connection, whether the server is checked or not.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  /** Who we are, for accounts that ask for it (`REQUIRE X509` and the like): certificates and key in PEM. */
  readonly certificate?: { readonly chain: string; readonly key: Redacted.Redacted } | undefined
  /** OpenSSL's names, with colons between them. Nothing else is offered, of no version: `TLS_…` are those of TLSv1.3. */
  readonly ciphers?: string | undefined
  /** The versions from the oldest to the newest of these; all of {@link Version} when not given. */
  readonly versions?: Arr.NonEmptyReadonlyArray<Version> | undefined
}

/** Certificates of those who sign, in PEM. */
type Authorities = Arr.NonEmptyReadonlyArray<string>

/**
 * - `Disabled`: never encrypted
 * - `Preferred`: encrypted when the server offers it, in the clear when it does not; the server is not checked
 * - `Required`: encrypted, or not connected at all; the server is not checked
 * - `VerifyCa`: as `Required`, and the server's certificate must come from one of the authorities
 * - `VerifyIdentity`: as `VerifyCa`, and the certificate must be for the host that was asked for
 *
 * On a unix socket `Preferred` does not encrypt, as nobody is in between; the stricter modes do. There the host of
 * `VerifyIdentity` is `localhost`.
 *
 * @since 0.1.0
 * @category models
 */
export type Tls = Data.TaggedEnum<{
  readonly Disabled: {}
  readonly Preferred: { readonly settings: Settings }
  readonly Required: { readonly settings: Settings }
  readonly VerifyCa: { readonly settings: Settings; readonly authorities: Authorities }
  readonly VerifyIdentity: { readonly settings: Settings; readonly authorities: Authorities }
}>

/**
 * Constructors and matchers of {@link Tls}.
 *
 * @example
 * ```ts
 * import { Connection, Tls } from "@sluice/mysql"
 * import { Redacted } from "effect"
 *
 * const connect = (authority: string) =>
 *   Connection.acquire({
 *     host: "db1.example",
 *     user: "me",
 *     password: Redacted.make("secret"),
 *     tls: Tls.Tls.VerifyIdentity({ authorities: [authority], settings: {} })
 *   })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const Tls = Data.taggedEnum<Tls>()

/**
 * What holds when nobody says anything, as in MySQL.
 *
 * @since 0.1.0
 * @category constants
 */
export const preferred: Tls = Tls.Preferred({ settings: {} })

/**
 * What was agreed on for one connection.
 *
 * @since 0.1.0
 * @category models
 */
export interface Agreed {
  /** Such as `TLSv1.3`. */
  readonly version: string
  /** As OpenSSL calls it. */
  readonly cipher: string
}
