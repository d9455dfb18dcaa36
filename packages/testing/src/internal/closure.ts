/**
 * Programs out of an unpacked package with everything it needs.
 *
 * @internal
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/** @internal */
export const firstExisting = (
  candidates: ReadonlyArray<string>
): Effect.Effect<Option.Option<string>, never, FileSystem.FileSystem> =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.findFirst(candidates, (file) => Effect.orElseSucceed(fs.exists(file), () => false))
  )

/** Where it keeps its libraries: the folders that are named after the machine's architecture. */
const libraryDirectories = (root: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const parents = ["lib", "usr/lib"].map((name) => path.join(root, name))
    return (yield* Effect.forEach(parents, (parent) =>
      Effect.orElseSucceed(fs.readDirectory(parent), () => []).pipe(
        Effect.map((names) => names.filter((name) => /-linux-gnu/.test(name)).map((name) => path.join(parent, name)))
      ))).flat()
  })

/**
 * The words that run a program of it: by the loader of its own libc, so that nothing of the machine's libraries is
 * mixed in.
 *
 * @internal
 */
export const command = (
  root: string,
  program: string
): Effect.Effect<Arr.NonEmptyReadonlyArray<string>, string, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directories = yield* libraryDirectories(root)
    const loaders = yield* Effect.forEach(
      directories,
      (directory) =>
        Effect.map(
          Effect.orElseSucceed(fs.readDirectory(directory), () => []),
          (names) =>
            names.filter((name) => /^ld(64|-linux.*)\.so\.\d+$/.test(name)).map((name) => path.join(directory, name))
        )
    )
    const loader = loaders.flat()[0]
    return loader === undefined
      ? yield* Effect.fail(`${root} lacks the loader of its programs`)
      : [loader, "--library-path", directories.join(":"), program]
  })
