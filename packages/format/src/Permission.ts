/**
 * What the statements of a backup may do, by the kind of file they stand in.
 *
 * A backup is input from outside, and its files are run with the rights of whoever restores it. So a file may only
 * hold what its name says: a data file puts literal values into its table, a definition creates its object, and what
 * a SET statement says is only how the file is to be read. The bodies of views and stored programs are theirs: they
 * are created here, and run by somebody else.
 *
 * | file | statements |
 * |---|---|
 * | all | SET of character sets, collations, sql_mode, time_zone and the checks of a session, to plain values |
 * | `-schema-create` | CREATE DATABASE |
 * | `-schema` | CREATE TABLE with a list of columns, ALTER TABLE … ADD, DROP TABLE or VIEW (which a restore passes over) |
 * | `-schema-sequence` | DROP, CREATE SEQUENCE, SETVAL, INSERT of values |
 * | `-schema-view` | DROP TABLE or VIEW, CREATE VIEW |
 * | `-schema-triggers`, `-schema-post` | DROP and CREATE of stored programs; no function out of a library of the server |
 * | data | INSERT or REPLACE of literal values, or LOAD DATA, which a restore reads and never sends |
 * | `all-users` | CREATE and ALTER of users and roles, GRANT, REVOKE, SET DEFAULT ROLE |
 * | `all-schema-create-tablespace` | CREATE TABLESPACE |
 *
 * An executable comment may not change what a statement is: not every server executes it.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"

import type * as FileName from "./FileName.js"
import * as B from "./internal/bytes.js"
import * as Classify from "./internal/classify.js"
import type * as Lexer from "./internal/lexer.js"
import * as Permission from "./internal/permission.js"
import * as Sql from "./Sql.js"
import type * as Statement from "./Statement.js"

/**
 * A statement that has no place in its file.
 *
 * @since 0.1.0
 * @category errors
 */
export class PermissionError extends Data.TaggedError("PermissionError")<{
  /** What is wrong, as in `it sets sql_log_bin, which is not for a backup to set`. */
  readonly detail: string
}> {
  /** @since 0.1.0 */
  override get message(): string {
    return this.detail
  }
}

type Tag = FileName.FileName["_tag"]

const programs = ["Drop", "CreateProgram"] as const

const kinds: { readonly [T in Tag]?: ReadonlyArray<Statement.Kind["_tag"]> } = {
  Database: ["CreateDatabase"],
  Table: ["CreateTable", "AlterTable", "Drop"],
  Sequence: ["Drop", "CreateSequence", "Other", "Insert"],
  View: ["Drop", "CreateView"],
  Triggers: programs,
  Post: programs,
  Rows: ["Insert", "LoadData"]
}

const ofPrograms = new Set<string>(
  ["TRIGGER", "LIBRARY", "FUNCTION", "PROCEDURE", "PACKAGE", "PACKAGE BODY", "EVENT"] satisfies ReadonlyArray<
    Statement.ProgramKind
  >
)

/** What a kind of file may drop. */
const drops: { readonly [T in Tag]?: ReadonlySet<string> } = {
  Table: new Set(["TABLE", "VIEW"]),
  Sequence: new Set(["TABLE", "VIEW", "SEQUENCE"]),
  View: new Set(["TABLE", "VIEW"]),
  Triggers: ofPrograms,
  Post: ofPrograms
}

