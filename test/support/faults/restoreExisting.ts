/**
 * Restores over tables that are there already, in each of the ways in which that may be asked for.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { differences, pictureOf } from "../realServers.js"
import { type Fault, type Mode, onServers, type Stage as On } from "./Fault.js"
import * as Cells from "./restoreCells.js"
import * as Stage from "./stage.js"

const modes: ReadonlyArray<Mode> = ["directory", "TRADITIONAL"]

/** Other rows in tables like those of the backup. */
const sameTables = [
  "CREATE DATABASE shop",
  "CREATE TABLE shop.small (id INT PRIMARY KEY, name VARCHAR(20))",
  "INSERT INTO shop.small VALUES (1, 'another'), (7, 'seven')"
]

/** A table of the same name that has no place for the rows. */
const otherTable = [
  "CREATE DATABASE shop",
  "CREATE TABLE shop.small (id INT PRIMARY KEY, other TEXT, names VARCHAR(2))",
  "INSERT INTO shop.small VALUES (7, 'seven', '')"
]

/** Restores over what is there. */
const over = (stage: On, there: ReadonlyArray<string>, how: string) =>
  Effect.gen(function*() {
    yield* Stage.tell(stage.target, ...there)
    return yield* Cells.restore(stage, how)
  })

const replacing = (how: "DROP" | "TRUNCATE" | "DELETE"): Fault =>
  onServers({
    name: `a table is there with other rows, and --drop-table=${how}`,
    side: "restore",
    modes,
    ci: "once",
    code: 0,
    message: "COMPLETE: restore of 1 database, 3 tables",
    left: "Complete",
    cell: (stage) => Effect.flatMap(over(stage, sameTables, `--drop-table=${how}`), (end) => Cells.settled(stage, end))
  })

const misfit = (how: "TRUNCATE" | "DELETE"): Fault =>
  onServers({
    name: `a table is there with other columns, and --drop-table=${how} keeps it`,
    side: "restore",
    modes,
    ci: "once",
    code: 5,
    message: "sluice: a statement failed (shop.small.00000.sql: …): Column count doesn't match value count…",
    left: "Part",
    cell: (stage) => Effect.flatMap(over(stage, otherTable, `--drop-table=${how}`), (end) => Cells.settled(stage, end))
  })

export const faults: ReadonlyArray<Fault> = [
  replacing("DROP"),
  replacing("TRUNCATE"),
  replacing("DELETE"),
  misfit("TRUNCATE"),
  misfit("DELETE"),
  onServers({
    name: "a table is there with other columns, and --drop-table=DROP",
    side: "restore",
    modes,
    ci: "once",
    code: 0,
    message: "COMPLETE: restore of 1 database, 3 tables",
    left: "Complete",
    cell: (stage) => Effect.flatMap(over(stage, otherTable, "--drop-table=DROP"), (end) => Cells.settled(stage, end))
  }),
  onServers({
    name: "a table is there with other rows, and --drop-table=SKIP",
    side: "restore",
    modes,
    ci: "once",
    code: 0,
    message: "COMPLETE: restore of 1 database, 2 tables, …; left out: shop.small (it was already there)",
    left: "Part",
    cell: (stage) =>
      Effect.gen(function*() {
        const end = yield* over(stage, sameTables, "--drop-table=SKIP")
        const left = differences(stage.picture, yield* pictureOf(stage.target, "shop"))
        assert.isAbove(left.length, 0)
        assert.isTrue(left.every((line) => line.includes("small")), `what differs: ${left.join("\n")}`)
        return yield* Cells.settled(stage, end)
      })
  })
]
