/**
 * Connections to the source that are lost while a dump runs.
 */
import { Effect } from "effect"

import { ended } from "../program.js"
import { type Fault, modes, onServers, type Stage as On } from "./Fault.js"
import * as Lossy from "./lossy.js"
import * as Stage from "./stage.js"

/** Dumps through a proxy that decides what becomes of connections. */
const through = (stage: On, decide: Lossy.Decide, ...more: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const source = yield* Lossy.make(stage.source, decide)
    const end = yield* ended(Stage.dump({ ...stage, source }, ...more))
    return Stage.outcome(end, yield* Stage.leftByDump(stage, end))
  })

/** Loses the connection of the first `times` that read a table, in the middle of what they read. */
const losing = (
  table: string | ((statement: string) => boolean),
  times: number,
  after = 50_000
): Lossy.Decide => {
  let left = times
  const concerns = typeof table === "string" ? (statement: string) => Lossy.reads(statement, table) : table
  return (statement, link) => {
    if (!concerns(statement) || left === 0) return undefined
    left -= 1
    return { after, then: link.lose }
  }
}

/** Whether a statement asks for the bounds of a table, or for a place to cut it. */
const isOfPlan = (statement: string): boolean =>
  /^.{4}\x03.?.?SELECT /s.test(statement) && statement.includes(" FROM `shop`.`large`") &&
  !Lossy.reads(statement, "large")

/** The modes of which something can be restored. */
const useful = modes.filter((mode) => mode !== "NO_STREAM")

const lost = "sluice: cannot read rows from the source (…): …"

export const faults: ReadonlyArray<Fault> = [
  onServers({
    name: "one of four connections is lost in the middle of a chunk",
    side: "dump",
    modes: useful,
    code: 0,
    message: "COMPLETE: dump of 1 database, 3 tables",
    left: "Complete",
    cell: (stage) => through(stage, losing("large", 1), "-r", "1000")
  }),
  onServers({
    name: "all connections that read are lost, with those that stand by",
    side: "dump",
    modes,
    code: 4,
    message: `${lost}; no connection of the snapshot is left, and no new one can join it`,
    left: "Unfinished",
    cell: (stage) => through(stage, losing("large", Infinity), "-r", "1000")
  }),
  onServers({
    name: "the only connection that reads is lost, and one stands by",
    side: "dump",
    modes: useful,
    code: 0,
    message: "COMPLETE: dump of 1 database, 3 tables",
    left: "Complete",
    cell: (stage) => through(stage, losing("large", 1), "-t", "1")
  }),
  onServers({
    name: "the only connection that reads is lost, and then the one that stood by",
    side: "dump",
    modes,
    code: 4,
    message: `${lost}; no connection of the snapshot is left, and no new one can join it`,
    left: "Unfinished",
    cell: (stage) => through(stage, losing("large", 2), "-t", "1")
  }),
  onServers({
    name: "a connection is lost that reads a table without a key, and none of the table's files has left",
    side: "dump",
    modes: useful,
    code: 0,
    message: "COMPLETE: dump of 1 database, 3 tables",
    left: "Complete",
    cell: (stage) => through(stage, losing("heap", 1, 500_000), "-F", "1")
  }),
  onServers({
    name: "a connection is lost that reads a table without a key, and a file of the table has left",
    side: "dump",
    modes,
    code: 4,
    message: `${lost}; a part of it had left already, so that it cannot be read again`,
    left: "Unfinished",
    cell: (stage) => through(stage, losing("heap", 1, 2_500_000), "-F", "1")
  }),
  onServers({
    name: "the session that holds the backup lock is lost",
    side: "dump",
    modes,
    code: 4,
    message: "sluice: cannot keep definitions from changing: the session that held the backup lock is gone",
    left: "Unfinished",
    cell: (stage) => {
      let keeper: Lossy.Link | undefined
      // one at a time: on one vendor the same session looks at tables that were read
      return through(
        stage,
        (statement, link) => {
          if (/LOCK INSTANCE FOR BACKUP|BACKUP STAGE BLOCK_DDL/.test(statement)) keeper = link
          return keeper !== undefined && Lossy.reads(statement, "small") ? { after: 0, then: keeper.lose } : undefined
        },
        "-t",
        "1"
      )
    }
  }),
  onServers({
    name: "the connection is lost over which definitions are read",
    side: "dump",
    modes,
    ci: "once",
    code: 4,
    message: "sluice: cannot …: … closed the connection",
    left: "Unfinished",
    cell: (stage) => {
      // what the snapshot itself looks at is over by then
      let begun = false
      return through(stage, (statement, link) => {
        begun = begun || statement.includes("SHOW CREATE DATABASE")
        return begun && statement.includes("SHOW CREATE TABLE `shop`.`small`")
          ? { after: 0, then: link.lose }
          : undefined
      })
    }
  }),
  onServers({
    name: "the connection is lost over which a table is cut into chunks",
    side: "dump",
    modes,
    ci: "once",
    code: 4,
    message: "sluice: cannot …: … closed the connection",
    left: "Unfinished",
    cell: (stage) => through(stage, losing(isOfPlan, 1, 0), "-r", "1000")
  }),
  onServers({
    name: "the source is killed",
    side: "dump",
    modes,
    ci: "once",
    code: 4,
    message: "sluice: cannot …: … closed the connection",
    left: "Unfinished",
    cell: (stage) =>
      through(
        stage,
        (statement) => Lossy.reads(statement, "heap") ? { after: 100_000, then: stage.source.kill } : undefined
      )
  }),
  onServers({
    name: "the source is restarted",
    side: "dump",
    modes,
    ci: "once",
    code: 4,
    message: "sluice: cannot …: …. Try again",
    left: "Unfinished",
    cell: (stage) =>
      through(stage, (statement) =>
        Lossy.reads(statement, "heap")
          ? { after: 100_000, then: Effect.orDie(stage.source.restart) }
          : undefined)
  })
]
