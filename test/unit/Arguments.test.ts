/**
 * The argument reader: the same meaning however it is typed, and no word lost.
 */
import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, Redacted } from "effect"
import * as Arguments from "sluice/Arguments"
import * as CommandTable from "sluice/CommandTable"
import * as OptionTable from "sluice/OptionTable"

import { tokenize } from "../../packages/cli/src/internal/tokens.js"
import { commandLine, meaning } from "../support/commandLines.js"

const { table } = OptionTable

/** Options that a generator may combine freely. The others are contradictions, questions, or older spellings. */
const free = (command: OptionTable.CommandName) =>
  OptionTable.entriesOf(table, command).filter((entry) =>
    entry.kind._tag !== "Request" && entry.removed === undefined &&
    !["ask-password", "dirty", "no-defaults"].includes(entry.name)
  )

const read = (command: OptionTable.CommandName, ...argv: ReadonlyArray<string>) => Arguments.read(table, command, argv)

const canonical = (command: OptionTable.CommandName, ...argv: ReadonlyArray<string>): ReadonlyArray<string> =>
  Arguments.canonical(Either.getOrThrowWith(read(command, ...argv), (error) => error))

const refusal = (command: OptionTable.CommandName, ...argv: ReadonlyArray<string>) =>
  Either.getOrThrowWith(
    Either.flip(read(command, ...argv)),
    (result) => new Error(`${argv.join(" ")} was read as ${Arguments.canonical(result).join(" ")}`)
  )

/** Those that run without a word besides their options. */
const aCommand = fc.constantFrom(
  ...OptionTable.commandNames.filter((command) => CommandTable.infoOf(command).words._tag !== "Named")
)

/** What was read, with everything that a word can have an effect on. */
const allOf = (result: ReturnType<typeof read>): unknown =>
  Either.match(result, {
    onLeft: () => "refused",
    onRight: (read) => [
      Arguments.canonical(read),
      read._tag === "Run" ? read.settings.map((setting) => setting.bare) : []
    ]
  })

