/**
 * Whether a script is whole, by its own word: the comments that mysqldump and mariadb-dump write first and last.
 *
 * @internal
 */
import * as Effect from "effect/Effect"

import { BackupError } from "../SluiceError.js"

const begins = /^(?:MySQL|MariaDB) dump \d/
const ends = /^Dump completed\b/
/** The header of a file in a stream. */
const frame = /^\S+ \d+$/

const advice = "The dump was cut or did not finish: look at what it said, and take it again"

const cut = (detail: string) => new BackupError({ reason: "Cut", what: "the script is not complete", detail, advice })

/** @internal */
export const make = () => {
  let statements = 0
  /** Dumps may stand behind one another. */
  let dumps = 0
  let open = false
  return {
    remark: (text: string): Effect.Effect<void, BackupError> => {
      if (statements === 0 && dumps === 0 && frame.test(text) && text.startsWith("metadata")) {
        return new BackupError({
          reason: "WrongMode",
          what: "the input is no script",
          where: text,
          detail: "it is a stream of files",
          advice: "Leave out --mysqldump, and restore it with --stream"
        })
      }
      if (begins.test(text)) {
        if (open) return cut("another dump begins before the end of the one before")
        open = true
        dumps += 1
      }
      if (ends.test(text)) open = false
      return Effect.void
    },
    statement: (position: number): Effect.Effect<void, BackupError> => {
      statements = position
      return !open && dumps > 0 ? cut("a statement comes behind its last line") : Effect.void
    },
    /** Whether it says that it is whole; fails when it says that it is not. */
    isWhole: (bytes: number): Effect.Effect<boolean, BackupError> =>
      statements === 0 && dumps === 0
        ? new BackupError({
          reason: "NotABackup",
          what: "the input is no script",
          detail: bytes === 0 ? "it is empty" : "it holds no statement",
          advice: "Look at what the dump said"
        })
        : open
        ? cut("the input ended and its last line, \"Dump completed\", did not come")
        : Effect.succeed(dumps > 0)
  }
}
