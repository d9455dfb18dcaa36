import { assert, describe, it } from "@effect/vitest"
import { Frame } from "@sluice/format"
import { Contents } from "@sluice/testing"
import { Effect, Exit, FastCheck as fc, Option } from "effect"

import * as Damage from "../support/damage.js"
import * as flows from "../support/flows.js"
import * as Foreign from "../support/foreign.js"

const long = process.env["SLUICE_LONG"] === "1"

/** The real stream of a dump, and the same files compressed. */
const streams = Effect.runSync(Effect.cached(Effect.map(Damage.streamOf(Damage.everything), (plain) => ({
  plain,
  compressed: Foreign.streamOf(Damage.compressedOf(plain))
}))))
type Which = keyof Effect.Effect.Success<typeof streams>
const whiches: ReadonlyArray<Which> = ["plain", "compressed"]

const refused = (bytes: Uint8Array, what: string) =>
  Effect.map(
    Effect.zipRight(flows.breathe, Damage.restoreStream(bytes)),
    (outcome) => Damage.assertRefused(outcome, what)
  )

/** Does it in turn to each of many places, and says how often. */
const each = <A>(places: Iterable<A>, damage: (place: A) => Effect.Effect<unknown>) =>
  Effect.gen(function*() {
    let count = 0
    for (const place of places) {
      yield* damage(place)
      count += 1
    }
    return count
  })

const told = (what: string, count: number) => Effect.sync(() => void process.stderr.write(`damage: ${count} ${what}\n`))

const upTo = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, i) => i)

/** What a byte is changed to: with each bit changed, and all, and what means something in a header. */
const others = (byte: number): ReadonlyArray<number> =>
  [...upTo(8).map((bit) => byte ^ (1 << bit)), byte ^ 0xff, 0x20, 0x0a, 0x30].filter((other, i, all) =>
    other !== byte && all.indexOf(other) === i
  )

const changes = function*(bytes: Uint8Array) {
  for (const [at, byte] of bytes.entries()) {
    for (const other of others(byte)) {
      yield { at, other }
    }
  }
}

/** Every so often the restore itself is asked about what is surely refused; about all else always. */
const everySoOften = 499

const refusedByAll = (bytes: Uint8Array, what: string, number: number) =>
  number % everySoOften !== 0 && Damage.isSurelyRefused(bytes)
    ? number % 100 === 0 ? flows.breathe : Effect.void
    : refused(bytes, what)

