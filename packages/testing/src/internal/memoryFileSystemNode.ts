/**
 * What Node makes of the kernel's calls: the steps of `lib/fs.js`, `lib/internal/fs/rimraf.js` and
 * `lib/internal/fs/cp/cp.js` of Node 20, so that results and errors are the same, odd ones too.
 */
import * as NodePath from "node:path"

import * as Either from "effect/Either"

import * as Calls from "./memoryFileSystemCalls.js"
import * as Content from "./memoryFileSystemContent.js"
import * as Descriptor from "./memoryFileSystemDescriptor.js"
import { type Code, type Coded, failure, from, no, nodeFailure, type Result } from "./memoryFileSystemFailure.js"
import * as Tree from "./memoryFileSystemTree.js"

type State = Tree.State

const Path = NodePath.posix

/** @internal */
export const readFile = (state: State, path: string): Result<Uint8Array> =>
  Descriptor.using(state, path, "r", 0, ({ inode }) =>
    inode._tag === "Directory"
      ? Either.left(failure("EISDIR", "read"))
      : Either.right(Content.copy(inode.content)))

/** @internal */
export const readDirectory = (state: State, path: string, recursive: boolean): Result<Array<string>> =>
  Either.gen(function*() {
    const names = yield* Calls.scandir(state, path)
    if (!recursive) {
      return names
    }
    const found: Array<string> = []
    const queue = [{ path, names }]
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const name of next.names) {
        const entry = Path.join(next.path, name)
        found.push(Path.relative(Path.resolve("/", path), Path.resolve("/", entry)))
        const inode = Calls.stat(state, entry)
        if (Either.isRight(inode) && inode.right._tag === "Directory") {
          queue.push({ path: entry, names: yield* Calls.scandir(state, entry) })
        }
      }
    }
    return found
  })

const refused = (code: Code, path: string): Result<void> => from("mkdir", path)(no(code))

/**
 * Makes a directory and those above it. A missing parent is made first, then the path is tried again.
 *
 * @internal
 */
export const mkdirp = (state: State, path: string, mode: number): Result<void> => {
  const paths = [path]
  for (let next = paths.pop(); next !== undefined; next = paths.pop()) {
    const made = Calls.mkdir(state, next, mode)
    if (Either.isRight(made)) {
      continue
    }
    const code = made.left.code
    if (code === "EACCES" || code === "ENOTDIR" || code === "EPERM") {
      return made
    }
    const parent = next.includes("/") ? next.slice(0, next.lastIndexOf("/")) : next
    if (code === "ENOENT" && parent !== next) {
      paths.push(next, parent)
      continue
    }
    const there = Tree.lookup(state, next, true)
    const isDirectory = Either.isRight(there) && there.right._tag === "Directory"
    if (paths.length === 0) {
      return isDirectory ? Either.void : refused(Either.isLeft(there) ? there.left : "EEXIST", next)
    }
    if (!isDirectory) {
      return refused(Either.isLeft(there) && code !== "EEXIST" ? there.left : "ENOTDIR", next)
    }
  }
  return Either.void
}

/**
 * Names are counted, not drawn: a test sees the same ones each time.
 *
 * @internal
 */
export const mkdtemp = (state: State, prefix: string): Result<string> => {
  const path = prefix + (++state.temporaries).toString(36).padStart(6, "0")
  const made = Calls.makeDirectory(state, path, 0o700)
  return Either.isLeft(made) && made.left === "EEXIST"
    ? mkdtemp(state, prefix)
    : made.pipe(Either.map(() => path), from("mkdtemp", `${prefix}XXXXXX`))
}

// What is gone is removed: also when a path through a directory leads nowhere once that is gone.
const rimraf = (state: State, path: string): Result<void> =>
  Either.orElse(
    removeAny(state, path),
    (left) => left.code === "ENOENT" ? Either.void : Either.left(left)
  )

const removeAny = (state: State, path: string): Result<void> => {
  const there = Calls.lstat(state, path)
  if (Either.isRight(there) && there.right._tag === "Directory") {
    const removed = Calls.rmdir(state, path)
    return Either.isRight(removed) || removed.left.code === "ENOTDIR"
      ? Either.void
      : removed.left.code === "ENOTEMPTY"
      ? removeChildren(state, path)
      : removed
  }
  return Calls.unlink(state, path)
}

// Goes on after a failure, as Node does, and reports the first one.
const removeChildren = (state: State, path: string): Result<void> =>
  Either.gen(function*() {
    const names = yield* Calls.scandir(state, path)
    const failed = names.map((name) => rimraf(state, `${path}/${name}`)).find(Either.isLeft)
    return yield* failed ?? Calls.rmdir(state, path)
  })

/** @internal */
export const rm = (
  state: State,
  path: string,
  options: { readonly recursive: boolean; readonly force: boolean }
): Result<void> => {
  const there = Calls.lstat(state, path)
  if (Either.isLeft(there)) {
    return options.force && there.left.code === "ENOENT" ? Either.void : Either.left(there.left)
  }
  return there.right._tag === "Directory" && !options.recursive
    ? Either.left(nodeFailure("ERR_FS_EISDIR", "Path is a directory", "rm", "EISDIR", "is a directory", path))
    : rimraf(state, path)
}

/**
 * Node walks the path itself, and takes `..` out by the text before it looks.
 *
 * @internal
 */
export const realpath = (state: State, path: string): Result<string> =>
  Either.gen(function*() {
    let rest = Path.resolve("/", path).split("/").filter((name) => name !== "")
    let real = "/"
    for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
      const base = Path.join(real, name)
      const inode = yield* Calls.lstat(state, base)
      if (inode._tag === "SymbolicLink") {
        yield* Calls.stat(state, base)
        rest = Path.resolve(real, inode.target, ...rest).split("/").filter((name) => name !== "")
        real = "/"
      } else {
        real = base
      }
    }
    return real
  })

const copyBytes = (
  state: State,
  source: Tree.File | Tree.Directory,
  target: Tree.File | Tree.Directory
): Coded<void> => {
  if (source === target || target._tag === "Directory") {
    return Either.void
  }
  Calls.empty(state, target)
  target.mode = source.mode
  return source._tag === "Directory"
    ? no("EISDIR")
    : Descriptor.storeAll(state, target, Content.copy(source.content), 0)
}

/**
 * A copy that fails takes its target away, even one that was there before: libuv does so.
 *
 * @internal
 */
export const copyFile = (state: State, path: string, newPath: string): Result<void> =>
  Either.gen(function*() {
    const source = yield* Calls.open(state, path, { read: true }, 0)
    const target = yield* Calls.open(state, newPath, { write: true, create: true }, source.mode)
    const copied = copyBytes(state, source, target)
    if (Either.isLeft(copied)) {
      Calls.unlink(state, newPath)
    }
    return yield* copied
  }).pipe(from("copyfile", path, newPath))
