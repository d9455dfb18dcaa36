import { Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Sql } from "@sluice/format"
import { Dump, Staging, StreamMode } from "@sluice/pipeline"
import { Arbitraries, Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Exit, FastCheck as fc, Layer } from "effect"

import * as flows from "../support/flows.js"
import * as Foreign from "../support/foreign.js"
import { csv as Csv, tabs as Tabs } from "../support/loadData.js"

const memory = Staging.layerMemory({ budget: 1 << 18, threads: 2 })
const disk = Layer.merge(MemoryFileSystem.layer(), Path.layer)

const dumped = (contents: Contents.Contents) =>
  Effect.gen(function*() {
    const from = yield* MemoryServer.make(contents)
    const pipe = yield* flows.record
    yield* flows.dump({ threads: 2, read: { ...Dump.defaults.read, completeInsert: true } }).pipe(
      Effect.provide(StreamMode.layerTraditionalDump),
      Effect.provide(memory),
      Effect.provide(pipe.out),
      Effect.provide(from.layerSource)
    )
    return Foreign.withoutManifest(Foreign.filesOf(yield* pipe.bytes))
  }).pipe(Effect.provide(disk), Effect.orDie)

const restored = (files: ReadonlyArray<Foreign.File>, cuts: ReadonlyArray<number> = []) =>
  Effect.gen(function*() {
    const to = yield* MemoryServer.make()
    const exit = yield* Effect.exit(
      flows.restore({ threads: 2 }).pipe(
        Effect.provide(StreamMode.layerTraditionalRestore),
        Effect.provide(memory),
        Effect.provide(flows.play(flows.cut(Foreign.streamOf(files), cuts))),
        Effect.provide(to.layerTarget)
      )
    )
    return { exit, target: yield* to.contents }
  }).pipe(Effect.provide(disk), Effect.orDie)

/** Views and programs are guarded in a way that only our own metadata tells of. */
const contents = Arbitraries.contents().map((contents) =>
  Contents.make(
    ...contents.databases.map((database) =>
      Contents.database(database.name, { options: database.options, tables: database.tables })
    )
  )
)

const ways = fc.array(fc.constantFrom<Array<Foreign.Compression>>("none", "gzip", "zstd"), {
  minLength: 1,
  maxLength: 5
})

