/**
 * What a restore asks of its target before it begins.
 */
import { FileSystem, Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Sql } from "@sluice/format"
import { StreamMode, type Target } from "@sluice/pipeline"
import { MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Layer } from "effect"

import * as ReadAhead from "../../packages/pipeline/src/internal/readAhead.js"
import * as flows from "../support/flows.js"

/** A folder that another tool may have written. */
const files = {
  "metadata":
    "# Started dump at: 2026-01-02 03:04:05\n[config]\nquote-character = BACKTICK\n\n[`d`.`a`]\nreal_table_name=a\n" +
    "rows = 1\n\n[`d`.`v`]\nreal_table_name=v\nis_view = 1\n\n# Finished dump at: 2026-01-02 03:04:06\n",
  "d-schema-create.sql": "CREATE DATABASE `d`;\n",
  "d.a-schema.sql":
    "/*!40101 SET NAMES binary*/;\nCREATE TABLE `a` (\n  `id` int NOT NULL COMMENT 'ENGINE=No COLLATE=none',\n" +
    "  `COLLATE other` varchar(9) COLLATE latin1_german2_ci DEFAULT NULL,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB " +
    "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;\n",
  "d.a.00000.sql": "INSERT INTO `a` VALUES(1,NULL)\n;\n",
  "d.v-schema.sql": "CREATE TABLE `v` (\n  `id` int\n) ENGINE=MEMORY;\n",
  "d.v-schema-view.sql": "DROP TABLE IF EXISTS `v`;\nCREATE VIEW `v` AS select 1 AS `id`;\n"
}

const restored = (obstacles: (demands: Target.Demands) => ReadonlyArray<Target.Obstacle>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory("/backup")
    yield* Effect.forEach(Object.entries(files), ([name, text]) => fs.writeFile(`/backup/${name}`, Sql.bytes(text)))
    const server = yield* MemoryServer.make(undefined, { obstacles })
    const exit = yield* flows.restore({}).pipe(
      Effect.provide(StreamMode.layerRestoreDirectory),
      Effect.provide(flows.folder("/backup", "Present")),
      Effect.provide(server.layerTarget),
      Effect.exit
    )
    return { exit, databases: (yield* server.contents).databases }
  }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)))

describe("what is in the way of a restore", () => {
  it.effect("is told before anything is changed, all at once", () =>
    Effect.gen(function*() {
      const { databases, exit } = yield* restored(() => [
        { reason: "Unsupported", says: "there is no room", advice: "make some" },
        { reason: "Privilege", says: "nobody may", advice: "ask for leave" }
      ])
      assert.strictEqual(
        flows.failureOf(exit)?.message,
        "the target cannot take this backup as it is: there is no room; nobody may. Nothing was changed. Make some; " +
          "ask for leave"
      )
      assert.deepStrictEqual(databases, [])
    }))

  it.effect("is found in the definitions of another tool's folder, which says nothing of it", () =>
    Effect.gen(function*() {
      let seen: Target.Demands | undefined
      const { exit } = yield* restored((demands) => {
        seen = demands
        return [{ reason: "Unsupported", says: "it was seen", advice: "go on" }]
      })
      assert.include(flows.failureOf(exit)?.message ?? "", "it was seen")
      assert.deepStrictEqual(seen?.databases.map(({ features, name, tables }) => ({ name, features, tables })), [{
        name: "d",
        tables: ["a", "v"],
        features: new Map([
          ["COLLATE latin1_german2_ci", "d.a"],
          ["ENGINE InnoDB", "d.a"],
          ["COLLATE utf8mb4_bin", "d.a"]
        ])
      }])
    }))

  it("is no word in a name, a text or a comment, and none of another statement", () => {
    assert.deepStrictEqual(ReadAhead.features("CREATE DATABASE d COLLATE x"), [])
    assert.deepStrictEqual(
      ReadAhead.features(
        "-- ENGINE = a\n# COLLATE b\nCREATE TABLE t (\"ENGINE=c\" INT COMMENT 'it''s \\' COLLATE d') engine e " +
          "/*!50100 PARTITION BY HASH (id) (PARTITION p ENGINE = f) */"
      ),
      ["ENGINE e"]
    )
  })
})
