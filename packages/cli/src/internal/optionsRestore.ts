/**
 * Options of `sluice restore`, in the order of the help text.
 *
 * @internal
 */
import type { CommandName } from "../CommandTable.js"
import type { Entry } from "./optionModel.js"
import { entry, Kind } from "./optionModel.js"

const commands: ReadonlyArray<CommandName> = ["restore"]
const what = { commands, group: "What" } as const
const how = { commands, group: "How" } as const

const dropModes: ReadonlyArray<readonly [string, string]> = ["FAIL", "NONE", "DROP", "TRUNCATE", "DELETE", "SKIP"]
  .map((mode) => [mode, mode] as const)

/** @internal */
export const restoreOptions: ReadonlyArray<Entry> = [
  entry({
    commands,
    group: "Files",
    name: "directory",
    short: ["d"],
    kind: Kind.Path(),
    metavar: "DIR",
    help: "Where the backup is. With --stream it is where its files are kept meanwhile."
  }),
  entry({
    commands,
    group: "Files",
    name: "mysqldump",
    kind: Kind.Flag(),
    help: "Standard input is an SQL script that mysqldump or mariadb-dump wrote. --drop-table says what becomes of " +
      "tables that exist, whatever the script drops."
  }),
  entry({
    ...what,
    name: "database",
    short: ["B"],
    kind: Kind.Text({ emptyAllowed: false }),
    metavar: "DB",
    help: "Restore into this database, whatever the backup calls it."
  }),
  entry({
    ...what,
    name: "source-db",
    short: ["s"],
    kind: Kind.Text({ emptyAllowed: false }),
    metavar: "DB",
    help: "Restore only this database of the backup."
  }),
  entry({
    ...what,
    name: "no-data",
    kind: Kind.Flag(),
    help: "Leave the rows out."
  }),
  entry({
    ...what,
    name: "no-schemas",
    kind: Kind.Flag(),
    help: "Create nothing: the tables are there already."
  }),
  entry({
    ...what,
    name: "skip-triggers",
    kind: Kind.Flag(),
    help: "Leave the triggers out."
  }),
  entry({
    ...what,
    name: "skip-post",
    kind: Kind.Flag(),
    help: "Leave stored functions, procedures and events out."
  }),
  entry({
    ...what,
    name: "users",
    kind: Kind.Flag(),
    help: "Also create the accounts and roles of a backup that was dumped with --users. Those that exist are left " +
      "alone, and named at the end."
  }),
  entry({
    ...how,
    name: "drop-table",
    short: ["o"],
    kind: Kind.Choice({ bare: "DROP", spellings: dropModes, refused: [] }),
    metavar: "MODE",
    default: "FAIL",
    help: "What to do with a table that exists: FAIL refuses it, DROP (also meant without a value) replaces it, " +
      "TRUNCATE and DELETE keep the table and replace its rows, SKIP leaves it alone, NONE means FAIL."
  }),
  entry({
    ...how,
    name: "checksum",
    kind: Kind.Choice({
      bare: "fail",
      spellings: [["fail", "fail"], ["warn", "warn"], ["skip", "skip"]],
      refused: []
    }),
    metavar: "MODE",
    default: "warn",
    help:
      "What to do when the target differs from the checksums in the metadata of another tool's backup: fail (also " +
      "meant without a value) ends with 8 and compares the rows too, warn ends with 3, skip does not look."
  }),
  entry({
    ...how,
    name: "skip-binlog",
    negations: ["enable-binlog"],
    negationShort: ["e"],
    kind: Kind.Flag(),
    help: "Keep the restore out of the binary log. Without it the setting of the server is left alone; " +
      "--enable-binlog says the same."
  }),
  entry({
    ...how,
    name: "overwrite-tables",
    kind: Kind.Flag(),
    removed: "write --drop-table",
    help: "Replace tables that exist."
  }),
  entry({
    ...how,
    name: "purge-mode",
    kind: Kind.Choice({
      bare: undefined,
      spellings: dropModes.filter(([mode]) => mode !== "SKIP"),
      refused: []
    }),
    metavar: "MODE",
    removed: "write --drop-table=MODE",
    help: "How --overwrite-tables replaces a table."
  })
]
