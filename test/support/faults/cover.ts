/**
 * Which cells of the matrix are run.
 */
import type { ServerPrograms } from "@sluice/testing"

import type { Fault, Mode } from "./Fault.js"

export interface Cell {
  readonly fault: Fault
  readonly mode: Mode
  /** None for a fault in memory. */
  readonly vendor: ServerPrograms.Vendor | undefined
}

/** Every fault in every mode with every vendor that it is for. */
export const all = (faults: ReadonlyArray<Fault>): ReadonlyArray<Cell> =>
  faults.flatMap((fault) =>
    fault.modes.flatMap((mode) =>
      (fault._tag === "InMemory" ? [undefined] : fault.vendors).map((vendor): Cell => ({ fault, mode, vendor }))
    )
  )

const nameOf = ({ name, side }: Fault): string => `${side}: ${name}`

/** What a cell shows: each of these is shown at least once. */
export const shows = ({ fault, mode, vendor }: Cell): ReadonlyArray<string> => {
  const ci = fault._tag === "InMemory" ? "pairs" : fault.ci ?? "vendors"
  return ci === "once" ? [nameOf(fault)] : [
    `${nameOf(fault)}, ${vendor}`,
    ...(ci === "pairs" ? [`${nameOf(fault)}, ${mode}`] : []),
    `${fault.side}, ${mode}, ${vendor}`
  ]
}

/**
 * A part of them that shows all that there is to show: each fault as often as its row says, and on each side every mode
 * with every vendor. What is met least often goes first. The same for the same faults.
 */
export const pairwise = (faults: ReadonlyArray<Fault>): ReadonlyArray<Cell> => {
  const cells = all(faults)
  const left = new Set(cells.flatMap(shows))
  const chosen: Array<Cell> = []
  const gain = (cell: Cell): number => shows(cell).filter((one) => left.has(one)).length
  const crowd = ({ mode, vendor }: Cell): number =>
    chosen.filter((cell) => cell.mode === mode && cell.vendor === vendor).length
  while (left.size > 0) {
    const best = cells.reduce((best, cell) => {
      const more = gain(cell) - gain(best)
      return more > 0 || (more === 0 && crowd(cell) < crowd(best)) ? cell : best
    })
    chosen.push(best)
    shows(best).forEach((one) => left.delete(one))
  }
  // in the order of the rows
  return cells.filter((cell) => chosen.includes(cell))
}

export const title = ({ fault, mode }: Cell): string => `${nameOf(fault)} (${mode})`
