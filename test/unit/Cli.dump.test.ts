/**
 * What `sluice dump` is asked to do.
 */
import { assert, describe, it } from "@effect/vitest"
import { Lines, Sql } from "@sluice/format"
import { Effect, Option } from "effect"
import { includes } from "sluice/Config"

import { dump, refused, run } from "../support/cliRuns.js"

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
