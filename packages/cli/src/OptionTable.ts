/**
 * The one table of options. The argument reader, the option files, the help text, the commands and `docs/options.md`
 * are all made from it.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Option from "effect/Option"

import type { CommandName } from "./CommandTable.js"
import type { Entry, OptionTable, Unavailable } from "./internal/optionModel.js"
import { commonOptions } from "./internal/optionsCommon.js"
import { compareOptions } from "./internal/optionsCompare.js"
import { dumpOptions } from "./internal/optionsDump.js"
import { restoreOptions } from "./internal/optionsRestore.js"
import { unavailableOptions } from "./internal/optionsUnavailable.js"
import { unpackOptions } from "./internal/optionsUnpack.js"
import { verifyOptions } from "./internal/optionsVerify.js"

export {
  /**
   * @since 0.1.0
   * @category models
   */
  type CommandName,
  /**
   * @since 0.1.0
   * @category constants
   */
  commandNames
} from "./CommandTable.js"

export {
  /**
   * @since 0.1.0
   * @category models
   */
  type Entry,
  /**
   * @since 0.1.0
   * @category models
   */
  type Group,
  /**
   * @since 0.1.0
   * @category models
   */
  Kind,
  /**
   * @since 0.1.0
   * @category models
   */
  type OptionTable,
  /**
   * @since 0.1.0
   * @category models
   */
  type Unavailable
} from "./internal/optionModel.js"

/**
 * The table of this version.
 *
 * @since 0.1.0
 * @category constants
 */
export const table: OptionTable = {
  entries: [
    ...commonOptions,
    ...dumpOptions,
    ...restoreOptions,
    ...verifyOptions,
    ...unpackOptions,
    ...compareOptions
  ],
  unavailable: unavailableOptions
}

/**
 * What a spelling stands for under one command.
 *
 * @since 0.1.0
 * @category models
 */
export type Found = Data.TaggedEnum<{
  readonly Known: { readonly entry: Entry; readonly negated: boolean }
  readonly NotAvailable: { readonly item: Unavailable }
  readonly Elsewhere: { readonly commands: ReadonlyArray<CommandName> }
}>

/**
 * Constructors and matchers of {@link Found}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Found = Data.taggedEnum<Found>()

/**
 * Every spelling that means something under one command, with its dashes: `--host`, `-h`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Lookup {
  readonly command: CommandName
  readonly table: OptionTable
  readonly spellings: ReadonlyMap<string, Found>
}

const dashed = (names: ReadonlyArray<string>, letters: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...names.map((name) => `--${name}`),
  ...letters.map((letter) => `-${letter}`)
]

/**
 * The spellings that turn an option on or give it a value, with their dashes, short ones first.
 *
 * @since 0.1.0
 * @category getters
 */
export const spellings = (entry: Entry): ReadonlyArray<string> => [
  ...entry.short.map((letter) => `-${letter}`),
  ...[entry.name, ...entry.aliases].map((name) => `--${name}`)
]

/**
 * The spellings that turn a flag off, with their dashes.
 *
 * @since 0.1.0
 * @category getters
 */
export const negatedSpellings = (entry: Entry): ReadonlyArray<string> => [
  ...entry.negationShort.map((letter) => `-${letter}`),
  ...entry.negations.map((name) => `--${name}`)
]

/**
 * All spellings of a command. What the command has wins over what it does not have yet, and that over what another
 * command has.
 *
 * @since 0.1.0
 * @category constructors
 */
export const lookup = (table: OptionTable, command: CommandName): Lookup => {
  const found = new Map<string, Found>()
  const add = (spelling: string, value: Found) => {
    if (!found.has(spelling)) found.set(spelling, value)
  }
  const here = (commands: ReadonlyArray<CommandName>) => commands.includes(command)
  for (const entry of table.entries.filter((entry) => here(entry.commands))) {
    spellings(entry).forEach((spelling) => add(spelling, Found.Known({ entry, negated: false })))
    negatedSpellings(entry).forEach((spelling) => add(spelling, Found.Known({ entry, negated: true })))
  }
  for (const item of table.unavailable.filter((item) => here(item.commands))) {
    dashed([item.name], item.short).forEach((spelling) => add(spelling, Found.NotAvailable({ item })))
  }
  for (const entry of table.entries.filter((entry) => !here(entry.commands))) {
    const value = Found.Elsewhere({ commands: entry.commands })
    spellings(entry).forEach((spelling) => add(spelling, value))
    negatedSpellings(entry).forEach((spelling) => add(spelling, value))
  }
  for (const item of table.unavailable.filter((item) => !here(item.commands))) {
    const value = Found.Elsewhere({ commands: item.commands })
    dashed([item.name], item.short).forEach((spelling) => add(spelling, value))
  }
  return { command, table, spellings: found }
}

/**
 * What a spelling with its dashes stands for.
 *
 * @since 0.1.0
 * @category getters
 */
export const find = (lookup: Lookup, spelling: string): Option.Option<Found> =>
  Option.fromNullable(lookup.spellings.get(spelling))

/**
 * The option of a command by its long name.
 *
 * @since 0.1.0
 * @category getters
 */
export const entryOf = (table: OptionTable, command: CommandName, name: string): Option.Option<Entry> =>
  Option.fromNullable(table.entries.find((entry) => entry.name === name && entry.commands.includes(command)))

/**
 * The options of a command, in the order of the table.
 *
 * @since 0.1.0
 * @category getters
 */
export const entriesOf = (table: OptionTable, command: CommandName): ReadonlyArray<Entry> =>
  table.entries.filter((entry) => entry.commands.includes(command))
