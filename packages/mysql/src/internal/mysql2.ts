/**
 * Everything that leans on the inside of mysql2 (3.24.6, pinned): its connection logs in, splits what comes into
 * packets and joins large ones, and hands them to a command of ours. Rows never become objects; those of a large
 * result are taken before it sees them, many at once.
 *
 * What is used beyond mysql2's types is named in `Inner` and `Command`; `isInner` fails when it is not there, and
 * test/server/Connection.test.ts when it does something else.
 *
 * @internal
 */
import type * as Net from "node:net"

import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Mysql from "mysql2"

import * as MysqlError from "../MysqlError.js"
import type * as Tls from "../Tls.js"
import * as Inbox from "./inbox.js"
import * as LoginFailure from "./loginFailure.js"
import * as Protocol from "./protocol.js"
import * as Reasons from "./reasons.js"
import * as Transport from "./transport.js"
import { within } from "./within.js"

/** The packet that mysql2 hands out is used again for the next one; so are its bytes. */
interface Packet {
  readonly buffer: Uint8Array
  readonly offset: number
  readonly end: number
}

/** A command as mysql2's queue runs it: `execute` first without a packet, then with each one, until it gives true. */
interface Command {
  readonly execute: (packet: Packet | undefined) => boolean
  /** Only ever called with what broke the connection. */
  readonly onResult: (error: NodeJS.ErrnoException) => void
}

interface Inner {
  readonly stream: Net.Socket
  readonly once: (event: "error", listener: (error: NodeJS.ErrnoException) => void) => unknown
  readonly addCommand: (command: Command) => unknown
  readonly write: (bytes: Uint8Array) => void
  readonly _resetSequenceId: () => void
  readonly _bumpSequenceId: (packets: number) => void
  readonly _handshakePacket: { readonly serverVersion: string }
}

const isInner = (connection: unknown): connection is Inner =>
  Predicate.hasProperty(connection, "stream") && Predicate.hasProperty(connection.stream, "pause") &&
  Predicate.hasProperty(connection, "once") && Predicate.isFunction(connection.once) &&
  Predicate.hasProperty(connection, "addCommand") && Predicate.isFunction(connection.addCommand) &&
  Predicate.hasProperty(connection, "write") && Predicate.isFunction(connection.write) &&
  Predicate.hasProperty(connection, "_resetSequenceId") && Predicate.isFunction(connection._resetSequenceId) &&
  Predicate.hasProperty(connection, "_bumpSequenceId") && Predicate.isFunction(connection._bumpSequenceId) &&
  Predicate.hasProperty(connection, "_handshakePacket") &&
  Predicate.hasProperty(connection._handshakePacket, "serverVersion") &&
  Predicate.isString(connection._handshakePacket.serverVersion)

/**
 * How many packets were taken, and where the next one begins.
 *
 * @internal
 */
export interface Taken {
  readonly packets: number
  readonly at: number
}

/**
 * Who takes the packets of an answer.
 *
 * @internal
 */
export interface Handler {
  /**
   * Takes rows from the start of `bytes`, where whole packets stand with their headers, as many as it can and wants to.
   * The others come one by one, to `packet`. The bytes are lent for the time of the call.
   */
  readonly rows?: ((bytes: Uint8Array, end: number) => Taken) | undefined
  /** Takes a packet's payload, lent for the time of the call, and says whether it was the last. */
  readonly packet: (bytes: Uint8Array, start: number, end: number) => boolean
  /** The connection broke; no packet comes any more. */
  readonly lost: (error: MysqlError.MysqlError) => void
}

/**
 * A connection that is logged in and takes queries as bytes, one at a time.
 *
 * @internal
 */
export interface Wire {
  /** Sends a command, a query if nothing else is said. The bytes are copied before this returns. */
  readonly send: (body: Uint8Array, handler: Handler, command?: number) => void
  /** From now on what comes is read into this, where a packet fits. */
  readonly readInto: (memory: Uint8Array) => void
  /** Stops reading from the socket; what was read already still comes. */
  readonly pause: () => void
  readonly resume: () => void
  /** Drops the connection at once; a running query's handler is told. */
  readonly destroy: () => void
  readonly tls: Option.Option<Tls.Agreed>
}

