/**
 * How the files of a dump leave: down a pipe with their content, down a pipe by name only, or not at all.
 *
 * @since 0.1.0
 */
import * as Frame from "@sluice/format/Frame"
import * as Sql from "@sluice/format/Sql"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import * as Gathering from "./internal/gathering.js"
import { PipeOut } from "./Pipe.js"
import type { BackupError, OutputError } from "./SluiceError.js"
import { SharedDirectory, type StagedFile, Staging } from "./Staging.js"

/**
 * @since 0.1.0
 * @category tags
 */
export class Outgoing extends Context.Tag("@sluice/pipeline/Outgoing")<Outgoing, {
  /**
   * Tells the reader of a stream something about the files that follow, in a file of its own. Where nobody reads
   * along there is nobody to tell, and no such file.
   */
  readonly announce: (
    name: string,
    content: Uint8Array
  ) => Effect.Effect<Option.Option<StagedFile>, OutputError | BackupError>
  /** Lets closed files leave, in their order. It is done when the last byte of the last one is out. */
  readonly send: (files: ReadonlyArray<StagedFile>) => Effect.Effect<void, OutputError | BackupError>
}>() {}

const piped = (
  staging: Context.Tag.Service<Staging>,
  send: Context.Tag.Service<Outgoing>["send"]
) =>
  Outgoing.of({
    announce: (name, content) => Effect.asSome(Effect.tap(staging.put(name, content), (file) => send([file]))),
    send
  })

/**
 * Header and content go down the pipe.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerContent: Layer.Layer<Outgoing, never, PipeOut | Staging> = Layer.effect(
  Outgoing,
  Effect.gen(function*() {
    const pipe = yield* PipeOut
    const staging = yield* Staging
    const gathered = Gathering.make(pipe.write)
    return piped(staging, (files) =>
      Effect.zipRight(
        Effect.forEach(files, (file) => {
          const header = Frame.header(file.name, file.bytes)
          return file.bytes <= Gathering.size
            ? Effect.flatMap(staging.whole(file.name), (parts) => gathered.write(Sql.concat([header, ...parts])))
            : Effect.zipRight(gathered.write(header), Stream.runForEach(staging.read(file.name), gathered.write))
        }, { discard: true }),
        gathered.flush
      ))
  })
)

/**
 * Only the header goes down the pipe, with a size of 0; the content is in a directory that the reader shares.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHeaderOnly: Layer.Layer<Outgoing, never, PipeOut | Staging | SharedDirectory> = Layer.effect(
  Outgoing,
  Effect.gen(function*() {
    const pipe = yield* PipeOut
    const staging = yield* Staging
    yield* SharedDirectory
    return piped(staging, (files) => pipe.write(Sql.concat(files.map(({ name }) => Frame.header(name, 0)))))
  })
)

/**
 * Nothing leaves: the directory is the backup.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerNone: Layer.Layer<Outgoing> = Layer.succeed(
  Outgoing,
  Outgoing.of({ announce: () => Effect.succeedNone, send: () => Effect.void })
)
