import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"

import { assert, describe, it } from "@effect/vitest"

const file = (name: string) => fileURLToPath(new URL(`../../packages/mysql/${name}`, import.meta.url))

const node = (...words: ReadonlyArray<string>) =>
  ChildProcess.execFileSync(process.execPath, words, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })

describe("the kernel", () => {
  it("is what its source compiles to: if not, run packages/mysql/kernel/compile.mjs", () => {
    assert.strictEqual(
      node(file("kernel/compile.mjs"), "--print"),
      Fs.readFileSync(file("src/internal/kernelModule.ts"), "utf8")
    )
  })

  it("is left out where the platform has no WebAssembly", () => {
    const ask = `import(${JSON.stringify(file("dist/internal/kernel.js"))}).then((k) => console.log(k.make(9)._tag))`
    assert.strictEqual(node("-e", ask).trim(), "Some")
    assert.strictEqual(node("--jitless", "-e", ask).trim(), "None")
  })
})
