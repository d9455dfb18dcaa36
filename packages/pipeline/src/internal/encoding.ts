/**
 * What compresses files: the platform's own codecs, which work beside the event loop.
 *
 * @internal
 */
import { Transform } from "node:stream"
import * as Zlib from "node:zlib"

import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** Compresses one file. */
export interface Encoder {
  /** Takes bytes, which are lent for the time of the call, and gives what is ready. */
  readonly push: (bytes: Uint8Array) => Effect.Effect<ReadonlyArray<Uint8Array>>
  /** Gives the rest. */
  readonly end: Effect.Effect<ReadonlyArray<Uint8Array>>
}

/** @internal */
export type Make = Effect.Effect<Encoder, never, Scope.Scope>

const through = (make: () => Transform): Make =>
  Effect.gen(function*() {
    const codec = yield* Effect.acquireRelease(Effect.sync(make), (codec) => Effect.sync(() => codec.destroy()))
    let ready: Array<Uint8Array> = []
    codec.on("data", (bytes: Uint8Array) => {
      ready.push(bytes)
    })
    // The codecs fail for want of memory only, as whatever runs in this process then does.
    const step = (start: (done: () => void) => void) =>
      Effect.async<ReadonlyArray<Uint8Array>>((resume) => {
        const fail = (error: Error): void => resume(Effect.die(error))
        codec.once("error", fail)
        start(() => {
          codec.off("error", fail)
          const pieces = ready
          ready = []
          resume(Effect.succeed(pieces))
        })
      })
    return {
      push: (bytes) => step((done) => codec.write(bytes, done)),
      end: step((done) => codec.once("end", done).end())
    }
  })

/** @internal */
export const gzip: Make = through(() => Zlib.createGzip())

const createZstdCompress: unknown = Reflect.get(Zlib, "createZstdCompress")

/** None before Node 22.15. @internal */
export const zstd: Option.Option<Make> = typeof createZstdCompress === "function"
  ? Option.some(Effect.flatMap(
    // with a checksum, as the program `zstd` writes them
    Effect.sync((): unknown =>
      createZstdCompress({ params: { [Number(Reflect.get(Zlib.constants, "ZSTD_c_checksumFlag"))]: 1 } })
    ),
    (made) =>
      made instanceof Transform ? through(() => made) : Effect.dieMessage("what this Node compresses with is no stream")
  ))
  : Option.none()
