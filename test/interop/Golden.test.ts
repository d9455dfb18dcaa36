import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"

import { Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Lines, Row, SchemaFile, Statement } from "@sluice/format"
import { Dump, StreamMode } from "@sluice/pipeline"
import { Arbitraries, Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Either, Exit, FastCheck as fc, Layer } from "effect"

import * as flows from "../support/flows.js"
import * as Foreign from "../support/foreign.js"
import * as Golden from "../support/golden.js"
import * as Myloader from "../support/myloader.js"
import * as Verifying from "../support/verifying.js"

const golden = new URL("../golden/", import.meta.url)

const kept = (name: string): Uint8Array => Uint8Array.from(readFileSync(new URL(name, golden)))

const asText = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1")

// a change of what is written is made on purpose: SLUICE_GOLDEN=write, and then the change is there to be reviewed
if (process.env["SLUICE_GOLDEN"] === "write") {
  rmSync(golden, { recursive: true, force: true })
  mkdirSync(new URL("directory/", golden), { recursive: true })
  for (const [name, stream] of Golden.streams) {
    writeFileSync(new URL(name, golden), await Effect.runPromise(stream))
  }
  for (const [name, bytes] of await Effect.runPromise(Golden.directory)) {
    writeFileSync(new URL(`directory/${name}`, golden), bytes)
  }
}

const changed = "what is written has changed: if that is meant, run this file with SLUICE_GOLDEN=write and commit"

/** What the loader of mydumper's would run is what is in the files, statement for statement and row for row. */
const isTaken = (stream: Uint8Array): void => {
  const loaded = Myloader.load(stream)
  assert.deepStrictEqual(loaded.complaints, [])
  for (const { bytes, name } of Foreign.filesOf(stream)) {
    const theirs = loaded.statements.get(name) ?? []
    if (!name.endsWith(".sql")) {
      continue
    }
    const isRows = /\.\d{5,}\.sql$/.test(name)
    const ours = Either.getOrThrow(Statement.split(bytes, { terminator: isRows ? "lexed" : "guarded" }))
    assert.strictEqual(theirs.length, ours.length, name)
    for (const [i, statement] of ours.entries()) {
      const sent = Myloader.bytesOf(theirs[i] ?? "")
      if (isRows && (theirs[i] ?? "").startsWith("INSERT")) {
        assert.deepStrictEqual(Row.decodeInsert(sent), Row.decodeInsert(statement.bytes), name)
      } else {
        assert.strictEqual(asText(sent), asText(statement.bytes), name)
      }
    }
  }
}

/** A file without the last of its rows. */
const withoutOneRow = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.from(asText(bytes).replace(/(,\("x"\)|"?x"?)\n(;\n)?$/, "$2"), "latin1"))

describe("what we write", () => {
  it("is pinned byte for byte, so that no change goes unseen", async () => {
    assert.isTrue(existsSync(new URL("stream.bin", golden)), "test/golden is not there")
    for (const [name, stream] of Golden.streams) {
      assert.strictEqual(asText(await Effect.runPromise(stream)), asText(kept(name)), `${name}: ${changed}`)
    }
    const files = await Effect.runPromise(Golden.directory)
    assert.deepStrictEqual(readdirSync(new URL("directory/", golden)).sort(), Array.from(files.keys()), changed)
    for (const [name, bytes] of files) {
      assert.strictEqual(asText(bytes), asText(kept(`directory/${name}`)), `${name}: ${changed}`)
    }
  })

  it.live.each(Golden.streams.map(([name]) => name))(
    "is what was there, when what is pinned is restored: %s",
    (name) =>
      Effect.gen(function*() {
        const to = yield* MemoryServer.make()
        const restored = yield* Effect.exit(
          flows.restore({}).pipe(
            Effect.provide(StreamMode.layerTraditionalRestore),
            Effect.provide(flows.folder("/restore")),
            Effect.provide(flows.play([kept(name)])),
            Effect.provide(to.layerTarget)
          )
        )
        assert(Exit.isSuccess(restored), String(restored))
        assert.deepStrictEqual(Contents.diff(Golden.contents, yield* to.contents), [])
      }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)))
  )

  it.live.each(Golden.streams.map(([name]) => name))(
    "is whole, and loses no row unseen: %s",
    (name) =>
      Effect.gen(function*() {
        const report = yield* Verifying.stream([kept(name)])
        assert.deepStrictEqual(report.findings, [])
        assert.strictEqual(report.rows, Contents.rowCount(Golden.contents))
        const isRows = (file: Foreign.File) => /no_key\.00000\.(sql|dat)$/.test(file.name)
        const loses = Verifying.edited(
          kept(name),
          (files) => files.map((file) => isRows(file) ? { ...file, bytes: withoutOneRow(file.bytes) } : file)
        )
        const damaged = yield* Verifying.stream([loses])
        assert.isFalse(damaged.complete)
      }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)))
  )

  it.each(Golden.streams.map(([name]) => name))(
    "keeps to what mydumper's loader takes, in what is pinned: %s",
    (name) => {
      isTaken(kept(name))
    }
  )

  it.live.prop(
    "keeps to what mydumper's loader takes, whatever the databases hold",
    [Arbitraries.contents(), fc.constantFrom(undefined, Lines.tabs, Lines.csv)],
    ([contents, lines]) =>
      Effect.gen(function*() {
        yield* flows.breathe
        const from = yield* MemoryServer.make(contents)
        const pipe = yield* flows.record
        yield* flows.dump({ threads: 2, read: { ...Dump.defaults.read, lines } }).pipe(
          Effect.provide(StreamMode.layerTraditionalDump),
          Effect.provide(flows.folder("/dump")),
          Effect.provide(pipe.out),
          Effect.provide(from.layerSource)
        )
        isTaken(yield* pipe.bytes)
      }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer))),
    { fastCheck: { numRuns: process.env["SLUICE_LONG"] === "1" ? 300 : 25 }, timeout: 120_000 }
  )
})

