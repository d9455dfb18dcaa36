/**
 * What cannot be known of another tool's backup without a server, or at all.
 *
 * @internal
 */
import * as FileName from "@sluice/format/FileName"
import type * as Metadata from "@sluice/format/Metadata"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import { BackupError } from "../SluiceError.js"

type OfTable = { readonly database: string; readonly table: string }

const keyOf = ({ database, table }: OfTable): string => `${database}.${table}`

const some = (names: ReadonlyArray<string>): string =>
  `${names.slice(0, 5).join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`

const filesOf = (come: ReadonlySet<string>): ReadonlyArray<FileName.FileName> =>
  Array.from(come, FileName.parse).flatMap((parsed) => Either.isRight(parsed) ? [parsed.right.file] : [])

/** What stands in a checksum of nothing. */
const isOfNothing = (value: string): boolean => /^0*$/.test(value)

/**
 * Definitions that another tool's backup lacks, as its own files show: those of tables that it has rows of, and those of
 * databases that it has tables of. A backup with no definitions at all was made so.
 *
 * @internal
 */
export function* undefinedObjects(come: ReadonlySet<string>): Generator<BackupError> {
  const files = filesOf(come)
  const { Database, Sequence, Table } = FileName.FileName
  const lost = (file: FileName.FileName, detail: string) =>
    new BackupError({
      reason: "Missing",
      what: "a file of the backup is missing",
      where: FileName.render(file),
      detail,
      advice: "The backup is damaged: take it again"
    })
  const defined = files.filter((file) => file._tag === "Table" || file._tag === "Sequence")
  if (defined.length === 0) {
    return
  }
  const rows = new Map(files.flatMap((file) => file._tag === "Rows" ? [[keyOf(file), file] as const] : []))
  for (const { database, table } of rows.values()) {
    const makes = [Table({ database, table }), Sequence({ database, table })]
    if (!makes.some((file) => come.has(FileName.render(file)))) {
      yield lost(Table({ database, table }), "the backup has rows of it")
    }
  }
  for (const database of new Set(defined.map((file) => file.database))) {
    if (!come.has(FileName.render(Database({ database })))) {
      yield lost(Database({ database }), "the backup has tables of it")
    }
  }
}

/** Programs that a backup has a checksum of and no file. */
const withoutFiles = (
  checksums: ReadonlyArray<Metadata.StoredChecksum>,
  files: ReadonlyArray<FileName.FileName>
): ReadonlyArray<string> => {
  const words = { triggers: "triggers", post: "functions and procedures", events: "events" } as const
  return checksums.flatMap(({ database, of, value }) => {
    const isThere = files.some((file) =>
      "database" in file && file.database === database && file._tag === (of === "triggers" ? "Triggers" : "Post")
    )
    return (of === "triggers" || of === "post" || of === "events") && !isOfNothing(value) && !isThere
      ? [
        `the metadata has a checksum of the ${
          words[of]
        } of ${database}, and no file holds any: they were left out of ` +
        "the dump, or lost"
      ]
      : []
  })
}

/**
 * What could not be proven of a backup that has no manifest, in sentences for people.
 *
 * @internal
 */
export const ofForeign = (known: {
  readonly last: Option.Option<Metadata.Metadata>
  readonly ofTables: ReadonlyArray<Metadata.TableSection>
  readonly come: ReadonlySet<string>
}): ReadonlyArray<string> => {
  const { come, ofTables } = known
  const files = filesOf(come)
  const metadata = Option.getOrUndefined(known.last)
  const listed = [...(metadata?.tables ?? []), ...ofTables]
  const counted = new Set(listed.filter(({ rows }) => Option.isSome(rows)).map(keyOf))
  const uncounted = Array.from(
    new Set(files.flatMap((file) => file._tag === "Rows" && !counted.has(keyOf(file)) ? [keyOf(file)] : []))
  )
  const checksums = metadata?.checksums ?? []
  return [
    "the backup has no manifest: bytes that were changed and still read as SQL would not be noticed",
    ...(listed.length === 0
      ? ["the metadata lists no tables: a table that is missing would not be noticed"]
      : []),
    ...(uncounted.length === 0
      ? []
      : [
        `nothing says how many rows these should have, so lost files of rows would not be noticed: ${some(uncounted)}`
      ]),
    ...(files.some(({ _tag }) => _tag === "Table" || _tag === "Sequence")
      ? []
      : ["the backup has no definitions: whether its rows fit the tables they are for shows on a server only"]),
    ...withoutFiles(checksums, files),
    "nothing lists the files of triggers, routines and events: one that is missing would not be noticed",
    ...(checksums.length === 0
      ? []
      : [
        `the checksums in the metadata (${checksums.length}) are of what a server holds: a restore compares them ` +
        "(--checksum=fail)"
      ]),
    "mydumper ends the metadata of a dump that was interrupted like that of one that was not: look at how it ended"
  ]
}
