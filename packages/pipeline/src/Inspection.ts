/**
 * The ports to what is compared: a look at everything that a server holds, without changing it.
 *
 * What is asked for is small, however large the tables are: sums over rows, made where the rows are. Rows themselves
 * never come, only the keys of some of them.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"

import { type SourceError, TargetError } from "./SluiceError.js"

/**
 * What is looked at.
 *
 * @since 0.1.0
 * @category models
 */
export interface Selection {
  readonly databases: Option.Option<ReadonlyArray<string>>
  /** Whether a table or view, by its database and its own name, is wanted. */
  readonly includes: (database: string, table: string) => boolean
  /** Whether routines, events and what else belongs to a database and to no table is looked at. */
  readonly programs: boolean
}

/**
 * A column, as far as it has to be known to compare what is in it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Column {
  readonly name: string
  /** The name of its type alone, such as `int`. */
  readonly type: string
  readonly collation: Option.Option<string>
  /** It holds values of JSON, and not their text: what it gives back is printed by the server. */
  readonly parsesJson: boolean
}

/**
 * A table that holds rows.
 *
 * @since 0.1.0
 * @category models
 */
export interface Table {
  readonly database: string
  readonly name: string
  readonly columns: ReadonlyArray<Column>
  /** The columns of a key that each row has its own values of, none of them NULL; none if it has no such key. */
  readonly key: Option.Option<ReadonlyArray<string>>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Database {
  readonly name: string
  readonly tables: ReadonlyArray<Table>
}

/**
 * Some rows of a table: those for which a condition holds, or all.
 *
 * @since 0.1.0
 * @category models
 */
export interface Range {
  readonly condition: Option.Option<string>
  /** For people, such as `id from 1, before 52100`. */
  readonly note: string
}

/**
 * How many rows there are, and two sums over them that do not depend on their order. See {@link Question} for what is
 * summed up.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sum {
  readonly rows: bigint
  readonly first: bigint
  readonly second: bigint
}

/**
 * What rows are summed up, and how.
 *
 * A row is written as text that says the same on every server: its columns in the given order, NULL unlike anything
 * else, texts as the bytes they are stored as with their length, numbers of floating point as their bits, times in UTC.
 * `first` adds up 64 bits of the text's SHA-256, `second` its CRC-32, as whole numbers that never overflow. So two equal
 * rows count twice, where with XOR they would cancel each other out; and rows that are exchanged for others change
 * `first` but for one case in 2^64, and `second` but for one in 2^32.
 *
 * @since 0.1.0
 * @category models
 */
export interface Question {
  readonly columns: ReadonlyArray<string>
  readonly range: Range
  /** The columns whose values say which bucket a row is in: by the CRC-32 of their text, modulo `buckets`. */
  readonly key: ReadonlyArray<string>
  /** With one bucket the key is not looked at. */
  readonly buckets: number
}

/**
 * A row by its key.
 *
 * @since 0.1.0
 * @category models
 */
export interface Row {
  /** The same for equal keys on every server. */
  readonly identity: string
  /** The values of the key's columns for people, such as `12` or `'new'`. */
  readonly key: ReadonlyArray<string>
  /** The SHA-256 of the row. */
  readonly digest: string
}

/**
 * What objects are like, by their kind and name, such as ``table `orders` ``.
 *
 * @since 0.1.0
 * @category models
 */
export type Definitions = ReadonlyMap<string, string>

/**
 * Whose server it is, and which version.
 *
 * @since 0.1.0
 * @category models
 */
export interface Server {
  readonly vendor: string
  readonly version: readonly [major: number, minor: number, patch: number]
  /** For people. */
  readonly text: string
}

/**
 * A look at one side, of one moment as far as it can be.
 *
 * @since 0.1.0
 * @category models
 */
export interface View<E> {
  readonly server: Server
  /** How far everything is of one moment, in words for people. */
  readonly consistency: string
  /** What is not looked at, in words for people, such as the history of versioned tables. */
  readonly leftOut: ReadonlyArray<string>
  readonly databases: ReadonlyArray<Database>
  /** Objects as this server prints them: to be held against those of a server of the same vendor. */
  readonly printed: (database: string) => Effect.Effect<Definitions, E>
  /** What of objects means the same everywhere. */
  readonly portable: (database: string) => Effect.Effect<Definitions, E>
  /** A table in ranges along its key, that have all of its rows; each row is in one. */
  readonly plan: (table: Table) => Stream.Stream<Range, E>
  /** The sums of buckets that have rows. Fails when there is a row that cannot be summed up. */
  readonly sums: (table: Table, question: Question) => Effect.Effect<ReadonlyMap<number, Sum>, E>
  /** The rows that are in some of the buckets. */
  readonly rows: (
    table: Table,
    question: Question,
    buckets: ReadonlyArray<number>
  ) => Effect.Effect<ReadonlyArray<Row>, E>
  /** To be run when a table has been looked at. Fails when it was changed into another one meanwhile. */
  readonly finish: (table: Table) => Effect.Effect<void, E>
  /** Whether the server was written to since; none where it cannot be told. */
  readonly moved: Effect.Effect<Option.Option<boolean>, E>
}

/**
 * What is taken for right.
 *
 * @since 0.1.0
 * @category tags
 */
export class OfSource extends Context.Tag("@sluice/pipeline/Inspection/OfSource")<OfSource, {
  /** Closing the scope lets go of everything the server held for it. */
  readonly open: (selection: Selection) => Effect.Effect<View<SourceError>, SourceError, Scope.Scope>
}>() {}

/**
 * What is held against it.
 *
 * @since 0.1.0
 * @category tags
 */
export class OfTarget extends Context.Tag("@sluice/pipeline/Inspection/OfTarget")<OfTarget, {
  readonly open: (selection: Selection) => Effect.Effect<View<TargetError>, TargetError, Scope.Scope>
}>() {}

const ofTarget = (text: string): string => text.replace(/\bsource\b/g, "target")

/**
 * The same error, of the other side: what is read like a source may be the target of a comparison.
 *
 * @since 0.1.0
 * @category errors
 */
export const asTarget = (error: SourceError): TargetError =>
  new TargetError({
    reason: error.reason,
    what: ofTarget(error.what),
    // what a server says is left alone
    detail: error.errno === undefined ? ofTarget(error.detail) : error.detail,
    ...(error.where === undefined ? {} : { where: error.where }),
    ...(error.advice === undefined ? {} : { advice: ofTarget(error.advice) }),
    ...(error.errno === undefined ? {} : { errno: error.errno }),
    ...(error.cause === undefined ? {} : { cause: error.cause })
  })
