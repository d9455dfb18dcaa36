/**
 * Pieces into files.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"

import type { OutputError } from "../SluiceError.js"
import type { Piece } from "../Source.js"
import type { StagedFile, Staging } from "../Staging.js"

/**
 * Takes pieces into one file until the next would make it larger than `limit`, which is left over; none if no piece
 * came. A single piece that is larger becomes a file of its own.
 *
 * The first piece waits until there is room for the whole file, so that every file that was begun can be closed.
 */
const file = (
  staging: Staging["Type"],
  name: string,
  preamble: Uint8Array,
  limit: number
): Sink.Sink<Option.Option<StagedFile>, Piece, Piece, OutputError> =>
  Sink.head<Piece>().pipe(Sink.flatMap(Option.match({
    onNone: () => Sink.succeed(Option.none<StagedFile>()),
    onSome: (first) =>
      Sink.unwrapScoped(Effect.gen(function*() {
        const writer = yield* staging.create(name, limit)
        yield* preamble.length === 0 ? Effect.void : writer.write(preamble)
        yield* writer.write(first.bytes, first.rows)
        let size = preamble.length + first.bytes.length
        return Sink.forEachWhile((piece: Piece) => {
          size += piece.bytes.length
          return size > limit ? Effect.succeed(false) : Effect.as(writer.write(piece.bytes, piece.rows), true)
        }).pipe(Sink.mapEffect(() => Effect.asSome(writer.close)))
      }))
  })))

/**
 * Cuts pieces into files no larger than `limit`; `name` gives the name of the n-th.
 *
 * @internal
 */
export const files = (staging: Staging["Type"], options: {
  readonly name: (index: number) => string
  readonly preamble: Uint8Array
  readonly limit: number
}) =>
<E>(pieces: Stream.Stream<Piece, E>): Stream.Stream<Option.Option<StagedFile>, E | OutputError> =>
  Stream.suspend(() => {
    let index = -1
    return Stream.transduce(
      pieces,
      Sink.suspend(() => {
        index += 1
        return file(staging, options.name(index), options.preamble, options.limit)
      })
    )
  })
