/**
 * The checksums of another tool's metadata, held against what the target has now.
 *
 * @internal
 */
import type * as Metadata from "@sluice/format/Metadata"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import type { TargetError } from "../SluiceError.js"
import * as Target from "../Target.js"

/** @internal */
export interface Wanted {
  /** The name on the target of a database, by its name in the backup, if all of it was restored. */
  readonly database: (name: string) => string | undefined
  /** The names on the target of a table or view, by its parts in file names, if it was created. */
  readonly table: (
    database: string,
    table: string
  ) => { readonly database: string; readonly table: string; readonly isView: boolean } | undefined
  readonly rows: boolean
  readonly triggers: boolean
  readonly programs: boolean
}

const words: { readonly [Tag in Target.Summed["_tag"]]: string } = {
  Database: "the character set",
  Routines: "the functions and procedures",
  Events: "the events",
  Triggers: "the triggers",
  TableTriggers: "the triggers",
  Columns: "the columns",
  Indexes: "the indexes",
  View: "the view",
  Rows: "the rows"
}

const { Columns, Database, Events, Indexes, Routines, Rows, TableTriggers, Triggers, View } = Target.Summed

const ofTable = (sum: Metadata.StoredChecksum, table: string, wanted: Wanted): Target.Summed | undefined => {
  const found = wanted.table(sum.database, table)
  if (found === undefined) {
    return undefined
  }
  switch (sum.of) {
    case "schema":
      return found.isView ? View(found) : Columns(found)
    case "indexes":
      return Indexes(found)
    case "data":
      return wanted.rows && !found.isView ? Rows(found) : undefined
    case "triggers":
      return wanted.triggers ? TableTriggers(found) : undefined
    default:
      return undefined
  }
}

const ofDatabase = (sum: Metadata.StoredChecksum, wanted: Wanted): Target.Summed | undefined => {
  const database = wanted.database(sum.database)
  if (database === undefined) {
    return undefined
  }
  switch (sum.of) {
    case "schema":
      return Database({ database })
    case "post":
      return wanted.programs ? Routines({ database }) : undefined
    case "events":
      return wanted.programs ? Events({ database }) : undefined
    case "triggers":
      return wanted.triggers ? Triggers({ database }) : undefined
    default:
      return undefined
  }
}

const digits = (value: string): string => value.toLowerCase().replace(/^0+(?=.)/, "")

/** What differs, and what could not be asked, each in words. */
export const compare = (
  session: Target.Session,
  sums: ReadonlyArray<Metadata.StoredChecksum>,
  wanted: Wanted
): Effect.Effect<{
  readonly compared: number
  readonly differences: ReadonlyArray<string>
  readonly unknown: ReadonlyArray<string>
}, TargetError> =>
  Effect.gen(function*() {
    const differences: Array<string> = []
    const unknown: Array<string> = []
    let compared = 0
    for (const sum of sums) {
      const summed = Option.match(sum.table, {
        onNone: () => ofDatabase(sum, wanted),
        onSome: (table) => ofTable(sum, table, wanted)
      })
      if (summed === undefined) {
        continue
      }
      const what = `${words[summed._tag]} of ${summed.database}${"table" in summed ? `.${summed.table}` : ""}`
      // names with quotes are looked up with the quotes doubled there, and found nowhere
      if ("table" in summed && /[`"]/.test(summed.table) && digits(sum.value) === "0") {
        unknown.push(what)
        continue
      }
      const found = yield* Effect.either(session.checksum(summed))
      if (Either.isLeft(found)) {
        if (found.left.reason === "ConnectionLost") {
          return yield* found.left
        }
        unknown.push(what)
      } else if (Option.isNone(found.right)) {
        unknown.push(what)
      } else {
        compared += 1
        if (digits(found.right.value) !== digits(sum.value)) {
          differences.push(what)
        }
      }
    }
    return { compared, differences, unknown }
  })
