/**
 * A file system in memory: `FileSystem` of @effect/platform with nothing of the machine behind it.
 *
 * It behaves as Node's does on Linux, down to the reasons and causes of errors: the same tests, laws and random
 * sequences of operations, run over both. Tests of what reads and writes files need no disk with it, and can have the
 * disks that machines do not offer: full ones, failing ones, and ones that lose their power.
 *
 * Where it differs from Node's:
 *
 * - Every file belongs to one user. Only the owner's permission bits count, and none of them with `root`.
 * - Reading leaves `atime` alone. Times come from Effect's `Clock`.
 * - A hole in a file takes space, no file is larger than 2 GiB, and `capacity` counts bytes of files only.
 * - Names of temporary files are counted, not random. Temporary files are made in `/tmp`, which is there at the start.
 * - Relative paths start at `/`.
 * - A handle that is used after its scope fails with EBADF, always: no other file gets its number.
 * - `watch` fails with a `BadArgument`.
 * - `copy` and a recursive `remove` are one step. When they fail in the middle, what they had done before may differ.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import { FileSystem as Tag } from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

import * as internal from "./internal/memoryFileSystem.js"
import * as failure from "./internal/memoryFileSystemFailure.js"

/**
 * An operation that is about to start, as the `fault` hook sees it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call {
  /** The method as it stands in errors: of `FileSystem`, or of a handle (`"read"`, `"writeAll"`, `"sync"`, ...). */
  readonly method: string
  /** The path as it was given, the first one of two; for a handle the path that it was opened with. */
  readonly path: string
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Bytes that all files together may take. What goes beyond fails with ENOSPC. Default: no limit. */
  readonly capacity?: number | undefined
  /** Whether permissions do not count, as for the superuser. Default: false. */
  readonly root?: boolean | undefined
  /** The permission bits that new files and directories do not get. Default: 0o022. */
  readonly umask?: number | undefined
  /** Asked before each operation: an error that it gives is the outcome, and nothing is done. */
  readonly fault?: ((call: Call) => PlatformError | undefined) | undefined
}

/**
 * A look inside, for tests. Looking changes nothing, not even a time.
 *
 * @since 0.1.0
 * @category tags
 */
export class MemoryFileSystem extends Context.Tag("@sluice/testing/MemoryFileSystem")<MemoryFileSystem, {
  /**
   * The bytes of all files by their absolute paths. A file with two names is there twice; links and directories are not.
   */
  readonly snapshot: Effect.Effect<ReadonlyMap<string, Uint8Array>>
  /**
   * What would be left if the power failed now, at worst: the bytes a file had when it was last synced, under the
   * names its directory had when that was last synced. A new directory needs its parent synced as well. `/tmp` is
   * there.
   */
  readonly durable: Effect.Effect<ReadonlyMap<string, Uint8Array>>
  /** Bytes that count against `capacity`: those of removed files too, while a handle is open. */
  readonly used: Effect.Effect<number>
  /** The paths of the handles that are open, so that a test can tell that none was left. */
  readonly opened: Effect.Effect<ReadonlyArray<string>>
}>() {}

/**
 * An empty file system, with the look inside.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options?: Options) => Effect.Effect<{
  readonly fileSystem: FileSystem.FileSystem
  readonly memory: MemoryFileSystem["Type"]
}> = (options = {}) => internal.make(options)

/**
 * An empty file system, and beside it the tag to look inside.
 *
 * @example
 * ```ts
 * import { FileSystem } from "@effect/platform"
 * import { MemoryFileSystem } from "@sluice/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const fs = yield* FileSystem.FileSystem
 *   yield* fs.writeFileString("/tmp/a.sql", "SELECT 1;\n")
 *   const memory = yield* MemoryFileSystem.MemoryFileSystem
 *   return yield* memory.snapshot
 * }).pipe(Effect.provide(MemoryFileSystem.layer({ capacity: 1_000_000 })))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<FileSystem.FileSystem | MemoryFileSystem> =>
  Layer.effectContext(Effect.map(
    make(options),
    ({ fileSystem, memory }) => Context.make(Tag, fileSystem).pipe(Context.add(MemoryFileSystem, memory))
  ))

/**
 * The codes that `systemError` knows.
 *
 * @since 0.1.0
 * @category errors
 */
export type Code = failure.Code

/**
 * The error that Node's layer gives for a code, for use in a `fault` hook. The platform has few reasons: a full disk,
 * for one, is `Unknown`, and only `cause.code` tells.
 *
 * @example
 * ```ts
 * import { MemoryFileSystem } from "@sluice/testing"
 *
 * const layer = MemoryFileSystem.layer({
 *   fault: (call) => call.method === "sync" ? MemoryFileSystem.systemError("EIO", call) : undefined
 * })
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export const systemError = (code: Code, call: Call): PlatformError =>
  failure.toPlatformError(call.method, call.path)(failure.failure(code, call.method, call.path))
