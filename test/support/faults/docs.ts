/**
 * The table of faults in docs/reliability.md.
 */
import { type Fault, left, modes, type Side } from "./Fault.js"

/** The list of `mutations.json`. */
export interface Mutation {
  readonly name: string
  readonly test: { readonly file: string; readonly title: string }
  readonly edits: ReadonlyArray<{ readonly file: string; readonly find: string; readonly replace: string }>
}

const titles: { readonly [S in Side]: string } = {
  dump: "A dump",
  restore: "A restore",
  backup: "A backup that was damaged on its way"
}

const words = {
  dump: "in the folder, and on the pipe",
  restore: "on the target",
  backup: "on the target"
} as const

const cell = (text: string): string => text.replaceAll("|", "\\|")

const mono = (mode: string): string => mode.replaceAll("_", "\\_")

const modesOf = (fault: Fault): string => fault.modes.length === modes.length ? "all" : fault.modes.map(mono).join(", ")

const triedOn = (fault: Fault): string => fault._tag === "InMemory" ? "in memory" : fault.vendors.join(", ")

const leftOf = (fault: Fault): string => {
  if (typeof fault.left === "string") return left[fault.left]
  const own = fault.left
  const special = fault.modes.flatMap((mode) => {
    const one = own[mode]
    return one === undefined ? [] : [`${mono(mode)}: ${left[one]}`]
  })
  return [...special, `otherwise: ${left[own.otherwise]}`].join("; ")
}

const row = (fault: Fault): string =>
  `| ${
    [fault.name, modesOf(fault), triedOn(fault), `${fault.code}`, `\`${fault.message}\``, leftOf(fault)].map(cell)
      .join(" | ")
  } |`

/** The tables. */
export const render = (faults: ReadonlyArray<Fault>): string =>
  (["dump", "restore", "backup"] as const).map((side) =>
    [
      `### ${titles[side]}`,
      "",
      `| what goes wrong | modes | tried on | exit code | the last line says | what is ${words[side]} |`,
      "|---|---|---|---|---|---|",
      ...faults.filter((fault) => fault.side === side).map(row),
      ""
    ].join("\n")
  ).join("\n")

/** The page with a text between two marks; undefined when it has no place for it. */
export const into = (page: string, mark: "faults" | "mutations", text: string): string | undefined => {
  const begin = `<!-- ${mark}: rendered, see the end of this page -->\n`
  const end = `<!-- end of ${mark} -->\n`
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  return from < 0 || to < from ? undefined : `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`
}

/** The list of what is broken on purpose. */
export const renderMutations = (mutations: ReadonlyArray<Mutation>): string =>
  [
    "| what is broken | the test that fails |",
    "|---|---|",
    ...mutations.map(({ name, test }) => `| ${cell(name)} | \`${test.file}\`: ${cell(test.title)} |`),
    ""
  ].join("\n")
