/**
 * `sluice dump --format` as a process of its own, and what of it `verify` and `restore` take.
 */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"

import {
  anyVendor,
  assertComplete,
  assertFailed,
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

describe("sluice dump --format", () => {
  layer(serverOf(anyVendor()), { excludeTestServices: true })((it) => {
    it.scoped(
      "writes lines that verify counts and restore takes, at the rate it is told",
      () =>
        Effect.gen(function*() {
          const server = yield* From
          const home = yield* folder
          const path = `${home}/backup`
          yield* tell(server, "DROP DATABASE IF EXISTS shop", "DROP DATABASE IF EXISTS copy")
          yield* fill(server, "shop", 225)
          const environment = { MYSQL_PWD: secrets.right }
          const dumped = yield* ended([
            "dump",
            ...login(server),
            "-B",
            "shop",
            "-o",
            path,
            "--format=CSV",
            "--include-header",
            "-c",
            "--max-rate=100M",
            "--throttle=Threads_running=100000",
            "-K"
          ], { environment })
          assertComplete(dumped, /227 rows/)
          const rows = namesIn(path).filter((name) => /\.\d{5}\.(sql|dat)\.gz$/.test(name))
          assert.isAtLeast(rows.filter((name) => name.includes(".dat")).length, 2)
          assert.strictEqual(rows.filter((name) => name.includes(".sql")).length * 2, rows.length)
          const verified = yield* ended(["verify", path])
          assert.strictEqual(verified.code, 0, verified.stderr)
          assert.include(verified.stderr, "227 rows")
          assertComplete(
            yield* ended(["restore", ...login(server), "-d", path, "-B", "copy"], { environment }),
            /227 rows/
          )
          const at = (database: string) => `mysql://${server.user}@${server.host}:${server.port}/${database}`
          const compared = yield* ended(["compare", "--no-defaults", at("shop"), at("copy")], { environment })
          assert.strictEqual(compared.code, 0, compared.stderr)
          assertFailed(
            yield* ended(["dump", ...login(server), "-B", "shop", "--stream", "--throttle=no_such=1"], { environment }),
            4,
            "no status variable no_such"
          )
        }),
      120_000
    )
  })
})
