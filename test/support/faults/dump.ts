/**
 * What goes wrong with a dump.
 */
import { FileSystem } from "@effect/platform"
import { MemoryFileSystem } from "@sluice/testing"
import { Effect } from "effect"

import { ended, start } from "../program.js"
import { type Fault, inMemory, modes, onServers } from "./Fault.js"
import * as Memory from "./memory.js"
import * as Stage from "./stage.js"

const withPipe = modes.filter((mode) => mode !== "directory")

const withFolder = modes.filter((mode) => mode !== "TRADITIONAL")

/** Fails the n-th call of a method on a file of the backup with a code. */
const failing = (code: MemoryFileSystem.Code, method: string, nth: number) => {
  let count = 0
  return (call: MemoryFileSystem.Call) => {
    if (call.method !== method || !call.path.includes(".partial")) return undefined
    count += 1
    return count === nth ? MemoryFileSystem.systemError(code, call) : undefined
  }
}

export const faults: ReadonlyArray<Fault> = [
  onServers({
    name: "the pipe leads to a device that is full",
    side: "dump",
    modes: withPipe,
    code: 7,
    message: "sluice: the stream cannot be written (standard output): ENOSPC",
    left: { TRADITIONAL: "Nothing", otherwise: "Unfinished" },
    cell: (stage) =>
      Effect.gen(function*() {
        const end = yield* ended(Stage.dump(stage), { stdout: "/dev/full" })
        return Stage.outcome(end, yield* Stage.leftByDump(stage, end))
      })
  }),
  onServers({
    name: "the reader of the pipe goes away at once",
    side: "dump",
    modes: withPipe,
    code: 7,
    message: "sluice: the stream cannot be written: the reader of the pipe is gone",
    left: "Unfinished",
    cell: (stage) =>
      Effect.gen(function*() {
        const running = yield* start(Stage.dump(stage))
        yield* running.untilBytes(1)
        yield* running.leave
        const end = yield* running.ended
        return Stage.outcome(end, yield* Stage.leftByDump(stage, end))
      })
  }),
  inMemory({
    name: "the folder may not be written to",
    side: "dump",
    modes: withFolder,
    code: 7,
    message: "sluice: cannot write to the folder (…): permission is denied",
    left: "Nothing",
    cell: (mode) =>
      Memory.dump(mode, {
        before: Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeDirectory("/dump", { mode: 0o500 }))
      })
  }),
  inMemory({
    name: "the disk is full",
    side: "dump",
    modes: withFolder,
    code: 7,
    message: "sluice: cannot write a file of the backup (…): no space is left",
    left: "Unfinished",
    cell: (mode) => Memory.dump(mode, { disk: failing("ENOSPC", "writeAll", 9) })
  }),
  inMemory({
    name: "the disk fails while a file is synced to it",
    side: "dump",
    modes: withFolder,
    code: 7,
    message: "sluice: cannot write a file of the backup (…): EIO",
    left: "Unfinished",
    cell: (mode) => Memory.dump(mode, { disk: failing("EIO", "sync", 4) })
  }),
  inMemory({
    name: "there is no room to rename a file",
    side: "dump",
    modes: withFolder,
    code: 7,
    message: "sluice: cannot write a file of the backup (…): no space is left",
    left: "Unfinished",
    cell: (mode) => Memory.dump(mode, { disk: failing("ENOSPC", "rename", 4) })
  })
]
