import { assert, layer } from "@effect/vitest"
import { Consistency } from "@sluice/mysql"
import { Dump } from "@sluice/pipeline"
import { Effect, Either, Redacted, Ref } from "effect"

import * as flows from "../support/flows.js"
import { dumpOf } from "../support/gated.js"
import { connect, everythingIn, run } from "../support/mysqlSource.js"
import { From, oneServerWith } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const engines = ["MyISAM", "MEMORY", "CSV"] as const

const setUp = [
  "DROP DATABASE IF EXISTS plain",
  "CREATE DATABASE plain",
  "USE plain",
  "CREATE TABLE a (id INT NOT NULL PRIMARY KEY, v INT NOT NULL)",
  "INSERT INTO a VALUES (1, 1), (2, 1)",
  ...engines.flatMap((engine) => [
    `CREATE TABLE z_${engine} (id INT NOT NULL, v INT NOT NULL) ENGINE = ${engine}`,
    `INSERT INTO z_${engine} SELECT * FROM a`
  ]),
  "SET SESSION lock_wait_timeout = 1"
]

const options: Partial<Dump.Options> = { ...Dump.defaults, selection: everythingIn("plain"), threads: 1 }

describeVendors("tables of engines without transactions", (vendor) => {
  layer(oneServerWith(vendor, ["--log-bin"]), { excludeTestServices: true, timeout: "5 minutes" })((it) => {
    for (const lockMode of [Consistency.LockMode.Ftwrl(), Consistency.LockMode.LockAll()]) {
      it.scoped(`are of the same moment under ${lockMode._tag}, and free again as soon as they are read`, () =>
        Effect.gen(function*() {
          const server = yield* From
          const other = yield* connect(server)
          yield* run(other, ...setUp)
          const log = yield* Ref.make<ReadonlyArray<string>>([])
          const write = (when: string) =>
            Effect.forEach(
              [...engines.map((engine) => `z_${engine}`), "a"],
              (table) =>
                Effect.flatMap(Effect.either(run(other, `UPDATE ${table} SET v = v + 1`)), (done) =>
                  Ref.update(log, (lines) => [
                    ...lines,
                    `${when} ${table} ${Either.isRight(done) ? "written" : done.left.reason}`
                  ]))
            )
          const { exit, files } = yield* dumpOf(server, { lockMode }, options, (point) =>
            point.what === "taken"
              ? Effect.asVoid(write("taken"))
              : point.what === "chunk" && point.table === "a"
              ? Effect.asVoid(write("read"))
              : Effect.void)
          assert.strictEqual(exit._tag, "Success", String(flows.failureOf(exit)))
          assert.deepStrictEqual(yield* Ref.get(log), [
            ...engines.map((engine) => `taken z_${engine} LockTimeout`),
            "taken a written",
            ...engines.map((engine) => `read z_${engine} written`),
            "read a written"
          ])
          for (const table of [...engines.map((engine) => `z_${engine}`), "a"]) {
            assert.include(files.get(`plain.${table}.00000.sql`), "VALUES(1,1)\n,(2,1)\n;")
          }
          assert.match(files.get("metadata") ?? "", /consistency = snapshot: .*held by a lock until they were read/)
        }))
    }

    it.scoped("are read as they are where nothing may be locked, and the dump says which", () =>
      Effect.gen(function*() {
        const server = yield* From
        const other = yield* connect(server)
        yield* run(
          other,
          ...setUp,
          "DROP USER IF EXISTS plain",
          "CREATE USER plain IDENTIFIED BY 'secret'",
          "GRANT RELOAD ON *.* TO plain",
          "GRANT SELECT, TRIGGER, EVENT, EXECUTE ON plain.* TO plain"
        )
        const login = { user: "plain", password: Redacted.make("secret") }
        const { exit, files } = yield* dumpOf(
          server,
          login,
          options,
          (point) =>
            point.what === "taken"
              ? Effect.orDie(run(other, "UPDATE z_MyISAM SET v = 7", "UPDATE a SET v = 7"))
              : Effect.void
        )
        assert.strictEqual(exit._tag, "Success", String(flows.failureOf(exit)))
        assert.include(files.get("plain.z_MyISAM.00000.sql"), "VALUES(1,7)\n,(2,7)\n;")
        assert.include(files.get("plain.a.00000.sql"), "VALUES(1,1)\n,(2,1)\n;")
        assert.match(
          files.get("metadata") ?? "",
          /consistency = partial: .*when their turn came: .*`z_MyISAM` \(MyISAM\)/
        )
      }))
  })
})
