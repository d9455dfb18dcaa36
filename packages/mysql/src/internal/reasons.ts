/**
 * What the servers' and the sockets' errors mean for a flow, and what a person can do about them.
 *
 * The numbers are those of both vendors' references:
 * https://dev.mysql.com/doc/mysql-errors/9.0/en/server-error-reference.html and
 * https://mariadb.com/kb/en/mariadb-error-code-reference/
 *
 * @internal
 */
import type { ServerReason } from "@sluice/pipeline/SluiceError"

const numbers: ReadonlyArray<readonly [ServerReason, ReadonlyArray<number>]> = [
  // Too many connections of all, of the user, or by a resource limit.
  ["Connect", [1040, 1203, 1226]],
  // Wrong password; host not allowed or blocked; password expired; account locked; no way to log in, or not in the clear.
  ["AccessDenied", [1045, 1129, 1130, 1251, 1275, 1524, 1698, 1820, 1862, 3118, 3159, 4151]],
  ["Privilege", [1044, 1095, 1142, 1143, 1227, 1370, 1419, 1873]],
  ["UnknownDatabase", [1008, 1049]],
  ["UnknownTable", [1051, 1109, 1146]],
  // Objects, not rows: a duplicate row is a failed statement.
  ["AlreadyExists", [1007, 1050, 1304, 1359, 1537, 1813]],
  ["Deadlock", [1213, 1614]],
  ["LockTimeout", [1205, 3572]],
  // Shutdown, read and write errors and time limits of the server's side, and killed connections.
  ["ConnectionLost", [1053, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 3169]],
  ["DefinitionChanged", [1412]],
  // Not in this version; unknown engine, character set, collation, variable; local files are off.
  ["Unsupported", [1115, 1148, 1193, 1235, 1273, 1286, 3948, 4166]]
]

const byErrno: ReadonlyMap<number, ServerReason> = new Map(
  numbers.flatMap(([reason, list]) => list.map((errno) => [errno, reason] as const))
)

/** @internal */
export const ofErrno = (errno: number): ServerReason => byErrno.get(errno) ?? "Statement"

/** What a socket's error says in plain words. */
const socketWords: Readonly<Record<string, (address: string) => string>> = {
  ECONNREFUSED: (address) => `nothing listens at ${address}`,
  ENOENT: (address) => `there is no socket ${address}`,
  ENOTSOCK: (address) => `${address} is not a socket`,
  EACCES: (address) => `${address} may not be opened by this user`,
  ENOTFOUND: (address) => `the name of ${address} is not known`,
  EAI_AGAIN: (address) => `the name of ${address} cannot be looked up now`,
  ETIMEDOUT: (address) => `${address} does not answer`,
  EHOSTUNREACH: (address) => `there is no way to ${address}`,
  ENETUNREACH: (address) => `there is no way to ${address}`,
  ECONNRESET: (address) => `${address} closed the connection`,
  EPIPE: (address) => `${address} closed the connection`,
  PROTOCOL_CONNECTION_LOST: (address) => `${address} closed the connection`
}

/** @internal */
export const socketDetail = (code: string | undefined, message: string, address: string): string => {
  // what the driver says of a connection that was lost before it was asked anything
  const known = code === undefined && message.includes("connection is in closed state")
    ? "PROTOCOL_CONNECTION_LOST"
    : code
  const words = known === undefined ? undefined : socketWords[known]
  const said = message === "" ? address : `${address}: ${message}`
  return words === undefined
    ? said
    : known?.startsWith("PROTOCOL") === true
    ? words(address)
    : `${words(address)} (${code})`
}

const byReason: Readonly<Partial<Record<ServerReason, string>>> = {
  Connect: "Check the host, the port or the socket, and that the server runs",
  AccessDenied: "Check the user name and the password, and from which hosts the user may connect",
  UnknownDatabase: "Check how the name of the database is spelled",
  UnknownTable: "Check how the name is spelled; the table may also have been dropped or renamed since",
  Privilege: "Grant the user what the server says is missing, or use another user",
  ConnectionLost: "Try again; if it happens again, look into the server's error log",
  Deadlock: "Try again; other sessions were writing to the same rows",
  LockTimeout: "Try again when the session that holds the lock is done",
  AlreadyExists: "Remove it first, or ask for it to be overwritten",
  DefinitionChanged: "Try again while nobody changes definitions",
  Unsupported: "The server is of another version or vendor than this needs, or has it turned off"
}

const tooManyConnections = "Use fewer threads, or let the server take more connections (max_connections)"
const expired = "Set a new password for the user first, as the server asks"
const interrupted = "Somebody killed it, or the server limits how long a statement may run"

const full = "Free space on the server's disk, or let its tablespace grow"

const otherServer =
  "If the backup is of the other vendor or of a newer version, it holds what this server does not know: restore it into " +
  "one like the one it was taken from"

const adviceByErrno: Readonly<Record<number, string>> = {
  1040: tooManyConnections,
  1203: tooManyConnections,
  1226: tooManyConnections,
  1130: "Allow the user to connect from this host",
  1129: "Run FLUSH HOSTS on the server",
  1820: expired,
  1862: expired,
  1419: "Set log_bin_trust_function_creators on the server, or use a user that may create functions while it logs",
  1064: otherServer,
  1115: otherServer,
  1231: otherServer,
  1273: otherServer,
  1901: otherServer,
  1153: "Raise max_allowed_packet on the server",
  1290: "The server runs with an option that forbids this; the server's words name it",
  1317: interrupted,
  3159: "Encrypt the connection: --ssl-mode=REQUIRED or stricter",
  1836: "The server is read-only; use another one, or make it writable",
  1969: interrupted,
  3024: interrupted,
  3510: "Create the tablespace on the target first, or dump again with --all-tablespaces",
  3121: "Let the server use that directory (innodb_directories), or take the directory out of the table's definition",
  3185: "Set up encryption on the target (a keyring) first, as the source has it",
  1021: "Free space on the server's disk",
  1114: full
}

/** A table that cannot be made, and an engine that fails, for want of room: only the text says that. */
const wantsRoom = (errno: number | undefined, detail: string): boolean =>
  (errno === 1005 || errno === 1030) && /\b(?:errno:|error) (?:28|135)\b/.test(detail)

/** @internal */
export const advice = (reason: ServerReason, errno: number | undefined, detail: string): string | undefined =>
  wantsRoom(errno, detail) ? full : (errno === undefined ? undefined : adviceByErrno[errno]) ?? byReason[reason]
