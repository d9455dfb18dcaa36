import * as Fs from "node:fs"
import { createRequire } from "node:module"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"

import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import * as Compiled from "../../packages/cli/src/internal/compiled.js"

const require = createRequire(import.meta.url)
const built = fileURLToPath(new URL("../../packages/cli/dist", import.meta.url))

/** A module that says what it was given, and calls a function, in a folder of its own. */
const module = (text: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = Path.join(yield* fs.makeTempDirectoryScoped(), "module.cjs")
    Fs.writeFileSync(file, text)
    return file
  })

const says = (word: string) =>
  `"use strict"; const later = () => ({ word: "${word}", file: __filename, folder: __dirname, module });` +
  "require(\"node:fs\").writeFileSync(__filename + \".said\", JSON.stringify(later()))"

const said = (file: string): unknown => JSON.parse(Fs.readFileSync(`${file}.said`, "utf8"))

const expected = (file: string, word: string) => ({ word, file, folder: Path.dirname(file), module: { exports: {} } })

describe("the compiled program", () => {
  it.scoped("runs from its code", () =>
    Effect.gen(function*() {
      const file = yield* module(says("one"))
      Compiled.write(file)
      assert.isTrue(Compiled.run(file, require))
      assert.deepStrictEqual(said(file), expected(file, "one"))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("runs from its text where there is no code", () =>
    Effect.gen(function*() {
      const file = yield* module(says("one"))
      assert.isFalse(Compiled.run(file, require))
      assert.deepStrictEqual(said(file), expected(file, "one"))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("runs from its text when that is another one of the same length", () =>
    Effect.gen(function*() {
      const file = yield* module(says("one"))
      Compiled.write(file)
      Fs.writeFileSync(file, says("two"))
      assert.isFalse(Compiled.run(file, require))
      assert.deepStrictEqual(said(file), expected(file, "two"))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("runs from its text when the code is cut or damaged", () =>
    Effect.gen(function*() {
      const file = yield* module(says("one"))
      Compiled.write(file)
      const code = Fs.readFileSync(`${file}.code`)
      for (const length of [0, 4, 8, 100, code.length - 1]) {
        Fs.writeFileSync(`${file}.code`, code.subarray(0, length))
        assert.isFalse(Compiled.run(file, require), `${length} bytes`)
      }
      for (let at = 0; at < code.length; at += Math.ceil(code.length / 50)) {
        const damaged = Buffer.from(code)
        damaged[at] = (damaged[at] ?? 0) ^ 1
        Fs.writeFileSync(`${file}.code`, damaged)
        assert.isFalse(Compiled.run(file, require), `byte ${at}`)
      }
      assert.deepStrictEqual(said(file), expected(file, "one"))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.effect("is what a build makes", () =>
    Effect.gen(function*() {
      const script = `
        import { createRequire } from "node:module"
        import * as Compiled from "${built}/internal/compiled.js"
        process.argv = [process.argv[0], "sluice", "--version"]
        const used = Compiled.run("${built}/program/main.cjs", createRequire("${built}/program/"))
        process.on("exit", () => process.stdout.write(String(used)))`
      const output = yield* Command.string(Command.make(process.execPath, "--input-type=module", "-e", script))
      assert.match(output, /^sluice \S+\ntrue$/)
    }).pipe(Effect.provide(NodeContext.layer)))
})
