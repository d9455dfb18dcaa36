/**
 * Where to cut a table: an integer key's values into half-open ranges.
 *
 * Ranges come from one list of boundaries, so that no row is in two and none is in between. The first has no lower
 * bound and the last no upper one, so that the smallest and the largest key are only hints.
 *
 * The server's estimates say how many rows a range holds. They cost a few page reads each, so a range is cut into even
 * parts until each is small enough, and small neighbours are joined. A sparse key is never walked along: an empty
 * stretch costs one question for each halving at most.
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
  /** How many rows the span holds, as far as anyone knows. */
  readonly rows: number
  /** How many rows a chunk should have: at least 1. */
  readonly rowsPerChunk: number
  /** How many rows a span holds, as the server estimates it. */
  readonly estimate: (span: Span) => Effect.Effect<number, E>
}

/** A span is cut into this many parts at once at most. */
const fanOut = 64
/** A span that is this much larger than wished is not cut further. */
const tolerance = 1.5
/** So small a part of a chunk is joined to its neighbour however large that is: an empty stretch counts as a row. */
const negligible = 0.1
/** What `questions` allows for a table of few chunks: one question for each halving of a 64-bit key, and some more. */
const leastQuestions = 1000

/** What a table of so many rows is worth in questions: estimates that never come down must not cut for ever. */
const questions = (rows: number, rowsPerChunk: number): number => leastQuestions + Math.ceil(rows / rowsPerChunk) * 4

/** A table is cut into about this many chunks at most, whatever is asked for: each is a file. */
const mostChunks = 100_000

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
  readonly rows: Option.Option<number>
}

/** How far a plan has come. */
interface Progress {
  /** What is still to be looked at; the lowest keys come last. */
  readonly ahead: Array<Piece>
  /** The rows of the chunk that is open; none before the first. */
  open: Option.Option<number>
  questions: number
}

/**
 * The keys that a new chunk starts at, in ascending order, all of them larger than the span's smallest key.
 *
 * @internal
 */
export const boundaries = <E>(cut: Cut<E>): Stream.Stream<bigint, E> => {
  const wished = Math.max(cut.rowsPerChunk, cut.rows / mostChunks)
  const enough = wished * tolerance

  const weigh = (progress: Progress, { rows, span }: Piece) =>
    Option.match(rows, {
      onSome: Effect.succeed,
      onNone: () => {
        progress.questions -= 1
        return cut.estimate(span)
      }
    })

  /** Puts a stretch into the open chunk, or begins a new one with it. */
  const join = (progress: Progress, rows: number): boolean => {
    const before = progress.open
    const fits = Option.exists(before, (open) => open + rows <= enough || open <= wished * negligible)
    progress.open = Option.some(fits ? Option.getOrElse(before, () => 0) + rows : rows)
    return Option.isSome(before) && !fits
  }

  const next = (progress: Progress): Effect.Effect<Option.Option<readonly [bigint, Progress]>, E> =>
    Effect.gen(function*() {
      for (let piece = progress.ahead.pop(); piece !== undefined; piece = progress.ahead.pop()) {
        const { span } = piece
        const rows = yield* weigh(progress, piece)
        if (rows > enough && span.from < span.to && progress.questions > 0) {
          const parts = BigInt(Math.max(2, Math.min(fanOut, Math.ceil(rows / wished))))
          for (const part of evenly(span, parts).toReversed()) {
            progress.ahead.push({ span: part, rows: Option.none() })
          }
        } else if (join(progress, rows)) {
          return Option.some([span.from, progress] as const)
        }
      }
      return Option.none()
    })

  return Stream.suspend(() =>
    Stream.unfoldEffect<Progress, bigint, E, never>({
      ahead: [{ span: cut.span, rows: Option.some(cut.rows) }],
      open: Option.none(),
      questions: questions(cut.rows, wished)
    }, next)
  )
}

/**
 * A range of keys: from `from` on, below `below`. Without one of them it is open on that side.
 *
 * @internal
 */
export interface Range {
  readonly from: Option.Option<bigint>
  readonly below: Option.Option<bigint>
}

/**
 * The ranges between boundaries. Without any boundary it is one range of everything.
 *
 * @internal
 */
export const ranges = <E>(boundaries: Stream.Stream<bigint, E>): Stream.Stream<Range, E> =>
  Stream.make(Option.none<bigint>()).pipe(
    Stream.concat(Stream.map(boundaries, Option.some)),
    Stream.zipWithNext,
    Stream.map(([from, next]) => ({ from, below: Option.flatten(next) }))
  )

/**
 * The condition that a column is in a range; none for the range of everything.
 *
 * @internal
 */
export const condition = (column: string, { below, from }: Range): Option.Option<string> => {
  const parts = [
    ...Option.match(from, { onNone: () => [], onSome: (value) => [`${column} >= ${value}`] }),
    ...Option.match(below, { onNone: () => [], onSome: (value) => [`${column} < ${value}`] })
  ]
  return parts.length === 0 ? Option.none() : Option.some(parts.join(" AND "))
}

/**
 * A range for people.
 *
 * @internal
 */
export const describe = (column: string, { below, from }: Range): string =>
  Option.match(from, {
    onNone: () =>
      Option.match(below, { onNone: () => "the whole table", onSome: (value) => `${column} up to ${value - 1n}` }),
    onSome: (first) =>
      Option.match(below, {
        onNone: () => `${column} from ${first}`,
        onSome: (value) => `${column} from ${first} to ${value - 1n}`
      })
  })
