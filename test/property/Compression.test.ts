import { gunzipSync, gzipSync } from "node:zlib"

import { assert, describe, it } from "@effect/vitest"
import { Compression, SluiceError } from "@sluice/pipeline"
import { Chunk, Effect, Exit, FastCheck as fc, Option, Stream } from "effect"

import * as flows from "../support/flows.js"
import * as Zstd from "../support/zstd.js"

type Format = "gzip" | "zstd"

/** What is lent is wiped when the next is asked for. */
const lent = (parts: ReadonlyArray<Uint8Array>) =>
  Stream.suspend(() => {
    let last = new Uint8Array(0)
    return Stream.fromIterable(parts).pipe(
      Stream.rechunk(1),
      Stream.map((part) => {
        last.fill(0xee)
        last = part.slice()
        return last
      })
    )
  })

const decode = (format: Format, parts: ReadonlyArray<Uint8Array>) =>
  Effect.gen(function*() {
    const { decode } = yield* Compression.Compression
    const decoded = yield* Stream.runCollect(
      lent(parts).pipe(decode("a.sql.x", format), Stream.map((bytes) => bytes.slice()))
    )
    return new Uint8Array(Buffer.concat(Chunk.toReadonlyArray(decoded)))
  })

const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 90_000 })).map(([byte, count]) => new Uint8Array(count).fill(byte)),
  fc.array(fc.constantFrom("INSERT INTO `t` VALUES(1,\"a\")\n", ",(2,\"b\")\n", ";\n"), { maxLength: 3000 }).map((
    lines
  ) => Uint8Array.from(Buffer.from(lines.join(""))))
)

/** A gzip member, with whatever a header may hold. */
const member = fc.tuple(
  content,
  fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
  fc.option(fc.stringMatching(/^[a-z.]{0,20}$/), { nil: undefined }),
  fc.integer({ min: 0, max: 9 })
).map(([bytes, extra, name, level]) => {
  const plain = gzipSync(bytes, { level })
  const head = Buffer.from(plain.subarray(0, 10))
  head[3] = (extra === undefined ? 0 : 4) | (name === undefined ? 0 : 8)
  const size = Buffer.alloc(2)
  size.writeUInt16LE(extra?.length ?? 0)
  return {
    bytes,
    stored: Buffer.concat([
      head,
      ...(extra === undefined ? [] : [size, extra]),
      ...(name === undefined ? [] : [Buffer.from(`${name}\0`)]),
      plain.subarray(10)
    ])
  }
})

const block = fc.oneof(
  fc.uint8Array({ maxLength: 400 }).map((bytes): Zstd.Block => ({ bytes })),
  fc.record({ byte: fc.nat(255), count: fc.integer({ min: 1, max: 128 * 1024 }) }).map((run): Zstd.Block => ({ run }))
)

const frame = fc.record({
  blocks: fc.array(block, { maxLength: 4 }),
  checksum: fc.boolean(),
  size: fc.boolean()
}).map((frame) => ({ bytes: Zstd.contentOf(frame), stored: Zstd.frame(frame) }))

const note = fc.uint8Array({ maxLength: 20 }).map((bytes) => ({ bytes: new Uint8Array(0), stored: Zstd.note(bytes) }))

const compressed = fc.oneof(
  fc.tuple(fc.constant("gzip" as const), fc.array(member, { minLength: 1, maxLength: 3 })),
  fc.tuple(
    fc.constant("zstd" as const),
    fc.tuple(frame, fc.array(fc.oneof(frame, note), { maxLength: 2 })).map(([first, others]) => [first, ...others])
  )
)

const joined = (parts: ReadonlyArray<{ readonly bytes: Uint8Array; readonly stored: Uint8Array }>) => ({
  bytes: new Uint8Array(Buffer.concat(parts.map(({ bytes }) => bytes))),
  stored: new Uint8Array(Buffer.concat(parts.map(({ stored }) => stored)))
})

const sql = Uint8Array.from(
  Buffer.from(Array.from({ length: 40 }, (_, i) => `(${i * 7919 % 1013},"value ${i}")\n`).join(""))
)

