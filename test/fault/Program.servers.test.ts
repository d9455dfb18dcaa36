/**
 * The real program and servers that do not let it in, or do not hold what it is asked for; and that it heeds what it
 * is told where they do.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"

import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"

import {
  anyVendor,
  assertComplete,
  assertFailed,
  assertGone,
  ended,
  fill,
  folder,
  login,
  namesIn,
  secrets,
  serverOf,
  tell
} from "../support/program.js"
import { From } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const plain = ["--no-defaults"]

/** A server with a database, and a backup of it. */
const prepared = Effect.gen(function*() {
  const server = yield* From
  yield* tell(server, ...["shop", "shed", "copy"].map((name) => `DROP DATABASE IF EXISTS ${name}`))
  yield* fill(server, "shop", 100)
  yield* fill(server, "shed", 100)
  const home = yield* folder
  const backup = Path.join(home, "backup")
  assertComplete(
    yield* ended(["dump", ...plain, ...login(server), "-B", "shop", "-o", backup]),
    "dump of 1 database, 2 tables, 102 rows"
  )
  const streamed = yield* ended(["dump", ...plain, ...login(server), "-B", "shop", "--stream"])
  assertComplete(streamed, "dump of 1 database, 2 tables, 102 rows")
  return { server, home, backup, stream: streamed.stdout }
})

