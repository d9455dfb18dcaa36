/**
 * SQL text cut into statements, and what a statement is.
 *
 * Everything here works on bytes and reads them as a server does that has backslash escapes switched on and
 * ANSI_QUOTES off. The text is UTF-8, binary, or any character set in which the bytes below 0x80 are ASCII wherever
 * they stand (so not GBK, Big5 or Shift-JIS).
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"

import * as Classify from "./internal/classify.js"
import * as Defaults from "./internal/defaults.js"
import * as Insert from "./internal/insert.js"
import * as Lexer from "./internal/lexer.js"
import * as Machine from "./internal/splitter.js"
import type * as Sql from "./Sql.js"

/**
 * One statement of a file, without the `;` that ends it, and without the blanks and comments before it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Statement {
  /** A view on the bytes that were pushed when they held all of the statement, else a copy. */
  readonly bytes: Uint8Array
  /** 1 for the first statement of the file. */
  readonly position: number
  /** How many bytes of the file stand before the statement. */
  readonly offset: number
}

/**
 * What ends a statement.
 *
 * - `"lexed"`: every `;` outside of literals, quoted names and comments. For data and for definitions of tables.
 * - `"line"`: such a `;` only when it is the last byte of its line, or of the file. The body of a stored program may
 *   then hold `;` that do not end a line.
 * - `"guarded"`: every `;` that is the last byte of its line, or of the file, whatever surrounds it. For files with
 *   stored programs whose writer put a blank behind each inner `;` that ended a line, as mydumper does and
 *   `SchemaFile.guard`. The body of a program that was made under another sql_mode (NO_BACKSLASH_ESCAPES,
 *   ANSI_QUOTES) cannot mislead it. Comments before a statement are still passed over.
 *
 * DELIMITER, a command of the `mysql` program that no such file holds, is not understood.
 *
 * @since 0.1.0
 * @category models
 */
export type Terminator = "lexed" | "line" | "guarded"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** `"lexed"` when not given. */
  readonly terminator?: Terminator | undefined
  /** The longest statement to hold in memory, in bytes. When not given 1 GiB, the most that a server takes. */
  readonly maximumStatementBytes?: number | undefined
  /**
   * Whether all statements are lent: good until the next push, and their memory is used again. When not given, those
   * that span pushes stay as they are.
   */
  readonly lend?: boolean | undefined
}

/**
 * The longest statement that any server takes, in bytes: the upper limit of `max_allowed_packet`.
 *
 * @since 0.1.0
 * @category limits
 */
export const largestPacket = 1024 * 1024 * 1024

/**
 * Text that is not a sequence of whole statements.
 *
 * - `Unterminated`: the text ends inside a statement, a literal or a comment. It was cut, or it is damaged.
 * - `TooLong`: a statement is longer than `maximumStatementBytes`.
 *
 * @since 0.1.0
 * @category errors
 */
export class StatementError extends Data.TaggedError("StatementError")<{
  readonly reason: "TooLong" | "Unterminated"
  /** Where the text ends or the limit was passed. */
  readonly inside: "statement" | "literal" | "comment"
  /** The number of the statement, from 1. */
  readonly position: number
  /** Where the statement begins, in bytes from the start of the text. */
  readonly offset: number
  /** The longest statement allowed, in bytes. */
  readonly maximumStatementBytes: number
}> {
  /** @since 0.1.0 */
  override get message(): string {
    const where = `statement ${this.position}, which begins at byte ${this.offset},`
    return this.reason === "Unterminated"
      ? `the SQL text ends inside ${this.inside === "statement" ? "" : `a ${this.inside} of `}${where} ` +
        "so the file is cut or damaged: take another copy of it"
      : `${where} is longer than ${this.maximumStatementBytes} bytes: ` +
        "raise the limit if memory allows, or dump again with a smaller statement size"
  }
}

/**
 * Cuts text into statements as it arrives. It is used once, for one text.
 *
 * @since 0.1.0
 * @category models
 */
