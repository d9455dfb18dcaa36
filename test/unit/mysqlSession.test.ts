import { assert, describe, it } from "@effect/vitest"
import * as Sql from "@sluice/format/Sql"
import * as MysqlError from "@sluice/mysql/MysqlError"
import { FastCheck as fc } from "effect"

import * as Session from "../../packages/mysql/src/internal/session.js"
import * as TargetSession from "../../packages/mysql/src/internal/targetSession.js"

describe("identify", () => {
  const cases: ReadonlyArray<readonly [string, string, Session.Server["vendor"], string]> = [
    ["10.11.6-MariaDB-0+deb12u1", "Debian 12", "mariadb", "10.11.6"],
    ["5.5.5-10.6.16-MariaDB", "", "mariadb", "10.6.16"],
    ["5.5.5-11.4.2", "mariadb.org binary distribution", "mariadb", "11.4.2"],
    ["5.5.5", "MySQL Community Server (GPL)", "mysql", "5.5.5"],
    ["8.0.36-28", "Percona Server (GPL), Release 28", "mysql", "8.0.36"],
    ["9.7.4-2", "(Debian)", "mysql", "9.7.4"]
  ]
  it.each(cases)("%s (%s)", (version, comment, vendor, numbers) => {
    const server = Session.identify(version, comment)
    assert.strictEqual(server.vendor, vendor)
    assert.strictEqual(server.version.join("."), numbers)
  })

  it("sets what a version knows, and nothing else", () => {
    const has = (version: string, setting: string) =>
      Session.setUp(Session.identify(version, "")).some((statement) => statement.includes(setting))
    assert.isFalse(has("5.7.7", "max_execution_time"))
    assert.isTrue(has("5.7.8", "max_execution_time"))
    assert.isFalse(has("8.0.2", "information_schema_stats_expiry"))
    assert.isTrue(has("8.0.3", "information_schema_stats_expiry"))
    assert.isTrue(has("9.0.0", "information_schema_stats_expiry"))
    assert.isFalse(has("10.2.44-MariaDB", "idle_transaction_timeout"))
    assert.isTrue(has("10.3.0-MariaDB", "idle_transaction_timeout"))
    assert.isFalse(has("11.0.1-MariaDB", "max_execution_time"))
  })
})

describe("describe", () => {
  it.prop(
    "tells the beginning of a statement, and none of its values",
    [fc.hexaString({ minLength: 3 })],
    ([secret]) => {
      for (const quote of ["\"", "'"]) {
        const statements = [
          `INSERT INTO \`t\` VALUES(${quote}SECRET-${secret}${quote})`,
          `CREATE USER me IDENTIFIED BY ${quote}SECRET-${secret}${quote}`,
          `CREATE TABLE \`${"long".repeat(30)}\` (a INT DEFAULT ${quote}SECRET-${secret}${quote})`
        ]
        for (const statement of statements) {
          const told = TargetSession.describe(Sql.bytes(statement))
          assert.notInclude(told, "SECRET")
          assert.isTrue(statement.startsWith(told.slice(0, -2)))
          assert.isAbove(told.length, 10)
        }
      }
    }
  )
})

describe("MysqlError", () => {
  it("a server that says in words only that it has no room is told from others of that number", () => {
    const advised = (errno: number, message: string) =>
      MysqlError.fromServer({ errno, sqlState: "HY000", message }).toTarget("a statement failed").message
    for (
      const [errno, message] of [
        [1005, "Can't create table `d`.`t` (errno: 135 \"No more room in record file\")"],
        [1005, "Can't create table `d`.`t` (errno: 28 \"No space left on device\")"],
        [1030, "Got error 28 \"No space left on device\" from storage engine InnoDB"]
      ] as const
    ) {
      assert.include(advised(errno, message), "Free space")
    }
    assert.notInclude(advised(1005, "Can't create table `d`.`t` (errno: 150 \"Foreign key constraint\")"), "Free space")
  })

  it("becomes the error of either side, in one line with advice", () => {
    const error = MysqlError.fromServer({ errno: 1049, sqlState: "42000", message: "Unknown database 'x'" })
    const source = error.toSource("cannot use the database", "x")
    assert.strictEqual(
      source.message,
      "cannot use the database (x): Unknown database 'x' (error 1049). Check how the name of the database is spelled"
    )
    assert.strictEqual(source.errno, 1049)
    const target = error.toTarget("cannot use the database")
    assert.deepStrictEqual([target.side, target.reason, target.where], ["target", "UnknownDatabase", undefined])
  })
})
