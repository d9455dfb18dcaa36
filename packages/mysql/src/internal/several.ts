/**
 * Several statements in one go: they are sent as one text, and the server answers one after the other. What that saves is
 * the way there and back, which for a small question is most of what it costs.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import type * as Connection from "../Connection.js"
import * as MysqlError from "../MysqlError.js"
import type * as Mysql2 from "./mysql2.js"
import * as Protocol from "./protocol.js"
import * as Replies from "./replies.js"
import * as Transcode from "./transcode.js"

/** @internal */
export interface Options {
  /** Whether several may be sent as one text; otherwise they are sent one by one. */
  readonly together: boolean
  /** The most bytes of a text. */
  readonly most: number
  /** What statements of that size are written with. */
  readonly spares: (statementSize: number) => Transcode.Spares
  readonly abandon: Effect.Effect<void>
}

type Pull = Effect.Effect<Chunk.Chunk<Connection.Part>, Option.Option<Connection.SeveralFailed>>

/** With more than this waiting, no more is read. */
const enough = 1 << 20

/** Longer texts are not worth it: what waits on the server is memory there. */
const longest = 1 << 18

/** What takes the answer of one statement. */
interface Taker {
  /** False where it is not the answer that was expected. */
  readonly columns: (count: number) => boolean
  readonly column: (bytes: Uint8Array, start: number, end: number) => void
  readonly row: (bytes: Uint8Array, start: number, end: number) => boolean
  readonly rows?: (bytes: Uint8Array, end: number) => Mysql2.Taken
  /** What is whole by now; at the end, which is told, the rest. */
  readonly parts: (ending?: Protocol.Ending) => ReadonlyArray<Connection.Part>
  readonly release: () => void
}

const smallAnswer = (at: number): Taker => {
  const columns: Array<string> = []
  const rows: Array<ReadonlyArray<Uint8Array | null>> = []
  return {
    columns: () => true,
    column: (bytes, start, end) => {
      columns.push(Protocol.readColumnName(bytes, start, end))
    },
    row: (bytes, start, end) => {
      rows.push(Protocol.readRow(bytes, start, end, columns.length))
      return true
    },
    parts: (ending) =>
      ending === undefined ? [] : [{
        _tag: "Result",
        at,
        result: { columns, rows, affectedRows: ending.affectedRows, warnings: ending.warnings }
      }],
    release: () => {}
  }
}

/** Pieces are copied out of the buffers they are written into: many of them wait at once, and most are small. */
const rowsAnswer = (at: number, insert: Connection.InsertOptions, spares: Transcode.Spares): Taker => {
  const transcoder = new Transcode.Transcoder(insert, Transcode.defaultSizes, spares)
  let released = false
  let pieces = 0
  return {
    columns: (count) => count === insert.kinds.length,
    column: () => {},
    row: (bytes, start, end) => transcoder.push(bytes, start, end),
    rows: (bytes, end) => transcoder.rows(bytes, 0, end),
    parts: (ending) => {
      if (ending !== undefined) transcoder.finish()
      const out: Array<Connection.Part> = []
      while (transcoder.waiting > 0) {
        const piece = transcoder.take()
        if (piece !== undefined) {
          const whole = pieces === 0 && transcoder.waiting === 0 && ending !== undefined
          // `slice` of what is a Buffer would be a view
          out.push({ _tag: "Piece", at, whole, piece: { ...piece, bytes: new Uint8Array(piece.bytes) } })
          pieces += 1
        }
      }
      return out
    },
    release: () => {
      if (released) return
      released = true
      // what was taken last is only lent
      transcoder.take()
      transcoder.release()
    }
  }
}

const changed = (detail: string) => MysqlError.make("DefinitionChanged", detail)

/** The answers of one text on their way from the socket to whoever pulls. */
class Answers implements Replies.Receiver {
  private taker: Taker
  private at: number
  private ready: Array<Connection.Part> = []
  private bytes = 0
  private failure: MysqlError.MysqlError | undefined = undefined
  private waiting: ((pull: Pull) => void) | undefined = undefined
  private paused = false
  finished = false

