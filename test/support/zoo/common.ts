/**
 * Databases that hold whatever both vendors can hold, and that has been lost by some tool or other.
 *
 * An exhibit says why it is there. Its statements are run in order, in a session with `sql_mode = ''`, in UTF-8 and UTC.
 */

/** Why it is shown, and the statements that make it. Bytes are statements in another character set than UTF-8. */
export interface Exhibit {
  readonly why: string
  readonly sql: ReadonlyArray<string | Uint8Array>
}

/** What a zoo consists of: databases, all of which are dumped together, and what is in them. */
export interface Zoo {
  readonly databases: ReadonlyArray<string>
  readonly exhibits: ReadonlyArray<Exhibit>
}

/** A statement in latin1. */
export const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"))

const long = (letter: string) => letter.repeat(64)

/** Names that a file's name, a statement, or a reader of either may fall over. */
export const oddNames: ReadonlyArray<string> = [
  "sp ace",
  "dot.ted",
  "sl/ash",
  "back\\slash",
  "tick`tick",
  "double\"quote",
  "single'quote",
  "per%cent %s %d",
  "semi;colon",
  "semi;\nfeed",
  "tab\tnul-free",
  "-- dash",
  "/* comment */",
  "größe",
  "日本語",
  "нет",
  "e\u0301 is not \u00e9",
  long("x"),
  long("ü"),
  "日".repeat(48),
  "select",
  "table",
  "1234",
  "1e5",
  "$dollar",
  "@at",
  "#hash",
  "x-schema",
  "x-schema-create",
  "x-schema-view",
  "x-schema-triggers",
  "x-schema-post",
  "t.00000",
  "t.00000.sql",
  "metadata",
  "metadata.header",
  "metadata.partial.0",
  "mydumper_0",
  "mydumper_1",
  "resume",
  "CON",
  "..",
  ".hidden",
  "%2e%2e",
  "Case",
  "case"
]

