import { FileSystem, Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { FileName } from "@sluice/format"
import { Disposal, Incoming, Outgoing, Pipe, SluiceError, Staging } from "@sluice/pipeline"
import { Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Chunk, Effect, Either, Exit, Layer, Option, Stream } from "effect"

import * as flows from "../support/flows.js"

/*
 * A mode of one's own: each file is a line of text, its name and its content in base64, and a file that is done with
 * is moved to another folder. The flows know nothing of it.
 */

const outgoing: Layer.Layer<Outgoing.Outgoing, never, Pipe.PipeOut | Staging.Staging> = Layer.effect(
  Outgoing.Outgoing,
  Effect.gen(function*() {
    const pipe = yield* Pipe.PipeOut
    const staging = yield* Staging.Staging
    const send = (file: Staging.StagedFile) =>
      Effect.gen(function*() {
        const parts = yield* Stream.runCollect(Stream.map(staging.read(file.name), (bytes) => bytes.slice()))
        const content = Buffer.concat(Chunk.toReadonlyArray(parts)).toString("base64")
        yield* pipe.write(Buffer.from(`${file.name} ${content}\n`))
      })
    return Outgoing.Outgoing.of({
      announce: (name, content) => Effect.asSome(Effect.tap(staging.put(name, content), send)),
      send: (files) => Effect.forEach(files, send, { discard: true })
    })
  })
)

const refused = (where: string) =>
  new SluiceError.BackupError({ reason: "UnsafeName", what: "a line is refused", where, detail: "no backup has it" })

const incoming: Layer.Layer<Incoming.Incoming, never, Pipe.PipeIn | Staging.Staging> = Layer.effect(
  Incoming.Incoming,
  Effect.gen(function*() {
    const pipe = yield* Pipe.PipeIn
    const staging = yield* Staging.Staging
    return Incoming.make(
      pipe.bytes.pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.mapEffect((line) =>
          Effect.gen(function*() {
            const [name = "", content = ""] = line.split(" ")
            const { compression, file: kind } = yield* Effect.mapError(
              Either.match(FileName.parse(name), { onLeft: Effect.fail, onRight: Effect.succeed }),
              () => refused(name)
            )
            return Either.right({
              file: yield* staging.put(name, Buffer.from(content, "base64")),
              kind,
              compression
            })
          })
        )
      )
    )
  })
)

const moveTo = (folder: string): Layer.Layer<Disposal.Disposal, never, FileSystem.FileSystem> =>
  Layer.effect(
    Disposal.Disposal,
    Effect.map(FileSystem.FileSystem, (fs) =>
      Disposal.Disposal.of({
        dispose: ({ name }) =>
          Effect.mapError(fs.rename(`/staging/${name}`, `${folder}/${name}`), (cause) =>
            new SluiceError.OutputError({
              reason: "File",
              what: "cannot move a file",
              where: name,
              detail: cause.message
            }))
      }))
  )

const rows = 40

const contents = Contents.make(
  Contents.database("shop", {
    tables: [
      Contents.table("orders", [Contents.column("id", "int"), Contents.column("note", "blob")], {
        primaryKey: "id",
        rows: Array.from({ length: rows }, (_, i) => [`${i}`, Uint8Array.from({ length: i }, (_, n) => (n * i) % 256)])
      })
    ],
    views: [Contents.view({ name: "short", columns: ["id"], body: "SELECT `id` FROM `orders`" })]
  })
)

const folders = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => Effect.forEach(["/sent", "/loaded"], (folder) => fs.makeDirectory(folder), { discard: true })
)

const dump = Effect.gen(function*() {
  const from = yield* MemoryServer.make(contents)
  const pipe = yield* flows.record
  yield* flows.dump({ fileBytes: Option.some(1000) }).pipe(
    Effect.provide(Layer.merge(outgoing, moveTo("/sent"))),
    Effect.provide(flows.folder("/staging", "Nothing")),
    Effect.provide(pipe.out),
    Effect.provide(from.layerSource)
  )
  return Buffer.from(yield* pipe.bytes).toString()
})

const restore = (lines: string) =>
  Effect.gen(function*() {
    const to = yield* MemoryServer.make()
    const restored = yield* Effect.exit(
      flows.restore({}).pipe(
        Effect.provide(Layer.merge(incoming, moveTo("/loaded"))),
        Effect.provide(flows.folder("/staging", "Nothing")),
        Effect.provide(flows.play([Buffer.from(lines)])),
        Effect.provide(to.layerTarget)
      )
    )
    return { restored, there: yield* to.contents }
  })

const onNewDisk = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.provide(Effect.zipRight(folders, test), Layer.merge(MemoryFileSystem.layer(), Path.layer))

describe("a mode of one's own", () => {
  it.effect("moves a database in an encoding of its own, and files to a place of its own", () =>
    onNewDisk(Effect.gen(function*() {
      const lines = yield* dump
      const { restored, there } = yield* restore(lines)
      assert(Exit.isSuccess(restored), String(restored))
      assert.deepInclude(restored.value, { databases: 1, tables: 1, objects: 1, rows })
      assert.deepStrictEqual(Contents.diff(contents, there), [])
      assert.match(lines, /^(\S+ [A-Za-z0-9+/]+=*\n)+$/)

      const names = lines.trimEnd().split("\n").map((line) => line.split(" ")[0] ?? "").sort()
      assert.isAbove(names.filter((name) => name.startsWith("shop.orders.")).length, 1)
      const fs = yield* FileSystem.FileSystem
      assert.deepStrictEqual(yield* fs.readDirectory("/staging"), [])
      assert.deepStrictEqual([...(yield* fs.readDirectory("/sent"))].sort(), names)
      assert.deepStrictEqual([...(yield* fs.readDirectory("/loaded"))].sort(), names)
      for (const name of names) {
        assert.deepStrictEqual(yield* fs.readFile(`/loaded/${name}`), yield* fs.readFile(`/sent/${name}`))
      }
    })))

  it.effect("is held to the same proofs: a line that is lost or changed is found", () =>
    Effect.gen(function*() {
      const lines = (yield* onNewDisk(dump)).trimEnd().split("\n")
      const damaged = [
        ...lines.map((lost) => lines.filter((line) => line !== lost)),
        ...lines.map((_, i) => lines.slice(0, i)),
        lines.map((line) => line.startsWith("shop.orders.00000") ? line.replace(/ (.)(.)/, " $2$1") : line)
      ]
      for (const some of damaged) {
        const { restored } = yield* onNewDisk(restore(some.map((line) => `${line}\n`).join("")))
        assert.strictEqual(flows.failureOf(restored)?._tag, "BackupError", String(restored))
      }
    }))
})
