/**
 * Keeping definitions as they are while a snapshot is open.
 *
 * A snapshot holds rows, not definitions: a table that is altered, truncated or swapped with another one under it is
 * read as something else, or not at all. A transaction that has opened a table keeps everybody from changing it until
 * its end. So each connection opens each table, without reading a row: then whoever wants to change one waits for the
 * dump, and no connection of the dump ever waits for him. Other tables come and go meanwhile.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"

import type * as Connection from "../Connection.js"

/** Tables that are opened by one statement. */
const atOnce = 50

/**
 * Opens all tables on all connections, each of which is in its snapshot's transaction.
 *
 * @internal
 */
export const pin = (
  connections: ReadonlyArray<Connection.RawConnection>,
  tables: ReadonlyArray<Sql.Name>
): Effect.Effect<void, SourceError> => {
  const statements = Arr.chunksOf(tables, atOnce).map((some) =>
    some.map((table) => `(SELECT 1 FROM ${Sql.quoteName(table)} LIMIT 0)`).join(" UNION ALL ")
  )
  return Effect.forEach(
    connections,
    (connection) => Effect.forEach(statements, (statement) => connection.query(statement), { discard: true }),
    { concurrency: "unbounded", discard: true }
  ).pipe(Effect.mapError((error) => error.toSource("cannot open all tables that are selected on the source")))
}
