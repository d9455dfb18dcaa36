/**
 * The restore of an SQL script: what `mysqldump` and `mariadb-dump` write, from the pipe, statement by statement, over
 * one session.
 *
 * A script is no backup of files: it has no manifest, and is whole only by its own word. That word is asked for, the
 * answer to every INSERT is read, and what becomes of tables that are there is decided by the restore, not by the
 * script.
 *
 * @since 0.1.0
 */
import * as ClientScript from "@sluice/format/ClientScript"
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import * as checked from "./internal/checked.js"
import * as ending from "./internal/scriptEnding.js"
import * as way from "./internal/way.js"
import { PipeIn } from "./Pipe.js"
import { Progress } from "./Progress.js"
import type { Options as RestoreOptions } from "./Restore.js"
import * as Shutdown from "./Shutdown.js"
import { BackupError, type RestoreError, TargetError } from "./SluiceError.js"
import * as Target from "./Target.js"
import type { Verdict } from "./Verdict.js"

/**
 * What to restore of a script, and how; as for a restore of files.
 *
 * @since 0.1.0
 * @category models
 */
export type Options = Pick<RestoreOptions, "database" | "existing" | "schemas" | "rows" | "triggers" | "programs">

type Part = Extract<ClientScript.Part, { readonly _tag: "Statement" }>

/** What a script does to the server around the data, and a restore leaves to those who run the server. */
const aside: Readonly<Record<string, string>> = {
  CHANGE: "replication settings",
  RESET: "replication settings",
  STOP: "replication settings"
}

/** They would keep our own questions out, and protect nothing that the restore's user does not know of. */
const needless = new Set(["LOCK", "UNLOCK"])

/** A statement as far as a name may reach into it, in bytes. */
const longestName = 300

