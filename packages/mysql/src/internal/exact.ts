/**
 * A table's definition in words that mean the same under any `SET NAMES`, with what the print of it left out asked for.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import { SourceError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type * as Connection from "../Connection.js"
import * as AddedConversions from "./addedConversions.js"
import type * as Dialect from "./dialect.js"
import * as KeptExpressions from "./keptExpressions.js"
import * as Literals from "./literals.js"
import * as Printed from "./printed.js"
import * as WorkedOut from "./workedOut.js"

const what = "cannot read a definition"

const unsupported = (where: string, detail: string, advice: string) =>
  new SourceError({ reason: "Unsupported", what, where, detail, advice })

const fromHex = (value: Uint8Array | null | undefined): Option.Option<Uint8Array> =>
  Option.map(Option.fromNullable(value), (hex) => new Uint8Array(Buffer.from(Sql.text(hex), "hex")))

/** Bytes in hexadecimal, and the same in UTF-8, which is empty where it is none. */
const exactOf = (
  bytes: Uint8Array | null | undefined,
  utf8: Uint8Array | null | undefined
): Option.Option<Literals.Exact> =>
  Option.map(fromHex(bytes), (bytes) => ({ bytes, utf8: Option.getOrElse(fromHex(utf8), () => new Uint8Array()) }))

/** Character sets that hold what servers print as question marks. */
const wide = new Set(["utf8mb4", "utf16", "utf16le", "utf32", "gb18030"])

const bothOf = (expression: string): string => `HEX(${expression}), HEX(CONVERT(${expression} USING utf8mb4))`

/** A row of NULLs, of the types that the table's columns have. It reads no row of the table. */
const oneOf = (columns: string, table: string): string =>
  `SELECT ${columns} FROM (SELECT 1) one LEFT JOIN ${table} ON FALSE`

/**
 * The members one after the other. The columns of a recursive query have the types of its first part, so the numbers
 * of its second part become members.
 */
const membersQuery = ({ column, kind, literals }: Literals.Members, table: string): string => {
  const name = Sql.quoteIdentifier(column)
  const value = kind === "ENUM" ? "n + 1" : "1 << n"
  return `WITH RECURSIVE r (e, n) AS (${oneOf(`t.${name}, 0`, `${table} t`)} UNION ALL ` +
    `SELECT ${value}, n + 1 FROM r WHERE n < ${literals.length}) SELECT ${bothOf("e")} FROM r WHERE n > 0 ORDER BY n`
}

/** What comes of an expression in a column: the second part of a recursive query has the types of its first. */
const workedOutQuery = (column: string, table: string, expression: Uint8Array): Uint8Array =>
  Sql.bytes(
    `WITH RECURSIVE r (d, n) AS (${oneOf(`t.${column}, 0`, `${table} t`)} UNION ALL SELECT (`,
    expression,
    "), n + 1 FROM r WHERE n < 1) SELECT d FROM r WHERE n = 1"
  )

/** Whether a warning says that a value does not fit into a column: no such default can be made. */
const isUnfit = ([level, code]: ReadonlyArray<Uint8Array | null>): boolean =>
  Sql.text(level ?? new Uint8Array()) === "Warning" && unfit.has(Sql.text(code ?? new Uint8Array()))

/** Out of range, cut, or with letters that the column's character set lacks. */
const unfit = new Set(["1264", "1265", "1366", "1406"])

const defaultsQuery = (columns: ReadonlyArray<string>, table: string): string =>
  `WITH r AS (${
    oneOf(columns.map((name) => `t.${Sql.quoteIdentifier(name)}`).join(", "), `${table} t`)
  } LIMIT 1) SELECT ${columns.map((name) => bothOf(`DEFAULT(${Sql.quoteIdentifier(name)})`)).join(", ")} FROM r`

const rewritten = (create: Uint8Array, spots: ReadonlyArray<Literals.Spot>): Uint8Array =>
  spots.length === 0 ? create : Literals.rewrite(create, spots)

/**
 * The same as `definition`, where nothing has to be asked for it.
 *
 * @internal
 */
export const withoutAsking = (
  vendor: "mysql" | "mariadb",
  dialect: Dialect.Dialect,
  create: Uint8Array
): Option.Option<Uint8Array> => {
  const { partitionedBy, spots, ...asked } = Literals.find(create, vendor)
  const asks = Object.values(asked).some((list) => list.length > 0)
  return asks || (dialect.partitionsReadAnew && partitionedBy.length > 0)
    ? Option.none()
    : Option.some(rewritten(create, spots))
}

/**
 * What `SHOW CREATE TABLE` printed, written so that it means the same under any `SET NAMES`.
 *
 * Fails when a text in it cannot be found out, or does not mean the same to every session of the server itself.
 *
 * @internal
 */
