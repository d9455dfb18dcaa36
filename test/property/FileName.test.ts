import { assert, describe, it } from "@effect/vitest"
import { FileName, Naming } from "@sluice/format"
import { Effect, Either, FastCheck as fc, Option } from "effect"

const { FileName: File } = FileName

const part = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/), fc.stringMatching(/^[0-9]{1,5}$/))
const number = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 2_000_000 }))
const ofTable = fc.record({ database: part, table: part })
const ofChunk = fc.oneof(
  fc.record({ database: part, table: part, part: number, subPart: number }),
  ofTable.map((table) => ({ ...table, part: FileName.unnumbered, subPart: 0 }))
)

const file: fc.Arbitrary<FileName.FileName> = fc.oneof(
  fc.constantFrom(File.Metadata(), File.MetadataHeader(), File.Tablespaces(), File.Users()),
  fc.record({ index: fc.nat() }).map(File.MetadataPartial),
  fc.record({ database: part }).map(File.Database),
  fc.record({ database: part }).map(File.Post),
  ofTable.map(File.Table),
  ofTable.map(File.View),
  ofTable.map(File.Sequence),
  ofTable.map(File.TableRows),
  ofChunk.map(File.Rows),
  ofChunk.map(File.LoadData),
  fc.record({ database: part, table: fc.option(part).map(Option.fromNullable) }).map(File.Triggers)
)

describe("FileName", () => {
  it.prop("parse gives back what render was given", [file], ([file]) => {
    assert.deepStrictEqual(Either.getOrThrow(FileName.parse(FileName.render(file))), { file, compression: "none" })
  }, { fastCheck: { numRuns: 500 } })

  it.effect("refuses every name that could leave a folder", () =>
    Effect.sync(() => {
      const names = [
        "",
        ".",
        "..",
        "../a.b-schema.sql",
        "/etc/passwd",
        "a/b.c-schema.sql",
        "a\\b.c-schema.sql",
        "a\0.b-schema.sql",
        "a\n.b-schema.sql",
        ".a.b-schema.sql",
        `${"a".repeat(300)}.b-schema.sql`
      ]
      for (const name of names) {
        const parsed = FileName.parse(name)
        assert(Either.isLeft(parsed), JSON.stringify(name))
        assert.strictEqual(parsed.left.reason, "Unsafe", JSON.stringify(name))
      }
    }))

  it.effect("refuses names that belong to no backup", () =>
    Effect.sync(() => {
      for (
        const name of [
          "hello.txt",
          "a.sql",
          "a..c.sql",
          "a.b..00000.sql",
          "-schema-create.sql",
          ".-schema.sql",
          "a.b-schema-create.sql",
          "a.00000.sql.x"
        ]
      ) {
        assert(Either.isLeft(FileName.parse(name)), name)
      }
    }))

  it.effect("knows what older versions wrote", () =>
    Effect.sync(() => {
      const known = (name: string) => Either.getOrThrow(FileName.parse(name))
      const rows = { database: "d", table: "t", part: FileName.unnumbered, subPart: 0 }
      assert.deepStrictEqual(known("d.t.sql.gz"), { file: File.Rows(rows), compression: "gzip" })
      assert.deepStrictEqual(known("d.we.ird.sql").file, File.Rows({ ...rows, table: "we.ird" }))
      assert.deepStrictEqual(known("d.we.ird.00001.sql").file, File.Rows({ ...rows, table: "we.ird", part: 1 }))
      assert.deepStrictEqual(known("d.we.ird-schema.sql").file, File.Table({ database: "d", table: "we.ird" }))
      assert.deepStrictEqual(known("d.t.dat").file, File.LoadData(rows))
      assert.deepStrictEqual(known("d.t-metadata").file, File.TableRows({ database: "d", table: "t" }))
      for (const name of ["d.t-checksum", "d.t-schema-checksum", "d-schema-create-checksum"]) {
        assert.deepStrictEqual(known(name).file, File.Bystander({ name }))
      }
    }))

  it.effect("takes names apart from their end, so that tables may be called like files", () =>
    Effect.sync(() => {
      assert.deepStrictEqual(
        Either.getOrThrow(FileName.parse("a-schema.x-schema-view-schema.sql")).file,
        File.Table({ database: "a-schema", table: "x-schema-view" })
      )
      assert.deepStrictEqual(
        Either.getOrThrow(FileName.parse("d.t-schema.00000.sql.zst")),
        { file: File.Rows({ database: "d", table: "t-schema", part: 0, subPart: 0 }), compression: "zstd" }
      )
    }))
})

describe("Naming", () => {
  it.prop("gives every name its own safe part", [fc.uniqueArray(fc.fullUnicodeString({ minLength: 1 }))], ([names]) => {
    const naming = Naming.make(names)
    const parts = names.map(naming.encode)
    assert.strictEqual(new Set(parts).size, names.length)
    for (const part of parts) {
      const name = FileName.render(File.Table({ database: part, table: part }))
      assert.deepStrictEqual(
        Either.getOrThrow(FileName.parse(name)).file,
        File.Table({ database: part, table: part })
      )
      assert.isAtMost(name.length, 90)
    }
  })

  it.effect("keeps plain names and gives aliases to the others, in order", () =>
    Effect.sync(() => {
      const naming = Naming.make(["shop", "we.ird", "mydumper_z", "we.ird", "a b"])
      assert.deepStrictEqual(
        ["shop", "we.ird", "mydumper_z", "a b"].map(naming.encode),
        ["shop", "mydumper_0", "mydumper_1", "mydumper_2"]
      )
    }))
})
