/**
 * Options of `sluice dump` for the format of rows.
 *
 * @internal
 */
import type { CommandName } from "../CommandTable.js"
import type { Entry } from "./optionModel.js"
import { entry, Kind } from "./optionModel.js"

const commands: ReadonlyArray<CommandName> = ["dump"]
const files = { commands, group: "Files" } as const

/** @internal */
export const linesOptions: ReadonlyArray<Entry> = [
  entry({
    ...files,
    name: "format",
    kind: Kind.Choice({
      bare: undefined,
      spellings: ["INSERT", "LOAD_DATA", "CSV"].map((format) => [format, format] as const),
      refused: [["CLICKHOUSE", "write --format=CSV, which ClickHouse reads too"]]
    }),
    metavar: "FORMAT",
    default: "INSERT",
    help:
      "How rows are written: INSERT statements; or LOAD_DATA and CSV, lines in .dat files, with tabs or with commas " +
      "and quotes, and a LOAD DATA statement beside each. What lines cannot hold is written as INSERT, and reported."
  }),
  entry({
    ...files,
    name: "include-header",
    kind: Kind.Flag(),
    help: "Begin each .dat file with a line of the names of the columns."
  }),
  entry({
    ...files,
    name: "fields-terminated-by",
    kind: Kind.Text({ emptyAllowed: false }),
    metavar: "TEXT",
    help:
      "What stands between fields, a tab in LOAD_DATA and a comma in CSV. \\t, \\n and \\r are understood here and in " +
      "the next four."
  }),
  entry({
    ...files,
    name: "fields-enclosed-by",
    kind: Kind.Text({ emptyAllowed: true }),
    metavar: "CHARACTER",
    help: "What stands around fields that are no integers, nothing in LOAD_DATA and double quotes in CSV."
  }),
  entry({
    ...files,
    name: "fields-escaped-by",
    kind: Kind.Text({ emptyAllowed: false }),
    metavar: "CHARACTER",
    help: "What stands before a character that would end a field, a backslash in both; with an N it is NULL."
  }),
  entry({
    ...files,
    name: "lines-starting-by",
    kind: Kind.Text({ emptyAllowed: true }),
    metavar: "TEXT",
    help: "What each line begins with."
  }),
  entry({
    ...files,
    name: "lines-terminated-by",
    kind: Kind.Text({ emptyAllowed: false }),
    metavar: "TEXT",
    help: "What each line ends with, a line feed in both."
  }),
  entry({
    ...files,
    name: "load-data-character-set",
    kind: Kind.Choice({ bare: undefined, spellings: [["binary", "binary"]], refused: [] }),
    metavar: "binary",
    help:
      "What a LOAD DATA statement says of its file. It always is binary, so that texts of every character set come " +
      "back as the bytes that they are."
  }),
  entry({
    ...files,
    name: "csv",
    kind: Kind.Flag(),
    removed: "write --format=CSV",
    help: "Write rows as CSV."
  }),
  entry({
    ...files,
    name: "load-data",
    kind: Kind.Flag(),
    removed: "write --format=LOAD_DATA",
    help: "Write rows for LOAD DATA."
  })
]
