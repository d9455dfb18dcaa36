/**
 * All faults there are.
 */
import * as backup from "./backup.js"
import * as dump from "./dump.js"
import * as dumpConnections from "./dumpConnections.js"
import * as dumpWaits from "./dumpWaits.js"
import type { Fault } from "./Fault.js"
import * as restore from "./restore.js"
import * as wantsFile from "./wantsFile.js"

export const faults: ReadonlyArray<Fault> = [
  ...dump.faults,
  ...dumpConnections.faults,
  ...dumpWaits.faults,
  ...restore.faults,
  ...wantsFile.faults,
  ...backup.faults
]
