/**
 * Option files, as MySQL programs have them.
 *
 * Read are `/etc/my.cnf`, `/etc/mysql/my.cnf`, `/etc/mydumper.cnf` and `~/.my.cnf`, or what the command line names
 * instead. The groups `[client]`, `[client-server]` and `[client-mariadb]` give the connection and its encryption; their
 * other keys belong to other programs and are left alone. `[sluice]` is for all commands, and each has groups of its own,
 * such as `[mydumper]` and `[dump]` for dump: a key there that is not an option is an error.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import { infoOf } from "./CommandTable.js"
import { nearest } from "./internal/nearest.js"
import type { Line } from "./internal/optionFileSyntax.js"
import { fileError, parse } from "./internal/optionFileSyntax.js"
import { parseBoolean } from "./internal/values.js"
import type { CommandName, Entry, Lookup, OptionTable } from "./OptionTable.js"
import { entriesOf, find, Found, lookup } from "./OptionTable.js"
import * as Setting from "./Setting.js"
import { UsageError } from "./UsageError.js"

/**
 * The option files that are read when the command line names none, without the one in the home directory.
 *
 * @since 0.1.0
 * @category constants
 */
export const machineFiles: ReadonlyArray<string> = ["/etc/my.cnf", "/etc/mysql/my.cnf", "/etc/mydumper.cnf"]

/**
 * Groups that every MySQL client reads.
 *
 * @since 0.1.0
 * @category constants
 */
export const clientGroups: ReadonlyArray<string> = ["client", "client-server", "client-mariadb"]

/**
 * The keys of the client groups that are used, as MySQL and MariaDB spell them.
 *
 * @since 0.1.0
 * @category constants
 */
export const clientKeys: ReadonlyArray<string> = [
  "host",
  "user",
  "password",
  "port",
  "socket",
  "protocol",
  "ssl",
  "skip-ssl",
  "disable-ssl",
  "ssl-mode",
  "ssl-ca",
  "ssl-capath",
  "ssl-cert",
  "ssl-key",
  "ssl-cipher",
  "ssl-verify-server-cert",
  "skip-ssl-verify-server-cert",
  "disable-ssl-verify-server-cert",
  "tls-version",
  "enable-cleartext-plugin"
]

/**
 * The groups of a command of ours.
 *
 * @since 0.1.0
 * @category getters
 */
export const ownGroups = (command: CommandName): ReadonlyArray<string> => ["sluice", ...infoOf(command).groups]

/**
 * What the option files say.
 *
 * @since 0.1.0
 * @category models
 */
export interface Loaded {
  readonly settings: ReadonlyArray<Setting.Setting>
  /** Lines for people. */
  readonly notices: ReadonlyArray<string>
  /** The files that were read, in order. */
  readonly files: ReadonlyArray<string>
}

interface Written {
  readonly settings: ReadonlyArray<Setting.Setting>
  readonly notices: ReadonlyArray<string>
}

type Assignment = Extract<Line, { readonly _tag: "Assignment" }>

const nothing: Written = { settings: [], notices: [] }

/** The setting of one line, once it is known which option it is. */
const settingOf = (
  path: string,
  { cut, key, line, raw, value }: Assignment,
  entry: Entry,
  negated: boolean
): Either.Either<Setting.Setting, UsageError> => {
  const refuse = (problem: string, advice: string): Either.Either<never, UsageError> =>
    Either.left(fileError(path, line, `${key} ${problem}`, advice))
  const made = (values: ReadonlyArray<Setting.Value>, bare: boolean): Setting.Setting => ({
    name: entry.name,
    values,
    bare,
    origin: Setting.Origin.OptionFile({ path, line })
  })
  const plain = (text: string) => [Setting.Value.Plain({ text })]
  const { kind } = entry
  if (!entry.inFiles) return refuse("cannot be set in an option file", "give it on the command line")
  if (cut) {
    return refuse("has a # right after its value", "put the value in quotes, or a blank before the comment")
  }
  if (value === undefined || raw === undefined) {
    if (kind._tag === "Flag") return Either.right(made(plain(String(!negated)), true))
    if (kind._tag === "Secret") return Either.right(made([Setting.Value.Prompt()], true))
    return kind._tag === "Choice" && kind.bare !== undefined
      ? Either.right(made(plain(kind.bare), true))
      : refuse("needs a value", `write ${key}=${entry.metavar}`)
  }
  if (kind._tag === "Flag") {
    return Either.match(parseBoolean(value, negated), {
      onLeft: ({ advice, problem }) => refuse(problem, advice),
      onRight: ([text = ""]) => Either.right(made(plain(text), false))
    })
  }
  return Either.match(Setting.valuesOf(entry, kind._tag === "Pattern" ? raw : value), {
    onLeft: ({ advice, problem }) => refuse(problem, advice),
    onRight: (values) => Either.right(made(values, false))
  })
}

