/**
 * Reading Zstandard files: https://www.rfc-editor.org/rfc/rfc8878
 *
 * Frames are taken apart here, so that every decoder sees one whole frame, block by block, and what it gives is held
 * against the size and the checksum that the frame says.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import * as ByteReader from "./byteReader.js"

/** Decodes one frame. It is given the frame's bytes in order: its header, then each block, then its checksum. */
export interface FrameDecoder {
  /** The bytes that this part of the frame holds, in a few pieces. The failure is what is wrong with it. */
  readonly push: (part: Uint8Array, last: boolean) => Effect.Effect<ReadonlyArray<Uint8Array>, string>
}

/** The low 32 bits of XXH64 with a seed of 0, of all bytes so far. */
export interface RunningHash {
  readonly update: (bytes: Uint8Array) => void
  readonly value: () => number
}

/** @internal */
export interface Platform {
  readonly decoder: Effect.Effect<FrameDecoder, never, Scope.Scope>
  /** Gives what makes hashes; asked for once for a file. */
  readonly hashes: Effect.Effect<() => RunningHash>
}

/** What `zstd` takes without being told to: larger ones want more memory than a stranger should be given. */
const largestWindow = 128 * 1024 * 1024

const largestBlock = 128 * 1024

/** What stands before the blocks of a frame. */
export interface Header {
  /** Its bytes, as far as they stand behind the magic number. */
  readonly length: number
  readonly window: number
  readonly contentSize: number | undefined
  readonly hasChecksum: boolean
  readonly dictionary: number
}

const little = (bytes: Uint8Array, at: number, count: number): number => {
  let value = 0
  for (let i = count - 1; i >= 0; i--) {
    value = value * 256 + (bytes[at + i] ?? 0)
  }
  return value
}

