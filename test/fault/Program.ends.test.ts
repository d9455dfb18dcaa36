/**
 * The real program and what it reads from and writes to: folders, pipes, terminals, full disks.
 */
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"

import { assert, describe, layer } from "@effect/vitest"
import { Frame } from "@sluice/format"
import { Effect } from "effect"

import { namesOf } from "../support/flows.js"
import {
  anyVendor,
  assertComplete,
  assertDiscreet,
  assertFailed,
  assertFailedUnderWay,
  assertGone,
  ended,
  fill,
  folder,
  login,
  namesIn,
  type Options,
  program,
  secrets,
  serverOf,
  shell,
  start,
  tell
} from "../support/program.js"
import { From } from "../support/realServers.js"

/** A server with the database `shop`, and how to ask the program for things about it. */
const prepared = Effect.gen(function*() {
  const server = yield* From
  const home = yield* folder
  yield* tell(server, "DROP DATABASE IF EXISTS shop", "DROP DATABASE IF EXISTS copy")
  yield* fill(server, "shop", 40_000)
  const words = ["--no-defaults", ...login(server)]
  return {
    server,
    home,
    inside: (name: string) => Path.join(home, name),
    dump: (...more: ReadonlyArray<string>) => ["dump", ...words, "-B", "shop", ...more],
    restore: (...more: ReadonlyArray<string>) => ["restore", ...words, "-B", "copy", ...more]
  }
})

const write = (path: string, content: string) => Effect.sync(() => Fs.writeFileSync(path, content))
const read = (path: string) => Effect.sync(() => Fs.readFileSync(path))

const frames = (...files: ReadonlyArray<readonly [name: string, content: string]>): Uint8Array =>
  Buffer.concat(files.flatMap(([name, content]) => [Frame.header(name, content.length), Buffer.from(content)]))

const has = (command: string) => ChildProcess.spawnSync(command, ["--version"]).status === 0

/** What gives a program a terminal of its own, runs a line of a shell on it, and ends with its code. */
const terminal: ReadonlyArray<string> | undefined = process.platform === "linux" && has("script")
  ? ["script", "-qec"]
  : has("python3")
  ? ["python3", "-c", "import os,pty,sys; sys.exit(os.WEXITSTATUS(pty.spawn(['sh', '-c', sys.argv[1]])))"]
  : undefined

/** The words after the shell's line. */
const afterLine = terminal?.[0] === "script" ? ["/dev/null"] : []

const noTerminal = terminal === undefined ? " (SKIPPED: neither script nor python3)" : ""
if (terminal === undefined) {
  process.stderr.write(`SKIPPED LOUDLY: tests of the program on a terminal${noTerminal}\n`)
}

