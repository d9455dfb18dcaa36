import * as NodePath from "node:path"

import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"

import type { Call, Options } from "../MemoryFileSystem.js"
import * as Calls from "./memoryFileSystemCalls.js"
import * as Content from "./memoryFileSystemContent.js"
import * as Copy from "./memoryFileSystemCopy.js"
import * as Descriptor from "./memoryFileSystemDescriptor.js"
import { badArgument, type Result, toPlatformError } from "./memoryFileSystemFailure.js"
import * as File from "./memoryFileSystemFile.js"
import * as Node from "./memoryFileSystemNode.js"
import * as Tree from "./memoryFileSystemTree.js"

const Path = NodePath.posix

const isMode = (mode: number | undefined) =>
  mode === undefined || (Number.isInteger(mode) && mode >= 0 && mode <= 0xffffffff)

/** Seconds or a date, to milliseconds. As Node has it, a negative number means now. */
const toMillis = (time: Date | number, now: number): number =>
  typeof time !== "number" ? time.getTime() : time < 0 ? now : time * 1000

const temporaryPrefix = (options: FileSystem.MakeTempDirectoryOptions | undefined): string => {
  const directory = typeof options?.directory === "string" ? Path.join(options.directory, ".") : "/tmp"
  return options?.prefix ? Path.join(directory, options.prefix) : `${directory}/`
}

const collect = (
  self: Tree.Directory,
  path: string,
  entriesOf: (directory: Tree.Directory) => ReadonlyMap<string, Tree.Inode>,
  bytesOf: (file: Tree.File) => Uint8Array,
  into: Map<string, Uint8Array>
): ReadonlyMap<string, Uint8Array> => {
  for (const [name, inode] of entriesOf(self)) {
    if (inode._tag === "File") {
      into.set(`${path}/${name}`, bytesOf(inode))
    } else if (inode._tag === "Directory") {
      collect(inode, `${path}/${name}`, entriesOf, bytesOf, into)
    }
  }
  return into
}

