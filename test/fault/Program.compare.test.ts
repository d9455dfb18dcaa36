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
  login,
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

    it.scoped(
      "holds a backup against a server: a folder, a stream in a file and one on standard input",
      () =>
        Effect.gen(function*() {
          const server = yield* From
          yield* tell(server, "DROP DATABASE IF EXISTS shop", "DROP DATABASE IF EXISTS copy")
          yield* fill(server, "shop", 225)
          const home = yield* folder
          const backup = Path.join(home, "backup")
          const file = Path.join(home, "stream")
          const environment = { MYSQL_PWD: secrets.right }
          const run = (words: ReadonlyArray<string>, stdin?: Uint8Array) => ended(words, { environment, stdin })
          const at = `mysql://${server.user}@${server.host}:${server.port}`
          const compare = (words: ReadonlyArray<string>, stdin?: Uint8Array) =>
            run(["compare", "--no-defaults", ...words], stdin)
          assert.strictEqual(
            (yield* run(["dump", "--no-defaults", ...login(server), "-B", "shop", "-o", backup])).code,
            0
          )
          const piped = yield* run(["dump", "--no-defaults", ...login(server), "-B", "shop", "--stream"])
          assert.strictEqual(piped.code, 0, piped.stderr)
          Fs.writeFileSync(file, piped.stdout)

          const equal = /^EQUAL: compared 1 database, \d+ definitions, 227 rows of 2 tables; no differences$/m
          for (
            const same of [
              yield* compare([backup, at]),
              yield* compare([file, at]),
              yield* compare(["-", at], piped.stdout)
            ]
          ) {
            assertDiscreet(same)
            assert.deepStrictEqual([same.code, same.stdout.length], [0, 0], same.stderr)
            assert.match(same.stderr, equal)
          }

          yield* tell(server, "UPDATE shop.large SET filling = 'other' WHERE id = 77")
          const different = yield* compare([backup, at, "--json"])
          assertDiscreet(different)
          assert.strictEqual(different.code, 8, different.stderr)
          assert.include(different.stderr, "  id = 77: different\n")
          assert.deepStrictEqual((yield* comparisonOf(different)).differences.length, 1)
          const ofStream = yield* compare(["-", at], piped.stdout)
          assert.strictEqual(ofStream.code, 8, ofStream.stderr)
          assert.include(ofStream.stderr, "rows of `large`")
          assert.include(ofStream.stderr, "unpack it into a folder")

          yield* tell(server, "CREATE DATABASE copy")
          const elsewhere = yield* compare(["-B", "shop", backup, `${at}/copy`])
          assert.strictEqual(elsewhere.code, 8, elsewhere.stderr)
          assert.include(elsewhere.stderr, "table `large`: missing in the target")

          const damaged = piped.stdout.slice()
          damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] ?? 0) ^ 1
          for (
            const broken of [
              yield* compare(["-", at], damaged),
              yield* compare([Path.join(home, "nothing"), at])
            ]
          ) {
            assert.strictEqual(broken.code, 6, broken.stderr)
            assert.notInclude(broken.stderr, "EQUAL")
          }
          assertFailed(
            yield* ended(["compare", "--no-defaults", backup, at], { environment: { MYSQL_PWD: secrets.wrong } }),
            5,
            "cannot connect to the target server"
          )
        }),
      120_000
    )

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
