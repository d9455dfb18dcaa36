import { assert, describe, it } from "@effect/vitest"
import { Frame } from "@sluice/format"
import { Effect, Either, FastCheck as fc } from "effect"

const name = fc.stringMatching(/^[A-Za-z0-9_.-]{1,40}$/)
const file = fc.tuple(name, fc.uint8Array({ minLength: 1, maxLength: 60 }))

const encode = (files: ReadonlyArray<readonly [string, Uint8Array]>): Uint8Array =>
  Buffer.concat(files.flatMap(([name, bytes]) => [Frame.header(name, bytes.length), bytes]))

/** The obvious reader of a whole stream, by pattern. */
const decodeSlowly = (bytes: Uint8Array): ReadonlyArray<readonly [string, string]> => {
  const text = Buffer.from(bytes).toString("latin1")
  const out: Array<readonly [string, string]> = []
  for (let at = 0; at < text.length;) {
    const header = /^\n-- ([^\n]*) (\d+)\n/.exec(text.slice(at))
    assert(header !== null)
    const from = at + header[0].length
    at = from + Number(header[2])
    out.push([header[1] ?? "", text.slice(from, at)])
  }
  return out
}

const decode = (
  parts: Iterable<Uint8Array>
): Either.Either<ReadonlyArray<readonly [string, string]>, Frame.FrameError> =>
  Either.gen(function*() {
    const decoder = Frame.decoder()
    const out: Array<readonly [string, string]> = []
    let open: { name: string; content: string } | undefined
    for (const part of parts) {
      for (const event of yield* decoder.push(part)) {
        switch (event._tag) {
          case "Header":
            open = { name: event.name, content: "" }
            break
          case "Content":
            assert(open !== undefined)
            open.content += Buffer.from(event.bytes).toString("latin1")
            break
          case "End":
            assert(open !== undefined)
            out.push([open.name, open.content])
            open = undefined
        }
      }
    }
    yield* decoder.finish()
    return out
  })

const cut = (bytes: Uint8Array, cuts: ReadonlyArray<number>): Array<Uint8Array> => {
  const points = [0, ...cuts.map((n) => n % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return points.slice(1).map((to, i) => bytes.slice(points[i], to))
}

describe("Frame", () => {
  it.prop(
    "gives the same files however the input is cut",
    [fc.array(file, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(), { maxLength: 12 })],
    ([files, cuts]) => {
      const bytes = encode(files)
      assert.deepStrictEqual(Either.getOrThrow(decode(cut(bytes, cuts))), decodeSlowly(bytes))
    },
    { fastCheck: { numRuns: 300 } }
  )

  it.prop(
    "takes content for content, even if it looks like a header",
    [fc.array(fc.constantFrom("\n-- metadata 5\n", "\n", "-- x 1\n", "a", "\n-- "), { minLength: 1 }), fc.nat()],
    ([parts, at]) => {
      const files = [["a.sql", Buffer.from(parts.join(""))], ["b.sql", Buffer.from("b")]] as const
      const bytes = encode(files)
      assert.deepStrictEqual(Either.getOrThrow(decode(cut(bytes, [at]))), decodeSlowly(bytes))
    }
  )

  it.prop("refuses a stream that is cut inside a frame", [file, file, fc.nat()], ([a, b, at]) => {
    const bytes = encode([a, b])
    const boundary = encode([a]).length
    const end = 1 + (at % (bytes.length - 1))
    const result = decode([bytes.slice(0, end)])
    // right after a frame, and after one blank line more, a stream may end: whether it is whole is for the end rule
    assert.strictEqual(Either.isRight(result), end === boundary || end === boundary + 1)
  })

  const failure = (text: string): string => {
    const result = decode([Buffer.from(text)])
    return Either.isLeft(result) ? result.left.reason : "accepted"
  }

  it.effect("says why bytes are no stream", () =>
    Effect.sync(() => {
      assert.strictEqual(failure(""), "Empty")
      assert.strictEqual(failure("hello\n"), "NotAStream")
      assert.strictEqual(failure("x".repeat(70_000)), "NotAStream")
      assert.strictEqual(failure("\n".repeat(70_000)), "NotAStream")
      assert.strictEqual(failure("\n-- a 1\nab\n-- b 1\nb"), "Garbage")
      assert.strictEqual(failure("\n-- a 1\na\n-- b -1\nb"), "BadHeader")
      assert.strictEqual(failure("\n-- a 1\na\n-- b 99999999999999999\nb"), "BadHeader")
      assert.strictEqual(failure(`\n-- a 1\na\n-- ${"b".repeat(2000)} 1\nb`), "BadHeader")
      assert.strictEqual(failure("\n-- a 2\na"), "Cut")
      assert.strictEqual(failure("\n-- a 1\na\n-- b"), "Cut")
    }))

  it.effect("passes over noise before the first header, and takes a first header without its line feed", () =>
    Effect.sync(() => {
      for (
        const text of ["a warning\n\n-- a 1\nx", "-- a 1\nx", "\r\n\n-- a 1\nx", "-- not a header\n-- a 1\nx\n \n"]
      ) {
        assert.deepStrictEqual(Either.getOrThrow(decode([Buffer.from(text)])), [["a", "x"]])
      }
    }))

  it.effect("takes a name with a space", () =>
    Effect.sync(() => {
      assert.deepStrictEqual(Either.getOrThrow(decode([Buffer.from("\n-- a b.sql 1\nx")])), [["a b.sql", "x"]])
    }))
})