/**
 * These of mysql2's default flags are left out: FOUND_ROWS changes what an answer counts; IGNORE_SPACE and ODBC change
 * how the server reads statements; LOCAL_FILES would let a server ask for files; query attributes and session tracking
 * change the shape of packets, and nobody here looks at them.
 */
const flags = ["FOUND_ROWS", "IGNORE_SPACE", "ODBC", "LOCAL_FILES", "SESSION_TRACK", "CLIENT_QUERY_ATTRIBUTES"]
  .map((flag) => `-${flag}`)

const closesWithin = Duration.seconds(2)

/** The buffer for sending grows by this. Doubling it would leave half of it empty: most statements are about as long. */
const sendBufferStep = 256 * 1024

/** Beyond this the buffer for sending is not kept. */
const keptSendBuffer = 4 * 1024 * 1024

const messageOf = (error: NodeJS.ErrnoException): string =>
  // Every address of a name was tried: the error itself says nothing.
  error instanceof AggregateError && error.message === ""
    ? error.errors.map((inner) => inner instanceof Error ? inner.message : String(inner)).join("; ")
    : error.message

const broken =
  (reason: "Connect" | "ConnectionLost", options: Transport.Options, encrypted: boolean) =>
  (error: NodeJS.ErrnoException): MysqlError.MysqlError => {
    const sqlState = "sqlState" in error && typeof error.sqlState === "string" ? error.sqlState : ""
    if (typeof error.errno === "number" && error.errno > 0) {
      const advice = encrypted ? undefined : LoginFailure.adviceInTheClear(error.errno)
      return MysqlError.fromServer({ errno: error.errno, sqlState, message: messageOf(error), advice })
    }
    const where = Transport.address(options)
    return LoginFailure.explain(error, where) ??
      MysqlError.make(reason, Reasons.socketDetail(error.code, messageOf(error), where))
  }

/**
 * A socket that reads into one buffer. mysql2 takes what it reads as `data` events. Once it is encrypted, Node takes
 * what it reads, and `greeted` is all that is ever told: the server's first packet, before mysql2 sees it.
 */
const socket = (
  options: Transport.Options,
  greeted: (packet: Uint8Array) => void
): { readonly socket: Net.Socket; readonly inbox: Inbox.Inbox } => {
  let first = true
  const inbox = new Inbox.Inbox((packets) => {
    if (first) {
      first = false
      greeted(packets)
    }
    socket.emit("data", packets)
  })
  const socket = Transport.socket(options, {
    buffer: () => inbox.room,
    callback: (count) => {
      inbox.received(count)
      return true
    }
  })
  return { socket, inbox }
}

const create = (options: Transport.Options, driver: Mysql.ConnectionOptions) => {
  const { inbox, socket: stream } = socket(options, (packet) => {
    // mysql2 would give up where MySQL's own clients go on in the clear
    if (Transport.isOptional(options) && !Protocol.offersTls(packet)) delete connection.config.ssl
  })
  const connection = Mysql.createConnection({
    ...driver,
    stream,
    // None is ever prepared, but mysql2 makes room for 16000 on each connection.
    maxPreparedStatements: 1,
    multipleStatements: options.severalStatements === true,
    flags
  })
  // A connection tells of an error once more after the command that failed of it; nobody listening would end Node.
  connection.on("error", () => {})
  return { connection, inbox }
}

/**
 * Gathers what an encrypted connection reads, as `socket` does for one that is not: mysql2's listener gets whole
 * packets. Only once it is logged in.
 */
const gathered = (stream: Net.Socket): Inbox.Inbox => {
  const listeners = stream.listeners("data")
  const inbox = new Inbox.Inbox((packets) => {
    for (const listener of listeners) {
      Reflect.apply(listener, stream, [packets])
    }
  })
  stream.removeAllListeners("data")
  stream.on("data", (bytes) => inbox.add(bytes))
  return inbox
}

