import { NodeContext } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { ScratchServer, type ServerPrograms } from "@sluice/testing"
import { Cause, Effect, Exit, Layer, Option } from "effect"

import { flow, long, move } from "../support/moving.js"
import { ask, connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const servers = (vendor: ServerPrograms.Vendor) =>
  Layer.merge(
    // the log has to have room for ten of such rows
    ScratchServer.layer(real.From, {
      vendor,
      arguments: [
        "--max-allowed-packet=1G",
        ...(vendor === "mysql" ? ["--innodb-redo-log-capacity=4G"] : [
          "--innodb-log-file-size=4G"
        ])
      ]
    }),
    ScratchServer.layer(real.To, {
      vendor,
      arguments: [
        "--max-allowed-packet=1G",
        ...(vendor === "mysql" ? ["--innodb-redo-log-capacity=4G"] : [
          "--innodb-log-file-size=4G"
        ])
      ]
    })
  ).pipe(Layer.provideMerge(NodeContext.layer))

/** What a packet can hold; a row of that length, or of twice that, is followed by an empty one. */
const packet = 0xffffff
/** A number of one digit, and the length of a value below and from 16 MB. */
const small = 2 + 4
const large = 2 + 9

/** Escaping, moving and storing them takes seconds each. */
const lengths = long
  ? [packet - small - 1, packet - small, packet - small + 1, packet, packet + 1, 2 * packet - large]
  : [packet - small, packet + 1]

/** Every byte that needs an escape, and some that do not. */
const filling = "X'275c00220a1a0d61ff80'"

const blob = (length: number) => `LEFT(REPEAT(${filling}, ${Math.ceil(length / 10)}), ${length})`

describeVendors("rows larger than a packet", (vendor) => {
  layer(servers(vendor), { excludeTestServices: true })((it) => {
    const filled = (database: string, lengths: ReadonlyArray<number>) =>
      Effect.gen(function*() {
        const connection = yield* connect(yield* real.From)
        yield* run(
          connection,
          `CREATE DATABASE ${database}`,
          `USE ${database}`,
          "CREATE TABLE rocks (id INT PRIMARY KEY, rock LONGBLOB)",
          "CREATE TABLE sand (id INT PRIMARY KEY, grain INT)",
          "INSERT INTO sand VALUES (1, 1), (2, 2)",
          ...lengths.map((length, i) => `INSERT INTO rocks VALUES (${i + 1}, ${blob(length)})`)
        )
        return connection
      })

    it.scoped("come back, also when they end where a packet does", () =>
      Effect.gen(function*() {
        const [from, to] = [yield* real.From, yield* real.To]
        yield* filled("mountains", lengths)
        yield* move(from, to, "mountains")
        const seen = "SELECT id, LENGTH(rock), SHA2(rock, 256) FROM mountains.rocks ORDER BY id"
        const before = yield* ask(yield* connect(from), seen)
        assert.deepStrictEqual(before.map(([, length]) => length), lengths.map(String))
        assert.deepStrictEqual(yield* ask(yield* connect(to), seen), before)
      }), 240_000)

    it.scoped(
      "are refused in one line, and leave nothing, where the target takes no such packet",
      () =>
        Effect.gen(function*() {
          const [from, to] = [yield* real.From, yield* real.To]
          yield* filled("hills", [3_000_000])
          const target = yield* connect(to)
          yield* run(target, "SET GLOBAL max_allowed_packet = 2097152")
          const exit = yield* Effect.exit(flow(from, to, "hills"))
          yield* run(target, "SET GLOBAL max_allowed_packet = 1073741824")
          const error = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined
          assert(error?._tag === "TargetError", String(exit))
          assert.match(
            error.message,
            /^a statement cannot be sent \(hills\.rocks\.\S+: INSERT INTO `rocks` VALUES …\): its \d+ bytes are more than the server takes: max_allowed_packet is 2097152 \(error 1153\)\. Raise max_allowed_packet/
          )
          assert.deepStrictEqual(yield* ask(target, "SELECT COUNT(*) FROM hills.rocks"), [["0"]])
        }),
      120_000
    )

    it.scoped.skipIf(!long)("of 200 MB come back", () =>
      Effect.gen(function*() {
        const [from, to] = [yield* real.From, yield* real.To]
        yield* filled("himalaya", [200 * 1024 * 1024, 1, 200 * 1024 * 1024])
        yield* move(from, to, "himalaya")
        const seen = "SELECT id, LENGTH(rock), SHA2(rock, 256) FROM himalaya.rocks ORDER BY id"
        assert.deepStrictEqual(yield* ask(yield* connect(to), seen), yield* ask(yield* connect(from), seen))
      }), 600_000)
  })
})