export interface Splitter {
  /**
   * Takes more of the text, and gives the statements that are now complete. A statement that lies wholly in `bytes`
   * is a view on them: send or copy it before the memory is used again. A failure comes alone, after the statements
   * before it were given, and stays.
   */
  readonly push: (bytes: Uint8Array) => Either.Either<ReadonlyArray<Statement>, StatementError>
  /**
   * Says that the text has ended. Fails when it ended inside a statement; blanks and comments at the end are fine.
   * A statement comes out when its `;` was the last byte and only the end of the text made it the end of a line.
   */
  readonly finish: () => Either.Either<ReadonlyArray<Statement>, StatementError>
}

/**
 * Makes a splitter. The statements that come out do not depend on how the text is cut into pushes. A `;` without a
 * statement before it is passed over.
 *
 * @example
 * ```ts
 * import { Sql, Statement } from "@sluice/format"
 * import { Either } from "effect"
 *
 * const splitter = Statement.splitter()
 * splitter.push(Sql.bytes("SELECT ';'; SEL")) // right: one statement
 * splitter.push(Sql.bytes("ECT 2;\n")) // right: one statement, `SELECT 2`, at position 2 and offset 12
 * Either.isRight(splitter.finish()) // true
 * ```
 *
 * @since 0.1.0
 * @category splitting
 */
export const splitter = (options?: Options): Splitter => {
  const maximumStatementBytes = options?.maximumStatementBytes ?? largestPacket
  const machine = new Machine.Splitter(options?.terminator ?? "lexed", maximumStatementBytes, options?.lend ?? false)
  const run = (
    step: (out: Array<Statement>) => Machine.Failure | undefined
  ): Either.Either<ReadonlyArray<Statement>, StatementError> => {
    const out: Array<Statement> = []
    const failure = step(out)
    return failure === undefined
      ? Either.right(out)
      : Either.left(new StatementError({ ...failure, maximumStatementBytes }))
  }
  return {
    push: (bytes) => run((out) => machine.push(bytes, out)),
    finish: () => run((out) => machine.finish(out))
  }
}

/**
 * Cuts a whole text into statements.
 *
 * @since 0.1.0
 * @category splitting
 */
export const split = (
  bytes: Uint8Array,
  options?: Options
): Either.Either<ReadonlyArray<Statement>, StatementError> => {
  const parts = splitter(options)
  return Either.flatMap(
    parts.push(bytes),
    (statements) => Either.map(parts.finish(), (last) => [...statements, ...last])
  )
}

/**
 * Cuts a stream of bytes into statements. Each element of the stream must stay as it is until its statements are
 * done with.
 *
 * @since 0.1.0
 * @category splitting
 */
export const splitStream =
  (options?: Options) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Statement, E | StatementError, R> =>
    Stream.suspend(() => {
      const parts = splitter(options)
      return bytes.pipe(
        Stream.mapConcatChunkEffect((part) => Either.map(parts.push(part), Chunk.fromIterable)),
        Stream.concat(Stream.suspend(() => Stream.fromIterableEffect(parts.finish())))
      )
    })

/**
 * The stored programs.
 *
 * @since 0.1.0
 * @category models
 */
export type ProgramKind = "TRIGGER" | "LIBRARY" | "FUNCTION" | "PROCEDURE" | "PACKAGE" | "PACKAGE BODY" | "EVENT"

/**
 * One variable that a SET statement sets.
 *
 * @since 0.1.0
 * @category models
 */
export interface Assignment {
  /** `Global` stands for PERSIST and PERSIST_ONLY too. */
  readonly scope: "Session" | "Global" | "User"
  /**
   * The name in lower case, without `@`: `sql_mode`. For the forms of SET that have words in place of a variable
   * `names`, `character set`, `charset` or `transaction`.
   */
  readonly variable: string
  /** As it is written, with its quotes. */
  readonly value: string
}

/**
 * What a statement is, with the names that it is about.
 *
 * @since 0.1.0
 * @category models
 */
