import { existsSync } from "node:fs"

import { type Error as Platform, FileSystem } from "@effect/platform"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as MemoryFileSystem from "@sluice/testing/MemoryFileSystem"
import { Effect, FastCheck as fc, Fiber, Option, Stream, TestClock } from "effect"

import { codeOf, reasonOf } from "../support/fileSystems.js"

const bytes = (text: string) => new TextEncoder().encode(text)

/** A snapshot as text, without the parts that a test does not ask for. */
const textOf = (files: ReadonlyMap<string, Uint8Array>) =>
  Object.fromEntries([...files].map(([path, content]) => [path, new TextDecoder().decode(content)]))

const make = (options?: MemoryFileSystem.Options) =>
  Effect.map(MemoryFileSystem.make(options), ({ fileSystem, memory }) => ({ fs: fileSystem, memory }))

describe("MemoryFileSystem", () => {
  it.effect("the layer gives both tags over one state, new for each build", () =>
    Effect.gen(function*() {
      const program = Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const before = yield* fs.exists("/a")
        yield* fs.writeFileString("/a", "x")
        return [before, textOf(yield* (yield* MemoryFileSystem.MemoryFileSystem).snapshot)]
      })
      const outcome = [false, { "/a": "x" }]
      assert.deepStrictEqual(yield* program.pipe(Effect.provide(MemoryFileSystem.layer())), outcome)
      assert.deepStrictEqual(yield* program.pipe(Effect.provide(MemoryFileSystem.layer())), outcome)
    }))

  describe("snapshot", () => {
    it.effect("has every name of every file, and is a copy", () =>
      Effect.gen(function*() {
        const { fs, memory } = yield* make()
        yield* fs.makeDirectory("/dir/sub", { recursive: true })
        yield* fs.writeFileString("/dir/sub/a", "x")
        yield* fs.link("/dir/sub/a", "/b")
        yield* fs.symlink("/b", "/link")
        const snapshot = yield* memory.snapshot
        assert.deepStrictEqual(textOf(snapshot), { "/b": "x", "/dir/sub/a": "x" })
        snapshot.get("/b")?.fill(0)
        yield* fs.writeFileString("/b", "y")
        assert.deepStrictEqual(textOf(yield* memory.snapshot), { "/b": "y", "/dir/sub/a": "y" })
      }))

    it.effect("needs no permissions", () =>
      Effect.gen(function*() {
        const { fs, memory } = yield* make()
        yield* fs.makeDirectory("/dir")
        yield* fs.writeFileString("/dir/a", "x", { mode: 0 })
        yield* fs.chmod("/dir", 0)
        assert.deepStrictEqual(textOf(yield* memory.snapshot), { "/dir/a": "x" })
      }))
  })

  describe("capacity", () => {
    it.effect("a full disk takes what fits and fails as Node's does", () =>
      Effect.gen(function*() {
        const { fs, memory } = yield* make({ capacity: 10 })
        yield* fs.writeFileString("/a", "123456")
        const error = yield* Effect.flip(fs.writeFileString("/b", "123456"))
        assert.strictEqual(codeOf(error), "ENOSPC")
        assert.deepStrictEqual(textOf(yield* memory.snapshot), { "/a": "123456", "/b": "1234" })
        assert.strictEqual(yield* memory.used, 10)
        yield* fs.writeFileString("/a", "abcdef", { flag: "r+" })
        assert.strictEqual(codeOf(yield* Effect.flip(fs.truncate("/a", 7))), "ENOSPC")
      }))

    // Linux has a file that is always full.
    it.effect.skipIf(!existsSync("/dev/full"))(
      "the error of a full disk is Node's, word for word",
      () =>
        Effect.gen(function*() {
          const { fs: memory } = yield* make({ capacity: 0 })
          yield* memory.makeDirectory("/dev")
          const fail = (fs: FileSystem.FileSystem) => Effect.flip(fs.writeFileString("/dev/full", "x", { flag: "a" }))
          const facts = (error: Platform.PlatformError) => ({ ...error, cause: codeOf(error) })
          const node = yield* Effect.flatMap(FileSystem.FileSystem, fail)
          assert.deepStrictEqual(facts(yield* fail(memory)), facts(node))
          assert.strictEqual(codeOf(node), "ENOSPC")
        }).pipe(Effect.provide(NodeFileSystem.layer))
    )

    it.scoped("a handle writes short, then fails; writeAll fails with what fitted in the file", () =>
      Effect.gen(function*() {
        const { fs, memory } = yield* make({ capacity: 10 })
        const file = yield* fs.open("/a", { flag: "w" })
        assert.strictEqual(yield* file.write(bytes("123456")), FileSystem.Size(6))
        assert.strictEqual(yield* file.write(bytes("123456")), FileSystem.Size(4))
        assert.strictEqual(codeOf(yield* Effect.flip(file.write(bytes("1")))), "ENOSPC")
        yield* file.truncate(5)
        assert.strictEqual(codeOf(yield* Effect.flip(file.writeAll(bytes("abcdef")))), "ENOSPC")
        assert.deepStrictEqual(textOf(yield* memory.snapshot), { "/a": "12345abcde" })
      }))

    it.effect("a copy that does not fit leaves nothing", () =>
      Effect.gen(function*() {
        const { fs, memory } = yield* make({ capacity: 10 })
        yield* fs.writeFileString("/a", "123456")
        assert.strictEqual(codeOf(yield* Effect.flip(fs.copyFile("/a", "/b"))), "ENOSPC")
        assert.deepStrictEqual(textOf(yield* memory.snapshot), { "/a": "123456" })
        assert.strictEqual(yield* memory.used, 6)
      }))

    it.effect("space comes back when the last name and the last handle are gone", () =>
      Effect.gen(function*() {
        const { fs, memory } = yield* make({ capacity: 10 })
        yield* fs.writeFileString("/a", "12345")
        yield* fs.link("/a", "/b")
        yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* fs.open("/a", { flag: "a" })
          yield* fs.remove("/a")
          yield* fs.remove("/b")
          assert.strictEqual(yield* memory.used, 5)
          yield* file.writeAll(bytes("6"))
          assert.strictEqual(yield* memory.used, 6)
        }))
        assert.strictEqual(yield* memory.used, 0)
        yield* fs.writeFileString("/c", "1234567890")
        yield* fs.writeFileString("/d", "")
        yield* fs.rename("/d", "/c")
        assert.strictEqual(yield* memory.used, 0)
      }))

    it.effect.prop(
      "used is the sum of the files, whatever is written",
      [fc.array(
        fc.tuple(fc.constantFrom("/a", "/b", "/c"), fc.constantFrom("write", "append", "cut", "move"), fc.nat(9))
      )],
      ([steps]) =>
        Effect.gen(function*() {
          const { fs, memory } = yield* make({ capacity: 20 })
          for (const [path, action, size] of steps) {
            yield* Effect.ignore(
              action === "cut"
                ? fs.truncate(path, size)
                : action === "move"
                ? fs.rename(path, "/a")
                : fs.writeFile(path, new Uint8Array(size), { flag: action === "write" ? "w" : "a" })
            )
          }
          const sizes = [...(yield* memory.snapshot).values()].map((content) => content.length)
          const used = sizes.reduce((sum, size) => sum + size, 0)
          assert.strictEqual(yield* memory.used, used)
          assert.isAtMost(used, 20)
        })
    )
  })

  describe("fault", () => {
    it.effect("is asked before each operation, and nothing is done when it answers", () =>
      Effect.gen(function*() {
        const calls: Array<string> = []
        const { fs, memory } = yield* make({
          fault: (call) => {
            calls.push(`${call.method} ${call.path}`)
            return call.path === "/bad" ? MemoryFileSystem.systemError("EIO", call) : undefined
          }
        })
        const error = yield* Effect.flip(fs.writeFileString("/bad", "x"))
        assert.deepInclude(error, { reason: "Unknown", method: "writeFile", pathOrDescriptor: "/bad" })
        assert.strictEqual(codeOf(error), "EIO")
        yield* fs.writeFileString("/good", "x")
        yield* fs.rename("/good", "/better")
        yield* fs.exists("/better")
        assert.deepStrictEqual(calls, ["writeFile /bad", "writeFile /good", "rename /good", "access /better"])
        assert.deepStrictEqual(textOf(yield* memory.snapshot), { "/better": "x" })
      }))

    it.scoped("sees what handles, sinks and streams do", () =>
      Effect.gen(function*() {
        const calls: Array<string> = []
        const { fs } = yield* make({
          fault: (call) => {
            calls.push(call.method)
            return call.method === "sync" ? MemoryFileSystem.systemError("EROFS", call) : undefined
          }
        })
        yield* Stream.run(Stream.make(bytes("a")), fs.sink("/a"))
        yield* Stream.runDrain(fs.stream("/a"))
        const file = yield* fs.open("/a", { flag: "r+" })
        yield* file.seek(0, "start")
        assert.strictEqual(codeOf(yield* Effect.flip(file.sync)), "EROFS")
        yield* file.stat
        yield* file.truncate(0)
        yield* file.read(new Uint8Array(1))
        yield* file.write(bytes("x"))
        assert.deepStrictEqual(
          calls,
          ["open", "writeAll", "open", "readAlloc", "readAlloc", "open", "sync", "stat", "truncate", "read", "write"]
        )
      }))

    it.effect("leaves no handle open when opening fails", () =>
      Effect.gen(function*() {
        const { fs, memory } = yield* make({
          fault: (call) => call.method === "writeAll" ? MemoryFileSystem.systemError("EIO", call) : undefined
        })
        assert.strictEqual(yield* reasonOf(Stream.run(Stream.make(bytes("a")), fs.sink("/a"))), "Unknown")
        assert.deepStrictEqual(yield* memory.opened, [])
        assert.strictEqual(yield* reasonOf(Effect.scoped(fs.open("/none"))), "NotFound")
        assert.deepStrictEqual(yield* memory.opened, [])
        assert.deepStrictEqual(
          yield* Effect.scoped(Effect.zipRight(fs.open("/a"), memory.opened)),
          ["/a"]
        )
      }))
  })

  describe("durable", () => {
    const written = (steps: ReadonlyArray<"file" | "rename" | "directory">) =>
      Effect.scoped(Effect.gen(function*() {
        const { fs, memory } = yield* make()
        const file = yield* fs.open("/tmp/a.partial", { flag: "wx" })
        yield* file.writeAll(bytes("whole"))
        for (const step of steps) {
          yield* step === "file"
            ? file.sync
            : step === "rename"
            ? fs.rename("/tmp/a.partial", "/tmp/a")
            : Effect.scoped(Effect.flatMap(fs.open("/tmp"), ({ sync }) => sync))
        }
        return textOf(yield* memory.durable)
      }))

    it.effect("a file survives under the name that was synced, with the bytes that were synced", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* written([]), {})
        assert.deepStrictEqual(yield* written(["file", "rename"]), {})
        assert.deepStrictEqual(yield* written(["rename", "directory"]), { "/tmp/a": "" })
        assert.deepStrictEqual(yield* written(["file", "directory", "rename"]), { "/tmp/a.partial": "whole" })
        assert.deepStrictEqual(yield* written(["file", "rename", "directory"]), { "/tmp/a": "whole" })
      }))

    it.scoped.prop(
      "holds the bytes of the last sync, whatever is written after it",
      [fc.array(fc.tuple(fc.constantFrom("write", "cut", "sync"), fc.nat(600), fc.uint8Array({ maxLength: 9 })))],
      ([steps]) =>
        Effect.gen(function*() {
          const { fs, memory } = yield* make()
          const file = yield* fs.open("/tmp/a", { flag: "w" })
          yield* Effect.scoped(Effect.flatMap(fs.open("/tmp"), ({ sync }) => sync))
          let content = new Uint8Array(0)
          let synced = content
          const resized = (size: number) => {
            const next = new Uint8Array(size)
            next.set(content.subarray(0, size))
            return next
          }
          for (const [action, at, data] of steps) {
            if (action === "sync") {
              yield* file.sync
              synced = content
            } else if (action === "cut") {
              yield* file.truncate(at)
              content = resized(at)
            } else if (data.length > 0) {
              yield* file.seek(at, "start")
              yield* file.writeAll(data)
              content = resized(Math.max(content.length, at + data.length))
              content.set(data, at)
            }
            assert.deepStrictEqual((yield* memory.snapshot).get("/tmp/a"), content)
            assert.deepStrictEqual((yield* memory.durable).get("/tmp/a"), synced)
          }
        })
    )
  })

  it.effect("times come from the clock", () =>
    Effect.gen(function*() {
      const { fs } = yield* make()
      const mtime = (path: string) => Effect.map(fs.stat(path), (info) => Option.getOrThrow(info.mtime).getTime())
      yield* TestClock.setTime(1_000)
      yield* fs.makeDirectory("/dir")
      yield* TestClock.setTime(2_000)
      yield* fs.writeFileString("/dir/a", "x")
      yield* TestClock.setTime(3_000)
      yield* fs.writeFileString("/dir/a", "y", { flag: "a" })
      yield* fs.readFile("/dir/a")
      assert.strictEqual(yield* mtime("/dir"), 2_000)
      assert.strictEqual(yield* mtime("/dir/a"), 3_000)
      assert.deepStrictEqual((yield* fs.stat("/dir/a")).birthtime, Option.some(new Date(2_000)))
      yield* TestClock.setTime(4_000)
      yield* fs.rename("/dir/a", "/b")
      assert.strictEqual(yield* mtime("/dir"), 4_000)
      assert.strictEqual(yield* mtime("/b"), 3_000)
    }))

  it.effect("the owner keeps files, and only the superuser gives them away", () =>
    Effect.gen(function*() {
      const owner = yield* make()
      const superuser = yield* make({ root: true })
      yield* Effect.forEach([owner, superuser], ({ fs }) => fs.writeFileString("/a", "x", { mode: 0 }))
      const { gid, uid } = yield* owner.fs.stat("/a")
      yield* owner.fs.chown("/a", Option.getOrThrow(uid), Option.getOrThrow(gid))
      assert.strictEqual(codeOf(yield* Effect.flip(owner.fs.chown("/a", 0, -1))), "EPERM")
      assert.strictEqual(yield* reasonOf(owner.fs.readFile("/a")), "PermissionDenied")
      yield* superuser.fs.chown("/a", 5, 6)
      assert.deepInclude(yield* superuser.fs.stat("/a"), { uid: Option.some(5), gid: Option.some(6) })
      assert.strictEqual(yield* superuser.fs.readFileString("/a"), "x")
    }))

  it.effect("a directory has a link for itself, its name, and each directory in it", () =>
    Effect.gen(function*() {
      const { fs } = yield* make()
      const links = Effect.map(fs.stat("/tmp"), (info) => Option.getOrNull(info.nlink))
      assert.strictEqual(yield* links, 2)
      yield* fs.makeDirectory("/tmp/a/b", { recursive: true })
      yield* fs.writeFileString("/tmp/file", "")
      assert.strictEqual(yield* links, 3)
      yield* fs.rename("/tmp/a/b", "/tmp/b")
      assert.strictEqual(yield* links, 4)
      yield* fs.remove("/tmp/a", { recursive: true })
      assert.strictEqual(yield* links, 3)
    }))

  it.effect("the umask is an option", () =>
    Effect.gen(function*() {
      const { fs } = yield* make({ umask: 0o077 })
      yield* fs.writeFileString("/a", "x")
      yield* fs.makeDirectory("/b")
      assert.strictEqual((yield* fs.stat("/a")).mode, 0o100600)
      assert.strictEqual((yield* fs.stat("/b")).mode, 0o040700)
    }))

  it.effect("a handle is of no use after its scope", () =>
    Effect.gen(function*() {
      const { fs } = yield* make()
      const file = yield* Effect.scoped(fs.open("/a", { flag: "w+" }))
      const attempts = [file.stat, file.sync, file.truncate(0), file.write(bytes("x")), file.readAlloc(1)]
      const codes = yield* Effect.forEach(attempts, (attempt) => Effect.map(Effect.flip(attempt), codeOf))
      assert.deepStrictEqual(codes, attempts.map(() => "EBADF"))
    }))

  it.effect("watch fails and says so", () =>
    Effect.gen(function*() {
      const { fs } = yield* make()
      assert.strictEqual(yield* reasonOf(Stream.runDrain(fs.watch("/tmp"))), "BadArgument")
    }))

  it.effect("two fibers that create the same file exclusively: one wins", () =>
    Effect.gen(function*() {
      const { fs } = yield* make()
      const create = Effect.forEach([1, 2, 3], () => Effect.option(fs.writeFileString("/a", "x", { flag: "wx" })))
      const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.fork(create))
      const won = (yield* Effect.forEach(fibers, Fiber.join)).flat().filter(Option.isSome)
      assert.lengthOf(won, 1)
    }))
})
