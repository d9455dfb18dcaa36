/**
 * Databases with the objects that are easily lost.
 */
import type { ServerPrograms } from "@sluice/testing"

/** Sequences of MariaDB, and tables that use them. */
export const numbers = [
  "CREATE DATABASE numbers",
  "USE numbers",
  "CREATE SEQUENCE unused",
  "CREATE SEQUENCE used NOCACHE",
  "CREATE SEQUENCE cached START WITH 7 INCREMENT BY 3 CACHE 4",
  "CREATE SEQUENCE down START WITH 100 INCREMENT BY -1 MINVALUE 1 MAXVALUE 100 NOCACHE",
  "CREATE SEQUENCE cycling START WITH 3 MINVALUE 1 MAXVALUE 5 NOCACHE CYCLE",
  "CREATE SEQUENCE cycling_down START WITH -10 INCREMENT BY -5 MINVALUE -30 MAXVALUE -10 CACHE 2 CYCLE",
  "CREATE SEQUENCE stepless INCREMENT BY 0",
  "CREATE SEQUENCE at_its_end MAXVALUE 2 NOCACHE",
  "CREATE SEQUENCE at_the_least INCREMENT BY -1 START WITH -9223372036854775807 MINVALUE -9223372036854775807 NOCACHE",
  "CREATE SEQUENCE before_its_start START WITH 50 NOCACHE",
  "CREATE SEQUENCE above_its_start START WITH 50 INCREMENT BY -1 MINVALUE 1 MAXVALUE 100",
  "CREATE SEQUENCE `it's ; ``odd``` ENGINE = Aria COMMENT 'for;\\nüß \\' it'",
  "DO NEXTVAL(used)",
  "DO NEXTVAL(used)",
  "DO NEXTVAL(cached)",
  "DO NEXTVAL(down)",
  ...Array.from({ length: 8 }, () => "DO NEXTVAL(cycling)"),
  ...Array.from({ length: 7 }, () => "DO NEXTVAL(cycling_down)"),
  "DO NEXTVAL(stepless)",
  "DO NEXTVAL(at_its_end)",
  "DO NEXTVAL(at_its_end)",
  "DO NEXTVAL(at_the_least)",
  "ALTER SEQUENCE before_its_start RESTART WITH 2",
  "ALTER SEQUENCE above_its_start RESTART WITH 60",
  // a table that comes before all sequences, and uses one of another database
  "CREATE DATABASE a_numbers",
  "CREATE TABLE a_numbers.a (id BIGINT DEFAULT (NEXTVAL(numbers.used)) PRIMARY KEY, t TEXT DEFAULT 'nextval(`numbers`.`used`)')",
  "CREATE TABLE aa (id BIGINT DEFAULT NEXTVAL(used) PRIMARY KEY, last BIGINT DEFAULT LASTVAL(used), n INT)",
  "INSERT INTO aa (n) VALUES (1), (2)"
]

