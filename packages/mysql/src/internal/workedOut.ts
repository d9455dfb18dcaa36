/**
 * Defaults of MariaDB that are expressions without anything that changes.
 *
 * The server works such a one out when the table is created, keeps what came of it with the expression beside it, and
 * prints the expression. Two things are lost on that way. A text with a character set of its own is kept without its
 * backslashes, and with `xE9` for a byte beyond ASCII (MariaDB 10.11 and 11.8), and what came of it is not told by
 * anything but a new row. And a letter beyond the first 65536 can only be said in the character set of the session:
 * `N'…'` does not take it. Elsewhere, in CHECK constraints, generated columns and defaults of a TEXT, the server itself
 * goes by what it prints. So does its ALTER TABLE: one that copies the table makes the default what the print says.
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
  /** Whether the print of a text in it may not be the text. */
  readonly doubtful: boolean
  /** Texts that mean something else under another `SET NAMES`. */
  readonly wide: ReadonlyArray<Printed.Token>
}

/** What follows a default in the print of a column. */
const behind = new Set(["ON", "COMMENT", "CHECK"])

/** Functions that are asked anew for each row. */
const volatile = new Set([
  "CONNECTION_ID",
  "CURDATE",
  "CURRENT_DATE",
  "CURRENT_ROLE",
  "CURRENT_TIME",
  "CURRENT_TIMESTAMP",
  "CURRENT_USER",
  "CURTIME",
  "DATABASE",
  "LOCALTIME",
  "LOCALTIMESTAMP",
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
  "UUID_V7"
])

/**
 * What makes a text of Unicode whatever it is given, of the 130 functions that MariaDB 10.11 was asked about. A text
 * beside it is converted, and printed without the character set that it had. (`USING` is of CONVERT and CHAR, `CHARSET`
 * of CAST too, and `@` of variables.)
 */
const converting = new Set([
  "@",
  "CHARSET",
  "COLLATION",
  "COLUMN_JSON",
  "COLUMN_LIST",
  "JSON_NORMALIZE",
  "JSON_QUOTE",
  "JSON_TYPE",
  "JSON_UNQUOTE",
  "USING",
  "VERSION"
])

/** The server's way to write a byte, but for the backslash that was before it. */
const mangled = /x[0-9A-F]{2}/

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1")

/**
 * The default of a column, if it is worked out and has texts that do not come back for certain.
 *
 * @internal
 */
export const find = (
  create: Uint8Array,
  column: string,
  tokens: ReadonlyArray<Printed.Token>
): ReadonlyArray<WorkedOut> => {
  const isOutside = ({ depth, kind }: Printed.Token): boolean => kind === "Word" && depth === 1
  const after = tokens.findIndex((token) => isOutside(token) && token.text === "DEFAULT") + 1
  const end = tokens.findIndex((token, i) => i > after && isOutside(token) && behind.has(token.text))
  const inside = after === 0 ? [] : tokens.slice(after, end === -1 ? undefined : end)
  const first = inside[0]
  const last = inside.at(-1)
  const isExpression = inside.some(({ text }) => text === "(")
  const changes = inside.some(({ kind, text }) => kind === "Name" || kind === "Word" && volatile.has(text))
  if (first === undefined || last === undefined || !isExpression || changes) return []
  const literals = inside.flatMap((token, i) => {
    const before = inside[i - 1]
    return token.kind !== "Literal" ? [] : [{
      token,
      value: Printed.valueOf(create, token),
      introduced: before?.kind === "Word" && before.end === token.start && before.text.startsWith("_")
    }]
  })
  const converted = inside.some(({ text }) => converting.has(text))
  const doubtful = literals.some(({ introduced, value }) => introduced || converted || mangled.test(latin1(value)))
  const wide = literals.filter(({ value }) => value.some((byte) => byte >= 0xf0)).map(({ token }) => token)
  return doubtful || wide.length > 0 ? [{ column, start: first.start, end: last.end, doubtful, wide }] : []
}

/**
 * Why a default does not come back as it is, if so. `written` is what the definition says from one place to another;
 * `evaluate` gives what comes of an expression in a column, or fails if nothing does.
 *
 * @internal
 */
export const trouble = <E>(
  found: WorkedOut,
  written: (start: number, end: number) => Uint8Array,
  utf8: (literal: Printed.Token) => string,
  evaluate: (expression: Uint8Array) => Effect.Effect<string, E>
): Effect.Effect<string | undefined> =>
  Effect.gen(function*() {
    const name = Sql.quoteIdentifier(found.column)
    if (found.doubtful) {
      return `the default of ${name} has a text that MariaDB may not print as it is, because of its character set`
    }
    const meant: Array<string | Uint8Array> = []
    let from = found.start
    for (const literal of found.wide) {
      meant.push(written(from, literal.start), utf8(literal))
      from = literal.end
    }
    meant.push(written(from, found.end))
    const worked = (expression: Uint8Array) => Effect.orElseSucceed(evaluate(expression), () => undefined)
    const here = yield* worked(written(found.start, found.end))
    return here !== undefined && here === (yield* worked(Sql.bytes(...meant)))
      ? undefined
      : `the default of ${name} has a letter that only some sessions can say in an expression, so that its value would ` +
        "depend on who restores it"
  })
