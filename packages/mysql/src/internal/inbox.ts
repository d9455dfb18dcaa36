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
 * Takes packets before anybody else sees them: whole ones, with their headers, from the start of `bytes`. Gives where
 * the first one that it leaves begins, whole or not. The bytes are lent for the time of the call.
 *
 * @internal
 */
export type Take = (bytes: Buffer, end: number) => number

/**
 * Gathers bytes until packets are whole. mysql2 keeps views on the bytes of a packet that is not, so it never gets one.
 *
 * @internal
 */
export class Inbox {
  private buffer: Buffer
  /** What is read into, once it is said, unless a packet does not fit. */
  private home: Buffer | undefined = undefined
  /** How many bytes of the buffer wait for the rest of their packet. */
  private waiting = 0
  /** The last packet was full, so that the next one belongs to it. */
  private continues = false
  private lends = false
  private take: Take | undefined = undefined

  /** `give` takes whole packets, one or several. */
  constructor(private readonly give: (packets: Buffer) => void, private readonly sizes: Sizes = defaultSizes) {
    this.buffer = Buffer.allocUnsafeSlow(sizes.window)
  }

  /** From now on the bytes are lent for the time of the call. Until then they are not used again. */
  lend(): void {
    this.lends = true
  }

  /**
   * From what is received next on, this is read into: a socket has had its room for that already. Only for bytes that
   * are lent.
   */
  readInto(memory: Uint8Array): void {
    this.home = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength)
  }

  /** From now on packets are offered to `take` first, or to nobody. */
  offer(take: Take | undefined): void {
    this.take = take
  }

  /** Where the next bytes are to be written; never empty. */
  get room(): Uint8Array {
    return this.buffer.subarray(
      this.waiting,
      this.buffer === this.home ? this.waiting + this.sizes.window : this.buffer.length
    )
  }

  /** Takes bytes that were read somewhere else. */
  add(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const { room } = this
      const part = bytes.subarray(from, from + room.length)
      room.set(part)
      this.received(part.length)
      from += part.length
    }
  }

  /** Says that so many bytes were written into the room. */
  received(count: number): void {
    const { buffer } = this
    const end = this.waiting + count
    // what others take is not a part of a larger packet
    const from = this.take === undefined || this.continues ? 0 : this.take(buffer, end)
    let at = from
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
    if (at > from) {
      this.give(buffer.subarray(from, at))
    }
    this.buffer = this.next(buffer, size, at > from && keeps)
    if (at > 0 || this.buffer !== buffer) {
      this.buffer.set(buffer.subarray(at, end), 0)
    }
    this.waiting = end - at
  }

  /** What is read into now, for a packet of that size. What is kept must not be written to. */
  private next(buffer: Buffer, size: number, kept: boolean): Buffer {
    if (this.home !== undefined && size <= this.home.length && !(kept && buffer === this.home) && !this.continues) {
      return this.home
    }
    return kept || size > buffer.length || (buffer.length > this.sizes.kept && size <= this.sizes.kept)
      ? Buffer.allocUnsafeSlow(this.sizeFor(size))
      : buffer
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
