/**
 * The help text, made from the table of options.
 *
 * @since 0.1.0
 */
import { commandNames, infoOf, usageOf } from "./CommandTable.js"
import type { CommandName, Entry, Group, OptionTable } from "./OptionTable.js"
import { entriesOf, negatedSpellings, spellings } from "./OptionTable.js"

/**
 * The headings, in order.
 *
 * @since 0.1.0
 * @category constants
 */
export const headings: ReadonlyArray<readonly [group: Group, heading: string]> = [
  ["Connection", "Connection"],
  ["What", "What to take"],
  ["Files", "Files"],
  ["How", "How"],
  ["Messages", "Messages"],
  ["OptionFiles", "Option files"],
  ["Help", "Help"]
]

/**
 * The exit codes, and when the program ends with them.
 *
 * @since 0.1.0
 * @category constants
 */
export const exitCodes: ReadonlyArray<readonly [code: string, meaning: string]> = [
  ["0", "everything is done and proven, or help was asked for"],
  ["1", "a defect of the program"],
  ["2", "the command line or an option file is wrong"],
  ["3", "finished, but something was left out with the user's leave"],
  ["4", "the source server: connection, privileges, a failed statement"],
  ["5", "the target server: connection, privileges, a failed statement"],
  ["6", "the backup is damaged, cut short or cannot be proven"],
  ["7", "the output cannot be written"],
  ["8", "the target is not what the backup says"],
  ["129, 130, 143", "ended by SIGHUP, SIGINT, SIGTERM"]
]

/**
 * The options that help shows for a command: no spellings of older versions.
 *
 * @since 0.1.0
 * @category getters
 */
export const shownOf = (table: OptionTable, command: CommandName): ReadonlyArray<Entry> =>
  entriesOf(table, command).filter((entry) => entry.removed === undefined)

/**
 * The value of an option as help shows it, with its equals sign: `=N`, `[=MODE]` where it may be left out, or nothing.
 *
 * @since 0.1.0
 * @category getters
 */
export const valueOf = (entry: Entry): string => {
  if (entry.metavar === "") return ""
  const optional = entry.kind._tag === "Secret" || (entry.kind._tag === "Choice" && entry.kind.bare !== undefined)
  return optional ? `[=${entry.metavar}]` : `=${entry.metavar}`
}

/** Breaks a text into lines of at most `width` letters; a longer word has a line of its own. */
const wrap = (text: string, width: number): ReadonlyArray<string> =>
  text.split(" ").reduce<ReadonlyArray<string>>((lines, word) => {
    const last = lines.at(-1)
    return last === undefined || last.length + 1 + word.length > width
      ? [...lines, word]
      : [...lines.slice(0, -1), `${last} ${word}`]
  }, [])

const facts = (entry: Entry): string => {
  const variables = [...entry.environment, ...entry.fallbackEnvironment]
  const isOn = entry.kind._tag === "Flag" && entry.default === "true"
  return [
    entry.default === undefined || isOn ? "" : ` Default: ${entry.default}.`,
    entry.repeatable ? " May be repeated." : "",
    variables.length === 0 ? "" : ` Variable: ${variables.join(", ")}.`
  ].join("")
}

const indent = 8

const renderEntry = (entry: Entry, width: number): ReadonlyArray<string> => {
  const negated = negatedSpellings(entry)
  const names = `${spellings(entry).join(", ")}${negated.length === 0 ? "" : ` / ${negated.join(", ")}`}`
  const text = wrap(`${entry.help}${facts(entry)}`, Math.max(20, width - indent))
  return [`  ${names}${valueOf(entry)}`, ...text.map((line) => `${" ".repeat(indent)}${line}`)]
}

/**
 * The help text of a command, `width` letters wide.
 *
 * @since 0.1.0
 * @category rendering
 */
export const render = (table: OptionTable, command: CommandName, width = 80): string => {
  const groups = headings.flatMap(([group, heading]) => {
    const entries = shownOf(table, command).filter((entry) => entry.group === group)
    return entries.length === 0 ? [] : ["", `${heading}:`, ...entries.flatMap((entry) => renderEntry(entry, width))]
  })
  return [
    `Usage: ${usageOf(command)}`,
    "",
    ...wrap(infoOf(command).summary, width),
    ...(infoOf(command).note === "" ? [] : wrap(infoOf(command).note, width)),
    ...groups,
    "",
    ...wrap(
      "The command line wins over the environment, that over option files, and they over defaults. " +
        "Data goes to standard output, everything for people to standard error.",
      width
    ),
    "",
    "Exit status:",
    ...exitCodes.flatMap(([code, meaning]) => {
      const [first = "", ...more] = wrap(meaning, Math.max(20, width - 18))
      return [`  ${code.padEnd(15)} ${first}`, ...more.map((line) => `${" ".repeat(18)}${line}`)]
    }),
    ""
  ].join("\n")
}

/**
 * The help text of the whole program.
 *
 * @since 0.1.0
 * @category rendering
 */
export const overview = (): string =>
  [
    "Usage: sluice COMMAND [OPTIONS]",
    "",
    "Consistent, parallel, verified backups of MySQL and MariaDB. It reads and writes",
    "the files and the stream of mydumper.",
    "",
    "Commands:",
    ...commandNames.map((command) => `  ${command.padEnd(10)} ${infoOf(command).summary}`),
    "",
    "sluice COMMAND --help shows the options of a command, sluice --version the version.",
    ""
  ].join("\n")
