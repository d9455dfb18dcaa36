/**
 * `fs.cp` as Node 20 does it (`lib/internal/fs/cp/cp.js`), always recursive, never through links.
 */
import * as NodePath from "node:path"

import * as Either from "effect/Either"

import * as Calls from "./memoryFileSystemCalls.js"
import { type Code, from as labelled, nodeFailure, type Result } from "./memoryFileSystemFailure.js"
import * as Node from "./memoryFileSystemNode.js"
import type * as Tree from "./memoryFileSystemTree.js"

type State = Tree.State

const Path = NodePath.posix

/** @internal */
export interface Options {
  readonly force: boolean
  readonly preserveTimestamps: boolean
}

const refused = (code: string, prefix: string, cause: Code, detail: string, path: string): Result<never> =>
  Either.left(nodeFailure(code, prefix, "cp", cause, detail, path))

const invalid = (detail: string, path: string) =>
  refused("ERR_FS_CP_EINVAL", "Invalid src or dest", "EINVAL", detail, path)

const orUndefined = (result: Result<Tree.Inode>): Result<Tree.Inode | undefined> =>
  Either.isLeft(result) && result.left.code === "ENOENT" ? Either.right(undefined) : result

const absolute = (path: string) => Path.resolve("/", path)

/** By the text alone, as Node does. */
const isBelow = (source: string, target: string): boolean => {
  const names = absolute(target).split("/").filter((name) => name !== "")
  return absolute(source).split("/").filter((name) => name !== "").every((name, index) => name === names[index])
}

/** Looks at both ends, and gives what is at the target. */
const check = (state: State, from: string, to: string): Result<Tree.Inode | undefined> =>
  Either.gen(function*() {
    const source = yield* Calls.lstat(state, from)
    const target = yield* orUndefined(Calls.lstat(state, to))
    const isDirectory = source._tag === "Directory"
    if (target === source) {
      return yield* invalid("src and dest cannot be the same", to)
    }
    if (target !== undefined && isDirectory && target._tag !== "Directory") {
      return yield* refused(
        "ERR_FS_CP_DIR_TO_NON_DIR",
        "Cannot overwrite non-directory with directory",
        "EISDIR",
        `cannot overwrite non-directory ${to} with directory ${from}`,
        to
      )
    }
    if (!isDirectory && target?._tag === "Directory") {
      return yield* refused(
        "ERR_FS_CP_NON_DIR_TO_DIR",
        "Cannot overwrite directory with non-directory",
        "ENOTDIR",
        `cannot overwrite directory ${to} with non-directory ${from}`,
        to
      )
    }
    return isDirectory && isBelow(from, to)
      ? yield* invalid(`cannot copy ${from} to a subdirectory of self ${to}`, to)
      : target
  })

/** No directory above the target may be the source itself, whatever links say. */
const checkParents = (state: State, source: Tree.Inode, from: string, to: string): Result<void> =>
  Either.gen(function*() {
    const sourceParent = absolute(Path.dirname(from))
    for (
      let at = to, parent = absolute(Path.dirname(at));
      parent !== sourceParent && parent !== "/";
      at = parent, parent = Path.dirname(at)
    ) {
      const inode = yield* orUndefined(Calls.stat(state, parent))
      if (inode === undefined) {
        return
      }
      if (inode === source) {
        return yield* invalid(`cannot copy ${from} to a subdirectory of self ${at}`, at)
      }
    }
  })

// Node sets the mode again after this: the copy has it already.
const copyFile = (state: State, from: string, to: string, options: Options): Result<void> =>
  Either.gen(function*() {
    yield* Node.copyFile(state, from, to)
    if (options.preserveTimestamps) {
      const source = yield* Calls.stat(state, from)
      yield* Calls.utimes(state, to, source.atime, source.mtime)
    }
  })

const copyLink = (
  state: State,
  from: string,
  to: string,
  target: Tree.Inode | undefined
): Result<void> =>
  Either.gen(function*() {
    const text = yield* Calls.readlink(state, from)
    const source = Path.isAbsolute(text) ? text : Path.resolve("/", Path.dirname(from), text)
    if (target?._tag !== "SymbolicLink") {
      return yield* Calls.symlink(state, source, to)
    }
    const old = Path.resolve("/", Path.dirname(to), target.target)
    if (isBelow(source, old)) {
      return yield* invalid(`cannot copy ${source} to a subdirectory of self ${old}`, to)
    }
    const inode = yield* Calls.stat(state, from)
    if (inode._tag === "Directory" && isBelow(old, source)) {
      return yield* refused(
        "ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY",
        "Cannot overwrite symlink in subdirectory of self",
        "EINVAL",
        `cannot overwrite ${old} with ${source}`,
        to
      )
    }
    yield* Calls.unlink(state, to)
    yield* Calls.symlink(state, source, to)
  })

const copyAny = (
  state: State,
  from: string,
  to: string,
  target: Tree.Inode | undefined,
  options: Options
): Result<void> =>
  Either.gen(function*() {
    const source = yield* Calls.lstat(state, from)
    if (source._tag === "SymbolicLink") {
      return yield* copyLink(state, from, to, target)
    }
    if (source._tag === "File") {
      if (target !== undefined && !options.force) {
        return
      }
      if (target !== undefined) {
        yield* Calls.unlink(state, to)
      }
      return yield* copyFile(state, from, to, options)
    }
    if (target === undefined) {
      yield* Calls.mkdir(state, to, 0o777)
    }
    for (const name of yield* labelled("opendir", from)(Calls.names(state, from))) {
      const [item, copy] = [Path.join(from, name), Path.join(to, name)]
      yield* copyAny(state, item, copy, yield* check(state, item, copy), options)
    }
    if (target === undefined) {
      yield* Calls.chmod(state, to, source.mode)
    }
  })

/** @internal */
export const cp = (state: State, from: string, to: string, options: Options): Result<void> =>
  Either.gen(function*() {
    const target = yield* check(state, from, to)
    yield* checkParents(state, yield* Calls.lstat(state, from), from, to)
    const parent = Path.dirname(to)
    if ((yield* orUndefined(Calls.stat(state, parent))) === undefined) {
      yield* Node.mkdirp(state, parent, 0o777)
    }
    yield* copyAny(state, from, to, target, options)
  })