const quote = (name: string): string => `\`${name.replaceAll("`", "``")}\``
const string = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`

/** Servers tell tables apart by case, but not routines, events and constraints. */
const isNew = (name: string): boolean =>
  oddNames.findIndex((other) => other.toLowerCase() === name.toLowerCase()) === oddNames.indexOf(name)

const named: ReadonlyArray<Exhibit> = oddNames.map((name) => ({
  why: `a table, its column, key and trigger, a view and routines with the name ${JSON.stringify(name)}`,
  sql: [
    "USE `zoo names`",
    `CREATE TABLE ${quote(name)} (${quote(name)} VARCHAR(70) CHARACTER SET utf8mb4 NOT NULL DEFAULT ${string(name)}, ` +
    `id INT NOT NULL PRIMARY KEY COMMENT ${string(name)}, KEY ${quote(name)} (${quote(name)}), ` +
    `CONSTRAINT ${quote(`${name.slice(0, 60)}_${isNew(name) ? 1 : 2}`)} CHECK (${quote(name)} <> 'never')) ` +
    `COMMENT = ${string(name)}`,
    `INSERT INTO ${quote(name)} (id) VALUES (1), (2)`,
    ...(isNew(name)
      ? [
        `CREATE TRIGGER ${quote(name)} BEFORE INSERT ON ${quote(name)} FOR EACH ROW SET NEW.id = NEW.id + 0`,
        `CREATE PROCEDURE ${quote(name)}() COMMENT ${string(name)} SELECT ${quote(name)} FROM ${quote(name)}`,
        `CREATE FUNCTION ${quote(name)}() RETURNS INT DETERMINISTIC RETURN 1`,
        `CREATE EVENT ${quote(name)} ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DISABLE COMMENT ${
          string(name)
        } ` +
        "DO SET @a = 1"
      ]
      : []),
    `CREATE VIEW ${quote(`v ${name}`.slice(0, 64))} AS SELECT ${quote(name)} FROM ${quote(name)}`
  ]
}))

/** Databases, of which each has its own settings. */
const databases: ReadonlyArray<Exhibit> = [
  {
    why: "databases with a character set or a collation of their own, one of them empty",
    sql: [
      "CREATE DATABASE `zoo` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
      "CREATE DATABASE `zoo latin` CHARACTER SET latin1 COLLATE latin1_german2_ci",
      "CREATE DATABASE `zoo names` CHARACTER SET utf8mb4",
      "CREATE DATABASE `Zoo Names` CHARACTER SET ucs2",
      "CREATE DATABASE `zoo.dot/slash``tick%日本` CHARACTER SET gbk",
      "CREATE TABLE `Zoo Names`.`case` (id INT PRIMARY KEY)",
      "INSERT INTO `Zoo Names`.`case` VALUES (7)"
    ]
  }
]

const tables: ReadonlyArray<Exhibit> = [
  {
    why: "generated columns, virtual and stored, between others, with keys on them",
    sql: [
      "USE zoo",
      "CREATE TABLE calculated (a INT, v INT AS (a + 1) VIRTUAL, b VARCHAR(20), s VARCHAR(40) AS (CONCAT(b, 'é')) STORED, " +
      "c INT NOT NULL DEFAULT 5, u INT AS (a * 2) STORED UNIQUE, KEY (v), KEY (s))",
      "INSERT INTO calculated (a, b) VALUES (1, 'ü'), (2, NULL), (NULL, '😀')",
      "CREATE TABLE only_generated (v INT AS (1) VIRTUAL, s VARCHAR(9) AS ('x') STORED)",
      "INSERT INTO only_generated () VALUES (), (), ()"
    ]
  },
  {
    why: "invisible columns: SELECT * passes them over, and so do dumps that use it",
    sql: [
      "USE zoo",
      "CREATE TABLE invisible (id INT PRIMARY KEY, hidden VARCHAR(20) INVISIBLE DEFAULT 'unseen', shown INT)",
      "INSERT INTO invisible (id, hidden, shown) VALUES (1, 'secret', 1), (2, NULL, 2)",
      "INSERT INTO invisible VALUES (3, 3)"
    ]
  },
  {
    why: "checks on a column and on a table, named and not, that speak other languages",
    sql: [
      "USE zoo",
      "CREATE TABLE checked (id INT PRIMARY KEY CHECK (id > 0), a VARCHAR(20) CHARACTER SET latin1, " +
      "CONSTRAINT `né` CHECK (a <> 'ñ' AND a NOT LIKE '%;\\n%'), CHECK (CHAR_LENGTH(a) < 15))",
      "INSERT INTO checked VALUES (1, 'é'), (2, NULL)"
    ]
  },
  {
    why: "defaults: expressions, the time, texts and bytes in several character sets, zero dates",
    sql: [
      "USE zoo",
      "CREATE TABLE defaults (id INT PRIMARY KEY, e INT DEFAULT (1 + 2), u VARCHAR(40) DEFAULT (UPPER('abc')), " +
      "f VARCHAR(9) CHARACTER SET latin1 DEFAULT (CONCAT('x', 'é')), t TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) " +
      "ON UPDATE CURRENT_TIMESTAMP(3), ts TIMESTAMP NOT NULL DEFAULT '2024-07-01 12:00:00', d DATE DEFAULT '0000-00-00', " +
      "l VARCHAR(9) CHARACTER SET latin1 DEFAULT 'é', g CHAR(5) CHARACTER SET gbk DEFAULT '表', " +
      "j CHAR(5) CHARACTER SET sjis DEFAULT '表', w VARCHAR(9) CHARACTER SET ucs2 DEFAULT 'ab', " +
      "x VARCHAR(9) CHARACTER SET utf16 DEFAULT '😀', m VARCHAR(9) CHARACTER SET utf8mb4 DEFAULT '?😀', " +
      "b BINARY(4) DEFAULT X'00ff27', vb VARBINARY(9) DEFAULT 'é', bt BIT(9) DEFAULT b'101010101', " +
      "q VARCHAR(30) DEFAULT 'it''s \\\\ \"q\" `t`', n VARCHAR(9) DEFAULT 'NULL', em VARCHAR(9) NOT NULL DEFAULT '', " +
      "nl VARCHAR(9) DEFAULT ';\\n')",
      "INSERT INTO defaults (id, t) VALUES (1, '2024-01-01 00:00:00.123')"
    ]
  },
  {
    why: "members of ENUM and SET: with quotes, in several character sets, and beyond the first 65536 letters",
    sql: [
      "USE zoo",
      "CREATE TABLE members (id INT PRIMARY KEY, a ENUM('it''s', 'back\\\\slash', '?', '😀', 'ein;\\nZeichen') " +
      "CHARACTER SET utf8mb4 DEFAULT '😀', b SET('é', 'ü', 'ß') CHARACTER SET latin1 DEFAULT 'é,ß', " +
      "c ENUM('表', 'x') CHARACTER SET gbk, d ENUM('ab', '表') CHARACTER SET ucs2 NOT NULL DEFAULT 'ab', " +
      "e SET('表', 'ソ') CHARACTER SET sjis)",
      "INSERT INTO members VALUES (1, '😀', 'ü', '表', '表', 'ソ'), (2, '?', '', 'x', 'ab', '表,ソ')"
    ]
  },
  {
    why: "AUTO_INCREMENT that is further than its rows, and a zero in such a column",
    sql: [
      "USE zoo",
      "CREATE TABLE counted (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, a INT) AUTO_INCREMENT = 9000000000",
      "INSERT INTO counted (a) VALUES (1), (2)",
      "DELETE FROM counted WHERE a = 2",
      "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
      "INSERT INTO counted VALUES (0, 3)",
      "SET sql_mode = ''",
      "CREATE TABLE counted_empty (id INT AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 77"
    ]
  },
  {
    why: "foreign keys: in a cycle, to itself, to another database, of several columns, with every rule",
    sql: [
      "USE zoo",
      "SET foreign_key_checks = 0",
      "CREATE TABLE hen (id INT PRIMARY KEY, egg INT, CONSTRAINT fk_hen FOREIGN KEY (egg) REFERENCES egg (id) " +
      "ON DELETE SET NULL ON UPDATE CASCADE)",
      "CREATE TABLE egg (id INT PRIMARY KEY, hen INT NOT NULL, FOREIGN KEY (hen) REFERENCES hen (id) ON DELETE RESTRICT)",
      "CREATE TABLE tree (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES tree (id) ON DELETE CASCADE)",
      "CREATE TABLE `zoo latin`.owner (a INT, b INT, PRIMARY KEY (a, b))",
      "CREATE TABLE abroad (id INT PRIMARY KEY, a INT, b INT, " +
      "FOREIGN KEY (a, b) REFERENCES `zoo latin`.owner (a, b) ON UPDATE CASCADE)",
      "INSERT INTO hen VALUES (1, 1)",
      "INSERT INTO egg VALUES (1, 1)",
      "INSERT INTO tree VALUES (1, 3), (2, 1), (3, 2), (4, 4)",
      "INSERT INTO `zoo latin`.owner VALUES (1, 2)",
      "INSERT INTO abroad VALUES (1, 1, 2), (2, NULL, 2)",
      "SET foreign_key_checks = 1"
    ]
  },
  {
    why: "partitions and sub-partitions of every kind, with comments",
    sql: [
      "USE zoo",
      "CREATE TABLE by_range (id INT, d DATE NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE COLUMNS (d) " +
      "(PARTITION `alt é` VALUES LESS THAN ('2000-01-01') COMMENT = 'früher', " +
      "PARTITION neu VALUES LESS THAN (MAXVALUE) COMMENT = ';\\n')",
      "INSERT INTO by_range VALUES (1, '1999-12-31'), (2, '2000-01-01')",
      "CREATE TABLE by_list (id INT, PRIMARY KEY (id)) PARTITION BY LIST (id) " +
      "(PARTITION a VALUES IN (1, 2, NULL), PARTITION b VALUES IN (-1))",
      "INSERT INTO by_list VALUES (1), (-1)",
      "CREATE TABLE by_text (k VARCHAR(20) CHARACTER SET utf8mb4 NOT NULL PRIMARY KEY) PARTITION BY LIST COLUMNS (k) " +
      "(PARTITION p VALUES IN ('é', '日本'), PARTITION q VALUES IN ('😀', 'it''s'))",
      "INSERT INTO by_text VALUES ('é'), ('日本'), ('😀'), ('it''s')",
      "CREATE TABLE by_hash (id INT PRIMARY KEY, a INT) PARTITION BY LINEAR HASH (id) PARTITIONS 3",
      "INSERT INTO by_hash VALUES (1, 1), (2, 2), (3, 3), (4, 4)",
      "CREATE TABLE by_key (id VARCHAR(20) NOT NULL PRIMARY KEY) PARTITION BY KEY (id) PARTITIONS 2",
      "INSERT INTO by_key VALUES ('a'), ('b'), ('c')",
      "CREATE TABLE by_both (id INT, d DATE NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE (YEAR(d)) " +
      "SUBPARTITION BY HASH (id) (PARTITION p0 VALUES LESS THAN (2000) (SUBPARTITION s0, SUBPARTITION s1), " +
      "PARTITION p1 VALUES LESS THAN MAXVALUE (SUBPARTITION s2, SUBPARTITION s3))",
      "INSERT INTO by_both VALUES (1, '1999-01-01'), (2, '2001-01-01'), (3, '2002-01-01')"
    ]
  },
  {
    why: "row formats, engines, and options of tables",
    sql: [
      "USE zoo",
      "CREATE TABLE format_dynamic (id INT PRIMARY KEY) ROW_FORMAT = DYNAMIC",
      "CREATE TABLE format_compact (id INT PRIMARY KEY) ROW_FORMAT = COMPACT STATS_PERSISTENT = 0",
      "CREATE TABLE format_redundant (id INT PRIMARY KEY) ROW_FORMAT = REDUNDANT",
      "CREATE TABLE format_compressed (id INT PRIMARY KEY, a TEXT) ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 4",
      "INSERT INTO format_compressed VALUES (1, REPEAT('é', 5000))",
      "CREATE TABLE old_fashioned (id INT AUTO_INCREMENT PRIMARY KEY, a CHAR(9)) ENGINE = MyISAM CHECKSUM = 1 MAX_ROWS = 99",
      "INSERT INTO old_fashioned (a) VALUES ('x'), ('y')",
      "CREATE TABLE forgetful (id INT PRIMARY KEY) ENGINE = MEMORY",
      "CREATE TABLE packed_up (id INT) ENGINE = ARCHIVE",
      "INSERT INTO packed_up VALUES (1), (1)"
    ]
  },
  {
    why: "indexes: descending, on a prefix, of every kind, with comments",
    sql: [
      "USE zoo",
      "CREATE TABLE indexed (id INT PRIMARY KEY, a VARCHAR(40), b INT, c TEXT, g GEOMETRY NOT NULL, " +
      "KEY down (a DESC, b ASC) COMMENT 'abwärts', UNIQUE KEY prefix (c(7)), FULLTEXT KEY words (a, c), " +
      "SPATIAL KEY place (g), KEY hashed (b) USING BTREE)",
      "INSERT INTO indexed VALUES (1, 'ein Wort', 1, 'noch eines', ST_GeomFromText('POINT(1 2)')), " +
      "(2, NULL, NULL, NULL, ST_GeomFromText('LINESTRING(0 0, 1 1)'))"
    ]
  },
  {
    why: "tables without a key, without rows, with equal rows, and with columns that cannot be told apart",
    sql: [
      "USE zoo",
      "CREATE TABLE keyless (a INT, b VARCHAR(9))",
      "INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (NULL, NULL), (NULL, NULL)",
      "CREATE TABLE vacant (a INT)"
    ]
  },
  {
    why: "comments in several languages, with what a statement may end with",
    sql: [
      "USE zoo",
      "CREATE TABLE remarked (a INT COMMENT 'größer als 日本, it''s; \\\\ \"q\"', b INT COMMENT 'Ж\\n;\\n', " +
      "KEY (b) COMMENT 'индекс') COMMENT = 'ένα;\\n'"
    ]
  }
]

const programs: ReadonlyArray<Exhibit> = [
  {
    why: "triggers of one moment, in an order that is not that of their names or of their creation",
    sql: [
      "USE zoo",
      "CREATE TABLE fired (id INT PRIMARY KEY, log TEXT)",
      "INSERT INTO fired VALUES (1, 'before there were triggers')",
      "CREATE TRIGGER b BEFORE INSERT ON fired FOR EACH ROW SET NEW.log = CONCAT(NEW.log, 'b;\n')",
      "CREATE TRIGGER a BEFORE INSERT ON fired FOR EACH ROW FOLLOWS b SET NEW.log = CONCAT(NEW.log, 'é')",
      "CREATE TRIGGER c BEFORE INSERT ON fired FOR EACH ROW PRECEDES b SET NEW.log = CONCAT(NEW.log, 'c')",
      "CREATE TRIGGER d AFTER DELETE ON fired FOR EACH ROW BEGIN\n  SET @a = 1;\n  SET @b = ';\n';\nEND",
      "CREATE TRIGGER e BEFORE UPDATE ON fired FOR EACH ROW SET NEW.id = OLD.id"
    ]
  },
  {
    why: "routines with parameters of other character sets, of every security and kind of access",
    sql: [
      "USE zoo",
      "CREATE FUNCTION twice(a VARCHAR(20) CHARACTER SET latin1) RETURNS VARCHAR(40) CHARACTER SET latin1 DETERMINISTIC " +
      "SQL SECURITY INVOKER COMMENT 'zweimal é' RETURN CONCAT(a, 'é', a)",
      "CREATE PROCEDURE `add up`(IN a INT, OUT b ENUM('é', 'x'), INOUT c DECIMAL(10,2)) MODIFIES SQL DATA\nBEGIN\n" +
      "  DECLARE EXIT HANDLER FOR SQLEXCEPTION SET b = 'x';\n  -- ein Kommentar; mit Ende;\n  SET c = c + a; # noch einer;\n" +
      "  /* ;\n */\n  SELECT 'delimiter //';\nEND",
      "CREATE FUNCTION uses_view() RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM `v base`)"
    ]
  },
  {
    why: "programs that remember the sql_mode and the character sets of their creator",
    sql: [
      "USE `zoo latin`",
      "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(40))",
      "INSERT INTO t VALUES (1, 'ü')",
      "SET NAMES latin1",
      "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'",
      latin1("CREATE FUNCTION \"fü\"(a VARCHAR(9)) RETURNS VARCHAR(30) DETERMINISTIC COMMENT 'ö\\' RETURN a || 'é\\'"),
      latin1("CREATE TRIGGER \"tü\" BEFORE INSERT ON t FOR EACH ROW SET NEW.\"s\" = 'ü' || NEW.s"),
      latin1("CREATE VIEW \"vü\" AS SELECT id AS \"ö\", 'é' || s AS lit FROM t WHERE s <> 'ß'"),
      "SET sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,IGNORE_SPACE'",
      latin1("CREATE PROCEDURE `prö`(OUT `ü` INT) SELECT 'é' INTO @x"),
      "SET NAMES gbk",
      "SET sql_mode = ''",
      new Uint8Array([...latin1("CREATE PROCEDURE chinese() SELECT '"), 0xb1, 0xed, ...latin1("'")]),
      "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
      "CREATE FUNCTION binary_words() RETURNS INT DETERMINISTIC RETURN 'a' = 'A'",
      "SET NAMES utf8mb4"
    ]
  },
  {
    why: "events: once and again, with an end, kept, disabled, in other time zones",
    sql: [
      "USE zoo",
      "CREATE EVENT once ON SCHEDULE AT '2037-01-01 12:34:56' ON COMPLETION PRESERVE COMMENT 'einmal é' DO SET @x = 'é'",
      "CREATE EVENT again ON SCHEDULE EVERY '1:30' HOUR_MINUTE STARTS '2036-01-01 00:00:00' ENDS '2037-01-01 00:00:00' " +
      "DISABLE DO BEGIN\n  SET @a = ';\n';\n  SET @b = 1;\nEND",
      "SET time_zone = '-03:30'",
      "CREATE EVENT elsewhere ON SCHEDULE EVERY 1 MONTH STARTS '2037-03-31 02:30:00' DO SET @x = 1",
      "SET time_zone = '+00:00'"
    ]
  },
  {
    why: "definers who are not there, and hosts that need quotes",
    sql: [
      "USE zoo",
      "CREATE DEFINER = `no``body`@`10.0.%.é` PROCEDURE orphan() SELECT 1",
      "CREATE DEFINER = 'gone'@'%' VIEW orphaned AS SELECT 1 AS a",
      "CREATE DEFINER = 'gone'@'%' SQL SECURITY INVOKER VIEW orphaned_too AS SELECT 2 AS a",
      "CREATE DEFINER = 'gone'@'%' EVENT orphan ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO SET @a = 1",
      "CREATE TABLE orphans (id INT PRIMARY KEY)",
      "CREATE DEFINER = 'gone'@'%' TRIGGER orphan BEFORE INSERT ON orphans FOR EACH ROW SET @a = 1"
    ]
  }
]

/** A letter in a character set of a client; in two of them its last byte is that of a backslash. */
const spoken: ReadonlyArray<readonly [set: string, letter: ReadonlyArray<number>]> = [
  ["gbk", [0xb1, 0xed]],
  ["sjis", [0x95, 0x5c]],
  ["big5", [0xa5, 0x5c]],
  ["cp1251", [0xc6]],
  ["koi8r", [0xf6]]
]

const translated: ReadonlyArray<Exhibit> = spoken.map(([set, letter]) => {
  /** A statement, with the letter for each `¤`. */
  const of = (text: string): Uint8Array =>
    new Uint8Array(text.split("¤").flatMap((part, i) => [...(i === 0 ? [] : letter), ...Buffer.from(part)]))
  // MySQL itself cannot read a view again that has a text with such a last byte
  const inViews = letter.includes(0x5c) ? "x" : "¤"
  return {
    why: `programs and a view whose creator's client spoke ${set}, with names, comments and texts in it`,
    sql: [
      "USE zoo",
      `CREATE TABLE in_${set} (id INT PRIMARY KEY, s VARCHAR(20) CHARACTER SET ${set})`,
      `SET NAMES ${set}`,
      of(`CREATE PROCEDURE \`p ${set} ¤\`(IN \`¤\` VARCHAR(9)) COMMENT 'it''s ¤' BEGIN\n  SELECT '¤;\n', \`¤\`;\nEND`),
      of(
        `CREATE FUNCTION \`f ${set} ¤\`() RETURNS VARCHAR(9) CHARACTER SET utf8mb4 DETERMINISTIC COMMENT '¤' RETURN '¤'`
      ),
      of(
        `CREATE EVENT \`e ${set} ¤\` ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' COMMENT '¤' DO SET @a = '¤'`
      ),
      of(`CREATE TRIGGER \`t ${set} ¤\` BEFORE INSERT ON in_${set} FOR EACH ROW SET NEW.s = '¤'`),
      of(`CREATE VIEW \`v ${set} ¤\` AS SELECT '${inViews}' AS \`¤\`, s FROM in_${set} WHERE s <> '${inViews}'`),
      of(
        `CREATE TABLE \`t ${set} ¤\` (\`¤\` ENUM('¤', 'x') CHARACTER SET ${set} DEFAULT '¤' COMMENT '¤') COMMENT = '¤'`
      ),
      "SET NAMES utf8mb4"
    ]
  }
})

