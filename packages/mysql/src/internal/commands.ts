/**
 * Statements on a wire: one at a time, and killed on the server when nobody waits for them any more.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type * as Source from "@sluice/pipeline/Source"
import type * as Target from "@sluice/pipeline/Target"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import type * as Connection from "../Connection.js"
import * as MysqlError from "../MysqlError.js"
import type * as Mysql2 from "./mysql2.js"
import * as Protocol from "./protocol.js"
import * as Replies from "./replies.js"
import * as Transcode from "./transcode.js"
import * as TranscodeLines from "./transcodeLines.js"

/** @internal */
export interface Collector<A> extends Replies.Receiver {
  readonly outcome: () => Effect.Effect<A, MysqlError.MysqlError>
}

/** What all answers have: how they ended. */
class Ended {
  protected failure: MysqlError.MysqlError | undefined = undefined
  protected affectedRows = 0
  protected warnings = 0

  ended(ending: Protocol.Ending): void {
    this.affectedRows = ending.affectedRows
    this.warnings = ending.warnings
  }

  refused(refusal: Protocol.Refusal): void {
    this.failure = MysqlError.fromServer(refusal)
  }

  asksForFile(): void {
    this.failure = MysqlError.make("Statement", "the server asked for a local file, which nobody offered it")
  }
}

class Answer extends Ended implements Collector<Target.Answer> {
  columns(): void {}
  column(): void {}
  row(): void {}

  outcome() {
    return this.failure === undefined
      ? Effect.succeed({ affectedRows: this.affectedRows, warnings: this.warnings })
      : Effect.fail(this.failure)
  }
}

/** Keeps the first result that has rows. */
class Rows extends Ended implements Collector<Connection.Result> {
  private readonly names: Array<string> = []
  private readonly values: Array<ReadonlyArray<Uint8Array | null>> = []
  private sets = 0

  columns(): void {
    this.sets += 1
  }

  column(bytes: Uint8Array, start: number, end: number): void {
    if (this.sets === 1) {
      this.names.push(Protocol.readColumnName(bytes, start, end))
    }
  }

  row(bytes: Uint8Array, start: number, end: number): void {
    if (this.sets === 1) {
      this.values.push(Protocol.readRow(bytes, start, end, this.names.length))
    }
  }

  outcome() {
    return this.failure === undefined
      ? Effect.succeed({
        columns: this.names,
        rows: this.values,
        affectedRows: this.affectedRows,
        warnings: this.warnings
      })
      : Effect.fail(this.failure)
  }
}

/** @internal */
export const answer = (): Collector<Target.Answer> => new Answer()

/** @internal */
export const rows = (): Collector<Connection.Result> => new Rows()

/** Sends a command; `packet` takes its answer, and gives what came of it with the last packet. */
const sent = <A>(
  wire: Mysql2.Wire,
  body: Uint8Array,
  packet: (bytes: Uint8Array, start: number, end: number) => Option.Option<Effect.Effect<A, MysqlError.MysqlError>>,
  abandon: Effect.Effect<void>,
  command?: number
): Effect.Effect<A, MysqlError.MysqlError> =>
  Effect.async((resume) => {
    let done = false
    const settle = (outcome: Effect.Effect<A, MysqlError.MysqlError>) => {
      done = true
      resume(outcome)
    }
    wire.send(
      body,
      {
        packet: (bytes, start, end) => {
          const outcome = packet(bytes, start, end)
          if (Option.isSome(outcome)) settle(outcome.value)
          return done
        },
        lost: (error) => settle(Effect.fail(error))
      },
      command
    )
    return Effect.suspend(() => done ? Effect.void : abandon)
  })

/**
 * Runs a statement.
 *
 * @internal
 */
export const run = <A>(
  wire: Mysql2.Wire,
  sql: Uint8Array,
  make: () => Collector<A>,
  abandon: Effect.Effect<void>
): Effect.Effect<A, MysqlError.MysqlError> =>
  Effect.suspend(() => {
    const collector = make()
    const replies = new Replies.Replies(collector)
    return sent(wire, sql, (bytes, start, end) =>
      replies.packet(bytes, start, end)
        ? Option.some(collector.outcome())
        : replies.stuck
        ? Option.some(Effect.zipRight(abandon, Effect.suspend(() => collector.outcome())))
        : Option.none(), abandon)
  })

/** What a new row gets in each column, by the columns' names. */
type Defaults = ReadonlyMap<string, Uint8Array | null>

/**
 * The defaults of a table's columns as the server gives them to a new row; NULL also where there is none. The table is
 * one of the current database.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_field_list.html
 *
 * @internal
 */
