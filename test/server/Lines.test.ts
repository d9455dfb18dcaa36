import { Readable } from "node:stream"

import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Lines } from "@sluice/format"
import { Compression, Dump, Staging, StreamMode } from "@sluice/pipeline"
import { ScratchServer, type ServerPrograms } from "@sluice/testing"
import { Array as Arr, Effect, Layer, Option, Redacted } from "effect"
import { createConnection, type RowDataPacket } from "mysql2/promise"

import * as flows from "../support/flows.js"
import { lenient, long, move } from "../support/moving.js"
import { connect, everythingIn, optionsOf, run } from "../support/mysqlSource.js"
import * as pairs from "../support/pairs.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"
import * as Zoo from "../support/typeZoo.js"

/** A server whose own settings would change what is read, and one that lets clients load files. */
const servers = (vendor: ServerPrograms.Vendor) =>
  Layer.merge(
    ScratchServer.layer(real.From, {
      vendor,
      arguments: [
        "--max-allowed-packet=64M",
        "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH",
        "--default-time-zone=+05:30",
        "--character-set-server=latin1"
      ]
    }),
    ScratchServer.layer(real.To, {
      vendor,
      arguments: ["--max-allowed-packet=64M", "--local-infile=1", "--character-set-server=utf8mb4"]
    })
  ).pipe(Layer.provideMerge(NodeContext.layer))

const list = (values: ReadonlyArray<string>) => values.map((value) => `(${value})`).join(", ")

const nullable = (type: string) => `${type.startsWith("timestamp") ? "NULL" : ""} DEFAULT NULL`

/** A column of every type, those of texts in other character sets, and what else is odd about columns. */
const everything = (kinds: ReadonlyArray<Zoo.Kind>): ReadonlyArray<string> => [
  "CREATE DATABASE d CHARACTER SET latin1",
  "USE d",
  ...Arr.chunksOf(kinds, 8).flatMap((some, i) => [
    `CREATE TABLE plain_${i} (${some.map(({ type }, at) => `v_${at} ${type} ${nullable(type)}`).join(", ")}) ` +
    "CHARACTER SET utf8mb4",
    ...Array.from(
      { length: Math.max(...some.map(({ values }) => values.length)) + 1 },
      (_, row) => `INSERT IGNORE INTO plain_${i} VALUES (${some.map(({ values }) => values[row] ?? "NULL").join(", ")})`
    )
  ]),
  ...["gbk", "ucs2", "utf16", "sjis", "latin1", "big5", "utf8mb4"].flatMap((charset) => [
    `CREATE TABLE in_${charset} (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(90), t TEXT) CHARACTER SET ${charset}`,
    `INSERT IGNORE INTO in_${charset} (v) VALUES ${list(Zoo.textsIn(charset))}`,
    `UPDATE IGNORE in_${charset} SET t = v`
  ]),
  "CREATE TABLE made (a INT, g INT AS (a + 1) STORED, `s p` VARCHAR(20), w INT AS (a + 2) VIRTUAL)",
  "INSERT INTO made (a, `s p`) VALUES (1, 'x'), (2, NULL), (NULL, ''), (3, 'NULL'), (4, X'5c4e'), (5, X'0a0d09222c27')",
  "CREATE TABLE counted (g INT AS (1) STORED)",
  "INSERT INTO counted VALUES (), (), ()",
  "CREATE TABLE `we``i\\rd'` (`a``b,'` VARCHAR(9), b SET('', '3', 'x'))",
  "INSERT INTO `we``i\\rd'` VALUES ('1', ''), ('2', 0), ('3', '3'), ('4', '3,x'), ('5', 4), ('6', NULL)"
]

const dumpInto = (path: string, layout: Lines.Layout, hexBlob: boolean, jsonAsText: boolean) =>
  Effect.gen(function*() {
    return yield* flows.dump({
      selection: everythingIn("d"),
      read: { ...Dump.defaults.read, hexBlob, lines: layout }
    }).pipe(
      Effect.provide(Layer.provideMerge(StreamMode.layerDumpDirectory, flows.folder(path, "Nothing"))),
      Effect.provide(real.sourceWith(yield* real.From, { readers: 2, jsonAsText }))
    )
  })

const newFolder = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "sluice-lines-" })
)

const alike = Effect.gen(function*() {
  assert.deepStrictEqual(
    real.differences(yield* real.pictureOf(yield* real.From, "d"), yield* real.pictureOf(yield* real.To, "d")),
    []
  )
})

/** Restores the definitions of a backup, and lets the server itself load the rows, as mydumper's loader does. */
const loadThere = (path: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const to = yield* real.To
    yield* flows.restore({ rows: false }).pipe(
      Effect.provide(Layer.provideMerge(StreamMode.layerRestoreDirectory, flows.folder(path, "Present"))),
      Effect.provide(real.targetOf(to))
    )
    const { host, password, port, user } = optionsOf(to)
    const client = yield* Effect.acquireRelease(
      Effect.promise(() =>
        createConnection({
          user,
          database: "d",
          password: password === undefined ? "" : Redacted.value(password),
          ...(host === undefined ? {} : { host }),
          ...(port === undefined ? {} : { port }),
          flags: ["LOCAL_FILES"]
        })
      ),
      (client) => Effect.promise(() => client.end())
    )
    const statements = (yield* fs.readDirectory(path)).filter((name) => /\.\d{5}\.sql$/.test(name))
    let loads = 0
    for (const name of statements) {
      const text = Buffer.from(yield* fs.readFile(`${path}/${name}`)).toString("latin1")
      for (const statement of text.split(/;\n/).filter((statement) => statement !== "")) {
        const file = /^LOAD DATA LOCAL INFILE '([^']+)'/.exec(statement)?.[1]
        loads += file === undefined ? 0 : 1
        if (file !== undefined) {
          // the source holds days that are none, which its own sql_mode would not let in
          yield* Effect.promise(() => client.query("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ALLOW_INVALID_DATES')"))
        }
        const rows = file === undefined ? new Uint8Array(0) : yield* fs.readFile(`${path}/${file}`)
        yield* Effect.promise(() =>
          client.query({
            sql: statement,
            infileStreamFactory: () => Readable.from([Buffer.from(rows)])
          })
        )
        // a lenient session warns of values of ENUM that are no member, and takes them
        const [warnings] = yield* Effect.promise(() => client.query<Array<RowDataPacket>>("SHOW WARNINGS"))
        assert.deepStrictEqual(warnings.filter(({ Code }) => Code !== 1265), [], statement)
      }
    }
    return loads
  }).pipe(Effect.scoped)

