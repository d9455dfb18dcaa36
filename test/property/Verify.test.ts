/**
 * A backup that a restore takes verifies, and one that it refuses does not; what is unpacked is what was dumped.
 */
import { Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Staging, StreamMode } from "@sluice/pipeline"
import { Arbitraries, Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Exit, FastCheck as fc, Layer } from "effect"

import * as flows from "../support/flows.js"
import * as Foreign from "../support/foreign.js"
import * as verifying from "../support/verifying.js"

const isLong = process.env["SLUICE_LONG"] === "1"
const disk = Layer.merge(MemoryFileSystem.layer(), Path.layer)
const memory = Staging.layerMemory({ budget: 1 << 16, threads: 2 })

const { NoDelete, Traditional } = StreamMode.StreamMode

/** Dumps into the folder `/dump` in one mode, and gives what went down the pipe. */
const dumped = (contents: Contents.Contents, mode: StreamMode.StreamMode, options = {}) =>
  Effect.gen(function*() {
    const from = yield* MemoryServer.make(contents)
    const pipe = yield* flows.record
    const verdict = yield* flows.dump({ threads: 2, ...options }).pipe(
      Effect.provide(StreamMode.layerDump(mode)),
      Effect.provide(flows.folder("/dump")),
      Effect.provide(pipe.out),
      Effect.provide(from.layerSource)
    )
    return { verdict, bytes: yield* pipe.bytes }
  })

const restores = (bytes: Uint8Array) =>
  Effect.gen(function*() {
    const to = yield* MemoryServer.make()
    return yield* Effect.exit(
      flows.restore({ threads: 2 }).pipe(
        Effect.provide(StreamMode.layerTraditionalRestore),
        Effect.provide(memory),
        Effect.provide(flows.play([bytes])),
        Effect.provide(to.layerTarget)
      )
    )
  })

const filesIn = (path: string) =>
  Effect.flatMap(MemoryFileSystem.MemoryFileSystem, (disk) =>
    Effect.map(disk.snapshot, (files) =>
      new Map(
        Array.from(files).flatMap(([name, content]) =>
          name.startsWith(`${path}/`) ? [[name.slice(path.length + 1), content] as const] : []
        )
      )))

const counts = ({ bytes, databases, files, objects, rows, tables }: {
  readonly bytes: number
  readonly databases: number
  readonly files: number
  readonly objects: number
  readonly rows: number
  readonly tables: number
}) => ({ bytes, databases, files, objects, rows, tables })

const whole = { complete: true, findingCount: 0, findings: [], remarks: [], leftOut: [] }

const isWhole = (report: Effect.Effect.Success<ReturnType<typeof verifying.folder>>) =>
  assert.deepInclude({ ...report }, whole)

const runs = { fastCheck: { numRuns: isLong ? 300 : 10 }, timeout: 300_000 }

describe("a whole backup", () => {
  it.live.prop(
    "verifies as a stream, as a folder, and as names over a folder, and counts what the dump counted",
    [Arbitraries.contents(), fc.array(fc.nat(), { maxLength: 8 })],
    ([contents, cuts]) =>
      Effect.gen(function*() {
        yield* flows.breathe
        const { bytes, verdict } = yield* dumped(contents, NoDelete())
        const before = yield* filesIn("/dump")
        for (
          const report of [
            yield* verifying.stream(flows.cut(bytes, cuts)),
            yield* verifying.folder("/dump"),
            yield* verifying.names(Foreign.namesOnly(bytes), "/dump")
          ]
        ) {
          isWhole(report)
          assert.deepStrictEqual(counts(report), counts(verdict))
        }
        assert.deepStrictEqual(yield* filesIn("/dump"), before)
      }).pipe(Effect.provide(disk), Effect.orDie),
    runs
  )

  it.live.prop(
    "unpacks into the folder that the dump would have kept, which restores and verifies",
    [Arbitraries.contents(), fc.array(fc.nat(), { maxLength: 8 })],
    ([contents, cuts]) =>
      Effect.gen(function*() {
        yield* flows.breathe
        const { bytes, verdict } = yield* dumped(contents, NoDelete())
        const unpacked = yield* verifying.unpack(flows.cut(bytes, cuts), "/unpacked")
        assert.deepStrictEqual(counts(unpacked), counts(verdict))
        assert.deepStrictEqual(yield* filesIn("/unpacked"), yield* filesIn("/dump"))
        isWhole(yield* verifying.folder("/unpacked"))
        const to = yield* MemoryServer.make()
        yield* flows.restore({}).pipe(
          Effect.provide(StreamMode.layerRestoreDirectory),
          Effect.provide(flows.folder("/unpacked", "Present")),
          Effect.provide(to.layerTarget)
        )
        assert.deepStrictEqual(Contents.diff(contents, yield* to.contents), [])
      }).pipe(Effect.provide(disk), Effect.orDie),
    runs
  )
})

