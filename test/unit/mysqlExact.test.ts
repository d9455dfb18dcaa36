import { assert, describe, it } from "@effect/vitest"
import * as Sql from "@sluice/format/Sql"
import type * as Connection from "@sluice/mysql/Connection"
import { Effect, Option, Stream } from "effect"

import * as Dialect from "../../packages/mysql/src/internal/dialect.js"
import * as Exact from "../../packages/mysql/src/internal/exact.js"

const server = { vendor: "mariadb", version: [10, 11, 19], text: "10.11.19-MariaDB" } as const

/** A server whose new rows get `1`, and to which every expression comes to `1`. */
const answering = (asked: Array<string>): Connection.RawConnection => ({
  server,
  threadId: 1,
  maxAllowedPacket: 1 << 24,
  tls: Option.none(),
  query: (sql) =>
    Effect.sync(() => {
      asked.push(typeof sql === "string" ? sql : Sql.text(sql))
      return { columns: ["d"], rows: sql === "SHOW WARNINGS" ? [] : [[Sql.bytes("1")]], affectedRows: 0, warnings: 0 }
    }),
  queries: () => Effect.dieMessage("nothing is asked together"),
  several: () => Stream.dieMessage("nothing is asked together"),
  insertStatements: () => Stream.dieMessage("no rows are asked for"),
  lines: () => Stream.dieMessage("no rows are asked for"),
  defaults: () => Effect.succeed(new Map([["c", Sql.bytes("1")]])),
  execute: () => Effect.dieMessage("nothing is written")
})

describe("expressions that a server printed", () => {
  const definition = (item: string) => {
    const asked: Array<string> = []
    return Effect.map(
      Effect.either(
        Exact.definition(
          answering(asked),
          Dialect.make(server),
          { database: "d", name: "t" },
          Sql.bytes(`CREATE TABLE \`t\` (\n  ${item}\n) ENGINE=InnoDB`)
        )
      ),
      (outcome) => ({ outcome, asked })
    )
  }

  it.effect("are asked for as one, and not at all when they look like more", () =>
    Effect.gen(function*() {
      for (
        const [fine, bad] of [
          ["`c` int(11) DEFAULT f(';')", "`c` int(11) DEFAULT f(1) ; DROP TABLE x"],
          [
            "CONSTRAINT `k` CHECK (convert(';' using latin1))",
            `CONSTRAINT \`k\` CHECK (convert('' using latin1) ; DROP TABLE x)`
          ]
        ]
      ) {
        const one = yield* definition(fine ?? "")
        assert.strictEqual(one.outcome._tag, "Right")
        assert.isTrue(one.asked.some((sql) => sql.includes("';'")))
        const { asked, outcome } = yield* definition(bad ?? "")
        assert.strictEqual(outcome._tag === "Left" ? outcome.left.reason : "taken", "Unsupported")
        assert.isFalse(asked.some((sql) => sql.includes("DROP")), asked.join("\n"))
      }
    }))
})
