/**
 * Where to cut a table by walking along its key: for keys that nobody but the server can count along, as those of
 * texts. The index is walked once, a chunk at a time, just ahead of those who read the chunk, who then find it in the
 * server's memory.
 *
 * It costs one more pass over the index, on one connection, and measuring the rows on the way costs a part of that.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** Everything is asked from a place on, or from the start. @internal */
export interface Walk<A, E> {
  /**
   * The row at which a chunk that begins at a place is full, so that the next one begins with it, or one that is some
   * rows further; none at the end.
   */
  readonly full: (from: Option.Option<A>, further: number) => Effect.Effect<Option.Option<A>, E>
  /** The first row behind all those at a place; the first of all from the start. */
  readonly next: (from: Option.Option<A>) => Effect.Effect<Option.Option<A>, E>
  /** Whether there is a row at a place, as the server understands it, and it is behind all those at another one. */
  readonly isBehind: (place: A, from: Option.Option<A>) => Effect.Effect<boolean, E>
}

/** How many rows further a chunk may go on when the row it should end at cannot be told. */
const furtherOn = [1, 2, 3]

const orElse = <A, E>(
  found: Effect.Effect<Option.Option<A>, E>,
  other: () => Effect.Effect<Option.Option<A>, E>
): Effect.Effect<Option.Option<A>, E> =>
  Effect.flatMap(found, (place) => Option.isSome(place) ? Effect.succeed(place) : other())

/**
 * The places that a new chunk starts at, ascending, all of them behind the first row.
 *
 * A place is only taken when the server finds it again where it has to be. A chunk can be full with its first row, and
 * many rows can be at one place where it is of a key's first columns only: then the next chunk starts at the next place
 * that there is. If that one cannot be told either, a few rows further may be told; else the rest stays in one piece.
 *
 * @internal
 */
export const boundaries = <A, E>(walk: Walk<A, E>): Stream.Stream<A, E> => {
  const taken = (place: Option.Option<A>, from: Option.Option<A>): Effect.Effect<Option.Option<A>, E> =>
    Option.match(place, {
      onNone: () => Effect.succeedNone,
      onSome: (place) => Effect.map(walk.isBehind(place, from), (behind) => behind ? Option.some(place) : Option.none())
    })
  const next = (from: Option.Option<A>) => Effect.flatMap(walk.next(from), (next) => taken(next, from))
  const further = (from: Option.Option<A>, rows: number) =>
    Effect.flatMap(walk.full(from, rows), (place) => taken(place, from))
  const following = (from: Option.Option<A>, full: Option.Option<A>): Effect.Effect<Option.Option<A>, E> =>
    orElse(
      taken(full, from),
      () =>
        Effect.flatMap(walk.next(from), (next) =>
          Option.isNone(next)
            ? Effect.succeedNone
            : furtherOn.reduce(
              (found, rows) => orElse(found, () => further(from, rows)),
              taken(next, from)
            ))
    )
  const step = (from: Option.Option<A>, begin: Effect.Effect<Option.Option<A>, E>) =>
    Effect.flatMap(walk.full(from, 0), (full) =>
      Option.isNone(full)
        ? Effect.succeedNone
        : Effect.map(
          Effect.flatMap(begin, (from) => following(from, full)),
          Option.map((place) => [place, Option.some(place)] as const)
        ))
  return Stream.unfoldEffect(
    Option.none<A>(),
    // The first boundary is behind the first row, wherever that is.
    (from) => step(from, Option.isNone(from) ? next(from) : Effect.succeed(from))
  )
}
