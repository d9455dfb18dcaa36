/**
 * The flow of a comparison of a backup with a server.
 *
 * ```text
 * backup ─▶ proven, summed up ─┐
 *                              ├─▶ definitions, sums, rows by their keys ─▶ Comparison
 * target ─▶ read like a source ┘
 * ```
 *
 * The target is read as a dump would read it, and what a dump of it would write is held against what the backup holds:
 * the same texts of definitions, and the same cells of rows. So nothing has to be known of types and character sets but
 * what a dump knows, and nothing has to be written anywhere.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

import type * as Comparison from "./Comparison.js"
import type { Disposal } from "./Disposal.js"
import type { Incoming } from "./Incoming.js"
import * as Inspection from "./Inspection.js"
import * as BackupReading from "./internal/backupReading.js"
import * as Views from "./internal/backupViews.js"
import * as CompareDefinitions from "./internal/compareDefinitions.js"
import * as CompareRows from "./internal/compareRows.js"
import type * as Texts from "./internal/definitionTexts.js"
import * as TargetTexts from "./internal/targetTexts.js"
import { Progress } from "./Progress.js"
import * as Shutdown from "./Shutdown.js"
import { BackupError, type OutputError, type Stopped, type TargetError } from "./SluiceError.js"
import * as Source from "./Source.js"
import type { Staging } from "./Staging.js"

/**
 * What is compared, and how.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** What of the backup. */
  readonly selection: Inspection.Selection
  /** The name in the target of a database of the backup. */
  readonly targetDatabase: (source: string) => string
  readonly definitions: boolean
  readonly rows: boolean
  /** How many chunks of the target are read at once: 1 at least. */
  readonly threads: number
  /** How many rows that differ are told of each table. */
  readonly maxDifferences: number
  /** Whether the files stay where they are, so that rows that differ can be looked for in them. */
  readonly again: boolean
}

const quoted = (name: string): string => `\`${name.replaceAll("`", "``")}\``

const vendors: ReadonlyMap<string, string> = new Map([["mysql", "MySQL"], ["mariadb", "MariaDB"]])

const serverOf = ({ vendor, version }: { readonly vendor: string; readonly version: string }): string =>
  `${vendors.get(vendor) ?? vendor} ${version}`

const release = (version: string): string => /^\d+\.\d+/.exec(version)?.[0] ?? version

/** What belongs to a database and to no table. */
const isProgram = (what: string): boolean => /^(?:function|procedure|package|package body|library|event) /.test(what)

const isOfTrigger = (what: string): boolean => /^(?:trigger |order of the triggers )/.test(what)

/** What servers of another version keep or count in their own way. */
const isOfOneServer = (what: string): boolean => /^(?:next AUTO_INCREMENT|position|order of the triggers) /.test(what)

const textsOf = (objects: ReadonlyMap<string, Texts.Object>): Inspection.Definitions =>
  new Map(Array.from(objects, ([what, { text }]) => [what, text] as const))

interface Found {
  readonly differences: ReadonlyArray<Comparison.DefinitionDifference>
  readonly notCompared: ReadonlyArray<string>
}

const columnNames = (object: Texts.Object): string =>
  BackupReading.definitionOf(object).pipe(
    Option.map(({ columns }) =>
      columns.map(({ generated, name }) => `${quoted(name)}${generated ? " generated" : ""}`)
    ),
    Option.match({ onNone: () => "", onSome: (names) => names.join(", ") })
  )

/**
 * Another server prints the same thing differently, and another tool leaves some of it out. Of what is not the same text
 * it is compared what the programs do, and which columns tables have.
 */
const lenient = (
  database: string,
  found: ReadonlyArray<Comparison.DefinitionDifference>,
  source: ReadonlyMap<string, Texts.Object>,
  target: ReadonlyMap<string, Texts.Object>,
  why: string
): Found => {
  const differences: Array<Comparison.DefinitionDifference> = []
  const notCompared: Array<string> = []
  for (const difference of found) {
    const { how, what } = difference
    const [mine, its] = [source.get(what), target.get(what)]
    if (isOfOneServer(what)) {
      notCompared.push(`${what} of ${quoted(database)}: ${why}`)
    } else if (mine === undefined || its === undefined || how !== "Different") {
      differences.push(difference)
    } else if (mine.portable !== undefined && its.portable !== undefined) {
      if (mine.portable === its.portable) {
        notCompared.push(`definer, sql_mode and heads of triggers, routines and events: ${why}`)
      } else {
        differences.push(...CompareDefinitions.compare(
          database,
          new Map([[what, mine.portable]]),
          new Map([[what, its.portable]])
        ))
      }
    } else {
      const [columns, others] = what.startsWith("table ") ? [columnNames(mine), columnNames(its)] : ["", ""]
      if (columns.toLowerCase() === others.toLowerCase()) {
        notCompared.push(`all of ${what} of ${quoted(database)}: ${why}`)
      } else {
        differences.push({ ...difference, source: columns, target: others })
      }
    }
  }
  return { differences, notCompared }
}

