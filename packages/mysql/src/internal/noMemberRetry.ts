/**
 * Values of ENUM columns that are none of its members, put in where a strict session does not take them.
 *
 * Before MariaDB 11 a strict session takes nothing that becomes index 0, neither does any for a character set of two or
 * four bytes, and other tools write an empty string. So a statement that is refused is sent once more to a lenient
 * session, and each of its warnings has to be about one of these values.
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
