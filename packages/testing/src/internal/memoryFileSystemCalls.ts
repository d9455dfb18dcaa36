/**
 * What the kernel does: one function a system call, each atomic. The order of the checks is Linux's, because it decides
 * which error wins.
 */
import type { OpenFlag } from "@effect/platform/FileSystem"
import * as Either from "effect/Either"

import * as Content from "./memoryFileSystemContent.js"
import { type Coded, from, no, type Result } from "./memoryFileSystemFailure.js"
import * as Tree from "./memoryFileSystemTree.js"

type State = Tree.State

/** @internal */
export interface Flags {
  readonly read?: true
  readonly write?: true
  readonly create?: true
  readonly exclusive?: true
  readonly truncate?: true
  readonly append?: true
}

/** @internal */
export const flags: { readonly [K in OpenFlag]: Flags } = {
  "r": { read: true },
  "r+": { read: true, write: true },
  "w": { write: true, create: true, truncate: true },
  "wx": { write: true, create: true, exclusive: true, truncate: true },
  "w+": { read: true, write: true, create: true, truncate: true },
  "wx+": { read: true, write: true, create: true, exclusive: true, truncate: true },
  "a": { write: true, create: true, append: true },
  "ax": { write: true, create: true, exclusive: true, append: true },
  "a+": { read: true, write: true, create: true, append: true },
  "ax+": { read: true, write: true, create: true, exclusive: true, append: true }
}

const unit: Coded<void> = Either.void

/** @internal */
export const empty = (state: State, file: Tree.File): void => {
  state.used -= file.content.size
  Content.resize(file.content, 0)
  file.mtime = state.now
}

const openExisting = (
  state: State,
  inode: Tree.File | Tree.Directory,
  flags: Flags,
  slash: boolean
): Coded<Tree.File | Tree.Directory> => {
  if (flags.exclusive) {
    return no("EEXIST")
  }
  if (inode._tag === "Directory") {
    return flags.create || flags.write
      ? no("EISDIR")
      : Tree.isReadable(state, inode)
      ? Either.right(inode)
      : no("EACCES")
  }
  if (slash) {
    return no("ENOTDIR")
  }
  if ((flags.read && !Tree.isReadable(state, inode)) || (flags.write && !Tree.isWritable(state, inode))) {
    return no("EACCES")
  }
  if (flags.truncate) {
    empty(state, inode)
  }
  return Either.right(inode)
}

const openFrom = (
  state: State,
  path: string,
  flags: Flags,
  mode: number,
  start: Tree.Directory,
  links: Tree.Links
): Coded<Tree.File | Tree.Directory> =>
  Either.gen(function*() {
    const last = yield* Tree.walk(state, path, start, links)
    if (flags.create && last.slash && !Tree.isDots(last.name)) {
      return yield* no("EISDIR")
    }
    const inode = yield* Tree.child(last)
    if (inode === undefined) {
      if (!flags.create) {
        return yield* no("ENOENT")
      }
      yield* Tree.mayChange(state, last.directory)
      const created = Tree.file(state, mode & ~state.umask)
      Tree.link(state, last.directory, last.name, created)
      return created
    }
    if (inode._tag !== "SymbolicLink") {
      return yield* openExisting(state, inode, flags, last.slash)
    }
    if (flags.exclusive) {
      return yield* no("EEXIST")
    }
    if (links.followed++ >= 40) {
      return yield* no("ELOOP")
    }
    // a slash behind the link stands behind what it names
    return yield* openFrom(state, last.slash ? `${inode.target}/` : inode.target, flags, mode, last.directory, links)
  })

/** @internal */
export const open = (
  state: State,
  path: string,
  flags: Flags,
  mode: number
): Coded<Tree.File | Tree.Directory> => openFrom(state, path, flags, mode, state.root, { followed: 0 })

