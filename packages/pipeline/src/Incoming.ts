/**
 * How the files of a backup arrive at a restore: from the pipe with their content, by name from a shared directory,
 * or from a directory that is the backup.
 *
 * @since 0.1.0
 */
import * as FileName from "@sluice/format/FileName"
import type * as Frame from "@sluice/format/Frame"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"

import * as frames from "./internal/frames.js"
import { PipeIn } from "./Pipe.js"
import { BackupError, type OutputError } from "./SluiceError.js"
import { SharedDirectory, type StagedFile, Staging } from "./Staging.js"

/**
 * A file that has arrived, whole, under a name that is safe and belongs to a backup.
 *
 * @since 0.1.0
 * @category models
 */
export interface Arrival {
  readonly file: StagedFile
  readonly kind: FileName.FileName
  readonly compression: FileName.Compression
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Incoming extends Context.Tag("@sluice/pipeline/Incoming")<Incoming, {
  /** The files in the order in which they come, once. No name comes twice. */
  readonly files: Stream.Stream<Arrival, BackupError | OutputError>
}>() {}

const advice = "The backup is damaged, or it is not a backup: take it again"

/** Refuses names that no file of a backup may have, and files that came before, compressed in another way or not. */
const admit = (seen: Set<string>) => (name: string): Effect.Effect<FileName.Parsed, BackupError> =>
  Effect.gen(function*() {
    const parsed = FileName.parse(name)
    if (Either.isLeft(parsed)) {
      return yield* new BackupError({
        reason: parsed.left.reason === "Unsafe" ? "UnsafeName" : "Unexpected",
        what: "a file of the backup is refused",
        where: name,
        detail: parsed.left.reason === "Unsafe"
          ? "its name would leave the backup's folder, or cannot be a file's name"
          : "it is not the name of a file of a backup",
        advice
      })
    }
    const plain = FileName.render(parsed.right.file)
    const isKnown = seen.has(plain)
    seen.add(plain)
    return isKnown
      ? yield* new BackupError({
        reason: "Unexpected",
        what: "a file of the backup is refused",
        where: name,
        detail: parsed.right.compression === "none" ? "it comes twice" : `${plain} comes twice, compressed or not`,
        advice
      })
      : parsed.right
  })

const wrongMode = (name: string, detail: string, advice: string) =>
  new BackupError({ reason: "WrongMode", what: "the stream and the mode do not fit", where: name, detail, advice })

/**
 * Turns frames into files. `receive` is given each header and takes the content that follows it, up to but without
 * the frame's end.
 */
const receiveWith = (
  receive: (
    name: string,
    size: number
  ) => Sink.Sink<StagedFile, Frame.Event, Frame.Event, BackupError | OutputError>
) =>
  Effect.gen(function*() {
    const pipe = yield* PipeIn
    const admitted = admit(new Set())
    const frame = Sink.head<Frame.Event>().pipe(Sink.flatMap((head) => {
      const event = Option.getOrUndefined(head)
      return event?._tag !== "Header" ? Sink.succeed(Option.none<Arrival>()) : Sink.unwrap(
        Effect.map(admitted(event.name), ({ compression, file: kind }) =>
          receive(event.name, event.size).pipe(
            Sink.zipLeft(Sink.take<Frame.Event>(1)),
            Sink.map((file) => Option.some({ file, kind, compression }))
          ))
      )
    }))
    return Incoming.of({
      files: frames.decode(pipe.bytes).pipe(
        Stream.transduce(frame),
        Stream.filterMap((arrival) => arrival),
        endsWithMetadata
      )
    })
  })

const mayFollowTheEnd = ({ kind }: Arrival): boolean => kind._tag === "MetadataPartial" || kind._tag === "Bystander"

/**
 * The end rule: the last file of a backup is its `metadata`. A stream that ends without it was cut, or comes from a
 * program that died. The first is its `metadata.header`: without it the beginning was lost.
 *
 * mydumper may let one more `metadata.partial.N` slip behind it.
 */
const endsWithMetadata = <E>(files: Stream.Stream<Arrival, E>): Stream.Stream<Arrival, E | BackupError> =>
  Stream.suspend(() => {
    let begun = false
    let ended = false
    return files.pipe(
      Stream.tap((arrival) => {
        if (!begun && arrival.kind._tag !== "MetadataHeader") {
          return new BackupError({
            reason: "Missing",
            what: "a file of the backup is missing",
            where: FileName.render(FileName.FileName.MetadataHeader()),
            detail: `a stream begins with it, and this one with ${arrival.file.name}`,
            advice
          })
        }
        begun = true
        if (ended && !mayFollowTheEnd(arrival)) {
          return new BackupError({
            reason: "Unexpected",
            what: "a file of the backup is refused",
            where: arrival.file.name,
            detail: "it comes after the end of the backup",
            advice
          })
        }
        ended = ended || arrival.kind._tag === "Metadata"
        return Effect.void
      }),
      Stream.concat(Stream.suspend(() =>
        ended ? Stream.empty : Stream.fail(
          new BackupError({
            reason: "Cut",
            what: "the backup is not complete",
            where: "metadata",
            detail: "the input ended and its last file, metadata, did not come",
            advice: "The dump was cut or did not finish: look at what the dump said, and take it again"
          })
        )
      ))
    )
  })

/**
 * Headers and content come from the pipe.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerContent: Layer.Layer<Incoming, never, PipeIn | Staging> = Layer.effect(
  Incoming,
  Effect.flatMap(Staging, (staging) =>
    receiveWith((name, size) =>
      size === 0
        ? Sink.fail(wrongMode(
          name,
          "the stream carries names only, and this mode reads the content from the stream",
          "Restore with --stream=NO_STREAM or NO_STREAM_AND_NO_DELETE and the dump's directory in --directory"
        ))
        : Sink.unwrapScoped(Effect.map(staging.create(name, size), (file) =>
          Sink.forEachWhile((event: Frame.Event) =>
            event._tag === "Content" ? Effect.as(file.write(event.bytes), true) : Effect.succeed(false)
          ).pipe(Sink.mapEffect(() => file.close))))
    ))
)

const notThere = (folder: string, name: string) =>
  new BackupError({
    reason: "Missing",
    what: "a file that the stream announces is missing",
    where: name,
    detail: `it is not in ${folder}`,
    advice: "Name the dump's own folder in --directory, and dump with --stream=NO_STREAM_AND_NO_DELETE: NO_STREAM " +
      "deletes each file as soon as it is announced"
  })

/**
 * Only headers come from the pipe; the content is found in the directory that the writer shares.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHeaderOnly: Layer.Layer<Incoming, never, PipeIn | SharedDirectory> = Layer.effect(
  Incoming,
  Effect.flatMap(SharedDirectory, (shared) =>
    receiveWith((name, size) =>
      size > 0
        ? Sink.fail(wrongMode(
          name,
          "the stream carries content, and this mode takes only names from it",
          "Restore with --stream=TRADITIONAL or NO_DELETE"
        ))
        : Sink.fromEffect(
          Effect.mapError(
            shared.adopt(name),
            (error) => error.reason === "Missing" ? notThere(shared.path, name) : error
          )
        )
    ))
)

const ranks: { readonly [Tag in FileName.FileName["_tag"]]: number } = {
  MetadataHeader: 0,
  MetadataPartial: 1,
  Metadata: 2,
  TableRows: 2.1,
  Tablespaces: 2.3,
  Users: 2.6,
  Database: 3,
  Sequence: 4,
  Table: 5,
  Rows: 6,
  LoadData: 7,
  Post: 8,
  View: 9,
  Triggers: 10,
  Bystander: 11
}

interface Kind {
  readonly kind: FileName.FileName
}

/** The parts of a stream that was kept come by their numbers. */
const byRank = Order.combine(
  Order.mapInput(Order.number, ({ kind }: Kind) => ranks[kind._tag]),
  Order.mapInput(Order.number, ({ kind }: Kind) => kind._tag === "MetadataPartial" ? kind.index : 0)
)

/**
 * The directory is the backup: its files come in the order in which they are needed, its metadata first.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDirectory: Layer.Layer<Incoming, never, Staging | SharedDirectory> = Layer.effect(
  Incoming,
  Effect.gen(function*() {
    const staging = yield* Staging
    const shared = yield* SharedDirectory
    const admitted = admit(new Set())
    const named = Effect.gen(function*() {
      const names = yield* staging.list
      if (!names.includes("metadata")) {
        return yield* new BackupError({
          reason: names.length === 0 ? "NotABackup" : "Cut",
          what: "the folder holds no complete backup",
          where: shared.path,
          detail: names.length === 0 ? "it is empty" : "its last file, metadata, is not there",
          advice: "The dump did not finish, or this is another folder: look at what the dump said"
        })
      }
      const files = yield* Effect.forEach(
        names,
        (name) => Effect.map(admitted(name), ({ compression, file: kind }) => ({ name, kind, compression }))
      )
      return files.sort(byRank)
    })
    return Incoming.of({
      files: Stream.unwrap(Effect.map(named, Stream.fromIterable)).pipe(
        Stream.rechunk(1),
        Stream.mapEffect(({ compression, kind, name }) =>
          Effect.map(shared.adopt(name), (file) => ({ file, kind, compression }))
        )
      )
    })
  })
)
