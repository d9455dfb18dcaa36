/**
 * Makes of the program, and of all that it stands on, a few files in dist/program: a thousand modules take the processor
 * three times as long to load. Beside them goes what the engine compiles of them. `npm run build` runs this after the
 * compiler. The library is not bundled.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { build } from "esbuild"

import * as Compiled from "./dist/internal/compiled.js"

const here = dirname(fileURLToPath(import.meta.url))
const program = join(here, "dist/program")

rmSync(program, { recursive: true, force: true })

const shared = { absWorkingDir: here, bundle: true, platform: "node", target: "node20", logLevel: "warning" }

await build({ ...shared, entryPoints: ["dist/bin.js"], outfile: join(program, "sluice.js"), format: "esm" })

// of the older kind, whose code can be kept
const main = join(program, "main.cjs")
const { metafile } = await build({
  ...shared,
  entryPoints: ["dist/internal/start.js"],
  outfile: main,
  format: "cjs",
  // less to read
  minifyWhitespace: true,
  metafile: true
})

Compiled.write(main)

/** The folder of the package that a module belongs to. */
const packageOf = (module) => module.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]

const packages = [...new Set(Object.keys(metafile.inputs).map(packageOf))].filter((path) => path !== undefined).sort()

const notices = packages.map((path) => {
  const folder = join(here, path)
  const { license, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const text = ["LICENSE", "LICENSE.md", "License", "license", "LICENCE"].flatMap((file) => {
    try {
      return [readFileSync(join(folder, file), "utf8").trim()]
    } catch (error) {
      if (error.code === "ENOENT") return []
      throw error
    }
  })
  return [`${name} ${version}: ${license}`, ...text.slice(0, 1)].join("\n\n")
})

writeFileSync(join(program, "LICENSES.txt"), notices.join(`\n\n${"-".repeat(80)}\n\n`) + "\n")
