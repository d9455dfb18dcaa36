import { assert, layer } from "@effect/vitest"
import { Sql } from "@sluice/format"
import type { Fingerprint } from "@sluice/mysql"
import { Effect, Option } from "effect"

import { ask, connect, everythingIn, run } from "../support/mysqlSource.js"
import * as pairs from "../support/pairs.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const tiny = [
  "CREATE DATABASE tiny CHARACTER SET latin1",
  "USE tiny",
  "CREATE TABLE notes (id INT AUTO_INCREMENT PRIMARY KEY, note TEXT CHARACTER SET utf8mb4, data BLOB, at TIMESTAMP(3) NULL)",
  "INSERT INTO notes VALUES (1, 'naïve 🎈', x'00ff275c0a', '2020-02-29 12:34:56.789'), (2, NULL, '', NULL), (7, '', NULL, NULL)",
  "CREATE TABLE nothing (id INT)",
  "CREATE TABLE log (note TEXT)",
  "CREATE VIEW short AS SELECT id, LENGTH(note) AS size FROM notes",
  "CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2",
  "CREATE TRIGGER noted AFTER INSERT ON notes FOR EACH ROW INSERT INTO log VALUES (NEW.note)",
  "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE DO DELETE FROM log"
]

/** The picture of a database in the words of another that is the same but for its name. */
const renamed = (picture: Fingerprint.Fingerprint, from: string, to: string): Fingerprint.Fingerprint => {
  const rename = (text: string) => text.replaceAll(Sql.quoteIdentifier(from), () => Sql.quoteIdentifier(to))
  return new Map(Array.from(picture, ([what, text]) => [rename(what), rename(text)]))
}

describeVendors("every pair of modes", (vendor) => {
  layer(real.oneServer(vendor), { excludeTestServices: true })((it) => {
    const prepared = Effect.gen(function*() {
      const server = yield* real.From
      const connection = yield* connect(server)
      yield* run(connection, "DROP DATABASE IF EXISTS tiny", "DROP DATABASE IF EXISTS there", ...tiny)
      return { server, connection, picture: yield* real.pictureOf(server, "tiny") }
    })

    for (const pair of pairs.all) {
      it.scoped(`${pair.name}: ${pair.outcome._tag}`, () =>
        Effect.gen(function*() {
          const { connection, picture, server } = yield* prepared
          const attempt = yield* pairs.attempt(pair, {
            source: real.sourceOf(server, 2),
            target: real.targetOf(server),
            dumpOptions: { selection: everythingIn("tiny"), threads: 2 },
            restoreOptions: { database: Option.some("there"), threads: 2 }
          })
          pairs.check(pair, attempt)
          assert.deepStrictEqual(real.differences(picture, yield* real.pictureOf(server, "tiny")), [])
          if (pair.outcome._tag === "Moved") {
            assert.deepStrictEqual(
              real.differences(picture, renamed(yield* real.pictureOf(server, "there"), "there", "tiny")),
              []
            )
          } else {
            assert.deepStrictEqual(yield* ask(connection, "SHOW DATABASES LIKE 'there'"), [])
          }
        }), 120_000)
    }
  })
})