/** How many bytes of header follow its first one. */
const headerLength = (descriptor: number) => {
  const single = (descriptor & 0x20) !== 0
  return {
    single,
    window: single ? 0 : 1,
    dictionary: [0, 1, 2, 4][descriptor & 3] ?? 0,
    size: [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  }
}

/** Reads what follows the magic number; all of it must be there. */
const readHeader = (bytes: Uint8Array): Header => {
  const descriptor = bytes[0] ?? 0
  const { dictionary, single, size, window } = headerLength(descriptor)
  const contentSize = size === 0
    ? undefined
    : little(bytes, 1 + window + dictionary, size) + (size === 2 ? 256 : 0)
  const exponent = (bytes[1] ?? 0) >> 3
  const base = 2 ** (10 + exponent)
  return {
    length: 1 + window + dictionary + size,
    window: single ? contentSize ?? 0 : base + (base / 8) * ((bytes[1] ?? 0) & 7),
    contentSize,
    hasChecksum: (descriptor & 4) !== 0,
    dictionary: little(bytes, 1 + window, dictionary)
  }
}

const magic = 0xfd2fb528

const isSkippable = (word: number): boolean => word >= 0x184d2a50 && word <= 0x184d2a5f

const cut = "it ends too early"

/** The bytes of one frame behind its magic number, as they are told by its parts. */
const frame = <E>(
  reader: ByteReader.ByteReader<E>,
  platform: Platform,
  hashes: Platform["hashes"],
  fail: (detail: string) => E
): Effect.Effect<Stream.Stream<Uint8Array, E>, E, Scope.Scope> =>
  Effect.gen(function*() {
    const take = (count: number) =>
      Effect.flatMap(
        reader.take(count),
        (bytes) => bytes.length < count ? Effect.fail(fail(cut)) : Effect.succeed(bytes)
      )
    const descriptor = yield* take(1)
    const { dictionary, size, window } = headerLength(descriptor[0] ?? 0)
    const others = yield* take(window + dictionary + size)
    const head = new Uint8Array(5 + others.length)
    new DataView(head.buffer).setUint32(0, magic, true)
    head.set(descriptor, 4)
    head.set(others, 5)
    const header = readHeader(head.subarray(4))
    if (((descriptor[0] ?? 0) & 8) !== 0) {
      return yield* Effect.fail(fail("its header is damaged, or of a kind that is not known"))
    }
    if (header.dictionary !== 0) {
      return yield* Effect.fail(fail(`it needs the dictionary ${header.dictionary}, which is not there`))
    }
    if (header.window > largestWindow) {
      return yield* Effect.fail(
        fail(`it needs ${header.window} bytes of memory, and at most ${largestWindow} are given`)
      )
    }
    const decoder = yield* platform.decoder
    const hash = header.hasChecksum ? (yield* hashes)() : undefined
    let produced = 0
    let last = false

    const push = (part: Uint8Array, last: boolean) =>
      Effect.flatMap(
        Effect.mapError(decoder.push(part, last), (message) => fail(`its data is damaged (${message})`)),
        (pieces) => {
          for (const piece of pieces) {
            produced += piece.length
            hash?.update(piece)
          }
          return header.contentSize !== undefined && produced > header.contentSize
            ? Effect.fail(fail("it holds more than it says"))
            : Effect.succeed(pieces)
        }
      )
    const end = Effect.suspend(() =>
      header.contentSize !== undefined && produced !== header.contentSize
        ? Effect.fail(fail("it holds less than it says"))
        : Effect.void
    )
    yield* push(head, false)
    const next: Effect.Effect<ReadonlyArray<Uint8Array>, Option.Option<E>> = Effect.gen(function*() {
      if (last) {
        yield* Effect.asSomeError(end)
        return yield* Effect.fail(Option.none())
      }
      const blockHead = yield* Effect.asSomeError(take(3))
      const word = little(blockHead, 0, 3)
      const kind = (word >> 1) & 3
      const regenerated = word >> 3
      if (kind === 3 || regenerated > Math.min(largestBlock, Math.max(header.window, 1))) {
        return yield* Effect.fail(Option.some(fail("its data is damaged (a block of no known kind)")))
      }
      last = (word & 1) !== 0
      const content = yield* Effect.asSomeError(take(kind === 1 ? 1 : regenerated))
      const block = new Uint8Array(3 + content.length)
      block.set(blockHead)
      block.set(content, 3)
      if (!last) {
        return yield* Effect.asSomeError(push(block, false))
      }
      const checksum = header.hasChecksum ? yield* Effect.asSomeError(take(4)) : new Uint8Array(0)
      const tail = new Uint8Array(block.length + checksum.length)
      tail.set(block)
      tail.set(checksum, block.length)
      const pieces = yield* Effect.asSomeError(push(tail, true))
      if (hash !== undefined && hash.value() !== little(checksum, 0, 4)) {
        return yield* Effect.fail(Option.some(fail("what it holds does not match its checksum")))
      }
      return pieces
    })
    return Stream.mapConcat(Stream.repeatEffectOption(next), (pieces) => pieces)
  })

/**
 * The bytes that a Zstandard file holds. It must be whole, of one frame or more, with nothing behind the last. A frame
 * that was made without a checksum has none to hold it against.
 *
 * @internal
 */
export const decode =
  (platform: Platform) =>
  <E>(fail: (detail: string) => E) =>
  (bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E> =>
    Stream.unwrapScoped(Effect.zipWith(ByteReader.make(bytes), Effect.cached(platform.hashes), (reader, hashes) => {
      let frames = 0
      const skip = (left: number): Effect.Effect<void, E> =>
        left === 0 ? Effect.void : Effect.flatMap(reader.peek, (bytes) => {
          const part = Math.min(left, bytes.length)
          reader.skip(part)
          return part === 0 ? Effect.fail(fail(cut)) : skip(left - part)
        })
      const next: Effect.Effect<Stream.Stream<Uint8Array, E>, Option.Option<E>> = Effect.gen(function*() {
        if ((yield* Effect.asSomeError(reader.peek)).length === 0) {
          return yield* Effect.fail(frames === 0 ? Option.some(fail("it is empty")) : Option.none())
        }
        const start = yield* Effect.asSomeError(reader.take(4))
        const word = start.length < 4 ? 0 : little(start, 0, 4)
        if (isSkippable(word)) {
          const size = yield* Effect.asSomeError(reader.take(4))
          yield* Effect.asSomeError(size.length < 4 ? Effect.fail(fail(cut)) : skip(little(size, 0, 4)))
          return Stream.empty
        }
        if (word !== magic) {
          return yield* Effect.fail(Option.some(fail(
            frames === 0
              ? "it is not a Zstandard file, although its name says so"
              : "bytes that belong to nothing follow its end"
          )))
        }
        frames += 1
        return Stream.unwrapScoped(frame(reader, platform, hashes, fail))
      })
      return Stream.flatten(Stream.repeatEffectOption(next))
    }))
