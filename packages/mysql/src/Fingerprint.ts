/**
 * A picture of databases on a server that can be compared with another: what their objects are, how many rows their
 * tables have, and the servers' own checksums of the rows.
 *
 * It asks the server itself, and uses nothing that a dump or a restore does, so that it can be the judge of them.
 * Pictures of servers of one vendor and version compare well; others print the same things differently.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type { RawConnection } from "./Connection.js"
import * as Teller from "./internal/fingerprint.js"
import type * as MysqlError from "./MysqlError.js"

/**
 * What each thing is like, by its kind and name, such as ``rows of `shop`.`orders` ``.
 *
 * @since 0.1.0
 * @category models
 */
export type Fingerprint = ReadonlyMap<string, string>

/**
 * Something that is not the same in two pictures, or is in one of them only.
 *
 * @since 0.1.0
 * @category models
 */
export interface Difference {
  /** Its kind and name. */
  readonly what: string
  readonly left: Option.Option<string>
  readonly right: Option.Option<string>
}

const everything: Teller.Wanted = { rows: true, includes: () => true, programs: true }

const session = ["character_set_client", "character_set_results", "collation_connection", "sql_mode"]

/** MySQL hides the primary keys that it made itself, if it is told to. */
const showsGeneratedKeys = "show_gipk_in_create_table_and_information_schema"

const kept = (name: string): string => `@sluice_fingerprint_${name}`

/**
 * The session's sql_mode says how servers quote names and what they leave out of definitions, and its character set
 * what becomes of their texts.
 */
const withPlainSession = <A>(connection: RawConnection, use: Effect.Effect<A, MysqlError.MysqlError>) =>
  Effect.acquireUseRelease(
    connection.query(`SET ${session.map((name) => `${kept(name)} = @@SESSION.${name}`).join(", ")}`),
    () =>
      Effect.forEach(
        ["SET NAMES binary", "SET SESSION sql_mode = '', SESSION sql_quote_show_create = 1"],
        (sql) => connection.query(sql)
      ).pipe(
        // Of a version that has no such keys it is not asked for either.
        Effect.zipRight(Effect.ignore(connection.query(`SET SESSION ${showsGeneratedKeys} = 1`))),
        Effect.zipRight(use)
      ),
    () =>
      Effect.ignore(
        connection.query(`SET ${session.map((name) => `SESSION ${name} = ${kept(name)}`).join(", ")}`)
      ).pipe(Effect.zipRight(Effect.ignore(connection.query(`SET SESSION ${showsGeneratedKeys} = DEFAULT`))))
  )

/**
 * Reads the picture of some databases: their own definitions; of tables the definition with its AUTO_INCREMENT, the
 * number of rows, in each partition too, the checksum, and texts that the definition shows as question marks; of
 * views, triggers, routines and events the definition, with the sql_mode, character sets, time zone, state and order
 * that belong to it.
 *
 * It reads every row, and changes nothing on the server; on the connection it changes which database is in use. Bytes
 * that are not UTF-8 are written as `\xHH`, and a backslash as two, so no damage hides.
 *
 * Tables are read one after the other, so a server that is written to meanwhile gives no picture of one moment.
 *
 * @example
 * ```ts
 * import { type Connection, Fingerprint } from "@sluice/mysql"
 * import { Effect } from "effect"
 *
 * const same = (left: Connection.RawConnection, right: Connection.RawConnection) =>
 *   Effect.gen(function*() {
 *     const differences = Fingerprint.difference(
 *       yield* Fingerprint.read(left, ["shop"]),
 *       yield* Fingerprint.read(right, ["shop"])
 *     )
 *     return differences.length === 0
 *   })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const read = (
  connection: RawConnection,
  databases: ReadonlyArray<string>
): Effect.Effect<Fingerprint, MysqlError.MysqlError> =>
  withPlainSession(connection, Effect.forEach(databases, Teller.teller(connection, everything))).pipe(
    Effect.map((entries) => new Map(entries.flat())),
    Effect.withSpan("Fingerprint.read", { attributes: { databases } })
  )

/**
 * Reads the picture of a database without what is in its tables: everything that {@link read} tells but numbers of rows
 * and checksums.
 *
 * @since 0.1.0
 * @category constructors
 */
export const definitions = (
  connection: RawConnection,
  database: string,
  wanted: {
    readonly includes: (database: string, table: string) => boolean
    /** Whether routines, libraries and events are wanted. */
    readonly programs: boolean
  }
): Effect.Effect<Fingerprint, MysqlError.MysqlError> =>
  withPlainSession(connection, Teller.teller(connection, { ...wanted, rows: false })(database)).pipe(
    Effect.map((entries) => new Map(entries)),
    Effect.withSpan("Fingerprint.definitions", { attributes: { database } })
  )

/**
 * What is not the same in two pictures, sorted by what it is.
 *
 * @since 0.1.0
 * @category comparing
 */
export const difference = (left: Fingerprint, right: Fingerprint): ReadonlyArray<Difference> =>
  Array.from(new Set([...left.keys(), ...right.keys()]))
    .filter((what) => left.get(what) !== right.get(what))
    .sort()
    .map((what) => ({
      what,
      left: Option.fromNullable(left.get(what)),
      right: Option.fromNullable(right.get(what))
    }))

const shown = 60
const leadIn = 20

/** Where two texts begin to differ, with a little of what is before and after. */
const around = (text: string, at: number): string => {
  const start = at <= leadIn * 2 ? 0 : at - leadIn
  const part = text.slice(start, at + shown).replaceAll("\n", " ").trim()
  return `${start === 0 ? "" : "…"}${part === "" ? "nothing" : part}${at + shown < text.length ? "…" : ""}`
}

/**
 * A difference in one line, for people.
 *
 * @example
 * ```ts
 * import { Fingerprint } from "@sluice/mysql"
 * import { Option } from "effect"
 *
 * Fingerprint.describe({ what: "rows of `shop`.`orders`", left: Option.some("12"), right: Option.some("11") })
 * // "rows of `shop`.`orders`: 12 is on the left, 11 on the right"
 * ```
 *
 * @since 0.1.0
 * @category comparing
 */
export const describe = (difference: Difference): string => {
  if (Option.isNone(difference.left)) return `${difference.what}: only on the right`
  if (Option.isNone(difference.right)) return `${difference.what}: only on the left`
  const left = difference.left.value
  const right = difference.right.value
  const first = Array.from({ length: Math.min(left.length, right.length) }).findIndex((_, i) => left[i] !== right[i])
  const at = first === -1 ? Math.min(left.length, right.length) : first
  return `${difference.what}: ${around(left, at)} is on the left, ${around(right, at)} on the right`
}
