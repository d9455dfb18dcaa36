/**
 * The commands, with handlers that only write down what they are asked to do. No server, no disk.
 */
import { FileSystem, Path } from "@effect/platform"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import { assert, describe, it } from "@effect/vitest"
import { Lines, Sql } from "@sluice/format"
import * as MemoryFileSystem from "@sluice/testing/MemoryFileSystem"
import { Effect, FastCheck as fc, Layer, Option, Redacted, Ref } from "effect"
import * as Cli from "sluice/Cli"
import type * as Config from "sluice/Config"
import { includes, threadsOf } from "sluice/Config"
import * as Endpoint from "sluice/Endpoint"
import * as OptionTable from "sluice/OptionTable"

import { type Use, useOf } from "../support/commandLines.js"

const world = Layer.mergeAll(MemoryFileSystem.layer(), Path.layer, NodeTerminal.layer)

interface Recorded {
  readonly dumps: ReadonlyArray<Config.DumpConfig>
  readonly restores: ReadonlyArray<Config.RestoreConfig>
  readonly verifications: ReadonlyArray<Config.VerifyConfig>
  readonly unpackings: ReadonlyArray<Config.UnpackConfig>
  readonly notices: ReadonlyArray<string>
  readonly printed: string
}

/** Runs the program, and tells what its handlers were asked to do and what it printed. */
const run = (argv: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const recorded = yield* Ref.make<Recorded>({
      dumps: [],
      restores: [],
      verifications: [],
      unpackings: [],
      notices: [],
      printed: ""
    })
    const print = (text: string) => Ref.update(recorded, (all) => ({ ...all, printed: all.printed + text }))
    const console = yield* Effect.console
    const result = yield* Effect.either(
      Cli.run({
        argv,
        environment,
        version: "1.2.3",
        columns: 80,
        handlers: {
          dump: (config) => Ref.update(recorded, (all) => ({ ...all, dumps: [...all.dumps, config] })),
          restore: (config) => Ref.update(recorded, (all) => ({ ...all, restores: [...all.restores, config] })),
          verify: (config) =>
            Ref.update(recorded, (all) => ({ ...all, verifications: [...all.verifications, config] })),
          unpack: (config) => Ref.update(recorded, (all) => ({ ...all, unpackings: [...all.unpackings, config] })),
          compare: () => Effect.die("not called")
        },
        notice: (line) => Ref.update(recorded, (all) => ({ ...all, notices: [...all.notices, line] }))
      }).pipe(Effect.withConsole({
        ...console,
        log: (text: unknown) => print(`${String(text)}\n`),
        error: () => Effect.die("nothing is printed about errors")
      }))
    )
    return { result, ...(yield* Ref.get(recorded)) }
  }).pipe(Effect.provide(world))

