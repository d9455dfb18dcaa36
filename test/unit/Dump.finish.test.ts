import { Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import type { SluiceError } from "@sluice/pipeline"
import { Source, StreamMode } from "@sluice/pipeline"
import { Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, FastCheck as fc, Layer, Option, Ref, Stream } from "effect"

import * as flows from "../support/flows.js"

interface Event {
  readonly what: "plans" | "begins" | "ends" | "finishes"
  readonly table: string
}

/** A source that tells what is asked of it, before it is done. */
const watched = (
  server: MemoryServer.MemoryServer,
  urgent: ReadonlySet<string>,
  tell: (event: Event) => Effect.Effect<void, SluiceError.SourceError>,
  bytes: (table: string) => number = () => 0
) =>
  Layer.succeed(Source.Source, {
    snapshot: (selection) =>
      Effect.map(server.source.snapshot(selection), (snapshot): Source.Snapshot => ({
        ...snapshot,
        catalog: {
          ...snapshot.catalog,
          databases: snapshot.catalog.databases.map((database) => ({
            ...database,
            tables: database.tables.map((table) => ({
              ...table,
              urgent: urgent.has(table.name),
              estimatedBytes: bytes(table.name)
            }))
          }))
        },
        plan: (table, options) =>
          Stream.unwrap(Effect.as(tell({ what: "plans", table: table.name }), snapshot.plan(table, options))),
        read: (portion, options) => {
          const all = (what: Event["what"]) =>
            Effect.forEach(portion, ({ table }) => tell({ what, table: table.name }), { discard: true })
          return Stream.unwrap(Effect.as(all("begins"), snapshot.read(portion, options))).pipe(
            Stream.concat(Stream.execute(all("ends")))
          )
        },
        finish: (tables) =>
          Effect.zipRight(
            Effect.forEach(tables, ({ name }) => tell({ what: "finishes", table: name }), { discard: true }),
            snapshot.finish(tables)
          )
      }))
  })

const serverOf = (sizes: ReadonlyArray<number>) =>
  MemoryServer.make(
    Contents.make(
      Contents.database("d", {
        tables: sizes.map((rows, i) =>
          Contents.table(`t${i}`, [Contents.column("id", "int")], {
            primaryKey: "id",
            rows: Array.from({ length: rows }, (_, id) => [String(id)])
          })
        )
      })
    )
  )

const dump = (source: Layer.Layer<Source.Source>, options: Parameters<typeof flows.dump>[0]) =>
  Effect.gen(function*() {
    const disk = yield* MemoryFileSystem.MemoryFileSystem
    const exit = yield* Effect.exit(flows.dump(options)).pipe(
      Effect.provide(StreamMode.layerDumpDirectory),
      Effect.provide(flows.folder("/dump")),
      Effect.provide(source)
    )
    return { exit, names: Array.from((yield* disk.snapshot).keys()) }
  }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)))

describe("the end of a table", () => {
  it.effect.prop(
    "each table is finished once, after the last of its chunks; the urgent ones are read first, then the largest",
    {
      sizes: fc.array(fc.nat({ max: 12 }), { maxLength: 5 }),
      chunkRows: fc.integer({ min: 1, max: 5 }),
      threads: fc.integer({ min: 1, max: 5 }),
      urgent: fc.array(fc.nat({ max: 4 })),
      rows: fc.boolean()
    },
    ({ chunkRows, rows, sizes, threads, urgent }) =>
      Effect.gen(function*() {
        const server = yield* serverOf(sizes)
        const first = new Set(urgent.map((i) => `t${i}`))
        const log = yield* Ref.make<ReadonlyArray<Event>>([])
        // so many times what a chunk holds at most
        const bytes = (table: string) => (sizes[Number(table.slice(1))] ?? 0) * 2 ** 26
        const source = watched(server, first, (event) => Ref.update(log, (events) => [...events, event]), bytes)
        const { names } = yield* dump(source, { rows, threads, chunkRows: Option.some(chunkRows) })
        assert.include(names, "/dump/metadata")
        const events = yield* Ref.get(log)
        for (const table of sizes.map((_, i) => `t${i}`)) {
          const own = events.filter((event) => event.table === table).map(({ what }) => what)
          assert.strictEqual(own.filter((what) => what === "finishes").length, 1)
          assert.strictEqual(own.at(-1), "finishes")
          assert.strictEqual(
            own.filter((what) => what === "begins").length,
            own.filter((what) => what === "ends").length
          )
        }
        const planned = events.filter(({ what }) => what === "plans").map(({ table }) => table)
        const tables = sizes.map((rows, i) => ({ name: `t${i}`, rows, urgent: first.has(`t${i}`) }))
        const inOrder = tables.sort((a, b) => Number(b.urgent) - Number(a.urgent) || b.rows - a.rows)
        assert.deepStrictEqual(planned, rows ? inOrder.map(({ name }) => name) : [])
      }),
    { fastCheck: { numRuns: 40 } }
  )

  for (const rows of [true, false]) {
    it.effect(`a table that was changed ends a dump ${rows ? "of rows" : "of definitions only"}, which names it`, () =>
      Effect.gen(function*() {
        const server = yield* serverOf([5, 5, 5])
        const source = watched(
          server,
          new Set(),
          (event) =>
            event.table === "t1" && event.what === (rows ? "begins" : "finishes")
              ? server.alter("d", "t1")
              : Effect.void
        )
        const { exit, names } = yield* dump(source, { rows, threads: 2, chunkRows: Option.some(2) })
        const error = flows.failureOf(exit)
        assert.strictEqual(error?._tag, "SourceError")
        assert.strictEqual(error !== undefined && "reason" in error ? error.reason : "", "DefinitionChanged")
        assert.include(error?.message, "d.t1")
        assert.notInclude(names, "/dump/metadata")
      }))
  }

  it.effect("what was changed before the dump began is no change", () =>
    Effect.gen(function*() {
      const server = yield* serverOf([5])
      yield* server.alter("d", "t0")
      const { names } = yield* dump(server.layerSource, {})
      assert.include(names, "/dump/metadata")
    }))
})
