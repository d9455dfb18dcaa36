/**
 * How a dump comes to one moment of a server, and how much of that it reached.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Option from "effect/Option"

/**
 * How several connections come to see the same moment.
 *
 * - `Auto`: as `Ftwrl` where the account may; otherwise without a lock, if the server can prove that the snapshots are
 *   one; otherwise as `LockAll`
 * - `Ftwrl`: under `FLUSH TABLES WITH READ LOCK`: nobody writes while the snapshots are taken
 * - `LockAll`: under `LOCK TABLES … READ` of all tables that are dumped, for as long
 * - `Gtid`: without a lock; each snapshot tells where it stands, and they are taken again until all say the same
 * - `SafeNoLock`: without a lock; they are taken again until the position of the binary log proves that nobody wrote
 * - `NoLock`: without a lock and without a proof
 *
 * @since 0.1.0
 * @category models
 */
export type LockMode = Data.TaggedEnum<{
  readonly Auto: {}
  readonly Ftwrl: {}
  readonly LockAll: {}
  readonly Gtid: {}
  readonly SafeNoLock: {}
  readonly NoLock: {}
}>

/**
 * Constructors and matchers of {@link LockMode}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const LockMode = Data.taggedEnum<LockMode>()

/**
 * What becomes of others who want to change definitions while a dump runs.
 *
 * - `Auto`: they wait where the server has a lock for that, the account may take it, and nobody else is kept waiting
 *   by it; otherwise as `Detect`
 * - `Prevent`: they wait until the dump is done
 * - `Detect`: they wait for the tables that are being read just now; a table that was changed before its turn ends the
 *   dump
 *
 * @since 0.1.0
 * @category models
 */
export type Ddl = Data.TaggedEnum<{
  readonly Auto: {}
  readonly Prevent: {}
  readonly Detect: {}
}>

/**
 * Constructors and matchers of {@link Ddl}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Ddl = Data.taggedEnum<Ddl>()

/**
 * How the snapshots of a dump were made one.
 *
 * @since 0.1.0
 * @category models
 */
export type Proof = Data.TaggedEnum<{
  /** Under a lock, which was held for so long. */
  readonly Locked: { readonly lock: string; readonly millis: number }
  /** Without a lock; by what the server says of them. */
  readonly Told: { readonly by: string }
  /** There is none. */
  readonly Missing: {}
}>

/**
 * Constructors and matchers of {@link Proof}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Proof = Data.taggedEnum<Proof>()

/**
 * What keeps definitions as they are, or tells that they are not.
 *
 * - `BackupLock`: the server's own lock for backups keeps everybody from changing any definition
 * - `MetadataLocks`: the dump has all of its tables open
 * - `Checked`: each table is checked, with it open, before rows are read from it
 *
 * @since 0.1.0
 * @category models
 */
export type Guard = "BackupLock" | "MetadataLocks" | "Checked"

/**
 * How consistent a dump is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reached {
  /** Connections that share the snapshot. */
  readonly connections: number
  readonly proof: Proof
  readonly guard: Guard
  /** Why there was no lock, where one was wanted. */
  readonly because: Option.Option<string>
  /** Tables, with their engines, that no snapshot holds, and that were locked at its moment until they were read. */
  readonly locked: ReadonlyArray<string>
  /** Tables, with their engines, that no snapshot holds, and that were read as they were when their turn came. */
  readonly apart: ReadonlyArray<string>
  /** Definitions of many tables were secured a moment after the snapshot. */
  readonly late: boolean
}

/**
 * The level in one word: `snapshot` when everything is of one moment, `partial` when tables without transactions are
 * not, `unproven` when nothing proves it.
 *
 * @since 0.1.0
 * @category getters
 */
export const level = (reached: Reached): "snapshot" | "partial" | "unproven" =>
  reached.proof._tag === "Missing" ? "unproven" : reached.apart.length > 0 || reached.late ? "partial" : "snapshot"

const named = (tables: ReadonlyArray<string>): string =>
  tables.slice(0, 20).join(", ") + (tables.length > 20 ? ` and ${tables.length - 20} more` : "")

const guards: { readonly [G in Guard]: string } = {
  BackupLock: "definitions were kept from changing by the server's backup lock",
  MetadataLocks: "definitions were kept from changing by metadata locks",
  Checked: "definitions were checked when each table was opened"
}

/**
 * What was reached, in words, beginning with the level.
 *
 * @since 0.1.0
 * @category rendering
 */
export const describe = (reached: Reached): string => {
  const on = `${reached.connections} connection${reached.connections === 1 ? "" : "s"}`
  const how = Proof.$match(reached.proof, {
    Locked: ({ lock, millis }) => `one snapshot on ${on}, taken under ${lock}, which was held for ${millis} ms`,
    Told: ({ by }) => `one snapshot on ${on}, taken without a lock and proven by ${by}`,
    Missing: () =>
      reached.connections === 1
        ? "a snapshot on 1 connection, taken without a lock"
        : `${reached.connections} snapshots taken one after the other without a lock, which nothing proves to be the same`
  })
  return [
    `${level(reached)}: ${how}${Option.match(reached.because, { onNone: () => "", onSome: (why) => `, as ${why}` })}`,
    guards[reached.guard] + (reached.late ? ", a moment after the snapshot, as there are many tables" : ""),
    ...(reached.locked.length === 0
      ? []
      : [
        `of the same moment, held by a lock until they were read, as their engines have no transactions: ${
          named(reached.locked)
        }`
      ]),
    ...(reached.apart.length === 0
      ? []
      : [
        `not in it, as their engines have no transactions, and read as they were when their turn came: ${
          named(reached.apart)
        }`
      ])
  ].join("; ")
}
