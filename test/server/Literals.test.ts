import { NodeContext } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import * as Sql from "@sluice/format/Sql"
import { Consistency } from "@sluice/mysql"
import type * as Connection from "@sluice/mysql/Connection"
import type * as Source from "@sluice/pipeline/Source"
import * as ScratchServer from "@sluice/testing/ScratchServer"
import { Context, Effect, Either, Layer } from "effect"

import { assertAlike } from "../support/alike.js"
import { ask, connect, everythingIn, run, snapshotOf, tableIn } from "../support/mysqlSource.js"
import { describeVendors } from "../support/servers.js"

class Server extends Context.Tag("Server")<Server, ScratchServer.ScratchServer>() {}

/** Letters that each character set knows; those behind the first 65536 are what servers print as `?`. */
const letters: Readonly<Record<string, string>> = {
  latin1: "é?",
  cp1251: "Ж",
  gbk: "表",
  sjis: "表",
  big5: "功",
  ucs2: "表é",
  utf16: "表😀",
  utf16le: "表😀?",
  utf32: "😀",
  utf8mb3: "表",
  utf8mb4: "?表😀",
  binary: "é"
}

/** Every place where a column of the character set can have a text. */
const columnsOf = (set: string, letter: string): string => {
  const of = `CHARACTER SET ${set}`
  return [
    "id INT PRIMARY KEY",
    `e ENUM('${letter}', 'it''s', 'back\\\\slash', '?', 'new\\nline') ${of} DEFAULT '${letter}'`,
    `n ENUM('a', '${letter}${letter}') ${of} NOT NULL`,
    `s SET('${letter}', 'y', 'z${letter}') ${of} DEFAULT '${letter},y'`,
    `d VARCHAR(20) ${of} DEFAULT 'x${letter}'`,
    `c CHAR(9) ${of} NOT NULL DEFAULT '?'`
  ].join(", ")
}

/** Why a table is refused; the bytes of one that is not are nothing that a person could read. */
const refusalOf = (snapshot: Source.Snapshot, table: string) =>
  Effect.flatMap(
    Effect.either(Effect.asVoid(snapshot.definition(tableIn(snapshot, table)))),
    (outcome) => Either.isLeft(outcome) ? Effect.succeed(outcome.left) : Effect.dieMessage(`${table} was not refused`)
  )

/** What a definition amounts to: its print, what the catalog says of it, and what comes of rows that it fills. */
const pictureOf = (connection: Connection.RawConnection, database: string, table: string) =>
  Effect.gen(function*() {
    yield* run(connection, "SET NAMES utf8mb4, character_set_results = NULL", `USE ${Sql.quoteIdentifier(database)}`)
    const hex = (sql: string) =>
      Effect.map(
        connection.query(sql),
        ({ rows }) => rows.map((row) => row.map((cell) => cell === null ? null : Buffer.from(cell).toString("latin1")))
      )
    const name = Sql.quoteIdentifier(table)
    const columns = yield* hex(
      "SELECT COLUMN_NAME, EXTRA, HEX(COLUMN_TYPE), HEX(COLUMN_DEFAULT), HEX(COLUMN_COMMENT), CHARACTER_SET_NAME, DATA_TYPE " +
        `FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${Sql.quoteText(database)} AND TABLE_NAME = ${
          Sql.quoteText(table)
        } ORDER BY ORDINAL_POSITION`
    )
    const printed = yield* hex(`SHOW CREATE TABLE ${name}`)
    const comments = yield* hex(
      `SELECT HEX(TABLE_COMMENT) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${
        Sql.quoteText(database)
      } AND TABLE_NAME = ${Sql.quoteText(table)}`
    )
    // a row of defaults, and one of each member
    yield* run(connection, "SET sql_mode = ''", `DELETE FROM ${name}`, `INSERT INTO ${name} (id) VALUES (1)`)
    const named = columns.map(([column, , , , , , type]) => ({
      name: Sql.quoteIdentifier(Buffer.from(column ?? "", "latin1").toString("utf8")),
      isListed: type === "enum" || type === "set"
    }))
    const listed = named.filter(({ isListed }) => isListed).map(({ name }) => name)
    yield* Effect.forEach([1, 2, 3, 4, 5], (i) =>
      listed.length === 0
        ? Effect.void
        : run(
          connection,
          `INSERT INTO ${name} (id, ${listed.join(", ")}) VALUES (${[i + 1, ...listed.map(() => i)].join(", ")})`
        ))
    const rows = yield* hex(
      `SELECT ${named.map((column) => `HEX(${column.name})`).join(", ")} FROM ${name} ORDER BY id`
    )
    return { columns, printed, comments, rows }
  })

