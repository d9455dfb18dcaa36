/**
 * Backups that mydumper made, held against servers.
 */
import { existsSync, readFileSync } from "node:fs"

import { assert, describe, layer } from "@effect/vitest"
import { Comparison, StreamMode } from "@sluice/pipeline"
import { Effect } from "effect"

import * as backups from "../support/comparingBackups.js"
import * as flows from "../support/flows.js"
import { connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const fixtures = new URL("../../../shared/fixtures/", import.meta.url)
const missing = !existsSync(fixtures)
const title = missing
  ? "backups of mydumper's, compared: SKIPPED, because the folder ../shared/fixtures is not beside the repository"
  : "backups of mydumper's, compared"

if (missing) {
  // The reporter does not print the names of skipped tests.
  process.stderr.write(`${title}\n`)
}

const told = (comparison: Comparison.Comparison): ReadonlyArray<string> =>
  Comparison.lines({ ...comparison, notCompared: [] }).filter((line) => !line.startsWith("note: "))

const directory = { mariadb: "dir_mariadb", mysql: "dir_mysql97_as_84" } as const

const streams = {
  mariadb: ["stream_traditional_mariadb.bin", "stream_load_data_mariadb.bin"],
  mysql: []
} as const

describe.skipIf(missing)(title, () => {
  describeVendors("on", (vendor) => {
    layer(real.oneServer(vendor), { excludeTestServices: true })((it) => {
      it.scoped("are equal to what comes of them, and different from what was changed", () =>
        Effect.gen(function*() {
          const server = yield* real.From
          const folder = new URL(directory[vendor], fixtures).pathname
          const connection = yield* connect(server)
          yield* run(connection, "DROP DATABASE IF EXISTS rz")
          yield* flows.restore({}).pipe(
            Effect.provide(StreamMode.layerRestoreDirectory),
            Effect.provide(flows.folder(folder, "Present")),
            Effect.provide(real.targetOf(server))
          )
          const compare = Effect.provide(backups.folder(folder), real.sourceOf(server, 2))
          const same = yield* compare
          assert.deepStrictEqual(told(same), [])
          assert.include(same.notCompared.join("; "), "the backup has no manifest")
          assert.isAbove(same.rows, 0)
          // a column that mydumper loses, because no list of columns names it
          assert.include(same.notCompared, "column `hid` of `rz`.`inv`: only the target has it")
          assert.isFalse(
            same.notCompared.some((what) => /^all of (?:table|trigger|function|procedure|event)/.test(what))
          )
          for (const name of streams[vendor]) {
            const bytes = Uint8Array.from(readFileSync(new URL(name, fixtures)))
            const streamed = yield* Effect.provide(backups.stream([bytes]), real.sourceOf(server, 2))
            // these were made of less than is there now
            assert.deepStrictEqual(told(streamed).filter((line) => !line.endsWith(": extra in the target")), [], name)
            assert.isAbove(streamed.rows, 0, name)
            assert.deepStrictEqual(streamed.notCompared.filter((what) => what.startsWith("rows of")), [], name)
          }
          yield* run(
            connection,
            "USE rz",
            "SET foreign_key_checks = 0",
            "UPDATE types SET tx = CONCAT(COALESCE(tx, ''), 'x') WHERE id = 1",
            "INSERT INTO nopk SELECT * FROM nopk",
            "DROP TRIGGER trg1",
            "DROP PROCEDURE p1",
            "CREATE PROCEDURE p1() SELECT 77",
            "CREATE TABLE come (id INT)"
          )
          assert.deepStrictEqual(told(yield* compare).filter((line) => !/^ {2}(?:source|target): /.test(line)), [
            "`rz`: procedure `p1`: different",
            "`rz`: table `come`: extra in the target",
            "`rz`: trigger `trg1`: missing in the target",
            "`rz`: rows of `nopk`: 1 row in the source, 2 in the target",
            "  and at least 1 more",
            "  the table has no key: which rows differ cannot be named",
            "`rz`: rows of `types`: 3 rows on both sides, not the same ones",
            "  id = 1: different"
          ])
        }), 120_000)
    })
  })
})
