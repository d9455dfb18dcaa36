import * as Os from "node:os"

import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"

/** The file of a scratch directory that holds the process id of its server. */
const pidFile = "pid"

/**
 * The words that run a server so that the janitor knows it: the shell writes down its own process id, sends what the
 * server prints to `log`, and becomes the server, so there is no moment at which the server runs unknown.
 *
 * @internal
 */
export const known = (directory: string, log: string, command: ReadonlyArray<string>): Command.Command =>
  Command.make(
    "/bin/sh",
    "-c",
    `echo "$$" >"$0/${pidFile}" && log=$1 && shift && exec "$@" </dev/null >>"$log" 2>&1`,
    directory,
    log,
    ...command
  )

/**
 * Says that the server has ended, so that the janitor cannot mistake a later process of the same id for it.
 *
 * @internal
 */
export const forget = (
  directory: string
): Effect.Effect<void, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* Effect.ignore(fs.remove(path.join(directory, pidFile), { force: true }))
  })

/**
 * A process apart that reads from us and gets nothing. When we are gone, however we went, its input ends: it kills
 * the server and removes the directory. It is in its own session, so what is sent to our group does not reach it.
 * Something may still be writing into the directory (a copy that we started), so it removes until nothing is left.
 */
const janitor = `exec >/dev/null 2>&1
while read -r line; do :; done
if pid=$(cat "$0/${pidFile}"); then kill -KILL "$pid"; fi
tries=0
while rm -rf -- "$0"; [ -e "$0" ] && [ "$tries" -lt 300 ]; do sleep 0.1; tries=$((tries + 1)); done`

/** A socket's path has room for 107 bytes on Linux and 103 elsewhere, and the rest of the path is ours to choose. */
const longestParent = 64

/**
 * A private temporary directory with a short path. It goes when the scope closes, and also when this process is
 * killed; a server that was started in it by `known` is then killed first.
 *
 * @internal
 */
export const make = (
  temporary: string | undefined
): Effect.Effect<
  string,
  PlatformError,
  Scope.Scope | FileSystem.FileSystem | CommandExecutor.CommandExecutor
> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const usual = Buffer.byteLength(Os.tmpdir()) > longestParent ? "/tmp" : Os.tmpdir()
    const directory = yield* fs.makeTempDirectory({ directory: temporary ?? usual, prefix: "sluice-" })
    // A process that has just been killed may still have put a file into a folder that was read before.
    const remove = fs.remove(directory, { recursive: true, force: true }).pipe(
      Effect.retry(Schedule.spaced("100 millis").pipe(Schedule.intersect(Schedule.recurs(100)))),
      Effect.ignoreLogged,
      Effect.withClock(Clock.make())
    )
    yield* Effect.onError(Command.start(Command.make("/bin/sh", "-c", janitor, directory)), () => remove)
    yield* Effect.addFinalizer(() => remove)
    return directory
  }).pipe(Effect.uninterruptible)
