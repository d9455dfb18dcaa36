import { Command } from "@effect/platform"
import { assert, it, layer } from "@effect/vitest"
import { Pipe, Progress, Restore, Script } from "@sluice/pipeline"
import { ClientPrograms, SampleDatabase, type ScratchServer, type ServerPrograms } from "@sluice/testing"
import { Chunk, Effect, Layer, Option, Redacted, Stream } from "effect"
import { inject } from "vitest"

import { ask, connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const name = SampleDatabase.defaultName

/** What no sample has: text of other character sets, odd names, and bodies that hold what ends a statement. */
const oddities = [
  `CREATE TABLE \`${name}\`.\`we\`\`ird n\` (a INT PRIMARY KEY, b VARCHAR(40) CHARACTER SET latin1, c VARBINARY(9)) COMMENT 'd''un é ;'`,
  `INSERT INTO \`${name}\`.\`we\`\`ird n\` VALUES (1, 'é;''\\n', X'00FF5C27'), (2, '-- Dump completed', NULL), (3, '\\\\', '')`,
  `CREATE TABLE \`${name}\`.plain (a VARCHAR(20))`,
  "SET sql_mode = 'ANSI_QUOTES'",
  `USE ${name}`,
  "CREATE TRIGGER odd BEFORE INSERT ON plain FOR EACH ROW BEGIN SET NEW.a = 'C:'; /* ; */ SET NEW.a = CONCAT(NEW.a, ';'); END",
  "SET sql_mode = DEFAULT"
]

const dumpOf = (vendor: ServerPrograms.Vendor, server: ScratchServer.ScratchServer, ...words: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const [program, ...first] = yield* ClientPrograms.findDump(vendor)
    const process = yield* Command.make(
      program,
      ...first,
      "--no-defaults",
      `--host=${server.host}`,
      `--port=${server.port}`,
      `--user=${server.user}`,
      "--single-transaction",
      "--routines",
      "--events",
      "--triggers",
      ...(vendor === "mysql" ? ["--set-gtid-purged=ON"] : []),
      ...words
    ).pipe(Command.env({ MYSQL_PWD: Redacted.value(server.password) }), Command.stderr("inherit"), Command.start)
    const bytes = Buffer.concat(Chunk.toReadonlyArray(yield* Stream.runCollect(process.stdout)))
    assert.strictEqual(Number(yield* process.exitCode), 0)
    return bytes
  }).pipe(Effect.scoped)

/** The bytes in cuts of this many, over memory that is used again, as a pipe's are. */
const pipeOf = (bytes: Uint8Array, cut = 60_000) =>
  Layer.sync(Pipe.PipeIn, () => {
    const lent = new Uint8Array(cut)
    return Pipe.PipeIn.of({
      bytes: Stream.range(0, Math.ceil(bytes.length / cut) - 1).pipe(
        Stream.rechunk(1),
        Stream.map((i) => {
          const part = bytes.subarray(i * cut, (i + 1) * cut)
          lent.set(part)
          return lent.subarray(0, part.length)
        })
      )
    })
  })

const restored = (server: ScratchServer.ScratchServer, script: Uint8Array, options: Partial<Script.Options> = {}) =>
  Script.run({ ...Restore.defaults, ...options }).pipe(
    Effect.provide(Layer.mergeAll(real.targetOf(server), pipeOf(script), Progress.layer))
  )

const dropped = (server: ScratchServer.ScratchServer, ...databases: ReadonlyArray<string>) =>
  Effect.scoped(
    Effect.flatMap(connect(server), (connection) =>
      run(
        connection,
        ...databases.map((database) => `DROP DATABASE IF EXISTS \`${database}\``)
      ))
  )

