import { NodeContext } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { Connection } from "@sluice/mysql"
import { ScratchServer } from "@sluice/testing"
import { Cause, Context, Effect, Exit, Layer } from "effect"
import { inject } from "vitest"

import { flow, move } from "../support/moving.js"
import { ask, connect, optionsOf, run } from "../support/mysqlSource.js"

class Mariadb extends Context.Tag("test/Mariadb")<Mariadb, ScratchServer.ScratchServer>() {}
class Mysql extends Context.Tag("test/Mysql")<Mysql, ScratchServer.ScratchServer>() {}

const both = Layer.merge(
  ScratchServer.layer(Mariadb, { vendor: "mariadb" }),
  ScratchServer.layer(Mysql, { vendor: "mysql" })
).pipe(Layer.provideMerge(NodeContext.layer))

const servers = inject("servers")

/** What only one vendor knows is told in one line before anything is made: what it is, where it stands, what to do. */
const cases = [
  {
    name: "a collation of MySQL",
    from: Mysql,
    to: Mariadb,
    make: ["CREATE DATABASE x COLLATE utf8mb4_0900_ai_ci", "CREATE TABLE x.t (a INT)"],
    says: "the collation utf8mb4_0900_ai_ci (x)"
  },
  {
    name: "a program in a mode of MySQL",
    from: Mysql,
    to: Mariadb,
    make: [
      "CREATE DATABASE x COLLATE utf8mb4_general_ci",
      "USE x",
      "SET sql_mode = 'TIME_TRUNCATE_FRACTIONAL'",
      "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1"
    ],
    says: "the sql_mode TIME_TRUNCATE_FRACTIONAL (x.f)"
  },
  {
    name: "a sequence of MariaDB",
    from: Mariadb,
    to: Mysql,
    make: ["CREATE DATABASE x COLLATE utf8mb4_general_ci", "CREATE SEQUENCE x.s"],
    says: "sequences (x.s)"
  },
  {
    name: "an engine of MariaDB",
    from: Mariadb,
    to: Mysql,
    make: ["CREATE DATABASE x COLLATE utf8mb4_general_ci", "CREATE TABLE x.t (a INT) ENGINE=Aria"],
    says: "the engine Aria (x.t)"
  },
  {
    name: "a type of MariaDB",
    from: Mariadb,
    to: Mysql,
    make: ["CREATE DATABASE x COLLATE utf8mb4_general_ci", "CREATE TABLE x.t (a UUID)"],
    says: "the type uuid (x.t)"
  },
  {
    name: "a program in a mode of MariaDB",
    from: Mariadb,
    to: Mysql,
    make: [
      "CREATE DATABASE x COLLATE utf8mb4_general_ci",
      "USE x",
      "SET sql_mode = 'ORACLE'",
      "CREATE PROCEDURE p AS BEGIN NULL; END"
    ],
    says: "the sql_mode ORACLE (x.p)"
  }
] as const

describe.skipIf(!servers.mariadb || !servers.mysql)("between vendors", () => {
  layer(both, { excludeTestServices: true })((it) => {
    for (const { from, make, name, says, to } of cases) {
      it.scoped(`${name} is told before anything is made, with what asks for it`, () =>
        Effect.gen(function*() {
          const [source, target] = [yield* from, yield* to]
          const there = yield* connect(target)
          // a session of its own, as what is made may change it
          yield* run(yield* connect(source), "DROP DATABASE IF EXISTS x", ...make)
          yield* run(there, "DROP DATABASE IF EXISTS x")
          const exit = yield* Effect.exit(flow(source, target, "x"))
          assert(Exit.isFailure(exit))
          const error = Array.from(Cause.failures(exit.cause)).find((error) => error._tag === "TargetError")
          assert(error !== undefined, String(exit))
          assert.include(error.message, says)
          assert.match(error.message, /Restore into one like the one the backup was taken from/)
          assert.notInclude(error.message, "\n")
          assert.deepStrictEqual(yield* ask(there, "SHOW DATABASES LIKE 'x'"), [])
        }))
    }

    it.scoped("what both know goes from one to the other, rows and all", () =>
      Effect.gen(function*() {
        const pairs = [[yield* Mysql, yield* Mariadb], [yield* Mariadb, yield* Mysql]] as const
        for (const [source, target] of pairs) {
          const here = yield* connect(source)
          yield* run(yield* connect(target), "DROP DATABASE IF EXISTS plain")
          yield* run(
            here,
            "DROP DATABASE IF EXISTS plain",
            "CREATE DATABASE plain CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
            "CREATE TABLE plain.t (id INT PRIMARY KEY, f FLOAT, d DOUBLE, v VARCHAR(30), b VARBINARY(9), " +
              "t TIMESTAMP(6) NULL, e ENUM('a','b'), g POINT, n DECIMAL(65,30)) ENGINE=InnoDB",
            "INSERT INTO plain.t VALUES (1, 0.1, 1.5e-323, 'é🎈', X'00275c', '2024-02-29 01:02:03.456789', 'b', POINT(1, 2), 1.5)"
          )
          yield* move(source, target, "plain")
          const seen = (server: ScratchServer.ScratchServer) =>
            Effect.flatMap(
              Connection.acquire(optionsOf(server)),
              (connection) =>
                ask(
                  connection,
                  "SELECT id, CAST(f AS DOUBLE), HEX(ST_AsBinary(POINT(d, 0))), HEX(v), HEX(b), UNIX_TIMESTAMP(t), e + 0, " +
                    "HEX(ST_AsBinary(g)), n FROM plain.t"
                )
            )
          assert.deepStrictEqual(yield* seen(target), yield* seen(source))
        }
      }))
  })
})
