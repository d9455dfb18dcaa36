import { type Error as Platform, FileSystem } from "@effect/platform"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as MemoryFileSystem from "@sluice/testing/MemoryFileSystem"
import { Effect, Option, Predicate } from "effect"

/** Whether the tests run as the superuser, whom permissions do not stop. */
export const isSuperuser = process.geteuid?.() === 0

/** The two file systems that must agree, with what the machine says about users and modes. */
export const fileSystems = [
  ["node", NodeFileSystem.layer],
  ["memory", MemoryFileSystem.layer({ root: isSuperuser, umask: process.umask() })]
] as const

/** The same, for a user whom permissions do stop. */
export const unprivileged = [
  ["node", NodeFileSystem.layer],
  ["memory", MemoryFileSystem.layer({ umask: process.umask() })]
] as const

const nobody = 65534

/** Gives up the rights of the superuser, if the tests have them, until the scope closes. */
export const asOwner = isSuperuser
  ? Effect.acquireRelease(
    Effect.sync(() => process.seteuid?.(nobody)),
    () => Effect.sync(() => process.seteuid?.(0))
  )
  : Effect.void

/** Makes every directory below accessible again, so that it can be removed. */
export const unlock = (fs: FileSystem.FileSystem, path: string): Effect.Effect<void> =>
  Effect.gen(function*() {
    const isLink = yield* Effect.option(fs.readLink(path))
    const info = yield* Effect.option(fs.stat(path))
    if (Option.isNone(isLink) && Option.isSome(info) && info.value.type === "Directory") {
      yield* fs.chmod(path, 0o700)
      yield* Effect.forEach(yield* fs.readDirectory(path), (name) => unlock(fs, `${path}/${name}`))
    }
  }).pipe(Effect.orDie)

/** A directory of one's own, gone when the scope closes whatever its permissions have become. */
export const area = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  Effect.acquireRelease(
    fs.makeTempDirectory({ prefix: "sluice-fs-" }),
    (path) => Effect.zipRight(unlock(fs, path), Effect.orDie(fs.remove(path, { recursive: true })))
  ))

/** What Node calls the failure: `ENOSPC` and the like. */
export const codeOf = (error: Platform.PlatformError): unknown =>
  Predicate.hasProperty(error.cause, "code") ? error.cause.code : undefined

/** The reason of a failure that is expected. */
export const reasonOf = <A, R>(effect: Effect.Effect<A, Platform.PlatformError, R>): Effect.Effect<string, A, R> =>
  Effect.map(Effect.flip(effect), (error) => error._tag === "SystemError" ? error.reason : error._tag)