export const defaults = (
  wire: Mysql2.Wire,
  table: string,
  abandon: Effect.Effect<void>
): Effect.Effect<Defaults, MysqlError.MysqlError> =>
  Effect.suspend(() => {
    const values = new Map<string, Uint8Array | null>()
    return sent<Defaults>(
      wire,
      // Behind the name stands a pattern for columns; an empty one is for all of them.
      Sql.bytes(table, Uint8Array.of(0)),
      (bytes, start, end) => {
        if (bytes[start] === Protocol.ERR) {
          return Option.some(Effect.fail(MysqlError.fromServer(Protocol.readError(bytes, start, end))))
        }
        if (bytes[start] === Protocol.EOF) {
          return Option.some(Effect.succeed(values))
        }
        values.set(Protocol.readColumnName(bytes, start, end), Protocol.readColumnDefault(bytes, start, end))
        return Option.none()
      },
      abandon,
      Protocol.COM_FIELD_LIST
    )
  })

type Pull = Effect.Effect<Source.Piece, Option.Option<MysqlError.MysqlError>>

const changed = (detail: string) => MysqlError.make("DefinitionChanged", detail)

/** A large result on its way from the socket to whoever pulls. */
class Pieces extends Ended implements Replies.Receiver {
  private readonly transcoder: Transcode.Transcoder | TranscodeLines.Transcoder
  private readonly expected: number
  private waiting: ((pull: Pull) => void) | undefined = undefined
  private paused = false
  private failed = false
  finished = false

  constructor(
    private readonly wire: Mysql2.Wire,
    sql: Uint8Array,
    options: Connection.InsertOptions | Connection.LineOptions,
    spares: Transcode.Spares
  ) {
    super()
    if ("layout" in options) {
      this.transcoder = new TranscodeLines.Transcoder(options, Transcode.defaultSizes, spares)
      this.expected = options.encodings.length
    } else {
      this.transcoder = new Transcode.Transcoder(options, Transcode.defaultSizes, spares)
      this.expected = options.kinds.length
    }
    const replies = new Replies.Replies(this)
    wire.send(sql, {
      rows: (bytes, end) => this.rows(replies.readsRows, bytes, end),
      packet: (bytes, start, end) => {
        const last = replies.packet(bytes, start, end)
        if (last) this.finish()
        return last
      },
      lost: (error) => {
        this.failure = this.failure ?? error
        this.finish()
      }
    })
  }

  columns(count: number): void {
    if (count !== this.expected) {
      this.fail(changed(`the server sends ${count} columns where there should be ${this.expected}`))
    }
  }

  column(): void {}

  row(bytes: Uint8Array, start: number, end: number): void {
    if (this.failed) return
    if (!this.transcoder.push(bytes, start, end)) {
      this.fail(changed("the server sent a row that has not the columns it announced"))
    } else if (this.transcoder.waiting > 0) {
      this.settle()
    }
  }

  /** Rows that did not come one by one. */
  private rows(expected: boolean, bytes: Uint8Array, end: number): Mysql2.Taken {
    if (!expected || this.failed) {
      return { at: 0, packets: 0 }
    }
    const taken = this.transcoder.rows(bytes, 0, end)
    if (this.transcoder.waiting > 0) {
      this.settle()
    }
    return taken
  }

  /** Nobody asks for pieces any more, and no row comes any more. */
  release(): void {
    this.transcoder.release()
  }

  /** One piece, or the end. */
  readonly next: Pull = Effect.async<Source.Piece, Option.Option<MysqlError.MysqlError>>((resume) => {
    this.waiting = resume
    this.settle()
    return Effect.sync(() => {
      this.waiting = undefined
    })
  })

  override asksForFile(): void {
    super.asksForFile()
    this.fail(this.failure)
  }

  /** The answer goes on, but nobody wants it: the connection is abandoned when the stream's scope closes. */
  private fail(error: MysqlError.MysqlError | undefined): void {
    this.failure = error
    this.failed = true
    this.settle()
  }

  private finish(): void {
    this.finished = true
    this.read()
    if (this.failure === undefined) {
      this.transcoder.finish()
    }
    this.settle()
  }

  private settle(): void {
    const resume = this.waiting
    if (resume === undefined) {
      if (!this.paused && !this.finished) {
        this.paused = true
        this.wire.pause()
      }
      return
    }
    const piece = this.failure === undefined ? this.transcoder.take() : undefined
    if (piece !== undefined) {
      this.waiting = undefined
      resume(Effect.succeed(piece))
    } else if (this.failure !== undefined || this.finished) {
      this.waiting = undefined
      resume(Effect.fail(Option.fromNullable(this.failure)))
    }
    if (this.transcoder.waiting === 0) {
      this.read()
    }
  }

  private read(): void {
    if (this.paused) {
      this.paused = false
      this.wire.resume()
    }
  }
}

/**
 * Reads a large result as pieces, written into `spares`.
 *
 * @internal
 */
export const pieces = (
  wire: Mysql2.Wire,
  sql: Uint8Array,
  options: Connection.InsertOptions | Connection.LineOptions,
  spares: Transcode.Spares,
  abandon: Effect.Effect<void>
): Stream.Stream<Source.Piece, MysqlError.MysqlError> =>
  Stream.unwrapScoped(Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Pieces(wire, sql, options, spares)),
      (pieces) => Effect.suspend(() => pieces.finished ? Effect.sync(() => pieces.release()) : abandon)
    ),
    (pieces) => Stream.repeatEffectOption(pieces.next)
  ))
