/**
 * Pieces into files.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Arr from "effect/Array"
import * as Chunks from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
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
  /** Whether the chunk has no other file behind it. */
  readonly last: boolean
}

/** What is done, one after the other: a file is handed on before the next one asks for room. */
type Step =
  | { readonly _tag: "Begin"; readonly piece: PieceOf; readonly subPart: number }
  | { readonly _tag: "Write"; readonly piece: PieceOf }
  | { readonly _tag: "End"; readonly last: boolean }
  /** Small files that are all there. */
  | { readonly _tag: "Put"; readonly pieces: Array<PieceOf> }

const end: Step = { _tag: "End", last: true }

/** The file that is written to now. */
interface Current {
  readonly chunk: Chunk
  readonly subPart: number
  readonly writer: FileWriter
  readonly scope: Scope.CloseableScope
}

/** Up to here the first piece is written together with what the file begins with. */
const joined = 64 * 1024

/** So many small files wait for each other at most: all of them are outside of any budget. */
const putAtOnce = 64

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
    const stepsOf = (pieces: Chunks.Chunk<PieceOf>): Chunks.Chunk<Step> => {
      const steps: Array<Step> = []
      let put: Array<PieceOf> | undefined
      for (const piece of pieces) {
        const { chunk, piece: { bytes }, whole } = piece
        if (last !== undefined && last.chunk === chunk && last.size + bytes.length <= options.limit) {
          last.size += bytes.length
          steps.push({ _tag: "Write", piece })
          continue
        }
        const goesOn = last !== undefined && last.chunk === chunk
        const subPart = last !== undefined && goesOn ? last.subPart + 1 : 0
        if (last !== undefined) steps.push(goesOn ? { _tag: "End", last: false } : end)
        last = undefined
        if (whole && bytes.length <= joined) {
          if (put === undefined || put.length >= putAtOnce || steps.at(-1)?._tag !== "Put") {
            put = []
            steps.push({ _tag: "Put", pieces: put })
          }
          put.push(piece)
        } else {
          steps.push({ _tag: "Begin", piece, subPart })
          last = { chunk, subPart, size: options.preamble(chunk).length + bytes.length }
        }
      }
      return Chunks.unsafeFromArray(steps)
    }

    let current: Current | undefined
    const none: ReadonlyArray<FileOf> = []
    const nothing = Effect.succeed(none)
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
    const put = (pieces: ReadonlyArray<PieceOf>) =>
      Effect.zipRight(
        Effect.forEach(pieces, options.seen, { discard: true }),
        Effect.map(
          staging.putAll(pieces.map(({ chunk, piece }) => ({
            name: options.name(chunk, 0),
            content: Sql.concat([options.preamble(chunk), piece.bytes]),
            rows: piece.rows
          }))),
          (files) => Arr.zipWith(pieces, files, ({ chunk }, file): FileOf => ({ chunk, subPart: 0, file, last: true }))
        )
      )
    const run = (step: Step): Effect.Effect<ReadonlyArray<FileOf>, OutputError> => {
      switch (step._tag) {
        case "Put":
          return put(step.pieces)
        case "Begin":
          return Effect.zipRight(options.seen(step.piece), begin(step.piece, step.subPart))
        case "Write":
          return current === undefined
            ? Effect.dieMessage("a piece goes on with a file that was not begun")
            : Effect.zipRight(options.seen(step.piece), write(current.writer, step.piece))
        case "End": {
          if (current === undefined) return nothing
          const { chunk, scope, subPart, writer } = current
          return Effect.flatMap(writer.close, (file) => {
            current = undefined
            return Effect.as(Scope.close(scope, Exit.void), [{ chunk, subPart, file, last: step.last }])
          })
        }
      }
    }
    return Effect.as(
      Effect.addFinalizer((exit) => current === undefined ? Effect.void : Scope.close(current.scope, exit)),
      Stream.mapChunks(pieces, stepsOf).pipe(
        Stream.concat(Stream.succeed(end)),
        Stream.mapEffect(run),
        Stream.mapConcat((files) => files)
      )
    )
  }))
