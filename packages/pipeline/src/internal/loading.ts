/**
 * Files that belong together: a statement that loads rows, and the file with the rows.
 *
 * They come in either order, and several are looked at at once; whatever is asked here is answered in one step, so that
 * of two that meet one always finds the other.
 *
 * @internal
 */
import * as FileName from "@sluice/format/FileName"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"

import type { Arrival } from "../Incoming.js"
import { BackupError } from "../SluiceError.js"

/** The rows of a statement have not come yet. */
export class Awaited {
  readonly _tag = "Awaited"
  constructor(readonly key: string) {}
}

const advice = "The backup is damaged: take it again"

/** @internal */
export const make = () => {
  /** By the names that they would have if they were not compressed. */
  const data = new Map<string, Arrival>()
  const statements = new Map<string, Arrival>()
  const keyOf = ({ kind }: Arrival): string => FileName.render(kind)

  function* unpaired(): Generator<{ readonly arrival: Arrival; readonly error: BackupError }> {
    for (const [key, arrival] of statements) {
      yield {
        arrival,
        error: new BackupError({
          reason: "Missing",
          what: "a file of the backup is missing",
          where: key,
          detail: `it holds the rows that ${arrival.file.name} loads`,
          advice
        })
      }
    }
    for (const arrival of data.values()) {
      if (!statements.has(keyOf(arrival))) {
        yield {
          arrival,
          error: new BackupError({
            reason: "Unexpected",
            what: "a file of the backup is refused",
            where: arrival.file.name,
            detail: "no statement loads its rows",
            advice
          })
        }
      }
    }
  }

  return {
    /** The file with the rows of a statement, which stands beside it and has its name. */
    find: (statement: Arrival, named: string): Effect.Effect<Arrival, BackupError | Awaited> =>
      Effect.suspend((): Effect.Effect<Arrival, BackupError | Awaited> => {
        const parsed = FileName.parse(named)
        if (Either.isLeft(parsed)) {
          return new BackupError({
            reason: parsed.left.reason === "Unsafe" ? "UnsafeName" : "Damaged",
            what: "the rows of a file are refused",
            where: statement.file.name,
            detail: parsed.left.message,
            advice
          })
        }
        const key = FileName.render(parsed.right.file)
        const { kind } = statement
        const own = kind._tag === "Rows" ? FileName.render(FileName.FileName.LoadData(kind)) : undefined
        if (key !== own) {
          return new BackupError({
            reason: "Damaged",
            what: "the rows of a file are refused",
            where: statement.file.name,
            detail: `it says that they are in ${named}, and not in ${own ?? "a file of its own name"}`,
            advice
          })
        }
        const found = data.get(key)
        return found === undefined ? Effect.fail(new Awaited(key)) : Effect.succeed(found)
      }),
    /** Whether a statement has to wait for its rows; they may have come meanwhile. */
    wait: (statement: Arrival, { key }: Awaited): Effect.Effect<boolean> =>
      Effect.sync(() => {
        const waits = !data.has(key)
        if (waits) {
          statements.set(key, statement)
        }
        return waits
      }),
    /** Takes a file with rows, and gives the statement that waits for it. */
    come: (rows: Arrival): Effect.Effect<Arrival | undefined> =>
      Effect.sync(() => {
        const key = keyOf(rows)
        const statement = statements.get(key)
        statements.delete(key)
        data.set(key, rows)
        return statement
      }),
    /** Says that rows are committed. */
    done: (rows: Arrival): Effect.Effect<void> => Effect.sync(() => void data.delete(keyOf(rows))),
    /** What is left without its other half. */
    unpaired,
    /** At the end nothing may be left without its other half. */
    nothingLeft: Effect.suspend((): Effect.Effect<void, BackupError> => {
      for (const { error } of unpaired()) {
        return error
      }
      return Effect.void
    })
  }
}