  constructor(
    private readonly wire: Mysql2.Wire,
    private readonly statements: ReadonlyArray<Connection.Statement>,
    /** Where the first of them stands among all. */
    private readonly first: number,
    private readonly options: Options
  ) {
    this.at = first
    this.taker = this.begin()
    const replies = new Replies.Replies(this)
    wire.send(Sql.bytes(statements.map(({ sql }) => sql).join(";\n")), {
      rows: (bytes, end) => {
        const taken = replies.readsRows && this.failure === undefined ? this.taker.rows?.(bytes, end) : undefined
        this.take()
        return taken ?? { at: 0, packets: 0 }
      },
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
    if (this.failure === undefined && !this.taker.columns(count)) {
      this.fail(changed(`the server sends ${count} columns, and not those that there should be`))
    }
  }

  column(bytes: Uint8Array, start: number, end: number): void {
    this.taker.column(bytes, start, end)
  }

  row(bytes: Uint8Array, start: number, end: number): void {
    if (this.failure === undefined && !this.taker.row(bytes, start, end)) {
      this.fail(changed("the server sent a row that has not the columns it announced"))
    } else {
      this.take()
    }
  }

  ended(ending: Protocol.Ending): void {
    if (this.failure !== undefined) return
    this.take(ending)
    this.taker.release()
    this.at += 1
    if (ending.moreResults !== (this.at < this.first + this.statements.length)) {
      this.fail(MysqlError.make("Statement", "the server does not answer as many statements as it was sent"))
    } else if (ending.moreResults) {
      this.taker = this.begin()
    }
  }

  refused(refusal: Protocol.Refusal): void {
    this.failure = this.failure ?? MysqlError.fromServer(refusal)
  }

  asksForFile(): void {
    this.fail(MysqlError.make("Statement", "the server asked for a local file, which nobody offered it"))
  }

  /** What is there, or the end. */
  readonly next: Pull = Effect.async<Chunk.Chunk<Connection.Part>, Option.Option<Connection.SeveralFailed>>(
    (resume) => {
      this.waiting = resume
      this.settle()
      return Effect.sync(() => {
        this.waiting = undefined
      })
    }
  )

  /** Nobody asks any more, and nothing comes any more. */
  release(): void {
    this.taker.release()
  }

  private begin(): Taker {
    const insert = this.statements[this.at - this.first]?.insert
    return insert === undefined
      ? smallAnswer(this.at)
      : rowsAnswer(this.at, insert, this.options.spares(insert.statementSize))
  }

  private take(ending?: Protocol.Ending): void {
    if (this.failure !== undefined) return
    for (const part of this.taker.parts(ending)) {
      this.ready.push(part)
      this.bytes += part._tag === "Piece" ? part.piece.bytes.length : 0
    }
    if (this.ready.length > 0) this.settle()
  }

  /** The answer goes on, but nobody wants it: the connection is abandoned when the stream's scope closes. */
  private fail(error: MysqlError.MysqlError): void {
    this.failure = this.failure ?? error
    this.settle()
  }

  private finish(): void {
    this.finished = true
    this.read()
    this.settle()
  }

  /** All that is ready when it is run, which is a moment after it is given to whoever waits. */
  private readonly all = Effect.sync(() => {
    const parts = this.ready
    this.ready = []
    this.bytes = 0
    this.read()
    return Chunk.unsafeFromArray(parts)
  })

  private settle(): void {
    const resume = this.waiting
    if (resume !== undefined) {
      if (this.ready.length > 0) {
        this.waiting = undefined
        resume(this.all)
      } else if (this.failure !== undefined || this.finished) {
        this.waiting = undefined
        resume(Effect.fail(
          this.failure === undefined ? Option.none() : Option.some({ at: this.at, error: this.failure })
        ))
      }
    }
    if (this.bytes > enough && !this.paused && !this.finished) {
      this.paused = true
      this.wire.pause()
    }
  }

  private read(): void {
    if (this.paused) {
      this.paused = false
      this.wire.resume()
    }
  }
}

/** As many as go into one text. */
const texts = (
  statements: ReadonlyArray<Connection.Statement>,
  { most, together }: Options
): ReadonlyArray<{ readonly first: number; readonly some: ReadonlyArray<Connection.Statement> }> => {
  const out: Array<{ readonly first: number; readonly some: Array<Connection.Statement> }> = []
  let room = 0
  statements.forEach((statement, at) => {
    // a letter of a text has three bytes at most in UTF-8, and there is more around it
    room -= statement.sql.length * 3 + 2
    const open = out[out.length - 1]
    if (open !== undefined && together && room > 0) {
      open.some.push(statement)
    } else {
      out.push({ first: at, some: [statement] })
      room = Math.min(longest, most / 2) - statement.sql.length * 3
    }
  })
  return out
}

/**
 * What statements answer, in their order. None is run behind one that fails.
 *
 * @internal
 */
export const parts = (
  wire: Mysql2.Wire,
  statements: ReadonlyArray<Connection.Statement>,
  options: Options
): Stream.Stream<Connection.Part, Connection.SeveralFailed> =>
  Stream.flatMap(Stream.fromIterable(texts(statements, options)), ({ first, some }) =>
    Stream.unwrapScoped(Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => new Answers(wire, some, first, options)),
        (answers) => Effect.suspend(() => answers.finished ? Effect.sync(() => answers.release()) : options.abandon)
      ),
      (answers) => Stream.repeatEffectChunkOption(answers.next)
    )))
