import { assert, describe, it } from "@effect/vitest"
import { SchemaFile, Statement } from "@sluice/format"
import { Dump, type Source, type Target } from "@sluice/pipeline"
import * as Arbitraries from "@sluice/testing/Arbitraries"
import * as Contents from "@sluice/testing/Contents"
import * as MemoryServer from "@sluice/testing/MemoryServer"
import { Chunk, Effect, Either, FastCheck as fc, Option, Stream } from "effect"

const everything = Dump.defaults.selection

const sqlMode = SchemaFile.portableSqlMode(MemoryServer.defaultSqlMode)
// A law that fails would shrink for longer than a test may take: 40 seconds of it are enough.
const fastCheck = { numRuns: 100, interruptAfterTimeLimit: 40_000 }

const head: SchemaFile.Header = { names: "utf8mb4", sqlMode, utc: true }

/** Cuts a file as its readers do: by the line rule, from whatever pushes it comes in. */
const statements = (
  file: Uint8Array,
  terminator: Statement.Terminator,
  cuts: ReadonlyArray<number>
): Effect.Effect<ReadonlyArray<Uint8Array>, Statement.StatementError> =>
  Effect.suspend(() => {
    const splitter = Statement.splitter({ terminator })
    const pushed = Either.all(Arbitraries.cut(file, cuts).map((piece) => splitter.push(piece)))
    return Either.zipWith(
      pushed,
      splitter.finish(),
      (before, last) => [...before.flat(), ...last].map(({ bytes }) => bytes)
    )
  })

const runAll = (session: Target.Session, file: Uint8Array, cuts: ReadonlyArray<number>) =>
  Effect.flatMap(statements(file, "lexed", cuts), Effect.forEach(session.execute))

const definitions = (session: Target.Session, file: Uint8Array, cuts: ReadonlyArray<number>) =>
  Effect.zipRight(
    session.prepareForDefinitions,
    Effect.flatMap(
      statements(file, "guarded", cuts),
      Effect.forEach((bytes) => session.execute(SchemaFile.unguard(bytes)))
    )
  )

/** A dump and a restore by hand, without any of the flows. */
const copy = (
  source: Source.Source["Type"],
  target: Target.Target["Type"],
  how: {
    readonly selection: Source.Selection
    readonly plan: Source.PlanOptions
    readonly read: Source.ReadOptions
    readonly cuts: ReadonlyArray<number>
  }
) =>
  Effect.scoped(Effect.gen(function*() {
    const snapshot = yield* source.snapshot(how.selection)
    const session = yield* target.session
    const { databases } = snapshot.catalog
    const tables = databases.flatMap((database) => database.tables)
    const run = (definition: ReadonlyArray<SchemaFile.Definition>) =>
      definitions(session, SchemaFile.render(head, definition), how.cuts)

    for (const database of databases) {
      yield* run([yield* snapshot.database(database)])
    }
    for (const table of tables) {
      const definition = yield* snapshot.definition(table)
      yield* session.use(table.database)
      yield* definition._tag === "View"
        ? definitions(session, SchemaFile.placeholder(head, definition), how.cuts)
        : run([definition])
    }
    for (const table of tables.filter(({ kind }) => kind === "Table")) {
      yield* session.use(table.database)
      yield* Stream.runForEach(snapshot.plan(table, how.plan), (chunk) =>
        Effect.gen(function*() {
          yield* runAll(session, SchemaFile.header({ ...head, names: "binary" }), how.cuts)
          yield* session.prepareForRows
          yield* session.begin
          yield* Stream.runForEach(snapshot.read([chunk], how.read), ({ piece }) =>
            Effect.map(runAll(session, piece.bytes, how.cuts), (answers) => {
              assert.isTrue(answers.every(({ warnings }) => warnings === 0))
              assert.strictEqual(
                answers.reduce((sum, { affectedRows }) =>
                  sum + affectedRows, 0),
                piece.rows
              )
            }))
          yield* session.commit
        }))
    }
    for (const database of databases) {
      yield* session.use(database.name)
      yield* run(yield* snapshot.programs(database))
      yield* run(yield* snapshot.triggers(database))
    }
    for (const view of tables.filter(({ kind }) => kind === "View")) {
      yield* session.use(view.database)
      yield* run([yield* snapshot.definition(view)])
    }
  }))

