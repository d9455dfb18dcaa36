/**
 * The commands, with handlers that only write down what they are asked to do. No server, no disk.
 */
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import * as MemoryFileSystem from "@sluice/testing/MemoryFileSystem"
import { Effect, FastCheck as fc, Option } from "effect"
import * as Cli from "sluice/Cli"
import { threadsOf } from "sluice/Config"
import * as Endpoint from "sluice/Endpoint"
import * as OptionTable from "sluice/OptionTable"

import { dump, refused, run, secretOf, world } from "../support/cliRuns.js"
import { type Use, useOf } from "../support/commandLines.js"

describe("values", () => {
  const entryOf = (name: string) => Option.getOrThrow(OptionTable.entryOf(OptionTable.table, "dump", name))
  const texts = ["host", "user", "password", "socket", "logfile", "outputdir", "tables-list", "database", "threads"]
  const lastOf = (uses: ReadonlyArray<Use>, name: string) => uses.filter((use) => use.entry.name === name).at(-1)
  const allOf = (uses: ReadonlyArray<Use>, name: string) =>
    uses.filter((use) => use.entry.name === name).flatMap((use) => use.values)

  it.effect.prop(
    "every value reaches the handler as it was typed",
    [fc.array(fc.constantFrom(...texts).chain((name) => useOf(entryOf(name))), { maxLength: 8 })],
    ([uses]) =>
      Effect.gen(function*() {
        const remote = (lastOf(uses, "host")?.values[0] ?? "localhost") !== "localhost"
        fc.pre(!remote || lastOf(uses, "socket") === undefined || lastOf(uses, "host")?.values[0] === "")
        const config = yield* dump(uses.flatMap((use) => use.words))
        const password = lastOf(uses, "password")
        assert.strictEqual(config.user, lastOf(uses, "user")?.values[0] ?? "root")
        assert.strictEqual(
          secretOf(config.password),
          password?.asks === true ? "Prompt" : password?.values[0] ?? "None"
        )
        assert.deepStrictEqual(config.outputDirectory, Option.fromNullable(lastOf(uses, "outputdir")?.values[0]))
        assert.deepStrictEqual(config.logfile, Option.fromNullable(lastOf(uses, "logfile")?.values[0]))
        assert.strictEqual(config.threads, Number(lastOf(uses, "threads")?.values[0] ?? 4))
        assert.deepStrictEqual(config.databases, allOf(uses, "database"))
        assert.deepStrictEqual(
          config.tables.map(({ database, table }) => `${database}.${table}`),
          allOf(uses, "tables-list")
        )
        if (config.endpoint._tag === "Tcp" && remote) {
          assert.strictEqual(config.endpoint.host, lastOf(uses, "host")?.values[0])
        }
        if (config.endpoint._tag === "Socket") {
          assert.strictEqual(config.endpoint.path, lastOf(uses, "socket")?.values[0])
        }
      }),
    { fastCheck: { numRuns: 300 } }
  )

  it.effect("values that look like options of the parser are values", () =>
    Effect.gen(function*() {
      for (
        const value of ["-h", "--help", "--version", "--wizard", "--completions", "--log-level", "--", "dump", "true"]
      ) {
        const config = yield* dump([`--user=${value}`, `--outputdir=${value}`, `--password=${value}`])
        assert.strictEqual(config.user, value)
        assert.deepStrictEqual(config.outputDirectory, Option.some(value))
        assert.strictEqual(secretOf(config.password), value)
      }
    }))
})