const wireOf = (inner: Inner, inbox: Inbox.Inbox, options: Transport.Options): Wire => {
  const connectionLost = broken("ConnectionLost", options, Option.isSome(Transport.agreed(inner.stream)))
  // A connection may break while nothing runs on it. Then the next command is only told that it is closed.
  let first: NodeJS.ErrnoException | undefined = undefined
  inner.once("error", (error) => {
    first = error
  })
  let buffer = new Uint8Array(0)
  const bufferFor = (length: number): Uint8Array => {
    if (buffer.length < length) {
      buffer = new Uint8Array(Math.ceil(length / sendBufferStep) * sendBufferStep)
    }
    const out = buffer.subarray(0, length)
    if (buffer.length > keptSendBuffer) {
      buffer = new Uint8Array(0)
    }
    return out
  }
  return {
    send: (body, handler, command = Protocol.COM_QUERY) => {
      const bytes = bufferFor(Protocol.framedLength(body))
      Protocol.frame(command, body, bytes)
      const { rows } = handler
      inner.addCommand({
        execute: (packet) => {
          if (packet === undefined) {
            inner._resetSequenceId()
            inner._bumpSequenceId(Protocol.packets(body))
            inbox.offer(
              rows === undefined ? undefined : (bytes, end) => {
                const { at, packets } = rows(bytes, end)
                inner._bumpSequenceId(packets)
                return at
              }
            )
            inner.write(bytes)
            return false
          }
          return handler.packet(packet.buffer, packet.offset, packet.end)
        },
        onResult: (error) => {
          buffer = new Uint8Array(0)
          inbox.offer(undefined)
          handler.lost(connectionLost(first ?? error))
        }
      })
    },
    readInto: (memory) => inbox.readInto(memory),
    pause: () => inner.stream.pause(),
    resume: () => inner.stream.resume(),
    destroy: () => inner.stream.destroy(),
    tls: Transport.agreed(inner.stream)
  }
}

const streamOf = (connection: Mysql.Connection): Net.Socket | undefined =>
  Predicate.hasProperty(connection, "stream") && isSocket(connection.stream) ? connection.stream : undefined

/** Whether it was, or was about to be: the driver's own settings are what holds in the end. */
const isEncrypted = (connection: Mysql.Connection): boolean => typeof connection.config.ssl === "object"

const isSocket = (stream: unknown): stream is Net.Socket =>
  Predicate.hasProperty(stream, "destroy") && Predicate.hasProperty(stream, "destroyed")

/** Says goodbye and waits for the server to close, for a while. */
const close = (connection: Mysql.Connection, loggedIn: boolean): Effect.Effect<void> =>
  Effect.suspend(() => {
    const stream = streamOf(connection)
    const drop = Effect.sync(() => stream === undefined ? connection.destroy() : stream.destroy())
    // mysql2 never answers `end` when the login failed.
    return !loggedIn || stream === undefined || stream.destroyed ? drop : Effect.async<void>((resume) => {
      stream.once("close", () => resume(Effect.void))
      stream.resume()
      connection.end()
    }).pipe(
      within(closesWithin),
      Effect.zipRight(drop)
    )
  })

/**
 * Connects and logs in. The connection is closed when the scope closes.
 *
 * @internal
 */
export const open = (options: Transport.Options): Effect.Effect<Wire, MysqlError.MysqlError, Scope.Scope> =>
  Effect.gen(function*() {
    let loggedIn = false
    const driver = yield* Transport.driver(options)
    // Only made here, and waited for below: what acquires cannot be interrupted.
    const { connection, inbox } = yield* Effect.acquireRelease(
      Effect.try({
        try: () => create(options, driver),
        catch: (error) => MysqlError.make("Connect", error instanceof Error ? error.message : String(error))
      }),
      ({ connection }) => close(connection, loggedIn)
    )
    yield* Effect.async<void, MysqlError.MysqlError>((resume) =>
      connection.connect((error) =>
        resume(error === null ? Effect.void : Effect.fail(broken("Connect", options, isEncrypted(connection))(error)))
      )
    )
    loggedIn = true
    if (!isInner(connection)) return yield* Effect.dieMessage("mysql2 is not the version that this was written for")
    const reads = Option.isSome(Transport.agreed(connection.stream)) ? gathered(connection.stream) : inbox
    // While logging in mysql2 keeps views on packets: the salt of the password is one.
    reads.lend()
    return wireOf(connection, reads, options)
  })
