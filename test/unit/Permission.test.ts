import { assert, describe, it } from "@effect/vitest"
import { type FileName, Permission, Sql } from "@sluice/format"
import { Trust } from "@sluice/pipeline"
import { Contents } from "@sluice/testing"
import { Effect, Either, Exit } from "effect"

import * as Damage from "../support/damage.js"
import * as Foreign from "../support/foreign.js"

type Tag = FileName.FileName["_tag"]

const passes = (file: Tag, statement: string): void => {
  const checked = Permission.check(file, Sql.bytes(statement))
  assert(Either.isRight(checked), `${file}: ${statement}: ${Either.isLeft(checked) ? checked.left.detail : ""}`)
}
const sessions: ReadonlyArray<string> = [
  "/*!40101 SET NAMES binary*/",
  "/*!40014 SET FOREIGN_KEY_CHECKS=0*/",
  "/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES' */",
  "/*!40103 SET TIME_ZONE='+00:00' */",
  "/*!101100 SET SESSION system_versioning_insert_history=1*/",
  "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
  "SET @PREV_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT",
  "SET collation_connection = @PREV_COLLATION_CONNECTION"
]

/** What dumps write, ours and mydumper's. */
const usual: ReadonlyArray<readonly [Tag, string]> = [
  ...(["Database", "Table", "View", "Post", "Triggers", "Sequence", "Rows"] as const).flatMap((file) =>
    sessions.map((sql) => [file, sql] as const)
  ),
  ["Database", "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `rz` /*!40100 DEFAULT CHARACTER SET utf8mb4 */"],
  [
    "Database",
    "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `r` /*!40100 DEFAULT CHARACTER SET utf8mb4 */ /*!80016 DEFAULT ENCRYPTION='N' */"
  ],
  [
    "Table",
    "CREATE TABLE `select` (\n  `table` int DEFAULT NULL COMMENT 'SELECT * FROM x',\n  KEY `k` (`table`) /*!80000 INVISIBLE */\n) ENGINE=InnoDB\n/*!50100 PARTITION BY RANGE (`table`)\n(PARTITION p0 VALUES LESS THAN (5) ENGINE = InnoDB) */"
  ],
  ["Table", "CREATE TABLE IF NOT EXISTS `v1`(\n`a` int,\n`b` int\n) ENGINE=MEMORY ENCRYPTION='N'"],
  ["Table", "CREATE TABLE `t` (`a` int CHECK (`a` LIKE 'x%'), `g` int GENERATED ALWAYS AS (`a` + 1) STORED)"],
  ["Table", "ALTER TABLE `t`\n ADD KEY `k` (`a`),\n ADD CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `u` (`a`)"],
  [
    "Table",
    "CREATE TABLE `t` (\n  `a` varchar(9) COMMENT 'it\\'s */'\n)\n/*!50500 PARTITION BY LIST COLUMNS(`a`)\n(PARTITION p VALUES IN ('*/','/* x')) */"
  ],
  ["Table", "CREATE TABLE \"say \"\"hi\"\"\" (\n  \"id\" int NOT NULL COMMENT 'a\\\\'\n)"],
  ["Table", "/*!40101 SET NAMES latin1*/"],
  ["Rows", "SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO'"],
  ["View", "SET character_set_client = sjis"],
  ["Triggers", "SET sql_mode = @PREV_SQL_MODE"],
  ["Table", "DROP TABLE IF EXISTS `t`"],
  ["Sequence", "DROP TABLE IF EXISTS `s`"],
  ["Sequence", "CREATE SEQUENCE `s` start with 1 minvalue 1 maxvalue 9 increment by 1 cache 0 nocycle ENGINE=InnoDB"],
  ["Sequence", "DO SETVAL(`s`, 13, 0, 1)"],
  ["Sequence", "SELECT SETVAL(`a``b`, 13, 0)"],
  ["Sequence", "INSERT INTO `s` VALUES(1,1,9,1,1,0,0,0)"],
  ["View", "CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW `v1` AS select 1 AS `x`"],
  ["Triggers", "CREATE DEFINER=`root`@`localhost` trigger trg1 before insert on plain for each row set @a = '/*! */'"],
  ["Post", "CREATE DEFINER=`root`@`localhost` FUNCTION `f1`() RETURNS int(11)\nreturn 1 /*!50000 + 1"],
  ["Post", "CREATE DEFINER=`root`@`localhost` PACKAGE BODY `p` AS FUNCTION f RETURN INT AS BEGIN RETURN 1; END; END"],
  ["Post", "SET sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'"],
  [
    "Rows",
    "INSERT INTO `t` VALUES(1,-2.5e-3,+4,.5,NULL,\"a\",'b',0xFF,X'00',b'1',_binary \"\\\"\",_utf8mb4 'x',\"\",-0e0)\n,(2,DEFAULT,TRUE,0,0,0,0,0,0,0,0,0,0,0)\n"
  ],
  ["Rows", "INSERT IGNORE INTO `t` (`a`,`b`) VALUES(CONVERT(\"{}\" USING UTF8MB4),1)"],
  [
    "Rows",
    "INSERT INTO `t` VALUES(JSON_REPLACE(CONVERT('[1]' USING UTF8MB4), CONVERT('$[0]' USING UTF8MB4), " +
    "CAST(1 AS UNSIGNED), CONVERT('$.a' USING UTF8MB4), DATE'2024-01-01', CONVERT('$.b' USING UTF8MB4), 5.))"
  ],
  ["Rows", "REPLACE INTO `t` VALUES\n(1),\n(2)"],
  ["Rows", "LOAD DATA LOCAL INFILE 'd.t.00000.dat' INTO TABLE `t`"],
  ["Users", "CREATE USER IF NOT EXISTS `a`@`%` IDENTIFIED WITH 'x' AS '*1'"],
  ["Users", "GRANT SELECT ON *.* TO `a`@`%`"],
  ["Users", "SET DEFAULT ROLE `r` FOR `a`@`%`"],
  ["Tablespaces", "CREATE TABLESPACE `x` ADD DATAFILE 'x.ibd'"]
]

