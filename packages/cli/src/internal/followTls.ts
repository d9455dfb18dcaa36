/**
 * One mode out of all the words for encryption: MySQL's `ssl-mode`, MariaDB's and mydumper's `ssl`, MariaDB's
 * `ssl-verify-server-cert`, and a CA that is named for a purpose.
 *
 * @internal
 */
import * as Either from "effect/Either"

import * as Setting from "../Setting.js"
import type { UsageError } from "../UsageError.js"
import { tlsModes } from "./optionsTls.js"

type Settings = ReadonlyArray<Setting.Setting>

type Mode = typeof tlsModes[number]

const strength = (mode: Mode): number => tlsModes.indexOf(mode)

const modeOf = (text: string | undefined): Mode | undefined => tlsModes.find((mode) => mode === text)

/** What a setting asks for at least, and what it lets happen at most. */
interface Wish {
  readonly setting: Setting.Setting
  readonly least: Mode
  readonly most: Mode
}

const wishOf = (setting: Setting.Setting): ReadonlyArray<Wish> => {
  const on = Setting.isOn(setting)
  switch (setting.name) {
    case "ssl":
      return [{ setting, least: on ? "REQUIRED" : "DISABLED", most: on ? "VERIFY_IDENTITY" : "DISABLED" }]
    case "ssl-verify-server-cert":
      return [{ setting, least: on ? "VERIFY_IDENTITY" : "DISABLED", most: on ? "VERIFY_IDENTITY" : "REQUIRED" }]
    case "ssl-mode": {
      const mode = modeOf(Setting.textOf([setting], "ssl-mode"))
      // --ssl says more than PREFERRED, and does not contradict it
      return mode === undefined ? [] : [{ setting, least: mode, most: mode === "PREFERRED" ? "VERIFY_IDENTITY" : mode }]
    }
    default:
      return []
  }
}

const isTyped = ({ setting }: Wish): boolean => setting.origin._tag === "CommandLine"

const strictest = (modes: ReadonlyArray<Mode>): Mode =>
  modes.reduce((one, other) => strength(one) < strength(other) ? other : one, "DISABLED")

const laxest = (modes: ReadonlyArray<Mode>): Mode =>
  modes.reduce((one, other) => strength(one) > strength(other) ? other : one, "VERIFY_IDENTITY")

const fit = (one: Wish, other: Wish): boolean =>
  strength(strictest([one.least, other.least])) <= strength(laxest([one.most, other.most]))

/** What was written in one place has to agree. */
const agree = (wishes: ReadonlyArray<Wish>): Either.Either<void, UsageError> => {
  const rivals = wishes.flatMap((one, index) =>
    wishes.slice(index + 1).filter((other) => !fit(one, other)).map((other) => [one.setting, other.setting] as const)
  )
  return rivals[0] === undefined ? Either.void : Either.left(Setting.contradiction(...rivals[0]))
}

const names = ["ssl", "ssl-verify-server-cert", "ssl-mode"]

/**
 * Makes one `ssl-mode` of them, the strictest that is asked for. The command line wins where option files contradict
 * it; in one place a contradiction is an error.
 */
export const followTls = (settings: Settings): Either.Either<Settings, UsageError> =>
  Either.gen(function*() {
    const wishes = settings.flatMap(wishOf)
    const typed = wishes.filter(isTyped)
    yield* agree(typed)
    yield* agree(wishes.filter((wish) => !isTyped(wish)))
    const rest = settings.filter(({ name }) => !names.includes(name))
    const authority = settings.some(({ name }) => name === "ca" || name === "capath")
    if (wishes.length === 0 && !authority) return rest
    // not to check says nothing about encryption
    const usual: Mode = wishes.every(({ setting }) => setting.name === "ssl-verify-server-cert")
      ? "PREFERRED"
      : "DISABLED"
    const mode = wishes.length === 0
      // as in MySQL: who names a CA wants it to be asked, unless a mode says otherwise
      ? "VERIFY_CA"
      : laxest([strictest([usual, ...wishes.map(({ least }) => least)]), ...typed.map(({ most }) => most)])
    const origin = wishes.find(({ least }) => least === mode)?.setting.origin ?? Setting.Origin.Implied()
    return [...rest, { name: "ssl-mode", values: [Setting.Value.Plain({ text: mode })], bare: false, origin }]
  })

/** What is said about a CA that nobody asks. */
export const unusedAuthority = (settings: Settings): ReadonlyArray<string> => {
  const mode = modeOf(Setting.textOf(settings, "ssl-mode"))
  const authority = settings.find((setting) => setting.name === "ca" || setting.name === "capath")
  return authority === undefined || mode === undefined || strength(mode) >= strength("VERIFY_CA")
    ? []
    : [
      `--${authority.name} (${Setting.describeOrigin(authority.origin)}) has no effect: ` +
      `--ssl-mode=${mode} does not check the server's certificate`
    ]
}
