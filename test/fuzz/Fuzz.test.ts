import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"

import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"

import * as flows from "../support/flows.js"
import * as Mutate from "./mutate.js"
import { type Target, targets } from "./targets.js"

/**
 * In CI some cases of each target, always the same ones; with SLUICE_FUZZ_SECONDS (`npm run fuzz -- SECONDS`) as many
 * as there is time for. SLUICE_FUZZ_SEED repeats a run.
 */
const seconds = Number(process.env["SLUICE_FUZZ_SECONDS"] ?? "0")
const seed = Number(process.env["SLUICE_FUZZ_SEED"] ?? (seconds > 0 ? `${Date.now() % 2 ** 31}` : "1"))
const ofCi = 3000

const corpus = fileURLToPath(new URL("corpus/", import.meta.url))

/** What was once worth keeping: the name says the target. */
const kept = (target: Target): ReadonlyArray<readonly [name: string, bytes: Uint8Array]> =>
  Fs.readdirSync(corpus).sort().filter((name) => name.startsWith(`${target.name}-`)).map((name) =>
    [name, new Uint8Array(Fs.readFileSync(`${corpus}${name}`))] as const
  )

/** Nothing that is this small takes so long. */
const longest = 20_000

/** Says what law a case broke. */
const broken = (target: Target, bytes: Uint8Array) =>
  Effect.gen(function*() {
    yield* flows.breathe
    const begun = performance.now()
    const exit = yield* Effect.exit(Effect.timeoutFail(target.check(bytes), {
      duration: longest * 6,
      onTimeout: () => new Error("it hangs")
    }))
    return Exit.isFailure(exit)
      ? Cause.pretty(exit.cause)
      : seconds > 0 && performance.now() - begun > longest
      ? `it took ${Math.round(performance.now() - begun)} ms`
      : undefined
  })

describe("whatever the bytes are", () => {
  for (const target of targets) {
    it.live(
      `${target.name}: is read or refused, the same however it is cut, and nothing breaks`,
      () =>
        Effect.gen(function*() {
          for (const [name, bytes] of kept(target)) {
            assert.isUndefined(yield* broken(target, bytes), name)
          }
          const seeds = [...yield* target.seeds, ...kept(target).map(([, bytes]) => bytes)]
          const dice = Mutate.dice(seed)
          const pick = () => seeds[dice.below(seeds.length)] ?? new Uint8Array(0)
          const end = performance.now() + seconds * 1000 / targets.length
          let count = 0
          let largest = 0
          while (seconds > 0 ? performance.now() < end : count < ofCi / target.cost) {
            const bytes = (target.mutate ?? Mutate.mutate)(dice, pick(), pick())
            const found = yield* broken(target, bytes)
            if (found !== undefined) {
              const name = `${target.name}-${seed}-${count}`
              Fs.writeFileSync(`${corpus}${name}`, bytes)
              assert.fail(`seed ${seed}, case ${count}, kept as test/fuzz/corpus/${name}: ${found}`)
            }
            largest = Math.max(largest, process.memoryUsage().rss)
            count += 1
          }
          process.stderr.write(
            `fuzz: ${target.name}: ${count} cases, seed ${seed}, at most ${Math.round(largest / 2 ** 20)} MiB\n`
          )
          assert.isBelow(largest, 3 * 2 ** 30)
        }),
      (seconds + 300) * 1000
    )
  }
})