describe("the model of mydumper's loader", () => {
  const stream = existsSync(new URL("stream.bin", golden)) ? kept("stream.bin") : new Uint8Array(0)
  const edited = (edit: (text: string) => string): ReadonlyArray<string> =>
    Myloader.load(new Uint8Array(Buffer.from(edit(asText(stream)), "latin1"))).complaints

  it.each<readonly [string, (text: string) => string]>([
    ["no line feed before the first header", (text) => text.slice(1)],
    ["a key of [config] that it does not know", (text) => text.replace("quote-character", "quote-charactes")],
    ["a name with a space", (text) => text.replaceAll("shop.orders", "shop orders")],
    ["a byte too many", (text) => text.replace("\n-- metadata.partial.0", " \n-- metadata.partial.0")],
    ["a byte too few", (text) => text.replace(/.\n-- metadata\.partial\.0/s, "\n-- metadata.partial.0")],
    ["a statement without an end", (text) => text.replace("begin\nreturn 1; \nend;\n", "begin\nreturn 1; \nend ;;")],
    ["a body that it would cut", (text) => text.replace("return 1; \n", "return 12;\n")],
    ["a line that no key file has", (text) => text.replace("[sluice]", "sluice] ")],
    ["a database that is not created", (text) => text.replaceAll("shop-schema-create", "shoq-schema-create")],
    ["the same file twice", (text) => text + text.slice(0, text.indexOf("\n-- metadata.partial.0"))]
  ])("complains of %s", (_, edit) => {
    assert.deepStrictEqual(edited((text) => text), [])
    assert.notDeepEqual(edited(edit), [])
  })

  it.each<readonly [string, (text: string) => string]>([
    ["rows of LOAD DATA that do not come", (text) => text.replaceAll(/(-- \S+00000\.)dat/g, "$1dot")],
    ["rows that nothing loads", (text) => text.replaceAll("LOAD DATA LOCAL INFILE", "LOAD DATA LOCAL_INFILE")],
    ["files that nobody may ask for", (text) => text.replaceAll("local-infile = 1", "local-infile = 0")]
  ])("complains of %s", (_, edit) => {
    const lines = asText(kept("stream_csv.bin"))
    const complaints = (text: string) => Myloader.load(new Uint8Array(Buffer.from(text, "latin1"))).complaints
    assert.deepStrictEqual(complaints(lines), [])
    assert.notDeepEqual(complaints(edit(lines)), [])
  })

  it("would send guarded bodies whole", () => {
    const body = new Uint8Array(Buffer.from("begin\n  a;\n  b;\nend"))
    const guarded = asText(SchemaFile.guard(body))
    const complaints: Array<string> = []
    assert.deepStrictEqual(Myloader.statements("x", `${guarded};\n`, complaints), [guarded])
    assert.deepStrictEqual(complaints, [])
  })
})
