/**
 * What is shown: the pairs of modes that move a database, and what is refused. A step finds out what is as it should
 * be and what is not; only what keeps it from being done is an error.
 *
 * @since 0.1.0
 */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Frame from "@sluice/format/Frame"
import * as Connection from "@sluice/mysql/Connection"
import * as Fingerprint from "@sluice/mysql/Fingerprint"
import * as StreamMode from "@sluice/pipeline/StreamMode"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import { DemoError } from "./DemoError.js"
import * as Program from "./Program.js"
import * as Screen from "./Screen.js"
import * as Servers from "./Servers.js"
import { counted, megabytes } from "./Table.js"

const { NoDelete, NoStream, NoStreamAndNoDelete, Traditional } = StreamMode.StreamMode

/**
 * A mode of the dump and one of the restore.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pair {
  readonly dump: StreamMode.StreamMode
  readonly restore: StreamMode.StreamMode
}

/**
 * The pairs that are shown.
 *
 * @since 0.1.0
 * @category constants
 */
export const pairs: ReadonlyArray<Pair> = [
  { dump: Traditional(), restore: Traditional() },
  { dump: NoDelete(), restore: NoDelete() },
  { dump: NoStreamAndNoDelete(), restore: NoStreamAndNoDelete() },
  { dump: NoStreamAndNoDelete(), restore: NoStream() }
]

/** What a mode promises, said here once more so that the program is not its own judge. */
const promise: (mode: StreamMode.StreamMode) => { readonly content: boolean; readonly keeps: boolean } = StreamMode
  .StreamMode.$match({
    Traditional: () => ({ content: true, keeps: false }),
    NoDelete: () => ({ content: true, keeps: true }),
    NoStreamAndNoDelete: () => ({ content: false, keeps: true }),
    NoStream: () => ({ content: false, keeps: false })
  })

/**
 * What came of a pair.
 *
 * @since 0.1.0
 * @category models
 */
export interface Moved {
  readonly pair: Pair
  readonly seconds: number
  /** Rows on the target afterwards. */
  readonly rows: number
  readonly files: number
  readonly bytes: number
  readonly folders: string
  readonly equal: boolean
  /** What is not as it should be, each in one line. */
  readonly problems: ReadonlyArray<string>
}

/**
 * What came of something that must be refused.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refused {
  readonly what: string
  readonly code: number
  /** What the program said. */
  readonly line: string
  readonly problems: ReadonlyArray<string>
}

type Environment = FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor

/** The code of a backup that is damaged, cut or incomplete. */
const damaged = 6

/** The code of a dump whose reader is gone. */
const readerGone = 7

/** Gives up on a program that hangs. */
const within = (servers: Servers.Servers, what: string) =>
  Effect.timeoutFail({
    duration: servers.patience,
    onTimeout: () =>
      new DemoError({ message: `${what}: the program did not end within ${Duration.format(servers.patience)}.` })
  })

/** The names in a folder; none when there is no such folder. */
const listing = (folder: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.readDirectory(folder), () => []))

const noRoom = (error: { readonly message: string }) =>
  new DemoError({ message: `There is no room to work: ${error.message}` })

/** A new folder for the folders of one step, removed with what it holds. */
const stepFolder = (servers: Servers.Servers) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return yield* fs.makeTempDirectoryScoped({ directory: servers.folder, prefix: "step-" })
  }).pipe(Effect.mapError(noRoom))

const makeFolder = (folder: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeDirectory(folder)).pipe(Effect.mapError(noRoom))

const read = (server: Connection.Options, databases: ReadonlyArray<string>, which: string) =>
  Effect.flatMap(Connection.acquire(server), (connection) => Fingerprint.read(connection, databases)).pipe(
    Effect.scoped,
    Effect.mapError(Servers.failed(`The ${which} cannot be read`))
  )

/**
 * The picture of the source, which every target is compared with.
 *
 * @since 0.1.0
 * @category steps
 */
export const original = (servers: Servers.Servers): Effect.Effect<Fingerprint.Fingerprint, DemoError> =>
  read(servers.source, servers.databases, "source")

const isOfRows = (what: string): boolean => /^(rows|checksum) of /.test(what)

