/**
 * Expressions of MariaDB's columns and constraints that are printed with `CONVERT(… USING …)`.
 *
 * The server prints the conversions that it makes of its own accord as if somebody had written them. One that is
 * written has the collation of a column, and one that the server makes has not: MariaDB 10.11 prints `b = u` of a
 * latin1 and a utf8mb4 column as `convert(b using utf8mb4) = u` and then may refuse that as an illegal mix of
 * collations. Beside a text with a character set of its own what is printed can be taken and come to something else, and
 * so can `REPLACE('b', 'a', NULL)` with a conversion around the NULL. Whether one is printed is also up to the sessions
 * that used the table before.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import * as Printed from "./printed.js"
import * as WorkedOut from "./workedOut.js"

/** @internal */
export interface Expression {
  readonly start: number
  readonly end: number
  /** Whether it has texts with a character set of their own. */
  readonly isMixed: boolean
  /** Whether it comes to something else each time it is asked. */
  readonly isVolatile: boolean
}

/**
 * The expressions of a column or a constraint that are printed with conversions. Its default is given apart.
 *
 * @internal
 */
export const find = (
  tokens: ReadonlyArray<Printed.Token>,
  ofDefault: ReadonlyArray<Printed.Token>
): ReadonlyArray<Expression> => {
  const inParentheses = tokens.flatMap(({ depth, text }, i) =>
    depth === 1 && (text === "AS" || text === "CHECK") ? [Printed.inside(tokens, i + 1)] : []
  )
  return [ofDefault, ...inParentheses].flatMap((all) => {
    const first = all[0]
    const last = all.at(-1)
    return first === undefined || last === undefined || !all.some((_, i) => isConversion(all.slice(i, i + 2)))
      ? []
      : [{
        start: first.start,
        end: last.end,
        isMixed: all.some((_, i) => isIntroduced(all.slice(i, i + 2))),
        isVolatile: all.some(({ text }) => WorkedOut.volatile.has(text))
      }]
  })
}

const isConversion = ([word, open]: ReadonlyArray<Printed.Token>): boolean =>
  word?.kind === "Word" && word.text === "CONVERT" && open?.text === "("

const isIntroduced = ([word, literal]: ReadonlyArray<Printed.Token>): boolean =>
  word?.kind === "Word" && word.text.startsWith("_") && literal?.kind === "Literal" && literal.start === word.end

/**
 * Asks of a row of NULLs, and of none of the table, whether two expressions come to the same. It fails if the server
 * does not take one of them.
 *
 * @internal
 */
export const query = (table: string, one: Uint8Array, other: Uint8Array): Uint8Array =>
  Sql.bytes("SELECT BINARY (", one, ") <=> BINARY (", other, `) FROM (SELECT 1) one LEFT JOIN ${table} ON FALSE`)

/**
 * Why a table with such an expression is refused, if it is. `written` is how the definition has it; `compare` asks, and
 * gives nothing when the server does not take one of the two.
 *
 * @internal
 */
export const trouble = <E>(
  found: Expression,
  create: Uint8Array,
  written: Uint8Array,
  compare: (one: Uint8Array, other: Uint8Array) => Effect.Effect<Option.Option<Uint8Array | null | undefined>, E>
): Effect.Effect<string | undefined, E> =>
  Effect.gen(function*() {
    const isTaken = Option.isSome(yield* compare(written, written))
    // what the server does not take without its conversions was written with them
    const without = found.isVolatile ? Option.none() : yield* compare(written, Printed.withoutConversions(written))
    const isSame = !Option.exists(without, (same) => Sql.text(same ?? new Uint8Array()) !== "1")
    return isTaken && isSame && !found.isMixed
      ? undefined
      : `MariaDB prints ${
        Sql.text(create.subarray(found.start, found.end))
      } with conversions of its own, and that would ` +
        "be another expression for whoever replays it, or none"
  })
