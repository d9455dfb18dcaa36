/**
 * What only MariaDB holds.
 */
import type { Zoo } from "./common.js"

export const zoo: Zoo = {
  databases: ["zoo mariadb"],
  exhibits: [
    {
      why: "a database with a comment",
      sql: [
        "CREATE DATABASE `zoo mariadb` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci COMMENT 'größe 日本; it''s'"
      ]
    },
    {
      why: "columns that are compressed, invisible or both, and generated ones that are",
      sql: [
        "USE `zoo mariadb`",
        "CREATE TABLE compressed (id INT PRIMARY KEY, c TEXT COMPRESSED, v VARCHAR(200) COMPRESSED CHARACTER SET latin1 " +
        "DEFAULT 'é', i INT INVISIBLE NOT NULL DEFAULT 3, g INT AS (id + 1) VIRTUAL INVISIBLE)",
        "INSERT INTO compressed (id, c, i) VALUES (1, REPEAT('é', 3000), 9), (2, NULL, 8)"
      ]
    },
    {
      why: "pages that are compressed, and options of an engine in its own words",
      sql: [
        "USE `zoo mariadb`",
        "CREATE TABLE paged (id INT PRIMARY KEY) PAGE_COMPRESSED = 1 PAGE_COMPRESSION_LEVEL = 6",
        "CREATE TABLE aria (id INT PRIMARY KEY) ENGINE = Aria TRANSACTIONAL = 1 PAGE_CHECKSUM = 1",
        "INSERT INTO aria VALUES (1)"
      ]
    },
    {
      why: "indexes that are ignored, that go down, and unique ones longer than a page",
      sql: [
        "USE `zoo mariadb`",
        "CREATE TABLE indexed (id INT PRIMARY KEY, a VARCHAR(40), b TEXT, KEY skip (a) IGNORED, KEY down (a DESC), UNIQUE KEY (b))",
        "INSERT INTO indexed VALUES (1, 'x', REPEAT('y', 9000)), (2, NULL, NULL)"
      ]
    },
    {
      why: "types of its own",
      sql: [
        "USE `zoo mariadb`",
        "CREATE TABLE typed (u UUID PRIMARY KEY DEFAULT '123e4567-e89b-12d3-a456-426655440000', i6 INET6 DEFAULT '::1', " +
        "i4 INET4, j JSON DEFAULT '{\"größe\": \"😀\"}')",
        "INSERT INTO typed (i4) VALUES ('10.0.0.1')"
      ]
    },
    {
      why: "packages, whose public part comes before their body, and routines in Oracle's words",
      sql: [
        "USE `zoo mariadb`",
        "SET sql_mode = 'ORACLE'",
        "CREATE PACKAGE tools AS\n  FUNCTION f RETURN INT;\n  PROCEDURE p(a VARCHAR2);\nEND",
        "CREATE PACKAGE BODY tools AS\n  hidden INT := 1;\n  FUNCTION f RETURN INT AS BEGIN\n    RETURN hidden;\n  END;\n" +
        "  PROCEDURE p(a VARCHAR2) AS BEGIN\n    SELECT 'é' || a FROM DUAL;\n  END;\nEND",
        "CREATE PROCEDURE oracle_like(a IN VARCHAR2) AS BEGIN\n  IF a = '' THEN NULL; END IF;\nEND",
        "SET sql_mode = ''",
        "CREATE AGGREGATE FUNCTION agg(x INT) RETURNS INT BEGIN\n  DECLARE s INT DEFAULT 0;\n" +
        "  DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s;\n  LOOP\n    FETCH GROUP NEXT ROW;\n    SET s = s + x;\n  END LOOP;\nEND"
      ]
    },
    {
      why: "periods of time that the application keeps",
      sql: [
        "USE `zoo mariadb`",
        "CREATE TABLE rented (id INT, s DATE, e DATE, PERIOD FOR p (s, e), UNIQUE (id, p WITHOUT OVERLAPS))",
        "INSERT INTO rented VALUES (1, '2024-01-01', '2024-02-01'), (1, '2024-02-01', '2024-03-01')"
      ]
    },
    {
      why: "spatial columns with a reference system, and an index on them",
      sql: [
        "USE `zoo mariadb`",
        "CREATE TABLE places (id INT PRIMARY KEY, p POINT REF_SYSTEM_ID = 4326 NOT NULL, SPATIAL KEY (p))",
        "INSERT INTO places VALUES (1, ST_GeomFromText('POINT(1 2)', 4326))"
      ]
    },
    {
      why: "partitions by text in another character set",
      sql: [
        "USE `zoo mariadb`",
        "CREATE TABLE by_text (k VARCHAR(20) CHARACTER SET latin1 NOT NULL PRIMARY KEY) PARTITION BY RANGE COLUMNS (k) " +
        "(PARTITION p VALUES LESS THAN ('é'), PARTITION q VALUES LESS THAN (MAXVALUE))",
        "INSERT INTO by_text VALUES ('a'), ('z'), ('é')"
      ]
    },
    {
      why: "sequences that go up, down and around, where they stand, and tables that take their keys from them",
      sql: [
        "USE `zoo mariadb`",
        "CREATE SEQUENCE `x-schema-sequence` START WITH 7 INCREMENT BY 3 CACHE 4 COMMENT 'größe; it''s'",
        "CREATE SEQUENCE around START WITH 3 MINVALUE 1 MAXVALUE 5 NOCACHE CYCLE",
        "CREATE SEQUENCE `z ``down` START WITH 100 INCREMENT BY -7 MINVALUE -100 MAXVALUE 100 NOCACHE",
        "DO NEXTVAL(`x-schema-sequence`)",
        "DO NEXTVAL(around), NEXTVAL(around), NEXTVAL(around), NEXTVAL(around)",
        "DO NEXTVAL(`z ``down`)",
        "CREATE TABLE a_counted (id BIGINT DEFAULT NEXTVAL(`z ``down`) PRIMARY KEY, n BIGINT DEFAULT NEXTVAL(around), v INT)",
        "INSERT INTO a_counted (v) VALUES (1), (2)"
      ]
    },
    {
      why: "tables that keep their history, with periods in sight, out of sight and not named",
      sql: [
        "USE `zoo mariadb`",
        "CREATE TABLE kept (id INT PRIMARY KEY, x INT, y INT WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING",
        "CREATE TABLE kept_openly (id INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START INVISIBLE, " +
        "e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING",
        "INSERT INTO kept VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)",
        "UPDATE kept SET x = 9 WHERE id = 1",
        "DELETE FROM kept WHERE id = 2",
        "INSERT INTO kept_openly (id) VALUES (1), (1), (2)",
        "DELETE FROM kept_openly WHERE id = 2"
      ]
    }
  ]
}
