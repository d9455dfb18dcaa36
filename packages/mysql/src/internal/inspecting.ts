/**
 * How a server is looked at for a comparison: in the snapshot that a dump would take.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type * as Inspection from "@sluice/pipeline/Inspection"
import { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import * as Catalog from "../Catalog.js"
import * as Connection from "../Connection.js"
import * as Consistency from "../Consistency.js"
import * as Fingerprint from "../Fingerprint.js"
import type { MysqlError } from "../MysqlError.js"
import * as Asking from "./asking.js"
import * as Chunks from "./chunks.js"
import * as Control from "./control.js"
import * as CuttingKey from "./cuttingKey.js"
import * as Dialect from "./dialect.js"
import * as Digest from "./digest.js"
import * as Engines from "./engines.js"
import * as Moment from "./moment.js"
import * as Pictures from "./pictures.js"
import * as Portable from "./portable.js"
import * as Position from "./position.js"
import * as Tenants from "./tenants.js"

/** @internal */
export interface Options extends Connection.Options {
  readonly readers: number
  readonly lockWait?: Duration.Duration | undefined
  readonly lockMode?: Consistency.LockMode | undefined
  readonly chunkRows?: number | undefined
}

const defaultLockWait = Duration.minutes(1)

/** About how many bytes of rows are summed up by one statement. */
const chunkBytes = 64 * 1024 * 1024

/** A row without what may be long is shorter than this; a server that makes no texts of this length is of no use. */
const leastPacket = 1024 * 1024

const cannotConnect = (error: MysqlError): SourceError => error.toSource("cannot connect to the source server")
const cannotLook = (where: string) => (error: MysqlError): SourceError =>
  error.toSource("cannot look at what the source holds", where)

const literal = (name: string): string => `_utf8mb4 X'${Buffer.from(name).toString("hex")}'`

const textOf = (cell: Uint8Array | null | undefined): string =>
  cell === null || cell === undefined ? "" : Sql.text(cell)

const nameOf = (table: { readonly database: string; readonly name: string }): string =>
  Sql.quoteName({ database: table.database, name: table.name })

/** What the catalog of a dump does not say of columns: their collations, and which say since when a row was. */
const details = (connection: Connection.RawConnection, databases: ReadonlyArray<string>) =>
  Effect.map(
    Effect.mapError(
      connection.query(
        "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLLATION_NAME, GENERATION_EXPRESSION " +
          `FROM information_schema.COLUMNS WHERE TABLE_SCHEMA IN (${["", ...databases].map(literal).join(", ")})`
      ),
      cannotLook("columns")
    ),
    ({ rows }) => {
      const collations = new Map<string, string>()
      const periods = new Set<string>()
      for (const [database, table, column, collation, expression] of rows) {
        const name = `${Sql.quoteName({ database: textOf(database), name: textOf(table) })}.${textOf(column)}`
        if (collation !== null && collation !== undefined) collations.set(name, Sql.text(collation))
        if (/^ROW (?:START|END)$/.test(textOf(expression))) periods.add(name)
      }
      return { collations, periods }
    }
  )

const selectionOf = (selection: Inspection.Selection): Source.Selection => ({
  databases: selection.databases,
  includes: selection.includes,
  views: true,
  triggers: true,
  routines: selection.programs,
  events: selection.programs
})

