/**
 * Statements that no dump writes into their file: refused, or taken by leave of the user and told at the end.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Either from "effect/Either"

import { BackupError } from "../SluiceError.js"
import type * as Trust from "../Trust.js"

/** What a person can do about it. */
const advice =
  "No dump writes this into such a file, so somebody else did: do not trust the backup. If you know why it " +
  "is there, --allow-unknown-statements lets it pass"

/** How much of a statement is shown, in bytes. */
const shown = 80

/** How many are told one by one. */
const told = 20

/** The beginning of a statement, as far as it holds no values: those are nobody else's business. */
const beginning = (statement: Uint8Array): string => {
  const start = Sql.text(statement.subarray(0, shown)).replace(/\s+/g, " ").replace(/\uFFFD+$/, "").trim()
  const names = /^[^'"(=]*?(?=['"(=]|\bIDENTIFIED\b|$)/i.exec(start)?.[0].trim() ?? ""
  return names.length < start.length || statement.length > shown ? `${names} …` : names
}

/** @internal */
export interface Permitting {
  /** What becomes of a statement. `where` says where it stands, and `detail` what is wrong with it. */
  readonly judge: (where: string, detail: string, statement: Uint8Array) => Either.Either<void, BackupError>
  /** How many were taken. */
  readonly count: () => number
  /** What was taken, for people. */
  readonly remarks: () => ReadonlyArray<string>
}

/** @internal */
export const make = ({ unknownStatements }: Trust.Limits): Permitting => {
  const taken: Array<string> = []
  let count = 0
  return {
    judge: (where, detail, statement) => {
      const says = `${detail}: ${beginning(statement)}`
      if (unknownStatements === "Refuse") {
        return Either.left(
          new BackupError({
            reason: "Unexpected",
            what: "a statement of the backup is refused",
            where,
            detail: says,
            advice
          })
        )
      }
      count += 1
      if (taken.length < told) {
        taken.push(`a statement was taken that no dump writes there (${where}): ${says}`)
      }
      return Either.void
    },
    count: () => count,
    remarks: () =>
      count === taken.length ? taken : [...taken, `${count - taken.length} more such statements were taken`]
  }
}
