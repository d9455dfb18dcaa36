/**
 * Objects that go from one version of a server to a later one. It needs a second MariaDB, so it runs with SLUICE_LONG=1.
 */
import { NodeContext } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { Sql } from "@sluice/format"
import { ScratchServer } from "@sluice/testing"
import { Effect, Layer } from "effect"

import * as moves from "../support/moves.js"
import { ask, connect } from "../support/mysqlSource.js"
import * as objects from "../support/objects.js"
import * as real from "../support/realServers.js"

const older = ScratchServer.layer(real.From, { vendor: "mariadb", version: "10.11" })
const from = ScratchServer.layer(real.From, { vendor: "mariadb", version: "11.8" })
const to = ScratchServer.layer(real.To, { vendor: "mariadb", version: "11.8" })

const typed = [
  "CREATE DATABASE typed",
  "CREATE SEQUENCE typed.tiny AS TINYINT UNSIGNED START WITH 250 MAXVALUE 255 NOCACHE CYCLE",
  ...Array.from({ length: 8 }, () => "DO NEXTVAL(typed.tiny)"),
  "CREATE SEQUENCE typed.large AS BIGINT UNSIGNED START WITH 18446744073709551600",
  "DO NEXTVAL(typed.large)",
  "CREATE SEQUENCE typed.down AS SMALLINT INCREMENT BY -1 NOCACHE MAXVALUE -3",
  "DO NEXTVAL(typed.down)"
]

describe.skipIf(process.env["SLUICE_LONG"] !== "1")("from one version to another", () => {
  layer(
    Layer.provideMerge(Layer.merge(older, to), NodeContext.layer),
    { excludeTestServices: true }
  )((it) => {
    it.scoped(
      "a history keeps its times, and what is current stays so where time ends later",
      () =>
        Effect.gen(function*() {
          const connection = yield* moves.make(...objects.history, ...objects.numbers)
          const target = yield* connect(yield* real.To)
          yield* moves.move(["history", "numbers", "a_numbers"], { history: true })
          for (const database of ["history", "numbers", "a_numbers"]) {
            assert.deepStrictEqual(yield* moves.differences(database), [], database)
          }
          const past =
            "SELECT id, x, row_start, row_end FROM history.plain FOR SYSTEM_TIME ALL WHERE row_end < '2037-01-01'"
          const rows = yield* ask(connection, past)
          assert.strictEqual(rows.length, 2)
          assert.deepStrictEqual(yield* ask(target, past), rows)
        }),
      120_000
    )
  })

  layer(
    Layer.provideMerge(Layer.merge(from, to), NodeContext.layer),
    { excludeTestServices: true }
  )((it) => {
    it.scoped("sequences of any type stand where they stood", () =>
      Effect.gen(function*() {
        yield* moves.make(...typed)
        const { bytes } = yield* moves.move(["typed"])
        assert.deepStrictEqual(yield* moves.differences("typed"), [])
        assert.include(Sql.text(bytes), "as tinyint unsigned")
      }), 120_000)
  })
})
