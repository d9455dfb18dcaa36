/**
 * Each fault happens, and the program ends with the code, says the words and leaves what its row says.
 *
 * In CI in a part of the modes and vendors that meets each of them; with SLUICE_LONG=1 in all of them.
 */
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect } from "effect"

import { faults } from "../support/faults/all.js"
import * as Cover from "../support/faults/cover.js"
import { type Fault, leftIn, type Mode, type Outcome, says } from "../support/faults/Fault.js"
import * as Stage from "../support/faults/stage.js"
import { describeVendors } from "../support/servers.js"

const cells = process.env["SLUICE_LONG"] === "1" ? Cover.all(faults) : Cover.pairwise(faults)

const hold = (fault: Fault, mode: Mode, outcome: Outcome): void => {
  const last = outcome.said.trimEnd().split("\n").at(-1) ?? ""
  assert.deepStrictEqual(
    { code: outcome.code, left: outcome.left },
    { code: fault.code, left: leftIn(fault, mode) },
    outcome.said
  )
  assert.isTrue(says(last, fault.message), `it was to say "${fault.message}", and said "${last}"`)
  assert.isBelow(last.length, 600, last)
}

describeVendors("faults", (vendor) => {
  layer(Stage.servers(vendor), { excludeTestServices: true, timeout: "5 minutes" })((it) => {
    for (const cell of cells.filter((cell) => cell.vendor === vendor)) {
      const { fault, mode } = cell
      if (fault._tag === "InMemory") continue
      it.scoped(
        Cover.title(cell),
        () =>
          Effect.gen(function*() {
            hold(fault, mode, yield* fault.cell(yield* Stage.make(mode)))
          }),
        { timeout: 300_000 }
      )
    }
  })
})

describe("faults in memory", () => {
  for (const cell of cells) {
    const { fault, mode } = cell
    if (fault._tag === "OnServers") continue
    it.scoped(Cover.title(cell), () => Effect.map(fault.cell(mode), (outcome) => hold(fault, mode, outcome)), {
      timeout: 60_000
    })
  }
})
