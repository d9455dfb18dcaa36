import { Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Sql } from "@sluice/format"
import type { Restore } from "@sluice/pipeline"
import { Staging, StreamMode } from "@sluice/pipeline"
import { MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Exit, Layer } from "effect"

import * as flows from "../support/flows.js"
import * as Foreign from "../support/foreign.js"

const create = (name: string) => `CREATE TABLE ${name} (\n  \`id\` int NOT NULL,\n  PRIMARY KEY (\`id\`)\n);\n`

/** A stream of mydumper's, with a name that holds a space, and aliases of names that are harder to write. */
const files: ReadonlyArray<Foreign.File> = Object.entries({
  "metadata.header": "# Started dump at: 2026-01-02 03:04:05\n[config]\nquote-character = BACKTICK\n",
  "mydumper_0-schema-create.sql": "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `we.ird`;\n",
  "mydumper_0.sp ace-schema.sql": create("`sp ace`"),
  "mydumper_0.mydumper_1-schema.sql": create("`a``b.c`"),
  "mydumper_0.mydumper_2-schema.sql": create("`two\nlines`"),
  "mydumper_0.sp ace.00000.sql": "INSERT INTO `sp ace` VALUES(1)\n;\n",
  "mydumper_0.mydumper_1.00000.sql": "INSERT INTO `a``b.c` VALUES(1)\n,(2)\n;\n",
  "mydumper_0.mydumper_2.00000.sql": "INSERT INTO `two\nlines` VALUES(1)\n,(2)\n,(3)\n;\n",
  "metadata": "[`mydumper_0`.`sp ace`]\nreal_table_name=sp ace\nrows = 1\n\n" +
    "[`mydumper_0`.`mydumper_1`]\nreal_table_name=a``b.c\nrows = 2\n\n" +
    "[`mydumper_0`.`mydumper_2`]\nreal_table_name=two\nlines\nrows = 3\n\n" +
    "# Finished dump at: 2026-01-02 03:04:06\n"
}).map(([name, content]) => ({ name, bytes: Sql.bytes(content) }))

const restore = (options: Partial<Restore.Options>, files: ReadonlyArray<Foreign.File>) =>
  Effect.gen(function*() {
    const to = yield* MemoryServer.make()
    const exit = yield* Effect.exit(
      flows.restore(options).pipe(
        Effect.provide(StreamMode.layerTraditionalRestore),
        Effect.provide(Staging.layerMemory({ budget: 1 << 18, threads: 2 })),
        Effect.provide(flows.play([Foreign.streamOf(files)])),
        Effect.provide(to.layerTarget)
      )
    )
    const { databases } = yield* to.contents
    return {
      exit,
      tables: databases.flatMap(({ name, tables }) =>
        tables.map((table) => [name, table.name, table.rows.length] as const)
      )
        .sort((a, b) => a[2] - b[2])
    }
  }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)), Effect.orDie)

describe("names in another tool's stream", () => {
  it.effect("are the real ones in the end", () =>
    Effect.gen(function*() {
      const { exit, tables } = yield* restore({}, files)
      assert(Exit.isSuccess(exit), String(exit))
      assert.deepStrictEqual(tables, [["we.ird", "sp ace", 1], ["we.ird", "a`b.c", 2], ["we.ird", "two\nlines", 3]])
    }))

  it.effect("are asked for as they really are", () =>
    Effect.gen(function*() {
      const wanted = (database: string, table: string) => database === "we.ird" && table === "a`b.c"
      const { exit, tables } = yield* restore(
        { includes: wanted, named: [{ name: "we.ird.a`b.c", matches: wanted }] },
        files
      )
      assert(Exit.isSuccess(exit), String(exit))
      assert.deepStrictEqual(tables, [["we.ird", "a`b.c", 2]])
    }))

  it.effect("tell which rows are missing", () =>
    Effect.gen(function*() {
      for (const lost of ["mydumper_0.sp ace.00000.sql", "mydumper_0.mydumper_2.00000.sql"]) {
        const { exit } = yield* restore({}, files.filter(({ name }) => name !== lost))
        const error = flows.failureOf(exit)
        assert(error?._tag === "BackupError" && error.reason === "RowCount", String(exit))
      }
    }))
})
