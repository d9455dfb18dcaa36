/**
 * The real program with words that it has to refuse, or to take in all the forms that people type. No server: what is
 * understood ends at a port where nothing listens.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { assertDiscreet, assertFailed, ended, folder, namesIn, secrets } from "../support/program.js"

type Case = readonly [words: ReadonlyArray<string>, saying: string | RegExp]

const both = (...words: ReadonlyArray<string>) => (["dump", "restore"] as const).map((command) => [command, ...words])
const eachSaying = (lines: ReadonlyArray<ReadonlyArray<string>>, saying: string | RegExp): ReadonlyArray<Case> =>
  lines.map((words) => [words, saying])

/** Every case ends with 2 and one line, and leaves nothing in the folder it ran in. */
const refuses = (cases: ReadonlyArray<Case>) =>
  Effect.gen(function*() {
    const cwd = yield* folder
    yield* Effect.forEach(
      cases,
      ([words, saying]) => Effect.map(ended(words, { cwd }), (end) => assertFailed(end, 2, saying)),
      { concurrency: 2, discard: true }
    )
    assert.deepStrictEqual(namesIn(cwd), [])
  })

/** Where nobody listens: whoever gets there has understood everything before. */
const nowhere = ["--no-defaults", "-h", "127.0.0.1", "-P", "1"]
const stream = ["--stream", ...nowhere]

describe("the program, with words it cannot take", () => {
  it.scopedLive("refuses commands that there are not, and options before a command", () =>
    refuses([
      [[], "there is no command"],
      [["frobnicate"], "there is no command \"frobnicate\""],
      [["dmup"], "did you mean dump?"],
      [["--stream", "dump"], "the command comes before its options"],
      [["copy"], "not available yet"]
    ]))

  it.scopedLive("refuses options that there are not, and those of the other command", () =>
    refuses([
      ...eachSaying(both("--frobnicate"), "there is no option \"--frobnicate\""),
      [["dump", "--thread=4"], "write --threads"],
      [["restore", "-Z"], "there is no option -Z"],
      [["dump", "--stream", "--drop-table"], "--drop-table belongs to sluice restore"],
      [["dump", "--directory=x"], "--directory belongs to sluice restore"],
      [["restore", "--stream", "--outputdir=x"], "--outputdir belongs to sluice dump"],
      [["restore", "--stream", "-G"], "-G belongs to sluice dump"],
      [["dump", "--where=", ...stream], "--where is not available yet"],
      [["dump", "--where", "a=1", ...stream], "--where is not available yet"]
    ]))

  it.scopedLive("refuses modes that there are not, on both sides", () =>
    refuses([
      ...eachSaying(both("--stream=SIDEWAYS"), "\"SIDEWAYS\" is none of them"),
      ...eachSaying(both("--stream", "SIDEWAYS", ...nowhere), "\"SIDEWAYS\""),
      [["dump", "--stream="], "--stream"],
      [["restore", "--stream=8"], "\"8\" is none of them"],
      [["restore", "--stream", "--drop-table=SHRED"], "\"SHRED\" is none of them"]
    ]))

  it.scopedLive("refuses what contradicts itself, and what lacks something", () =>
    refuses([
      [["dump", "--clear", "--dirty", "-o", "x"], "contradict each other"],
      [["dump", "shop", "-B", "shop"], "both say what to dump"],
      [["restore", ...nowhere], "nothing says where the backup is"],
      [["restore", "--stream=NO_STREAM", ...nowhere], "write --directory=DIR"],
      [["restore", "--stream=NO_STREAM_AND_NO_DELETE", ...nowhere], "write --directory=DIR"],
      [["dump", "--regex=("], "--regex cannot be read"],
      [["restore", "-T", "small"], "--tables-list"]
    ]))

  it.scopedLive("refuses options whose value is missing, wrong, or in a word that it would have to guess about", () =>
    refuses([
      [["dump", "--stream", "-t"], "-t needs a value"],
      [["restore", "--threads"], "--threads needs a value"],
      [["dump", "-t", "many"], "whole number"],
      [["restore", "-t", "--stream"], "-t needs a value"],
      // help is not what a host without a name asks for
      ...eachSaying(both("-h"), "-h needs a value"),
      [["dump", "--stream", "-h"], "-h needs a value"],
      [["dump", "-G", "true", ...stream], "takes no value in a word of its own"],
      [["dump", "-GRE", "yes", ...stream], "takes no value in a word of its own"],
      [["dump", "-GREQ", ...stream], "-Q"],
      [["dump", "shop", "other.table"], "is no table of"],
      [["restore", "shop", ...stream], "takes only options"],
      [["dump", "--memory-budget=1", ...stream], "at least"]
    ]))

  it.scopedLive("refuses option files that it cannot read, and keys that are no options", () =>
    Effect.gen(function*() {
      const cwd = yield* folder
      const path = Path.join(cwd, "options.cnf")
      yield* Effect.sync(() => Fs.writeFileSync(path, `[sluice]\npassword=${secrets.right}\nfrobnicate=1\n`))
      for (const command of ["dump", "restore"]) {
        const missing = yield* ended([command, "--stream", "--defaults-file=missing.cnf"], { cwd })
        assertFailed(missing, 2, "cannot read the option file missing.cnf")
        const folder = yield* ended([command, "--stream", `--defaults-extra-file=${cwd}`], { cwd })
        assertFailed(folder, 2, `cannot read the option file ${cwd}`)
        const unknown = yield* ended([command, "--stream", `--defaults-file=${path}`], { cwd })
        assertFailed(unknown, 2, "line 3")
        assert.include(unknown.stderr, "frobnicate")
      }
    }))

  it.scopedLive("tells no password, wherever it stands", () =>
    refuses(
      both(`-p${secrets.right}`, "--frobnicate").concat(
        both("-p", secrets.right, "--frobnicate"),
        both(`--password=${secrets.right}`, `--frobnicate=${secrets.right}`),
        [["restore", "--stream", "-p", secrets.right, secrets.wrong], [
          "dump",
          "--stream",
          `--threads=${secrets.right}`
        ]]
      ).map((words) => [words, "sluice: "])
    ))

  it.scopedLive("asks for a password on a terminal only", () =>
    Effect.forEach(
      [...both("--stream", "-p", ...nowhere), ...both("--stream", ...nowhere, "--ask-password")],
      (words) =>
        Effect.map(
          ended(words, { detached: true, stdin: Buffer.from(`${secrets.right}\n`) }),
          (end) => assertFailed(end, 2, "there is no terminal to ask for the password on")
        ),
      { concurrency: 2, discard: true }
    ))
})

