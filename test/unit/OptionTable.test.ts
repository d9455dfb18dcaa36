/**
 * The table of options: spellings that mean one thing, defaults that are legal, and pages that follow it.
 */
import { FileSystem } from "@effect/platform"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option } from "effect"
import * as Arguments from "sluice/Arguments"
import * as Help from "sluice/Help"
import * as OptionTable from "sluice/OptionTable"

import { render } from "../../packages/cli/src/internal/optionDocs.js"
import { parseValue } from "../../packages/cli/src/internal/values.js"

const { commandNames, table } = OptionTable

const spellingsOf = (command: OptionTable.CommandName): ReadonlyArray<string> => [
  ...OptionTable.entriesOf(table, command).flatMap((entry) => [
    ...OptionTable.spellings(entry),
    ...OptionTable.negatedSpellings(entry)
  ]),
  ...table.unavailable.filter((item) => item.commands.includes(command)).flatMap((item) => [
    `--${item.name}`,
    ...item.short.map((letter) => `-${letter}`)
  ])
]

describe("spellings", () => {
  for (const command of commandNames) {
    it(`each means one thing under ${command}`, () => {
      const spellings = spellingsOf(command)
      assert.deepStrictEqual(spellings.filter((spelling, index) => spellings.indexOf(spelling) !== index), [])
    })

    it(`all of ${command} can be found`, () => {
      const lookup = OptionTable.lookup(table, command)
      for (const spelling of spellingsOf(command)) {
        assert.notStrictEqual(Option.getOrThrow(OptionTable.find(lookup, spelling))._tag, "Elsewhere", spelling)
      }
    })
  }

  it("names are lower case words with dashes, and short forms are one sign", () => {
    for (const entry of table.entries) {
      for (const name of [entry.name, ...entry.aliases, ...entry.negations]) assert.match(name, /^[a-z]+(-[a-z]+)*$/)
      for (const letter of [...entry.short, ...entry.negationShort]) assert.match(letter, /^[A-Za-z?]$/)
    }
  })

  it("the ones of mydumper and myloader that scripts use most are the same options", () => {
    const names = (command: OptionTable.CommandName, spelling: string) => {
      const found = OptionTable.find(OptionTable.lookup(table, command), spelling)
      return Option.match(found, {
        onNone: () => "",
        onSome: (found) => found._tag === "Known" ? found.entry.name : ""
      })
    }
    const dump = { h: "host", P: "port", u: "user", p: "password", a: "ask-password", S: "socket", t: "threads" }
    const more = { v: "verbose", L: "logfile", V: "version", "?": "help", T: "tables-list", x: "regex" }
    const own = { B: "database", o: "outputdir", d: "no-data", m: "no-schemas", r: "rows", s: "statement-size" }
    const rest = { F: "chunk-filesize", G: "triggers", R: "routines", E: "events", W: "no-views" }
    for (const [letter, name] of Object.entries({ ...dump, ...more, ...own, ...rest })) {
      assert.strictEqual(names("dump", `-${letter}`), name)
    }
    const restore = { B: "database", d: "directory", s: "source-db", o: "drop-table", e: "skip-binlog" }
    for (const [letter, name] of Object.entries({ ...dump, ...more, ...restore })) {
      assert.strictEqual(names("restore", `-${letter}`), name)
    }
  })
})

describe("entries", () => {
  it("a default is a legal value, and so is what a choice means alone", () => {
    for (const entry of table.entries) {
      if (entry.default !== undefined) assert.isTrue(Either.isRight(parseValue(entry, entry.default)), entry.name)
      if (entry.kind._tag === "Choice" && entry.kind.bare !== undefined) {
        assert.deepStrictEqual(parseValue(entry, entry.kind.bare), Either.right([entry.kind.bare]))
      }
    }
  })

  it("a flag shows no value, anything else does", () => {
    for (const entry of table.entries) {
      const alone = entry.kind._tag === "Flag" || entry.kind._tag === "Request"
      assert.strictEqual(entry.metavar === "", alone, entry.name)
    }
  })

  it("only flags can be switched off, and only lists and patterns repeat", () => {
    for (const entry of table.entries) {
      if (entry.negations.length + entry.negationShort.length > 0) assert.strictEqual(entry.kind._tag, "Flag")
      assert.strictEqual(entry.repeatable, entry.kind._tag === "List" || entry.kind._tag === "Pattern", entry.name)
    }
  })

  it("options that exclude each other do so in pairs", () => {
    for (const entry of table.entries.filter((entry) => entry.exclusive !== undefined)) {
      assert.isAbove(table.entries.filter((other) => other.exclusive === entry.exclusive).length, 1, entry.name)
    }
  })

  it("the help is made of sentences", () => {
    for (const entry of table.entries) assert.match(entry.help, /^[A-Z`0-9].*\.$/, entry.name)
  })
})

describe("pages", () => {
  for (const command of commandNames) {
    it(`the help of ${command} has every option, and no line is too wide`, () => {
      for (const width of [60, 80, 120]) {
        const text = Help.render(table, command, width)
        for (const entry of Help.shownOf(table, command)) assert.include(text, `--${entry.name}`)
        for (const line of text.split("\n")) {
          // a heading of an option is one piece
          if (!/^ {2}-/.test(line)) assert.isAtMost(line.length, width, line)
        }
      }
    })

    it(`every spelling in the help of ${command} can be typed`, () => {
      const lines = Help.render(table, command).split("\n").filter((line) => /^ {2}-/.test(line))
      const lookup = OptionTable.lookup(table, command)
      for (const spelling of lines.flatMap((line) => line.match(/--?[A-Za-z?][a-z-]*/g) ?? [])) {
        assert.isTrue(Option.isSome(OptionTable.find(lookup, spelling)), spelling)
      }
    })
  }

  it("the overview names every command", () => {
    for (const command of commandNames) assert.include(Help.overview(), `  ${command} `)
  })

  it.effect("docs/options.md is what the table says", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const page = yield* fs.readFileString(new URL("../../docs/options.md", import.meta.url).pathname)
      assert.isTrue(page === render(table), "docs/options.md is not up to date: run `npm run docs` to write it again")
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it("the page has every spelling that can be typed, and every one that cannot", () => {
    const page = render(table)
    for (const command of commandNames) {
      for (const spelling of spellingsOf(command)) assert.include(page, spelling)
    }
  })

  it("a spelling of an older version is accepted, and is not in the help", () => {
    for (const entry of table.entries.filter((entry) => entry.removed !== undefined)) {
      for (const command of entry.commands) {
        const value = entry.kind._tag === "Flag" ? [] : ["DROP"]
        assert.isTrue(Either.isRight(Arguments.read(table, command, [`--${entry.name}`, ...value])), entry.name)
        assert.notInclude(Help.render(table, command), `--${entry.name}\n`)
      }
    }
  })
})