describe("where the server is", () => {
  const tcp = (host: string, port: number) => ({ _tag: "Tcp" as const, host, port })
  const cases: ReadonlyArray<readonly [ReadonlyArray<string>, Endpoint.Endpoint]> = [
    [[], { _tag: "Local", port: 3306 }],
    [["-h", "localhost"], { _tag: "Local", port: 3306 }],
    [["-h", "db1"], tcp("db1", 3306)],
    [["-h", "db1", "-P", "0"], tcp("db1", 3306)],
    [["-h", "127.0.0.1", "-P", "3307"], tcp("127.0.0.1", 3307)],
    [["-P", "3307"], tcp("127.0.0.1", 3307)],
    [["-h", "localhost", "-P3307"], tcp("localhost", 3307)],
    [["-S", "/s"], { _tag: "Socket", path: "/s" }],
    [["--protocol=tcp"], tcp("127.0.0.1", 3306)],
    [["--protocol=socket"], { _tag: "Local", port: 3306 }],
    [["--protocol=tcp", "-S", "/s"], tcp("127.0.0.1", 3306)]
  ]
  for (const [argv, endpoint] of cases) {
    it.effect(`dump ${argv.join(" ")}`, () =>
      Effect.map(dump(argv), (config) => assert.deepStrictEqual(config.endpoint, endpoint)))
  }

  it.effect("the socket of this machine is looked for, then its port", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const local = { _tag: "Local" as const, port: 3310 }
      assert.deepStrictEqual(yield* Endpoint.resolve(local), tcp("127.0.0.1", 3310))
      yield* fs.makeDirectory("/var/lib/mysql", { recursive: true })
      yield* fs.writeFileString("/var/lib/mysql/mysql.sock", "")
      assert.deepStrictEqual(yield* Endpoint.resolve(local), { _tag: "Socket", path: "/var/lib/mysql/mysql.sock" })
      assert.deepStrictEqual(yield* Endpoint.resolve(tcp("db1", 1)), tcp("db1", 1))
    }).pipe(Effect.provide(MemoryFileSystem.layer({ root: true }))))

  it("threads", () => {
    assert.deepStrictEqual([threadsOf(0, 1), threadsOf(0, 16), threadsOf(1, 16)], [2, 16, 1])
  })
})

describe("around the commands", () => {
  it.effect("help and version go to standard output, and nothing runs", () =>
    Effect.gen(function*() {
      for (const argv of [["--help"], ["dump", "-?"], ["help", "restore"], ["verify", "--help"]]) {
        const { dumps, printed, restores, result, unpackings, verifications } = yield* run(argv)
        assert.strictEqual(result._tag, "Right")
        assert.isTrue(printed.startsWith("Usage: sluice"))
        assert.lengthOf([...dumps, ...restores, ...verifications, ...unpackings], 0)
      }
      assert.strictEqual((yield* run(["-V"])).printed, "sluice 1.2.3\n")
    }))

  it.effect("a mistake reaches no handler", () =>
    Effect.gen(function*() {
      yield* refused([], "no command")
      yield* refused(["dump", "--no-such"], "--no-such")
      yield* refused(["dump", "--defaults-file=/none"], "/none")
      yield* refused(["dump", "--where=x"], "not available yet")
    }))

  it.effect("an older spelling is told of", () =>
    Effect.gen(function*() {
      const { notices, restores } = yield* run(["restore", "--stream", "--overwrite-tables"])
      assert.lengthOf(notices, 1)
      assert.strictEqual(restores[0]?.dropTable, "DROP")
    }))

  it.effect("what the parser of the library refuses is a usage error, and is not printed", () =>
    Effect.gen(function*() {
      const never = () => Effect.die("not called")
      const handlers = { dump: never, restore: never, verify: never, unpack: never, compare: never }
      for (const argv of [["--no-such", "x"], ["--threads", "x"], ["--threads"], ["--triggers", "maybe"]]) {
        const error = yield* Effect.flip(Cli.execute(handlers, "dump", argv))
        assert.strictEqual(error._tag, "UsageError")
        assert.notMatch(error.message, /\n|\u001b/)
      }
    }).pipe(Effect.provide(world)))

  it.effect("the failure of a handler stays what it is", () =>
    Effect.gen(function*() {
      const nothing = () => Effect.void
      const handlers = {
        dump: () => Effect.fail("mine" as const),
        restore: nothing,
        verify: nothing,
        unpack: nothing,
        compare: nothing
      }
      assert.strictEqual(yield* Effect.flip(Cli.execute(handlers, "dump", [])), "mine")
    }).pipe(Effect.provide(world)))
})
