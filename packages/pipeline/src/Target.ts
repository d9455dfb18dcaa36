/**
 * The port to the server that is restored into.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

import type { TargetError } from "./SluiceError.js"

/**
 * What a server answered to a statement.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly affectedRows: number
  readonly warnings: number
}

/**
 * A column that the server computes.
 *
 * @since 0.1.0
 * @category models
 */
export interface GeneratedColumn {
  readonly name: string
  /** Its place, from 0, among the values of an INSERT that names no columns; none when it is invisible. */
  readonly place: Option.Option<number>
}

/**
 * What a server can be asked a checksum of, as mydumper computes it.
 *
 * @since 0.1.0
 * @category models
 */
export type Summed = Data.TaggedEnum<{
  /** Its character set and collation. */
  readonly Database: { readonly database: string }
  /** The bodies of its functions and procedures, without blanks. */
  readonly Routines: { readonly database: string }
  readonly Events: { readonly database: string }
  readonly Triggers: { readonly database: string }
  readonly TableTriggers: { readonly database: string; readonly table: string }
  /** The names, places and types of a table's columns. */
  readonly Columns: { readonly database: string; readonly table: string }
  readonly Indexes: { readonly database: string; readonly table: string }
  readonly View: { readonly database: string; readonly table: string }
  /** CHECKSUM TABLE, which reads all rows. */
  readonly Rows: { readonly database: string; readonly table: string }
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const Summed = Data.taggedEnum<Summed>()

/**
 * What stands under a name: a table that holds its rows, a table that shows rows of others (`Window`), a sequence, a
 * view, or nothing.
 *
 * @since 0.1.0
 * @category models
 */
export type Found = "Table" | "Window" | "Sequence" | "View" | "Nothing"

/**
 * What a restore will do in a database of the target.
 *
 * @since 0.1.0
 * @category models
 */
export type Act =
  | "Create"
  | "Insert"
  | "Drop"
  | "Delete"
  | "CreateView"
  | "CreateTrigger"
  | "CreateRoutine"
  | "CreateEvent"
  | "Alter"

/**
 * What a restore asks of one database of the target, which may not be there yet.
 *
 * @since 0.1.0
 * @category models
 */
export interface DatabaseDemands {
  readonly name: string
  readonly acts: ReadonlySet<Act>
  /** Tables, sequences and views that will be made. */
  readonly tables: ReadonlyArray<string>
  /** What becomes of those that are there already. */
  readonly ifThere: "Refuse" | "Drop" | "Delete" | "Nothing"
  /** `user@host` of those in whose name objects will run. */
  readonly definers: ReadonlySet<string>
  /**
   * What must be known there, as `Inventory.Item` says it, each with an object that asks for it. `LOGGED` stands for
   * functions and triggers.
   */
  readonly features: ReadonlyMap<string, string>
}

/**
 * What a restore asks of a target, as far as it is known.
 *
 * @since 0.1.0
 * @category models
 */
export interface Demands {
  readonly databases: ReadonlyArray<DatabaseDemands>
  /** The bytes of the longest statement, or 0. */
  readonly longestStatement: number
  /** Whether accounts are created before anything else. */
  readonly accounts: boolean
}

/**
 * Something that stands in the way of a restore, found before it begins.
 *
 * @since 0.1.0
 * @category models
 */
export interface Obstacle {
  readonly reason: TargetError["reason"]
  /** What it is, as a clause. */
  readonly says: string
  /** What a person can do about it, as a clause in the imperative. */
  readonly advice: string
}

/**
 * A connection that statements are run on, one at a time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Session {
  /**
   * Runs one statement, given as the bytes of its text without the terminator. The bytes are lent for the time of
   * the call.
   */
  readonly execute: (statement: Uint8Array) => Effect.Effect<Answer, TargetError>
  /** The texts of the warnings of the statement before, at most a few. */
  readonly warnings: Effect.Effect<ReadonlyArray<string>, TargetError>
  /** Makes `database` the default one. */
  readonly use: (database: string) => Effect.Effect<void, TargetError>
  /**
   * Puts the session into the state that definitions are replayed in, whatever ran on it before: no foreign key
   * checks, UTC.
   */
  readonly prepareForDefinitions: Effect.Effect<void, TargetError>
  /**
   * Makes the session strict about rows, keeping what a file's header said of quoting: what does not fit fails and
   * is not clipped, a zero in an AUTO_INCREMENT column stays one, zero and invalid dates are taken as they were.
   */
  readonly prepareForRows: Effect.Effect<void, TargetError>
  readonly begin: Effect.Effect<void, TargetError>
  readonly commit: Effect.Effect<void, TargetError>
  readonly rollback: Effect.Effect<void, TargetError>
  /** Whether what was written to a table goes away with its transaction, which not every engine knows. */
  readonly takesBack: (database: string, table: string) => Effect.Effect<boolean, TargetError>
  /** What stands under a name, if anything. */
  readonly inspect: (
    database: string,
    name: string
  ) => Effect.Effect<Found, TargetError>
  /** A checksum of what is there, in mydumper's digits; nothing when it cannot be had. */
  readonly checksum: (of: Summed) => Effect.Effect<Option.Option<string>, TargetError>
  /** The names of a table's triggers, which no server can be told to leave out. */
  readonly triggers: (database: string, table: string) => Effect.Effect<ReadonlyArray<string>, TargetError>
  /** The columns of a table that the server computes, and takes no value for. */
  readonly generated: (database: string, table: string) => Effect.Effect<ReadonlyArray<GeneratedColumn>, TargetError>
}

/**
 * The server that is restored into.
 *
 * @since 0.1.0
 * @category tags
 */
export class Target extends Context.Tag("@sluice/pipeline/Target")<Target, {
  /** Opens a session; closing the scope rolls back what it had not committed. */
  readonly session: Effect.Effect<Session, TargetError, Scope.Scope>
  /** All that stands in the way of a restore, as far as it can be found out without changing anything. */
  readonly obstacles: (demands: Demands) => Effect.Effect<ReadonlyArray<Obstacle>, TargetError>
}>() {}
