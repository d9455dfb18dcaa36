/**
 * Options that several commands have, in the order of the help text.
 *
 * @internal
 */
import type { CommandName } from "../CommandTable.js"
import { commandNames } from "../CommandTable.js"
import type { Entry } from "./optionModel.js"
import { entry, Kind } from "./optionModel.js"
import { tlsOptions } from "./optionsTls.js"

/** Commands that move a backup into or out of a server. */
const movers: ReadonlyArray<CommandName> = ["dump", "restore"]

/** Commands that ask servers. */
const askers: ReadonlyArray<CommandName> = [...movers, "compare"]

/** Commands that read what a backup holds. */
const readers: ReadonlyArray<CommandName> = ["restore", "verify", "unpack", "compare"]

const connection = { commands: movers, group: "Connection" } as const
const messages = { commands: commandNames, group: "Messages" } as const
const optionFiles = { commands: commandNames, group: "OptionFiles", inFiles: false } as const

/** Mode words and numbers as mydumper has them. Bit 0 of the number (do not wait for the write) changes nothing here. */
const streamSpellings: ReadonlyArray<readonly [string, string]> = [
  ["TRADITIONAL", "TRADITIONAL"],
  ["NO_DELETE", "NO_DELETE"],
  ["NO_STREAM", "NO_STREAM"],
  ["NO_STREAM_AND_NO_DELETE", "NO_STREAM_AND_NO_DELETE"],
  ["0", "TRADITIONAL"],
  ["1", "TRADITIONAL"],
  ["2", "NO_DELETE"],
  ["3", "NO_DELETE"],
  ["4", "NO_STREAM"],
  ["5", "NO_STREAM"],
  ["6", "NO_STREAM_AND_NO_DELETE"],
  ["7", "NO_STREAM_AND_NO_DELETE"]
]

