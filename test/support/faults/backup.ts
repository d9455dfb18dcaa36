/**
 * What goes wrong with a backup between its dump and its restore.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"

import { assert } from "@effect/vitest"
import { Sql } from "@sluice/format"
import { Effect } from "effect"

import { eventually } from "../eventually.js"
import * as Foreign from "../foreign.js"
import { assertComplete, ended, start } from "../program.js"
import { type Fault, onServers } from "./Fault.js"
import * as loadData from "./loadData.js"
import * as Cells from "./restoreCells.js"
import * as Stage from "./stage.js"

/** Puts bytes that are no text behind the metadata of a stream. */
const unreadable = (stream: Uint8Array, metadata: string): Uint8Array =>
  Foreign.streamOf(
    Foreign.filesOf(stream).map(({ bytes, name }) => ({
      name,
      bytes: name === metadata ? Sql.concat([bytes, Uint8Array.of(0x23, 0x20, 0xff, 0x0a)]) : bytes
    }))
  )

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
  }),
  onServers({
    name: "the metadata that begins a stream is not UTF-8",
    side: "backup",
    modes: ["TRADITIONAL", "NO_DELETE"],
    ci: "once",
    code: 6,
    message: "sluice: …metadata.header…: the metadata is not UTF-8 text…",
    left: "Nothing",
    cell: (stage) =>
      Effect.gen(function*() {
        const end = yield* ended(Stage.restore(stage), {
          stdin: unreadable(yield* Cells.stream(stage), "metadata.header")
        })
        return Stage.outcome(end, yield* Stage.leftOnTarget(stage))
      })
  }),
  onServers({
    name: "the metadata that ends a stream is not UTF-8",
    side: "backup",
    modes: ["TRADITIONAL", "NO_DELETE"],
    ci: "once",
    code: 6,
    message: "sluice: …metadata…: the metadata is not UTF-8 text…",
    left: "Complete",
    cell: (stage) =>
      Effect.gen(function*() {
        const bytes = unreadable(yield* Cells.stream(stage), "metadata")
        const last = Buffer.from(bytes).lastIndexOf("\n-- metadata ")
        assert.isAbove(last, 0)
        const running = yield* start(Stage.restore(stage), { stdin: "open" })
        yield* running.write(bytes.subarray(0, last))
        // all that there is, and yet nobody knows that it is all
        yield* eventually(Stage.leftOnTarget(stage), (left) => left === "Complete")
        yield* running.write(bytes.subarray(last))
        return Stage.outcome(yield* running.ended, yield* Stage.leftOnTarget(stage))
      })
  }),
  onServers({
    name: "the metadata of a folder is not UTF-8",
    side: "backup",
    modes: ["directory"],
    ci: "once",
    code: 6,
    message: "sluice: …metadata…: the metadata is not UTF-8 text…",
    left: "Nothing",
    cell: (stage) =>
      Effect.gen(function*() {
        const dumped = yield* ended(Stage.dump(stage))
        assertComplete(dumped, "dump of 1 database")
        yield* Effect.sync(() =>
          Fs.appendFileSync(Path.join(Stage.folder(stage), "metadata"), Uint8Array.of(0x23, 0x20, 0xff, 0x0a))
        )
        const end = yield* ended(Stage.restore(stage))
        return Stage.outcome(end, yield* Stage.leftOnTarget(stage))
      })
  }),
  ...loadData.faults
]
