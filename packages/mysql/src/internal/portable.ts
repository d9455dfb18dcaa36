/**
 * What of definitions means the same to every vendor and version, asked of the server's own catalog. What `SHOW CREATE`
 * prints compares only where one program printed it.
 *
 * Texts of programs come from what `SHOW CREATE` prints of them: the catalog of MySQL shows them with their literals and
 * names unescaped.
 *
 * Left out is what servers rewrite in their own words: texts of views, expressions (of defaults, generated columns,
 * indexes, constraints and partitions), and modes that only one of them knows.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"

import type * as Connection from "../Connection.js"
import type * as MysqlError from "../MysqlError.js"
import { readable } from "./readable.js"

type Entry = readonly [what: string, picture: string]

/** Cells as text; NULL stays what it is. */
type Cells = ReadonlyArray<string | null>

const literal = (name: string): string => `_utf8mb4 X'${Buffer.from(name).toString("hex")}'`

/** The catalog compares names by a collation that takes different ones for equal. */
const is = (column: string, name: string): string =>
  `${column} = ${literal(name)} AND CAST(${column} AS BINARY) = X'${Buffer.from(name).toString("hex")}'`

const sameWords: ReadonlyArray<readonly [RegExp, string]> = [
  [/^((?:tiny|small|medium|big)?int|year)\(\d+\)/, "$1"],
  [/^geomcollection\b/, "geometrycollection"],
  // MariaDB keeps JSON as its text, and knows it by a constraint
  [/^json$/, "longtext"]
]

/** Without display widths, which newer versions do not know. */
const typeOf = (type: string): string => sameWords.reduce((type, [from, to]) => type.replace(from, to), type)

/** The older name of a character set and of its collations. */
const charsetOf = (name: string | null): string => (name ?? "").replace(/^utf8(?=_|$)/, "utf8mb3")

const now = /^(?:current_timestamp|now)(?:\((\d*)\))?$/i

const moment = (text: string): string | undefined => {
  const found = now.exec(text)
  return found === null
    ? undefined
    : `the current time${found[1] === undefined || found[1] === "" ? "" : `, ${found[1]} digits`}`
}

const unescaped: ReadonlyMap<string, string> = new Map([["n", "\n"], ["r", "\r"], ["0", "\0"], ["Z", "\x1a"], [
  "t",
  "\t"
]])

/** MySQL shows bytes in hexadecimal. */
const bytesOf = (type: string, value: string): string =>
  /^(?:var)?binary/.test(type) && value.startsWith("0x") ? readable(Buffer.from(value.slice(2), "hex")) : value

/** MariaDB shows defaults as SQL, MySQL as their values. */
const defaultOf = (vendor: "mysql" | "mariadb", type: string, value: string | null, extra: string): string => {
  if (value === null || (vendor === "mariadb" && value === "NULL")) return "no default"
  if (vendor === "mysql") {
    if (!/\bDEFAULT_GENERATED\b/i.test(extra)) return `default ${moment(value) ?? bytesOf(type, value)}`
    return `default ${moment(value) ?? "an expression"}`
  }
  if (value.startsWith("'")) {
    return `default ${
      value.slice(1, -1).replaceAll("''", "'").replace(
        /\\(.)/gs,
        (_, letter: string) => unescaped.get(letter) ?? letter
      )
    }`
  }
  return `default ${moment(value) ?? (/^(?:-?[\d.]+(?:e[-+]?\d+)?|b'[01]*')$/i.test(value) ? value : "an expression")}`
}

const extras: ReadonlyArray<readonly [RegExp, (found: RegExpExecArray) => string]> = [
  [/auto_increment/i, () => "AUTO_INCREMENT"],
  [/on update (\S+)/i, ([, text]) => `on update ${moment(text ?? "") ?? ""}`],
  [/virtual/i, () => "virtual"],
  [/stored|persistent/i, () => "stored"],
  [/invisible/i, () => "invisible"]
]

const extraOf = (extra: string): ReadonlyArray<string> =>
  extras.flatMap(([pattern, say]) => {
    const found = pattern.exec(extra)
    return found === null ? [] : [say(found)]
  })

