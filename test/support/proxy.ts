/**
 * Proxies in front of a server: one that holds statements back until something has happened, and one that listens.
 */
import * as Net from "node:net"

import type { ScratchServer } from "@sluice/testing"
import { Effect, Runtime } from "effect"

/**
 * Decides when the bytes that a client sends, which are a whole statement or less, may go on. `answered` lets them go
 * on and waits for the server's answer.
 */
export type Hold = (statement: string, pass: Effect.Effect<void>, answered: Effect.Effect<void>) => Effect.Effect<void>

/** The server's greeting, but that it offers no TLS: what somebody in between may do, too. */
const withoutTls = (greeting: Buffer): Buffer => {
  const capabilities = greeting.indexOf(0, 5) + 14
  const changed = Buffer.from(greeting)
  changed.writeUInt16LE(changed.readUInt16LE(capabilities) & ~0x0800, capabilities)
  return changed
}

/** Stands on a port of this machine until the scope closes, and connects to the server for each client. */
const between = (
  server: ScratchServer.ScratchServer,
  meet: (client: Net.Socket, upstream: Net.Socket) => void
) =>
  Effect.gen(function*() {
    const sockets = new Set<Net.Socket>()
    const proxy = yield* Effect.acquireRelease(
      Effect.async<Net.Server>((resume) => {
        const listening = Net.createServer((client) => {
          const upstream = Net.connect(server.port, server.host)
          for (const socket of [client, upstream]) {
            sockets.add(socket)
            socket.on("error", () => {})
          }
          meet(client, upstream)
          client.on("close", () => upstream.destroy())
          upstream.on("close", () => client.destroy())
        })
        listening.listen(0, "127.0.0.1", () => resume(Effect.succeed(listening)))
      }),
      (listening) =>
        Effect.async<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          listening.close(() => resume(Effect.void))
        })
    )
    const address = proxy.address()
    return { ...server, port: address !== null && typeof address === "object" ? address.port : 0 }
  })

/** Gives on what the server says, the greeting as it is or without its offer. */
const answers = (client: Net.Socket, upstream: Net.Socket, stripsTls: boolean, heard: (bytes: Buffer) => void) => {
  let greeted = !stripsTls
  upstream.on("data", (bytes) => {
    const passed = greeted ? bytes : withoutTls(bytes)
    greeted = true
    heard(passed)
    client.write(passed)
  })
}

/** It reads statements, so that it lets nobody encrypt them. */
export const make = (server: ScratchServer.ScratchServer, hold: Hold) =>
  Effect.gen(function*() {
    const run = Runtime.runPromise(yield* Effect.runtime())
    return yield* between(server, (client, upstream) => {
      let last = Promise.resolve()
      client.on("data", (bytes) => {
        const pass = Effect.sync(() => void upstream.write(bytes))
        const answered = Effect.async<void>((resume) => {
          upstream.once("data", () => resume(Effect.void))
          upstream.write(bytes)
        })
        last = last.then(() => run(hold(bytes.toString("latin1"), pass, answered)))
      })
      answers(client, upstream, true, () => {})
    })
  })

/** Somebody in between who listens, and may take away the server's offer to encrypt. `heard` is all of both sides. */
export const listener = (server: ScratchServer.ScratchServer, how: { readonly stripsTls: boolean }) =>
  Effect.gen(function*() {
    const parts: Array<Buffer> = []
    const proxied = yield* between(server, (client, upstream) => {
      client.on("data", (bytes) => {
        parts.push(bytes)
        upstream.write(bytes)
      })
      answers(client, upstream, how.stripsTls, (bytes) => void parts.push(bytes))
    })
    return { ...proxied, heard: () => Buffer.concat(parts) }
  })
