import { FileSystem } from "@effect/platform"
import { assert, layer } from "@effect/vitest"
import { Restore, StreamMode } from "@sluice/pipeline"
import { Effect, Exit, Layer } from "effect"

import * as flows from "../support/flows.js"
import { connect, everythingIn, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const made = [
  "CREATE DATABASE kept",
  "USE kept",
  "CREATE TABLE notes (id INT PRIMARY KEY, note TEXT) COMMENT 'as it was'",
  "INSERT INTO notes VALUES (1, 'one'), (2, 'two')",
  "CREATE VIEW all_notes AS SELECT id, note FROM notes"
]

const { Delete, Drop, Fail, Skip, Truncate } = Restore.Existing

describeVendors("what is already there", (vendor) => {
  layer(real.oneServer(vendor), { excludeTestServices: true })((it) => {
    /** Restores a stream of `made` over what has become of it. */
    const restored = (options: Partial<Restore.Options>, ...changes: ReadonlyArray<string>) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const server = yield* real.From
        const connection = yield* connect(server)
        yield* run(connection, "DROP DATABASE IF EXISTS kept", ...made)
        const before = yield* real.pictureOf(server, "kept")
        const pipe = yield* flows.record
        const folder = flows.folder(yield* fs.makeTempDirectoryScoped())
        yield* flows.dump({ selection: everythingIn("kept") }).pipe(
          Effect.provide(Layer.provideMerge(StreamMode.layerTraditionalDump, folder)),
          Effect.provide(pipe.out),
          Effect.provide(real.sourceOf(server))
        )
        yield* run(connection, "USE kept", ...changes)
        const changed = yield* real.pictureOf(server, "kept")
        const exit = yield* Effect.exit(
          flows.restore(options).pipe(
            Effect.provide(Layer.provideMerge(StreamMode.layerTraditionalRestore, folder)),
            Effect.provide(flows.play([yield* pipe.bytes])),
            Effect.provide(real.targetOf(server))
          )
        )
        const after = yield* real.pictureOf(server, "kept")
        return { exit, before, changed, after }
      })

    for (const existing of [Drop(), Truncate(), Delete()]) {
      it.scoped(`${existing._tag}: rows are as they were, also behind a view`, () =>
        Effect.gen(function*() {
          const { after, before, changed, exit } = yield* restored(
            { existing },
            "INSERT INTO notes VALUES (3, 'three')",
            "UPDATE notes SET note = 'changed' WHERE id = 1",
            "ALTER VIEW all_notes AS SELECT id FROM notes"
          )
          assert.strictEqual(exit._tag, "Success", String(exit))
          assert.strictEqual(real.differences(before, changed).length, 3)
          assert.deepStrictEqual(real.differences(before, after), [])
        }), 120_000)
    }

    const trigger = "CREATE TRIGGER loud BEFORE INSERT ON notes FOR EACH ROW SET NEW.note = UPPER(NEW.note)"

    for (const existing of [Truncate(), Delete()]) {
      it.scoped(
        `${existing._tag}: a table whose trigger would change what comes in is refused, and stays as it is`,
        () =>
          Effect.gen(function*() {
            const { after, changed, exit } = yield* restored(
              { existing },
              trigger,
              "INSERT INTO notes VALUES (3, 'three')"
            )
            const error = flows.failureOf(exit)
            assert(error?._tag === "TargetError", String(exit))
            assert.deepInclude({ ...error }, { reason: "Unsupported", where: "kept.notes" })
            assert.include(error.message, "loud")
            assert.deepStrictEqual(real.differences(changed, after), [])
          }),
        120_000
      )
    }

    it.scoped("Drop: the trigger goes with its table", () =>
      Effect.gen(function*() {
        const { after, before, exit } = yield* restored({ existing: Drop() }, trigger)
        assert.isTrue(Exit.isSuccess(exit), String(exit))
        assert.deepStrictEqual(real.differences(before, after), [])
      }), 120_000)

    it.scoped(
      "rows only: they come into tables that are there, if no trigger changes them",
      () =>
        Effect.gen(function*() {
          const { after, before, exit } = yield* restored({ schemas: false }, "DELETE FROM notes")
          assert.isTrue(Exit.isSuccess(exit), String(exit))
          assert.deepStrictEqual(real.differences(before, after), [])

          const again = yield* restored({ schemas: false }, "DELETE FROM notes", trigger)
          const error = flows.failureOf(again.exit)
          assert(error?._tag === "TargetError", String(again.exit))
          assert.deepInclude({ ...error }, { reason: "Unsupported", where: "kept.notes" })
          assert.deepStrictEqual(real.differences(again.changed, again.after), [])
        }),
      120_000
    )

    it.scoped("Skip: it stays as it is, and the verdict says so", () =>
      Effect.gen(function*() {
        const { after, changed, exit } = yield* restored({ existing: Skip() }, "DELETE FROM notes WHERE id = 2")
        assert(Exit.isSuccess(exit), String(exit))
        assert.deepStrictEqual(real.differences(changed, after), [])
        assert.deepStrictEqual(exit.value.leftOut, [
          "kept.notes (it was already there)",
          "kept.all_notes (it was already there)"
        ])
        assert.deepInclude(exit.value, { tables: 0, rows: 0, objects: 0 })
      }), 120_000)

    it.scoped("Fail: it stays as it is, and the restore fails", () =>
      Effect.gen(function*() {
        const { after, changed, exit } = yield* restored({ existing: Fail() }, "DELETE FROM notes WHERE id = 2")
        const error = flows.failureOf(exit)
        assert(error?._tag === "TargetError", String(exit))
        assert.strictEqual(error.reason, "AlreadyExists")
        assert.include(error.message, "kept.all_notes, kept.notes are already there")
        assert.deepStrictEqual(real.differences(changed, after), [])
      }), 120_000)
  })
})
