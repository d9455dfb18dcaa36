/**
 * How the files of a backup arrive at a restore: from the pipe with their content, by name from a shared directory,
 * or from a directory that is the backup.
 *
 * @since 0.1.0
 */
import * as FileName from "@sluice/format/FileName"
import type * as Frame from "@sluice/format/Frame"
import * as Arr from "effect/Array"
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
import { Trust } from "./Trust.js"

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
  /** The files in the order in which they come, once. No name comes twice. Fails at the first that is refused. */
  readonly files: Stream.Stream<Arrival, BackupError | OutputError>
  /**
   * The same, for whoever wants to know of everything that is wrong: what is refused is told in its place, and what
   * stands behind it still comes. Fails only when nothing more can be read.
   */
  readonly outcomes: Stream.Stream<Outcome, BackupError | OutputError>
}>() {}

/**
 * A file that has arrived, or why it is refused.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = Either.Either<Arrival, BackupError>

/**
 * The service, from what comes.
 *
 * @example
 * ```ts
 * import { Incoming } from "@sluice/pipeline"
 * import { Either, Stream } from "effect"
 *
 * const of = (files: Stream.Stream<Incoming.Arrival>) => Incoming.make(Stream.map(files, Either.right))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (outcomes: Stream.Stream<Outcome, BackupError | OutputError>): Incoming["Type"] =>
  Incoming.of({ outcomes, files: Stream.mapEffect(outcomes, (outcome) => outcome) })

const advice = "The backup is damaged, or it is not a backup: take it again"

/** Refuses names that no file of a backup may have, and files that came before, compressed in another way or not. */
const admit = (seen: Set<string>) => (name: string): Either.Either<FileName.Parsed, BackupError> => {
  const parsed = FileName.parse(name)
  if (Either.isLeft(parsed)) {
    return Either.left(
      new BackupError({
        reason: parsed.left.reason === "Unsafe" ? "UnsafeName" : "Unexpected",
        what: "a file of the backup is refused",
        where: name,
        detail: parsed.left.reason === "Unsafe"
          ? "its name would leave the backup's folder, or cannot be a file's name"
          : "it is not the name of a file of a backup",
        advice
      })
    )
  }
  const plain = FileName.render(parsed.right.file)
  const isKnown = seen.has(plain)
  seen.add(plain)
  return isKnown
    ? Either.left(
      new BackupError({
        reason: "Unexpected",
        what: "a file of the backup is refused",
        where: name,
        detail: parsed.right.compression === "none" ? "it comes twice" : `${plain} comes twice, compressed or not`,
        advice
      })
    )
    : Either.right(parsed.right)
}

const tooMany = (where: string, most: number) =>
  new BackupError({
    reason: "Unexpected",
    what: "the backup is refused",
    where,
    detail: `it has more than ${most} files`,
    advice: "No dump makes so many: do not trust it"
  })

const wrongMode = (name: string, detail: string, advice: string) =>
  new BackupError({ reason: "WrongMode", what: "the stream and the mode do not fit", where: name, detail, advice })

/** What `receive` makes of a frame: the file, or why it is not there. */
type Received = Sink.Sink<Either.Either<StagedFile, BackupError>, Frame.Event, Frame.Event, BackupError | OutputError>

/**
 * Turns frames into files. `receive` is given each header and takes the content that follows it, up to but without
 * the frame's end. Nobody takes the content of a file that is refused: it is passed over.
 */
const receiveWith = (receive: (name: string, size: number) => Received) =>
  Effect.gen(function*() {
    const pipe = yield* PipeIn
    const { maximumFiles } = yield* Trust
    const seen = new Set<string>()
    const admitted = admit(seen)
    const frame = Sink.head<Frame.Event>().pipe(Sink.flatMap((head) => {
      const event = Option.getOrUndefined(head)
      if (event?._tag !== "Header") {
        return Sink.succeed(Option.none<Outcome>())
      }
      if (seen.size === maximumFiles) {
        return Sink.fail(tooMany(event.name, maximumFiles))
      }
      return Either.match(admitted(event.name), {
        onLeft: (error) => Sink.succeed(Option.some<Outcome>(Either.left(error))),
        onRight: ({ compression, file: kind }) =>
          receive(event.name, event.size).pipe(
            Sink.zipLeft(Sink.take<Frame.Event>(1)),
            Sink.map((received) => Option.some<Outcome>(Either.map(received, (file) => ({ file, kind, compression }))))
          )
      })
    }))
    return make(
      frames.decode(pipe.bytes).pipe(
        Stream.transduce(frame),
        Stream.filterMap((outcome) => outcome),
        endsWithMetadata
      )
    )
  })