/** @internal */
export const commonOptions: ReadonlyArray<Entry> = [
  entry({
    ...connection,
    name: "host",
    short: ["h"],
    kind: Kind.Text({ emptyAllowed: true }),
    metavar: "HOST",
    environment: ["MYSQL_HOST"],
    help: "The server. `localhost`, or none, means the socket of this machine, as with every MySQL program."
  }),
  entry({
    ...connection,
    name: "port",
    short: ["P"],
    kind: Kind.Integer({ minimum: 0, maximum: 65535 }),
    metavar: "PORT",
    default: "3306",
    environment: ["MYSQL_TCP_PORT"],
    help: "The port, 0 for the usual one. On the command line it also means TCP."
  }),
  entry({
    ...connection,
    commands: askers,
    name: "user",
    short: ["u"],
    kind: Kind.Text({ emptyAllowed: true }),
    metavar: "NAME",
    default: "root",
    fallbackEnvironment: ["USER", "LOGNAME"],
    help: "The account on the server."
  }),
  entry({
    ...connection,
    commands: askers,
    name: "password",
    short: ["p"],
    kind: Kind.Secret(),
    metavar: "SECRET",
    environment: ["MYSQL_PWD"],
    help:
      "The password. Without a value it is asked for on the terminal. Other users of the machine can see a password " +
      "on a command line: an option file or the terminal is safer."
  }),
  entry({
    ...connection,
    commands: askers,
    name: "ask-password",
    short: ["a"],
    kind: Kind.Flag(),
    help: "Ask for the password on the terminal, never on standard input."
  }),
  entry({
    ...connection,
    name: "socket",
    short: ["S"],
    kind: Kind.Path(),
    metavar: "PATH",
    environment: ["MYSQL_UNIX_PORT"],
    help: "The socket of a server on this machine."
  }),
  entry({
    ...connection,
    name: "protocol",
    kind: Kind.Choice({ bare: undefined, spellings: [["tcp", "tcp"], ["socket", "socket"]], refused: [] }),
    metavar: "tcp|socket",
    help: "How to connect, when host and socket do not say it."
  }),
  ...tlsOptions(askers),
  entry({
    commands: askers,
    group: "What",
    name: "tables-list",
    short: ["T"],
    kind: Kind.List({ dotted: true }),
    metavar: "DB.TABLE,...",
    repeatable: true,
    help: "Only these tables. `%` and `_` stand for any text and any letter."
  }),
  entry({
    commands: askers,
    group: "What",
    name: "regex",
    short: ["x"],
    kind: Kind.Pattern(),
    metavar: "PATTERN",
    repeatable: true,
    help: "Only what `database.table` matches, in any case. When given more than once, one match is enough. " +
      "`^(?!mysql\\.)` leaves a database out."
  }),
  entry({
    commands: askers,
    group: "How",
    name: "threads",
    short: ["t"],
    kind: Kind.Integer({ minimum: 0, maximum: 1024 }),
    metavar: "N",
    default: "4",
    help: "Connections that work at the same time. 0 means one for each processor, at least 2."
  }),
  entry({
    commands: movers,
    group: "How",
    name: "stream",
    kind: Kind.Choice({
      bare: "TRADITIONAL",
      spellings: streamSpellings,
      refused: [["UNPACK", "use sluice unpack, which needs no server"]]
    }),
    metavar: "MODE",
    help:
      "Send the backup down a pipe (dump) or take it from one (restore). TRADITIONAL, which is also meant without a " +
      "value, sends files and keeps none; NO_DELETE also keeps them; NO_STREAM_AND_NO_DELETE sends only their names " +
      "and keeps them in a shared directory; NO_STREAM sends only names and deletes. The numbers 0 to 7 of mydumper " +
      "are understood."
  }),
  entry({
    commands: ["dump", "restore", "verify", "unpack", "compare"],
    group: "How",
    name: "memory-budget",
    kind: Kind.Bytes({ minimum: 1024 * 1024 }),
    metavar: "BYTES",
    default: "64M",
    help: "How much of a backup may be in memory at a time. K, M and G are understood."
  }),
  entry({
    commands: readers,
    group: "How",
    name: "max-expansion",
    kind: Kind.Integer({ minimum: 1, maximum: 1_000_000_000 }),
    metavar: "N",
    default: "1000",
    help: "How many times its size a compressed file may become. One that grows beyond it, and beyond 64 MiB, is " +
      "taken for an attack and refused."
  }),
  entry({
    commands: readers,
    group: "How",
    name: "allow-unknown-statements",
    kind: Kind.Flag(),
    help:
      "Take statements that no dump writes into such a file, and those that reach out of it. Without it the backup " +
      "is refused. Each is told at the end, and the run ends with 3; a comparison tells it as not compared."
  }),
  entry({
    ...messages,
    name: "verbose",
    short: ["v"],
    kind: Kind.Integer({ minimum: 0, maximum: 4 }),
    metavar: "0..3",
    default: "2",
    help: "How much to say: 0 nothing but the verdict, 1 errors, 2 warnings, 3 everything. 4 is read as 3."
  }),
  entry({
    ...messages,
    name: "quiet",
    kind: Kind.Flag(),
    help: "No progress and no notices, whatever else says so. Errors and the verdict stay."
  }),
  entry({
    ...messages,
    name: "progress",
    kind: Kind.Choice({
      bare: undefined,
      spellings: [["auto", "auto"], ["always", "always"], ["never", "never"]],
      refused: []
    }),
    metavar: "auto|always|never",
    default: "auto",
    help: "Show progress on standard error; `auto` redraws it only on a terminal."
  }),
  entry({
    ...messages,
    name: "logfile",
    short: ["L"],
    kind: Kind.Path(),
    metavar: "FILE",
    help: "Write messages to this file instead of standard error."
  }),
  entry({
    ...messages,
    name: "debug",
    kind: Kind.Flag(),
    help: "Show where in the program an error came from."
  }),
  entry({
    ...optionFiles,
    name: "defaults-file",
    kind: Kind.Path(),
    metavar: "FILE",
    exclusive: "defaults",
    help: "Read this option file instead of the ones of the machine."
  }),
  entry({
    ...optionFiles,
    name: "defaults-extra-file",
    kind: Kind.Path(),
    metavar: "FILE",
    help: "Read this option file too, after all others, so that it wins over them."
  }),
  entry({
    ...optionFiles,
    name: "no-defaults",
    kind: Kind.Flag(),
    exclusive: "defaults",
    help: "Read no option file but the one that --defaults-extra-file names."
  }),
  entry({
    commands: commandNames,
    group: "Help",
    name: "help",
    short: ["?"],
    kind: Kind.Request(),
    inFiles: false,
    help: "Show this text."
  }),
  entry({
    commands: commandNames,
    group: "Help",
    name: "version",
    short: ["V"],
    kind: Kind.Request(),
    inFiles: false,
    help: "Show the version."
  }),
  entry({
    commands: movers,
    group: "How",
    name: "no-delete",
    kind: Kind.Flag(),
    removed: "write --stream=NO_DELETE",
    help: "Keep the files of a stream."
  })
]
