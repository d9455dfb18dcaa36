/**
 * Sluice inside another Effect program: a job that moves databases from one server to another in one process, counts
 * what goes through, and leaves a record of it.
 *
 * The flows are Sluice's; the pipe between them, and the record, are the application's own layers.
 */
import { Dump, Pipe, Progress, Restore, Staging, StreamMode } from "@sluice/pipeline"
import { Context, Effect, Layer, Option, Queue, Stream } from "effect"

/** Where the application writes down what it did. */
export class Journal extends Context.Tag("example/Journal")<Journal, {
  readonly note: (line: string) => Effect.Effect<void>
}>() {}

/** Both ends of a pipe of our own: a bounded queue, so that a slow restore holds the dump back. */
const makePipe = Effect.gen(function*() {
  const queue = yield* Queue.bounded<Option.Option<Uint8Array>>(8)
  const journal = yield* Journal
  let passed = 0
  const out = Layer.scoped(
    Pipe.PipeOut,
    Effect.acquireRelease(
      Effect.succeed(Pipe.PipeOut.of({
        write: (bytes) =>
          Effect.suspend(() => {
            passed += bytes.length
            // the bytes are lent to us for the time of this call, so we keep a copy
            return Effect.asVoid(Queue.offer(queue, Option.some(bytes.slice())))
          })
      })),
      // when the dump lets go of its end, the restore sees the end of the stream
      () => Effect.zipRight(Queue.offer(queue, Option.none()), journal.note(`${passed} bytes went through`))
    )
  )
  const into = Layer.succeed(
    Pipe.PipeIn,
    Pipe.PipeIn.of({
      bytes: Stream.fromQueue(queue).pipe(
        Stream.takeWhile(Option.isSome),
        Stream.map((part) => part.value)
      )
    })
  )
  return { out, into }
})

/**
 * Moves the databases of the source to the target. Each side keeps at most 32 MB of files in memory; nothing touches a
 * disk but files that are larger than that allows.
 */
export const move = (databases: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const journal = yield* Journal
    const pipe = yield* makePipe
    const memory = Staging.layerMemory({ budget: 32 * 1024 * 1024, threads: 4 })

    const dump = Dump.run({
      ...Dump.defaults,
      selection: { ...Dump.defaults.selection, databases: Option.some(databases) }
    }).pipe(
      Effect.provide(StreamMode.layerTraditionalDump),
      Effect.provide(Layer.merge(pipe.out, memory))
    )
    const restore = Restore.run({ ...Restore.defaults, existing: Restore.Existing.Drop() }).pipe(
      Effect.provide(StreamMode.layerTraditionalRestore),
      Effect.provide(Layer.merge(pipe.into, memory))
    )

    const [dumped, restored] = yield* Effect.all([dump, restore], { concurrency: 2 })
    yield* journal.note(`${dumped.rows} rows dumped, ${restored.rows} rows restored`)
    return restored
  }).pipe(Effect.provide(Progress.layer))