const headerLost = ({ file }: Arrival) =>
  new BackupError({
    reason: "Missing",
    what: "a file of the backup is missing",
    where: FileName.render(FileName.FileName.MetadataHeader()),
    detail: `a stream begins with it, and this one with ${file.name}`,
    advice
  })

const mayFollowTheEnd = ({ kind }: Arrival): boolean => kind._tag === "MetadataPartial" || kind._tag === "Bystander"

/**
 * The end rule: the last file of a backup is its `metadata`. A stream that ends without it was cut, or comes from a
 * program that died. The first is its `metadata.header`: without it the beginning was lost.
 *
 * mydumper may let one more `metadata.partial.N` slip behind it.
 */
const endsWithMetadata = <E>(outcomes: Stream.Stream<Outcome, E>): Stream.Stream<Outcome, E> =>
  Stream.suspend(() => {
    let begun = false
    let ended = false
    return outcomes.pipe(
      Stream.mapConcat((outcome) => {
        const isHeaderLost = !begun && Either.isRight(outcome) && outcome.right.kind._tag !== "MetadataHeader"
        begun = begun || Either.isRight(outcome)
        return isHeaderLost ? [Either.left(headerLost(outcome.right)), outcome] : [outcome]
      }),
      Stream.map(Either.flatMap((arrival): Outcome => {
        if (ended && !mayFollowTheEnd(arrival)) {
          return Either.left(
            new BackupError({
              reason: "Unexpected",
              what: "a file of the backup is refused",
              where: arrival.file.name,
              detail: "it comes after the end of the backup",
              advice
            })
          )
        }
        ended = ended || arrival.kind._tag === "Metadata"
        return Either.right(arrival)
      })),
      Stream.concat(Stream.suspend((): Stream.Stream<Outcome> =>
        ended ? Stream.empty : Stream.make(Either.left(
          new BackupError({
            reason: "Cut",
            what: "the backup is not complete",
            where: "metadata",
            detail: "the input ended and its last file, metadata, did not come",
            advice: "The dump was cut or did not finish: look at what the dump said, and take it again"
          })
        ))
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
          "Its files are in the dump's own directory: name it in --directory, and restore with --stream=NO_STREAM or " +
            "NO_STREAM_AND_NO_DELETE"
        ))
        : Sink.unwrapScoped(Effect.map(staging.create(name, size), (file) =>
          Sink.forEachWhile((event: Frame.Event) =>
            event._tag === "Content" ? Effect.as(file.write(event.bytes), true) : Effect.succeed(false)
          ).pipe(Sink.mapEffect(() => Effect.map(file.close, Either.right)))))
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
          "Restore with --stream=TRADITIONAL or NO_DELETE, and verify without --directory"
        ))
        : Sink.fromEffect(
          Effect.either(Effect.mapError(
            shared.adopt(name),
            (error) => error.reason === "Missing" ? notThere(shared.path, name) : error
          ))
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
    const { maximumFiles } = yield* Trust
    const admitted = admit(new Set())
    const notWhole = (reason: "NotABackup" | "Cut", detail: string) =>
      new BackupError({
        reason,
        what: "the folder holds no complete backup",
        where: shared.path,
        detail,
        advice: "The dump did not finish, or this is another folder: look at what the dump said"
      })
    const arrive = (name: string, { compression, file: kind }: FileName.Parsed): Effect.Effect<Outcome> =>
      Effect.either(Effect.map(shared.adopt(name), (file) => ({ file, kind, compression })))
    return make(Stream.unwrap(Effect.gen(function*() {
      const names = yield* staging.list
      if (names.length > maximumFiles) {
        return Stream.fail(tooMany(shared.path, maximumFiles))
      }
      const [refused, files] = Arr.partitionMap(
        names,
        (name) => Either.map(admitted(name), (parsed) => ({ name, kind: parsed.file, parsed }))
      )
      const isThere = names.includes("metadata")
      if (!isThere && files.length === 0) {
        return Stream.fail(notWhole("NotABackup", names.length === 0 ? "it is empty" : "it holds no file of a backup"))
      }
      return Stream.fromIterable([
        ...(isThere ? [] : [notWhole("Cut", "its last file, metadata, is not there")]),
        ...refused
      ]).pipe(
        Stream.map((error): Outcome => Either.left(error)),
        Stream.concat(
          Stream.fromIterable(files.sort(byRank)).pipe(
            Stream.rechunk(1),
            Stream.mapEffect(({ name, parsed }) => arrive(name, parsed))
          )
        )
      )
    })))
  })
)