describe("a damaged stream", () => {
  for (const which of whiches) {
    it.live(`${which}: is restored when it is whole`, () =>
      Effect.gen(function*() {
        const { exit, target } = yield* Damage.restoreStream((yield* streams)[which])
        assert(Exit.isSuccess(exit), String(exit))
        assert.deepStrictEqual(Contents.diff(Damage.everything, target), [])
      }))
  }

  it.live.prop(
    "that is cut at some byte is refused",
    [fc.constantFrom(...whiches), fc.nat()],
    ([which, n]) =>
      Effect.gen(function*() {
        const bytes = (yield* streams)[which]
        const end = n % bytes.length
        yield* refused(bytes.slice(0, end), `a cut at byte ${end} of ${bytes.length}`)
      }),
    { fastCheck: { numRuns: 40 }, timeout: 300_000 }
  )

  it.live.prop(
    "with some byte changed is refused",
    [fc.constantFrom(...whiches), fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 255 })],
    ([which, inHeader, n, flips]) =>
      Effect.gen(function*() {
        const bytes = (yield* streams)[which]
        const places = inHeader ? Damage.headersOf(bytes) : upTo(bytes.length)
        const at = places[n % places.length] ?? 0
        yield* refused(
          Damage.withByte(bytes, at, (bytes[at] ?? 0) ^ flips),
          `byte ${at} of ${bytes.length}, changed by ${flips}`
        )
      }),
    { fastCheck: { numRuns: 100 }, timeout: 300_000 }
  )

  for (const which of long ? whiches : []) {
    it.live(`${which}: that is cut at any byte is refused`, () =>
      Effect.gen(function*() {
        const bytes = (yield* streams)[which]
        const cuts = yield* each(upTo(bytes.length), (end) =>
          refusedByAll(bytes.slice(0, end), `a cut at byte ${end}`, end))
        assert.strictEqual(cuts, bytes.length)
        yield* told(`cuts of the stream (${which}), all refused`, cuts)
      }), 7_200_000)

    it.live(`${which}: with any byte changed is refused`, () =>
      Effect.gen(function*() {
        const bytes = (yield* streams)[which]
        let number = 0
        const count = yield* each(changes(bytes), ({ at, other }) =>
          Effect.suspend(() => {
            number += 1
            return refusedByAll(Damage.withByte(bytes, at, other), `byte ${at}, ${bytes[at]} made ${other}`, number)
          }))
        assert.isAbove(count, 9 * bytes.length)
        yield* told(`changes of a byte of the stream (${which}, ${bytes.length} bytes), all refused`, count)
      }), 7_200_000)
  }

  it.live("with anything but blanks behind its end is refused", () =>
    Effect.gen(function*() {
      const { plain } = yield* streams
      const and = (more: string) => Buffer.concat([plain, Buffer.from(more)])
      const blank = yield* Damage.restoreStream(and("\n \n"))
      assert(Exit.isSuccess(blank.exit), String(blank.exit))
      yield* refused(and("x"), "a letter")
      yield* refused(and("\n-- d.t.00001.sql 1\nx"), "a file")
      const part = Foreign.filesOf(plain).find(({ name }) => name === "metadata.partial.0")
      assert(part)
      yield* refused(
        Buffer.concat([plain, Foreign.streamOf([{ ...part, name: "metadata.partial.999" }])]),
        "a part of the metadata"
      )
      yield* refused(Buffer.concat([plain, plain]), "the same again")
    }))

  it.live("that lost a file, has one twice, or has its neighbour's content, is refused and the file is named", () =>
    Effect.gen(function*() {
      const { plain } = yield* streams
      const files = Foreign.filesOf(plain)
      for (const [i, file] of files.entries()) {
        const lost = yield* refused(Foreign.streamOf(files.filter((_, j) => i !== j)), `without ${file.name}`)
        // without a part of the metadata it is the next file that nobody announced
        const named = file.name.startsWith("metadata.partial") ? files[i + 1]?.name ?? "metadata" : file.name
        assert.include(lost.message, named)
        const twice = files.flatMap((other, j) => i === j ? [other, other] : [other])
        yield* refused(Foreign.streamOf(twice), `${file.name} twice`)
        const last = files.flatMap((other, j) => j === files.length - 1 ? [file, other] : [other])
        yield* refused(Foreign.streamOf(i === files.length - 1 ? [...files, file] : last), `${file.name} again`)
        const next = files[i + 1]
        if (next !== undefined) {
          const swapped = files.map((other, j) => i === j ? { ...other, bytes: next.bytes } : other)
          yield* refused(Foreign.streamOf(swapped), `${file.name} with what ${next.name} holds`)
        }
      }
    }))

  it.live("whose files come in another order leaves the same, or is refused", () =>
    Effect.gen(function*() {
      const { plain } = yield* streams
      const files = Foreign.filesOf(plain)
      let same = 0
      for (const i of upTo(files.length - 1)) {
        const [a, b] = [files[i], files[i + 1]]
        assert(a && b)
        const outcome = yield* Damage.restoreStream(
          Foreign.streamOf([...files.slice(0, i), b, a, ...files.slice(i + 2)])
        )
        same += Damage.refusedOrEqual(Damage.everything, outcome, `${b.name} before ${a.name}`) === "accepted" ? 1 : 0
      }
      assert.isAbove(same, 0)
      yield* refused(Foreign.streamOf([...files].reverse()), "all the other way round")
    }))

  it.live("into which files of another backup came is refused, also when they are as long", () =>
    Effect.gen(function*() {
      const { plain } = yield* streams
      const other = Foreign.filesOf(yield* Damage.streamOf(Damage.everything))
      const files = Foreign.filesOf(plain)
      assert.deepStrictEqual(other.map(({ name }) => name), files.map(({ name }) => name))
      for (const [i, file] of files.entries()) {
        const mixed = Foreign.streamOf(files.map((own, j) => i === j ? other[j] ?? own : own))
        const outcome = yield* Damage.restoreStream(mixed)
        // what is equal to the last byte is not another file
        const isEqual = Buffer.compare(file.bytes, other[i]?.bytes ?? file.bytes) === 0
        assert.strictEqual(
          Damage.refusedOrEqual(Damage.everything, outcome, `another backup's ${file.name}`),
          isEqual ? "accepted" : "refused"
        )
        assert.strictEqual(isEqual, !file.name.startsWith("metadata"), file.name)
      }
      const half = Math.floor(files.length / 2)
      const error = yield* refused(
        Foreign.streamOf([...files.slice(0, half), ...other.slice(half)]),
        "half of one and half of another"
      )
      assert.match(error.message, /belongs to the backup [0-9a-f]{32}/)
      const changed = files.map((file) => {
        if (file.name !== "d.t.00000.sql") return file
        const bytes = Buffer.from(Buffer.from(file.bytes).toString("latin1").replace("(2,NULL", "(9,NULL"), "latin1")
        assert.strictEqual(bytes.length, file.bytes.length)
        assert.notDeepEqual(new Uint8Array(bytes), new Uint8Array(file.bytes))
        return { ...file, bytes }
      })
      assert.match(
        (yield* refused(Foreign.streamOf(changed), "another chunk that is as long")).message,
        /d\.t\.00000\.sql.*checksum should be crc32:\w+ and is crc32:\w+/
      )
    }))

  it.live("says which file it is about, what should have come and what came", () =>
    Effect.gen(function*() {
      const { plain } = yield* streams
      const files = Foreign.filesOf(plain)
      const frame = files.findIndex(({ name }) => name === "d.t.00000.sql")
      const content = Foreign.streamOf(files.slice(0, frame + 1)).length
      const size = files[frame]?.bytes.length ?? 0
      for (
        const [bytes, message] of [
          [
            plain.slice(0, content - 3),
            new RegExp(`d\\.t\\.00000\\.sql.*should have ${size} bytes and ${size - 3} came`)
          ],
          [plain.slice(0, content), /its last file, metadata, did not come/],
          [new Uint8Array(0), /the input is empty/],
          [Damage.withByte(plain, 0, 0x41), /metadata\.header.*and this one with metadata\.partial\.0/],
          [Damage.withByte(plain, content, 0x41), /0x41 came where the next file or the end should be/],
          [
            Foreign.streamOf(files.map((file, i) => i === frame ? { ...file, bytes: file.bytes.slice(1) } : file)),
            new RegExp(`d\\.t\\.00000\\.sql.*should have ${size} bytes and has ${size - 1}`)
          ]
        ] as const
      ) {
        assert.match((yield* refused(bytes, String(message))).message, message)
      }
    }))
})

