import * as Zlib from "node:zlib"

import { assert, describe, it } from "@effect/vitest"
import { Crc32, Inventory, Metadata } from "@sluice/format"
import { Effect, Either, FastCheck as fc, Option } from "effect"

const part = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/)
const text = fc.stringMatching(/^[A-Za-z0-9,:' +-]{1,20}$/).map((text) => text.trim()).filter((text) => text !== "")
const maybe = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary).map(Option.fromNullable)

const name = fc.oneof(
  part,
  fc.fullUnicodeString({ minLength: 1, maxLength: 8 }),
  fc.constantFrom("a\nb", "]", "\"", "=1")
)
const features = fc.uniqueArray(fc.oneof(part, name.map((name) => `ENGINE ${name}`)), { maxLength: 3 })

const inventory: fc.Arbitrary<Inventory.Inventory> = fc.record({
  vendor: part,
  version: text.map((text) => text.replace(/ +/g, " ")),
  lowerCaseTableNames: fc.constantFrom(0, 1, 2),
  databases: fc.array(
    fc.record({
      name,
      features,
      items: fc.array(
        fc.record({ kind: fc.constantFrom(...Inventory.ItemKind.literals), name, definer: fc.string(), features }),
        { maxLength: 4 }
      )
    }),
    { maxLength: 3 }
  )
})

const metadata: fc.Arbitrary<Metadata.Metadata> = fc.record({
  startedAt: maybe(fc.constant("2026-01-02 03:04:05")),
  finishedAt: maybe(fc.constant("2026-01-02 03:04:06")),
  config: fc.constantFrom(new Map(), new Map([["quote-character", "BACKTICK"]])),
  sessionVariables: fc.constantFrom(new Map(), new Map([["SQL_MODE", "'A,B' /*!40101"]])),
  source: fc.constantFrom(new Map(), new Map([["SOURCE_LOG_FILE", "\"b.000001\""], ["SOURCE_LOG_POS", "4"]])),
  tables: fc.array(
    fc.record({
      database: part,
      table: part,
      realName: fc.oneof(part, fc.constantFrom("back`tick", "ñandú", "a b", "x=y", "[z]")),
      rows: maybe(fc.nat()),
      isView: fc.boolean(),
      isSequence: fc.boolean()
    }),
    { maxLength: 4 }
  ),
  checksums: fc.constant([]),
  announcement: fc.record({
    backupId: part,
    definitions: fc.boolean(),
    consistency: maybe(text),
    inventory: maybe(inventory),
    longestStatement: maybe(fc.nat())
  }).map(Option.some),
  files: fc.uniqueArray(
    fc.record({
      name: part.map((part) => `${part}.sql`),
      bytes: fc.nat(),
      rows: maybe(fc.nat()),
      checksum: fc.nat().map(Crc32.render)
    }),
    { maxLength: 4, selector: (file) => file.name }
  )
})

describe("Metadata", () => {
  it.prop("parse is the inverse of render", [metadata], ([metadata]) => {
    assert.deepStrictEqual(Either.getOrThrow(Metadata.parse(Metadata.render(metadata))), metadata)
  }, { fastCheck: { numRuns: 300 } })

  it.prop(
    "any one byte changed is noticed",
    [metadata, fc.nat(), fc.integer({ min: 1, max: 255 })],
    ([metadata, at, x]) => {
      const bytes = Metadata.render(metadata)
      const index = at % bytes.length
      bytes[index] = (bytes[index] ?? 0) ^ x
      assert(Either.isLeft(Metadata.parse(bytes)))
    },
    { fastCheck: { numRuns: 1000 } }
  )

  it.prop("a cut is noticed", [metadata, fc.nat()], ([metadata, at]) => {
    const bytes = Metadata.render(metadata)
    // the name of our first section is what says that the others must follow
    const from = "[sluice]".length
    assert(Either.isLeft(Metadata.parse(bytes.slice(0, from + (at % (bytes.length - from))))))
  }, { fastCheck: { numRuns: 500 } })

  it.effect("reads what mydumper writes", () =>
    Effect.sync(() => {
      const parsed = Either.getOrThrow(Metadata.parse(Buffer.from(`# Started dump at: 2026-11-22 15:02:47
[config]
quote-character = BACKTICK

[myloader_session_variables]
SQL_MODE='NO_AUTO_VALUE_ON_ZERO' /*!40101

[source]
# SOURCE_LOG_POS = 26356
SOURCE_LOG_POS = 9257

[\`rz\`.\`mydumper_0\`]
real_table_name=back\`\`tick
rows = 7
data_checksum = 3876845686

[\`rz\`.\`v1\`]
real_table_name=v1
rows = 0
is_view = 1

[\`rz\`]
schema_checksum = E7DF63B3
[config]
max-statement-size = 1074
# Finished dump at: 2026-11-22 15:02:48
`)))
      assert.deepStrictEqual(parsed.tables, [
        {
          database: "rz",
          table: "mydumper_0",
          realName: "back`tick",
          rows: Option.some(7),
          isView: false,
          isSequence: false
        },
        { database: "rz", table: "v1", realName: "v1", rows: Option.some(0), isView: true, isSequence: false }
      ])
      assert.deepStrictEqual(parsed.finishedAt, Option.some("2026-11-22 15:02:48"))
      assert.deepStrictEqual(parsed.announcement, Option.none())
      assert.strictEqual(parsed.config.get("max-statement-size"), "1074")
      assert.strictEqual(parsed.source.get("SOURCE_LOG_POS"), "9257")
    }))

  it.effect("refuses what is not text, and a version that it does not know", () =>
    Effect.sync(() => {
      const reason = (bytes: Uint8Array) => {
        const parsed = Metadata.parse(bytes)
        return Either.isLeft(parsed) ? parsed.left.reason : "accepted"
      }
      assert.strictEqual(reason(Uint8Array.of(0xff, 0xfe)), "NotText")
      const above = "[sluice]\nversion = 2\n[sluice.end]\nfiles = 0\n"
      assert.strictEqual(
        reason(Buffer.from(`${above}checksum = ${Crc32.render(Crc32.update(Buffer.from(above)))}\n`)),
        "Version"
      )
    }))
})

describe("Crc32", () => {
  it.prop("is the platform's", [fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 })], ([a, b]) => {
    assert.strictEqual(Crc32.update(a), Zlib.crc32(a))
    assert.strictEqual(Crc32.update(b, Crc32.update(a)), Zlib.crc32(Buffer.concat([a, b])))
  })
})
