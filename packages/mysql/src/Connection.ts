/**
 * Connections to a MySQL or MariaDB server that read and write bytes.
 *
 * @since 0.1.0
 */
import type * as Lines from "@sluice/format/Lines"
import type * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import type * as Source from "@sluice/pipeline/Source"
import type * as Target from "@sluice/pipeline/Target"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import * as Commands from "./internal/commands.js"
import * as Kernel from "./internal/kernel.js"
import * as Mysql2 from "./internal/mysql2.js"
import * as Session from "./internal/session.js"
import * as Several from "./internal/several.js"
import * as Transcode from "./internal/transcode.js"
import * as Transport from "./internal/transport.js"
import * as Wide from "./internal/wide.js"
import { within } from "./internal/within.js"
import * as MysqlError from "./MysqlError.js"
import type * as Tls from "./Tls.js"

/**
 * The code that turns what a server sends into rows of a file.
 *
 * @since 0.1.0
 * @category models
 */
export type Transcoder = "wasm" | "typescript"

/**
 * Where a server is, and who asks.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** `localhost` when neither this nor a socket is given. */
  readonly host?: string | undefined
  /** 3306 when not given. */
  readonly port?: number | undefined
  /** The path of a unix socket; it wins over host and port. */
  readonly socketPath?: string | undefined
  readonly user: string
  readonly password: Redacted.Redacted
  /** How long to wait for the server to answer when connecting: ten seconds when not given. */
  readonly connectTimeout?: Duration.Duration | undefined
  /** Whether it is encrypted, and who has to prove what: `Tls.preferred` when not given. */
  readonly tls?: Tls.Tls | undefined
  /**
   * What writes rows: `wasm`, where the platform can run it, when not given. Both write the same bytes; the other one is
   * slower.
   */
  readonly transcoder?: Transcoder | undefined
  /** Whether a server may be given the password as it is, over an encrypted connection or a socket; otherwise never. */
  readonly cleartextPlugin?: boolean | undefined
  /**
   * Whether `queries` and `several` send statements together, as one text. A server then takes whatever stands behind a
   * semicolon for a statement of its own, which no text that came from elsewhere should be given leave to: never when
   * not given.
   */
  readonly severalStatements?: boolean | undefined
}

/**
 * Whose server it is, and which version. Percona Server counts as `mysql`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Server {
  readonly vendor: "mysql" | "mariadb"
  readonly version: readonly [major: number, minor: number, patch: number]
  /** As the server says it, for people. */
  readonly text: string
}

/**
 * What a small statement answered.
 *
 * @since 0.1.0
 * @category models
 */
export interface Result {
  readonly columns: ReadonlyArray<string>
  /** The values as the server sends them in its text protocol, not decoded. */
  readonly rows: ReadonlyArray<ReadonlyArray<Uint8Array | null>>
  readonly affectedRows: number
  readonly warnings: number
}

/**
 * How to write the rows that are read.
 *
 * @since 0.1.0
 * @category models
 */
export interface InsertOptions {
  /** What stands before the rows of a statement, as `Row.insertHead` writes it. */
  readonly head: Uint8Array
  /** One for each column of the result. */
  readonly kinds: ReadonlyArray<Row.Encoding>
  /** The most bytes of a statement, unless a single row needs more. */
  readonly statementSize: number
}

/**
 * How a result becomes lines for LOAD DATA.
 *
 * @since 0.1.0
 * @category models
 */
export interface LineOptions {
  readonly layout: Lines.Layout
  /** One for each column of the result. */
  readonly encodings: ReadonlyArray<Lines.Encoding>
}

/**
 * One of several statements. The rows of one with `insert` are read as INSERT statements; the others have small answers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Statement {
  readonly sql: string
  readonly insert?: InsertOptions | undefined
}

/**
 * A part of what several statements answer: of which one, by its place among them, and either a piece of its rows, which
 * is not lent but given, and whether it is all of them; or all of a small answer.
 *
 * @since 0.1.0
 * @category models
 */
export type Part =
  | { readonly _tag: "Piece"; readonly at: number; readonly piece: Source.Piece; readonly whole: boolean }
  | { readonly _tag: "Result"; readonly at: number; readonly result: Result }

/**
 * Why not all of several statements were run: the one that failed, and those behind it, were not.
 *
 * @since 0.1.0
 * @category models
 */
export interface SeveralFailed {
  readonly at: number
  readonly error: MysqlError.MysqlError
}

