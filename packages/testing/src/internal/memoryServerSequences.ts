/**
 * Sequences of a memory server: how they are made and moved. Nothing takes values from them.
 *
 * @internal
 */
import type * as Sequence from "@sluice/format/Sequence"
import type * as Sql from "@sluice/format/Sql"
import * as Either from "effect/Either"

import { Cursor, type Quoting } from "./memoryServerLexer.js"
import { type Refusal, refuse } from "./memoryServerRefusal.js"

const integer = (cursor: Cursor): Either.Either<bigint, Refusal> => {
  const sign = cursor.symbol("-") ? -1n : 1n
  const token = cursor.peek()
  if (token?.kind !== "Number" || !/^\d+$/.test(token.text)) {
    return cursor.syntax()
  }
  cursor.next()
  return Either.right(sign * BigInt(token.text))
}

/**
 * Reads CREATE SEQUENCE, with all that a server prints in its order. A new sequence stands at its start.
 *
 * @internal
 */
export const parse = (
  statement: Uint8Array,
  mode: Quoting
): Either.Either<{ readonly name: Sql.Name; readonly state: Sequence.State }, Refusal> =>
  Either.gen(function*() {
    const cursor = yield* Cursor.make(statement, mode)
    yield* cursor.expectWords("CREATE", "SEQUENCE")
    const name = yield* cursor.name()
    yield* cursor.expectWords("START", "WITH")
    const start = yield* integer(cursor)
    yield* cursor.expectWords("MINVALUE")
    const minimum = yield* integer(cursor)
    yield* cursor.expectWords("MAXVALUE")
    const maximum = yield* integer(cursor)
    yield* cursor.expectWords("INCREMENT", "BY")
    const increment = yield* integer(cursor)
    const cache = cursor.words("NOCACHE") ? 0n : yield* Either.flatMap(
      cursor.expectWords("CACHE"),
      () => integer(cursor)
    )
    const cycles = cursor.words("NOCYCLE") ? 0n : yield* Either.map(cursor.expectWords("CYCLE"), () => 1n)
    yield* cursor.end()
    return start < minimum || start > maximum
      ? yield* refuse(4082, `Sequence '${name.name}' has out of range value for options`)
      : { name, state: { next: start, minimum, maximum, start, increment, cache, cycles, round: 0n } }
  })

/**
 * Reads `DO SETVAL(name, next, 0[, round])`.
 *
 * @internal
 */
export const parseMove = (
  statement: Uint8Array,
  mode: Quoting
): Either.Either<{ readonly name: Sql.Name; readonly next: bigint; readonly round: bigint }, Refusal> =>
  Either.gen(function*() {
    const cursor = yield* Cursor.make(statement, mode)
    yield* cursor.expectWords("DO", "SETVAL")
    yield* cursor.expect("(")
    const name = yield* cursor.name()
    yield* cursor.expect(",")
    const next = yield* integer(cursor)
    yield* cursor.expect(",")
    const used = yield* integer(cursor)
    const round = cursor.symbol(",") ? yield* integer(cursor) : 0n
    yield* cursor.expect(")")
    yield* cursor.end()
    return used === 0n ? { name, next, round } : yield* cursor.syntax()
  })

/**
 * A sequence after SETVAL, which goes back only in a later round, and else does nothing.
 *
 * @internal
 */
export const moved = (
  state: Sequence.State,
  { next, round }: { readonly next: bigint; readonly round: bigint }
): Sequence.State =>
  round > state.round ||
    (round === state.round && (state.increment < 0n ? next <= state.next : next >= state.next))
    ? { ...state, next, round }
    : state
