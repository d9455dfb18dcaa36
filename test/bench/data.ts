/**
 * What is dumped: random, the same in every run, and about as compressible as what people keep.
 */
import { Sql } from "@sluice/format"
import type { Connection } from "@sluice/mysql"
import { Effect } from "effect"

/** Numbers that look random: xorshift32, so that data of a seed are always the same. */
class Dice {
  constructor(private state: number) {}

  /** From 0 up to, and without, `end`. */
  below(end: number): number {
    this.state ^= this.state << 13
    this.state ^= this.state >>> 17
    this.state ^= this.state << 5
    return (this.state >>> 0) % end
  }
}

const syllables = ["ba", "ro", "ti", "lem", "no", "sär", "ku", "dan", "pe", "oth", "mi", "gra", "vel", "su", "ß", "jo"]

/** 4096 words of one to three syllables, of which 64 make most of a text, as in a language. */
const words: ReadonlyArray<string> = Array.from(
  { length: 4096 },
  (_, i) => [i & 15, (i >> 4) & 15, i >> 8].map((at) => syllables[at] ?? "").slice(0, 1 + i % 3).join("")
)

const word = (dice: Dice): string => words[dice.below(3) === 0 ? dice.below(words.length) : dice.below(64)] ?? ""

const text = (dice: Dice, least: number, most: number): string => {
  const length = least + dice.below(most - least)
  const parts: Array<string> = []
  for (let i = 0; i < length; i++) {
    const end = dice.below(40)
    parts.push(word(dice) + (end === 0 ? ".\\n" : end === 1 ? " \\\"" : end === 2 ? "\\'s " : " "))
  }
  return parts.join("")
}

const two = (value: number): string => value < 10 ? `0${value}` : `${value}`

const date = (dice: Dice): string => `${2000 + dice.below(26)}-${two(1 + dice.below(12))}-${two(1 + dice.below(28))}`

const time = (dice: Dice): string => `${two(3 + dice.below(20))}:${two(dice.below(60))}:${two(dice.below(60))}`

const hex = (dice: Dice, bytes: number): string => {
  const parts: Array<string> = []
  for (let i = 0; i < bytes; i += 2) {
    parts.push((0x10000 + dice.below(0x10000)).toString(16).slice(1))
  }
  return parts.join("")
}

const orNull = (dice: Dice, value: string): string => dice.below(10) === 0 ? "NULL" : value

/** A table, with how large a part of all it is, and its rows as they stand in an INSERT, without the key. */
export interface Table {
  readonly name: string
  readonly share: number
  readonly columns: string
  readonly row: (dice: Dice) => string
}

/** Twelve columns of the usual types. */
export const mixed: Table = {
  name: "mixed",
  share: 0.45,
  columns: "id BIGINT NOT NULL PRIMARY KEY, a INT NOT NULL, b INT, name VARCHAR(100) NOT NULL, code VARCHAR(40), " +
    "price DECIMAL(12,2) NOT NULL, weight DOUBLE, made DATETIME NOT NULL, seen TIMESTAMP(3) NULL, note TEXT, " +
    "token VARBINARY(32), flag TINYINT NOT NULL",
  row: (dice) =>
    `${dice.below(1e6)},${orNull(dice, `${dice.below(2e9) - 1e9}`)},'${word(dice)} ${word(dice)}',` +
    `${orNull(dice, `'${word(dice)}-${dice.below(1e5)}'`)},${dice.below(1e8)}.${two(dice.below(100))},` +
    `${orNull(dice, `${dice.below(1e9) / 1024}`)},'${date(dice)} ${time(dice)}',` +
    `'${date(dice)} ${time(dice)}.${100 + dice.below(900)}',${orNull(dice, `'${text(dice, 4, 24)}'`)},` +
    `0x${hex(dice, 12)},${dice.below(2)}`
}

/** Little but text, of which much has to be escaped. */
const texts: Table = {
  name: "texts",
  share: 0.25,
  columns: "id BIGINT NOT NULL PRIMARY KEY, title VARCHAR(200) NOT NULL, body MEDIUMTEXT NOT NULL",
  row: (dice) => `'${word(dice)} ${word(dice)} ${word(dice)}','${text(dice, 100, 600)}'`
}

