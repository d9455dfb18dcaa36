import { assert, describe, it } from "@effect/vitest"
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import { FastCheck as fc, Option } from "effect"

import * as Inbox from "../../packages/mysql/src/internal/inbox.js"
import * as Kernel from "../../packages/mysql/src/internal/kernel.js"
import * as Protocol from "../../packages/mysql/src/internal/protocol.js"
import * as RowText from "../../packages/mysql/src/internal/rowText.js"
import * as Transcode from "../../packages/mysql/src/internal/transcode.js"
import * as rowPackets from "../support/rowPackets.js"

const head = Row.insertHead({ table: "t", columns: ["a"] })

/** Buffers that are too small for most rows, for some, and for none. */
const kernels = [300, 5000, 1 << 21].map((buffer) => Option.getOrThrow(Kernel.make(buffer)))

/** The way of the rows from a socket to pieces, as a connection has it. */
const transcode = (options: {
  readonly kinds: ReadonlyArray<Row.Encoding>
  readonly statementSize: number
  readonly kernel: Kernel.Kernel | undefined
  readonly sizes: Transcode.Sizes
  readonly bytes: Uint8Array
  readonly cuts: ReadonlyArray<number>
}) => {
  const { bytes, cuts, kernel, sizes } = options
  const transcoder = new Transcode.Transcoder({ head, ...options }, sizes, new Transcode.Spares(kernel))
  let together = 0
  // one by one, and joined where they are parts of one: as mysql2 does it
  let parts: Array<Uint8Array> = []
  const inbox = new Inbox.Inbox((packets) => {
    for (let at = 0; at < packets.length;) {
      const length = Protocol.payloadLength(packets, at)
      at += Protocol.HEADER + length
      parts.push(packets.subarray(at - length, at))
      if (length < Protocol.MAX_PAYLOAD) {
        const row = Buffer.concat(parts)
        parts = []
        assert.isTrue(transcoder.push(row, 0, row.length))
      }
    }
  })
  inbox.lend()
  if (kernel !== undefined) inbox.readInto(kernel.window)
  inbox.offer((packets, end) => {
    const taken = transcoder.rows(packets, 0, end)
    together += taken.packets
    return taken.at
  })
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = cuts[turn % cuts.length] ?? 1
    inbox.add(bytes.subarray(at, at + length))
    at += length
  }
  transcoder.finish()
  const pieces: Array<Row.Piece> = []
  for (let piece = transcoder.take(); piece !== undefined; piece = transcoder.take()) {
    pieces.push({ bytes: Buffer.from(piece.bytes), rows: piece.rows })
  }
  return { pieces, together }
}

const text = (pieces: Iterable<Row.Piece>) => Buffer.concat(Array.from(pieces, ({ bytes }) => bytes)).toString("latin1")

const sizes = fc.record({
  piece: fc.constantFrom(64, 2000, 1 << 20),
  slack: fc.constantFrom(0, 100, 4096),
  kept: fc.constantFrom(1000, 1 << 22)
})

const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5000 })), {
  minLength: 1,
  maxLength: 8
})

describe("the rows of a result", () => {
  for (const how of ["typescript", "wasm"] as const) {
    it.prop(
      `become what format writes, however their bytes come: ${how}`,
      [rowPackets.table(60), fc.integer({ min: 1, max: 10_000 }), sizes, cuts, fc.constantFrom(...kernels)],
      ([{ kinds, rows }, statementSize, sizes, cuts, kernel]) => {
        const expected = Row.statements({ head, rows: rows.map((row) => Row.encode(kinds, row)), statementSize })
        const { pieces, together } = transcode({
          kinds,
          statementSize,
          sizes,
          cuts,
          kernel: how === "wasm" ? kernel : undefined,
          bytes: Buffer.concat(rows.map(rowPackets.packet))
        })
        assert.strictEqual(text(pieces), text(expected))
        assert.strictEqual(together, rows.length)
        assert.strictEqual(pieces.reduce((sum, piece) => sum + piece.rows, 0), rows.length)
      },
      { fastCheck: { numRuns: 200 } }
    )

    it(`may be longer than the memory of the kernel, and than a packet: ${how}`, () => {
      const kinds: ReadonlyArray<Row.Encoding> = ["Text", "Number", "Hex"]
      const filled = (length: number) => Buffer.alloc(length, Uint8Array.from({ length: 256 }, (_, i) => i))
      const rows = [0, 1, 250, 251, 65535, 65536, 5, 2_000_000, 6, 17_000_000, 7, 8].flatMap((length) => [
        [filled(length), Sql.bytes("-12.5"), filled(Math.min(length, 70_000))],
        [null, Sql.bytes(`${length}`), null]
      ])
      const statementSize = 1_000_000
      const { pieces, together } = transcode({
        kinds,
        statementSize,
        sizes: Transcode.defaultSizes,
        cuts: [150_000, 1, 70_000],
        kernel: how === "wasm" ? kernels[2] : undefined,
        bytes: Buffer.concat(rows.map(rowPackets.packet))
      })
      const expected = Buffer.concat(
        Array.from(
          Row.statements({ head, rows: rows.map((row) => Row.encode(kinds, row)), statementSize }),
          ({ bytes }) => bytes
        )
      )
      assert.isTrue(expected.equals(Buffer.concat(pieces.map(({ bytes }) => bytes))))
      assert.isAbove(together, rows.length / 2)
      assert.isBelow(together, rows.length)
    })
  }
})