/** More keys of encryption. They belong to other programs too, but nobody should rely on them in vain. */
const asksForEncryption = (key: string, value: string | undefined): boolean =>
  /^(ssl|tls)/.test(key) && value !== "" &&
  !["0", "OFF", "FALSE", "NO", "DISABLED"].includes(value?.toUpperCase() ?? "")

const readClientKey = (
  spellings: Lookup,
  path: string,
  assignment: Assignment
): Either.Either<Written, UsageError> => {
  const { group, line, value } = assignment
  const key = assignment.key.replace(/^loose-/, "")
  const found = clientKeys.includes(key) ? find(spellings, `--${key}`) : Option.none()
  if (Option.isSome(found) && found.value._tag === "Known") {
    const { entry, negated } = found.value
    // other programs read this file as well and take what stands before a #, so it is not questioned here
    return Either.map(settingOf(path, { ...assignment, cut: false }, entry, negated), (setting) => ({
      settings: [setting],
      notices: []
    }))
  }
  return Either.right({
    settings: [],
    notices: asksForEncryption(key, value)
      ? [`${path}, line ${line}: ${key} in [${group}] is not available in this version and has no effect`]
      : []
  })
}

const readOwnKey = (
  spellings: Lookup,
  path: string,
  assignment: Assignment
): Either.Either<Written, UsageError> => {
  const { group, key, line } = assignment
  const { command, table } = spellings
  const refuse = (problem: string, advice: string): Either.Either<Written, UsageError> =>
    Either.left(fileError(path, line, problem, advice))
  const unknown = () => {
    const meant = nearest(key, entriesOf(table, command).filter((entry) => entry.inFiles).map((entry) => entry.name))
    return refuse(
      `there is no option ${JSON.stringify(key)} in [${group}]`,
      meant === undefined ? `sluice ${command} --help lists the options` : `did you mean ${meant}?`
    )
  }
  // in the group of all commands, what only another one has is for that one
  const isElsewhere = group === "sluice" &&
    table.entries.some((entry) => [entry.name, ...entry.aliases, ...entry.negations].includes(key))
  return Option.match(key.length > 1 ? find(spellings, `--${key}`) : Option.none(), {
    onNone: unknown,
    onSome: Found.$match({
      Known: ({ entry, negated }) =>
        // what another command may have in a file, and this one may not, is for that one
        !entry.inFiles && group === "sluice" &&
          table.entries.some(({ inFiles, name }) => inFiles && name === entry.name)
          ? Either.right(nothing)
          : Either.map(settingOf(path, assignment, entry, negated), (setting) => ({
            settings: [setting],
            notices: []
          })),
      NotAvailable: ({ item }) =>
        isElsewhere
          ? Either.right(nothing)
          : refuse(`${key} ${item.reason}`, `${item.advice}, or read no file with --no-defaults`),
      Elsewhere: ({ commands }) =>
        isElsewhere
          ? Either.right(nothing)
          : refuse(`${key} belongs to sluice ${commands.join(" and ")}, not to ${command}`, `move it out of [${group}]`)
    })
  })
}

/** Sections of mydumper that would change what is dumped or restored. Leaving them out silently could leak or lose rows. */
const isForeignSection = (command: CommandName, group: string): boolean =>
  infoOf(command).foreignSections.some((begin) => group.startsWith(begin) || group.includes("`"))

const readAssignment = (
  spellings: Lookup,
  path: string,
  assignment: Assignment
): Either.Either<Written, UsageError> => {
  const { command } = spellings
  const { group, line } = assignment
  if (clientGroups.includes(group)) return readClientKey(spellings, path, assignment)
  if (ownGroups(command).includes(group)) return readOwnKey(spellings, path, assignment)
  return isForeignSection(command, group)
    ? Either.left(
      fileError(
        path,
        line,
        `the section [${group}] is not available yet in this version`,
        "take it out, or read no file with --no-defaults"
      )
    )
    : Either.right(nothing)
}

const reasonOf = (error: PlatformError): string => error._tag === "SystemError" ? error.reason : error._tag

