/**
 * What `sluice restore`, `verify` and `unpack` are asked to do.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"

import { refused, restore, run } from "../support/cliRuns.js"

describe("restore", () => {
  it.effect("what holds when only the directory is said", () =>
    Effect.gen(function*() {
      const config = yield* restore(["-d", "/backup"])
      assert.deepStrictEqual(config.directory, Option.some("/backup"))
      assert.strictEqual(config.dropTable, "FAIL")
      assert.deepStrictEqual(config.stream, Option.none())
      assert.deepStrictEqual([config.targetDatabase, config.sourceDatabase], [Option.none(), Option.none()])
      assert.deepStrictEqual([config.data, config.schemas, config.triggers, config.post], Array(4).fill(true))
      assert.isFalse(config.skipBinlog)
    }))

  it.effect("everything said", () =>
    Effect.gen(function*() {
      const config = yield* restore([
        "--stream=no_delete",
        "-B",
        "to",
        "-s",
        "from",
        "-oSKIP",
        "--no-data",
        "--no-schemas",
        "--skip-triggers",
        "--skip-post",
        "--skip-binlog",
        "-T",
        "from.t"
      ])
      assert.deepStrictEqual(config.stream, Option.some("NO_DELETE"))
      assert.deepStrictEqual([config.targetDatabase, config.sourceDatabase], [Option.some("to"), Option.some("from")])
      assert.strictEqual(config.dropTable, "SKIP")
      assert.deepStrictEqual([config.data, config.schemas, config.triggers, config.post], Array(4).fill(false))
      assert.isTrue(config.skipBinlog)
      assert.isTrue(Option.isNone(config.directory))
    }))

  it.effect("a backup has to come from somewhere", () =>
    Effect.gen(function*() {
      yield* refused(["restore"], "--directory=DIR", "--stream")
      yield* refused(["restore", "--stream=NO_STREAM"], "--directory=DIR")
      yield* refused(["restore", "--stream=NO_STREAM_AND_NO_DELETE"], "--directory=DIR")
      assert.isTrue(Option.isSome((yield* restore(["--stream=NO_STREAM", "-d", "x"])).directory))
    }))
})

describe("verify and unpack", () => {
  const verified = (...argv: ReadonlyArray<string>) =>
    Effect.map(run(["verify", ...argv]), ({ result, verifications }) => {
      assert.deepStrictEqual(result._tag === "Left" ? result.left.message : "", "")
      return verifications[0] ?? assert.fail("the handler was not called")
    })

  it.effect("a word says what to verify, a dash is standard input", () =>
    Effect.gen(function*() {
      const folder = yield* verified("backups/today")
      assert.deepInclude({ ...folder }, { json: false, memoryBudget: 64 * 1024 * 1024 })
      assert.deepStrictEqual(folder.backup, Option.some("backups/today"))
      const stream = yield* verified("--json", "-", "-d", "there", "--memory-budget=2M", "--quiet")
      assert.deepInclude({ ...stream }, { json: true, memoryBudget: 2 * 1024 * 1024, quiet: true })
      assert.deepStrictEqual(stream.backup, Option.none())
      assert.deepStrictEqual(stream.directory, Option.some("there"))
      assert.deepStrictEqual((yield* verified("--", "-odd")).backup, Option.some("-odd"))
    }))

  it.effect("unpack takes the folder, and nothing else", () =>
    Effect.gen(function*() {
      const { unpackings } = yield* run(["unpack", "-d", "there"])
      assert.deepStrictEqual(unpackings.map(({ directory }) => directory), ["there"])
    }))

  it.effect("what is missing, too much, or for another command is refused", () =>
    Effect.gen(function*() {
      yield* refused(["verify"], "sluice verify needs a BACKUP")
      yield* refused(["verify", ""], "sluice verify needs a BACKUP")
      yield* refused(["verify", "a", "b"], "cannot take the word \"b\"", "sluice verify [OPTIONS] BACKUP")
      yield* refused(["verify", "-h", "there", "a"], "-h belongs to sluice dump")
      yield* refused(["unpack"], "nothing says where the files go")
      yield* refused(["unpack", "there"], "takes only options", "--directory=DIR")
      yield* refused(["restore", "--json"], "--json belongs to sluice verify")
    }))
})
