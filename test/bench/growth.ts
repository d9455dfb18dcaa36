/**
 * What more data, and more tables, cost.
 */
import type { ServerPrograms } from "@sluice/testing"
import { Console, Effect } from "effect"

import * as Data from "./data.js"
import * as Matrix from "./matrix.js"
import * as Programs from "./programs.js"
import type * as Results from "./results.js"
import * as Servers from "./servers.js"

export interface Options {
  /** Bytes of the smallest database. */
  readonly bytes: number
  readonly threads: number
  readonly pairs: number
  readonly only: ReadonlyArray<string>
}

const factors = [1, 4, 16]
const tables = [1, 100, 10_000]

const usual = ["pipe", Programs.mydumper]

export const run = (vendor: ServerPrograms.Vendor, options: Options) =>
  Effect.gen(function*() {
    const megabytes = Math.round(options.bytes / 1e6)
    const server = yield* Servers.start(vendor, `growth-${megabytes}MB`, options.bytes * 21)
    const connection = yield* Servers.connect(server)
    const shop = yield* Matrix.workshop
    const { programs } = yield* Programs.all(server, options.threads, "")
    const only = options.only.length === 0 ? usual : options.only
    const chosen = programs.filter(({ name }) => only.includes(name) && name !== Programs.floor)
    const measure = (of: Results.Growth["of"], sizes: ReadonlyArray<readonly [size: number, database: string]>) =>
      Effect.map(
        Effect.forEach(sizes, ([size, database]) =>
          Effect.map(
            Matrix.rounds(server, chosen, database, shop, options.pairs),
            ({ cases, missing }) => ({ point: { size, cases }, missing })
          )),
        (points): Results.Growth => ({
          vendor,
          version: server.version,
          of,
          points: points.map(({ point }) => point),
          missing: points[0]?.missing ?? []
        })
      )
    yield* Console.error(`${vendor} ${server.version}: building ${factors.join(", ")} times ${megabytes} MB`)
    yield* Effect.forEach(
      factors,
      (factor) => Data.build(connection, `data${factor}`, options.bytes * factor, [Data.mixed]),
      { discard: true }
    )
    const ofData = yield* measure("data", factors.map((factor) => [factor * megabytes, `data${factor}`] as const))
    yield* Console.error(`${vendor}: building ${tables.join(", ")} tables`)
    yield* Effect.forEach(tables, (count) => Data.buildMany(connection, `tables${count}`, count), { discard: true })
    const ofTables = yield* measure("tables", tables.map((count) => [count, `tables${count}`] as const))
    return [ofData, ofTables]
  }).pipe(Effect.scoped)