const unreadable = (path: string, reason: string, named: string): UsageError =>
  new UsageError({
    reason: "OptionFile",
    problem: `cannot read the option file ${path} (${reason})`,
    advice: `check ${named} and its permissions`
  })

const decode = (path: string, bytes: Uint8Array): Either.Either<string, UsageError> =>
  Either.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () =>
      new UsageError({
        reason: "OptionFile",
        problem: `the option file ${path} is not in UTF-8`,
        advice: "save it as UTF-8"
      })
  })

/** How deep files may include each other, as in MySQL. */
const deepest = 10

type Read = Effect.Effect<Loaded, UsageError, FileSystem.FileSystem | Path.Path>

const join = (parts: ReadonlyArray<Loaded>): Loaded => ({
  settings: parts.flatMap((part) => part.settings),
  notices: parts.flatMap((part) => part.notices),
  files: parts.flatMap((part) => part.files)
})

const readText = (spellings: Lookup, path: string, bytes: Uint8Array, depth: number): Read =>
  Effect.gen(function*() {
    const paths = yield* Path.Path
    const lines = yield* parse(path, yield* decode(path, bytes))
    const parts = yield* Effect.forEach(lines, (line): Read => {
      if (line._tag === "Assignment") {
        return Effect.map(readAssignment(spellings, path, line), (written) => ({ ...written, files: [] }))
      }
      const target = paths.resolve(paths.dirname(path), line.target)
      const from = `the line ${line.line} of ${path}`
      if (depth >= deepest) {
        return Effect.fail(fileError(path, line.line, "files include each other too deeply", "take one of them out"))
      }
      return line._tag === "Include"
        ? readNamed(spellings, target, from, depth + 1)
        : readDirectory(spellings, target, from, depth + 1)
    })
    return join([{ settings: [], notices: [], files: [path] }, ...parts])
  })

const readNamed = (spellings: Lookup, path: string, named: string, depth: number): Read =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const bytes = yield* Effect.mapError(fs.readFile(path), (error) => unreadable(path, reasonOf(error), named))
    return yield* readText(spellings, path, bytes, depth)
  })

const readDirectory = (spellings: Lookup, path: string, named: string, depth: number): Read =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    const names = yield* Effect.mapError(fs.readDirectory(path), (error) => unreadable(path, reasonOf(error), named))
    const files = names.filter((name) => name.endsWith(".cnf")).sort()
    return join(yield* Effect.forEach(files, (name) => readNamed(spellings, paths.join(path, name), named, depth)))
  })

/** A file of the machine: it need not be there, and one that cannot be read is only worth a notice. */
const readOptional = (spellings: Lookup, path: string): Read =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const none: Loaded = { settings: [], notices: [], files: [] }
    return yield* Effect.matchEffect(fs.readFile(path), {
      onFailure: (error) =>
        Effect.succeed(
          reasonOf(error) === "NotFound"
            ? none
            : { ...none, notices: [`the option file ${path} cannot be read (${reasonOf(error)}) and is left out`] }
        ),
      onSuccess: (bytes) => readText(spellings, path, bytes, 0)
    })
  })

/**
 * Reads the option files of a run. `commandLine` says which ones; `home` is the home directory, if there is one.
 *
 * Fails for a named file that cannot be read, for a line that is no option file, and for a key of our own groups that is
 * no option; each error names the file and the line.
 *
 * @since 0.1.0
 * @category parsing
 */
export const load = (
  table: OptionTable,
  options: {
    readonly command: CommandName
    readonly commandLine: ReadonlyArray<Setting.Setting>
    readonly home: string | undefined
  }
): Read =>
  Effect.gen(function*() {
    const paths = yield* Path.Path
    const { command, commandLine, home } = options
    const spellings = lookup(table, command)
    const only = Setting.textOf(commandLine, "defaults-file")
    const extra = Setting.textOf(commandLine, "defaults-extra-file")
    const machine = [...machineFiles, ...(home === undefined || home === "" ? [] : [paths.join(home, ".my.cnf")])]
    const base = only !== undefined
      ? [readNamed(spellings, only, "--defaults-file", 0)]
      : Setting.textOf(commandLine, "no-defaults") === "true"
      ? []
      : machine.map((path) => readOptional(spellings, path))
    const named = extra === undefined ? [] : [readNamed(spellings, extra, "--defaults-extra-file", 0)]
    const read = join(yield* Effect.all([...base, ...named]))
    return { ...read, settings: yield* Setting.collapse(table, command, read.settings) }
  })
