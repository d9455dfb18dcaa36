/**
 * What decodes Zstandard frames: the platform, where it can, and else JavaScript.
 *
 * @internal
 */
import { Transform } from "node:stream"
import * as Zlib from "node:zlib"

import * as Effect from "effect/Effect"
import * as Fzstd from "fzstd"
import xxhash from "xxhash-wasm"

import type * as Zstd from "./zstd.js"

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** https://github.com/101arrowz/fzstd: it checks no checksums, so that is done by who calls it. */
export const inJavaScript: Zstd.Platform["decoder"] = Effect.sync(() => {
  let pieces: Array<Uint8Array> = []
  const decoder = new Fzstd.Decompress((bytes) => {
    pieces.push(bytes)
  })
  return {
    push: (part, last) =>
      Effect.try({
        try: () => {
          pieces = []
          decoder.push(part, last)
          return pieces.filter((piece) => piece.length > 0)
        },
        catch: messageOf
      })
  }
})

const createZstdDecompress: unknown = Reflect.get(Zlib, "createZstdDecompress")

/** Whether this Node can decode Zstandard itself: from 22.15 on. */
export const isInNode: boolean = typeof createZstdDecompress === "function"

/** A decoder of the platform's, where `isInNode`. */
export const inNode: Zstd.Platform["decoder"] = Effect.gen(function*() {
  const made: unknown = typeof createZstdDecompress === "function" ? createZstdDecompress() : undefined
  if (!(made instanceof Transform)) {
    return yield* Effect.dieMessage("this Node cannot decode Zstandard")
  }
  yield* Effect.addFinalizer(() => Effect.sync(() => made.destroy()))
  let failure: string | undefined
  made.on("error", (error) => {
    failure = messageOf(error)
  })
  return {
    push: (part, last) =>
      Effect.async((resume) => {
        const pieces: Array<Uint8Array> = []
        const collect = (bytes: Uint8Array): void => {
          pieces.push(bytes)
        }
        const done = (): void => {
          made.off("data", collect)
          made.off("end", done)
          made.off("error", done)
          resume(failure === undefined ? Effect.succeed(pieces) : Effect.fail(failure))
        }
        // a block gives at most 128 KB, so that there is little to collect
        made.on("data", collect)
        made.once("error", done)
        if (last) {
          made.once("end", done)
          made.end(part)
        } else {
          made.write(part, () => setImmediate(done))
        }
      })
  }
})

/** https://github.com/jungomi/xxhash-wasm */
const hashes: Zstd.Platform["hashes"] = Effect.map(Effect.promise(() => xxhash()), (api) => () => {
  const running = api.create64()
  return {
    update: (bytes) => {
      running.update(bytes)
    },
    value: () => Number(running.digest() & 0xffffffffn)
  }
})

/** @internal */
export const platform: Zstd.Platform = { decoder: isInNode ? inNode : inJavaScript, hashes }
