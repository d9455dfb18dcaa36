/**
 * Chunks whose reader is lost.
 *
 * @internal
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import type { Progress } from "../Progress.js"
import { type OutputError, SourceError } from "../SluiceError.js"
import type { Chunk, PieceOf, Portion } from "../Source.js"

/** @internal */
export interface Retakes {
  /**
   * The files of a portion. When its reader is lost, another one of the snapshot reads the chunk that it was at again
   * from its beginning, and those behind it, as long as no file of that chunk was handed on: what has left cannot be
   * taken back, and nothing says that the rows of a table without a key come in the same order again.
   *
   * `attempt` reads what is left of the portion once, and tells `seen` of each piece before it is written. The file
   * that it was at when it failed is thrown away; those of earlier chunks were handed on when it came to that one.
   */
  readonly files: <A extends { readonly chunk: Chunk; readonly last: boolean }>(
    portion: Portion,
    attempt: (
      left: Portion,
      seen: (piece: PieceOf) => Effect.Effect<void>
    ) => Stream.Stream<A, SourceError | OutputError>
  ) => Stream.Stream<A, SourceError | OutputError>
  /** What people should know of it. */
  readonly remarks: Effect.Effect<ReadonlyArray<string>>
}

/** What happened, and what else there is to say of it. */
const and = (error: SourceError, more: string): SourceError =>
  new SourceError({
    reason: error.reason,
    what: error.what,
    detail: `${error.detail}; ${more}`,
    ...(error.where === undefined ? {} : { where: error.where }),
    ...(error.advice === undefined ? {} : { advice: error.advice }),
    ...(error.errno === undefined ? {} : { errno: error.errno }),
    ...(error.cause === undefined ? {} : { cause: error.cause })
  })

/** @internal */
export const make = (progress: Progress["Type"]): Retakes => {
  let retaken = 0
  return {
    files: (portion, attempt) =>
      Stream.suspend(() => {
        /** What is read now, or again. */
        let left: ReadonlyArray<Chunk> = portion
        let handedOn = 0
        let rows = 0
        let bytes = 0
        const goOn = (to: number): void => {
          left = left.slice(to)
          handedOn = 0
          rows = 0
          bytes = 0
        }
        const seen = ({ chunk, piece }: PieceOf) =>
          Effect.suspend(() => {
            if (left[0] !== chunk) {
              goOn(left.indexOf(chunk))
            }
            rows += piece.rows
            bytes += piece.bytes.length
            return progress.add({ rows: piece.rows, bytes: piece.bytes.length })
          })
        const once = Stream.suspend(() =>
          Arr.isNonEmptyReadonlyArray(left)
            ? Stream.map(attempt(left, seen), (file) => {
              if (file.chunk === left[0]) {
                if (file.last) goOn(1)
                else handedOn += 1
              }
              return file
            })
            : Stream.empty
        )
        const forget = Effect.suspend(() => {
          const read = { rows: -rows, bytes: -bytes }
          rows = 0
          bytes = 0
          retaken += 1
          return progress.add(read)
        })
        const read = (lost?: SourceError): typeof once =>
          Stream.catchAll(once, (error) => {
            if (error._tag !== "SourceError") return Stream.fail(error)
            if (error.readerLost !== true) {
              const nobodyIsLeft = lost !== undefined && handedOn === 0 && error.reason === "ConnectionLost"
              return Stream.fail(nobodyIsLeft ? and(lost, error.detail) : error)
            }
            return handedOn > 0
              ? Stream.fail(and(error, "a part of it had left already, so that it cannot be read again"))
              : Stream.concat(Stream.execute(forget), Stream.suspend(() => read(lost ?? error)))
          })
        return read()
      }),
    remarks: Effect.sync(() =>
      retaken === 0 ? [] : [
        `${retaken === 1 ? "a connection of the snapshot was" : `${retaken} connections of the snapshot were`} lost; ` +
        "what was being read was read again over others"
      ]
    )
  }
}