describe("a damaged folder", () => {
  /** What a dump leaves in a folder, and what a stream leaves there that was kept. */
  const folders = Effect.map(streams, ({ plain }) => {
    const kept = Foreign.filesOf(plain)
    return { kept, own: kept.filter(({ name }) => !/^metadata\./.test(name)) }
  })
  const damaged = (files: ReadonlyArray<Foreign.File>, i: number, edit: (bytes: Uint8Array) => Uint8Array) =>
    files.map((file, j) => i === j ? { ...file, bytes: edit(file.bytes) } : file)
  const refusedFolder = (files: ReadonlyArray<Foreign.File>, what: string) =>
    Effect.map(
      Effect.zipRight(flows.breathe, Damage.restoreFolder(files)),
      (outcome) => Damage.assertRefused(outcome, what)
    )

  it.live("is restored when it is whole", () =>
    Effect.gen(function*() {
      const { kept, own } = yield* folders
      for (const files of [kept, own]) {
        const { exit, target } = yield* Damage.restoreFolder(files)
        assert(Exit.isSuccess(exit), String(exit))
        assert.deepStrictEqual(Contents.diff(Damage.everything, target), [])
      }
    }))

  it.live.prop(
    "with some byte of a file changed, or a file cut, is refused and the file is named",
    [fc.nat(), fc.nat(), fc.integer({ min: 0, max: 255 })],
    ([n, m, flips]) =>
      Effect.gen(function*() {
        const { kept } = yield* folders
        const i = n % kept.length
        const { bytes, name } = kept[i] ?? { name: "", bytes: new Uint8Array(0) }
        const at = m % bytes.length
        const error = yield* refusedFolder(
          damaged(kept, i, (bytes) =>
            flips === 0 ? bytes.slice(0, at) : Damage.withByte(bytes, at, (bytes[at] ?? 0) ^ flips)),
          `byte ${at} of ${name}, ${flips === 0 ? "cut" : `changed by ${flips}`}`
        )
        assert.include(error.message, name)
      }),
    { fastCheck: { numRuns: 30 }, timeout: 300_000 }
  )

  it.live("that lost a file, or has one that nobody announced, is refused and the file is named", () =>
    Effect.gen(function*() {
      const { kept, own } = yield* folders
      for (const [i, { name }] of own.entries()) {
        assert.include((yield* refusedFolder(own.filter((_, j) => i !== j), `without ${name}`)).message, name)
      }
      const part = kept.findIndex(({ name }) => name === "metadata.partial.0")
      for (const lost of [0, part]) {
        const error = yield* refusedFolder(kept.filter((_, j) => lost !== j), "without a part of the metadata")
        assert.include(error.message, kept[lost]?.name ?? "")
      }
      for (const name of ["d.t.00009.sql", "d.x-schema.sql", "d.t-metadata", "notes.txt"]) {
        assert.include((yield* refusedFolder([...own, { name, bytes: Damage.text("3") }], name)).message, name)
      }
    }))

  if (long) {
    it.live("with any byte of any file changed, or cut there, is refused", () =>
      Effect.gen(function*() {
        const { own } = yield* folders
        let count = 0
        for (const [i, { bytes, name }] of own.entries()) {
          for (const [at, byte] of bytes.entries()) {
            yield* refusedFolder(damaged(own, i, (bytes) => bytes.slice(0, at)), `${name} cut at ${at}`)
            yield* refusedFolder(
              damaged(own, i, (bytes) => Damage.withByte(bytes, at, byte ^ (1 << (at % 8)))),
              `byte ${at} of ${name}`
            )
            count += 2
          }
        }
        yield* told("cuts and changes of files in a folder, all refused", count)
      }), 7_200_000)
  }

  it.live("that a stream of names tells of is held to the same", () =>
    Effect.gen(function*() {
      const { kept } = yield* folders
      const names = Buffer.concat(kept.map(({ name }) => Frame.header(name, 0)))
      const whole = yield* Damage.restoreFolder(kept, Option.some(names))
      assert(Exit.isSuccess(whole.exit), String(whole.exit))
      const places = long ? upTo(names.length) : upTo(names.length).filter((at) => at % 7 === 3)
      const count = yield* each(places, (at) =>
        Effect.gen(function*() {
          yield* flows.breathe
          for (const bytes of [names.subarray(0, at), Damage.withByte(names, at, (names[at] ?? 0) ^ (1 << (at % 8)))]) {
            Damage.assertRefused(yield* Damage.restoreFolder(kept, Option.some(bytes)), `byte ${at} of the names`)
          }
        }))
      assert.isAbove(count, 40)
    }), 900_000)
})
