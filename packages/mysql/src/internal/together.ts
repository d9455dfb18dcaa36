/**
 * Several small tables read in one go.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import type * as Catalog from "../Catalog.js"
import type * as Connection from "../Connection.js"
import type * as Dialect from "./dialect.js"
import * as Reading from "./reading.js"
import * as Tenants from "./tenants.js"

/** @internal */
export interface Options {
  readonly connection: Connection.RawConnection
  readonly dialect: Dialect.Dialect
  /** What lets go of a table before the next is opened, where that is of any use. */
  readonly letGo: ReadonlyArray<string>
  readonly json: Reading.Json
  readonly how: Source.ReadOptions
  /** Says that the connection, and its snapshot, are as they were. */
  readonly returns: Effect.Effect<void>
}

/**
 * The rows of a portion, whose chunks are whole tables that are ordinary, in the same order.
 *
 * @internal
 */
export const rows = (
  { connection, dialect, how, json, letGo, returns }: Options,
  portion: Source.Portion,
  tables: ReadonlyArray<Catalog.Table>
): Stream.Stream<Source.PieceOf, SourceError> => {
  const asked = [
    ...Reading.session(dialect).map((sql) => ({ chunk: portion[0], statement: { sql } })),
    ...tables.flatMap((table, i) => {
      const chunk = portion[i] ?? portion[0]
      return [
        { chunk, statement: Reading.statement(dialect, table, chunk, how, json) },
        ...letGo.map((sql) => ({ chunk, statement: { sql } }))
      ]
    })
  ]
  const chunkOf = (at: number): Source.Chunk => asked[at]?.chunk ?? portion[0]
  const failed = ({ at, error }: Connection.SeveralFailed): SourceError => {
    const { database, name } = chunkOf(at).table
    const where = Sql.quoteName({ database, name })
    return error.reason === "ConnectionLost"
      ? error.toLostReader(Reading.what, where)
      : Reading.explained(error, where)
  }
  return connection.several(asked.map(({ statement }) => statement)).pipe(
    Stream.concat(Stream.execute(returns)),
    Stream.tapError(({ error }) => Tenants.keepsSnapshot(error) ? returns : Effect.void),
    Stream.mapError(failed),
    Stream.filterMap((part): Option.Option<Source.PieceOf> =>
      part._tag === "Piece"
        ? Option.some({ chunk: chunkOf(part.at), piece: part.piece, whole: part.whole })
        : Option.none()
    )
  )
}
