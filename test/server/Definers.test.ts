/**
 * Definers that are roles: a server that lacks the role would take its name for an account, in silence.
 */
import { assert, describe, it, layer } from "@effect/vitest"
import * as Sql from "@sluice/format/Sql"
import * as MysqlTarget from "@sluice/mysql/MysqlTarget"
import * as Target from "@sluice/pipeline/Target"
import { Effect, Either } from "effect"

import * as Definers from "../../packages/mysql/src/internal/definers.js"
import { ask, connect, optionsOf, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const roleOf = (text: string) => Definers.roleOf(Sql.bytes(text))

describe("the role that a definition is of", () => {
  it("is a definer without a host", () => {
    assert.strictEqual(roleOf("CREATE DEFINER=`r r` PROCEDURE `p`() SELECT 1"), "r r")
    assert.strictEqual(
      roleOf("CREATE ALGORITHM=UNDEFINED DEFINER=`a``b` SQL SECURITY DEFINER VIEW v AS SELECT 1"),
      "a`b"
    )
    assert.strictEqual(roleOf("CREATE DEFINER=\"r\" PACKAGE \"p\" AS END"), "r")
    assert.strictEqual(roleOf("CREATE AGGREGATE FUNCTION f() RETURNS INT RETURN 1"), undefined)
    assert.strictEqual(roleOf("CREATE DEFINER=`u`@`%` PROCEDURE p() SELECT 1"), undefined)
    assert.strictEqual(roleOf("CREATE DEFINER=`a``b`@`%` PROCEDURE p() SELECT 1"), undefined)
    assert.strictEqual(roleOf("INSERT INTO t VALUES ('CREATE DEFINER=`r` x')"), undefined)
  })
})

describeVendors("definers that are roles", (vendor) => {
  layer(real.oneServer(vendor), { excludeTestServices: true })((it) => {
    it.scoped("come back where the role is, and are refused by name where it is not", () =>
      Effect.gen(function*() {
        const server = yield* real.From
        const connection = yield* connect(server)
        yield* run(connection, "CREATE DATABASE d")
        const target = yield* Effect.provide(
          Target.Target,
          MysqlTarget.layer({ ...optionsOf(server), binlog: true })
        )
        const session = yield* target.session
        yield* session.use("d")
        const statements = [
          "CREATE DEFINER=`rö'le` PROCEDURE p() SELECT 1",
          "CREATE ALGORITHM=UNDEFINED DEFINER=`rö'le` SQL SECURITY DEFINER VIEW v AS SELECT 1 AS a"
        ]
        for (const statement of vendor === "mariadb" ? statements : []) {
          const outcome = yield* Effect.either(session.execute(Sql.bytes(statement)))
          assert(Either.isLeft(outcome), statement)
          assert.strictEqual(outcome.left.reason, "Unsupported")
          assert.include(outcome.left.message, "rö'le")
        }
        yield* run(connection, "CREATE ROLE `rö'le`")
        // to MySQL a role is an account like any other
        const definer = vendor === "mariadb" ? "rö'le" : "rö'le@%"
        for (const statement of statements) yield* session.execute(Sql.bytes(statement))
        assert.deepStrictEqual(
          yield* ask(connection, "SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'd'"),
          [[definer]]
        )
        const [shown] = yield* ask(connection, "SHOW CREATE VIEW d.v")
        assert.include(shown?.[1] ?? "", `DEFINER=\`${definer.replace("@%", "`@`%")}\` SQL`)
      }), 60_000)
  })
})
