/**
 * The floor: asks for the rows of all statements of a file over so many connections, and throws them away.
 *
 * This is a program of its own, with as little as possible around the sockets: what is faster than it can only be
 * so by reading less. It looks at the heads of packets, to know where an answer ends, and at nothing else.
 *
 *     node floor.js SOCKET CONNECTIONS FILE
 */
import * as Fs from "node:fs"
import type * as Net from "node:net"

import * as Mysql from "mysql2"

const [socketPath = "", connections = "1", file = ""] = process.argv.slice(2)

const fail = (why: string): never => {
  process.stderr.write(`${why}\n`)
  process.exit(1)
}

const statements = Fs.readFileSync(file, "latin1").split("\n").filter((line) => line.length > 0)

/** The largest packet; the next one goes on with what is in it. */
const full = 0xffffff

/** Finds the end of one answer: the second packet that is an EOF. An error ends the program. */
class Answer {
  /** Bytes of the packet under way that are still to come. */
  private left = 0
  /** The head of a packet, and the first byte of what is in it. */
  private readonly head = Buffer.alloc(5)
  private headLength = 0
  private ends = 0
  private continues = false

  /** Whether the answer is at its end. */
  take(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length;) {
      if (this.left > 0) {
        const step = Math.min(this.left, bytes.length - at)
        this.left -= step
        at += step
      } else {
        this.head[this.headLength++] = bytes[at++] ?? 0
        if (this.headLength === 4 && this.head.readUIntLE(0, 3) === 0) {
          this.headLength = 0
          this.continues = false
        } else if (this.headLength === 5) {
          this.begin(this.head.readUIntLE(0, 3), this.head[4] ?? 0)
        }
      }
      if (this.left === 0 && this.ends === 2) return true
    }
    return false
  }

  private begin(length: number, first: number): void {
    this.headLength = 0
    this.left = length - 1
    if (!this.continues && length === 5 && first === 0xfe) this.ends += 1
    if (!this.continues && first === 0xff) fail("the server refused a statement")
    this.continues = length === full
  }
}

const isSocket = (stream: unknown): stream is Net.Socket =>
  typeof stream === "object" && stream !== null && "removeAllListeners" in stream

let open = Number(connections)

const work = (socket: Net.Socket): void => {
  const next = (): void => {
    const sql = statements.shift()
    if (sql === undefined) {
      socket.destroy()
      open -= 1
      return
    }
    const answer = new Answer()
    const text = Buffer.from(sql, "latin1")
    const query = Buffer.alloc(5 + text.length)
    query.writeUIntLE(text.length + 1, 0, 3)
    query[4] = 3
    text.copy(query, 5)
    socket.removeAllListeners("data")
    socket.on("data", (bytes) => {
      if (typeof bytes !== "string" && answer.take(bytes)) next()
    })
    socket.write(query)
  }
  next()
}

for (let i = 0; i < Number(connections); i++) {
  const connection = Mysql.createConnection({
    socketPath,
    user: "root",
    flags: ["-CLIENT_QUERY_ATTRIBUTES", "-SESSION_TRACK"]
  })
  // closing the socket is an error to mysql2; one that is lost leaves its work undone, which is looked at below
  connection.on("error", () => {})
  connection.connect((error) => {
    if (error !== null || !("stream" in connection) || !isSocket(connection.stream)) {
      return fail(`cannot connect: ${error?.message}`)
    }
    work(connection.stream)
  })
}

process.on("exit", () => {
  // a connection that was lost leaves its statement unread
  if (open > 0) process.exitCode = 1
})
