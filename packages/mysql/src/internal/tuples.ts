/**
 * Places in the order of a key, and the conditions that rows are before or after them.
 *
 * A place is a tuple of values of the key's first columns, one at least or all of them. It stands before all rows that
 * begin with it. The conditions are spelled out column by column, `a > 1 OR a = 1 AND b >= 2`, as both vendors'
 * optimizers make ranges of an index out of that, which they do not of `(a, b) >= (1, 2)`.
 *
 * What is before a place is exactly what is not at or after it, as long as the server compares in a total order: then
 * ranges between ascending places hold each row once, whatever the places are.
 *
 * @internal
 */
import * as Option from "effect/Option"

/** A column of a key. Its values are compared as the server compares them, in the direction of the key. @internal */
export interface Part {
  readonly name: string
  readonly descending: boolean
}

/** @internal */
export interface Value {
  /** As an expression that means the same in every session that reads. */
  readonly literal: string
  /** For people. */
  readonly text: string
}

/** Values of the first columns of a key; without any, the place before all rows. @internal */
export type Tuple = ReadonlyArray<Value>

/** How a column and a literal have to compare, in the column's own order. @internal */
export type Operator = "<" | "=" | ">" | ">="

/** @internal */
export type Condition =
  | { readonly _tag: "Compare"; readonly part: Part; readonly operator: Operator; readonly literal: string }
  | { readonly _tag: "All"; readonly of: ReadonlyArray<Condition> }
  | { readonly _tag: "Any"; readonly of: ReadonlyArray<Condition> }

/** Of nothing it is always true. @internal */
export const all = (...of: ReadonlyArray<Condition>): Condition => ({ _tag: "All", of })

const any = (...of: ReadonlyArray<Condition>): Condition => ({ _tag: "Any", of })

const compare = (part: Part, operator: Operator, { literal }: Value): Condition => ({
  _tag: "Compare",
  part,
  operator,
  literal
})

const pairs = (key: ReadonlyArray<Part>, tuple: Tuple): ReadonlyArray<readonly [Part, Value]> =>
  key.flatMap((part, i) => {
    const value = tuple[i]
    return value === undefined ? [] : [[part, value] as const]
  })

/** Compares column by column: `last` decides where all columns but one are equal, `others` before that. */
const lexical = (
  key: ReadonlyArray<Part>,
  tuple: Tuple,
  others: Operator,
  last: Operator
): ReadonlyArray<Condition> =>
  pairs(key, tuple).reduceRight<ReadonlyArray<Condition>>(
    (inner, [part, value]) =>
      inner.length === 0
        ? [compare(part, last, value)]
        : [any(compare(part, others, value), all(compare(part, "=", value), ...inner))],
    []
  )

/** The rows that begin with a tuple. @internal */
export const at = (key: ReadonlyArray<Part>, tuple: Tuple): Condition =>
  all(...pairs(key, tuple).map(([part, value]) => compare(part, "=", value)))

/** The rows from a place on. @internal */
export const from = (key: ReadonlyArray<Part>, tuple: Tuple): Condition => all(...lexical(key, tuple, ">", ">="))

/** The rows behind all that begin with a tuple. Of the empty tuple there are none: it must not be empty. @internal */
export const after = (key: ReadonlyArray<Part>, tuple: Tuple): Condition => all(...lexical(key, tuple, ">", ">"))

/** The rows before a place. Of the empty tuple there are none: it must not be empty. @internal */
export const before = (key: ReadonlyArray<Part>, tuple: Tuple): Condition => all(...lexical(key, tuple, "<", "<"))

/** Rows from a place on and before another; open where there is none. @internal */
export interface Range {
  readonly from: Tuple
  readonly below: Option.Option<Tuple>
}

/**
 * The rows of a range. What both places begin with is asked for once, so that the range is one for the optimizer too.
 *
 * @internal
 */
export const within = (key: ReadonlyArray<Part>, range: Range): Condition =>
  Option.match(range.below, {
    onNone: () => from(key, range.from),
    onSome: (below) => {
      const differ = below.findIndex((value, i) => value.literal !== range.from[i]?.literal)
      const shared = Math.max(0, differ)
      const rest = key.slice(shared)
      return all(
        at(key, below.slice(0, shared)),
        from(rest, range.from.slice(shared)),
        before(rest, below.slice(shared))
      )
    }
  })

/** Without what is in it for no reason: conditions of one, and within one of their own kind. */
const flat = (condition: Condition): Condition => {
  if (condition._tag === "Compare") return condition
  const of = condition.of.map(flat).flatMap((inner) => inner._tag === condition._tag ? inner.of : [inner])
  const [only] = of
  return of.length === 1 && only !== undefined ? only : { _tag: condition._tag, of }
}

const flipped: { readonly [A in Operator]: string } = { "<": ">", "=": "=", ">": "<", ">=": "<=" }

const write = (condition: Condition, quote: (name: string) => string): string => {
  if (condition._tag === "Compare") {
    const { literal, operator, part } = condition
    return `${quote(part.name)} ${part.descending ? flipped[operator] : operator} ${literal}`
  }
  return condition.of
    .map((inner) => inner._tag === "Compare" ? write(inner, quote) : `(${write(inner, quote)})`)
    .join(condition._tag === "All" ? " AND " : " OR ")
}

/**
 * A condition as SQL; none if it is always true.
 *
 * @internal
 */
export const render = (condition: Condition, quote: (name: string) => string): Option.Option<string> => {
  const flattened = flat(condition)
  return flattened._tag === "All" && flattened.of.length === 0 ? Option.none() : Option.some(write(flattened, quote))
}

const told = (key: ReadonlyArray<Part>, tuple: Tuple): readonly [columns: string, values: string] => {
  const columns = pairs(key, tuple).map(([{ name }]) => name)
  const values = tuple.map(({ text }) => text)
  return columns.length === 1
    ? [columns.join(), values.join()]
    : [`(${columns.join(", ")})`, `(${values.join(", ")})`]
}

/**
 * A range for people.
 *
 * @internal
 */
export const describe = (key: ReadonlyArray<Part>, range: Range): string => {
  const [columns, first] = told(key, range.from)
  return Option.match(range.below, {
    onNone: () => range.from.length === 0 ? "the whole table" : `${columns} from ${first}`,
    onSome: (below) => {
      const [belowColumns, end] = told(key, below)
      return range.from.length === 0
        ? `${belowColumns} before ${end}`
        : columns === belowColumns
        ? `${columns} from ${first}, before ${end}`
        : `${columns} from ${first}, ${belowColumns} before ${end}`
    }
  })
}
