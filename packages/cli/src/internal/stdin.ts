/**
 * Standard input, read into one buffer that is used again.
 *
 * Node's own stream makes a buffer of 64 KB for each read, and the collector lets tens of megabytes of them pile up.
 *
 * @internal
 */
import * as Fs from "node:fs"
import * as Net from "node:net"

import { BackupError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

const READ_AT_ONCE = 256 * 1024

type Pull = Effect.Effect<Uint8Array, Option.Option<BackupError>>

const unreadable = (cause: Error) =>
  new BackupError({ reason: "Unreadable", what: "the stream cannot be read", detail: cause.message, cause })

/** A pipe, read one buffer at a time, when somebody asks. */
class PipeReader {
  private readonly socket: Net.Socket
  private read: Uint8Array | undefined = undefined
  private outcome: Option.Option<BackupError> | undefined = undefined
  private waiting: ((pull: Pull) => void) | undefined = undefined

  constructor(fd: number) {
    // Node documents `onread` for sockets that connect, and takes it for all; its types know only what is documented.
    const options = {
      fd,
      readable: true,
      writable: false,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_AT_ONCE),
        callback: (count: number, buffer: Uint8Array) => {
          this.read = buffer.subarray(0, count)
          this.settle()
          return false
        }
      }
    }
    this.socket = new Net.Socket(options)
    this.socket.on("end", () => this.end(Option.none()))
    this.socket.on("error", (error) => this.end(Option.some(unreadable(error))))
    this.socket.on("close", () => this.end(Option.none()))
  }

  /** What was read, or the end. The bytes are lent until the next call. */
  readonly next: Pull = Effect.async<Uint8Array, Option.Option<BackupError>>((resume) => {
    this.waiting = resume
    if (this.read === undefined && this.outcome === undefined) {
      this.socket.resume()
    } else {
      this.settle()
    }
    return Effect.sync(() => {
      this.waiting = undefined
    })
  })

  close(): void {
    this.socket.destroy()
  }

  private end(outcome: Option.Option<BackupError>): void {
    this.outcome = this.outcome ?? outcome
    this.settle()
  }

  private settle(): void {
    const resume = this.waiting
    const { outcome, read } = this
    if (resume === undefined || (read === undefined && outcome === undefined)) {
      return
    }
    this.waiting = undefined
    this.read = undefined
    resume(read === undefined ? Effect.fail(outcome ?? Option.none()) : Effect.succeed(read))
  }
}

const ofPipe = (fd: number): Stream.Stream<Uint8Array, BackupError> =>
  Stream.unwrapScoped(
    Effect.map(
      Effect.acquireRelease(Effect.sync(() => new PipeReader(fd)), (reader) => Effect.sync(() => reader.close())),
      (reader) => Stream.repeatEffectOption(reader.next)
    )
  )

const ofFile = (fd: number): Stream.Stream<Uint8Array, BackupError> =>
  Stream.suspend(() => {
    const buffer = Buffer.allocUnsafeSlow(READ_AT_ONCE)
    return Stream.repeatEffectOption(
      Effect.async<Uint8Array, Option.Option<BackupError>>((resume) =>
        Fs.read(fd, buffer, 0, buffer.length, null, (error, count) =>
          resume(
            error !== null
              ? Effect.fail(Option.some(unreadable(error)))
              : count === 0
              ? Effect.fail(Option.none())
              : Effect.succeed(buffer.subarray(0, count))
          ))
      )
    )
  })

/**
 * The bytes of an open pipe, socket or file. They are lent: good until the next are asked for.
 *
 * @internal
 */
export const bytes = (fd: number): Stream.Stream<Uint8Array, BackupError> =>
  Stream.unwrap(
    Effect.try({
      try: () => Fs.fstatSync(fd),
      catch: (cause) => unreadable(cause instanceof Error ? cause : new Error(String(cause)))
    }).pipe(Effect.map((kind) => kind.isFIFO() || kind.isSocket() ? ofPipe(fd) : ofFile(fd)))
  )
