import { assert, describe, it } from "@effect/vitest"
import { Sql } from "@sluice/format"
import { Dump, type Target } from "@sluice/pipeline"
import * as Contents from "@sluice/testing/Contents"
import * as Faults from "@sluice/testing/Faults"
import * as MemoryServer from "@sluice/testing/MemoryServer"
import { Effect, Fiber, Option, Stream } from "effect"

const { SourceFault, TargetFault } = Faults

const contents = Contents.make(Contents.database("d", {
  tables: [Contents.table("t", [Contents.column("id", "int")], {
    primaryKey: "id",
    rows: [["1"], ["2"], ["3"], ["4"]]
  })]
}))

const { selection } = Dump.defaults

const insert = (session: Target.Session, id: number) => session.execute(Sql.bytes(`INSERT INTO \`t\` VALUES(${id})`))

const withTarget = (...faults: ReadonlyArray<Faults.TargetFault>) =>
  Effect.gen(function*() {
    const server = yield* MemoryServer.make(contents)
    const { fired, target } = yield* Faults.target(server.target, faults)
    return { fired, server, target, rows: Effect.map(server.contents, Contents.rowCount) }
  })

describe("faults of a target", () => {
  it.effect("the nth session is not opened, and the others are", () =>
    Effect.scoped(Effect.gen(function*() {
      const { server, target } = yield* withTarget(TargetFault.Session({ nth: 2, failure: "TooManyConnections" }))
      yield* target.session
      const error = yield* Effect.flip(target.session)
      assert.deepInclude(error, { reason: "Connect", errno: 1040, isRetryable: true })
      yield* target.session
      assert.strictEqual((yield* server.counts).sessionsOpen, 2)
    })))

  it.effect("the nth statement of a kind fails, over all sessions, once", () =>
    Effect.scoped(Effect.gen(function*() {
      const fault = TargetFault.Statement({ nth: 2, starting: "insert", failure: "TableFull", taken: false })
      const { fired, rows, target } = yield* withTarget(fault)
      const [one, two] = yield* Effect.all([target.session, target.session])
      yield* one.execute(Sql.bytes("USE `d`"))
      yield* two.use("d")
      yield* insert(one, 5)
      assert.deepStrictEqual(yield* fired, [])
      assert.deepInclude(yield* Effect.flip(insert(two, 6)), { reason: "Statement", errno: 1114, isRetryable: false })
      assert.deepStrictEqual(yield* fired, [fault])
      yield* insert(two, 7)
      assert.strictEqual(yield* rows, 6)
    })))

  it.effect("a deadlock takes the transaction with it, a lock that is waited for in vain only the statement", () =>
    Effect.scoped(Effect.gen(function*() {
      const of = (failure: Faults.Failure) =>
        Effect.gen(function*() {
          const { rows, target } = yield* withTarget(
            TargetFault.Statement({ nth: 2, starting: "INSERT", failure, taken: false })
          )
          const session = yield* target.session
          yield* session.use("d")
          yield* session.begin
          yield* insert(session, 5)
          const error = yield* Effect.flip(insert(session, 6))
          yield* insert(session, 7)
          yield* session.commit
          return [error.reason, yield* rows]
        })
      assert.deepStrictEqual(yield* of("Deadlock"), ["Deadlock", 5])
      assert.deepStrictEqual(yield* of("LockTimeout"), ["LockTimeout", 6])
    })))

  it.effect("a session whose connection was lost is of no use, and what it had not committed is gone", () =>
    Effect.scoped(Effect.gen(function*() {
      const { rows, server, target } = yield* withTarget(
        TargetFault.Statement({ nth: 2, starting: "INSERT", failure: "ConnectionLost", taken: true })
      )
      const session = yield* target.session
      yield* session.use("d")
      yield* session.begin
      yield* insert(session, 5)
      for (
        const next of [insert(session, 6), session.commit, session.use("d"), session.rollback, session.begin]
      ) {
        assert.strictEqual((yield* Effect.flip(next)).reason, "ConnectionLost")
      }
      assert.strictEqual(yield* rows, 4)
      assert.strictEqual((yield* server.counts).rowsHeld, 4)
    })))

  it.effect("a commit that fails has committed, or has not", () =>
    Effect.scoped(Effect.gen(function*() {
      const of = (taken: boolean) =>
        Effect.gen(function*() {
          const { rows, target } = yield* withTarget(TargetFault.Commit({ nth: 1, failure: "ConnectionLost", taken }))
          const session = yield* target.session
          yield* session.use("d")
          yield* session.begin
          yield* insert(session, 5)
          assert.strictEqual((yield* Effect.flip(session.commit)).errno, 2013)
          return yield* rows
        })
      assert.strictEqual(yield* of(true), 5)
      assert.strictEqual(yield* of(false), 4)
    })))

  it.effect("an answer has a warning, or lies about the rows", () =>
    Effect.scoped(Effect.gen(function*() {
      const { target } = yield* withTarget(
        TargetFault.Warning({ nth: 1, starting: "INSERT", text: "1265: Data truncated" }),
        TargetFault.AffectedRows({ nth: 2, starting: "INSERT", by: -1 })
      )
      const session = yield* target.session
      yield* session.use("d")
      assert.deepStrictEqual(yield* insert(session, 5), { affectedRows: 1, warnings: 1 })
      assert.deepStrictEqual(yield* session.warnings, ["1265: Data truncated"])
      assert.deepStrictEqual(yield* insert(session, 6), { affectedRows: 0, warnings: 0 })
      assert.deepStrictEqual(yield* session.warnings, [])
    })))

  it.effect("a server that hangs can be left", () =>
    Effect.scoped(Effect.gen(function*() {
      const { target } = yield* withTarget(
        TargetFault.Statement({ nth: 1, starting: "", failure: "Hang", taken: false })
      )
      const session = yield* target.session
      const fiber = yield* Effect.fork(insert(session, 5))
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      yield* Fiber.interrupt(fiber)
    })))
})

