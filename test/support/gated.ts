/**
 * Dumps of a real server into memory, with something happening at chosen points of them.
 */
import { Path } from "@effect/platform"
import { Sql } from "@sluice/format"
import { MysqlSource } from "@sluice/mysql"
import { type Dump, type SluiceError, Source, StreamMode } from "@sluice/pipeline"
import { MemoryFileSystem, type ScratchServer } from "@sluice/testing"
import { Effect, Layer, Stream } from "effect"

import * as flows from "./flows.js"
import { optionsOf } from "./mysqlSource.js"

export interface Point {
  readonly what: "taken" | "chunk" | "finished"
  readonly table: string
  /** Which chunk of the table it is, counted as they are begun. */
  readonly chunk: number
}

type Happening = (point: Point) => Effect.Effect<void, SluiceError.SourceError>

/** The source, and what happens when its snapshot was taken, before a chunk is read, and after a table is finished. */
export const gated = (source: Layer.Layer<Source.Source>, happens: Happening): Layer.Layer<Source.Source> =>
  Layer.flatMap(source, (context) => {
    const chunks = new Map<string, number>()
    return Layer.succeed(Source.Source, {
      snapshot: (selection) =>
        Effect.map(
          Effect.tap(
            Effect.flatMap(Source.Source, (real) => real.snapshot(selection)).pipe(Effect.provide(context)),
            () => happens({ what: "taken", table: "", chunk: 0 })
          ),
          (snapshot): Source.Snapshot => ({
            ...snapshot,
            read: (portion, options) =>
              Stream.unwrap(Effect.as(
                Effect.forEach(portion, ({ table: { name } }) => {
                  const number = chunks.get(name) ?? 0
                  chunks.set(name, number + 1)
                  return happens({ what: "chunk", table: name, chunk: number })
                }),
                snapshot.read(portion, options)
              )),
            finish: (tables) =>
              Effect.tap(
                snapshot.finish(tables),
                () => Effect.forEach(tables, ({ name }) => happens({ what: "finished", table: name, chunk: 0 }))
              )
          })
        )
    })
  })

/** Dumps into a folder in memory, and gives all of its files by name. */
export const dumpOf = (
  server: ScratchServer.ScratchServer,
  how: Partial<MysqlSource.Options>,
  options: Partial<Dump.Options>,
  happens: Happening
) =>
  Effect.gen(function*() {
    const disk = yield* MemoryFileSystem.MemoryFileSystem
    const exit = yield* Effect.exit(flows.dump(options)).pipe(
      Effect.provide(StreamMode.layerDumpDirectory),
      Effect.provide(flows.folder("/dump")),
      Effect.provide(gated(MysqlSource.layer({ ...optionsOf(server), readers: options.threads ?? 2, ...how }), happens))
    )
    const files = new Map(
      Array.from(yield* disk.snapshot, ([path, bytes]) => [path.replace(/^\/dump\//, ""), Sql.text(bytes)])
    )
    return { exit, files }
  }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)))
