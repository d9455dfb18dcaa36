/**
 * Numbers that a server makes up itself, to fill tables with.
 */

/** The digits as `d`: a table that wants a name. */
export const digits = `(SELECT 0 AS d${Array.from({ length: 9 }, (_, i) => ` UNION ALL SELECT ${i + 1}`).join("")})`

/** All whole numbers from 0 on that have at most so many digits, as `n` in `x`. */
export const numbers = (places: number): string => {
  const names = Array.from({ length: places }, (_, i) => `d${i}`)
  const sum = names.map((name, i) => `${name}.d * ${10 ** (places - 1 - i)}`).join(" + ")
  return `(SELECT ${sum} AS n FROM ${names.map((name) => `${digits} ${name}`).join(", ")}) x`
}