/** Tables of MariaDB that keep their history, with some of it; and periods of other kinds. */
export const history = [
  "CREATE DATABASE history",
  "USE history",
  "CREATE TABLE plain (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING",
  "CREATE TABLE named (id INT PRIMARY KEY, x INT, since TIMESTAMP(6) GENERATED ALWAYS AS ROW START, till TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (since, till)) WITH SYSTEM VERSIONING",
  "CREATE TABLE hidden (id INT, since TIMESTAMP(6) GENERATED ALWAYS AS ROW START INVISIBLE, till TIMESTAMP(6) GENERATED ALWAYS AS ROW END INVISIBLE, y INT AS (id + 1), PERIOD FOR SYSTEM_TIME (since, till)) WITH SYSTEM VERSIONING",
  "CREATE TABLE precise (id INT PRIMARY KEY, x INT, since BIGINT UNSIGNED GENERATED ALWAYS AS ROW START, till BIGINT UNSIGNED GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (since, till)) WITH SYSTEM VERSIONING",
  "CREATE TABLE some_columns (x INT, y INT WITH SYSTEM VERSIONING)",
  "CREATE TABLE by_time (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME INTERVAL 1 WEEK STARTS '2026-01-01 00:00:00' AUTO PARTITIONS 3",
  "CREATE TABLE by_size_keyless (id INT, x INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME LIMIT 10 (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pn CURRENT)",
  "INSERT INTO by_size_keyless VALUES (1, 1), (2, 2)",
  "CREATE TABLE by_size (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME LIMIT 10 (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pn CURRENT)",
  "CREATE TABLE bookings (id INT, s DATE, e DATE, PERIOD FOR booked (s, e), PRIMARY KEY (id, booked WITHOUT OVERLAPS)) WITH SYSTEM VERSIONING",
  "CREATE TABLE prices (id INT, s DATE, e DATE, PERIOD FOR valid (s, e))",
  "INSERT INTO plain VALUES (1, 1), (2, 2)",
  "INSERT INTO named (id, x) VALUES (1, 1), (2, 2)",
  "INSERT INTO hidden (id) VALUES (1), (2)",
  "INSERT INTO precise (id, x) VALUES (1, 1), (2, 2)",
  "INSERT INTO some_columns VALUES (1, 1), (2, 2)",
  "INSERT INTO by_time VALUES (1, 1), (2, 2)",
  "INSERT INTO by_size VALUES (1, 1), (2, 2)",
  "INSERT INTO bookings VALUES (1, '2020-01-01', '2021-01-01'), (1, '2021-01-01', '2022-01-01')",
  "INSERT INTO prices VALUES (1, '2020-01-01', '2021-01-01')",
  "DELETE FROM bookings FOR PORTION OF booked FROM '2020-03-01' TO '2020-04-01'",
  ...["plain", "named", "precise", "some_columns", "by_time", "by_size", "by_size_keyless"].map((table) =>
    `UPDATE ${table} SET x = 10 WHERE x = 1`
  ),
  ...["plain", "named", "hidden", "precise", "by_time", "by_size", "by_size_keyless"].map((table) =>
    `DELETE FROM ${table} WHERE id = 2`
  )
]

/** Each view needs what comes after it: another database, another name, a function, a table. */
export const hostile = [
  "CREATE DATABASE a_views",
  "CREATE DATABASE b_views",
  "CREATE TABLE b_views.z_table (id INT PRIMARY KEY, n INT)",
  "INSERT INTO b_views.z_table VALUES (1, 2), (3, 4)",
  "CREATE FUNCTION b_views.z_twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2",
  "CREATE VIEW b_views.y AS SELECT id, b_views.z_twice(n) AS twice FROM b_views.z_table",
  "CREATE VIEW a_views.x AS SELECT id, twice FROM b_views.y",
  "CREATE VIEW b_views.a AS SELECT id, twice + 1 AS more FROM a_views.x",
  "CREATE VIEW a_views.a AS SELECT id, more, COUNT(*) AS n FROM b_views.a GROUP BY id, more",
  "CREATE FUNCTION a_views.f() RETURNS BIGINT READS SQL DATA RETURN (SELECT SUM(more) FROM b_views.a)",
  "CREATE VIEW a_views.`a first` AS SELECT a_views.f() AS f, more FROM a_views.a",
  "CREATE TRIGGER b_views.t AFTER INSERT ON b_views.z_table FOR EACH ROW SET @more = (SELECT MAX(more) FROM a_views.a)"
]

/** Engines whose tables are unlike others, and a view whose definer is not there. */
export const engines = (vendor: ServerPrograms.Vendor): ReadonlyArray<string> => [
  "CREATE DATABASE engines",
  "USE engines",
  "CREATE TABLE a_merged (id INT, KEY (id)) ENGINE = MyISAM",
  "CREATE TABLE c_merged (id INT, KEY (id)) ENGINE = MyISAM",
  "CREATE TABLE b_both (id INT, KEY (id)) ENGINE = MERGE UNION = (a_merged, c_merged) INSERT_METHOD = LAST",
  "CREATE TABLE memory (id INT PRIMARY KEY) ENGINE = MEMORY",
  "CREATE TABLE csv (id INT NOT NULL, t TEXT NOT NULL) ENGINE = CSV",
  ...(vendor === "mysql"
    ? [
      "CREATE TABLE nowhere (id INT) ENGINE = BLACKHOLE",
      "CREATE TABLE archive (id INT) ENGINE = ARCHIVE",
      "INSERT INTO nowhere VALUES (1)",
      "INSERT INTO archive VALUES (1), (2)"
    ]
    : ["CREATE TABLE aria (id INT) ENGINE = Aria", "INSERT INTO aria VALUES (1)"]),
  "INSERT INTO a_merged VALUES (1), (2)",
  "INSERT INTO c_merged VALUES (3)",
  "INSERT INTO memory VALUES (1)",
  "INSERT INTO csv VALUES (1, 'a\"b,\\nc')",
  "CREATE DEFINER = 'nobody'@'nowhere' VIEW orphan AS SELECT id FROM memory"
]

