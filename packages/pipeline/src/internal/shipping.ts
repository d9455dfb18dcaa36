/**
 * Files that leave: announced, sent, and disposed of.
 *
 * @internal
 */
import * as FileName from "@sluice/format/FileName"
import type * as Inventory from "@sluice/format/Inventory"
import * as Metadata from "@sluice/format/Metadata"
import * as Arr from "effect/Array"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type { Disposal } from "../Disposal.js"
import type { Outgoing } from "../Outgoing.js"
import type { Progress } from "../Progress.js"
import type { TableInfo } from "../Source.js"
import type { StagedFile } from "../Staging.js"
import { whatIsReady } from "./batches.js"
import type * as manifest from "./manifest.js"

/** A file on its way, with what the metadata has to say of it. */
export interface Made {
  readonly file: StagedFile
  /** The table whose rows it holds. */
  readonly table: Option.Option<TableInfo>
  /** How many sequences, views, triggers, routines and events it holds. */
  readonly objects: number
  /** Whether the rows are counted with another file, which loads them. */
  readonly countedElsewhere?: boolean
}

/** So many small files are announced together, or as many large ones as there are readers. */
const announcedAtOnce = 64
const smallFile = 64 * 1024

const isSmall = ({ bytes }: StagedFile): boolean => bytes <= smallFile

/** @internal */
export const make = ({ announced, disposal, ledger, outgoing, progress, section }: {
  readonly outgoing: Outgoing["Type"]
  readonly disposal: Disposal["Type"]
  readonly progress: Progress["Type"]
  readonly ledger: ReturnType<typeof manifest.make>
  /** What every announcement says, and the first one of what there is. */
  readonly announced: (inventory?: Option.Option<Inventory.Inventory>) => Metadata.Announcement
  readonly section: (table: TableInfo) => Metadata.TableSection
}) => {
  const announce = (
    name: FileName.FileName,
    metadata: Partial<Metadata.Metadata>,
    inventory?: Option.Option<Inventory.Inventory>
  ) =>
    Effect.flatMap(
      outgoing.announce(
        FileName.render(name),
        Metadata.render({ ...Metadata.empty, ...metadata, announcement: Option.some(announced(inventory)) })
      ),
      Option.match({ onNone: () => Effect.void, onSome: disposal.dispose })
    )
  /** What was sent is disposed of at once, but small files together. */
  const leave = (files: ReadonlyArray<StagedFile>) =>
    outgoing.send(files).pipe(
      Effect.zipRight(Effect.forEach(files, disposal.dispose, { discard: true })),
      Effect.zipRight(progress.add({ files: files.length }))
    )
  return {
    announce,
    /** What is announced together. */
    batches: (readers: number) =>
      whatIsReady<Made>(
        Math.max(announcedAtOnce, readers),
        ({ file }) => Math.min(Math.ceil((file.bytes + 1) / smallFile), Math.ceil(announcedAtOnce / readers))
      ),
    /** Announces files, and lets them leave. */
    ship: (batch: Chunk.Chunk<Made>) =>
      Effect.suspend(() => {
        const made = Arr.fromIterable(batch)
        const files = made.map(({ file }) => file)
        const tables = new Set(made.flatMap(({ table }) => Option.toArray(table)))
        return Effect.zipRight(
          announce(FileName.FileName.MetadataPartial({ index: ledger.nextPartial() }), {
            tables: Array.from(tables, section),
            files: made.map(ledger.add)
          }),
          Effect.forEach(
            Arr.isNonEmptyReadonlyArray(files) ? Arr.groupWith(files, (a, b) => isSmall(a) && isSmall(b)) : [],
            leave,
            { discard: true }
          )
        )
      })
  }
}
