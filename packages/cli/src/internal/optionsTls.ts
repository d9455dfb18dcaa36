/**
 * Options of encryption and of who proves what, as MySQL, MariaDB and mydumper spell them.
 *
 * @internal
 */
import type { CommandName } from "../CommandTable.js"
import type { Entry } from "./optionModel.js"
import { entry, Kind } from "./optionModel.js"

/** From the weakest to the strictest. @internal */
export const tlsModes = ["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"] as const

/** The options of commands that connect. @internal */
export const tlsOptions = (commands: ReadonlyArray<CommandName>): ReadonlyArray<Entry> => {
  const encryption = { commands, group: "Connection" } as const
  return [
    entry({
      ...encryption,
      name: "ssl-mode",
      kind: Kind.Choice({ bare: undefined, spellings: tlsModes.map((mode) => [mode, mode] as const), refused: [] }),
      metavar: "MODE",
      help:
        "DISABLED never encrypts; PREFERRED, which is also meant when nothing is said, encrypts when the server offers it " +
        "and checks nothing; REQUIRED encrypts or fails, and checks nothing; VERIFY_CA also checks that the server's " +
        "certificate comes from the CA; VERIFY_IDENTITY also that it is for this host. With --ca or --capath alone " +
        "VERIFY_CA is meant."
    }),
    entry({
      ...encryption,
      name: "ssl",
      negations: ["skip-ssl", "disable-ssl"],
      kind: Kind.Flag(),
      help: "The same as --ssl-mode=REQUIRED, and without it as DISABLED."
    }),
    entry({
      ...encryption,
      name: "ssl-verify-server-cert",
      negations: ["skip-ssl-verify-server-cert", "disable-ssl-verify-server-cert"],
      kind: Kind.Flag(),
      help: "The same as --ssl-mode=VERIFY_IDENTITY, as MariaDB's programs spell it."
    }),
    entry({
      ...encryption,
      name: "ca",
      aliases: ["ssl-ca"],
      kind: Kind.Path(),
      metavar: "FILE",
      help: "The certificates of the CAs that the server's certificate may come from, in PEM."
    }),
    entry({
      ...encryption,
      name: "capath",
      aliases: ["ssl-capath"],
      kind: Kind.Path(),
      metavar: "DIR",
      help: "A directory with such files. All certificates in it count, whatever the names of the files."
    }),
    entry({
      ...encryption,
      name: "cert",
      aliases: ["ssl-cert"],
      kind: Kind.Path(),
      metavar: "FILE",
      help: "Our own certificate in PEM, for accounts that need one. It may hold the key, too."
    }),
    entry({
      ...encryption,
      name: "key",
      aliases: ["ssl-key"],
      kind: Kind.Path(),
      metavar: "FILE",
      help: "The key of our own certificate in PEM, without a password. It may hold the certificate, too."
    }),
    entry({
      ...encryption,
      name: "cipher",
      aliases: ["ssl-cipher"],
      kind: Kind.Text({ emptyAllowed: false }),
      metavar: "NAMES",
      help: "Only these ciphers, by OpenSSL's names with colons between them. Those that begin with TLS_ are TLSv1.3's."
    }),
    entry({
      ...encryption,
      name: "tls-version",
      kind: Kind.Text({ emptyAllowed: false }),
      metavar: "TLSv1.2,TLSv1.3",
      help: "Only these versions of TLS. Older ones are left out of a list, and refused alone."
    }),
    entry({
      ...encryption,
      name: "enable-cleartext-plugin",
      negations: ["skip-enable-cleartext-plugin", "disable-enable-cleartext-plugin"],
      kind: Kind.Flag(),
      help:
        "Let a server have the password as it is, for accounts that are proven by something else (PAM, LDAP). Never " +
        "over a connection that is not encrypted."
    })
  ]
}
