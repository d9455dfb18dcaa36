/**
 * The sessions of a restore, and how files are read and replayed on them.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type * as Statement from "@sluice/format/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Pool from "effect/Pool"

import { Compression } from "../Compression.js"
import { Disposal } from "../Disposal.js"
import type { Arrival } from "../Incoming.js"
import { Progress } from "../Progress.js"
import type { Options } from "../Restore.js"
import type { BackupError, TargetError } from "../SluiceError.js"
import { Staging } from "../Staging.js"
import * as Target from "../Target.js"
import { Trust } from "../Trust.js"
import * as expansion from "./expansion.js"
import type * as expectations from "./expectations.js"
import { Awaited } from "./loading.js"
import * as permittings from "./permitting.js"
import type { Readable } from "./reading.js"
import * as replay from "./replay.js"
import type { Restored } from "./restored.js"

/** @internal */
export type Backup = Effect.Effect.Success<typeof expectations.make>

/** @internal */
export type Workbench = Effect.Effect.Success<ReturnType<typeof make>>

/**
 * Opens a session for each that loads rows, and one for definitions.
 *
 * @internal
 */
export const make = (
  { threads }: Pick<Options, "threads">,
  backup: Backup,
  restored: Restored
) =>
  Effect.gen(function*() {
    const progress = yield* Progress
    const staging = yield* Staging
    const disposal = yield* Disposal
    const target = yield* Target.Target
    const { decode } = yield* Compression
    const trust = yield* Trust
    const permitting = permittings.make(trust)
    const sessions = yield* Pool.make({ acquire: target.session, size: threads + 1 })
    // a target that cannot be reached is said so at once, and not when the first file has come
    yield* Effect.scoped(Pool.get(sessions))

    const withSession = <A, E>(use: (session: Target.Session) => Effect.Effect<A, E>) =>
      Effect.scoped(
        Effect.flatMap(Pool.get(sessions), (session) =>
          Effect.tapError(
            use(session),
            (error) => error instanceof Awaited ? Effect.void : Pool.invalidate(sessions, session)
          ))
      )

    const readable = (arrival: Arrival): Readable => ({
      file: arrival.file,
      kind: arrival.kind._tag,
      bytes: expansion.limited(arrival, trust)(
        decode(arrival.file.name, arrival.compression)(staging.read(arrival.file.name))
      ),
      namesInDoubleQuotes: backup.isInDoubleQuotes,
      permitting
    })

    const readNames = (session: Target.Session) =>
      Effect.if(backup.isInDoubleQuotes, {
        onTrue: () => session.execute(Sql.bytes("SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',ANSI_QUOTES')")),
        onFalse: () => Effect.void
      })

    const discard = ({ file }: Arrival) => disposal.dispose(file)

    /** Says that what a file holds is on the target. */
    const done = (arrival: Arrival) =>
      Effect.zipRight(discard(arrival), progress.add({ files: 1, bytes: arrival.file.bytes }))

    const replayed = (
      arrival: Arrival,
      database: Option.Option<string>,
      terminator: Statement.Terminator,
      edit: (
        session: Target.Session,
        statement: Uint8Array,
        kind: Statement.Kind
      ) => Effect.Effect<Uint8Array | undefined, TargetError | BackupError>
    ) =>
      withSession((session) =>
        Effect.gen(function*() {
          yield* session.prepareForDefinitions
          yield* readNames(session)
          yield* Option.match(database, { onNone: () => Effect.void, onSome: session.use })
          yield* replay.definitions(session, readable(arrival), {
            terminator,
            guarded: yield* backup.isGuarded,
            edit: (statement, kind) => edit(session, statement, kind)
          })
        })
      ).pipe(
        Effect.mapError(restored.explained(arrival.kind)),
        Effect.zipRight(done(arrival))
      )

    return {
      withSession,
      /** What becomes of statements that no dump writes. */
      permitting,
      /** A file's content, as it was before it was compressed. */
      readable,
      /** Lets a session read names as the backup quotes them. */
      readNames,
      /** Runs the statements of a file of definitions, as `edit` leaves them, on one session. */
      replayed,
      discard,
      done,
      /** Puts a file that has to wait where it takes no memory. */
      park: ({ file }: Arrival) => staging.park(file.name),
      /** The bytes of a file as it is stored; they are lent. */
      stored: ({ file }: Arrival) => staging.read(file.name),
      progress
    }
  })
