import { BadArgument, type PlatformError, SystemError, type SystemErrorReason } from "@effect/platform/Error"
import * as Either from "effect/Either"

/**
 * Linux numbers and libuv's words, so that a message reads the same as Node's.
 *
 * @internal
 */
export const codes = {
  EACCES: [-13, "permission denied"],
  EBADF: [-9, "bad file descriptor"],
  EBUSY: [-16, "resource busy or locked"],
  EEXIST: [-17, "file already exists"],
  EFBIG: [-27, "file too large"],
  EINVAL: [-22, "invalid argument"],
  EIO: [-5, "i/o error"],
  EISDIR: [-21, "illegal operation on a directory"],
  ELOOP: [-40, "too many symbolic links encountered"],
  EMFILE: [-24, "too many open files"],
  ENAMETOOLONG: [-36, "name too long"],
  ENOENT: [-2, "no such file or directory"],
  ENOSPC: [-28, "no space left on device"],
  ENOTDIR: [-20, "not a directory"],
  ENOTEMPTY: [-39, "directory not empty"],
  EPERM: [-1, "operation not permitted"],
  EROFS: [-30, "read-only file system"],
  EXDEV: [-18, "cross-device link not permitted"]
} as const

/** @internal */
export type Code = keyof typeof codes

/** @internal */
export type Coded<A> = Either.Either<A, Code>

/**
 * A failed call, in the terms of Node's own errors.
 *
 * @internal
 */
export interface Failure {
  readonly code: string
  readonly errno: number
  readonly syscall: string
  readonly message: string
  readonly path?: string
  readonly dest?: string
}

/** @internal */
export type Result<A> = Either.Either<A, Failure>

/** @internal */
export const no = (code: Code): Coded<never> => Either.left(code)

/** @internal */
export const failure = (code: Code, syscall: string, path?: string, dest?: string): Failure => {
  const [errno, text] = codes[code]
  const where = path === undefined ? "" : ` '${path}'`
  const to = dest === undefined ? "" : ` -> '${dest}'`
  return {
    code,
    errno,
    syscall,
    message: `${code}: ${text}, ${syscall}${where}${to}`,
    ...(path === undefined ? {} : { path }),
    ...(dest === undefined ? {} : { dest })
  }
}

/**
 * Errors that Node makes itself, in `fs.rm` and `fs.cp`.
 *
 * @internal
 */
export const nodeFailure = (
  code: string,
  prefix: string,
  syscall: string,
  cause: Code,
  detail: string,
  path: string
): Failure => ({
  code,
  errno: -codes[cause][0],
  syscall,
  message: `${prefix}: ${syscall} returned ${cause} (${detail}) ${path}`,
  path
})

/**
 * Names the call that a bare code comes from.
 *
 * @internal
 */
export const from = (syscall: string, path?: string, dest?: string) => <A>(result: Coded<A>): Result<A> =>
  Either.mapLeft(result, (code) => failure(code, syscall, path, dest))

// The same table as the Node layer's: what is not in it is `Unknown`, ENOSPC too.
const reasons: Readonly<Record<string, SystemErrorReason>> = {
  ENOENT: "NotFound",
  EACCES: "PermissionDenied",
  EEXIST: "AlreadyExists",
  EISDIR: "BadResource",
  ENOTDIR: "BadResource",
  EBUSY: "Busy",
  ELOOP: "BadResource"
}

/** @internal */
export const toPlatformError = (method: string, pathOrDescriptor: string | number) => (self: Failure): PlatformError =>
  new SystemError({
    reason: reasons[self.code] ?? "Unknown",
    module: "FileSystem",
    method,
    pathOrDescriptor,
    syscall: self.syscall,
    description: self.message,
    cause: Object.assign(new Error(self.message), {
      code: self.code,
      errno: self.errno,
      syscall: self.syscall,
      ...(self.path === undefined ? {} : { path: self.path }),
      ...(self.dest === undefined ? {} : { dest: self.dest })
    })
  })

/** @internal */
export const badArgument = (method: string, description: string): PlatformError =>
  new BadArgument({ module: "FileSystem", method, description, cause: new TypeError(description) })
