import { NodeContext } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Dump } from "@sluice/pipeline"
import { ScratchServer, type ServerPrograms } from "@sluice/testing"
import { Effect, Layer } from "effect"

import { lenient, long, move } from "../support/moving.js"
import { ask, connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"
import * as Zoo from "../support/typeZoo.js"

const list = (values: ReadonlyArray<string>) => values.map((value) => `(${value})`).join(", ")

/** A table of each kind without a key, with duplicates; one with it as its key; one with it in two keys and a foreign one. */
const tablesOf = ({ key, type, values }: Zoo.Kind, i: number): ReadonlyArray<string> => {
  const part = key === "prefix" ? "v(60)" : "v"
  const nullable = type.startsWith("timestamp") ? "NULL DEFAULT NULL" : "DEFAULT NULL"
  return [
    `CREATE TABLE plain_${i} (v ${type} ${nullable})`,
    `INSERT IGNORE INTO plain_${i} VALUES ${list([...values, "NULL", ...values])}`,
    ...(key === "none" ? [] : [
      `CREATE TABLE key_${i} (n INT, v ${type} NOT NULL, PRIMARY KEY (${part}))`,
      `INSERT IGNORE INTO key_${i} (v, n) SELECT v, 1 FROM plain_${i} WHERE v IS NOT NULL`,
      `CREATE TABLE both_${i} (n INT NOT NULL, v ${type} NOT NULL, PRIMARY KEY (n, ${part}), UNIQUE KEY (${part}, n)${
        key === "whole" ? `, FOREIGN KEY (v) REFERENCES key_${i} (v)` : ""
      })`,
      `INSERT IGNORE INTO both_${i} SELECT 1, v FROM key_${i} UNION ALL SELECT 2, v FROM key_${i}`
    ])
  ]
}

/** Servers whose own settings would change what is read or written, if they had a say. */
const oddServers = (vendor: ServerPrograms.Vendor) => {
  const packet = "--max-allowed-packet=64M"
  return Layer.merge(
    ScratchServer.layer(real.From, {
      vendor,
      arguments: [
        packet,
        "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,REAL_AS_FLOAT,PIPES_AS_CONCAT",
        "--default-time-zone=+05:30",
        "--character-set-server=latin1",
        "--collation-server=latin1_german1_ci",
        "--div-precision-increment=0"
      ]
    }),
    ScratchServer.layer(real.To, {
      vendor,
      arguments: [
        packet,
        "--sql-mode=STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH",
        "--default-time-zone=-08:00",
        "--character-set-server=utf8mb4"
      ]
    })
  ).pipe(Layer.provideMerge(NodeContext.layer))
}

const kindsOn = (vendor: ServerPrograms.Vendor) =>
  Effect.map(real.From, (server) => Zoo.kindsOf(vendor, Number(server.version.split(".")[0])))

/** What both servers store, as they show it themselves, by the name of each column. */
const stored = (server: ScratchServer.ScratchServer, database: string, kinds: ReadonlyArray<Zoo.Kind>) =>
  Effect.gen(function*() {
    const connection = yield* connect(server)
    yield* run(
      connection,
      "SET SESSION sql_mode = '', sort_buffer_size = 8388608",
      "SET time_zone = '+00:00'",
      `USE ${database}`
    )
    return yield* Effect.forEach(
      kinds,
      ({ key, show, type }, i) =>
        Effect.forEach(key === "none" ? ["plain"] : ["plain", "key", "both"], (table) =>
          Effect.map(
            ask(
              connection,
              `SELECT ${show.join(", ")} FROM ${table}_${i} ORDER BY ${show.map((_, at) => at + 1).join(", ")}`
            ),
            (rows) => [`${type}, ${table}_${i}`, rows] as const
          ))
    ).pipe(Effect.map((all) => new Map(all.flat())))
  }).pipe(Effect.scoped)

describeVendors("values of every type", (vendor) => {
  layer(oddServers(vendor), { excludeTestServices: true })((it) => {
    it.scoped("come back as they were, in every key position", () =>
      Effect.gen(function*() {
        const [from, to] = [yield* real.From, yield* real.To]
        const kinds = yield* kindsOn(vendor)
        const connection = yield* connect(from)
        yield* lenient(connection)
        yield* run(connection, "CREATE DATABASE types CHARACTER SET utf8mb4", "USE types", ...kinds.flatMap(tablesOf))
        const before = yield* stored(from, "types", kinds)
        // the server took all of them, and NULL
        assert.deepStrictEqual(
          kinds.map(({ type }, i) => [type, before.get(`${type}, plain_${i}`)?.length]),
          kinds.map(({ type, values }) => [type, values.length * 2 + 1])
        )
        const target = yield* connect(to)
        for (const hexBlob of long ? [false, true] : [false]) {
          yield* run(target, "DROP DATABASE IF EXISTS types")
          yield* move(from, to, "types", { dump: { read: { ...Dump.defaults.read, hexBlob } } })
          const after = yield* stored(to, "types", kinds)
          // all of them, so that one run tells everything
          const wrong = Array.from(before).filter(([what, rows]) =>
            JSON.stringify(after.get(what)) !== JSON.stringify(rows)
          )
          assert.deepStrictEqual(
            wrong.map(([what]) => ({ what, rows: after.get(what) })),
            wrong.map(([what, rows]) => ({ what, rows }))
          )
        }
        assert.deepStrictEqual(
          real.differences(yield* real.pictureOf(from, "types"), yield* real.pictureOf(to, "types")),
          []
        )
      }), 120_000)

    it.scoped("in every character set come back as the bytes that are stored", () =>
      Effect.gen(function*() {
        const [from, to] = [yield* real.From, yield* real.To]
        const connection = yield* connect(from)
        yield* lenient(connection)
        const charsets = (yield* ask(connection, "SELECT CHARACTER_SET_NAME FROM information_schema.CHARACTER_SETS"))
          .map(([name]) => name ?? "").filter((name) => long || Zoo.peculiar.has(name))
        yield* run(
          connection,
          "CREATE DATABASE charsets CHARACTER SET utf8mb4",
          "USE charsets",
          ...charsets.flatMap((charset) => {
            const values = list(Zoo.textsIn(charset))
            return [
              `CREATE TABLE in_${charset} (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(90), c CHAR(90), t TEXT, ` +
              `b TINYTEXT${charset === "binary" ? "" : ` COLLATE ${charset}_bin`}) CHARACTER SET ${charset}`,
              `INSERT IGNORE INTO in_${charset} (v) VALUES ${values}`,
              `UPDATE IGNORE in_${charset} SET c = v, t = v, b = v`,
              `CREATE TABLE key_${charset} (v VARCHAR(90) PRIMARY KEY, KEY (v(2))) CHARACTER SET ${charset}`,
              `INSERT IGNORE INTO key_${charset} SELECT v FROM in_${charset}`
            ]
          })
        )
        const bytesIn = (server: ScratchServer.ScratchServer) =>
          Effect.gen(function*() {
            const connection = yield* connect(server)
            return yield* Effect.forEach(charsets, (charset) =>
              Effect.map(
                Effect.all([
                  ask(
                    connection,
                    `SELECT HEX(v), HEX(c), HEX(t), HEX(b), CHARSET(v) FROM charsets.in_${charset} ORDER BY id`
                  ),
                  ask(connection, `SELECT HEX(v) FROM charsets.key_${charset} ORDER BY 1`)
                ]),
                (rows) => [charset, rows] as const
              ))
          }).pipe(Effect.scoped)
        const before = yield* bytesIn(from)
        yield* move(from, to, "charsets")
        const after = new Map(yield* bytesIn(to))
        const wrong = before.filter(([charset, rows]) => JSON.stringify(after.get(charset)) !== JSON.stringify(rows))
        assert.deepStrictEqual(
          wrong.map(([charset]) => [charset, after.get(charset)]),
          wrong.map(([charset, rows]) => [charset, rows])
        )
        assert.deepStrictEqual(
          real.differences(yield* real.pictureOf(from, "charsets"), yield* real.pictureOf(to, "charsets")),
          []
        )
        assert.isAtLeast(charsets.length, long ? 36 : Zoo.peculiar.size - 1)
      }), 120_000)
  })
})
