/**
 * Rows for LOAD DATA that do not fit. Servers answer such a statement with OK and a count of warnings, in strict mode
 * too; as strict INSERT statements they fail, and nothing of them stays.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"

import { assert } from "@effect/vitest"
import { Sql } from "@sluice/format"
import { Effect } from "effect"

import * as Foreign from "../foreign.js"
import * as Slow from "../loadData.js"
import { ask, connect } from "../mysqlSource.js"
import { assertComplete, ended } from "../program.js"
import { type Fault, type Mode, onServers, type Stage as On } from "./Fault.js"
import * as Stage from "./stage.js"

const modes: ReadonlyArray<Mode> = ["directory", "TRADITIONAL"]

const whole = "1\tone\t1\n2\ttwo\t-3\n3\t\\N\t\\N\n"

/** What a stream begins with. */
const header: Foreign.File = {
  name: "metadata.header",
  bytes: Sql.bytes("# Started dump at: 2026-01-02 03:04:05\n[config]\nquote-character = BACKTICK\n\n")
}

/** A backup of another tool's, with three rows in a file that its statement loads. */
const backup = (rows: string): ReadonlyArray<Foreign.File> =>
  Object.entries({
    "shop-schema-create.sql": "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop`;\n",
    "shop.t-schema.sql":
      "CREATE TABLE `t` (\n  `id` int NOT NULL,\n  `v` varchar(5),\n  `n` tinyint,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB;\n",
    "shop.t.00000.dat": rows,
    "shop.t.00000.sql": `${Slow.statement("shop.t.00000.dat", "t", ["id", "v", "n"], Slow.tabs, [], "binary")};\n`,
    metadata:
      "# Started dump at: 2026-01-02 03:04:05\n[config]\nquote-character = BACKTICK\n\n[`shop`.`t`]\nreal_table_name=t\nrows = 3\n\n" +
      "# Finished dump at: 2026-01-02 03:04:06\n"
  }).map(([name, text]) => ({ name, bytes: Sql.bytes(text) }))

const restored = (stage: On, rows: string) =>
  Effect.gen(function*() {
    const files = backup(rows)
    if (stage.mode !== "directory") {
      return yield* ended(Stage.restore(stage), { stdin: Foreign.streamOf([header, ...files]) })
    }
    yield* Effect.sync(() => {
      Fs.rmSync(Stage.folder(stage), { recursive: true, force: true })
      Fs.mkdirSync(Stage.folder(stage))
      for (const { bytes, name } of files) Fs.writeFileSync(Path.join(Stage.folder(stage), name), bytes)
    })
    return yield* ended(Stage.restore(stage))
  })

const rowsThere = (stage: On) =>
  Effect.scoped(
    Effect.flatMap(connect(stage.target), (connection) =>
      Effect.map(ask(connection, "SELECT COUNT(*) FROM shop.t"), (rows) => Number(rows[0]?.[0])))
  )

/** A message of the server's is looked at with each vendor; whole rows are a matter of ours. */
const load = (name: string, rows: string, code: 5 | 6, message: string): Fault =>
  onServers({
    name,
    side: "backup",
    modes,
    ci: code === 5 ? "vendors" : "once",
    code,
    message,
    left: "Part",
    cell: (stage) =>
      Effect.gen(function*() {
        const end = yield* restored(stage, rows)
        assert.strictEqual(yield* rowsThere(stage), 0, `none of its rows stays: ${end.stderr}`)
        const left = yield* Stage.leftOnTarget(stage)
        // the same with rows that fit
        yield* Stage.tell(stage.target, "DROP DATABASE shop")
        assertComplete(yield* restored(stage, whole), "3 rows")
        assert.strictEqual(yield* rowsThere(stage), 3)
        return Stage.outcome(end, left)
      })
  })

const failed = "sluice: a statement failed (shop.t.00000.…): "

export const faults: ReadonlyArray<Fault> = [
  load(
    "a file for LOAD DATA has a key twice, which the server would skip",
    "1\tone\t1\n1\ttwo\t-3\n3\t\\N\t\\N\n",
    5,
    `${failed}Duplicate entry '1' for key …`
  ),
  load(
    "a file for LOAD DATA has a text that is too long, which the server would clip",
    "1\tone\t1\n2\ttoo long\t-3\n3\t\\N\t\\N\n",
    5,
    `${failed}Data too long for column 'v' at row …`
  ),
  load(
    "a file for LOAD DATA has a number that is too large, which the server would change",
    "1\tone\t1\n2\ttwo\t-300\n3\t\\N\t\\N\n",
    5,
    `${failed}Out of range value for column 'n' at row …`
  ),
  load(
    "a file for LOAD DATA has no number where one should be, which the server would take for 0",
    "1\tone\t1\n2\ttwo\tfew\n3\t\\N\t\\N\n",
    5,
    `${failed}Incorrect integer value: 'few' for column …`
  ),
  load(
    "a file for LOAD DATA has too few values in a row, which the server would fill up",
    "1\tone\t1\n2\ttwo\n3\t\\N\t\\N\n",
    6,
    "sluice: the rows of a file cannot be read (shop.t.00000.dat): row 2: it has 2 fields instead of 3…"
  ),
  load(
    "a file for LOAD DATA has too many values in a row, which the server would leave out",
    "1\tone\t1\n2\ttwo\t-3\t4\n3\t\\N\t\\N\n",
    6,
    "sluice: the rows of a file cannot be read (shop.t.00000.dat): row 2: it has 4 fields instead of 3…"
  )
]
