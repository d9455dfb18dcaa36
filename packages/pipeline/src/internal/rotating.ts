/**
 * Pieces into files.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import type { OutputError } from "../SluiceError.js"
import type { Chunk, PieceOf } from "../Source.js"
import type { FileWriter, StagedFile, Staging } from "../Staging.js"

/** A closed file, with the chunk that its rows are of, and the number of the file in it. @internal */
export interface FileOf {
  readonly chunk: Chunk
  readonly subPart: number
  readonly file: StagedFile
}

/** What is done, one after the other: a file is handed on before the next one asks for room. */
type Step =
  | { readonly _tag: "Begin"; readonly piece: PieceOf; readonly subPart: number }
  | { readonly _tag: "Write"; readonly piece: PieceOf }
  | { readonly _tag: "End" }

const end: Step = { _tag: "End" }

/** The file that is written to now. */
interface Current {
  readonly chunk: Chunk
  readonly subPart: number
  readonly writer: FileWriter
  readonly scope: Scope.CloseableScope
}

/** Up to here the first piece is written together with what the file begins with. */
const joined = 64 * 1024

/**
 * Writes the pieces of a chunk into files no larger than `limit`; a single piece that is larger becomes a file of its
 * own. A chunk without a piece has no file.
 *
 * The first piece of a file waits until there is room for all of it, so that every file that was begun can be closed.
 *
 * @internal
 */
export const files = (staging: Staging["Type"], options: {
  readonly name: (chunk: Chunk, subPart: number) => string
  /** What each file of a chunk begins with. */
  readonly preamble: (chunk: Chunk) => Uint8Array
  readonly limit: number
  /** To be done with a piece before it is written. */
  readonly seen: (piece: PieceOf) => Effect.Effect<void>
}) =>
<E>(pieces: Stream.Stream<PieceOf, E>): Stream.Stream<FileOf, E | OutputError> =>
  Stream.unwrapScoped(Effect.suspend(() => {
    let last: { readonly chunk: Chunk; readonly subPart: number; size: number } | undefined
    const stepsOf = (piece: PieceOf): ReadonlyArray<Step> => {
      const { chunk, piece: { bytes } } = piece
      if (last !== undefined && last.chunk === chunk && last.size + bytes.length <= options.limit) {
        last.size += bytes.length
        return [{ _tag: "Write", piece }]
      }
      const subPart = last !== undefined && last.chunk === chunk ? last.subPart + 1 : 0
      const begin: Step = { _tag: "Begin", piece, subPart }
      const steps = last === undefined ? [begin] : [end, begin]
      last = { chunk, subPart, size: options.preamble(chunk).length + bytes.length }
      return steps
    }

    let current: Current | undefined
    const nothing = Effect.succeedNone
    const write = (writer: FileWriter, { piece }: PieceOf) =>
      Effect.zipRight(writer.write(piece.bytes, piece.rows), nothing)
    const begin = (first: PieceOf, subPart: number) => {
      const { chunk, piece } = first
      const preamble = options.preamble(chunk)
      return Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Scope.make(), (scope) =>
          Effect.flatMap(
            Effect.onError(
              restore(Scope.extend(staging.create(options.name(chunk, subPart), options.limit), scope)),
              (cause) => Scope.close(scope, Exit.failCause(cause))
            ),
            (writer) => {
              current = { chunk, subPart, writer, scope }
              return restore(
                preamble.length === 0
                  ? write(writer, first)
                  : piece.bytes.length <= joined
                  ? Effect.zipRight(writer.write(Sql.concat([preamble, piece.bytes]), piece.rows), nothing)
                  : Effect.zipRight(writer.write(preamble), write(writer, first))
              )
            }
          ))
      )
    }
    const run = (step: Step): Effect.Effect<Option.Option<FileOf>, OutputError> => {
      if (step._tag === "Begin") return Effect.zipRight(options.seen(step.piece), begin(step.piece, step.subPart))
      const now = current
      if (now === undefined) return nothing
      const { chunk, scope, subPart, writer } = now
      return step._tag === "Write"
        ? Effect.zipRight(options.seen(step.piece), write(writer, step.piece))
        : Effect.flatMap(writer.close, (file) => {
          current = undefined
          return Effect.as(Scope.close(scope, Exit.void), Option.some({ chunk, subPart, file }))
        })
    }
    return Effect.as(
      Effect.addFinalizer((exit) => current === undefined ? Effect.void : Scope.close(current.scope, exit)),
      Stream.mapConcat(pieces, stepsOf).pipe(
        Stream.concat(Stream.succeed(end)),
        Stream.mapEffect(run),
        Stream.filterMap((file) => file)
      )
    )
  }))
