import { execFileSync } from "node:child_process"
import { gzipSync } from "node:zlib"

import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Frame, Metadata } from "@sluice/format"
import { Printable, SluiceError } from "@sluice/pipeline"
import { Contents } from "@sluice/testing"
import { Effect, Exit, Option } from "effect"

import * as Damage from "../support/damage.js"
import * as Foreign from "../support/foreign.js"
import * as Hostile from "../support/hostile.js"

const streams = Effect.runSync(Effect.cached(Damage.streamOf(Damage.everything)))
const files = Effect.map(streams, Foreign.filesOf)

const refused = (bytes: Uint8Array, what: string) =>
  Effect.map(Damage.restoreStream(bytes), (outcome) => Damage.assertRefused(outcome, what))

/** The stream with something in it, before its last file. */
const withInside = (bytes: Uint8Array) =>
  Effect.map(
    files,
    (files) => Damage.text(Foreign.streamOf(files.slice(0, -1)), bytes, Foreign.streamOf(files.slice(-1)))
  )

describe("a hostile stream", () => {
  it.live(
    "with a name that no file of a backup has is refused, and the name is shown in one line",
    () =>
      Effect.gen(function*() {
        for (const name of Hostile.names) {
          const { message } = yield* refused(yield* withInside(Hostile.frame(name, "1")), JSON.stringify(name))
          assert.isBelow(message.length, 1000)
          // before a stream has begun, too
          yield* refused(Hostile.frame(name, "1"), JSON.stringify(name))
        }
        yield* refused(yield* withInside(Hostile.frame("x".repeat(10_000), "1")), "a name of 10,000 bytes")
        yield* refused(
          yield* withInside(Hostile.frame(Uint8Array.of(0x64, 0x2e, 0xff, 0xfe, 0x2e, 0x73), "1")),
          "no UTF-8"
        )
        const { message } = yield* refused(
          yield* withInside(Hostile.frame(`d.${Hostile.escape}.00001.sql`, "1")),
          "an escape sequence"
        )
        assert.include(message, "\\u{1b}[2J")
      }),
    300_000
  )

  it.live(
    "with a size that is no number, negative, huge, or a lie, is refused and takes no memory",
    () =>
      Effect.gen(function*() {
        const before = process.memoryUsage().arrayBuffers
        for (const size of Hostile.sizes) {
          yield* refused(yield* withInside(Hostile.frame("d.t.00001.sql", size)), `size ${size}`)
          yield* refused(Damage.text(Hostile.frame("metadata.header", size)), `size ${size} at the beginning`)
        }
        assert.isBelow(process.memoryUsage().arrayBuffers - before, 64 * 1024 * 1024)
      }),
    300_000
  )

  it.live("whose header, or text before the first, has no end is refused before it is held", () =>
    Effect.gen(function*() {
      const part = new Uint8Array(64 * 1024).fill(0x61)
      let pulled = 0
      const endless = function*(first: Uint8Array) {
        yield first
        for (; pulled < 1000; pulled++) yield part
      }
      for (
        const first of [
          Damage.text("\n-- "),
          Damage.text("x"),
          yield* Effect.map(
            withInside(Damage.text("\n-- ")),
            (bytes) => bytes.slice(0, bytes.lastIndexOf(0x0a, bytes.length) + 1)
          )
        ]
      ) {
        pulled = 0
        const decoder = Frame.decoder()
        let failed = false
        for (const bytes of endless(first)) {
          if (decoder.push(bytes)._tag === "Left") {
            failed = true
            break
          }
        }
        assert.isTrue(failed)
        assert.isBelow(pulled, 10)
      }
    }))

  it.live("with headers in its content leaves what was there", () =>
    Effect.gen(function*() {
      const value = `\n-- metadata 1\nx\n-- ../x 1\ny${"\n-- d.t.00000.sql 3\n".repeat(50)}`
      const contents = Contents.make(Contents.database("d", {
        tables: [Contents.table("t", [Contents.column("v", "blob")], { rows: [[value]] })]
      }))
      const { exit, target } = yield* Damage.restoreStream(yield* Damage.streamOf(contents))
      assert(Exit.isSuccess(exit), String(exit))
      assert.deepStrictEqual(Contents.diff(contents, target), [])
    }))

  it.live("with metadata that is no text, not sealed, or of another making is refused", () =>
    Effect.gen(function*() {
      const all = yield* files
      const [opening] = all
      assert(opening)
      const put = (bytes: Uint8Array) =>
        Foreign.streamOf(all.map((file) => file === opening ? { ...opening, bytes } : file))
      const seal = (text: string) => {
        const sealed = Metadata.render({ ...Metadata.empty, announcement: Option.none() })
        assert.strictEqual(sealed.length, 0)
        return Damage.text(text)
      }
      for (
        const [what, bytes] of [
          ["no UTF-8", Uint8Array.of(0x5b, 0xff, 0xfe, 0x5d)],
          ["UTF-16", new Uint8Array(Buffer.from("[sluice]\nversion = 1\n", "utf16le"))],
          ["a BOM and nothing", Uint8Array.of(0xef, 0xbb, 0xbf)],
          ["NUL", new Uint8Array(opening.bytes.length)],
          ["no seal", seal("[sluice]\nversion = 1\nbackup-id = x\nmanifest = required\n")],
          [
            "keys of objects",
            seal("[__proto__]\nrows = 1\n[constructor]\n__proto__ = 1\n[sluice.files]\n__proto__ = 1 1 crc32:00\n")
          ],
          ["sections without end", seal("[".repeat(100_000))],
          ["sections twice", Damage.text(opening.bytes, opening.bytes)]
        ] as const
      ) {
        yield* refused(put(bytes), what)
      }
    }))
})

