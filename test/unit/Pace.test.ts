import { Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Pace, SluiceError, StreamMode } from "@sluice/pipeline"
import { Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Clock, Effect, FastCheck as fc, Fiber, Layer, Option, Ref, TestClock } from "effect"

import * as LongQueries from "../../packages/mysql/src/internal/longQueries.js"
import * as flows from "../support/flows.js"

describe("a rate", () => {
  it.effect.prop(
    "lets so many bytes pass in a second, however many pass at once",
    [fc.integer({ min: 1, max: 5000 }), fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 8 })],
    ([rate, sizes]) =>
      Effect.gen(function*() {
        const pace = yield* Pace.rate(rate)
        const done = yield* Ref.make(0)
        const began = yield* Clock.currentTimeMillis
        const fiber = yield* Effect.fork(
          Effect.forEach(sizes, (size) => Effect.zipRight(pace.pass(size), Ref.update(done, (n) => n + size)), {
            concurrency: "unbounded"
          })
        )
        const all = sizes.reduce((sum, size) => sum + size, 0)
        // at no time has more passed than the time before allows
        for (let step = 1; step <= 4; step++) {
          yield* TestClock.setTime(began + Math.floor(all / rate * 1000 * step / 4))
          const passed = yield* Ref.get(done)
          assert.isAtMost(passed, ((yield* Clock.currentTimeMillis) - began) / 1000 * rate + 1e-6)
        }
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(fiber)
        assert.strictEqual(yield* Ref.get(done), all)
        // nothing is saved up
        yield* TestClock.adjust("1 hour")
        const next = yield* Effect.fork(pace.pass(rate))
        yield* TestClock.adjust("999 millis")
        assert.isTrue(Option.isNone(yield* Fiber.poll(next)))
        yield* TestClock.adjust("1 millis")
        yield* Fiber.join(next)
      }),
    { fastCheck: { numRuns: 25 } }
  )

  it.effect("holds a whole dump back, over all its readers", () =>
    Effect.gen(function*() {
      const from = yield* MemoryServer.make(Contents.make(Contents.database("d", {
        tables: ["a", "b", "c"].map((name) =>
          Contents.table(name, [Contents.column("id", "int"), Contents.column("t", "text")], {
            primaryKey: "id",
            rows: Array.from({ length: 50 }, (_, i) => [String(i), "x".repeat(90)])
          })
        )
      })))
      const pipe = yield* flows.record
      const fiber = yield* flows.dump({ threads: 3, maxRate: Option.some(1000) }).pipe(
        Effect.provide(StreamMode.layerTraditionalDump),
        Effect.provide(flows.folder("/dump")),
        Effect.provide(pipe.out),
        Effect.provide(from.layerSource),
        Effect.zipRight(Clock.currentTimeMillis),
        Effect.fork
      )
      yield* flows.breathe.pipe(
        Effect.zipRight(TestClock.adjust("1 second")),
        Effect.zipRight(Fiber.poll(fiber)),
        Effect.repeat({ until: Option.isSome })
      )
      // 150 rows of a hundred bytes
      assert.isAtLeast(yield* Fiber.join(fiber), 14_000)
    }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer))))
})

describe("a bound on load", () => {
  it.effect("lets nobody pass while there is more, and is looked at by one for all", () =>
    Effect.gen(function*() {
      const load = yield* Ref.make(9)
      const looks = yield* Ref.make(0)
      const pace = yield* Pace.whileBelow({
        load: Effect.zipRight(Ref.update(looks, (n) => n + 1), Ref.get(load)),
        most: 5,
        every: "1 second"
      })
      const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.fork(pace.pass(1)))
      yield* TestClock.adjust("3500 millis")
      assert.strictEqual(yield* Ref.get(looks), 4)
      assert.isTrue((yield* Effect.forEach(fibers, Fiber.poll)).every(Option.isNone))
      yield* Ref.set(load, 5)
      yield* TestClock.adjust("500 millis")
      yield* Fiber.joinAll(fibers)
      assert.strictEqual(yield* Ref.get(looks), 5)
      yield* Ref.set(load, 9)
      // what was seen a moment ago still holds
      yield* pace.pass(1)
      yield* TestClock.adjust("1 second")
      const late = yield* Effect.fork(pace.pass(1))
      yield* TestClock.adjust("1 minute")
      assert.isTrue(Option.isNone(yield* Fiber.poll(late)))
      yield* Fiber.interrupt(late)
    }))
})

const process = (over: Partial<LongQueries.Process>): LongQueries.Process => ({
  Id: 7,
  User: "app",
  Command: "Query",
  Time: 100,
  Info: "SELECT 'secret'",
  ...over
})

describe("statements that run for long", () => {
  const guard = (
    how: { readonly retries?: number; readonly kill?: boolean },
    lists: ReadonlyArray<ReadonlyArray<LongQueries.Process>>
  ) =>
    Effect.gen(function*() {
      const looks = yield* Ref.make(0)
      const killed = yield* Ref.make<ReadonlyArray<number>>([])
      const outcome = yield* Effect.either(LongQueries.guard(
        { seconds: 60, retries: how.retries ?? 0, interval: "1 minute", kill: how.kill ?? false },
        {
          processes: Effect.map(
            Ref.getAndUpdate(looks, (n) => n + 1),
            (n) => lists[Math.min(n, lists.length - 1)] ?? []
          ),
          kill: (id) => Ref.update(killed, (ids) => [...ids, id])
        }
      )).pipe(Effect.fork, Effect.tap(TestClock.adjust("10 minutes")), Effect.flatMap(Fiber.join))
      return {
        error: outcome._tag === "Left" ? outcome.left : undefined,
        killed: yield* Ref.get(killed),
        looks: yield* Ref.get(looks)
      }
    })

  it.effect("are only those that somebody runs", () =>
    Effect.gen(function*() {
      const others = [
        process({ Time: 60 }),
        process({ Command: "Sleep" }),
        process({ Command: "Binlog Dump" }),
        process({ Command: "Daemon" }),
        process({ User: "system user" }),
        process({ User: "event_scheduler" }),
        process({ Info: null }),
        process({ Time: null })
      ]
      assert.deepStrictEqual(yield* guard({ kill: true }, [others]), { error: undefined, killed: [], looks: 1 })
      const { killed } = yield* guard({ kill: true }, [[
        ...others,
        process({ Id: 8 }),
        process({ Command: "Execute" })
      ]])
      assert.deepStrictEqual(killed, [8, 7])
    }))

  it.effect("end the dump, or are waited for so many times", () =>
    Effect.gen(function*() {
      const { error, killed, looks } = yield* guard({ retries: 2 }, [[process({})]])
      assert.deepStrictEqual([looks, killed], [3, []])
      assert(error instanceof SluiceError.SourceError)
      assert.strictEqual(error.reason, "LockTimeout")
      assert.include(error.message, "connection 7 of app for 100 s")
      assert.notInclude(error.message, "secret")
      assert.deepStrictEqual(yield* guard({ retries: 2 }, [[process({})], [process({})], []]), {
        error: undefined,
        killed: [],
        looks: 3
      })
    }))
})
