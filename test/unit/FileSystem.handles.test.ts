/**
 * What open files do, on Node's file system and on the one in memory.
 */
import { FileSystem } from "@effect/platform"
import type { OpenFlag } from "@effect/platform/FileSystem"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Either, Option } from "effect"

import { area, codeOf, fileSystems, reasonOf } from "../support/fileSystems.js"

const bytes = (text: string) => new TextEncoder().encode(text)

const text = (read: Option.Option<Uint8Array>) =>
  Option.match(read, { onNone: () => "", onSome: (bytes) => new TextDecoder().decode(bytes) })

const setup = Effect.all({ fs: FileSystem.FileSystem, root: area })

/** What a flag does to a file with the bytes "old", to a missing one, and to reads and writes. */
const flags: Readonly<
  Record<OpenFlag, { readonly old: string; readonly missing: string; readonly reads: boolean; readonly writes: string }>
> = {
  "r": { old: "old", missing: "NotFound", reads: true, writes: "EBADF" },
  "r+": { old: "old", missing: "NotFound", reads: true, writes: "Nld" },
  "w": { old: "", missing: "", reads: false, writes: "N" },
  "wx": { old: "AlreadyExists", missing: "", reads: false, writes: "N" },
  "w+": { old: "", missing: "", reads: true, writes: "N" },
  "wx+": { old: "AlreadyExists", missing: "", reads: true, writes: "N" },
  "a": { old: "old", missing: "", reads: false, writes: "oldN" },
  "ax": { old: "AlreadyExists", missing: "", reads: false, writes: "N" },
  "a+": { old: "old", missing: "", reads: true, writes: "oldN" },
  "ax+": { old: "AlreadyExists", missing: "", reads: true, writes: "N" }
}

const isFlag = (flag: string): flag is OpenFlag => flag in flags

