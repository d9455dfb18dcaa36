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

/** What only one vendor knows is refused by the other in one line, which says where it stands and what to do. */
const cases = [
  {
    name: "a collation of MySQL",
    from: Mysql,
    to: Mariadb,
    make: ["CREATE DATABASE x COLLATE utf8mb4_0900_ai_ci", "CREATE TABLE x.t (a INT)"],
    file: "x-schema-create.sql",
    leaves: 0
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
    file: "x-schema-post.sql",
    leaves: 1
  },
  {
    name: "a type of MariaDB",
    from: Mariadb,
    to: Mysql,
    make: ["CREATE DATABASE x COLLATE utf8mb4_general_ci", "CREATE TABLE x.t (a UUID)"],
    file: "x.t-schema.sql",
    leaves: 1
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
    file: "x-schema-post.sql",
    leaves: 1
  }
] as const

describe.skipIf(!servers.mariadb || !servers.mysql)("between vendors", () => {
  layer(both, { excludeTestServices: true })((it) => {
    for (const { file, from, leaves, make, name, to } of cases) {
      it.scoped(`${name} is refused, with the file it is in and what to do`, () =>
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
          assert.isTrue(error.message.includes(`(${file}: `), error.message)
          assert.match(error.message, /restore it into one like the one it was taken from$/)
          assert.notInclude(error.message, "\n")
          assert.strictEqual((yield* ask(there, "SHOW DATABASES LIKE 'x'")).length, leaves)
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
