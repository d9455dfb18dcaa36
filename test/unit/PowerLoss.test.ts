/**
 * The power fails while a dump writes into a folder: what the disk kept is a backup, or is refused as none.
 */
import { FileSystem, Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { StreamMode } from "@sluice/pipeline"
import { Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Exit, Layer, Option } from "effect"

import * as flows from "../support/flows.js"

const contents = Contents.make(
  Contents.database("d", {
    tables: [
      Contents.table("t", [Contents.column("id", "bigint"), Contents.column("filling", "text")], {
        primaryKey: "id",
        rows: Array.from({ length: 12 }, (_, i) => [`${i}`, "x".repeat(60)])
      })
    ]
  })
)

/** Dumps until the n-th operation on the disk, from which on none works any more; gives what the disk kept. */
const cutAt = (nth: number) =>
  Effect.suspend(() => {
    let calls = 0
    let armed = false
    const disk = MemoryFileSystem.layer({
      fault: (call) => {
        if (!armed) return undefined
        calls += 1
        return calls >= nth ? MemoryFileSystem.systemError("EIO", call) : undefined
      }
    })
    return Effect.gen(function*() {
      const memory = yield* MemoryFileSystem.MemoryFileSystem
      const fs = yield* FileSystem.FileSystem
      const from = yield* MemoryServer.make(contents)
      yield* fs.makeDirectory("/home")
      const root = yield* fs.open("/", { flag: "r" })
      yield* root.sync
      armed = true
      const dumped = yield* Effect.exit(
        flows.dump({ threads: 1, fileBytes: Option.some(500) }).pipe(
          Effect.provide(Layer.provideMerge(StreamMode.layerDumpDirectory, flows.folder("/home/dump", "Nothing"))),
          Effect.provide(from.layerSource)
        )
      )
      armed = false
      return { dumped, calls, kept: yield* memory.durable }
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(disk, Path.layer)))
  })

/** Restores what a disk kept. */
const restored = (kept: ReadonlyMap<string, Uint8Array>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const to = yield* MemoryServer.make()
    yield* fs.makeDirectory("/home/dump", { recursive: true })
    for (const [path, bytes] of kept) {
      if (path.startsWith("/home/dump/")) yield* fs.writeFile(path, bytes)
    }
    const exit = yield* Effect.exit(
      flows.restore({}).pipe(
        Effect.provide(Layer.provideMerge(StreamMode.layerRestoreDirectory, flows.folder("/home/dump", "Present"))),
        Effect.provide(to.layerTarget)
      )
    )
    return { exit, differences: Contents.diff(contents, yield* to.contents) }
  }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)))

describe("a dump whose power fails", () => {
  it.effect("leaves what a restore refuses, or all of it", () =>
    Effect.gen(function*() {
      const whole = yield* cutAt(Infinity)
      assert(Exit.isSuccess(whole.dumped), String(whole.dumped))
      const back = yield* restored(whole.kept)
      assert(Exit.isSuccess(back.exit), `what a dump said is done is on the disk: ${back.exit}`)
      assert.deepStrictEqual(back.differences, [])
      let refused = 0
      for (let nth = 1; nth <= whole.calls; nth += 1) {
        const cut = yield* cutAt(nth)
        assert.isTrue(Exit.isFailure(cut.dumped), `a disk that failed at operation ${nth}`)
        const { differences, exit } = yield* restored(cut.kept)
        if (Exit.isSuccess(exit)) {
          assert.deepStrictEqual(differences, [], `cut at operation ${nth}`)
        } else {
          assert.strictEqual(flows.failureOf(exit)?._tag, "BackupError", String(exit))
          refused += 1
        }
      }
      assert.isAbove(refused, whole.calls / 2)
    }), { timeout: 120_000 })
})
