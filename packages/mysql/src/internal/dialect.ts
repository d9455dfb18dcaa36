/**
 * What MySQL and MariaDB, and their versions, say differently. Nowhere else is a version asked for.
 *
 * @internal
 */
import * as Option from "effect/Option"

import * as NoMember from "./noMember.js"

/** @internal */
export interface Server {
  readonly vendor: "mysql" | "mariadb"
  readonly version: readonly [major: number, minor: number, patch: number]
}

/**
 * What decides how a column is read.
 *
 * @internal
 */
export interface Typed {
  /** The name of its type alone, such as `int`. */
  readonly type: string
  /** All of its type, such as `enum('a','b')`. */
  readonly definition: string
}

/** @internal */
export interface Dialect {
  /** Run before the global read lock, so that most tables are closed when it is taken. */
  readonly flush: Option.Option<string>
  /** One row: the file and the position of the binary log, and on MySQL the GTIDs that were executed. */
  readonly binaryLogStatus: string
  /** One value: the GTIDs of the binary log, where `binaryLogStatus` does not tell them. */
  readonly gtids: Option.Option<string>
  /**
   * The position of the binary log that the session's own snapshot stands at, as rows of a name and a value, asked
   * without any privilege; only MariaDB has it.
   */
  readonly snapshotPosition: Option.Option<string>
  /** The statements that a session that reads for a dump needs besides what every connection gets. */
  readonly session: (lockWaitSeconds: number) => ReadonlyArray<string>
  /**
   * How a column is read so that nothing is lost: FLOAT, and DOUBLE with a number of digits, as a bare number with all
   * digits; of an ENUM what is no member as what stands for it.
   */
  readonly read: (typed: Typed, column: string) => string
  /** One value: the roles that are active, for `SHOW GRANTS … USING`; where `SHOW GRANTS` leaves them out. */
  readonly currentRoles: Option.Option<string>
  /** Lets a recursive query go as deep as the largest ENUM has members. */
  readonly recursion: string
  /**
   * Whether the texts by which a table is cut into partitions are kept as text, and read anew under the character set
   * of whichever session opens the table.
   */
  readonly partitionsReadAnew: boolean
  /** The condition that an index in `information_schema.STATISTICS` is one that statements may name. */
  readonly visibleIndex: string
  /** Whether it knows libraries of programs in other languages than SQL. */
  readonly libraries: boolean
  /** Privileges of which one is enough to be shown every routine of a server. */
  readonly seesRoutines: ReadonlyArray<string>
}

const atLeast = (server: Server, major: number, minor: number, patch: number): boolean => {
  const wanted = [major, minor, patch]
  const first = server.version.findIndex((part, i) => part !== wanted[i])
  return first === -1 || (server.version[first] ?? 0) > (wanted[first] ?? 0)
}

const session = (lockWaitSeconds: number): ReadonlyArray<string> => [
  `SET SESSION sql_mode = '', sql_quote_show_create = 1, lock_wait_timeout = ${lockWaitSeconds}`,
  "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"
]

/**
 * MariaDB's types that are text to people and bytes inside. A data file is replayed under the character set `binary`,
 * where a literal is taken for their bytes.
 */
const widths: ReadonlyMap<string, number> = new Map([["uuid", 16], ["inet6", 16], ["inet4", 4]])

/** DOUBLE(M,D) is printed with D digits, which is too long for a number of SQL when it is large. */
const isDouble = ({ definition, type }: Typed): boolean =>
  type === "float" || type === "double" && definition.includes("(")

const castTo = (double: (column: string) => string) => (typed: Typed, column: string): string => {
  const width = widths.get(typed.type)
  return isDouble(typed)
    ? double(column)
    : width !== undefined
    ? `CAST(${column} AS BINARY(${width}))`
    : typed.type === "enum"
    ? NoMember.read(typed.definition, column)
    : NoMember.isAmbiguous(typed.definition)
    ? `CAST(${column} AS UNSIGNED)`
    : column
}

const cast = (column: string): string => `CAST(${column} AS DOUBLE)`

/** An ENUM has at most 65,535. */
const mostMembers = 70_000

const mariadb = (server: Server): Dialect => ({
  flush: Option.none(),
  binaryLogStatus: "SHOW MASTER STATUS",
  gtids: Option.some("SELECT @@GLOBAL.gtid_binlog_pos"),
  snapshotPosition: Option.some("SHOW SESSION STATUS LIKE 'binlog_snapshot_%'"),
  session,
  read: castTo(cast),
  currentRoles: Option.none(),
  recursion: `SET SESSION max_recursive_iterations = ${mostMembers}`,
  partitionsReadAnew: false,
  visibleIndex: atLeast(server, 10, 6, 0) ? "IGNORED = 'NO'" : "TRUE",
  libraries: false,
  seesRoutines: ["EXECUTE", "ALTER ROUTINE", "CREATE ROUTINE", "SHOW CREATE ROUTINE"]
})

const mysql = (server: Server): Dialect => ({
  flush: Option.some("FLUSH NO_WRITE_TO_BINLOG TABLES"),
  binaryLogStatus: atLeast(server, 8, 2, 0) ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS",
  gtids: Option.none(),
  snapshotPosition: Option.none(),
  session,
  // Before 8.0.17 there was no such cast; a product with a DOUBLE is one, and keeps the sign of a zero.
  read: castTo(atLeast(server, 8, 0, 17) ? cast : (column) => `${column} * 1e0`),
  recursion: `SET SESSION cte_max_recursion_depth = ${mostMembers}`,
  partitionsReadAnew: true,
  currentRoles: atLeast(server, 8, 0, 0) ? Option.some("SELECT CURRENT_ROLE() AS roles") : Option.none(),
  visibleIndex: atLeast(server, 8, 0, 0) ? "IS_VISIBLE = 'YES'" : "TRUE",
  libraries: atLeast(server, 9, 2, 0),
  seesRoutines: ["EXECUTE", "ALTER ROUTINE", "CREATE ROUTINE", "SHOW_ROUTINE"]
})

/** @internal */
export const make = (server: Server): Dialect => server.vendor === "mariadb" ? mariadb(server) : mysql(server)
