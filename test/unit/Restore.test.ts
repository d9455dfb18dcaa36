import { Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Frame, Sql } from "@sluice/format"
import { Pipe, Shutdown, SluiceError, StreamMode, Target } from "@sluice/pipeline"
import type { Contents } from "@sluice/testing"
import { Faults, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Deferred, Effect, Exit, Layer, Option, Stream } from "effect"

import * as flows from "../support/flows.js"

/** A stream as another tool may have written it, with no manifest. */
const foreign = (files: Readonly<Record<string, string>>): ReadonlyArray<Uint8Array> =>
  Object.entries(files).flatMap(([name, content]) => {
    const bytes = Sql.bytes(content)
    return [Frame.header(name, bytes.length), bytes]
  })

const start = "# Started dump at: 2026-01-02 03:04:05\n[config]\nquote-character = BACKTICK\n"

const end = (rows: Readonly<Record<string, number>>) =>
  `${
    Object.entries(rows).map(([table, rows]) => `[\`d\`.\`${table}\`]\nreal_table_name=${table}\nrows = ${rows}\n\n`)
      .join(
        ""
      )
  }# Finished dump at: 2026-01-02 03:04:06\n`

const files = {
  "metadata.header": start,
  "d-schema-create.sql": "CREATE DATABASE `d`;\n",
  "d.a.00000.sql": "INSERT INTO `a` VALUES(1)\n,(2)\n;\n",
  "d.a-schema.sql": "CREATE TABLE `a` (\n  `id` int NOT NULL,\n  PRIMARY KEY (`id`)\n);\n",
  "d.z-schema.sql": "CREATE TABLE `z` (\n  `id` int NOT NULL,\n  PRIMARY KEY (`id`)\n);\n",
  "d.z.00000.sql": "INSERT INTO `z` VALUES(7)\n;\n",
  "metadata": end({ a: 2, z: 1 })
}

const restore = (
  server: MemoryServer.MemoryServer,
  parts: ReadonlyArray<Uint8Array>,
  options: {
    readonly target?: Layer.Layer<Target.Target>
    readonly pipe?: Layer.Layer<Pipe.PipeIn>
    readonly threads?: number
  } = {}
) =>
  Effect.exit(
    flows.restore({ threads: options.threads ?? 2 }).pipe(
      Effect.provide(StreamMode.layerTraditionalRestore),
      Effect.provide(flows.folder("/staging")),
      Effect.provide(options.pipe ?? flows.play(parts)),
      Effect.provide(options.target ?? server.layerTarget),
      Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer))
    )
  )

const counts = (contents: Contents.Contents) =>
  contents.databases.flatMap(({ tables }) => tables.map(({ name, rows }) => [name, rows.length] as const))

