/**
 * Staging in a folder.
 *
 * @internal
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as FileName from "@sluice/format/FileName"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"

import * as Checksum from "../Checksum.js"
import { BackupError, OutputError } from "../SluiceError.js"
import type { SharedDirectory, SmallFile, StagedFile, Staging } from "../Staging.js"
import { toBackupError, toOutputError } from "./platform.js"
import * as internal from "./staging.js"

const blockSize = 256 * 1024

/** A reader of mydumper's keeps sizes in 32 bits; half of that leaves room and is large enough for any pipe. */
const largestFile = 2 * 1024 * 1024 * 1024

/** @internal */
export interface Options {
  readonly path: string
  /**
   * What may be in the folder: `Nothing` that looks like a backup's file, `Anything`; or `Cleared`: a backup that is
   * there already is removed. `Present` is a folder that must be there, to be read; `Shared` is one that another
   * program makes, perhaps only later.
   */
  readonly contents: "Nothing" | "Cleared" | "Anything" | "Present" | "Shared"
}

/** A disk syncs several files in the time of one. */
const syncedAtOnce = 4

/** The name of a file under way: hidden, so that it is no backup's name, and telling which file it would become. */
const partial = (name: string): string => `.${name}.partial`

const kinds: { readonly [T in FileSystem.File.Type]: string } = {
  File: "file",
  Directory: "folder",
  SymbolicLink: "link",
  BlockDevice: "device",
  CharacterDevice: "device",
  FIFO: "pipe",
  Socket: "socket",
  Unknown: "thing of an unknown kind"
}

const isPartial = (name: string): boolean => name.startsWith(".") && name.endsWith(".partial")

const isOurs = (name: string): boolean => isPartial(name) || Either.isRight(FileName.parse(name))

/** Makes sure that the names in a folder are on the disk; one that may be written to may still not be read. */
const syncNames = (fs: FileSystem.FileSystem, folder: string) =>
  Effect.scoped(Effect.flatMap(fs.open(folder, { flag: "r" }), (handle) => handle.sync)).pipe(
    Effect.catchIf(
      (error) => error._tag === "SystemError" && error.reason === "PermissionDenied",
      () => Effect.void
    )
  )

const prepare = (fs: FileSystem.FileSystem, path: Path.Path, options: Options) =>
  Effect.gen(function*() {
    const folder = path.resolve(options.path)
    if (options.contents === "Shared") {
      return folder
    }
    if (options.contents === "Present") {
      yield* Effect.mapError(fs.readDirectory(folder), toBackupError("cannot read the backup's folder", options.path))
      return folder
    }
    // one level at a time: Node's recursive mkdir never returns under some special folders
    const make = (at: string): Effect.Effect<void, OutputError> =>
      Effect.flatMap(Effect.orElseSucceed(fs.exists(at), () => false), (exists) =>
        exists ? Effect.void : Effect.zipRight(
          path.dirname(at) === at ? Effect.void : make(path.dirname(at)),
          Effect.mapError(
            Effect.zipRight(fs.makeDirectory(at, { mode: 0o700 }), syncNames(fs, path.dirname(at))),
            toOutputError("cannot make the folder", at)
          )
        ))
    yield* make(folder)
    const names = yield* Effect.mapError(
      fs.readDirectory(folder),
      toOutputError("cannot read the folder", options.path)
    )
    if (options.contents === "Nothing" && names.length > 0) {
      return yield* new OutputError({
        reason: "NotEmpty",
        what: "the folder is not empty",
        where: options.path,
        detail: `it holds ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", ..." : ""}`,
        advice: "Name another folder, or empty it"
      })
    }
    if (options.contents === "Cleared") {
      yield* Effect.forEach(names.filter(isOurs), (name) => fs.remove(path.join(folder, name)), { discard: true }).pipe(
        Effect.mapError(toOutputError("cannot empty the folder", options.path))
      )
    }
    yield* Effect.mapError(
      fs.access(folder, { writable: true }),
      toOutputError("cannot write to the folder", options.path)
    )
    return folder
  })

