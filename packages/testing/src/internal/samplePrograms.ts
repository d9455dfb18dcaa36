/**
 * The views, triggers, routines and events of the sample database.
 *
 * @internal
 */

/**
 * One statement, and the session that it is made in, which stays with what it makes.
 *
 * @internal
 */
export interface Program {
  readonly kind: "view" | "trigger" | "function" | "procedure" | "event"
  readonly name: string
  readonly create: string
  /** Without it utf8mb4. The statement is sent in it. */
  readonly characterSet?: "latin1"
  /** Without it `plainMode`. */
  readonly sqlMode?: string
  readonly timeZone?: string
}

/**
 * The sql_mode of rows, tables and of most programs: zero dates and the key 0 are values like any other.
 *
 * @internal
 */
export const plainMode = "NO_AUTO_VALUE_ON_ZERO"

const routines: ReadonlyArray<Program> = [
  {
    kind: "function",
    name: "with_tax",
    create: `CREATE FUNCTION \`with_tax\`(\`amount\` decimal(10,2)) RETURNS decimal(12,4)
    NO SQL
    DETERMINISTIC
    COMMENT 'as of 2025; it''s 19 %'
RETURN \`amount\` * 1.19`
  },
  {
    kind: "function",
    name: "größe von",
    create: `CREATE FUNCTION \`größe von\`(\`länge\` decimal(8,3)) RETURNS varchar(20) CHARSET utf8mb4
    NO SQL
    DETERMINISTIC
BEGIN
  -- a comment; with a semicolon, and an apostrophe: it's
  /* DELIMITER // ;
     is no command here */
  # nor is \`this
  DECLARE \`answer\` varchar(20) CHARACTER SET utf8mb4 DEFAULT 'klein;
größer';
  CASE
    WHEN \`länge\` IS NULL THEN SET \`answer\` = '？';
    WHEN \`länge\` < 1 THEN SET \`answer\` = 'klein';
    ELSE
      BEGIN
        SET \`answer\` = CONCAT('groß', ' ', "🐋", ';');
      END;
  END CASE;
  RETURN \`answer\`;
END`
  },
  {
    kind: "procedure",
    name: "restock",
    create: `CREATE PROCEDURE \`restock\`(IN \`least\` int, OUT \`touched\` int)
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
BEGIN
  DECLARE \`done\` boolean DEFAULT FALSE;
  DECLARE \`one\` varchar(24) CHARACTER SET ascii;
  DECLARE \`low\` CURSOR FOR SELECT \`sku\` FROM \`goods\` WHERE \`stock\` < \`least\`;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET \`done\` = TRUE;

  SET \`touched\` = 0;
  OPEN \`low\`;
  \`each\`: LOOP
    FETCH \`low\` INTO \`one\`;
    IF \`done\` THEN
      LEAVE \`each\`;
    END IF;
    UPDATE \`goods\` SET \`stock\` = \`stock\` + 100 WHERE \`sku\` = \`one\`;
    SET \`touched\` = \`touched\` + 1;
  END LOOP;
  CLOSE \`low\`;
END`
  },
  {
    // a backslash before a quote ends the string here, and would not in another mode
    kind: "procedure",
    name: "say `it`",
    sqlMode: "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT",
    create: `CREATE PROCEDURE "say \`it\`"(IN "what" varchar(50))
BEGIN
  SELECT 'C:\\' || "what" || ';' AS "path";
  SELECT 'it''s \\' AS "end;";
END`
  },
  {
    kind: "function",
    name: "gruss",
    characterSet: "latin1",
    create: `CREATE FUNCTION \`gruss\`() RETURNS varchar(40) CHARSET latin1
    NO SQL
    DETERMINISTIC
RETURN 'Grüße aus dem Café; à bientôt'`
  }
]

