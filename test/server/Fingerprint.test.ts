import { NodeContext } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import * as Sql from "@sluice/format/Sql"
import * as Connection from "@sluice/mysql/Connection"
import * as Fingerprint from "@sluice/mysql/Fingerprint"
import * as SampleDatabase from "@sluice/testing/SampleDatabase"
import * as ScratchServer from "@sluice/testing/ScratchServer"
import { Context, Effect, Layer, Option } from "effect"

class Server extends Context.Tag("Server")<Server, ScratchServer.ScratchServer>() {}

const vendors = ["mariadb", "mysql"] as const

/** Each database is made once; a change is made in one of its own and looked for there. */
const connect = Effect.flatMap(
  Server,
  (server) => Connection.acquire({ host: server.host, port: server.port, user: server.user, password: server.password })
)

const make = (connection: Connection.RawConnection, database: string) =>
  Effect.forEach(
    SampleDatabase.statements({ scale: 0, database, vendor: connection.server.vendor }),
    connection.execute,
    { discard: true }
  )

/** Both in the words of the first, so that only what differs differs. */
const renamed = (picture: Fingerprint.Fingerprint, from: string, to: string): Fingerprint.Fingerprint => {
  const rename = (text: string) => text.replaceAll(Sql.quoteIdentifier(from), () => Sql.quoteIdentifier(to))
  return new Map(Array.from(picture, ([what, text]) => [rename(what), rename(text)]))
}

const text = (value: Uint8Array | null | undefined): string =>
  value === null || value === undefined ? "" : Sql.text(value)