describe("faults of a source", () => {
  const read = (faults: ReadonlyArray<Faults.SourceFault>) =>
    Effect.scoped(Effect.gen(function*() {
      const server = yield* MemoryServer.make(contents)
      const { fired, source } = yield* Faults.source(server.source, faults)
      let rows = 0
      const result = yield* Effect.either(Effect.scoped(Effect.gen(function*() {
        const snapshot = yield* source.snapshot(selection)
        for (const database of snapshot.catalog.databases) {
          yield* snapshot.database(database)
          yield* snapshot.triggers(database)
          yield* snapshot.programs(database)
          for (const table of database.tables) {
            yield* snapshot.definition(table)
            yield* snapshot.plan(table, { chunkBytes: 1, chunkRows: Option.none(), split: true }).pipe(
              Stream.flatMap((chunk) => snapshot.read([chunk], { statementSize: 1, completeInsert: false, utc: true })),
              Stream.runForEach(({ piece }) => Effect.sync(() => (rows += piece.rows)))
            )
          }
        }
      })))
      const counts = yield* server.counts
      assert.deepInclude(counts, { snapshotsOpen: 0, readersOpen: 0 })
      return { result, rows, fired: yield* fired }
    }))

  const cases: ReadonlyArray<{ readonly fault: Faults.SourceFault; readonly rows: number }> = [
    { fault: SourceFault.Snapshot({ nth: 1, failure: "AccessDenied" }), rows: 0 },
    { fault: SourceFault.Definition({ nth: 1, failure: "AccessDenied" }), rows: 0 },
    { fault: SourceFault.Definition({ nth: 4, failure: "AccessDenied" }), rows: 0 },
    { fault: SourceFault.Plan({ nth: 1, failure: "AccessDenied" }), rows: 0 },
    { fault: SourceFault.Piece({ nth: 1, failure: "AccessDenied" }), rows: 0 },
    { fault: SourceFault.Piece({ nth: 3, failure: "AccessDenied" }), rows: 2 }
  ]

  it.effect.each(cases)("$fault._tag, number $fault.nth", ({ fault, rows }) =>
    Effect.gen(function*() {
      const end = yield* read([fault])
      assert.deepStrictEqual(end.fired, [fault])
      assert.strictEqual(end.rows, rows)
      assert.strictEqual(end.result._tag === "Left" ? end.result.left.reason : "none", "AccessDenied")
    }))

  it.effect("faults whose time does not come change nothing", () =>
    Effect.gen(function*() {
      const end = yield* read([SourceFault.Piece({ nth: 5, failure: "AccessDenied" })])
      assert.deepStrictEqual([end.result._tag, end.rows, end.fired], ["Right", 4, []])
    }))
})