/** One small file of each kind, and what it holds. */
const small: ReadonlyArray<readonly [name: string, format: Format, bytes: Uint8Array, stored: Uint8Array]> = [
  ["gzip", "gzip", sql, new Uint8Array(gzipSync(sql))],
  ["two members", "gzip", sql, new Uint8Array(Buffer.concat([gzipSync(sql.slice(0, 90)), gzipSync(sql.slice(90))]))],
  [
    "zstd, stored",
    "zstd",
    sql.slice(0, 300),
    Zstd.frame({ blocks: [{ bytes: sql.slice(0, 100) }, { bytes: sql.slice(100, 300) }], checksum: true, size: true })
  ],
  ...(Zstd.isInstalled ? [["zstd, compressed", "zstd", sql, Zstd.compress(sql)] as const] : [])
]

const refused = (exit: Exit.Exit<unknown, unknown>): boolean => {
  const error = flows.failureOf(exit)
  return error instanceof SluiceError.BackupError && error.reason === "Damaged" && error.where === "a.sql.x"
}

if (!Zstd.isInstalled) {
  process.stderr.write("what the zstd program writes: SKIPPED, because the program is not there\n")
}

describe("a compressed file", () => {
  it.live.prop(
    "is read as what was compressed, however it is cut, of one member or more",
    [compressed, fc.array(fc.nat(), { maxLength: 20 })],
    ([[format, parts], cuts]) =>
      Effect.gen(function*() {
        const { bytes, stored } = joined(parts)
        const found = yield* decode(format, flows.cut(stored, cuts))
        assert.isTrue(Buffer.from(found).equals(bytes))
      }),
    { fastCheck: { numRuns: 150 } }
  )

  it.live.prop(
    "with anything behind its end is refused",
    [compressed, fc.uint8Array({ minLength: 1, maxLength: 30 })],
    ([[format, parts], garbage]) =>
      Effect.gen(function*() {
        const { stored } = joined(parts)
        // zeros above all: some readers take them for padding, and what follows them for nothing
        for (const more of [garbage, new Uint8Array(8), Buffer.concat([Uint8Array.of(0), stored])]) {
          assert.isTrue(refused(yield* Effect.exit(decode(format, [stored, more]))))
          assert.isTrue(refused(yield* Effect.exit(decode(format, [Buffer.concat([stored, more])]))))
        }
      }),
    { fastCheck: { numRuns: 40 } }
  )

  for (const [name, format, bytes, stored] of small) {
    it.live(`that is cut at any byte is refused: ${name}`, () =>
      Effect.gen(function*() {
        for (let end = 0; end < stored.length; end++) {
          const exit = yield* Effect.exit(decode(format, [stored.slice(0, end)]))
          if (Exit.isSuccess(exit)) {
            // between two members there is a whole file
            assert.strictEqual(name, "two members")
            assert.deepStrictEqual(exit.value, bytes.slice(0, 90))
          } else {
            assert.isTrue(refused(exit), `${end}: ${exit}`)
          }
        }
      }))

    it.live(`with any bit changed is refused, or holds the same: ${name}`, () =>
      Effect.gen(function*() {
        let same = 0
        // each byte in one bit, in the long run in all
        const step = process.env["SLUICE_LONG"] === "1" ? 1 : 9
        for (let bit = 0; bit < stored.length * 8; bit += step) {
          const damaged = stored.slice()
          damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          const exit = yield* Effect.exit(decode(format, [damaged]))
          if (Exit.isSuccess(exit)) {
            assert.deepStrictEqual(exit.value, bytes, `bit ${bit}`)
            same += 1
          } else {
            assert.isTrue(refused(exit), `bit ${bit}: ${exit}`)
          }
        }
        // the time, the system and other notes of a header
        assert.isBelow(same, 120)
      }))
  }

  it.effect("of the other kind, or not compressed at all, is refused", () =>
    Effect.gen(function*() {
      for (const [, format, , stored] of small) {
        for (const bytes of [stored, sql, new Uint8Array(0)]) {
          const other = format === "gzip" ? "zstd" : "gzip"
          assert.isTrue(refused(yield* Effect.exit(decode(other, [bytes]))))
        }
      }
    }))

  it.live(
    "that would become very large gives it a piece at a time, and no more than is asked for",
    () =>
      Effect.gen(function*() {
        const { decode } = yield* Compression.Compression
        const runs: Zstd.Frame = {
          blocks: Array.from({ length: 4000 }, () => ({ run: { byte: 32, count: 128 * 1024 } })),
          checksum: false,
          size: false
        }
        // half a gigabyte of blanks, the checksum of which no one lives to see
        const bombs = [["gzip", gzipSync(Buffer.alloc(1 << 28, 32))], ["zstd", zstdOf(runs)]] as const
        for (const [format, bytes] of bombs) {
          let largest = 0
          const before = process.memoryUsage().arrayBuffers
          yield* Stream.make(new Uint8Array(bytes)).pipe(
            decode("a.sql.x", format),
            Stream.take(200),
            Stream.runForEach((piece) =>
              Effect.sync(() => {
                largest = Math.max(largest, piece.length)
              })
            )
          )
          assert.isAtMost(largest, 512 * 1024)
          assert.isBelow(process.memoryUsage().arrayBuffers - before, 100 * 1024 * 1024)
        }
      })
  )

  it.effect("that asks for too much memory, or for a dictionary, is refused", () =>
    Effect.gen(function*() {
      const stored = Zstd.frame({ blocks: [{ bytes: sql.slice(0, 100) }], checksum: true, size: false })
      const large = stored.slice()
      large[5] = (18 << 3) | 1
      const exit = yield* Effect.exit(decode("zstd", [large]))
      assert.isTrue(refused(exit) && String(exit).includes("bytes of memory"), String(exit))
      const withDictionary = Buffer.concat([stored.subarray(0, 6), Uint8Array.of(7), stored.subarray(6)])
      withDictionary[4] = (withDictionary[4] ?? 0) | 1
      const other = yield* Effect.exit(decode("zstd", [new Uint8Array(withDictionary)]))
      assert.isTrue(refused(other) && String(other).includes("dictionary 7"), String(other))
    }))

  it.live.skipIf(!Zstd.isInstalled)(
    "is read as the zstd program writes it, at any level",
    () =>
      Effect.gen(function*() {
        const rows = Uint8Array.from(Buffer.from(
          Array.from({ length: 30_000 }, (_, i) => `(${i},"${(i * 2654435761 % 4294967296).toString(36)}",NULL)\n`)
            .join("")
        ))
        for (const level of ["-1", "-3", "-9", "-19", "--fast=5", "--no-check", "--long=24"]) {
          const stored = Zstd.compress(rows, level)
          assert.isAbove(stored.length, 0)
          const found = yield* decode("zstd", flows.cut(stored, [1, 5, 1000, 1001, 70_000]))
          assert.isTrue(Buffer.from(found).equals(rows), level)
        }
      })
  )
})

