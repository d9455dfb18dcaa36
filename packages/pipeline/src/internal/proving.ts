/**
 * What lets a file of a backup through to the target: the metadata that came before it.
 *
 * @internal
 */
import type * as Metadata from "@sluice/format/Metadata"
import * as Sql from "@sluice/format/Sql"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import type { Arrival } from "../Incoming.js"
import { BackupError, type OutputError } from "../SluiceError.js"
import type { Backup } from "./workbench.js"

/** The metadata of some five million files. */
const largestMetadata = 512 * 1024 * 1024

/** @internal */
export const make = <E>(
  workbench: {
    /** The bytes of a file as it is stored; they are lent. */
    readonly stored: (arrival: Arrival) => Stream.Stream<Uint8Array, BackupError>
    /** What becomes of a file whose content was taken in. */
    readonly discard: (arrival: Arrival) => Effect.Effect<void, OutputError>
  },
  backup: Backup,
  /** What else looks at what the metadata says before anything is let through. */
  look: (metadata: Metadata.Metadata) => Effect.Effect<void, E>
) => {
  const content = (arrival: Arrival): Effect.Effect<Uint8Array, BackupError> =>
    arrival.file.bytes > largestMetadata
      ? new BackupError({
        reason: "Damaged",
        what: "the metadata cannot be read",
        where: arrival.file.name,
        detail: `it is larger than ${largestMetadata} bytes`
      })
      // what is read is lent, so it is copied before the next is asked for
      : Effect.map(
        Stream.runCollect(Stream.map(workbench.stored(arrival), (bytes) => bytes.slice())),
        (parts) => Sql.concat(Chunk.toReadonlyArray(parts))
      )

  /** Takes metadata in, and lets through what is proven. */
  const proven = (
    arrival: Arrival
  ): Effect.Effect<Option.Option<Arrival>, BackupError | OutputError | E> => {
    switch (arrival.kind._tag) {
      case "Metadata":
      case "MetadataHeader":
      case "MetadataPartial":
        return Effect.flatMap(content(arrival), (bytes) => backup.absorb(arrival, bytes)).pipe(
          Effect.flatMap(look),
          Effect.zipRight(workbench.discard(arrival)),
          Effect.as(Option.none())
        )
      case "TableRows": {
        const { kind } = arrival
        return Effect.flatMap(content(arrival), (bytes) => backup.absorbRows(arrival, kind, bytes)).pipe(
          Effect.zipRight(workbench.discard(arrival)),
          Effect.as(Option.none())
        )
      }
      case "Bystander":
        return Effect.as(workbench.discard(arrival), Option.none())
      default:
        return Effect.as(backup.prove(arrival), Option.some(arrival))
    }
  }

  return proven
}
