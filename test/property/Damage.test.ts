import { Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Staging, StreamMode } from "@sluice/pipeline"
import { Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Exit, Layer } from "effect"

import * as flows from "../support/flows.js"

const table = Contents.table("t", [Contents.column("id", "bigint"), Contents.column("v", "text")], {
  primaryKey: "id",
  rows: [["1", "a'\n-- x 1\n"], ["2", null], ["3", ""]]
})

/** Every byte of its stream is damaged in turn, so there is little of it; in the long run one of everything. */
const contents = Contents.make(Contents.database(
  "d",
  process.env["SLUICE_LONG"] === "1"
    ? {
      tables: [table, Contents.table("u", [Contents.column("v", "int")], { rows: [["7"]] })],
      views: [Contents.view({ name: "w", columns: ["id"], body: "select 1" })],
      routines: [Contents.routine({ kind: "PROCEDURE", name: "p", body: "begin\nselect 1;\nend" })]
    }
    : { tables: [table] }
))

const memory = Staging.layerMemory({ budget: 1 << 16, threads: 2 })
const disk = Layer.merge(MemoryFileSystem.layer(), Path.layer)

const restoreOf = (bytes: Uint8Array) =>
  Effect.gen(function*() {
    const to = yield* MemoryServer.make()
    const exit = yield* Effect.exit(
      flows.restore({ threads: 2 }).pipe(
        Effect.provide(StreamMode.layerTraditionalRestore),
        Effect.provide(memory),
        Effect.provide(flows.play([bytes])),
        Effect.provide(to.layerTarget)
      )
    )
    return { exit, target: yield* to.contents }
  }).pipe(Effect.provide(disk), Effect.orDie)

const stream = Effect.gen(function*() {
  const from = yield* MemoryServer.make(contents)
  const pipe = yield* flows.record
  yield* flows.dump({ threads: 2 }).pipe(
    Effect.provide(StreamMode.layerTraditionalDump),
    Effect.provide(memory),
    Effect.provide(pipe.out),
    Effect.provide(from.layerSource)
  )
  return yield* pipe.bytes
}).pipe(Effect.provide(disk), Effect.orDie)

/** The restore of damaged bytes fails because of the backup, or the target is what the source was. */
const refusedOrEqual = (bytes: Uint8Array, what: string) =>
  Effect.gen(function*() {
    yield* flows.breathe
    const { exit, target } = yield* restoreOf(bytes)
    if (Exit.isSuccess(exit)) {
      assert.deepStrictEqual(Contents.diff(contents, target), [], `${what} was accepted`)
      return "accepted" as const
    }
    assert.strictEqual(flows.failureOf(exit)?._tag, "BackupError", `${what}: ${String(exit)}`)
    return "refused" as const
  })

describe("a damaged stream", () => {
  it.live("is restored when it is whole", () =>
    Effect.gen(function*() {
      const { exit, target } = yield* restoreOf(yield* stream)
      assert(Exit.isSuccess(exit), String(exit))
      assert.deepStrictEqual(Contents.diff(contents, target), [])
    }))

  it.live("that is cut at any byte is refused", () =>
    Effect.gen(function*() {
      const bytes = yield* stream
      for (let end = 0; end < bytes.length; end++) {
        assert.strictEqual(yield* refusedOrEqual(bytes.slice(0, end), `a cut at byte ${end}`), "refused")
      }
    }), 900_000)

  it.live("with any byte changed is refused, or makes no difference", () =>
    Effect.gen(function*() {
      const bytes = yield* stream
      const accepted: Array<number> = []
      for (let at = 0; at < bytes.length; at++) {
        const damaged = bytes.slice()
        damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
        if ((yield* refusedOrEqual(damaged, `a change at byte ${at}`)) === "accepted") {
          accepted.push(at)
        }
      }
      // only a blank between two frames makes no difference
      assert.isBelow(accepted.length, 20, String(accepted))
    }), 900_000)

  it.live("with anything but blanks behind its end is refused", () =>
    Effect.gen(function*() {
      const bytes = yield* stream
      const and = (more: string) => Buffer.concat([bytes, Buffer.from(more)])
      assert.strictEqual(yield* refusedOrEqual(and("\n \n"), "blanks"), "accepted")
      assert.strictEqual(yield* refusedOrEqual(and("x"), "a letter"), "refused")
      assert.strictEqual(yield* refusedOrEqual(and("\n-- d.t.00001.sql 1\nx"), "a file"), "refused")
      assert.strictEqual(yield* refusedOrEqual(Buffer.concat([bytes, bytes]), "the same again"), "refused")
    }))

  it.live("that lost a file is refused", () =>
    Effect.gen(function*() {
      const bytes = Buffer.from(yield* stream)
      const names = flows.namesOf(bytes)
      const starts = names.map((name) => bytes.indexOf(`\n-- ${name} `))
      const frames = starts.map((start, i) => bytes.subarray(start, starts[i + 1] ?? bytes.length))
      for (const [i, name] of names.entries()) {
        assert.strictEqual(
          yield* refusedOrEqual(Buffer.concat(frames.filter((_, j) => i !== j)), `without ${name}`),
          // what the header says, every other part of the metadata says again
          name === "metadata.header" ? "accepted" : "refused",
          name
        )
      }
    }))
})
