import { existsSync, readFileSync } from "node:fs"

import { assert, describe, layer } from "@effect/vitest"
import { Sql } from "@sluice/format"
import { Effect } from "effect"

import * as Damage from "../support/damage.js"
import * as Foreign from "../support/foreign.js"
import { connect, run } from "../support/mysqlSource.js"
import { anyVendor, assertDiscreet, ended, login, serverOf } from "../support/program.js"
import { From } from "../support/realServers.js"
import * as SqlScript from "../support/sqlScript.js"

const folder = new URL("../../../shared/data/", import.meta.url)
const scripts = ["sakila-schema.sql", "sakila-data.sql"].map((name) => new URL(name, folder))
const missing = !scripts.every(existsSync)
const title = missing
  ? "the stream of sakila, damaged: SKIPPED, because ../shared/data has no sakila"
  : "the stream of sakila, damaged"

if (missing) {
  process.stderr.write(`${title}\n`)
}

/** In CI a few of each kind. */
const all = process.env["SLUICE_LONG"] === "1"

/** The kinds of damage of which mydumper's loader refused one of 38. */
const damaged = (stream: Uint8Array): ReadonlyArray<readonly [what: string, bytes: Uint8Array]> => {
  const files = Foreign.filesOf(stream)
  const chunk = files.findIndex(({ name }) => name.startsWith("sakila.rental.0"))
  assert.isAbove(chunk, 0)
  const place = (i: number, of: number) => Math.floor(((i + 0.5) * stream.length) / of)
  const cuts = Array.from({ length: 24 }, (_, i) => place(i, 24))
  const flips = Array.from({ length: 12 }, (_, i) => place(i, 12))
  const some = <A>(list: ReadonlyArray<A>, few: number) => all ? list : list.filter((_, i) => i % few === 1)
  return [
    ...some(cuts, 12).map((at) => [`a cut at byte ${at}`, stream.subarray(0, at)] as const),
    ...some(flips, 6).map((at) =>
      [`byte ${at}, a bit flipped`, Damage.withByte(stream, at, (stream[at] ?? 0) ^ (1 << (at % 8)))] as const
    ),
    ["a chunk is missing", Foreign.streamOf(files.filter((_, i) => i !== chunk))],
    [
      "a chunk is cut",
      Foreign.streamOf(
        files.map((file, i) => i === chunk ? { ...file, bytes: file.bytes.subarray(0, file.bytes.length >> 1) } : file)
      )
    ]
  ]
}

describe.skipIf(missing)(title, () => {
  layer(serverOf(anyVendor()), { timeout: 600_000 })((it) => {
    it.scoped("is refused by the program whatever was done to it, and the file is named", () =>
      Effect.gen(function*() {
        const server = yield* From
        const connection = yield* connect(server)
        yield* run(connection, ...scripts.flatMap((script) => SqlScript.statements(readFileSync(script, "utf8"))))
        const dumped = yield* ended(["dump", "--no-defaults", ...login(server), "-B", "sakila", "--stream"])
        assert.strictEqual(dumped.code, 0, dumped.stderr)
        const cases = damaged(dumped.stdout)
        assert.strictEqual(cases.length, all ? 38 : 6)
        for (const [what, bytes] of cases) {
          const end = yield* ended(
            ["restore", "--no-defaults", ...login(server), "--stream", "--database=copy", "--drop-table"],
            { stdin: bytes }
          )
          assertDiscreet(end)
          assert.strictEqual(end.code, 6, `${what}: ${end.stderr}`)
          assert.match(end.stderr, /^sluice: [^\n]*(?:metadata|sakila)[^\n]*\n$/m, what)
          assert.notInclude(end.stderr, "COMPLETE: ", what)
          yield* run(connection, "DROP DATABASE IF EXISTS copy")
        }
        // a statement that no dump writes, in a file that no manifest proves: refused, or taken by leave
        const odd = Foreign.streamOf(
          Foreign.withoutManifest(Foreign.filesOf(dumped.stdout)).map((file) =>
            file.name === "sakila.city-schema.sql"
              ? { ...file, bytes: Sql.bytes("SET lc_time_names = 'de_DE';\n", file.bytes) }
              : file
          )
        )
        const words = ["restore", "--no-defaults", ...login(server), "--stream", "--database=copy", "--drop-table"]
        const refused = yield* ended(words, { stdin: odd })
        assert.strictEqual(refused.code, 6, refused.stderr)
        assert.match(
          refused.stderr,
          /sakila\.city-schema\.sql, statement \d+.*SET lc_time_names ….*--allow-unknown-statements/
        )
        const taken = yield* ended([...words, "--allow-unknown-statements"], { stdin: odd })
        assert.strictEqual(taken.code, 3, taken.stderr)
        assert.match(taken.stderr, /^sluice: finished, but not complete: .*sakila\.city-schema\.sql, statement \d+/m)
        for (const end of [refused, taken]) assert.notInclude(end.stderr, "de_DE")
        process.stderr.write(`sakila: ${cases.length} damaged streams of ${dumped.stdout.length} bytes, all refused\n`)
      }), 900_000)
  })
})
