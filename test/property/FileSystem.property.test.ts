/**
 * Random sequences of operations end the same on Node's file system and on the one in memory: the same values, the same
 * errors with the same words, and the same tree at the end.
 *
 * On Linux only: elsewhere the order of the checks, and so the error that wins, is another one.
 */
import { FileSystem } from "@effect/platform"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as MemoryFileSystem from "@sluice/testing/MemoryFileSystem"
import { Data, Effect, Either, Exit, FastCheck as fc, Option, Scope } from "effect"

import { area, asOwner, codeOf, isSuperuser } from "../support/fileSystems.js"

type Op = Data.TaggedEnum<{
  readonly access: { readonly path: string; readonly readable: boolean; readonly writable: boolean }
  readonly chmod: { readonly path: string; readonly mode: number }
  readonly copy: { readonly path: string; readonly to: string; readonly overwrite: boolean }
  readonly copyFile: { readonly path: string; readonly to: string }
  readonly link: { readonly path: string; readonly to: string }
  readonly makeDirectory: { readonly path: string; readonly recursive: boolean; readonly mode: number }
  readonly readDirectory: { readonly path: string; readonly recursive: boolean }
  readonly readFile: { readonly path: string }
  readonly readLink: { readonly path: string }
  readonly realPath: { readonly path: string }
  readonly remove: { readonly path: string; readonly recursive: boolean; readonly force: boolean }
  readonly rename: { readonly path: string; readonly to: string }
  readonly stat: { readonly path: string }
  readonly symlink: { readonly target: string; readonly path: string }
  readonly truncate: { readonly path: string; readonly length: number }
  readonly writeFile: {
    readonly path: string
    readonly text: string
    readonly flag: FileSystem.OpenFlag
    readonly mode: number
  }
  readonly open: { readonly slot: number; readonly path: string; readonly flag: FileSystem.OpenFlag }
  readonly close: { readonly slot: number }
  readonly handleRead: { readonly slot: number; readonly size: number }
  readonly handleWrite: { readonly slot: number; readonly text: string; readonly all: boolean }
  readonly handleSeek: { readonly slot: number; readonly offset: number; readonly from: FileSystem.SeekMode }
  readonly handleTruncate: { readonly slot: number; readonly length: number }
  readonly handleStat: { readonly slot: number }
  readonly handleSync: { readonly slot: number }
}>
const Op = Data.taggedEnum<Op>()

const path = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "b", "a/b", "a/c", "b/a", "b/c") },
  { weight: 2, arbitrary: fc.constantFrom("l", "m", "l/a", "m/b", "a/l", "a/b/c", "l/m/a") },
  { weight: 1, arbitrary: fc.constantFrom("", "a/", "l/", "b/.", "a/..", "./b", "a//b", "l/../b", "a/b/", "/") }
)
const target = fc.constantFrom(
  "a",
  "b",
  "a/b",
  "../b",
  "../a/",
  ".",
  "..",
  "l",
  "m",
  "none",
  "b/",
  "ROOT/a",
  "ROOT/l/b"
)
const mode = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0o600, 0o700, 0o755) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0o777 }) }
)
const flag = fc.constantFrom<FileSystem.OpenFlag>("r", "r+", "w", "wx", "w+", "wx+", "a", "ax", "a+", "ax+")
const text = fc.constantFrom("", "x", "hello", "0123456789")
const slot = fc.nat(2)
const length = fc.nat(12)

const arbitrary: fc.Arbitrary<Op> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ path, readable: fc.boolean(), writable: fc.boolean() }).map(Op.access) },
  { weight: 2, arbitrary: fc.record({ path, mode }).map(Op.chmod) },
  { weight: 2, arbitrary: fc.record({ path, to: path, overwrite: fc.boolean() }).map(Op.copy) },
  { weight: 2, arbitrary: fc.record({ path, to: path }).map(Op.copyFile) },
  { weight: 2, arbitrary: fc.record({ path, to: path }).map(Op.link) },
  { weight: 5, arbitrary: fc.record({ path, recursive: fc.boolean(), mode }).map(Op.makeDirectory) },
  { weight: 1, arbitrary: fc.record({ path, recursive: fc.boolean() }).map(Op.readDirectory) },
  { weight: 1, arbitrary: fc.record({ path }).map(Op.readFile) },
  { weight: 1, arbitrary: fc.record({ path }).map(Op.readLink) },
  { weight: 1, arbitrary: fc.record({ path }).map(Op.realPath) },
  { weight: 2, arbitrary: fc.record({ path, recursive: fc.boolean(), force: fc.boolean() }).map(Op.remove) },
  { weight: 4, arbitrary: fc.record({ path, to: path }).map(Op.rename) },
  { weight: 1, arbitrary: fc.record({ path }).map(Op.stat) },
  { weight: 3, arbitrary: fc.record({ target, path }).map(Op.symlink) },
  { weight: 1, arbitrary: fc.record({ path, length }).map(Op.truncate) },
  { weight: 5, arbitrary: fc.record({ path, text, flag, mode }).map(Op.writeFile) },
  { weight: 4, arbitrary: fc.record({ slot, path, flag }).map(Op.open) },
  { weight: 1, arbitrary: fc.record({ slot }).map(Op.close) },
  { weight: 2, arbitrary: fc.record({ slot, size: length }).map(Op.handleRead) },
  { weight: 3, arbitrary: fc.record({ slot, text, all: fc.boolean() }).map(Op.handleWrite) },
  {
    weight: 2,
    arbitrary: fc.record({
      slot,
      offset: fc.integer({ min: -3, max: 9 }),
      from: fc.constantFrom<FileSystem.SeekMode>("start", "current")
    }).map(Op.handleSeek)
  },
  { weight: 1, arbitrary: fc.record({ slot, length }).map(Op.handleTruncate) },
  { weight: 1, arbitrary: fc.record({ slot }).map(Op.handleStat) },
  { weight: 1, arbitrary: fc.record({ slot }).map(Op.handleSync) }
)