layer(serverOf(anyVendor()), { excludeTestServices: true, timeout: "5 minutes" })((it) => {
  describe("the folder of a restore", () => {
    it.scoped("fails when it is missing, no folder, empty or unfinished", () =>
      Effect.gen(function*() {
        const { home, inside, restore, server } = yield* prepared
        yield* write(inside("file"), "")
        Fs.mkdirSync(inside("empty"))
        Fs.mkdirSync(inside("unfinished"))
        yield* write(inside("unfinished/shop-schema-create.sql"), "CREATE DATABASE `shop`;\n")
        const cases = [["missing", "does not exist"], ["file", "cannot read the backup's folder"], [
          "empty",
          "is empty"
        ], [
          "unfinished",
          "metadata"
        ]] as const
        for (const [name, saying] of cases) {
          const end = yield* ended(restore("-d", inside(name)))
          assertFailed(end, 6, saying)
          assert.include(end.stderr, inside(name))
        }
        assert.deepStrictEqual(namesIn(home), ["empty", "file", "unfinished"])
        yield* assertGone(server, "shop")
      }), { timeout: 120_000 })
  })

  describe("the folder of a dump", () => {
    it.scoped(
      "fails when it cannot be made, and when something is in it, which stays as it was",
      () =>
        Effect.gen(function*() {
          const { dump, inside, server } = yield* prepared
          yield* write(inside("file"), "kept")
          Fs.mkdirSync(inside("full"))
          yield* write(inside("full/notes.txt"), "kept")
          assertFailed(yield* ended(dump("-o", inside("file"))), 7, inside("file"))
          assertFailed(yield* ended(dump("-o", inside("file/below"))), 7, inside("file/below"))
          assertFailed(yield* ended(dump("-o", inside("full"))), 7, "notes.txt")
          assertFailed(yield* ended(dump("-o", inside("full"), "--stream=NO_DELETE")), 7, "notes.txt")
          assert.deepStrictEqual(namesIn(inside("full")), ["notes.txt"])
          assert.strictEqual(`${yield* read(inside("full/notes.txt"))}${yield* read(inside("file"))}`, "keptkept")
          // what it would say it cannot write either
          const unsaid = yield* ended(dump("-o", inside("new"), `--logfile=${inside("file/log")}`))
          assertFailed(unsaid, 7, "--logfile")
          assert.deepStrictEqual(namesIn(inside("new")), [])
          yield* assertGone(server, "shop")
        }),
      { timeout: 120_000 }
    )
  })

  describe("standard output", () => {
    it.scoped("fails when it is a device that is full", () =>
      Effect.gen(function*() {
        const { dump, server } = yield* prepared
        assertFailed(yield* ended(dump("--stream"), { stdout: "/dev/full" }), 7, "ENOSPC")
        yield* assertGone(server, "shop")
      }), { timeout: 120_000 })

    it.scoped("fails when it is a file and the room ends within the very last bytes", () =>
      Effect.gen(function*() {
        const { dump, inside } = yield* prepared
        const words = dump("--stream", "-T", "shop.small")
        const whole = yield* ended(words)
        assertComplete(whole, "2 rows")
        // a dump whose files are ready sooner announces more of them at once, and is shorter: then there is still less room
        const cut = (length: number): ReturnType<typeof ended> =>
          Effect.gen(function*() {
            // sh counts in blocks of 512 bytes
            const blocks = Math.floor((length - 1) / 512)
            const line = `ulimit -f ${blocks}; exec "$@" > "$0"`
            const end = yield* ended([inside("cut"), ...program, ...words], { command: ["sh", "-c", line] })
            const written = (yield* read(inside("cut"))).length
            if (end.code === 0) return yield* cut(written)
            assert.strictEqual(written, blocks * 512)
            return end
          })
        assertFailed(yield* cut(whole.stdout.length), 7, "the stream cannot be written (standard output)")
      }), { timeout: 120_000 })

    it.scoped("fails when its reader goes away, early or late", () =>
      Effect.gen(function*() {
        const { dump, server } = yield* prepared
        for (const bytes of [1, 1_000_000]) {
          const running = yield* start(dump("--stream"))
          yield* running.pauseAt(bytes)
          yield* running.leave
          assertFailedUnderWay(yield* running.ended, 7, "the reader of the pipe is gone")
        }
        yield* assertGone(server, "shop")
      }), { timeout: 120_000 })

    it.scoped("says where messages go, and ends well though nobody reads them", () =>
      Effect.gen(function*() {
        const { dump, inside } = yield* prepared
        const log = inside("log")
        const logged = yield* ended(dump("--stream", "-d", `--logfile=${log}`))
        assert.deepStrictEqual([logged.code, logged.stderr], [0, ""])
        assert.match(String(yield* read(log)), /^COMPLETE: dump of 1 database/m)
        const running = yield* start(dump("--stream"))
        yield* running.stopListening
        const end = yield* running.ended
        assert.strictEqual(end.code, 0)
        assert.include(namesOf(end.stdout), "metadata")
        // the verdict stays, whatever else is kept quiet
        for (const words of [["--quiet"], ["-v", "0"]]) {
          const quiet = yield* ended(dump("--stream", "-d", "--less-locking", ...words))
          assert.match(quiet.stderr, words.includes("--quiet") ? /^COMPLETE: [^\n]+\n$/ : /COMPLETE: [^\n]+\n$/)
        }
      }), { timeout: 120_000 })

    it.scoped("is warned of when a mode leaves nothing to restore", () =>
      Effect.gen(function*() {
        const { dump, inside } = yield* prepared
        const end = yield* ended(dump("--stream=NO_STREAM", "-d", "-o", inside("out")))
        assertComplete(end, "dump of 1 database")
        assert.match(end.stderr, /^note: --stream=NO_STREAM .*nothing can be restored/)
      }), { timeout: 120_000 })
  })

  describe("standard input", () => {
    it.scoped("fails when it is empty, cut, or no stream", () =>
      Effect.gen(function*() {
        const { dump, home, restore, server } = yield* prepared
        const whole = (yield* ended(dump("--stream", "-d"))).stdout
        const garbage = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 31 + (i >> 8) * 17) % 256))
        const cases: ReadonlyArray<readonly [stdin: Options["stdin"], saying: string]> = [
          [undefined, "the input is empty"],
          [new Uint8Array(0), "the input is empty"],
          [garbage, "this is not a dump stream"],
          [Buffer.from("mydumper: error: access denied\n"), "this is not a dump stream"],
          [whole.subarray(0, -1), "sluice: "],
          [whole.subarray(0, whole.length - 200), "sluice: "],
          [whole.subarray(0, 300), "sluice: "]
        ]
        for (const [stdin, saying] of cases) {
          assertFailed(yield* ended(restore("--stream", "-o", "DROP"), { stdin }), 6, saying)
        }
        assert.deepStrictEqual(namesIn(home), [])
        yield* assertGone(server, "shop")
      }), { timeout: 120_000 })

    it.scoped(
      "is refused when a name in it leads out of the folder, and nothing is written there",
      () =>
        Effect.gen(function*() {
          const { home, inside, restore } = yield* prepared
          const names = ["../evil.sql", "../../evil.sql", "/tmp/evil.sql", "a/b.sql", "..", "..\\evil.sql"]
          for (const name of names) {
            const content = frames([name, "DROP DATABASE shop;\n"], ["metadata", "# nothing\n"])
            const end = yield* ended(restore("--stream=NO_DELETE", "-d", inside("in")), { stdin: content, cwd: home })
            assertFailed(end, 6, "would leave the backup's folder")
            assert.deepStrictEqual(namesIn(home).filter((name) => name !== "in"), [], name)
            assert.deepStrictEqual(namesIn(inside("in")), [], name)
          }
          assertFailed(yield* ended(restore("--stream"), { stdin: frames(["../evil.sql", "x"]) }), 6, "../evil.sql")
          Fs.mkdirSync(inside("shared"))
          yield* write(inside("evil.sql"), "DROP DATABASE shop;\n")
          assertFailed(
            yield* ended(restore("--stream=NO_STREAM", "-d", inside("shared")), {
              stdin: Frame.header("../evil.sql", 0)
            }),
            6,
            "../evil.sql"
          )
          assert.isTrue(Fs.existsSync(inside("evil.sql")), "it is not ours to delete")
        }),
      { timeout: 120_000 }
    )

    it.scoped("is refused when it is of another mode, and no file is lost", () =>
      Effect.gen(function*() {
        const { dump, inside, restore } = yield* prepared
        const content = (yield* ended(dump("--stream", "-d"))).stdout
        const headers = yield* ended(dump("--stream=NO_STREAM_AND_NO_DELETE", "-d", "-o", inside("shared")))
        assertComplete(headers, "dump of 1 database")
        const files = namesIn(inside("shared"))
        const headerOnly = ["NO_STREAM", "NO_STREAM_AND_NO_DELETE"]
        for (const mode of headerOnly) {
          const end = yield* ended(restore(`--stream=${mode}`, "-d", inside("shared")), { stdin: content })
          assertFailed(end, 6, "the stream carries content")
        }
        assertFailed(yield* ended(restore("--stream"), { stdin: headers.stdout }), 6, "the stream carries names only")
        assertFailed(
          yield* ended(restore("--stream=NO_DELETE", "-d", inside("in")), { stdin: headers.stdout }),
          6,
          "the stream carries names only"
        )
        assert.deepStrictEqual(namesIn(inside("shared")), files)
        // the folder and the stream are good: the right mode takes them
        assertComplete(
          yield* ended(restore(`--stream=NO_STREAM_AND_NO_DELETE`, "-d", inside("shared")), { stdin: headers.stdout }),
          "restore of 1 database, 2 tables"
        )
      }), { timeout: 120_000 })

    it.scoped("is not waited for when the server does not let the program in", () =>
      Effect.gen(function*() {
        const server = yield* From
        const running = yield* start(["restore", "--no-defaults", ...login(server, secrets.wrong), "--stream"], {
          stdin: "open"
        })
        assertFailed(yield* running.ended, 5, "Access denied")
      }), { timeout: 120_000 })
  })

  describe.skipIf(terminal === undefined)(`a terminal${noTerminal}`, () => {
    /** Runs a line of a shell on a terminal; what is said there is on its standard output. */
    const onTerminal = (line: string, stdin?: Options["stdin"]) =>
      start([line, ...afterLine], { command: terminal, stdin })

    it.scoped("gets no stream, and gives none", () =>
      Effect.gen(function*() {
        const { dump, inside, restore, server } = yield* prepared
        const cases = [
          [dump("--stream"), "2>", "standard output is a terminal"],
          [dump("--stream=NO_STREAM", "-o", inside("out")), "2>", "standard output is a terminal"],
          [restore("--stream"), ">out 2>", "standard input is a terminal"]
        ] as const
        for (const [words, redirection, saying] of cases) {
          const running = yield* onTerminal(`cd '${inside("")}' && ${shell(words)} ${redirection}'${inside("said")}'`)
          const end = yield* running.ended
          const stderr = String(yield* read(inside("said")))
          assertFailed({ ...end, words, stderr }, 2, saying)
        }
        assert.deepStrictEqual(namesIn(inside("")), ["out", "said"])
        yield* assertGone(server, "shop")
      }), { timeout: 120_000 })

    it.scoped(
      "is asked for a password though the stream is on standard input, and can refuse",
      () =>
        Effect.gen(function*() {
          const { dump, inside, restore, server } = yield* prepared
          yield* ended(dump("--stream", "-d"), { stdout: inside("stream") })
          const asking = restore("--stream").map((word) => word.startsWith("-p") ? "-p" : word)
          const line = `${shell(asking)} <'${inside("stream")}' >'${inside("out")}'`
          const answered = yield* onTerminal(line, "open")
          yield* answered.untilBytes("Password: ".length)
          yield* answered.write(Buffer.from(`${secrets.right}\r`))
          const end = yield* answered.ended
          const said = String(Buffer.from(end.stdout)).replaceAll("\r", "")
          assertDiscreet({ ...end, words: asking })
          assert.strictEqual(end.code, 0, said)
          assert.match(said, /^Password: \n[^]*COMPLETE: restore of 1 database/)
          const interrupted = yield* onTerminal(line, "open")
          yield* interrupted.untilBytes("Password: ".length)
          yield* interrupted.write(Buffer.from("\u0003"))
          const refused = yield* interrupted.ended
          assert.strictEqual(refused.code, 130)
          assert.include(String(Buffer.from(refused.stdout)), "sluice: stopped by SIGINT")
          assert.strictEqual(namesIn(inside("")).join(), "out,stream")
          yield* assertGone(server, "shop")
        }),
      { timeout: 120_000 }
    )
  })
})
