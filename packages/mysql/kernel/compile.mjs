/**
 * Compiles rows.ts, and writes ../src/internal/kernelModule.ts, or prints it with `--print`.
 */
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"

import * as asc from "assemblyscript/asc"

const beside = (name) => fileURLToPath(new URL(name, import.meta.url))

const made = new Map()
const { error, stderr } = await asc.main([
  "rows.ts",
  "--outFile",
  "rows.wasm",
  "-O3",
  "--converge",
  "--noAssert",
  "--runtime",
  "stub",
  "--enable",
  "simd",
  "--importMemory",
  // what it needs of its own stands before this
  "--memoryBase",
  "0"
], {
  readFile: (name) => name === "rows.ts" ? fs.readFileSync(beside(name), "utf8") : null,
  writeFile: (name, contents) => {
    made.set(name, contents)
  },
  listFiles: () => []
})
if (error !== null) {
  console.error(stderr.toString())
  process.exit(1)
}

const lines = Buffer.from(made.get("rows.wasm")).toString("base64").match(/.{1,100}/g) ?? []
const module = `/**
 * packages/mysql/kernel/rows.ts, compiled by compile.mjs beside it: not to be edited.
 *
 * @internal
 */
export const base64 = [
${lines.map((line) => `  "${line}"`).join(",\n")}
].join("")
`
if (process.argv.includes("--print")) {
  process.stdout.write(module)
} else {
  fs.writeFileSync(beside("../src/internal/kernelModule.ts"), module)
  console.log(`${made.get("rows.wasm").length} bytes`)
}