/** What no dump writes. */
const hostile: ReadonlyArray<readonly [Tag, string]> = [
  ...(["Database", "Table", "View", "Post", "Triggers", "Sequence", "Rows", "Tablespaces"] as const).flatMap((file) =>
    [
      "GRANT ALL ON *.* TO `x`@`%`",
      "DROP DATABASE `d`",
      "CREATE USER x",
      "SELECT 1 INTO OUTFILE '/tmp/x'",
      "UPDATE t SET a = 1",
      "DELETE FROM t",
      "TRUNCATE t",
      "CALL p()",
      "SHUTDOWN",
      "INSTALL PLUGIN x SONAME 'x.so'",
      "PREPARE x FROM 'DROP DATABASE d'",
      "HANDLER t OPEN",
      "USE mysql",
      "DELIMITER //",
      "KILL 1",
      "SET GLOBAL general_log_file = '/var/www/x.php'",
      "SET PERSIST max_connections = 1",
      "SET PASSWORD FOR root = 'x'",
      "SET sql_log_bin = 0",
      "SET autocommit = 1",
      "SET NAMES utf8, GLOBAL x = 1",
      "SET @a = (SELECT password FROM mysql.user)",
      "SET @a = LOAD_FILE('/etc/passwd')",
      "SET TIME_ZONE = SLEEP(1000)",
      "SET STATEMENT max_statement_time=1 FOR DROP DATABASE d",
      "/*!40101 SET NAMES binary*/ /*!50000 , GLOBAL x=1*/",
      "/*!40101 SET NAMES 'a*/ /*!b'*/",
      "/*!50000 DROP DATABASE d */",
      "/*M! DROP DATABASE d */",
      "",
      "\u0000"
    ].map((sql) => [file, sql] as const)
  ),
  ["Table", "LOAD DATA INFILE '/etc/passwd' INTO TABLE t"],
  ["Post", "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t"],
  ["Rows", "/*!LOAD DATA LOCAL INFILE 'd.t.00000.dat' INTO TABLE `t` */"],
  ["Database", "CREATE TABLE t (a int)"],
  ["Database", "CREATE /*!99999 DATABASE a */ /*!50000 USER x */ DATABASE `b`"],
  ["Table", "CREATE TABLE t AS SELECT * FROM mysql.user"],
  ["Table", "CREATE TABLE t (a int) SELECT * FROM mysql.user"],
  ["Table", "CREATE TABLE t (a int) /*!50000 SELECT * FROM mysql.user */"],
  ["Table", "CREATE TABLE t (a int) WITH c AS (SELECT 1) TABLE c"],
  ["Table", "CREATE TABLE t (a int) TABLE mysql.user"],
  ["Table", "CREATE TABLE t LIKE mysql.user"],
  ["Table", "CREATE TABLE t (LIKE mysql.user)"],
  ["Table", "/*!99999 CREATE TABLE t (a int)*/ DROP DATABASE d"],
  ["Table", "CREATE /*!50000 USER x */ TABLE t (a int)"],
  ["Table", "CREATE TABLE t (a int COMMENT /*!99999 '*/ 'x') SELECT 1 -- ')"],
  ["Table", "CREATE TABLE t (a int /*!50000 -- */ ) SELECT \n */ )"],
  ["Table", "CREATE TABLE t (a int) /*!50100 PARTITION BY (a) */ SELECT 1 /*!99999 '*/ '*/"],
  ["Table", "CREATE TABLE t (a int) /*!80000 COMMENT '*/ SELECT 1' */"],
  ["Table", "CREATE TABLE \"t\" (\"a\\\" int) SELECT 1 -- \" int)"],
  ["Table", "CREATE TABLE \"t\\\" LIKE mysql.user -- \" (a int)"],
  ["Table", "CREATE TEMPORARY TABLE t (a int)"],
  ["Table", "CREATE OR REPLACE TEMPORARY TABLE t (a int)"],
  ["Sequence", "CREATE TEMPORARY SEQUENCE s"],
  ...(["Rows", "Table"] as const).flatMap((file) =>
    [
      "SET sql_mode = 1048576",
      "SET sql_mode = '1048576'",
      "SET sql_mode = 0x100000",
      "SET sql_mode = DEFAULT",
      "SET sql_mode = @x",
      "SET sql_mode = NO_BACKSLASH_ESCAPES",
      "SET @x = 'NO_BACKSLASH_ESCAPES'",
      "SET NAMES gbk",
      "/*!40101 SET NAMES 'SJIS'*/",
      "SET character_set_client = 28",
      "SET character_set_client = @x",
      "SET CHARACTER SET big5"
    ].map((sql) => [file, sql] as const)
  ),
  ["Table", "ALTER TABLE t RENAME TO other.t"],
  ["Table", "ALTER TABLE t ADD KEY (a), DROP COLUMN b"],
  ["Table", "ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u"],
  ["Table", "INSERT INTO t VALUES (1)"],
  ["View", "DROP DATABASE d"],
  ["View", "DROP TABLE a; DROP TABLE b"],
  ["View", "CREATE TABLE v (a int)"],
  ["View", "CREATE /*!50000 USER x */ VIEW v AS SELECT 1"],
  ["Sequence", "DO SLEEP(1000)"],
  ["Sequence", "DO SETVAL(`s`, (SELECT 1), 0)"],
  ["Sequence", "SELECT SETVAL(`s`, 1, 0) INTO OUTFILE '/tmp/x'"],
  ["Post", "CREATE FUNCTION f RETURNS STRING SONAME 'evil.so'"],
  ["Post", "CREATE AGGREGATE FUNCTION f RETURNS INTEGER SONAME 'evil.so'"],
  ["Post", "CREATE /*!99999 PROCEDURE p() */ USER x"],
  ["Rows", "CREATE TABLE t (a int)"],
  ["Rows", "INSERT INTO \"t\\\" SELECT * FROM mysql.user -- \" VALUES (1)"],
  ["Rows", "INSERT INTO t SELECT * FROM mysql.user"],
  ["Rows", "INSERT INTO t VALUES (LOAD_FILE('/etc/passwd'))"],
  ["Rows", "INSERT INTO t VALUES (SLEEP(1000))"],
  ["Rows", "INSERT INTO t VALUES (`f`(1))"],
  ["Rows", "INSERT INTO t VALUES (\"f\"(1))"],
  ["Rows", "INSERT INTO t VALUES (1f(1))"],
  ["Rows", "INSERT INTO t VALUES (@@version)"],
  ["Rows", "INSERT INTO t VALUES ((SELECT 1))"],
  ["Rows", "INSERT INTO t VALUES (CONVERT((SELECT 1) USING utf8))"],
  ["Rows", "INSERT INTO t VALUES (JSON_REPLACE('[1]', '$[0]', (SELECT 1)))"],
  ["Rows", "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 2"],
  ["Rows", "INSERT INTO t VALUES (1) RETURNING *"],
  ["Rows", "INSERT INTO t VALUES (1) /*!50000 ON DUPLICATE KEY UPDATE a = 2 */"],
  ["Rows", "INSERT INTO t VALUES (1 /*!50000 ),(2 */)"],
  ["Rows", "INSERT INTO t VALUES (1) -- x"],
  ["Rows", "/*!50000 INSERT INTO t VALUES ('*/ GRANT ALL ON *.* TO x -- ')"],
  ["Rows", "INSERT /*!99999 INTO t VALUES (1) */ INTO u VALUES (1)"],
  ["Users", "DROP DATABASE d"],
  ["Users", "SELECT 1"],
  ["Metadata", "SET NAMES binary, x = SLEEP(1)"],
  ["Bystander", "INSERT INTO t VALUES (1)"]
]

