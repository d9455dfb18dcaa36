import * as Either from "effect/Either"

import * as Content from "./memoryFileSystemContent.js"
import { type Coded, no } from "./memoryFileSystemFailure.js"

interface Meta {
  readonly ino: number
  readonly birthtime: number
  mode: number
  uid: number
  gid: number
  nlink: number
  atime: number
  mtime: number
}

/** @internal */
export interface File extends Meta {
  readonly _tag: "File"
  readonly content: Content.Content
  /** Open handles: a file without a name lives, and takes space, until the last one closes. */
  opened: number
}

/** @internal */
export interface Directory extends Meta {
  readonly _tag: "Directory"
  readonly entries: Map<string, Inode>
  /** Undefined for the root, which is its own parent. */
  parent: Directory | undefined
  /** The entries at the last fsync of the directory. */
  synced: ReadonlyMap<string, Inode>
}

/** @internal */
export interface SymbolicLink extends Meta {
  readonly _tag: "SymbolicLink"
  readonly target: string
}

/** @internal */
export type Inode = File | Directory | SymbolicLink

/**
 * Everything a layer holds. Each operation changes it in one synchronous step.
 *
 * @internal
 */
export interface State {
  readonly root: Directory
  readonly superuser: boolean
  readonly umask: number
  readonly capacity: number
  readonly opened: Map<number, string>
  /** Bytes of all files, unlinked ones with open handles too. */
  used: number
  /** The clock at the start of the running operation, in milliseconds. */
  now: number
  inodes: number
  descriptors: number
  temporaries: number
}

type Owner = Pick<State, "superuser" | "now" | "inodes">

const meta = (owner: Owner, mode: number): Meta => ({
  ino: ++owner.inodes,
  birthtime: owner.now,
  mode: mode & 0o7777,
  uid: owner.superuser ? 0 : 1000,
  gid: owner.superuser ? 0 : 1000,
  nlink: 1,
  atime: owner.now,
  mtime: owner.now
})

/** @internal */
export const file = (owner: Owner, mode: number): File => ({
  ...meta(owner, mode),
  _tag: "File",
  content: Content.make(),
  opened: 0
})

/** @internal */
export const directory = (owner: Owner, mode: number): Directory => ({
  ...meta(owner, mode),
  _tag: "Directory",
  nlink: 2,
  entries: new Map(),
  parent: undefined,
  synced: new Map()
})

/** @internal */
export const symbolicLink = (owner: Owner, target: string): SymbolicLink => ({
  ...meta(owner, 0o777),
  _tag: "SymbolicLink",
  target
})

/**
 * A root and /tmp, which are there after a power cut too.
 *
 * @internal
 */
export const make = (
  options: { readonly superuser: boolean; readonly umask: number; readonly capacity: number; readonly now: number }
): State => {
  const start = { ...options, opened: new Map<number, string>(), used: 0, inodes: 0, descriptors: 2, temporaries: 0 }
  const root = directory(start, 0o755)
  const state: State = { ...start, root }
  link(state, root, "tmp", directory(state, 0o1777))
  root.synced = new Map(root.entries)
  return state
}

const allowed = (bit: number) => (state: State, inode: Inode): boolean => state.superuser || (inode.mode & bit) !== 0

/**
 * Every file belongs to the one user there is: only the owner's bits count, and none for the superuser.
 *
 * @internal
 */
export const isReadable = allowed(0o400)

/** @internal */
export const isWritable = allowed(0o200)

const isSearchable = allowed(0o100)

/**
 * Whether entries of a directory may be added and removed.
 *
 * @internal
 */
export const mayChange = (state: State, directory: Directory): Coded<void> =>
  isWritable(state, directory) && isSearchable(state, directory) ? Either.void : no("EACCES")

/**
 * Adds an entry. The caller has checked that it may.
 *
 * @internal
 */
export const link = (state: State, directory: Directory, name: string, inode: Inode): void => {
  directory.entries.set(name, inode)
  directory.mtime = state.now
  if (inode._tag === "Directory") {
    inode.parent = directory
    directory.nlink++
  }
}

/**
 * Removes an entry, but leaves what it named alone: see `forget`.
 *
 * @internal
 */
export const unlink = (state: State, directory: Directory, name: string): void => {
  const inode = directory.entries.get(name)
  directory.entries.delete(name)
  directory.mtime = state.now
  if (inode?._tag === "Directory") {
    directory.nlink--
  }
}