const views: ReadonlyArray<Exhibit> = [
  {
    why: "views on views, in an order that is not that of their names, across databases, and on functions",
    sql: [
      "USE zoo",
      "CREATE VIEW `z first` AS SELECT 1 AS a, 'é' AS b, _latin1 X'E9' AS c",
      "CREATE VIEW `v base` AS SELECT a, b FROM `z first`",
      "CREATE VIEW `a last` AS SELECT v.a, twice(v.b) AS t, (SELECT COUNT(*) FROM hen) AS hens FROM `v base` v",
      "CREATE VIEW `zoo latin`.`a abroad` AS SELECT t.a, zoo.twice('ü') AS u, zoo.uses_view() AS n FROM zoo.`a last` t",
      "CREATE VIEW `b back` AS SELECT a.*, o.b AS ob FROM `zoo latin`.`a abroad` a JOIN `zoo latin`.owner o ON o.a = a.a",
      "CREATE ALGORITHM = MERGE SQL SECURITY INVOKER VIEW updatable AS SELECT id, egg FROM hen WHERE id > 0 WITH CASCADED CHECK OPTION",
      "CREATE VIEW `many columns` AS SELECT 1 AS `größe`, 2 AS `日本`, 3 AS `a``b`, 4 AS `per%cent`"
    ]
  }
]

/** What both vendors hold. The views come last, as they name what is in other exhibits. */
export const zoo: Zoo = {
  databases: ["zoo", "zoo latin", "zoo names", "Zoo Names", "zoo.dot/slash`tick%日本"],
  exhibits: [...databases, ...tables, ...programs, ...translated, ...views, ...named]
}
