/**
 * Options of `sluice dump`, in the order of the help text.
 *
 * @internal
 */
import type { CommandName } from "../CommandTable.js"
import type { Entry } from "./optionModel.js"
import { entry, Kind } from "./optionModel.js"
import { burdenOptions } from "./optionsBurden.js"
import { linesOptions } from "./optionsLines.js"

const commands: ReadonlyArray<CommandName> = ["dump"]
const what = { commands, group: "What" } as const
const files = { commands, group: "Files" } as const
const how = { commands, group: "How" } as const

/** @internal */
export const dumpOptions: ReadonlyArray<Entry> = [
  entry({
    ...what,
    name: "database",
    short: ["B"],
    kind: Kind.List({ dotted: false }),
    metavar: "DB,...",
    repeatable: true,
    help: "Only these databases. Without it, all but the ones of the server itself."
  }),
  entry({
    ...what,
    name: "no-data",
    short: ["d"],
    kind: Kind.Flag(),
    help: "Leave the rows out."
  }),
  entry({
    ...what,
    name: "no-schemas",
    short: ["m"],
    kind: Kind.Flag(),
    help: "Leave the definitions of databases, tables and views out."
  }),
  entry({
    ...what,
    name: "triggers",
    short: ["G"],
    negations: ["skip-triggers"],
    kind: Kind.Flag(),
    default: "true",
    help: "Triggers are dumped unless they are skipped."
  }),
  entry({
    ...what,
    name: "routines",
    short: ["R"],
    negations: ["skip-routines"],
    kind: Kind.Flag(),
    default: "true",
    help: "Stored functions and procedures are dumped unless they are skipped."
  }),
  entry({
    ...what,
    name: "events",
    short: ["E"],
    negations: ["skip-events"],
    kind: Kind.Flag(),
    default: "true",
    help: "Events are dumped unless they are skipped."
  }),
  entry({
    ...what,
    name: "no-views",
    short: ["W"],
    kind: Kind.Flag(),
    help: "Leave the views out."
  }),
  entry({
    ...what,
    name: "all-tablespaces",
    short: ["Y"],
    kind: Kind.Flag(),
    help: "Also dump the general tablespaces of MySQL; a restore creates those that are missing."
  }),
  entry({
    ...what,
    name: "history",
    kind: Kind.Flag(),
    help: "Also dump what system-versioned tables held before, which only MariaDB 10.11 or newer takes back. Without " +
      "it, and of tables that count transactions, the current rows are dumped."
  }),
  entry({
    ...what,
    name: "json-as-text",
    kind: Kind.Flag(),
    help:
      "Carry values of JSON as their text, which is faster. Without it, what MySQL's functions put into them beyond " +
      "their text (numbers that are DECIMAL or UNSIGNED, dates, times) is carried too, and bytes end the dump."
  }),
  entry({
    ...what,
    name: "users",
    kind: Kind.Flag(),
    help: "Also dump the accounts and roles with what they may do, and with the hashes of their passwords: " +
      "keep such a backup as you keep a password. Accounts named root and those of the server itself stay."
  }),
  entry({
    ...files,
    name: "outputdir",
    short: ["o"],
    kind: Kind.Path(),
    metavar: "DIR",
    help: "Where the files go. Without it, and without --stream, a new directory export-DATE-TIME."
  }),
  entry({
    ...files,
    name: "clear",
    kind: Kind.Flag(),
    exclusive: "outputdir",
    help: "Empty a directory that is not empty first. Without --clear or --dirty it is refused."
  }),
  entry({
    ...files,
    name: "dirty",
    kind: Kind.Flag(),
    exclusive: "outputdir",
    help: "Write into a directory that is not empty, over files of the same name."
  }),
  entry({
    ...files,
    name: "chunk-filesize",
    short: ["F"],
    kind: Kind.Integer({ minimum: 0, maximum: 1024 * 1024 }),
    metavar: "MB",
    default: "0",
    help: "Begin a new file when one has this many megabytes. 0 means as large as the memory budget allows."
  }),
  ...linesOptions,
  entry({
    ...how,
    name: "rows",
    short: ["r"],
    kind: Kind.Rows(),
    metavar: "N|MIN:START:MAX",
    help: "Rows of a table to read in one go: a number, or the least, the first and the most to try (0: no most). " +
      "A negative number reads each table in one piece. Without it the program decides."
  }),
  entry({
    ...how,
    name: "split-partitions",
    kind: Kind.Flag(),
    help: "Read tables with partitions partition by partition, as those without a key to cut them by always are."
  }),
  entry({
    ...how,
    name: "use-single-column",
    kind: Kind.Flag(),
    help: "Cut tables by the first column of their key only, however many rows share one of its values."
  }),
  entry({
    ...how,
    name: "split-string-pk",
    kind: Kind.Flag(),
    help: "Cut tables along keys of texts, too. They are in any case."
  }),
  entry({
    ...files,
    name: "compress",
    short: ["c"],
    kind: Kind.Choice({
      bare: "gzip",
      spellings: [["gzip", "gzip"], ["zstd", "zstd"]],
      refused: []
    }),
    metavar: "KIND",
    help: "Compress each file: gzip, which is also meant without a value, or zstd, which needs Node 22.15 or newer."
  }),
  entry({
    ...how,
    name: "statement-size",
    short: ["s"],
    kind: Kind.Bytes({ minimum: 1 }),
    metavar: "BYTES",
    default: "1000000",
    help: "About how long an INSERT may get. A single row is never split."
  }),
  entry({
    ...how,
    name: "complete-insert",
    kind: Kind.Flag(),
    help: "Name the columns in every INSERT."
  }),
  entry({
    ...how,
    name: "hex-blob",
    kind: Kind.Flag(),
    help: "Write columns of bytes (BINARY, VARBINARY, BLOB and the like) in hexadecimal."
  }),
  entry({
    ...how,
    name: "tz-utc",
    negations: ["skip-tz-utc"],
    kind: Kind.Flag(),
    default: "true",
    help: "Read and write TIMESTAMP values in UTC. --skip-tz-utc keeps the time zone of the server."
  }),
  entry({
    ...how,
    name: "sync-thread-lock-mode",
    kind: Kind.Choice({
      bare: undefined,
      spellings: ["AUTO", "FTWRL", "LOCK_ALL", "GTID", "SAFE_NO_LOCK", "NO_LOCK"].map((mode) => [mode, mode] as const),
      refused: []
    }),
    metavar: "MODE",
    default: "AUTO",
    help: "How all connections come to see one moment: FTWRL under a global read lock, LOCK_ALL under locks of the " +
      "tables, GTID and SAFE_NO_LOCK without a lock but with a proof, NO_LOCK without either. AUTO takes the best that " +
      "the account may. A lock is held only while the snapshot is taken."
  }),
  entry({
    ...how,
    name: "ddl",
    kind: Kind.Choice({
      bare: undefined,
      spellings: [["auto", "auto"], ["prevent", "prevent"], ["detect", "detect"]],
      refused: []
    }),
    metavar: "auto|prevent|detect",
    default: "auto",
    help: "What becomes of others who want to change definitions: `prevent` lets them wait until the dump is done; " +
      "`detect` lets them wait for the tables that are being read only, and a table that was changed before its turn " +
      "ends the dump. `auto` prevents where nobody else is kept waiting by it."
  }),
  entry({
    ...how,
    name: "skip-ddl-locks",
    kind: Kind.Flag(),
    help: "The same as --ddl=detect."
  }),
  entry({
    ...how,
    name: "trx-tables",
    kind: Kind.Choice({
      bare: "1",
      spellings: [["1", "1"], ["true", "1"], ["on", "1"], ["yes", "1"], ["0", "0"], ["false", "0"], ["off", "0"], [
        "no",
        "0"
      ]],
      refused: []
    }),
    metavar: "0|1",
    help: "With 1, also meant without a value, tables of engines without transactions are refused. Without it, or " +
      "with 0, they are locked at the moment of the snapshot, read first, and unlocked."
  }),
  entry({
    ...how,
    name: "no-trx-tables",
    kind: Kind.Flag(),
    help: "The same as --trx-tables=0."
  }),
  ...burdenOptions,
  entry({
    ...how,
    name: "no-locks",
    short: ["k"],
    kind: Kind.Flag(),
    removed: "write --sync-thread-lock-mode=NO_LOCK",
    help: "Take no lock."
  }),
  entry({
    ...how,
    name: "lock-all-tables",
    kind: Kind.Flag(),
    removed: "write --sync-thread-lock-mode=LOCK_ALL",
    help: "Lock all tables."
  }),
  entry({
    ...how,
    name: "trx-consistency-only",
    kind: Kind.Flag(),
    removed: "leave it out: tables are only locked while the snapshot is taken",
    help: "Lock only while the snapshot is taken."
  }),
  entry({
    ...how,
    name: "less-locking",
    kind: Kind.Flag(),
    removed: "leave it out: tables are only locked while the snapshot is taken",
    help: "Lock only while the snapshot is taken."
  })
]
