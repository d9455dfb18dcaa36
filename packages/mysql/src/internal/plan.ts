/**
 * Where to cut a table by a column of integers.
 *
 * The server's estimates say how much a range holds, in rows or in bytes. They cost a few page reads each, so a range
 * is cut into even parts until each is small enough, and small neighbours are joined. A sparse key is never walked
 * along: an empty stretch costs one question for each halving at most.
 *
 * What comes out are places to cut at. The smallest and the largest key are only hints: the first range has no lower
 * bound and the last no upper one.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** Keys from `from` up to and with `to`. @internal */
export interface Span {
  readonly from: bigint
  readonly to: bigint
}

/** @internal */
export interface Cut<E> {
  readonly span: Span
  /** How much the span holds, in rows or in bytes, as far as anyone knows. */
  readonly size: number
  /** How much a chunk should hold: at least 1. */
  readonly perChunk: number
  /** How much a span holds, as the server estimates it. */
  readonly estimate: (span: Span) => Effect.Effect<number, E>
}

/**
 * - `Boundary`: a new chunk starts at this key.
 * - `Heavy`: a single key holds more than a chunk should, which only other columns can help with. What was to be cut
 *   off before it was.
 *
 * @internal
 */
export type Step =
  | { readonly _tag: "Boundary"; readonly at: bigint }
  | { readonly _tag: "Heavy"; readonly at: bigint; readonly size: number }

/** A span is cut into this many parts at once at most. */
const fanOut = 64
/** A span that is this much larger than wished is not cut further: a file has room for a third more than is wished. */
const tolerance = 1.3
/** So small a part of a chunk is joined to its neighbour however large that is: an empty stretch counts as a row. */
const negligible = 0.1
/** What `questions` allows for a table of few chunks: one question for each halving of a 64-bit key, and some more. */
const leastQuestions = 1000

/** What a table of this size is worth in questions: estimates that never come down must not cut for ever. */
const questions = (size: number, perChunk: number): number => leastQuestions + Math.ceil(size / perChunk) * 4

/** A table is cut into about this many chunks at most, whatever is asked for: each is a file. @internal */
export const mostChunks = 100_000

/**
 * A span in even parts, in order: at most `parts`, at least one, none empty.
 *
 * @internal
 */
export const evenly = ({ from, to }: Span, parts: bigint): ReadonlyArray<Span> => {
  const width = to - from + 1n
  const count = parts < 1n ? 1n : parts > width ? width : parts
  const at = (part: bigint) => from + width * part / count
  return Array.from({ length: Number(count) }, (_, i) => ({ from: at(BigInt(i)), to: at(BigInt(i) + 1n) - 1n }))
}

interface Piece {
  readonly span: Span
  /** None as long as nobody was asked. */
  readonly size: Option.Option<number>
}

/** How far a plan has come. */
interface Progress {
  /** What is still to be looked at; the lowest keys come last. */
  readonly ahead: Array<Piece>
  /** How much the chunk that is open holds; none before the first. */
  open: Option.Option<number>
  questions: number
}

/**
 * Where to cut, in ascending order; every boundary is larger than the span's smallest key.
 *
 * @internal
 */
export const steps = <E>(cut: Cut<E>): Stream.Stream<Step, E> => {
  const wished = Math.max(cut.perChunk, cut.size / mostChunks)
  const enough = wished * tolerance

  const weigh = (progress: Progress, { size, span }: Piece) =>
    Option.match(size, {
      onSome: Effect.succeed,
      onNone: () => {
        progress.questions -= 1
        return cut.estimate(span)
      }
    })

  /** Puts a stretch into the open chunk, or begins a new one with it. */
  const join = (progress: Progress, { from }: Span, size: number): ReadonlyArray<Step> => {
    const before = progress.open
    const fits = Option.exists(before, (open) => open + size <= enough || open <= wished * negligible)
    progress.open = Option.some(fits ? Option.getOrElse(before, () => 0) + size : size)
    return Option.isSome(before) && !fits ? [{ _tag: "Boundary", at: from }] : []
  }

  const next = (progress: Progress): Effect.Effect<Option.Option<readonly [ReadonlyArray<Step>, Progress]>, E> =>
    Effect.gen(function*() {
      for (let piece = progress.ahead.pop(); piece !== undefined; piece = progress.ahead.pop()) {
        const { span } = piece
        const size = yield* weigh(progress, piece)
        const heavy = size > enough
        if (heavy && span.from < span.to && progress.questions > 0) {
          const parts = BigInt(Math.max(2, Math.min(fanOut, Math.ceil(size / wished))))
          for (const part of evenly(span, parts).toReversed()) {
            progress.ahead.push({ span: part, size: Option.none() })
          }
        } else {
          const boundaries = join(progress, span, size)
          const steps = heavy && span.from === span.to
            ? [...boundaries, { _tag: "Heavy", at: span.from, size } as const]
            : boundaries
          if (steps.length > 0) {
            return Option.some([steps, progress] as const)
          }
        }
      }
      return Option.none()
    })

  return Stream.suspend(() =>
    Stream.unfoldEffect<Progress, ReadonlyArray<Step>, E, never>({
      ahead: [{ span: cut.span, size: Option.some(cut.size) }],
      open: Option.none(),
      questions: questions(cut.size, wished)
    }, next).pipe(Stream.flattenIterables)
  )
}
