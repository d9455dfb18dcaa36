/**
 * What a target cannot take is found before anything is changed there, all at once; and it is nothing that the target
 * could have taken.
 */
import { FileSystem } from "@effect/platform"
import { assert, layer } from "@effect/vitest"
import { MysqlTarget } from "@sluice/mysql"
import { Restore, type SluiceError, StreamMode, Target } from "@sluice/pipeline"
import { ScratchServer, type ServerPrograms } from "@sluice/testing"
import { Effect, Exit, Layer, Option, Redacted } from "effect"

import * as flows from "../support/flows.js"
import { ask, connect, everythingIn, optionsOf, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const made = [
  "DROP DATABASE IF EXISTS shop",
  "CREATE DATABASE shop",
  "USE shop",
  "CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(20)) ENGINE=InnoDB",
  "CREATE TABLE orders (id INT PRIMARY KEY, customer INT, FOREIGN KEY (customer) REFERENCES customers (id)) ENGINE=InnoDB",
  "INSERT INTO customers VALUES (1, 'one'), (2, 'two')",
  "INSERT INTO orders VALUES (1, 1)",
  "CREATE VIEW names AS SELECT name FROM customers",
  "CREATE TRIGGER watch BEFORE INSERT ON orders FOR EACH ROW SET @seen = 1",
  "CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1",
  "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM shop.orders WHERE FALSE"
]

/** An account of the target, which may do what a test says. */
const clerk = { user: "clerk", password: Redacted.make("clerk") }

/** A stream of `shop`, and what restores it as `copy`. */
const prepared = (...more: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const server = yield* real.From
    const root = yield* connect(server)
    yield* run(
      root,
      ...made,
      ...more,
      "DROP USER IF EXISTS clerk@'%'",
      "CREATE USER clerk@'%' IDENTIFIED BY 'clerk'",
      "DROP DATABASE IF EXISTS copy"
    )
    const pipe = yield* flows.record
    yield* flows.dump({ selection: everythingIn("shop") }).pipe(
      Effect.provide(
        Layer.provideMerge(StreamMode.layerTraditionalDump, flows.folder(yield* fs.makeTempDirectoryScoped()))
      ),
      Effect.provide(pipe.out),
      Effect.provide(real.sourceOf(server))
    )
    const bytes = yield* pipe.bytes
    const restore = (options: {
      readonly into?: ScratchServer.ScratchServer
      readonly account?: typeof clerk
      readonly blind?: boolean
      readonly restore?: Partial<Restore.Options>
    } = {}) =>
      Effect.gen(function*() {
        const target = MysqlTarget.layer({ ...optionsOf(options.into ?? server, options.account), binlog: true })
        return yield* flows.restore({ threads: 2, database: Option.some("copy"), ...options.restore }).pipe(
          Effect.provide(
            Layer.provideMerge(StreamMode.layerTraditionalRestore, flows.folder(yield* fs.makeTempDirectoryScoped()))
          ),
          Effect.provide(flows.play([bytes])),
          Effect.provide(
            options.blind === true
              ? Layer.effect(
                Target.Target,
                Effect.map(Target.Target, (target) => ({ ...target, obstacles: () => Effect.succeed([]) }))
              ).pipe(Layer.provide(target))
              : target
          ),
          Effect.exit
        )
      })
    const reset = run(root, "DROP DATABASE IF EXISTS copy")
    return { server, root, restore, reset }
  })

const errorOf = (exit: Exit.Exit<unknown, SluiceError.RestoreError>) => {
  const error = flows.failureOf(exit)
  assert(error?._tag === "TargetError", String(exit))
  return error
}

/** It was refused, in one line that says all of these, and nothing is there. */
const refused = (
  exit: Exit.Exit<unknown, SluiceError.RestoreError>,
  root: Effect.Effect.Success<ReturnType<typeof connect>>,
  ...saying: ReadonlyArray<string>
) =>
  Effect.gen(function*() {
    const { message } = errorOf(exit)
    assert.include(message, "the target cannot take this backup as it is")
    assert.include(message, "Nothing was changed")
    assert.notInclude(message, "\n")
    for (const text of saying) assert.include(message, text)
    assert.deepStrictEqual(yield* ask(root, "SHOW DATABASES LIKE 'copy'"), [], message)
  })