/**
 * One name less: the space comes back when no name and no handle is left.
 *
 * @internal
 */
export const forget = (state: State, inode: Inode): void => {
  inode.nlink = inode._tag === "Directory" ? 0 : inode.nlink - 1
  release(state, inode)
}

/** @internal */
export const release = (state: State, inode: Inode): void => {
  if (inode._tag === "File" && inode.nlink === 0 && inode.opened === 0) {
    state.used -= inode.content.size
  }
}

/**
 * The last name of a path, and the directory it is to be looked up in.
 *
 * @internal
 */
export interface Last {
  readonly directory: Directory
  readonly name: string
  /** The path ended with a slash, so that it must be a directory. */
  readonly slash: boolean
}

/**
 * Symbolic links followed so far: Linux allows 40 for one path.
 *
 * @internal
 */
export interface Links {
  followed: number
}

const maximumName = 255
const maximumPath = 4096

/** @internal */
export const isDots = (name: string): boolean => name === "." || name === ".."

/** @internal */
export const child = (last: Last): Coded<Inode | undefined> => {
  switch (last.name) {
    case ".":
      return Either.right(last.directory)
    case "..":
      return Either.right(last.directory.parent ?? last.directory)
  }
  const inode = last.directory.entries.get(last.name)
  return inode === undefined && Buffer.byteLength(last.name) > maximumName ? no("ENAMETOOLONG") : Either.right(inode)
}

/**
 * Walks all names but the last, following links.
 *
 * @internal
 */
export const walk = (
  state: State,
  path: string,
  start: Directory = state.root,
  links: Links = { followed: 0 }
): Coded<Last> => {
  if (path === "") {
    return no("ENOENT")
  }
  if (Buffer.byteLength(path) >= maximumPath) {
    return no("ENAMETOOLONG")
  }
  const names = path.split("/").filter((name) => name !== "")
  const name = names.pop()
  let directory = path.startsWith("/") ? state.root : start
  for (const name of names) {
    const entry = isSearchable(state, directory) ? directory.entries.get(name) : undefined
    if (entry?._tag === "Directory") {
      directory = entry // nearly always, and long paths are walked often
      continue
    }
    const next = step(state, { directory, name, slash: true }, true, links)
    if (Either.isLeft(next)) {
      return Either.left(next.left)
    }
    if (next.right._tag !== "Directory") {
      return no("ENOTDIR")
    }
    directory = next.right
  }
  if (name === undefined) {
    return Either.right({ directory: state.root, name: ".", slash: true })
  }
  return isSearchable(state, directory) ? Either.right({ directory, name, slash: path.endsWith("/") }) : no("EACCES")
}

const step = (state: State, last: Last, follow: boolean, links: Links): Coded<Inode> => {
  if (!isSearchable(state, last.directory)) {
    return no("EACCES")
  }
  const found = child(last)
  if (Either.isLeft(found)) {
    return Either.left(found.left)
  }
  const inode = found.right
  if (inode === undefined) {
    return no("ENOENT")
  }
  const target = inode._tag === "SymbolicLink" && (follow || last.slash)
    ? enter(state, last, inode, links)
    : Either.right(inode)
  return Either.isRight(target) && last.slash && target.right._tag !== "Directory" ? no("ENOTDIR") : target
}

const enter = (state: State, last: Last, link: SymbolicLink, links: Links): Coded<Inode> =>
  links.followed++ >= 40
    ? no("ELOOP")
    : Either.flatMap(
      walk(state, link.target, last.directory, links),
      (next) => step(state, next, true, links)
    )

/**
 * What a path names: with `follow`, what its last link points to.
 *
 * @internal
 */
export const lookup = (state: State, path: string, follow: boolean): Coded<Inode> => {
  const links: Links = { followed: 0 }
  return Either.flatMap(walk(state, path, state.root, links), (last) => step(state, last, follow, links))
}

/**
 * Whether `directory` is `ancestor` or below it.
 *
 * @internal
 */
export const isWithin = (directory: Directory, ancestor: Inode): boolean => {
  for (let at: Directory | undefined = directory; at !== undefined; at = at.parent) {
    if (at === ancestor) {
      return true
    }
  }
  return false
}