const views: ReadonlyArray<Program> = [
  {
    kind: "view",
    name: "customer_totals",
    create: `CREATE VIEW \`customer_totals\` (\`customer\`, \`name\`, \`orders\`, \`spent €\`) AS
SELECT \`c\`.\`id\`, \`c\`.\`name\`, COUNT(DISTINCT \`o\`.\`id\`), COALESCE(SUM(\`l\`.\`total\`), 0)
FROM \`customers\` \`c\`
LEFT JOIN \`orders\` \`o\` ON \`o\`.\`customer_id\` = \`c\`.\`id\`
LEFT JOIN \`order_lines\` \`l\` ON \`l\`.\`order_id\` = \`o\`.\`id\`
GROUP BY \`c\`.\`id\`, \`c\`.\`name\``
  },
  {
    // its name comes before that of the view it reads
    kind: "view",
    name: "best customers",
    create:
      `CREATE VIEW \`best customers\` AS SELECT * FROM \`customer_totals\` WHERE \`spent €\` > 10000 ORDER BY \`spent €\` DESC`
  },
  {
    kind: "view",
    name: "cheap",
    create:
      `CREATE SQL SECURITY INVOKER VIEW \`cheap\` AS SELECT \`sku\`, \`name\`, \`price\` FROM \`goods\` WHERE \`price\` < 20 WITH CASCADED CHECK OPTION`
  },
  {
    kind: "view",
    name: "übersicht",
    create:
      `CREATE ALGORITHM=TEMPTABLE VIEW \`übersicht\` AS SELECT \`sku\`, \`with_tax\`(\`price\`) AS \`brutto\`, \`größe von\`(\`weight\`) AS \`größe\`, 'ß\\'\\\\ 🐋' AS \`text\` FROM \`goods\``
  }
]

const triggers: ReadonlyArray<Program> = [
  {
    kind: "trigger",
    name: "orders_2_first",
    create: `CREATE TRIGGER \`orders_2_first\` BEFORE INSERT ON \`orders\` FOR EACH ROW
BEGIN
  IF NEW.\`note\` IS NULL THEN
    SET NEW.\`note\` = 'first;';
  END IF;
END`
  },
  {
    // the order of their names is not the order that they run in
    kind: "trigger",
    name: "orders_1_second",
    create: `CREATE TRIGGER \`orders_1_second\` BEFORE INSERT ON \`orders\` FOR EACH ROW FOLLOWS \`orders_2_first\`
SET NEW.\`note\` = CONCAT(NEW.\`note\`, ' second')`
  },
  {
    kind: "trigger",
    name: "goods \"renamed\"",
    sqlMode: "ANSI_QUOTES,PIPES_AS_CONCAT",
    create: `CREATE TRIGGER "goods ""renamed""" BEFORE UPDATE ON "goods" FOR EACH ROW
BEGIN
  IF NEW."name" <> OLD."name" THEN
    SET NEW."description" = 'was ' || OLD."name";
  END IF;
END`
  },
  {
    kind: "trigger",
    name: "gift_cards_cafe",
    characterSet: "latin1",
    create: `CREATE TRIGGER \`gift_cards_cafe\` BEFORE UPDATE ON \`gift cards\` FOR EACH ROW
SET NEW.\`select\` = 'Café Größe ½'`
  },
  {
    kind: "trigger",
    name: "größen weg",
    sqlMode: "STRICT_ALL_TABLES,NO_ZERO_DATE",
    create: `CREATE TRIGGER \`größen weg\` AFTER DELETE ON \`größen\` FOR EACH ROW
INSERT INTO \`knots\`\`n\`\`bends\` (\`\`\`name\`\`\`) VALUES (LEFT(CONCAT('weg: ', OLD.\`schlüssel\`), 20))`
  }
]

const events: ReadonlyArray<Program> = [
  {
    kind: "event",
    name: "forget visits",
    timeZone: "+00:00",
    create: `CREATE EVENT \`forget visits\` ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00'
ON COMPLETION PRESERVE DISABLE COMMENT 'it''s never run' DO
BEGIN
  DELETE FROM \`visits\` WHERE \`at\` < NOW() - INTERVAL 2 YEAR;
  DELETE FROM \`gift cards\` WHERE \`valid.until\` < CURRENT_DATE;
END`
  },
  {
    kind: "event",
    name: "jubiläum",
    timeZone: "+05:30",
    sqlMode: "ANSI_QUOTES,STRICT_ALL_TABLES",
    create: `CREATE EVENT "jubiläum" ON SCHEDULE AT '2037-06-01 12:00:00'
ON COMPLETION PRESERVE ENABLE DO
INSERT INTO "größen" VALUES ('jubiläum', 25, '🎉')`
  }
]

/**
 * In an order in which each finds what it needs.
 *
 * @internal
 */
export const programs: ReadonlyArray<Program> = [...routines, ...views, ...triggers, ...events]
