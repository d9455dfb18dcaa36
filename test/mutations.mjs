/**
 * Breaks the program on purpose, one promise at a time, in a copy of it, and demands that the test that holds that
 * promise fails. The list is test/support/faults/mutations.json.
 *
 * `npm run mutate` runs all of them; words behind `--` choose those whose name holds one of them.
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const all = JSON.parse(readFileSync(new URL("support/faults/mutations.json", import.meta.url), "utf8"))
const words = process.argv.slice(2)
const chosen = words.length === 0 ? all : all.filter(({ name }) => words.some((word) => name.includes(word)))
if (chosen.length === 0) {
  console.error(`no mutation is called ${words.join(" or ")}`)
  process.exit(2)
}

const copy = mkdtempSync(join(tmpdir(), "sluice-mutations-"))
process.on("exit", () => rmSync(copy, { recursive: true, force: true }))
for (const name of ["packages", "test", "docs", "package.json", "tsconfig.json", "vitest.config.ts"]) {
  cpSync(join(root, name), join(copy, name), { recursive: true })
}
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"))

/** How many of the named tests passed and failed. They run in memory, so that no server is needed. */
const run = ({ file, title }) => {
  const report = join(copy, "report.json")
  rmSync(report, { force: true })
  const escaped = title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
  spawnSync(
    process.execPath,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--reporter=json",
      `--outputFile=${report}`,
      "-t",
      escaped,
      file
    ],
    { cwd: copy, stdio: "ignore", env: { ...process.env, SLUICE_SERVERS: "none" } }
  )
  try {
    const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, "utf8"))
    return { passed: numPassedTests, failed: numFailedTests }
  } catch (cause) {
    throw new Error(`the tests of ${file} could not be run`, { cause })
  }
}

/** The test has to pass where nothing was changed. */
const sound = new Map()
const isSound = (test) => {
  const key = `${test.file} ${test.title}`
  if (!sound.has(key)) {
    const { failed, passed } = run(test)
    sound.set(key, passed > 0 && failed === 0)
  }
  return sound.get(key)
}

let wrong = 0
const say = (good, { name, test }, what) => {
  wrong += good ? 0 : 1
  console.log(`${good ? "caught" : "NOT CAUGHT"}: ${name} (${test.file}, "${test.title}"): ${what}`)
}

for (const mutation of chosen) {
  if (!isSound(mutation.test)) {
    say(false, mutation, "the test does not pass, or is not there, before anything is changed")
    continue
  }
  const before = new Map()
  for (const { file, find, replace } of mutation.edits) {
    const path = join(copy, file)
    const source = readFileSync(path, "utf8")
    if (!before.has(path)) before.set(path, source)
    if (source.split(find).length !== 2) throw new Error(`${mutation.name}: its place in ${file} is not there once`)
    writeFileSync(path, source.replace(find, () => replace))
  }
  const { failed, passed } = run(mutation.test)
  for (const [path, source] of before) writeFileSync(path, source)
  say(failed > 0, mutation, `${failed} failed, ${passed} passed`)
}
console.log(`${chosen.length - wrong} of ${chosen.length} were caught`)
process.exitCode = wrong === 0 ? 0 : 1
