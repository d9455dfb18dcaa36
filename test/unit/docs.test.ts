/**
 * What the pages for people say of the code is so.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"

import { assert, describe, it } from "@effect/vitest"
import { StreamMode } from "@sluice/pipeline"
import * as Pipeline from "@sluice/pipeline"
import { exitCodes } from "sluice/Help"
import { table } from "sluice/OptionTable"

const root = new URL("../../", import.meta.url)
const names = [
  "README.md",
  ...readdirSync(new URL("docs/", root)).filter((n) => n.endsWith(".md")).map((n) => `docs/${n}`)
]
const pages = names.map((name) => ({ name, text: readFileSync(new URL(name, root), "utf8") }))

const page = (name: string): string => pages.find((page) => page.name === name)?.text ?? ""

/** The first cells of the table below a heading. */
const firstCells = (text: string, heading: string): ReadonlyArray<string> => {
  const [, below = ""] = text.split(`\n${heading}\n`)
  const [section = ""] = below.split(/\n#+ /)
  return section.split("\n").filter((line) => line.startsWith("| ")).slice(1).map((line) =>
    line.split("|")[1]?.trim() ?? ""
  )
}

const numbersIn = (cells: ReadonlyArray<string>) =>
  cells.flatMap((cell) => Array.from(cell.matchAll(/\d+/g), ([number]) => Number(number))).sort((a, b) => a - b)

describe("the pages", () => {
  it("lead only to what is there", () => {
    const links = pages.flatMap(({ name, text }) =>
      Array.from(text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g), ([, to = ""]) => ({ name, to }))
    ).filter(({ to }) => !/^https?:/.test(to))
    assert.isAbove(links.length, 10)
    assert.deepStrictEqual(links.filter(({ name, to }) => !existsSync(new URL(to, new URL(name, root)))), [])
  })

  it("are all found from the first one", () => {
    const linked = pages.map(({ text }) => text).join("\n")
    assert.deepStrictEqual(
      names.filter((name) => name !== "README.md" && !new RegExp(`\\((?:docs/)?${name.slice(5)}[)#]`).test(linked)),
      []
    )
  })

  it("name only options that there are", () => {
    // of other programs, and what these options of ours say of themselves
    const others = new Set(["skip-comments", "compact", "help", "version"])
    const known = new Set(
      table.entries.flatMap((entry) => [entry.name, ...entry.aliases, ...entry.negations])
    )
    const options = pages.filter(({ name }) => name !== "docs/options.md").flatMap(({ name, text }) =>
      Array.from(text.matchAll(/`(?:[^`\n]* )?--([a-z][a-z-]+)/g), ([, option = ""]) => ({ name, option }))
    )
    assert.isAbove(options.length, 30)
    assert.deepStrictEqual(options.filter(({ option }) => !known.has(option) && !others.has(option)), [])
  })

  it("list all exit codes", () => {
    const codes = numbersIn(exitCodes.map(([code]) => code))
    assert.deepStrictEqual(numbersIn(firstCells(page("README.md"), "## Exit codes")), codes)
    assert.deepStrictEqual(numbersIn(firstCells(page("docs/options.md"), "## Exit codes")), codes)
  })

  it("list all stream modes", () => {
    const modes = StreamMode.all.map((mode) => `\`${StreamMode.spelling(mode)}\``)
    assert.deepStrictEqual(firstCells(page("README.md"), "## Stream modes"), modes)
    assert.deepStrictEqual(firstCells(page("docs/stream.md"), "## The modes").slice(0, modes.length), modes)
    assert.deepStrictEqual(firstCells(page("docs/stream.md"), "### Which pairs move a database"), modes)
  })

  it("name only layers of the library that there are", () => {
    const [, services = ""] = page("docs/library.md").split("\n## What a flow needs\n")
    const layers = Array.from(
      services.matchAll(/`([A-Z]\w+)\.(layer\w+)`/g),
      ([, module = "", layer = ""]) => [module, layer]
    )
      .filter(([module]) => !module?.startsWith("Mysql"))
    assert.isAbove(layers.length, 5)
    const exported = new Map(Object.entries(Pipeline).map(([name, module]) => [name, new Set(Object.keys(module))]))
    assert.deepStrictEqual(layers.filter(([module = "", layer = ""]) => exported.get(module)?.has(layer) !== true), [])
  })

  it("say of every package that is depended on why", () => {
    const said = page("docs/dependencies.md")
    const manifests = [
      "package.json",
      ...readdirSync(new URL("packages/", root)).map((n) => `packages/${n}/package.json`)
    ]
    const packages = manifests.flatMap((name) => {
      const manifest: unknown = JSON.parse(readFileSync(new URL(name, root), "utf8"))
      return Object.entries(Object(manifest)).filter(([key]) => /ependencies$/.test(key)).flatMap(([, all]) =>
        Object.keys(Object(all))
      )
    }).filter((name) => !/^(?:@sluice\/|sluice$)/.test(name))
    assert.isAbove(packages.length, 20)
    assert.deepStrictEqual(packages.filter((name) => !said.includes(`\`${name}\``)), [])
    const named = Array.from(
      said.split("\n").filter((line) => line.startsWith("| `")).map((line) => line.split("|")[1] ?? "").join()
        .matchAll(/`([^`]+)`/g),
      ([, name = ""]) => name
    )
    assert.deepStrictEqual(named.filter((name) => !packages.includes(name)), [])
  })
})