describe("Kernel", () => {
  const [, , kernel] = kernels
  assert.isDefined(kernel)
  const [out] = kernel.regions
  assert.isDefined(out)

  const give = (kinds: ReadonlyArray<Row.Encoding>, bytes: Uint8Array, limit: number) => {
    kernel.window.set(bytes)
    // what follows is none of its business
    kernel.window.fill(0x58, bytes.length, bytes.length + 64)
    out.fill(0x58)
    assert.isTrue(kernel.begin(RowText.codesOf(kinds)))
    const at = kernel.rows(kernel.window, 0, bytes.length, out, 3, limit, kinds.length)
    return { at, rows: kernel.taken, text: Buffer.from(out.subarray(3, kernel.written(out))).toString("latin1") }
  }

  const written = (kinds: ReadonlyArray<Row.Encoding>, rows: ReadonlyArray<ReadonlyArray<Row.Cell>>) =>
    rows.map((row) => `,${Buffer.from(Row.encode(kinds, row)).toString("latin1")}\n`).join("")

  it.prop("writes all rows itself, each after a comma", [rowPackets.table(20)], ([{ kinds, rows }]) => {
    const bytes = Buffer.concat(rows.map(rowPackets.packet))
    assert.deepStrictEqual(give(kinds, bytes, out.length), {
      at: bytes.length,
      rows: rows.length,
      text: written(kinds, rows)
    })
  }, { fastCheck: { numRuns: 300 } })

  it.prop(
    "stops before the row that goes beyond the limit",
    [rowPackets.table(20), fc.nat(), fc.boolean()],
    ([{ kinds, rows }, nat, exactly]) => {
      const fit = nat % (rows.length + 1)
      const some = rows.slice(0, fit)
      const end = 3 + written(kinds, some).length
      const next = fit < rows.length ? written(kinds, rows.slice(fit, fit + 1)).length : 1
      assert.deepStrictEqual(give(kinds, Buffer.concat(rows.map(rowPackets.packet)), exactly ? end : end + next - 1), {
        at: Buffer.concat(some.map(rowPackets.packet)).length,
        rows: fit,
        text: written(kinds, some)
      })
    }
  )

  it.prop(
    "leaves a packet that is not a row of that many columns, is not whole, or is none of a row",
    [rowPackets.table(3), fc.nat(), fc.constantFrom("cut", "longer", "shorter", "end", "error", "empty", "columns")],
    ([{ kinds, rows }, nat, how]) => {
      const good = Buffer.concat(rows.map(rowPackets.packet))
      const payload = rowPackets.payload(rows[0] ?? kinds.map(() => null))
      const bad = how === "cut"
        ? rowPackets.framed(payload).subarray(0, nat % (payload.length + Protocol.HEADER))
        : how === "longer"
        ? rowPackets.framed(Sql.bytes(payload, Uint8Array.of(0xfb)))
        : how === "shorter"
        ? rowPackets.framed(payload.subarray(0, nat % payload.length))
        : how === "end"
        ? rowPackets.framed(Uint8Array.of(0xfe, 0, 0, 2, 0))
        : how === "error"
        ? rowPackets.framed(Sql.bytes(Uint8Array.of(0xff, 0x15, 0x04), "#28000no"))
        : how === "empty"
        ? rowPackets.framed(new Uint8Array(0))
        : rowPackets.framed(rowPackets.payload([...kinds, ...kinds].map(() => null)))
      assert.deepStrictEqual(give(kinds, Buffer.concat([good, bad]), out.length), {
        at: good.length,
        rows: rows.length,
        text: written(kinds, rows)
      })
    },
    { fastCheck: { numRuns: 300 } }
  )
})
