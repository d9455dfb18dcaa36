/**
 * Reading gzip files: https://www.rfc-editor.org/rfc/rfc1952
 *
 * The platform's own reader of whole gzip files passes over what follows a zero byte behind a member, so members are
 * taken apart here, and only their deflated data is given to it.
 *
 * @internal
 */
import * as Zlib from "node:zlib"

import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import * as ByteReader from "./byteReader.js"
import * as Engine from "./engine.js"

const outputSize = 128 * 1024

const longestText = 64 * 1024

const flags = { headerChecksum: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 }

const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0

const cut = "it ends too early"

/** Passes the header of a member. */
const header = <E>(reader: ByteReader.ByteReader<E>, fail: (detail: string) => E, first: boolean) =>
  Effect.gen(function*() {
    let checksum = 0
    const take = (count: number) =>
      Effect.flatMap(reader.take(count), (bytes) => {
        checksum = Zlib.crc32(bytes, checksum)
        return bytes.length < count ? Effect.fail(fail(cut)) : Effect.succeed(bytes)
      })
    const magic = yield* reader.take(2)
    if (magic[0] !== 0x1f || magic[1] !== 0x8b) {
      return yield* Effect.fail(
        fail(first ? "it is not a gzip file, although its name says so" : "bytes that belong to nothing follow its end")
      )
    }
    checksum = Zlib.crc32(magic)
    const fixed = yield* take(8)
    const flag = fixed[1] ?? 0
    if (fixed[0] !== 8 || (flag & flags.reserved) !== 0) {
      return yield* Effect.fail(fail("its header is damaged, or of a kind that is not known"))
    }
    if ((flag & flags.extra) !== 0) {
      const length = yield* take(2)
      yield* take((length[0] ?? 0) | ((length[1] ?? 0) << 8))
    }
    for (const text of [flags.name, flags.comment]) {
      let length = 0
      while ((flag & text) !== 0 && (yield* take(1))[0] !== 0) {
        length += 1
        if (length > longestText) {
          return yield* Effect.fail(fail("its header is damaged: a text in it does not end"))
        }
      }
    }
    if ((flag & flags.headerChecksum) !== 0) {
      const expected = checksum & 0xffff
      if ((word(yield* take(2), 0) & 0xffff) !== expected) {
        return yield* Effect.fail(fail("its header does not match its checksum"))
      }
    }
  })

/**
 * The bytes that a gzip file holds. It must be whole, of one member or more, with nothing behind the last.
 *
 * @internal
 */
export const decode =
  <E>(fail: (detail: string) => E) => (bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E> =>
    Stream.unwrapScoped(Effect.gen(function*() {
      const reader = yield* ByteReader.make(bytes)
      let engine: Engine.Engine | undefined
      let fed = 0
      let first = true
      let size = 0
      let checksum = 0
      yield* Effect.addFinalizer(() => Effect.sync(() => engine?.close()))

      const trailer = Effect.gen(function*() {
        const end = yield* reader.take(8)
        if (end.length < 8) {
          return yield* Effect.fail(fail(cut))
        }
        if (word(end, 0) !== checksum >>> 0 || word(end, 4) !== size % 2 ** 32) {
          return yield* Effect.fail(fail("what it holds does not match its checksum"))
        }
      })

      const next: Effect.Effect<Uint8Array, Option.Option<E>> = Effect.gen(function*() {
        for (;;) {
          if (engine === undefined) {
            if ((yield* Effect.asSomeError(reader.peek)).length === 0) {
              return yield* Effect.fail(first ? Option.some(fail("it is empty")) : Option.none())
            }
            yield* Effect.asSomeError(header(reader, fail, first))
            engine = Engine.make(Zlib.createInflateRaw({ chunkSize: outputSize }))
            first = false
            size = 0
            checksum = 0
          }
          const answer = yield* Effect.mapError(
            engine.work,
            (message) =>
              Option.some(fail(message === "unexpected end of file" ? cut : `its data is damaged (${message})`))
          )
          if (answer._tag === "Output") {
            size += answer.bytes.length
            checksum = Zlib.crc32(answer.bytes, checksum)
            return answer.bytes
          }
          reader.skip(fed - (answer._tag === "Ended" ? answer.unused : 0))
          fed = 0
          if (answer._tag === "Ended") {
            engine.close()
            engine = undefined
            yield* Effect.asSomeError(trailer)
          } else {
            const input = yield* Effect.asSomeError(reader.peek)
            fed = input.length
            if (input.length === 0) {
              engine.end()
            } else {
              engine.feed(input)
            }
          }
        }
      })
      return Stream.repeatEffectOption(next)
    }))