const fromState = (state: Tree.State, fault: (call: Call) => PlatformError | undefined) => {
  // Each operation runs in one go: no other fiber can see it half done.
  const step = <A>(operation: () => Either.Either<A, PlatformError>): Effect.Effect<A, PlatformError> =>
    Effect.clockWith((clock) => {
      state.now = clock.unsafeCurrentTimeMillis()
      return operation()
    })

  const run: File.Run = (call, operation) =>
    Effect.suspend(() => {
      const failed = fault(call)
      return failed === undefined ? step(operation) : Effect.fail(failed)
    })

  const on = <A>(method: string, paths: readonly [string, string?], operation: () => Result<A>) =>
    run({ method, path: paths[0] }, () =>
      paths.some((path) => path?.includes("\0"))
        ? Either.left(badArgument(method, "a path must not hold a null byte"))
        : Either.mapLeft(operation(), toPlatformError(method, paths[0])))

  const withMode = <A, R>(method: string, mode: number | undefined, self: Effect.Effect<A, PlatformError, R>) =>
    isMode(mode) ? self : Effect.fail(badArgument(method, "a mode is an integer from 0 to 0xffffffff"))

  const openWith = (method: string) => (path: string, options?: FileSystem.OpenFileOptions) =>
    withMode(
      method,
      options?.mode,
      Effect.acquireRelease(
        on(method, [path], () => Descriptor.open(state, path, options?.flag ?? "r", options?.mode ?? 0o666)),
        (descriptor) => Effect.sync(() => Descriptor.close(state, descriptor))
      )
    ).pipe(Effect.map((descriptor) => File.make(run, state, descriptor)))

  const tempDirectory = (method: string) => (options?: FileSystem.MakeTempDirectoryOptions) => {
    const prefix = temporaryPrefix(options)
    return on(method, [prefix], () => Node.mkdtemp(state, prefix))
  }

  const tempFile = (method: string) => (options?: FileSystem.MakeTempFileOptions) =>
    Effect.flatMap(tempDirectory(method)(options), (directory) => {
      const path = Path.join(directory, state.temporaries.toString(16).padStart(12, "0") + (options?.suffix ?? ""))
      return Effect.as(Effect.scoped(openWith(method)(path, { flag: "w+" })), path)
    })

  const removeTemporary = (method: string, path: string) =>
    Effect.orDie(
      step(() => Either.mapLeft(Node.rm(state, path, { recursive: true, force: false }), toPlatformError(method, path)))
    )

  return FileSystem.make({
    access: (path, options) => on("access", [path], () => Calls.access(state, path, options)),
    chmod: (path, mode) => withMode("chmod", mode, on("chmod", [path], () => Calls.chmod(state, path, mode))),
    chown: (path, uid, gid) => on("chown", [path], () => Calls.chown(state, path, uid, gid)),
    copy: (from, to, options) =>
      on("copy", [from, to], () =>
        Copy.cp(state, from, to, {
          force: options?.overwrite ?? false,
          preserveTimestamps: options?.preserveTimestamps ?? false
        })),
    copyFile: (from, to) => on("copyFile", [from, to], () => Node.copyFile(state, from, to)),
    link: (from, to) => on("link", [from, to], () => Calls.link(state, from, to)),
    makeDirectory: (path, options) =>
      withMode(
        "makeDirectory",
        options?.mode,
        on("makeDirectory", [path], () =>
          options?.recursive
            ? Node.mkdirp(state, path, options.mode ?? 0o777)
            : Calls.mkdir(state, path, options?.mode ?? 0o777))
      ),
    makeTempDirectory: tempDirectory("makeTempDirectory"),
    makeTempDirectoryScoped: (options) =>
      Effect.acquireRelease(
        tempDirectory("makeTempDirectoryScoped")(options),
        (path) => removeTemporary("makeTempDirectoryScoped", path)
      ),
    makeTempFile: tempFile("makeTempFile"),
    makeTempFileScoped: (options) =>
      Effect.acquireRelease(
        tempFile("makeTempFileScoped")(options),
        (path) => removeTemporary("makeTempFileScoped", Path.dirname(path))
      ),
    open: openWith("open"),
    readDirectory: (path, options) =>
      on("readDirectory", [path], () => Node.readDirectory(state, path, options?.recursive ?? false)),
    readFile: (path) => on("readFile", [path], () => Node.readFile(state, path)),
    readLink: (path) => on("readLink", [path], () => Calls.readlink(state, path)),
    realPath: (path) => on("realPath", [path], () => Node.realpath(state, path)),
    remove: (path, options) =>
      on(
        "remove",
        [path],
        () => Node.rm(state, path, { recursive: options?.recursive ?? false, force: options?.force ?? false })
      ),
    rename: (from, to) => on("rename", [from, to], () => Calls.rename(state, from, to)),
    stat: (path) => on("stat", [path], () => Either.map(Calls.stat(state, path), File.info)),
    symlink: (target, path) => on("symlink", [target, path], () => Calls.symlink(state, target, path)),
    truncate: (path, length) =>
      on(
        "truncate",
        [path],
        () =>
          Descriptor.using(state, path, "r+", 0, (descriptor) =>
            Descriptor.truncate(state, descriptor, Number(length ?? 0)))
      ),
    // Node's layer names the method of its errors so.
    utimes: (path, atime, mtime) =>
      on("utime", [path], () => Calls.utimes(state, path, toMillis(atime, state.now), toMillis(mtime, state.now))),
    watch: (path) =>
      Stream.unwrap(Effect.map(
        on("watch", [path], () => Calls.stat(state, path)),
        () => Stream.fail(badArgument("watch", "the memory file system does not report changes: look again instead"))
      )),
    writeFile: (path, data, options) =>
      withMode(
        "writeFile",
        options?.mode,
        on("writeFile", [path], () =>
          Descriptor.using(state, path, options?.flag ?? "w", options?.mode ?? 0o666, (descriptor) =>
            Descriptor.writeAll(state, descriptor, data)))
      )
  })
}

/** @internal */
export const make = (options: Options) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const state = Tree.make({
      superuser: options.root ?? false,
      umask: options.umask ?? 0o022,
      capacity: options.capacity ?? Number.POSITIVE_INFINITY,
      now
    })
    return {
      fileSystem: fromState(state, options.fault ?? (() => undefined)),
      memory: {
        snapshot: Effect.sync(() =>
          collect(state.root, "", ({ entries }) => entries, ({ content }) => Content.copy(content), new Map())
        ),
        durable: Effect.sync(() =>
          collect(state.root, "", ({ synced }) => synced, ({ content }) => content.synced.slice(), new Map())
        ),
        used: Effect.sync(() => state.used),
        opened: Effect.sync(() => [...state.opened.values()])
      }
    }
  })
