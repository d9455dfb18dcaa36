/**
 * Option files, over a file system in memory.
 */
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck as fc } from "effect"
import * as CommandTable from "sluice/CommandTable"
import * as OptionFile from "sluice/OptionFile"
import * as OptionTable from "sluice/OptionTable"

import { commandLine, meaning } from "../support/commandLines.js"
import { holds, load, mine, onFiles, refused } from "../support/optionFiles.js"

const { table } = OptionTable

describe("which files and groups", () => {
  it.effect("without any file there is nothing", () => holds({}, []))

  it.effect("the machine's, then the user's, then the named one; a later line wins", () =>
    Effect.gen(function*() {
      const files = {
        "/etc/my.cnf": "[client]\nuser=a\nhost=a\nport=1\nsocket=/a\n",
        "/etc/mysql/my.cnf": "[client]\nhost=b\nport=2\nsocket=/b\n",
        "/etc/mydumper.cnf": "[mydumper]\nport=3\nsocket=/c\n",
        [mine]: "[client]\nsocket=/d\n",
        "/extra": "[sluice]\nthreads=9\n"
      }
      yield* holds({ files }, ["--host", "b", "--port", "3", "--user", "a", "--socket", "/d"])
      yield* holds({ files, argv: ["--defaults-extra-file=/extra"] }, [
        "--host",
        "b",
        "--port",
        "3",
        "--user",
        "a",
        "--socket",
        "/d",
        "--threads",
        "9",
        "--defaults-extra-file",
        "/extra"
      ])
      yield* holds({ files, argv: ["--defaults-file=/extra"] }, ["--threads", "9", "--defaults-file", "/extra"])
      yield* holds({ files, argv: ["--no-defaults"] }, ["--no-defaults", "true"])
      const loaded = yield* load({ files })
      assert.deepStrictEqual(loaded.files, ["/etc/my.cnf", "/etc/mysql/my.cnf", "/etc/mydumper.cnf", mine])
    }))

  it.effect("each command reads its own groups", () =>
    Effect.gen(function*() {
      const text = "[mydumper]\nthreads=1\n[myloader]\nthreads=2\n[dump]\nrows=10\n[restore]\ndrop-table\n[sluice]\n" +
        "memory-budget=1M\n[mysqldump]\nwhere=1\n[mysqld]\nport=1\n"
      yield* holds({ files: { [mine]: text } }, ["--threads", "1", "--memory-budget", "1048576", "--rows", "10"])
      yield* holds({ command: "restore", files: { [mine]: text } }, [
        "--threads",
        "2",
        "--memory-budget",
        "1048576",
        "--drop-table",
        "DROP"
      ])
    }))

  it.effect("[sluice] may hold what only one command has", () =>
    Effect.gen(function*() {
      const files = { [mine]: "[sluice]\nrows=5\nskip-post\nskip-triggers\n" }
      yield* holds({ files }, ["--triggers", "false", "--rows", "5"])
      yield* holds({ command: "restore", files }, ["--skip-triggers", "true", "--skip-post", "true"])
    }))

  it.effect("[client] gives the connection, and keeps what is for other programs", () =>
    holds(
      {
        files: {
          [mine]: "[client]\nprotocol=TCP\nno-beep\ndefault_character_set=utf8\nthreads=9\n[client-mariadb]\nuser=u\n"
        }
      },
      ["--user", "u", "--protocol", "tcp"]
    ))

  it.effect("[client] says how to encrypt, as both vendors write it", () =>
    Effect.gen(function*() {
      yield* holds(
        {
          files: {
            [mine]:
              "[client]\nssl_mode=verify_identity\nssl-ca=/ca\nssl_capath=/cas\nssl-cert=/me.pem\nssl-key=/me.key\n" +
              "ssl-cipher=A:B\ntls_version=TLSv1.3\nenable-cleartext-plugin\n"
          }
        },
        [
          ["--ssl-mode", "VERIFY_IDENTITY"],
          ["--ca", "/ca"],
          ["--capath", "/cas"],
          ["--cert", "/me.pem"],
          ["--key", "/me.key"],
          ["--cipher", "A:B"],
          ["--tls-version", "TLSv1.3"],
          ["--enable-cleartext-plugin", "true"]
        ].flat()
      )
      const mode = (text: string, ...expected: ReadonlyArray<string>) => holds({ files: { [mine]: text } }, expected)
      yield* mode("[client-mariadb]\nssl\n", "--ssl-mode", "REQUIRED")
      yield* mode("[client]\nskip-ssl\n", "--ssl-mode", "DISABLED")
      yield* mode("[client]\nssl=0\n", "--ssl-mode", "DISABLED")
      yield* mode("[client]\nloose-ssl-mode=REQUIRED\n", "--ssl-mode", "REQUIRED")
      yield* mode("[client]\nssl\nssl-verify-server-cert\nssl-ca=/ca\n", "--ssl-mode", "VERIFY_IDENTITY", "--ca", "/ca")
      yield* mode("[client]\nssl_ca=/ca\n", "--ssl-mode", "VERIFY_CA", "--ca", "/ca")
      // these are ours alone
      yield* mode("[client]\nca=/ca\nkey=/key\n")
    }))

  it.effect("encryption that nobody will do is not passed over in silence", () =>
    Effect.gen(function*() {
      const notices = (text: string) => Effect.map(load({ files: { [mine]: text } }), ({ notices }) => notices)
      const [one] = yield* notices("[client]\nssl-crl=/crl\n")
      assert.include(one ?? "", `${mine}, line 2: ssl-crl`)
      assert.lengthOf(yield* notices("[client]\nssl-fips-mode=ON\n"), 1)
      assert.lengthOf(yield* notices("[client]\nssl-fips-mode=OFF\nssl-mode=REQUIRED\n"), 0)
    }))

  it.effect("includes, of a file and of a directory in order of names", () =>
    holds({
      files: {
        [mine]: "[sluice]\nthreads=1\n!include more.cnf\n!includedir /etc/d\n[sluice]\nuser=last\n",
        "/home/me/more.cnf": "[sluice]\nthreads=2\n",
        "/etc/d/b.cnf": "[sluice]\nport=2\n",
        "/etc/d/a.cnf": "[sluice]\nport=1\n",
        "/etc/d/c.txt": "no option file"
      }
    }, ["--port", "2", "--user", "last", "--threads", "2"]))
})

