/**
 * The one table of commands: what each does, which words it takes, and which groups of option files are its own. The
 * argument reader, the help text, the option files and `docs/options.md` are made from it.
 *
 * A new command is a row here, the options that say they belong to it, a schema that reads them, and a handler.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Struct from "effect/Struct"

/**
 * The words that a command takes besides its options.
 *
 * - `None`: no word at all; `advice` says what a word was probably meant to be
 * - `Named`: these words, each once and in this order, such as `BACKUP`; `advice` says what to write
 * - `Tables`: nothing, a database, or a database and tables of it, as mydumper has them
 *
 * @since 0.1.0
 * @category models
 */
export type Words = Data.TaggedEnum<{
  readonly None: { readonly advice: string }
  readonly Named: { readonly names: ReadonlyArray<string>; readonly advice: string }
  readonly Tables: {}
}>

/**
 * Constructors and matchers of {@link Words}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Words = Data.taggedEnum<Words>()

/**
 * One command.
 *
 * @since 0.1.0
 * @category models
 */
export interface CommandInfo {
  /** What it does, in one line. */
  readonly summary: string
  readonly words: Words
  /** What help says after the summary; empty for nothing. */
  readonly note: string
  /** Groups of option files that it reads and other commands do not; `[sluice]` is for all. */
  readonly groups: ReadonlyArray<string>
  /** How sections of mydumper begin that would change what it does. They are refused. */
  readonly foreignSections: ReadonlyArray<string>
}

/**
 * The commands of this version, in the order of the help text.
 *
 * @since 0.1.0
 * @category constants
 */
export const commands = {
  dump: {
    summary: "Take a consistent backup of a server into a directory or down a pipe.",
    words: Words.Tables(),
    note: "With DB, it goes down the pipe (--stream) and holds only that database or those tables.",
    groups: ["mydumper", "dump"],
    foreignSections: ["mydumper_"]
  },
  restore: {
    summary: "Bring a backup from a directory or a pipe into a server.",
    words: Words.None({
      advice: "write --directory=DIR for a backup in a directory, or --stream to take it from a pipe"
    }),
    note: "",
    groups: ["myloader", "restore"],
    foreignSections: ["myloader_"]
  },
  verify: {
    summary: "Prove without a server that a backup is whole, and list all that is wrong with it.",
    words: Words.Named({
      names: ["BACKUP"],
      advice: "write a folder, a file that holds a stream, or - to take a stream from standard input"
    }),
    note:
      "BACKUP is a folder, a file that holds a stream, or - for a stream on standard input. The program ends with 6 " +
      "when anything is wrong. What could not be proven of another tool's backup is listed, and is no fault.",
    groups: ["verify"],
    foreignSections: []
  },
  unpack: {
    summary: "Put the files of a stream on standard input into a folder, without a server.",
    words: Words.None({ advice: "write --directory=DIR for the folder, and pipe the stream into this program" }),
    note: "Every file is proven before it gets its name, and metadata comes last: a folder without it is no backup.",
    groups: ["unpack"],
    foreignSections: []
  },
  compare: {
    summary: "Hold a server or a backup against a server, down to the keys of the rows that differ.",
    words: Words.Named({
      names: ["SOURCE", "TARGET"],
      advice: "write sluice compare mysql://USER@HOST mysql://USER@HOST, or a backup in the place of the first"
    }),
    note:
      "SOURCE and TARGET are servers, as mysql://USER@HOST:PORT/DATABASE, of which only the host is needed. SOURCE may be " +
      "a backup instead: a folder, a file that holds a stream, or - for a stream on standard input. The program ends with " +
      "0 when all that was compared is the same, with 8 when something differs, and with 6 when the backup is damaged.",
    groups: ["compare"],
    foreignSections: []
  }
} as const satisfies Readonly<Record<string, CommandInfo>>

/**
 * @since 0.1.0
 * @category models
 */
export type CommandName = keyof typeof commands

/**
 * The names of the commands, in the order of the help text.
 *
 * @since 0.1.0
 * @category constants
 */
export const commandNames: ReadonlyArray<CommandName> = Struct.keys(commands)

/**
 * Commands that are planned. They are refused by name, so that nobody has to guess.
 *
 * @since 0.1.0
 * @category constants
 */
export const plannedCommands: ReadonlyArray<string> = ["copy"]

/**
 * What is known of a command.
 *
 * @since 0.1.0
 * @category getters
 */
export const infoOf = (command: CommandName): CommandInfo => commands[command]

const shown: (words: Words) => ReadonlyArray<string> = Words.$match({
  None: () => [],
  Named: ({ names }) => names,
  Tables: () => ["[DB [DB.TABLE ...]]"]
})

/**
 * How a command is called.
 *
 * @example
 * import { CommandTable } from "sluice"
 *
 * CommandTable.usageOf("restore") // "sluice restore [OPTIONS]"
 *
 * @since 0.1.0
 * @category getters
 */
export const usageOf = (command: CommandName): string =>
  ["sluice", command, "[OPTIONS]", ...shown(infoOf(command).words)].join(" ")
