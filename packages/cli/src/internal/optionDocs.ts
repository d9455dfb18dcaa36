/**
 * docs/options.md, made from the table of options.
 *
 * @internal
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"

import { commandNames, infoOf, usageOf } from "../CommandTable.js"
import { exitCodes, headings, shownOf, valueOf } from "../Help.js"
import { clientGroups, clientKeys, machineFiles } from "../OptionFile.js"
import type { CommandName, Entry, OptionTable } from "../OptionTable.js"
import { entriesOf, negatedSpellings, spellings } from "../OptionTable.js"

const code = (text: string): string => `\`${text}\``

/** A bar would end a cell of a table, in code too. */
const cell = (text: string): string => text.replaceAll("|", "\\|")

const row = (cells: ReadonlyArray<string>): string => `| ${cells.map(cell).join(" | ")} |`

const grid = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => [
  row(head),
  `|${head.map(() => "---|").join("")}`,
  ...rows.map(row),
  ""
]

const optionRow = (entry: Entry): ReadonlyArray<string> => {
  const names = spellings(entry).map((name) => code(name === `--${entry.name}` ? `${name}${valueOf(entry)}` : name))
  const negated = negatedSpellings(entry).map(code)
  const variables = [...entry.environment, ...entry.fallbackEnvironment].map(code).join(", ")
  const shownDefault = entry.default === undefined
    ? ""
    : entry.kind._tag === "Flag"
    ? entry.default === "true" ? "on" : "off"
    : code(entry.default)
  const shownNames = [names, negated].filter((group) => group.length > 0).map((group) => group.join(", ")).join(" / ")
  return [shownNames, shownDefault, variables, entry.repeatable ? `${entry.help} May be repeated.` : entry.help]
}

const commandSection = (table: OptionTable, command: CommandName): ReadonlyArray<string> => [
  `## sluice ${command}`,
  "",
  infoOf(command).summary,
  "",
  "```",
  usageOf(command),
  "```",
  "",
  ...headings.flatMap(([group, heading]) => {
    const entries = shownOf(table, command).filter((entry) => entry.group === group)
    return entries.length === 0
      ? []
      : [`### ${heading}`, "", ...grid(["option", "default", "variable", "meaning"], entries.map(optionRow))]
  })
]

const list = (words: ReadonlyArray<string>): string => words.map(code).join(", ")

const typing: ReadonlyArray<string> = [
  "## How options are typed",
  "",
  "- `--name value` and `--name=value` are the same, and so are `-n value` and `-nvalue`.",
  "- Flags may be joined: `-GRE`. The last letter of a joined word may take a value: `-Gt4`.",
  "- A flag may be given a value with an equals sign: `--no-data=0` is off, `--no-data=yes` is on. It takes no second word.",
  "- A value that begins with a dash needs the equals sign, unless it is a negative number: `--rows -1`, " +
  "`--user=-odd`.",
  "- `--stream` and `--drop-table` may stand alone. A second word is taken only if it begins with no dash, and then it " +
  "must be one of their modes.",
  "- `-p SECRET`, `-pSECRET` and `--password=SECRET` give the password. `-p` at the end or before another option asks for " +
  "it on the terminal.",
  "- `--` ends the options.",
  "- The last value wins, except for options that may be repeated: their values add up.",
  "- Names are never cut short, and an unknown one is an error that names the nearest. Nothing is ignored.",
  "",
  "A mistake ends with exit code 2 before anything is connected to or written.",
  ""
]

const files = (): ReadonlyArray<string> => [
  "## Option files",
  "",
  `Read in this order, a later line wins: ${list([...machineFiles, "~/.my.cnf"])}. ` +
  "`--defaults-file` is read instead of them, `--no-defaults` leaves them out, and `--defaults-extra-file` is read after them.",
  "",
  ...grid(["group", "read by", "keys"], [
    [
      list(clientGroups.map((group) => `[${group}]`)),
      "all commands that connect",
      `${list(clientKeys)}; the keys of other programs are left alone`
    ],
    ...commandNames.map((command) => [
      list(infoOf(command).groups.map((group) => `[${group}]`)),
      command,
      `the long names of the options of ${command}`
    ]),
    [code("[sluice]"), "all commands", "the long names of all options; each command takes those that it has"]
  ]),
  "- Flags have values: `no-data=0` is off. A flag alone is on.",
  "- An unknown key in the rows of our own groups is an error that names file and line.",
  "- Quotes, escapes, `#` and `;` comments, `!include` and `!includedir` are as in MySQL. A pattern of `regex` is taken as it " +
  "stands, without escapes. A `#` right after a value is an error in our groups: put the value in quotes.",
  "- A password without a value is asked for on the terminal.",
  "- Sections of mydumper for single tables, session variables and products are refused until they are available.",
  "",
  "## What wins",
  "",
  "The command line wins over the environment, the environment over option files, and they over defaults.",
  "`USER` and `LOGNAME` come last: they are the default of `--user`. An empty variable counts as none.",
  ""
]

