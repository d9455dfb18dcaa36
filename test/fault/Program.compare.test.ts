/**
 * `sluice compare` as a process of its own: what it says, how it ends, and what it may never say.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"

import { assert, describe, layer } from "@effect/vitest"
import { Comparison } from "@sluice/pipeline"
import { Effect, Schema } from "effect"

import {
  anyVendor,
  assertDiscreet,
  assertFailed,
  assertFailedUnderWay,
  type Ended,
  ended,
  fill,
  folder,
  secrets,
  serverOf,
  tell
} from "../support/program.js"
import { From } from "../support/realServers.js"

const comparisonOf = (end: Ended) =>
  Schema.decodeUnknown(Schema.parseJson(Comparison.Comparison))(Buffer.from(end.stdout).toString("utf8"))

describe("sluice compare", () => {
  layer(serverOf(anyVendor()), { excludeTestServices: true })((it) => {
    it.scoped("says what differs, down to the key, with the code of the design", () =>
      Effect.gen(function*() {
        const server = yield* From
        yield* tell(server, "DROP DATABASE IF EXISTS shop", "DROP DATABASE IF EXISTS copy")
        yield* fill(server, "shop", 225)
        yield* fill(server, "copy", 225)
        const at = (database: string) => `mysql://${server.user}@${server.host}:${server.port}/${database}`
        const environment = { MYSQL_PWD: secrets.right }
        const compare = (...words: ReadonlyArray<string>) =>
          ended(["compare", "--no-defaults", at("shop"), at("copy"), ...words], { environment })

        const same = yield* compare()
        assertDiscreet(same)
        assert.deepStrictEqual([same.code, same.stdout.length], [0, 0], same.stderr)
        assert.match(
          same.stderr,
          /^EQUAL: compared 1 database, \d+ definitions, 227 rows of 2 tables; no differences$/m
        )
        const quiet = yield* compare("--quiet", "--json", "--no-schemas", "-t", "1")
        assert.deepStrictEqual([quiet.code, quiet.stderr.split("\n").length], [0, 2], quiet.stderr)
        assert.isTrue((yield* comparisonOf(quiet)).equal)

        yield* tell(server, "UPDATE copy.large SET filling = 'other' WHERE id = 77", "DROP TABLE copy.small")
        const different = yield* compare("--json")
        assertDiscreet(different)
        assert.strictEqual(different.code, 8, different.stderr)
        assert.include(different.stderr, "  id = 77: different\n")
        assert.match(different.stderr, /^DIFFERENT: .*; 2 differences$/m)
        assert.match(different.stderr, /^sluice: the target differs from the source: .*$/m)
        const found = yield* comparisonOf(different)
        assert.isFalse(found.equal)
        assert.deepStrictEqual(found.differences.map((difference) => difference._tag), ["Definition", "Rows"])
        assert.strictEqual((yield* compare("--no-data")).code, 8)
        assert.strictEqual((yield* compare("-T", "shop.large", "--max-differences=0")).code, 8)
      }), 120_000)

    it.scoped("a side that cannot be asked says which one it is", () =>
      Effect.gen(function*() {
        const server = yield* From
        const at = `mysql://${server.user}@${server.host}:${server.port}`
        const sides = (environment: Record<string, string>, ...words: ReadonlyArray<string>) =>
          ended(["compare", "--no-defaults", ...words], { environment })
        const { right, wrong } = secrets
        assertFailed(
          yield* sides({ MYSQL_PWD: right, SLUICE_SOURCE_PASSWORD: wrong }, at, at),
          4,
          "cannot connect to the source server"
        )
        assertFailed(
          yield* sides({ MYSQL_PWD: right, SLUICE_TARGET_PASSWORD: wrong }, at, at),
          5,
          "cannot connect to the target server"
        )
        assertFailed(yield* sides({ MYSQL_PWD: right }, `${at}/nowhere`, at), 4, "`nowhere`")
      }), 120_000)

    it.scoped("takes passwords and settings from option files, as other commands do", () =>
      Effect.gen(function*() {
        const server = yield* From
        yield* tell(server, "DROP DATABASE IF EXISTS shop")
        yield* fill(server, "shop", 1)
        const home = yield* folder
        const file = Path.join(home, "my.cnf")
        Fs.writeFileSync(
          file,
          `[client]\nhost=elsewhere\nuser=${server.user}\npassword=${secrets.wrong}\n` +
            `[compare]\nsource-password=${secrets.right}\ntarget-password=${secrets.right}\ndatabase=shop\n`,
          { mode: 0o600 }
        )
        const at = `mysql://${server.host}:${server.port}`
        const end = yield* ended(["compare", `--defaults-file=${file}`, at, at])
        assertDiscreet(end)
        assert.strictEqual(end.code, 0, end.stderr)
        assert.include(end.stderr, "EQUAL: compared 1 database, ")
      }), 120_000)

    it.scoped("refuses what cannot be meant, and never repeats a password", () =>
      Effect.gen(function*() {
        const side = "mysql://root@127.0.0.1:1"
        const secret = `mysql://root:${secrets.right}@127.0.0.1:1`
        const cases = [
          [[side, secret], "holds a password"],
          [[side, side, secret], "cannot take the word"]
        ] as const
        for (const [words, saying] of cases) {
          assertFailedUnderWay(yield* ended(["compare", "--no-defaults", ...words]), 2, saying)
        }
      }), 120_000)
  })
})
