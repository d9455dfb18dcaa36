import { assert, describe, it } from "@effect/vitest"
import { Frame, Lines, Sql } from "@sluice/format"
import { Compression, Dump, Staging } from "@sluice/pipeline"
import { Arbitraries, Contents } from "@sluice/testing"
import { Effect, Either, Exit, FastCheck as fc, Layer, Option } from "effect"

import * as flows from "../support/flows.js"

const [traditional, noDelete, noStreamAndNoDelete, noStream] = flows.modes

interface Row {
  readonly dump: flows.Mode
  readonly restore: flows.Mode
  readonly shared: boolean
}

/** The pairs that move a database. */
const moves = (): ReadonlyArray<Row> => {
  assert(traditional && noDelete && noStreamAndNoDelete && noStream)
  return [
    { dump: traditional, restore: traditional, shared: false },
    { dump: traditional, restore: noDelete, shared: false },
    { dump: noDelete, restore: traditional, shared: false },
    { dump: noDelete, restore: noDelete, shared: false },
    { dump: noStreamAndNoDelete, restore: noStreamAndNoDelete, shared: true },
    { dump: noStreamAndNoDelete, restore: noStream, shared: true }
  ]
}

const gzip = Staging.layerCompressed("gzip", Option.getOrThrow(Compression.encoder("gzip")))

/** The same, with compressed files. */
const compressed = (mode: flows.Mode): flows.Mode => ({ ...mode, dump: Layer.provideMerge(mode.dump, gzip) })

const keeps = (mode: flows.Mode): boolean => mode.name.endsWith("NO_DELETE")
const sendsContent = (mode: flows.Mode): boolean => !mode.name.startsWith("NO_STREAM")

const layouts = [
  undefined,
  Lines.tabs,
  { ...Lines.csv, header: true },
  {
    fields: { terminatedBy: Sql.bytes("||"), enclosedBy: 0x27, escapedBy: 0x21 },
    lines: { startingBy: Sql.bytes("> "), terminatedBy: Sql.bytes("\r\n") },
    header: true
  }
]

const readOptions = fc.record({ options: Arbitraries.readOptions, lines: fc.constantFrom(...layouts) })
  .map(({ lines, options }) => ({ ...options, lines }))

const dumpOptions = fc.record({
  threads: fc.integer({ min: 1, max: 4 }),
  chunkRows: fc.option(fc.integer({ min: 3, max: 40 })).map(Option.fromNullable),
  split: fc.boolean(),
  fileBytes: fc.option(fc.integer({ min: 300, max: 3000 })).map(Option.fromNullable),
  read: readOptions
}).map((options): Dump.Options => ({ ...Dump.defaults, ...options }))

describe("the pairs of modes that move a database", () => {
  it.live.prop(
    "leave the same contents on the target, and in the folders what the modes say",
    [
      Arbitraries.contents(),
      fc.constantFrom(...moves()),
      dumpOptions,
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      fc.nat(3).map((n) => n === 3)
    ],
    ([contents, row, dumpOptions, threads, cuts, compresses]) =>
      Effect.gen(function*() {
        yield* flows.breathe
        const done = yield* flows.transfer({
          ...row,
          dump: compresses ? compressed(row.dump) : row.dump,
          contents,
          dumpOptions,
          restoreOptions: { threads },
          through: (bytes) => flows.cut(bytes, cuts)
        })
        assert(Exit.isSuccess(done.dumped), String(done.dumped))
        assert(Exit.isSuccess(done.restored), String(done.restored))
        assert.deepStrictEqual(Contents.diff(contents, done.target), [])
        assert.isTrue(done.dumped.value.complete && done.restored.value.complete)
        assert.strictEqual(done.dumped.value.rows, Contents.rowCount(contents))
        assert.strictEqual(done.restored.value.rows, Contents.rowCount(contents))

        const names = [...flows.namesOf(done.bytes)].sort()
        assert.isTrue(names.every((name) => name.startsWith("metadata") || name.endsWith(".gz") === compresses))
        assert.strictEqual(
          names.some((name) => /\.dat(\.gz)?$/.test(name)),
          dumpOptions.read.lines !== undefined && Contents.rowCount(contents) > 0
        )
        const sizes = Either.getOrThrow(Frame.decoder().push(done.bytes)).flatMap((event) =>
          event._tag === "Header" ? [event.size] : []
        )
        assert.strictEqual(sizes.every((size) => size > 0), sendsContent(row.dump))
        assert.deepStrictEqual(done.left, keeps(row.dump) ? names : [])
        if (row.shared) {
          assert.deepStrictEqual(done.dumpFolder, keeps(row.restore) ? names : [])
        } else {
          assert.deepStrictEqual(done.dumpFolder, done.left)
          assert.deepStrictEqual(done.restoreFolder, keeps(row.restore) ? names : [])
        }
      }),
    // half a second of work each; a machine that has a lot else to do is let off the rest
    { fastCheck: { numRuns: Number(process.env["RUNS"] ?? 40), interruptAfterTimeLimit: 80_000 }, timeout: 120_000 }
  )
})
