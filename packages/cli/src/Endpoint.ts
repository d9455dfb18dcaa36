/**
 * Where a server listens.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { isLocal } from "./internal/local.js"

/**
 * - `Tcp`: a host and a port
 * - `Socket`: the path of a Unix socket
 * - `Local`: the socket of this machine, wherever it is; {@link resolve} looks for it
 *
 * @since 0.1.0
 * @category models
 */
export const Endpoint = Schema.Union(
  Schema.TaggedStruct("Tcp", { host: Schema.String, port: Schema.Number }),
  Schema.TaggedStruct("Socket", { path: Schema.String }),
  Schema.TaggedStruct("Local", { port: Schema.Number })
)

/**
 * @since 0.1.0
 * @category models
 */
export type Endpoint = typeof Endpoint.Type

/**
 * Where servers of this machine usually have their socket.
 *
 * @since 0.1.0
 * @category constants
 */
export const usualSockets: ReadonlyArray<string> = [
  "/run/mysqld/mysqld.sock",
  "/var/run/mysqld/mysqld.sock",
  "/var/lib/mysql/mysql.sock",
  "/tmp/mysql.sock"
]

/** The port that a port of 0 stands for. */
const usualPort = 3306

/**
 * What host, port, socket and protocol mean together, as with every MySQL program: a host other than `localhost` means
 * TCP, no host or `localhost` means the socket, and the protocol wins over both.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromOptions = (options: {
  readonly host?: string | undefined
  readonly port: number
  readonly socket?: string | undefined
  readonly protocol?: "tcp" | "socket" | undefined
}): Endpoint => {
  const { host, protocol, socket } = options
  const port = options.port === 0 ? usualPort : options.port
  if (protocol === "tcp" || (protocol === undefined && !isLocal(host))) {
    return { _tag: "Tcp", host: host === undefined || host === "" ? "127.0.0.1" : host, port }
  }
  return socket === undefined ? { _tag: "Local", port } : { _tag: "Socket", path: socket }
}

/**
 * Looks for the socket of this machine. When there is none, the server is taken to listen on the port of 127.0.0.1, as it
 * does in a container.
 *
 * @since 0.1.0
 * @category combinators
 */
export const resolve = (
  endpoint: Endpoint
): Effect.Effect<Exclude<Endpoint, { readonly _tag: "Local" }>, never, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    if (endpoint._tag !== "Local") return endpoint
    const fs = yield* FileSystem.FileSystem
    for (const path of usualSockets) {
      if (yield* Effect.orElseSucceed(fs.exists(path), () => false)) return { _tag: "Socket", path }
    }
    return { _tag: "Tcp", host: "127.0.0.1", port: endpoint.port }
  })