/** Where a sequence stands. */
const positioned = /^(?:DO|SELECT) +SETVAL *\( *`((?:[^`]|``)+)`/i

const alteredDatabase = /^(?:\/\*![0-9]* *)?ALTER +DATABASE +`((?:[^`]|``)+)`/i

const unquoted = (name: string): string => name.replaceAll("``", "`")

const leftOut = (options: Options): ReadonlyArray<string> => [
  ...(options.schemas ? [] : ["definitions"]),
  ...(options.rows ? [] : ["rows"]),
  ...(options.triggers ? [] : ["triggers"]),
  ...(options.programs ? [] : ["routines and events"])
]

/** Names of columns are compared without regard to case by every server. */
const same = (a: string, b: string | undefined): boolean => a.toLowerCase() === b?.toLowerCase()

/** Whether a SET changes the server, or what it logs, rather than how the script is read. */
const changesServer = (kind: Extract<Statement.Kind, { readonly _tag: "Set" }>): string | undefined =>
  kind.assignments.find(({ scope, variable }) => scope === "Global" || variable === "sql_log_bin")?.variable

const make = (options: Options, session: Target.Session, progress: Progress["Type"]) => {
  let database: string | undefined = undefined
  let rows = 0
  let strict = false
  const databases = new Set<string>()
  /** What this restore has made, by its name. A view begins as something that holds its place. */
  const made = new Map<string, "Table" | "Sequence" | "View">()
  const programs = new Set<string>()
  /** What was there and is left alone, and what was there and is only filled. */
  const kept = new Set<string>()
  const filled = new Set<string>()
  const without = new Set<string>()

  const keyOf = (name: Sql.Name): string => `${name.database ?? database ?? ""}.${name.name}`

  const run = (part: Part) => Effect.asVoid(session.execute(part.bytes))

  const use = (name: string) =>
    Effect.tap(session.use(name), () => {
      database = name
      databases.add(name)
    })

  /** With a database given, a name that says another one would leave it. */
  const refuseElsewhere = (part: Part, name: Sql.Name): Effect.Effect<void, BackupError> =>
    Option.isNone(options.database) || name.database === undefined || name.database === options.database.value
      ? Effect.void
      : new BackupError({
        reason: "Unsupported",
        what: "the script cannot be restored into another database",
        where: `statement ${part.position}`,
        detail: `it names ${Sql.quoteName(name)} with its database`,
        advice: "Restore it without --database"
      })

  const here = (part: Part, name: Sql.Name): Effect.Effect<string, TargetError | BackupError> =>
    Effect.zipRight(
      refuseElsewhere(part, name),
      Effect.mapError(
        Effect.fromNullable(name.database ?? database),
        () =>
          new TargetError({
            reason: "UnknownDatabase",
            what: "cannot restore the script",
            where: `statement ${part.position}, which is about ${name.name}`,
            detail: "it does not say which database it belongs to",
            advice: "Name one with --database"
          })
      )
    )

  /** The first time that the script makes something under a name, what stands there already has to be dealt with. */
  const makes = (part: Part, name: Sql.Name, what: "Table" | "Sequence" | "View") =>
    Effect.gen(function*() {
      const key = keyOf(name)
      if (!options.schemas || kept.has(key) || filled.has(key)) return
      if (!made.has(key)) {
        const wanted = what === "Sequence" ? what : "Table"
        const home = yield* here(part, name)
        // what makes way names the table without its database
        if (home !== database) yield* session.use(home)
        const found = yield* way.make(session, options.existing, home, name.name, wanted)
        if (home !== database && database !== undefined) yield* session.use(database)
        if (found === "Leave") kept.add(key)
        if (found === "Fill") filled.add(key)
        if (found !== "Create") return
      }
      yield* run(part)
      made.set(key, what)
    })

  const drop = (part: Part, kind: Extract<Statement.Kind, { readonly _tag: "Drop" }>) => {
    if (kind.what === "DATABASE") {
      return options.existing._tag === "Drop" && Option.isNone(options.database) ? run(part) : Effect.void
    }
    // dropping the tables and views that were there before is for `existing` to say
    const ours = kind.names.every((name) => made.has(keyOf(name)))
    return kind.what === "TABLE" || kind.what === "VIEW" || kind.what === "SEQUENCE"
      ? Effect.when(run(part), () => ours)
      : run(part)
  }

  const createProgram = (part: Part, kind: Extract<Statement.Kind, { readonly _tag: "CreateProgram" }>) => {
    const wanted = options.schemas &&
      (kind.kind === "TRIGGER"
        ? options.triggers && !(kind.table !== undefined && kept.has(keyOf(kind.table)))
        : options.programs)
    return !wanted ? Effect.void : Effect.zipRight(
      refuseElsewhere(part, kind.name),
      Effect.tap(run(part), () => void programs.add(`${kind.kind} ${keyOf(kind.name)}`))
    )
  }

  const insert = (part: Part, kind: Extract<Statement.Kind, { readonly _tag: "Insert" }>) =>
    Effect.gen(function*() {
      const key = keyOf(kind.table)
      const name = yield* here(part, kind.table)
      if (!options.rows || kept.has(key)) return
      if (!made.has(key) && !filled.has(key)) {
        yield* way.hasNoTriggers(session, name, kind.table.name)
        filled.add(key)
      }
      if (kind.rows === 0) return yield* run(part)
      if (!strict) {
        yield* session.prepareForRows
        strict = true
      }
      // mariadb-dump writes their values too, which a strict server does not take
      const computed = yield* generatedOf(name, kind.table.name)
      const isComputed = kind.columns === undefined
        ? (column: number) => computed.some(({ place }) => Option.contains(place, column))
        : (column: number) => computed.some(({ name }) => same(name, kind.columns?.[column]))
      const bytes = computed.length === 0 ? part.bytes : Statement.withDefaults(part.bytes, isComputed, part.plain)
      yield* checked.insert(session, bytes, kind, `statement ${part.position}`)
      rows += kind.rows
      yield* progress.add({ rows: kind.rows })
    })

  /** What the table that rows are loaded into computes; asked for once, as its rows come one after the other. */
  let asked: { readonly key: string; readonly columns: ReadonlyArray<Target.GeneratedColumn> } | undefined = undefined
  const generatedOf = (database: string, table: string) => {
    const key = `${database}.${table}`
    return asked?.key === key ?
      Effect.succeed(asked.columns) :
      Effect.tap(session.generated(database, table), (columns) => {
        asked = { key, columns }
      })
  }

  /** The definition of a database, which may have been given another name. */
  const ofDatabase = (part: Part, name: string) =>
    Option.match(options.database, {
      onNone: () => run(part),
      onSome: (other) =>
        Effect.asVoid(session.execute(
          Sql.bytes(Sql.text(part.bytes).replace(Sql.quoteIdentifier(name), () => Sql.quoteIdentifier(other)))
        ))
    })

  const other = (part: Part, keyword: string): Effect.Effect<void, TargetError> => {
    const named = aside[keyword]
    if (named !== undefined) return Effect.sync(() => void without.add(named))
    if (needless.has(keyword)) return Effect.void
    const sequence = positioned.exec(Sql.text(part.bytes.subarray(0, longestName)))?.[1]
    if (sequence !== undefined && !made.has(keyOf({ name: unquoted(sequence) }))) return Effect.void
    const altered = alteredDatabase.exec(Sql.text(part.bytes.subarray(0, longestName)))?.[1]
    return altered === undefined
      ? run(part)
      : Effect.when(ofDatabase(part, unquoted(altered)), () => options.schemas).pipe(Effect.asVoid)
  }

  const set = (part: Part, kind: Extract<Statement.Kind, { readonly _tag: "Set" }>) => {
    const variable = changesServer(kind)
    if (variable !== undefined) return Effect.sync(() => void without.add(`the setting of ${variable}`))
    strict = false
    return run(part)
  }

  const statement = (part: Part): Effect.Effect<unknown, TargetError | BackupError> => {
    const kind = Statement.classify(part.plain)
    switch (kind._tag) {
      case "Insert":
        return insert(part, kind)
      case "CreateTable":
        return makes(part, kind.table, "Table")
      case "CreateSequence":
        return makes(part, kind.sequence, "Sequence")
      case "CreateView":
        return makes(part, kind.view, "View")
      case "CreateProgram":
        return createProgram(part, kind)
      case "CreateDatabase":
        return Effect.when(ofDatabase(part, kind.name), () => options.schemas)
      case "Use":
        return Option.isSome(options.database) ? Effect.void : use(kind.database)
      case "Drop":
        return Effect.when(drop(part, kind), () => options.schemas)
      case "Set":
        return set(part, kind)
      case "AlterTable":
        return kept.has(keyOf(kind.table)) || filled.has(keyOf(kind.table)) || !options.schemas
          ? Effect.void
          : Effect.zipRight(refuseElsewhere(part, kind.table), run(part))
      case "LoadData":
        return new BackupError({
          reason: "Unsupported",
          what: "the script cannot be restored",
          where: `statement ${part.position}`,
          detail: "it loads another file, and a restore reads none that it was not given"
        })
      case "Other":
        return other(part, kind.keyword)
    }
  }

  const begin = Effect.gen(function*() {
    yield* session.prepareForDefinitions
    // what a client says that is told nothing
    yield* session.execute(Sql.bytes("SET NAMES utf8mb4"))
    if (Option.isNone(options.database)) return
    const { value } = options.database
    if (options.schemas) {
      yield* session.execute(Sql.bytes(`CREATE DATABASE IF NOT EXISTS ${Sql.quoteIdentifier(value)}`))
    }
    yield* use(value)
  })

  const count = (what: "Table" | "Sequence" | "View"): number =>
    Array.from(made.values()).filter((kind) => kind === what).length

  const verdict = (bytes: number, whole: boolean): Verdict => ({
    job: "restore",
    complete: whole,
    databases: databases.size,
    tables: count("Table") + filled.size,
    objects: count("View") + count("Sequence") + programs.size,
    files: 1,
    bytes,
    rows,
    leftOut: [...leftOut(options), ...without, ...Array.from(kept, (table) => `${table} (it was already there)`)],
    remarks: [
      whole
        ? "a script has no manifest: its rows were counted, and its own last line says that it is whole"
        : "nothing in the script says that it is whole: it has no first and last line of mysqldump's or mariadb-dump's"
    ]
  })

  return { begin, statement, verdict }
}

/**
 * Restores the script that comes through the pipe. Succeeds when every statement was run and every row came in.
 *
 * The verdict is not complete when nothing in the script can tell that it came whole, as with `--skip-comments` and
 * `--compact`; a script that says where it begins and not where it ends was cut, and fails.
 *
 * @example
 * ```ts
 * import { Pipe, Progress, Restore, Script } from "@sluice/pipeline"
 * import { Effect, Layer, Stream } from "effect"
 *
 * const script = Layer.succeed(Pipe.PipeIn, { bytes: Stream.make(new Uint8Array(0)) })
 * const program = Script.run(Restore.defaults).pipe(Effect.provide([script, Progress.layer]))
 * ```
 *
 * @since 0.1.0
 * @category flows
 */
export const run = (
  options: Options
): Effect.Effect<Verdict, RestoreError, Target.Target | PipeIn | Progress> =>
  Effect.scoped(Effect.gen(function*() {
    const progress = yield* Progress
    const pipe = yield* PipeIn
    const target = yield* Target.Target
    const script = make(options, yield* target.session, progress)
    yield* script.begin
    yield* progress.enter("statements")
    const end = ending.make()
    let bytes = 0
    yield* pipe.bytes.pipe(
      Stream.tap((some) => {
        bytes += some.length
        return progress.add({ bytes: some.length })
      }),
      ClientScript.parts(),
      Shutdown.stoppable,
      Stream.runForEach((part) =>
        part._tag === "Remark"
          ? end.remark(part.text)
          : Effect.zipRight(end.statement(part.position), script.statement(part))
      ),
      Effect.catchTag("StatementError", (error) =>
        new BackupError({
          reason: error.reason === "Unterminated" ? "Cut" : "Damaged",
          what: "the script cannot be restored",
          detail: error.message
        }))
    )
    yield* Shutdown.failIfAsked("the target holds a part of the script")
    return script.verdict(bytes, yield* end.isWhole(bytes))
  })).pipe(Effect.withSpan("Script.run"))
