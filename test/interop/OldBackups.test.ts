import { gzipSync } from "node:zlib"

import { FileSystem, Path } from "@effect/platform"
import { assert, describe, layer } from "@effect/vitest"
import { Sql } from "@sluice/format"
import type { Restore } from "@sluice/pipeline"
import { Staging, StreamMode } from "@sluice/pipeline"
import { MemoryFileSystem } from "@sluice/testing"
import { Effect, Exit, Layer, Option } from "effect"

import * as flows from "../support/flows.js"
import { connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

type Files = Readonly<Record<string, string>>

const head = "/*!40101 SET NAMES binary*/;\n/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n"
const zone = "/*!40103 SET TIME_ZONE='+00:00' */;\n"
const noted = `SET @PREV_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT;
SET @PREV_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS;
SET @PREV_COLLATION_CONNECTION=@@COLLATION_CONNECTION;
SET character_set_client = utf8mb4;
SET character_set_results = utf8mb4;
SET collation_connection = utf8mb4_general_ci;
`
const restored = `SET character_set_client = @PREV_CHARACTER_SET_CLIENT;
SET character_set_results = @PREV_CHARACTER_SET_RESULTS;
SET collation_connection = @PREV_COLLATION_CONNECTION;
`

const options = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"

/** As 0.10.1, of Debian 12, writes it. */
const version10: Files = {
  "metadata": "Started dump at: 2026-11-22 19:59:50\nFinished dump at: 2026-11-22 19:59:50\n",
  "old-schema-create.sql": "CREATE DATABASE `old` /*!40100 DEFAULT CHARACTER SET latin1 COLLATE latin1_swedish_ci */;",
  "old.t-schema.sql":
    `${head}\n${zone}CREATE TABLE \`t\` (\n  \`id\` int NOT NULL,\n  \`v\` varchar(20) DEFAULT NULL,\n  \`b\` varbinary(10) DEFAULT NULL,\n` +
    `  PRIMARY KEY (\`id\`)\n) ${options};\n`,
  "old.t.sql": `${head}${zone}INSERT INTO \`t\` VALUES\n(0,"a\\nb","\\0\x7f\\""),\n(2,NULL,NULL),\n(3,"","");\n`,
  "old.we ird-schema.sql":
    `${head}\n${zone}CREATE TABLE \`we ird\` (\n  \`id\` int NOT NULL,\n  PRIMARY KEY (\`id\`)\n) ${options};\n`,
  "old.we ird.00000.sql": `${head}${zone}INSERT INTO \`we ird\` VALUES\n(9);\n`,
  "old.we ird.00001.sql": `${head}${zone}INSERT INTO \`we ird\` VALUES\n(10);\n`,
  "old.e-schema.sql":
    `${head}\n${zone}CREATE TABLE \`e\` (\n  \`id\` int NOT NULL,\n  PRIMARY KEY (\`id\`)\n) ${options};\n`,
  "old.e-schema-triggers.sql":
    `${noted}CREATE DEFINER=\`root\`@\`%\` TRIGGER tr BEFORE INSERT ON e FOR EACH ROW SET NEW.id = NEW.id + 1;\n${restored}`,
  "old.vv-schema.sql": "/*!40101 SET NAMES binary*/;\nCREATE TABLE `vv`(\n`id` int,\n`u` int\n)ENGINE=MyISAM;\n",
  "old.vv-schema-view.sql":
    `/*!40101 SET NAMES binary*/;\nDROP TABLE IF EXISTS \`vv\`;\nDROP VIEW IF EXISTS \`vv\`;\n${noted}` +
    `CREATE ALGORITHM=UNDEFINED DEFINER=\`root\`@\`%\` SQL SECURITY DEFINER VIEW \`vv\` AS select \`t\`.\`id\` AS \`id\`,ucase(\`t\`.\`v\`) AS \`u\` from \`t\`;\n${restored}`,
  "old-schema-post.sql":
    `${noted}DROP FUNCTION IF EXISTS \`f\`;\nCREATE DEFINER=\`root\`@\`%\` FUNCTION \`f\`() RETURNS int\n    DETERMINISTIC\n` +
    `BEGIN DECLARE x INT; SET x = 1; \nRETURN x; END;\n${restored}`
}

/** Between 0.11 and 0.14: sections, and files beside the others that say what is in those. */
const version12: Files = {
  ...version10,
  "metadata":
    "Started dump at: 2022-01-02 03:04:05\n[config]\nquote_character = BACKTICK\n[master]\nFile = bin.000001\n" +
    "Position = 4\nExecuted_Gtid_Set = \n\n[`old`.`t`]\nRows = 3\n\nFinished dump at: 2022-01-02 03:04:06\n",
  "old.t-metadata": "3",
  "old.we ird-metadata": "2\n",
  "old.t-checksum": "123456",
  "old.t-schema-checksum": "ab12",
  "old-schema-create-checksum": "AB12"
}

/** Made on a server with ANSI_QUOTES. */
const quoted: Files = {
  "metadata": "# Started dump at: 2024-01-02 03:04:05\n[config]\nquote-character = DOUBLE_QUOTE\n\n" +
    "[\"old\".\"mydumper_0\"]\nreal_table_name=say \"\"hi\"\"\nrows = 2\n\n# Finished dump at: 2024-01-02 03:04:06\n",
  "old-schema-create.sql":
    `${head}CREATE DATABASE /*!32312 IF NOT EXISTS*/ "old" /*!40100 DEFAULT CHARACTER SET latin1 */;\n`,
  "old.mydumper_0-schema.sql":
    `${head}/*!40101 SET SQL_MODE='ANSI_QUOTES,NO_AUTO_VALUE_ON_ZERO'*/;\nCREATE TABLE "say ""hi""" (\n  "id" int NOT NULL,\n  "it's ""v""" varchar(20),\n  PRIMARY KEY ("id")\n);\n`,
  "old.mydumper_0.00000.sql":
    `${head}/*!40101 SET SQL_MODE='ANSI_QUOTES,NO_AUTO_VALUE_ON_ZERO'*/;\nINSERT INTO "say ""hi""" VALUES(0,'a"b')\n,(1,'it''s \\'; "')\n;\n`
}

const onTime = 120_000

describe("backups of older versions of mydumper's", () => {
  describeVendors("restored", (vendor) => {
    layer(real.oneServer(vendor), { excludeTestServices: true })((it) => {
      const rows = (sql: string) =>
        Effect.flatMap(real.From, connect).pipe(
          Effect.flatMap((connection) => connection.query(sql)),
          Effect.map(({ rows }) => rows.map((row) => row.map((cell) => cell === null ? null : Sql.text(cell)))),
          Effect.scoped
        )

      const restore = (files: Files, restoreOptions: Partial<Restore.Options> = {}, compressed = false) =>
        Effect.gen(function*() {
          const connection = yield* connect(yield* real.From)
          yield* run(connection, "DROP DATABASE IF EXISTS old", "DROP DATABASE IF EXISTS other")
          const server = yield* real.From
          return yield* Effect.gen(function*() {
            const fs = yield* FileSystem.FileSystem
            yield* fs.makeDirectory("/backup")
            yield* Effect.forEach(Object.entries(files), ([name, content]) => {
              const isPlain = !compressed || !name.endsWith(".sql")
              const bytes = Sql.bytes(content)
              return fs.writeFile(
                `/backup/${name}${isPlain ? "" : ".gz"}`,
                isPlain ? bytes : new Uint8Array(gzipSync(bytes))
              )
            })
            return yield* Effect.exit(
              flows.restore(restoreOptions).pipe(
                Effect.provide(
                  Layer.provideMerge(
                    StreamMode.layerRestoreDirectory,
                    Staging.layerDirectory({ path: "/backup", contents: "Present" })
                  )
                ),
                Effect.provide(real.targetOf(server))
              )
            )
          }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)))
        }).pipe(Effect.scoped)

      const arrived = Effect.gen(function*() {
        assert.deepStrictEqual(yield* rows("SELECT id, v, HEX(b) FROM old.t ORDER BY id"), [
          ["0", "a\nb", "007F22"],
          ["2", null, null],
          ["3", "", ""]
        ])
        assert.deepStrictEqual(yield* rows("SELECT id FROM old.`we ird` ORDER BY id"), [["9"], ["10"]])
        yield* rows("INSERT INTO old.e VALUES (5)")
        assert.deepStrictEqual(yield* rows("SELECT id, old.f() FROM old.e"), [["6", "1"]])
        assert.deepStrictEqual(yield* rows("SELECT u FROM old.vv WHERE id = 0"), [["A\nB"]])
        assert.deepStrictEqual(
          yield* rows("SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'old'"),
          [["latin1"]]
        )
      })

      it.effect(
        "of 0.10, plain and compressed; it says that it cannot tell what is missing",
        () =>
          Effect.gen(function*() {
            yield* Effect.flatMap(real.From, connect).pipe(
              Effect.flatMap((connection) =>
                run(connection, "CREATE USER IF NOT EXISTS root@'%'", "GRANT ALL ON *.* TO root@'%'")
              ),
              Effect.scoped
            )
            for (const compressed of [false, true]) {
              const exit = yield* restore(version10, {}, compressed)
              assert(Exit.isSuccess(exit), String(exit))
              yield* arrived
              assert.deepInclude(exit.value, { complete: true, rows: 5 })
              assert.include(exit.value.remarks.join(), "would not be noticed")
            }
          }),
        onTime
      )

      it.effect("of 0.10, one table by its name", () =>
        Effect.gen(function*() {
          const named = {
            name: "old.t",
            matches: (database: string, table: string) => database === "old" && table === "t"
          }
          const exit = yield* restore(version10, { includes: (_, table) => table === "t", named: [named] })
          assert(Exit.isSuccess(exit), String(exit))
          assert.strictEqual(exit.value.rows, 3)
        }), onTime)

      it.effect("of 0.12: rows are counted against what the files beside them say", () =>
        Effect.gen(function*() {
          const exit = yield* restore(version12)
          assert(Exit.isSuccess(exit), String(exit))
          yield* arrived
          for (
            const [name, content] of [["old.t-metadata", "4"], ["old.we ird-metadata", "1"], [
              "old.t.sql",
              head
            ]] as const
          ) {
            const error = flows.failureOf(yield* restore({ ...version12, [name]: content }))
            assert(error?._tag === "BackupError", `${name}: ${error}`)
            assert.strictEqual(error.reason, "RowCount")
          }
          const error = flows.failureOf(yield* restore({ ...version12, "old.t-metadata": "many" }))
          assert(error?._tag === "BackupError" && error.reason === "Damaged", String(error))
        }), onTime)

      it.effect("with names in double quotes, also into a database of another name", () =>
        Effect.gen(function*() {
          for (const database of [Option.none(), Option.some("other")]) {
            const exit = yield* restore(quoted, { database })
            assert(Exit.isSuccess(exit), String(exit))
            const name = Option.getOrElse(database, () => "old")
            assert.deepStrictEqual(yield* rows(`SELECT * FROM ${name}.\`say "hi"\` ORDER BY id`), [
              ["0", "a\"b"],
              ["1", "it's '; \""]
            ])
            assert.deepStrictEqual(
              yield* rows(
                `SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '${name}'`
              ),
              [["latin1"]]
            )
          }
          assert.deepStrictEqual(yield* rows("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'old'"), [])
        }), onTime)
    })
  })
})
