/**
 * Open files, as the kernel has them. An offset of undefined, or below zero, means the descriptor's own offset: that is
 * what Node makes of such a position.
 */
import type { OpenFlag } from "@effect/platform/FileSystem"
import * as Either from "effect/Either"

import * as Calls from "./memoryFileSystemCalls.js"
import * as Content from "./memoryFileSystemContent.js"
import { type Coded, from, no, type Result } from "./memoryFileSystemFailure.js"
import * as Tree from "./memoryFileSystemTree.js"

type State = Tree.State

/** @internal */
export interface Descriptor {
  readonly fd: number
  readonly path: string
  readonly inode: Tree.File | Tree.Directory
  readonly readable: boolean
  readonly writable: boolean
  readonly append: boolean
  offset: number
  closed: boolean
}

/** @internal */
export const open = (state: State, path: string, flag: OpenFlag, mode: number): Result<Descriptor> => {
  const { append, read, write } = Calls.flags[flag]
  return Calls.open(state, path, Calls.flags[flag], mode).pipe(
    Either.map((inode) => {
      const fd = ++state.descriptors
      state.opened.set(fd, path)
      if (inode._tag === "File") {
        inode.opened++
      }
      return {
        fd,
        path,
        inode,
        readable: read ?? false,
        writable: write ?? false,
        append: append ?? false,
        offset: 0,
        closed: false
      }
    }),
    from("open", path)
  )
}

/** @internal */
export const close = (state: State, self: Descriptor): void => {
  if (!self.closed) {
    self.closed = true
    state.opened.delete(self.fd)
    if (self.inode._tag === "File") {
      self.inode.opened--
      Tree.release(state, self.inode)
    }
  }
}

/** @internal */
export const read = (self: Descriptor, buffer: Uint8Array, position?: number): Result<number> => {
  if (buffer.length === 0) {
    return Either.right(0) // Node does not ask the kernel then
  }
  if (self.closed || !self.readable) {
    return from("read")(no("EBADF"))
  }
  if (self.inode._tag === "Directory") {
    return from("read")(no("EISDIR"))
  }
  const own = position === undefined || position < 0
  const length = Content.read(self.inode.content, buffer, own ? self.offset : position)
  if (own) {
    self.offset += length
  }
  return Either.right(length)
}

/**
 * Puts bytes into a file. What fits is written: as on a disk that runs full, the call that finds some room is short, the
 * next one fails.
 */
const store = (state: State, file: Tree.File, buffer: Uint8Array, at: number): Coded<number> => {
  const { content } = file
  if (buffer.length === 0) {
    return Either.right(0)
  }
  if (at >= Content.maximumSize) {
    return no("EFBIG")
  }
  const limit = Math.min(Content.maximumSize, content.size + (state.capacity - state.used))
  const length = Math.min(buffer.length, limit - at)
  if (length <= 0) {
    return no("ENOSPC")
  }
  const before = content.size
  Content.write(content, buffer.subarray(0, length), at)
  state.used += content.size - before
  file.mtime = state.now
  return Either.right(length)
}

/**
 * Puts all of it or fails, with what fitted left in the file.
 *
 * @internal
 */
export const storeAll = (state: State, file: Tree.File, buffer: Uint8Array, at: number): Coded<void> =>
  buffer.length === 0
    ? Either.void
    : Either.flatMap(
      store(state, file, buffer, at),
      (length) => storeAll(state, file, buffer.subarray(length), at + length)
    )

/** @internal */
export const write = (state: State, self: Descriptor, buffer: Uint8Array, position?: number): Result<number> => {
  if (self.closed || !self.writable || self.inode._tag === "Directory") {
    return from("write")(no("EBADF"))
  }
  const own = self.append || position === undefined || position < 0
  const at = self.append ? self.inode.content.size : own ? self.offset : position
  const written = store(state, self.inode, buffer, at)
  if (own && Either.isRight(written)) {
    self.offset = at + written.right
  }
  return from("write")(written)
}

/**
 * Writes all of it or fails, with what fitted left in the file.
 *
 * @internal
 */
export const writeAll = (state: State, self: Descriptor, buffer: Uint8Array): Result<void> =>
  Either.flatMap(
    write(state, self, buffer),
    (length) => length === buffer.length ? Either.void : writeAll(state, self, buffer.subarray(length))
  )

const resize = (state: State, self: Descriptor, length: number): Coded<void> => {
  if (self.closed) {
    return no("EBADF")
  }
  if (!self.writable || self.inode._tag === "Directory") {
    return no("EINVAL")
  }
  if (length > Content.maximumSize) {
    return no("EFBIG")
  }
  const { content } = self.inode
  if (length - content.size > state.capacity - state.used) {
    return no("ENOSPC")
  }
  state.used += length - content.size
  Content.resize(content, length)
  self.inode.mtime = state.now
  return Either.void
}

/** @internal */
export const truncate = (state: State, self: Descriptor, length: number): Result<void> =>
  from("ftruncate")(resize(state, self, Math.max(0, length)))

/** @internal */
export const stat = (self: Descriptor): Result<Tree.Inode> =>
  from("fstat")(self.closed ? no("EBADF") : Either.right(self.inode))

/**
 * What is synced is what a power cut leaves: the bytes of a file, the names in a directory.
 *
 * @internal
 */
export const sync = (self: Descriptor): Result<void> => {
  if (self.closed) {
    return from("fsync")(no("EBADF"))
  }
  if (self.inode._tag === "File") {
    Content.sync(self.inode.content)
  } else {
    self.inode.synced = new Map(self.inode.entries)
  }
  return Either.void
}

/**
 * Opens, uses, and closes whatever happens.
 *
 * @internal
 */
export const using = <A>(
  state: State,
  path: string,
  flag: OpenFlag,
  mode: number,
  use: (descriptor: Descriptor) => Result<A>
): Result<A> =>
  Either.flatMap(open(state, path, flag, mode), (descriptor) => {
    const result = use(descriptor)
    close(state, descriptor)
    return result
  })
