/**
 * Staging in memory: files are lists of blocks of one size, and blocks are used again.
 *
 * @internal
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import { BackupError, OutputError } from "../SluiceError.js"
import type { SmallFile, StagedFile, Staging } from "../Staging.js"
import { toBackupError, toOutputError } from "./platform.js"
import * as internal from "./staging.js"

const largestBlock = 256 * 1024

const largestPart = 32 * 1024 * 1024

/**
 * Who writes or reads a file holds some pieces of it in buffers of his own, which are memory too: three of about a
 * megabyte, with statements of that size. A small budget is not used up for them.
 */
const ofWorker = 3 * 1024 * 1024
const ofWorkersAtMost = 1 / 4

/** @internal */
export interface Options {
  /** Bytes that all files in memory may take together, with the buffers of those who write and read them. */
  readonly budget: number
  /** How many files are written at once at most. */
  readonly threads: number
}

type Content =
  | { readonly _tag: "Memory"; readonly blocks: Array<Uint8Array>; size: number }
  | {
    readonly _tag: "Spilled"
    readonly path: string
    readonly file: FileSystem.File
    readonly close: Effect.Effect<void>
  }

interface Held {
  content: Content
  /** Blocks of the budget that are set aside for it. */
  reserved: number
  /** How many read it. What they read is lent to them, so nothing is given back before they are done. */
  readers: number
  /** To be done when they are. */
  readonly late: Array<Effect.Effect<void>>
}

const heldIn = (content: Content, reserved: number): Held => ({ content, reserved, readers: 0, late: [] })

/**
 * Blocks of one size; what is given back is handed out again, so that memory stays what the budget says.
 *
 * They are cut from large parts, which take no memory until they are written to. Buffers of their own would have the
 * collector look at all that lives whenever some megabytes of them were made.
 */
const makePool = (size: number, usual: number) => {
  const blocksOfPart = Math.max(1, Math.min(usual, Math.floor(largestPart / size)))
  const free: Array<Uint8Array> = []
  let part = new ArrayBuffer(0)
  let used = blocksOfPart
  const fresh = (): Uint8Array => {
    if (used === blocksOfPart) {
      part = new ArrayBuffer(blocksOfPart * size)
      used = 0
    }
    used += 1
    return new Uint8Array(part, (used - 1) * size, size)
  }
  return {
    take: (): Uint8Array => free.pop() ?? fresh(),
    give: (blocks: ReadonlyArray<Uint8Array>): void => {
      for (const block of blocks) {
        if (block.length === size) free.push(block)
      }
    }
  }
}

const isThere = (name: string) =>
  new OutputError({
    reason: "File",
    what: "cannot stage a file",
    where: name,
    detail: "a file of that name is waiting already"
  })

const cannotSpill = (name: string) =>
  toOutputError("cannot write a private temporary file", name, "Set TMPDIR to a folder with more room")

