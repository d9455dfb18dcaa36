import { Path } from "@effect/platform"
import { assert, layer } from "@effect/vitest"
import { Consistency, MysqlTarget } from "@sluice/mysql"
import { Dump, StreamMode } from "@sluice/pipeline"
import { MemoryFileSystem } from "@sluice/testing"
import { Deferred, Effect, Layer, Option, Ref } from "effect"

import * as bank from "../support/bank.js"
import * as flows from "../support/flows.js"
import { dumpOf, gated, type Point } from "../support/gated.js"
import { ask, connect, everythingIn, optionsOf, run } from "../support/mysqlSource.js"
import * as proxy from "../support/proxy.js"
import { From, sourceWith, To, twoServersWith } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const options: Partial<Dump.Options> = {
  ...Dump.defaults,
  selection: everythingIn(...bank.databases),
  threads: 3,
  chunkRows: Option.some(25)
}

/** The number of the last transaction in a set of GTIDs of one writing server. */
const lastOf = (gtids: string | undefined): number => Number(/(\d+)"?$/.exec(gtids ?? "")?.[1])

describeVendors("money that is moved while it is dumped", (vendor) => {
  layer(twoServersWith(vendor, ["--log-bin"]), { excludeTestServices: true, timeout: "10 minutes" })((it) => {
    /** Lets `count` transactions happen between the snapshot and the end of the dump. */
    const afterCommits = (count: number) =>
      Effect.gen(function*() {
        const watcher = yield* connect(yield* From)
        const target = yield* Ref.make(0)
        const happens = ({ table, what }: Point) =>
          what === "taken"
            ? bank.commits(watcher).pipe(Effect.orDie, Effect.flatMap((now) => Ref.set(target, now + count)))
            : what === "chunk" && table === "b"
            ? Effect.flatMap(Ref.get(target), (count) => Effect.asVoid(bank.untilCommits(watcher, count)))
            : Effect.void
        return { happens, watcher }
      })

    it.scoped("all of it is in the copy, after a thousand transactions and more", () =>
      Effect.gen(function*() {
        const server = yield* From
        const to = yield* To
        yield* bank.open(server)
        const { happens, watcher } = yield* afterCommits(1000)
        const before = yield* bank.commits(watcher)
        const pipe = yield* flows.pipe
        const dumping = flows.dump(options).pipe(
          Effect.provide(StreamMode.layerTraditionalDump),
          Effect.provide(gated(sourceWith(server, { readers: 3 }), happens)),
          Effect.provide(pipe.out),
          Effect.zipRight(pipe.end)
        )
        const restoring = flows.restore({ threads: 2 }).pipe(
          Effect.provide(StreamMode.layerTraditionalRestore),
          Effect.provide(pipe.in),
          Effect.provide(MysqlTarget.layer({ ...optionsOf(to), binlog: true }))
        )
        yield* bank.whileMoving(
          server,
          Effect.all([
            Effect.provide(dumping, flows.folder("/dump")),
            Effect.provide(restoring, flows.folder("/restore"))
          ], { concurrency: 2 })
        ).pipe(Effect.provide(Layer.merge(MemoryFileSystem.layer(), Path.layer)))
        assert.isAbove(yield* bank.commits(watcher), before + 1000)
        assert.strictEqual(yield* bank.moneyOf(to), bank.total)
        assert.strictEqual(yield* bank.moneyOf(server), bank.total)
        // the copy is of a moment before those
        const copied = yield* Effect.scoped(Effect.flatMap(connect(to), bank.commits))
        assert.isAtMost(copied + 1000, yield* bank.commits(watcher))
      }))

    const modes = [
      Consistency.LockMode.Auto(),
      Consistency.LockMode.Ftwrl(),
      Consistency.LockMode.LockAll(),
      Consistency.LockMode.Gtid(),
      Consistency.LockMode.SafeNoLock()
    ]
    for (const lockMode of modes) {
      const name = lockMode._tag

      it.scoped(`${name}: all of it is of one moment, and the position is that one's, or the dump fails`, () =>
        Effect.gen(function*() {
          const server = yield* From
          yield* bank.open(server)
          const { happens, watcher } = yield* afterCommits(100)
          const { exit, files } = yield* bank.whileMoving(server, dumpOf(server, { lockMode }, options, happens))
          const error = flows.failureOf(exit)
          if (name === "Gtid" && vendor === "mysql") {
            assert.include(error?.message, "The mode GTID needs MariaDB, or Percona Server")
            return
          }
          if (error !== undefined) {
            assert.include(["Gtid", "SafeNoLock"], name, error.message)
            assert.include(error.message, "others wrote each of the 20 times")
            assert.isFalse(files.has("metadata"))
            return
          }
          assert.strictEqual(bank.moneyIn(files), bank.total)
          const metadata = files.get("metadata") ?? ""
          assert.match(metadata, /consistency = snapshot: one snapshot on 5 connections/)
          // each transaction has a number of its own, so that the position tells how many came before it
          const [[end] = []] = yield* ask(
            watcher,
            vendor === "mariadb" ? "SELECT @@GLOBAL.gtid_binlog_pos" : "SELECT @@GLOBAL.gtid_executed"
          )
          const position = /executed_gtid_set = (.*)/.exec(metadata)?.[1]
          assert.strictEqual(
            lastOf(end ?? "") - lastOf(position),
            (yield* bank.commits(watcher)) - bank.commitsIn(files),
            `${position} in the metadata, ${end} at the end`
          )
        }))
    }

    it.scoped("SafeNoLock: a quiet server can prove that nobody wrote", () =>
      Effect.gen(function*() {
        const server = yield* From
        yield* bank.open(server)
        const how = { lockMode: Consistency.LockMode.SafeNoLock() }
        const { files } = yield* dumpOf(server, how, options, () => Effect.void)
        assert.strictEqual(bank.moneyIn(files), bank.total)
        assert.match(files.get("metadata") ?? "", /snapshot: .*taken without a lock and proven by/)
        assert.match(files.get("metadata") ?? "", /executed_gtid_set/)
      }))

    it.scoped("NoLock: some of it is missing or there twice, when it is moved between the snapshots", () =>
      Effect.gen(function*() {
        const server = yield* From
        yield* bank.open(server)
        const teller = yield* connect(server)
        const permit = yield* Effect.makeSemaphore(1)
        const begun = yield* Ref.make(0)
        const both = yield* Deferred.make<void>()
        const coin = run(
          teller,
          "START TRANSACTION",
          "UPDATE bank1.a SET v = v - 1 WHERE id = 1",
          "UPDATE bank2.b SET v = v + 1 WHERE id = 1",
          "COMMIT"
        )
        const held = yield* proxy.make(
          server,
          (statement, pass, answered) =>
            statement.includes("START TRANSACTION WITH CONSISTENT SNAPSHOT")
              // before each snapshot one coin goes from bank1.a to bank2.b
              ? permit.withPermits(1)(
                Ref.update(begun, (count) => count + 1).pipe(
                  Effect.zipRight(Effect.orDie(coin)),
                  Effect.zipRight(answered)
                )
              )
              // the two are read on two connections
              : /SQL_NO_CACHE.* FROM `bank1`.`a`/s.test(statement)
              ? Effect.zipRight(Deferred.await(both), pass)
              : /SQL_NO_CACHE.* FROM `bank2`.`b`/s.test(statement)
              ? Effect.zipRight(Deferred.succeed(both, undefined), pass)
              : pass
        )
        const dumped = (lockMode: Consistency.LockMode) =>
          dumpOf(held, { lockMode, spare: 0 }, {
            ...options,
            selection: {
              ...everythingIn(...bank.databases),
              includes: (_, table) => table === "a" || table === "b"
            },
            split: false,
            threads: 2
          }, () => Effect.void)
        const { exit, files } = yield* dumped(Consistency.LockMode.NoLock())
        assert.strictEqual(exit._tag, "Success", String(flows.failureOf(exit)))
        assert.strictEqual(yield* Ref.get(begun), 3)
        assert.notStrictEqual(bank.moneyIn(files), bank.total / 2)
        assert.include(files.get("metadata"), "consistency = unproven: 3 snapshots taken one after the other")
        assert.notInclude(files.get("metadata"), "SOURCE_LOG_POS")
        assert.strictEqual(yield* bank.moneyOf(server), bank.total)
        // with a proof asked for, the same cannot come to an end
        const error = flows.failureOf((yield* dumped(Consistency.LockMode.SafeNoLock())).exit)
        assert.include(error?.message, "others wrote each of the 20 times")
      }))
  })
})