describe("what a file of a backup may hold", () => {
  it("is what dumps write", () => {
    for (const [file, statement] of usual) passes(file, statement)
  })

  it("is in single quotes when names are in double quotes", () => {
    const rows = (sql: string) => Permission.check("Rows", Sql.bytes(sql), { namesInDoubleQuotes: true })
    assert(Either.isRight(rows("INSERT INTO \"t\" (\"a b\") VALUES('x\\'y\"',1)")))
    assert(Either.isLeft(rows("INSERT INTO t VALUES(\"\\\", (SELECT 1), \"\\\")")))
  })

  it("is nothing else", () => {
    const taken = hostile.filter(([file, statement]) => Either.isRight(Permission.check(file, Sql.bytes(statement))))
    assert.deepStrictEqual(taken, [])
  })
})

/** Puts a statement into a file of a whole backup and seals it again, as somebody could who wants to. */
const forged = (name: string, statement: string) =>
  Effect.gen(function*() {
    const stream = yield* Damage.streamOf(Damage.everything)
    const files = Foreign.filesOf(stream).filter(({ name }) => !name.startsWith("metadata"))
    const [data] = name === "" ? [] : files.filter((file) => file.name === name)
    assert(data, name)
    return Foreign.streamOf(
      Damage.sealed(
        stream,
        files.map((file) => file === data ? { name, bytes: Damage.text(file.bytes, statement, ";\n") } : file)
      )
    )
  })

