/**
 * A server that speaks just enough of the protocol to greet, to be logged in to, and to answer as a test says, also in
 * ways that no honest server would.
 */
import * as Net from "node:net"
import * as Tls from "node:tls"

import { Effect, Redacted } from "effect"

import type { Pair } from "./certificates.js"

/** What a server answers: the payloads of packets. */
export type Answer = ReadonlyArray<Uint8Array>

export interface Behaviour {
  /** With what it encrypts; without it, it offers no TLS. */
  readonly tls?: (Pair & Tls.SecureContextOptions) | undefined
  /** The plugin that its greeting names. */
  readonly plugin?: string | undefined
  /** Answers the client's answer to the greeting: an OK, unless told otherwise. */
  readonly login?: Answer | undefined
  /** Answers what comes after that in the login, one after the other. */
  readonly then?: ReadonlyArray<Answer> | undefined
  /** Answers a statement. */
  readonly statement?: ((sql: string) => Answer) | undefined
}

export interface FakeServer {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: Redacted.Redacted
  /** All that clients sent as it went over the wire, each connection by itself. */
  readonly wire: ReadonlyArray<Buffer>
  /** The payloads of all packets that clients sent, decrypted if need be. */
  readonly packets: ReadonlyArray<Buffer>
}

const text = (value: string) => Buffer.from(value, "latin1")
const counted = (value: string) => Buffer.concat([Buffer.from([value.length]), text(value)])

const salt = text("abcdefgh12345678ABCD")

const CLIENT_SSL = 0x0800
/** Long flags, protocol of 4.1, transactions, secure connections; plugins and their data. */
const capabilities = 0x0004 | 0x0200 | 0x2000 | 0x8000 | (0x0008 << 16) | (0x0020 << 16)

const greeting = ({ plugin = "mysql_native_password", tls }: Behaviour) => {
  const offered = tls === undefined ? capabilities : capabilities | CLIENT_SSL
  const lower = Buffer.alloc(2)
  lower.writeUInt16LE(offered & 0xffff)
  const upper = Buffer.alloc(2)
  upper.writeUInt16LE(offered >>> 16)
  return Buffer.concat([
    Buffer.from([10]),
    text("8.0.0-fake\0"),
    Buffer.from([7, 0, 0, 0]),
    salt.subarray(0, 8),
    Buffer.from([0]),
    lower,
    Buffer.from([45, 2, 0]),
    upper,
    Buffer.from([21]),
    Buffer.alloc(10),
    salt.subarray(8),
    Buffer.from([0]),
    text(`${plugin}\0`)
  ])
}

/** Nothing to tell, and it went well. */
export const ok: Uint8Array = Uint8Array.from([0, 0, 0, 2, 0, 0, 0])

/** Asks for a file of the client. */
export const wantsFile = (path: string): Uint8Array => Buffer.concat([Buffer.from([0xfb]), text(path)])

/** Wants to be logged in to in another way. */
export const wantsPlugin = (plugin: string): Uint8Array =>
  Buffer.concat([Buffer.from([0xfe]), text(`${plugin}\0`), salt, Buffer.from([0])])

const end = Buffer.from([0xfe, 0, 0, 2, 0])

/** One row of texts, with the names of its columns. */
export const row = (values: Readonly<Record<string, string>>): Answer => [
  Buffer.from([Object.keys(values).length]),
  ...Object.keys(values).map((name) =>
    Buffer.concat([
      counted("def"),
      Buffer.from([0, 0, 0]),
      counted(name),
      Buffer.from([0, 12, 45, 0, 0, 4, 0, 0, 253, 0, 0, 0, 0, 0])
    ])
  ),
  end,
  Buffer.concat(Object.values(values).map(counted)),
  end
]