for (const [name, fileSystem] of fileSystems) {
  describe(name, () => {
    layer(fileSystem)("open", (it) => {
      for (const flag of Object.keys(flags).filter(isFlag)) {
        const expected = flags[flag]
        it.scoped(`"${flag}" does what it does on Node`, () =>
          Effect.gen(function*() {
            const { fs, root } = yield* setup
            const opened = (path: string) =>
              Effect.scoped(fs.open(path, { flag })).pipe(
                Effect.zipRight(fs.readFileString(path)),
                Effect.catchTag("SystemError", (error) => Effect.succeed(error.reason))
              )
            yield* fs.writeFileString(`${root}/old`, "old")
            assert.strictEqual(yield* opened(`${root}/old`), expected.old)
            assert.strictEqual(yield* opened(`${root}/missing`), expected.missing)

            const path = expected.old === "AlreadyExists" ? `${root}/fresh` : `${root}/used`
            if (expected.old !== "AlreadyExists") {
              yield* fs.writeFileString(path, "old")
            }
            const file = yield* fs.open(path, { flag })
            const read = yield* Effect.either(file.readAlloc(10))
            assert.strictEqual(Either.isRight(read), expected.reads)
            yield* file.seek(0, "start")
            const written = yield* Effect.either(file.write(bytes("N")))
            assert.strictEqual(
              Either.isRight(written) ? yield* fs.readFileString(path) : codeOf(written.left),
              expected.writes
            )
          }))
      }

      it.scoped("a directory opens for reading only, and can be synced", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          const directory = yield* fs.open(root, { flag: "r" })
          yield* directory.sync
          assert.strictEqual((yield* directory.stat).type, "Directory")
          assert.strictEqual(yield* reasonOf(directory.readAlloc(1)), "BadResource")
          assert.strictEqual(codeOf(yield* Effect.flip(directory.truncate(0))), "EINVAL")
          assert.strictEqual(yield* reasonOf(fs.open(root, { flag: "r+" })), "BadResource")
          assert.strictEqual(yield* reasonOf(fs.open(root, { flag: "a" })), "BadResource")
          assert.strictEqual(yield* reasonOf(fs.open(root, { flag: "wx" })), "AlreadyExists")
        }))

      it.scoped("a file lives on for its handles when its name is gone or taken", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/a`, "first")
          const removed = yield* fs.open(`${root}/a`, { flag: "r+" })
          yield* fs.remove(`${root}/a`)
          yield* fs.writeFileString(`${root}/a`, "second")
          const replaced = yield* fs.open(`${root}/a`)
          yield* fs.writeFileString(`${root}/b`, "third")
          yield* fs.rename(`${root}/b`, `${root}/a`)
          assert.strictEqual(text(yield* removed.readAlloc(10)), "first")
          yield* removed.writeAll(bytes("!"))
          yield* removed.seek(0, "start")
          assert.strictEqual(text(yield* removed.readAlloc(10)), "first!")
          assert.deepStrictEqual((yield* removed.stat).nlink, Option.some(0))
          assert.strictEqual(text(yield* replaced.readAlloc(10)), "second")
          assert.strictEqual(yield* fs.readFileString(`${root}/a`), "third")
        }))
    })

    layer(fileSystem)("the cursor", (it) => {
      it.scoped("is shared by reads and writes, and moved by seek", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          const file = yield* fs.open(`${root}/a`, { flag: "w+" })
          yield* file.writeAll(bytes("0123456789"))
          assert.deepStrictEqual(yield* file.readAlloc(1), Option.none())
          yield* file.seek(2, "start")
          assert.strictEqual(text(yield* file.readAlloc(2)), "23")
          assert.strictEqual(yield* file.write(bytes("xy")), FileSystem.Size(2))
          yield* file.seek(-1, "current")
          const buffer = new Uint8Array(3)
          assert.strictEqual(yield* file.read(buffer), FileSystem.Size(3))
          assert.deepStrictEqual(buffer, bytes("y67"))
          yield* file.seek(8, "start")
          assert.strictEqual(text(yield* file.readAlloc(10)), "89")
          assert.strictEqual(yield* file.read(buffer), FileSystem.Size(0))
        }))

      it.scoped("goes beyond the end, and a write there leaves a hole of zeros", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          const file = yield* fs.open(`${root}/a`, { flag: "w" })
          yield* file.writeAll(bytes("a"))
          yield* file.seek(2, "current")
          yield* file.writeAll(bytes("b"))
          assert.strictEqual(yield* fs.readFileString(`${root}/a`), "a\0\0b")
        }))

      it.scoped("stays where it is when appending, and so does what is read", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/a`, "old")
          const file = yield* fs.open(`${root}/a`, { flag: "a+" })
          yield* file.writeAll(bytes("new"))
          assert.strictEqual(text(yield* file.readAlloc(4)), "oldn")
          yield* file.writeAll(bytes("er"))
          assert.strictEqual(text(yield* file.readAlloc(10)), "ewer")
          yield* file.truncate(0)
          yield* file.writeAll(bytes("0123456789"))
          assert.strictEqual(text(yield* file.readAlloc(10)), "89")
        }))

      it.scoped("is pulled back by truncate, never pushed", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          const file = yield* fs.open(`${root}/a`, { flag: "w+" })
          yield* file.writeAll(bytes("012345"))
          yield* file.truncate(3)
          yield* file.writeAll(bytes("x"))
          yield* file.truncate(6)
          yield* file.writeAll(bytes("y"))
          assert.strictEqual(yield* fs.readFileString(`${root}/a`), "012xy\0")
          yield* file.truncate()
          assert.strictEqual((yield* file.stat).size, FileSystem.Size(0))
        }))

      it.scoped("a write of nothing: write gives 0, writeAll is WriteZero", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          const file = yield* fs.open(`${root}/a`, { flag: "w+" })
          assert.strictEqual(yield* file.write(new Uint8Array(0)), FileSystem.Size(0))
          assert.strictEqual(yield* reasonOf(file.writeAll(new Uint8Array(0))), "WriteZero")
          assert.strictEqual(yield* file.read(new Uint8Array(0)), FileSystem.Size(0))
        }))
    })
  })
}
