import { assert, describe, it } from "@effect/vitest"
import { Progress, Restore, Script, Target } from "@sluice/pipeline"
import { type Contents, Faults, MemoryServer } from "@sluice/testing"
import { Effect, Either, Layer, Option } from "effect"

import * as flows from "../support/flows.js"

const first = "-- MariaDB dump 10.19-11.8.3-MariaDB, for debian-linux-gnu (x86_64)\n"
const last = "-- Dump completed on 2026-11-22 12:00:00\n"

const create =
  "CREATE TABLE `t` (\n  `a` int NOT NULL,\n  `b` varchar(20) DEFAULT NULL,\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB"

const body = [
  "/*!40101 SET NAMES utf8mb4 */;",
  "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;",
  "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;",
  "USE `shop`;",
  "DROP TABLE IF EXISTS `t`;",
  `${create};`,
  "LOCK TABLES `t` WRITE;",
  "INSERT INTO `t` VALUES (1,'a;'),(2,NULL);",
  "UNLOCK TABLES;",
  "/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;",
  "SET @@GLOBAL.GTID_PURGED='x:1-5';",
  ""
].join("\n")

const script = first + body + last

const restored = (
  text: string,
  options: Partial<Script.Options> = {},
  faults: ReadonlyArray<Faults.TargetFault> = []
) =>
  Effect.gen(function*() {
    const server = yield* MemoryServer.make()
    const { target } = yield* Faults.target(server.target, faults)
    const outcome = yield* Script.run({ ...Restore.defaults, ...options }).pipe(
      Effect.provide(
        Layer.mergeAll(
          Layer.succeed(Target.Target, target),
          flows.play([new Uint8Array(Buffer.from(text))]),
          Progress.layer
        )
      ),
      Effect.either
    )
    return { outcome, contents: yield* server.contents }
  })

const failed = (text: string, options: Partial<Script.Options> = {}, faults: ReadonlyArray<Faults.TargetFault> = []) =>
  Effect.map(restored(text, options, faults), ({ outcome }) =>
    Either.match(outcome, {
      onLeft: (error) => `${error._tag} ${"reason" in error ? error.reason : ""}: ${error.message}`,
      onRight: () => "it succeeded"
    }))

const namesOf = (contents: Contents.Contents) =>
  contents.databases.flatMap((database) =>
    database.tables.map((table) => `${database.name}.${table.name}: ${table.rows.length}`)
  )

describe("the restore of a script", () => {
  it.effect("runs what belongs to the data, and leaves the server's own settings alone", () =>
    Effect.gen(function*() {
      const { contents, outcome } = yield* restored(script)
      const verdict = Either.getOrThrow(outcome)
      assert.deepStrictEqual(namesOf(contents), ["shop.t: 2"])
      assert.include(verdict.leftOut.join(), "gtid_purged")
      assert.deepStrictEqual(
        [verdict.complete, verdict.rows, verdict.tables, verdict.databases, verdict.bytes],
        [true, 2, 1, 1, Buffer.byteLength(script)]
      )
    }))

  it.effect("goes into the database that is given", () =>
    Effect.gen(function*() {
      const { contents } = yield* restored(script, { database: Option.some("other") })
      assert.deepStrictEqual(namesOf(contents), ["other.t: 2"])
      assert.include(
        yield* failed(script.replace("TABLE `t` (", "TABLE `shop`.`t` ("), { database: Option.some("other") }),
        "with its database"
      )
    }))

  it.effect("makes way in the database that a statement names", () =>
    Effect.gen(function*() {
      const server = yield* MemoryServer.make()
      const run = (text: string, options: Partial<Script.Options> = {}) =>
        Effect.provide(
          Script.run({ ...Restore.defaults, ...options }),
          Layer.mergeAll(server.layerTarget, flows.play([new Uint8Array(Buffer.from(text))]), Progress.layer)
        )
      yield* run(script)
      yield* run(script.replaceAll("`shop`", "`other`"))
      const elsewhere = `USE \`other\`;\n${create.replace("`t`", "`shop`.`t`")};\n`
      yield* run(first + elsewhere + last, { existing: Restore.Existing.Drop() })
      assert.deepStrictEqual(namesOf(yield* server.contents), ["shop.t: 0", "other.t: 2"])
    }))

  it.effect("is not complete when nothing says that it is whole, and fails when it says that it is not", () =>
    Effect.gen(function*() {
      const { outcome } = yield* restored(body)
      assert.isFalse(Either.getOrThrow(outcome).complete)
      assert.match(yield* failed(first + body), /^BackupError Cut: .*Dump completed/)
      assert.match(yield* failed(script + script), /^it succeeded$/)
      assert.match(yield* failed(first + script), /another dump begins/)
      assert.match(yield* failed(`${script}SELECT 1;\n`), /behind its last line/)
      assert.match(yield* failed(""), /NotABackup.*empty/)
      assert.match(yield* failed("\n-- only a comment\n"), /NotABackup/)
      assert.match(yield* failed("\n-- metadata.header 12\n[config]\n\n\n"), /WrongMode.*--stream/)
      assert.match(yield* failed(script.slice(0, script.indexOf("NULL);"))), /Cut.*ends inside/)
    }))

  it.effect("fails when the server takes other rows than were sent, or says a word about them", () =>
    Effect.gen(function*() {
      const faults = (fault: Faults.TargetFault) => failed(script, {}, [fault])
      const { AffectedRows, Statement, Warning } = Faults.TargetFault
      assert.match(yield* faults(AffectedRows({ nth: 1, starting: "INSERT", by: -1 })), /RowCount: .*statement 8/)
      assert.match(yield* faults(Warning({ nth: 1, starting: "INSERT", text: "clipped" })), /RowCount: .*clipped/)
      const lost = Statement({ nth: 1, starting: "INSERT", failure: "ConnectionLost", taken: true })
      assert.match(yield* faults(lost), /^TargetError ConnectionLost/)
      assert.match(yield* failed(script.replace("(2,NULL)", "(1,NULL)")), /^TargetError/)
      assert.match(yield* failed(script.replace("INSERT INTO", "INSERT IGNORE INTO").replace("(2,", "(1,")), /RowCount/)
    }))
})
