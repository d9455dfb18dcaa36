/**
 * Values of JSON that MySQL keeps as more than their text says.
 *
 * SQL functions put numbers that are decimal or unsigned, dates, times and bytes into a value. A server that reads its
 * text makes doubles, signed numbers and strings of them. Comparing does not tell them apart, nor do sizes, as a number
 * may be as long in either kind: only the types of all that is in the value do.
 *
 * Functions of SQL can make such a value again: `JSON_REPLACE` puts a literal of SQL where its path says, and keeps its
 * type. Only bytes have kinds of which no literal is.
 *
 * @internal
 */

const part = "sluice_value"

/** This one is read as an unsigned number, as all larger ones are. */
const largestSigned = "9223372036854775807"

/** What a text gives back has the type that it had. A `null` inside a value comes as NULL, which is of no type. */
const differs = (value: string): string =>
  `CASE JSON_TYPE(${value}) WHEN 'STRING' THEN FALSE WHEN 'INTEGER' THEN ${value} = ${largestSigned} ` +
  `WHEN 'DOUBLE' THEN NOT (CAST(CAST(${value} AS CHAR CHARACTER SET utf8mb4) AS JSON) <=> ${value}) ` +
  `WHEN 'UNSIGNED INTEGER' THEN ${value} < ${largestSigned} ` +
  "WHEN 'OBJECT' THEN FALSE WHEN 'ARRAY' THEN FALSE WHEN 'BOOLEAN' THEN FALSE WHEN 'NULL' THEN FALSE " +
  `ELSE ${value} IS NOT NULL END`

const anyDiffers = (column: string, path: string): string =>
  `EXISTS (SELECT 1 FROM JSON_TABLE(${column}, '${path}' COLUMNS (${part} JSON PATH '$')) sluice_values ` +
  `WHERE ${differs(part)})`

/** As long as a path into a value may be; what is longer would be cut. */
const longestPath = 1_000_000

const text = (value: string): string => `CAST(${value} AS CHAR CHARACTER SET utf8mb4)`

/** All that is in a value, with the path that leads to it. A key is quoted in a path as it is in the text. */
const everything = (column: string): string =>
  `WITH RECURSIVE w (p, v) AS (SELECT CAST('$' AS CHAR(${longestPath}) CHARACTER SET utf8mb4), ${column} ` +
  `UNION ALL SELECT CONCAT(w.p, '.', ${text("k.k")}), JSON_EXTRACT(w.v, CONCAT('$.', ${text("k.k")})) ` +
  "FROM w, JSON_TABLE(JSON_KEYS(w.v), '$[*]' COLUMNS (k JSON PATH '$')) k " +
  "UNION ALL SELECT CONCAT(w.p, '[', e.i - 1, ']'), e.v FROM w, " +
  "JSON_TABLE(IF(JSON_TYPE(w.v) = 'ARRAY', w.v, CAST('[]' AS JSON)), '$[*]' " +
  "COLUMNS (i FOR ORDINALITY, v JSON PATH '$')) e)"

/** What makes a value of the same type in SQL; NULL for what nothing makes. A number that ends in a point is decimal. */
const literal =
  `CASE JSON_TYPE(w.v) WHEN 'DECIMAL' THEN CONCAT(${text("w.v")}, IF(INSTR(${text("w.v")}, '.'), '', '.')) ` +
  `WHEN 'INTEGER' THEN ${text("w.v")} WHEN 'UNSIGNED INTEGER' THEN CONCAT('CAST(', ${text("w.v")}, ' AS UNSIGNED)') ` +
  "WHEN 'DATE' THEN CONCAT('DATE', QUOTE(JSON_UNQUOTE(w.v))) WHEN 'TIME' THEN CONCAT('TIME', QUOTE(JSON_UNQUOTE(w.v))) " +
  "WHEN 'DATETIME' THEN CONCAT('TIMESTAMP', QUOTE(JSON_UNQUOTE(w.v))) END"

const utf8 = (value: string): string => `'CONVERT(', QUOTE(${value}), ' USING UTF8MB4)'`

/** The text of an expression that makes the value again, from its text; NULL where there is none, or it is too long. */
const rebuilt = (column: string): string => {
  const replaced = `CONCAT(', ', ${utf8("w.p")}, ', ', ${literal})`
  const all = `GROUP_CONCAT(${replaced} SEPARATOR '')`
  return `CONCAT('JSON_REPLACE(', ${utf8(text(column))}, (${everything(column)} ` +
    `SELECT IF(COUNT(*) = COUNT(${replaced}) AND LENGTH(${all}) = SUM(LENGTH(${replaced})) ` +
    `AND MAX(CHAR_LENGTH(w.p)) < ${longestPath}, ${all}, NULL) FROM w WHERE ${differs("w.v")}), ')')`
}

/** What the session has to be set to. @internal */
export const session = "character_set_connection = utf8mb4, group_concat_max_len = 1073741824"

/**
 * The text of a column's value, where that says all of it; else that of an expression which makes the value, and begins
 * with `JSON_REPLACE`; else an error.
 *
 * The error is that the empty text is no JSON; its text depends on the row, so that no optimizer works it out ahead.
 *
 * @internal
 */
export const read = (column: string): string =>
  `IF(${[differs(column), anyDiffers(column, "$**.*"), anyDiffers(column, "$**[*]")].join(" OR ")}, ` +
  `IFNULL(${rebuilt(column)}, CAST(LEFT(${text(column)}, 0) AS JSON)), ${text(column)})`
