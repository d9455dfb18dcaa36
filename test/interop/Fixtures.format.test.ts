import { existsSync, readdirSync, readFileSync } from "node:fs"

import { assert, describe, it } from "@effect/vitest"
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"
import { Either } from "effect"

const fixtures = new URL("../../../shared/fixtures/", import.meta.url)
const missing = !existsSync(fixtures)
const directories = missing ? [] : readdirSync(fixtures).filter((name) => name.startsWith("dir_"))

const read = (directory: string, file: string): Uint8Array =>
  Uint8Array.from(readFileSync(new URL(`${directory}/${encodeURIComponent(file)}`, fixtures)))

const sqlFiles = directories.flatMap((directory) =>
  readdirSync(new URL(`${directory}/`, fixtures))
    .filter((file) => file.endsWith(".sql"))
    .map((file) => ({ directory, file, bytes: read(directory, file) }))
)
const dataFiles = sqlFiles.filter(({ file }) => /\.\d{5}\.sql$/.test(file))

const split = (bytes: Uint8Array, terminator: Statement.Terminator): ReadonlyArray<Statement.Statement> =>
  Either.getOrThrow(Statement.split(bytes, { terminator }))

const tags = (bytes: Uint8Array, terminator: Statement.Terminator): ReadonlyArray<string> =>
  split(bytes, terminator).map((statement) => Statement.classify(statement.bytes)._tag)

const holdsPrograms = (file: string) => /-schema-(post|triggers)\.sql$/.test(file)

/** Writes a literal as mydumper does. */
const written = Row.Literal.$match({
  Null: () => Sql.bytes("NULL"),
  Number: ({ text }) => Sql.bytes(text),
  Bytes: ({ binary, bytes }) => Sql.bytes(binary ? "_binary " : "", Sql.quoteString(bytes)),
  Json: ({ bytes }) => Sql.bytes("CONVERT(", Sql.quoteString(bytes), " USING UTF8MB4)")
})

/** The row count that the metadata of a dump gives for each of its tables. */
const promised = (directory: string): ReadonlyMap<string, number> =>
  new Map(
    Sql.text(read(directory, "metadata")).split("\n\n").flatMap((section) => {
      const name = /^real_table_name=(.*)$/m.exec(section)?.[1]
      const rows = /^rows = (\d+)$/m.exec(section)?.[1]
      return name === undefined || rows === undefined || rows === "0"
        ? []
        : [[Sql.unquoteIdentifier(`\`${name}\``), Number(rows)] as const]
    })
  )

const title = missing
  ? "mydumper's own files: SKIPPED, because the folder ../shared/fixtures is not beside the repository"
  : "mydumper's own files"

if (missing) {
  // The reporter does not print the names of skipped tests.
  process.stderr.write(`${title}\n`)
}

describe.skipIf(missing)(title, () => {
  it("are there", () => {
    assert.isAtLeast(directories.length, 2)
    assert.isAtLeast(dataFiles.length, 20)
  })

  it.each(sqlFiles)("$directory/$file: each rule finds the statements it should", ({ bytes, file }) => {
    const byLine = split(bytes, "line")
    assert.deepStrictEqual(split(bytes, "guarded"), byLine)
    const lexed = split(bytes, "lexed")
    if (holdsPrograms(file)) {
      assert.isAbove(lexed.length, byLine.length)
    } else {
      assert.deepStrictEqual(lexed, byLine)
    }
    assert.deepStrictEqual(
      Sql.concat(byLine.flatMap((statement) => [statement.bytes, Sql.bytes(";\n")])),
      bytes
    )
  })

  it.each(sqlFiles)("$directory/$file: every statement is known", ({ bytes, file }) => {
    const found = tags(bytes, holdsPrograms(file) ? "line" : "lexed")
    assert.deepStrictEqual(found.slice(0, 4), ["Set", "Set", "Set", "Set"])
    assert.notInclude(found, "Other")
    const last = found.slice(4).filter((tag) => tag !== "Set")
    assert.deepStrictEqual(
      [...new Set(last)],
      holdsPrograms(file)
        ? ["Drop", "CreateProgram"]
        : file.endsWith("-schema-create.sql")
        ? ["CreateDatabase"]
        : file.endsWith("-schema-view.sql")
        ? ["Drop", "CreateView"]
        : file.endsWith("-schema.sql")
        ? ["CreateTable"]
        : ["Insert"]
    )
  })

  it.each(dataFiles)("$directory/$file: rows are read, and written the same way again", ({ bytes }) => {
    for (const statement of split(bytes, "lexed").slice(4)) {
      const insert = Either.getOrThrow(Row.decodeInsert(statement.bytes))
      assert.strictEqual(Statement.countRows(statement.bytes), insert.rows.length)
      const [again] = Row.statements({
        head: Row.insertHead({ table: insert.table.name, verb: insert.verb, columns: insert.columns }),
        rows: insert.rows.map((row) =>
          Sql.bytes("(", ...row.flatMap((literal, i) => [i === 0 ? "" : ",", written(literal)]), ")")
        ),
        statementSize: 1_000_000
      })
      assert.deepStrictEqual(again?.bytes, Sql.bytes(statement.bytes, ";\n"))
    }
  })

  it.each(directories)("%s: the data files hold the rows that its metadata promises", (directory) => {
    const counts = new Map<string, number>()
    for (const { bytes } of dataFiles.filter((data) => data.directory === directory)) {
      for (const statement of split(bytes, "lexed")) {
        const kind = Statement.classify(statement.bytes)
        if (kind._tag === "Insert") {
          counts.set(kind.table.name, (counts.get(kind.table.name) ?? 0) + kind.rows)
        }
      }
    }
    const sorted = (map: ReadonlyMap<string, number>) => [...map].sort(([a], [b]) => a < b ? -1 : 1)
    assert.deepStrictEqual(sorted(counts), sorted(promised(directory)))
  })

  it.each(directories)("%s: values come out as they were put in", (directory) => {
    const statements = split(read(directory, "rz.types.00000.sql"), "lexed")
    const insert = Either.getOrThrow(Row.decodeInsert(statements[4]?.bytes ?? new Uint8Array(0)))
    const columns = insert.columns ?? []
    const value = (row: number, column: string) => {
      const literal = insert.rows[row]?.[columns.indexOf(column)] ?? Row.Literal.Null()
      const cell = Row.cell(literal)
      return cell === null ? null : Array.from(cell, (byte) => String.fromCharCode(byte)).join("")
    }
    assert.strictEqual(value(0, "vc"), "it's \"q\"\\ \n\r\t\0 \x1a %_ \xc3\xa9")
    assert.strictEqual(value(0, "de"), "1.500")
    assert.strictEqual(value(0, "ts"), "2024-01-02 03:04:05.678901")
    assert.strictEqual(value(0, "bl"), "\xde\xad\xbe\xef\0")
    assert.strictEqual(value(0, "bt"), "\x02\x01")
    assert.strictEqual(value(0, "js")?.replaceAll(" ", ""), "{\"a\":\"b\\\"c\"}")
    assert.strictEqual(value(0, "ge")?.length, 25)
    assert.strictEqual(value(1, "vc"), null)
    assert.strictEqual(value(2, "vc"), "")
    assert.strictEqual(value(2, "yr"), "0000")
  })
})
