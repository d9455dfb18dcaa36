/**
 * Servers that ask for a file of the client, as one may that somebody has taken over: what it is sent, it keeps.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"

import { assert } from "@effect/vitest"
import type { ScratchServer } from "@sluice/testing"
import { Effect } from "effect"

import { ended } from "../program.js"
import { type Fault, modes, onServers, type Stage as On } from "./Fault.js"
import * as Lossy from "./lossy.js"
import * as Cells from "./restoreCells.js"
import * as Stage from "./stage.js"

const secret = "nobody was offered this"

/** Asks for a file, in place of each answer to statements that look like this; and gives what it was told then. */
const asking = (stage: On, server: ScratchServer.ScratchServer, isAsked: (statement: string) => boolean) =>
  Effect.gen(function*() {
    const path = Path.join(stage.home, "secret.txt")
    yield* Effect.sync(() => Fs.writeFileSync(path, secret))
    const payload = Buffer.concat([Buffer.from([0xfb]), Buffer.from(path)])
    const packet = Buffer.concat([Buffer.from([payload.length, payload.length >> 8, 0, 1]), payload])
    const told: Array<string> = []
    let asked = 0
    const seen = yield* Lossy.make(server, (statement, link) => {
      if (asked > 0) told.push(statement)
      if (!isAsked(statement)) return undefined
      asked += 1
      return { after: 0, then: Effect.zipRight(link.say(packet), Effect.never) }
    })
    return {
      seen,
      assertTold: Effect.sync(() => {
        assert.isAbove(asked, 0)
        assert.notInclude(told.join(""), secret)
      })
    }
  })

export const faults: ReadonlyArray<Fault> = [
  onServers({
    name: "the source asks for a file of the client instead of sending rows",
    side: "dump",
    modes,
    ci: "vendors",
    code: 4,
    message: "sluice: cannot read rows from the source (…): the server asked for a local file, which nobody offered it",
    left: "Unfinished",
    cell: (stage) =>
      Effect.gen(function*() {
        const { assertTold, seen } = yield* asking(
          stage,
          stage.source,
          (statement) => Lossy.reads(statement, "large")
        )
        const end = yield* ended(Stage.dump({ ...stage, source: seen }))
        yield* assertTold
        return Stage.outcome(end, yield* Stage.leftByDump(stage, end))
      })
  }),
  onServers({
    name: "the target asks for a file of the client instead of taking rows",
    side: "restore",
    modes: ["directory", "TRADITIONAL"],
    ci: "vendors",
    code: 5,
    message: "sluice: a statement failed (shop.heap.…): the server asked for a local file, which nobody offered it",
    left: "Part",
    cell: (stage) =>
      Effect.gen(function*() {
        const { assertTold, seen } = yield* asking(
          stage,
          stage.target,
          (statement) => statement.includes("INSERT INTO `heap`")
        )
        const end = yield* Cells.restore({ ...stage, target: seen })
        yield* assertTold
        return yield* Cells.settled(stage, end)
      })
  })
]
