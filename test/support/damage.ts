/**
 * A small stream of everything that a backup can hold, and what becomes of it when it is damaged.
 */
import { FileSystem, Path } from "@effect/platform"
import { assert } from "@effect/vitest"
import { Crc32, FileName, Frame, Metadata, Sql } from "@sluice/format"
import { type SluiceError, Staging, StreamMode, type Verdict } from "@sluice/pipeline"
import { Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Effect, Either, Exit, Layer, Option, Stream } from "effect"

import * as expectations from "../../packages/pipeline/src/internal/expectations.js"
import * as proving from "../../packages/pipeline/src/internal/proving.js"
import * as flows from "./flows.js"
import * as Foreign from "./foreign.js"

/** Each kind of file that a dump of ours writes. */
export const everything = Contents.make(Contents.database("d", {
  sequences: [
    Contents.sequence("s", {
      next: 5n,
      minimum: 1n,
      maximum: 9n,
      start: 1n,
      increment: 1n,
      cache: 0n,
      cycles: 1n,
      round: 0n
    })
  ],
  tables: [
    Contents.table("t", [
      Contents.column("id", "bigint"),
      Contents.column("v", "text"),
      Contents.column("b", "blob")
    ], {
      primaryKey: "id",
      rows: [["1", "a'\n-- x 1\n", Uint8Array.of(0, 10, 34, 255)], ["2", null, null], ["3", "", "\\"]]
    }),
    Contents.table("u.v", [Contents.column("v", "int")], { rows: [["7"], ["7"]] }),
    Contents.table("empty", [Contents.column("v", "int")])
  ],
  triggers: [Contents.trigger({ name: "g", table: "t", body: "begin\nset @a = 1;\nend" })],
  views: [Contents.view({ name: "w", columns: ["id"], body: "select 1" })],
  routines: [Contents.routine({ kind: "PROCEDURE", name: "p", body: "()\nbegin\nselect 1;\nend" })],
  events: [Contents.event({ name: "e", body: "select 1" })]
}))

const disk = Layer.merge(MemoryFileSystem.layer(), Path.layer)
const memory = Staging.layerMemory({ budget: 1 << 16, threads: 2 })

/** The real stream of a dump. */
export const streamOf = (contents: Contents.Contents): Effect.Effect<Uint8Array> =>
  Effect.gen(function*() {
    const from = yield* MemoryServer.make(contents)
    const pipe = yield* flows.record
    yield* flows.dump({ threads: 2 }).pipe(
      Effect.provide(StreamMode.layerTraditionalDump),
      Effect.provide(memory),
      Effect.provide(pipe.out),
      Effect.provide(from.layerSource)
    )
    return yield* pipe.bytes
  }).pipe(Effect.provide(disk), Effect.orDie)

const isOpening = ({ name }: Foreign.File): boolean => name === "metadata.header"
const isMetadata = ({ name }: Foreign.File): boolean => /^metadata(\.|$)/.test(name)

/** Other files under the seal of a stream, as a dump would have written them. */
export const sealed = (stream: Uint8Array, files: ReadonlyArray<Foreign.File>): ReadonlyArray<Foreign.File> => {
  const whole = Foreign.filesOf(stream)
  const opening = whole.filter(isOpening)
  const last = Either.getOrThrow(Metadata.parse(whole.at(-1)?.bytes ?? new Uint8Array(0)))
  const rows = new Map(last.files.map((file) => [file.name, file.rows]))
  const entries = files.map(({ bytes, name }): Metadata.FileEntry => ({
    name,
    bytes: bytes.length,
    rows: rows.get(name.replace(/\.(gz|zst)$/, "")) ?? Option.none(),
    checksum: Crc32.render(Crc32.update(bytes))
  }))
  const part = { ...Metadata.empty, announcement: last.announcement, files: entries }
  return [
    ...opening,
    { name: "metadata.partial.0", bytes: Metadata.render(part) },
    ...files,
    { name: "metadata", bytes: Metadata.render({ ...last, files: entries }) }
  ]
}

/** The same files, compressed by turns in every way. */
export const compressedOf = (stream: Uint8Array): ReadonlyArray<Foreign.File> =>
  sealed(
    stream,
    Foreign.compressed(Foreign.filesOf(stream).filter((file) => !isMetadata(file)), ["gzip", "zstd", "none"])
  )

/** What a restore ended with, and what it left. */
export interface Outcome {
  readonly exit: Exit.Exit<Verdict.Verdict, SluiceError.RestoreError>
  readonly target: Contents.Contents
}

/** Restores a stream into an empty server. */
export const restoreStream = (bytes: Uint8Array): Effect.Effect<Outcome> =>
  Effect.gen(function*() {
    const to = yield* MemoryServer.make()
    const exit = yield* Effect.exit(
      flows.restore({ threads: 2 }).pipe(
        Effect.provide(StreamMode.layerTraditionalRestore),
        Effect.provide(memory),
        Effect.provide(flows.play([bytes])),
        Effect.provide(to.layerTarget)
      )
    )
    return { exit, target: yield* to.contents }
  }).pipe(Effect.provide(disk), Effect.orDie)