const loaded = (vendor: ServerPrograms.Vendor) =>
  Layer.effectDiscard(Effect.scoped(Effect.gen(function*() {
    const connection = yield* connect(yield* real.From)
    yield* run(connection, ...SampleDatabase.statements({ scale: 0.02, vendor }))
    yield* run(connection, "SET NAMES utf8mb4", ...oddities)
    if (vendor === "mariadb") {
      yield* run(connection, `CREATE SEQUENCE ${name}.numbers START 5 INCREMENT 3`, `DO NEXTVAL(${name}.numbers)`)
    }
    // these programs lose digits of a FLOAT, and the sign of a zero
    const floats = yield* ask(
      connection,
      `SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '${name}' AND DATA_TYPE IN ('float', 'double')`
    )
    yield* run(
      connection,
      ...floats.map(([table, column]) => `UPDATE \`${name}\`.\`${table}\` SET \`${column}\` = 0.5`)
    )
  }))).pipe(Layer.provideMerge(real.twoServers(vendor)))

describeVendors("a script of the vendor's own dump program", (vendor) => {
  if (!inject("dumpPrograms")[vendor]) {
    it.skip("SKIPPED: there is no such program")
    return
  }
  layer(loaded(vendor), { excludeTestServices: true, timeout: "4 minutes" })((it) => {
    it.scoped("comes back equal", () =>
      Effect.gen(function*() {
        const [from, to] = yield* Effect.all([real.From, real.To])
        const script = yield* dumpOf(vendor, from, "--databases", name)
        const left = yield* real.pictureOf(from, name)
        const verdict = yield* restored(to, script)
        assert.deepStrictEqual(real.differences(left, yield* real.pictureOf(to, name)), [])
        assert.isTrue(verdict.complete)
        const connection = yield* connect(from)
        const [row] = yield* ask(
          connection,
          `SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${name}' AND TABLE_TYPE = 'BASE TABLE'`
        )
        assert.strictEqual(verdict.tables, Number(row?.[0]))
        assert.strictEqual(verdict.bytes, script.length)
        // again, over what is there
        const refused = yield* Effect.flip(restored(to, script))
        assert.strictEqual(refused._tag, "TargetError")
        assert.include(refused.message, "already there")
        yield* restored(to, script, { existing: Restore.Existing.Drop() })
        assert.deepStrictEqual(real.differences(left, yield* real.pictureOf(to, name)), [])
        const skipped = yield* restored(to, script, { existing: Restore.Existing.Skip() })
        assert.strictEqual(skipped.rows, 0)
        assert.deepStrictEqual(real.differences(left, yield* real.pictureOf(to, name)), [])
        yield* dropped(to, name)
      }))

    it.scoped("goes into another database, one row at a time and without comments too", () =>
      Effect.gen(function*() {
        const [from, to] = yield* Effect.all([real.From, real.To])
        const script = yield* dumpOf(
          vendor,
          from,
          "--skip-extended-insert",
          "--complete-insert",
          "--skip-comments",
          name
        )
        const homeless = yield* Effect.flip(restored(to, script))
        assert.include(homeless.message, "--database")
        const verdict = yield* restored(to, script, { database: Option.some("other") })
        assert.isFalse(verdict.complete)
        const [left, right] = yield* Effect.all(
          [from, to].map((server, i) =>
            Effect.scoped(
              Effect.flatMap(
                connect(server),
                (connection) => ask(connection, `CHECKSUM TABLE \`${i === 0 ? name : "other"}\`.\`we\`\`ird n\``)
              )
            )
          )
        )
        assert.strictEqual(right?.[0]?.[1], left?.[0]?.[1])
        yield* dropped(to, "other")
      }))

    it.scoped("is refused when it was cut, wherever", () =>
      Effect.gen(function*() {
        const [from, to] = yield* Effect.all([real.From, real.To])
        const script = yield* dumpOf(vendor, from, "--databases", name)
        for (const part of [0, 0.1, 0.37, 0.62, 0.9, 1]) {
          const end = script.lastIndexOf("-- Dump completed")
          const error = yield* Effect.flip(restored(to, script.subarray(0, Math.floor(end * part))))
          assert.strictEqual(error._tag, "BackupError", `${part}: ${error.message}`)
          yield* dropped(to, name)
        }
      }))
  })
})
