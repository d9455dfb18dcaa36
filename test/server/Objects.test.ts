/**
 * Objects beside tables and their rows: views, programs, accounts, and what cannot be carried.
 */
import * as Fs from "node:fs"

import { assert, layer } from "@effect/vitest"
import { Restore } from "@sluice/pipeline"
import { Effect, Redacted } from "effect"

import * as moves from "../support/moves.js"
import { ask, connect, run } from "../support/mysqlSource.js"
import * as objects from "../support/objects.js"
import * as program from "../support/program.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** Whether a hash, given in hexadecimal, is in something: as text or in hexadecimal, and without its salt of any bytes. */
const holding = (hash: string) => {
  const end = hash.slice(-48).toLowerCase()
  const spellings = [end, Buffer.from(end, "hex").toString("latin1").toLowerCase()]
  return (bytes: Uint8Array | string): boolean => {
    const text = Buffer.from(bytes).toString("latin1").toLowerCase()
    return spellings.some((spelling) => text.includes(spelling))
  }
}

describeVendors("objects", (vendor) => {
  layer(real.twoServers(vendor), { excludeTestServices: true })((it) => {
    it.scoped(
      "views come back whatever they need, in whatever order, of whatever database",
      () =>
        Effect.gen(function*() {
          const from = yield* moves.make(...objects.hostile)
          yield* moves.move(["a_views", "b_views"])
          assert.deepStrictEqual(yield* moves.differences("a_views"), [])
          assert.deepStrictEqual(yield* moves.differences("b_views"), [])
          const to = yield* connect(yield* real.To)
          const rows = "SELECT * FROM a_views.`a first` ORDER BY more"
          assert.deepStrictEqual(yield* ask(to, rows), yield* ask(from, rows))
        }),
      120_000
    )

    it.scoped(
      "rows that are kept elsewhere are left out by name, and a view without its definer comes along",
      () =>
        Effect.gen(function*() {
          yield* moves.make(...objects.engines(vendor))
          const { bytes, dumped } = yield* moves.move(["engines"])
          assert.deepStrictEqual(yield* moves.differences("engines"), [])
          assert.deepStrictEqual(dumped.leftOut, ["the rows of `engines`.`b_both`, which are in other tables"])
          const to = yield* connect(yield* real.To)
          assert.deepStrictEqual(yield* ask(to, "SELECT COUNT(*) FROM engines.b_both"), [["3"]])
          assert.deepStrictEqual(yield* ask(to, "SELECT id FROM engines.c_merged"), [["3"]])
          // to empty it would be to empty the others, which nobody wants here
          for (const existing of [Restore.Existing.Truncate(), Restore.Existing.Delete()]) {
            yield* moves.restoreFrom(bytes, { existing, programs: false, includes: (_, table) => table === "b_both" })
            assert.deepStrictEqual(yield* moves.differences("engines"), [])
          }
        }),
      120_000
    )

    it.scoped(
      "a view without its table is refused by name, and the advice says how to go on",
      () =>
        Effect.gen(function*() {
          yield* moves.make(
            "CREATE DATABASE broken",
            "CREATE TABLE broken.`it's.gone` (id INT)",
            "CREATE VIEW broken.`it's $v` AS SELECT id FROM broken.`it's.gone`",
            "DROP TABLE broken.`it's.gone`"
          )
          const error = yield* Effect.flip(moves.move(["broken"]))
          assert(error._tag === "SourceError", String(error))
          assert.include(error.message, "`broken`.`it's $v`")
          const [, pattern = ""] = /--regex='(.*)',/.exec(error.advice ?? "") ?? []
          const regex = new RegExp(pattern.replaceAll("'\\''", "'"))
          assert.isFalse(regex.test("broken.it's $v"))
          assert.isTrue(regex.test("broken.it's $value"))
        }),
      120_000
    )

    it.scoped("accounts come along with what they may do, when they are asked for", () =>
      Effect.gen(function*() {
        const from = yield* moves.make(...objects.accounts(vendor))
        const to = yield* connect(yield* real.To)
        yield* run(to, "CREATE USER kept@localhost IDENTIFIED BY 'something else'")
        const picture = (connection: typeof to, account: string) =>
          Effect.gen(function*() {
            const isRole = vendor === "mariadb" && !account.includes("@")
            yield* vendor === "mysql" ? run(connection, "SET SESSION print_identified_with_as_hex = 1") : Effect.void
            return {
              created: isRole ? [] : yield* ask(connection, `SHOW CREATE USER ${account}`),
              granted: yield* ask(connection, `SHOW GRANTS FOR ${account}`)
            }
          })
        const kept = yield* picture(to, "kept@localhost")

        const { bytes, dumped, restored } = yield* moves.move(["owned"], { dump: { users: true } })
        assert.include(restored.leftOut, "users")
        assert.deepStrictEqual(yield* ask(to, "SELECT User FROM mysql.user WHERE User IN ('plain', 'reader')"), [])
        yield* run(to, "DROP DATABASE owned")
        const verdict = yield* moves.restoreFrom(bytes, { users: true })
        assert.deepStrictEqual(yield* moves.differences("owned"), [])
        for (const account of objects.accountNames(vendor)) {
          assert.deepStrictEqual(
            yield* picture(to, account),
            account === "kept@localhost" ? kept : yield* picture(from, account),
            account
          )
        }
        assert.deepStrictEqual(verdict.leftOut, ["the account `kept`@`localhost` (it was already there)"])
        if (vendor === "mariadb") {
          assert.deepStrictEqual(yield* ask(to, "SHOW GRANTS FOR PUBLIC"), yield* ask(from, "SHOW GRANTS FOR PUBLIC"))
        }
        // twice gives the same, and what is not asked for is not in it
        assert.strictEqual(verdict.objects, restored.objects + objects.accountNames(vendor).length - 1)
        const again = yield* moves.restoreFrom(bytes, { users: true, existing: Restore.Existing.Drop() })
        assert.strictEqual(again.leftOut.length, objects.accountNames(vendor).length)
        const hash = yield* ask(from, "SELECT HEX(authentication_string) FROM mysql.user WHERE User = 'plain'")
        const holds = holding(hash[0]?.[0] ?? "")
        assert.isTrue(holds(bytes))
        assert.isFalse(holds(JSON.stringify([dumped, restored, verdict])))
        const plain = yield* moves.move(["owned"], { restore: { existing: Restore.Existing.Drop() } })
        assert.isFalse(holds(plain.bytes))
      }), 120_000)

    it.scoped(
      "the program writes secrets into one file that only its owner reads, and nowhere else",
      () =>
        Effect.gen(function*() {
          const server = yield* real.From
          const from = yield* moves.make(
            "CREATE DATABASE secrets",
            "CREATE USER teller@localhost IDENTIFIED BY 'what nobody knows'"
          )
          const folder = yield* program.folder
          const target = [
            "-h",
            server.host,
            "-P",
            String(server.port),
            "-u",
            "root",
            `-p${Redacted.value(server.password)}`
          ]
          const dumped = yield* program.ended([
            "dump",
            ...target,
            "-B",
            "secrets",
            "-o",
            `${folder}/backup`,
            "--users",
            "--debug",
            "-v",
            "3"
          ])
          program.assertComplete(dumped, "dump")
          const hash = yield* ask(from, "SELECT HEX(authentication_string) FROM mysql.user WHERE User = 'teller'")
          const holds = holding(hash[0]?.[0] ?? "")
          const files = program.namesIn(`${folder}/backup`).filter((name) =>
            holds(Fs.readFileSync(`${folder}/backup/${name}`))
          )
          assert.deepStrictEqual(files, ["all-users.sluice"])
          assert.strictEqual(Fs.statSync(`${folder}/backup/all-users.sluice`).mode & 0o777, 0o600)
          assert.isFalse(holds(dumped.stderr) || holds(dumped.stdout))

          yield* run(from, "DROP DATABASE secrets", "DROP USER teller@localhost")
          const restored = yield* program.ended([
            "restore",
            ...target,
            "-d",
            `${folder}/backup`,
            "--users",
            "--debug",
            "-v",
            "3"
          ])
          program.assertComplete(restored, "restore")
          assert.isFalse(holds(restored.stderr) || holds(restored.stdout))
          assert.deepStrictEqual(
            yield* ask(from, "SELECT HEX(authentication_string) FROM mysql.user WHERE User = 'teller'"),
            hash
          )
        }),
      120_000
    )

    if (vendor === "mysql") {
      it.scoped("libraries come along, before what uses them", () =>
        Effect.gen(function*() {
          const from = yield* moves.make(...objects.libraries)
          yield* moves.move(["libraries"])
          assert.deepStrictEqual(yield* moves.differences("libraries"), [])
          const to = yield* connect(yield* real.To)
          const all = "SELECT LIBRARY_DEFINITION, LIBRARY_COMMENT FROM information_schema.LIBRARIES"
          assert.deepStrictEqual(yield* ask(to, all), yield* ask(from, all))
          assert.strictEqual((yield* ask(to, all)).length, 1)
        }), 120_000)

      it.scoped(
        "tablespaces come along, when they are asked for, and are missed by name when not",
        () =>
          Effect.gen(function*() {
            yield* moves.make(
              "CREATE DATABASE spaces",
              "CREATE TABLESPACE plain ADD DATAFILE 'plain.ibd' AUTOEXTEND_SIZE = 4M",
              "CREATE TABLESPACE `odd `` one` ADD DATAFILE 'odd one.ibd' FILE_BLOCK_SIZE = 8192",
              "CREATE TABLE spaces.a (id INT PRIMARY KEY) TABLESPACE plain",
              "CREATE TABLE spaces.b (id INT PRIMARY KEY) ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 8 TABLESPACE `odd `` one`",
              "CREATE TABLE spaces.c (id INT PRIMARY KEY) TABLESPACE innodb_system",
              "INSERT INTO spaces.a VALUES (1)"
            )
            const without = yield* Effect.flip(moves.move(["spaces"]))
            assert(without._tag === "TargetError", String(without))
            assert.match(without.message, /Tablespace .* doesn't exist.*--all-tablespaces/)
            const to = yield* connect(yield* real.To)
            yield* run(to, "DROP DATABASE spaces")
            const { bytes } = yield* moves.move(["spaces"], { dump: { tablespaces: true } })
            assert.deepStrictEqual(yield* moves.differences("spaces"), [])
            yield* run(to, "DROP DATABASE spaces", "DROP TABLESPACE plain")
            const again = yield* moves.restoreFrom(bytes)
            assert.deepStrictEqual(again.leftOut, ["the tablespace `odd `` one` (it was already there)"])
            assert.deepStrictEqual(yield* moves.differences("spaces"), [])
            const states = "SELECT NAME, ZIP_PAGE_SIZE, AUTOEXTEND_SIZE FROM information_schema.INNODB_TABLESPACES " +
              "WHERE SPACE_TYPE = 'General' AND NAME <> 'mysql' ORDER BY NAME"
            const from = yield* connect(yield* real.From)
            assert.deepStrictEqual(yield* ask(to, states), yield* ask(from, states))
          }),
        120_000
      )
    }
  })
})