/**
 * How many rows a picture says there are.
 *
 * @since 0.1.0
 * @category getters
 */
export const rowsOf = (picture: Fingerprint.Fingerprint): number =>
  Array.from(picture).reduce((sum, [what, count]) => what.startsWith("rows of ") ? sum + Number(count) : sum, 0)

const mostDifferences = 5

const problemsOf = (differences: ReadonlyArray<Fingerprint.Difference>): ReadonlyArray<string> => [
  ...differences.slice(0, mostDifferences).map((one) => `not equal: ${Fingerprint.describe(one)}`),
  ...(differences.length > mostDifferences ? [`and ${differences.length - mostDifferences} more differences`] : [])
]

const codeProblem = (job: string, ended: Program.Ended, ...expected: ReadonlyArray<number>): ReadonlyArray<string> =>
  expected.includes(ended.code) ? [] : [`the ${job} ended with ${ended.code}: ${ended.lastLine}`]

/** Whether a folder holds what its mode says: every file of the stream, or none. */
const folderProblems = (
  which: string,
  found: ReadonlyArray<string>,
  passed: Program.Passed,
  keeps: boolean
): ReadonlyArray<string> => {
  const expected = new Set(keeps ? passed.files.map(({ name }) => name) : [])
  const missing = Array.from(expected).filter((name) => !found.includes(name))
  const surplus = found.filter((name) => !expected.has(name))
  return [
    ...(missing.length === 0
      ? []
      : [`the folder of the ${which} lacks ${counted(missing.length, "file")}, such as ${missing[0]}`]),
    ...(surplus.length === 0
      ? []
      : [`the folder of the ${which} has ${counted(surplus.length, "file")} too many, such as ${surplus[0]}`])
  ]
}

/** Whether what went down the pipe is what the mode says: content, or nothing but headers. */
const pipeProblems = (passed: Program.Passed, content: boolean): ReadonlyArray<string> => {
  const headers = passed.files.reduce((sum, { name, size }) => sum + Frame.header(name, size).length, 0)
  const sizes = passed.files.reduce((sum, { size }) => sum + size, 0)
  return [
    ...(passed.problem === undefined ? [] : [`the pipe carried no whole stream: ${passed.problem}`]),
    ...(passed.files.at(-1)?.name === "metadata" ? [] : ["the last file on the pipe was not metadata"]),
    ...(content === (sizes > 0) ? [] : [content ? "the pipe carried no content" : "the pipe carried content"]),
    ...(passed.bytes === headers + sizes ? [] : ["the pipe carried more than headers and content"])
  ]
}

const holds = (names: ReadonlyArray<string>): string => names.length === 0 ? "empty" : counted(names.length, "file")

const name = ({ dump, restore }: Pair): string => `${StreamMode.spelling(dump)} -> ${StreamMode.spelling(restore)}`

/**
 * Moves the databases with one pair of modes, compares both sides, and empties the target again.
 *
 * @since 0.1.0
 * @category steps
 */
export const move = (
  servers: Servers.Servers,
  pair: Pair,
  picture: Fingerprint.Fingerprint
): Effect.Effect<Moved, DemoError, Environment> =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const folder = yield* stepFolder(servers)
    const [sends, takes] = [promise(pair.dump), promise(pair.restore)]
    const dumpFolder = path.join(folder, "dump")
    const restoreFolder = takes.content ? path.join(folder, "restore") : dumpFolder
    // both programs start at once, and a folder that is shared must be there for either
    yield* takes.content ? Effect.void : makeFolder(dumpFolder)

    let bytes = 0
    const started = yield* Clock.currentTimeMillis
    const outcome = yield* Program.pipe({
      source: { server: servers.source, mode: pair.dump, folder: dumpFolder },
      target: { server: servers.target, mode: pair.restore, folder: restoreFolder },
      databases: servers.selected
    }, (passed) => {
      bytes = passed
    }).pipe(within(servers, name(pair)), Screen.during(name(pair), () => `, ${megabytes(bytes)} on the pipe`))
    const seconds = ((yield* Clock.currentTimeMillis) - started) / 1000

    const [left, right] = yield* Effect.all([listing(dumpFolder), listing(restoreFolder)])
    const moved = yield* Screen.during("Comparing both servers")(
      outcome.restore.code === 0 ? read(servers.target, servers.databases, "target") : Effect.succeed(new Map())
    )
    const differences = Fingerprint.difference(picture, moved).filter(({ what }) =>
      Option.isNone(servers.rowsOnly) || isOfRows(what)
    )
    yield* Servers.emptyTarget(servers)

    return {
      pair,
      seconds,
      rows: rowsOf(moved),
      files: outcome.passed.files.length,
      bytes: outcome.passed.bytes,
      folders: takes.content ? `dump ${holds(left)}, restore ${holds(right)}` : `shared ${holds(right)}`,
      equal: outcome.restore.code === 0 && differences.length === 0,
      problems: [
        ...codeProblem("dump", outcome.dump, 0),
        ...codeProblem("restore", outcome.restore, 0),
        ...(outcome.restore.code === 0 ? problemsOf(differences) : []),
        ...pipeProblems(outcome.passed, sends.content),
        ...(takes.content ? folderProblems("dump", left, outcome.passed, sends.keeps) : []),
        ...folderProblems(takes.content ? "restore" : "pair", right, outcome.passed, takes.keeps)
      ]
    }
  }).pipe(Effect.scoped)

