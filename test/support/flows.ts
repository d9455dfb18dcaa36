/**
 * Dump and restore over a pipe in memory.
 */
import { Path } from "@effect/platform"
import { Frame } from "@sluice/format"
import type { Disposal, Incoming, Outgoing } from "@sluice/pipeline"
import {
  Dump,
  Pipe,
  Progress,
  Restore,
  type SluiceError,
  type Source,
  Staging,
  StreamMode,
  type Target,
  type Verdict
} from "@sluice/pipeline"
import { type Contents, MemoryFileSystem, MemoryServer } from "@sluice/testing"
import { Cause, Effect, Either, Exit, Layer, Option, Queue, Stream } from "effect"

/** The layers of one side of a stream: how files leave or arrive, and what becomes of them. */
export interface Mode {
  readonly name: string
  readonly dump: Layer.Layer<
    Outgoing.Outgoing | Disposal.Disposal,
    never,
    Pipe.PipeOut | Staging.Staging | Staging.SharedDirectory
  >
  readonly restore: Layer.Layer<
    Incoming.Incoming | Disposal.Disposal,
    never,
    Pipe.PipeIn | Staging.Staging | Staging.SharedDirectory
  >
}

export const modes: ReadonlyArray<Mode> = StreamMode.all.map((mode) => ({
  name: StreamMode.spelling(mode),
  dump: StreamMode.layerDump(mode),
  restore: StreamMode.layerRestore(mode)
}))

/** A pipe that keeps everything that is written to it. */
export const record = Effect.sync(() => {
  const parts: Array<Uint8Array> = []
  return {
    out: Layer.succeed(
      Pipe.PipeOut,
      // what is written is lent
      Pipe.PipeOut.of({ write: (bytes) => Effect.sync(() => void parts.push(bytes.slice())) })
    ),
    // a Buffer's slices are views, an array's are copies
    bytes: Effect.sync(() => new Uint8Array(Buffer.concat(parts)))
  }
})

const oneByOne = function*<A>(all: Iterable<A>): Generator<A> {
  yield* all
}

/**
 * The reading end of a pipe that gives these parts and ends. None is made before it is asked for, and each is wiped when
 * the next is. `between` is run before each.
 */
export const play = (
  parts: Iterable<Uint8Array>,
  between: Effect.Effect<void> = Effect.void
): Layer.Layer<Pipe.PipeIn> =>
  Layer.succeed(
    Pipe.PipeIn,
    Pipe.PipeIn.of({
      bytes: Stream.suspend(() => {
        let last = new Uint8Array(0)
        return Stream.fromIteratorSucceed(oneByOne(parts), 1).pipe(
          Stream.tap(() => between),
          Stream.map((part) => {
            last.fill(0xee)
            last = part.slice()
            return last
          })
        )
      })
    })
  )

/** Both ends of a pipe in memory that holds a few parts. */
export const pipe = Effect.map(Queue.bounded<Uint8Array | "end">(4), (queue) => ({
  out: Layer.succeed(
    Pipe.PipeOut,
    Pipe.PipeOut.of({ write: (bytes) => Effect.asVoid(Queue.offer(queue, bytes.slice())) })
  ),
  in: Layer.succeed(
    Pipe.PipeIn,
    Pipe.PipeIn.of({
      bytes: Stream.fromQueue(queue).pipe(
        Stream.takeWhile((part): part is Uint8Array => part !== "end")
      )
    })
  ),
  end: Queue.offer(queue, "end")
}))

/** Where the two sides keep files: the folders of a test, on whatever file system it runs. */
export const folder = (path: string, contents: "Nothing" | "Cleared" | "Anything" | "Present" = "Anything") =>
  Staging.layerDirectory({ path, contents })

export const dump = (
  options: Partial<Dump.Options>
): Effect.Effect<
  Effect.Effect.Success<ReturnType<typeof Dump.run>>,
  SluiceError.DumpError,
  Source.Source | Staging.Staging | Outgoing.Outgoing | Disposal.Disposal
