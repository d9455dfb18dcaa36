/**
 * The value of an ENUM column that is none of its members: index 0.
 *
 * A lenient session leaves it behind, and it reads as an empty string. Where that is a member too, it would become that
 * one. But what is no member and a number is taken for an index, so a zero that is no member is index 0. That is how
 * we write it.
 *
 * A strict session of MySQL, and of MariaDB from 11, takes such a zero. Older ones take nothing that becomes index 0,
 * neither does any for a character set of two or four bytes, and other tools write the empty string. So a statement
 * that is refused is sent once more to a lenient session, and each of its warnings has to be about one of these values.
 *
 * @internal
 */
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import type * as Target from "@sluice/pipeline/Target"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"

import type { RawConnection } from "../Connection.js"
import type { MysqlError } from "../MysqlError.js"
import * as TargetSession from "./targetSession.js"

const quoted = /'((?:[^']|'')*)'/g

/** Whether some collation may take the member for as many zeros. */
const mayEqual = (member: string, zeros: string): boolean => {
  const digits = member.match(/\p{N}/gu) ?? []
  return digits.length === zeros.length && digits.every((digit) => !/[1-9]/.test(digit))
}

/** The most characters that servers look at as a number. */
const LONGEST = 5

/**
 * Zeros that are not a member of the ENUM of this definition; none when all of them are.
 *
 * @internal
 */
export const zeros = (definition: string): string | undefined => {
  const members = Array.from(definition.matchAll(quoted), ([, member]) => member ?? "")
  return Array.from({ length: LONGEST }, (_, i) => "0".repeat(i + 1))
    .find((zeros) => !members.some((member) => mayEqual(member, zeros)))
}

/**
 * Whether this is a SET with an empty string among its members: alone, it reads as nothing at all does. Read as a number
 * it is told apart.
 *
 * @internal
 */
export const isAmbiguous = (definition: string): boolean => /^set\((?:'(?:[^']|'')*',)*''[,)]/i.test(definition)

/**
 * Reads the column with zeros for what is no member.
 *
 * @internal
 */
export const read = (definition: string, column: string): string => {
  const found = zeros(definition)
  return found === undefined ? column : `IF(${column} + 0 = 0, '${found}', ${column})`
}

/** `Data truncated for column '…' at row …`, in whichever language. */
const refused = 1265

/** The most warnings that a server keeps. */
const MOST = 65535

const ZERO = 0x30

const textOf = (value: Uint8Array | null | undefined): string =>
  value === null || value === undefined ? "" : Sql.text(value)

/** Of the table: its columns in their order but for invisible ones, which of them are an ENUM, and whether it rolls back. */
const look = (connection: RawConnection, table: Sql.Name) =>
  Effect.gen(function*() {
    const database = table.database === undefined ? "DATABASE()" : TargetSession.literal(table.database)
    const at = `TABLE_SCHEMA = ${database} AND TABLE_NAME = ${TargetSession.literal(table.name)}`
    const { rows } = yield* connection.query(
      `SELECT COLUMN_NAME, DATA_TYPE, EXTRA FROM information_schema.COLUMNS WHERE ${at} ORDER BY ORDINAL_POSITION`
    )
    const engine = yield* connection.query(
      "SELECT COUNT(*) FROM information_schema.TABLES JOIN information_schema.ENGINES USING (ENGINE) " +
        `WHERE ${at} AND TRANSACTIONS = 'YES'`
    )
    return {
      visible: rows.filter(([, , extra]) => !/INVISIBLE/i.test(textOf(extra))).map(([name]) => textOf(name)),
      enums: new Set(rows.filter(([, type]) => textOf(type).toLowerCase() === "enum").map(([name]) => textOf(name))),
      transactional: textOf(engine.rows[0]?.[0]) === "1"
    }
  })

/** What stands for no member: zeros, of one or more bytes each, as we write them; or the empty string of other tools. */
const standsForNone = (cell: Row.Literal | undefined): boolean =>
  cell?._tag === "Bytes" && cell.bytes.every((byte) => byte === ZERO || byte === 0)

/** The column and the row that a warning is about. */
const about = ([, code, message]: ReadonlyArray<Uint8Array | null>) =>
  textOf(code) === String(refused) ? /'(.*)'.*?(\d+)\D*$/su.exec(textOf(message)) : null

/**
 * Sends an INSERT that a strict session refused with `error` once more, to take values of ENUM columns that are no
 * members as what they were. Everything else that a server would only warn of stays an error, the one given.
 *
 * Tables that cannot roll back are not tried: some rows may be in already.
 *
 * @internal
 */
export const retry = (
  connection: RawConnection,
  statement: Uint8Array,
  error: MysqlError
): Effect.Effect<Target.Answer, MysqlError> =>
  Effect.gen(function*() {
    const insert = error.errno === refused ? Either.getOrNull(Row.decodeInsert(statement)) : null
    if (insert === null) return yield* error
    const { enums, transactional, visible } = yield* look(connection, insert.table)
    const columns = insert.columns ?? visible
    const isNone = (column: string, row: string) =>
      enums.has(column) && standsForNone(insert.rows[Number(row) - 1]?.[columns.indexOf(column)])
    if (!transactional || !insert.rows.some((row) => row.some(standsForNone))) return yield* error
    const explained = yield* Effect.acquireUseRelease(
      connection.query("SET @sluice_mode = @@SESSION.sql_mode, @sluice_errors = @@SESSION.max_error_count"),
      () =>
        connection.query(TargetSession.lenient(MOST)).pipe(
          Effect.zipRight(connection.execute(statement)),
          Effect.flatMap((answer) =>
            Effect.map(connection.query("SHOW WARNINGS"), ({ rows }) => ({
              answer,
              warnings: answer.warnings === rows.length && rows.length < MOST ? rows.map(about) : [null]
            }))
          )
        ),
      () =>
        Effect.ignore(
          connection.query("SET SESSION sql_mode = @sluice_mode, SESSION max_error_count = @sluice_errors")
        )
    )
    return explained.warnings.every((found) => found !== null && isNone(found[1] ?? "", found[2] ?? ""))
      ? { ...explained.answer, warnings: 0 }
      : yield* error
  })