/** The payloads in what has come so far, and what is left of it. */
const split = (bytes: Buffer): { readonly payloads: ReadonlyArray<Buffer>; readonly rest: Buffer } => {
  const payloads: Array<Buffer> = []
  let at = 0
  while (bytes.length - at >= 4 && bytes.length - at - 4 >= bytes.readUIntLE(at, 3)) {
    const size = bytes.readUIntLE(at, 3)
    payloads.push(bytes.subarray(at + 4, at + 4 + size))
    at += 4 + size
  }
  return { payloads, rest: bytes.subarray(at) }
}

interface Seen {
  readonly sent: (bytes: Buffer) => void
  readonly packet: (payload: Buffer) => void
}

const asksForTls = (bytes: Buffer) => bytes.length >= 36 && bytes.readUIntLE(0, 3) === 32

const encrypted = (socket: Net.Socket, { certificate, ...tls }: Pair & Tls.SecureContextOptions, begun: Buffer) => {
  socket.pause()
  if (begun.length > 0) socket.unshift(begun)
  const secure = new Tls.TLSSocket(socket, { isServer: true, cert: certificate, ...tls })
  secure.on("error", () => socket.destroy())
  return secure
}

const serve = (socket: Net.Socket, behaviour: Behaviour, seen: Seen) => {
  let number = 0
  let phase: "greeted" | "login" | "statements" = "greeted"
  const steps = [...(behaviour.then ?? [])]
  const send = (through: Net.Socket, answer: Answer) => {
    for (const payload of answer) {
      through.write(
        Buffer.concat([Buffer.from([payload.length & 0xff, payload.length >> 8, 0, number & 0xff]), payload])
      )
      number += 1
    }
  }
  const take = (through: Net.Socket, payload: Buffer) => {
    seen.packet(payload)
    if (phase === "statements") {
      number = 1
      if (payload[0] === 3) return send(through, behaviour.statement?.(payload.subarray(1).toString("latin1")) ?? [ok])
      if (payload[0] === 1) return void through.end()
      // an empty packet ends a file
      if (payload.length === 0) {
        number = 3
        send(through, [ok])
      }
      return
    }
    number += 1
    const answer = phase === "greeted" ? behaviour.login ?? [ok] : steps.shift() ?? [ok]
    phase = answer.some((packet) => packet[0] === 0) ? "statements" : "login"
    send(through, answer)
  }
  const listen = (through: Net.Socket) => {
    let left: Buffer = Buffer.alloc(0)
    const onData = (bytes: Buffer) => {
      if (through === socket) seen.sent(bytes)
      left = Buffer.concat([left, bytes])
      // a packet of 32 bytes in the place of the login asks for TLS
      if (phase === "greeted" && through === socket && behaviour.tls !== undefined && asksForTls(left)) {
        number += 1
        socket.removeListener("data", onData)
        return listen(encrypted(socket, behaviour.tls, left.subarray(36)))
      }
      const { payloads, rest } = split(left)
      left = rest
      payloads.forEach((payload) => take(through, payload))
    }
    through.on("data", onData)
  }
  listen(socket)
  send(socket, [greeting(behaviour)])
}

/** Starts one. It ends with the scope. */
export const make = (behaviour: Behaviour) =>
  Effect.gen(function*() {
    const sockets = new Set<Net.Socket>()
    const wire: Array<Buffer> = []
    const packets: Array<Buffer> = []
    const listening = yield* Effect.acquireRelease(
      Effect.async<Net.Server>((resume) => {
        const server = Net.createServer((socket) => {
          sockets.add(socket)
          const index = wire.push(Buffer.alloc(0)) - 1
          socket.on("error", () => {})
          serve(socket, behaviour, {
            sent: (bytes) => {
              wire[index] = Buffer.concat([wire[index] ?? Buffer.alloc(0), bytes])
            },
            packet: (payload) => void packets.push(Buffer.from(payload))
          })
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resume(Effect.void))
        })
    )
    const address = listening.address()
    const server: FakeServer = {
      host: "127.0.0.1",
      port: address !== null && typeof address === "object" ? address.port : 0,
      user: "somebody",
      password: Redacted.make("R1ght-and-secret"),
      wire,
      packets
    }
    return server
  })
