import type { PlatformError } from "@effect/platform/Error"
import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import * as Descriptor from "./memoryFileSystemDescriptor.js"
import { type Result, toPlatformError } from "./memoryFileSystemFailure.js"
import type * as Tree from "./memoryFileSystemTree.js"

const types = { File: 0o100000, Directory: 0o040000, SymbolicLink: 0o120000 }

const blockSize = 4096

/** @internal */
export const info = (inode: Tree.Inode): FileSystem.File.Info => {
  const size = inode._tag === "File"
    ? inode.content.size
    : inode._tag === "Directory"
    ? blockSize
    : Buffer.byteLength(inode.target)
  return {
    type: inode._tag,
    mtime: Option.some(new Date(Math.round(inode.mtime))),
    atime: Option.some(new Date(Math.round(inode.atime))),
    birthtime: Option.some(new Date(inode.birthtime)),
    dev: 1,
    rdev: Option.some(0),
    ino: Option.some(inode.ino),
    mode: types[inode._tag] | inode.mode,
    nlink: Option.some(inode.nlink),
    uid: Option.some(inode.uid),
    gid: Option.some(inode.gid),
    size: FileSystem.Size(size),
    blksize: Option.some(FileSystem.Size(blockSize)),
    blocks: Option.some(Math.ceil(size / blockSize) * (blockSize / 512))
  }
}

/**
 * How an operation on the state becomes an effect: at its start the fault hook is asked and the clock is read.
 *
 * @internal
 */
export type Run = <A>(
  call: { readonly method: string; readonly path: string },
  operation: () => Either.Either<A, PlatformError>
) => Effect.Effect<A, PlatformError>

/**
 * A handle with a cursor of its own, which moves as that of the Node layer: reads and writes share it, and appending
 * leaves it alone.
 *
 * @internal
 */
export const make = (run: Run, state: Tree.State, descriptor: Descriptor.Descriptor): FileSystem.File => {
  let position = 0n

  const on = <A>(method: string, operation: () => Result<A>): Effect.Effect<A, PlatformError> =>
    run(
      { method, path: descriptor.path },
      () => Either.mapLeft(operation(), toPlatformError(method, descriptor.fd))
    )

  const advance = (length: number) => {
    position += BigInt(length)
  }

  const read = (buffer: Uint8Array): Result<number> =>
    Either.map(Descriptor.read(descriptor, buffer, Number(position)), (length) => {
      advance(length)
      return length
    })

  const write = (buffer: Uint8Array): Result<number> =>
    Either.map(Descriptor.write(state, descriptor, buffer, Number(position)), (length) => {
      if (!descriptor.append) {
        advance(length)
      }
      return length
    })

  // Node's layer takes a write of no bytes for a failure, so an empty buffer is one.
  const writeAll = (buffer: Uint8Array): Either.Either<void, PlatformError> => {
    const written = write(buffer)
    if (Either.isLeft(written)) {
      return Either.left(toPlatformError("writeAll", descriptor.fd)(written.left))
    }
    if (written.right === 0) {
      return Either.left(
        new SystemError({
          module: "FileSystem",
          method: "writeAll",
          reason: "WriteZero",
          pathOrDescriptor: descriptor.fd,
          description: "write returned 0 bytes written"
        })
      )
    }
    return written.right < buffer.length ? writeAll(buffer.subarray(written.right)) : Either.void
  }

  return {
    [FileSystem.FileTypeId]: FileSystem.FileTypeId,
    fd: FileSystem.FileDescriptor(descriptor.fd),
    stat: on("stat", () => Either.map(Descriptor.stat(descriptor), info)),
    sync: on("sync", () => Descriptor.sync(descriptor)),
    seek: (offset, from) =>
      Effect.sync(() => {
        position = from === "start" ? FileSystem.Size(offset) : position + FileSystem.Size(offset)
      }),
    read: (buffer) => on("read", () => Either.map(read(buffer), FileSystem.Size)),
    readAlloc: (size) =>
      on("readAlloc", () => {
        const buffer = new Uint8Array(Number(size))
        return Either.map(
          read(buffer),
          (length) =>
            length === 0 ? Option.none() : Option.some(length === buffer.length ? buffer : buffer.slice(0, length))
        )
      }),
    truncate: (length) =>
      on("truncate", () =>
        Either.map(Descriptor.truncate(state, descriptor, Number(length ?? 0)), () => {
          const end = FileSystem.Size(length ?? 0)
          if (!descriptor.append && position > end) {
            position = end
          }
        })),
    write: (buffer) => on("write", () => Either.map(write(buffer), FileSystem.Size)),
    writeAll: (buffer) => run({ method: "writeAll", path: descriptor.path }, () => writeAll(buffer))
  }
}
