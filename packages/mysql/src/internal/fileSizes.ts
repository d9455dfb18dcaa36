/**
 * How large the files of tables are, in one question for all of them.
 *
 * What a server says of a table's rows and bytes is of its statistics, which may be old: a table that was just filled
 * is said to be empty. The file is as large as it is. It holds all indexes and what was deleted, too, so it never says
 * too little; nor does it shrink when rows go.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import * as Control from "./control.js"
import type * as Dialect from "./dialect.js"

/** In bytes, by the quoted full names of tables. A table that nothing is known of is not in it. @internal */
export type FileSizes = ReadonlyMap<string, number>

const FileRow = Schema.Struct({ name: Schema.String, bytes: Schema.NullOr(Control.Numeric) })

/** Other names are written in another way, and files of partitions have more in their names. */
const plain = /^(\w+)\/(\w+)$/

/**
 * Reads the sizes of all files of single tables that have a plain name. Nobody needs to know them: an account that may
 * not, or a server that does not tell, leaves them unknown.
 *
 * @internal
 */
export const read = (control: Control.Session, dialect: Dialect.Dialect): Effect.Effect<FileSizes, SourceError> =>
  control.query(FileRow, dialect.fileSizes).pipe(
    Effect.map((rows) =>
      new Map(rows.flatMap(({ bytes, name }) => {
        const [, database, table] = plain.exec(name) ?? []
        return bytes === null || database === undefined || table === undefined
          ? []
          : [[Sql.quoteName({ database, name: table }), bytes] as const]
      }))
    ),
    Effect.catchIf(({ reason }) => reason !== "ConnectionLost", () => Effect.succeed<FileSizes>(new Map())),
    Effect.mapError((error) => error.toSource("cannot read the sizes of the source's tables"))
  )

/** Rows can be several times as long in an INSERT as in a file, and more than that where the file is compressed. */
const margin = 8

/**
 * Whether a table surely is no more than a part of a chunk.
 *
 * @internal
 */
export const isSmall = (sizes: FileSizes, table: Sql.Name, chunkBytes: number): boolean =>
  (sizes.get(Sql.quoteName(table)) ?? Number.POSITIVE_INFINITY) * margin <= chunkBytes

/** The bytes of a table's file: none where they are not known. @internal */
export const of = (sizes: FileSizes, table: Sql.Name): number => sizes.get(Sql.quoteName(table)) ?? 0