const tablespace = /^CREATE\s+TABLESPACE\s/i
const account = /^(?:CREATE\s+(?:USER|ROLE)|ALTER\s+USER|GRANT|REVOKE|SET\s+DEFAULT\s+ROLE)\s/i
const position = /^(?:DO|SELECT)\s+SETVAL\s*\(\s*(?:`(?:[^`]|``)+`|\w+)(?:\s*,\s*-?\d+){1,3}\s*\)\s*$/i

/** Words that would bring in, or change, what is not in the file. */
const queries = new Set(["SELECT", "TABLE"])
const alterations = new Set(["SELECT", "RENAME", "EXCHANGE", "DISCARD", "IMPORT", "DROP"])

/** What a statement does may hang on a few words behind its head; of a long one no more is needed. */
const longest = 4096

const nameOf = (kind: Statement.Kind): string =>
  kind._tag === "Other"
    ? kind.keyword === "" ? "a statement that is not known" : `${kind.keyword.slice(0, 40)}`
    : kind._tag === "Drop"
    ? `DROP ${kind.what}`
    : kind._tag.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toUpperCase()

/**
 * How a statement is read.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reads {
  /** Whether what is in double quotes is a name: ANSI_QUOTES holds. */
  readonly namesInDoubleQuotes: boolean
}

const temporary = new Set(["TEMPORARY"])
const isTemporary = (bytes: Uint8Array, head: number): boolean =>
  Permission.wordOf(bytes.subarray(0, head), 0, temporary) !== undefined
const anyQuotes = [B.SINGLE_QUOTE, B.DOUBLE_QUOTE]
const doubleQuotes = [B.DOUBLE_QUOTE]

/** What is wrong with a statement of a kind that its file may hold. `cursor` stands behind its head. */
const problem = (
  file: Tag,
  bytes: Uint8Array,
  kind: Statement.Kind,
  cursor: Lexer.Cursor,
  reads: Reads
): string | undefined => {
  const head = kind._tag === "Insert" ? Classify.rowsAt(bytes) : cursor.start
  const isOfTable = kind._tag === "CreateTable" || kind._tag === "AlterTable"
  if (
    kind._tag !== "LoadData" && (Permission.isDoubtful(bytes, 0, head, anyQuotes) ||
      (isOfTable && Permission.isDoubtful(bytes, head, bytes.length, doubleQuotes)))
  ) {
    return "a backslash stands in quotes where a name may be, so that not every server reads it alike"
  }
  switch (kind._tag) {
    case "Insert": {
      if (kind.rows === 0) return "it holds an INSERT without rows"
      const odd = Permission.hides(bytes.subarray(0, head), head) ??
        Permission.oddInRows(bytes, head, reads.namesInDoubleQuotes)
      return odd === undefined ? undefined : `it holds more than values: ${odd}`
    }
    case "CreateTable": {
      const hidden = Permission.hides(bytes, head)
      if (hidden !== undefined) return hidden
      if (isTemporary(bytes, head)) return "it creates a table that goes away by itself"
      if (!cursor.punctuation(B.OPEN)) return "it creates a table without a list of columns"
      const other = cursor.word("LIKE") ?? Permission.wordOf(bytes, cursor.start, queries)
      return other === undefined ? undefined : `it makes a table out of another: ${other}`
    }
    case "AlterTable": {
      const hidden = Permission.hides(bytes, head)
      if (hidden !== undefined) return hidden
      const other = cursor.word("ADD") === undefined
        ? "no ADD"
        : Permission.wordOf(bytes, cursor.start, alterations)
      return other === undefined ? undefined : `it changes a table in a way that no backup does: ${other}`
    }
    case "Drop":
      return cursor.kind !== "End"
        ? "it does more than to drop"
        : drops[file]?.has(kind.what) !== true
        ? `${nameOf(kind)} has no place in such a file`
        : Permission.hides(bytes, head)
    case "CreateSequence":
      return isTemporary(bytes, head) ? "it creates a sequence that goes away by itself" : Permission.hides(bytes, head)
    case "LoadData":
    case "CreateDatabase":
      return Permission.hides(bytes, head)
    case "CreateView":
      return Permission.hides(bytes.subarray(0, head), head)
    case "CreateProgram":
      return Permission.hides(bytes.subarray(0, head), head) ??
        (kind.kind === "FUNCTION" && cursor.word("RETURNS") !== undefined
          ? "it makes a function out of a library of the server"
          : undefined)
    case "Other":
      return bytes.length <= longest && position.test(Sql.text(bytes)) ? undefined : `it is ${nameOf(kind)}`
    default:
      return undefined
  }
}

const refused = (detail: string): Either.Either<never, PermissionError> => Either.left(new PermissionError({ detail }))

/**
 * What a statement is, if its file may hold it. Names are not looked at: whose they may be is for the reader to say,
 * who knows what the file is about.
 *
 * @example
 * ```ts
 * import { Permission, Sql } from "@sluice/format"
 *
 * Permission.check("Rows", Sql.bytes("INSERT INTO `t` VALUES(1)")) // right: an INSERT of one row
 * Permission.check("Rows", Sql.bytes("DROP DATABASE `d`")) // left
 * ```
 *
 * @since 0.1.0
 * @category checking
 */
export const check = (
  file: Tag,
  statement: Uint8Array,
  reads: Reads = { namesInDoubleQuotes: false }
): Either.Either<Statement.Kind, PermissionError> => {
  const { cursor, kind } = Classify.read(statement)
  if (file === "Users" || file === "Tablespaces") {
    const start = Sql.text(statement.subarray(0, longest))
    return kind._tag === "Set" && !account.test(start)
      ? checkSet(file, statement, kind)
      : (file === "Users" ? account : tablespace).test(start)
      ? Either.right(kind)
      : refused(`${nameOf(kind)} has no place in such a file`)
  }
  if (kind._tag === "Set") {
    return checkSet(file, statement, kind)
  }
  if (kinds[file]?.includes(kind._tag) !== true) {
    return refused(`${nameOf(kind)} has no place in such a file`)
  }
  const found = problem(file, statement, kind, cursor, reads)
  return found === undefined ? Either.right(kind) : refused(found)
}

const checkSet = (file: Tag, statement: Uint8Array, kind: Extract<Statement.Kind, { readonly _tag: "Set" }>) => {
  const mayReadOtherwise = file === "View" || file === "Triggers" || file === "Post"
  const found = Permission.set(statement, kind.assignments, mayReadOtherwise)
  return found === undefined ? Either.right<Statement.Kind>(kind) : refused(found)
}