for (const vendor of vendors) {
  describe(vendor, () => {
    layer(Layer.provide(ScratchServer.layer(Server, { vendor }), NodeContext.layer), { excludeTestServices: true })(
      (it) => {
        const changed = (database: string, ...changes: ReadonlyArray<string | Uint8Array>) =>
          Effect.gen(function*() {
            const connection = yield* connect
            yield* make(connection, database)
            const before = yield* Fingerprint.read(connection, [database])
            yield* connection.query(`USE ${Sql.quoteIdentifier(database)}`)
            yield* Effect.forEach(changes, connection.query, { discard: true })
            return Fingerprint.difference(before, yield* Fingerprint.read(connection, [database]))
          })
        const whats = (differences: ReadonlyArray<Fingerprint.Difference>) => differences.map(({ what }) => what)

        it.scoped("the sample database has the rows and programs that it says", () =>
          Effect.gen(function*() {
            const connection = yield* connect
            yield* make(connection, SampleDatabase.defaultName)
            const picture = yield* Fingerprint.read(connection, [SampleDatabase.defaultName])
            const named = (name: string) => Sql.quoteName({ database: SampleDatabase.defaultName, name })
            // what is only there where a definition shows question marks, or is cut into partitions
            const own = Array.from(picture.keys()).filter((what) => !/^(members|default|partition) /.test(what))
            assert.sameMembers(own, [
              `database ${Sql.quoteIdentifier(SampleDatabase.defaultName)}`,
              ...SampleDatabase.rowCounts({ scale: 0 }).flatMap(({ table }) =>
                ["table", "rows of", "checksum of"].map((kind) => `${kind} ${named(table)}`)
              ),
              ...SampleDatabase.programs.map(({ kind, name }) => `${kind} ${named(name)}`)
            ])
            for (const { rows, table } of SampleDatabase.rowCounts({ scale: 0 })) {
              assert.strictEqual(picture.get(`rows of ${named(table)}`), String(rows))
            }
          }))

        it.scoped("made twice, it is the same, also under a name that needs quoting", () =>
          Effect.gen(function*() {
            const connection = yield* connect
            const databases = ["twin", "Zwilling `2`.größe"] as const
            yield* Effect.forEach(databases, (database) => make(connection, database))
            const [first, second] = yield* Effect.all([
              Fingerprint.read(connection, [databases[0]]),
              Fingerprint.read(connection, [databases[1]])
            ])
            assert.deepStrictEqual(
              Fingerprint.difference(first, renamed(second, databases[1], databases[0])).map(Fingerprint.describe),
              []
            )
          }))

        it.scoped("the statements leave the session as it was, and reading does", () =>
          Effect.gen(function*() {
            const connection = yield* connect
            const session = connection.query(
              "SELECT @@character_set_client, @@character_set_connection, @@character_set_results, @@sql_mode," +
                " @@time_zone, @@foreign_key_checks"
            )
            yield* connection.query("SET SESSION sql_mode = 'ANSI_QUOTES,ONLY_FULL_GROUP_BY'")
            const before = yield* session
            yield* make(connection, "session")
            yield* Fingerprint.read(connection, ["session"])
            assert.deepStrictEqual((yield* session).rows, before.rows)
          }))

        it.scoped("values are what was meant, and not what a session made of them", () =>
          Effect.gen(function*() {
            const connection = yield* connect
            yield* make(connection, "values")
            const one = (sql: string) => Effect.map(connection.query(sql), ({ rows }) => text(rows[0]?.[0]))
            const everyByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0")).join("")
            assert.strictEqual(
              yield* one("SELECT HEX(`short`) FROM `values`.`bytes` WHERE `short` LIKE '%AB%' LIMIT 1"),
              everyByte.toUpperCase()
            )
            assert.strictEqual(
              yield* one(
                "SELECT HEX(GROUP_CONCAT(DISTINCT `size` ORDER BY `size`)) FROM `values`.`goods`"
                  + " WHERE `size` = 2"
              ),
              "6772F6DF6572"
            )
            assert.strictEqual(
              yield* one("SELECT `説明` FROM `values`.`größen` WHERE `schlüssel` = 'A'"),
              "🏴‍☠️ and 𝄞 are beyond three bytes"
            )
            assert.strictEqual(
              yield* one("SELECT COUNT(*) FROM `values`.`moments` WHERE CAST(`day` AS CHAR) = '0000-00-00'"),
              "1"
            )
            assert.strictEqual(yield* one("SELECT COUNT(*) FROM `values`.`knots``n``bends` WHERE `id` = 0"), "1")
            assert.strictEqual(
              yield* one("SELECT HEX(`values`.`gruss`())"),
              "4772FCDF65206175732064656D20436166E93B20E0206269656E74F474"
            )
          }))

        it.scoped("a change of one byte in a row is seen", () =>
          Effect.gen(function*() {
            const differences = yield* changed(
              "one_byte",
              "UPDATE `bytes` SET `large` = CONCAT(LEFT(`large`, 40000), CHAR(ASCII(SUBSTR(`large`, 40001)) ^ 1)," +
                " SUBSTR(`large`, 40002)) WHERE LENGTH(`large`) = 70000"
            )
            assert.deepStrictEqual(whats(differences), ["checksum of `one_byte`.`bytes`"])
          }))

        it.scoped("the last digit of a FLOAT is seen, in a table with generated columns", () =>
          Effect.gen(function*() {
            const differences = yield* changed(
              "digit",
              "UPDATE `goods` SET `weight` = `weight` * (1 + 1.5e-7) WHERE `weight` <> 0"
            )
            assert.deepStrictEqual(whats(differences), ["checksum of `digit`.`goods`"])
          }))

        it.scoped("two rows that change places in a column are seen", () =>
          Effect.gen(function*() {
            const differences = yield* changed(
              "places",
              "UPDATE `customers` `a` JOIN `customers` `b` ON (`a`.`id`, `b`.`id`) IN ((1, 2), (2, 1))" +
                " SET `a`.`balance` = `b`.`balance`, `a`.`name` = CONCAT(`b`.`name`, '')"
            )
            assert.deepStrictEqual(whats(differences), ["checksum of `places`.`customers`"])
          }))

        it.scoped("a row that is gone is seen, and where it was", () =>
          Effect.gen(function*() {
            const differences = yield* changed("gone", "DELETE FROM `visits` LIMIT 1")
            assert.deepStrictEqual(whats(differences), ["checksum of `gone`.`visits`", "rows of `gone`.`visits`"])
            assert.deepStrictEqual(
              differences.map(Fingerprint.describe).slice(1),
              ["rows of `gone`.`visits`: 3 is on the left, 2 on the right"]
            )
          }))

        it.scoped("texts that a definition shows as question marks are seen", () =>
          Effect.gen(function*() {
            const connection = yield* connect
            const pictureOf = (letter: string) =>
              Effect.gen(function*() {
                yield* Effect.forEach([
                  "DROP DATABASE IF EXISTS `wide`",
                  "CREATE DATABASE `wide` CHARACTER SET utf8mb4",
                  "SET NAMES utf8mb4",
                  `CREATE TABLE \`wide\`.\`t\` (e ENUM('x', '${letter}'), d VARCHAR(9) DEFAULT '${letter}', f ENUM('?'))`
                ], connection.query)
                return yield* Fingerprint.read(connection, ["wide"])
              })
            assert.deepStrictEqual(whats(Fingerprint.difference(yield* pictureOf("😀"), yield* pictureOf("😁"))), [
              "default of `wide`.`t`.`d`",
              "members of `wide`.`t`.`e`",
              // one vendor prints such a default in hexadecimal
              ...(vendor === "mysql" ? ["table `wide`.`t`"] : [])
            ])
          }))

        it.scoped("a database is not taken for another whose name differs by case only", () =>
          Effect.gen(function*() {
            const connection = yield* connect
            yield* Effect.forEach([
              "CREATE DATABASE `Same`",
              "CREATE DATABASE `same`",
              "CREATE TABLE `Same`.`t` (id INT)",
              "CREATE TRIGGER `Same`.`tr` BEFORE INSERT ON `Same`.`t` FOR EACH ROW SET @a = 1",
              "CREATE PROCEDURE `Same`.`p`() SELECT 1",
              "CREATE EVENT `Same`.`e` ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1"
            ], connection.query)
            assert.deepStrictEqual(Array.from((yield* Fingerprint.read(connection, ["same"])).keys()), [
              "database `same`"
            ])
            assert.strictEqual((yield* Fingerprint.read(connection, ["Same"])).size, 7)
          }))

        if (vendor === "mysql") {
          it.scoped("the values of a primary key that the server made and hides are seen", () =>
            Effect.gen(function*() {
              const connection = yield* connect
              yield* Effect.forEach([
                "CREATE DATABASE `hidden`",
                "SET SESSION sql_generate_invisible_primary_key = 1",
                "SET SESSION show_gipk_in_create_table_and_information_schema = 0",
                "CREATE TABLE `hidden`.`t` (a INT)",
                "INSERT INTO `hidden`.`t` VALUES (1), (2)"
              ], connection.query)
              const before = yield* Fingerprint.read(connection, ["hidden"])
              assert.include(before.get("table `hidden`.`t`"), "my_row_id")
              yield* connection.query("UPDATE `hidden`.`t` SET my_row_id = 9 WHERE a = 2")
              const after = yield* Fingerprint.read(connection, ["hidden"])
              assert.include(whats(Fingerprint.difference(before, after)), "checksum of `hidden`.`t`")
            }))

          it.scoped("a row in another partition is seen", () =>
            Effect.gen(function*() {
              const connection = yield* connect
              yield* Effect.forEach([
                "CREATE DATABASE `parted`",
                "CREATE TABLE `parted`.`t` (id INT PRIMARY KEY) PARTITION BY RANGE (id) " +
                "(PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20))",
                "CREATE TABLE `parted`.`x` (id INT PRIMARY KEY)",
                "INSERT INTO `parted`.`t` VALUES (1)"
              ], connection.query)
              const before = yield* Fingerprint.read(connection, ["parted"])
              yield* Effect.forEach([
                "ALTER TABLE `parted`.`t` EXCHANGE PARTITION a WITH TABLE `parted`.`x` WITHOUT VALIDATION",
                "ALTER TABLE `parted`.`t` EXCHANGE PARTITION b WITH TABLE `parted`.`x` WITHOUT VALIDATION"
              ], connection.query)
              const after = yield* Fingerprint.read(connection, ["parted"])
              assert.deepStrictEqual(whats(Fingerprint.difference(before, after)), [
                "partition `a` of `parted`.`t`",
                "partition `b` of `parted`.`t`"
              ])
            }))
        }

        it.scoped("NULL is not an empty string", () =>
          Effect.gen(function*() {
            const differences = yield* changed(
              "nulls",
              "UPDATE `größen` SET `説明` = NULL WHERE `schlüssel` = 'a' AND `説明` = ''"
            )
            assert.deepStrictEqual(whats(differences), ["checksum of `nulls`.`größen`"])
          }))

        it.scoped("a trigger that is gone, and the new order of the others, is seen", () =>
          Effect.gen(function*() {
            const differences = yield* changed("dropped", "DROP TRIGGER `orders_2_first`")
            assert.deepStrictEqual(whats(differences), [
              "trigger `dropped`.`orders_1_second`",
              "trigger `dropped`.`orders_2_first`"
            ])
            assert.include(
              differences.map(Fingerprint.describe),
              "trigger `dropped`.`orders_2_first`: only on the left"
            )
          }))

        it.scoped("another sql_mode is seen, with the same text", () =>
          Effect.gen(function*() {
            const create = "CREATE TRIGGER `orders_1_second` BEFORE INSERT ON `orders` FOR EACH ROW" +
              " FOLLOWS `orders_2_first`\nSET NEW.`note` = CONCAT(NEW.`note`, ' second')"
            const differences = yield* changed(
              "modes",
              "DROP TRIGGER `orders_1_second`",
              "SET SESSION sql_mode = 'STRICT_ALL_TABLES', NAMES utf8mb4 COLLATE utf8mb4_unicode_ci",
              create
            )
            assert.deepStrictEqual(whats(differences), ["trigger `modes`.`orders_1_second`"])
            const line = differences.map(Fingerprint.describe)[0]
            assert.match(line ?? "", /sql_mode: NO_AUTO_VALUE_ON_ZERO.* on the left, .*sql_mode: STRICT_ALL_TABLES/)
          }))

        it.scoped("another character set of a routine is seen", () =>
          Effect.gen(function*() {
            const differences = yield* changed(
              "charsets",
              "DROP FUNCTION `gruss`",
              "SET NAMES utf8mb4",
              "CREATE FUNCTION `gruss`() RETURNS varchar(40) CHARSET latin1 NO SQL DETERMINISTIC" +
                " RETURN 'Grüße aus dem Café; à bientôt'"
            )
            assert.deepStrictEqual(whats(differences), ["function `charsets`.`gruss`"])
          }))

        it.scoped("definitions are seen: defaults, counters, comments, states", () =>
          Effect.gen(function*() {
            const differences = yield* changed(
              "definitions",
              "ALTER DATABASE `definitions` DEFAULT CHARACTER SET latin1",
              "ALTER TABLE `returns` AUTO_INCREMENT = 1001",
              "ALTER TABLE `ports` COMMENT = 'new'",
              "ALTER EVENT `forget visits` ENABLE",
              "ALTER VIEW `cheap` AS SELECT 1 AS `one`"
            )
            assert.deepStrictEqual(
              whats(differences).filter((what) => !/trigger|function|procedure|jubil/.test(what)),
              [
                "database `definitions`",
                "event `definitions`.`forget visits`",
                "table `definitions`.`ports`",
                "table `definitions`.`returns`",
                "view `definitions`.`cheap`"
              ]
            )
          }))

        it.scoped("a table that is made again from what the server prints is the same; with another collation it is not", () =>
          Effect.gen(function*() {
            const connection = yield* connect
            yield* make(connection, "again")
            yield* connection.query("USE `again`")
            const before = yield* Fingerprint.read(connection, ["again"])
            const printed = yield* connection.query("SHOW CREATE TABLE `größen`")
            const create = printed.rows[0]?.[1] ?? new Uint8Array(0)
            yield* connection.query("CREATE TABLE `copy` SELECT * FROM `größen`")
            yield* connection.query("DROP TABLE `größen`")
            yield* connection.query("SET NAMES utf8mb4")
            yield* connection.query(create)
            yield* connection.query("INSERT INTO `größen` SELECT * FROM `copy`")
            yield* connection.query("DROP TABLE `copy`")
            const again = yield* Fingerprint.read(connection, ["again"])
            assert.deepStrictEqual(whats(Fingerprint.difference(before, again)), ["trigger `again`.`größen weg`"])
            yield* connection.query(
              "ALTER TABLE `größen` MODIFY `説明` varchar(200) COLLATE utf8mb4_general_ci DEFAULT 'ohne – 説明 ⚓'"
            )
            assert.deepStrictEqual(
              whats(Fingerprint.difference(again, yield* Fingerprint.read(connection, ["again"]))),
              ["table `again`.`größen`"]
            )
          }))

        it.scoped("a database that is not there is an error", () =>
          Effect.gen(function*() {
            const connection = yield* connect
            const error = yield* Effect.flip(Fingerprint.read(connection, ["nowhere"]))
            assert.strictEqual(error.reason, "UnknownDatabase")
            const mode = yield* connection.query("SELECT @@sql_mode")
            assert.notStrictEqual(text(mode.rows[0]?.[0]), "")
          }))

        it.scoped("bytes that are not UTF-8 stand out", () =>
          Effect.gen(function*() {
            const differences = yield* changed(
              "raw",
              "SET NAMES latin1",
              Sql.bytes("CREATE TABLE `raw`.`b` (`a` int COMMENT 'x\\ty')"),
              Sql.concat([
                Sql.bytes("CREATE FUNCTION `raw`.`f`() RETURNS int RETURN LENGTH('"),
                Uint8Array.of(0xe9),
                Sql.bytes("')")
              ]),
              "SET NAMES binary"
            )
            const shown = new Map(differences.map(({ right, what }) => [what, Option.getOrElse(right, () => "")]))
            assert.include(shown.get("function `raw`.`f`"), "LENGTH('\\xE9')")
          }))
      }
    )
  })
}