export const definition = (
  connection: Connection.RawConnection,
  dialect: Dialect.Dialect,
  at: { readonly database: string; readonly name: string },
  create: Uint8Array
): Effect.Effect<Uint8Array, SourceError> =>
  Effect.gen(function*() {
    const where = Sql.quoteName(at)
    const ask = (sql: string | Uint8Array) =>
      Effect.mapError(connection.query(sql), (error) => error.toSource(what, where))
    /**
     * The first value that is told, and nothing when the server does not take the query. What it printed stands in it,
     * and the connection may take several statements at once: what looks like more than one is not asked.
     */
    const told = (sql: Uint8Array) =>
      Printed.tokens(sql).some(({ text }) => text === ";") ? Effect.succeedNone : ask(sql).pipe(
        Effect.map(({ rows: [row] }) => Option.some(row?.[0])),
        Effect.catchIf(({ reason }) => reason === "Statement", () => Effect.succeedNone)
      )
    const unknown = (column: string) =>
      unsupported(
        where,
        `the server does not tell the texts of ${Sql.quoteIdentifier(column)} as they are`,
        "Leave the table out of the selection, and carry it over in another way"
      )
    const found = Literals.find(create, connection.server.vendor)
    const spots = [...found.spots]

    /** A text as it is printed, which is right when no character of it can have become a question mark. */
    const asPrinted = (column: string, printed: Uint8Array) =>
      Effect.gen(function*() {
        const { rows: [one] } = yield* ask(oneOf(`CHARSET(t.${Sql.quoteIdentifier(column)})`, `${where} t`))
        const set = Sql.text(one?.[0] ?? new Uint8Array())
        const { rows: [row] } = yield* ask(
          `SELECT ${bothOf(`CONVERT(_utf8mb4 ${Literals.hex(printed)} USING ${set})`)}`
        )
        return yield* exactOf(row?.[0], row?.[1]).pipe(
          Option.filter(({ utf8 }) =>
            Buffer.compare(utf8, printed) === 0 && !(wide.has(set) && printed.includes(0x3f))
          ),
          Effect.mapError(() => unknown(column))
        )
      })

    if (found.members.length > 0) yield* ask(dialect.recursion)
    for (const members of found.members) {
      const { rows } = yield* ask(membersQuery(members, where))
      for (const [i, literal] of members.literals.entries()) {
        const exact = yield* Effect.mapError(exactOf(rows[i]?.[0], rows[i]?.[1]), () => unknown(members.column))
        const printed = Printed.valueOf(create, literal)
        // MariaDB has no room for more than eight members of a SET in a recursive query.
        const isTold = exact.bytes.length > 0 || printed.length === 0
        spots.push(
          ...Literals.exactly(create, literal, isTold ? exact : yield* asPrinted(members.column, printed))
        )
      }
    }
    if (found.defaults.length > 0) {
      const { rows: [row] } = yield* ask(defaultsQuery(found.defaults.map(({ column }) => column), where))
      for (const [i, { column, literal }] of found.defaults.entries()) {
        // MariaDB does not tell the default of a compressed column.
        const exact = exactOf(row?.[2 * i], row?.[2 * i + 1])
        spots.push(
          ...Literals.exactly(
            create,
            literal,
            Option.isSome(exact) ? exact.value : yield* asPrinted(column, Printed.valueOf(create, literal))
          )
        )
      }
    }
    if (found.kept.length > 0) {
      const { rows } = yield* ask(KeptExpressions.query(at))
      const keptOf = new Map(rows.map(([column, ...kept]) => [Sql.text(column ?? new Uint8Array()), kept]))
      for (const one of found.kept) {
        const [ofDefault, ofGenerated] = keptOf.get(one.column) ?? []
        const kept = KeptExpressions.decode(one.kind === "Default" ? ofDefault : ofGenerated)
        if (kept === undefined) return yield* unknown(one.column)
        spots.push(...Literals.asKept(create, one, kept))
      }
    }
    const kept = found.workedOut.length === 0
      ? new Map<string, Uint8Array | null>()
      : yield* Effect.mapError(connection.defaults(at), (error) => error.toSource(what, where))
    for (const one of found.workedOut) {
      const column = Sql.quoteIdentifier(one.column)
      const trouble = yield* WorkedOut.trouble(
        one,
        kept.get(one.column),
        (start, end) => Literals.rewrite(create, spots, start, end),
        (literal) => Literals.inUtf8(Printed.valueOf(create, literal)),
        (expression) =>
          Effect.zipWith(
            told(workedOutQuery(column, where, expression)),
            ask("SHOW WARNINGS"),
            (value, { rows }) => rows.some(isUnfit) ? undefined : Option.getOrUndefined(value)
          )
      )
      if (trouble !== undefined) {
        return yield* unsupported(
          where,
          trouble,
          `Give ${column} what the expression comes to as its default, as a plain literal, or leave the table out of the ` +
            "selection"
        )
      }
    }
    for (const one of found.converted) {
      const trouble = yield* AddedConversions.trouble(
        one,
        where,
        create,
        (start, end) => Literals.rewrite(create, spots, start, end),
        told
      )
      if (trouble !== undefined) {
        return yield* unsupported(
          where,
          trouble,
          "Give all that stands in it one character set and one collation, or leave the table out of the selection"
        )
      }
    }
    if (dialect.partitionsReadAnew && found.partitionedBy.length > 0) {
      const { rows } = yield* ask(
        "SELECT COLUMN_NAME FROM information_schema.COLUMNS " +
          `WHERE TABLE_SCHEMA = ${Sql.quoteText(at.database)} AND TABLE_NAME = ${Sql.quoteText(at.name)} ` +
          `AND CHARACTER_SET_NAME NOT IN ('utf8mb4', 'utf8mb3') AND COLUMN_NAME IN (${
            found.partitionedBy.map(Sql.quoteText).join(", ")
          })`
      )
      if (rows.length > 0) {
        return yield* unsupported(
          where,
          "its partitions are cut by texts beyond ASCII in another character set than utf8mb4, which MySQL reads " +
            "otherwise for each session's own character set, so that rows would come into other partitions",
          `Change ${found.partitionedBy.map(Sql.quoteIdentifier).join(", ")} to utf8mb4`
        )
      }
    }
    return rewritten(create, spots)
  })
