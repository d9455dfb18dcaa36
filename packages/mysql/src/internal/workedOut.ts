/**
 * Defaults of MariaDB that are expressions without anything that changes.
 *
 * The server works such a one out when the table is created, keeps what came of it with the expression beside it, and
 * prints the expression. Two things are lost on that way. A text that was converted, or has a character set of its own,
 * is kept without its backslashes, and with `xE9` for a byte beyond ASCII (MariaDB 10.11 and 11.8). And a letter beyond
 * the first 65536 can only be said in the character set of the session: `N'…'` does not take it. So what comes of the
 * print is held against what the server gives to a new row. Elsewhere, in CHECK constraints, generated columns and
 * defaults of a TEXT, the server itself goes by what it prints. So does its ALTER TABLE: one that copies the table makes
 * the default what the print says; and a query that asks for `DEFAULT(…)`, until the table is opened anew.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"

import * as Printed from "./printed.js"

/** @internal */
export interface WorkedOut {
  readonly column: string
  /** Where the expression is. */
  readonly start: number
  readonly end: number
  /** Whether what is kept has zeros before it. */
  readonly filled: boolean
  /** Texts that mean something else under another `SET NAMES`. */
  readonly wide: ReadonlyArray<Printed.Token>
}

/** What follows a default in the print of a column. */
const behind = new Set(["ON", "COMMENT", "CHECK", "INVISIBLE", "WITHOUT"])

/** What speaks the language of the session: it is asked anew for each row too. @internal */
export const localized: ReadonlySet<string> = new Set(["DATE_FORMAT", "DAYNAME", "MONTHNAME", "TO_CHAR"])

/** What is asked anew for each row. (`@` is of variables.) @internal */
export const volatile: ReadonlySet<string> = new Set([
  "@",
  "CONNECTION_ID",
  "CURDATE",
  "CURRENT_DATE",
  "CURRENT_ROLE",
  "CURRENT_TIME",
  "CURRENT_TIMESTAMP",
  "CURRENT_USER",
  "CURTIME",
  "DATABASE",
  "FROM_UNIXTIME",
  "LOCALTIME",
  "LOCALTIMESTAMP",
  "NATURAL_SORT_KEY",
  "NOW",
  "RAND",
  "RANDOM_BYTES",
  "SCHEMA",
  "SESSION_USER",
  "SYSDATE",
  "SYSTEM_USER",
  "SYS_GUID",
  "UNIX_TIMESTAMP",
  "USER",
  "UTC_DATE",
  "UTC_TIME",
  "UTC_TIMESTAMP",
  "UUID",
  "UUID_SHORT",
  "UUID_V4",
  "UUID_V7",
  "VERSION"
])

const isOutside = ({ depth, kind }: Printed.Token): boolean => kind === "Word" && depth === 1

/** What is printed as the default of a column. @internal */
export const defaultOf = (tokens: ReadonlyArray<Printed.Token>): ReadonlyArray<Printed.Token> => {
  const after = tokens.findIndex((token) => isOutside(token) && token.text === "DEFAULT") + 1
  const end = tokens.findIndex((token, i) => i > after && isOutside(token) && behind.has(token.text))
  return after === 0 ? [] : tokens.slice(after, end === -1 ? undefined : end)
}

/**
 * The default of a column, if it is worked out.
 *
 * @internal
 */
export const find = (
  create: Uint8Array,
  column: string,
  tokens: ReadonlyArray<Printed.Token>
): ReadonlyArray<WorkedOut> => {
  const inside = defaultOf(tokens)
  const first = inside[0]
  const last = inside.at(-1)
  const isExpression = inside.some(({ text }) => text === "(")
  const changes = inside.some(({ kind, text }) => kind === "Name" || volatile.has(text))
  if (first === undefined || last === undefined || !isExpression || changes) return []
  const wide = inside.filter((token) =>
    token.kind === "Literal" && Printed.valueOf(create, token).some((byte) => byte >= 0xf0)
  )
  const filled = tokens.some((token) => isOutside(token) && token.text === "ZEROFILL")
  return [{ column, start: first.start, end: last.end, filled, wide }]
}

/**
 * Why a default does not come back as it is, if so. `kept` is what a new row gets, and nothing when the server does not
 * tell; `written` is what the definition says from one place to another; `evaluate` gives what comes of an expression in
 * a column, and nothing when the server does not take it.
 *
 * @internal
 */
export const trouble = <E>(
  found: WorkedOut,
  kept: Uint8Array | null | undefined,
  written: (start: number, end: number) => Uint8Array,
  utf8: (literal: Printed.Token) => string,
  evaluate: (expression: Uint8Array) => Effect.Effect<Uint8Array | null | undefined, E>
): Effect.Effect<string | undefined, E> =>
  Effect.gen(function*() {
    const name = Sql.quoteIdentifier(found.column)
    const comesTo = (expression: Uint8Array) =>
      Effect.map(
        evaluate(expression),
        (value) => value === undefined || kept === undefined ? false : same(value, found.filled ? unfilled(kept) : kept)
      )
    if (!(yield* comesTo(written(found.start, found.end)))) {
      return `a new row gets something else in ${name} than what MariaDB prints as its default comes to`
    }
    const meant: Array<string | Uint8Array> = []
    let from = found.start
    for (const literal of found.wide) {
      meant.push(written(from, literal.start), utf8(literal))
      from = literal.end
    }
    meant.push(written(from, found.end))
    return found.wide.length === 0 || (yield* comesTo(Sql.bytes(...meant)))
      ? undefined
      : `the default of ${name} has a letter that only some sessions can say in an expression, so that its value would ` +
        "depend on who restores it"
  })

const same = (one: Uint8Array | null, other: Uint8Array | null): boolean =>
  one === null || other === null ? one === other : Buffer.compare(one, other) === 0

const unfilled = (value: Uint8Array | null): Uint8Array | null =>
  value?.slice(value.findIndex((byte, i) => byte !== 0x30 || i === value.length - 1)) ?? null
