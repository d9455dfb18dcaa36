/**
 * What a restore reads from and keeps its files in: folders that take nothing, and a pipe that is silent.
 */
import * as Fs from "node:fs"

import { assert } from "@effect/vitest"
import { MemoryFileSystem } from "@sluice/testing"
import { Effect, Stream } from "effect"

import { eventually } from "../eventually.js"
import { ask, connect } from "../mysqlSource.js"
import { program, start } from "../program.js"
import { type Fault, inMemory, onServers, type Stage as On } from "./Fault.js"
import * as Memory from "./memoryRestore.js"
import * as Cells from "./restoreCells.js"
import * as Stage from "./stage.js"
import * as Unprivileged from "./unprivileged.js"

/** Waits until the tables are there, which come before rows. */
const untilThere = (stage: On) =>
  Effect.scoped(Effect.flatMap(connect(stage.target), (connection) =>
    eventually(
      ask(connection, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop'"),
      (rows) => rows.length === 3
    )))

/** How much of the stream the definitions are: all that comes before the first rows. */
const definitionsOf = (stream: Uint8Array): number => Buffer.from(stream).indexOf("\n-- shop.heap.0")

/** Fails the n-th call of a method on the restore's files, and all after it, with a code. */
const failing = (code: MemoryFileSystem.Code, method: string, nth: number) => {
  let count = 0
  return (call: MemoryFileSystem.Call) => {
    if (call.method !== method) return undefined
    count += 1
    return count < nth ? undefined : MemoryFileSystem.systemError(code, call)
  }
}

/** Restores the stream, the rows of which come when the tables are there. */
const inTwoParts = (stage: On, command: ReadonlyArray<string>, ...more: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const bytes = yield* Cells.stream(stage)
    const half = definitionsOf(bytes)
    assert.isAbove(half, 0, "where the rows begin")
    const words = Stage.restore(stage, ...more)
    const running = yield* start(["restore", ...program, ...words], { command, stdin: "open" })
    yield* running.write(bytes.subarray(0, half))
    yield* untilThere(stage)
    yield* running.write(bytes.subarray(half))
    return { ...(yield* running.ended), words }
  })

/** In blocks of 512 bytes, as sh has them: less than a file of rows has. */
const small = ["sh", "-c", "ulimit -f 100; exec \"$@\""]

export const faults: ReadonlyArray<Fault> = [
  onServers({
    name: "a file that is kept may not grow as large as it has to",
    side: "restore",
    modes: ["NO_DELETE"],
    code: 7,
    message: "sluice: cannot write a file of the backup (…): EFBIG",
    left: "Part",
    cell: (stage) => Effect.flatMap(inTwoParts(stage, small), (end) => Cells.settled(stage, end))
  }),
  onServers({
    name: "a file has no place in memory, and the temporary one may not grow as large as it has to",
    side: "restore",
    modes: ["TRADITIONAL"],
    ci: "once",
    code: 7,
    message: "sluice: cannot write a private temporary file (…): EFBIG…. Set TMPDIR to a folder with more room",
    left: "Part",
    cell: (stage) =>
      Effect.flatMap(inTwoParts(stage, small, "--memory-budget=1M", "-t", "4"), (end) => Cells.settled(stage, end))
  }),
  onServers({
    name: "the folder that files are kept in may not be written to",
    side: "restore",
    modes: ["NO_DELETE"],
    code: 7,
    message: "sluice: cannot write to the folder (…): permission is denied",
    left: "Nothing",
    cell: (stage) =>
      Effect.gen(function*() {
        yield* Effect.sync(() => Fs.mkdirSync(Stage.restoredFolder(stage), { mode: 0o500 }))
        const running = yield* start(Stage.restore(stage), {
          command: Unprivileged.command,
          stdin: yield* Cells.stream(stage)
        })
        return yield* Cells.settled(stage, yield* running.ended)
      })
  }),
  onServers({
    name: "the folder that files are kept in cannot be made",
    side: "restore",
    modes: ["NO_DELETE"],
    ci: "once",
    code: 7,
    message: "sluice: cannot make the folder (/proc/…): it does not exist",
    left: "Nothing",
    cell: (stage) =>
      Effect.gen(function*() {
        const running = yield* start(Stage.restore(stage, "-d", "/proc/sluice/restored"), {
          stdin: yield* Cells.stream(stage)
        })
        return yield* Cells.settled(stage, yield* running.ended)
      })
  }),
  onServers({
    name: "nothing more comes down the pipe, and the program is told to end (SIGTERM)",
    side: "restore",
    modes: ["TRADITIONAL", "NO_DELETE"],
    ci: "once",
    code: 143,
    message: "sluice: stopped by SIGTERM: the target holds a part of the backup",
    left: "Part",
    cell: (stage) =>
      Effect.gen(function*() {
        const bytes = yield* Cells.stream(stage)
        const running = yield* start(Stage.restore(stage), { stdin: "open" })
        yield* running.write(bytes.subarray(0, bytes.length / 2))
        yield* untilThere(stage)
        yield* running.kill("SIGTERM")
        return yield* Cells.settled(stage, yield* running.ended)
      })
  }),
  inMemory({
    name: "nothing comes down the pipe for an hour, and then the rest",
    side: "restore",
    modes: ["TRADITIONAL", "NO_DELETE"],
    code: 0,
    message: "COMPLETE: ",
    left: "Complete",
    cell: (mode) =>
      Effect.map(
        Memory.restore(mode, {
          coming: (bytes) =>
            Stream.concat(
              Stream.make(bytes.slice(0, bytes.length / 2)),
              Stream.fromEffect(Effect.delay(Effect.sync(() => bytes.slice(bytes.length / 2)), "1 hour"))
            )
        }),
        (outcome) => {
          assert.match(outcome.said, /, no progress for 1:00\n/)
          assert.include(outcome.said, ", no progress for 59:00\n")
          return outcome
        }
      )
  }),
  inMemory({
    name: "the disk of the folder that files are kept in is full",
    side: "restore",
    modes: ["NO_DELETE"],
    code: 7,
    message: "sluice: cannot write a file of the backup (…): no space is left",
    left: "Part",
    cell: (mode) => Memory.restore(mode, { disk: failing("ENOSPC", "writeAll", 12) })
  }),
  inMemory({
    name: "a file has no place in memory, and the disk for temporary ones is full",
    side: "restore",
    modes: ["TRADITIONAL"],
    code: 7,
    message:
      "sluice: cannot write a private temporary file (…): no space is left. Set TMPDIR to a folder with more room",
    left: "Part",
    cell: (mode) => Memory.restore(mode, { budget: 2000, disk: failing("ENOSPC", "writeAll", 5) })
  }),
  inMemory({
    name: "the disk fails while a file that is kept is synced to it",
    side: "restore",
    modes: ["NO_DELETE"],
    code: 7,
    message: "sluice: cannot write a file of the backup (…): EIO",
    left: "Part",
    cell: (mode) => Memory.restore(mode, { disk: failing("EIO", "sync", 12) })
  })
]
