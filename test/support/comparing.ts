/**
 * Servers held against each other.
 */
import { MysqlInspection } from "@sluice/mysql"
import { Compare, Comparison, Progress } from "@sluice/pipeline"
import type { ScratchServer } from "@sluice/testing"
import { Effect, Layer, Option } from "effect"

import { optionsOf } from "./mysqlSource.js"

export type Options = Partial<Compare.Options>

export const optionsFor = (databases: ReadonlyArray<string>, options: Options = {}): Compare.Options => ({
  selection: { databases: Option.some(databases), includes: () => true, programs: true },
  targetDatabase: (name) => name,
  definitions: true,
  rows: true,
  threads: 2,
  maxDifferences: 20,
  ...options
})

export const compare = (
  source: ScratchServer.ScratchServer,
  target: ScratchServer.ScratchServer,
  databases: ReadonlyArray<string>,
  options: Options = {},
  how: { readonly chunkRows?: number } = {}
) =>
  Compare.run(optionsFor(databases, options)).pipe(
    Effect.provide(Layer.mergeAll(
      MysqlInspection.layerSource({ ...optionsOf(source), readers: 2, ...how }),
      MysqlInspection.layerTarget({ ...optionsOf(target), readers: 2, ...how }),
      Progress.layer
    ))
  )

/** What differs, in words, so that a test that fails says it. */
export const told = (comparison: Comparison.Comparison): ReadonlyArray<string> =>
  Comparison.lines({ ...comparison, notCompared: [] }).filter((line) => !line.startsWith("note: "))
