/**
 * Runs the commands with handlers that only write down what they are asked to do. No server, no disk.
 */
import { Path } from "@effect/platform"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import { assert } from "@effect/vitest"
import * as MemoryFileSystem from "@sluice/testing/MemoryFileSystem"
import { Effect, Layer, Redacted, Ref } from "effect"
import * as Cli from "sluice/Cli"
import type * as Config from "sluice/Config"

export const world = Layer.mergeAll(MemoryFileSystem.layer(), Path.layer, NodeTerminal.layer)

interface Recorded {
  readonly dumps: ReadonlyArray<Config.DumpConfig>
  readonly restores: ReadonlyArray<Config.RestoreConfig>
  readonly verifications: ReadonlyArray<Config.VerifyConfig>
  readonly unpackings: ReadonlyArray<Config.UnpackConfig>
  readonly notices: ReadonlyArray<string>
  readonly printed: string
}

/** Runs the program, and tells what its handlers were asked to do and what it printed. */
export const run = (argv: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const recorded = yield* Ref.make<Recorded>({
      dumps: [],
      restores: [],
      verifications: [],
      unpackings: [],
      notices: [],
      printed: ""
    })
    const print = (text: string) => Ref.update(recorded, (all) => ({ ...all, printed: all.printed + text }))
    const console = yield* Effect.console
    const result = yield* Effect.either(
      Cli.run({
        argv,
        environment,
        version: "1.2.3",
        columns: 80,
        handlers: {
          dump: (config) => Ref.update(recorded, (all) => ({ ...all, dumps: [...all.dumps, config] })),
          restore: (config) => Ref.update(recorded, (all) => ({ ...all, restores: [...all.restores, config] })),
          verify: (config) =>
            Ref.update(recorded, (all) => ({ ...all, verifications: [...all.verifications, config] })),
          unpack: (config) => Ref.update(recorded, (all) => ({ ...all, unpackings: [...all.unpackings, config] })),
          compare: () => Effect.die("not called")
        },
        notice: (line) => Ref.update(recorded, (all) => ({ ...all, notices: [...all.notices, line] }))
      }).pipe(Effect.withConsole({
        ...console,
        log: (text: unknown) => print(`${String(text)}\n`),
        error: () => Effect.die("nothing is printed about errors")
      }))
    )
    return { result, ...(yield* Ref.get(recorded)) }
  }).pipe(Effect.provide(world))

export const dump = (argv: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  Effect.map(run(["dump", ...argv], environment), ({ dumps, result }) => {
    assert.deepStrictEqual(result._tag === "Left" ? result.left.message : "", "")
    return dumps[0] ?? assert.fail("the handler was not called")
  })

export const restore = (argv: ReadonlyArray<string>) =>
  Effect.map(run(["restore", ...argv]), ({ restores, result }) => {
    assert.deepStrictEqual(result._tag === "Left" ? result.left.message : "", "")
    return restores[0] ?? assert.fail("the handler was not called")
  })

export const refused = (argv: ReadonlyArray<string>, ...texts: ReadonlyArray<string>) =>
  Effect.map(run(argv), ({ dumps, printed, restores, result, unpackings, verifications }) => {
    const error = result._tag === "Left" ? result.left : assert.fail(`${argv.join(" ")} was accepted`)
    assert.strictEqual(error._tag, "UsageError")
    assert.strictEqual(error.exitCode, 2)
    assert.strictEqual(printed, "")
    assert.lengthOf([...dumps, ...restores, ...verifications, ...unpackings], 0)
    for (const text of texts) assert.include(error.message, text)
  })

export const secretOf = (password: Config.Password) =>
  password._tag === "Given" ? Redacted.value(password.secret) : password._tag