const differences: ReadonlyArray<readonly [string, string, string]> = [
  [
    "triggers, routines, events",
    "only in the backup when asked for with `-G`, `-R`, `-E`",
    "always in the backup, unless `--skip-triggers`, `--skip-routines`, `--skip-events`; the letters are accepted"
  ],
  ["databases of the server itself", "`mysql` and `sys` are dumped too", "left out unless `--database` names them"],
  ["a check that fails", "a warning, and exit code 0", "an error with an exit code of its own"],
  [
    "binary log during a restore",
    "switched off, `-e` leaves it on",
    "left as the server has it, `--skip-binlog` switches it off"
  ],
  ["command line and option file disagree", "the file wins", "the command line wins"],
  ["a flag in an option file", "on, whatever its value", "on or off, as its value says"],
  ["`--stream WORD`, `-o WORD`", "any word that begins with no dash is taken", "a word that is no mode is an error"],
  ["`-pSECRET`, `-t4`", "refused", "taken, as by the programs of MySQL"],
  [
    "`--stream=UNPACK`",
    "unpacks without restoring, and still connects",
    "refused; `sluice unpack` does it without a server"
  ],
  ["`--database` or `--tables-list` given twice", "the last one wins", "both count"],
  ["`DB` and `--database` together", "the word wins", "a contradiction, and an error"],
  ["`-P` on the command line", "only says which port", "also means TCP; `-S` also means the socket"]
]

const differenceSection: ReadonlyArray<string> = [
  "## Where Sluice differs from mydumper on purpose",
  "",
  "A script that was written for mydumper or myloader works with the name changed, as far as its options are available,\n" +
  "and never loses more than before.",
  "",
  ...grid(["subject", "mydumper and myloader", "Sluice"], differences)
]

const unavailableSection = (table: OptionTable): ReadonlyArray<string> => {
  const plain = table.unavailable.filter(({ reason }) => reason === "is not available yet in this version")
  const special = table.unavailable.filter((item) => !plain.includes(item))
  const names = (commands: ReadonlyArray<CommandName>) =>
    plain.filter((item) =>
      item.commands.length === commands.length && commands.every((name) => item.commands.includes(name))
    )
      .map((item) => code([...item.short.map((letter) => `-${letter}`), `--${item.name}`].join(" "))).join(", ")
  return [
    "## Not available yet",
    "",
    "These options of mydumper and myloader are refused with exit code 2, never ignored.",
    "",
    ...grid(["command", "options"], [
      ["both", names(["dump", "restore"])],
      ["dump", names(["dump"])],
      ["restore", names(["restore"])]
    ]),
    "## Spellings of older versions",
    "",
    ...grid(["spelling", "command", "what happens"], [
      ...commandNames.flatMap((command) =>
        entriesOf(table, command).flatMap((entry) =>
          entry.removed === undefined
            ? []
            : [[code(`--${entry.name}${valueOf(entry)}`), command, `accepted with a notice: ${entry.removed}`]]
        )
      ),
      ...special.map((item) => [
        list([...item.short.map((letter) => `-${letter}`), `--${item.name}`]),
        item.commands.join(", "),
        `refused: ${item.reason}; ${item.advice}`
      ])
    ])
  ]
}

/** The text of docs/options.md. */
export const render = (table: OptionTable): string =>
  [
    "# Options",
    "",
    "<!-- Made from the table of options by `npm run docs`. Change packages/cli/src/internal/options*.ts instead. -->",
    "",
    ...commandNames.flatMap((command) => commandSection(table, command)),
    ...typing,
    ...files(),
    ...differenceSection,
    "## Exit codes",
    "",
    ...grid(["code", "when"], exitCodes.map(([code, meaning]) => [code, meaning])),
    ...unavailableSection(table)
  ].join("\n").trimEnd() + "\n"

/** Writes the options page into a directory of documents. */
export const write = (
  table: OptionTable,
  directory: string
): Effect.Effect<void, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* fs.makeDirectory(directory, { recursive: true })
    yield* fs.writeFileString(path.join(directory, "options.md"), render(table))
  })
