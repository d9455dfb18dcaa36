/**
 * Numbers of several runs, as few numbers.
 */

/** What several runs came to. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** The middle one, or the mean of the two in the middle. Not a number when there is none. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (lower + upper) / 2
}

export const spread = (values: ReadonlyArray<number>): Spread => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values)
})

/** Runs of the same round ran next to each other: their ratio is what the load of the machine changes least. */
export const ratios = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): Spread =>
  spread(ours.flatMap((value, at) => {
    const other = theirs[at]
    return other === undefined || other === 0 ? [] : [value / other]
  }))

/**
 * How a quantity grows with another: the exponent of the power that fits best (least squares of the logarithms). 1 is
 * linear, 2 is quadratic, and below 1 there is a part that does not grow.
 */
export const exponent = (points: ReadonlyArray<readonly [size: number, cost: number]>): number => {
  const logs = points.map(([size, cost]) => [Math.log(size), Math.log(cost)] as const)
  const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length
  const x = mean(logs.map(([size]) => size))
  const y = mean(logs.map(([, cost]) => cost))
  const over = logs.reduce((sum, [size, cost]) => sum + (size - x) * (cost - y), 0)
  const under = logs.reduce((sum, [size]) => sum + (size - x) ** 2, 0)
  return over / under
}