describeVendors("the program and a server that does not let it in", (vendor) => {
  layer(serverOf(vendor), { excludeTestServices: true, timeout: "5 minutes" })((it) => {
    it.scoped("fails with the side's own code, says what to do, and changes nothing", () =>
      Effect.gen(function*() {
        const { backup, home, server, stream } = yield* prepared
        const denied = /^sluice: cannot connect to the (source|target) server: Access denied.*Check the user name/
        const wrong = [...plain, ...login(server, secrets.wrong)]
        assertFailed(yield* ended(["dump", ...wrong, "--stream"]), 4, denied)
        assertFailed(yield* ended(["dump", ...wrong, "-o", Path.join(home, "out")]), 4, denied)
        assertFailed(yield* ended(["restore", ...wrong, "-o", "DROP", "-d", backup]), 5, denied)
        assertFailed(yield* ended(["restore", ...wrong, "-o", "DROP", "--stream"], { stdin: stream }), 5, denied)
        assert.notInclude(namesIn(Path.join(home, "out")), "metadata")
        yield* assertGone(server, "shop")
      }), { timeout: 180_000 })

    it.scoped("fails when a database or a table is not there that was named", () =>
      Effect.gen(function*() {
        const { backup, home, server } = yield* prepared
        const dump = (...words: ReadonlyArray<string>) => ended(["dump", ...plain, ...login(server), ...words])
        assertFailed(yield* dump("--stream", "-B", "shop", "-B", "nowhere"), 4, "no database `nowhere`")
        assertFailed(yield* dump("--stream", "-B", "shop,nowhere"), 4, "no database `nowhere`")
        assertFailed(yield* dump("nowhere"), 4, "no database `nowhere`")
        assertFailed(yield* dump("-o", Path.join(home, "out"), "-T", "shop.large,shop.nothing"), 4, "shop.nothing")
        assertFailed(yield* dump("--stream", "-B", "shop", "-T", "shop.noth%"), 4, "shop.noth%")
        assertFailed(yield* dump("shop", "shop.nothing"), 4, "shop.nothing")
        assert.notInclude(namesIn(Path.join(home, "out")), "metadata")
        const restore = (...words: ReadonlyArray<string>) =>
          ended(["restore", ...plain, ...login(server), "-d", backup, "-B", "copy", ...words])
        assertFailed(yield* restore("-T", "shop.nothing"), 6, "shop.nothing")
        yield* assertGone(server, "shop")
      }), { timeout: 180_000 })

    it.scoped("heeds every word where it is let in", () =>
      Effect.gen(function*() {
        const { home, server } = yield* prepared
        const options = Path.join(home, "options.cnf")
        yield* Effect.sync(() =>
          Fs.writeFileSync(
            options,
            `[client]\nhost=${server.host}\nport=${server.port}\nuser=${server.user}\npassword=${secrets.right}\n`,
            { mode: 0o600 }
          )
        )
        const { environment, words } = {
          environment: { MYSQL_PWD: secrets.right },
          words: [...plain, "-h", server.host, `-P${server.port}`, "-uroot"]
        }
        const dumps = (words: ReadonlyArray<string>, verdict: string | RegExp, note = "", options = {}) =>
          Effect.map(ended(["dump", ...words], options), (end) => {
            assertComplete(end, verdict)
            assert.include(end.stderr, note)
            assert.isAbove(end.stdout.length, 0)
          })
        const two = "dump of 2 databases, 4 tables, 0 rows"
        yield* dumps([`--defaults-file=${options}`, "-B", "shop", "-B", "shed", "--stream", "-d"], two)
        yield* dumps([...words, "-p", secrets.right, "-B", "shop,shed", "-d", "--stream"], two)
        yield* dumps([...words, `-p${secrets.right}`, "--stream", "-d"], two)
        // an option that takes a value at will leaves the next option alone
        yield* dumps([...words, "shop", "--stream", "-t", "1"], "1 database, 2 tables", " 3 connections", {
          environment
        })
        yield* dumps([...words, "-dWt3", "shop"], /1 database.* left out: rows, views$/, " 5 connections", {
          environment
        })
        yield* dumps([...words, "shop", "shop.small"], "1 database, 1 table, 2 rows", "", { environment })
        yield* dumps([...words, "-B", "shop", "-T", "shop.s%", "--stream"], "1 table, 2 rows", "", { environment })
        yield* dumps([...words, "-B", "shop", "-c", "--stream"], "2 tables", "", { environment })
        yield* dumps([...words, "-B", "shop", "-x", "\\.small$", "--stream"], "1 table, 2 rows", "", { environment })
      }), { timeout: 180_000 })

    it.scoped("leaves alone what was not asked for", () =>
      Effect.gen(function*() {
        const { home, server } = yield* prepared
        yield* tell(server, "CREATE PROCEDURE shed.sweep() SELECT 1")
        const out = Path.join(home, "out")
        const one = "dump of 1 database, 1 table, 2 rows, 0 objects"
        assertComplete(yield* ended(["dump", ...plain, ...login(server), "-o", out, "-T", "shop.small"]), one)
      }), { timeout: 180_000 })

    it.scoped("restores one database of several, and fails when it is not there", () =>
      Effect.gen(function*() {
        const { home, server } = yield* prepared
        yield* tell(server, "CREATE PROCEDURE shed.sweep() SELECT 1")
        const out = Path.join(home, "out")
        assertComplete(yield* ended(["dump", ...plain, ...login(server), "-o", out, "-B", "shop,shed"]), "2 databases")
        const restore = ["restore", ...plain, ...login(server), "-d", out, "-B", "copy"]
        assertFailed(yield* ended([...restore, "-s", "nowhere"]), 6, "nowhere")
        assertComplete(yield* ended([...restore, "-s", "shop"]), "1 database, 2 tables, 102 rows, 0 objects")
      }), { timeout: 180_000 })
  })
})

describe("the program and a server that is not there", () => {
  layer(serverOf(anyVendor()), { excludeTestServices: true, timeout: "5 minutes" })((it) => {
    it.scoped("fails with the side's own code, and says where it looked", () =>
      Effect.gen(function*() {
        const { backup, home, stream } = yield* prepared
        const socket = Path.join(home, "no.sock")
        const places: ReadonlyArray<readonly [words: ReadonlyArray<string>, saying: string]> = [
          [["-h", "127.0.0.1", "-P", "1"], "127.0.0.1:1"],
          [["-h", "no-such-host.invalid"], "no-such-host.invalid:3306"],
          [["-S", socket], socket]
        ]
        yield* Effect.forEach(places, ([words, saying]) =>
          Effect.gen(function*() {
            const all = [...plain, ...words, `-p${secrets.right}`]
            assertFailed(yield* ended(["dump", ...all, "--stream"]), 4, saying)
            assertFailed(yield* ended(["restore", ...all, "-d", backup]), 5, saying)
            assertFailed(yield* ended(["restore", ...all, "--stream"], { stdin: stream }), 5, saying)
          }), { discard: true })
      }), { timeout: 180_000 })
  })
})