describe("a hostile folder", () => {
  /** Writes the files of a backup into a real folder, changes something, and restores from it. */
  const inFolder = (
    what: string,
    change: (folder: string, outside: string, fs: FileSystem.FileSystem) => Effect.Effect<unknown, unknown>,
    message: RegExp
  ) =>
    it.scopedLive(what, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const home = yield* fs.makeTempDirectoryScoped({ prefix: "sluice-hostile-" })
        const [folder, outside] = [`${home}/backup`, `${home}/outside`]
        const all = (yield* files).filter(({ name }) => !name.startsWith("metadata."))
        yield* Damage.written(folder, all)
        yield* Damage.written(outside, all)
        yield* change(folder, outside, fs)
        for (
          const stream of [
            Option.none(),
            Option.some(Buffer.concat((yield* files).map(({ name }) => Frame.header(name, 0))))
          ]
        ) {
          if (Option.isSome(stream)) {
            yield* Damage.written(folder, (yield* files).filter(({ name }) => name.startsWith("metadata.")))
          }
          const outcome = yield* Damage.restoreFrom(folder, stream).pipe(
            // whoever waits for a pipe without a writer waits for ever
            Effect.timeoutFail({ duration: "60 seconds", onTimeout: () => new Error(`${what}: it hangs`) })
          )
          assert.match(Damage.assertRefused(outcome, what).message, message)
        }
        // nobody's files outside were touched
        for (const { bytes, name } of all) {
          assert.deepEqual(yield* fs.readFile(`${outside}/${name}`), new Uint8Array(bytes))
        }
      }).pipe(Effect.provide(NodeContext.layer)), 200_000)

  const data = "d.t.00000.sql"

  inFolder("with a pipe in place of a file does not wait for it", (folder, _, fs) =>
    Effect.zipRight(
      fs.remove(`${folder}/${data}`),
      Effect.sync(() => execFileSync("mkfifo", [`${folder}/${data}`]))
    ), /d\.t\.00000\.sql.*no file but a pipe/)

  inFolder(
    "with a folder in place of a file is refused",
    (folder, _, fs) => Effect.zipRight(fs.remove(`${folder}/${data}`), fs.makeDirectory(`${folder}/${data}`)),
    /no file but a folder/
  )

  inFolder(
    "with a device in place of a file is refused",
    (folder, _, fs) => Effect.zipRight(fs.remove(`${folder}/${data}`), fs.symlink("/dev/zero", `${folder}/${data}`)),
    /no file but a device/
  )

  inFolder(
    "with a link that leaves it is refused, though the file is the right one",
    (folder, outside, fs) =>
      Effect.zipRight(fs.remove(`${folder}/${data}`), fs.symlink(`${outside}/${data}`, `${folder}/${data}`)),
    /a link that leaves the folder/
  )

  inFolder(
    "with a link to nothing, or to itself, is refused",
    (folder, _, fs) =>
      Effect.zipRight(fs.remove(`${folder}/${data}`), fs.symlink(`${folder}/${data}`, `${folder}/${data}`)),
    /d\.t\.00000\.sql/
  )

  inFolder(
    "whose metadata is a link that leaves it is refused",
    (folder, outside, fs) =>
      Effect.zipRight(fs.remove(`${folder}/metadata`), fs.symlink(`${outside}/metadata`, `${folder}/metadata`)),
    /metadata.*a link that leaves the folder/
  )

  it.scopedLive("may itself be a link, and have links that stay inside", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const home = yield* fs.makeTempDirectoryScoped({ prefix: "sluice-hostile-" })
      yield* Damage.written(`${home}/backup`, (yield* files).filter(({ name }) => !name.startsWith("metadata.")))
      yield* fs.rename(`${home}/backup/${data}`, `${home}/backup/.kept`)
      yield* fs.symlink(".kept", `${home}/backup/${data}`)
      yield* fs.symlink("backup", `${home}/link`)
      const { exit, target } = yield* Damage.restoreFrom(`${home}/link`)
      assert(Exit.isSuccess(exit), String(exit))
      assert.deepStrictEqual(Contents.diff(Damage.everything, target), [])
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("hostile compression", () => {
  const foreignWith = (edit: (file: Foreign.File) => Foreign.File) =>
    Effect.map(
      files,
      (files) =>
        Foreign.streamOf(
          Foreign.withoutManifest(files).map((file) => file.name === "d.t.00000.sql" ? edit(file) : file)
        )
    )

  it.live("of members that are cut, or have something behind them, is refused", () =>
    Effect.gen(function*() {
      for (
        const [what, edit] of [
          ["cut", (gz: Uint8Array) => gz.subarray(0, -1)],
          ["cut in the data", (gz: Uint8Array) => gz.subarray(0, Math.floor(gz.length / 2))],
          ["a header only", (gz: Uint8Array) => gz.subarray(0, 10)],
          ["garbage", (gz: Uint8Array) => Damage.text(gz, "garbage")],
          ["zeros", (gz: Uint8Array) => Damage.text(gz, new Uint8Array(512))],
          ["half of another", (gz: Uint8Array) => Damage.text(gz, gz.subarray(0, 15))],
          ["another CRC", (gz: Uint8Array) => Damage.withByte(gz, gz.length - 8, (gz[gz.length - 8] ?? 0) ^ 1)]
        ] as const
      ) {
        const stream = yield* foreignWith(({ bytes, name }) => ({
          name: `${name}.gz`,
          bytes: edit(new Uint8Array(gzipSync(bytes)))
        }))
        assert.include((yield* refused(stream, what)).message, "d.t.00000.sql.gz")
      }
    }))

  it.live(
    "that becomes very large takes no memory, and is refused when it grows beyond all measure",
    () =>
      Effect.gen(function*() {
        const before = process.memoryUsage().arrayBuffers
        const stream = yield* foreignWith(({ name }) => ({ name: `${name}.zst`, bytes: Hostile.bomb }))
        const { message } = yield* refused(stream, "a bomb")
        assert.match(message, /d\.t\.00000\.sql\.zst.*times/)
        assert.isBelow(process.memoryUsage().arrayBuffers - before, 128 * 1024 * 1024)
      }),
    120_000
  )
})

describe("what is shown of hostile text", () => {
  it("is one line that a terminal does not obey, of bounded length", () => {
    const { message } = new SluiceError.BackupError({
      reason: "Damaged",
      what: `w${Hostile.escape}`,
      where: `\u009b31m${"x".repeat(100_000)}`,
      detail: `a\n\n  b\rc\u2028d\u202ee\ud800f${"\u0007".repeat(5000)}`,
      advice: `\u0000${"y".repeat(100_000)}`
    })
    assert.match(message, /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202e]+$/u)
    assert.isBelow(message.length, 20_000)
    assert.include(message, "a b\\u{d}c\\u{2028}d\\u{202e}e\\u{d800}f")
  })

  it("is left alone when it is harmless", () => {
    for (const text of ["shop.orders", "größe 日本 😀", "a 'quoted' \"name\"", ""]) {
      assert.strictEqual(Printable.line(text, 100), text)
    }
  })
})
