/**
 * What goes wrong with a restore.
 */
import { Effect } from "effect"

import { ended } from "../program.js"
import { type Fault, modes, onServers } from "./Fault.js"
import * as restoreExisting from "./restoreExisting.js"
import * as restoreLocks from "./restoreLocks.js"
import * as restorePlaces from "./restorePlaces.js"
import * as restoreTarget from "./restoreTarget.js"
import * as Stage from "./stage.js"

export const faults: ReadonlyArray<Fault> = [
  ...restoreTarget.faults,
  ...restoreExisting.faults,
  ...restoreLocks.faults,
  ...restorePlaces.faults,
  onServers({
    name: "standard input is empty",
    side: "restore",
    modes: modes.filter((mode) => mode !== "directory"),
    code: 6,
    message: "sluice: the stream cannot be read…: the input is empty",
    left: "Nothing",
    ci: "pairs",
    cell: (stage) =>
      Effect.gen(function*() {
        const end = yield* ended(Stage.restore(stage), { stdin: new Uint8Array(0) })
        return Stage.outcome(end, yield* Stage.leftOnTarget(stage))
      })
  })
]
