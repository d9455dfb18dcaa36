/**
 * Texts of stored programs that are in two character sets at once.
 *
 * The text of a program is in its creator's character set. But servers put its name and its comment in as they keep
 * them: in UTF-8, whatever the rest is in (seen on MySQL 9.7 for routines and events, on MariaDB 10.11 for events and
 * comments). Replayed like that, a name would come back as another one. So these parts are converted to the character
 * set of the rest.
 *
 * Servers also print a comment with backslashes escaped when the program's own sql_mode knows no such escapes, and then
 * reads it otherwise than it was. Such a comment is written anew.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** @internal */
export class NotInCharacterSet extends Data.TaggedError("NotInCharacterSet")<{ readonly detail: string }> {}

/** Character sets in which the UTF-8 of a name means that name. */
const unicode = new Set(["utf8mb4", "utf8mb3", "utf8", "binary"])

const notAscii = /[\u0080-\uffff]/

interface Part {
  readonly start: number
  readonly end: number
  /** What to put there, in UTF-8, instead of what is there. */
  readonly instead?: Uint8Array
}

const escapedByServers = /[\\\0\n\r\u001a]/

/** The name in the quotes that the server printed it in. */
const nameIn = (text: string, name: string): Part | undefined => {
  for (const quote of ["`", "\""]) {
    const quoted = quote + Buffer.from(name.replaceAll(quote, quote + quote)).toString("latin1") + quote
    const start = text.indexOf(quoted)
    if (start !== -1) return { start: start + 1, end: start + quoted.length - 1 }
  }
  return undefined
}

const comment = /(?:\n {4}| )COMMENT '((?:[^'\\]|\\[^]|'')*)'/d

/** The inside of the comment's literal: the first after the name. Its escapes are ASCII and are left alone. */
const commentIn = (text: string, after: number): Part | undefined => {
  const indices = comment.exec(text.slice(after))?.indices?.[1]
  return indices === undefined ? undefined : { start: after + indices[0], end: after + indices[1] }
}

const isUtf8 = (bytes: Uint8Array): boolean => Buffer.from(Sql.text(bytes)).equals(bytes)

/**
 * The text of a program, all of it in the character set that it is replayed in.
 *
 * @internal
 */
export const inOneCharacterSet = <E>(
  create: Uint8Array,
  { comment, name }: { readonly name: string; readonly comment: string },
  { characterSet, sqlMode }: { readonly characterSet: string; readonly sqlMode: string },
  convert: (utf8: Uint8Array) => Effect.Effect<Option.Option<Uint8Array>, E>
): Effect.Effect<Uint8Array, E | NotInCharacterSet> =>
  Effect.gen(function*() {
    const isUnicode = unicode.has(characterSet)
    const isMisprinted = /\bNO_BACKSLASH_ESCAPES\b/.test(sqlMode) && escapedByServers.test(comment)
    if (isUnicode && !isMisprinted) return create
    const text = Buffer.from(create).toString("latin1")
    const named = nameIn(text, name)
    const commented = isMisprinted || notAscii.test(comment) ? commentIn(text, named?.end ?? 0) : undefined
    const parts: ReadonlyArray<Part> = [
      ...(named === undefined || isUnicode ? [] : [named]),
      ...(commented === undefined
        ? []
        : isMisprinted
        ? [{ ...commented, instead: Sql.bytes(comment.replaceAll("'", "''")) }]
        : [commented])
    ].filter(({ end, start, ...part }: Part) =>
      part.instead !== undefined || (notAscii.test(text.slice(start, end)) && isUtf8(create.subarray(start, end)))
    )
    const out: Array<Uint8Array> = []
    let from = 0
    for (const { end, instead, start } of parts) {
      const utf8 = instead ?? create.slice(start, end)
      const converted = isUnicode ? Option.some(utf8) : yield* convert(utf8)
      if (Option.isNone(converted)) {
        return yield* new NotInCharacterSet({
          detail:
            `its name or its comment cannot be written in ${characterSet}, the character set that it was created in`
        })
      }
      out.push(create.subarray(from, start), converted.value)
      from = end
    }
    return Sql.bytes(...out, create.subarray(from))
  })