/** @internal */
export const make = (options: Options): Effect.Effect<
  { readonly staging: Staging["Type"]; readonly shared: SharedDirectory["Type"] },
  OutputError | BackupError,
  FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = yield* prepare(fs, path, options)
    const at = (name: string): string => path.join(folder, name)

    const begin = (name: string) =>
      Effect.gen(function*() {
        const failed = toOutputError("cannot write a file of the backup", at(name))
        const temporary = at(partial(name))
        let closed = false
        yield* Effect.addFinalizer(() => closed ? Effect.void : Effect.ignore(fs.remove(temporary, { force: true })))
        // `wx`: a link that a stranger put there is not followed
        const make = fs.open(temporary, { flag: "wx", mode: 0o600 })
        const handle = yield* make.pipe(
          Effect.catchIf(
            (error) => error._tag === "SystemError" && error.reason === "AlreadyExists",
            () => Effect.zipRight(fs.remove(temporary, { force: true }), make)
          ),
          Effect.mapError(failed)
        )
        return {
          write: (bytes: Uint8Array) => Effect.mapError(handle.writeAll(bytes), failed),
          /** Gives it its name, which the folder does not hold for sure before it is synced. */
          named: handle.sync.pipe(
            Effect.zipRight(fs.exists(at(name))),
            Effect.mapError(failed),
            Effect.flatMap((exists): Effect.Effect<void, OutputError> =>
              exists
                ? new OutputError({
                  reason: "File",
                  what: "cannot write a file of the backup",
                  where: at(name),
                  detail: "it is already there"
                })
                : Effect.map(Effect.mapError(fs.rename(temporary, at(name)), failed), () => {
                  closed = true
                })
            )
          ),
          synced: Effect.mapError(syncNames(fs, folder), failed)
        }
      })

    const open: internal.Open = (name) =>
      Effect.map(begin(name), ({ named, synced, write }) => ({ write, close: Effect.zipRight(named, synced) }))

    /** The folder is synced once for all of them. */
    const putAll = (files: ReadonlyArray<SmallFile>): Effect.Effect<ReadonlyArray<StagedFile>, OutputError> => {
      const one = ({ content, name }: SmallFile) =>
        Effect.scoped(Effect.flatMap(begin(name), ({ named, write }) => Effect.zipRight(write(content), named)))
      return files.length === 0 ? Effect.succeed([]) : Effect.forEach(
        Arr.chunksOf(files, Math.ceil(files.length / syncedAtOnce)),
        (some) => Effect.forEach(some, one, { discard: true }),
        { concurrency: "unbounded", discard: true }
      ).pipe(
        Effect.zipRight(
          Effect.mapError(syncNames(fs, folder), toOutputError("cannot write a file of the backup", folder))
        ),
        Effect.map(() => files.map(internal.staged))
      )
    }

    const read = (name: string) =>
      Stream.mapError(
        fs.stream(at(name), { chunkSize: blockSize }),
        toBackupError("cannot read a file of the backup", at(name))
      )

    /**
     * Whoever wrote the folder may be a stranger: a pipe with a file's name would be waited for without end, and a link
     * may lead to any file of this machine. The platform cannot open without following links, so this looks first.
     */
    const isOwnFile = (name: string): Effect.Effect<void, BackupError> =>
      Effect.gen(function*() {
        const failed = toBackupError("cannot read a file of the backup", at(name))
        const refused = (reason: "Unexpected" | "UnsafeName", detail: string) =>
          new BackupError({
            reason,
            what: "a file of the backup is refused",
            where: at(name),
            detail,
            advice: "Put the file itself into the folder"
          })
        const { type } = yield* Effect.mapError(fs.stat(at(name)), failed)
        if (type !== "File") {
          return yield* refused("Unexpected", `it is no file but a ${kinds[type]}`)
        }
        const real = yield* Effect.mapError(fs.realPath(at(name)), failed)
        if (path.dirname(real) !== (yield* Effect.mapError(fs.realPath(folder), failed))) {
          return yield* refused("UnsafeName", `it is a link that leaves the folder, to ${real}`)
        }
      })

    const staging: Staging["Type"] = {
      share: largestFile,
      create: internal.create(open),
      put: (name, content) => Effect.map(putAll([{ name, content }]), () => internal.staged({ name, content })),
      putAll,
      read,
      whole: (name) =>
        Effect.mapBoth(fs.readFile(at(name)), {
          onSuccess: Arr.of,
          onFailure: toBackupError("cannot read a file of the backup", at(name))
        }),
      list: fs.readDirectory(folder).pipe(
        Effect.map((names) => names.filter((name) => !name.startsWith(".")).sort()),
        Effect.mapError(toBackupError("cannot read the backup's folder", options.path))
      ),
      remove: (name) => Effect.mapError(fs.remove(at(name)), toOutputError("cannot remove a file", at(name))),
      park: () => Effect.void
    }

    const shared: SharedDirectory["Type"] = {
      path: options.path,
      adopt: (name) =>
        Effect.flatMap(isOwnFile(name), () => {
          const checksum = Checksum.make()
          let bytes = 0
          return Stream.runForEach(read(name), (block) =>
            Effect.sync(() => {
              checksum.update(block)
              bytes += block.length
            })).pipe(Effect.map(() => ({ name, bytes, rows: 0, checksum: checksum.value() })))
        })
    }
    return { staging, shared }
  })
