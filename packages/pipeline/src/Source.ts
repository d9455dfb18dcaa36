/**
 * The port to the server that is dumped.
 *
 * A source gives one snapshot: a consistent view of everything, that several readers share. What lies behind it, a
 * MySQL server or a test's memory, is the business of the layer.
 *
 * @since 0.1.0
 */
import type * as Inventory from "@sluice/format/Inventory"
import type * as Lines from "@sluice/format/Lines"
import type * as LoadData from "@sluice/format/LoadData"
import type * as SchemaFile from "@sluice/format/SchemaFile"
import type * as Arr from "effect/Array"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"

import type { SourceError } from "./SluiceError.js"

/**
 * What a dump takes. `None` means all there is, without the server's own schemas.
 *
 * @since 0.1.0
 * @category models
 */
export interface Selection {
  readonly databases: Option.Option<ReadonlyArray<string>>
  /** Whether a table or view, by its database and its own name, is wanted. */
  readonly includes: (database: string, table: string) => boolean
  readonly views: boolean
  readonly triggers: boolean
  readonly routines: boolean
  readonly events: boolean
}

/**
 * A table, a sequence or a view, as the snapshot holds it.
 *
 * @since 0.1.0
 * @category models
 */
export interface TableInfo {
  readonly database: string
  readonly name: string
  readonly kind: "Table" | "Sequence" | "View"
  /** The server's estimates, for planning and progress only. */
  readonly estimatedRows: number
  readonly estimatedBytes: number
  /** A statement that its data files begin with besides the header, with its end; most have none. */
  readonly preamble?: string | undefined
  /** Nobody may write to it until it has been read: it should be read before all others. */
  readonly urgent?: boolean
}

/**
 * A database, with what the selection takes of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface DatabaseInfo {
  readonly name: string
  readonly tables: ReadonlyArray<TableInfo>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Catalog {
  readonly databases: ReadonlyArray<DatabaseInfo>
  /** The server's sql_mode, which the files' headers repeat as far as it is portable. */
  readonly sqlMode: string
  /** How consistent the snapshot is, in words for people. */
  readonly consistency: string
  /** What the snapshot does not give, in words for people, such as the history of versioned tables. */
  readonly leftOut: ReadonlyArray<string>
  /** The position in the binary log that belongs to the snapshot, as keys of the metadata's `[source]`. */
  readonly position: ReadonlyMap<string, string>
  /** What the snapshot holds, and what it asks of a server that is to take it. */
  readonly inventory: Inventory.Inventory
}

/**
 * A part of a table: an independent, repeatable piece of work. Plain data.
 *
 * @since 0.1.0
 * @category models
 */
export interface Chunk {
  readonly table: TableInfo
  /** The number in the file's name. */
  readonly part: number
  /** The rows that belong to it, as a condition the source understands; `None` for all rows. */
  readonly condition: Option.Option<string>
  /** The partitions of the table that the rows are in, by their names; when empty, wherever they are. */
  readonly partitions: ReadonlyArray<string>
  /** Whether the rows are those that a table with a history does not hold any more; they never are when not given. */
  readonly history?: boolean | undefined
  /** For people: why it was cut like this, such as `id from 1 to 52100`. */
  readonly note: string
}

/**
 * The only chunk of a table that is small.
 *
 * @since 0.1.0
 * @category models
 */
export interface Small {
  readonly chunk: Chunk
  /** As many bytes as the table can have at most, about. */
  readonly bytes: number
}

/**
 * What a reader takes at once: one chunk, or several of tables that are small, which cost little more together than one
 * of them by itself.
 *
 * @since 0.1.0
 * @category models
 */
export type Portion = Arr.NonEmptyReadonlyArray<Chunk>

/**
 * Some whole INSERT statements, or some whole lines. The bytes are lent: they are good until the next piece is asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Piece {
  readonly bytes: Uint8Array
  /** Rows in it. */
  readonly rows: number
  /** The bytes of the longest statement, with its end; for lines, about those of the longest that one line becomes. */
  readonly longest: number
}

/**
 * A piece of a portion, with the chunk that it is of. Pieces that come together are good together.
 *
 * @since 0.1.0
 * @category models
 */
export interface PieceOf {
  readonly chunk: Chunk
  readonly piece: Piece
  /** Whether it is known to be all there is of the chunk. */
  readonly whole: boolean
}

