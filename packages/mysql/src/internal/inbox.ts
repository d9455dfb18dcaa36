/**
 * What a socket reads, in one buffer that is used again, given on as whole packets.
 *
 * Node makes a buffer of 64 KB for each read. At the speed of a dump these are gigabytes of garbage outside of the
 * heap, which the collector lets grow to half a memory budget before it looks at them.
 *
 * @internal
 */
import * as Protocol from "./protocol.js"

/**
 * Sizes in bytes that nothing but speed and memory depend on.
 *
 * @internal
 */
export interface Sizes {
  /** What is read at once. */
  readonly window: number
  /** A buffer beyond this, made for a large packet, is not kept. */
  readonly kept: number
}

/** @internal */
export const defaultSizes: Sizes = { window: 1 << 17, kept: 1 << 20 }

/**
 * Gathers bytes until packets are whole. mysql2 keeps views on the bytes of a packet that is not, so it never gets one.
 *
 * @internal
 */
export class Inbox {
  private buffer: Buffer
  /** How many bytes of the buffer wait for the rest of their packet. */
  private waiting = 0
  /** The last packet was full, so that the next one belongs to it. */
  private continues = false
  private lends = false

  /** `give` takes whole packets, one or several. */
  constructor(private readonly give: (packets: Buffer) => void, private readonly sizes: Sizes = defaultSizes) {
    this.buffer = Buffer.allocUnsafeSlow(sizes.window)
  }

  /** From now on the bytes are lent for the time of the call. Until then they are not used again. */
  lend(): void {
    this.lends = true
  }

  /** Where the next bytes are to be written; never empty. */
  get room(): Uint8Array {
    return this.buffer.subarray(this.waiting)
  }

  /** Says that so many bytes were written into the room. */
  received(count: number): void {
    const { buffer } = this
    const end = this.waiting + count
    let at = 0
    let keeps = !this.lends
    let size = Protocol.HEADER
    while (end - at >= Protocol.HEADER) {
      const payload = Protocol.payloadLength(buffer, at)
      if (end - at < Protocol.HEADER + payload) {
        size = Protocol.HEADER + payload
        break
      }
      const continued = this.continues
      this.continues = payload === Protocol.MAX_PAYLOAD
      // mysql2 keeps the parts of a packet that goes on in the next one, as views.
      keeps = keeps || continued || this.continues
      at += Protocol.HEADER + payload
    }
    if (at > 0) {
      this.give(buffer.subarray(0, at))
    }
    this.buffer =
      (at > 0 && keeps) || size > buffer.length || (buffer.length > this.sizes.kept && size <= this.sizes.kept)
        ? Buffer.allocUnsafeSlow(this.sizeFor(size))
        : buffer
    if (at > 0 || this.buffer !== buffer) {
      this.buffer.set(buffer.subarray(at, end), 0)
    }
    this.waiting = end - at
  }

  /** Doubles, so that rows that grow bit by bit do not make a buffer each. */
  private sizeFor(packet: number): number {
    let size = this.sizes.window
    while (size < packet && size < this.sizes.kept) {
      size *= 2
    }
    return Math.max(size, packet)
  }
}
