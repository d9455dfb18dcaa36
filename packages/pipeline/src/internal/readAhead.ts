/**
 * What the definitions in another tool's folder ask of a server, read before the first of them is run: that tool writes
 * no inventory.
 *
 * @internal
 */
import * as FileName from "@sluice/format/FileName"
import type * as Metadata from "@sluice/format/Metadata"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"

import { Compression } from "../Compression.js"
import { Staging } from "../Staging.js"

/** No table that a server takes has a definition that is longer; and what says more is not what we look for. */
const most = 1024 * 1024

/** Names, texts and comments, of which those that servers execute may be meant for another server. */
const noWords = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|\/\*[^]*?\*\/|--\s[^\n]*|#[^\n]*/g

/**
 * The engine and the collations that the definition of a table names, as an inventory would.
 *
 * @internal
 */
export const features = (definition: string): ReadonlyArray<string> => {
  const words = definition.replace(noWords, " ")
  return !/\bCREATE\s+TABLE\b/i.test(words) ? [] : Array.from(
    new Set(
      Array.from(
        words.matchAll(/\b(ENGINE|COLLATE)\s*=?\s*(\w+)/gi),
        ([, word = "", name = ""]) => `${word.toUpperCase()} ${name}`
      )
    )
  )
}

const keyOf = (table: { readonly database: string; readonly table: string }): string =>
  `${table.database}.${table.table}`

/**
 * The same for all tables of a folder that its metadata lists, by the parts of their names in file names, with a dot
 * between them. Of a stream there is nothing yet. What cannot be read is told when its turn comes.
 *
 * @internal
 */
export const read = ({ tables }: Metadata.Metadata): Effect.Effect<
  ReadonlyMap<string, ReadonlyArray<string>>,
  never,
  Staging
> =>
  Effect.gen(function*() {
    const staging = yield* Staging
    const { decode } = yield* Compression
    const wanted = new Set(tables.filter(({ isSequence, isView }) => !isSequence && !isView).map(keyOf))
    if (wanted.size === 0) {
      return new Map<string, ReadonlyArray<string>>()
    }
    const names = yield* Effect.orElseSucceed(staging.list, (): ReadonlyArray<string> => [])
    const found = yield* Effect.forEach(names, (name) =>
      Either.match(FileName.parse(name), {
        onLeft: () => Effect.succeed([]),
        onRight: ({ compression, file }) => {
          if (file._tag !== "Table" || !wanted.has(keyOf(file))) {
            return Effect.succeed([])
          }
          let seen = 0
          const text = decode(name, compression)(staging.read(name)).pipe(
            Stream.takeUntil((part) => (seen += part.length) > most),
            // what is read is lent
            Stream.map((part) => Buffer.from(part).toString("latin1")),
            Stream.runCollect,
            Effect.map((parts) => Chunk.join(parts, "")),
            Effect.orElseSucceed(() => "")
          )
          return Effect.map(text, (text) => [[keyOf(file), features(text)] as const])
        }
      }), { concurrency: 8 })
    return new Map(found.flat())
  })
