import { assert, describe, it } from "@effect/vitest"
import { Shutdown } from "@sluice/pipeline"
import { Deferred, Effect, Exit, Fiber, Stream } from "effect"

/** As the platform's file system reads a file: in a scope of its own, some chunks ahead. */
const file = Stream.unwrapScoped(
  Effect.as(
    Effect.acquireRelease(Effect.void, () => Effect.void),
    Stream.range(1, 20).pipe(
      Stream.rechunk(1),
      Stream.tap(() => Effect.yieldNow()),
      Stream.bufferChunks({ capacity: 2 })
    )
  )
)

const numbers = Stream.concat(file, Stream.suspend(() => Stream.make(21)))

describe("a stream that can be stopped", () => {
  it.scoped("leaves no scope of its own to who runs it: what is acquired there would be released at once", () =>
    Effect.gen(function*() {
      const scope = yield* Effect.scope
      const seen: Array<boolean> = []
      yield* Stream.runForEach(
        Shutdown.stoppable(numbers),
        () => Effect.map(Effect.scope, (one) => void seen.push(one === scope))
      )
      assert.strictEqual(seen.length, 21)
      assert.isFalse(seen.includes(false))
      assert.strictEqual(yield* Effect.scope, scope)
    }))

  it.effect("ends early, also while it waits", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<string>()
      const begun = yield* Deferred.make<void>()
      const released = yield* Deferred.make<void>()
      const endless = Stream.unwrapScoped(Effect.as(
        Effect.acquireRelease(Effect.void, () => Deferred.succeed(released, undefined)),
        Stream.concat(Stream.make(1), Stream.never)
      ))
      const running = yield* Shutdown.stoppable(endless).pipe(
        Stream.tap(() => Deferred.succeed(begun, undefined)),
        Stream.runCollect,
        Effect.provideService(Shutdown.Shutdown, { asked: Deferred.await(asked), poll: Effect.succeedNone }),
        Effect.fork
      )
      yield* Deferred.await(begun)
      yield* Deferred.succeed(asked, "a test")
      assert.deepStrictEqual(Array.from(yield* Fiber.join(running)), [1])
      assert.isTrue(yield* Deferred.isDone(released))
    }))

  it.effect("fails as it did", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(Stream.runDrain(Shutdown.stoppable(Stream.concat(file, Stream.fail("broken")))))
      assert.deepStrictEqual(exit, Exit.fail("broken"))
    }))
})
