import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Checksum, Staging } from "@sluice/pipeline"
import { MemoryFileSystem } from "@sluice/testing"
import { Context, Effect, Exit, FastCheck as fc, Fiber, Layer, Option, Scope, Stream, TestClock } from "effect"

const memoryDisk = Layer.merge(MemoryFileSystem.layer(), Path.layer)
const directory = (path: string) => Staging.layerDirectory({ path, contents: "Nothing" })

const stagings = {
  "in memory": Staging.layerMemory({ budget: 4096, threads: 2 }).pipe(Layer.provide(memoryDisk)),
  "in a folder in memory": directory("/a/b").pipe(Layer.provide(memoryDisk)),
  "in a folder on disk": Layer.unwrapScoped(
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      return directory(`${yield* fs.makeTempDirectoryScoped()}/made/for/it`)
    })
  ).pipe(Layer.provide(NodeContext.layer))
} as const

const readAll = (name: string) =>
  Effect.gen(function*() {
    const staging = yield* Staging.Staging
    let all = Buffer.alloc(0)
    // lent bytes are copied at once
    yield* Stream.runForEach(staging.read(name), (bytes) =>
      Effect.sync(() => {
        all = Buffer.concat([all, bytes])
      }))
    return all
  })

const writeAll = (name: string, parts: ReadonlyArray<Uint8Array>, reserve: number) =>
  Effect.scoped(Effect.gen(function*() {
    const staging = yield* Staging.Staging
    const file = yield* staging.create(name, reserve)
    const lent = new Uint8Array(4096)
    for (const part of parts) {
      lent.set(part)
      yield* file.write(lent.subarray(0, part.length), 1)
      lent.fill(0)
    }
    return yield* file.close
  }))

const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 900 }), { maxLength: 6 })

describe.each(Object.entries(stagings))("Staging %s", (_, layer) => {
  it.effect.prop(
    "gives back what it took, with its size, its rows and its checksum",
    [fc.array(parts, { minLength: 1, maxLength: 3 }), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 })],
    ([files, parked]) =>
      Effect.gen(function*() {
        const staging = yield* Staging.Staging
        for (const [i, parts] of files.entries()) {
          const content = Buffer.concat(parts)
          const file = yield* writeAll(`f${i}`, parts, content.length)
          assert.deepStrictEqual(file, {
            name: `f${i}`,
            bytes: content.length,
            rows: parts.length,
            checksum: Checksum.of(content)
          })
          if (parked[i] === true) yield* staging.park(`f${i}`)
          assert.deepStrictEqual(yield* readAll(`f${i}`), content)
          yield* staging.remove(`f${i}`)
          assert.deepStrictEqual(yield* staging.list, [])
        }
      }).pipe(Effect.provide(layer), Effect.orDie),
    { fastCheck: { numRuns: 30 } }
  )

  it.effect("lists closed files only, and throws away what was not closed", () =>
    Effect.gen(function*() {
      const staging = yield* Staging.Staging
      yield* staging.put("a", Buffer.from("a"))
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* staging.create("b", 10)
        yield* file.write(Buffer.from("half"))
        assert.deepStrictEqual(yield* staging.list, ["a"])
      }))
      assert.deepStrictEqual(yield* staging.list, ["a"])
      const failed = yield* Effect.exit(readAll("b"))
      assert(Exit.isFailure(failed))
      yield* staging.put("b", Buffer.from("b"))
      assert.deepStrictEqual(yield* staging.list, ["a", "b"])
    }).pipe(Effect.provide(layer)))

  it.effect("refuses a name that is taken", () =>
    Effect.gen(function*() {
      const staging = yield* Staging.Staging
      yield* staging.put("a", Buffer.from("first"))
      const second = yield* Effect.exit(staging.put("a", Buffer.from("second")))
      assert(Exit.isFailure(second))
      assert.strictEqual((yield* readAll("a")).toString(), "first")
    }).pipe(Effect.provide(layer)))
})

describe("Staging in memory", () => {
  const layer = stagings["in memory"]

  it.effect("makes writers wait until there is room for a whole share", () =>
    Effect.gen(function*() {
      const staging = yield* Staging.Staging
      // four shares: two writers and two more
      for (const name of ["a", "b", "c", "d"]) {
        yield* writeAll(name, [new Uint8Array(staging.share)], staging.share)
      }
      const waiting = yield* Effect.fork(writeAll("e", [Buffer.from("e")], staging.share))
      yield* TestClock.adjust("1 hour")
      assert.isNull(yield* Fiber.poll(waiting).pipe(Effect.map((exit) => exit._tag === "None" ? null : exit)))
      yield* staging.remove("b")
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(yield* staging.list, ["a", "c", "d", "e"])
    }).pipe(Effect.provide(layer)))

  it.effect("gives room back when a writer is interrupted, and when a file is smaller than its reservation", () =>
    Effect.gen(function*() {
      const staging = yield* Staging.Staging
      for (let round = 0; round < 20; round++) {
        yield* writeAll(`small${round}`, [Buffer.from("x")], staging.share)
        yield* staging.remove(`small${round}`)
        const writer = yield* Effect.fork(Effect.scoped(
          Effect.zipRight(
            Effect.flatMap(staging.create("never", staging.share), (file) => file.write(Buffer.from("x"))),
            Effect.never
          )
        ))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(writer)
      }
      for (const name of ["a", "b", "c", "d"]) {
        yield* writeAll(name, [new Uint8Array(staging.share)], staging.share)
      }
    }).pipe(Effect.provide(layer)))

  it.effect("spills what is larger than a share to a private file, and removes it", () =>
    Effect.gen(function*() {
      const disk = yield* MemoryFileSystem.MemoryFileSystem
      yield* Effect.gen(function*() {
        const staging = yield* Staging.Staging
        const content = Buffer.alloc(9000, "spilled ")
        yield* writeAll("large", [
          content.subarray(0, 1000),
          content.subarray(1000, 4500),
          content.subarray(4500, 8000),
          content.subarray(8000)
        ], 9000)
        assert.deepStrictEqual(yield* readAll("large"), content)
        assert.strictEqual((yield* disk.snapshot).size, 1)
        // memory is free again
        for (const name of ["a", "b", "c", "d"]) {
          yield* writeAll(name, [new Uint8Array(staging.share)], staging.share)
        }
        yield* staging.remove("large")
        assert.strictEqual((yield* disk.snapshot).size, 0)
        yield* staging.park("a")
        assert.strictEqual((yield* disk.snapshot).size, 1)
      }).pipe(Effect.provide(Staging.layerMemory({ budget: 4096, threads: 2 })))
      assert.strictEqual((yield* disk.snapshot).size, 0)
    }).pipe(Effect.provide(memoryDisk)))
})

