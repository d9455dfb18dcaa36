/**
 * What wins when an option is set in more than one place, and what follows from what was said.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck as fc } from "effect"
import * as OptionTable from "sluice/OptionTable"
import * as Precedence from "sluice/Precedence"
import * as Setting from "sluice/Setting"

import { holds, mine, refused, settle } from "../support/optionFiles.js"

const { table } = OptionTable

describe("laws", () => {
  it.prop(
    "an option comes from the strongest place that has it",
    [fc.array(fc.array(fc.tuple(fc.constantFrom("user", "threads", "host", "regex"), fc.string()), { maxLength: 4 }), {
      maxLength: 4
    })],
    ([written]) => {
      const levels = written.map((level) =>
        Either.getOrThrow(Setting.collapse(
          table,
          "dump",
          level.map(([name, text]): Setting.Setting => ({
            name,
            values: [Setting.Value.Plain({ text })],
            bare: false,
            origin: Setting.Origin.CommandLine()
          }))
        ))
      )
      const merged = Precedence.merge(table, "dump", levels)
      for (const name of ["user", "threads", "host", "regex"]) {
        const first = levels.map((level) => level.find((setting) => setting.name === name)).find((one) =>
          one !== undefined
        )
        assert.deepStrictEqual(merged.find((setting) => setting.name === name), first)
      }
      assert.deepStrictEqual(Precedence.merge(table, "dump", [merged, ...levels]), merged)
    }
  )
})

describe("what wins", () => {
  const files = { [mine]: "[client]\nuser=file\nhost=file\nport=1\npassword=file\nsocket=/file\n" }
  const environment = {
    MYSQL_HOST: "env",
    MYSQL_TCP_PORT: "2",
    MYSQL_UNIX_PORT: "/env",
    MYSQL_PWD: "env",
    USER: "login",
    LOGNAME: "logname"
  }

  it.effect("command line, environment, option files, and USER last", () =>
    Effect.gen(function*() {
      yield* holds({ files, environment, argv: ["--host=line", "-pline"] }, [
        "--host",
        "line",
        "--port",
        "2",
        "--user",
        "file",
        "--password",
        "line",
        "--socket",
        "/env"
      ])
      yield* holds({ environment: { USER: "", LOGNAME: "l" } }, ["--user", "l"])
      yield* holds({ environment: { MYSQL_HOST: "" } }, [])
    }))

  it.effect("a variable that is wrong is named", () =>
    refused({ environment: { MYSQL_TCP_PORT: "x" } }, "MYSQL_TCP_PORT", "whole number"))

  it.effect("the question for a password is as strong as a password", () =>
    Effect.gen(function*() {
      yield* holds({ environment: { MYSQL_PWD: "env" }, argv: ["-p"] }, ["--ask-password", "true"])
      yield* holds({ environment: { MYSQL_PWD: "env" }, argv: ["-a"] }, ["--ask-password", "true"])
      yield* holds({ files: { [mine]: "[client]\npassword\n" }, argv: ["-px"] }, ["--password", "x"])
      yield* holds({ files: { [mine]: "[client]\npassword\n" }, argv: ["--ask-password=0"] }, [
        "--ask-password",
        "false"
      ])
      yield* holds({ files: { [mine]: "[client]\npassword=f\n" }, argv: ["--ask-password=0"] }, [
        "--password",
        "f",
        "--ask-password",
        "false"
      ])
    }))

  it.effect("an option that excludes others puts them out of weaker places", () =>
    holds({ files: { [mine]: "[dump]\nclear\n" }, argv: ["--dirty"] }, ["--dirty", "true"]))

  it.effect("words name the database, whatever files say", () =>
    holds({ files: { [mine]: "[dump]\ndatabase=a\ntables-list=a.t\nthreads=2\n" }, argv: ["b", "b.u"] }, [
      "--threads",
      "2",
      "--",
      "b",
      "b.u"
    ]))
})

describe("what follows from what was said", () => {
  it.effect("how to connect", () =>
    Effect.gen(function*() {
      yield* holds({ argv: ["-P", "3307"] }, ["--port", "3307", "--protocol", "tcp"])
      yield* holds({ argv: ["-P", "3307", "-h", "localhost"] }, [
        "--host",
        "localhost",
        "--port",
        "3307",
        "--protocol",
        "tcp"
      ])
      yield* holds({ argv: ["-P", "3307", "-h", "db1"] }, ["--host", "db1", "--port", "3307"])
      yield* holds({ argv: ["-S", "/s"] }, ["--socket", "/s", "--protocol", "socket"])
      yield* holds({ argv: ["-S", "/s"], environment: { MYSQL_HOST: "db1" } }, [
        "--host",
        "db1",
        "--socket",
        "/s",
        "--protocol",
        "socket"
      ])
      yield* holds({ environment: { MYSQL_TCP_PORT: "1" } }, ["--port", "1"])
      yield* refused({ argv: ["-S", "/s", "-h", "db1"] }, "--socket", "--protocol")
      yield* refused({ argv: ["--protocol=socket", "-h", "db1"] }, "contradict")
      yield* holds({ argv: ["--protocol=tcp", "-S", "/s", "-h", "db1"] }, [
        "--host",
        "db1",
        "--socket",
        "/s",
        "--protocol",
        "tcp"
      ])
    }))

  it.effect("spellings of older versions become what they mean, with a notice", () =>
    Effect.gen(function*() {
      const restore = (...argv: ReadonlyArray<string>) => ({ command: "restore" as const, argv })
      yield* holds(restore("--overwrite-tables"), ["--drop-table", "DROP"])
      yield* holds(restore("--overwrite-tables", "--purge-mode", "TRUNCATE"), ["--drop-table", "TRUNCATE"])
      yield* holds(restore("--purge-mode=delete", "-o"), ["--drop-table", "DELETE"])
      yield* holds(restore("--purge-mode=delete", "-oDELETE"), ["--drop-table", "DELETE"])
      yield* refused(restore("--purge-mode=delete", "-oDROP"), "contradict")
      yield* refused(restore("--purge-mode=TRUNCATE"), "--drop-table=TRUNCATE")
      yield* holds(restore("--overwrite-tables=0"), [])
      yield* holds(restore("--overwrite-tables", "-o", "SKIP"), ["--drop-table", "SKIP"])
      yield* holds({ argv: ["--no-delete", "--stream"] }, ["--stream", "NO_DELETE"])
      yield* holds({ argv: ["--no-delete", "--stream=4"] }, ["--stream", "NO_STREAM_AND_NO_DELETE"])
      yield* holds({ argv: ["--no-delete", "db"] }, ["--stream", "NO_DELETE", "--", "db"])
      yield* holds({ argv: ["--no-delete"] }, [])
      yield* holds({ argv: ["--trx-consistency-only", "--less-locking"] }, [])
      yield* holds({ argv: ["-k"] }, ["--sync-thread-lock-mode", "NO_LOCK"])
      yield* holds({ argv: ["--lock-all-tables"] }, ["--sync-thread-lock-mode", "LOCK_ALL"])
      yield* holds({ argv: ["--no-locks", "--sync-thread-lock-mode=no_lock"] }, ["--sync-thread-lock-mode", "NO_LOCK"])
      yield* holds({ argv: ["--no-locks=0"] }, [])
      yield* refused({ argv: ["--no-locks", "--sync-thread-lock-mode=FTWRL"] }, "contradict")
      yield* refused({ argv: ["--no-locks", "--lock-all-tables"] }, "contradict")
      const { notices } = yield* settle({ argv: ["--no-delete", "--stream", "--less-locking"] })
      assert.lengthOf(notices, 2)
      for (const notice of notices) {
        assert.match(notice, /^--.* \(on the command line\) is a spelling of an older version: /)
      }
    }))
})
