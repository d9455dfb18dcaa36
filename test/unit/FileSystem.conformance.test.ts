/**
 * The same laws over Node's file system and over the one in memory.
 */
import { FileSystem } from "@effect/platform"
import { assert, describe, layer } from "@effect/vitest"
import { Chunk, Effect, Option, Stream } from "effect"

import { area, codeOf, fileSystems, reasonOf } from "../support/fileSystems.js"

const bytes = (text: string) => new TextEncoder().encode(text)

/** A file system and a fresh directory on it. */
const setup = Effect.all({ fs: FileSystem.FileSystem, root: area })

const modeOf = (fs: FileSystem.FileSystem, path: string) => Effect.map(fs.stat(path), (info) => info.mode & 0o7777)

const inodeOf = (fs: FileSystem.FileSystem, path: string) =>
  Effect.map(fs.stat(path), (info) => Option.getOrThrow(info.ino))

for (const [name, fileSystem] of fileSystems) {
  describe(name, () => {
    layer(fileSystem)("files", (it) => {
      it.scoped("what is written is read", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          const data = Uint8Array.from({ length: 100_000 }, (_, index) => index * 7)
          yield* fs.writeFile(`${root}/a`, data)
          assert.deepStrictEqual(Uint8Array.from(yield* fs.readFile(`${root}/a`)), data)
          yield* fs.writeFileString(`${root}/a`, "gruß")
          assert.strictEqual(yield* fs.readFileString(`${root}/a`), "gruß")
          assert.strictEqual((yield* fs.stat(`${root}/a`)).size, FileSystem.Size(5))
        }))

      it.scoped("nobody shares the bytes of a file with it", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          const data = bytes("abc")
          yield* fs.writeFile(`${root}/a`, data)
          data[0] = 0
          const read = yield* fs.readFile(`${root}/a`)
          assert.strictEqual(yield* fs.readFileString(`${root}/a`), "abc")
          read[0] = 0
          assert.strictEqual(yield* fs.readFileString(`${root}/a`), "abc")
        }))

      it.scoped("a missing file is NotFound, for every method that takes a path", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          const path = `${root}/missing`
          const attempts: ReadonlyArray<Effect.Effect<unknown, Effect.Effect.Error<ReturnType<typeof fs.stat>>>> = [
            fs.access(path),
            fs.chmod(path, 0o600),
            fs.copy(path, `${root}/b`),
            fs.copyFile(path, `${root}/b`),
            fs.link(path, `${root}/b`),
            fs.makeDirectory(`${path}/b`),
            fs.makeTempDirectory({ directory: path }),
            fs.makeTempFile({ directory: path }),
            Effect.scoped(fs.open(path)),
            fs.readDirectory(path),
            fs.readFile(path),
            fs.readFileString(path),
            fs.readLink(path),
            fs.realPath(path),
            fs.remove(path),
            fs.remove(path, { recursive: true }),
            fs.rename(path, `${root}/b`),
            fs.stat(path),
            Stream.runDrain(fs.stream(path)),
            Stream.runDrain(fs.watch(path)),
            fs.symlink("x", `${path}/b`),
            fs.truncate(path),
            fs.utimes(path, 0, 0),
            fs.writeFile(`${path}/b`, bytes("")),
            Stream.run(Stream.make(bytes("x")), fs.sink(`${path}/b`))
          ]
          const reasons = yield* Effect.forEach(attempts, (attempt) => reasonOf(attempt))
          assert.deepStrictEqual(reasons, attempts.map(() => "NotFound"))
          assert.isFalse(yield* fs.exists(path))
          yield* fs.remove(path, { force: true })
        }))

      it.scoped("an error says what Node says", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          const error = yield* Effect.flip(fs.rename(`${root}/a`, `${root}/b`))
          assert.deepInclude(error, {
            _tag: "SystemError",
            module: "FileSystem",
            method: "rename",
            reason: "NotFound",
            syscall: "rename",
            pathOrDescriptor: `${root}/a`,
            description: `ENOENT: no such file or directory, rename '${root}/a' -> '${root}/b'`
          })
          assert.strictEqual(codeOf(error), "ENOENT")
        }))

      it.scoped("a null byte in a path, and a mode that is none, are BadArgument", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          assert.strictEqual(yield* reasonOf(fs.stat(`${root}/a\0b`)), "BadArgument")
          assert.strictEqual(yield* reasonOf(fs.rename(root, "a\0b")), "BadArgument")
          assert.strictEqual(yield* reasonOf(fs.writeFile(`${root}/a`, bytes(""), { mode: -1 })), "BadArgument")
          assert.strictEqual(yield* reasonOf(fs.makeDirectory(`${root}/a`, { mode: 0.5 })), "BadArgument")
          assert.strictEqual(yield* reasonOf(fs.chmod(root, -1)), "BadArgument")
        }))

      it.scoped("a file in the place of a directory is BadResource, and the other way round", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/a`, "x")
          assert.strictEqual(yield* reasonOf(fs.readFile(`${root}/a/b`)), "BadResource")
          assert.strictEqual(yield* reasonOf(fs.exists(`${root}/a/b`)), "BadResource")
          assert.strictEqual(yield* reasonOf(fs.readDirectory(`${root}/a`)), "BadResource")
          assert.strictEqual(yield* reasonOf(fs.stat(`${root}/a/`)), "BadResource")
          assert.strictEqual(yield* reasonOf(fs.readFile(root)), "BadResource")
          assert.strictEqual(yield* reasonOf(fs.writeFileString(root, "x")), "BadResource")
        }))

      it.scoped("a mode counts for new files only, and less the umask", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          const path = `${root}/a`
          yield* fs.writeFileString(path, "x", { mode: 0o666 })
          assert.strictEqual(yield* modeOf(fs, path), 0o666 & ~process.umask())
          yield* fs.chmod(path, 0o640)
          yield* fs.writeFileString(path, "y", { mode: 0o600 })
          assert.strictEqual(yield* modeOf(fs, path), 0o640)
          yield* fs.writeFileString(`${root}/b`, "x", { flag: "wx", mode: 0o600 })
          assert.strictEqual(yield* modeOf(fs, `${root}/b`), 0o600)
        }))

      it.scoped("truncate cuts, and fills with zeros", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/a`, "abcdef")
          yield* fs.truncate(`${root}/a`, 2)
          yield* fs.truncate(`${root}/a`, 4)
          assert.strictEqual(yield* fs.readFileString(`${root}/a`), "ab\0\0")
          yield* fs.truncate(`${root}/a`)
          assert.strictEqual(yield* fs.readFileString(`${root}/a`), "")
        }))

      it.scoped("utimes sets times, in seconds or dates", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/a`, "x")
          yield* fs.utimes(`${root}/a`, 10, new Date(20_500))
          const info = yield* fs.stat(`${root}/a`)
          assert.deepStrictEqual(info.atime, Option.some(new Date(10_000)))
          assert.deepStrictEqual(info.mtime, Option.some(new Date(20_500)))
        }))

      it.scoped("copyFile takes bytes and mode, and replaces", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/a`, "new")
          yield* fs.chmod(`${root}/a`, 0o640)
          yield* fs.writeFileString(`${root}/b`, "something longer")
          yield* fs.copyFile(`${root}/a`, `${root}/b`)
          assert.strictEqual(yield* fs.readFileString(`${root}/b`), "new")
          assert.strictEqual(yield* modeOf(fs, `${root}/b`), 0o640)
          assert.strictEqual(yield* reasonOf(fs.copyFile(`${root}/a`, root)), "BadResource")
        }))

      it.scoped("a stream reads the part that is asked for, in chunks of the size that is asked for", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/a`, "0123456789")
          const chunks = yield* Stream.runCollect(fs.stream(`${root}/a`, { offset: 1, bytesToRead: 7, chunkSize: 3 }))
          assert.deepStrictEqual(
            Chunk.toReadonlyArray(chunks).map((chunk) => new TextDecoder().decode(chunk)),
            ["123", "456", "7"]
          )
        }))

      it.scoped("a sink writes what it gets, and can append", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* Stream.run(Stream.make(bytes("ab"), bytes("cd")), fs.sink(`${root}/a`))
          yield* Stream.run(Stream.make(bytes("ef")), fs.sink(`${root}/a`, { flag: "a" }))
          assert.strictEqual(yield* fs.readFileString(`${root}/a`), "abcdef")
        }))
    })

    layer(fileSystem)("names", (it) => {
      it.scoped("rename replaces a file, and keeps what moves", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/a`, "new")
          yield* fs.writeFileString(`${root}/b`, "old")
          const inode = yield* inodeOf(fs, `${root}/a`)
          yield* fs.rename(`${root}/a`, `${root}/b`)
          assert.deepStrictEqual(yield* fs.readDirectory(root), ["b"])
          assert.strictEqual(yield* fs.readFileString(`${root}/b`), "new")
          assert.strictEqual(yield* inodeOf(fs, `${root}/b`), inode)
        }))

      it.scoped("rename moves directories, replaces empty ones only, and makes no circles", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.makeDirectory(`${root}/a/b`, { recursive: true })
          yield* fs.makeDirectory(`${root}/empty`)
          yield* fs.writeFileString(`${root}/file`, "x")
          const code = (from: string, to: string) =>
            Effect.map(Effect.flip(fs.rename(`${root}/${from}`, `${root}/${to}`)), codeOf)
          assert.strictEqual(yield* code("a", "a/b/c"), "EINVAL")
          assert.strictEqual(yield* code("a/b", "a"), "ENOTEMPTY")
          assert.strictEqual(yield* code("empty", "a"), "ENOTEMPTY")
          assert.strictEqual(yield* code("empty", "file"), "ENOTDIR")
          assert.strictEqual(yield* code("file", "empty"), "EISDIR")
          assert.strictEqual(yield* code("file/", "c"), "ENOTDIR")
          yield* fs.rename(`${root}/a`, `${root}/empty`)
          assert.deepStrictEqual(yield* fs.readDirectory(root), ["empty", "file"])
          assert.deepStrictEqual(yield* fs.readDirectory(`${root}/empty`), ["b"])
          assert.strictEqual(yield* fs.realPath(`${root}/empty/b/..`), yield* fs.realPath(`${root}/empty`))
        }))

      it.scoped("a hard link is the same file, and not for directories", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/a`, "x")
          yield* fs.link(`${root}/a`, `${root}/b`)
          yield* fs.writeFileString(`${root}/b`, "both")
          assert.strictEqual(yield* fs.readFileString(`${root}/a`), "both")
          assert.deepStrictEqual((yield* fs.stat(`${root}/a`)).nlink, Option.some(2))
          assert.strictEqual(yield* reasonOf(fs.link(`${root}/a`, `${root}/b`)), "AlreadyExists")
          yield* fs.remove(`${root}/a`)
          assert.strictEqual(yield* fs.readFileString(`${root}/b`), "both")
          assert.strictEqual(codeOf(yield* Effect.flip(fs.link(root, `${root}/c`))), "EPERM")
        }))

      it.scoped("a symbolic link is followed, where it is not asked about itself", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.makeDirectory(`${root}/dir`)
          yield* fs.symlink("dir/file", `${root}/link`)
          assert.isFalse(yield* fs.exists(`${root}/link`))
          yield* fs.writeFileString(`${root}/link`, "through")
          assert.strictEqual(yield* fs.readFileString(`${root}/dir/file`), "through")
          assert.strictEqual(yield* fs.readLink(`${root}/link`), "dir/file")
          assert.strictEqual(yield* fs.realPath(`${root}/link`), yield* fs.realPath(`${root}/dir/file`))
          assert.strictEqual((yield* fs.stat(`${root}/link`)).type, "File")
          assert.strictEqual(yield* reasonOf(fs.writeFileString(`${root}/link`, "", { flag: "wx" })), "AlreadyExists")
          yield* fs.rename(`${root}/link`, `${root}/moved`)
          assert.strictEqual(yield* fs.readLink(`${root}/moved`), "dir/file")
          yield* fs.remove(`${root}/moved`)
          assert.strictEqual(yield* fs.readFileString(`${root}/dir/file`), "through")
          assert.strictEqual(codeOf(yield* Effect.flip(fs.readLink(`${root}/dir`))), "EINVAL")
        }))

      it.scoped("a circle of links is BadResource, forty links are not", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.symlink("b", `${root}/a`)
          yield* fs.symlink("a", `${root}/b`)
          assert.strictEqual(yield* reasonOf(fs.readFile(`${root}/a`)), "BadResource")
          assert.strictEqual(yield* reasonOf(fs.realPath(`${root}/a`)), "BadResource")
          yield* fs.writeFileString(`${root}/0`, "end")
          yield* Effect.forEach(Chunk.range(1, 41), (n) => fs.symlink(`${n - 1}`, `${root}/${n}`))
          assert.strictEqual(yield* fs.readFileString(`${root}/40`), "end")
          assert.strictEqual(yield* reasonOf(fs.readFile(`${root}/41`)), "BadResource")
        }))

      it.scoped("a name has 255 bytes at most", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/${"n".repeat(255)}`, "x")
          const error = yield* Effect.flip(fs.writeFileString(`${root}/${"ä".repeat(128)}`, "x"))
          assert.strictEqual(codeOf(error), "ENAMETOOLONG")
        }))
    })

    layer(fileSystem)("directories", (it) => {
      it.scoped("makeDirectory makes one, or all that are missing", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.makeDirectory(`${root}/a`, { mode: 0o700 })
          assert.strictEqual(yield* modeOf(fs, `${root}/a`), 0o700)
          assert.strictEqual(yield* reasonOf(fs.makeDirectory(`${root}/a`)), "AlreadyExists")
          assert.strictEqual(yield* reasonOf(fs.makeDirectory(`${root}/b/c`)), "NotFound")
          yield* fs.makeDirectory(`${root}/a/b/c`, { recursive: true, mode: 0o750 })
          assert.strictEqual(yield* modeOf(fs, `${root}/a/b`), 0o750)
          yield* fs.makeDirectory(`${root}/a/b/c`, { recursive: true })
          yield* fs.writeFileString(`${root}/file`, "")
          assert.strictEqual(yield* reasonOf(fs.makeDirectory(`${root}/file`, { recursive: true })), "AlreadyExists")
          assert.strictEqual(yield* reasonOf(fs.makeDirectory(`${root}/file/b`, { recursive: true })), "BadResource")
        }))

      it.scoped("readDirectory gives names by their bytes, and paths when it goes down", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.makeDirectory(`${root}/b/c`, { recursive: true })
          yield* Effect.forEach(["b/c/d", "a", "ä", "B", "\u{1F600}", "\uFFFD"], (path) =>
            fs.writeFileString(`${root}/${path}`, ""))
          assert.deepStrictEqual(yield* fs.readDirectory(root), ["B", "a", "b", "ä", "\uFFFD", "\u{1F600}"])
          assert.sameMembers(
            yield* fs.readDirectory(root, { recursive: true }),
            ["B", "a", "b", "b/c", "b/c/d", "ä", "\uFFFD", "\u{1F600}"]
          )
        }))

      it.scoped("readDirectory follows links down, as long as the kernel does", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.symlink(".", `${root}/self`)
          assert.lengthOf(yield* fs.readDirectory(root, { recursive: true }), 41)
        }))

      it.scoped("remove takes a directory only when it is told to go down", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.makeDirectory(`${root}/a/b`, { recursive: true })
          yield* fs.writeFileString(`${root}/kept`, "x")
          yield* fs.symlink("../kept", `${root}/a/link`)
          assert.strictEqual(codeOf(yield* Effect.flip(fs.remove(`${root}/a`))), "ERR_FS_EISDIR")
          yield* fs.remove(`${root}/a`, { recursive: true })
          assert.deepStrictEqual(yield* fs.readDirectory(root), ["kept"])
          yield* fs.makeDirectory(`${root}/a/b`, { recursive: true })
          yield* fs.remove(`${root}/a/b/..`, { recursive: true })
          assert.deepStrictEqual(yield* fs.readDirectory(`${root}/a`), [])
        }))

      it.scoped("copy takes a tree, keeps what is there unless told, and never copies into itself", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.makeDirectory(`${root}/a/b`, { recursive: true })
          yield* fs.writeFileString(`${root}/a/b/file`, "new")
          yield* fs.utimes(`${root}/a/b/file`, 10, 20)
          yield* fs.copy(`${root}/a`, `${root}/x/y`)
          assert.strictEqual(yield* fs.readFileString(`${root}/x/y/b/file`), "new")
          yield* fs.writeFileString(`${root}/x/y/b/file`, "old")
          yield* fs.copy(`${root}/a`, `${root}/x/y`)
          assert.strictEqual(yield* fs.readFileString(`${root}/x/y/b/file`), "old")
          yield* fs.copy(`${root}/a`, `${root}/x/y`, { overwrite: true, preserveTimestamps: true })
          assert.strictEqual(yield* fs.readFileString(`${root}/x/y/b/file`), "new")
          assert.deepStrictEqual((yield* fs.stat(`${root}/x/y/b/file`)).mtime, Option.some(new Date(20_000)))
          assert.strictEqual(
            codeOf(yield* Effect.flip(fs.copy(`${root}/a`, `${root}/a/b/c`))),
            "ERR_FS_CP_EINVAL"
          )
        }))

      it.scoped("temporary files and directories are new, private, and gone with their scope", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* Effect.scoped(Effect.gen(function*() {
            const directory = yield* fs.makeTempDirectoryScoped({ directory: root, prefix: "t-" })
            const other = yield* fs.makeTempDirectoryScoped({ directory: root, prefix: "t-" })
            const file = yield* fs.makeTempFileScoped({ directory: root, suffix: ".sql" })
            assert.notStrictEqual(directory, other)
            assert.isTrue(directory.startsWith(`${root}/t-`))
            assert.isTrue(file.startsWith(`${root}/`) && file.endsWith(".sql"))
            assert.strictEqual(yield* modeOf(fs, directory), 0o700)
            assert.strictEqual(yield* fs.readFileString(file), "")
            yield* fs.writeFileString(`${directory}/x`, "x")
          }))
          assert.deepStrictEqual(yield* fs.readDirectory(root), [])
          const file = yield* fs.makeTempFile({ directory: root })
          assert.isTrue(yield* fs.exists(file))
        }))
    })
  })
}
