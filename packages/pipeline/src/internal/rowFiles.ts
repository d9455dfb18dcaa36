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
import type { Staging } from "../Staging.js"
import type * as retaking from "./retaking.js"
import * as rotating from "./rotating.js"
import type { Made } from "./shipping.js"

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
    portion: Source.Portion,
    how: Source.ReadOptions,
    preamble: (chunk: Source.Chunk) => Uint8Array,
    file: typeof FileName.FileName.Rows | typeof FileName.FileName.LoadData
  ): Stream.Stream<rotating.FileOf, SourceError | OutputError> =>
    retakes.files(portion, (left, seen) =>
      snapshot.read(left, how).pipe(rotating.files(staging, {
        name: ({ part, table }, subPart) => FileName.render(file({ ...nameOf(table), part, subPart })),
        preamble,
        limit,
        seen: (next) =>
          Effect.suspend(() => {
            longest = Math.max(longest, next.piece.longest)
            return Effect.zipRight(seen(next), pace.pass(next.piece.bytes.length))
          })
      })))

  const headOf = ({ table: { preamble } }: Source.Chunk): Uint8Array =>
    preamble === undefined ? head : Sql.concat([head, Sql.bytes(preamble)])

  const inserts = (portion: Source.Portion): Files =>
    Stream.map(
      files(portion, { ...read, lines: undefined }, headOf, FileName.FileName.Rows),
      ({ chunk, file }) => ({ file, table: Option.some(chunk.table), objects: 0 })
    )

  const lines = (chunk: Source.Chunk, layout: Lines.Layout, columns: ReadonlyArray<LoadData.Column>): Files => {
    const table = Option.some(chunk.table)
    const names = Lines.header(layout, columns.map(({ name }) => name))
    return Stream.flatMap(
      files([chunk], read, () => names, FileName.FileName.LoadData),
      ({ file, subPart }) =>
        Stream.unwrap(Effect.map(
          staging.put(
            FileName.render(FileName.FileName.Rows({ ...nameOf(chunk.table), part: chunk.part, subPart })),
            Sql.concat([
              headOf(chunk),
              Lines.statement({ file: file.name, table: chunk.table.name, layout, columns })
            ])
          ),
          // the statement comes before its rows, and the rows are those that it loads
          (statement): Stream.Stream<Made> =>
            Stream.make(
              { file: { ...statement, rows: file.rows }, table, objects: 0 },
              { file, table, objects: 0, countedElsewhere: true }
            )
        ))
    )
  }

  const notAsLines = (table: Source.TableInfo, why: string): void => {
    const tables = without.get(why) ?? new Set()
    without.set(why, tables.add(Sql.quoteName({ database: table.database, name: table.name })))
  }

  return {
    /** The files of a portion. Whether a table can be written as lines is asked for each. */
    files: (portion: Source.Portion): Files => {
      const layout = read.lines
      return layout === undefined ?
        inserts(portion) :
        Stream.flatMap(Stream.fromIterable(portion), (chunk) =>
          Stream.unwrap(Effect.map(
            snapshot.fields(chunk.table, read),
            Either.match({
              onLeft: (why) => {
                notAsLines(chunk.table, why)
                return inserts([chunk])
              },
              onRight: (columns) => lines(chunk, layout, columns)
            })
          )))
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
