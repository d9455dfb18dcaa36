/**
 * Expressions of MariaDB's columns and constraints that are printed with `CONVERT(… USING …)`.
 *
 * The server prints the conversions that it makes of its own accord as if somebody had written them. One that is
 * written has a collation as a column has one, the character set's default, and one that the server makes has none of
 * its own. MariaDB 10.11 prints `b = u` of a latin1 and a utf8mb4 column as `convert(b using utf8mb4) = u` and then may
 * refuse that as an illegal mix of collations, and `LEAST(u, convert(b using utf8mb4))` it takes and compares byte by
 * byte where the column's collation did. Beside a text with a character set of its own what is printed can be taken and
 * come to something else, and so can `REPLACE('b', 'a', NULL)` with a conversion around the NULL. Whether one is printed
 * is also up to the sessions that used the table before.
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
  /** The columns in it that give their collation to what stands beside them. */
  readonly names: ReadonlyArray<Printed.Token>
  /** The conversions that may be the server's own and may matter. */
  readonly suspects: ReadonlyArray<Suspect>
}

interface Suspect {
  /** What is converted. */
  readonly start: number
  readonly end: number
  readonly characterSet: string
  readonly isConstant: boolean
  /** Whether nothing looks at its collation. */
  readonly passes: boolean
  /** The columns that stand right beside it. */
  readonly beside: ReadonlyArray<Printed.Token>
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
    const conversions = all.flatMap((_, at) => isConversion(all.slice(at, at + 2)) ? [at] : [])
    const names = all.filter((token, i) => isName(token) && all[i + 1]?.text !== "COLLATE")
    return first === undefined || last === undefined || conversions.length === 0
      ? []
      : [{
        start: first.start,
        end: last.end,
        isMixed: all.some((_, i) => isIntroduced(all.slice(i, i + 2))),
        isVolatile: all.some(({ text }) => WorkedOut.volatile.has(text)),
        names,
        // what comes to one thing only is compared itself
        suspects: all.some(isName) ? conversions.flatMap((at) => suspect(all, at)) : []
      }]
  })
}

const isName = ({ kind }: Printed.Token): boolean => kind === "Name"

const isConversion = ([word, open]: ReadonlyArray<Printed.Token>): boolean =>
  word?.kind === "Word" && word.text === "CONVERT" && open?.text === "("

const isIntroduced = ([word, literal]: ReadonlyArray<Printed.Token>): boolean =>
  word?.kind === "Word" && word.text.startsWith("_") && literal?.kind === "Literal" && literal.start === word.end

/** What takes a text byte by byte, whatever its collation, and makes one that has nothing of it, or a number. */
const takers = new Set(["CHAR_LENGTH", "CRC32", "HEX", "LENGTH", "MD5", "OCTET_LENGTH", "SHA", "SHA2", "TO_BASE64"])

/** What makes a text of one, with its collation. */
const cutters = new Set(["LEFT", "QUOTE", "REPEAT", "REVERSE", "RIGHT", "SUBSTR"])

/** What makes a text of several, whatever their collations. What it makes may have none, and is not to be joined. */
const joiners = new Set([
  "COALESCE",
  "CONCAT",
  "CONCAT_WS",
  "ELT",
  "EXPORT_SET",
  "IF",
  "IFNULL",
  "INSERT",
  "JSON_ARRAY",
  "JSON_OBJECT",
  "LPAD",
  "MAKE_SET",
  "RPAD"
])

const suspect = (all: ReadonlyArray<Printed.Token>, at: number): ReadonlyArray<Suspect> => {
  const inside = Printed.inside(all, at + 1)
  const operand = inside.slice(0, -2)
  const [first, last, characterSet] = [operand[0], operand.at(-1), inside.at(-1)?.text.toLowerCase()]
  if (first === undefined || last === undefined || characterSet === undefined) return []
  const isConstant = !operand.some(isName)
  // The server converts what stands beside other texts, a literal into a literal, and nothing into bytes.
  const isWritten = isAlone(all, at) || characterSet === "binary" || (isConstant && last.kind === "Literal")
  const passes = isCarried(all, at)
  return isWritten || (passes && !isConstant)
    ? []
    : [{ start: first.start, end: last.end, characterSet, isConstant, passes, beside: around(all, at).filter(isName) }]
}

/** Where the parenthesis that is open at a token opens, or before the first token. */
const opening = (all: ReadonlyArray<Printed.Token>, at: number): number =>
  all.findLastIndex(({ depth, text }, i) => i < at && text === "(" && depth === (all[at]?.depth ?? 0) - 1)

/** Behind the call that begins at a token. */
const behind = (all: ReadonlyArray<Printed.Token>, at: number): number => at + 3 + Printed.inside(all, at + 1).length

/** Whether a call is all that stands in its parentheses, or everything. */
const isAlone = (all: ReadonlyArray<Printed.Token>, at: number): boolean => {
  const open = opening(all, at)
  const next = all[behind(all, at)]
  return open === at - 1 && all[open - 1]?.text !== "IN" && (next === undefined || next.text === ")")
}

