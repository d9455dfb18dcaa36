/**
 * The bench: measures dumps of ours and of others side by side. docs/performance.md says how it is run, and what came
 * out.
 */
import * as Os from "node:os"
import { fileURLToPath } from "node:url"

import { Command, Options } from "@effect/cli"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { ServerPrograms } from "@sluice/testing"
import { Console, Effect, Option, Schema } from "effect"

import * as Growth from "./growth.js"
import * as Matrix from "./matrix.js"
import * as Measure from "./measure.js"
import * as Report from "./report.js"
import * as Results from "./results.js"

const Json = Schema.parseJson(Results.Results, { space: 2 })

const listed = Schema.transform(Schema.String, Schema.Array(Schema.String), {
  strict: true,
  decode: (text) => text.split(",").filter((word) => word.length > 0),
  encode: (words) => words.join(",")
})

/** Such as `200MB` or `2GB`, in bytes. */
const size = Schema.String.pipe(
  Schema.pattern(/^\d+(MB|GB)$/, { message: () => "write a size such as 200MB or 2GB" }),
  Schema.transform(Schema.Number, {
    strict: true,
    decode: (text) => Number.parseInt(text, 10) * (text.endsWith("GB") ? 1e9 : 1e6),
    encode: (bytes) => `${bytes / 1e6}MB`
  })
)

const options = {
  size: Options.text("size").pipe(
    Options.withSchema(size),
    Options.withDescription("about how many bytes of INSERT statements; for --growth those of the smallest data"),
    Options.optional
  ),
  pairs: Options.integer("pairs").pipe(
    Options.withDescription("how often each case is run: 7 when not given, 3 for --growth"),
    Options.optional
  ),
  threads: Options.integer("threads").pipe(
    Options.withDescription("connections"),
    Options.withDefault(Math.max(2, Os.availableParallelism()))
  ),
  vendor: Options.text("vendor").pipe(
    Options.withSchema(Schema.compose(listed, Schema.Array(ServerPrograms.Vendor), { strict: false })),
    Options.withDefault(ServerPrograms.Vendor.literals)
  ),
  only: Options.text("only").pipe(
    Options.withSchema(listed),
    Options.withDescription("the names of the cases to run, such as floor,pipe,mydumper"),
    Options.withDefault([])
  ),
  growth: Options.boolean("growth").pipe(Options.withDescription("more data and more tables, instead of the cases")),
  out: Options.text("out").pipe(
    Options.withDescription("the file of results: bench/results.json in the cache when not given"),
    Options.optional
  ),
  docs: Options.boolean("docs").pipe(
    Options.withDescription("also write results and figures into docs/, from the file of results")
  ),
  draw: Options.boolean("draw").pipe(Options.withDescription("measure nothing: only draw what is in docs/ anew"))
}

const docs = fileURLToPath(new URL("../../../docs/", import.meta.url))

const none: Results.Results = { matrix: Option.none(), growth: Option.none() }

const read = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return (yield* fs.exists(file)) ? yield* Schema.decode(Json)(yield* fs.readFileString(file)) : none
  })

const write = (file: string, results: Results.Results) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* fs.makeDirectory(path.dirname(file), { recursive: true })
    yield* fs.writeFileString(file, `${yield* Schema.encode(Json)(results)}\n`)
  })

/** Writes the file of results into docs/, with what is made of it. */
const publish = (results: Results.Results) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* write(path.join(docs, "performance.json"), results)
    yield* fs.makeDirectory(path.join(docs, "figures"), { recursive: true })
    yield* Effect.forEach(
      Report.figures(results),
      ([name, svg]) => fs.writeFileString(path.join(docs, "figures", name), svg),
      { discard: true }
    )
    const page = path.join(docs, "performance.md")
    yield* fs.writeFileString(page, Report.into(yield* fs.readFileString(page), Report.page(results)))
  })

const main = Command.make("bench", options, (given) =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const published = path.join(docs, "performance.json")
    if (given.draw) return yield* publish(yield* read(published))
    const cache = yield* ServerPrograms.cacheDirectory
    const out = Option.getOrElse(given.out, () => path.join(cache, "bench", "results.json"))
    const machine = yield* Measure.machine
    const common = { threads: given.threads, only: given.only }
    const measured = given.growth
      ? {
        growth: Option.some({
          machine,
          vendors: (yield* Effect.forEach(given.vendor, (vendor) =>
            Effect.tap(
              Growth.run(vendor, {
                ...common,
                bytes: Option.getOrElse(given.size, () => 20e6),
                pairs: Option.getOrElse(given.pairs, () => 3)
              }),
              (results) => Effect.forEach(results, (growth) => Console.log(Report.growthText(growth)))
            ))).flat()
        })
      }
      : {
        matrix: Option.some({
          machine,
          vendors: yield* Effect.forEach(given.vendor, (vendor) =>
            Effect.tap(
              Matrix.run(vendor, {
                ...common,
                bytes: Option.getOrElse(given.size, () => 200e6),
                pairs: Option.getOrElse(given.pairs, () => 7)
              }),
              (matrix) => Console.log(Report.matrixText(matrix))
            ))
        })
      }
    yield* write(out, { ...(yield* read(out)), ...measured })
    yield* Console.error(`The numbers of all runs are in ${out}`)
    if (given.docs) yield* publish({ ...(yield* read(published)), ...measured })
  }))

Command.run(main, { name: "Sluice's bench", version: "1" })(process.argv).pipe(
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)
