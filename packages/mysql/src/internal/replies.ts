/**
 * The order in which the packets of an answer come.
 *
 * @internal
 */
import * as Protocol from "./protocol.js"

/**
 * Who takes the parts of an answer. The bytes are lent for the time of the call.
 *
 * @internal
 */
export interface Receiver {
  /** A result set begins. */
  readonly columns: (count: number) => void
  readonly column: (bytes: Uint8Array, start: number, end: number) => void
  readonly row: (bytes: Uint8Array, start: number, end: number) => void
  /** A statement without rows, or the end of the rows. */
  readonly ended: (ending: Protocol.Ending) => void
  readonly refused: (refusal: Protocol.Refusal) => void
  /** The server asks for a file of ours. Nobody asked it to, and it cannot be answered. */
  readonly asksForFile: () => void
}

/**
 * Follows one answer, packet by packet.
 *
 * @internal
 */
export class Replies {
  private state: "Start" | "Columns" | "Rows" = "Start"
  private columnsLeft = 0
  /** Whether the server waits for what it will not get, so that the connection is of no more use. */
  stuck = false

  constructor(private readonly receiver: Receiver) {}

  /** Whether what comes now are rows, until a packet that is none. */
  get readsRows(): boolean {
    return this.state === "Rows"
  }

  /** Takes a packet, and says whether it was the last one. */
  packet(bytes: Uint8Array, start: number, end: number): boolean {
    const first = bytes[start]
    if (this.state === "Rows") {
      if (first === Protocol.EOF && end - start < Protocol.EOF_MAX_LENGTH) {
        return this.end(Protocol.readEof(bytes, start, end))
      }
      if (first === Protocol.ERR) {
        return this.refuse(bytes, start, end)
      }
      this.receiver.row(bytes, start, end)
      return false
    }
    if (first === Protocol.ERR) {
      return this.refuse(bytes, start, end)
    }
    if (this.state === "Columns") {
      if (this.columnsLeft === 0) {
        this.state = "Rows" // this packet is the EOF behind the columns
      } else {
        this.columnsLeft -= 1
        this.receiver.column(bytes, start, end)
      }
      return false
    }
    if (first === Protocol.OK) {
      return this.end(Protocol.readOk(bytes, start, end))
    }
    if (first === Protocol.LOCAL_INFILE) {
      this.stuck = true
      this.receiver.asksForFile()
      return false
    }
    this.columnsLeft = new Protocol.PacketReader(bytes, start, end).integer() ?? 0
    this.state = "Columns"
    this.receiver.columns(this.columnsLeft)
    return false
  }

  private end(ending: Protocol.Ending): boolean {
    this.state = "Start"
    this.receiver.ended(ending)
    return !ending.moreResults
  }

  private refuse(bytes: Uint8Array, start: number, end: number): boolean {
    this.receiver.refused(Protocol.readError(bytes, start, end))
    return true
  }
}