describeVendors("rows as lines", (vendor) => {
  layer(servers(vendor), { excludeTestServices: true })((it) => {
    it.scoped("come back as they were, of every type", () =>
      Effect.gen(function*() {
        const [from, to] = [yield* real.From, yield* real.To]
        const all = Zoo.kindsOf(vendor, Number(from.version.split(".")[0]))
        // a table with JSON of MySQL is no matter of lines
        const kinds = all.filter(({ type }) => type !== "json").concat(all.filter(({ type }) => type === "json"))
        const connection = yield* connect(from)
        yield* lenient(connection)
        yield* run(connection, ...everything(kinds))
        const target = yield* connect(to)
        const rounds = [[Lines.tabs, false], [{ ...Lines.csv, header: true }, true]] as const
        for (const [layout, hexBlob] of rounds) {
          yield* run(target, "DROP DATABASE IF EXISTS d")
          const verdict = yield* move(from, to, "d", {
            dump: { read: { ...Dump.defaults.read, hexBlob, lines: layout } }
          })
          yield* alike
          const remark = verdict.remarks.find((remark) => remark.includes("counted"))
          assert.include(remark, "`d`.`counted`: written as INSERT statements, as no line can stand")
          assert.strictEqual(
            verdict.remarks.some((remark) => remark.includes("--json-as-text")),
            vendor === "mysql"
          )
        }
      }), 120_000)

    it.scoped("are taken by the server itself", () =>
      Effect.gen(function*() {
        const target = yield* connect(yield* real.To)
        yield* run(target, "DROP DATABASE IF EXISTS d")
        const path = yield* newFolder
        yield* dumpInto(path, Lines.csv, false, false)
        assert.isAbove(yield* loadThere(path), 15)
        yield* alike
        if (long) {
          yield* run(target, "DROP DATABASE d")
          const again = yield* newFolder
          yield* dumpInto(again, { ...Lines.tabs, header: true }, true, false)
          yield* loadThere(again)
          yield* alike
        }
      }), 120_000)

    it.scoped("come back through every mode, compressed or not", () =>
      Effect.gen(function*() {
        const [from, to] = [yield* real.From, yield* real.To]
        const connection = yield* connect(from)
        yield* run(
          connection,
          "DROP DATABASE IF EXISTS d",
          "CREATE DATABASE d",
          "USE d",
          "CREATE TABLE t (id INT PRIMARY KEY, v TEXT, b BLOB)",
          "INSERT INTO t VALUES (1, 'a\\tb,\"', X'00ff0a5c'), (2, NULL, ''), (3, '', NULL), (4, 'NULL', 'x')"
        )
        const target = yield* connect(to)
        const gzip = Staging.layerCompressed("gzip", Option.getOrThrow(Compression.encoder("gzip")))
        const moves = pairs.all.filter(({ outcome }) => outcome._tag === "Moved")
        for (const [i, pair] of moves.entries()) {
          yield* run(target, "DROP DATABASE IF EXISTS d")
          const compresses = i % 2 === 0
          const attempt = yield* pairs.attempt(
            compresses ? { ...pair, dump: { ...pair.dump, dump: Layer.provideMerge(pair.dump.dump, gzip) } } : pair,
            {
              source: real.sourceOf(from, 2),
              target: real.targetOf(to),
              dumpOptions: {
                selection: everythingIn("d"),
                chunkRows: Option.some(2),
                read: { ...Dump.defaults.read, lines: i % 3 === 0 ? Lines.tabs : Lines.csv }
              }
            }
          )
          pairs.check(pair, attempt)
          assert.includeMembers([...flows.namesOf(attempt.bytes)], [`d.t.00000.dat${compresses ? ".gz" : ""}`])
          yield* alike
        }
        assert.isAtLeast(moves.length, 6)
      }), 120_000)

    it.scoped("hold JSON when it is carried as its text", () =>
      Effect.gen(function*() {
        const path = yield* newFolder
        const fs = yield* FileSystem.FileSystem
        const connection = yield* connect(yield* real.From)
        yield* run(
          connection,
          "DROP DATABASE IF EXISTS d",
          "CREATE DATABASE d",
          "USE d",
          "CREATE TABLE j (id INT, v JSON)",
          `INSERT INTO j VALUES (1, '{"a": "é\\\\n,", "b": [1, null, 2.5]}'), (2, NULL), (3, 'null')`
        )
        yield* run(yield* connect(yield* real.To), "DROP DATABASE IF EXISTS d")
        yield* dumpInto(path, Lines.csv, false, true)
        const statement = yield* fs.readFileString(`${path}/d.j.00000.sql`)
        assert.strictEqual(
          statement.endsWith("(`id`,@`v`)SET `v`=CONVERT(@`v` USING UTF8MB4);\n"),
          vendor === "mysql"
        )
        assert.strictEqual(yield* loadThere(path), 1)
        yield* alike
      }), 120_000)
  })
})
