/**
 * What both stagings have in common.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

import * as Checksum from "../Checksum.js"
import type { OutputError } from "../SluiceError.js"
import type { FileWriter, SmallFile, StagedFile } from "../Staging.js"

/** Where the bytes of one file go. */
export interface Store {
  readonly write: (bytes: Uint8Array) => Effect.Effect<void, OutputError>
  readonly close: Effect.Effect<void, OutputError>
}

/** @internal */
export type Open = (name: string, reserve: number) => Effect.Effect<Store, OutputError, Scope.Scope>

/**
 * Counts and sums up what passes.
 *
 * @internal
 */
export const create =
  (open: Open) => (name: string, reserve: number): Effect.Effect<FileWriter, OutputError, Scope.Scope> =>
    Effect.map(open(name, reserve), (store) => {
      const checksum = Checksum.make()
      let bytes = 0
      let rows = 0
      return {
        write: (part, rowsOfPart = 0) =>
          Effect.suspend(() => {
            checksum.update(part)
            bytes += part.length
            rows += rowsOfPart
            return store.write(part)
          }),
        close: Effect.map(store.close, (): StagedFile => ({ name, bytes, rows, checksum: checksum.value() }))
      }
    })

/** What is known of a small file once it is kept. @internal */
export const staged = ({ content, name, rows = 0 }: SmallFile): StagedFile => ({
  name,
  bytes: content.length,
  rows,
  checksum: Checksum.of(content)
})
