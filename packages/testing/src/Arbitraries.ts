/**
 * Generators for property tests: contents of servers, what to take of them, how to cut bytes, what fails when.
 *
 * Generated contents are ones that a server could hold and a dump could restore: a view finds its tables and
 * functions, a trigger its table.
 *
 * @since 0.1.0
 */
import type * as Source from "@sluice/pipeline/Source"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"

import type * as Contents from "./Contents.js"
import * as Faults from "./Faults.js"
import * as Random from "./internal/arbitraryContents.js"
import * as Selections from "./internal/arbitrarySelections.js"
import * as Texts from "./internal/arbitraryTexts.js"

/**
 * How large generated contents may be.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sizes {
  /** At least one database; 3 at most when not given. */
  readonly databases?: number | undefined
  /** The most tables of a database, 5 when not given. */
  readonly tables?: number | undefined
  /** The most rows of a table, 60 when not given. */
  readonly rows?: number | undefined
  /** The most sequences, views, triggers, routines and events of a database, of each; 3 when not given. */
  readonly objects?: number | undefined
}

/**
 * A name of a database, a table or anything else that a server takes: up to 64 characters, half of them odd.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const name: fc.Arbitrary<string> = Texts.name

/**
 * A table with one to six columns of any types, with or without a key.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const table = (sizes: Sizes = {}): fc.Arbitrary<Contents.Table> => Random.table(sizes)

/**
 * Contents of a server: one to three databases with tables, rows, sequences, views and programs.
 *
 * @example
 * ```ts
 * import { Arbitraries, MemoryServer } from "@sluice/testing"
 * import { FastCheck as fc } from "effect"
 *
 * fc.property(Arbitraries.contents({ rows: 5 }), (contents) => {
 *   MemoryServer.make(contents)
 * })
 * ```
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const contents = (sizes: Sizes = {}): fc.Arbitrary<Contents.Contents> =>
  fc.array(Random.database(sizes), { minLength: 1, maxLength: sizes.databases ?? 3 }).map(Random.assemble)

/**
 * What to take of some contents: of databases, tables and kinds of objects some are left out. What is taken can be
 * restored: a view goes when something that it needs goes. `Contents.select` says what a restore must give.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const selection = (contents: Contents.Contents): fc.Arbitrary<Source.Selection> => Selections.of(contents)

const smallCut = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 16 }))
const largeCut = fc.integer({ min: 100, max: 10_000 })

/**
 * How to cut a stream of bytes: the lengths of the pieces in turn, again from the first after the last. Some have
 * only tiny pieces; most mix tiny and large ones, which takes less time.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const cuts: fc.Arbitrary<ReadonlyArray<number>> = fc.oneof(
  { weight: 1, arbitrary: fc.array(smallCut, { minLength: 1, maxLength: 5 }) },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.array(smallCut, { maxLength: 5 }), largeCut).map(([small, large]) => [...small, large])
  }
)

/**
 * Cuts bytes as `cuts` says. The pieces are copies, so that they may be spoiled after use.
 *
 * @since 0.1.0
 * @category combinators
 */
export const cut = (bytes: Uint8Array, lengths: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length;) {
    const length = Math.max(1, lengths[pieces.length % Math.max(1, lengths.length)] ?? bytes.length)
    pieces.push(bytes.slice(at, at + length))
    at += length
  }
  return pieces
}

/**
 * How to cut tables, often into very small chunks.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const planOptions: fc.Arbitrary<Source.PlanOptions> = fc.record({
  chunkBytes: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 200, max: 1_000_000 })),
  chunkRows: fc.option(fc.integer({ min: 1, max: 20 })).map(Option.fromNullable),
  split: fc.integer({ min: 0, max: 4 }).map((n) => n > 0)
})

/**
 * How to read rows, often as very small statements.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const readOptions: fc.Arbitrary<Source.ReadOptions> = fc.record({
  statementSize: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(1_000_000)),
  completeInsert: fc.boolean(),
  hexBlob: fc.boolean(),
  utc: fc.boolean()
})

const nth = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 }))

/** Without `Hang`, after which nothing comes: a test that wants it says so. */
const failure = fc.constantFrom<Faults.Failure>(
  "Deadlock",
  "LockTimeout",
  "ConnectionLost",
  "TooManyConnections",
  "AccessDenied",
  "TableFull"
)

/**
 * Something that fails on the side of the source.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const sourceFault: fc.Arbitrary<Faults.SourceFault> = fc.record({
  tag: fc.constantFrom("Snapshot", "Definition", "Plan", "Piece"),
  nth,
  failure
}).map(({ failure, nth, tag }) =>
  tag === "Snapshot"
    ? Faults.SourceFault.Snapshot({ nth: 1, failure })
    : tag === "Definition"
    ? Faults.SourceFault.Definition({ nth, failure })
    : tag === "Plan"
    ? Faults.SourceFault.Plan({ nth, failure })
    : Faults.SourceFault.Piece({ nth, failure })
)

const starting = fc.constantFrom("", "INSERT", "CREATE", "SET", "/*!")

/**
 * Something that fails, or is not as it is answered, on the side of the target.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const targetFault: fc.Arbitrary<Faults.TargetFault> = fc.oneof(
  fc.record({ nth: fc.integer({ min: 1, max: 4 }), failure }).map((fault) => Faults.TargetFault.Session(fault)),
  fc.record({ nth, failure, starting, taken: fc.boolean() }).map((fault) => Faults.TargetFault.Statement(fault)),
  fc.record({ nth, failure, taken: fc.boolean() }).map((fault) => Faults.TargetFault.Commit(fault)),
  nth.map((nth) => Faults.TargetFault.Warning({ nth, starting: "INSERT", text: "1265: Data truncated" })),
  fc.record({ nth, by: fc.constantFrom(-1, 1) }).map((fault) =>
    Faults.TargetFault.AffectedRows({ ...fault, starting: "INSERT" })
  )
)
