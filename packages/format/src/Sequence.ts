/**
 * Where a MariaDB sequence stands, and the statement that puts a new one there.
 *
 * A sequence is a table with one row (https://mariadb.com/kb/en/create-sequence/). What it gives next, and how often it
 * has begun anew, is not in its definition.
 *
 * @since 0.1.0
 */
import * as B from "./internal/bytes.js"
import * as Insert from "./internal/insert.js"
import * as Lexer from "./internal/lexer.js"
import * as Sql from "./Sql.js"

/**
 * The row of a sequence, in the order of its columns. Values are kept as numbers without a limit: those of the server
 * are of 64 bits, with or without a sign.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  /** What comes next when the cache of the server is used up or lost. */
  readonly next: bigint
  readonly minimum: bigint
  readonly maximum: bigint
  readonly start: bigint
  readonly increment: bigint
  readonly cache: bigint
  /** 1 for a sequence that begins anew at its end. */
  readonly cycles: bigint
  /** How often it has begun anew. */
  readonly round: bigint
}

/** The server reads the sign and the digits of a number apart, and these digits are too many for it. */
const unreadable = -(2n ** 63n)

/** SETVAL never goes back, unless it is in a later round; without a step of its own a sequence goes up. */
const isAhead = ({ increment, next, round, start }: State): boolean =>
  round > 0n || (increment < 0n ? next <= start : next >= start)

/**
 * The statement that puts a sequence, just created, where another one stands.
 *
 * It is the one that mydumper writes as long as that can say it. A sequence that was restarted before its own start is
 * set by an INSERT, which sets all of it.
 *
 * @example
 * ```ts
 * import { Sequence } from "@sluice/format"
 *
 * const state = { next: 13n, minimum: 1n, maximum: 20n, start: 5n, increment: 3n, cache: 4n, cycles: 1n, round: 1n }
 * Sequence.statement("s", state) // "DO SETVAL(`s`, 13, 0, 1)"
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const statement = (name: string, state: State): string =>
  state.next !== unreadable && isAhead(state)
    ? `DO SETVAL(${Sql.quoteIdentifier(name)}, ${state.next}, 0${state.round === 0n ? "" : `, ${state.round}`})`
    : `INSERT INTO ${Sql.quoteIdentifier(name)} VALUES(${
      [
        state.next,
        state.minimum,
        state.maximum,
        state.start,
        state.increment,
        state.cache,
        state.cycles,
        state.round
      ].join(",")
    })`

/**
 * The definition of a table whose columns take their defaults from sequences, for a restore under other names of
 * databases: a server prints a sequence with its database, even with the table's own. `renamed` gives the new name of a
 * database, or nothing to leave it as it is.
 *
 * @since 0.1.0
 * @category encoding
 */
export const rename = (create: Uint8Array, renamed: (database: string) => string | undefined): Uint8Array => {
  const parts: Array<Uint8Array> = []
  let from = 0
  const cursor = new Lexer.Cursor(create)
  while (cursor.kind !== "End") {
    if (cursor.word("NEXTVAL", "LASTVAL", "SETVAL") === undefined) {
      cursor.next()
    } else if (cursor.punctuation(B.OPEN)) {
      const { end, start } = cursor
      const name = Insert.name(cursor)
      const to = name?.database === undefined ? undefined : renamed(name.database)
      if (to !== undefined) {
        parts.push(create.subarray(from, start), Sql.bytes(Sql.quoteIdentifier(to)))
        from = end
      }
    }
  }
  return from === 0 ? create : Sql.concat([...parts, create.subarray(from)])
}