describe("lines", () => {
  const values: ReadonlyArray<readonly [written: string, value: string]> = [
    ["user=a", "a"],
    ["user = a ", "a"],
    ["  user\t=\ta\r", "a"],
    ["user='a b'", "a b"],
    ["user=\" a \"", " a "],
    ["user='it''s'", "it''s"],
    ["user=a\\sb\\tc\\nd\\\\e\\'f\\\"g", "a b\tc\nd\\e'f\"g"],
    ["user=a\\.b\\w", "a\\.b\\w"],
    ["user=a # a comment", "a"],
    ["user='a # no comment' # a comment", "a # no comment"],
    ["user=a;b", "a;b"],
    ["user=", ""],
    ["user=a=b", "a=b"],
    ["user='", "'"]
  ]
  for (const [written, value] of values) {
    it.effect(
      JSON.stringify(written),
      () => holds({ files: { [mine]: `\uFEFF; comment\n# comment\n\n[sluice]\n${written}\n` } }, ["--user", value])
    )
  }

  it.effect("booleans are booleans", () =>
    Effect.gen(function*() {
      for (const no of ["0", "false", "no", "OFF", "'0'"]) {
        yield* holds({ files: { [mine]: `[mydumper]\nno_data=${no}\n` } }, ["--no-data", "false"])
        yield* holds({ files: { [mine]: `[mydumper]\nskip-triggers = ${no}\n` } }, ["--triggers", "true"])
      }
      for (const yes of ["", "=1", "=true", " = Yes", "=on"]) {
        yield* holds({ files: { [mine]: `[mydumper]\nno-data${yes}\n` } }, ["--no-data", "true"])
      }
      yield* refused({ files: { [mine]: "[mydumper]\nno-data=maybe\n" } }, `${mine}, line 2`, "no-data is on or off")
    }))

  it.effect("a stream mode is a number or a word, and true is neither", () =>
    Effect.gen(function*() {
      yield* holds({ files: { [mine]: "[mydumper]\nstream=1\n" } }, ["--stream", "TRADITIONAL"])
      yield* holds({ files: { [mine]: "[mydumper]\nstream\n" } }, ["--stream", "TRADITIONAL"])
      yield* holds({ files: { [mine]: "[mydumper]\nstream=no_delete\n" } }, ["--stream", "NO_DELETE"])
      yield* refused({ files: { [mine]: "[mydumper]\nstream=true\n" } }, "line 2: stream takes one of")
    }))

  it.effect("lists add up, also over files", () =>
    holds({
      files: { "/etc/my.cnf": "[dump]\nregex=a\nregex='b'\ndatabase=x,y\n", [mine]: "[dump]\nregex=c\ndatabase=z\n" }
    }, ["--regex", "a", "--regex", "b", "--regex", "c", "--database", "x", "--database", "y", "--database", "z"]))

  it.effect("a pattern keeps its backslashes", () =>
    holds({ files: { [mine]: "[dump]\nregex='\\bfoo\\s\\.'\nuser='\\s'\n" } }, [
      "--user",
      " ",
      "--regex",
      "\\bfoo\\s\\."
    ]))

  it.effect("a password without a value is asked for", () =>
    Effect.gen(function*() {
      yield* holds({ files: { [mine]: "[client]\npassword\n" } }, ["--ask-password", "true"])
      yield* holds({ files: { [mine]: "[client]\npassword=\n" } }, ["--password", ""])
    }))
})

