/**
 * What the definitions of a backup make.
 *
 * @internal
 */
import type * as FileName from "@sluice/format/FileName"
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"

import { BackupError } from "../SluiceError.js"

/** What a file must make, or it does not do what its name says. Other files may make nothing, or anything. */
const makes: { readonly [Tag in FileName.FileName["_tag"]]?: ReadonlyArray<Statement.Kind["_tag"]> } = {
  Database: ["CreateDatabase"],
  // MariaDB's sequences may come as tables
  Table: ["CreateTable", "CreateSequence"],
  Sequence: ["CreateSequence", "CreateTable"],
  View: ["CreateView"]
}

/** How the statements of a file end: the body of a program may hold what looks like an end. */
export const terminatorOf = (kind: FileName.FileName): Statement.Terminator => {
  switch (kind._tag) {
    case "Database":
    case "View":
    case "Triggers":
    case "Post":
      return "guarded"
    default:
      return "lexed"
  }
}

const ofServer = /^CREATE\s+(?:TABLESPACE|USER|ROLE)\s/i

const keyOf = (table: { readonly database: string; readonly table: string }): string =>
  `${table.database}.${table.table}`

/** @internal */
export const make = () => {
  const databases = new Set<string>()
  const tables = new Set<string>()
  /** Views begin as tables that hold their places, and may come before or after those. */
  const views = new Set<string>()
  let objects = 0

  const take = (file: FileName.FileName, statement: Uint8Array): Statement.Kind["_tag"] => {
    const kind = Statement.classify(statement)
    switch (kind._tag) {
      case "CreateDatabase":
        if (file._tag === "Database") {
          databases.add(file.database)
        }
        break
      case "CreateTable":
        if (file._tag === "Table") {
          tables.add(keyOf(file))
        }
        break
      case "CreateView":
        if (file._tag === "View") {
          views.add(keyOf(file))
        }
        objects += 1
        break
      case "CreateSequence":
      case "CreateProgram":
        objects += 1
        break
      case "Other":
        objects += ofServer.test(Sql.text(statement.subarray(0, 100))) ? 1 : 0
        break
      default:
    }
    return kind._tag
  }

  return {
    /** Takes a statement of a file in, and says what it is. */
    take,
    /** Why a file does not do what its name says, if it does not. `made` is what its statements are. */
    fault: (name: string, file: FileName.FileName, made: ReadonlySet<string>): BackupError | undefined => {
      const wanted = makes[file._tag]
      return wanted === undefined || wanted.some((tag) => made.has(tag)) ? undefined : new BackupError({
        reason: "Damaged",
        what: "the backup is damaged",
        where: name,
        detail: `it defines no ${file._tag.toLowerCase()}`,
        advice: "The backup is damaged: take it again"
      })
    },
    counts: () => ({
      databases: databases.size,
      tables: Array.from(tables).filter((key) => !views.has(key)).length,
      objects
    })
  }
}
