/**
 * A backup that is the same whenever it is made.
 */
import { Path } from "@effect/platform"
import { Lines, Sql } from "@sluice/format"
import { Dump, StreamMode } from "@sluice/pipeline"
import { Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Layer, Option, Random, TestContext } from "effect"

import * as flows from "./flows.js"

// times are local ones
process.env["TZ"] = "UTC"

/** One of everything, with names and values that are hard to write. */
export const contents = Contents.make(
  Contents.database("shop", {
    options: "DEFAULT CHARACTER SET utf8mb4",
    tables: [
      Contents.table("orders", [
        Contents.column("id", "bigint"),
        Contents.column("note", "text"),
        Contents.column("raw", "varbinary(20)"),
        Contents.column("price", "decimal(10,2)"),
        Contents.column("at", "datetime")
      ], {
        primaryKey: "id",
        rows: [
          ["1", "a'b\"c\\d;\n-- x 1\n", Uint8Array.of(0, 26, 34, 39, 92, 255), "1.50", "2024-02-29 23:59:59"],
          ["2", null, null, null, null],
          ["3", "", new Uint8Array(0), "0.00", "0000-00-00 00:00:00"],
          ["4", "VALUES (1),(2);\n", Sql.bytes("NULL"), "-1.00", "1000-01-01 00:00:00"]
        ]
      }),
      Contents.table("empty", [Contents.column("id", "int")], { primaryKey: "id" }),
      Contents.table("we`ird, \"näme\" VALUES", [Contents.column("sp ace", "json")], { rows: [["{\"a\": \"é\"}"]] }),
      Contents.table("no_key", [Contents.column("v", "varchar(5)", { extra: "COMMENT 'a;\nb'" })], {
        rows: [["x"], ["x"]]
      })
    ],
    views: [Contents.view({ name: "totals", columns: ["n"], body: "select count(0) AS `n` from `orders`" })],
    triggers: [
      Contents.trigger({ table: "empty", name: "after_empty", body: "begin\n  set @a = ';';\n  set @b = 1;\nend" })
    ],
    routines: [Contents.routine({ kind: "FUNCTION", name: "one", body: "begin\nreturn 1;\nend" })],
    events: [Contents.event({ name: "nightly", body: "do 1" })]
  }),
  Contents.database("we.ird", { tables: [Contents.table("t", [Contents.column("id", "int")], { rows: [["7"]] })] })
)

/** The same dice and the same clock each time. */
const fixed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => Effect.withRandom(effect, Random.make("golden"))).pipe(Effect.provide(TestContext.TestContext))

const options: Partial<Dump.Options> = { threads: 1, fileBytes: Option.some(400) }

const streamOf = (how: Partial<Dump.Options["read"]>) =>
  Effect.gen(function*() {
    const from = yield* MemoryServer.make(contents)
    const pipe = yield* flows.record
    yield* flows.dump({ ...options, read: { ...Dump.defaults.read, ...how } }).pipe(
      Effect.provide(StreamMode.layerTraditionalDump),
      Effect.provide(flows.folder("/dump")),
      Effect.provide(pipe.out),
      Effect.provide(from.layerSource)
    )
    return yield* pipe.bytes
  }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)), Effect.orDie, fixed)

/** Its streams, as TRADITIONAL, by the names that they are kept under. */
export const streams = [
  ["stream.bin", streamOf({})],
  ["stream_load_data.bin", streamOf({ lines: Lines.tabs })],
  ["stream_csv.bin", streamOf({ lines: { ...Lines.csv, header: true }, hexBlob: true })]
] as const

/** The files of its directory. */
export const directory = Effect.gen(function*() {
  const disk = yield* MemoryFileSystem.MemoryFileSystem
  const from = yield* MemoryServer.make(contents)
  yield* flows.dump(options).pipe(
    Effect.provide(Layer.provideMerge(StreamMode.layerDumpDirectory, flows.folder("/dump"))),
    Effect.provide(from.layerSource)
  )
  return new Map(
    Array.from(yield* disk.snapshot).filter(([path]) => path.startsWith("/dump/")).map(
      ([path, bytes]) => [path.slice("/dump/".length), bytes] as const
    ).sort()
  )
}).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)), Effect.orDie, fixed)