/** What can be told of a file on any disk. */
const facts = (info: FileSystem.File.Info) =>
  info.type === "File"
    ? { type: info.type, mode: info.mode, size: info.size, nlink: Option.getOrNull(info.nlink) }
    : { type: info.type, mode: info.mode }

const decode = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes)

interface Handle {
  readonly file: FileSystem.File
  readonly scope: Scope.CloseableScope
}

type Attempt = Effect.Effect<unknown, Effect.Effect.Error<ReturnType<FileSystem.FileSystem["stat"]>>>

const perform = (fs: FileSystem.FileSystem, root: string, handles: Map<number, Handle>) => {
  const at = (path: string) => `${root}/${path}`
  const withHandle = (slot: number, use: (file: FileSystem.File) => Attempt): Attempt => {
    const handle = handles.get(slot)
    return handle === undefined ? Effect.void : use(handle.file)
  }
  const close = (slot: number) =>
    Effect.suspend(() => {
      const handle = handles.get(slot)
      handles.delete(slot)
      return handle === undefined ? Effect.void : Scope.close(handle.scope, Exit.void)
    })
  return Op.$match({
    access: ({ path, readable, writable }): Attempt => fs.access(at(path), { readable, writable }),
    chmod: ({ mode, path }) => fs.chmod(at(path), mode),
    copy: ({ overwrite, path, to }) =>
      // By a path like this Node copies a directory into itself, over and over, until the path is too long.
      /^$|\/$|\./.test(path) ? Effect.void : fs.copy(at(path), at(to), { overwrite }),
    copyFile: ({ path, to }) =>
      // What comes of the copy of a directory depends on the size that its disk gives it.
      Effect.flatMap(Effect.option(fs.stat(at(path))), (info) =>
        Option.isSome(info) && info.value.type === "Directory" ? Effect.void : fs.copyFile(at(path), at(to))),
    link: ({ path, to }) => fs.link(at(path), at(to)),
    makeDirectory: ({ mode, path, recursive }) => Effect.asVoid(fs.makeDirectory(at(path), { recursive, mode })),
    readDirectory: ({ path, recursive }) => fs.readDirectory(at(path), { recursive }),
    readFile: ({ path }) => Effect.map(fs.readFile(at(path)), decode),
    readLink: ({ path }) => fs.readLink(at(path)),
    realPath: ({ path }) => fs.realPath(at(path)),
    remove: ({ force, path, recursive }) =>
      // Node's steps undo the path to what they are to remove next: what is left then is chance.
      recursive && path.includes("..") ? Effect.void : fs.remove(at(path), { force, recursive }),
    rename: ({ path, to }) => fs.rename(at(path), at(to)),
    stat: ({ path }) => Effect.map(fs.stat(at(path)), facts),
    symlink: ({ path, target }) => fs.symlink(target.replace("ROOT", root), at(path)),
    truncate: ({ length, path }) => fs.truncate(at(path), length),
    writeFile: ({ flag, mode, path, text }) => fs.writeFile(at(path), new TextEncoder().encode(text), { flag, mode }),
    open: ({ flag, path, slot }) =>
      Effect.gen(function*() {
        yield* close(slot)
        const scope = yield* Scope.make()
        handles.set(slot, { file: yield* Scope.extend(fs.open(at(path), { flag }), scope), scope })
      }),
    close: ({ slot }) => close(slot),
    handleRead: ({ size, slot }) => withHandle(slot, (file) => Effect.map(file.readAlloc(size), Option.map(decode))),
    handleWrite: ({ all, slot, text }) =>
      withHandle(slot, (file): Attempt => {
        const bytes = new TextEncoder().encode(text)
        return all ? file.writeAll(bytes) : file.write(bytes)
      }),
    handleSeek: ({ from, offset, slot }) => withHandle(slot, (file) => Effect.asVoid(file.seek(offset, from))),
    handleTruncate: ({ length, slot }) => withHandle(slot, (file) => file.truncate(length)),
    handleStat: ({ slot }) => withHandle(slot, (file) => Effect.map(file.stat, facts)),
    handleSync: ({ slot }) => withHandle(slot, (file) => file.sync)
  })
}