describeVendors("before a restore begins", (vendor: ServerPrograms.Vendor) => {
  const definers = vendor === "mysql" ? "SET_ANY_DEFINER" : "SET USER"
  /** Everything that the restore of `shop` needs, and where. */
  const needed = [
    ...["CREATE", "INSERT", "DROP", "CREATE VIEW", "TRIGGER", "CREATE ROUTINE", "ALTER ROUTINE", "EVENT"],
    ...(vendor === "mysql" ? ["REFERENCES"] : [])
  ].map((privilege) => ({ privilege, on: "copy.*" })).concat([{ privilege: definers, on: "*.*" }])
  // who is root there has a power that no other account may pass on
  const system = vendor === "mysql" ? ["GRANT SYSTEM_USER ON *.* TO clerk@'%'"] : []
  const grants = (which: typeof needed) => [
    ...system,
    ...which.map(({ on, privilege }) => `GRANT ${privilege} ON ${on} TO clerk@'%'`)
  ]

  layer(real.oneServerWith(vendor, ["--log-bin", "--log-bin-trust-function-creators=1"]), {
    excludeTestServices: true,
    timeout: "3 minutes"
  })((it) => {
    it.scoped("all privileges that are missing are named, and each of them is needed", () =>
      Effect.gen(function*() {
        const { reset, restore, root } = yield* prepared()
        yield* refused(
          yield* restore({ account: clerk }),
          root,
          ...needed.map(({ privilege }) => privilege),
          "clerk@%",
          "`copy`",
          "root@%"
        )
        for (const lacking of needed) {
          yield* run(
            root,
            "DROP USER clerk@'%'",
            "CREATE USER clerk@'%' IDENTIFIED BY 'clerk'",
            ...grants(needed.filter((other) => other !== lacking))
          )
          const exit = yield* restore({ account: clerk })
          yield* refused(exit, root, lacking.privilege)
          const named = needed.filter(({ privilege }) =>
            new RegExp(`(lacks|,|or) ${privilege} on `).test(errorOf(exit).message)
          )
          assert.deepStrictEqual(named, [lacking], errorOf(exit).message)
          // no false alarm: without it the server refuses under way
          const error = errorOf(yield* restore({ account: clerk, blind: true }))
          assert.include(["Privilege", "AccessDenied"], error.reason, `${lacking.privilege}: ${error.message}`)
          yield* reset
        }
        yield* run(root, ...grants(needed))
        const exit = yield* restore({ account: clerk })
        assert.isTrue(Exit.isSuccess(exit), String(exit))
      }), { timeout: 120_000 })

    it.scoped("what --drop-table needs is asked for only where something is there", () =>
      Effect.gen(function*() {
        const { restore, root } = yield* prepared(
          "DROP VIEW names",
          "DROP TRIGGER watch",
          "DROP FUNCTION one",
          "DROP EVENT nightly"
        )
        const some = needed.filter(({ privilege }) => ["CREATE", "INSERT", "REFERENCES"].includes(privilege))
        yield* run(root, ...grants(some))
        const { Delete, Drop, Truncate } = Restore.Existing
        const over = (existing: Restore.Existing) => restore({ account: clerk, restore: { existing } })
        assert.isTrue(Exit.isSuccess(yield* over(Drop())))
        for (const [existing, privilege] of [[Drop(), "DROP"], [Truncate(), "DROP"], [Delete(), "DELETE"]] as const) {
          const { message } = errorOf(yield* over(existing))
          assert.include(message, `lacks ${privilege} on \`copy\``)
        }
        assert.deepStrictEqual(yield* ask(root, "SELECT COUNT(*) FROM copy.customers"), [["2"]])
        yield* run(root, "GRANT DROP ON copy.* TO clerk@'%'")
        assert.isTrue(Exit.isSuccess(yield* over(Drop())))
      }))

    it.scoped("tables that are already there are named, all of them", () =>
      Effect.gen(function*() {
        const { restore, root } = yield* prepared()
        yield* run(root, "CREATE DATABASE copy", "CREATE TABLE copy.orders (a INT)", "CREATE TABLE copy.names (a INT)")
        const error = errorOf(yield* restore())
        assert.strictEqual(error.reason, "AlreadyExists")
        assert.include(error.message, "copy.names, copy.orders are already there")
        assert.deepStrictEqual((yield* ask(root, "SHOW TABLES FROM copy")).flat(), ["names", "orders"])
      }))

    it.scoped("a server that is read-only is refused, a session that is by default is not", () =>
      Effect.gen(function*() {
        const { reset, restore, root } = yield* prepared()
        yield* run(root, ...grants(needed))
        const variable = vendor === "mysql" ? "transaction_read_only" : "tx_read_only"
        yield* run(root, `SET GLOBAL ${variable} = 1`)
        const exit = yield* restore().pipe(Effect.ensuring(Effect.orDie(run(root, `SET GLOBAL ${variable} = 0`))))
        assert.isTrue(Exit.isSuccess(exit), String(exit))
        yield* reset
        for (const name of ["read_only", ...(vendor === "mysql" ? ["super_read_only"] : [])]) {
          yield* run(root, `SET GLOBAL ${name} = 1`)
          const exits = yield* Effect.all([restore({ account: clerk }), restore()]).pipe(
            Effect.ensuring(Effect.orDie(run(root, `SET GLOBAL ${name} = 0`, "SET GLOBAL read_only = 0")))
          )
          const clerks = errorOf(exits[0]).message
          assert.include(clerks, `the server is read-only (${name}`)
          // an account that may write all the same is let through, unless nobody may
          assert.strictEqual(Exit.isSuccess(exits[1]), name === "read_only", String(exits[1]))
          yield* reset
        }
        if (vendor === "mysql") {
          yield* run(root, "CREATE DATABASE copy", "ALTER DATABASE copy READ ONLY = 1")
          const exit = yield* restore().pipe(
            Effect.ensuring(Effect.orDie(run(root, "ALTER DATABASE copy READ ONLY = 0")))
          )
          assert.include(errorOf(exit).message, "nobody may write to `copy`")
        }
      }))

    it.scoped(
      "functions and triggers that a server with a binary log does not trust are named",
      () =>
        Effect.gen(function*() {
          const { reset, restore, root } = yield* prepared("CREATE FUNCTION maybe() RETURNS INT RETURN 1")
          yield* run(root, ...grants(needed))
          yield* run(root, "SET GLOBAL log_bin_trust_function_creators = 0")
          const all = Effect.gen(function*() {
            yield* refused(yield* restore(), root, "binary log", "shop.maybe", "log_bin_trust_function_creators")
            assert.include(errorOf(yield* restore({ blind: true })).message, "DETERMINISTIC")
            yield* reset
            yield* run(root, "DROP FUNCTION shop.maybe")
          })
          yield* all.pipe(Effect.ensuring(Effect.orDie(run(root, "SET GLOBAL log_bin_trust_function_creators = 1"))))
          const others = yield* prepared()
          yield* run(root, ...grants(needed), "SET GLOBAL log_bin_trust_function_creators = 0")
          yield* Effect.gen(function*() {
            yield* refused(yield* others.restore({ account: clerk }), root, "binary log", "shop.orders")
            assert.strictEqual(errorOf(yield* others.restore({ account: clerk, blind: true })).errno, 1419)
            yield* reset
            const exit = yield* others.restore()
            assert.isTrue(Exit.isSuccess(exit), String(exit))
          }).pipe(Effect.ensuring(Effect.orDie(run(root, "SET GLOBAL log_bin_trust_function_creators = 1"))))
        }),
      { timeout: 60_000 }
    )
  })

  layer(
    Layer.provideMerge(
      ScratchServer.layer(real.To, { vendor, arguments: ["--lower-case-table-names=1"] }),
      real.oneServer(vendor)
    ),
    { excludeTestServices: true, timeout: "3 minutes" }
  )("names in lower case", (it) => {
    it.scoped("two names that differ by case only are refused, other names are taken", () =>
      Effect.gen(function*() {
        const into = yield* real.To
        const there = yield* connect(into)
        const first = yield* prepared("CREATE TABLE Orders (id INT PRIMARY KEY)")
        yield* refused(yield* first.restore({ into }), there, "`copy`.`Orders` and `copy`.`orders` would be one")
        // it is refused only when both are wanted
        const one = yield* first.restore({ into, restore: { includes: (_, table) => table !== "orders" } })
        assert.isTrue(Exit.isSuccess(one), String(one))
        yield* run(there, "DROP DATABASE copy")
        const second = yield* prepared("CREATE TABLE Things (id INT PRIMARY KEY)", "INSERT INTO Things VALUES (7)")
        const exit = yield* second.restore({ into })
        assert.isTrue(Exit.isSuccess(exit), String(exit))
        assert.deepStrictEqual(yield* ask(there, "SELECT id FROM copy.things"), [["7"]])
      }), { timeout: 60_000 })
  })
})