describe("laws", () => {
  it.prop(
    "however it is typed, it means the same",
    [aCommand.chain((command) => commandLine(free(command)).map((line) => ({ command, ...line })))],
    ([{ command, uses, words }]) => {
      assert.deepStrictEqual(canonical(command, ...words), meaning(free(command), uses))
    },
    { fastCheck: { numRuns: 600 } }
  )

  it.prop(
    "the canonical form means itself",
    [aCommand.chain((command) => commandLine(free(command)).map((line) => ({ command, ...line })))],
    ([{ command, words }]) => {
      const first = canonical(command, ...words)
      const again = first.flatMap((word, index) => index % 2 === 0 ? [`${word}=${first[index + 1]}`] : [])
      assert.deepStrictEqual(canonical(command, ...again), first)
    }
  )

  it.prop(
    "no word is without effect: without it, the line means something else or is refused",
    [
      aCommand.chain((command) => commandLine(free(command), { distinct: true }).map((line) => ({ command, ...line })))
        .filter(({ words }) => words.length > 0),
      fc.nat()
    ],
    ([{ command, words }, at]) => {
      const fewer = words.filter((_, index) => index !== at % words.length)
      assert.notDeepEqual(allOf(read(command, ...fewer)), allOf(read(command, ...words)))
    },
    { fastCheck: { numRuns: 600 } }
  )

  const junk = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom(
      "-",
      "--",
      "--=",
      "--=x",
      "-=",
      "-?",
      "--help",
      "true",
      "db",
      "db.t",
      "-1",
      "--where",
      "-c",
      "--no-such"
    ),
    fc.string({ maxLength: 4 }).map((text) => `-${text}`),
    fc.string({ maxLength: 4 }).map((text) => `--${text}`)
  )
  const mixed = aCommand.chain((command) =>
    fc.array(fc.oneof(junk.map((word) => [word]), commandLine(free(command)).map(({ words }) => words)), {
      maxLength: 5
    })
      .map((parts) => ({ command, argv: parts.flat() }))
  )

  it.prop(
    "every word of any line is in one token, or the line is refused",
    [mixed],
    ([{ argv, command }]) => {
      const tokens = tokenize(OptionTable.lookup(table, command), argv)
      if (Either.isLeft(tokens)) return assert.isTrue(Either.isLeft(read(command, ...argv)))
      assert.deepStrictEqual(tokens.right.flatMap((token) => token.words), argv)
      for (const token of tokens.right) {
        if (token._tag === "Options") assert.isAbove(token.settings.length + token.requests.length, 0)
      }
      const result = read(command, ...argv)
      const positionals = tokens.right.flatMap((token) => token._tag === "Positional" ? token.words : [])
      if (Either.isRight(result) && result.right._tag === "Run") {
        assert.deepStrictEqual(result.right.positionals, positionals)
      }
    },
    { fastCheck: { numRuns: 1000 } }
  )

  it.prop("an error is one line that ends with what to do", [mixed], ([{ argv, command }]) => {
    const result = read(command, ...argv)
    if (Either.isRight(result)) return
    assert.strictEqual(result.left.exitCode, 2)
    assert.notMatch(result.left.message, /\n/)
    assert.isTrue(result.left.message.endsWith(`: ${result.left.advice}`))
    assert.isAbove(result.left.advice.length, 0)
  })

  it.prop(
    "no error and no printed result holds the password",
    [
      mixed,
      mixed,
      fc.string({ minLength: 1, maxLength: 8 }).map((text) => `Zikrit${text}`),
      fc.constantFrom("--password=", "-p", "-Wp", "-p ", "--password ", "-p -", "-p --", "-a ", "--ask-password ")
    ],
    ([{ argv: before, command }, { argv: after }, secret, form]) => {
      const [name = "", rest] = form.split(" ")
      const typed = rest === undefined ? [`${name}${secret}`] : [name, `${rest}${secret}`]
      const result = read(command, ...before.filter((word) => word !== "--"), ...typed, ...after)
      const text = Either.match(result, {
        onLeft: (error) => `${error.message} ${JSON.stringify(error)} ${String(error)}`,
        onRight: (result) => `${JSON.stringify(result)} ${result._tag === "Run" ? String(result.settings) : ""}`
      })
      // the word after --ask-password may really be a database
      const isDatabase = Either.isRight(result) && result.right._tag === "Run" && result.right.positionals.length > 0
      if (!isDatabase) assert.notInclude(text, "Zikrit")
    },
    { fastCheck: { numRuns: 1000 } }
  )

  it.prop(
    "a cut name is refused, and names what it may be",
    [
      aCommand.chain((command) =>
        fc.constantFrom(...OptionTable.entriesOf(table, command)).chain((entry) =>
          fc.integer({ min: 1, max: entry.name.length - 1 }).map((length) => ({
            command,
            cut: entry.name.slice(0, length)
          }))
        )
      )
    ],
    ([{ command, cut }]) => {
      fc.pre(!OptionTable.lookup(table, command).spellings.has(`--${cut}`))
      const error = refusal(command, `--${cut}=x`)
      assert.strictEqual(error.reason, "UnknownOption")
      const whole = OptionTable.entriesOf(table, command).filter((entry) =>
        entry.removed === undefined &&
        [entry.name, ...entry.aliases, ...entry.negations].some((name) => name.startsWith(cut))
      )
      if (whole.length === 1) assert.include(error.advice, `--${whole[0]?.name}`)
    }
  )
})

