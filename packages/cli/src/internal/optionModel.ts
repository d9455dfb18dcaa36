/**
 * The shapes of the table of options. Public through `OptionTable`; here, so that the data of the table can be built
 * without a cycle of imports.
 *
 * @internal
 */
import * as Data from "effect/Data"

import type { CommandName } from "../CommandTable.js"

/**
 * The headings under which options are shown.
 *
 * @since 0.1.0
 * @category models
 */
export type Group = "Connection" | "What" | "Files" | "How" | "Messages" | "OptionFiles" | "Help"

/**
 * What kind of value an option takes.
 *
 * - `Flag`: true or false; the word alone means true
 * - `Request`: asks for help or the version instead of a run
 * - `Text`: any text; empty only where `emptyAllowed`
 * - `Path`: the name of a file or directory, never empty; it is not looked at while reading
 * - `Integer`: a whole number within bounds (both included)
 * - `Bytes`: a size in bytes, with K, M or G for powers of 1024
 * - `List`: names separated by commas; `dotted` names must be `database.table`
 * - `Rows`: a number of rows, `MIN:START:MAX`, or a negative number for one chunk a table
 * - `Pattern`: a regular expression, taken as it stands in option files too
 * - `Secret`: a password; without a value it is asked for on the terminal
 * - `Choice`: one of some words in any case; `bare` is what the option means without a value
 *
 * @since 0.1.0
 * @category models
 */
export type Kind = Data.TaggedEnum<{
  readonly Flag: {}
  readonly Request: {}
  readonly Text: { readonly emptyAllowed: boolean }
  readonly Path: {}
  readonly Integer: { readonly minimum: number; readonly maximum: number }
  readonly Bytes: { readonly minimum: number }
  readonly List: { readonly dotted: boolean }
  readonly Rows: {}
  readonly Pattern: {}
  readonly Secret: {}
  readonly Choice: {
    readonly bare: string | undefined
    readonly spellings: ReadonlyArray<readonly [spelling: string, canonical: string]>
    readonly refused: ReadonlyArray<readonly [spelling: string, advice: string]>
  }
}>

/**
 * Constructors and matchers of {@link Kind}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Kind = Data.taggedEnum<Kind>()

/**
 * One option.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  /** The long name, without dashes. It is also the key in option files. */
  readonly name: string
  /** One-letter forms, without the dash. */
  readonly short: ReadonlyArray<string>
  /** Long names that mean the same as `name`. */
  readonly aliases: ReadonlyArray<string>
  /** Long names that set a flag to false. */
  readonly negations: ReadonlyArray<string>
  /** One-letter forms that set a flag to false. */
  readonly negationShort: ReadonlyArray<string>
  readonly commands: ReadonlyArray<CommandName>
  readonly group: Group
  readonly kind: Kind
  /** What help shows for the value; empty for flags. */
  readonly metavar: string
  /** The value when nobody gives one, in the spelling of the command line. */
  readonly default: string | undefined
  /** Whether values add up; otherwise the last one wins. */
  readonly repeatable: boolean
  /** Variables that give the value when the command line does not. */
  readonly environment: ReadonlyArray<string>
  /** Variables that are asked last, after the option files. */
  readonly fallbackEnvironment: ReadonlyArray<string>
  /** Of the options that share this name, only one may be on. */
  readonly exclusive: string | undefined
  /** Whether an option file may hold it. */
  readonly inFiles: boolean
  /** For a spelling of an older version that is still accepted: what to type instead. Such options are not in the help. */
  readonly removed: string | undefined
  /** One or two sentences. */
  readonly help: string
}

/**
 * An option of mydumper or myloader, of this or an older version, that is refused with a reason.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unavailable {
  readonly name: string
  readonly short: ReadonlyArray<string>
  readonly commands: ReadonlyArray<CommandName>
  /** What is the matter with it, after the name: "is not available yet in this version". */
  readonly reason: string
  /** What to do. */
  readonly advice: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface OptionTable {
  readonly entries: ReadonlyArray<Entry>
  readonly unavailable: ReadonlyArray<Unavailable>
}

/** The parts of an entry that differ from "a plain option that only shows up in the help". */
export type EntryInput =
  & Pick<Entry, "name" | "commands" | "group" | "kind" | "help">
  & Partial<Omit<Entry, "name" | "commands" | "group" | "kind" | "help">>

/** @internal */
export const entry = (input: EntryInput): Entry => ({
  short: [],
  aliases: [],
  negations: [],
  negationShort: [],
  metavar: "",
  default: undefined,
  repeatable: false,
  environment: [],
  fallbackEnvironment: [],
  exclusive: undefined,
  inFiles: true,
  removed: undefined,
  ...input
})
