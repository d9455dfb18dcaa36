/**
 * Files of a backup proven without a server: they are what the metadata says, their statements are whole, and they hold
 * as many rows as they should. What a restore asks of a backup before and while it runs it, in the same words.
 *
 * @internal
 */
import type * as FileName from "@sluice/format/FileName"
import * as Permission from "@sluice/format/Permission"
import * as SchemaFile from "@sluice/format/SchemaFile"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import { Compression } from "../Compression.js"
import { Disposal } from "../Disposal.js"
import type { Arrival } from "../Incoming.js"
import { Progress } from "../Progress.js"
import type { BackupError, OutputError } from "../SluiceError.js"
import { type StagedFile, Staging } from "../Staging.js"
import { Trust } from "../Trust.js"
import * as expansion from "./expansion.js"
import * as inventories from "./inventory.js"
import * as Loading from "./loading.js"
import * as permittings from "./permitting.js"
import * as proving from "./proving.js"
import { loadedRows, type Readable, statements, steps } from "./reading.js"
import type { Backup } from "./workbench.js"

/** @internal */
export type OfRows = Extract<FileName.FileName, { readonly _tag: "Rows" | "LoadData" }>

/**
 * Who looks at what the files say, while they are proven. Bytes are lent.
 *
 * @internal
 */
export interface Onlooker {
  /** A statement of a file of definitions, as it was before it was guarded. */
  readonly definition: (file: FileName.FileName, statement: Uint8Array) => void
  /** A file of rows begins to be read; it may begin again, if what it refers to has not come. */
  readonly rows: (table: OfRows) => OnlookerOfRows
}

/** @internal */
export interface OnlookerOfRows {
  /** A statement of SET, or one with rows. */
  readonly step: (file: StagedFile, statement: Uint8Array, isOfRows: boolean) => Effect.Effect<void, BackupError>
  /** All of it was read, and is what it should be: the file, and the one with the rows beside it if there is one. */
  readonly end: (files: ReadonlyArray<Arrival>) => void
}

const blind: Onlooker = {
  definition: () => {},
  rows: () => ({ step: () => Effect.void, end: () => {} })
}

/**
 * `refuse` says what becomes of a file that is not what it should be; one that is proven is disposed of. The metadata
 * that ends the backup is disposed of by `finish`, when everything else is.
 *
 * @internal
 */
export const make = (
  backup: Backup,
  refuse: (arrival: Arrival) => Effect.Effect<void, OutputError>,
  onlooker: Onlooker = blind
) =>
  Effect.gen(function*() {
    const progress = yield* Progress
    const staging = yield* Staging
    const disposal = yield* Disposal
    const { decode } = yield* Compression
    const trust = yield* Trust
    const permitting = permittings.make(trust)
    const loading = Loading.make()
    const inventory = inventories.make()
    const last: Array<Arrival> = []

    const stored = ({ file }: Arrival) => staging.read(file.name)
    const readable = (arrival: Arrival): Readable => ({
      file: arrival.file,
      kind: arrival.kind._tag,
      bytes: expansion.limited(arrival, trust)(decode(arrival.file.name, arrival.compression)(stored(arrival))),
      namesInDoubleQuotes: backup.isInDoubleQuotes,
      permitting
    })
    const park = ({ file }: Arrival) => staging.park(file.name)
    const dispose = ({ file }: Arrival) => disposal.dispose(file)
    const done = (arrival: Arrival) =>
      Effect.zipRight(dispose(arrival), progress.add({ files: 1, bytes: arrival.file.bytes }))

    const proven = proving.make(
      {
        stored,
        discard: (arrival) =>
          arrival.kind._tag === "Metadata"
            ? Effect.suspend(() => {
              last.push(arrival)
              return park(arrival)
            })
            : dispose(arrival)
      },
      backup,
      () => Effect.void
    )

    const definitions = (arrival: Arrival) =>
      Effect.gen(function*() {
        const { file, kind } = arrival
        const guarded = yield* backup.isGuarded
        const made = new Set<string>()
        yield* Stream.runForEach(
          statements(readable(arrival), inventories.terminatorOf(kind)),
          ({ bytes, position }) => {
            const statement = guarded ? SchemaFile.unguard(bytes) : bytes
            made.add(inventory.take(kind, statement))
            onlooker.definition(kind, statement)
            return Either.match(Permission.check(kind._tag, statement), {
              onLeft: ({ detail }) => permitting.judge(`${file.name}, statement ${position}`, detail, statement),
              onRight: () => Effect.void
            })
          }
        )
        const fault = inventory.fault(file.name, kind, made)
        if (fault !== undefined) {
          return yield* fault
        }
        yield* done(arrival)
      }).pipe(Effect.tapErrorTag("BackupError", () => refuse(arrival)))

    const rows = (
      arrival: Arrival,
      table: OfRows
    ): Effect.Effect<void, BackupError | OutputError> =>
      Effect.suspend(() => {
        const used = [arrival]
        const look = onlooker.rows(table)
        const end = (how: (arrival: Arrival) => Effect.Effect<void, OutputError>) =>
          Effect.forEach(used, (arrival) => Effect.zipRight(loading.done(arrival), how(arrival)), { discard: true })
        return Stream.runFoldEffect(steps(readable(arrival)), 0, (before, step) =>
          step._tag === "Set"
            ? Effect.as(look.step(arrival.file, step.bytes, false), before)
            : step._tag === "Insert"
            ? Effect.as(look.step(arrival.file, step.bytes, true), before + step.kind.rows)
            : Effect.flatMap(loading.find(arrival, step.load.file), (beside) => {
              used[1] = beside
              return Stream.runFoldEffect(
                loadedRows(step.load, readable(beside)),
                before,
                (before, { bytes, rows }) => Effect.as(look.step(beside.file, bytes, true), before + rows)
              )
            })).pipe(
            Effect.tap((rows) => Effect.forEach(used, ({ file }) => backup.count(file, rows), { discard: true })),
            Effect.tap((rows) => backup.committed(table, rows)),
            Effect.tap((rows) => progress.add({ rows })),
            Effect.tap(() => Effect.sync(() => look.end(used))),
            Effect.matchEffect({
              onSuccess: () => end(done),
              onFailure: (error) =>
                error._tag !== "Awaited"
                  ? Effect.zipRight(end(refuse), Effect.fail(error))
                  : Effect.if(loading.wait(arrival, error), {
                    onTrue: () => park(arrival),
                    onFalse: () => rows(arrival, table)
                  })
            })
          )
      })

    return {
      /** Takes metadata in, and lets through what is as it says. */
      proven: (arrival: Arrival): Effect.Effect<Option.Option<Arrival>, BackupError | OutputError> =>
        Effect.tapErrorTag(proven(arrival), "BackupError", () => refuse(arrival)),
      /** Reads what a file holds. */
      content: (arrival: Arrival): Effect.Effect<void, BackupError | OutputError> => {
        const { kind } = arrival
        switch (kind._tag) {
          case "Rows":
            return rows(arrival, kind)
          case "LoadData":
            return Effect.flatMap(
              loading.come(arrival),
              (statement) => statement === undefined ? park(arrival) : rows(statement, kind)
            )
          default:
            return definitions(arrival)
        }
      },
      /** What a file holds, for whoever reads one again that is still there. */
      readable,
      /** What is left without its other half. */
      unpaired: loading.unpaired,
      /** What was taken by leave of the user. */
      taken: permitting,
      /** What the definitions make. */
      counts: inventory.counts,
      /** Ends the backup. */
      finish: Effect.suspend(() => Effect.forEach(last, dispose, { discard: true }))
    }
  })
