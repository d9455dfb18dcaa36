/**
 * Many small things made into few: tables read together, writes put together, files announced together.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Source } from "@sluice/pipeline"
import { Chunk, Effect, FastCheck as fc, Option, Stream } from "effect"

import * as batches from "../../packages/pipeline/src/internal/batches.js"
import * as gathering from "../../packages/pipeline/src/internal/gathering.js"
import * as portions from "../../packages/pipeline/src/internal/portions.js"

const tableOf = (name: string): Source.TableInfo => ({
  database: "d",
  name,
  kind: "Table",
  estimatedRows: 0,
  estimatedBytes: 0
})

const chunkOf = (table: Source.TableInfo): Source.Chunk => ({
  table,
  part: 0,
  condition: Option.none(),
  partitions: [],
  note: "small"
})

describe("small tables", () => {
  it.prop(
    "each is in one portion, in their order; a portion is neither too large nor one reader's only",
    {
      sizes: fc.array(fc.option(fc.integer({ min: 0, max: 6_000_000 })), { maxLength: 1500 }),
      readers: fc.integer({ min: 1, max: 8 })
    },
    ({ readers, sizes }) => {
      const tables = sizes.map((_, i) => tableOf(`${i}`))
      const bytes = (table: Source.TableInfo) => sizes[Number(table.name)] ?? null
      const work = portions.group(
        tables,
        (table) => Option.map(Option.fromNullable(bytes(table)), (bytes) => ({ chunk: chunkOf(table), bytes })),
        readers
      )
      const small = work.flatMap((one) => one._tag === "Portion" ? [one.portion.map(({ table }) => table)] : [])
      const others = work.flatMap((one) => one._tag === "Table" ? [one.table] : [])
      assert.deepStrictEqual(small.flat(), tables.filter((table) => bytes(table) !== null))
      assert.deepStrictEqual(others, tables.filter((table) => bytes(table) === null))
      for (const portion of small) {
        assert.isAtMost(portion.length, 100)
        assert.isAtMost(portion.slice(1).reduce((sum, table) => sum + (bytes(table) ?? 0), 0), 16 * 2 ** 20)
      }
      if (small.flat().length >= readers * 4) assert.isAtLeast(small.length, readers)
    }
  )
})

describe("small writes", () => {
  it.effect.prop(
    "come as they were written, put together, and all of them with the flush",
    [fc.array(fc.oneof(fc.nat({ max: 3000 }), fc.nat({ max: 200_000 })), { maxLength: 30 })],
    ([lengths]) =>
      Effect.gen(function*() {
        const parts = lengths.map((length, i) => Buffer.alloc(length, `${i}`))
        const out: Array<Buffer> = []
        const gathered = gathering.make((bytes: Uint8Array) => Effect.sync(() => out.push(Buffer.from(bytes))))
        yield* Effect.forEach(parts, (part) => {
          const lent = Buffer.from(part)
          return Effect.map(gathered.write(lent), () => lent.fill(0))
        })
        yield* gathered.flush
        assert.isTrue(Buffer.concat(parts).equals(Buffer.concat(out)))
        const total = lengths.reduce((sum, length) => sum + length, 0)
        assert.isAtMost(out.length, 1 + 2 * Math.ceil(total / gathering.size) + 1)
        assert.isTrue(out.every(({ length }) => length > 0))
      })
  )
})

describe("what is ready", () => {
  it.effect.prop(
    "comes in its order, in no larger batches than there is room for, whatever it takes",
    {
      elements: fc.array(fc.array(fc.integer({ min: 1, max: 10 }), { maxLength: 12 }), { maxLength: 20 }),
      room: fc.integer({ min: 10, max: 30 })
    },
    ({ elements, room }) =>
      Effect.gen(function*() {
        const seen = yield* Stream.fromIterable(elements).pipe(
          Stream.flatMap((some) => Stream.fromChunk(Chunk.fromIterable(some))),
          batches.whatIsReady<number>(room, (takes) => takes),
          Stream.mapEffect((batch) => Effect.as(Effect.yieldNow(), batch)),
          Stream.runCollect
        )
        assert.deepStrictEqual(Chunk.toReadonlyArray(Chunk.flatten(seen)), elements.flat())
        for (const batch of seen) assert.isNotEmpty(Chunk.toReadonlyArray(batch))
      })
  )

  it.effect("fails with what the stream fails with, after what came before", () =>
    Effect.gen(function*() {
      const got: Array<number> = []
      const error = yield* Stream.concat(Stream.make(1, 2, 3), Stream.fail("broken")).pipe(
        batches.whatIsReady<number>(2, () => 1),
        Stream.runForEach((batch) => Effect.sync(() => got.push(...batch))),
        Effect.flip
      )
      assert.strictEqual(error, "broken")
      assert.deepStrictEqual(got, [1, 2, 3])
    }))
})