describe("another tool's stream", () => {
  it.live.prop(
    "leaves the same contents however its files are compressed",
    [contents, ways, fc.array(fc.nat(), { maxLength: 20 })],
    ([contents, ways, cuts]) =>
      Effect.gen(function*() {
        yield* flows.breathe
        const files = Foreign.compressed(yield* dumped(contents), ways)
        const { exit, target } = yield* restored(files, cuts)
        assert(Exit.isSuccess(exit), String(exit))
        assert.deepStrictEqual(Contents.diff(contents, target), [])
      }),
    { fastCheck: { numRuns: process.env["SLUICE_LONG"] === "1" ? 200 : 20 }, timeout: 300_000 }
  )

  const shop = Contents.make(Contents.database("d", {
    tables: [
      Contents.table("t", [Contents.column("id", "bigint"), Contents.column("v", "text")], {
        primaryKey: "id",
        rows: [["1", "a'\n-- x 1\n"], ["2", null], ["3", ""]]
      })
    ]
  }))

  it.live.prop(
    "leaves the same contents when its rows are in files of their own",
    [contents, ways, fc.constantFrom(Tabs, Csv, { ...Csv, startingBy: "> " }), fc.boolean()],
    ([contents, ways, shape, rowsFirst]) =>
      Effect.gen(function*() {
        yield* flows.breathe
        const files = Foreign.compressed(Foreign.loaded(yield* dumped(contents), shape, rowsFirst), ways)
        const { exit, target } = yield* restored(files)
        assert(Exit.isSuccess(exit), String(exit))
        assert.deepStrictEqual(Contents.diff(contents, target), [])
        assert.strictEqual(exit.value.rows, Contents.rowCount(contents))
      }),
    { fastCheck: { numRuns: process.env["SLUICE_LONG"] === "1" ? 200 : 20 }, timeout: 300_000 }
  )

  it.live(
    "with rows in files of their own lacks one, or has one too many, or names another: refused",
    () =>
      Effect.gen(function*() {
        const files = Foreign.loaded(yield* dumped(shop), Tabs, false)
        const without = (name: string) => files.filter((file) => file.name !== name)
        const edited = (name: string, edit: (sql: string) => string) =>
          files.map((file) => file.name === name ? { name, bytes: Sql.bytes(edit(Sql.text(file.bytes))) } : file)
        const sql = "d.t.00000.sql"
        const dat = "d.t.00000.dat"
        const more = { name: "d.t.00001.dat", bytes: Sql.bytes("4\t\\N\n") }
        for (
          const [what, damaged, reason, where] of [
            ["no rows", without(dat), "Missing", dat],
            ["no statement", without(sql), "Unexpected", dat],
            ["one more", [...files.slice(0, -1), more, ...files.slice(-1)], "Unexpected", more.name],
            ["a path", edited(sql, (text) => text.replace(dat, `/tmp/${dat}`)), "UnsafeName", sql],
            ["a way out", edited(sql, (text) => text.replace(dat, `../${dat}`)), "UnsafeName", sql],
            ["another", edited(sql, (text) => text.replace(dat, "d.t.00001.dat")), "Damaged", sql],
            ["twice", edited(sql, (text) => text + text), "Unexpected", sql],
            ["cut", edited(dat, (text) => text.slice(0, -1)), "Damaged", dat],
            ["a line less", edited(dat, (text) => text.replace("3\t\n", "")), "RowCount", "d.t"],
            ["a field less", edited(dat, (text) => text.replace("3\t\n", "3\n")), "Damaged", dat]
          ] as const
        ) {
          const { exit } = yield* restored(damaged)
          const error = flows.failureOf(exit)
          assert(error?._tag === "BackupError", `${what}: ${String(exit)}`)
          assert.deepInclude({ ...error }, { reason }, `${what}: ${error.message}`)
          assert.include(`${error.where}`, where, what)
        }
      }),
    60_000
  )

  it.live("for ClickHouse is refused by name", () =>
    Effect.gen(function*() {
      const files = (yield* dumped(shop)).map((file) =>
        file.name === "d.t.00000.sql"
          ? { ...file, bytes: Sql.bytes("INSERT INTO `t` FROM INFILE 'd.t.00000.dat' FORMAT MySQLDump;") }
          : file
      )
      const error = flows.failureOf((yield* restored(files)).exit)
      assert(error?._tag === "BackupError", String(error))
      assert.strictEqual(error.reason, "Unsupported")
      assert.include(error.message, "ClickHouse")
    }))

  it.live("with a compressed file that is cut is refused, and its rows are not kept", () =>
    Effect.gen(function*() {
      for (const way of ["gzip", "zstd"] as const) {
        const files = Foreign.compressed(yield* dumped(shop), [way])
        const at = files.findIndex(({ name }) => name.startsWith("d.t.00000"))
        const whole = files[at]?.bytes ?? new Uint8Array(0)
        assert.isAbove(whole.length, 20)
        for (let end = 1; end < whole.length; end += 7) {
          const { exit, target } = yield* restored(
            files.map((file, i) => i === at ? { ...file, bytes: whole.slice(0, end) } : file)
          )
          const error = flows.failureOf(exit)
          assert(error?._tag === "BackupError", String(exit))
          assert.deepInclude({ ...error }, { reason: "Damaged", where: files[at]?.name })
          assert.strictEqual(Contents.rowCount(target), 0)
        }
      }
    }), 60_000)

  it.live("with a file both compressed and not is refused", () =>
    Effect.gen(function*() {
      const plain = yield* dumped(shop)
      const more = Foreign.compressed(plain, ["gzip"]).filter(({ name }) => name.startsWith("d.t.00000"))
      assert.strictEqual(more.length, 1)
      const { exit } = yield* restored([...plain.slice(0, -1), ...more, ...plain.slice(-1)])
      const error = flows.failureOf(exit)
      assert(error?._tag === "BackupError", String(exit))
      assert.deepInclude({ ...error }, { reason: "Unexpected", where: "d.t.00000.sql.gz" })
    }))
})
