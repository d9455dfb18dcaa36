import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"

import * as Inbox from "../../packages/mysql/src/internal/inbox.js"
import * as Protocol from "../../packages/mysql/src/internal/protocol.js"

const sizes: Inbox.Sizes = { window: 16, kept: 64 }

const packet = (payload: Uint8Array, sequence: number): Buffer =>
  Buffer.concat([
    Buffer.of(payload.length & 0xff, (payload.length >> 8) & 0xff, payload.length >> 16, sequence),
    payload
  ])

/** Writes bytes as a socket would: at most `most` at once, and never more than there is room. */
const feed = (inbox: Inbox.Inbox, bytes: Uint8Array, cuts: ReadonlyArray<number>): void => {
  let at = 0
  for (let turn = 0; at < bytes.length; turn++) {
    const { room } = inbox
    assert.isAbove(room.length, 0)
    const part = bytes.subarray(at, at + Math.min(room.length, cuts[turn % cuts.length] ?? 1))
    room.set(part)
    inbox.received(part.length)
    at += part.length
  }
}

/** Takes the packets apart that stand in `bytes`; it holds whole ones only. */
const payloads = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const found: Array<Uint8Array> = []
  let at = 0
  while (at < bytes.length) {
    const end = at + Protocol.HEADER + Protocol.payloadLength(bytes, at)
    assert.isAtMost(end, bytes.length, "a packet was cut")
    found.push(new Uint8Array(bytes.subarray(at + Protocol.HEADER, end)))
    at = end
  }
  return found
}

describe("Inbox", () => {
  it("gives whole packets, all of them and in order, however the bytes come", () => {
    fc.assert(fc.property(
      fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      (contents, cuts, lends) => {
        const seen: Array<Uint8Array> = []
        const given: Array<Uint8Array> = []
        const inbox = new Inbox.Inbox((packets) => {
          seen.push(...payloads(packets))
          given.push(packets)
        }, sizes)
        if (lends) {
          inbox.lend()
        }
        feed(inbox, Buffer.concat(contents.map(packet)), cuts)
        assert.deepStrictEqual(seen.map((one) => Array.from(one)), contents.map((one) => Array.from(one)))
        if (!lends) {
          // what was not lent stays as it was
          assert.deepStrictEqual(given.flatMap(payloads), seen)
        }
      }
    ))
  })

  it("leaves alone what it gave of a row that is larger than a packet", () => {
    const given: Array<Buffer> = []
    const inbox = new Inbox.Inbox((packets) => given.push(packets))
    inbox.lend()
    const full = Buffer.alloc(Protocol.MAX_PAYLOAD, "f")
    feed(inbox, Buffer.concat([packet(full, 0), packet(Buffer.from("the rest"), 1)]), [1 << 20])
    const [first, second] = given
    assert.isDefined(first)
    assert.isDefined(second)
    // many small rows, which would overwrite them
    feed(inbox, Buffer.concat(Array.from({ length: 100_000 }, (_, i) => packet(Buffer.from("row"), i & 0xff))), [
      1 << 20
    ])
    assert.isTrue(full.equals(first.subarray(Protocol.HEADER)))
    assert.strictEqual(second.toString("latin1", Protocol.HEADER, Protocol.HEADER + 8), "the rest")
  })

  it("lets go of the memory of a large packet", () => {
    const inbox = new Inbox.Inbox(() => {}, sizes)
    inbox.lend()
    feed(inbox, packet(Buffer.alloc(1000), 0), [1000])
    feed(inbox, packet(Buffer.alloc(3), 0), [7])
    assert.isAtMost(inbox.room.length, sizes.kept)
  })
})
