/**
 * The platform's errors in our words.
 *
 * @internal
 */
import type { PlatformError } from "@effect/platform/Error"
import * as Match from "effect/Match"

import { BackupError, OutputError } from "../SluiceError.js"

const detail = (error: PlatformError): string =>
  Match.value(error).pipe(
    Match.tag("BadArgument", (error) => error.description ?? "bad argument"),
    Match.tag("SystemError", (error) => {
      const code = error.description ?? error.message
      return /ENOSPC|no space/i.test(code)
        ? "no space is left"
        : error.reason === "NotFound"
        ? "it does not exist"
        : error.reason === "PermissionDenied"
        ? "permission is denied"
        : error.reason === "AlreadyExists"
        ? "it is already there"
        : code
    }),
    Match.exhaustive
  )

/** @internal */
export const toOutputError = (what: string, where: string, advice?: string) => (cause: PlatformError): OutputError =>
  new OutputError({ reason: "File", what, where, detail: detail(cause), advice, cause })

/** @internal */
export const toBackupError = (what: string, where: string, advice?: string) => (cause: PlatformError): BackupError =>
  new BackupError({
    reason: cause._tag === "SystemError" && cause.reason === "NotFound" ? "Missing" : "Unreadable",
    what,
    where,
    detail: detail(cause),
    advice,
    cause
  })