> => Effect.provide(Dump.run({ ...Dump.defaults, ...options }), Progress.layer)

export const restore = (
  options: Partial<Restore.Options>
): Effect.Effect<
  Effect.Effect.Success<ReturnType<typeof Restore.run>>,
  SluiceError.RestoreError,
  Target.Target | Staging.Staging | Incoming.Incoming | Disposal.Disposal
> => Effect.provide(Restore.run({ ...Restore.defaults, ...options }), Progress.layer)

export const cut = (bytes: Uint8Array, cuts: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const points = [0, ...cuts.map((n) => n % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return points.slice(1).map((to, i) => bytes.slice(points[i], to)).filter((part) => part.length > 0)
}

/** What one dump through a pipe in memory, and the restore of what came out, left behind. */
export interface Transfer {
  readonly dumped: Exit.Exit<Verdict.Verdict, SluiceError.DumpError>
  /** What went down the pipe. */
  readonly bytes: Uint8Array
  /** The names in the dump's folder before the restore began. */
  readonly left: ReadonlyArray<string>
  readonly restored: Exit.Exit<Verdict.Verdict, SluiceError.RestoreError>
  readonly target: Contents.Contents
  /** The names in the dump's folder at the end, and in the restore's own if it has one. */
  readonly dumpFolder: ReadonlyArray<string>
  readonly restoreFolder: ReadonlyArray<string>
}

const namesIn = (files: ReadonlyMap<string, Uint8Array>, folder: string): ReadonlyArray<string> =>
  Array.from(files.keys()).filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1))
    .sort()

/** Dumps `contents` in one mode and restores it in another, over a pipe in memory and folders in memory. */
export const transfer = (options: {
  readonly contents: Contents.Contents
  readonly dump: Mode
  readonly restore: Mode
  /** Whether the restore looks into the folder of the dump. */
  readonly shared: boolean
  readonly dumpOptions?: Partial<Dump.Options>
  readonly restoreOptions?: Partial<Restore.Options>
  /** What happens to the stream on its way. */
  readonly through?: (bytes: Uint8Array) => ReadonlyArray<Uint8Array>
}): Effect.Effect<Transfer> =>
  Effect.gen(function*() {
    const disk = yield* MemoryFileSystem.MemoryFileSystem
    const from = yield* MemoryServer.make(options.contents)
    const to = yield* MemoryServer.make()
    const pipe = yield* record
    const dumped = yield* Effect.exit(
      dump(options.dumpOptions ?? {}).pipe(
        Effect.provide(options.dump.dump),
        Effect.provide(folder("/dump")),
        Effect.provide(pipe.out),
        Effect.provide(from.layerSource)
      )
    )
    const bytes = yield* pipe.bytes
    const left = namesIn(yield* disk.snapshot, "/dump")
    const restored = yield* Effect.exit(
      restore(options.restoreOptions ?? {}).pipe(
        Effect.provide(options.restore.restore),
        Effect.provide(folder(options.shared ? "/dump" : "/restore")),
        Effect.provide(play((options.through ?? ((bytes) => [bytes]))(bytes))),
        Effect.provide(to.layerTarget)
      )
    )
    const files = yield* disk.snapshot
    return {
      dumped,
      bytes,
      left,
      restored,
      target: yield* to.contents,
      dumpFolder: namesIn(files, "/dump"),
      restoreFolder: namesIn(files, "/restore")
    }
  }).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)), Effect.orDie)

/** The error of an exit that failed as expected. */
export const failureOf = <A, E>(exit: Exit.Exit<A, E>): E | undefined =>
  Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined

/** The names of the files of a stream. */
export const namesOf = (bytes: Uint8Array): ReadonlyArray<string> =>
  Either.getOrThrow(Frame.decoder().push(bytes)).flatMap((event) => event._tag === "Header" ? [event.name] : [])

/** Lets the event loop turn: what runs in memory alone would otherwise keep the test runner waiting. */
export const breathe: Effect.Effect<void> = Effect.async((resume) => {
  const turn = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(turn))
})