/** @internal */
export const make = (
  options: Options
): Effect.Effect<Staging["Type"], never, FileSystem.FileSystem | Path.Path | Scope.Scope> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const scope = yield* Effect.scope
    const shares = options.threads + 2
    const forFiles = options.budget - Math.min(options.threads * ofWorker, options.budget * ofWorkersAtMost)
    const blockSize = Math.max(1, Math.min(largestBlock, Math.floor(forFiles / shares / 4)))
    const blocksOfShare = Math.max(1, Math.floor(forFiles / shares / blockSize))
    const share = blocksOfShare * blockSize
    const budget = yield* Effect.makeSemaphore(blocksOfShare * shares)
    const pool = makePool(blockSize, blocksOfShare * shares)
    const files = new Map<string, Held>()
    let spilled = 0
    const folder = yield* Effect.cached(
      fs.makeTempDirectoryScoped({ prefix: "sluice-" }).pipe(
        Scope.extend(scope),
        Effect.mapError(cannotSpill("the folder for temporary files"))
      )
    )

    const giveBack = (held: Held, content: Content): Effect.Effect<void> =>
      Effect.suspend(() => {
        const { reserved } = held
        const blocks = content._tag === "Memory" ? content.blocks.splice(0) : []
        held.reserved = 0
        const give = Effect.suspend(() => {
          pool.give(blocks)
          return reserved === 0 ? Effect.void : Effect.asVoid(budget.release(reserved))
        })
        if (held.readers === 0) return give
        held.late.push(give)
        return Effect.void
      })

    /** It may be parked meanwhile: whoever waits for a file and whoever brings it run at the same time. */
    const reading = (held: Held) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          held.readers += 1
        }),
        () =>
          Effect.suspend(() => {
            held.readers -= 1
            return held.readers > 0 ? Effect.void : Effect.all(held.late.splice(0), { discard: true })
          })
      )

    const append = (content: Extract<Content, { readonly _tag: "Memory" }>, bytes: Uint8Array): void => {
      let from = 0
      while (from < bytes.length) {
        const at = content.size % blockSize
        if (at === 0) {
          content.blocks.push(pool.take())
        }
        const part = bytes.subarray(from, from + blockSize - at)
        content.blocks[content.blocks.length - 1]?.set(part, at)
        content.size += part.length
        from += part.length
      }
    }

    const blocksOf = ({ blocks, size }: Extract<Content, { readonly _tag: "Memory" }>): ReadonlyArray<Uint8Array> =>
      // what was put is one, of whatever size
      blocks.length === 1
        ? blocks.map((block) => block.subarray(0, size))
        : blocks.map((block, i) => block.subarray(0, Math.min(blockSize, size - i * blockSize)))

    /** Moves what a file has to disk, and gives its memory back. */
    const spill = (name: string, held: Held): Effect.Effect<FileSystem.File, OutputError> =>
      Effect.gen(function*() {
        // taken before anything is waited for, so that it is nobody else's
        spilled += 1
        const number = spilled
        const target = path.join(yield* folder, `${number}`)
        const opened = yield* Scope.fork(scope, ExecutionStrategy.sequential)
        const file = yield* Scope.extend(fs.open(target, { flag: "wx", mode: 0o600 }), opened)
        if (held.content._tag === "Memory") {
          yield* Effect.forEach(blocksOf(held.content), (block) => file.writeAll(block), { discard: true })
        }
        const { content } = held
        held.content = { _tag: "Spilled", path: target, file, close: Scope.close(opened, Exit.void) }
        yield* giveBack(held, content)
        return file
      }).pipe(
        Effect.catchAll((error) =>
          error._tag === "OutputError" ? Effect.fail(error) : Effect.fail(cannotSpill(name)(error))
        )
      )

    const forget = (held: Held): Effect.Effect<void, OutputError> =>
      held.content._tag === "Memory"
        ? giveBack(held, held.content)
        : Effect.zipRight(
          held.content.close,
          Effect.mapError(
            fs.remove(held.content.path),
            toOutputError("cannot remove a private temporary file", held.content.path)
          )
        )

    const openReserved = (reserve: number): internal.Open => (name) =>
      Effect.gen(function*() {
        if (files.has(name)) return yield* isThere(name)
        const held = heldIn({ _tag: "Memory", blocks: [], size: 0 }, reserve)
        let closed = false
        yield* Effect.uninterruptibleMask((restore) =>
          restore(reserve === 0 ? Effect.void : budget.take(reserve)).pipe(
            Effect.zipRight(Effect.addFinalizer(() => closed ? Effect.void : Effect.ignoreLogged(forget(held))))
          )
        )
        return {
          write: (bytes) =>
            Effect.suspend(() => {
              const { content } = held
              if (content._tag === "Spilled") {
                return Effect.mapError(content.file.writeAll(bytes), cannotSpill(name))
              }
              if (reserve === 0 || content.size + bytes.length <= reserve * blockSize) {
                append(content, bytes)
                return Effect.void
              }
              return spill(name, held).pipe(
                Effect.flatMap((file) => Effect.mapError(file.writeAll(bytes), cannotSpill(name)))
              )
            }),
          close: Effect.suspend(() => {
            closed = true
            files.set(name, held)
            const unused = held.content._tag === "Memory" && held.reserved > 0
              ? held.reserved - held.content.blocks.length
              : 0
            held.reserved -= unused
            return held.content._tag === "Spilled"
              ? held.content.close
              : unused === 0
              ? Effect.void
              : Effect.asVoid(budget.release(unused))
          })
        } satisfies internal.Store
      })
    const put = (file: SmallFile): Effect.Effect<StagedFile, OutputError> => {
      const { content, name } = file
      if (files.has(name)) return isThere(name)
      // a block of its own would be used for the least part
      const blocks = content.length === 0 ? [] : [new Uint8Array(content)]
      files.set(name, heldIn({ _tag: "Memory", blocks, size: content.length }, 0))
      return Effect.succeed(internal.staged(file))
    }
    const open: internal.Open = (name, expected) =>
      Effect.flatMap(
        Effect.succeed(Math.max(1, Math.ceil(Math.min(expected, share) / blockSize))),
        (reserve) => openReserved(reserve)(name, expected)
      )

    const held = (name: string): Effect.Effect<Held, BackupError> =>
      Effect.suspend(() => {
        const found = files.get(name)
        return found === undefined
          ? new BackupError({
            reason: "Missing",
            what: "cannot read a file",
            where: name,
            detail: "it is not in memory"
          })
          : Effect.succeed(found)
      })

    return {
      share,
      create: internal.create(open),
      put: (name, content) => Effect.suspend(() => put({ name, content })),
      putAll: (all) => Effect.forEach(all, put),
      read: (name) =>
        Stream.unwrapScoped(Effect.map(Effect.tap(held(name), reading), ({ content }) =>
          content._tag === "Memory"
            // all at once: they stay as they are until this is done
            ? Stream.fromIterable(blocksOf(content))
            : Stream.mapError(
              fs.stream(content.path, { chunkSize: blockSize }),
              toBackupError("cannot read a private temporary file", name)
            ))),
      whole: (name) =>
        Effect.flatMap(held(name), ({ content }) =>
          content._tag === "Memory"
            ? Effect.succeed(blocksOf(content))
            : Effect.mapBoth(fs.readFile(content.path), {
              onSuccess: Arr.of,
              onFailure: toBackupError("cannot read a private temporary file", name)
            })),
      list: Effect.sync(() => Array.from(files.keys()).sort()),
      remove: (name) =>
        Effect.suspend(() => {
          const found = files.get(name)
          files.delete(name)
          return found === undefined ? Effect.void : forget(found)
        }),
      park: (name) =>
        Effect.suspend(() => {
          const found = files.get(name)
          return found === undefined || found.content._tag === "Spilled" || found.reserved === 0
            ? Effect.void
            : Effect.zipRight(
              spill(name, found),
              Effect.suspend(() => found.content._tag === "Spilled" ? found.content.close : Effect.void)
            )
        })
    }
  })