/**
 * A connection. It runs one statement at a time; others wait.
 *
 * An interrupted statement is killed on the server, and its connection closed.
 *
 * @since 0.1.0
 * @category models
 */
export interface RawConnection {
  readonly server: Server
  /** The server's number of this connection. */
  readonly threadId: number
  /** The most bytes of a packet that the server takes. */
  readonly maxAllowedPacket: number
  /** How it is encrypted; none when it is not. */
  readonly tls: Option.Option<Tls.Agreed>
  /** Runs a statement whose answer is small. */
  readonly query: (sql: string | Uint8Array) => Effect.Effect<Result, MysqlError.MysqlError>
  /**
   * Runs statements in their order, each of a small answer. Where it is allowed they are sent together, and a hundred
   * cost little more than one. None is run behind one that fails.
   */
  readonly queries: (
    statements: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Result>, SeveralFailed>
  /** The same, of which some have rows; those should be few, as what is read of them waits in memory. */
  readonly several: (statements: ReadonlyArray<Statement>) => Stream.Stream<Part, SeveralFailed>
  /** Reads a large result as INSERT statements. The pieces are lent: each is good until the next is asked for. */
  readonly insertStatements: (
    sql: string | Uint8Array,
    options: InsertOptions
  ) => Stream.Stream<Source.Piece, MysqlError.MysqlError>
  /** Reads a large result as lines. The pieces are lent: each is good until the next is asked for. */
  readonly lines: (
    sql: string | Uint8Array,
    options: LineOptions
  ) => Stream.Stream<Source.Piece, MysqlError.MysqlError>
  /**
   * The defaults of a table's columns, by their names, as the server gives them to a new row; NULL also where there is
   * none. Of an expression it is what came of it when the table was made, if the server keeps that.
   */
  readonly defaults: (
    at: Sql.Name & { readonly database: string }
  ) => Effect.Effect<ReadonlyMap<string, Uint8Array | null>, MysqlError.MysqlError>
  /** Runs a statement whose rows, if it has any, nobody wants. The bytes are lent for the time of the call. */
  readonly execute: (sql: Uint8Array) => Effect.Effect<Target.Answer, MysqlError.MysqlError>
}

const identity = "CONCAT_WS(' ', @@hostname, @@port, @@server_id)"
const introduction = `SELECT VERSION(), @@version_comment, CONNECTION_ID(), @@max_allowed_packet, ${identity}`

/** Killing is worth this long; a server that does not answer by then has other troubles. */
const killsWithin = Duration.seconds(5)

const ask = (wire: Mysql2.Wire, sql: string) => Commands.run(wire, Sql.bytes(sql), Commands.rows, Effect.void)

const texts = (result: Result): ReadonlyArray<string> =>
  (result.rows[0] ?? []).map((value) => value === null ? "" : Sql.text(value))

/**
 * Ends a connection from beside it, over a short connection of the same user, who may kill his own without any
 * privilege. Behind a proxy that one may come out at another server, where the number is somebody else's.
 */
const kill = (options: Transport.Options, threadId: number, where: string): Effect.Effect<void> =>
  Effect.gen(function*() {
    const wire = yield* Mysql2.open(options)
    const here = texts(yield* ask(wire, `SELECT ${identity}`))[0]
    if (here === where) {
      yield* ask(wire, `KILL CONNECTION ${threadId}`)
    }
  }).pipe(
    Effect.scoped,
    within(killsWithin)
  )

/**
 * Connects, logs in, and sets the session so that nothing of the server's defaults cuts, delays or changes what is
 * read and written: character set `binary`, time zone UTC, no limits on rows and time. The sql_mode stays the
 * server's.
 *
 * The connection is closed when the scope closes, and waits a short time for that at most. What was not committed is
 * rolled back by the server.
 *
 * @example
 * ```ts
 * import { Connection } from "@sluice/mysql"
 * import { Effect, Redacted } from "effect"
 *
 * const uptime = Effect.gen(function*() {
 *   const connection = yield* Connection.acquire({ user: "me", password: Redacted.make("secret") })
 *   return yield* connection.query("SHOW STATUS LIKE 'Uptime'")
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const acquire = (options: Options): Effect.Effect<RawConnection, MysqlError.MysqlError, Scope.Scope> =>
  Effect.gen(function*() {
    const wire = yield* Mysql2.open(options)
    const [version = "", comment = "", id = "", packet = "", where = ""] = texts(yield* ask(wire, introduction))
    const server = Session.identify(version, comment)
    yield* Effect.forEach(Session.setUp(server), (statement) => ask(wire, statement), { discard: true })

    const threadId = Number(id)
    const lock = yield* Effect.makeSemaphore(1)
    let spares: Transcode.Spares | undefined = undefined
    /** What statements of that size are written with; they come one by one. */
    const sparesFor = (statementSize: number): Transcode.Spares => {
      const buffer = Transcode.usualBuffer(statementSize)
      if (spares === undefined || spares.kernel?.suits(buffer) === false) {
        spares = new Transcode.Spares(
          options.transcoder === "typescript" ? undefined : Option.getOrUndefined(Kernel.make(buffer))
        )
        if (spares.kernel !== undefined) {
          wire.readInto(spares.kernel.window)
        }
      }
      return spares
    }
    let abandoned = false
    const abandon = Effect.suspend(() => {
      abandoned = true
      wire.destroy()
      return kill(options, threadId, where)
    })
    const bytes = (sql: string | Uint8Array) => typeof sql === "string" ? Sql.bytes(sql) : sql
    const alive = Effect.suspend(() =>
      abandoned
        ? Effect.fail(MysqlError.make("ConnectionLost", "the connection was closed when its statement was interrupted"))
        : Effect.void
    )
    const run = <A>(sql: string | Uint8Array, make: () => Commands.Collector<A>) =>
      lock.withPermits(1)(Effect.zipRight(alive, Commands.run(wire, bytes(sql), make, abandon)))
    const all = (...statements: ReadonlyArray<string>) =>
      Effect.forEach(statements, (sql) => Commands.run(wire, bytes(sql), Commands.answer, abandon), { discard: true })
    const defaults: RawConnection["defaults"] = ({ database, name }) =>
      lock.withPermits(1)(Effect.zipRight(
        alive,
        Effect.acquireUseRelease(
          all("SET @client = @@character_set_client, character_set_client = utf8mb4"),
          () => Effect.zipRight(all(`USE ${Sql.quoteIdentifier(database)}`), Commands.defaults(wire, name, abandon)),
          // what is printed leaves out the name of the current database
          () => Effect.catchAll(all("SET character_set_client = @client", "USE information_schema"), () => abandon)
        )
      ))

