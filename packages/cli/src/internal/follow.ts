/**
 * What follows from settings that were given.
 *
 * @internal
 */
import * as Either from "effect/Either"

import * as Setting from "../Setting.js"
import { UsageError } from "../UsageError.js"
import { isLocal } from "./local.js"

type Settings = ReadonlyArray<Setting.Setting>

const get = (settings: Settings, name: string): Setting.Setting | undefined =>
  settings.find((setting) => setting.name === name)

const isOn = (settings: Settings, name: string): boolean => {
  const setting = get(settings, name)
  return setting !== undefined && Setting.isOn(setting)
}

const without = (settings: Settings, names: ReadonlyArray<string>): Settings =>
  settings.filter(({ name }) => !names.includes(name))

const put = (settings: Settings, name: string, text: string, origin: Setting.Origin): Settings => [
  ...without(settings, [name]),
  { name, values: [Setting.Value.Plain({ text })], bare: false, origin }
]

const keeping: Readonly<Record<string, string>> = {
  TRADITIONAL: "NO_DELETE",
  NO_DELETE: "NO_DELETE",
  NO_STREAM: "NO_STREAM_AND_NO_DELETE",
  NO_STREAM_AND_NO_DELETE: "NO_STREAM_AND_NO_DELETE"
}

const followNoDelete = (settings: Settings, streaming: boolean): Settings => {
  const stream = get(settings, "stream")
  const mode = Setting.textOf(settings, "stream") ?? (streaming ? "TRADITIONAL" : undefined)
  // without a stream no file is ever deleted, which is what was asked for
  return isOn(settings, "no-delete") && mode !== undefined
    ? put(settings, "stream", keeping[mode] ?? mode, stream?.origin ?? Setting.Origin.Implied())
    : settings
}

/** A purge mode alone did nothing in myloader. It must not begin to empty tables now. */
const followPurge = (settings: Settings): Either.Either<Settings, UsageError> => {
  const purge = get(settings, "purge-mode")
  const purgeMode = Setting.textOf(settings, "purge-mode")
  const drop = get(settings, "drop-table")
  const overwrites = isOn(settings, "overwrite-tables")
  if (purge === undefined || purgeMode === undefined) {
    return Either.right(
      overwrites && drop === undefined ? put(settings, "drop-table", "DROP", Setting.Origin.Implied()) : settings
    )
  }
  if (drop === undefined && !overwrites) {
    return Either.left(
      new UsageError({
        reason: "Contradiction",
        problem: `--purge-mode (${Setting.describeOrigin(purge.origin)}) does nothing without --overwrite-tables`,
        advice: `write --drop-table=${purgeMode}`
      })
    )
  }
  if (drop !== undefined && !drop.bare && Setting.textOf(settings, "drop-table") !== purgeMode) {
    return Either.left(Setting.contradiction(purge, drop))
  }
  return Either.right(put(settings, "drop-table", purgeMode, purge.origin))
}

/** Flags of older versions, and the options of today with the values that they are now. */
const flags = [
  ["no-locks", "sync-thread-lock-mode", "NO_LOCK"],
  ["lock-all-tables", "sync-thread-lock-mode", "LOCK_ALL"],
  ["csv", "format", "CSV"],
  ["load-data", "format", "LOAD_DATA"]
] as const

/** One of today that was given, too, has to mean the same. */
const followFlags = (settings: Settings): Either.Either<Settings, UsageError> =>
  flags.reduce<Either.Either<Settings, UsageError>>((done, [name, today, value]) =>
    Either.flatMap(done, (settings) => {
      const old = get(settings, name)
      if (old === undefined || !Setting.isOn(old)) return Either.right(settings)
      const now = get(settings, today)
      return now !== undefined && Setting.textOf(settings, today) !== value
        ? Either.left(Setting.contradiction(old, now))
        : Either.right(put(settings, today, value, old.origin))
    }), Either.right(settings))

/** Turns spellings of older versions into what they mean now. `streaming`: a stream is on even if no option says so. */
export const followRemoved = (settings: Settings, streaming: boolean): Either.Either<Settings, UsageError> =>
  Either.map(
    Either.flatMap(followPurge(followNoDelete(settings, streaming)), followFlags),
    (followed) =>
      without(followed, [
        "no-delete",
        "overwrite-tables",
        "purge-mode",
        "trx-consistency-only",
        "less-locking",
        ...flags.map(([name]) => name)
      ])
  )

/**
 * As the programs of MySQL have it: on the command line, a port means TCP and a socket means the socket; elsewhere they
 * only say where, not how.
 */
export const followConnection = (settings: Settings): Either.Either<Settings, UsageError> => {
  const typed = (name: string) => get(settings, name)?.origin._tag === "CommandLine"
  const host = get(settings, "host")
  const socket = get(settings, "socket")
  const remote = !isLocal(Setting.textOf(settings, "host"))
  const protocol = get(settings, "protocol")
  if (protocol !== undefined) {
    return host !== undefined && remote && typed("host") && Setting.textOf(settings, "protocol") === "socket"
      ? Either.left(Setting.contradiction(protocol, host))
      : Either.right(settings)
  }
  if (typed("socket") && typed("host") && remote && host !== undefined && socket !== undefined) {
    return Either.left(
      new UsageError({
        reason: "Contradiction",
        problem: "--socket is on this machine and --host names another one",
        advice: "give one of them, or say which with --protocol=tcp or --protocol=socket"
      })
    )
  }
  if (typed("socket")) return Either.right(put(settings, "protocol", "socket", Setting.Origin.Implied()))
  return Either.right(
    typed("port") && !remote ? put(settings, "protocol", "tcp", Setting.Origin.Implied()) : settings
  )
}