describe.each(["park", "remove"] as const)("Staging in memory, asked to %s a file that is being read", (leave) => {
  it.effect("lends what is read to its end, and takes nobody else into that room before", () =>
    Effect.gen(function*() {
      const staging = yield* Staging.Staging
      const filled = (byte: number) => [new Uint8Array(staging.share).fill(byte)]
      yield* writeAll("a", filled(1), staging.share)
      const scope = yield* Scope.make()
      const pull = yield* Scope.extend(Stream.toPull(staging.read("a")), scope)
      const lent = Array.from(yield* pull)
      yield* staging[leave]("a")
      for (const name of ["b", "c", "d"]) {
        yield* writeAll(name, filled(2), staging.share)
      }
      const waiting = yield* Effect.fork(writeAll("e", filled(3), staging.share))
      yield* Effect.yieldNow({ priority: 1 })
      assert.deepStrictEqual(Buffer.concat(lent), Buffer.concat(filled(1)))
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(yield* readAll("e"), Buffer.concat(filled(3)))
      if (leave === "park") assert.deepStrictEqual(yield* readAll("a"), Buffer.concat(filled(1)))
    }).pipe(
      Effect.provide(Staging.layerMemory({ budget: 4096, threads: 2 })),
      Effect.provide(memoryDisk)
    ))
})

/** A disk that takes its time for the folder of temporary files. */
const slowDisk = Layer.map(memoryDisk, (context) => {
  const fs = Context.get(context, FileSystem.FileSystem)
  return Context.add(context, FileSystem.FileSystem, {
    ...fs,
    makeTempDirectoryScoped: (options) => Effect.zipRight(Effect.sleep("1 second"), fs.makeTempDirectoryScoped(options))
  })
})

describe("Staging in memory, where making a folder takes time", () => {
  it.effect("spills files that grow too large at once to files of their own", () =>
    Effect.gen(function*() {
      const names = ["a", "b"]
      const contents = names.map((_, i) => new Uint8Array(2000).fill(i))
      const fiber = yield* Effect.fork(Effect.forEach(
        names,
        (name, i) => writeAll(name, [contents[i] ?? new Uint8Array(0)], 1),
        { concurrency: "unbounded" }
      ))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      for (const [i, name] of names.entries()) {
        assert.isTrue((yield* readAll(name)).equals(contents[i] ?? new Uint8Array(0)), name)
      }
    }).pipe(
      Effect.provide(Staging.layerMemory({ budget: 4096, threads: 2 })),
      Effect.provide(slowDisk)
    ))
})

describe("Staging in a folder", () => {
  const attempt = (contents: "Nothing" | "Cleared" | "Anything" | "Present") =>
    Effect.exit(Effect.void.pipe(Effect.provide(Staging.layerDirectory({ path: "/backup", contents }))))

  it.effect("refuses a folder with something in it, clears a backup, or takes it as it is", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const failed = (exit: Exit.Exit<unknown, { readonly _tag: string }>) =>
        Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error._tag : "ok"
      assert.strictEqual(failed(yield* attempt("Present")), "BackupError")
      assert.strictEqual(failed(yield* attempt("Nothing")), "ok")
      yield* fs.writeFileString("/backup/d-schema-create.sql", "x")
      yield* fs.writeFileString("/backup/notes.txt", "x")
      assert.strictEqual(failed(yield* attempt("Nothing")), "OutputError")
      assert.strictEqual(failed(yield* attempt("Anything")), "ok")
      assert.strictEqual(failed(yield* attempt("Cleared")), "ok")
      assert.deepStrictEqual(yield* fs.readDirectory("/backup"), ["notes.txt"])
      yield* fs.chmod("/backup", 0o500)
      assert.strictEqual(failed(yield* attempt("Anything")), "OutputError")
    }).pipe(Effect.provide(memoryDisk)))

  it.effect("is readable by its owner only", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* Effect.flatMap(Staging.Staging, (staging) => staging.put("a", Buffer.from("a"))).pipe(
        Effect.provide(Staging.layerDirectory({ path: "/x/backup", contents: "Nothing" }))
      )
      assert.strictEqual((yield* fs.stat("/x/backup")).mode & 0o777, 0o700)
      assert.strictEqual((yield* fs.stat("/x/backup/a")).mode & 0o777, 0o600)
    }).pipe(Effect.provide(memoryDisk)))
})
