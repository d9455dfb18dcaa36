/**
 * Times in the server's own time zone.
 *
 * Where clocks go back, an hour comes twice, and a TIMESTAMP of it, written without its offset, is read as one of the
 * two. That is found out before a row is written.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"

import type * as Catalog from "../Catalog.js"
import type * as Connection from "../Connection.js"
import * as MysqlError from "../MysqlError.js"

/** In these clocks never go back. */
const fixed = /^(?:[+-]\d+:\d+|utc|gmt)$/i

const textOf = (cell: Uint8Array | null | undefined): string =>
  cell === null || cell === undefined ? "" : Sql.text(cell)

/**
 * Puts the session into the server's own time zone, and fails if a row behind `from`, which is a FROM with what follows
 * it, has a TIMESTAMP that cannot be told in it.
 *
 * @internal
 */
export const use = (
  connection: Connection.RawConnection,
  columns: ReadonlyArray<Catalog.Column>,
  from: string
): Effect.Effect<void, MysqlError.MysqlError> =>
  Effect.gen(function*() {
    yield* connection.query("SET SESSION time_zone = @@GLOBAL.time_zone")
    const stamps = columns.filter(({ type }) => type === "timestamp").map(({ name }) => Sql.quoteIdentifier(name))
    if (stamps.length === 0) return
    const zone = yield* connection.query("SELECT @@SESSION.time_zone")
    if (fixed.test(textOf(zone.rows[0]?.[0]))) return
    const lost = stamps.map((name) => `UNIX_TIMESTAMP(CAST(${name} AS DATETIME(6))) <> UNIX_TIMESTAMP(${name})`)
    const { rows } = yield* connection.query(
      `SELECT COUNT(*) FROM (SELECT ${lost.join(" OR ")} AS lost${from}) s WHERE lost`
    )
    const count = textOf(rows[0]?.[0])
    if (count !== "0") {
      return yield* MysqlError.make(
        "Statement",
        `a TIMESTAMP of ${
          count === "1" ? "one row" : `${count} rows`
        } is of an hour that came twice when clocks went ` +
          "back, and would not come back as it was; without --skip-tz-utc it does"
      )
    }
  })
