/**
 * Dump and restore over a pipe in memory.
 */
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
  type Target
} from "@sluice/pipeline"
import { Effect, Layer, Queue, Stream } from "effect"

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
    bytes: Effect.sync(() => Buffer.concat(parts))
  }
})

/** The reading end of a pipe that gives these parts and ends. Each part is wiped when the next is asked for. */
export const play = (parts: Iterable<Uint8Array>): Layer.Layer<Pipe.PipeIn> =>
  Layer.succeed(
    Pipe.PipeIn,
    Pipe.PipeIn.of({
      bytes: Stream.suspend(() => {
        let last = new Uint8Array(0)
        return Stream.fromIterable(parts).pipe(
          Stream.rechunk(1),
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
