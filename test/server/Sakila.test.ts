import { existsSync, readFileSync } from "node:fs"

import { FileSystem, type Path } from "@effect/platform"
import { assert, describe, layer } from "@effect/vitest"
import {
  type Disposal,
  type Incoming,
  type Outgoing,
  Pipe,
  type SluiceError,
  Staging,
  StreamMode,
  type Verdict
} from "@sluice/pipeline"
import type { ServerPrograms } from "@sluice/testing"
import { Context, Effect, Layer, Option } from "effect"

import * as flows from "../support/flows.js"
import { ask, connect, everythingIn, run } from "../support/mysqlSource.js"
import * as pairs from "../support/pairs.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"
import * as SqlScript from "../support/sqlScript.js"

const folder = new URL("../../../shared/data/", import.meta.url)
const scripts = ["sakila-schema.sql", "sakila-data.sql"].map((name) => new URL(name, folder))
const missing = !scripts.every(existsSync)

const title = missing
  ? "Sakila: SKIPPED, because ../shared/data/sakila-schema.sql and sakila-data.sql are not beside the repository"
  : "Sakila"

if (missing) {
  // The reporter does not print the names of skipped tests.
  process.stderr.write(`${title}\n`)
}

const objects = { views: 7, triggers: 6, routines: 6 }

class Sakila extends Context.Tag("test/Sakila")<Sakila, {
  readonly picture: Effect.Effect.Success<ReturnType<typeof real.pictureOf>>
  readonly rows: number
}>() {}

/** The servers, the first of which holds the database. */
const loaded = (vendor: ServerPrograms.Vendor) =>
  Layer.effect(
    Sakila,
    Effect.gen(function*() {
      const server = yield* real.From
      const connection = yield* connect(server)
      yield* run(connection, ...scripts.flatMap((script) => SqlScript.statements(readFileSync(script, "utf8"))))
      const picture = yield* real.pictureOf(server, "sakila")
      const counts = Array.from(picture).flatMap(([what, count]) => what.startsWith("rows of ") ? [Number(count)] : [])
      const kinds = (kind: string) => Array.from(picture.keys()).filter((what) => what.startsWith(`${kind} `)).length
      // what the judge does not see he cannot miss
      assert.strictEqual(counts.length, 16)
      assert.strictEqual(kinds("view"), objects.views)
      assert.strictEqual(kinds("trigger"), objects.triggers)
      assert.strictEqual(kinds("procedure") + kinds("function"), objects.routines)
      assert.isAbove(counts.reduce((sum, count) => sum + count, 0), 47_000)
      return { picture, rows: counts.reduce((sum, count) => sum + count, 0) }
    }).pipe(Effect.scoped)
  ).pipe(Layer.provideMerge(real.twoServers(vendor)))

/** Lets a pipe be looked into. */
const watched = (pipe: Layer.Layer<Pipe.PipeOut>, parts: Array<Uint8Array>) =>
  Layer.map(pipe, (context) => {
    const { write } = Context.get(context, Pipe.PipeOut)
    return Context.make(
      Pipe.PipeOut,
      Pipe.PipeOut.of({
        write: (bytes) =>
          Effect.suspend(() => {
            parts.push(bytes.slice())
            return write(bytes)
          })
      })
    )
  })

type Failure = SluiceError.OutputError | SluiceError.BackupError
type Disk = FileSystem.FileSystem | Path.Path

interface Sides {
  readonly dump: Layer.Layer<
    Outgoing.Outgoing | Disposal.Disposal | Staging.Staging,
    Failure,
    Pipe.PipeOut | Disk
  >
  readonly restore: Layer.Layer<
    Incoming.Incoming | Disposal.Disposal | Staging.Staging,
    Failure,
    Pipe.PipeIn | Disk
  >
}

const memory = Staging.layerMemory({ budget: 16 * 1024 * 1024, threads: 4 })

const dumpOptions = { selection: everythingIn("sakila"), chunkRows: Option.some(5000) }

const inFolders = (dump: StreamMode.StreamMode, from: string, restore: StreamMode.StreamMode, to: string): Sides => ({
  dump: Layer.provideMerge(StreamMode.layerDump(dump), flows.folder(from)),
  restore: Layer.provideMerge(StreamMode.layerRestore(restore), flows.folder(to))
})

const { NoDelete, NoStream, NoStreamAndNoDelete } = StreamMode.StreamMode

const contentIn = (path: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const names = [...(yield* fs.readDirectory(path))].sort()
    return yield* Effect.forEach(names, (name) =>
      Effect.map(fs.readFile(`${path}/${name}`), (content) =>
        [name, Buffer.from(content).toString("latin1")] as const))
  })

const namesIn = (path: string) => Effect.map(contentIn(path), (files) => files.map(([name]) => name))

const newFolder = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "sluice-sakila-" })
)

const checkVerdict = (verdict: Verdict.Verdict, rows: number) =>
  assert.deepInclude(verdict, {
    complete: true,
    databases: 1,
    tables: 16,
    objects: objects.views + objects.triggers + objects.routines,
    rows,
    leftOut: []
  })