describe("what is refused, with file and line", () => {
  const lines: ReadonlyArray<readonly [text: string, ...texts: ReadonlyArray<string>]> = [
    ["user=a\n", "line 1: there is an option before any group"],
    ["[client\n", "line 1: this is no group"],
    ["[]\n", "line 1: this is no group"],
    ["!inklude x\n", "line 1", "!include FILE"],
    ["[sluice]\n\nthreds=4\n", "line 3", "\"threds\" in [sluice]", "threads"],
    ["[mydumper]\nt=4\n", "line 2", "\"t\""],
    ["[mydumper]\nwhere=1\n", "line 2: where is not available yet", "--no-defaults"],
    ["[mydumper]\ndrop-table\n", "line 2: drop-table belongs to sluice restore"],
    ["[sluice]\noptimize-keys\n", "line 2: optimize-keys belongs to sluice restore"],
    ["[sluice]\nhost\n", "line 2: host needs a value"],
    ["[sluice]\nthreads=many\n", "line 2: threads takes a whole number"],
    ["[sluice]\nhelp\n", "line 2: help cannot be set in an option file"],
    ["[sluice]\ndefaults-file=/x\n", "line 2: defaults-file cannot be set"],
    ["[sluice]\nuser=a#b\n", "line 2: user has a # right after its value"],
    ["[dump]\nclear\ndirty\n", "line 2) and --dirty (in /home/me/.my.cnf, line 3) contradict"],
    ["[client]\nport=x\n", "line 2: port takes a whole number"],
    ["[mydumper_session_variables]\nsql_mode=''\n", "line 2: the section [mydumper_session_variables]"],
    ["[`db`.`t`]\nwhere=1\n", "line 2: the section [`db`.`t`]"],
    ["!include none.cnf\n", "/home/me/none.cnf (NotFound)", "the line 1 of"],
    ["!includedir /none\n", "/none (NotFound)"],
    ["!include .my.cnf\n", "too deeply"]
  ]
  for (const [text, ...texts] of lines) {
    it.effect(JSON.stringify(text), () => refused({ files: { [mine]: text } }, mine, ...texts))
  }

  it.effect("a named file that cannot be read", () =>
    Effect.gen(function*() {
      yield* refused({ argv: ["--defaults-file=/none"] }, "/none (NotFound)", "--defaults-file")
      yield* refused({ argv: ["--defaults-extra-file=/etc"], files: { "/etc/x": "" } }, "option file /etc")
    }))

  it.effect("a file of the machine that cannot be read is a notice", () =>
    Effect.gen(function*() {
      const loaded = yield* load({ files: { "/etc/my.cnf/x": "", [mine]: "[client]\nuser=u\n" } })
      assert.lengthOf(loaded.notices, 1)
      assert.include(loaded.notices[0] ?? "", "/etc/my.cnf")
      assert.lengthOf(loaded.settings, 1)
    }))

  it.effect("bytes that are no text", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory("/home/me", { recursive: true })
      yield* fs.writeFile(mine, Uint8Array.of(0x5b, 0xff))
      const error = yield* Effect.flip(OptionFile.load(table, { command: "dump", commandLine: [], home: "/home/me" }))
      assert.include(error.message, "not in UTF-8")
    }).pipe(onFiles({})))

  it.effect("no error holds a password", () =>
    Effect.gen(function*() {
      for (const text of ["[sluice]\npassword=Zikrit#x\n", "[sluice]\npasword=Zikrit\n", "password=Zikrit\n"]) {
        const error = yield* Effect.flip(load({ files: { [mine]: text } }))
        assert.notInclude(error.message, "Zikrit")
      }
    }))
})

