/**
 * What a dump waits for: locks that others hold, and a reader that takes its time.
 */
import { Effect } from "effect"

import { connect, run } from "../mysqlSource.js"
import { ended } from "../program.js"
import { type Fault, inMemory, modes, onServers } from "./Fault.js"
import { hurried } from "./hurried.js"
import * as Lossy from "./lossy.js"
import * as Memory from "./memory.js"
import * as Stage from "./stage.js"

const withPipe = modes.filter((mode) => mode !== "directory")

export const faults: ReadonlyArray<Fault> = [
  onServers({
    name: "a session that writes keeps the global lock from being taken, for longer than it is waited for",
    side: "dump",
    modes,
    ci: "once",
    code: 4,
    message:
      "sluice: cannot take a consistent snapshot of the source: FLUSH TABLES WITH READ LOCK had to wait too long for " +
      "statements that were running. Try again when the long statements of other sessions are done",
    left: "Nothing",
    cell: (stage) =>
      Effect.scoped(Effect.gen(function*() {
        const other = yield* connect(stage.source)
        yield* run(other, "LOCK TABLES shop.small WRITE")
        const source = yield* Lossy.impatient(stage.source)
        const end = yield* ended(Stage.dump({ ...stage, source }, "--sync-thread-lock-mode=FTWRL"))
        return Stage.outcome(end, yield* Stage.leftByDump(stage, end))
      }))
  }),
  inMemory({
    name: "the reader of the pipe takes nothing for an hour, and then goes on",
    side: "dump",
    modes: withPipe.filter((mode) => mode !== "NO_STREAM"),
    code: 0,
    message: "COMPLETE: ",
    left: "Complete",
    cell: (mode) =>
      Effect.suspend(() => {
        let waited = false
        return hurried(Memory.dump(mode, {
          pipe: () =>
            Effect.suspend(() => {
              const wait = waited ? Effect.void : Effect.sleep("1 hour")
              waited = true
              return wait
            })
        }))
      })
  })
]
