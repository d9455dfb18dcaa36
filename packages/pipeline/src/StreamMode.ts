/**
 * The four stream modes: what goes down the pipe, where content comes from, and what becomes of files.
 *
 * A mode is a value; what it means is the layers that it picks, for either side. No flow asks which mode it is.
 *
 * | mode | dump: on the pipe | dump: file afterwards | restore: content from | restore: file afterwards |
 * |---|---|---|---|---|
 * | `Traditional` | header and content | deleted | the pipe | deleted |
 * | `NoDelete` | header and content | kept | the pipe | kept |
 * | `NoStreamAndNoDelete` | header only | kept | the shared directory | kept |
 * | `NoStream` | header only | deleted | the shared directory | deleted |
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"

import * as Disposal from "./Disposal.js"
import * as Incoming from "./Incoming.js"
import * as Outgoing from "./Outgoing.js"
import type { PipeIn, PipeOut } from "./Pipe.js"
import type { SharedDirectory, Staging } from "./Staging.js"

/**
 * @since 0.1.0
 * @category models
 */
export type StreamMode = Data.TaggedEnum<{
  readonly Traditional: {}
  readonly NoDelete: {}
  readonly NoStreamAndNoDelete: {}
  readonly NoStream: {}
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const StreamMode = Data.taggedEnum<StreamMode>()

/**
 * All modes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const all: ReadonlyArray<StreamMode> = [
  StreamMode.Traditional(),
  StreamMode.NoDelete(),
  StreamMode.NoStreamAndNoDelete(),
  StreamMode.NoStream()
]

/**
 * The spelling that mydumper and the command line use.
 *
 * @since 0.1.0
 * @category encoding
 */
export const spelling: (mode: StreamMode) => string = StreamMode.$match({
  Traditional: () => "TRADITIONAL",
  NoDelete: () => "NO_DELETE",
  NoStreamAndNoDelete: () => "NO_STREAM_AND_NO_DELETE",
  NoStream: () => "NO_STREAM"
})

/** By mydumper's numbers: bit 1 keeps files, bit 2 sends headers only; bit 0 asks its writer not to wait. */
const byNumber: ReadonlyArray<StreamMode> = [
  StreamMode.Traditional(),
  StreamMode.NoDelete(),
  StreamMode.NoStream(),
  StreamMode.NoStreamAndNoDelete()
]

/**
 * Reads a spelling, in any case, or one of mydumper's numbers from 0 to 7.
 *
 * @example
 * ```ts
 * import { StreamMode } from "@sluice/pipeline"
 *
 * StreamMode.parse("no_delete") // Option.some(StreamMode.StreamMode.NoDelete())
 * StreamMode.parse("6") // Option.some(StreamMode.StreamMode.NoStreamAndNoDelete())
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const parse = (text: string): Option.Option<StreamMode> =>
  /^[0-7]$/.test(text)
    ? Option.fromNullable(byNumber[Number(text) >> 1])
    : Option.fromNullable(all.find((mode) => spelling(mode) === text.toUpperCase()))

/**
 * What a dump in `Traditional` mode does with its files. It is the one mode that needs no directory, so memory
 * will do for its staging.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTraditionalDump: Layer.Layer<Outgoing.Outgoing | Disposal.Disposal, never, PipeOut | Staging> = Layer
  .merge(Outgoing.layerContent, Disposal.layerDelete)

/**
 * What a dump does with its files.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDump: (
  mode: StreamMode
) => Layer.Layer<Outgoing.Outgoing | Disposal.Disposal, never, PipeOut | Staging | SharedDirectory> = StreamMode.$match(
  {
    Traditional: () => layerTraditionalDump,
    NoDelete: () => Layer.merge(Outgoing.layerContent, Disposal.layerKeep),
    NoStreamAndNoDelete: () => Layer.merge(Outgoing.layerHeaderOnly, Disposal.layerKeep),
    NoStream: () => Layer.merge(Outgoing.layerHeaderOnly, Disposal.layerDelete)
  }
)

/**
 * What a dump into a directory, without a stream, does with its files.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDumpDirectory: Layer.Layer<Outgoing.Outgoing | Disposal.Disposal> = Layer.merge(
  Outgoing.layerNone,
  Disposal.layerKeep
)

/**
 * Where a restore in `Traditional` mode gets its files from. It needs no directory.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTraditionalRestore: Layer.Layer<Incoming.Incoming | Disposal.Disposal, never, PipeIn | Staging> =
  Layer.merge(Incoming.layerContent, Disposal.layerDelete)

/**
 * Where a restore gets its files from, and what becomes of them.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRestore: (
  mode: StreamMode
) => Layer.Layer<Incoming.Incoming | Disposal.Disposal, never, PipeIn | Staging | SharedDirectory> = StreamMode.$match({
  Traditional: () => layerTraditionalRestore,
  NoDelete: () => Layer.merge(Incoming.layerContent, Disposal.layerKeep),
  NoStreamAndNoDelete: () => Layer.merge(Incoming.layerHeaderOnly, Disposal.layerKeep),
  NoStream: () => Layer.merge(Incoming.layerHeaderOnly, Disposal.layerDelete)
})

/**
 * Where a restore from a directory, without a stream, gets its files from. They are kept.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRestoreDirectory: Layer.Layer<
  Incoming.Incoming | Disposal.Disposal,
  never,
  Staging | SharedDirectory
> = Layer.merge(Incoming.layerDirectory, Disposal.layerKeep)
