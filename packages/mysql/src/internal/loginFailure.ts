/**
 * Why nobody could log in, when it is not the server that says it: TLS, and ways to log in that are not to be had. The
 * driver gives only words for most of it, which are Node's and OpenSSL's.
 *
 * @internal
 */
import type { ServerReason } from "@sluice/pipeline/SluiceError"

import * as MysqlError from "../MysqlError.js"

const cleartextCode = "SLUICE_CLEARTEXT"

const advised = (reason: ServerReason, detail: string, advice: string): MysqlError.MysqlError =>
  new MysqlError.MysqlError({ reason, detail, advice })

/** What the driver is given to throw. @internal */
export const notInTheClear = (): Error =>
  Object.assign(new Error("the password would be sent as it is over a connection that is not encrypted"), {
    code: cleartextCode
  })

/** @internal */
export const badSettings = (message: string): MysqlError.MysqlError =>
  /cipher/i.test(message)
    ? advised(
      "Unsupported",
      `none of the ciphers that were asked for is known (${message})`,
      "Check --cipher: it takes the names of OpenSSL with colons between them"
    )
    : advised(
      "AccessDenied",
      `the certificate, the key or the CA cannot be used (${message})`,
      "Check --cert, --key and --ca: they name files in PEM, the key belongs to the certificate and has no password"
    )

/**
 * Servers may want some accounts, or all of them, to encrypt, and not say so.
 *
 * @internal
 */
export const adviceInTheClear = (errno: number): string | undefined =>
  errno === 1045
    ? "Check the user name and the password, from which hosts the user may connect, and whether it has to encrypt: then " +
      "use --ssl-mode=REQUIRED or stricter"
    : undefined

/** How the words begin or what they hold, what that means, and what to do. In this order. */
const certificateTroubles: ReadonlyArray<readonly [RegExp, (address: string) => string, string]> = [
  [
    /certificate has expired/i,
    (address) => `the certificate of ${address} has expired`,
    "Renew the server's certificate, and check this machine's clock; --ssl-mode=REQUIRED encrypts without checking it"
  ],
  [
    /not yet valid/i,
    (address) => `the certificate of ${address} is not valid yet`,
    "Check the clocks of this machine and of the server"
  ],
  [
    /altnames|does not match certificate|cert is empty|certificate does not match/i,
    (address) => `the certificate of ${address} is for another host`,
    "Connect by a name that the certificate has; --ssl-mode=VERIFY_CA does not compare names"
  ],
  [
    /self[- ]signed|unable to (get|verify)|signature failure|invalid CA|path length/i,
    (address) => `the certificate of ${address} does not come from a CA that is trusted here`,
    "Check that --ca names the CA that signed the server's certificate, and that you talk to the right server"
  ],
  [
    /alert (certificate required|bad certificate|unknown ca|certificate unknown|certificate expired)|certificate required/i,
    (address) => `${address} does not take our certificate`,
    "Check --cert and --key: the server wants a certificate of a CA that it trusts"
  ],
  [
    /handshake failure|no shared cipher|unsupported protocol|protocol version|no protocols available|insufficient security/i,
    (address) => `${address} and this program have no version and cipher of TLS in common`,
    "Check --tls-version and --cipher against what the server allows (its tls_version and ssl_cipher)"
  ]
]

const plain = (text: string): string => text.replaceAll(/[^\x20-\x7e]+/g, " ").slice(0, 300)

const unknownPlugin = /unknown plugin (.*)\. See /

const otherWays = "Use an account that logs in with caching_sha2_password, or on MariaDB with mysql_native_password"

/**
 * What a failed login means, if it is one of those.
 *
 * @internal
 */
export const explain = (
  error: { readonly code?: unknown; readonly message: string },
  address: string
): MysqlError.MysqlError | undefined => {
  const message = plain(error.message)
  switch (error.code) {
    case "HANDSHAKE_NO_SSL_SUPPORT":
      return advised(
        "Unsupported",
        `${address} offers no TLS, and nothing else was asked for`,
        "Turn TLS on at the server; --ssl-mode=PREFERRED would send everything in the clear"
      )
    case "HANDSHAKE_SSL_ERROR": {
      const trouble = certificateTroubles.find(([words]) => words.test(message))
      return trouble === undefined
        ? advised(
          "Connect",
          `TLS could not be set up with ${address} (${message})`,
          "Check that a MySQL or MariaDB server with TLS listens there, and --ssl-mode and its relatives"
        )
        : advised("AccessDenied", `${trouble[1](address)} (${message})`, trouble[2])
    }
    case "MYSQL_CLEAR_PASSWORD_NOT_ENABLED":
      return advised(
        "AccessDenied",
        "the server wants the password as it is (mysql_clear_password), which is not sent unless it is allowed",
        "If the server is to see it, allow it with --enable-cleartext-plugin, and encrypt with --ssl-mode"
      )
    case cleartextCode:
      return advised(
        "AccessDenied",
        "the server wants the password as it is (mysql_clear_password), over a connection that is not encrypted",
        "Encrypt the connection: --ssl-mode=VERIFY_IDENTITY, or REQUIRED at least"
      )
    case "AUTH_SWITCH_PLUGIN_ERROR": {
      const plugin = unknownPlugin.exec(message)?.[1]
      return advised(
        "AccessDenied",
        plugin === undefined
          ? `the login failed on our side (${message})`
          : `the account logs in with the plugin ${plugin.slice(0, 64)}, which this program does not have`,
        otherWays
      )
    }
    default:
      return undefined
  }
}
