import * as Net from "node:net"

import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** @internal */
export class NoFreePort extends Data.TaggedError("NoFreePort")<{ readonly message: string }> {}

/**
 * A port of 127.0.0.1 that nobody listens on. Another program may take it before it is used.
 *
 * @internal
 */
export const freePort: Effect.Effect<number, NoFreePort> = Effect.async((resume) => {
  const server = Net.createServer()
  server.once("error", ({ message }) => resume(Effect.fail(new NoFreePort({ message }))))
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() =>
      resume(
        typeof address === "object" && address !== null
          ? Effect.succeed(address.port)
          : Effect.fail(new NoFreePort({ message: "the system gave no port" }))
      )
    )
  })
  return Effect.sync(() => server.close())
})

/**
 * Whether a server greets on its unix socket, that is, whether it takes connections: the first packet of a MySQL
 * server is its greeting, whose body starts with the protocol version 10 (an error packet starts with 255).
 * A server opens its TCP port before its socket, so a greeting here also says that the port is its own.
 *
 * @internal
 */
export const greets = (socket: string): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const connection = Net.createConnection({ path: socket })
    let received = Buffer.alloc(0)
    const end = (answer: boolean) => {
      connection.destroy()
      resume(Effect.succeed(answer))
    }
    connection.on("error", () => end(false))
    connection.on("close", () => end(false))
    connection.on("data", (bytes) => {
      received = Buffer.concat([received, bytes])
      if (received.length >= 5) end(received[4] === 10)
    })
    return Effect.sync(() => connection.destroy())
  })