/** @internal */
export const open = (
  options: Options,
  selection: Inspection.Selection
): Effect.Effect<Inspection.View<SourceError>, SourceError, Scope.Scope> =>
  Effect.gen(function*() {
    const atOnce = Math.max(1, Math.floor(options.readers))
    const seconds = Math.max(1, Math.ceil(Duration.toSeconds(options.lockWait ?? defaultLockWait)))
    const connect = Effect.gen(function*() {
      const connection = yield* Connection.acquire(options)
      const dialect = Dialect.make(connection.server)
      yield* Effect.forEach(dialect.session(seconds), (statement) => connection.query(statement), { discard: true })
      return { connection, dialect }
    }).pipe(Effect.mapError(cannotConnect))
    const oneMore = Effect.map(connect, ({ connection }) => connection)
    // not in the snapshot, as definitions are in none
    const { connection: plain, dialect } = yield* connect
    if (plain.maxAllowedPacket < leastPacket) {
      return yield* new SourceError({
        reason: "Unsupported",
        what: "cannot sum up the source's rows",
        detail: `its max_allowed_packet of ${plain.maxAllowedPacket} bytes is less than what a row may need`,
        advice: `Set it to ${leastPacket} or more`
      })
    }
    const side = yield* oneMore
    const readers = yield* Effect.forEach(Array.from({ length: atOnce + 1 }), () => oneMore, { concurrency: 8 })
    const scope = yield* Effect.scope
    const control = Effect.mapError(Effect.flatten(Control.make(options, Option.isSome(plain.tls))), cannotConnect)
    const wanted = selectionOf(selection)
    const planOptions: Source.PlanOptions = {
      chunkBytes,
      chunkRows: Option.fromNullable(options.chunkRows),
      split: true
    }
    const { catalog, moment } = yield* Effect.scoped(Effect.gen(function*() {
      const session = yield* control
      yield* Effect.mapError(
        Effect.forEach(dialect.session(seconds), session.execute, { discard: true }),
        cannotConnect
      )
      const moment = yield* Moment.take({
        mode: options.lockMode ?? Consistency.LockMode.Auto(),
        ddl: Consistency.Ddl.Auto(),
        transactionalOnly: false,
        // so long as a comparison takes nobody should have to wait, least of all its own other side on the same server
        locksOthers: false,
        selection: wanted,
        // nobody is kept from changing definitions for the sake of a comparison; a table that was changed is told
        dialect: { ...dialect, backupLock: Option.none() },
        connections: [side, ...readers],
        connect: oneMore,
        control: session,
        patience: seconds
      }).pipe(Scope.extend(scope))
      return { moment, catalog: yield* Catalog.read(session, dialect, wanted, moment.identity, "") }
    }))
    const tenants = yield* Tenants.make({
      connections: readers,
      atOnce,
      letsGo: moment.letsGo,
      check: Option.getOrUndefined(moment.whileOpen),
      lockWaitMillis: seconds * 1000
    })
    const { collations, periods } = yield* details(plain, catalog.databases.map(({ name }) => name))
    const permit = yield* Effect.makeSemaphore(1)
    const lockWait = (seconds: number) => side.query(`SET SESSION lock_wait_timeout = ${seconds}`)
    const lease = (table: Source.TableInfo) =>
      Option.match(moment.apart(table), {
        onNone: () => tenants.lease(table),
        onSome: (connection) => Effect.succeed({ connection, returns: Effect.void })
      })
    const planning = (table: Source.TableInfo): Asking.Ask =>
      Asking.about(lease(table), (question) =>
        permit.withPermits(1)(Effect.zipRight(
          Option.isNone(moment.whileOpen) ? Effect.void : lockWait(1),
          moment.letsGo ? Effect.ensuring(question(side), Effect.ignore(side.query(Tenants.rollback))) : question(side)
        )))

    const all = new Map(
      catalog.databases.flatMap(({ tables }) => tables.map((table) => [nameOf(table.info), table] as const))
    )
    const find = (table: Inspection.Table) =>
      Effect.orDieWith(
        Effect.fromNullable(all.get(nameOf(table))),
        () => new Error(`${nameOf(table)} is not of this view`)
      )
    const columnsOf = (table: Catalog.Table, names: ReadonlyArray<string>) =>
      Effect.forEach(names, (name) =>
        Effect.orDieWith(
          Effect.fromNullable(table.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())),
          () => new Error(`${nameOf(table.info)} has no column ${name}`)
        ))

    /** Asks in the snapshot. */
    const ask = (table: Catalog.Table, sql: string, where: string) =>
      Effect.scoped(Effect.gen(function*() {
        const { connection, returns } = yield* lease(table.info)
        return yield* connection.query(sql).pipe(
          Effect.tap(() => returns),
          Effect.tapError((error) => Tenants.keepsSnapshot(error) ? returns : Effect.void),
          Effect.mapError(cannotLook(where))
        )
      }))

    const from = (table: Catalog.Table, { condition }: Inspection.Range): string => {
      const index = Option.match(table.key, {
        onNone: () => "",
        onSome: (key) => ` FORCE INDEX (${Sql.quoteIdentifier(key.index)})`
      })
      return ` FROM ${nameOf(table.info)}${
        Option.match(condition, { onNone: () => "", onSome: (condition) => `${index} WHERE (${condition})` })
      }`
    }

    const inspected = (table: Catalog.Table): Inspection.Table => ({
      database: table.info.database,
      name: table.info.name,
      columns: table.columns.filter(({ name }) => !periods.has(`${nameOf(table.info)}.${name}`)).map((column) => ({
        name: column.name,
        type: column.type,
        collation: Option.fromNullable(collations.get(`${nameOf(table.info)}.${column.name}`)),
        parsesJson: column.kind === "Json"
      })),
      key: Option.map(table.key, ({ columns }) => columns)
    })
    const holdsRows = (table: Catalog.Table) => table.info.kind === "Table" && Engines.hasRows(table)

    const printed = (database: string) =>
      Effect.mapBoth(Fingerprint.definitions(plain, database, selection), {
        onSuccess: (pictures) => Pictures.within(database, pictures),
        onFailure: cannotLook(Sql.quoteIdentifier(database))
      })

    const view: Inspection.View<SourceError> = {
      server: plain.server,
      consistency: Consistency.describe(moment.reached),
      leftOut: [
        ...catalog.versioned.map((name) => `the history of ${name}`),
        ...Engines.leftOut(catalog.databases.flatMap(({ tables }) => tables))
      ],
      databases: catalog.databases.map(({ name, tables }) => ({
        name,
        tables: tables.filter(holdsRows).map(inspected)
      })),
      printed,
      portable: (database) =>
        Effect.flatMap(printed(database), (printed) =>
          Effect.mapError(
            Portable.read(plain, database, { ...selection, printed }),
            cannotLook(Sql.quoteIdentifier(database))
          )),
      plan: (table) =>
        Stream.unwrap(Effect.map(find(table), (table) =>
          Option.isNone(CuttingKey.of(table, planOptions))
            ? Stream.make({ condition: Option.none(), note: "the whole table" })
            : Stream.map(
              Chunks.plan(planning(table.info), table, planOptions),
              ({ condition, note }): Inspection.Range => ({ condition, note })
            ))),
      sums: (table, question) =>
        Effect.gen(function*() {
          const found = yield* find(table)
          const columns = yield* columnsOf(found, question.columns)
          const key = yield* columnsOf(found, question.key)
          const where = `${nameOf(table)}, ${question.range.note}`
          const bucket = question.buckets === 1 ? "0" : Digest.bucket(key, dialect, question.buckets)
          const { rows } = yield* ask(
            found,
            `SELECT ${bucket} AS sluice_bucket, COUNT(*), ${Digest.sums(columns, dialect)}${
              from(found, question.range)
            }${question.buckets === 1 ? "" : " GROUP BY sluice_bucket"}`,
            where
          )
          const sums = new Map<number, Inspection.Sum>()
          for (const [number, count, ...cells] of rows) {
            const rows = BigInt(textOf(count))
            const [first, second] = [Digest.sumOf(rows, cells[0]), Digest.sumOf(rows, cells[1])]
            if (first === undefined || second === undefined || number === null || number === undefined) {
              return yield* new SourceError({
                reason: "Unsupported",
                what: "cannot sum up the source's rows",
                where,
                detail: "the server cannot make a text of at least one of them, most likely as it would be too long",
                advice: "Raise its max_allowed_packet above the longest value"
              })
            }
            if (rows > 0n) sums.set(Number(Sql.text(number)), { rows, first, second })
          }
          return sums
        }),
      rows: (table, question, buckets) =>
        Effect.gen(function*() {
          const found = yield* find(table)
          const columns = yield* columnsOf(found, question.columns)
          const key = yield* columnsOf(found, question.key)
          const within = question.buckets === 1
            ? ""
            : `${Option.isNone(question.range.condition) ? " WHERE" : " AND"} ${
              Digest.bucket(key, dialect, question.buckets)
            } IN (${buckets.join(", ")})`
          const { rows } = yield* ask(
            found,
            `SELECT HEX(${Digest.text(key, dialect, "sha")}), ${Digest.row(columns, dialect)}${
              key.map((column) => `, ${Digest.shown(column, dialect)}`).join("")
            }${from(found, question.range)}${within}`,
            `${nameOf(table)}, ${question.range.note}`
          )
          return rows.map(([identity, digest, ...values]) => ({
            identity: textOf(identity),
            digest: textOf(digest),
            key: values.map((value, i) => Digest.legible(value, key[i]))
          }))
        }),
      finish: (table) =>
        Effect.gen(function*() {
          const { info } = yield* find(table)
          yield* moment.afterwards([info])
          yield* tenants.close([info])
          yield* moment.readApart([info])
        }),
      moved: Effect.gen(function*() {
        if (moment.position.size === 0) return Option.none()
        const now = yield* Effect.scoped(Effect.flatMap(control, (session) => Position.now(session, dialect)))
        return Option.map(now, (now) =>
          ["SOURCE_LOG_FILE", "SOURCE_LOG_POS"].some((key) => now.get(key) !== moment.position.get(key)))
      })
    }
    return view
  })
