/**
 * How bytes get to a server: the socket, its encryption and the ways to log in. Both the connections of the data and
 * those of the driver's pool are made with what is here, so that they cannot differ.
 *
 * @internal
 */
import * as Net from "node:net"
import * as NodeTls from "node:tls"

import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Mysql from "mysql2"

import type * as MysqlError from "../MysqlError.js"
import * as Tls from "../Tls.js"
import * as LoginFailure from "./loginFailure.js"

/**
 * Where a server is, who asks, and how.
 *
 * @internal
 */
export interface Options {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly socketPath?: string | undefined
  readonly user: string
  readonly password: Redacted.Redacted
  readonly connectTimeout?: Duration.Duration | undefined
  readonly tls?: Tls.Tls | undefined
  readonly cleartextPlugin?: boolean | undefined
  /** Whether one text may hold several statements: never when not given. */
  readonly severalStatements?: boolean | undefined
}

const defaultTimeout = Duration.seconds(10)

/** @internal */
export const address = (options: Options): string =>
  options.socketPath ?? `${options.host ?? "localhost"}:${options.port ?? 3306}`

/**
 * A socket as mysql2 would make it.
 *
 * Node compares the certificate with the name that TLS was asked for, or with the name the socket was opened for
 * (`_host`), or with `localhost`. mysql2 asks for no name when the host is an address, and then Node knows none either:
 * a certificate for `localhost` would pass for any address. So the socket is told.
 *
 * @internal
 */
export const socket = (options: Options, onread?: Net.OnReadOpts): Net.Socket => {
  const host = options.host ?? "localhost"
  const made = Net.connect({
    ...(options.socketPath === undefined
      ? { host, port: options.port ?? 3306, keepAlive: true, noDelay: true }
      : { path: options.socketPath }),
    ...(onread === undefined ? {} : { onread })
  })
  return options.socketPath === undefined ? Object.assign(made, { _host: host }) : made
}

/** Whether a mode may go on without encryption, and whom it checks. */
const demands = (tls: Tls.Tls) =>
  Tls.Tls.$match(tls, {
    Disabled: () => undefined,
    Preferred: ({ settings }) => ({ settings, checks: {} }),
    Required: ({ settings }) => ({ settings, checks: {} }),
    VerifyCa: ({ authorities, settings }) => ({ settings, checks: { ca: [...authorities] } }),
    VerifyIdentity: ({ authorities, settings }) => ({
      settings,
      checks: { ca: [...authorities], verifyIdentity: true }
    })
  })

/** The mode that holds on this way: nobody is between the ends of a socket, so nothing is encrypted by choice. */
const onThisWay = (options: Options): Tls.Tls => {
  const tls = options.tls ?? Tls.preferred
  return tls._tag === "Preferred" && options.socketPath !== undefined ? Tls.Tls.Disabled() : tls
}

/** Whether a server that offers no encryption is fine. */
export const isOptional = (options: Options): boolean => onThisWay(options)._tag === "Preferred"

/** What mysql2 hands to Node's TLS. */
const encryption = (options: Options) => {
  const demanded = demands(onThisWay(options))
  if (demanded === undefined) return undefined
  const { checks, settings: { certificate, ciphers, versions } } = demanded
  const oldest: Tls.Version = versions === undefined || versions.includes("TLSv1.2") ? "TLSv1.2" : "TLSv1.3"
  const newest: Tls.Version = versions === undefined || versions.includes("TLSv1.3") ? "TLSv1.3" : "TLSv1.2"
  return {
    ...checks,
    rejectUnauthorized: "ca" in checks,
    ...(certificate === undefined ? {} : { cert: certificate.chain, key: Redacted.value(certificate.key) }),
    ...(ciphers === undefined ? {} : { ciphers }),
    minVersion: oldest,
    maxVersion: newest
  }
}

/**
 * The password as it is, for servers that hand it on to something that has to see it. mysql2's own form of it would
 * send it over anything.
 */
const inTheClear = (options: Options): Mysql.AuthPlugin => ({ connection }) => () => {
  const isSafe = options.socketPath !== undefined ||
    ("stream" in connection && connection.stream instanceof NodeTls.TLSSocket)
  // this is the driver's ground: it gives on what is thrown to whoever waits for the login
  if (!isSafe) throw LoginFailure.notInTheClear()
  return Buffer.from(`${Redacted.value(options.password)}\0`)
}

/**
 * What the driver is told: where, who, and how it is encrypted and proven. Fails when the settings of TLS are none,
 * which the driver would notice only in the middle of a login.
 *
 * @internal
 */
export const driver = (options: Options): Effect.Effect<Mysql.ConnectionOptions, MysqlError.MysqlError> =>
  Effect.gen(function*() {
    const ssl = encryption(options)
    if (ssl !== undefined) {
      yield* Effect.try({
        try: () => NodeTls.createSecureContext(ssl),
        catch: (error) => LoginFailure.badSettings(error instanceof Error ? error.message : String(error))
      })
    }
    return {
      ...(options.socketPath === undefined
        ? { host: options.host ?? "localhost", port: options.port ?? 3306 }
        : { socketPath: options.socketPath }),
      user: options.user,
      password: Redacted.value(options.password),
      connectTimeout: Duration.toMillis(options.connectTimeout ?? defaultTimeout),
      connectAttributes: { program_name: "sluice" },
      ...(ssl === undefined ? {} : { ssl }),
      ...(options.cleartextPlugin === true
        ? { enableCleartextPlugin: true, authPlugins: { mysql_clear_password: inTheClear(options) } }
        : {})
    }
  })

/**
 * What the two ends of a connection agreed on; none for one that is not encrypted.
 *
 * @internal
 */
export const agreed = (stream: Net.Socket): Option.Option<Tls.Agreed> =>
  stream instanceof NodeTls.TLSSocket
    ? Option.some({ version: stream.getProtocol() ?? "", cipher: stream.getCipher().name })
    : Option.none()
