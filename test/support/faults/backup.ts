/**
 * What goes wrong with a backup between its dump and its restore.
 */
import { Effect } from "effect"

import { assertComplete, ended } from "../program.js"
import { type Fault, onServers } from "./Fault.js"
import * as Stage from "./stage.js"

export const faults: ReadonlyArray<Fault> = [
  onServers({
    name: "the stream lacks its last 100 bytes",
    side: "backup",
    modes: ["TRADITIONAL", "NO_DELETE"],
    code: 6,
    message: "sluice: the stream cannot be read (metadata): it should have … bytes and … came before the stream ended…",
    left: "Part",
    cell: (stage) =>
      Effect.gen(function*() {
        const dumped = yield* ended(Stage.dump(stage))
        assertComplete(dumped, "dump of 1 database")
        const end = yield* ended(Stage.restore(stage), { stdin: dumped.stdout.subarray(0, -100) })
        return Stage.outcome(end, yield* Stage.leftOnTarget(stage))
      })
  })
]