const small = Contents.make(Contents.database("d", {
  tables: [
    Contents.table("t", [Contents.column("id", "bigint"), Contents.column("v", "text")], {
      primaryKey: "id",
      rows: [["1", "a'\n-- x 1\n"], ["2", null], ["3", ""]]
    }),
    Contents.table("u", [Contents.column("v", "int")], { rows: [["7"]] })
  ],
  views: [Contents.view({ name: "w", columns: ["id"], body: "select 1" })],
  routines: [Contents.routine({ kind: "PROCEDURE", name: "p", body: "begin\nselect 1;\nend" })]
}))

type Frames = ReadonlyArray<Foreign.File>

interface Damage {
  readonly what: string
  readonly edit: (bytes: Uint8Array) => Uint8Array
}

const onFrames = (what: string, edit: (files: Frames, at: number, other: number) => Frames) =>
  fc.tuple(fc.nat(), fc.nat()).map(([at, other]): Damage => ({
    what: `${what} (${at}, ${other})`,
    edit: (bytes) => verifying.edited(bytes, (files) => edit(files, at % files.length, other % files.length))
  }))

const without = (files: Frames, at: number): Frames => files.filter((_, i) => i !== at)

/** The kinds of damage that a file or a pipe does. */
const damages: fc.Arbitrary<Damage> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.nat().map((n): Damage => ({
      what: `a cut (${n})`,
      edit: (bytes) => bytes.slice(0, n % bytes.length)
    }))
  },
  {
    weight: 8,
    arbitrary: fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([n, mask]): Damage => ({
      what: `a change (${n}, ${mask})`,
      edit: (bytes) => bytes.map((byte, i) => i === n % bytes.length ? byte ^ mask : byte)
    }))
  },
  fc.tuple(fc.nat(), fc.nat(40)).map(([n, length]): Damage => ({
    what: `a hole (${n}, ${length})`,
    edit: (bytes) =>
      Uint8Array.from([...bytes.subarray(0, n % bytes.length), ...bytes.subarray((n % bytes.length) + length)])
  })),
  fc.constantFrom("x", "\n-- d.t.00009.sql 1\nx", "\n-- metadata 1\nx", " \n").map((more): Damage => ({
    what: `more behind the end (${JSON.stringify(more)})`,
    edit: (bytes) => Uint8Array.from([...bytes, ...Buffer.from(more)])
  })),
  onFrames("a file less", without),
  onFrames("a file twice", (files, at, other) => [
    ...files.slice(0, other),
    ...files.slice(at, at + 1),
    ...files.slice(other)
  ]),
  onFrames("a file somewhere else", (files, at, other) => {
    const rest = without(files, at)
    return [...rest.slice(0, other), ...files.slice(at, at + 1), ...rest.slice(other)]
  }),
  onFrames("two contents swapped", (files, at, other) =>
    files.map((file, i) => {
      const from = i === at ? files[other] : i === other ? files[at] : undefined
      return from === undefined ? file : { name: file.name, bytes: from.bytes }
    })),
  onFrames(
    "another name",
    (files, at) => files.map((file, i) => i === at ? { ...file, name: `d.x.0000${at}.sql` } : file)
  )
)

/** Whether a restore takes it, and that verify and unpack say the same. */
const agree = (bytes: Uint8Array, what: string) =>
  Effect.gen(function*() {
    yield* flows.breathe
    const restored = yield* restores(bytes)
    const isTaken = Exit.isSuccess(restored)
    const report = yield* verifying.stream([bytes])
    const told = JSON.stringify(report.findings)
    assert.strictEqual(report.complete, isTaken, `${what}: restore ${restored}, verify ${told}`)
    assert.strictEqual(report.findingCount > 0, !isTaken, told)
    const unpacked = yield* Effect.exit(verifying.unpack([bytes], "/unpacked"))
    assert.strictEqual(Exit.isSuccess(unpacked), isTaken, `${what}: restore ${restored}, unpack ${unpacked}`)
    const files = yield* filesIn("/unpacked")
    assert.strictEqual(files.has("metadata"), isTaken, what)
    if (!isTaken) {
      assert.strictEqual(flows.failureOf(unpacked)?._tag, "BackupError", what)
      assert.isAbove((yield* verifying.folder("/unpacked")).findingCount, 0, what)
    }
    return isTaken
  })

describe("a damaged backup", () => {
  it.live.prop(
    "of ours is refused by verify and unpack exactly when a restore refuses it",
    [damages],
    ([damage]) =>
      Effect.gen(function*() {
        const { bytes } = yield* dumped(small, Traditional())
        yield* agree(damage.edit(bytes), damage.what)
      }).pipe(Effect.provide(disk), Effect.orDie),
    { fastCheck: { numRuns: isLong ? 5000 : 60 }, timeout: 900_000 }
  )
})