/** The sql_mode says which quotes there are. */
const definer = /^CREATE DEFINER=(?:`(?:[^`]|``)*`@`(?:[^`]|``)*`|"(?:[^"]|"")*"@"(?:[^"]|"")*") /

/** A statement from what stands before it, without the account that it was made by. */
const statementOf = (picture: string | undefined): string => {
  const start = picture?.search(/^CREATE /m) ?? -1
  return start === -1 ? "" : (picture ?? "").slice(start).replace(definer, "CREATE ")
}

/** What a trigger does. Where it stands among others the catalog says. */
const bodyOf = (statement: string): string =>
  /\bFOR\s+EACH\s+ROW\s+(?:(?:FOLLOWS|PRECEDES)\s+(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|\w+)\s+)?([\s\S]*)$/i.exec(statement)
    ?.[1] ??
    statement

/** Without the type that it returns, which the catalog says. */
const routineOf = (statement: string): string => statement.replace(/\) RETURNS [^\n]*\n/, ")\n")

/** What an event does, behind what the catalog says of when. */
const actionOf = (statement: string): string =>
  / (?:ENABLE|DISABLE(?: ON \w+)?)(?: COMMENT '(?:[^'\\]|\\.|'')*')? DO ([\s\S]*)$/.exec(statement)?.[1] ?? statement

const lines = (...parts: ReadonlyArray<string>): string => parts.filter((part) => part !== "").join(", ")

/**
 * Reads what a database has, by kind and name.
 *
 * @internal
 */
