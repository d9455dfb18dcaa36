/**
 * Staging that compresses what it takes in.
 *
 * @internal
 */
import * as FileName from "@sluice/format/FileName"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"

import type { OutputError } from "../SluiceError.js"
import type { FileWriter, SmallFile, Staging } from "../Staging.js"
import type * as Encoding from "./encoding.js"

type Service = Staging["Type"]

const extensions = { gzip: ".gz", zstd: ".zst" } as const

const writer = (encoder: Encoding.Encoder, file: FileWriter): FileWriter => {
  // rows that were taken in, and went out with no bytes yet
  let waiting = 0
  const write = (pieces: ReadonlyArray<Uint8Array>) =>
    Effect.forEach(pieces, (piece) => {
      const rows = waiting
      waiting = 0
      return file.write(piece, rows)
    }, { discard: true })
  return {
    write: (bytes, rows = 0) =>
      Effect.flatMap(encoder.push(bytes), (pieces) => {
        waiting += rows
        return write(pieces)
      }),
    close: Effect.zipRight(Effect.flatMap(encoder.end, write), file.close)
  }
}

/**
 * A file that may be compressed gets an extension more, the name it has from then on. Those that say what a backup holds
 * may not.
 *
 * @internal
 */
export const make = (
  staging: Service,
  compression: Exclude<FileName.Compression, "none">,
  encoder: Encoding.Make
): Service => {
  const stored = (name: string) => `${name}${extensions[compression]}`
  const takes = (name: string) =>
    Either.match(FileName.parse(stored(name)), {
      onLeft: () => false,
      onRight: (parsed) => parsed.compression === compression
    })
  const smaller = (file: SmallFile): Effect.Effect<SmallFile, OutputError> =>
    takes(file.name)
      ? Effect.scoped(Effect.flatMap(encoder, ({ end, push }) => Effect.zip(push(file.content), end))).pipe(
        Effect.map(([first, rest]) => ({
          name: stored(file.name),
          content: Buffer.concat([...first, ...rest]),
          rows: file.rows
        }))
      )
      : Effect.succeed(file)
  return {
    ...staging,
    create: (name, reserve) =>
      takes(name)
        ? Effect.zipWith(encoder, staging.create(stored(name), reserve), writer)
        : staging.create(name, reserve),
    put: (name, content) =>
      Effect.flatMap(smaller({ name, content }), ({ content, name }) => staging.put(name, content)),
    putAll: (files) => Effect.flatMap(Effect.forEach(files, smaller), staging.putAll)
  }
}
