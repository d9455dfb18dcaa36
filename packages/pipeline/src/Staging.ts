/**
 * Where closed files wait until they are disposed of.
 *
 * A file comes in as a sink and is there, with its size and checksum, once it is closed. `layerDirectory` keeps
 * files in a folder; `layerMemory` keeps them in memory under a budget.
 *
 * Admission is by reservation: whoever starts a file first reserves the most it may take (`share`), so that every
 * file that was started can be closed, and no two of them wait for each other.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import type * as FileName from "@sluice/format/FileName"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"

import type * as Compression from "./Compression.js"
import * as compressed from "./internal/stagingCompressed.js"
import * as directory from "./internal/stagingDirectory.js"
import * as memory from "./internal/stagingMemory.js"
import type { BackupError, OutputError } from "./SluiceError.js"

/**
 * A closed file.
 *
 * @since 0.1.0
 * @category models
 */
export interface StagedFile {
  readonly name: string
  /** Its size in bytes. */
  readonly bytes: number
  /** Rows that its writer said it holds; 0 for a file that came in as mere bytes. */
  readonly rows: number
  readonly checksum: string
}

/**
 * A file under way.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileWriter {
  /** Appends bytes, which are lent for the time of the call, and the number of rows they hold. */
  readonly write: (bytes: Uint8Array, rows?: number) => Effect.Effect<void, OutputError>
  /** Closes the file: from here on it can be read under its name. */
  readonly close: Effect.Effect<StagedFile, OutputError>
}

/**
 * A small file that is all there.
 *
 * @since 0.1.0
 * @category models
 */
export interface SmallFile {
  readonly name: string
  /** Lent for the time of the call. */
  readonly content: Uint8Array
  /** The rows it holds: 0 when not given. */
  readonly rows?: number | undefined
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Staging extends Context.Tag("@sluice/pipeline/Staging")<Staging, {
  /** The most bytes that the writer of a file can reserve; a file that grows larger is slower, not refused. */
  readonly share: number
  /**
   * Starts a file, when there is room for `reserve` bytes of it (at most a share). Unless the file is closed, the
   * end of the scope throws it away.
   */
  readonly create: (name: string, reserve: number) => Effect.Effect<FileWriter, OutputError, Scope.Scope>
  /** Takes a small file that is all there. It is not counted against a budget. */
  readonly put: (name: string, content: Uint8Array) => Effect.Effect<StagedFile, OutputError>
  /** Takes several, in their order. They cost less together. */
  readonly putAll: (files: ReadonlyArray<SmallFile>) => Effect.Effect<ReadonlyArray<StagedFile>, OutputError>
  /** The bytes of a closed file, in order. They are lent: good until the next are asked for. */
  readonly read: (name: string) => Stream.Stream<Uint8Array, BackupError>
  /** The same of a file that is small, all at once. */
  readonly whole: (name: string) => Effect.Effect<ReadonlyArray<Uint8Array>, BackupError>
  /** The names of all closed files. */
  readonly list: Effect.Effect<ReadonlyArray<string>, BackupError>
  /** Removes a closed file. */
  readonly remove: (name: string) => Effect.Effect<void, OutputError>
  /** Says that a file will not be used soon: it gives back the memory it holds, and can still be read. */
  readonly park: (name: string) => Effect.Effect<void, OutputError>
}>() {}

/**
 * A folder that another process writes files to, or reads them from.
 *
 * A header-only stream needs one: what it announces is found there. Memory cannot be shared, so only
 * `layerDirectory` gives this service.
 *
 * @since 0.1.0
 * @category tags
 */
export class SharedDirectory extends Context.Tag("@sluice/pipeline/SharedDirectory")<SharedDirectory, {
  /** The folder, for messages. */
  readonly path: string
  /** Measures a file that is already there. Fails with `Missing` if it is not. */
  readonly adopt: (name: string) => Effect.Effect<StagedFile, BackupError>
}>() {}

/**
 * Keeps files in the folder `path`, which is made if it is not there, readable by its owner only.
 *
 * A file is written under a temporary name, synced, renamed, and the folder synced: at no moment does its name
 * stand for a part of it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDirectory = (
  options: directory.Options
): Layer.Layer<Staging | SharedDirectory, OutputError | BackupError, FileSystem.FileSystem | Path.Path> =>
  Layer.effectContext(
    Effect.map(
      directory.make(options),
      ({ shared, staging }) => Context.make(Staging, staging).pipe(Context.add(SharedDirectory, shared))
    )
  )

/**
 * Keeps files in memory. `budget` is in bytes and is shared by all files; a file that is larger than a share goes
 * to a private temporary file instead.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (
  options: memory.Options
): Layer.Layer<Staging, never, FileSystem.FileSystem | Path.Path> => Layer.scoped(Staging, memory.make(options))

/**
 * Compresses what another staging keeps. Each file that can be gets an extension more; sizes and checksums are of the
 * bytes as they are stored. Reading gives those, too.
 *
 * @example
 * ```ts
 * import { Compression, Staging } from "@sluice/pipeline"
 * import { Layer, Option } from "effect"
 *
 * const folder = Staging.layerDirectory({ path: "/backup", contents: "Nothing" })
 * const compressed = Option.map(
 *   Compression.encoder("gzip"),
 *   (encoder) => Layer.provideMerge(Staging.layerCompressed("gzip", encoder), folder)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerCompressed = (
  compression: Exclude<FileName.Compression, "none">,
  encoder: Compression.Encoder
): Layer.Layer<Staging, never, Staging> =>
  Layer.effect(Staging, Effect.map(Staging, (staging) => compressed.make(staging, compression, encoder)))