/** Libraries of MySQL, and a function that comes before them in every order but that of their creation. */
export const libraries: ReadonlyArray<string> = [
  "CREATE DATABASE libraries",
  "USE libraries",
  "CREATE LIBRARY z COMMENT 'für; \\n it''s' LANGUAGE JAVASCRIPT AS $$ export function f(n) {\nreturn n + 1;\n} // `é';\n $$",
  "CREATE FUNCTION a(n INT) RETURNS INT LANGUAGE JAVASCRIPT USING (z) AS $$ return z.f(n);\n $$"
]

/** Accounts with roles and grants, and objects that they are the definers of. */
export const accounts = (vendor: ServerPrograms.Vendor): ReadonlyArray<string> => {
  const to = vendor === "mysql" ? "TO" : "FOR"
  return [
    "CREATE DATABASE owned",
    "USE owned",
    "CREATE TABLE t (id INT PRIMARY KEY, n INT)",
    "CREATE ROLE reader",
    "CREATE ROLE `the ``other' role`",
    "CREATE USER plain@'%' IDENTIFIED BY 'secret one'",
    "CREATE USER `üser 'q`@`10.0.0.%` IDENTIFIED BY 'secret two' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 5 PASSWORD EXPIRE INTERVAL 30 DAY ACCOUNT LOCK",
    "CREATE USER kept@localhost IDENTIFIED BY 'as it was'",
    "GRANT reader TO `the ``other' role`",
    "GRANT `the ``other' role` TO plain@'%' WITH ADMIN OPTION",
    `SET DEFAULT ROLE \`the \`\`other' role\` ${to} plain@'%'`,
    "GRANT SELECT, INSERT ON owned.* TO plain@'%' WITH GRANT OPTION",
    "GRANT SELECT (id), UPDATE (n) ON owned.t TO `üser 'q`@`10.0.0.%`",
    "GRANT SELECT ON owned.t TO reader",
    "GRANT RELOAD ON *.* TO kept@localhost",
    "CREATE DEFINER = plain@'%' FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1",
    "CREATE DEFINER = plain@'%' VIEW v AS SELECT id FROM t",
    "GRANT EXECUTE ON FUNCTION owned.f TO reader",
    ...(vendor === "mysql"
      ? [
        "GRANT BACKUP_ADMIN ON *.* TO plain@'%'",
        "CREATE USER noted@'%' IDENTIFIED BY 'x' COMMENT ' DEFAULT ROLE `x`@`y` REQUIRE '",
        // salts are random, and MySQL prints one that has nothing unprintable as a text even when asked for hexadecimal
        `CREATE USER printable@'%' IDENTIFIED WITH caching_sha2_password AS 0x${
          Buffer.from(`$A$005$abcdefghij'lmno\\rst"${"5g1ZQ0bQvTq0m8n2M3f7d1R3mKQ8kq7GdRj7XzUOV5A"}`).toString("hex")
        }`
      ]
      : ["GRANT SELECT ON owned.t TO PUBLIC"])
  ]
}

export const accountNames = (vendor: ServerPrograms.Vendor): ReadonlyArray<string> => [
  "reader",
  "`the ``other' role`",
  "plain@'%'",
  "`üser 'q`@`10.0.0.%`",
  "kept@localhost",
  ...(vendor === "mysql" ? ["noted@'%'", "printable@'%'"] : [])
]