const dump = (argv: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  Effect.map(run(["dump", ...argv], environment), ({ dumps, result }) => {
    assert.deepStrictEqual(result._tag === "Left" ? result.left.message : "", "")
    return dumps[0] ?? assert.fail("the handler was not called")
  })

const restore = (argv: ReadonlyArray<string>) =>
  Effect.map(run(["restore", ...argv]), ({ restores, result }) => {
    assert.deepStrictEqual(result._tag === "Left" ? result.left.message : "", "")
    return restores[0] ?? assert.fail("the handler was not called")
  })

const refused = (argv: ReadonlyArray<string>, ...texts: ReadonlyArray<string>) =>
  Effect.map(run(argv), ({ dumps, printed, restores, result, unpackings, verifications }) => {
    const error = result._tag === "Left" ? result.left : assert.fail(`${argv.join(" ")} was accepted`)
    assert.strictEqual(error._tag, "UsageError")
    assert.strictEqual(error.exitCode, 2)
    assert.strictEqual(printed, "")
    assert.lengthOf([...dumps, ...restores, ...verifications, ...unpackings], 0)
    for (const text of texts) assert.include(error.message, text)
  })

const secretOf = (password: Config.Password) =>
  password._tag === "Given" ? Redacted.value(password.secret) : password._tag

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

describe("dump", () => {
  it.effect("what holds when nothing is said", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* dump([]), {
        endpoint: { _tag: "Local", port: 3306 },
        user: "root",
        password: { _tag: "None" },
        tls: {
          mode: "PREFERRED",
          ca: Option.none(),
          capath: Option.none(),
          certificate: Option.none(),
          ciphers: Option.none(),
          versions: Option.none()
        },
        cleartextPlugin: false,
        threads: 4,
        memoryBudget: 64 * 1024 * 1024,
        stream: Option.none(),
        tables: [],
        patterns: [],
        verbose: 2,
        quiet: false,
        progress: "auto",
        logfile: Option.none(),
        debug: false,
        databases: [],
        outputDirectory: Option.none(),
        whenNotEmpty: "Refuse",
        data: true,
        users: false,
        tablespaces: false,
        history: false,
        jsonAsText: false,
        schemas: true,
        triggers: true,
        routines: true,
        events: true,
        views: true,
        rows: { _tag: "Automatic" },
        splitPartitions: false,
        useSingleColumn: false,
        statementSize: 1000000,
        chunkFileSize: Option.none(),
        completeInsert: false,
        hexBlob: false,
        lines: Option.none(),
        compress: Option.none(),
        utc: true,
        lockMode: "AUTO",
        ddl: "auto",
        transactionalOnly: false,
        burden: {
          longQueries: { seconds: 60, retries: 0, interval: 60, kill: false },
          throttle: Option.none(),
          maxRate: Option.none()
        }
      })
    }))

  it.effect("what it may cost the server", () =>
    Effect.gen(function*() {
      const { burden } = yield* dump([
        "-l",
        "5",
        "--long-query-retries=2",
        "--long-query-retry-interval=9",
        "-K",
        "--throttle=250000:Threads_running=25",
        "--max-rate=2M"
      ])
      assert.deepStrictEqual(burden, {
        longQueries: { seconds: 5, retries: 2, interval: 9, kill: true },
        throttle: Option.some({ variable: "Threads_running", most: 25, millis: 250 }),
        maxRate: Option.some(2 * 1024 * 1024)
      })
      yield* refused(["dump", "--throttle=busy"], "write --throttle=Threads_running=25")
      yield* refused(["dump", "--throttle=0:Threads_running=1"], "write --throttle=Threads_running=25")
      yield* refused(["dump", "--max-rate=0"], "--max-rate")
      yield* refused(["dump", "--long-query-guard=0"], "--long-query-guard")
    }))

  it.effect("the separators of lines, as mydumper writes them and as they are asked for", () =>
    Effect.gen(function*() {
      const layoutOf = (...argv: ReadonlyArray<string>) => Effect.map(dump(argv), ({ lines }) => lines)
      assert.deepStrictEqual(yield* layoutOf("--format=insert"), Option.none())
      assert.deepStrictEqual(yield* layoutOf("--format=load_data"), Option.some(Lines.tabs))
      assert.deepStrictEqual(
        yield* layoutOf("--csv", "--include-header"),
        Option.some({ ...Lines.csv, header: true })
      )
      assert.deepStrictEqual(
        yield* layoutOf(
          "--load-data",
          "--fields-terminated-by=\\t|",
          "--fields-enclosed-by='",
          "--fields-escaped-by=\\",
          "--lines-starting-by=> ",
          "--lines-terminated-by=\\r\\n",
          "--load-data-character-set=BINARY"
        ),
        Option.some({
          fields: { terminatedBy: Sql.bytes("\t|"), enclosedBy: 0x27, escapedBy: 0x5c },
          lines: { startingBy: Sql.bytes("> "), terminatedBy: Sql.bytes("\r\n") },
          header: false
        })
      )
      const refused = (words: string, ...argv: ReadonlyArray<string>) =>
        Effect.map(
          run(["dump", ...argv]),
          ({ result }) => assert.include(result._tag === "Left" ? result.left.message : "", words)
        )
      yield* refused("is about lines", "--fields-terminated-by=;")
      yield* refused("is about lines", "--include-header")
      yield* refused("takes one character", "--csv", "--fields-enclosed-by=((")
      yield* refused("could not be told apart", "--csv", "--fields-terminated-by=1")
      yield* refused("contradict", "--csv", "--format=LOAD_DATA")
      yield* refused("CLICKHOUSE", "--format=CLICKHOUSE")
      yield* refused("none of them", "--csv", "--load-data-character-set=utf8mb4")
    }))

  it.effect("the lock mode and the policy for definitions, under the names of mydumper too", () =>
    Effect.gen(function*() {
      const chosen = (...argv: ReadonlyArray<string>) =>
        Effect.map(dump(argv), ({ ddl, lockMode, transactionalOnly }) => [lockMode, ddl, transactionalOnly] as const)
      assert.deepStrictEqual(yield* chosen("--sync-thread-lock-mode=lock_all", "--ddl=prevent", "--trx-tables"), [
        "LOCK_ALL",
        "prevent",
        true
      ])
      assert.deepStrictEqual(yield* chosen("-k", "--skip-ddl-locks", "--no-trx-tables"), ["NO_LOCK", "detect", false])
      assert.deepStrictEqual(yield* chosen("--trx-tables=0"), ["AUTO", "auto", false])
    }))

  it.effect("all flags the other way", () =>
    Effect.gen(function*() {
      const config = yield* dump([
        "-dmW",
        "--skip-triggers",
        "--routines=0",
        "--skip-events=yes",
        "--complete-insert",
        "--skip-tz-utc",
        "--clear",
        "--quiet",
        "--debug",
        "-v4",
        "-F",
        "16",
        "-s",
        "1K",
        "--memory-budget=2g",
        "--progress=Never"
      ])
      const { data, debug, events, quiet, routines, schemas, triggers, utc, views } = config
      assert.deepStrictEqual([data, schemas, views, triggers, routines, events, utc], Array(7).fill(false))
      assert.deepStrictEqual([quiet, debug, config.completeInsert], [true, true, true])
      assert.strictEqual(config.whenNotEmpty, "Clear")
      assert.strictEqual(config.verbose, 3)
      assert.strictEqual(config.progress, "never")
      assert.strictEqual(config.statementSize, 1024)
      assert.strictEqual(config.memoryBudget, 2 * 1024 ** 3)
      assert.deepStrictEqual(config.chunkFileSize, Option.some(16 * 1024 ** 2))
      assert.strictEqual((yield* dump(["--dirty"])).whenNotEmpty, "WriteOver")
    }))

  it.effect("how tables are cut", () =>
    Effect.gen(function*() {
      assert.deepInclude(yield* dump(["--split-partitions"]), { splitPartitions: true, useSingleColumn: false })
      assert.deepInclude(yield* dump(["--use-single-column"]), { splitPartitions: false, useSingleColumn: true })
      assert.deepInclude(yield* dump(["--split-string-pk"]), { splitPartitions: false, useSingleColumn: false })
    }))

  it.effect("rows", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* dump(["-r", "-1"])).rows, { _tag: "OnePiece" })
      assert.deepStrictEqual((yield* dump(["-r5000"])).rows, { _tag: "Fixed", rows: 5000 })
      assert.deepStrictEqual((yield* dump(["-r", "1:2:0"])).rows, { _tag: "Adaptive", least: 1, start: 2, most: 0 })
    }))

  it.effect("words turn the stream on", () =>
    Effect.gen(function*() {
      const config = yield* dump(["shop", "shop.a", "shop.b.c"])
      assert.deepStrictEqual(config.databases, ["shop"])
      assert.deepStrictEqual(config.tables, [{ database: "shop", table: "a" }, { database: "shop", table: "b.c" }])
      assert.deepStrictEqual(config.stream, Option.some("TRADITIONAL"))
      assert.deepStrictEqual((yield* dump(["shop", "--stream=2"])).stream, Option.some("NO_DELETE"))
    }))

  it.effect("patterns of PCRE that mean the same here", () =>
    Effect.gen(function*() {
      const config = yield* dump(["-x", "^(?!(mysql|sys)\\.)", "-x", "(?i)a\\-b\\_[\\-x]"])
      assert.isTrue(includes({ tables: [], patterns: config.patterns.slice(0, 1) })("shop", "t"))
      assert.isFalse(includes({ tables: [], patterns: config.patterns.slice(0, 1) })("MySQL", "user"))
      assert.isTrue(includes({ tables: [], patterns: config.patterns.slice(1) })("s", "A-B_-"))
      for (const pattern of ["(", "\\A", "a++", "(?>a)", "[[:alpha:]]", "\\Qa\\E", "a{,3}"]) {
        yield* refused(["dump", "-x", "ok", "-x", pattern], "pattern 2 of --regex", "PCRE")
      }
    }))

  it("names of tables with signs for any text", () => {
    const asked = includes({ tables: [{ database: "shop", table: "or%_1" }], patterns: [] })
    assert.isTrue(asked("shop", "orders_1"))
    assert.isTrue(asked("SHOP", "ORx1"))
    assert.isFalse(asked("shop", "or1"))
    assert.isFalse(asked("shopx", "orders_1"))
    assert.isTrue(includes({ tables: [{ database: "a.b", table: "c+" }], patterns: [] })("a.b", "c+"))
    assert.isFalse(includes({ tables: [{ database: "a.b", table: "c+" }], patterns: [] })("axb", "cc"))
  })
})

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
