import { fileURLToPath } from "node:url"

import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** What each package may import of the others. */
const below: { readonly [name: string]: ReadonlyArray<string> } = {
  format: [],
  pipeline: ["format"],
  mysql: ["format", "pipeline"],
  testing: ["format", "pipeline"],
  cli: ["format", "pipeline", "mysql"],
  demo: ["format", "pipeline", "mysql", "testing", "cli"]
}

/** What each package may import from outside, besides `effect`; a name that ends in `*` stands for all that begin so. */
const outside: { readonly [name: string]: ReadonlyArray<string> } = {
  format: [],
  pipeline: ["@effect/platform", "node:zlib", "node:crypto", "node:stream", "fzstd", "xxhash-wasm"],
  mysql: ["@effect/platform", "@effect/sql", "@effect/sql-mysql2", "@effect/experimental", "mysql2", "node:*"],
  testing: ["@effect/platform", "node:*"],
  cli: ["@effect/platform", "@effect/platform-node", "@effect/cli", "@effect/printer", "node:*"],
  demo: ["@effect/platform", "@effect/platform-node", "node:*"]
}

const nameOf = (specifier: string): string =>
  specifier.startsWith("node:") ? specifier : specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")

/** The specifiers of a module's imports; without `types` only of those that are there when the program runs. */
const importsOf = (source: string, types: boolean): ReadonlyArray<string> =>
  Array.from(
    source.replaceAll(/^\s*\/?\*.*$/gm, "").matchAll(
      /^(?:import|export(?=\s+(?:type\s+)?[{*]))\s+(type\s)?[^"';]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"/gm
    )
  )
    .filter((match) => types || match[1] === undefined)
    .map((match) => match[2] ?? match[3] ?? "")

const sources = (name: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = path.join(root, "packages", name, "src")
    const files = (yield* fs.readDirectory(folder, { recursive: true })).filter((file) => file.endsWith(".ts"))
    return yield* Effect.forEach(files, (file) =>
      Effect.map(fs.readFileString(path.join(folder, file)), (text) => ({
        file: `packages/${name}/src/${file}`,
        text
      })))
  })

describe("imports", () => {
  it.effect.each(Object.keys(below))("of %s run downwards only", (name) =>
    Effect.gen(function*() {
      const seen = yield* sources(name)
      assert.isAbove(seen.length, 0)
      const ours = (below[name] ?? []).map((other) => other === "cli" ? "sluice" : `@sluice/${other}`)
      const allowed = [...ours, ...(outside[name] ?? []), "effect"]
      const wrong = seen.flatMap(({ file, text }) =>
        importsOf(text, true)
          .filter((specifier) => !specifier.startsWith("."))
          .map(nameOf)
          .filter((found) =>
            !allowed.some((one) => one.endsWith("*") ? found.startsWith(one.slice(0, -1)) : one === found)
          )
          .map((found) => `${file} imports ${found}`)
      )
      assert.deepStrictEqual(wrong, [])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.effect("are all seen, and nothing else", () =>
    Effect.sync(() => {
      const text =
        "import * as A from \"a\"\nimport type { B } from \"./b.js\"\nexport * as C from \"@x/c\"\nimport \"d\"\n" +
        "/**\n * import { E } from \"e\"\n */\nexport const f = 1 // from \"f\"\n"
      assert.deepStrictEqual(importsOf(text, true), ["a", "./b.js", "@x/c", "d"])
      assert.deepStrictEqual(importsOf(text, false), ["a", "@x/c", "d"])
    }))

  it.effect.each(["format", "pipeline", "mysql", "testing", "cli"])(
    "of %s do not go in circles",
    (name) =>
      Effect.gen(function*() {
        const seen = yield* sources(name)
        const path = yield* Path.Path
        const graph = new Map(seen.map(({ file, text }) => [
          file,
          importsOf(text, false).filter((one) => one.startsWith(".")).map((one) =>
            path.join(path.dirname(file), one).replace(/\.js$/, ".ts")
          )
        ]))
        const done = new Set<string>()
        const visit = (file: string, trail: ReadonlyArray<string>): void => {
          assert.notInclude(trail, file, `a circle: ${[...trail, file].join(" -> ")}`)
          if (!done.has(file)) {
            for (const next of graph.get(file) ?? []) visit(next, [...trail, file])
            done.add(file)
          }
        }
        for (const file of graph.keys()) visit(file, [])
      }).pipe(Effect.provide(NodeContext.layer))
  )
})
