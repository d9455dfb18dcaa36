/**
 * Which value wins: command line, then environment, then option files, then defaults.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"

import { infoOf } from "./CommandTable.js"
import { followConnection, followRemoved } from "./internal/follow.js"
import { followTls, unusedAuthority } from "./internal/followTls.js"
import type { CommandName, Entry, OptionTable } from "./OptionTable.js"
import { entriesOf } from "./OptionTable.js"
import * as Setting from "./Setting.js"
import { UsageError } from "./UsageError.js"

/**
 * Environment variables.
 *
 * @since 0.1.0
 * @category models
 */
export type Environment = Readonly<Record<string, string | undefined>>

type Settings = ReadonlyArray<Setting.Setting>

/**
 * Merges levels, the strongest first. An option is taken from the first level that has it; one that excludes others
 * puts them out of the weaker levels. The result has each option once, in the order of the table.
 *
 * @since 0.1.0
 * @category combinators
 */
export const merge = (table: OptionTable, command: CommandName, levels: ReadonlyArray<Settings>): Settings => {
  const entries = entriesOf(table, command)
  const exclusiveOf = new Map(entries.map((entry) => [entry.name, entry.exclusive]))
  const merged = levels.reduce<Settings>((stronger, level) => {
    const names = new Set(stronger.map((setting) => setting.name))
    const taken = new Set(stronger.filter(Setting.isOn).map((setting) => exclusiveOf.get(setting.name)))
    const silenced = stronger.some(Setting.doesNotAsk)
    const free = (setting: Setting.Setting) => {
      if (silenced && Setting.asksForPassword(setting)) return false
      const exclusive = exclusiveOf.get(setting.name)
      return !names.has(setting.name) && (exclusive === undefined || !taken.has(exclusive))
    }
    return [...stronger, ...level.filter(free)]
  }, [])
  const settled = merged.some(Setting.asksForPassword)
    ? merged.filter((setting) => !Setting.doesNotAsk(setting))
    : merged
  return entries.flatMap((entry) => settled.filter((setting) => setting.name === entry.name))
}

const fromVariables = (
  table: OptionTable,
  command: CommandName,
  environment: Environment,
  variablesOf: (entry: Entry) => ReadonlyArray<string>
): Either.Either<Settings, UsageError> =>
  Either.all(
    entriesOf(table, command).flatMap((entry) => {
      const variable = variablesOf(entry).find((name) => (environment[name] ?? "") !== "")
      const raw = variable === undefined ? undefined : environment[variable]
      if (variable === undefined || raw === undefined) return []
      const origin = Setting.Origin.Environment({ variable })
      return [Either.mapBoth(Setting.valuesOf(entry, raw), {
        onLeft: ({ advice, problem }) =>
          new UsageError({
            reason: "InvalidValue",
            problem: `--${entry.name} (${Setting.describeOrigin(origin)}) ${problem}`,
            advice
          }),
        onRight: (values): Setting.Setting => ({ name: entry.name, values, bare: false, origin })
      })]
    })
  )

/**
 * Settings from environment variables, such as MYSQL_HOST. An empty variable counts as none.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromEnvironment = (
  table: OptionTable,
  command: CommandName,
  environment: Environment
): Either.Either<Settings, UsageError> => fromVariables(table, command, environment, (entry) => entry.environment)

/**
 * Settings from variables that are weaker than option files, such as USER.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromFallbackEnvironment = (
  table: OptionTable,
  command: CommandName,
  environment: Environment
): Either.Either<Settings, UsageError> =>
  fromVariables(table, command, environment, (entry) => entry.fallbackEnvironment)

/**
 * Everything that was said about one run.
 *
 * @since 0.1.0
 * @category models
 */
export interface Said {
  readonly command: CommandName
  readonly commandLine: Settings
  readonly positionals: ReadonlyArray<string>
  readonly environment: Environment
  readonly optionFiles: Settings
}

/**
 * What holds for one run. Defaults are not in it: they are the commands' own.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settled {
  readonly settings: Settings
  readonly positionals: ReadonlyArray<string>
  /** Lines for people, such as a spelling of an older version that was used. */
  readonly notices: ReadonlyArray<string>
}

/**
 * Decides what holds: merges the levels, then works out what follows from what was said. Spellings of older versions
 * become what they mean now; a port on the command line means TCP, a socket there means the socket.
 *
 * @since 0.1.0
 * @category combinators
 */
export const settle = (table: OptionTable, said: Said): Either.Either<Settled, UsageError> =>
  Either.gen(function*() {
    const { command, positionals } = said
    const environment = yield* fromEnvironment(table, command, said.environment)
    const fallback = yield* fromFallbackEnvironment(table, command, said.environment)
    // words on the command line name the database and tables, so they win over what files say about both
    const optionFiles = positionals.length === 0 || infoOf(command).words._tag !== "Tables"
      ? said.optionFiles
      : said.optionFiles.filter(({ name }) => name !== "database" && name !== "tables-list")
    const merged = merge(table, command, [said.commandLine, environment, optionFiles, fallback])
    const notices = Setting.removedSpellings(table, command, merged)
    const current = yield* followRemoved(merged, positionals.length > 0)
    const settings = yield* Either.flatMap(followConnection(current), followTls)
    return {
      settings: merge(table, command, [settings]),
      positionals,
      notices: [...notices, ...unusedAuthority(settings)]
    }
  })
