/**
 * A proxy in front of a server that holds statements back until something has happened.
 */
import * as Net from "node:net"

import type { ScratchServer } from "@sluice/testing"
import { Effect, Runtime } from "effect"

/**
 * Decides when the bytes that a client sends, which are a whole statement or less, may go on. `answered` lets them go
 * on and waits for the server's answer.
 */
export type Hold = (statement: string, pass: Effect.Effect<void>, answered: Effect.Effect<void>) => Effect.Effect<void>

/** Its port on this machine. It closes with the scope. */
export const make = (server: ScratchServer.ScratchServer, hold: Hold) =>
  Effect.gen(function*() {
    const run = Runtime.runPromise(yield* Effect.runtime())
    const sockets = new Set<Net.Socket>()
    const proxy = yield* Effect.acquireRelease(
      Effect.async<Net.Server>((resume) => {
        const listening = Net.createServer((client) => {
          const upstream = Net.connect(server.port, server.host)
          for (const socket of [client, upstream]) {
            sockets.add(socket)
            socket.on("error", () => {})
          }
          let last = Promise.resolve()
          client.on("data", (bytes) => {
            const pass = Effect.sync(() => void upstream.write(bytes))
            const answered = Effect.async<void>((resume) => {
              upstream.once("data", () => resume(Effect.void))
              upstream.write(bytes)
            })
            last = last.then(() => run(hold(bytes.toString("latin1"), pass, answered)))
          })
          upstream.on("data", (bytes) => void client.write(bytes))
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
