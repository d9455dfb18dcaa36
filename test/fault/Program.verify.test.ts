/**
 * The real program and `verify` and `unpack`: exit codes, what goes where, and what is left behind. No server.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"

import { assert, describe, it } from "@effect/vitest"
import { Sql } from "@sluice/format"
import { Verify } from "@sluice/pipeline"
import { Effect, Schema } from "effect"

import * as Foreign from "../support/foreign.js"
import { assertComplete, assertFailed, type Ended, ended, folder, namesIn } from "../support/program.js"

const golden = fileURLToPath(new URL("../golden/", import.meta.url))
const stream = Uint8Array.from(Fs.readFileSync(`${golden}stream.bin`))
const counts = /of 2 databases, 5 tables, 8 rows, 4 objects, 15 files of 6320 bytes$/

const verify = (words: ReadonlyArray<string>, stdin?: Uint8Array) =>
  ended(["verify", "--no-defaults", ...words], { stdin })

const unpack = (path: string, stdin: Uint8Array) => ended(["unpack", "--no-defaults", "-d", path], { stdin })

const report = ({ stdout }: Ended) =>
  Schema.decodeUnknownSync(Schema.parseJson(Verify.Report))(Buffer.from(stdout).toString("utf8"))

const damaged = stream.map((byte, at) => at === stream.length - 2000 ? byte ^ 1 : byte)

describe("the program, with a backup and no server", () => {
  it.scopedLive("proves a folder, a stream in a file, a stream on standard input, and names over a folder", () =>
    Effect.gen(function*() {
      const kept = yield* folder
      assertComplete(yield* unpack(`${kept}/all`, stream), counts)
      for (
        const end of [
          yield* verify([`${golden}directory`]),
          yield* verify([`${golden}stream.bin`]),
          yield* verify(["-"], stream),
          yield* verify(["-", "-d", `${kept}/all`], Foreign.namesOnly(stream))
        ]
      ) {
        assertComplete(end, counts)
        assert.strictEqual(end.stdout.length, 0, "standard output belongs to data")
      }
    }))

  it.scopedLive("prints one JSON document, whatever it finds", () =>
    Effect.gen(function*() {
      const whole = yield* verify(["--json", "-"], stream)
      assertComplete(whole, counts)
      assert.deepInclude(report(whole), { complete: true, findingCount: 0, findings: [], remarks: [], rows: 8 })
      const bad = yield* verify(["--json", "--quiet", "-"], damaged)
      assert.strictEqual(bad.code, 6)
      const { complete, findingCount, findings } = report(bad)
      assert.isFalse(complete)
      assert.isAbove(findingCount, 0)
      assert.lengthOf(findings, findingCount)
      const absent = yield* verify(["--json", "/nonexistent/backup"])
      assert.strictEqual(absent.code, 6)
      assert.strictEqual(report(absent).findingCount, 1)
    }))

  it.scopedLive("ends with 6 for what is damaged, and tells all of it", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const files = Fs.readdirSync(`${golden}directory`)
      for (const name of files) Fs.copyFileSync(`${golden}directory/${name}`, Path.join(path, name))
      const rows = files.filter((name) => /\.\d{5}\.sql$/.test(name))
      const [lost = "", changed = ""] = rows
      Fs.rmSync(Path.join(path, lost))
      Fs.appendFileSync(Path.join(path, changed), "\n")
      Fs.writeFileSync(Path.join(path, "notes.txt"), "mine")
      const end = yield* verify(["--json", path])
      assert.strictEqual(end.code, 6)
      const found = report(end).findings.map(({ file, reason }) => [reason, file])
      assert.deepStrictEqual(found, [["Unexpected", "notes.txt"], ["Damaged", changed], ["Missing", lost]])
      const [, size] = report(end).findings
      const bytes = Fs.statSync(`${golden}directory/${changed}`).size
      assert.deepInclude(size, { expected: `${bytes} bytes`, found: `${bytes + 1} bytes` })
      assert.match(end.stderr, /^sluice: the backup is not whole: 3 faults, the first: .*notes\.txt.*\n$/m)
      assert.match(end.stderr, /^INCOMPLETE: verify of /m)
      const cut = yield* verify(["-"], stream.slice(0, 3000))
      assert.strictEqual(cut.code, 6)
      assert.strictEqual((yield* verify(["-"], new Uint8Array(0))).code, 6)
    }))

  it.scopedLive("refuses statements that no dump writes, by name, and takes them by leave, which ends with 3", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const odd = "UPDATE `orders` SET `a` = 'hunter2'"
      const files = Foreign.withoutManifest(Foreign.filesOf(stream)).map((file) =>
        file.name === "shop.orders-schema.sql" ? { ...file, bytes: Sql.bytes(file.bytes, odd, ";\n") } : file
      )
      const bytes = Foreign.streamOf(files)
      const leave = "--allow-unknown-statements"
      for (
        const [end, taken] of [
          [yield* verify(["-"], bytes), yield* verify([leave, "-"], bytes)],
          [
            yield* unpack(`${path}/refused`, bytes),
            yield* ended(["unpack", "--no-defaults", "-d", `${path}/taken`, leave], { stdin: bytes })
          ]
        ] as const
      ) {
        assert.strictEqual(end.code, 6, end.stderr)
        assert.match(
          end.stderr,
          /^sluice: .*shop\.orders-schema\.sql, statement \d+.*UPDATE `orders` SET `a` ….*--allow-unknown-statements/m
        )
        assert.strictEqual(taken.code, 3, taken.stderr)
        assert.match(taken.stderr, /^sluice: finished, but not complete: .*shop\.orders-schema\.sql, statement \d+/m)
        assert.match(taken.stderr, /^INCOMPLETE: /m)
        assert.notInclude(`${end.stderr}${taken.stderr}`, "hunter2")
      }
      assert.notInclude(namesIn(`${path}/refused`), "metadata")
      assert.include(namesIn(`${path}/taken`), "metadata")
      // what nothing was taken from is complete
      assertComplete(yield* verify([leave, "-"], stream), counts)
    }))

  it.scopedLive("unpacks into an empty folder only, and leaves no metadata when the stream is damaged", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const out = `${path}/out`
      assertComplete(yield* unpack(out, stream), counts)
      const files = new Map(Foreign.filesOf(stream).map(({ bytes, name }) => [name, bytes]))
      assert.deepStrictEqual(namesIn(out), Array.from(files.keys()).sort())
      for (const [name, bytes] of files) {
        assert.deepStrictEqual(Uint8Array.from(Fs.readFileSync(`${out}/${name}`)), bytes, name)
      }
      assertComplete(yield* verify([out]), counts)
      assertFailed(yield* unpack(out, stream), 7, "the folder is not empty")
      for (const [i, bytes] of [damaged, stream.slice(0, -1), stream.slice(0, 3000)].entries()) {
        const bad = `${path}/bad${i}`
        assertFailed(yield* unpack(bad, bytes), 6, /./)
        assert.notInclude(namesIn(bad), "metadata")
        assert.isEmpty(namesIn(bad).filter((name) => name.startsWith(".")))
        assert.strictEqual((yield* verify([bad])).code, 6)
      }
      assertFailed(yield* unpack(`${path}/names`, Foreign.namesOnly(stream)), 6, "carries names only")
    }))
}, 120_000)
