/**
 * What must exist before what: databases, then their tables, then rows; views and programs when all rows are there.
 *
 * @internal
 */
import type * as FileName from "@sluice/format/FileName"
import * as Effect from "effect/Effect"

import type { Arrival } from "../Incoming.js"
import type { RestoreError } from "../SluiceError.js"

type OfTable = Extract<FileName.FileName, { readonly table: string }>

/** Routines come before the views that may call them, and triggers after everything. */
const programRanks: { readonly [tag: string]: number } = { Post: 0, View: 1, Triggers: 2, Users: 3 }

/** What another tool's backup holds of a table may name a sequence that comes later, in the default of a column. */
const namesAnother = (error: RestoreError): boolean => error._tag === "TargetError" && error.reason === "UnknownTable"

/**
 * A backup of ours comes in the right order; another tool's may not. What cannot be used yet is parked until what it
 * needs is there.
 *
 * @internal
 */
export const make = (options: {
  readonly createDatabase: (arrival: Arrival, part: string) => Effect.Effect<void, RestoreError>
  readonly createTable: (arrival: Arrival, file: OfTable) => Effect.Effect<void, RestoreError>
  /** Whether tables that have not come may still come. */
  readonly definitionsFollow: Effect.Effect<boolean>
  readonly park: (arrival: Arrival) => Effect.Effect<void, RestoreError>
}) => {
  const known = new Set<string>()
  const waiting = new Map<string, Array<Arrival>>()
  const programs: Array<Arrival> = []
  /** Tables that could not be created because they name another. */
  const early: Array<{ readonly arrival: Arrival; readonly file: OfTable }> = []
  /** Whether a table was created since those were tried. */
  let isWorthTrying = false

  const hold = (key: string, arrival: Arrival): Effect.Effect<ReadonlyArray<Arrival>, RestoreError> =>
    Effect.suspend(() => {
      const held = waiting.get(key)
      if (held === undefined) {
        waiting.set(key, [arrival])
      } else {
        held.push(arrival)
      }
      return Effect.as(options.park(arrival), [])
    })

  const release = (key: string): Effect.Effect<ReadonlyArray<Arrival>, RestoreError> =>
    Effect.suspend(() => {
      const held = waiting.get(key) ?? []
      known.add(key)
      waiting.delete(key)
      return Effect.map(Effect.forEach(held, admit), (ready) => ready.flat())
    })

  const tableKey = (file: { readonly database: string; readonly table: string }) => `${file.database}.${file.table}`

  const create = (arrival: Arrival, file: OfTable): Effect.Effect<ReadonlyArray<Arrival>, RestoreError> =>
    Effect.matchEffect(options.createTable(arrival, file), {
      onFailure: (error) =>
        namesAnother(error)
          ? Effect.suspend(() => {
            early.push({ arrival, file })
            return Effect.as(options.park(arrival), [])
          })
          : Effect.fail(error),
      onSuccess: () =>
        Effect.suspend(() => {
          isWorthTrying = true
          return release(tableKey(file))
        })
    })

  /** Tries the tables that came too early once more, for as long as that helps. */
  const createEarly: Effect.Effect<ReadonlyArray<Arrival>, RestoreError> = Effect.suspend(() => {
    if (early.length === 0 || !isWorthTrying) {
      return Effect.succeed([])
    }
    isWorthTrying = false
    return Effect.zipWith(
      Effect.forEach(early.splice(0), ({ arrival, file }) => create(arrival, file)),
      createEarly,
      (ready, more) => [...ready.flat(), ...more]
    )
  })

  /** Creates what can be created, and gives the files with rows that can be loaded now. */
  const admit = (arrival: Arrival): Effect.Effect<ReadonlyArray<Arrival>, RestoreError> => {
    const { kind } = arrival
    switch (kind._tag) {
      case "Database":
        return Effect.zipRight(options.createDatabase(arrival, kind.database), release(kind.database))
      case "Table":
      case "Sequence":
        return known.has(kind.database)
          ? create(arrival, kind)
          : hold(kind.database, arrival)
      case "Rows":
      case "LoadData":
        return Effect.flatMap(options.definitionsFollow, (follow) => {
          const canBeLoaded = () => known.has(tableKey(kind)) || (!follow && known.has(kind.database))
          return canBeLoaded()
            ? Effect.succeed([arrival])
            : Effect.zipWith(
              createEarly,
              Effect.suspend(() => canBeLoaded() ? Effect.succeed([arrival]) : hold(tableKey(kind), arrival)),
              (ready, own) => [...ready, ...own]
            )
        })
      default:
        return Effect.suspend(() => {
          programs.push(arrival)
          return Effect.as(options.park(arrival), [])
        })
    }
  }

  /** At the end of the input: what is still held must find its database, or its table, on the target. */
  const rest: Effect.Effect<ReadonlyArray<Arrival>, RestoreError> = Effect.gen(function*() {
    const isDatabase = (key: string) => !key.includes(".")
    const releaseAll = (isWanted: (key: string) => boolean) =>
      Effect.suspend(() => Effect.forEach(Array.from(waiting.keys()).filter(isWanted), release))
    const ofDatabases = yield* releaseAll(isDatabase)
    const created = yield* createEarly
    // now nothing more will come that could help
    yield* Effect.forEach(early, ({ arrival, file }) => options.createTable(arrival, file), { discard: true })
    return [...ofDatabases.flat(), ...created, ...(yield* releaseAll(() => true)).flat()]
  })

  return {
    admit,
    rest,
    programs: (): ReadonlyArray<Arrival> =>
      programs.sort((a, b) => (programRanks[a.kind._tag] ?? 0) - (programRanks[b.kind._tag] ?? 0))
  }
}
