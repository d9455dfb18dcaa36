/**
 * Where snapshots stand in the binary log.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

import type * as Connection from "../Connection.js"
import type * as Control from "./control.js"
import type * as Dialect from "./dialect.js"

/** Keys of the metadata's `[source]`. @internal */
export type Position = ReadonlyMap<string, string>

/** @internal */
export const nowhere: Position = new Map()

const Cell = Schema.NullOr(Schema.Union(Schema.String, Schema.Number))
const StatusRow = Schema.Record({ key: Schema.String, value: Schema.Unknown })
const text = (row: typeof StatusRow.Type, key: string): string => {
  const value = row[key]
  return Schema.is(Cell)(value) ? String(value ?? "") : ""
}

const quoted = (value: string): string => `"${value.replaceAll("\n", "")}"`

const make = (file: string, position: string, gtids: string): Position =>
  new Map([
    ...(gtids === "" ? [] : [["executed_gtid_set", quoted(gtids)] as const]),
    ["SOURCE_LOG_FILE", quoted(file)],
    ["SOURCE_LOG_POS", position]
  ])

const onlyValue = (rows: ReadonlyArray<typeof StatusRow.Type>): string =>
  rows.slice(0, 1).flatMap((row) => Object.keys(row).map((key) => text(row, key))).join("")

const what = "cannot read the position of the source's binary log"

/**
 * The position of the binary log right now; none when there is no log, or when the account may not ask.
 *
 * @internal
 */
export const now = (
  control: Control.Session,
  dialect: Dialect.Dialect
): Effect.Effect<Option.Option<Position>, SourceError> =>
  Effect.gen(function*() {
    const [status] = yield* control.query(StatusRow, dialect.binaryLogStatus)
    if (status === undefined || text(status, "File") === "") return Option.none<Position>()
    const gtids = Option.isSome(dialect.gtids)
      ? onlyValue(yield* control.query(StatusRow, dialect.gtids.value))
      : text(status, "Executed_Gtid_Set")
    return Option.some(make(text(status, "File"), text(status, "Position"), gtids))
  }).pipe(
    Effect.catchIf(
      ({ reason }) => reason === "Privilege" || reason === "Statement" || reason === "Unsupported",
      () => Effect.succeed(Option.none<Position>())
    ),
    Effect.mapError((error) => error.toSource(what))
  )

/** @internal */
export const same = (a: Position, b: Position): boolean =>
  a.size === b.size && Array.from(a).every(([key, value]) => b.get(key) === value)

/**
 * Whether nothing is on its way from the binary log into the tables. A server that writes a transaction to the log
 * first has a moment in which the log's position is ahead of what a snapshot holds; then a position that stands still
 * proves nothing. None when the server does not tell.
 *
 * @internal
 */
export const settled = (
  control: Control.Session,
  dialect: Dialect.Dialect
): Effect.Effect<Option.Option<boolean>, SourceError> =>
  Option.match(dialect.inBetween, {
    onNone: () => Effect.succeedNone,
    onSome: (question) =>
      Effect.mapBoth(control.query(StatusRow, question), {
        onSuccess: ([row]) =>
          row === undefined || text(row, "mode") !== "ON" ? Option.none() : Option.some(text(row, "owned") === ""),
        onFailure: (error) => error.toSource(what)
      })
  })

/** Where a connection's own snapshot stands. @internal */
export interface Standing {
  readonly file: string
  readonly position: string
}

/**
 * Where each connection's snapshot stands; none when the server does not tell.
 *
 * @internal
 */
export const ofSnapshots = (
  connections: ReadonlyArray<Connection.RawConnection>,
  dialect: Dialect.Dialect
): Effect.Effect<Option.Option<ReadonlyArray<Standing>>, SourceError> =>
  Effect.forEach(connections, (connection) => connection.query(dialect.snapshotPosition)).pipe(
    Effect.map((answers) => {
      const places = answers.map(({ rows }): Standing => {
        const values = new Map(
          rows.map(([name = null, value = null]) =>
            [name === null ? "" : Sql.text(name).toLowerCase(), value === null ? "" : Sql.text(value)] as const
          )
        )
        return {
          file: values.get("binlog_snapshot_file") ?? "",
          position: values.get("binlog_snapshot_position") ?? ""
        }
      })
      return places.every(({ file }) => file !== "") ? Option.some(places) : Option.none()
    }),
    Effect.mapError((error) => error.toSource(what))
  )

/**
 * A snapshot's standing as a position, with the GTIDs that belong to it.
 *
 * @internal
 */
export const at = (
  control: Control.Session,
  dialect: Dialect.Dialect,
  { file, position }: Standing
): Effect.Effect<Position, SourceError> =>
  Option.match(dialect.gtidsAt(file, position), {
    onNone: () => Effect.succeed(make(file, position, "")),
    onSome: (question) =>
      Effect.mapBoth(control.query(StatusRow, question), {
        onSuccess: (rows) => make(file, position, onlyValue(rows)),
        onFailure: (error) => error.toSource(what)
      })
  })