const outcome = (attempt: Attempt) =>
  Effect.match(attempt, {
    onSuccess: (value) => ({ value }),
    onFailure: (error) =>
      error._tag === "BadArgument" ? { method: error.method } : {
        reason: error.reason,
        method: error.method,
        code: codeOf(error),
        syscall: error.syscall,
        // A path in the place of a number: descriptors are numbered differently.
        path: typeof error.pathOrDescriptor === "string" ? error.pathOrDescriptor : "fd",
        description: error.description
      }
  })

/** All there is to tell of everything below, without going through links. */
const tree = (fs: FileSystem.FileSystem, root: string, path: string): Effect.Effect<ReadonlyArray<unknown>> =>
  Effect.gen(function*() {
    const at = `${root}/${path}`
    const link = yield* outcome(fs.readLink(at))
    const names = "value" in link ? Either.right([]) : yield* Effect.either(fs.readDirectory(at))
    const below = yield* Effect.forEach(
      Either.getOrElse(names, () => []),
      (name) => tree(fs, root, path === "" ? name : `${path}/${name}`)
    )
    return [
      [
        path,
        link,
        yield* outcome(Effect.map(fs.stat(at), facts)),
        yield* outcome(Effect.map(fs.readFile(at), decode))
      ],
      ...below.flat()
    ]
  })

const run = (fs: FileSystem.FileSystem, root: string, ops: ReadonlyArray<Op>) =>
  Effect.gen(function*() {
    const handles = new Map<number, Handle>()
    yield* Effect.addFinalizer(() =>
      Effect.forEach(handles.values(), ({ scope }) => Scope.close(scope, Exit.void), { discard: true })
    )
    const outcomes: Array<unknown> = []
    for (const op of ops) {
      const result = yield* outcome(perform(fs, root, handles)(op))
      const isFailure = !("value" in result)
      // Node does these in many steps, in the order of the disk: how far a failed one came is chance.
      if (isFailure && (op._tag === "copy" || (op._tag === "remove" && op.recursive))) {
        return [...outcomes, "failed on the way"]
      }
      outcomes.push(result)
    }
    return [...outcomes, ...yield* tree(fs, root, "")]
  })

const agree = (options: MemoryFileSystem.Options, ops: ReadonlyArray<Op>) =>
  Effect.gen(function*() {
    const node = yield* FileSystem.FileSystem
    const root = `${yield* area}/parent/root`
    yield* node.makeDirectory(root, { recursive: true, mode: 0o700 })
    const { fileSystem: memory } = yield* MemoryFileSystem.make({ ...options, umask: process.umask() })
    yield* memory.makeDirectory(root, { recursive: true, mode: 0o700 })
    assert.deepStrictEqual(yield* run(memory, root, ops), yield* run(node, root, ops))
  })

/** Some of what gives the operations something to work on. */
const start = fc.subarray<Op>([
  Op.makeDirectory({ path: "a", recursive: false, mode: 0o755 }),
  Op.makeDirectory({ path: "a/b/c", recursive: true, mode: 0o700 }),
  Op.makeDirectory({ path: "b", recursive: false, mode: 0o700 }),
  Op.writeFile({ path: "a/c", text: "hello", flag: "wx", mode: 0o644 }),
  Op.writeFile({ path: "b/c", text: "0123456789", flag: "w", mode: 0o600 }),
  Op.writeFile({ path: "m", text: "x", flag: "a", mode: 0o600 }),
  Op.link({ path: "m", to: "a/l" }),
  Op.symlink({ target: "a/c", path: "b/a" }),
  Op.symlink({ target: "a", path: "l" }),
  Op.open({ slot: 0, path: "a/c", flag: "r+" }),
  Op.open({ slot: 1, path: "m", flag: "a+" }),
  Op.open({ slot: 2, path: "b/c", flag: "w+" })
])

/**
 * Sequences with links, and others that read directories all the way down: two links to the directory they are in make
 * that 2^40 names.
 */
const ops = fc.tuple(start, fc.array(arbitrary, { minLength: 1, maxLength: 30, size: "max" }), fc.boolean()).map(
  ([start, ops, withLinks]) =>
    [...start, ...ops].filter((op) => withLinks ? op._tag !== "readDirectory" || !op.recursive : op._tag !== "symlink")
)

describe.skipIf(process.platform !== "linux")("FileSystem", () => {
  it.scoped.prop(
    "random operations end the same as on Node",
    [ops],
    ([ops]) => agree({ root: isSuperuser }, ops).pipe(Effect.provide(NodeFileSystem.layer)),
    { fastCheck: { numRuns: 100 } }
  )

  it.scoped.prop(
    "random operations of an owner end the same as on Node, with permissions in their way",
    [ops],
    ([ops]) =>
      Effect.zipRight(
        asOwner,
        // access(2) asks for the real user, whom the tests cannot give up and come back.
        agree({}, isSuperuser ? ops.filter(({ _tag }) => _tag !== "access") : ops)
      ).pipe(Effect.provide(NodeFileSystem.layer)),
    { fastCheck: { numRuns: 100 } }
  )
})
