/**
 * How databases and tables are written in file names.
 *
 * @since 0.1.0
 */

/**
 * The longest name that stands in file names as it is. Two such names and the longest suffix stay below the 99
 * bytes at which mydumper's own loader loses a header of a header-only stream.
 *
 * @since 0.1.0
 * @category limits
 */
export const maximumPlainLength = 32

/**
 * Whether a name stands in file names as it is: short, ASCII letters, digits, `_` and `-` only, and not itself
 * like an alias. A name with a space gets an alias too, because a stream's header ends a name at a space.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isPlain = (name: string): boolean =>
  name.length <= maximumPlainLength && /^[A-Za-z0-9_-]+$/.test(name) && !name.startsWith("mydumper_")

/**
 * The file-name parts of a set of real names.
 *
 * @since 0.1.0
 * @category models
 */
export interface Naming {
  /** The part that stands for `name`, which must be one of those the naming was made from. */
  readonly encode: (name: string) => string
  /** The aliases given, by real name. */
  readonly aliases: ReadonlyMap<string, string>
}

/**
 * Gives every name of a backup its part in file names. The same odd name has the same alias everywhere, and the
 * same names in the same order have the same aliases.
 *
 * @example
 * ```ts
 * import { Naming } from "@sluice/format"
 *
 * const naming = Naming.make(["shop", "orders", "we.ird"])
 * naming.encode("orders") // "orders"
 * naming.encode("we.ird") // "mydumper_0"
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (names: Iterable<string>): Naming => {
  const aliases = new Map<string, string>()
  for (const name of names) {
    if (!isPlain(name) && !aliases.has(name)) {
      aliases.set(name, `mydumper_${aliases.size}`)
    }
  }
  return { aliases, encode: (name) => aliases.get(name) ?? name }
}
