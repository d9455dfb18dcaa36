import { assert, describe, it } from "@effect/vitest"
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import { Chunk, Deferred, Effect, FastCheck as fc, Fiber, Option, Ref, Stream } from "effect"

import * as Commands from "../../packages/mysql/src/internal/commands.js"
import type * as Mysql2 from "../../packages/mysql/src/internal/mysql2.js"
import * as Protocol from "../../packages/mysql/src/internal/protocol.js"
import * as Transcode from "../../packages/mysql/src/internal/transcode.js"
import * as MysqlError from "../../packages/mysql/src/MysqlError.js"

const head = Row.insertHead({ table: "t" })
const EOF = Uint8Array.of(0xfe, 0, 0, 2, 0)
const row = (text: string) => Sql.bytes(Uint8Array.of(text.length), text)
const resultOf = (rows: ReadonlyArray<string>) => [Uint8Array.of(1), Sql.bytes("a column"), EOF, ...rows.map(row), EOF]

const header = ({ length }: Uint8Array) => Uint8Array.of(length & 0xff, (length >> 8) & 0xff, length >> 16, 0)

/** A wire whose socket gives what a test says, some packets in one go, as long as it is not paused. */
const fakeWire = (bursts: ReadonlyArray<ReadonlyArray<Uint8Array>>) => {
  let left = [...bursts]
  let handler: Mysql2.Handler | undefined = undefined
  let paused = false
  const calls: Array<string> = []
  const deliver = (): void => {
    if (paused || handler === undefined) return
    const [burst, ...rest] = left
    if (burst === undefined) return
    left = rest
    // as the socket's inbox does: all of it is offered, and what is left comes one by one
    const framed = Sql.bytes(...burst.flatMap((packet) => [header(packet), packet]))
    const { at, packets } = handler.rows?.(framed, framed.length) ?? { at: 0, packets: 0 }
    assert.strictEqual(at, burst.slice(0, packets).reduce((sum, { length }) => sum + Protocol.HEADER + length, 0))
    framed.fill(0x58)
    for (const packet of burst.slice(packets)) {
      const lent = new Uint8Array(packet)
      if (handler.packet(lent, 0, lent.length)) handler = undefined
      lent.fill(0x58)
      if (handler === undefined) break
    }
    setImmediate(deliver)
  }
  const wire: Mysql2.Wire = {
    send: (_, to) => {
      handler = to
      setImmediate(deliver)
    },
    readInto: () => {},
    pause: () => {
      paused = true
      calls.push("pause")
    },
    resume: () => {
      paused = false
      calls.push("resume")
      setImmediate(deliver)
    },
    tls: Option.none(),
    destroy: () => {
      calls.push("destroy")
      handler?.lost(MysqlError.make("ConnectionLost", "destroyed"))
    }
  }
  return { wire, calls, burstsLeft: () => left.length, isPaused: () => paused }
}

