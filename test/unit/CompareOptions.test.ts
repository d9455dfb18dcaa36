/**
 * What `sluice compare` is told, with a handler that only writes it down. No server, no disk.
 */
import * as Path from "@effect/platform/Path"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import { assert, describe, it } from "@effect/vitest"
import { MemoryFileSystem } from "@sluice/testing"
import { Effect, Either, FastCheck as fc, Layer, Option, Redacted, Ref } from "effect"
import * as Cli from "sluice/Cli"
import * as Compare from "sluice/Compare"
import type * as Config from "sluice/Config"

const world = Layer.mergeAll(MemoryFileSystem.layer(), Path.layer, NodeTerminal.layer)

const never = () => Effect.die("not called")

const read = (argv: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const seen = yield* Ref.make(Option.none<Compare.CompareConfig>())
    const result = yield* Effect.either(Cli.run({
      argv: ["compare", "--no-defaults", ...argv],
      environment,
      version: "1.2.3",
      handlers: {
        dump: never,
        restore: never,
        verify: never,
        unpack: never,
        compare: (config) => Ref.set(seen, Option.some(config))
      },
      notice: () => Effect.void
    }))
    return Either.isLeft(result) ? Either.left(result.left) : Either.right(Option.getOrThrow(yield* Ref.get(seen)))
  }).pipe(Effect.provide(world))

