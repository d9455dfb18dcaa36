/**
 * What a stranger may send in place of a stream, and everything that reads a stream.
 */
import { Path } from "@effect/platform"
import { assert } from "@effect/vitest"
import { FileName, Sql } from "@sluice/format"
import { type SluiceError, Staging, StreamMode } from "@sluice/pipeline"
import { MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Either, Exit, Layer, Option } from "effect"

import * as flows from "./flows.js"
import * as verifying from "./verifying.js"

/** What an answer of a terminal's could be made of. */
export const escape = "\u001b[2J\u001b]0;owned\u0007"

/** The bytes of a frame, whatever its header says. */
export const frame = (name: string | Uint8Array, size: string, content: string | Uint8Array = "x") =>
  Sql.bytes("\n-- ", name, " ", size, "\n", content)

export const names: ReadonlyArray<string> = [
  "../d.t.00001.sql",
  "../../etc/cron.d/x.sql",
  "/tmp/d.t.00001.sql",
  "d/../../t.00001.sql",
  "d\\t.00001.sql",
  "C:\\d.t.00001.sql",
  "d.t.0\u00000001.sql",
  ".",
  "..",
  "./metadata",
  ".d.t.00001.sql.partial",
  ".bashrc",
  "~",
  "-",
  "d.t.00001.sql\r",
  `d.${escape}.00001.sql`,
  "d.\u202e.00001.sql/",
  "d.t.00001.sql ",
  " d.t.00001.sql",
  "__proto__",
  "constructor",
  "metadata.partial.01",
  "metadata.partial.-1",
  "metadata.partial.9999999999999999999",
  "metadata.gz",
  "CON",
  `${"a".repeat(300)}.t.00001.sql`
]

export const sizes: ReadonlyArray<string> = [
  "-1",
  "+1",
  "01",
  "1e0",
  "0x1",
  "1.0",
  "",
  " 1",
  "1 ",
  "١",
  "NaN",
  "Infinity",
  "9007199254740993",
  "18446744073709551617",
  "99999999999999999999999999999999999999",
  "999999999999999",
  "2",
  "9".repeat(900)
]

/** A Zstandard file of 12 KB that becomes 393 MB of blanks: blocks that each say 128 KiB of them. */
export const bomb = (() => {
  const block = (last: number) =>
    Uint8Array.of(last | 2 | ((0x20000 << 3) & 0xf8), (0x20000 >> 5) & 0xff, 0x20000 >> 13, 0x20)
  return Sql.bytes(
    Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 8 << 3),
    ...Array.from({ length: 3000 }, (_, i) => block(i === 2999 ? 1 : 0))
  )
})()

/** What somebody who read a stream made of it. */
export interface Read {
  readonly complete: boolean
  /** Why not, for people. */
  readonly said: string
  readonly rows: number
  /** The files that were written. */
  readonly left: ReadonlyArray<string>
}

const disk = Layer.merge(MemoryFileSystem.layer(), Path.layer)

const ofExit = (
  exit: Exit.Exit<{ readonly complete: boolean; readonly rows: number }, SluiceError.RestoreError>,
  left: ReadonlyArray<string> = []
): Read => {
  const error = flows.failureOf(exit)
  assert(Exit.isSuccess(exit) || error?._tag === "BackupError", String(exit))
  return Exit.isSuccess(exit)
    ? { complete: exit.value.complete, said: "", rows: exit.value.rows, left }
    : { complete: false, said: error?.message ?? "", rows: 0, left }
}

/** Each way to read a stream that comes in these parts, with a small budget of memory. */
export const readers: ReadonlyArray<
  readonly [name: string, read: (parts: Iterable<Uint8Array>) => Effect.Effect<Read>]
> = [
  ["restore", (parts) =>
    Effect.gen(function*() {
      const to = yield* MemoryServer.make()
      return ofExit(
        yield* Effect.exit(
          flows.restore({ threads: 2 }).pipe(
            Effect.provide(StreamMode.layerTraditionalRestore),
            Effect.provide(Staging.layerMemory({ budget: 1 << 16, threads: 2 })),
            Effect.provide(flows.play(parts, flows.breathe)),
            Effect.provide(to.layerTarget)
          )
        )
      )
    }).pipe(Effect.provide(disk), Effect.orDie)],
  ["verify", (parts) =>
    Effect.map(verifying.stream(parts, flows.breathe), ({ complete, findings, rows }): Read => ({
      complete,
      said: findings.map(({ message }) => message).join("\n"),
      rows,
      left: []
    })).pipe(Effect.provide(disk), Effect.orDie)],
  ["unpack", (parts) =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(verifying.unpack(parts, "/safe/out", flows.breathe))
      const { snapshot } = yield* MemoryFileSystem.MemoryFileSystem
      const written = Array.from((yield* snapshot).keys())
      const outside = written.filter((path) => !path.startsWith("/safe/out/"))
      assert.deepStrictEqual(outside, [])
      const left = written.map((path) => path.slice("/safe/out/".length))
      // whatever came, what lies there has the name of a file of a backup
      assert.deepStrictEqual(left.filter((name) => Either.isLeft(FileName.parse(name))), [])
      assert(Exit.isSuccess(exit) || !left.includes("metadata"), "what is refused is no backup")
      const failed = Option.filter(Exit.causeOption(exit), () => Exit.isFailure(exit))
      assert(Option.isNone(failed) || flows.failureOf(exit) !== undefined, String(exit))
      return ofExit(exit, left)
    }).pipe(Effect.provide(disk), Effect.orDie)]
]

/** Small parts put together, as a pipe gives them. */
export const piped = function*(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let held: Array<Uint8Array> = []
  let size = 0
  for (const part of parts) {
    held.push(part)
    size += part.length
    if (size >= 64 * 1024) {
      yield new Uint8Array(Buffer.concat(held))
      held = []
      size = 0
    }
  }
  yield new Uint8Array(Buffer.concat(held))
}
