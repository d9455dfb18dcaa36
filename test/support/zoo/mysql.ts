/**
 * What only MySQL holds.
 */
import type { Zoo } from "./common.js"

export const zoo: Zoo = {
  databases: ["zoo mysql", "zoo encrypted"],
  exhibits: [
    {
      why: "defaults of databases",
      sql: [
        "CREATE DATABASE `zoo mysql` COLLATE utf8mb4_0900_as_cs",
        "CREATE DATABASE `zoo encrypted` ENCRYPTION = 'N'"
      ]
    },
    {
      why: "generated invisible primary keys, with holes, so that their values cannot be made again",
      sql: [
        "USE `zoo mysql`",
        "SET SESSION sql_generate_invisible_primary_key = ON",
        "CREATE TABLE unkeyed (a INT, b VARCHAR(9))",
        "INSERT INTO unkeyed VALUES (1, 'x'), (2, 'y'), (3, 'z')",
        "DELETE FROM unkeyed WHERE a = 2",
        "CREATE TABLE unkeyed_parts (a INT, v INT AS (a + 1) VIRTUAL)",
        "INSERT INTO unkeyed_parts (a) VALUES (1), (2)",
        "SET SESSION sql_generate_invisible_primary_key = OFF",
        "CREATE TABLE really_unkeyed (a INT)",
        "INSERT INTO really_unkeyed VALUES (1), (1)"
      ]
    },
    {
      why: "functional, multi-valued and invisible indexes, and words by a parser of its own",
      sql: [
        "USE `zoo mysql`",
        "CREATE TABLE indexed (id INT PRIMARY KEY, a VARCHAR(20), j JSON, t TEXT, KEY f ((LOWER(a))), " +
        "KEY g ((CONCAT(a, 'é')), (id + 1) DESC), KEY m ((CAST(j->'$.ids' AS UNSIGNED ARRAY))), " +
        "KEY w ((CAST(j->'$.\"größe\"' AS CHAR(20) ARRAY))), KEY unseen (a) INVISIBLE, " +
        "FULLTEXT KEY chinese (t) WITH PARSER ngram)",
        "INSERT INTO indexed VALUES (1, 'É', '{\"ids\": [1, 2], \"größe\": \"x\"}', '日本語の文章'), (2, NULL, NULL, NULL)"
      ]
    },
    {
      why: "places on the earth, with and without an index",
      sql: [
        "USE `zoo mysql`",
        "CREATE TABLE places (id INT PRIMARY KEY, p POINT NOT NULL SRID 4326, g GEOMETRY SRID 0, SPATIAL KEY (p))",
        "INSERT INTO places VALUES (1, ST_SRID(POINT(10, 50), 4326), ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')), " +
        "(2, ST_SRID(POINT(-180, -90), 4326), NULL)"
      ]
    },
    {
      why: "checks that are not enforced, and rows that break them",
      sql: [
        "USE `zoo mysql`",
        "CREATE TABLE unchecked (id INT PRIMARY KEY, a INT, CONSTRAINT loose CHECK (a > 5) NOT ENFORCED, CHECK (id > 0))",
        "INSERT INTO unchecked VALUES (1, 1)"
      ]
    },
    {
      why: "defaults of every kind that an expression can be the default of",
      sql: [
        "USE `zoo mysql`",
        "CREATE TABLE expressed (id INT PRIMARY KEY, u BINARY(16) DEFAULT (UUID_TO_BIN(UUID())), " +
        "j JSON DEFAULT (JSON_OBJECT('größe', 'é', 'x', JSON_ARRAY(1))), t TEXT DEFAULT ('😀 it''s'), " +
        "p POINT DEFAULT (POINT(0, 1)), d DATE DEFAULT (CURRENT_DATE + INTERVAL 1 YEAR))",
        "INSERT INTO expressed (id, u, d) VALUES (1, X'00112233445566778899aabbccddeeff', '2024-01-01')"
      ]
    },
    {
      why: "attributes for engines, in JSON",
      sql: [
        "USE `zoo mysql`",
        "CREATE TABLE attributed (id INT PRIMARY KEY SECONDARY_ENGINE_ATTRIBUTE '{\"é\": 1}') " +
        "SECONDARY_ENGINE_ATTRIBUTE '{\"a\": \"ü\"}'"
      ]
    },
    {
      why: "a view that locks nothing and is made in one piece, and a table value",
      sql: [
        "USE `zoo mysql`",
        "CREATE ALGORITHM = TEMPTABLE VIEW valued AS VALUES ROW(1, 'é'), ROW(2, 'x')",
        "CREATE VIEW recursive_one AS WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n FROM r"
      ]
    },
    {
      why: "a table that shows the rows of others",
      sql: [
        "USE `zoo mysql`",
        "CREATE TABLE part_one (id INT, KEY (id)) ENGINE = MyISAM",
        "CREATE TABLE all_parts (id INT, KEY (id)) ENGINE = MERGE UNION = (part_one) INSERT_METHOD = LAST",
        "INSERT INTO part_one VALUES (1)"
      ]
    },
    {
      why: "a database nobody may write to; it is made so last",
      sql: [
        "CREATE TABLE `zoo encrypted`.t (id INT PRIMARY KEY)",
        "INSERT INTO `zoo encrypted`.t VALUES (1)",
        "ALTER DATABASE `zoo encrypted` READ ONLY = 1"
      ]
    }
  ]
}