/** Whether nothing that is done with what a call gives looks at its collation. `isJoined` of what was joined before. */
const isCarried = (all: ReadonlyArray<Printed.Token>, at: number, isJoined = false): boolean => {
  const open = opening(all, at)
  const after = behind(all, at)
  if (open === -1) return at === 0 && after === all.length
  const isArgument = (open === at - 1 || all[at - 1]?.text === ",") && /^[),]$/.test(all[after]?.text ?? "")
  const name = all[open - 1]?.text ?? ""
  const isJoiner = joiners.has(name)
  return isArgument &&
    (takers.has(name) ||
      ((cutters.has(name) || (isJoiner && !isJoined)) && isCarried(all, open - 1, isJoined || isJoiner)))
}

/** What stands in the same parentheses, and in no others within these. */
const around = (all: ReadonlyArray<Printed.Token>, at: number): ReadonlyArray<Printed.Token> => {
  const open = opening(all, at)
  const body = open === -1 ? all : Printed.inside(all, open)
  return body.filter(({ depth }) => depth === all[at]?.depth)
}

/** A row of NULLs, and none of the table. */
const ofNobody = (table: string): string => `FROM (SELECT 1) one LEFT JOIN ${table} ON FALSE`

/**
 * Asks whether two expressions come to the same. It fails if the server does not take one of them.
 *
 * @internal
 */
export const query = (table: string, one: Uint8Array, other: Uint8Array): Uint8Array =>
  Sql.bytes("SELECT BINARY (", one, ") <=> BINARY (", other, `) ${ofNobody(table)}`)

/**
 * Asks whether it is the same to everything beside a conversion whether it was written or is the server's own: what
 * is converted cannot have been by the server, or all columns that may give their collation to it have the one that a
 * written conversion has, or go before it.
 */
const indifferentQuery = (
  table: string,
  { beside, characterSet, isConstant }: Suspect,
  operand: Uint8Array,
  names: ReadonlyArray<Uint8Array>,
  nameOf: (name: Printed.Token) => Uint8Array
): Uint8Array => {
  const written = `CONVERT('' USING ${characterSet})`
  const ofSet = (name: Uint8Array) => Sql.bytes("CHARSET(", name, `) = '${characterSet}'`)
  const ofColumns = Sql.bytes("COERCIBILITY(", operand, `) <= COERCIBILITY(${written})`)
  return Sql.bytes(
    "SELECT ",
    ofColumns,
    " AND CHARSET(",
    operand,
    `) IN ('${characterSet}', 'binary') OR ${isConstant ? "FALSE" : "TRUE"} AND (`,
    ofColumns,
    ...beside.flatMap((name) => [" OR ", ofSet(nameOf(name))]),
    ")",
    ...names.flatMap((name) => [
      " AND (NOT ",
      ofSet(name),
      " OR COLLATION(",
      name,
      `) IN (COLLATION(${written}), '${characterSet}_bin'))`
    ]),
    ` ${ofNobody(table)}`
  )
}

/**
 * Asks whether something has letters of ASCII only. A function of no column may make its text in the character set
 * of the session that asks, as DES_ENCRYPT does, and a conversion of other letters out of `binary` gives others.
 */
const plainQuery = (table: string, operand: Uint8Array): Uint8Array =>
  Sql.bytes("SELECT (HEX(", operand, `) REGEXP '^(..)*[89A-F]') IS NOT TRUE ${ofNobody(table)}`)

/**
 * Why a table with such an expression is refused, if it is. `written` is how the definition has what stands from one
 * place to another; `told` asks, and gives nothing when the server does not take the query.
 *
 * @internal
 */
export const trouble = <E>(
  found: Expression,
  table: string,
  create: Uint8Array,
  written: (start: number, end: number) => Uint8Array,
  told: (query: Uint8Array) => Effect.Effect<Option.Option<Uint8Array | null | undefined>, E>
): Effect.Effect<string | undefined, E> =>
  Effect.gen(function*() {
    const nameOf = ({ end, start }: Printed.Token) => create.subarray(start, end)
    const all = written(found.start, found.end)
    const isTaken = Option.isSome(yield* told(query(table, all, all)))
    // what the server does not take without its conversions was written with them
    const without = found.isVolatile ? Option.none() : yield* told(query(table, all, Printed.withoutConversions(all)))
    const isIndifferent = yield* Effect.every(found.suspects, (suspect) => {
      const operand = written(suspect.start, suspect.end)
      const asked = suspect.passes
        ? plainQuery(table, operand)
        : indifferentQuery(table, suspect, operand, found.names.map(nameOf), nameOf)
      return Effect.map(told(asked), Option.exists(isTrue))
    })
    return isTaken && !Option.exists(without, (same) => !isTrue(same)) && !found.isMixed && isIndifferent
      ? undefined
      : `MariaDB prints ${
        Sql.text(create.subarray(found.start, found.end))
      } with conversions of its own, and that would ` +
        "be another expression for whoever replays it, or none"
  })

const isTrue = (told: Uint8Array | null | undefined): boolean => Sql.text(told ?? new Uint8Array()) === "1"
