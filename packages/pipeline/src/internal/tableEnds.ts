/**
 * Knowing when the last chunk of a table has been read, while chunks of several tables are read at once.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import type { Chunk, Portion, TableInfo } from "../Source.js"

interface Count {
  /** Chunks that were planned and not read to their end yet. */
  open: number
  /** No chunk is planned any more. */
  planned: boolean
}

/** @internal */
export interface TableEnds<E> {
  /** The chunks of a table as they are planned, each to be read by itself. */
  readonly planning: <E1>(table: TableInfo, chunks: Stream.Stream<Chunk, E1>) => Stream.Stream<Portion, E | E1>
  /** What is read of a portion. A table that was not planned has no other chunk. */
  readonly reading: <A, E1>(portion: Portion, files: Stream.Stream<A, E1>) => Stream.Stream<A, E | E1>
}

/**
 * Runs `finish` once for each table, after its last chunk, and before the stream that read that one ends.
 *
 * @internal
 */
export const make = <E>(
  finish: (tables: ReadonlyArray<TableInfo>) => Effect.Effect<void, E>
): TableEnds<E> => {
  const counts = new Map<string, Count>()
  const keyOf = ({ database, name }: TableInfo): string => JSON.stringify([database, name])
  const isRead = (table: TableInfo): boolean => {
    const count = counts.get(keyOf(table))
    return count === undefined || count.planned && count.open === 0
  }
  return {
    planning: (table, chunks) =>
      Stream.suspend(() => {
        const count: Count = { open: 0, planned: false }
        counts.set(keyOf(table), count)
        return Stream.concat(
          Stream.map(chunks, (chunk): Portion => {
            count.open += 1
            return [chunk]
          }),
          Stream.execute(Effect.suspend(() => {
            count.planned = true
            return isRead(table) ? finish([table]) : Effect.void
          }))
        )
      }),
    reading: (portion, files) =>
      Stream.concat(
        files,
        Stream.execute(Effect.suspend(() => {
          const read = portion.flatMap(({ table }) => {
            const count = counts.get(keyOf(table))
            if (count !== undefined) count.open -= 1
            return isRead(table) ? [table] : []
          })
          return read.length === 0 ? Effect.void : finish(read)
        }))
      )
  }
}
