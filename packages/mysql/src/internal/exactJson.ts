/**
 * Values of JSON that MySQL keeps as more than their text says.
 *
 * SQL functions put numbers that are decimal or unsigned, dates, times and bytes into a value. A server that reads its
 * text makes doubles, signed numbers and strings of them. Comparing does not tell them apart, nor do sizes, as a number
 * may be as long in either kind: only the types of all that is in the value do.
 *
 * @internal
 */

const part = "sluice_value"

/** What a text gives back has the type that it had. A `null` inside a value comes as NULL, which is of no type. */
const differs = (value: string): string =>
  `CASE JSON_TYPE(${value}) WHEN 'STRING' THEN FALSE WHEN 'INTEGER' THEN FALSE ` +
  `WHEN 'DOUBLE' THEN NOT (CAST(CAST(${value} AS CHAR CHARACTER SET utf8mb4) AS JSON) <=> ${value}) ` +
  `WHEN 'UNSIGNED INTEGER' THEN ${value} <= 9223372036854775807 ` +
  "WHEN 'OBJECT' THEN FALSE WHEN 'ARRAY' THEN FALSE WHEN 'BOOLEAN' THEN FALSE WHEN 'NULL' THEN FALSE " +
  `ELSE ${value} IS NOT NULL END`

const anyDiffers = (column: string, path: string): string =>
  `EXISTS (SELECT 1 FROM JSON_TABLE(${column}, '${path}' COLUMNS (${part} JSON PATH '$')) sluice_values ` +
  `WHERE ${differs(part)})`

/**
 * The column as it is, where its text says all of it; else an error, as no text brings that back.
 *
 * The error is that the empty text is no JSON; its text depends on the row, so that no optimizer works it out ahead.
 *
 * @internal
 */
export const read = (column: string): string =>
  `IF(${
    [differs(column), anyDiffers(column, "$**.*"), anyDiffers(column, "$**[*]")].join(" OR ")
  }, CAST(LEFT(CAST(${column} AS CHAR CHARACTER SET utf8mb4), 0) AS JSON), ${column})`
