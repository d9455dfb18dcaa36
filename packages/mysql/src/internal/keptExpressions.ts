/**
 * Expressions of MySQL's columns as the server keeps them.
 *
 * The server keeps the words of a default and of a generated column, and reads them whenever it opens the table. What
 * `SHOW CREATE TABLE` prints is what became of them then: texts that it converted stand there converted, and
 * `CONVERT(CONCAT(_utf16 X'00e9', 'a') USING latin1)` comes to something else when it is replayed from there (MySQL
 * 9.7.4). `information_schema.COLUMNS` has the words that are kept: a character for each of their bytes, with every quote
 * and every backslash escaped once more.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"

import * as Printed from "./printed.js"

/** @internal */
export interface Expression {
  readonly column: string
  readonly kind: "Default" | "Generated"
  /** Where it is printed, without the parentheses around it. */
  readonly start: number
  readonly end: number
}

/**
 * The expression of a column, if it has one.
 *
 * @internal
 */
export const find = (column: string, tokens: ReadonlyArray<Printed.Token>): ReadonlyArray<Expression> => {
  const at = tokens.findIndex(({ depth, text }, i) =>
    depth === 1 && (text === "DEFAULT" || text === "AS") && tokens[i + 1]?.text === "("
  )
  const all = Printed.inside(tokens, at + 1)
  const first = all[0]
  const last = all.at(-1)
  const kind = tokens[at]?.text === "AS" ? "Generated" : "Default"
  return at === -1 || first === undefined || last === undefined
    ? []
    : [{ column, kind, start: first.start, end: last.end }]
}

/** @internal */
export const query = (at: { readonly database: string; readonly name: string }): string =>
  "SELECT COLUMN_NAME, COLUMN_DEFAULT, GENERATION_EXPRESSION FROM information_schema.COLUMNS " +
  `WHERE TABLE_SCHEMA = ${Sql.quoteText(at.database)} AND TABLE_NAME = ${Sql.quoteText(at.name)}`

/**
 * The words that are kept, from the value that `information_schema.COLUMNS` has of them. Nothing when they are not told
 * that way.
 *
 * @internal
 */
export const decode = (told: Uint8Array | null | undefined): Uint8Array | undefined => {
  const text = Sql.text(told ?? new Uint8Array())
  return escaped.test(text) ? new Uint8Array(Buffer.from(text.replaceAll(/\\([\\'])/g, "$1"), "latin1")) : undefined
}

const escaped = /^(?:[^\\'\u0100-\uffff]|\\[\\'])+$/

/**
 * Whether two expressions say the same, word for word, whichever way their texts are escaped.
 *
 * @internal
 */
export const same = (one: Uint8Array, other: Uint8Array): boolean => {
  const others = Printed.tokens(other)
  const ones = Printed.tokens(one)
  return ones.length === others.length && ones.every((token, i) => {
    const beside = others[i]
    return beside !== undefined && token.kind === beside.kind &&
      Buffer.compare(said(one, token), said(other, beside)) === 0
  })
}

const said = (bytes: Uint8Array, token: Printed.Token): Uint8Array =>
  token.kind === "Literal" ? Printed.valueOf(bytes, token) : bytes.subarray(token.start, token.end)
