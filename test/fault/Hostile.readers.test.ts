/**
 * Whatever a stranger sends, whoever reads it: a restore, a verification, an unpacking. SLUICE_LONG=1 sends more of it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Sql } from "@sluice/format"
import { Trust } from "@sluice/pipeline"
import { Effect } from "effect"

import * as Damage from "../support/damage.js"
import * as Foreign from "../support/foreign.js"
import * as Hostile from "../support/hostile.js"

const long = process.env["SLUICE_LONG"] === "1"

const stream = Effect.runSync(Effect.cached(Damage.streamOf(Damage.everything)))
const files = Effect.map(stream, Foreign.filesOf)

/** The stream with something in it, before its last file. */
const withInside = (bytes: Uint8Array) =>
  Effect.map(
    files,
    (files) => Sql.bytes(Foreign.streamOf(files.slice(0, -1)), bytes, Foreign.streamOf(files.slice(-1)))
  )

/** In CI a few of them. */
const some = <A>(all: ReadonlyArray<A>) => long ? all : all.filter((_, i) => i % 6 === 0)

/** A backup of another tool, a file at a time; `sections` is what its metadata says of tables. */
const foreign = function*(rows: Iterable<Uint8Array>, sections: Iterable<string>): Generator<Uint8Array> {
  const file = (name: string, text: string) => Hostile.frame(name, `${text.length}`, text)
  yield file("metadata.header", "# Started dump at: 2026-01-02 03:04:05\n[config]\nquote-character = BACKTICK\n")
  yield file("d-schema-create.sql", "CREATE DATABASE `d`;\n")
  yield file("d.t-schema.sql", "CREATE TABLE `t` (\n  `a` longtext\n);\n")
  yield* rows
  yield file("metadata", `${Array.from(sections).join("")}\n# Finished dump at: 2026-01-02 03:04:06\n`)
}

const sectionOf = (table: string, rows: number): string =>
  `\n[\`d\`.\`${table}\`]\nreal_table_name=${table}\nrows = ${rows}\n`

for (const [number, [reader, read]] of Hostile.readers.entries()) {
  const refused = (parts: Iterable<Uint8Array>, what: string) =>
    Effect.map(read(parts), ({ complete, said }) => {
      assert.isFalse(complete, what)
      assert.match(said, /^[^\p{Cc}\p{Zl}\p{Zp}]{10,1500}$/mu, what)
      return said
    })

  describe(`hostile input and ${reader}`, () => {
    it.live("takes the stream that it was made from", () =>
      Effect.gen(function*() {
        assert.isTrue((yield* read([yield* stream])).complete)
      }))

    it.live("refuses names that no file of a backup has, and writes nothing elsewhere", () =>
      Effect.gen(function*() {
        for (const name of some(Hostile.names)) {
          yield* refused([yield* withInside(Hostile.frame(name, "1"))], JSON.stringify(name))
        }
      }), 300_000)

    it.live("refuses sizes that are no numbers, negative, huge, or a lie", () =>
      Effect.gen(function*() {
        for (const size of some(Hostile.sizes)) {
          yield* refused([yield* withInside(Hostile.frame("d.t.00001.sql", size))], `size ${size}`)
        }
      }), 300_000)

    it.live(
      "refuses a header, or text before the first, without an end, before much of it was read",
      () =>
        Effect.gen(function*() {
          for (
            const first of [
              Sql.bytes("\n-- "),
              Sql.bytes("x"),
              yield* Effect.map(stream, (all) => all.slice(0, -1))
            ]
          ) {
            let pulled = 0
            const endless = function*() {
              yield first
              for (; pulled < 1000; pulled++) yield new Uint8Array(64 * 1024).fill(0x61)
            }
            yield* refused(endless(), "without an end")
            assert.isBelow(pulled, 20)
          }
        }),
      120_000
    )

    it.live(
      "refuses what becomes very large, in rows and in definitions, and names the way to allow it",
      () =>
        Effect.gen(function*() {
          const before = process.memoryUsage().arrayBuffers
          for (const bombed of ["d.t-schema.sql", "d.t.00000.sql"].filter((_, i) => long || i === number % 2)) {
            const said = yield* refused(
              [Foreign.streamOf(
                Foreign.withoutManifest(yield* files).map((file) =>
                  file.name === bombed ? { name: `${bombed}.zst`, bytes: Hostile.bomb } : file
                )
              )],
              bombed
            )
            assert.include(said, `${bombed}.zst`)
            assert.match(said, /times as many.*--max-expansion/)
          }
          assert.isBelow(process.memoryUsage().arrayBuffers - before, 128 * 1024 * 1024)
        }),
      300_000
    )

    it.live(
      "reads metadata of very many sections once, and does not take them for tables that came",
      () =>
        Effect.gen(function*() {
          const count = long ? 1_000_000 : 10_000
          const sections = function*() {
            yield sectionOf("t", 0)
            for (let i = 0; i < count; i++) yield sectionOf(`t${i}`, 0)
          }
          const said = yield* refused(Hostile.piped(foreign([], sections())), "sections")
          assert.include(said, "d.t0-schema.sql")
          assert.isBelow(said.length, 100_000)
        }),
      1_800_000
    )

    it.live("refuses more files than it was allowed, at the first that is too many", () =>
      Effect.gen(function*() {
        const count = (yield* files).length
        const within = (maximumFiles: number) =>
          Effect.provideService(
            Effect.flatMap(stream, (all) => read([all])),
            Trust.Trust,
            { ...Trust.defaults, maximumFiles }
          )
        assert.isTrue((yield* within(count)).complete)
        const more = yield* within(count - 1)
        assert.isFalse(more.complete)
        assert.include(more.said, `metadata): it has more than ${count - 1} files`)
      }))

    it.live("reads very many tiny files to the last", () =>
      Effect.gen(function*() {
        const count = long ? 20_000 : 200
        const rows = function*() {
          for (let i = 0; i < count; i++) {
            const text = `INSERT INTO \`t\` VALUES(${i});\n`
            yield Hostile.frame(`d.t.${String(i).padStart(5, "0")}.sql`, `${text.length}`, text)
          }
        }
        const whole = yield* read(Hostile.piped(foreign(rows(), [sectionOf("t", count)])))
        assert.strictEqual(whole.said, "")
        assert.isTrue(whole.complete)
        assert.strictEqual(whole.rows, count)
        const less = yield* refused(Hostile.piped(foreign(rows(), [sectionOf("t", count + 1)])), "one is missing")
        assert.match(less, new RegExp(`${count + 1} rows.* ${count}`))
      }), 3_600_000)

    it.live("reads a very long statement, and refuses it when it is cut", () =>
      Effect.gen(function*() {
        const size = (long ? 100 : 8) * 1024 * 1024
        const [head, tail] = ["INSERT INTO `t` VALUES('", "');\n"]
        const text = function*(length: number, end: string): Generator<Uint8Array> {
          yield Hostile.frame("d.t.00000.sql", `${head.length + length + end.length}`, head)
          for (let left = length; left > 0; left -= 1 << 20) yield new Uint8Array(Math.min(left, 1 << 20)).fill(0x61)
          yield Sql.bytes(end)
        }
        const whole = yield* read(foreign(text(size, tail), [sectionOf("t", 1)]))
        assert.strictEqual(whole.said, "")
        assert.strictEqual(whole.rows, 1)
        assert.include(yield* refused(foreign(text(size, ""), [sectionOf("t", 1)]), "cut"), "d.t.00000.sql")
      }), 600_000)
  })
}
