/**
 * Two databases, and what is done to one of two copies of them, for comparisons to find.
 */
import type { ServerPrograms } from "@sluice/testing"

/** Many rows, of which MariaDB makes a sequence and MySQL a recursion. */
const numbers = (vendor: ServerPrograms.Vendor, count: number) =>
  vendor === "mariadb"
    ? `(SELECT seq AS n FROM seq_1_to_${count})`
    : `(WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < ${count}) SELECT n FROM r)`

/** What makes a shop, and another database. */
export const shop = (vendor: ServerPrograms.Vendor): ReadonlyArray<string> => [
  "DROP DATABASE IF EXISTS shop",
  "DROP DATABASE IF EXISTS other",
  "CREATE DATABASE other CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
  "CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
  "USE shop",
  ...(vendor === "mysql" ? ["SET SESSION cte_max_recursion_depth = 100000"] : []),
  "CREATE TABLE one_cell (id INT PRIMARY KEY, a VARCHAR(20), b DOUBLE)",
  `INSERT INTO one_cell SELECT n, CONCAT('row ', n), n / 7 FROM ${numbers(vendor, 3000)} x`,
  "CREATE TABLE rows_gone (code VARCHAR(20) PRIMARY KEY, a INT)",
  `INSERT INTO rows_gone SELECT CONCAT('c', n), n FROM ${numbers(vendor, 1000)} x`,
  "CREATE TABLE two_columns (a INT, b DATETIME(3), c TEXT, PRIMARY KEY (a, b))",
  `INSERT INTO two_columns SELECT n DIV 10, '2024-01-01' + INTERVAL n SECOND, REPEAT('x', 300) FROM ${
    numbers(vendor, 500)
  } x`,
  "CREATE TABLE no_key (a INT, b VARCHAR(10))",
  "INSERT INTO no_key VALUES (1, 'x'), (1, 'x'), (2, 'y'), (3, NULL)",
  "CREATE TABLE null_or_empty (id INT PRIMARY KEY, a VARCHAR(10), b VARCHAR(10))",
  "INSERT INTO null_or_empty VALUES (1, NULL, 'x'), (2, '', 'x'), (3, 'ab', 'c'), (4, 'N', NULL)",
  "CREATE TABLE many (id INT PRIMARY KEY, a INT)",
  `INSERT INTO many SELECT n, 0 FROM ${numbers(vendor, 2000)} x`,
  "CREATE TABLE same (id INT PRIMARY KEY AUTO_INCREMENT, a INT, KEY some (a))",
  "INSERT INTO same VALUES (1, 1), (2, 2)",
  "CREATE TABLE letters (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET latin1)",
  "INSERT INTO letters VALUES (1, 'é'), (2, 'e')",
  "CREATE TABLE gone (id INT PRIMARY KEY)",
  "CREATE TABLE counted (id INT PRIMARY KEY AUTO_INCREMENT)",
  "CREATE VIEW seen AS SELECT id FROM same",
  "CREATE TRIGGER watch BEFORE INSERT ON same FOR EACH ROW SET NEW.a = 1",
  "CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1",
  ...(vendor === "mariadb" ? ["CREATE SEQUENCE tickets", "SELECT NEXTVAL(tickets)"] : [])
]

/** What is done to the target, and what has to be told of it. */
export const changes = (
  vendor: ServerPrograms.Vendor
): ReadonlyArray<readonly [ReadonlyArray<string>, ReadonlyArray<string>]> => [
  [["ALTER DATABASE other COLLATE utf8mb4_unicode_ci"], ["`other`: database: different"]],
  [["UPDATE one_cell SET b = b + 1e-12 WHERE id = 1777"], [
    "`shop`: rows of `one_cell`: 3000 rows on both sides, not the same ones",
    "  id = 1777: different"
  ]],
  [["DELETE FROM rows_gone WHERE a IN (3, 500)", "INSERT INTO rows_gone VALUES ('new', 1)"], [
    "`shop`: rows of `rows_gone`: 1000 rows in the source, 999 in the target",
    "  code = 'c3': missing in the target",
    "  code = 'c500': missing in the target",
    "  code = 'new': extra in the target"
  ]],
  [["UPDATE two_columns SET c = CONCAT(c, 'y') WHERE a = 5 ORDER BY b LIMIT 1"], [
    "`shop`: rows of `two_columns`: 500 rows on both sides, not the same ones",
    "  (a, b) = (5, '2024-01-01 00:00:50.000'): different"
  ]],
  // two rows that are the same, for two others that are the same: with XOR nobody would see it
  [["UPDATE no_key SET a = 7 WHERE a = 1"], [
    "`shop`: rows of `no_key`: 4 rows on both sides, not the same ones",
    "  and at least N more",
    "  the table has no key: which rows differ cannot be named"
  ]],
  [[
    "UPDATE null_or_empty SET a = '' WHERE id = 1",
    "UPDATE null_or_empty SET a = NULL WHERE id = 2",
    "UPDATE null_or_empty SET a = 'a', b = 'bc' WHERE id = 3",
    "UPDATE null_or_empty SET a = NULL, b = 'N' WHERE id = 4"
  ], [
    "`shop`: rows of `null_or_empty`: 4 rows on both sides, not the same ones",
    ...[1, 2, 3, 4].map((id) => `  id = ${id}: different`)
  ]],
  [["UPDATE many SET a = 1 WHERE id > 1000"], [
    "`shop`: rows of `many`: 2000 rows on both sides, not the same ones",
    ...[1, 2, 3, 4, 5].map((i) => `  id = ${1000 + i}: different`),
    "  and at least N more"
  ]],
  [["ALTER TABLE same DROP KEY some"], ["`shop`: table `same`: different"]],
  [["ALTER TABLE letters MODIFY a VARCHAR(10) CHARACTER SET utf8mb4"], [
    "`shop`: table `letters`: different",
    "`shop`: rows of `letters`: 2 rows on both sides, not the same ones",
    "  id = 1: different"
  ]],
  [["DROP TABLE gone"], ["`shop`: table `gone`: missing in the target"]],
  [["CREATE TABLE come (id INT)"], ["`shop`: table `come`: extra in the target"]],
  [["INSERT INTO counted VALUES (10)", "DELETE FROM counted"], [
    "`shop`: next AUTO_INCREMENT of `counted`: extra in the target"
  ]],
  [["CREATE OR REPLACE VIEW seen AS SELECT id + 0 AS id FROM same"], ["`shop`: view `seen`: different"]],
  [["DROP TRIGGER watch", "CREATE TRIGGER watch BEFORE INSERT ON same FOR EACH ROW SET NEW.a = 2"], [
    "`shop`: trigger `watch`: different"
  ]],
  [["DROP FUNCTION one", "CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 2"], [
    "`shop`: function `one`: different"
  ]],
  ...(vendor === "mariadb"
    ? [[["SELECT SETVAL(tickets, 5000)"], ["`shop`: position of `tickets`: different"]] as const]
    : [])
]