describeVendors("literals in definitions", (vendor) => {
  layer(Layer.provide(ScratchServer.layer(Server, { vendor }), NodeContext.layer), {
    excludeTestServices: true,
    timeout: "5 minutes"
  })((it) => {
    /** Makes tables, and makes them again from their definitions in sessions of several character sets. */
    const replayed = (names: ReadonlyArray<string>, tables: Readonly<Record<string, string>>) =>
      Effect.gen(function*() {
        const server = yield* Server
        const connection = yield* connect(server)
        yield* run(
          connection,
          "DROP DATABASE IF EXISTS literals",
          "CREATE DATABASE literals CHARACTER SET utf8mb4",
          "USE literals",
          ...Object.entries(tables).map(([name, definition]) =>
            `CREATE TABLE ${Sql.quoteIdentifier(name)} ${definition}`
          )
        )
        const snapshot = yield* snapshotOf(server, everythingIn("literals"), {
          // what is made again is made on the same server, which keeps definitions otherwise
          ddl: Consistency.Ddl.Detect()
        })
        for (const table of Object.keys(tables)) {
          const { create } = yield* snapshot.definition(tableIn(snapshot, table))
          // the snapshot keeps others from changing it
          const other = yield* connect(server)
          for (const set of names) {
            yield* run(
              other,
              "DROP DATABASE IF EXISTS replayed",
              "CREATE DATABASE replayed CHARACTER SET utf8mb4",
              "USE replayed",
              `SET NAMES ${set}`,
              create
            )
            assertAlike(
              yield* pictureOf(other, "replayed", table),
              yield* pictureOf(other, "literals", table),
              `${table} under ${set}, from ${Buffer.from(create).toString("latin1")}`
            )
          }
        }
      })

    const everywhere = ["utf8mb4", "latin1", "binary", "gbk"]

    it.scoped("members and defaults, in every character set, replayed under every other", () =>
      replayed(
        everywhere,
        Object.fromEntries(
          Object.entries(letters).flatMap(([set, letter]) => [
            [set, `(${columnsOf(set, letter)})`],
            [`ascii_${set}`, `(${columnsOf(set, "xy")})`]
          ])
        )
      ))

    it.scoped("expressions, checks, generated columns and partitions", () =>
      replayed(everywhere, {
        expressions: "(id INT PRIMARY KEY, a VARCHAR(20) CHARACTER SET latin1 DEFAULT 'ü', " +
          "b VARCHAR(20) CHARACTER SET latin1 DEFAULT (CONCAT('x', 'é')), u VARCHAR(9) DEFAULT (UPPER('abc')), " +
          "g VARCHAR(40) CHARACTER SET latin1 AS (CONCAT(a, 'ö''\\\\')) STORED, " +
          "v VARCHAR(9) AS (IF(a LIKE 'é%' ESCAPE '!', 'ja', TRIM(BOTH 'ß' FROM a))) VIRTUAL, " +
          "k VARCHAR(9) CHARACTER SET gbk CHECK (k <> '表'), CHECK (a <> 'ñ' AND b <> 'n'), " +
          "dd DATE DEFAULT '2024-01-01' CHECK (dd <> DATE'2020-02-02'), " +
          "bb VARBINARY(9) DEFAULT X'00e9ff27', ba BINARY(3) DEFAULT 'é', bt BIT(4) DEFAULT b'101')",
        ...(vendor === "mysql"
          ? {
            functional: "(id INT PRIMARY KEY, a VARCHAR(20) CHARACTER SET sjis, w VARCHAR(9) CHARACTER SET utf16, " +
              "KEY ((CONCAT(a, '表'))), KEY ((CONCAT(w, '😀'))))",
            path: "(id INT PRIMARY KEY, j JSON DEFAULT (JSON_OBJECT('é', 'a')), " +
              "v VARCHAR(9) AS (JSON_VALUE(j, '$.\"é😀\"' RETURNING CHAR(9) DEFAULT 'ö' ON EMPTY)))"
          }
          : {}),
        listed: "(id VARCHAR(9) CHARACTER SET utf8mb4 NOT NULL PRIMARY KEY) PARTITION BY LIST COLUMNS (id) " +
          "(PARTITION a VALUES IN ('é', 'b', '1', '2'), PARTITION b VALUES IN ('日本😀'))",
        ranged: "(id VARBINARY(9) NOT NULL PRIMARY KEY) PARTITION BY RANGE COLUMNS (id) " +
          "(PARTITION a VALUES LESS THAN (X'ff'), PARTITION b VALUES LESS THAN (MAXVALUE))",
        ...(vendor === "mariadb"
          ? {
            latin: "(id VARCHAR(9) CHARACTER SET latin1 NOT NULL PRIMARY KEY) PARTITION BY RANGE COLUMNS (id) " +
              "(PARTITION a VALUES LESS THAN ('é'), PARTITION b VALUES LESS THAN (MAXVALUE))"
          }
          : {})
      }))

    it.scoped("collations, of columns and of tables that columns have them from", () =>
      replayed(["binary"], {
        collated:
          "(id INT PRIMARY KEY, a VARCHAR(9), b VARCHAR(9) COLLATE utf8mb4_unicode_ci NOT NULL DEFAULT 'COLLATE', " +
          "c TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, d ENUM('COLLATE', 'é') COMMENT 'COLLATE x', " +
          "e VARCHAR(9) AS (CONCAT(a, 'é')), f VARCHAR(9) CHARACTER SET latin1, g CHAR(9) COLLATE utf8mb4_bin, " +
          "`COLLATE` SET('a', 'b') NOT NULL, KEY (a)) COLLATE utf8mb4_unicode_ci",
        binary:
          "(id INT PRIMARY KEY, a VARCHAR(9) DEFAULT 'x', b VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_bin) " +
          "CHARACTER SET latin1 COLLATE latin1_bin"
      }))

    it.scoped("names and comments, replayed under binary and utf8mb4", () =>
      replayed(["utf8mb4", "binary"], {
        "tä`b\\\\":
          "(id INT PRIMARY KEY COMMENT 'ké; it''s \\\\ \"q\"\\n日本', `sp é` ENUM('é') CHARACTER SET latin1 " +
          "COMMENT 'DEFAULT ''é''', `c'h` VARCHAR(20) DEFAULT 'CHARACTER SET é', " +
          "KEY `ïx` (`c'h`) COMMENT 'ö') COMMENT='tä\\n;\\nx' PARTITION BY KEY (id) " +
          "(PARTITION `pä` COMMENT = 'ü', PARTITION `日本` COMMENT = 'p;\\n')",
        wide: "(id INT PRIMARY KEY, a VARCHAR(20) CHARACTER SET utf8mb4, g VARCHAR(30) AS (CONCAT(a, '😀')), " +
          "x VARCHAR(20) DEFAULT (CONCAT('a', '😀')), CHECK (a <> '😀'))"
      }))

    it.scoped("an ENUM of more members than a recursive query goes deep, and a SET of 64", () =>
      replayed(["binary"], {
        many: `(id INT PRIMARY KEY, e ENUM(${Array.from({ length: 2000 }, (_, i) => `'😀${i}'`).join(", ")}), ` +
          `s SET(${Array.from({ length: 64 }, (_, i) => `'ü${i}'`).join(", ")}))`
      }))

    if (vendor === "mariadb") {
      it.scoped("a SET of more than eight members whose print may hide one is refused by name", () =>
        Effect.gen(function*() {
          const server = yield* Server
          const connection = yield* connect(server)
          const of = (last: string) => `(s SET('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', '${last}'))`
          yield* run(
            connection,
            "DROP DATABASE IF EXISTS refused",
            "CREATE DATABASE refused CHARACTER SET utf8mb4",
            "USE refused",
            `CREATE TABLE t ${of("😀")}`,
            `CREATE TABLE fine ${of("ü")} CHARACTER SET latin1`
          )
          const snapshot = yield* snapshotOf(server, everythingIn("refused"))
          const error = yield* refusalOf(snapshot, "t")
          assert.strictEqual(error.reason, "Unsupported")
          assert.include(error.message, "`refused`.`t`")
          yield* snapshot.definition(tableIn(snapshot, "fine"))
        }))

      it.scoped("texts in expressions come back where the server itself goes by what it prints", () =>
        replayed(["utf8mb4", "binary"], {
          printed: "(id INT PRIMARY KEY, a VARCHAR(20) DEFAULT (CONCAT(_latin1 X'e9', id)), " +
            "b TEXT DEFAULT (CONCAT(_latin1 X'e9', 'x')), c VARCHAR(20) AS (CONCAT(_latin1 X'e9', 'x')), " +
            "d VARCHAR(20) DEFAULT 'd' CHECK (d <> _latin1 X'e9'), e VARCHAR(20) DEFAULT _latin1 X'e9', " +
            "f VARCHAR(20) DEFAULT (CONCAT('a', '😀')) COMMENT 'xE9', g TEXT CHARACTER SET utf16 DEFAULT (CONCAT('a', '😀')), " +
            "l VARCHAR(20) DEFAULT (CONCAT('xE9', 'a\\\\b', CONVERT('c\\\\d' USING utf8mb4))), " +
            "m VARCHAR(60) DEFAULT (CONCAT(_latin1'ver\\\\sion', VERSION(), @@version)), n CHAR(9) DEFAULT (CONCAT('c', NULL)), " +
            "o BINARY(9) DEFAULT (UNHEX('00ff')), p DECIMAL(9,3) DEFAULT ('5' * 1.5), q DATETIME(3) DEFAULT ('2020-01-01' + INTERVAL '1' DAY), " +
            "r ENUM('a', 'é') DEFAULT (LOWER('É')), s SET('a', 'b') DEFAULT (CONCAT('a', ',b')), t BIT(12) DEFAULT (LENGTH('abc')), " +
            "u DOUBLE DEFAULT ('1e300' * 0.1), v YEAR DEFAULT (CONCAT('20', '21')), w TIME(2) DEFAULT (SEC_TO_TIME('5')), " +
            "z INT(5) ZEROFILL DEFAULT (LENGTH('abc')), z0 INT(5) ZEROFILL DEFAULT (1 - 1), z1 VARCHAR(9) DEFAULT (HEX(255)), " +
            "z2 POINT DEFAULT (POINT(1, 2)), z6 GEOMETRY DEFAULT (ST_GEOMFROMTEXT('POINT(0 1)')), z3 DECIMAL(9,5) DEFAULT (1 / 3), z4 INT DEFAULT (1 + 1), z5 INT DEFAULT (NULL), " +
            "x UUID DEFAULT (CONCAT('00000000-0000-0000-0000-', '000000000001')), y VARCHAR(9) DEFAULT (LEFT('abc', 0)), " +
            "`a b` VARCHAR(9) INVISIBLE DEFAULT (CONCAT('a', 'b')), " +
            "`TIMES` TIMESTAMP(3) DEFAULT ('2020-06-01' + INTERVAL '1' DAY), " +
            "h INT AS (CHAR_LENGTH('😀')), i VARCHAR(20) DEFAULT 'i' CHECK (CHAR_LENGTH('x😀') = 2), " +
            "j VARCHAR(20) CHARACTER SET utf16 DEFAULT (CONCAT('a', 'é')), k INT DEFAULT (CHAR_LENGTH('é')))"
        }))

      it.scoped("expressions that are printed with conversions come back, or are refused by name", () =>
        Effect.gen(function*() {
          const server = yield* Server
          const connection = yield* connect(server)
          const columns = "id INT, b VARCHAR(9) CHARACTER SET latin1, u VARCHAR(9) COLLATE utf8mb4_unicode_ci"
          const [[collation] = []] = yield* ask(connection, "SELECT COLLATION(CONVERT('a' USING utf8mb4))")
          const make = (table: string, column: string) => `CREATE TABLE ${table} (${columns}, ${column})`
          yield* run(
            connection,
            "DROP DATABASE IF EXISTS refused",
            "CREATE DATABASE refused CHARACTER SET utf8mb4",
            "DROP DATABASE IF EXISTS copied",
            "CREATE DATABASE copied",
            "USE refused",
            make("mixed", "c INT AS (IF(b = u, 1, 2))"),
            make("checked", "CHECK (b = u)"),
            make(
              "own",
              "c VARCHAR(20) DEFAULT (IF(QUOTE(_binary'é') = 'a', CONCAT(_utf16 X'00e9', id), QUOTE(_binary'é')))"
            ),
            // compared by the collation of a column, and with the print replayed byte by byte
            make("least", "c VARCHAR(20) AS (LEAST(u, b))"),
            make("joined", "c INT AS (CONCAT(b, u) LIKE 'aB')"),
            make("doubled", "e VARBINARY(9), c BLOB AS (CONCAT(JSON_ARRAY(b, u), e))"),
            make("numbered", "c INT AS (CHAR(id USING latin1) <> MAKE_SET(id, JSON_QUOTE(b), CHAR(id USING latin1)))"),
            make("month", "c VARCHAR(30) AS (CONCAT(b, DATE_FORMAT('2020-02-02', '%M', 'fr_FR')))"),
            make("fine", "c VARCHAR(30) AS (CONCAT(b, MONTHNAME(id), CONVERT(u USING latin1)))"),
            make("now", "c VARCHAR(30) AS (CONCAT(b, MONTHNAME(NOW()), UUID()))"),
            make("put", "c VARCHAR(99) AS (CONCAT(u, '-', HEX(COALESCE(b, u)), b))"),
            make("told", "c INT AS (LEAST(u COLLATE utf8mb4_bin, b) = 'a')"),
            make("lower", "c VARCHAR(20) AS (LOWER(CONVERT(b USING utf8mb4)))"),
            make("same", `w VARCHAR(9) COLLATE ${collation}, c INT AS (CONCAT(b, w) LIKE 'aB' AND LEAST(w, b) = 'a')`),
            make("bytes", "e VARBINARY(9), c INT AS (LEAST(CONVERT(e USING utf8mb4), 'b') = 'a')")
          )
          // what is made again is made on the same server, which keeps definitions otherwise
          const snapshot = yield* snapshotOf(server, everythingIn("refused"), { ddl: Consistency.Ddl.Detect() })
          const refused = ["own", "least", "joined", "doubled", "numbered", "month"]
          const fine = ["fine", "now", "put", "told", "lower", "same", "bytes"]
          for (const table of ["mixed", "checked", ...refused, ...fine]) {
            const outcome = yield* Effect.either(snapshot.definition(tableIn(snapshot, table)))
            if (Either.isRight(outcome)) {
              assert.notInclude(refused, table)
              yield* run(connection, "USE copied", "SET NAMES binary", outcome.right.create)
            } else {
              assert.notInclude(fine, table)
              assert.strictEqual(outcome.left.reason, "Unsupported", table)
              assert.include(outcome.left.message, `\`refused\`.\`${table}\``)
            }
          }
        }))

      it.scoped("defaults that are worked out from texts that nobody can say are refused by name", () =>
        Effect.gen(function*() {
          const server = yield* Server
          const connection = yield* connect(server)
          const defaults = [
            "VARCHAR(20) DEFAULT (CONCAT(_latin1 X'e9', 'x'))",
            "VARCHAR(20) CHARACTER SET latin1 DEFAULT (LOWER(_latin1'back\\\\slash'))",
            "INT DEFAULT (LENGTH(_utf16 X'00e9'))",
            "VARCHAR(20) DEFAULT (CONCAT(_latin1'c:\\\\dir', 'x'))",
            "VARCHAR(20) DEFAULT (CONCAT(_latin1'c:\\\\dir', HEX(5)))",
            "VARCHAR(20) DEFAULT (CONCAT(_latin1'c:\\\\dir', CONVERT('x' USING utf8mb4)))",
            "VARCHAR(20) DEFAULT (CONCAT(_latin1'c:\\\\dir', CAST('x' AS CHAR CHARACTER SET utf8mb4)))",
            "VARCHAR(20) DEFAULT (CONCAT(JSON_QUOTE('x'), _latin1'c:\\\\dir'))",
            "VARCHAR(20) DEFAULT (LOWER(HEX(255)))",
            "VARCHAR(20) DEFAULT (UPPER('ä😀'))",
            "VARCHAR(20) CHARACTER SET utf16 DEFAULT (CONCAT('a', '😀'))",
            "INT DEFAULT (CHAR_LENGTH('😀'))",
            // under latin1
            "INT DEFAULT (LENGTH('é'))"
          ]
          yield* run(
            connection,
            "DROP DATABASE IF EXISTS refused",
            "CREATE DATABASE refused CHARACTER SET utf8mb4",
            "USE refused",
            ...defaults.flatMap((of, i) => [
              ...(i === defaults.length - 1 ? ["SET NAMES latin1"] : []),
              `CREATE TABLE t${i} (\`a b\` ${of})`
            ])
          )
          const snapshot = yield* snapshotOf(server, everythingIn("refused"))
          for (const [i, of] of defaults.entries()) {
            const error = yield* refusalOf(snapshot, `t${i}`)
            assert.strictEqual(error.reason, "Unsupported", of)
            assert.include(error.message, `\`refused\`.\`t${i}\``, of)
            assert.include(error.message, "`a b`", of)
          }
        }))
    }

    it.scoped("what is ASCII stays what the server printed", () =>
      Effect.gen(function*() {
        const server = yield* Server
        const connection = yield* connect(server)
        yield* run(
          connection,
          "DROP DATABASE IF EXISTS plain",
          "CREATE DATABASE plain CHARACTER SET utf8mb4",
          "USE plain",
          "CREATE TABLE t (id INT PRIMARY KEY COMMENT 'é', e ENUM('a?', 'it''s') DEFAULT 'a?', c VARCHAR(9) DEFAULT 'x', " +
            "d DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, CHECK (c <> 'n'), g INT AS (IF(c = 'a', 1, 0)))"
        )
        const snapshot = yield* snapshotOf(server, everythingIn("plain"))
        const { rows } = yield* (yield* connect(server)).query("SHOW CREATE TABLE plain.t")
        const { create } = yield* snapshot.definition(tableIn(snapshot, "t"))
        assert.strictEqual(Sql.text(create), Sql.text(rows[0]?.[1] ?? new Uint8Array()))
      }))

    if (vendor === "mysql") {
      it.scoped("expressions come back in the words that the server keeps, not in those that it prints", () => {
        const expression = "CONVERT(CONCAT(_utf16 X'00e9', 'a', '''\\\\') USING latin1)"
        return replayed(["utf8mb4", "binary"], {
          kept:
            `(id INT PRIMARY KEY, \`é'\` VARCHAR(20) DEFAULT (${expression}), g VARCHAR(20) AS (${expression}) STORED, ` +
            `v VARCHAR(20) AS (CONCAT(\`é'\`, ${expression})), CHECK (v <> ${expression}), KEY ((CONCAT(id, ${expression}))))`
        })
      })

      it.scoped("partitions by texts that the server itself reads differently are refused by name", () =>
        Effect.gen(function*() {
          const server = yield* Server
          const connection = yield* connect(server)
          yield* run(
            connection,
            "DROP DATABASE IF EXISTS refused",
            "CREATE DATABASE refused",
            "USE refused",
            "CREATE TABLE t (id VARCHAR(9) CHARACTER SET latin1 NOT NULL) PARTITION BY RANGE COLUMNS (id) " +
              "(PARTITION a VALUES LESS THAN ('é'), PARTITION b VALUES LESS THAN (MAXVALUE))"
          )
          const snapshot = yield* snapshotOf(server, everythingIn("refused"))
          const error = yield* refusalOf(snapshot, "t")
          assert.strictEqual(error.reason, "Unsupported")
          assert.include(error.message, "`refused`.`t`")
        }))
    }
  })
})
