/**
 * What a dump of a server would say of its objects, in the words of `definitionTexts`.
 *
 * @internal
 */
import * as FileName from "@sluice/format/FileName"
import * as SchemaFile from "@sluice/format/SchemaFile"
import * as Statement from "@sluice/format/Statement"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import type { SourceError } from "../SluiceError.js"
import type * as Source from "../Source.js"
import * as Texts from "./definitionTexts.js"
import * as inventory from "./inventory.js"

const head: SchemaFile.Header = { names: "utf8mb4", sqlMode: "", utc: true }

const { Database, Post, Sequence, Table, Triggers, View } = FileName.FileName

/** What stands in the place of names that nobody looks at. */
const named = { database: "d", table: "t" }

const textsOf = (
  file: FileName.FileName,
  definitions: ReadonlyArray<SchemaFile.Definition>
): Effect.Effect<ReadonlyArray<Texts.Object>> =>
  Effect.map(
    // what was just written can be read
    Effect.orDie(Either.match(
      Statement.split(SchemaFile.render(head, definitions), { terminator: inventory.terminatorOf(file) }),
      { onLeft: (error) => Effect.fail(error), onRight: (statements) => Effect.succeed(statements) }
    )),
    (statements) => {
      const reader = Texts.reader(file)
      statements.forEach(({ bytes }) => reader.take(SchemaFile.unguard(bytes)))
      return reader.objects()
    }
  )

const files = { Table: Table(named), Sequence: Sequence(named), View: View(named) } as const

/** @internal */
export const read = (
  snapshot: Source.Snapshot,
  database: Source.DatabaseInfo,
  threads: number
): Effect.Effect<ReadonlyMap<string, Texts.Object>, SourceError> =>
  Effect.gen(function*() {
    const own = yield* Effect.flatMap(
      snapshot.database(database),
      (definition) => textsOf(Database(named), [definition])
    )
    const tables = yield* Effect.forEach(
      database.tables,
      (table) => Effect.flatMap(snapshot.definition(table), (definition) => textsOf(files[table.kind], [definition])),
      { concurrency: threads }
    )
    const triggers = yield* Effect.flatMap(
      snapshot.triggers(database),
      (all) => textsOf(Triggers({ database: "d", table: Option.none() }), all)
    )
    const programs = yield* Effect.flatMap(snapshot.programs(database), (all) => textsOf(Post({ database: "d" }), all))
    return new Map([own, ...tables, triggers, programs].flat().map((object) => [object.what, object] as const))
  })
