/**
 * What cells that strike a restore have in common: a backup of `shop`, and that a restore over what a failed one left
 * brings all of it.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"

import { NodeContext } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import type { Fingerprint } from "@sluice/mysql"
import { Restore, Staging, StreamMode } from "@sluice/pipeline"
import { Effect, Exit, Layer, Option } from "effect"

import * as flows from "../flows.js"
import * as Foreign from "../foreign.js"
import { everythingIn } from "../mysqlSource.js"
import { type Ended, ended } from "../program.js"
import { sourceOf, targetOf } from "../realServers.js"
import type { Stage as On } from "./Fault.js"
import * as Lossy from "./lossy.js"
import * as Stage from "./stage.js"

const memory = Staging.layerMemory({ budget: 16 * 1024 * 1024, threads: 4 })

const streams = new WeakMap<Fingerprint.Fingerprint, Uint8Array>()

/** The stream of a backup of `shop` in several files a table, made once for all cells. */
export const stream = (stage: On) =>
  Effect.gen(function*() {
    const known = streams.get(stage.picture)
    if (known !== undefined) return known
    const pipe = yield* flows.record
    yield* flows.dump({
      selection: everythingIn("shop"),
      fileBytes: Option.some(200_000),
      read: {
        statementSize: 100_000,
        completeInsert: false,
        utc: true
      }
    }).pipe(
      Effect.provide(Layer.provideMerge(StreamMode.layerTraditionalDump, memory)),
      Effect.provide(sourceOf(stage.source)),
      Effect.provide(pipe.out)
    )
    const bytes = yield* pipe.bytes
    streams.set(stage.picture, bytes)
    return bytes
  }).pipe(Effect.provide(NodeContext.layer))

/** Runs the program on the backup, in the stage's mode: `directory` or one that reads a stream with its content. */
export const restore = (stage: On, ...more: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const bytes = yield* stream(stage)
    if (stage.mode !== "directory") {
      return yield* ended(Stage.restore(stage, ...more), { stdin: bytes })
    }
    yield* Effect.sync(() => {
      Fs.mkdirSync(Stage.folder(stage), { recursive: true })
      for (const { bytes: content, name } of Foreign.filesOf(bytes)) {
        if (!/^metadata\./.test(name)) Fs.writeFileSync(Path.join(Stage.folder(stage), name), content)
      }
    })
    return yield* ended(Stage.restore(stage, ...more))
  })

/** What it came to. When it failed, the same backup is restored again over what is there, and all of it must come. */
export const settled = (stage: On, end: Ended) =>
  Effect.gen(function*() {
    const left = yield* Stage.leftOnTarget(stage)
    if (end.code !== 0) {
      const again = yield* flows.restore({ existing: Restore.Existing.Drop() }).pipe(
        Effect.provide(Layer.provideMerge(StreamMode.layerTraditionalRestore, memory)),
        Effect.provide(targetOf(stage.target)),
        Effect.provide(flows.play([yield* stream(stage)])),
        Effect.provide(NodeContext.layer),
        Effect.exit
      )
      assert.isTrue(Exit.isSuccess(again), `a second restore with --drop-table=DROP: ${again}`)
      assert.deepStrictEqual(yield* Stage.unequal(stage), [], "after a second restore with --drop-table=DROP")
    }
    return Stage.outcome(end, left)
  })

/** Restores through a proxy that decides what becomes of the answers to statements. */
export const through = (stage: On, decide: Lossy.Decide, ...more: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const target = yield* Lossy.make(stage.target, decide)
    return yield* settled(stage, yield* restore({ ...stage, target }, ...more))
  })

/**
 * Holds back the answer to the n-th statement that looks like this until something is done. A statement may come in
 * several parts.
 */
export const onAnswer = (
  pattern: RegExp,
  nth: number,
  then: (link: Lossy.Link) => Effect.Effect<void>
): Lossy.Decide => {
  let seen = 0
  let struck: Lossy.Link | undefined
  let over = false
  return (statement, link) => {
    if (over) return undefined
    if (pattern.test(statement)) {
      seen += 1
      if (seen === nth) struck = link
    }
    return struck !== link ? undefined : {
      after: 0,
      then: Effect.suspend(() => {
        over = true
        return then(link)
      })
    }
  }
}

/** The target as it is seen through such a proxy. */
export const seen = (stage: On, decide: Lossy.Decide) => Lossy.make(stage.target, decide)
