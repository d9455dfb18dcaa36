/**
 * Knowing when the last chunk of a table has been read, while chunks of several tables are read at once.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import type { Chunk, TableInfo } from "../Source.js"

interface Count {
  /** Chunks that were planned and not read to their end yet. */
  open: number
  /** No chunk is planned any more. */
  planned: boolean
}

/** @internal */
export interface TableEnds<E> {
  /** The chunks of a table as they are planned. */
  readonly planning: <E1>(table: TableInfo, chunks: Stream.Stream<Chunk, E1>) => Stream.Stream<Chunk, E | E1>
  /** What is read of a chunk. */
  readonly reading: <A, E1>(chunk: Chunk, files: Stream.Stream<A, E1>) => Stream.Stream<A, E | E1>
}

/**
 * Runs `finish` once for each table, after its last chunk, and before the stream that read that one ends.
 *
 * @internal
 */
export const make = <E>(finish: (table: TableInfo) => Effect.Effect<void, E>): TableEnds<E> => {
  const counts = new Map<string, Count>()
  const count = ({ database, name }: TableInfo): Count => {
    const key = JSON.stringify([database, name])
    const known = counts.get(key)
    if (known !== undefined) return known
    const first = { open: 0, planned: false }
    counts.set(key, first)
    return first
  }
  const step = (table: TableInfo, change: (count: Count) => void) =>
    Stream.execute(Effect.suspend(() => {
      const now = count(table)
      change(now)
      return now.planned && now.open === 0 ? finish(table) : Effect.void
    }))
  return {
    planning: (table, chunks) =>
      Stream.concat(
        Stream.tap(chunks, () =>
          Effect.sync(() => {
            count(table).open += 1
          })),
        step(table, (now) => {
          now.planned = true
        })
      ),
    reading: (chunk, files) =>
      Stream.concat(
        files,
        step(chunk.table, (now) => {
          now.open -= 1
        })
      )
  }
}