/** @internal */
export const access = (
  state: State,
  path: string,
  options: { readonly readable?: boolean; readonly writable?: boolean } = {}
): Result<void> =>
  Tree.lookup(state, path, true).pipe(
    Either.flatMap((inode) =>
      (options.readable && !Tree.isReadable(state, inode)) || (options.writable && !Tree.isWritable(state, inode))
        ? no("EACCES")
        : unit
    ),
    from("access", path)
  )

/** @internal */
export const stat = (state: State, path: string): Result<Tree.Inode> =>
  from("stat", path)(Tree.lookup(state, path, true))

/** @internal */
export const lstat = (state: State, path: string): Result<Tree.Inode> =>
  from("lstat", path)(Tree.lookup(state, path, false))

/** @internal */
export const readlink = (state: State, path: string): Result<string> =>
  Tree.lookup(state, path, false).pipe(
    Either.flatMap((inode) => inode._tag === "SymbolicLink" ? Either.right(inode.target) : no("EINVAL")),
    from("readlink", path)
  )

/**
 * The names in a directory, in the order libuv gives them: by their bytes.
 *
 * @internal
 */
export const names = (state: State, path: string): Coded<Array<string>> =>
  Either.flatMap(Tree.lookup(state, path, true), (inode) =>
    inode._tag !== "Directory"
      ? no("ENOTDIR")
      : Tree.isReadable(state, inode)
      ? Either.right([...inode.entries.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
      : no("EACCES"))

/** @internal */
export const scandir = (state: State, path: string): Result<Array<string>> => from("scandir", path)(names(state, path))

/**
 * Where a new entry goes, and that there is none yet.
 */
const vacant = (state: State, path: string, isDirectory: boolean): Coded<Tree.Last> =>
  Either.gen(function*() {
    const last = yield* Tree.walk(state, path)
    if ((yield* Tree.child(last)) !== undefined) {
      return yield* no("EEXIST")
    }
    if (last.slash && !isDirectory) {
      return yield* no("ENOENT")
    }
    yield* Tree.mayChange(state, last.directory)
    return last
  })

/** @internal */
export const makeDirectory = (state: State, path: string, mode: number): Coded<void> =>
  Either.map(
    vacant(state, path, true),
    (last) => Tree.link(state, last.directory, last.name, Tree.directory(state, mode & 0o1777 & ~state.umask))
  )

/** @internal */
export const mkdir = (state: State, path: string, mode: number): Result<void> =>
  from("mkdir", path)(makeDirectory(state, path, mode))

/** @internal */
export const symlink = (state: State, target: string, path: string): Result<void> =>
  (target === "" ? no("ENOENT") : vacant(state, path, false)).pipe(
    Either.map((last) => Tree.link(state, last.directory, last.name, Tree.symbolicLink(state, target))),
    from("symlink", target, path)
  )

/** @internal */
export const link = (state: State, path: string, newPath: string): Result<void> =>
  Either.gen(function*() {
    const inode = yield* Tree.lookup(state, path, false)
    const last = yield* vacant(state, newPath, false)
    if (inode._tag === "Directory") {
      return yield* no("EPERM")
    }
    inode.nlink++
    Tree.link(state, last.directory, last.name, inode)
  }).pipe(from("link", path, newPath))

/** @internal */
export const unlink = (state: State, path: string): Result<void> =>
  Either.gen(function*() {
    const last = yield* Tree.walk(state, path)
    if (Tree.isDots(last.name)) {
      return yield* no("EISDIR")
    }
    const inode = yield* Tree.child(last)
    if (inode === undefined) {
      return yield* no("ENOENT")
    }
    if (last.slash) {
      return yield* no(inode._tag === "Directory" ? "EISDIR" : "ENOTDIR")
    }
    yield* Tree.mayChange(state, last.directory)
    if (inode._tag === "Directory") {
      return yield* no("EISDIR")
    }
    Tree.unlink(state, last.directory, last.name)
    Tree.forget(state, inode)
  }).pipe(from("unlink", path))

/** @internal */
export const rmdir = (state: State, path: string): Result<void> =>
  Either.gen(function*() {
    const last = yield* Tree.walk(state, path)
    if (Tree.isDots(last.name)) {
      return yield* no(last.name === ".." ? "ENOTEMPTY" : last.directory.parent === undefined ? "EBUSY" : "EINVAL")
    }
    const inode = yield* Tree.child(last)
    if (inode === undefined) {
      return yield* no("ENOENT")
    }
    yield* Tree.mayChange(state, last.directory)
    if (inode._tag !== "Directory") {
      return yield* no("ENOTDIR")
    }
    if (inode.entries.size > 0) {
      return yield* no("ENOTEMPTY")
    }
    Tree.unlink(state, last.directory, last.name)
    Tree.forget(state, inode)
  }).pipe(from("rmdir", path))

const mayReplace = (state: State, moved: Tree.Inode, to: Tree.Last, target: Tree.Inode): Coded<void> => {
  const isDirectory = moved._tag === "Directory"
  return Either.flatMap(
    Tree.mayChange(state, to.directory),
    () =>
      isDirectory && target._tag !== "Directory"
        ? no("ENOTDIR")
        : !isDirectory && target._tag === "Directory"
        ? no("EISDIR")
        : unit
  )
}

/** @internal */
export const rename = (state: State, oldPath: string, newPath: string): Result<void> =>
  Either.gen(function*() {
    const old = yield* Tree.walk(state, oldPath)
    const to = yield* Tree.walk(state, newPath)
    if (Tree.isDots(old.name) || Tree.isDots(to.name)) {
      return yield* no("EBUSY")
    }
    const moved = yield* Tree.child(old)
    if (moved === undefined) {
      return yield* no("ENOENT")
    }
    const target = yield* Tree.child(to)
    if (moved._tag !== "Directory" && (old.slash || to.slash)) {
      return yield* no("ENOTDIR")
    }
    if (Tree.isWithin(to.directory, moved)) {
      return yield* no("EINVAL")
    }
    if (target !== undefined && Tree.isWithin(old.directory, target)) {
      return yield* no("ENOTEMPTY")
    }
    if (target === moved) {
      return
    }
    yield* Tree.mayChange(state, old.directory)
    yield* target === undefined ? Tree.mayChange(state, to.directory) : mayReplace(state, moved, to, target)
    if (moved._tag === "Directory" && old.directory !== to.directory && !Tree.isWritable(state, moved)) {
      return yield* no("EACCES")
    }
    if (target?._tag === "Directory" && target.entries.size > 0) {
      return yield* no("ENOTEMPTY")
    }
    if (target !== undefined) {
      Tree.unlink(state, to.directory, to.name)
      Tree.forget(state, target)
    }
    Tree.unlink(state, old.directory, old.name)
    Tree.link(state, to.directory, to.name, moved)
  }).pipe(from("rename", oldPath, newPath))

/** @internal */
export const chmod = (state: State, path: string, mode: number): Result<void> =>
  Tree.lookup(state, path, true).pipe(
    Either.map((inode) => {
      inode.mode = mode & 0o7777
    }),
    from("chmod", path)
  )

/**
 * Only the superuser gives files away. -1 leaves an id as it is.
 *
 * @internal
 */
export const chown = (state: State, path: string, uid: number, gid: number): Result<void> =>
  Tree.lookup(state, path, true).pipe(
    Either.flatMap((inode) => {
      const owner = uid === -1 ? inode.uid : uid
      const group = gid === -1 ? inode.gid : gid
      if (!state.superuser && (owner !== inode.uid || group !== inode.gid)) {
        return no("EPERM")
      }
      inode.uid = owner
      inode.gid = group
      return unit
    }),
    from("chown", path)
  )

/**
 * Times in milliseconds.
 *
 * @internal
 */
export const utimes = (state: State, path: string, atime: number, mtime: number): Result<void> =>
  Tree.lookup(state, path, true).pipe(
    Either.map((inode) => {
      inode.atime = atime
      inode.mtime = mtime
    }),
    from("utime", path)
  )
