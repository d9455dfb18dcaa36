/**
 * The rows of a dump as files: INSERT statements; or lines, and beside them a file with the statement that loads them.
 *
 * @internal
 */
import * as FileName from "@sluice/format/FileName"
import * as Lines from "@sluice/format/Lines"
import type * as LoadData from "@sluice/format/LoadData"
import * as Sql from "@sluice/format/Sql"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import type { Pace } from "../Pace.js"
import type { OutputError, SourceError } from "../SluiceError.js"
import type * as Source from "../Source.js"
import type { StagedFile, Staging } from "../Staging.js"
import type * as retaking from "./retaking.js"
import * as rotating from "./rotating.js"

/** A file on its way, with what the metadata has to say of it. */
interface Made {
  readonly file: StagedFile
  readonly table: Option.Option<Source.TableInfo>
  readonly objects: number
  readonly countedElsewhere?: boolean
}

type Files = Stream.Stream<Made, SourceError | OutputError>

/** @internal */
export const make = (options: {
  readonly snapshot: Source.Snapshot
  readonly staging: Staging["Type"]
  readonly retakes: retaking.Retakes
  /** How a table is called in the names of files. */
  readonly nameOf: (table: Source.TableInfo) => { readonly database: string; readonly table: string }
  /** What a file of statements begins with. */
  readonly head: Uint8Array
  /** The most bytes of a file. */
  readonly limit: number
  readonly read: Source.ReadOptions
  /** What all rows pass. */
  readonly pace: Pace
}) => {
  const { head, limit, nameOf, pace, read, retakes, snapshot, staging } = options
  let longest = 0
  /** Tables that are not written as lines although that was asked for, by why not. */
  const without = new Map<string, Set<string>>()

  const files = (
    chunk: Source.Chunk,
    how: Source.ReadOptions,
    preamble: Uint8Array,
    file: typeof FileName.FileName.Rows | typeof FileName.FileName.LoadData,
    finish: (file: StagedFile, subPart: number) => Stream.Stream<Made, OutputError>
  ): Files =>
    retakes.files((count) =>
      snapshot.read(chunk, how).pipe(
        Stream.tap((piece) =>
          Effect.sync(() => {
            longest = Math.max(longest, piece.longest)
          }).pipe(Effect.zipRight(pace.pass(piece.bytes.length)))
        ),
        count,
        rotating.files(staging, {
          name: (subPart) => FileName.render(file({ ...nameOf(chunk.table), part: chunk.part, subPart })),
          preamble,
          limit
        }),
        Stream.zipWithIndex,
        Stream.flatMap(([file, subPart]) =>
          Option.match(file, { onNone: () => Stream.empty, onSome: (file) => finish(file, subPart) })
        )
      )
    )

  const headOf = ({ preamble }: Source.TableInfo): Uint8Array =>
    preamble === undefined ? head : Sql.concat([head, Sql.bytes(preamble)])

  const inserts = (chunk: Source.Chunk): Files => {
    const table = Option.some(chunk.table)
    const how = { ...read, lines: undefined }
    return files(
      chunk,
      how,
      headOf(chunk.table),
      FileName.FileName.Rows,
      (file) => Stream.succeed({ file, table, objects: 0 })
    )
  }

  const lines = (chunk: Source.Chunk, layout: Lines.Layout, columns: ReadonlyArray<LoadData.Column>): Files => {
    const table = Option.some(chunk.table)
    const names = Lines.header(layout, columns.map(({ name }) => name))
    return files(chunk, read, names, FileName.FileName.LoadData, (file, subPart) =>
      Stream.unwrap(Effect.map(
        staging.put(
          FileName.render(FileName.FileName.Rows({ ...nameOf(chunk.table), part: chunk.part, subPart })),
          Sql.concat([
            headOf(chunk.table),
            Lines.statement({ file: file.name, table: chunk.table.name, layout, columns })
          ])
        ),
        // the statement comes before its rows, and the rows are those that it loads
        (statement): Stream.Stream<Made> =>
          Stream.make(
            { file: { ...statement, rows: file.rows }, table, objects: 0 },
            { file, table, objects: 0, countedElsewhere: true }
          )
      )))
  }

  const notAsLines = (table: Source.TableInfo, why: string): void => {
    const tables = without.get(why) ?? new Set()
    without.set(why, tables.add(Sql.quoteName({ database: table.database, name: table.name })))
  }

  return {
    /** The files of a chunk. */
    files: (chunk: Source.Chunk): Files => {
      const layout = read.lines
      return layout === undefined ? inserts(chunk) : Stream.unwrap(Effect.map(
        snapshot.fields(chunk.table, read),
        Either.match({
          onLeft: (why) => {
            notAsLines(chunk.table, why)
            return inserts(chunk)
          },
          onRight: (columns) => lines(chunk, layout, columns)
        })
      ))
    },
    /** The bytes of the longest statement that was read so far. */
    longest: (): number => longest,
    /** What people should know of it. */
    remarks: (): ReadonlyArray<string> =>
      Array.from(
        without,
        ([why, tables]) => `${Array.from(tables).join(", ")}: written as INSERT statements, as ${why}`
      )
  }
}
