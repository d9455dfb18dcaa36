/**
 * Definitions of one database, held against those of another.
 *
 * @internal
 */
import type * as Comparison from "../Comparison.js"
import type * as Inspection from "../Inspection.js"

const longest = 160

/** A line for people, from a little before the place where two of them differ. */
const cut = (line: string, at: number): string => {
  const start = line.length <= longest ? 0 : Math.max(0, Math.min(at - longest / 4, line.length - longest))
  const part = line.slice(start, start + longest).trim()
  return `${start > 0 ? "…" : ""}${part === "" ? "nothing" : part}${start + longest < line.length ? "…" : ""}`
}

/** A list is printed with a comma behind each of its lines but the last. */
const plain = (line: string): string => line.replace(/,$/, "")

/** The first line of a text that another one has not. */
const lone = (lines: ReadonlyArray<string>, others: ReadonlyArray<string>): string => {
  const known = new Set(others.map(plain))
  return lines.find((line) => !known.has(plain(line))) ?? ""
}

/** What two texts show that they differ in. */
const firstDifference = (a: string, b: string): readonly [string, string] => {
  const [mine, its] = [a.split("\n"), b.split("\n")]
  const unlike = [lone(mine, its), lone(its, mine)] as const
  const place = mine.findIndex((text, i) => text !== its[i])
  // the same lines in another order
  const [left, right] = unlike[0] === "" && unlike[1] === ""
    ? [mine[place === -1 ? mine.length : place] ?? "", its[place === -1 ? mine.length : place] ?? ""]
    : unlike
  const at = Array.from(left).findIndex((letter, i) => letter !== right[i])
  return [cut(left, at === -1 ? left.length : at), cut(right, at === -1 ? left.length : at)]
}

/** @internal */
export const compare = (
  database: string,
  source: Inspection.Definitions,
  target: Inspection.Definitions
): ReadonlyArray<Comparison.DefinitionDifference> =>
  Array.from(new Set([...source.keys(), ...target.keys()])).sort().flatMap(
    (what): ReadonlyArray<Comparison.DefinitionDifference> => {
      const [mine, its] = [source.get(what), target.get(what)]
      if (mine === its) return []
      const base = { _tag: "Definition", database, what } as const
      if (mine === undefined) return [{ ...base, how: "Extra" }]
      if (its === undefined) return [{ ...base, how: "Missing" }]
      const [here, there] = firstDifference(mine, its)
      return [{ ...base, how: "Different", source: here, target: there }]
    }
  )