describe("a backup that somebody changed and sealed again", () => {
  it.live("is restored when it was not changed", () =>
    Effect.gen(function*() {
      const { exit } = yield* Damage.restoreStream(yield* forged("d.t.00000.sql", "SET NAMES binary"))
      assert(Exit.isSuccess(exit), String(exit))
    }))

  it.live("is refused when a file does what its name does not say, and the statement is named", () =>
    Effect.gen(function*() {
      for (
        const [name, statement, message] of [
          ["d.t.00000.sql", "DROP DATABASE `d`", /d\.t\.00000\.sql, statement \d+\).*no INSERT/],
          ["d.t.00000.sql", "INSERT INTO `u.v` VALUES(1)", /`u\.v`, which the file is not about/],
          ["d.t.00000.sql", "INSERT INTO `mysql`.`t` VALUES(1,1,1)", /`mysql`\.`t`, which the file is not about/],
          ["d.t.00000.sql", "INSERT INTO `t` VALUES(9,LOAD_FILE('/etc/passwd'),1)", /more than values.*LOAD_FILE/],
          ["d.t.00000.sql", "SET GLOBAL max_connections = 1", /sets max_connections/],
          ["d.t-schema.sql", "GRANT ALL ON *.* TO `x`", /d\.t-schema\.sql, statement \d+\).*GRANT has no place/],
          ["d.t-schema.sql", "CREATE TABLE `other`.`x` (\n  `a` int\n)", /not in the database of the file/],
          ["d.w-schema-view.sql", "DROP TABLE IF EXISTS `t`", /`t`, which the file is not about/],
          ["d-schema-post.sql", "DROP PROCEDURE IF EXISTS `sys`.`p`", /not in the database of the file/],
          ["d-schema-create.sql", "GRANT ALL ON *.* TO `x`", /GRANT has no place/]
        ] as const
      ) {
        const outcome = yield* Damage.restoreStream(yield* forged(name, statement))
        const error = Damage.assertRefused(outcome, statement)
        assert.strictEqual(error.reason, "Unexpected")
        assert.match(error.message, message)
        assert.include(error.message, name)
      }
    }))

  it.live("is refused when rows are read otherwise than they look", () =>
    Effect.gen(function*() {
      for (
        const statement of [
          "SET sql_mode = 'ANSI_QUOTES';\nINSERT INTO t VALUES(9,\"\\\",(SELECT 1)) -- \",1)",
          "SET sql_mode = 'oracle';\nINSERT INTO t VALUES(9,\"\\\",1)) -- \",1)"
        ]
      ) {
        const outcome = yield* Damage.restoreStream(yield* forged("d.t.00000.sql", statement))
        assert.match(Damage.assertRefused(outcome, statement).message, /more than values/)
      }
    }))

  it.live("is taken by leave of the user, who is told of each statement, and is not complete", () =>
    Effect.gen(function*() {
      const stream = yield* forged(
        "d.t.00000.sql",
        "SET sql_log_bin = 'hunter2'"
      )
      const refused = yield* Damage.restoreStream(stream)
      const { message } = Damage.assertRefused(refused, "without leave")
      for (const part of ["d.t.00000.sql, statement ", "SET sql_log_bin …", "--allow-unknown-statements"]) {
        assert.include(message, part)
      }
      assert.notInclude(message, "hunter2")
      const lenient = { ...Trust.defaults, unknownStatements: "Take" as const }
      const { exit, target } = yield* Effect.provideService(Damage.restoreStream(stream), Trust.Trust, lenient)
      assert(Exit.isSuccess(exit), String(exit))
      assert.isFalse(exit.value.complete)
      assert.match(exit.value.remarks.join(), /was taken.*d\.t\.00000\.sql, statement \d+.*SET sql_log_bin …/)
      assert.deepStrictEqual(Contents.diff(Damage.everything, target), [])
      // what has none is complete all the same
      const sound = yield* Effect.provideService(
        Damage.restoreStream(yield* forged("d.t.00000.sql", "SET NAMES binary")),
        Trust.Trust,
        lenient
      )
      assert(Exit.isSuccess(sound.exit) && sound.exit.value.complete && sound.exit.value.remarks.length === 0)
    }))

  it.live("leaves the server's own databases alone, and says so", () =>
    Effect.gen(function*() {
      const stream = yield* Damage.streamOf(Damage.everything)
      const files = Foreign.filesOf(stream).filter(({ name }) => !name.startsWith("metadata"))
      const more = [
        { name: "mydumper_7-schema-create.sql", bytes: Damage.text("CREATE DATABASE `mysql`;\n") },
        { name: "mydumper_7.user-schema.sql", bytes: Damage.text("CREATE TABLE `user` (\n  `a` int\n);\n") },
        { name: "mydumper_7.user.00000.sql", bytes: Damage.text("INSERT INTO `user` VALUES(1);\n") },
        { name: "sys.x.00000.sql", bytes: Damage.text("INSERT INTO `x` VALUES(1);\n") },
        { name: "mydumper_7-schema-post.sql", bytes: Damage.text("CREATE PROCEDURE p()\nselect 1;\n") }
      ]
      const { exit, target } = yield* Damage.restoreStream(Foreign.streamOf(Damage.sealed(stream, [...files, ...more])))
      assert(Exit.isSuccess(exit), String(exit))
      assert.include(exit.value.leftOut.join(), "mysql (the server's own")
      assert.deepStrictEqual(Contents.diff(Damage.everything, target), [])
    }))
})
