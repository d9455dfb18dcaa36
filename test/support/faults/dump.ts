/**
 * What goes wrong with a dump.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"

import { FileSystem } from "@effect/platform"
import { assert } from "@effect/vitest"
import { MemoryFileSystem } from "@sluice/testing"
import { Effect } from "effect"

import { assertComplete, ended, program, start, until } from "../program.js"
import { type Fault, inMemory, modes, onServers, type Stage as On } from "./Fault.js"
import * as Lossy from "./lossy.js"
import * as Memory from "./memory.js"
import * as Stage from "./stage.js"
import * as Unprivileged from "./unprivileged.js"

const withPipe = modes.filter((mode) => mode !== "directory")

const withFolder = modes.filter((mode) => mode !== "TRADITIONAL")

/** All files of the cell's folder. */
const contentOf = (stage: On) =>
  Stage.names(stage).map((name) => [name, Fs.readFileSync(Path.join(Stage.folder(stage), name), "latin1")])

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
  onServers({
    name: "a file may not grow as large as it has to",
    side: "dump",
    modes: withFolder,
    code: 7,
    message: "sluice: cannot write a file of the backup (…): EFBIG",
    left: "Unfinished",
    cell: (stage) =>
      Effect.gen(function*() {
        // in blocks of 512 bytes, as sh has them
        const end = yield* ended(["dump", ...program, ...Stage.dump(stage)], {
          command: ["sh", "-c", "ulimit -f 1000; exec \"$@\""]
        })
        return Stage.outcome({ ...end, words: Stage.dump(stage) }, yield* Stage.leftByDump(stage, end))
      })
  }),
  onServers({
    name: "a backup is in the folder already",
    side: "dump",
    modes: withFolder,
    code: 7,
    message: "sluice: the folder is not empty (…): it holds …. Name another folder, or empty it",
    left: "AsItWas",
    cell: (stage) =>
      Effect.gen(function*() {
        assertComplete(yield* ended(Stage.dump({ ...stage, mode: "directory" }, "-d")), "dump of 1 database")
        const before = contentOf(stage)
        const end = yield* ended(Stage.dump(stage))
        assert.deepStrictEqual(contentOf(stage), before)
        assert.strictEqual(end.stdout.length, 0)
        return Stage.outcome(end, "AsItWas")
      })
  }),
  onServers({
    name: "the program is killed (SIGKILL) while it writes a file",
    side: "dump",
    modes: withFolder,
    code: 137,
    message: "",
    left: "Debris",
    cell: (stage) =>
      Effect.gen(function*() {
        const source = yield* Lossy.make(stage.source, (statement) =>
          // some of the rows come, and then none
          Lossy.reads(statement, "heap") ? { after: 2_000_000, then: Effect.never } : undefined)
        const running = yield* start(Stage.dump({ ...stage, source }))
        yield* until("a file is being written", () =>
          Stage.names(stage).some((name) => name.includes("heap.0") && Stage.isTemporary(name)))
        yield* running.kill("SIGKILL")
        const end = yield* running.ended
        return Stage.outcome(end, yield* Stage.leftByDump(stage, end))
      })
  }),
  onServers({
    name: "the folder may not be written to, by whom permissions stop",
    side: "dump",
    modes: withFolder,
    code: 7,
    message: "sluice: cannot write to the folder (…): permission is denied",
    left: "Nothing",
    cell: (stage) =>
      Effect.gen(function*() {
        yield* Effect.sync(() => Fs.mkdirSync(Stage.folder(stage), { mode: 0o500 }))
        const end = yield* ended(Stage.dump(stage), { command: Unprivileged.command })
        return Stage.outcome(end, yield* Stage.leftByDump(stage, end))
      })
  }),
  onServers({
    name: "the folder cannot be made",
    side: "dump",
    modes: withFolder,
    ci: "once",
    code: 7,
    message: "sluice: cannot make the folder (/proc/…): it does not exist",
    left: "Nothing",
    cell: (stage) =>
      Effect.gen(function*() {
        const end = yield* ended(Stage.dump(stage, "-o", "/proc/sluice/backup"))
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