for (const format of ["gzip", "zstd"] as const) {
  const encoder = Compression.encoder(format)
  const skipped = Option.isNone(encoder) ? " (SKIPPED: this Node cannot)" : ""
  describe.skipIf(Option.isNone(encoder))(`what we compress as ${format}${skipped}`, () => {
    it.live.prop(
      "is read as what it was",
      [fc.array(content, { maxLength: 20 })],
      ([parts]) =>
        Effect.gen(function*() {
          const { end, push } = yield* Option.getOrThrow(encoder)
          const pieces = yield* Effect.forEach(parts, (part) => {
            const lent = part.slice()
            return Effect.tap(push(lent), () => Effect.sync(() => lent.fill(0xee)))
          })
          const stored = new Uint8Array(Buffer.concat([...pieces.flat(), ...(yield* end)]))
          const bytes = Buffer.concat(parts)
          assert.isTrue(Buffer.from(yield* decode(format, [stored])).equals(bytes))
          if (format === "gzip") assert.isTrue(gunzipSync(stored).equals(bytes))
        }).pipe(Effect.scoped),
      { fastCheck: { numRuns: 100 } }
    )
  })
}

/** A frame of many runs, written without making what it holds. */
function zstdOf(frame: Zstd.Frame): Uint8Array {
  const head = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 8 << 3)
  const blocks = frame.blocks.map(({ run }, i) => {
    const word = (i === frame.blocks.length - 1 ? 1 : 0) | 2 | ((run?.count ?? 0) << 3)
    return Uint8Array.of(word & 0xff, (word >> 8) & 0xff, (word >> 16) & 0xff, run?.byte ?? 0)
  })
  return new Uint8Array(Buffer.concat([head, ...blocks]))
}