describe("another tool's stream", () => {
  it.effect("may come in any order", () =>
    Effect.gen(function*() {
      const server = yield* MemoryServer.make()
      const restored = yield* restore(server, foreign(files))
      assert(Exit.isSuccess(restored), String(restored))
      assert.deepStrictEqual(counts(yield* server.contents), [["a", 2], ["z", 1]])
      assert.deepInclude(restored.value, { complete: true, databases: 1, tables: 2, rows: 3 })
    }))

  it.effect("lacks a file: what it should have made is named", () =>
    Effect.gen(function*() {
      for (
        const [lost, reason, where] of [
          ["d-schema-create.sql", "Missing", "d-schema-create.sql"],
          ["d.a-schema.sql", "Missing", "d.a-schema.sql"],
          ["d.a.00000.sql", "RowCount", "d.a"],
          ["metadata", "Cut", "metadata"]
        ] as const
      ) {
        const server = yield* MemoryServer.make()
        const some = Object.fromEntries(Object.entries(files).filter(([name]) => name !== lost))
        const error = flows.failureOf(yield* restore(server, foreign(some)))
        assert(error?._tag === "BackupError", `${lost}: ${error}`)
        assert.deepInclude({ ...error }, { reason, where })
      }
    }))

  it.effect("lacks the definition of a table without rows: it is missed all the same", () =>
    Effect.gen(function*() {
      const { metadata, ...others } = files
      const listing = { ...others, metadata: end({ a: 2, z: 1, empty: 0 }) }
      assert.notStrictEqual(metadata, listing.metadata)
      const error = flows.failureOf(yield* restore(yield* MemoryServer.make(), foreign(listing)))
      assert(error?._tag === "BackupError", String(error))
      assert.deepInclude({ ...error }, { reason: "Missing", where: "d.empty-schema.sql" })
    }))

  it.effect("has a table that needs another first: it is made when that one is there", () =>
    Effect.gen(function*() {
      const server = yield* MemoryServer.make()
      let tried = 0
      // `a` has a default that only works with `z`
      const needing = (server: MemoryServer.MemoryServer) =>
        Layer.succeed(Target.Target, {
          obstacles: server.target.obstacles,
          session: Effect.map(server.target.session, (session) => ({
            ...session,
            execute: (statement: Uint8Array) =>
              Effect.suspend(() => {
                if (!Sql.text(statement).startsWith("CREATE TABLE `a`")) {
                  return session.execute(statement)
                }
                tried += 1
                return Effect.flatMap(session.inspect("d", "z"), (z) =>
                  z === "Table" ? session.execute(statement) : new SluiceError.TargetError({
                    reason: "UnknownTable",
                    what: "a statement failed",
                    detail: "there is no z"
                  }))
              })
          }))
        })
      const restored = yield* restore(server, foreign(files), { target: needing(server) })
      assert(Exit.isSuccess(restored), String(restored))
      assert.deepStrictEqual([...counts(yield* server.contents)].sort(), [["a", 2], ["z", 1]])
      assert.strictEqual(tried, 2)

      const { "d.z-schema.sql": z, "d.z.00000.sql": rows, metadata, ...without } = files
      assert.isTrue([z, rows, metadata].every((content) => content.length > 0))
      const other = yield* MemoryServer.make()
      const error = flows.failureOf(
        yield* restore(other, foreign({ ...without, metadata: end({ a: 2 }) }), { target: needing(other) })
      )
      assert.strictEqual(error?.message, "a statement failed: there is no z")
    }))
})

describe("a restore", () => {
  it.live("that loses a commit to another transaction counts its rows once", () =>
    Effect.gen(function*() {
      const server = yield* MemoryServer.make()
      const { fired, target } = yield* Faults.target(server.target, [
        Faults.TargetFault.Commit({ nth: 1, failure: "Deadlock", taken: false })
      ])
      const restored = yield* restore(server, foreign(files), { target: Layer.succeed(Target.Target, target) })
      assert.strictEqual((yield* fired).length, 1)
      assert(Exit.isSuccess(restored), String(restored))
      assert.strictEqual(restored.value.rows, 3)
      assert.deepStrictEqual(counts(yield* server.contents), [["a", 2], ["z", 1]])
    }))

  it.effect("that is asked to stop says so, and not what it was still waiting for", () =>
    Effect.gen(function*() {
      const server = yield* MemoryServer.make()
      const asked = yield* Deferred.make<string>()
      const { "metadata.header": header, "d-schema-create.sql": create, "d.a.00000.sql": rows } = files
      const parts = foreign({ "metadata.header": header, "d-schema-create.sql": create, "d.a.00000.sql": rows })
      const pipe = Layer.succeed(Pipe.PipeIn, {
        bytes: Stream.fromIterable(parts).pipe(
          Stream.concat(Stream.execute(Deferred.succeed(asked, "SIGTERM"))),
          Stream.concat(Stream.never)
        )
      })
      const restored = yield* Effect.provideService(restore(server, [], { pipe }), Shutdown.Shutdown, {
        asked: Deferred.await(asked),
        poll: Effect.flatMap(
          Deferred.poll(asked),
          Option.match({ onNone: () => Effect.succeedNone, onSome: Effect.asSome })
        )
      })
      const error = flows.failureOf(restored)
      assert(error?._tag === "Stopped", String(restored))
      assert.strictEqual(error.by, "SIGTERM")
      assert.strictEqual((yield* server.counts).sessionsOpen, 0)
    }))
})