/** Looks at the target with the judge's eyes. */
const arrived = Effect.gen(function*() {
  const { picture } = yield* Sakila
  const server = yield* real.To
  assert.deepStrictEqual(real.differences(picture, yield* real.pictureOf(server, "sakila")), [])
  // a trigger that had run while rows came in would have put in a date of its own
  const connection = yield* connect(server)
  assert.deepStrictEqual(yield* ask(connection, "SELECT YEAR(MAX(rental_date)) FROM sakila.rental"), [["2006"]])
})

const emptied = Effect.flatMap(real.To, connect).pipe(
  Effect.flatMap((connection) => run(connection, "DROP DATABASE IF EXISTS sakila")),
  Effect.scoped
)

/** Dumps and restores at the same time, and gives what went through the pipe. */
const move = (sides: Sides) =>
  Effect.gen(function*() {
    yield* emptied
    const { rows } = yield* Sakila
    const parts: Array<Uint8Array> = []
    const pipe = yield* flows.pipe
    const [dumped, restored] = yield* Effect.all([
      flows.dump(dumpOptions).pipe(
        Effect.provide(sides.dump),
        Effect.provide(real.sourceOf(yield* real.From)),
        Effect.provide(watched(pipe.out, parts)),
        Effect.zipLeft(pipe.end)
      ),
      flows.restore({}).pipe(
        Effect.provide(sides.restore),
        Effect.provide(real.targetOf(yield* real.To)),
        Effect.provide(pipe.in)
      )
    ], { concurrency: 2 })
    checkVerdict(dumped, rows)
    checkVerdict(restored, rows)
    yield* arrived
    const bytes = new Uint8Array(Buffer.concat(parts))
    return { sizes: pairs.sizesOf(bytes), names: [...flows.namesOf(bytes)].sort() }
  })

const onTime = 300_000

describe.skipIf(missing)(title, () => {
  describeVendors("between two servers", (vendor) => {
    layer(loaded(vendor), { excludeTestServices: true })((it) => {
      it.scoped("TRADITIONAL to TRADITIONAL, all in memory", () =>
        Effect.gen(function*() {
          const { sizes } = yield* move({
            dump: Layer.provideMerge(StreamMode.layerTraditionalDump, memory),
            restore: Layer.provideMerge(StreamMode.layerTraditionalRestore, memory)
          })
          assert.isTrue(sizes.every((size) => size > 0))
        }), onTime)

      it.scoped("NO_DELETE to NO_DELETE: both folders hold the same files", () =>
        Effect.gen(function*() {
          const [from, to] = [yield* newFolder, yield* newFolder]
          const { names, sizes } = yield* move(inFolders(NoDelete(), from, NoDelete(), to))
          assert.isTrue(sizes.every((size) => size > 0))
          assert.deepStrictEqual(yield* namesIn(from), names)
          assert.deepStrictEqual(yield* contentIn(to), yield* contentIn(from))
        }), onTime)

      it.scoped(
        "NO_STREAM_AND_NO_DELETE to NO_STREAM_AND_NO_DELETE: names only, and the folder keeps its files",
        () =>
          Effect.gen(function*() {
            const shared = yield* newFolder
            const { names, sizes } = yield* move(
              inFolders(NoStreamAndNoDelete(), shared, NoStreamAndNoDelete(), shared)
            )
            assert.isTrue(sizes.every((size) => size === 0))
            assert.deepStrictEqual(yield* namesIn(shared), names)
          }),
        onTime
      )

      it.scoped(
        "NO_STREAM_AND_NO_DELETE to NO_STREAM: names only, and the folder is empty when all is loaded",
        () =>
          Effect.gen(function*() {
            const shared = yield* newFolder
            const { names, sizes } = yield* move(inFolders(NoStreamAndNoDelete(), shared, NoStream(), shared))
            assert.isTrue(sizes.every((size) => size === 0))
            assert.isAbove(names.length, 40)
            assert.deepStrictEqual(yield* namesIn(shared), [])
          }),
        onTime
      )

      it.scoped("a folder, without a stream: it is written once and read twice", () =>
        Effect.gen(function*() {
          const { rows } = yield* Sakila
          const path = yield* newFolder
          const dumped = yield* flows.dump(dumpOptions).pipe(
            Effect.provide(Layer.provideMerge(StreamMode.layerDumpDirectory, flows.folder(path, "Nothing"))),
            Effect.provide(real.sourceOf(yield* real.From))
          )
          checkVerdict(dumped, rows)
          const files = yield* contentIn(path)
          assert.notInclude(files.map(([name]) => name), "metadata.header")
          for (const threads of [1, 8]) {
            yield* emptied
            const restored = yield* flows.restore({ threads }).pipe(
              Effect.provide(Layer.provideMerge(StreamMode.layerRestoreDirectory, flows.folder(path, "Present"))),
              Effect.provide(real.targetOf(yield* real.To))
            )
            checkVerdict(restored, rows)
            yield* arrived
          }
          assert.deepStrictEqual(yield* contentIn(path), files)
        }), onTime)
    })
  })
})
