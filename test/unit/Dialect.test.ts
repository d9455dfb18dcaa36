/**
 * What is asked of servers that are not at hand, as their manuals say it. Those at hand are asked in test/server.
 */
import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"

import * as Dialect from "../../packages/mysql/src/internal/dialect.js"

const of = (vendor: "mysql" | "mariadb", ...version: readonly [number, number, number]) =>
  Dialect.make({ vendor, version })

const names = (settings: ReadonlyArray<Dialect.Setting>) => settings.map(([name]) => name)

describe("the table of dialects", () => {
  it("MySQL 8.0 has all that 9 has, under the older name of the binary log's position", () => {
    const mysql = of("mysql", 8, 0, 11)
    assert.strictEqual(mysql.binaryLogStatus, "SHOW MASTER STATUS")
    assert.deepStrictEqual(Option.map(mysql.backupLock, ({ take }) => take), Option.some(["LOCK INSTANCE FOR BACKUP"]))
    assert.deepStrictEqual(names(mysql.unlimited), ["max_execution_time", "information_schema_stats_expiry"])
    assert.deepStrictEqual(mysql.locksAll, ["RELOAD"])
    assert.deepStrictEqual(mysql.currentRoles, Option.some("SELECT CURRENT_ROLE() AS roles"))
    assert.strictEqual(mysql.read({ type: "float", definition: "float" }, "f"), "f * 1e0")
    assert.isFalse(mysql.libraries)
  })

  it("MySQL's statements change where its releases changed them", () => {
    assert.strictEqual(of("mysql", 8, 0, 16).read({ type: "float", definition: "float" }, "f"), "f * 1e0")
    assert.strictEqual(of("mysql", 8, 0, 17).read({ type: "float", definition: "float" }, "f"), "CAST(f AS DOUBLE)")
    assert.deepStrictEqual(of("mysql", 8, 0, 23).locksAll, ["RELOAD", "FLUSH_TABLES"])
    assert.strictEqual(of("mysql", 8, 1, 0).binaryLogStatus, "SHOW MASTER STATUS")
    assert.strictEqual(of("mysql", 8, 2, 0).binaryLogStatus, "SHOW BINARY LOG STATUS")
    // 8.4 knows the older name no more
    assert.strictEqual(of("mysql", 8, 4, 0).binaryLogStatus, "SHOW BINARY LOG STATUS")
  })

  it("MariaDB 10.5 has backup stages, and neither grants to everybody nor indexes that are ignored", () => {
    const mariadb = of("mariadb", 10, 5, 0)
    assert.isTrue(Option.isSome(mariadb.backupLock))
    assert.deepStrictEqual(mariadb.publicGrants, Option.none())
    assert.strictEqual(mariadb.visibleIndex, "TRUE")
    assert.strictEqual(mariadb.binaryLogStatus, "SHOW MASTER STATUS")
    assert.deepStrictEqual(names(mariadb.unlimited), [
      "max_statement_time",
      "idle_transaction_timeout",
      "idle_readonly_transaction_timeout",
      "idle_write_transaction_timeout",
      "system_versioning_asof"
    ])
    assert.strictEqual(mariadb.uniqueChecks, "1")
    assert.deepStrictEqual(mariadb.tablespaces, Option.none())
  })

  it("MariaDB's statements change where its releases changed them", () => {
    assert.isTrue(Option.isNone(of("mariadb", 10, 4, 34).backupLock))
    assert.strictEqual(of("mariadb", 10, 6, 0).visibleIndex, "IGNORED = 'NO'")
    assert.isTrue(Option.isSome(of("mariadb", 10, 11, 0).publicGrants))
    assert.deepStrictEqual(of("mariadb", 11, 8, 6).gtids, Option.some("SELECT @@GLOBAL.gtid_binlog_pos"))
  })

  it("no server is asked for what only the other vendor knows", () => {
    assert.deepStrictEqual(names(of("mysql", 9, 7, 0).withoutChecks), [])
    assert.deepStrictEqual(names(of("mariadb", 11, 8, 0).withoutChecks), ["check_constraint_checks"])
    assert.notInclude(of("mysql", 9, 7, 0).accounts, ", is_role")
    assert.deepStrictEqual(of("mariadb", 11, 8, 0).hashesInHex, Option.none())
  })
})