/**
 * What to read rows as.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReadOptions {
  /** The most bytes of one INSERT statement, unless a single row needs more. */
  readonly statementSize: number
  /** Whether every INSERT names its columns; it does anyhow where a plain one would be wrong. */
  readonly completeInsert: boolean
  /** Whether columns of bytes are written in hexadecimal. */
  readonly hexBlob?: boolean | undefined
  /** Whether timestamps are read in UTC. */
  readonly utc: boolean
  /** How rows are written as lines, for LOAD DATA. When it is not given they are read as INSERT statements. */
  readonly lines?: Lines.Layout | undefined
}

/**
 * How to cut tables.
 *
 * @since 0.1.0
 * @category models
 */
export interface PlanOptions {
  /** About how many bytes of rows a chunk should hold. */
  readonly chunkBytes: number
  /** Rows per chunk, when the user gave a number. */
  readonly chunkRows: Option.Option<number>
  /** Whether a table may be cut at all. */
  readonly split: boolean
  /** Whether tables with partitions are cut by them first, even those that a key would do for. */
  readonly byPartition?: boolean | undefined
  /** Whether only the first column of a key is cut by, however many rows share one of its values. */
  readonly byFirstColumn?: boolean | undefined
  /** Whether timestamps will be read in UTC, as they are when it is not given. */
  readonly utc?: boolean | undefined
}

/**
 * What belongs to a server and to none of its databases.
 *
 * @since 0.1.0
 * @category models
 */
export type ServerWide = "Accounts" | "Tablespaces"

/**
 * One consistent view of a source.
 *
 * @since 0.1.0
 * @category models
 */
export interface Snapshot {
  readonly catalog: Catalog
  /** The accounts of the server, without its own, or its tablespaces, as they are when they are asked for. */
  readonly serverWide: (kind: ServerWide) => Effect.Effect<ReadonlyArray<SchemaFile.ServerWide>, SourceError>
  /** The definition of a database. */
  readonly database: (database: DatabaseInfo) => Effect.Effect<SchemaFile.Definition, SourceError>
  /** The definition of a table, a sequence or a view. Times in it are in UTC unless it is said otherwise. */
  readonly definition: (
    table: TableInfo,
    how?: Pick<ReadOptions, "utc">
  ) => Effect.Effect<SchemaFile.Definition, SourceError>
  /** The definitions of several tables, in their order. They cost little more than one of them. */
  readonly definitions: (
    tables: ReadonlyArray<TableInfo>,
    how?: Pick<ReadOptions, "utc">
  ) => Effect.Effect<ReadonlyArray<SchemaFile.Definition>, SourceError>
  /** The triggers of a database, in the order in which they must be created. */
  readonly triggers: (database: DatabaseInfo) => Effect.Effect<ReadonlyArray<SchemaFile.Definition>, SourceError>
  /** The routines and events of a database: what others may need first. */
  readonly programs: (database: DatabaseInfo) => Effect.Effect<ReadonlyArray<SchemaFile.Definition>, SourceError>
  /** The chunks of a table, in the order of its key. */
  readonly plan: (table: TableInfo, options: PlanOptions) => Stream.Stream<Chunk, SourceError>
  /** The only chunk of a table that is known to be small, without asking: it can be one of a portion. */
  readonly small: (table: TableInfo, options: PlanOptions) => Option.Option<Small>
  /**
   * What the fields of a table's lines go into; or why its rows can only be read as INSERT statements, in words for
   * people. Asked for lines of such a table, `read` fails.
   */
  readonly fields: (
    table: TableInfo,
    options: ReadOptions
  ) => Effect.Effect<Either.Either<ReadonlyArray<LoadData.Column>, string>, SourceError>
  /**
   * The rows of a portion, chunk by chunk. At most as many portions are read at once as the source has readers; others
   * wait. When it fails with `readerLost`, the chunk that was being read can be read again from its beginning, and the
   * others behind it; with as many lost as there are, it fails without it.
   */
  readonly read: (portion: Portion, options: ReadOptions) => Stream.Stream<PieceOf, SourceError>
  /**
   * To be run when all that is wanted of some tables has been read. Lets go of what the server held for them.
   *
   * Fails when one of them is not the one any more that the snapshot was taken of, or when its definition was changed:
   * what was read of it is then of no use, and neither is the dump.
   */
  readonly finish: (tables: ReadonlyArray<TableInfo>) => Effect.Effect<void, SourceError>
}

/**
 * The server that is dumped.
 *
 * @since 0.1.0
 * @category tags
 */
export class Source extends Context.Tag("@sluice/pipeline/Source")<Source, {
  /**
   * Opens one consistent view. Closing the scope lets go of everything the server held for it.
   *
   * Fails with the databases or tables that the selection names and the server does not have.
   */
  readonly snapshot: (selection: Selection) => Effect.Effect<Snapshot, SourceError, Scope.Scope>
}>() {}
