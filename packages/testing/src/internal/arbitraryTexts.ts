/**
 * Names and bodies that have broken dump tools before.
 *
 * @internal
 */
import type * as SchemaFile from "@sluice/format/SchemaFile"
import * as Sql from "@sluice/format/Sql"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"

const oddNames: ReadonlyArray<string> = [
  "sp ace",
  " leading",
  "we.ird",
  "t.00000",
  "t.00000.00001.sql",
  "back`tick",
  "``",
  "quo'te",
  "dou\"ble",
  "semi;colon",
  "x-schema",
  "x-schema-create",
  "x-schema-post.sql",
  "schema",
  "metadata",
  "metadata.partial.0",
  "mydumper_0",
  "mydumper_1",
  "[config]",
  "a=b",
  "# comment",
  "-- x 5",
  "*/",
  "/*!40101",
  "a/b",
  "a\\b",
  "..",
  "100%",
  "select",
  "rows",
  "\u00f1and\u00fa",
  "\u540d\u524d",
  "\ufb01",
  "n".repeat(64),
  "\u00e9".repeat(64),
  `${"`".repeat(63)}x`
]

const plainName = fc.stringMatching(/^[a-z][a-z0-9_]{0,7}$/)

/** Any characters that a quoted name may hold; no server takes a blank at the end. */
const wildName = fc.array(fc.integer({ min: 0x20, max: 0xfffd }), { minLength: 1, maxLength: 12 })
  .map((codes) => String.fromCharCode(...codes))
  .filter((name) => !/[\ud800-\udfff]|\s$|[\u007f-\u009f]/.test(name))

/** @internal */
export const name: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: plainName },
  { weight: 4, arbitrary: fc.constantFrom(...oddNames) },
  { weight: 1, arbitrary: wildName }
)

const fragments: ReadonlyArray<string> = [
  "begin\n",
  "end",
  "set @a = 1;\n",
  "set @a = 1; \n",
  "set @a = 1;   \n",
  "set @a = 1;\r\n",
  ";\n",
  ";;\n\n",
  "\n",
  " ",
  "-- a note;\n",
  "# another;\n",
  "/* a comment;\n */",
  "select 'it''s;\n', \"x\" from `t`;\n",
  "'\\'';\n",
  "/*!50000 x */;\n",
  "\n-- metadata 5\n",
  "if a then b;\n  end if;",
  "DELIMITER ;;\n"
]

/** A session's character set with some bytes of it, one of them often a backslash or a backtick to other readers. */
const charsets: ReadonlyArray<readonly [charset: string, collation: string, letters: Uint8Array]> = [
  ["utf8mb4", "utf8mb4_0900_ai_ci", Sql.bytes("\u00e9\u4e2d\u{1f600}")],
  ["utf8mb3", "utf8mb3_general_ci", Sql.bytes("\u00e9")],
  ["latin1", "latin1_swedish_ci", Uint8Array.of(0xe9, 0xff)],
  ["cp932", "cp932_japanese_ci", Uint8Array.of(0x83, 0x5c, 0x95, 0x60)],
  ["binary", "binary", Uint8Array.of(0xff, 0x00, 0xfe)]
]

const sqlModes: ReadonlyArray<string> = [
  "",
  "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION",
  "NO_BACKSLASH_ESCAPES",
  "ANSI_QUOTES",
  "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ANSI"
]

/**
 * The body of a program with the state that it was created in.
 *
 * @internal
 */
export const program: fc.Arbitrary<{ readonly body: Uint8Array; readonly creation: SchemaFile.Creation }> = fc.record({
  charset: fc.constantFrom(...charsets),
  mode: fc.constantFrom(...sqlModes),
  zone: fc.constantFrom("SYSTEM", "+00:00", "Europe/Berlin"),
  parts: fc.array(fc.oneof(fc.constantFrom(...fragments), fc.constant(undefined)), { maxLength: 8 })
}).map(({ charset: [characterSetClient, collationConnection, letters], mode, parts, zone }) => ({
  body: Sql.bytes("begin\n", ...parts.map((part) => part ?? letters), "end"),
  creation: {
    characterSetClient,
    collationConnection,
    sqlMode: Option.some(mode),
    timeZone: Option.some(zone)
  }
}))

const expressions: ReadonlyArray<string> = [
  "1",
  "NULL",
  "'a;\nb'",
  "'a; \nb;\n\n'",
  "'it''s'",
  "'\\\\'",
  "\"x\\\"y\"",
  "/* a;\nb */ 2",
  "'from `nowhere`'"
]

/**
 * What a view may select, and the state that it was created in.
 *
 * @internal
 */
export const viewText: fc.Arbitrary<{
  readonly expressions: ReadonlyArray<Uint8Array>
  readonly creation: SchemaFile.Creation
}> = fc.record({
  charset: fc.constantFrom(...charsets.filter(([charset]) => charset !== "cp932")),
  parts: fc.array(fc.oneof(fc.constantFrom(...expressions), fc.constant(undefined)), { minLength: 1, maxLength: 4 })
}).map(({ charset: [characterSetClient, collationConnection, letters], parts }) => ({
  expressions: parts.map((part) => part === undefined ? Sql.bytes("'", letters, "'") : Sql.bytes(part)),
  creation: { characterSetClient, collationConnection, sqlMode: Option.none(), timeZone: Option.none() }
}))

/**
 * A COMMENT of a table or a column, as it stands in a definition.
 *
 * @internal
 */
export const comment: fc.Arbitrary<string> = fc.constantFrom(
  "",
  "",
  "COMMENT 'plain'",
  "COMMENT 'it''s; \\n'",
  "COMMENT 'a;\nb; \nc'",
  "COMMENT '\u00f1 \u{1f600} ) ENGINE=x'",
  "COMMENT '\\\\'",
  "COMMENT '/* -- # `'"
)
