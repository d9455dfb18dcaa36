/**
 * Options of `sluice compare` alone, in the order of the help text.
 *
 * @internal
 */
import type { CommandName } from "../CommandTable.js"
import type { Entry } from "./optionModel.js"
import { entry, Kind } from "./optionModel.js"

const commands: ReadonlyArray<CommandName> = ["compare"]

/** @internal */
export const compareOptions: ReadonlyArray<Entry> = [
  entry({
    commands,
    group: "Connection",
    name: "source-password",
    kind: Kind.Secret(),
    metavar: "SECRET",
    environment: ["SLUICE_SOURCE_PASSWORD"],
    help: "The password for the source, when it is not that of both. An option file or the variable is safer."
  }),
  entry({
    commands,
    group: "Connection",
    name: "target-password",
    kind: Kind.Secret(),
    metavar: "SECRET",
    environment: ["SLUICE_TARGET_PASSWORD"],
    help: "The password for the target, when it is not that of both. An option file or the variable is safer."
  }),
  entry({
    commands,
    group: "What",
    name: "database",
    short: ["B"],
    kind: Kind.List({ dotted: false }),
    metavar: "DB,...",
    repeatable: true,
    help: "Only these databases."
  }),
  entry({
    commands,
    group: "What",
    name: "no-schemas",
    short: ["m"],
    kind: Kind.Flag(),
    help: "Compare rows only, and which tables there are."
  }),
  entry({
    commands,
    group: "What",
    name: "no-data",
    short: ["d"],
    kind: Kind.Flag(),
    help: "Compare definitions only."
  }),
  entry({
    commands,
    group: "How",
    name: "max-differences",
    kind: Kind.Integer({ minimum: 0, maximum: 1_000_000 }),
    metavar: "N",
    default: "20",
    help: "How many rows that differ are named of each table. With 0 none is looked for."
  }),
  entry({
    commands,
    group: "How",
    name: "sync-thread-lock-mode",
    kind: Kind.Choice({
      bare: undefined,
      spellings: ["AUTO", "FTWRL", "LOCK_ALL", "GTID", "SAFE_NO_LOCK", "NO_LOCK"].map((mode) => [mode, mode]),
      refused: []
    }),
    metavar: "MODE",
    default: "AUTO",
    help: "How the connections to each server come to see one moment, as for a dump."
  }),
  entry({
    commands,
    group: "Messages",
    name: "json",
    kind: Kind.Flag(),
    inFiles: false,
    help: "Write what was found to standard output, as JSON."
  })
]