/** Names that a server has folded are found by their lower case. */
const byName = <A extends { readonly name: string }>(all: ReadonlyArray<A>, name: string): A | undefined => {
  const folded = all.filter((one) => one.name.toLowerCase() === name.toLowerCase())
  return all.find((one) => one.name === name) ?? (folded.length === 1 ? folded[0] : undefined)
}

const chosen = (contents: BackupReading.Contents, { selection }: Options): ReadonlyArray<BackupReading.Database> =>
  contents.databases
    .filter(({ name }) =>
      Option.match(selection.databases, { onNone: () => true, onSome: (all) => all.includes(name) })
    )
    .map(({ name, objects, tables }) => ({
      name,
      tables: tables.filter((table) => selection.includes(name, table.name)),
      objects: new Map(
        Array.from(objects).filter(([what, object]) =>
          what === "database" || (isProgram(what)
            ? selection.programs
            : object.name === "" || selection.includes(name, object.table ?? object.name))
        )
      )
    }))

/**
 * Compares a backup with a server, and says what differs. `Source` is the target: it is read as a dump reads it, in a
 * snapshot, and not changed.
 *
 * All of the backup is read and proven first, whatever is selected. That there are differences is no failure of this
 * effect; that the backup is damaged is.
 *
 * @since 0.1.0
 * @category flows
 */
export const run = (
  options: Options
): Effect.Effect<
  Comparison.Comparison,
  BackupError | OutputError | TargetError | Stopped,
  Staging | Incoming | Disposal | Source.Source | Progress