const contentsAndSelection = Arbitraries.contents().chain((contents) =>
  fc.tuple(fc.constant(contents), fc.oneof(fc.constant(everything), Arbitraries.selection(contents)))
)

describe("MemoryServer", () => {
  it.effect.prop(
    "what is read by hand and run on an empty server is what was there, however it is cut",
    [contentsAndSelection, Arbitraries.planOptions, Arbitraries.readOptions, Arbitraries.cuts],
    ([[contents, selection], plan, read, cuts]) =>
      Effect.gen(function*() {
        const from = yield* MemoryServer.make(contents)
        const to = yield* MemoryServer.make()
        yield* copy(from.source, to.target, { selection, plan, read, cuts })
        assert.deepStrictEqual(Contents.diff(Contents.select(contents, selection), yield* to.contents), [])
        const counts = yield* to.counts
        assert.strictEqual(counts.sessionsOpen, 0)
        assert.strictEqual(counts.triggersFired, 0)
        assert.strictEqual((yield* from.counts).snapshotsOpen, 0)
        assert.isTrue(Contents.equal(contents, yield* from.contents))
      }),
    { fastCheck }
  )

  it.effect.prop(
    "the chunks of a table are its rows, each once, and small chunks are many",
    [Arbitraries.table(), Arbitraries.planOptions],
    ([table, options]) =>
      Effect.scoped(Effect.gen(function*() {
        const server = yield* MemoryServer.make(Contents.make(Contents.database("d", { tables: [table] })))
        const snapshot = yield* server.source.snapshot(everything)
        const info = snapshot.catalog.databases.flatMap(({ tables }) => tables)
        const chunks = Chunk.toReadonlyArray(
          yield* Stream.runCollect(Stream.flatMap(Stream.fromIterable(info), (table) => snapshot.plan(table, options)))
        )
        const read = { statementSize: 1_000_000, completeInsert: false, utc: true }
        const counts = yield* Effect.forEach(chunks, (chunk) =>
          Stream.runFold(snapshot.read([chunk], read), 0, (sum, { piece }) => sum + piece.rows))
        assert.strictEqual(
          counts.reduce((sum, rows) =>
            sum + rows, 0),
          table.rows.length
        )
        assert.deepStrictEqual(chunks.map(({ part }) => part), chunks.map((_, i) => i))
        if (!options.split) {
          assert.strictEqual(chunks.length, 1)
        } else {
          const most = Option.getOrElse(options.chunkRows, () => Infinity)
          assert.isTrue(counts.every((rows) => rows <= most))
          if (options.chunkBytes === 1) {
            assert.strictEqual(chunks.length, Math.max(1, table.rows.length))
          }
        }
      })),
    { fastCheck }
  )

  it.prop(
    "contents differ exactly when a row, an object or a name does",
    [Arbitraries.contents({ rows: 5 }), Arbitraries.contents({ rows: 5 })],
    ([a, b]) => {
      assert.isTrue(Contents.equal(a, a))
      assert.strictEqual(Contents.equal(a, b), Contents.render(a) === Contents.render(b))
      assert.strictEqual(Contents.diff(a, b).length, Contents.diff(b, a).length)
      assert.strictEqual(Contents.diff(Contents.empty, a).length, Contents.lines(a).length)
    },
    { fastCheck: { numRuns: 30 } }
  )

  it.prop(
    "a selection takes no view whose tables it leaves out, and nothing that is not there",
    [contentsAndSelection],
    ([[contents, selection]]) => {
      const chosen = Contents.select(contents, selection)
      assert.isTrue(Contents.diff(contents, chosen).every((line) => line.startsWith("-") || line.includes("trigger")))
    },
    { fastCheck: { numRuns: 30 } }
  )

  it.prop(
    "pieces of a cut are the bytes",
    [fc.uint8Array({ maxLength: 300 }), Arbitraries.cuts],
    ([bytes, cuts]) => {
      const pieces = Arbitraries.cut(bytes, cuts)
      assert.deepStrictEqual(Buffer.concat(pieces), Buffer.from(bytes))
      assert.isTrue(pieces.every((piece, i) => piece.length > 0 && piece.length <= (cuts[i % cuts.length] ?? 0)))
    }
  )
})
