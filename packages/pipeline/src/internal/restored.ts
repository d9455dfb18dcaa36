/**
 * What a restore knows of the names in its backup, what of it is wanted, and what it has made so far.
 *
 * @internal
 */
import type * as FileName from "@sluice/format/FileName"
import type * as Metadata from "@sluice/format/Metadata"
import type * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type { Options } from "../Restore.js"
import { BackupError } from "../SluiceError.js"
import { orMissing } from "./missing.js"
import { missing } from "./named.js"
import * as wantedDatabases from "./wantedDatabases.js"

/** What stands in a file's name for a name that cannot. */
const isAlias = /^mydumper_\d+$/

/** @internal */
export type OfTable = Extract<FileName.FileName, { readonly table: string }>

/** @internal */
export type Restored = ReturnType<typeof make>

/** @internal */
export const make = (options: Options) => {
  // real names, by the parts that stand in file names
  const databases = new Map<string, string>()
  const tables = new Map<string, string>()
  /** Tables that were there and are left alone. */
  const skipped = new Set<string>()
  /** Tables that this restore has made, or emptied. A view begins as a table that holds its place. */
  const made = new Set<string>()
  /** Databases that nobody may write to when all is done. */
  const readOnly = new Set<string>()
  let objects = 0

  const keyOf = (file: { readonly database: string; readonly table: string }): string =>
    `${file.database}.${file.table}`
  const nameOf = (part: string): string => databases.get(part) ?? part
  const isWantedDatabase = wantedDatabases.make(options)
  const databaseOf = (part: string): string => Option.getOrElse(options.database, () => nameOf(part))
  const tableOf = (file: { readonly database: string; readonly table: string }): string =>
    tables.get(keyOf(file)) ?? file.table
  const isWantedTable = (part: string, table: string): boolean =>
    isWantedDatabase(nameOf(part)) && options.includes(nameOf(part), table) &&
    !skipped.has(`${databaseOf(part)}.${table}`)

  /** Whether a name of a statement stays in the database that its file goes to. */
  const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
  const isHere = (part: string, name: Sql.Name): boolean =>
    // what is in another character set than UTF-8 cannot be told here
    name.database === undefined || isSame(name.database, databaseOf(part)) || name.database.includes("\ufffd")

  return {
    databases,
    tables,
    isHere,
    /** Whether a table, view or sequence of a statement is what its file is about. An alias tells no name. */
    isOwn: (file: { readonly database: string; readonly table: string }, name: Sql.Name): boolean => {
      const known = tables.get(keyOf(file))
      return isHere(file.database, name) &&
        (known === undefined ? isAlias.test(file.table) || isSame(file.table, name.name) : isSame(known, name.name))
    },
    /** Whether a database is what its file's was called, though it goes into another. */
    wasHere: (part: string, database: string): boolean =>
      isSame(database, nameOf(part)) && !isSame(database, databaseOf(part)),
    /** The databases of the server itself that the backup holds and that are left out. */
    ofServer: (metadata: Metadata.Metadata): ReadonlyArray<string> =>
      Array.from(new Set([...databases.values(), ...metadata.tables.map(({ database }) => nameOf(database))])).filter(
        (name) => Option.isNone(options.only) && !isWantedDatabase(name)
      ).sort(),
    skipped,
    made,
    readOnly,
    keyOf,
    isWantedDatabase,
    /** Whether a database is wanted, by its part in file names. */
    isWantedPart: (part: string): boolean => isWantedDatabase(nameOf(part)),
    /** The name on the target of a database. */
    databaseOf,
    tableOf,
    isWantedTable,
    isWanted: (file: { readonly database: string; readonly table: string }): boolean =>
      isWantedTable(file.database, tableOf(file)),
    count: (more: number): void => {
      objects += more
    },
    objects: (): number => objects,
    /** The name that a database of the backup has now, if it is another one. */
    moved: (name: string): string | undefined =>
      Array.from(databases.values()).includes(name) ? Option.getOrUndefined(options.database) : undefined,
    explained: (kind: FileName.FileName) =>
      orMissing(kind, {
        database: (part) => databases.has(part),
        table: (database, table) => tables.has(`${database}.${table}`)
      }),
    /** The databases that are wanted, once all has come. Fails when something that was asked for is not there. */
    wanted: (metadata: Metadata.Metadata): Effect.Effect<ReadonlySet<string>, BackupError> =>
      Effect.suspend(() => {
        const known = [
          ...metadata.tables.map((table) => ({ database: nameOf(table.database), name: table.realName })),
          // the metadata of old versions lists no tables
          ...Array.from(tables, ([key, name]) => ({ database: nameOf(key.slice(0, key.indexOf("."))), name }))
        ]
        const wanted = new Set(
          [...databases.values(), ...known.map(({ database }) => database)].filter(isWantedDatabase)
        )
        const unknown = [
          ...Option.toArray(options.only).filter((name) => !wanted.has(name)).map((name) => `database ${name}`),
          ...missing(options.named, known)
        ]
        return unknown.length === 0 ? Effect.succeed(wanted) : new BackupError({
          reason: "Missing",
          what: "cannot restore what was asked for",
          detail: `the backup has no ${unknown.join(", no ")}`,
          advice: "Check the names, and the databases they are in"
        })
      })
  }
}
