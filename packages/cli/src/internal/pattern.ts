/**
 * Patterns are written for PCRE, as mydumper has them, and run as JavaScript expressions. What both understand in the
 * same way is taken; anything else is refused, never taken to mean something else.
 *
 * @internal
 */
import * as Either from "effect/Either"

/**
 * A backslash before a sign means that sign in PCRE; the strict mode of JavaScript only allows it before signs of its own
 * syntax. The hexadecimal form means the same inside and outside of a class.
 */
const plainSigns = (pattern: string): string =>
  pattern.replace(
    /\\([^])/g,
    (both: string, char: string) =>
      /[\x20-\x7e]/.test(char) && !/[A-Za-z0-9^$\\.*+?()[\]{}|/]/.test(char)
        ? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`
        : both
  )

/**
 * The expression for a pattern, without regard to case and with `^` and `$` at line ends too, as in mydumper.
 * The failure says what is wrong with it.
 */
export const compile = (pattern: string): Either.Either<RegExp, string> =>
  Either.try({
    try: () => new RegExp(plainSigns(pattern.replace(/^\(\?i\)/, "")), "imu"),
    catch: (cause) => cause instanceof Error ? cause.message.replace(/^.*: /, "").toLowerCase() : "not a pattern"
  })

/** The expression for a name with `%` for any text and `_` for any letter, as in LIKE, without regard to case. */
export const like = (name: string): RegExp => {
  const parts = [...name].map((letter) =>
    letter === "%" ? "[^]*" : letter === "_" ? "[^]" : letter.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&")
  )
  return new RegExp(`^${parts.join("")}$`, "iu")
}