/** Nothing but numbers and dates. */
const numbers: Table = {
  name: "numbers",
  share: 0.2,
  columns: "id BIGINT NOT NULL PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, c INT, d BIGINT NOT NULL, e SMALLINT, " +
    "f DECIMAL(20,6) NOT NULL, g DECIMAL(10,2), h DOUBLE NOT NULL, i DOUBLE, j DATE NOT NULL, k TINYINT UNSIGNED NOT NULL",
  row: (dice) =>
    `${dice.below(1e6)},${dice.below(1e9)},${orNull(dice, `-${dice.below(1e5)}`)},${dice.below(1e9)}${
      dice.below(1e6)
    },` +
    `${dice.below(3e4)},${dice.below(1e9)}.${dice.below(1e6)},${dice.below(1e6)}.${two(dice.below(100))},` +
    `${dice.below(1e9) / 4096},${orNull(dice, `${dice.below(1e6)}e-9`)},'${date(dice)}',${dice.below(256)}`
}

/** Bytes that nothing compresses, and of which a few have to be escaped. */
const blobs: Table = {
  name: "blobs",
  share: 0.1,
  columns: "id BIGINT NOT NULL PRIMARY KEY, kind VARCHAR(20) NOT NULL, content MEDIUMBLOB NOT NULL",
  row: (dice) => `'${word(dice)}',0x${hex(dice, 200 + dice.below(8000))}`
}

export const tables: ReadonlyArray<Table> = [mixed, texts, numbers, blobs]

/** About how long a statement gets. */
const statementSize = 1_000_000

/** Statements of about so many bytes together, one after the other. */
function* statements(table: Table, bytes: number): Generator<string> {
  const dice = new Dice(table.name.length * 7919)
  for (let id = 1, written = 0; written < bytes;) {
    const rows: Array<string> = []
    let length = 0
    while (length < statementSize && written + length < bytes) {
      const row = `(${id++},${table.row(dice)})`
      rows.push(row)
      length += row.length + 1
    }
    written += length
    yield `INSERT INTO ${table.name} VALUES ${rows.join(",")}`
  }
}

const isThere = (connection: Connection.RawConnection, database: string) =>
  Effect.map(
    connection.query(
      `SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${database}' AND TABLE_NAME = 'built'`
    ),
    ({ rows: [row] }) => Sql.text(row?.[0] ?? new Uint8Array(0)) === "1"
  )

/** Fills a database unless it is there. A table is left in it as the sign that it is whole, and removed again. */
const once = <E, R>(
  connection: Connection.RawConnection,
  database: string,
  fill: Effect.Effect<void, E, R>
) =>
  Effect.gen(function*() {
    const run = (...statements: ReadonlyArray<string>) =>
      Effect.forEach(statements, (statement) => connection.query(statement), { discard: true })
    const sign = `${database}_built`
    if (yield* isThere(connection, sign)) return
    yield* run(`DROP DATABASE IF EXISTS ${database}`, `CREATE DATABASE ${database} CHARACTER SET utf8mb4`)
    yield* run(`USE ${database}`, "SET NAMES utf8mb4", "SET SESSION sql_mode = ''")
    yield* fill
    yield* run(`CREATE DATABASE ${sign}`, `CREATE TABLE ${sign}.built (done INT)`)
  })

/** A database of tables that are about so many bytes of INSERT statements together. */
export const build = (
  connection: Connection.RawConnection,
  database: string,
  bytes: number,
  which: ReadonlyArray<Table> = tables
) => {
  const all = which.reduce((sum, { share }) => sum + share, 0)
  return once(
    connection,
    database,
    Effect.forEach(which, (table) =>
      Effect.gen(function*() {
        yield* connection.query(`CREATE TABLE ${table.name} (${table.columns}) ENGINE=InnoDB`)
        for (const statement of statements(table, bytes * table.share / all)) {
          yield* connection.query(statement)
        }
        yield* connection.query(`ANALYZE TABLE ${table.name}`)
      }), { discard: true })
  )
}

/** A database of so many tables of ten rows. */
export const buildMany = (connection: Connection.RawConnection, database: string, tables: number) =>
  once(
    connection,
    database,
    Effect.gen(function*() {
      const dice = new Dice(4711)
      for (let i = 0; i < tables; i++) {
        yield* connection.query(`CREATE TABLE t${i} (${mixed.columns}, KEY (a), UNIQUE KEY (b, id)) ENGINE=InnoDB`)
        const rows = Array.from({ length: 10 }, (_, id) => `(${id + 1},${mixed.row(dice)})`)
        yield* connection.query(`INSERT INTO t${i} VALUES ${rows.join(",")}`)
      }
    })
  )