const taken = (argv: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  Effect.map(read(argv, environment), Either.getOrThrow)

const secretOf = (password: Config.Password) =>
  password._tag === "Given" ? Redacted.value(password.secret) : password._tag

const sourceOf = ({ source }: Compare.CompareConfig) => {
  if (Compare.isBackup(source)) return assert.fail("a server was named")
  return source
}

const side = "mysql://root@127.0.0.1:1"

describe("how a side is written", () => {
  const endpointOf = (word: string) => Either.map(Compare.readSide(word), ({ endpoint }) => endpoint)

  it("host, port and socket mean what they mean to every MySQL program", () => {
    const tcp = (host: string, port: number) => Either.right({ _tag: "Tcp" as const, host, port })
    assert.deepStrictEqual(endpointOf("mysql://db1"), tcp("db1", 3306))
    assert.deepStrictEqual(endpointOf("mariadb://me@db1:3307/shop"), tcp("db1", 3307))
    assert.deepStrictEqual(endpointOf("mysql://[::1]:3307"), tcp("::1", 3307))
    assert.deepStrictEqual(endpointOf("mysql://localhost:3307"), tcp("localhost", 3307))
    assert.deepStrictEqual(endpointOf("mysql://localhost"), Either.right({ _tag: "Local", port: 3306 }))
    assert.deepStrictEqual(
      endpointOf("mysql://localhost?socket=/tmp/a.sock"),
      Either.right({ _tag: "Socket", path: "/tmp/a.sock" })
    )
  })

  it.prop(
    "names come back as they were, whatever is in them",
    [fc.fullUnicodeString({ minLength: 1, maxLength: 20 }), fc.fullUnicodeString({ minLength: 1, maxLength: 20 })],
    ([user, database]) => {
      fc.pre(!/^\.{1,2}$/.test(database))
      const word = `mysql://${encodeURIComponent(user)}@db1/${encodeURIComponent(database)}`
      const found = Either.getOrThrow(Compare.readSide(word))
      assert.deepStrictEqual([found.user, found.database], [Option.some(user), Option.some(database)])
    }
  )

  it("what cannot be read is refused, and a password is never said again", () => {
    for (
      const [word, saying] of [
        ["", "a server is written as a URL"],
        ["folder", "a server is written as a URL"],
        ["postgres://db1", "a server is written as a URL"],
        ["mysql://db1:port", "cannot be read"],
        ["mysql://db1/%zz", "cannot be read"],
        ["mysql://db1/%ff", "cannot be read"],
        ["mysql://db1?ssl=1", "cannot be read"],
        ["mysql://me:hunter2@db1", "holds a password"]
      ] as const
    ) {
      const refusal = Either.getOrThrow(Either.flip(Compare.readSide(word)))
      assert.include(refusal, saying)
      assert.notInclude(refusal, "hunter2")
    }
  })
})

describe("the command line", () => {
  it.effect("says what is compared, and how", () =>
    Effect.gen(function*() {
      const plain = yield* taken([side, "mysql://other"], { USER: "me" })
      assert.deepInclude({ ...plain }, {
        definitions: true,
        data: true,
        maxDifferences: 20,
        threads: 4,
        lockMode: "AUTO",
        json: false
      })
      assert.deepStrictEqual([sourceOf(plain).user, plain.target.user], ["root", "me"])
      assert.deepStrictEqual([plain.databases, plain.tables], [[], []])
      const all = yield* taken([
        ...["-B", "a,b", "-T", "a.t", "-x", "^a", "--no-data", "--json", "-t2", "--max-differences", "3"],
        ...["--sync-thread-lock-mode=no_lock", side, side]
      ])
      assert.deepInclude({ ...all }, {
        databases: ["a", "b"],
        tables: [{ database: "a", table: "t" }],
        definitions: true,
        data: false,
        json: true,
        threads: 2,
        maxDifferences: 3,
        lockMode: "NO_LOCK"
      })
      const renamed = yield* taken([`${side}/old`, `${side}/new`])
      assert.deepStrictEqual([renamed.databases, renamed.target.database], [["old"], Option.some("new")])
    }))

  it.effect("the source may be a backup", () =>
    Effect.gen(function*() {
      const backupOf = (...argv: ReadonlyArray<string>) =>
        Effect.map(taken([...argv, side]), ({ source }) => Compare.isBackup(source) ? source.path : "a server")
      assert.deepStrictEqual(yield* backupOf("-"), Option.none())
      assert.deepStrictEqual(yield* backupOf("folder"), Option.some("folder"))
      assert.deepStrictEqual(yield* backupOf("./-"), Option.some("./-"))
      const renamed = yield* taken(["-B", "shop", "folder", `${side}/copy`])
      assert.deepStrictEqual([renamed.databases, renamed.target.database], [["shop"], Option.some("copy")])
    }))

  it.effect("a password of one side wins over that of both", () =>
    Effect.gen(function*() {
      const both = (argv: ReadonlyArray<string>, environment: Readonly<Record<string, string>>) =>
        Effect.map(taken([...argv, side, side], environment), (config) => [
          secretOf(sourceOf(config).password),
          secretOf(config.target.password)
        ])
      assert.deepStrictEqual(yield* both([], {}), ["None", "None"])
      assert.deepStrictEqual(yield* both([], { MYSQL_PWD: "b" }), ["b", "b"])
      assert.deepStrictEqual(yield* both([], { MYSQL_PWD: "b", SLUICE_TARGET_PASSWORD: "t" }), ["b", "t"])
      assert.deepStrictEqual(yield* both(["--source-password=s"], { SLUICE_SOURCE_PASSWORD: "e" }), ["s", "None"])
      assert.deepStrictEqual(yield* both(["-a"], { SLUICE_TARGET_PASSWORD: "t" }), ["Prompt", "t"])
    }))

  it.effect("what cannot be meant is refused", () =>
    Effect.gen(function*() {
      for (
        const [argv, saying] of [
          [[], "needs a SOURCE"],
          [[side], "needs a TARGET"],
          [[side, side, "mysql://me:hunter2@db1"], "cannot take the word"],
          [[side, "mysql://me:hunter2@db1"], "holds a password"],
          [[side, `${side}/shop`], "the source's does not"],
          [["folder", `${side}/shop`], "name it in --database"],
          [["-B", "a,b", "folder", `${side}/shop`], "name it in --database"],
          [["postgres://db1", side], "a server is written as a URL"],
          [[side, "folder"], "a server is written as a URL"],
          [[`${side}/shop`, side, "-B", "other"], "both say what to compare"],
          [["-d", "-m", side, side], "leave nothing to compare"],
          [["-h", "db1", side, side], "-h belongs to sluice dump"]
        ] as const
      ) {
        const error = yield* Effect.flatMap(read(argv), (result) => Effect.orDie(Either.flip(result)))
        assert.strictEqual(error._tag, "UsageError")
        assert.include(error.message, saying)
        assert.notInclude(error.message, "hunter2")
      }
    }))
})