> =>
  Effect.gen(function*() {
    const progress = yield* Progress
    const threads = Math.max(1, options.threads)
    const contents = yield* BackupReading.read((database) => {
      const to = options.targetDatabase(database)
      return to === database ? undefined : to
    })
    const databases = chosen(contents, options)
    const unknown = Option.getOrElse(options.selection.databases, () => Array.of<string>()).filter((name) =>
      !contents.databases.some((database) => database.name === name)
    )
    if (unknown.length > 0) {
      return yield* new BackupError({
        reason: "Missing",
        what: "cannot compare what was asked for",
        detail: `the backup has no database ${unknown.map(quoted).join(", ")}`,
        advice: "Check how the names are spelled"
      })
    }
    const sourceName = new Map(databases.map(({ name }) => [options.targetDatabase(name), name]))
    const snapshot = yield* open(options, sourceName)
    const { catalog } = snapshot
    const ofBackup = Option.flatMap(contents.announcement, ({ inventory }) => inventory)
    const isOurs = Option.isSome(contents.announcement)
    const isStrict = Option.exists(ofBackup, ({ vendor, version }) =>
      vendor === catalog.inventory.vendor && release(version) === release(catalog.inventory.version))
    const why = isOurs
      ? "servers of another vendor or version print it differently"
      : "another tool wrote it down, or another server printed it"

    const differences: Array<Comparison.Difference> = []
    const notCompared = new Set<string>([
      ...contents.remarks,
      ...catalog.leftOut,
      ...(options.definitions && !contents.hasDefinitions ? ["definitions: the backup has none"] : []),
      ...(options.rows && !contents.hasRows ? ["rows: the backup has none"] : [])
    ])
    const withDefinitions = options.definitions && contents.hasDefinitions
    const withRows = options.rows && contents.hasRows
    const hasTriggers = contents.databases.some(({ objects }) =>
      Array.from(objects.keys()).some(isOfTrigger)
    )
    const hasPrograms = contents.databases.some(({ objects }) => Array.from(objects.keys()).some(isProgram))
    let objects = 0

    const pairs: Array<Views.Pair> = []
    const rest: Array<Source.TableInfo> = []
    yield* progress.enter("definitions")
    for (const source of databases) {
      const target = byName(catalog.databases, options.targetDatabase(source.name))
      if (target === undefined) {
        differences.push({ _tag: "Definition", database: source.name, what: "database", how: "Missing" })
        continue
      }
      const there = yield* Effect.mapError(TargetTexts.read(snapshot, target, threads), Inspection.asTarget)
      const wanted = new Map(
        Array.from(there).filter(([what]) => options.selection.programs || !isProgram(what))
      )
      if (withDefinitions) {
        // who dumps with another tool has to ask for these
        const leftOut = (what: string) =>
          !isOurs && ((isOfTrigger(what) && !hasTriggers) || (isProgram(what) && !hasPrograms))
        const compared = new Map(Array.from(wanted).filter(([what]) => !leftOut(what)))
        if (compared.size < wanted.size) {
          notCompared.add("triggers, routines and events: the backup has none of a kind that the target has")
        }
        const found = CompareDefinitions.compare(source.name, textsOf(source.objects), textsOf(compared))
        objects += source.objects.size
        const told = isStrict
          ? { differences: found, notCompared: [] }
          : lenient(source.name, found, source.objects, compared, why)
        differences.push(...told.differences)
        told.notCompared.forEach((what) => notCompared.add(what))
      }
      const tables = target.tables.filter(({ kind }) => kind === "Table")
      const known = new Set<Source.TableInfo>()
      const lone = (name: string, how: Comparison.How) => {
        // with definitions it was told
        if (!withDefinitions) {
          differences.push({ _tag: "Definition", database: source.name, what: `table ${quoted(name)}`, how })
        }
      }
      for (const table of source.tables) {
        const other = byName(tables, table.name)
        if (other === undefined) {
          lone(table.name, "Missing")
        } else {
          known.add(other)
          const object = there.get(`table ${quoted(other.name)}`)
          pairs.push({
            database: source.name,
            source: table,
            target: other,
            definition: object === undefined ? Option.none() : BackupReading.definitionOf(object)
          })
        }
      }
      for (const table of tables) {
        if (!known.has(table)) {
          rest.push(table)
          // a backup of rows alone has no files of tables without any
          lone(table.name, "Extra")
        }
      }
    }

    yield* progress.enter("rows")
    const urgent = (pair: Views.Pair) => pair.target.urgent === true
    const results = withRows
      ? yield* Effect.forEach(
        [...pairs.filter(urgent), ...pairs.filter((pair) => !urgent(pair))],
        (pair) =>
          Either.match(
            Views.plan(pair, contents, snapshot, {
              sourceVendor: Option.match(ofBackup, {
                onNone: () => catalog.inventory.vendor,
                onSome: ({ vendor }) => vendor
              }),
              targetVendor: catalog.inventory.vendor,
              isOurs,
              again: options.again,
              threads
            }),
            {
              onLeft: (why) =>
                Effect.as(
                  Effect.sync(() => {
                    notCompared.add(why)
                    rest.push(pair.target)
                  }),
                  []
                ),
              onRight: (plan) =>
                Effect.map(
                  CompareRows.compare(plan.source, plan.target, {
                    threads,
                    maxDifferences: Math.max(0, options.maxDifferences),
                    passed: (rows) => progress.add({ rows })
                  }),
                  (result) => [{ ...result, plan, unclear: Option.getOrUndefined(pair.source.rows)?.unclear }]
                )
            }
          ),
        // so many chunks are read at once of each
        { concurrency: 2 }
      )
      : []
    if (!withRows) rest.push(...pairs.map(({ target }) => target))
    for (const { difference, notCompared: left, plan, unclear } of results.flat()) {
      for (const what of [...left, ...plan.notCompared]) notCompared.add(what)
      if (unclear !== undefined) {
        notCompared.add(`rows of ${quoted(plan.source.table.database)}.${quoted(plan.source.table.name)}: ${unclear}`)
      } else if (Option.isSome(difference)) {
        differences.push({
          ...difference.value,
          ...Option.match(plan.note, { onNone: () => ({}), onSome: (note) => ({ note }) })
        })
      }
    }
    yield* Effect.mapError(snapshot.finish(rest), Inspection.asTarget)

    return {
      equal: differences.length === 0,
      source: {
        server: Option.match(ofBackup, {
          onNone: () => "a backup that another tool made",
          onSome: (inventory) => `a backup of ${serverOf(inventory)}`
        }),
        consistency: Option.getOrElse(
          Option.flatMap(contents.announcement, ({ consistency }) => consistency),
          () => "it does not say how far everything is of one moment"
        ),
        written: null
      },
      target: { server: serverOf(catalog.inventory), consistency: catalog.consistency, written: null },
      databases: databases.length,
      tables: results.flat().length,
      rows: results.flat().reduce((sum, { rows }) => sum + rows, 0),
      objects,
      differences,
      notCompared: Array.from(notCompared)
    }
  }).pipe(
    Effect.scoped,
    Shutdown.orStopped("the comparison is not done"),
    Effect.withSpan("CompareBackup.run")
  )

/**
 * What the target holds of the databases of the backup. One that it lacks is a difference; that it has none of them is
 * an error, as it is when somebody names a database that is not there.
 */
const open = (
  { selection }: Options,
  sourceName: ReadonlyMap<string, string>
): Effect.Effect<Source.Snapshot, TargetError, Source.Source | Scope.Scope> =>
  Effect.flatMap(Source.Source, ({ snapshot }) => {
    const of = (databases: Option.Option<ReadonlyArray<string>>) =>
      snapshot({
        databases,
        includes: (database, table) =>
          (Option.isSome(databases) || sourceName.has(database)) &&
          selection.includes(sourceName.get(database) ?? database, table),
        views: true,
        triggers: true,
        routines: selection.programs,
        events: selection.programs
      })
    return of(Option.some(Array.from(sourceName.keys()))).pipe(
      Effect.catchIf(({ reason }) => reason === "UnknownDatabase", (error) =>
        Effect.filterOrFail(
          of(Option.none()),
          ({ catalog }) => catalog.databases.some(({ name }) => sourceName.has(name)),
          () => error
        )),
      Effect.mapError(Inspection.asTarget)
    )
  })