export type Kind = Data.TaggedEnum<{
  /** INSERT or REPLACE. `rows` counts what stands behind VALUES, and is 0 for other forms (SELECT, SET). */
  readonly Insert: {
    readonly verb: "INSERT" | "INSERT IGNORE" | "REPLACE"
    readonly table: Sql.Name
    readonly columns?: ReadonlyArray<string>
    readonly rows: number
  }
  /** LOAD DATA. `local` says that the client is asked for the file. */
  readonly LoadData: { readonly table: Sql.Name; readonly file: string; readonly local: boolean }
  readonly CreateDatabase: { readonly name: string }
  readonly CreateTable: { readonly table: Sql.Name; readonly ifNotExists: boolean }
  readonly CreateView: { readonly view: Sql.Name }
  readonly CreateSequence: { readonly sequence: Sql.Name }
  /** `table` is the table of a trigger. */
  readonly CreateProgram: { readonly kind: ProgramKind; readonly name: Sql.Name; readonly table?: Sql.Name }
  readonly AlterTable: { readonly table: Sql.Name }
  readonly Drop: {
    readonly what: "DATABASE" | "TABLE" | "VIEW" | "SEQUENCE" | ProgramKind
    readonly names: ReadonlyArray<Sql.Name>
  }
  readonly Set: { readonly assignments: ReadonlyArray<Assignment> }
  readonly Use: { readonly database: string }
  /** Anything else, with its first word in upper case. */
  readonly Other: { readonly keyword: string }
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const Kind: Data.TaggedEnum.Constructor<Kind> = Classify.Kind

/**
 * What a statement is, from its leading tokens. Comments are passed over; what stands in an executable comment
 * (one that opens with `!`) counts. A statement that is broken or not known is `Other`: the server will say what it thinks.
 *
 * @example
 * ```ts
 * import { Sql, Statement } from "@sluice/format"
 *
 * Statement.classify(Sql.bytes("INSERT INTO `a``b` VALUES(1),(2)"))
 * // { _tag: "Insert", verb: "INSERT", table: { name: "a`b" }, rows: 2 }
 * ```
 *
 * @since 0.1.0
 * @category classifying
 */
export const classify: (statement: Uint8Array) => Kind = Classify.classify

/**
 * The definition of a view or a stored program with the name of its database taken off its own name, and off the name of
 * a trigger's table, where `isLeft` says so of the database: MariaDB prints a trigger as it was typed. What its body
 * names stays.
 *
 * @example
 * ```ts
 * import { Sql, Statement } from "@sluice/format"
 *
 * const trigger = Sql.bytes("CREATE TRIGGER old.g BEFORE INSERT ON old.t FOR EACH ROW SET @a = 1")
 * Statement.unqualified(trigger, (database) => database === "old")
 * // CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1
 * ```
 *
 * @since 0.1.0
 * @category editing
 */
export const unqualified: (definition: Uint8Array, isLeft: (database: string) => boolean) => Uint8Array =
  Classify.unqualified

/**
 * An INSERT or REPLACE with DEFAULT in place of the values of some columns: for those that a server computes, which
 * takes no value for them. `columns` picks them by their place among the values, from 0.
 *
 * `plain` are the same bytes with whatever would mislead masked, as `ClientScript` gives them; the statement itself
 * when not given.
 *
 * @example
 * ```ts
 * import { Sql, Statement } from "@sluice/format"
 *
 * Statement.withDefaults(Sql.bytes("INSERT INTO t VALUES (1,'a, b'),(2,NULL)"), (column) => column === 1)
 * // INSERT INTO t VALUES (1,DEFAULT),(2,DEFAULT)
 * ```
 *
 * @since 0.1.0
 * @category editing
 */
export const withDefaults = (
  statement: Uint8Array,
  columns: (column: number) => boolean,
  plain: Uint8Array = statement
): Uint8Array => {
  const head = Insert.head(new Lexer.Cursor(plain))
  return head?.rowsAt === undefined ? statement : Defaults.put(statement, plain, head.rowsAt, columns)
}

/**
 * How many rows an INSERT or REPLACE statement holds behind VALUES: what a server that takes them all reports as
 * affected by an INSERT. Tails like ON DUPLICATE KEY UPDATE and RETURNING do not count. 0 for any other statement.
 *
 * @since 0.1.0
 * @category classifying
 */
export const countRows: (statement: Uint8Array) => number = Classify.countRows
