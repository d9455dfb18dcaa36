/**
 * Backups held against real servers: equal where nothing was changed, whatever is in them, and different in what was.
 */
import { assert, layer } from "@effect/vitest"
import { Comparison, StreamMode } from "@sluice/pipeline"
import type { ScratchServer } from "@sluice/testing"
import { Effect, Option } from "effect"

import { changes, shop } from "../support/comparedShop.js"
import * as backups from "../support/comparingBackups.js"
import * as flows from "../support/flows.js"
import { lenient, long } from "../support/moving.js"
import { connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"
import * as TypeZoo from "../support/typeZoo.js"
import * as Zoo from "../support/zoo/build.js"

const told = (comparison: Comparison.Comparison): ReadonlyArray<string> =>
  Comparison.lines({ ...comparison, notCompared: [] }).filter((line) => !line.startsWith("note: "))

const restore = (folder: string, server: ScratchServer.ScratchServer) =>
  flows.restore({}).pipe(
    Effect.provide(StreamMode.layerRestoreDirectory),
    Effect.provide(flows.folder(folder, "Present")),
    Effect.provide(real.targetOf(server))
  )

const compare = (folder: string, server: ScratchServer.ScratchServer, options = {}) =>
  backups.folder(folder, options).pipe(Effect.provide(real.sourceOf(server, 2)))

describeVendors("CompareBackup", (vendor) => {
  layer(real.twoServersWith(vendor, ["--default-time-zone=+05:30", "--event-scheduler=OFF"]), {
    excludeTestServices: true
  })((it) => {
    it.scoped("a backup of the zoo is equal to what came of it", () =>
      Effect.gen(function*() {
        const zoo = Zoo.zooOf(vendor)
        const [source, target] = [yield* real.From, yield* real.To]
        yield* run(yield* connect(target), "SET GLOBAL event_scheduler = 'OFF'")
        yield* Zoo.build(yield* connect(source), zoo)
        const folder = yield* backups.dump(source, zoo.databases)
        if (long) {
          const own = yield* compare(folder, source)
          assert.deepStrictEqual([told(own), own.notCompared], [[], []])
        }
        yield* restore(folder, target)
        const found = yield* compare(folder, target)
        assert.deepStrictEqual(told(found), [])
        // what no dump takes is told; nothing of what is in the backup
        assert.deepStrictEqual(found.notCompared.filter((what) => /^(?:all|rows|column|definitions)\b/.test(what)), [])
        assert.isTrue(found.equal)
        assert.isAbove(found.tables, 90)
        assert.isAbove(found.objects, 350)
      }), 120_000)

    it.scoped("finds what was changed since, and names it", () =>
      Effect.gen(function*() {
        const server = yield* real.From
        const connection = yield* connect(server)
        yield* run(connection, "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'", ...shop(vendor))
        const folder = yield* backups.dump(server, ["shop", "other"], { chunkRows: Option.some(150) })
        const before = yield* compare(folder, server)
        assert.deepStrictEqual([told(before), before.notCompared], [[], []])
        assert.strictEqual(before.tables, 10)
        for (const [statements] of changes(vendor)) yield* run(connection, ...statements)
        const after = yield* compare(folder, server, { maxDifferences: 5 })
        assert.deepStrictEqual(
          told(after)
            .filter((line) => !/^ {2}(?:source|target): /.test(line))
            .map((line) => line.replace(/\d+ more$/, "N more"))
            .filter((line) => !/^ {2}id = 1\d\d\d: different$/.test(line))
            .sort(),
          changes(vendor)
            .flatMap(([, expected]) => expected)
            .filter((line) => !/^ {2}id = 1\d\d\d: different$/.test(line))
            .sort()
        )
        const many = after.differences.find((one) => one._tag === "Rows" && one.table === "many")
        assert(many?._tag === "Rows")
        assert.strictEqual(many.keys.length, 5)
        assert.isAtMost(many.more, 995)
      }), 120_000)

    it.scoped("a value of any type is equal to itself, and different from others", () =>
      Effect.gen(function*() {
        const [source, target] = [yield* real.From, yield* real.To]
        const kinds = TypeZoo.kindsOf(vendor, Number(source.version.split(".")[0]))
        const connection = yield* connect(source)
        yield* lenient(connection)
        yield* run(connection, "DROP DATABASE IF EXISTS types", "CREATE DATABASE types", "USE types")
        for (const [i, { type, values }] of kinds.entries()) {
          const nullable = type.startsWith("timestamp") ? "NULL DEFAULT NULL" : "DEFAULT NULL"
          yield* run(
            connection,
            `CREATE TABLE t_${i} (id INT PRIMARY KEY, v ${type} ${nullable})`,
            `INSERT IGNORE INTO t_${i} VALUES ${
              [...values, "NULL"].map((value, at) => `(${at + 1}, ${value})`).join(", ")
            }`
          )
        }
        const folder = yield* backups.dump(source, ["types"], {
          read: { statementSize: 2000, completeInsert: false, utc: true }
        })
        yield* restore(folder, target)
        const found = yield* compare(folder, target)
        assert.deepStrictEqual([told(found), found.notCompared], [[], []])
        const there = yield* connect(target)
        yield* lenient(there)
        yield* run(there, "USE types")
        // NULL is different from all else
        for (const i of kinds.keys()) yield* run(there, `UPDATE t_${i} SET v = NULL WHERE id = 1`)
        const after = yield* compare(folder, target, { definitions: false })
        assert.deepStrictEqual(
          after.differences.map((one) =>
            one._tag === "Rows"
              ? `${one.table} ${one.keys.map(({ how, key }) => `${key.join()} ${how}`).join()}`
              : one.what
          ).sort(),
          Array.from(kinds.keys(), (i) => `t_${i} 1 Different`).sort()
        )
      }), 120_000)
  })
})
