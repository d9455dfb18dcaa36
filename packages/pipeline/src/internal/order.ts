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
const programRanks: { readonly [tag: string]: number } = { Post: 0, View: 1, Triggers: 2 }

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

  const hold = (key: string, arrival: Arrival): Effect.Effect<ReadonlyArray<Arrival>, RestoreError> =>
    Effect.suspend(() => {
      waiting.set(key, [...(waiting.get(key) ?? []), arrival])
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

  /** Creates what can be created, and gives the files with rows that can be loaded now. */
  const admit = (arrival: Arrival): Effect.Effect<ReadonlyArray<Arrival>, RestoreError> => {
    const { kind } = arrival
    switch (kind._tag) {
      case "Database":
        return Effect.zipRight(options.createDatabase(arrival, kind.database), release(kind.database))
      case "Table":
      case "Sequence":
        return known.has(kind.database)
          ? Effect.zipRight(options.createTable(arrival, kind), release(tableKey(kind)))
          : hold(kind.database, arrival)
      case "Rows":
      case "LoadData":
        return Effect.flatMap(
          options.definitionsFollow,
          (follow) =>
            known.has(tableKey(kind)) || (!follow && known.has(kind.database))
              ? Effect.succeed([arrival])
              : hold(tableKey(kind), arrival)
        )
      default:
        return Effect.suspend(() => {
          programs.push(arrival)
          return Effect.as(options.park(arrival), [])
        })
    }
  }

  /** At the end of the input: what is still held must find its database, or its table, on the target. */
  const rest: Effect.Effect<ReadonlyArray<Arrival>, RestoreError> = Effect.suspend(() => {
    const held = Array.from(waiting.keys())
    const isDatabase = (key: string) => !key.includes(".")
    return Effect.map(
      Effect.forEach([...held.filter(isDatabase), ...held.filter((key) => !isDatabase(key))], release),
      (ready) => ready.flat()
    )
  })

  return {
    admit,
    rest,
    programs: (): ReadonlyArray<Arrival> =>
      programs.sort((a, b) => (programRanks[a.kind._tag] ?? 0) - (programRanks[b.kind._tag] ?? 0))
  }
}