/**
 * Whether the restore surely refuses a stream: asked of the parts of the restore that prove it, without sessions and
 * without waiting, so that very many streams can be asked about. What this does not refuse, the restore may.
 */
export const isSurelyRefused = (bytes: Uint8Array): boolean => {
  const decoder = Frame.decoder()
  if (Either.isLeft(decoder.push(bytes)) || Either.isLeft(decoder.finish())) {
    return true
  }
  const backup = Effect.runSync(expectations.make)
  let content: Uint8Array = new Uint8Array(0)
  const proven = proving.make(
    { stored: () => Stream.make(content), discard: () => Effect.void },
    backup,
    () => Effect.void
  )
  return Foreign.filesOf(bytes).some((file) => {
    const parsed = FileName.parse(file.name)
    if (Either.isLeft(parsed)) {
      return true
    }
    content = file.bytes
    const { compression, file: kind } = parsed.right
    const checksum = Crc32.render(Crc32.update(content))
    const arrival = { file: { name: file.name, bytes: content.length, rows: 0, checksum }, kind, compression }
    const exit = Effect.runSyncExit(proven(arrival))
    const error = flows.failureOf(exit)
    assert(Exit.isSuccess(exit) || error !== undefined, String(exit))
    if (error !== undefined) {
      assertReadable(error, file.name)
    }
    return error !== undefined
  })
}

/** Puts files into a folder. */
export const written = (folder: string, files: ReadonlyArray<Foreign.File>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(folder, { recursive: true })
    yield* Effect.forEach(files, ({ bytes, name }) => fs.writeFile(`${folder}/${name}`, bytes), { discard: true })
  })

/** Restores a folder of the file system that there is into an empty server; with a stream, what that names. */
export const restoreFrom = (folder: string, stream: Option.Option<Uint8Array> = Option.none()) =>
  Effect.gen(function*() {
    const to = yield* MemoryServer.make()
    const side = Option.match(stream, {
      onNone: () => StreamMode.layerRestoreDirectory,
      onSome: (bytes) =>
        Layer.provide(
          StreamMode.layerRestore(StreamMode.StreamMode.NoStreamAndNoDelete()),
          flows.play([bytes])
        )
    })
    const exit = yield* Effect.exit(
      flows.restore({ threads: 2 }).pipe(
        Effect.provide(Layer.provideMerge(side, flows.folder(folder, "Present"))),
        Effect.provide(to.layerTarget)
      )
    )
    const outcome: Outcome = { exit, target: yield* to.contents }
    return outcome
  })

/** Restores a folder with these files into an empty server; with a stream, what it names. */
export const restoreFolder = (
  files: ReadonlyArray<Foreign.File>,
  stream: Option.Option<Uint8Array> = Option.none()
): Effect.Effect<Outcome> =>
  Effect.zipRight(written("/backup", files), restoreFrom("/backup", stream)).pipe(Effect.provide(disk), Effect.orDie)

/** What a person reads is one line that a terminal can show, and says which file it is about. */
export const assertReadable = (error: SluiceError.RestoreError, what: string): void => {
  assert.match(error.message, /^[^\p{Cc}\p{Zl}\p{Zp}]{10,1500}$/u, what)
  if (error._tag === "BackupError" && error.reason !== "NotABackup") {
    assert.isDefined(error.where, `${what}: ${error.message} names no file`)
  }
}

/** Fails unless the restore was refused because of the backup, in words that a person can use. */
export const assertRefused = ({ exit }: Outcome, what: string): SluiceError.BackupError => {
  const error = flows.failureOf(exit)
  assert(error?._tag === "BackupError", `${what}: ${String(exit)}`)
  assertReadable(error, what)
  return error
}

/** Fails unless the restore was refused, or left what was asked for. Says which it was. */
export const refusedOrEqual = (
  contents: Contents.Contents,
  outcome: Outcome,
  what: string
): "refused" | "accepted" => {
  if (Exit.isSuccess(outcome.exit)) {
    assert.deepStrictEqual(Contents.diff(contents, outcome.target), [], `${what} was accepted`)
    return "accepted"
  }
  assertRefused(outcome, what)
  return "refused"
}

/** The places of a stream that are not content: the headers of its frames. */
export const headersOf = (stream: Uint8Array): ReadonlyArray<number> => {
  let at = 0
  return Foreign.filesOf(stream).flatMap(({ bytes, name }) => {
    const header = Frame.header(name, bytes.length).length
    const places = Array.from({ length: header }, (_, i) => at + i)
    at += header + bytes.length
    return places
  })
}

export const withByte = (bytes: Uint8Array, at: number, byte: number): Uint8Array => {
  // a Buffer's slice is a view, and the next damage would come on top of this one
  const damaged = new Uint8Array(bytes)
  damaged[at] = byte
  return damaged
}

export const text = (...parts: ReadonlyArray<string | Uint8Array>): Uint8Array => Sql.bytes(...parts)
