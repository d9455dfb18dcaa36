/**
 * Definitions that did not come.
 *
 * @internal
 */
import * as FileName from "@sluice/format/FileName"

import { BackupError, type RestoreError, TargetError } from "../SluiceError.js"

/** A statement alone does not tell what it belongs to; the name of an object does. */
const inFile = (name: string, error: RestoreError): RestoreError => {
  if (error._tag !== "TargetError" || error.where === undefined || !error.what.startsWith("a statement ")) return error
  const { advice, cause, detail, errno, reason, what, where } = error
  return new TargetError({ reason, what, where: `${name}: ${where}`, detail, advice, errno, cause })
}

/**
 * A server that does not have what a file needs is the backup's fault when the backup should have made it, and did
 * not. Other errors of statements are told with the file that they stand in.
 *
 * @internal
 */
export const orMissing = (kind: FileName.FileName, come: {
  readonly database: (part: string) => boolean
  readonly table: (database: string, table: string) => boolean
}) =>
(error: RestoreError): RestoreError => {
  const { Database, Table } = FileName.FileName
  const is = (reason: TargetError["reason"]) => error._tag === "TargetError" && error.reason === reason
  const missing = "database" in kind && is("UnknownDatabase") && !come.database(kind.database)
    ? Database({ database: kind.database })
    : kind._tag === "Rows" && is("UnknownTable") && !come.table(kind.database, kind.table)
    ? Table({ database: kind.database, table: kind.table })
    : undefined
  return missing === undefined ? inFile(FileName.render(kind), error) : new BackupError({
    reason: "Missing",
    what: "a file of the backup is missing",
    where: FileName.render(missing),
    detail: `it did not come, and the target has no such ${missing._tag.toLowerCase()} either`,
    advice: "Create it on the target first, or take the backup again with its definitions"
  })
}
