import { randomUUID } from "node:crypto"

import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

const suffix = ".partial"
const staleMillis = 60 * 60 * 1000

/**
 * What a process that was killed left behind. Nothing builds for an hour, so nobody is using it; a builder must leave
 * the time stamps of its folder alone, as `cp -a` or unpacking an archive right over it does not.
 */
const sweep = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const now = yield* Clock.currentTimeMillis
    const names = yield* fs.readDirectory(directory)
    yield* Effect.forEach(
      names.filter((name) => name.endsWith(suffix)),
      (name) =>
        Effect.gen(function*() {
          const info = yield* fs.stat(path.join(directory, name))
          const changed = Option.match(info.mtime, { onNone: () => now, onSome: (date) => date.getTime() })
          if (now - changed > staleMillis) {
            yield* fs.remove(path.join(directory, name), { recursive: true, force: true })
          }
        }).pipe(Effect.ignore),
      { discard: true }
    )
  }).pipe(Effect.ignore)

/**
 * Makes the folder `target` unless it is there: `build` fills a folder of another name, which is renamed at the end.
 * A half-built folder is never seen under its name; of two processes that build at once, the first to finish wins
 * and the other takes the winner's.
 *
 * @internal
 */
export const publish = <E, R>(
  target: string,
  build: (directory: string) => Effect.Effect<void, E, R>
): Effect.Effect<void, E | PlatformError, R | FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (yield* fs.exists(target)) return
    const parent = path.dirname(target)
    yield* fs.makeDirectory(parent, { recursive: true })
    yield* sweep(parent)
    const temporary = yield* Effect.acquireRelease(
      Effect.sync(() => `${target}.${randomUUID().slice(0, 8)}${suffix}`),
      (directory) => Effect.ignore(fs.remove(directory, { recursive: true, force: true }))
    )
    yield* fs.makeDirectory(temporary)
    yield* build(temporary)
    yield* fs.rename(temporary, target).pipe(
      Effect.catchAll((error) =>
        Effect.flatMap(fs.exists(target), (exists) => exists ? Effect.void : Effect.fail(error))
      )
    )
  }).pipe(Effect.scoped)
