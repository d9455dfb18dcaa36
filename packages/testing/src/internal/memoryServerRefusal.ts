/**
 * Why a memory server does not do what it is asked, with the error numbers of real ones.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type * as Statement from "@sluice/format/Statement"
import type { ServerReason } from "@sluice/pipeline/SluiceError"
import { SourceError, TargetError } from "@sluice/pipeline/SluiceError"
import * as Either from "effect/Either"

/** @internal */
export interface Refusal {
  readonly errno: number
  readonly detail: string
}

/** @internal */
export const refusal = (errno: number, detail: string): Refusal => ({ errno, detail })

/** @internal */
export const refuse = (errno: number, detail: string): Either.Either<never, Refusal> =>
  Either.left(refusal(errno, detail))

/** @internal */
export const reasons: ReadonlyMap<number, ServerReason> = new Map([
  [1007, "AlreadyExists"],
  [1040, "Connect"],
  [1045, "AccessDenied"],
  [1046, "UnknownDatabase"],
  [1049, "UnknownDatabase"],
  [1050, "AlreadyExists"],
  [1051, "UnknownTable"],
  [1146, "UnknownTable"],
  [1205, "LockTimeout"],
  [1213, "Deadlock"],
  [1227, "Privilege"],
  [1235, "Unsupported"],
  [1304, "AlreadyExists"],
  [1359, "AlreadyExists"],
  [1412, "DefinitionChanged"],
  [1537, "AlreadyExists"],
  [2006, "ConnectionLost"],
  [2013, "ConnectionLost"]
])

const fields = (what: string, { detail, errno }: Refusal, where: string | undefined) => ({
  reason: reasons.get(errno) ?? "Statement",
  what,
  ...(where === undefined ? {} : { where }),
  detail,
  errno
})

/** @internal */
export const targetError = (what: string, reason: Refusal, where?: string): TargetError =>
  new TargetError(fields(what, reason, where))

/** @internal */
export const sourceError = (what: string, reason: Refusal, where?: string): SourceError =>
  new SourceError(fields(what, reason, where))

/** Of a connection that was reading. @internal */
export const readerLost = (what: string, reason: Refusal): SourceError =>
  new SourceError({ ...fields(what, reason, undefined), readerLost: true })

/** A statement that no server understands. @internal */
export const misunderstood = (statement: Uint8Array): Either.Either<never, Refusal> =>
  refuse(1064, `You have an error in your SQL syntax near '${Sql.text(statement.subarray(0, 80))}'`)

/** The errors of each kind of program: that it is there, and that it is not. @internal */
export const programErrors: { readonly [K in Statement.ProgramKind]: readonly [exists: number, missing: number] } = {
  TRIGGER: [1359, 1360],
  FUNCTION: [1304, 1305],
  PROCEDURE: [1304, 1305],
  PACKAGE: [1304, 1305],
  "PACKAGE BODY": [1304, 1305],
  LIBRARY: [1304, 1305],
  EVENT: [1537, 1539]
}