/** The list in parts of the given lengths, in turn. */
const cut = <A>(list: ReadonlyArray<A>, lengths: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<A>> => {
  const parts: Array<ReadonlyArray<A>> = []
  for (let at = 0, i = 0; at < list.length; i++) {
    const length = lengths[i % lengths.length] ?? 1
    parts.push(list.slice(at, at + length))
    at += length
  }
  return parts
}

const sql = Sql.bytes("SELECT 1")
const options = { head, kinds: ["Text"], statementSize: 100 } as const
const large = { ...options, statementSize: 1 << 20 }
/** A row of which a large statement takes only few. */
const wide = Sql.bytes(Uint8Array.of(0xfd, 0xff, 0xff, 0x07), Buffer.alloc(0x7ffff, "a"))
const wideResult = (rows: number) => [
  Uint8Array.of(1),
  Sql.bytes("a column"),
  EOF,
  ...Array.from({ length: rows }, () => wide),
  EOF
]

describe("pieces", () => {
  it.effect.prop(
    "gives all rows, however the packets come",
    [
      fc.array(fc.hexaString({ maxLength: 40 }), { maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 })
    ],
    ([rows, lengths]) =>
      Effect.gen(function*() {
        const fake = fakeWire(cut(resultOf(rows), lengths))
        const got = yield* Commands.pieces(
          fake.wire,
          sql,
          options,
          new Transcode.Spares(),
          Effect.dieMessage("nothing to abandon")
        ).pipe(
          Stream.map(({ bytes, rows }) => ({ text: Sql.text(bytes), rows })),
          Stream.runCollect,
          Effect.map(Chunk.toReadonlyArray)
        )
        const expected = Row.statements({
          head,
          rows: rows.map((text) => Row.encode(["Text"], [Sql.bytes(text)])),
          statementSize: 100
        })
        assert.strictEqual(got.map(({ text }) => text).join(""), expected.map(({ bytes }) => Sql.text(bytes)).join(""))
        assert.strictEqual(got.reduce((sum, piece) => sum + piece.rows, 0), rows.length)
        assert.isFalse(fake.isPaused())
      }),
    { fastCheck: { numRuns: 40 } }
  )

  it.effect("stops reading while nobody pulls, and goes on when somebody does", () =>
    Effect.gen(function*() {
      const fake = fakeWire(cut(wideResult(20), [1]))
      const gate = yield* Deferred.make<void>()
      const pulled = yield* Ref.make(0)
      const fiber = yield* Commands.pieces(fake.wire, sql, large, new Transcode.Spares(), Effect.void).pipe(
        Stream.runForEach(() => Effect.zipRight(Ref.update(pulled, (n) => n + 1), Deferred.await(gate))),
        Effect.fork
      )
      // The socket has had every chance to give more.
      yield* Effect.iterate(0, {
        while: (n) => n < 500,
        body: (n) => Effect.as(Effect.promise(() => new Promise<void>((done) => setImmediate(done))), n + 1)
      })
      assert.strictEqual(yield* Ref.get(pulled), 1)
      assert.isTrue(fake.isPaused())
      assert.isAbove(fake.burstsLeft(), 10)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(fiber)
      assert.strictEqual(yield* Ref.get(pulled), 20)
      assert.isFalse(fake.isPaused())
    }))

  it.effect("is abandoned when it ends early, and only then", () =>
    Effect.gen(function*() {
      for (const [take, expected] of [[1, 1], [100, 0]] as const) {
        const abandoned = yield* Ref.make(0)
        const fake = fakeWire(cut(wideResult(8), [1]))
        yield* Commands.pieces(fake.wire, sql, large, new Transcode.Spares(), Ref.update(abandoned, (n) => n + 1)).pipe(
          Stream.take(take),
          Stream.runDrain
        )
        assert.strictEqual(yield* Ref.get(abandoned), expected)
      }
    }))

  it.effect("fails with the server's words when they come amid the rows", () =>
    Effect.gen(function*() {
      const refusal = Sql.bytes(Uint8Array.of(0xff, 0x25, 0x05), "#70100Query execution was interrupted")
      const fake = fakeWire([[...resultOf(["a", "b"]).slice(0, -1), refusal]])
      const error = yield* Effect.flip(
        Stream.runDrain(Commands.pieces(fake.wire, sql, options, new Transcode.Spares(), Effect.void))
      )
      assert.strictEqual(error.errno, 1317)
      assert.strictEqual(error.sqlState, "70100")
      assert.include(error.detail, "Query execution was interrupted")
    }))

  it.effect("fails when the connection is lost amid the rows", () =>
    Effect.gen(function*() {
      const fake = fakeWire([resultOf(["a", "b"]).slice(0, -1)])
      const fiber = yield* Effect.fork(Effect.flip(Stream.runDrain(
        Commands.pieces(fake.wire, sql, options, new Transcode.Spares(), Effect.void)
      )))
      yield* Effect.promise(() => new Promise<void>((done) => setImmediate(() => setImmediate(done))))
      fake.wire.destroy()
      assert.strictEqual((yield* Fiber.join(fiber)).reason, "ConnectionLost")
    }))
})

describe("run", () => {
  const never = Effect.dieMessage("nothing to abandon")

  it.effect("reads counts of every size", () =>
    Effect.gen(function*() {
      const counts: ReadonlyArray<readonly [number, ReadonlyArray<number>]> = [
        [250, [250]],
        [251, [0xfc, 251, 0]],
        [0x10203, [0xfd, 3, 2, 1]],
        [5_000_000_000, [0xfe, 0, 0xf2, 5, 0x2a, 1, 0, 0, 0]]
      ]
      for (const [affectedRows, encoded] of counts) {
        const fake = fakeWire([[Uint8Array.from([0, ...encoded, 0xfc, 1, 1, 2, 0, 3, 0])]])
        assert.deepStrictEqual(yield* Commands.run(fake.wire, sql, Commands.answer, never), {
          affectedRows,
          warnings: 3
        })
      }
    }))

  it.effect("never gives a server a file", () =>
    Effect.gen(function*() {
      const fake = fakeWire([[Sql.bytes(Uint8Array.of(0xfb), "/etc/passwd")]])
      const abandoned = yield* Ref.make(false)
      const error = yield* Effect.flip(
        Commands.run(fake.wire, sql, Commands.answer, Ref.set(abandoned, true))
      )
      assert.include(error.detail, "local file")
      assert.isTrue(yield* Ref.get(abandoned))
    }))
})

describe("defaults", () => {
  const sized = (part: string) => Sql.bytes(Uint8Array.of(part.length), part)
  /** A column as a list of fields has it; MariaDB may say more of its type. */
  const column = (name: string, more: ReadonlyArray<string>, value: Uint8Array) =>
    Sql.bytes(...["def", "d", "t", "t", name, name, ...more, "numbers of 12"].map(sized), value)

  it.effect("are the last part of each column, however many there are", () =>
    Effect.gen(function*() {
      const fake = fakeWire([[
        column("a", [], Uint8Array.of(0xfb)),
        column("b c", [""], sized("")),
        column("d", ["12 of a type"], sized("12 of a text")),
        EOF
      ]])
      const defaults = yield* Commands.defaults(fake.wire, "t", Effect.void)
      assert.deepStrictEqual(
        Array.from(defaults, ([name, value]) => [name, value === null ? null : Sql.text(value)]),
        [["a", null], ["b c", ""], ["d", "12 of a text"]]
      )
    }))

  it.effect("are none when the server refuses", () =>
    Effect.gen(function*() {
      const fake = fakeWire([[Sql.bytes(Uint8Array.of(0xff, 0x7a, 4), "#42S02no such table")]])
      assert.strictEqual((yield* Effect.flip(Commands.defaults(fake.wire, "t", Effect.void))).errno, 1146)
    }))
})

describe("frame", () => {
  it("cuts a query into packets that a server joins", () => {
    for (const length of [0, 1, 0xffffff - 2, 0xffffff - 1, 0xffffff, 2 * 0xffffff - 1]) {
      const query = Buffer.alloc(length, "q")
      const framed = new Uint8Array(Protocol.framedLength(query))
      Protocol.frame(Protocol.COM_QUERY, query, framed)
      const payloads: Array<Uint8Array> = []
      let at = 0
      for (let sequence = 0; at < framed.length; sequence++) {
        const size = Buffer.from(framed).readUIntLE(at, 3)
        assert.strictEqual(framed[at + 3], sequence)
        payloads.push(framed.subarray(at + 4, at + 4 + size))
        at += 4 + size
        assert.strictEqual(size < 0xffffff, at === framed.length)
      }
      assert.strictEqual(payloads.length, Protocol.packets(query))
      assert.isTrue(Buffer.concat([Uint8Array.of(3), query]).equals(Buffer.concat(payloads)))
    }
  })
})