describe("what people type", () => {
  const same: ReadonlyArray<readonly [OptionTable.CommandName, ReadonlyArray<string>, ReadonlyArray<string>]> = [
    ["dump", ["-u", "root", "-p", "secret"], ["--user", "root", "--password", "secret"]],
    ["dump", ["-psecret"], ["--password", "secret"]],
    ["dump", ["-p"], ["--ask-password", "true"]],
    ["dump", ["-p", "-t4"], ["--ask-password", "true", "--threads", "4"]],
    ["dump", ["-p", ""], ["--password", ""]],
    ["dump", ["--password="], ["--password", ""]],
    ["dump", ["-p", "x", "-a"], ["--ask-password", "true"]],
    ["dump", ["-a", "-px"], ["--password", "x"]],
    ["dump", ["-a", "--ask-password=0"], ["--ask-password", "false"]],
    ["dump", ["-GRE"], ["--triggers", "true", "--routines", "true", "--events", "true"]],
    ["dump", ["-GREt8"], ["--threads", "8", "--triggers", "true", "--routines", "true", "--events", "true"]],
    ["dump", ["-GB", "shop"], ["--database", "shop", "--triggers", "true"]],
    ["dump", ["--skip-triggers"], ["--triggers", "false"]],
    ["dump", ["--skip-tz-utc"], ["--tz-utc", "false"]],
    ["dump", ["-r", "-1"], ["--rows", "-1"]],
    ["dump", ["-r-1"], ["--rows", "-1"]],
    ["dump", ["--rows=1000:50000:0"], ["--rows", "1000:50000:0"]],
    ["dump", ["-B", "a,b", "-B", "c"], ["--database", "a", "--database", "b", "--database", "c"]],
    ["dump", ["-t", "2", "-t", "3"], ["--threads", "3"]],
    ["dump", ["--stream"], ["--stream", "TRADITIONAL"]],
    ["dump", ["--stream", "-t", "4"], ["--threads", "4", "--stream", "TRADITIONAL"]],
    ["dump", ["--stream", "no_delete"], ["--stream", "NO_DELETE"]],
    ["dump", ["--stream=7"], ["--stream", "NO_STREAM_AND_NO_DELETE"]],
    ["dump", ["mydb", "mydb.t1", "mydb.t2"], ["--", "mydb", "mydb.t1", "mydb.t2"]],
    ["dump", ["-t4", "--", "mydb"], ["--threads", "4", "--", "mydb"]],
    ["dump", ["-x", "^(?!mysql)", "--regex=a\nb"], ["--regex", "^(?!mysql)", "--regex", "a\nb"]],
    ["restore", ["-o", "-d", "dir"], ["--directory", "dir", "--drop-table", "DROP"]],
    ["restore", ["-o", "truncate"], ["--drop-table", "TRUNCATE"]],
    ["restore", ["-oDROP"], ["--drop-table", "DROP"]],
    ["restore", ["-e"], ["--skip-binlog", "false"]]
  ]
  for (const [command, argv, expected] of same) {
    it(`${command} ${argv.map((word) => JSON.stringify(word)).join(" ")}`, () => {
      assert.deepStrictEqual(canonical(command, ...argv), expected)
    })
  }

  it("the bits of a stream mode", () => {
    const words = ["TRADITIONAL", "NO_DELETE", "NO_STREAM", "NO_STREAM_AND_NO_DELETE"]
    for (let bits = 0; bits < 8; bits++) {
      assert.deepStrictEqual(canonical("dump", `--stream=${bits}`), ["--stream", words[bits >> 1] ?? ""])
    }
  })

  it("the password is hidden at once", () => {
    const result = Either.getOrThrow(read("dump", "-pZikrit"))
    const value = result._tag === "Run" ? result.settings[0]?.values[0] : undefined
    assert.strictEqual(value?._tag === "Hidden" ? Redacted.value(value.secret) : "", "Zikrit")
    assert.notInclude(JSON.stringify(result), "Zikrit")
  })
})

