/**
 * LOAD DATA files: written as mydumper writes them, and read in the slow and obvious way.
 */
import type { LoadData } from "@sluice/format"
import { Sql } from "@sluice/format"

/** A byte of a value as mydumper escapes it. */
const letters: Readonly<Record<number, string>> = { 0: "0", 10: "n", 13: "r", 26: "Z" }
const escaped = new Set([0, 10, 13, 26, 34, 39, 92])

export interface Shape {
  readonly terminatedBy: string
  readonly enclosedBy: string
  readonly startingBy: string
  readonly lineEnd: string
  readonly header: boolean
}

export const tabs: Shape = { terminatedBy: "\t", enclosedBy: "", startingBy: "", lineEnd: "\n", header: false }
export const csv: Shape = { terminatedBy: ",", enclosedBy: "\"", startingBy: "", lineEnd: "\n", header: false }

const field = (value: Uint8Array | null, shape: Shape): Uint8Array => {
  if (value === null) {
    return Sql.bytes("\\N")
  }
  const out: Array<number> = []
  for (const byte of value) {
    if (escaped.has(byte)) {
      out.push(92, (letters[byte] ?? String.fromCharCode(byte)).charCodeAt(0))
    } else {
      if (byte === shape.terminatedBy.charCodeAt(0)) {
        out.push(92)
      }
      out.push(byte)
    }
  }
  return Sql.bytes(shape.enclosedBy, Uint8Array.from(out), shape.enclosedBy)
}

export type Row = ReadonlyArray<Uint8Array | null>

/** The content of a `.dat` file. */
export const content = (names: ReadonlyArray<string>, rows: ReadonlyArray<Row>, shape: Shape): Uint8Array => {
  const line = (row: Row) =>
    Sql.bytes(
      shape.startingBy,
      ...row.flatMap((value, i) => [i === 0 ? "" : shape.terminatedBy, field(value, shape)]),
      shape.lineEnd
    )
  return Sql.concat([...(shape.header ? [names.map((name) => Sql.bytes(name))] : []), ...rows].map(line))
}

/** The statement for it, with the file's own header of another line left to the caller. */
export const statement = (
  file: string,
  table: string,
  columns: ReadonlyArray<string>,
  shape: Shape,
  /** The columns that hold JSON. */
  json: ReadonlyArray<string> = [],
  characterSet?: string
): string =>
  `LOAD DATA LOCAL INFILE '${file}' INTO TABLE ${Sql.quoteIdentifier(table)} ${
    characterSet === undefined ? "" : `CHARACTER SET ${characterSet} `
  }FIELDS TERMINATED BY ${Sql.quoteText(shape.terminatedBy)} ENCLOSED BY ${
    Sql.quoteText(shape.enclosedBy)
  } ESCAPED BY '\\\\' LINES STARTING BY ${Sql.quoteText(shape.startingBy)} TERMINATED BY ${
    Sql.quoteText(shape.lineEnd)
  } ${shape.header ? "IGNORE 1 LINES " : ""}(${
    columns.map((column) => `${json.includes(column) ? "@" : ""}${Sql.quoteIdentifier(column)}`).join(",")
  })${json.length === 0 ? "" : "SET "}${
    json.map(Sql.quoteIdentifier).map((column) => `${column}=CONVERT(@${column} USING UTF8MB4)`).join(",")
  }`

/** Characters that stand for bytes. */
const chars = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))

const meanings: Readonly<Record<string, string>> = { "0": "\0", b: "\b", n: "\n", r: "\r", t: "\t", Z: "\x1a" }

/**
 * The rows of a file, read character by character as the manual tells it. Nothing for a file that is not whole lines of
 * as many fields each.
 */
export const rows = (load: LoadData.LoadData, file: Uint8Array): ReadonlyArray<Row> | undefined => {
  const fieldEnd = chars(load.fields.terminatedBy)
  const lineEnd = chars(load.lines.terminatedBy)
  const lineStart = chars(load.lines.startingBy)
  const quote = load.fields.enclosedBy === undefined ? "" : String.fromCharCode(load.fields.enclosedBy)
  const escape = load.fields.escapedBy === undefined ? "" : String.fromCharCode(load.fields.escapedBy)
  let text = chars(file)
  for (let i = 0; i < load.skip; i++) {
    let at = 0
    while (!text.startsWith(lineEnd, at)) {
      if (at >= text.length) {
        return undefined
      }
      at += text[at] === escape ? 2 : 1
    }
    text = text.slice(at + lineEnd.length)
  }
  const found: Array<Row> = []
  while (text !== "") {
    if (!text.startsWith(lineStart)) {
      return undefined
    }
    text = text.slice(lineStart.length)
    const row: Array<Uint8Array | null> = []
    for (let isLast = false; !isLast;) {
      const isQuoted = quote !== "" && text.startsWith(quote)
      let rest = isQuoted ? text.slice(1) : text
      let value = ""
      let sawNull = false
      for (;;) {
        const [first = "", second = ""] = rest
        if (first === "") {
          return undefined
        }
        if (first === escape && escape !== "" && (escape !== quote || second === escape)) {
          if (second === "") {
            return undefined
          }
          sawNull = sawNull || second === "N"
          value += meanings[second] ?? second
          rest = rest.slice(2)
          continue
        }
        if (isQuoted && first === quote && second === quote) {
          value += quote
          rest = rest.slice(2)
          continue
        }
        const behind = isQuoted && first === quote ? rest.slice(1) : isQuoted ? undefined : rest
        if (behind?.startsWith(lineEnd)) {
          isLast = true
          rest = behind.slice(lineEnd.length)
          break
        }
        if (behind?.startsWith(fieldEnd)) {
          rest = behind.slice(fieldEnd.length)
          break
        }
        value += first
        rest = rest.slice(1)
      }
      text = rest
      const isNull = (sawNull && value.length === 1) || (!isQuoted && quote !== "" && value === "NULL")
      row.push(isNull ? null : bytesOf(value))
    }
    if (row.length !== (load.columns?.length ?? found[0]?.length ?? row.length)) {
      return undefined
    }
    found.push(row)
  }
  return found
}
