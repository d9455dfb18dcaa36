import { existsSync, readdirSync, readFileSync } from "node:fs"

import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import * as verifying from "../support/verifying.js"

const fixtures = new URL("../../../shared/fixtures/", import.meta.url)
const missing = !existsSync(fixtures)
const title = missing
  ? "backups of mydumper's, verified: SKIPPED, because the folder ../shared/fixtures is not beside the repository"
  : "backups of mydumper's, verified"

if (missing) {
  // The reporter does not print the names of skipped tests.
  process.stderr.write(`${title}\n`)
}

const folders = ["dir_mariadb", "dir_mysql97_as_84"]
const streams = ["stream_traditional_mariadb.bin", "stream_load_data_mariadb.bin", "stream_zstd_mariadb.bin"]

const read = (name: string): Uint8Array => Uint8Array.from(readFileSync(new URL(name, fixtures)))

describe.skipIf(missing)(title, () => {
  it.live.each([...folders, ...streams])(
    "%s: nothing is wrong, and not everything can be proven",
    (name) =>
      Effect.gen(function*() {
        const report = yield* name.startsWith("dir_")
          ? verifying.folder(new URL(name, fixtures).pathname)
          : verifying.stream([read(name)])
        assert.deepInclude({ ...report }, { complete: true, findings: [], backupId: null })
        assert.include(report.remarks.join("; "), "the backup has no manifest")
        assert.isAbove(report.rows, 0)
        assert.isAbove(report.tables, 0)
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("a file of rows, or of a definition, that is lost is found by its table or its name", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const from = new URL("dir_mariadb/", fixtures).pathname
      const folder = yield* fs.makeTempDirectoryScoped({ prefix: "sluice-verify-" })
      const names = readdirSync(from)
      for (const name of names) yield* fs.writeFile(`${folder}/${name}`, yield* fs.readFile(`${from}${name}`))
      // the placeholder of a view is needed by nobody when the view itself is there
      const silent = new Set(["rz.v1-schema.sql"])
      const told = new Map([["rz-schema-post.sql", "functions and procedures"], ["rz-schema-triggers.sql", "triggers"]])
      for (const name of names) {
        yield* fs.rename(`${folder}/${name}`, `${folder}/.${name}`)
        const report = yield* verifying.folder(folder)
        yield* fs.rename(`${folder}/.${name}`, `${folder}/${name}`)
        const unproven = told.get(name)
        if (unproven !== undefined) {
          assert.isTrue(report.complete, name)
          assert.isTrue(report.remarks.some((text) => text.includes(`checksum of the ${unproven} of rz`)), name)
        } else {
          assert.strictEqual(report.complete, silent.has(name), `${name}: ${JSON.stringify(report.findings)}`)
        }
      }
    }).pipe(Effect.provide(NodeContext.layer)))

  it.live("a stream that is cut anywhere is found", () =>
    Effect.gen(function*() {
      const bytes = read("stream_traditional_mariadb.bin")
      for (let end = 0; end < bytes.length; end += 397) {
        const report = yield* verifying.stream([bytes.slice(0, end)])
        assert.isFalse(report.complete, `a cut at byte ${end}`)
      }
    }).pipe(Effect.provide(NodeContext.layer)))
})
