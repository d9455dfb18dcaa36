/**
 * Which databases of a backup are restored.
 *
 * @internal
 */
import * as Option from "effect/Option"

import type { Options } from "../Restore.js"

/** They hold what a server knows of itself, of accounts and of what they may do; plain dumps of mydumper's have some. */
const ofServer = new Set(["mysql", "sys", "information_schema", "performance_schema"])

/**
 * Whether a database is restored: the one that was asked for, or all but those of the server itself. What goes into
 * another database is nobody's own.
 *
 * @internal
 */
export const make = ({ database, only }: Pick<Options, "database" | "only">) => (name: string): boolean =>
  Option.match(only, {
    onNone: () => Option.isSome(database) || !ofServer.has(name.toLowerCase()),
    onSome: (only) => only === name
  })