describe("what is refused", () => {
  const refused: ReadonlyArray<readonly [OptionTable.CommandName, ReadonlyArray<string>, string, string]> = [
    ["dump", ["-h"], "MissingValue", "help is -?"],
    ["dump", ["-o", "-t", "4"], "MissingValue", "--outputdir=VALUE"],
    ["dump", ["-o", "--"], "MissingValue", "--outputdir=VALUE"],
    ["dump", ["-t=4"], "InvalidValue", "--threads="],
    ["dump", ["-t", "four"], "InvalidValue", "0 to 1024"],
    ["dump", ["-t", "-4"], "InvalidValue", "0 to 1024"],
    ["dump", ["-G", "true"], "UnexpectedWord", "--triggers=true"],
    ["dump", ["-G", "0"], "UnexpectedWord", "-G"],
    ["dump", ["--no-data=maybe"], "InvalidValue", "on or off"],
    ["dump", ["--stream", "mydb"], "InvalidValue", "\"mydb\" is none of them"],
    ["dump", ["--stream=8"], "InvalidValue", "TRADITIONAL"],
    ["dump", ["--stream="], "InvalidValue", "TRADITIONAL"],
    ["dump", ["--stream", "UNPACK"], "InvalidValue", "sluice unpack"],
    ["dump", ["--stream=NO_DELETED"], "InvalidValue", "--stream=NO_DELETE"],
    ["dump", ["-r", "0"], "InvalidValue", "--rows=-1"],
    ["dump", ["-r", "5:1:9"], "InvalidValue", "MIN:START:MAX"],
    ["dump", ["-B", "a,,b"], "InvalidValue", "empty name"],
    ["dump", ["-T", "t"], "InvalidValue", "DB.TABLE"],
    ["dump", ["--outputdir="], "InvalidValue", "--outputdir=DIR"],
    ["dump", ["--clear", "--dirty"], "Contradiction", "give one of them"],
    ["dump", ["--threds", "4"], "UnknownOption", "--threads"],
    ["dump", ["--Threads", "4"], "UnknownOption", "--threads"],
    ["dump", ["-GXR"], "UnknownOption", "NotAvailable"],
    ["dump", ["--drop-table"], "WrongCommand", "sluice restore"],
    ["dump", ["--where", "id>1"], "NotAvailable", "--where is not available yet"],
    ["dump", ["-GD"], "NotAvailable", "-D is not available yet"],
    ["dump", ["--help=yes"], "InvalidValue", "takes no value"],
    ["dump", ["db.t"], "UnexpectedWord", "\"db.t\" is no database"],
    ["dump", ["db", "t"], "UnexpectedWord", "\"t\" is no table of \"db\""],
    ["dump", ["db", "-B", "db"], "Contradiction", "--database"],
    ["dump", ["db", "db.t", "-T", "db.u"], "Contradiction", "--tables-list"],
    ["dump", ["-"], "UnexpectedWord", "no database"],
    ["restore", ["dir"], "UnexpectedWord", "--directory=DIR"],
    ["restore", ["-"], "UnexpectedWord", "--stream"],
    ["restore", ["-o", "DRPO"], "InvalidValue", "--drop-table=DROP"],
    ["restore", ["-m"], "WrongCommand", "sluice dump"],
    ["restore", ["-q", "10"], "NotAvailable", "-q"]
  ]
  for (const [command, argv, reason, text] of refused) {
    it(`${command} ${argv.join(" ")}`, () => {
      const error = refusal(command, ...argv)
      assert.strictEqual(error.reason, text === "NotAvailable" ? text : reason)
      if (text !== "NotAvailable") assert.include(error.message, text)
    })
  }

  it("a mistake is not hidden behind help", () => {
    assert.strictEqual(refusal("dump", "--help", "--no-such").reason, "UnknownOption")
    assert.strictEqual(refusal("restore", "-?", "word").reason, "UnexpectedWord")
  })

  it("every option that is not available, with its reason", () => {
    for (const item of table.unavailable) {
      for (const command of item.commands) {
        const spellings = [`--${item.name}`, `--${item.name}=x`, ...item.short.map((letter) => `-${letter}`)]
        for (const spelling of spellings) {
          const error = refusal(command, spelling, "x")
          assert.strictEqual(error.reason, "NotAvailable", spelling)
          assert.include(error.message, item.reason)
        }
      }
    }
  })
})

describe("the whole line", () => {
  const all = (...argv: ReadonlyArray<string>) => Arguments.readAll(table, argv)
  const tagOf = (...argv: ReadonlyArray<string>) => Either.map(all(...argv), (invocation) => invocation._tag)

  it("help and version", () => {
    for (const argv of [["--help"], ["-?"], ["help"], ["help", "dump"], ["dump", "--help"], ["restore", "-?", "-t4"]]) {
      assert.deepStrictEqual(tagOf(...argv), Either.right("Help"))
    }
    for (const argv of [["--version"], ["-V"], ["dump", "-V"], ["restore", "--version"]]) {
      assert.deepStrictEqual(tagOf(...argv), Either.right("Version"))
    }
  })

  it("what is no command", () => {
    const lines: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
      [[], "no command"],
      [["dumb"], "did you mean dump"],
      [["copy"], "not available yet"],
      [["-h", "db1", "dump"], "comes before its options"],
      [["help", "dump", "x"], "too many"],
      [["--version", "dump"], "nothing after it"]
    ]
    for (const [argv, text] of lines) {
      const error = Either.getOrThrow(Either.flip(all(...argv)))
      assert.include(error.message, text)
    }
  })
})