describe("the program, with words as people type them", () => {
  it.scopedLive("understands them all, and connects to the host they say", () =>
    Effect.gen(function*() {
      const cwd = yield* folder
      const forms: ReadonlyArray<ReadonlyArray<string>> = [
        // as the first word it would be help to others
        ["-h", "127.0.0.1", "-P", "1", "--stream"],
        ["-h127.0.0.1", "-P1", "--stream"],
        ["--stream", "--host=127.0.0.1", "--port", "1"],
        ["--stream", "-t", "4", "-h", "127.0.0.1", "-P1"],
        ["-t4", "-h", "127.0.0.1", "-P1", "--stream", "no_delete", "-o", "out"],
        ["-GRE", "-P1", "-h", "127.0.0.1", "--stream=0"],
        ["-GREt4", "-P1", "-h", "127.0.0.1", "--stream"],
        [`-p${secrets.right}`, "-P1", "-h", "127.0.0.1", "--stream"],
        ["-p", secrets.right, "-P1", "-h", "127.0.0.1", "--stream"],
        ["-B", "x", "-B", "y", "-P1", "-h", "127.0.0.1", "--stream"],
        ["-P1", "-h", "127.0.0.1", "shop"],
        ["-P1", "-h", "127.0.0.1", "--", "shop", "shop.orders"]
      ]
      yield* Effect.forEach(
        forms,
        (words) =>
          Effect.map(
            ended(["dump", "--no-defaults", ...words], { cwd }),
            (end) =>
              assertFailed(end, 4, /^sluice: cannot connect to the source server: nothing listens at 127\.0\.0\.1:1 /)
          ),
        { concurrency: 2, discard: true }
      )
    }))

  it.scopedLive("shows help and the version on standard output, and says nothing else", () =>
    Effect.gen(function*() {
      const shows = (words: ReadonlyArray<string>, text: RegExp) =>
        Effect.map(ended(words), (end) => {
          assertDiscreet(end)
          assert.strictEqual(end.code, 0, words.join(" "))
          assert.strictEqual(end.stderr, "", words.join(" "))
          assert.match(Buffer.from(end.stdout).toString("utf8"), text, words.join(" "))
        })
      yield* Effect.all([
        shows(["--help"], /dump[^]*restore/),
        shows(["-?"], /dump[^]*restore/),
        shows(["help", "restore"], /--directory/),
        shows(["dump", "--help"], /--outputdir/),
        shows(["restore", "--help"], /--directory/),
        // also behind other words that are right
        shows(["dump", "-h", "somewhere", "--stream", "-?"], /--outputdir/),
        shows(["--version"], /^sluice \d+\.\d+\.\d+\n$/),
        shows(["dump", "--version"], /^sluice \d+\.\d+\.\d+\n$/)
      ], { concurrency: 2, discard: true })
      // a mistake is not hidden behind it
      assertFailed(yield* ended(["dump", "--frobnicate", "--help"]), 2, "--frobnicate")
    }))
})
