import { FileSystem, Path } from "@effect/platform"
import { assert } from "@effect/vitest"
import * as MemoryFileSystem from "@sluice/testing/MemoryFileSystem"
import { Effect, Layer } from "effect"
import * as Arguments from "sluice/Arguments"
import * as OptionFile from "sluice/OptionFile"
import * as OptionTable from "sluice/OptionTable"
import * as Precedence from "sluice/Precedence"
import * as Setting from "sluice/Setting"

const { table } = OptionTable

type Files = Readonly<Record<string, string>>

interface Run {
  readonly command?: OptionTable.CommandName
  readonly argv?: ReadonlyArray<string>
  readonly files?: Files
  readonly environment?: Precedence.Environment
}

export const onFiles = (files: Files) =>
  Effect.provide(Layer.merge(
    Layer.tap(MemoryFileSystem.layer({ root: true }), (context) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        for (const [path, text] of Object.entries(files)) {
          yield* fs.makeDirectory(path.slice(0, path.lastIndexOf("/")) || "/", { recursive: true })
          yield* fs.writeFileString(path, text)
        }
      }).pipe(Effect.provide(context), Effect.orDie)),
    Path.layer
  ))

export const load = ({ argv = [], command = "dump", files = {} }: Run) =>
  Effect.gen(function*() {
    const read = yield* Arguments.read(table, command, argv)
    const commandLine = read._tag === "Run" ? read.settings : []
    return yield* OptionFile.load(table, { command, commandLine, home: "/home/me" })
  }).pipe(onFiles(files))

/** What holds in the end, as the commands see it. */
export const settle = (run: Run) =>
  Effect.gen(function*() {
    const { argv = [], command = "dump", environment = {} } = run
    const read = yield* Arguments.read(table, command, argv)
    const { positionals, settings } = read._tag === "Run" ? read : { positionals: [], settings: [] }
    const { settings: optionFiles } = yield* load(run)
    return yield* Precedence.settle(table, { command, commandLine: settings, positionals, environment, optionFiles })
  })

export const holds = (run: Run, expected: ReadonlyArray<string>) =>
  Effect.map(
    settle(run),
    ({ positionals, settings }) => assert.deepStrictEqual(Setting.toArguments(settings, positionals), expected)
  )

export const refused = (run: Run, ...texts: ReadonlyArray<string>) =>
  Effect.map(Effect.flip(settle(run)), (error) => {
    assert.strictEqual(error.exitCode, 2)
    assert.notMatch(error.message, /\n/)
    for (const text of texts) assert.include(error.message, text)
  })

export const mine = "/home/me/.my.cnf"