export const read = (
  connection: Connection.RawConnection,
  database: string,
  wanted: {
    readonly includes: (database: string, table: string) => boolean
    readonly programs: boolean
    /** What `SHOW CREATE` prints. */
    readonly printed: ReadonlyMap<string, string>
  }
): Effect.Effect<ReadonlyMap<string, string>, MysqlError.MysqlError> =>
  Effect.gen(function*() {
    const { vendor } = connection.server
    const ask = (columns: string, table: string, schema: string, order: string, and = "") =>
      Effect.map(
        connection.query(
          `SELECT ${columns} FROM information_schema.${table} WHERE ${is(schema, database)}${and} ORDER BY ${order}`
        ),
        ({ rows }): ReadonlyArray<Cells> => rows.map((row) => row.map((cell) => cell === null ? null : readable(cell)))
      )
    const named = (...parts: ReadonlyArray<string | null>) =>
      parts.map((part) => Sql.quoteIdentifier(part ?? "")).join(".")
    const has = (table: string | null) => wanted.includes(database, table ?? "")
    const entries: Array<Entry> = []

    for (
      const [charset, collation] of yield* ask(
        "DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME",
        "SCHEMATA",
        "SCHEMA_NAME",
        "1"
      )
    ) {
      entries.push(["database", lines(charsetOf(charset ?? null), charsetOf(collation ?? null))])
    }

    const views = new Set<string>()
    for (
      const [table = "", type = "", engine, collation, comment] of yield* ask(
        "TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION, TABLE_COMMENT",
        "TABLES",
        "TABLE_SCHEMA",
        "1"
      )
    ) {
      if (!has(table)) continue
      if (type === "VIEW") {
        views.add(table ?? "")
        entries.push([`view ${named(table)}`, "a view"])
      } else if (type === "SEQUENCE") {
        entries.push([`sequence ${named(table)}`, "a sequence"])
      } else {
        entries.push([
          `table ${named(table)}`,
          lines(
            engine ?? "",
            charsetOf(collation ?? null),
            type === "SYSTEM VERSIONED" ? "versioned" : "",
            comment ?? ""
          )
        ])
      }
    }

    const counted = new Map<string | null, number>()
    for (
      const [table = "", column = "", type, nullable, value = null, extra, collation, comment] of yield* ask(
        "TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME, COLUMN_COMMENT",
        "COLUMNS",
        "TABLE_SCHEMA",
        "TABLE_NAME, ORDINAL_POSITION"
      )
    ) {
      if (!has(table)) continue
      const place = (counted.get(table) ?? 0) + 1
      counted.set(table, place)
      const isView = views.has(table ?? "")
      const shown = typeOf(type ?? "")
      entries.push([
        `column ${named(table, column)}`,
        lines(
          `number ${place}`,
          shown,
          type === "json" ? "utf8mb4_bin" : charsetOf(collation ?? null),
          ...(isView ? [] : [
            nullable === "YES" ? "NULL" : "NOT NULL",
            defaultOf(vendor, shown, value, extra ?? ""),
            ...extraOf(extra ?? ""),
            comment ?? ""
          ])
        )
      ])
    }

    const indexes = new Map<string, Array<string>>()
    for (
      const [table = "", index = "", open, type, column, prefix, direction] of yield* ask(
        "TABLE_NAME, INDEX_NAME, NON_UNIQUE, INDEX_TYPE, COLUMN_NAME, SUB_PART, COLLATION",
        "STATISTICS",
        "TABLE_SCHEMA",
        "TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"
      )
    ) {
      if (!has(table)) continue
      const what = `index ${named(table, index)}`
      const parts = indexes.get(what) ?? [`${open === "0" ? "unique " : ""}${type ?? ""}`]
      indexes.set(what, parts)
      parts.push(
        `${column ?? "an expression"}${prefix === null || type === "SPATIAL" ? "" : `(${prefix ?? ""})`}${
          direction === "D" ? " DESC" : ""
        }`
      )
    }
    entries.push(...Array.from(indexes, ([what, parts]): Entry => [what, lines(...parts)]))

    const references = new Map<string, Array<string>>()
    for (
      const [table = "", name = "", column, there, toTable, toColumn] of yield* ask(
        "TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME",
        "KEY_COLUMN_USAGE",
        "TABLE_SCHEMA",
        "TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION",
        " AND REFERENCED_TABLE_NAME IS NOT NULL"
      )
    ) {
      if (!has(table)) continue
      const what = `foreign key ${named(table, name)}`
      const parts = references.get(what) ?? []
      references.set(what, parts)
      parts.push(
        `${column ?? ""} to ${there === database ? "" : `${there ?? ""}.`}${toTable ?? ""}.${toColumn ?? ""}`
      )
    }
    for (
      const [table = "", name = "", update, remove] of yield* ask(
        "TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE",
        "REFERENTIAL_CONSTRAINTS",
        "CONSTRAINT_SCHEMA",
        "1, 2"
      )
    ) {
      // one vendor says RESTRICT where the other says NO ACTION, which are the same to InnoDB
      const rule = (text: string | null | undefined) => text === "NO ACTION" ? "RESTRICT" : text ?? ""
      references.get(`foreign key ${named(table, name)}`)?.push(
        `on update ${rule(update)}`,
        `on delete ${rule(remove)}`
      )
    }
    entries.push(...Array.from(references, ([what, parts]): Entry => [what, lines(...parts)]))

    for (
      const [name = "", table = "", timing, event, order] of yield* ask(
        "TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER",
        "TRIGGERS",
        "TRIGGER_SCHEMA",
        "1"
      )
    ) {
      if (!has(table)) continue
      const what = `trigger ${named(name)}`
      const place = lines(timing ?? "", event ?? "", table ?? "", order ?? "")
      entries.push([what, `${place}\n${bodyOf(statementOf(wanted.printed.get(what)))}`])
    }

    if (wanted.programs) {
      const parameters = new Map<string, Array<string>>()
      for (
        const [name = "", kind = "", mode, parameter, type] of yield* ask(
          "SPECIFIC_NAME, ROUTINE_TYPE, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER",
          "PARAMETERS",
          "SPECIFIC_SCHEMA",
          "SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION"
        )
      ) {
        const what = `${(kind ?? "").toLowerCase()} ${named(name)}`
        const parts = parameters.get(what) ?? []
        parameters.set(what, parts)
        parts.push([mode ?? "returns", parameter ?? "", typeOf(type ?? "")].filter((part) => part !== "").join(" "))
      }
      for (
        const [name = "", kind = "", deterministic, access, security, comment] of yield* ask(
          "ROUTINE_NAME, ROUTINE_TYPE, IS_DETERMINISTIC, SQL_DATA_ACCESS, SECURITY_TYPE, ROUTINE_COMMENT",
          "ROUTINES",
          "ROUTINE_SCHEMA",
          "2, 1"
        )
      ) {
        const what = `${(kind ?? "").toLowerCase()} ${named(name)}`
        entries.push([
          what,
          `${
            lines(
              ...(parameters.get(what) ?? []),
              deterministic === "YES" ? "deterministic" : "not deterministic",
              access ?? "",
              security ?? "",
              comment ?? ""
            )
          }\n${routineOf(statementOf(wanted.printed.get(what)))}`
        ])
      }
      for (
        const [name = "", type, at, every, unit, status, completion, zone, comment] of yield* ask(
          "EVENT_NAME, EVENT_TYPE, EXECUTE_AT, INTERVAL_VALUE, INTERVAL_FIELD, STATUS, ON_COMPLETION, " +
            "TIME_ZONE, EVENT_COMMENT",
          "EVENTS",
          "EVENT_SCHEMA",
          "1"
        )
      ) {
        const texts = [type, at, every, unit, status, completion, zone, comment].map((cell) => cell ?? "")
        const what = `event ${named(name)}`
        entries.push([what, `${lines(...texts)}\n${actionOf(statementOf(wanted.printed.get(what)))}`])
      }
    }
    return new Map(entries)
  })
