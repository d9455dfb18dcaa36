/**
 * Scripts for the client programs `mysql` and `mariadb`, as `mysqldump` and `mariadb-dump` write them.
 *
 * Unlike a file of a backup, a script may change what ends a statement (`DELIMITER`), says at its end in a comment
 * that it is whole, and sets by itself how its text is to be read.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"

import * as Machine from "./internal/clientSplitter.js"
import { largestPacket, StatementError } from "./Statement.js"

/**
 * What stands in a script.
 *
 * @since 0.1.0
 * @category models
 */
export type Part = Data.TaggedEnum<{
  /** A statement, without what ends it and without blanks and comments before it. Its bytes are lent. */
  readonly Statement: {
    readonly bytes: Uint8Array
    /**
     * The same bytes for `Statement.classify`: under a character set whose letters hold bytes of ASCII, or without
     * backslash escapes, those that would mislead it are masked.
     */
    readonly plain: Uint8Array
    /** 1 for the first statement. */
    readonly position: number
    /** How many bytes of the script stand before it. */
    readonly offset: number
  }
  /** A comment on a line of its own between statements: what follows `-- ` or `#`. */
  readonly Remark: { readonly text: string }
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const Part = Data.taggedEnum<Part>()

/**
 * Cuts a script into its parts, as the client programs do: by the delimiter of the moment, outside of quotes and
 * comments. The script's own `SET sql_mode` and `SET NAMES` are followed. Of the client's commands only DELIMITER is
 * known; others are left to the server, which refuses them. A last statement that nothing ends is an error: the
 * script was cut.
 *
 * The bytes that come in may be lent, and those of statements are lent: good until the next part is asked for.
 *
 * @example
 * ```ts
 * import { ClientScript, Sql } from "@sluice/format"
 * import { Stream } from "effect"
 *
 * Stream.make(Sql.bytes("DELIMITER ;;\nCREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN END;;\n")).pipe(
 *   ClientScript.parts()
 * ) // one statement
 * ```
 *
 * @since 0.1.0
 * @category splitting
 */
export const parts =
  (options?: { readonly maximumStatementBytes?: number | undefined }) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Part, E | StatementError, R> =>
    Stream.suspend(() => {
      const maximumStatementBytes = options?.maximumStatementBytes ?? largestPacket
      const machine = new Machine.ClientSplitter(maximumStatementBytes)
      const run = (step: (out: Array<Part>) => Machine.Failure | undefined) => {
        const out: Array<Part> = []
        const failure = step(out)
        return failure === undefined
          ? Either.right(Chunk.unsafeFromArray(out))
          : Either.left(new StatementError({ ...failure, maximumStatementBytes }))
      }
      return bytes.pipe(
        Stream.mapConcatChunkEffect((some) => run((out) => machine.push(some, out))),
        Stream.concat(
          Stream.suspend(() => Stream.unwrap(Either.map(run((out) => machine.finish(out)), Stream.fromChunk)))
        )
      )
    })
