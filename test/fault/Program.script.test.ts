/**
 * The real program and scripts for client programs on its standard input.
 */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"

import {
  anyVendor,
  assertComplete,
  assertFailed,
  assertFailedUnderWay,
  ended,
  login,
  serverOf,
  tell
} from "../support/program.js"
import { From } from "../support/realServers.js"

const body = `
DROP TABLE IF EXISTS \`t\`;
CREATE TABLE \`t\` (\`a\` int NOT NULL, PRIMARY KEY (\`a\`));
INSERT INTO \`t\` VALUES (1),(2),(3);
`
const whole =
  `-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)\n${body}\n-- Dump completed on 2026-11-22 12:00:00\n`

layer(serverOf(anyVendor()), { excludeTestServices: true })("the program and a script", (it) => {
  it.scoped("restores it, says what it cannot prove, and refuses what was cut", () =>
    Effect.gen(function*() {
      const server = yield* From
      const run = (script: string, ...words: ReadonlyArray<string>) =>
        Effect.zipRight(
          tell(server, "DROP DATABASE IF EXISTS copy"),
          ended(["restore", "--mysqldump", "--no-defaults", ...login(server), ...words], { stdin: Buffer.from(script) })
        )
      assertComplete(yield* run(whole, "-B", "copy"), /1 table, 3 rows/)
      assertComplete(yield* run(whole, "-B", "copy", "--stream"), /1 table, 3 rows/)
      const unproven = yield* run(body, "-B", "copy")
      assert.strictEqual(unproven.code, 3)
      assert.include(unproven.stderr, "INCOMPLETE: restore of 1 database, 1 table, 3 rows")
      assert.include(unproven.stderr, "nothing in the script says that it is whole")
      assertFailedUnderWay(yield* run(whole.slice(0, -41), "-B", "copy"), 6, "Dump completed")
    }))

  it.scoped("takes no option that it would not follow", () =>
    Effect.gen(function*() {
      const server = yield* From
      const words = ["restore", "--mysqldump", "--no-defaults", ...login(server)]
      assertFailed(yield* ended([...words, "-d", "folder"]), 2, "leave out --directory")
      assertFailed(yield* ended([...words, "--stream=NO_STREAM"]), 2, "leave out --directory and modes")
      assertFailed(yield* ended([...words, "-s", "shop"]), 2, "leave out --source-db")
      assertFailed(yield* ended([...words, "-T", "shop.t"]), 2, "leave out --tables-list")
    }))
})