    // The waiting can be interrupted, and what was taken is given back in any case.
    const locked = Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(restore(lock.take(1)), Effect.addFinalizer(() => lock.release(1)))
    )

    const several = (statements: ReadonlyArray<Statement>): Stream.Stream<Part, SeveralFailed> =>
      Stream.unwrapScoped(
        Effect.zipRight(
          locked,
          Effect.mapBoth(alive, {
            onFailure: (error) => ({ at: 0, error }),
            onSuccess: () =>
              Several.parts(wire, statements, {
                together: options.severalStatements === true,
                most: Number(packet),
                spares: (size) => sparesFor(size),
                abandon
              })
          })
        )
      )

    const lineSpares = new Transcode.Spares()
    let wide = false
    /** The first large result has the server send larger parts from then on. */
    const widening = (sql: Uint8Array): Uint8Array => {
      if (wide) return sql
      wide = true
      return Wide.statement(sql, Number(packet))
    }
    const pieces = (
      sql: string | Uint8Array,
      options: InsertOptions | LineOptions,
      spares: () => Transcode.Spares
    ) =>
      Stream.unwrapScoped(
        Effect.zipRight(
          locked,
          Effect.map(alive, () => Commands.pieces(wire, widening(bytes(sql)), options, spares(), abandon))
        )
      )

    const connection: RawConnection = {
      server,
      threadId,
      maxAllowedPacket: Number(packet),
      tls: wire.tls,
      query: (sql) => run(sql, Commands.rows),
      defaults,
      queries: (statements) =>
        Stream.runFold(
          several(statements.map((sql) => ({ sql }))),
          Array.of<Result>(),
          (results, part) => {
            if (part._tag === "Result") results.push(part.result)
            return results
          }
        ),
      several,
      execute: (sql) => run(sql, Commands.answer),
      insertStatements: (sql, insert) => pieces(sql, insert, () => sparesFor(insert.statementSize)),
      lines: (sql, how) => pieces(sql, how, () => lineSpares)
    }
    return connection
  }).pipe(Effect.withSpan("Connection.acquire", { attributes: { server: Transport.address(options) } }))
