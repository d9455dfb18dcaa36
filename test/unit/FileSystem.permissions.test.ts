/**
 * Permissions of an owner without the superuser's rights, on Node's file system and on the one in memory. Run as the
 * superuser, the tests give their rights up for a while.
 */
import { FileSystem } from "@effect/platform"
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"

import { area, asOwner, isSuperuser, reasonOf, unprivileged } from "../support/fileSystems.js"

const setup = Effect.zipRight(asOwner, Effect.all({ fs: FileSystem.FileSystem, root: area }))

for (const [name, fileSystem] of unprivileged) {
  describe(name, () => {
    layer(fileSystem)("permissions", (it) => {
      it.scoped("a file that must not be read is not", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/a`, "x")
          yield* fs.chmod(`${root}/a`, 0o277)
          assert.strictEqual(yield* reasonOf(fs.readFile(`${root}/a`)), "PermissionDenied")
          assert.strictEqual(yield* reasonOf(fs.open(`${root}/a`, { flag: "r+" })), "PermissionDenied")
          assert.strictEqual(yield* reasonOf(fs.copyFile(`${root}/a`, `${root}/b`)), "PermissionDenied")
          yield* fs.writeFileString(`${root}/a`, "written")
          yield* fs.chmod(`${root}/a`, 0o400)
          assert.strictEqual(yield* fs.readFileString(`${root}/a`), "written")
        }))

      it.scoped("a file that must not be read is no directory either, also behind a link", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/a`, "x")
          yield* fs.chmod(`${root}/a`, 0)
          yield* fs.symlink("a", `${root}/l`)
          const reasons = yield* Effect.forEach(["a/", "l/"], (path) => reasonOf(fs.readFile(`${root}/${path}`)))
          assert.deepStrictEqual(reasons, ["BadResource", "BadResource"])
        }))

      it.scoped("a file that must not be written is not", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/a`, "x")
          const before = yield* fs.open(`${root}/a`, { flag: "a" })
          yield* fs.chmod(`${root}/a`, 0o577)
          assert.strictEqual(yield* reasonOf(fs.writeFileString(`${root}/a`, "y")), "PermissionDenied")
          assert.strictEqual(yield* reasonOf(fs.truncate(`${root}/a`)), "PermissionDenied")
          assert.strictEqual(yield* reasonOf(fs.open(`${root}/a`, { flag: "a" })), "PermissionDenied")
          yield* before.writeAll(new TextEncoder().encode("!"))
          assert.strictEqual(yield* fs.readFileString(`${root}/a`), "x!")
        }))

      it.scoped("a new file may be written by its maker whatever its mode", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.writeFileString(`${root}/a`, "x", { flag: "wx", mode: 0o400 })
          assert.strictEqual(yield* fs.readFileString(`${root}/a`), "x")
          assert.strictEqual(yield* reasonOf(fs.writeFileString(`${root}/a`, "y")), "PermissionDenied")
        }))

      it.scoped("a directory without w keeps its names, but not the bytes in its files", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          const inside = `${root}/dir`
          yield* fs.makeDirectory(`${inside}/sub`, { recursive: true })
          yield* fs.writeFileString(`${inside}/a`, "x")
          yield* fs.chmod(inside, 0o555)
          const attempts = [
            fs.writeFileString(`${inside}/new`, "x"),
            fs.makeDirectory(`${inside}/new`),
            fs.makeDirectory(`${inside}/new/er`, { recursive: true }),
            fs.symlink("a", `${inside}/new`),
            fs.link(`${inside}/a`, `${inside}/new`),
            fs.rename(`${inside}/a`, `${inside}/new`),
            fs.rename(`${inside}/a`, `${root}/new`),
            fs.rename(`${inside}/sub`, `${root}/new`),
            fs.copyFile(`${inside}/a`, `${inside}/new`),
            fs.copy(`${inside}/a`, `${inside}/new`),
            fs.remove(`${inside}/a`),
            fs.remove(`${inside}/sub`, { recursive: true }),
            fs.remove(inside, { recursive: true })
          ]
          const reasons = yield* Effect.forEach(attempts, (attempt) => reasonOf(attempt))
          assert.deepStrictEqual(reasons, attempts.map(() => "PermissionDenied"))
          assert.strictEqual(yield* reasonOf(fs.makeTempFile({ directory: inside })), "PermissionDenied")
          assert.strictEqual(yield* reasonOf(fs.makeDirectory(`${inside}/sub`)), "AlreadyExists")
          yield* fs.writeFileString(`${inside}/a`, "y")
          assert.strictEqual(yield* fs.readFileString(`${inside}/a`), "y")
          assert.deepStrictEqual(yield* fs.readDirectory(inside), ["a", "sub"])
        }))

      it.scoped("a directory without x hides what is in it, one without r its names", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          const inside = `${root}/dir`
          yield* fs.makeDirectory(inside)
          yield* fs.writeFileString(`${inside}/a`, "x")
          yield* fs.chmod(inside, 0o677)
          assert.strictEqual(yield* reasonOf(fs.readFile(`${inside}/a`)), "PermissionDenied")
          assert.strictEqual(yield* reasonOf(fs.stat(`${inside}/a`)), "PermissionDenied")
          assert.deepStrictEqual(yield* fs.readDirectory(inside), ["a"])
          yield* fs.chmod(inside, 0o377)
          assert.strictEqual(yield* reasonOf(fs.readDirectory(inside)), "PermissionDenied")
          assert.strictEqual(yield* fs.readFileString(`${inside}/a`), "x")
        }))

      it.scoped("a directory that must not be written does not move to another place", () =>
        Effect.gen(function*() {
          const { fs, root } = yield* setup
          yield* fs.makeDirectory(`${root}/from/dir`, { recursive: true })
          yield* fs.makeDirectory(`${root}/to`)
          yield* fs.chmod(`${root}/from/dir`, 0o577)
          assert.strictEqual(yield* reasonOf(fs.rename(`${root}/from/dir`, `${root}/to/dir`)), "PermissionDenied")
          yield* fs.rename(`${root}/from/dir`, `${root}/from/other`)
          assert.deepStrictEqual(yield* fs.readDirectory(`${root}/from`), ["other"])
        }))

      // access(2) asks for the real user, whom the tests cannot give up and come back.
      it.scoped.skipIf(isSuperuser && name === "node")(
        "access says what would be refused",
        () =>
          Effect.gen(function*() {
            const { fs, root } = yield* setup
            yield* fs.writeFileString(`${root}/a`, "x")
            yield* fs.chmod(`${root}/a`, 0o477)
            yield* fs.access(`${root}/a`, { readable: true })
            assert.strictEqual(yield* reasonOf(fs.access(`${root}/a`, { writable: true })), "PermissionDenied")
            yield* fs.chmod(`${root}/a`, 0o277)
            yield* fs.access(`${root}/a`, { writable: true })
            assert.strictEqual(yield* reasonOf(fs.access(`${root}/a`, { readable: true })), "PermissionDenied")
          })
      )
    })
  })
}
