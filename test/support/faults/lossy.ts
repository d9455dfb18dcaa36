/**
 * A proxy in front of a server that loses connections at an exact byte of an exact answer, so that no test waits for
 * the moment.
 */
import * as Net from "node:net"

import type { ScratchServer } from "@sluice/testing"
import { Effect, Runtime } from "effect"

/** A connection through the proxy. */
export interface Link {
  /** Cuts it off, on both sides. */
  readonly lose: Effect.Effect<void>
  /** Answers in the server's place. */
  readonly say: (bytes: Uint8Array) => Effect.Effect<void>
}

/**
 * What happens to the answer of a statement: nothing, or it is let through up to so many bytes, and then held back
 * until something is done. What is held back does not come any more if that loses the link.
 */
export type Fate = { readonly after: number; readonly then: Effect.Effect<void> } | undefined

/** Asked for each statement that a client sends. */
export type Decide = (statement: string, link: Link) => Fate

/**
 * The server as it is seen through the proxy, which closes with the scope. `reword` puts other statements of the same
 * length in the place of those that a client sends.
 */
export const make = (
  server: ScratchServer.ScratchServer,
  decide: Decide,
  reword: (statement: string) => string = (statement) => statement
) =>
  Effect.gen(function*() {
    const run = Runtime.runPromise(yield* Effect.runtime())
    const sockets = new Set<Net.Socket>()
    const proxy = yield* Effect.acquireRelease(
      Effect.async<Net.Server>((resume) => {
        const listening = Net.createServer((client) => {
          const upstream = Net.connect(server.port, server.host)
          const both = [client, upstream]
          for (const socket of both) {
            sockets.add(socket)
            socket.on("error", () => {})
          }
          const link: Link = {
            lose: Effect.sync(() => both.forEach((socket) => socket.destroy())),
            say: (bytes) => Effect.sync(() => void client.write(bytes))
          }
          let fate: Fate
          let seen = 0
          /** What is still to come of a statement that comes in parts. */
          let rest = 0
          client.on("data", (bytes) => {
            const statement = bytes.toString("latin1")
            if (rest <= 0) {
              rest = 4 + bytes.readUIntLE(0, 3)
              fate = decide(statement, link)
              seen = 0
            }
            rest -= bytes.length
            upstream.write(Buffer.from(reword(statement), "latin1"))
          })
          upstream.on("data", (bytes) => {
            seen += bytes.length
            if (fate === undefined || seen <= fate.after) {
              if (!client.write(bytes)) {
                upstream.pause()
                client.once("drain", () => upstream.resume())
              }
              return
            }
            const { then } = fate
            fate = undefined
            upstream.pause()
            void run(then).then(() => {
              if (!client.destroyed) client.write(bytes)
              upstream.resume()
            })
          })
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
    const seen: ScratchServer.ScratchServer = {
      ...server,
      port: address !== null && typeof address === "object" ? address.port : 0
    }
    return seen
  })

/** The server as it is seen by who waits a second for each lock, however long he means to wait. */
export const impatient = (server: ScratchServer.ScratchServer) =>
  make(server, () => undefined, (statement) =>
    statement.replace(
      /\b(lock_wait_timeout = )(\d+)/g,
      (_, setting: string, seconds: string) => `${setting}${"1".padEnd(seconds.length)}`
    ))

/** Whether a statement reads the rows of a table of `shop`. */
export const reads = (statement: string, table: string): boolean =>
  /^.{4}\x03SELECT /s.test(statement) && statement.includes(` FROM \`shop\`.\`${table}\``) &&
  statement.includes("SQL_NO_CACHE")