/**
 * Dumps with NO_STREAM, which leaves nothing that could be restored, and tries to restore it.
 *
 * @since 0.1.0
 * @category steps
 */
export const headersOnly = (servers: Servers.Servers): Effect.Effect<Refused, DemoError, Environment> =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const folder = path.join(yield* stepFolder(servers), "dump")
    const mode = NoStream()
    const { dump, passed, sent } = yield* Screen.during("NO_STREAM on the dump by itself")(
      Program.dump({ server: servers.source, mode, folder }, servers.selected).pipe(within(servers, "NO_STREAM"))
    )
    const left = yield* listing(folder)
    const restore = yield* Screen.during("Restoring from it")(
      Program.restore({ server: servers.target, mode, folder }, sent).pipe(within(servers, "NO_STREAM"))
    )
    yield* Servers.emptyTarget(servers)
    const missing = passed.files[0]?.name ?? ""
    return {
      what: `NO_STREAM on the dump by itself: ${passed.files.length} headers and no content on the pipe (${
        megabytes(passed.bytes)
      }), folder ${holds(left)}. Restoring from it`,
      code: restore.code,
      line: restore.lastLine,
      problems: [
        ...codeProblem("dump", dump, 0),
        ...pipeProblems(passed, false),
        ...folderProblems("dump", left, passed, false),
        ...codeProblem("restore", restore, damaged),
        ...(restore.lastLine.includes(missing) ? [] : [`the restore did not name ${missing}: ${restore.lastLine}`])
      ]
    }
  }).pipe(Effect.scoped)

/**
 * Cuts a stream somewhere in the middle, as a lost connection would.
 *
 * @since 0.1.0
 * @category steps
 */
export const cut = (
  servers: Servers.Servers,
  whole: number
): Effect.Effect<Refused, DemoError, Environment> =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const folder = yield* stepFolder(servers)
    const cutAfter = Math.floor(whole * 0.55)
    const mode = Traditional()
    const outcome = yield* Screen.during("Cutting a stream in the middle")(
      Program.pipe({
        source: { server: servers.source, mode, folder: path.join(folder, "dump") },
        target: { server: servers.target, mode, folder: path.join(folder, "restore") },
        databases: servers.selected,
        cutAfter
      }, () => {}).pipe(within(servers, "A cut stream"))
    )
    yield* Servers.emptyTarget(servers)
    return {
      what: `A stream that is cut after ${megabytes(cutAfter)} of about ${megabytes(whole)}`,
      code: outcome.restore.code,
      line: outcome.restore.lastLine,
      problems: [
        ...codeProblem("restore", outcome.restore, damaged),
        // a small rest fits into the pipe, and the dump does not see that nobody reads it
        ...codeProblem("dump", outcome.dump, readerGone, 0),
        ...(outcome.passed.bytes === cutAfter ? [] : [`${outcome.passed.bytes} bytes passed instead of ${cutAfter}`])
      ]
    }
  }).pipe(Effect.scoped)
