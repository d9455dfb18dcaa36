/**
 * The words of a command line that are no options, held against what the command takes.
 *
 * @internal
 */
import * as Either from "effect/Either"

import type { CommandName } from "../CommandTable.js"
import { infoOf, usageOf, Words } from "../CommandTable.js"
import type * as Setting from "../Setting.js"
import { UsageError } from "../UsageError.js"

type Checked = Either.Either<void, UsageError>

/** What was typed. */
interface Given {
  readonly words: ReadonlyArray<string>
  readonly settings: ReadonlyArray<Setting.Setting>
  /** Whether the command is to run: who asks for help need not give all words. */
  readonly runs: boolean
  /** How a word is shown: not at all where it could be a password. */
  readonly show: (word: string) => string
}

const fail = (reason: UsageError["reason"], problem: string, advice: string): Either.Either<never, UsageError> =>
  Either.left(new UsageError({ reason, problem, advice }))

/** `sluice dump DB [DB.TABLE ...]`, as mydumper has it. */
const checkTables = ({ settings, show, words }: Given): Checked => {
  const [database, ...tables] = words
  if (database === undefined) return Either.void
  if (database === "" || database === "-" || database.includes(".") || database.includes(",")) {
    return fail(
      "UnexpectedWord",
      `${show(database)} is no database`,
      "write sluice dump DB DB.TABLE, or use --database and --tables-list"
    )
  }
  const stray = tables.find((table) => !table.startsWith(`${database}.`) || table.length === database.length + 1)
  if (stray !== undefined) {
    return fail(
      "UnexpectedWord",
      `${show(stray)} is no table of ${show(database)}`,
      "write tables as DB.TABLE with the same database, or use --database and --tables-list"
    )
  }
  if (tables.some((table) => table.includes(","))) {
    return fail("UnexpectedWord", "a table has a comma in its name", "use --regex for it")
  }
  const double = settings.find((setting) =>
    setting.name === "database" || (setting.name === "tables-list" && tables.length > 0)
  )
  return double === undefined ? Either.void : fail(
    "Contradiction",
    `${show(database)} and --${double.name} both say what to dump`,
    "give one of them"
  )
}

/** A URL may hold a password. */
const discreet = (word: string): string => word.replace(/(:\/\/[^/@]*?):.*@/s, "$1:…@")

const checkNamed = (
  command: CommandName,
  named: { readonly names: ReadonlyArray<string>; readonly advice: string },
  { runs, show, words }: Given
): Checked => {
  const absent = named.names.find((_, index) => (words[index] ?? "") === "")
  if (absent !== undefined && runs) return fail("MissingValue", `sluice ${command} needs a ${absent}`, named.advice)
  const extra = words[named.names.length]
  return extra === undefined ? Either.void : fail(
    "UnexpectedWord",
    `sluice ${command} cannot take the word ${show(discreet(extra))}`,
    `write ${usageOf(command)}`
  )
}

/**
 * Refuses words that a command does not take, and the lack of one that it needs.
 *
 * @internal
 */
export const check = (command: CommandName, given: Given): Checked =>
  Words.$match(infoOf(command).words, {
    None: ({ advice }): Checked => {
      const [first] = given.words
      return first === undefined
        ? Either.void
        : fail("UnexpectedWord", `sluice ${command} takes only options, and ${given.show(first)} is none`, advice)
    },
    Named: (named) => checkNamed(command, named, given),
    Tables: () => checkTables(given)
  })