describe("laws", () => {
  /** What these mean depends on the others. */
  const together = ["ask-password", "dirty", "ssl", "ssl-mode", "ssl-verify-server-cert", "ca", "capath"]

  const fileEntries = (command: OptionTable.CommandName) =>
    OptionTable.entriesOf(table, command).filter((entry) =>
      entry.inFiles && entry.removed === undefined && !together.includes(entry.name)
    )

  /** A value in quotes, so that nothing in it means anything to the file. */
  const quoted = (entry: OptionTable.Entry, value: string) =>
    entry.kind._tag === "Pattern"
      ? `"${value}"`
      : `"${value.replace(/[\\"']/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}"`

  /** A pattern is written as it stands, so a quote or a line end in it would end it. */
  const canBeWritten = (entry: OptionTable.Entry, value: string) =>
    entry.kind._tag !== "Pattern" || !/["'\n\r\\]/.test(value)

  it.effect.prop(
    "an option file says the same as a command line",
    [
      // those that run without a word besides their options
      fc.constantFrom(
        ...OptionTable.commandNames.filter((command) => CommandTable.infoOf(command).words._tag !== "Named")
      ).chain((command) => commandLine(fileEntries(command)).map((line) => ({ command, ...line })))
    ],
    ([{ command, uses }]) =>
      Effect.gen(function*() {
        const own = uses.filter((use) => use.values.every((value) => canBeWritten(use.entry, value)))
        const lines = own.map(({ asks, entry, values }) =>
          asks ? entry.name : `${entry.name.replaceAll("-", "_")} = ${quoted(entry, values.join(","))}`
        )
        yield* holds(
          { command, argv: ["--defaults-file=/f"], files: { "/f": `[sluice]\n${lines.join("\n")}\n` } },
          [...meaning(OptionTable.entriesOf(table, command), [
            ...own,
            {
              entry: Either.getOrThrow(
                Either.fromOption(OptionTable.entryOf(table, command, "defaults-file"), () => "")
              ),
              values: ["/f"],
              asks: false,
              words: []
            }
          ])]
        )
      }),
    { fastCheck: { numRuns: 200 } }
  )
})
