/**
 * What the target cannot take of another tool's folder, and of what belongs to accounts that it does not have, is found
 * before anything is changed there.
 */
import { FileSystem } from "@effect/platform"
import { assert, layer } from "@effect/vitest"
import { Sql } from "@sluice/format"
import { MysqlTarget } from "@sluice/mysql"
import { Staging, StreamMode, Target } from "@sluice/pipeline"
import { Effect, Exit, Layer, Option, Redacted } from "effect"

import * as flows from "../support/flows.js"
import { ask, connect, everythingIn, optionsOf, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const filesOf = (options: string): Readonly<Record<string, string>> => ({
  "metadata":
    "# Started dump at: 2026-01-02 03:04:05\n[config]\nquote-character = BACKTICK\n\n[`copy`.`t`]\nreal_table_name=t\n" +
    "rows = 1\n\n# Finished dump at: 2026-01-02 03:04:06\n",
  "copy-schema-create.sql": "CREATE DATABASE `copy`;\n",
  "copy.t-schema.sql": `CREATE TABLE \`t\` (\n  \`id\` int NOT NULL,\n  PRIMARY KEY (\`id\`)\n) ${options};\n`,
  "copy.t.00000.sql": "INSERT INTO `t` VALUES(1)\n;\n"
})

const clerk = { user: "clerk", password: Redacted.make("clerk") }

describeVendors("before a restore begins", (vendor) => {
  layer(real.oneServer(vendor), { excludeTestServices: true, timeout: "3 minutes" })((it) => {
    it.scoped("engines and collations of another tool's folder are looked up", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const server = yield* real.From
        const root = yield* connect(server)
        const restored = (options: string) =>
          Effect.gen(function*() {
            const path = yield* fs.makeTempDirectoryScoped()
            yield* Effect.forEach(
              Object.entries(filesOf(options)),
              ([name, text]) => fs.writeFile(`${path}/${name}`, Sql.bytes(text))
            )
            return yield* flows.restore({}).pipe(
              Effect.provide(Layer.provideMerge(StreamMode.layerRestoreDirectory, flows.folder(path, "Present"))),
              Effect.provide(real.targetOf(server)),
              Effect.exit
            )
          })
        const error = flows.failureOf(yield* restored("ENGINE=Rocket COLLATE=utf8mb4_martian_ci"))
        const says = error?.message ?? String(error)
        for (
          const one of [
            "the engine Rocket (copy.t)",
            "the collation utf8mb4_martian_ci (copy.t)",
            "Nothing was changed"
          ]
        ) {
          assert.include(says, one)
        }
        assert.deepStrictEqual(yield* ask(root, "SHOW DATABASES LIKE 'copy'"), [])
        const exit = yield* restored("ENGINE=InnoDB COLLATE=utf8mb4_unicode_ci")
        assert.isTrue(Exit.isSuccess(exit), String(exit))
        yield* run(root, "DROP DATABASE copy")
      }))

    it.scoped(
      "what accounts that are not there, or that have powers, ask of who creates their objects is named",
      () =>
        Effect.gen(function*() {
          const server = yield* real.From
          const root = yield* connect(server)
          const memory = Staging.layerMemory({ budget: 16_000_000, threads: 4 })
          const setUser = vendor === "mysql" ? "SET_ANY_DEFINER" : "SET USER"
          const restored = (definer: string, blind: boolean, ...grants: ReadonlyArray<string>) =>
            Effect.gen(function*() {
              yield* run(
                root,
                "DROP USER IF EXISTS clerk@'%', plain@'%'",
                "CREATE USER clerk@'%' IDENTIFIED BY 'clerk'",
                "CREATE USER plain@'%' IDENTIFIED BY 'plain'",
                "DROP DATABASE IF EXISTS shop",
                "DROP DATABASE IF EXISTS copy",
                "CREATE DATABASE shop",
                `CREATE DEFINER=${definer} PROCEDURE shop.nothing() BEGIN END`,
                "GRANT ALL ON copy.* TO clerk@'%'",
                "GRANT SELECT ON mysql.* TO clerk@'%'",
                ...[setUser, ...grants].map((privilege) => `GRANT ${privilege} ON *.* TO clerk@'%'`)
              )
              const pipe = yield* flows.record
              yield* flows.dump({ selection: everythingIn("shop") }).pipe(
                Effect.provide(Layer.provideMerge(StreamMode.layerTraditionalDump, memory)),
                Effect.provide(pipe.out),
                Effect.provide(real.sourceOf(server))
              )
              const target = MysqlTarget.layer({ ...optionsOf(server, clerk), binlog: true })
              const exit = yield* flows.restore({ database: Option.some("copy") }).pipe(
                Effect.provide(Layer.provideMerge(StreamMode.layerTraditionalRestore, memory)),
                Effect.provide(flows.play([yield* pipe.bytes])),
                Effect.provide(
                  blind
                    ? Layer.effect(
                      Target.Target,
                      Effect.map(Target.Target, (target) => ({ ...target, obstacles: () => Effect.succeed([]) }))
                    ).pipe(Layer.provide(target))
                    : target
                ),
                Effect.exit
              )
              return flows.failureOf(exit)?.message ?? (Exit.isSuccess(exit) ? "it was restored" : String(exit))
            })
          assert.strictEqual(yield* restored("plain@'%'", false), "it was restored")
          for (
            const [definer, privilege] of [
              ["nobody@'%'", "ALLOW_NONEXISTENT_DEFINER"],
              ["root@'%'", "SYSTEM_USER"]
            ] as const
          ) {
            if (vendor === "mysql") {
              const says = yield* restored(definer, false)
              assert.include(says, `lacks ${privilege} on *.*, for what has the definer ${definer.replaceAll("'", "")}`)
              assert.include(says, "Nothing was changed")
              // no false alarm: without it the server refuses under way
              assert.include(yield* restored(definer, true), privilege)
              assert.strictEqual(yield* restored(definer, false, privilege), "it was restored")
            } else {
              assert.strictEqual(yield* restored(definer, false), "it was restored")
            }
          }
        }),
      { timeout: 120_000 }
    )
  })
})
